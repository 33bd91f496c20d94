//! One open socket: what comes in goes to the protocol, what the protocol says is done, what happens is told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor_engine::view::{ContactStage, ContactState as Told};
use parlor_engine::{ContactConnection, ContactItem, ContactSession, EngineError, Inbound};
use parlor_model::{AgentName, ChannelName, ClientId, Content, Message, MessageText, ProviderMessageId};
use parlor_store::StoreError;
use parlor_webchat::{
    Action, CloseReason, ContactName, ContactState, Cursor, ErrorCode, FrameFileRules, FrameRefusal,
    ServerFrame, Session, SessionToken, Taken,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::handshake::Socket;
use super::seats::Seat;
use crate::peer::Peer;
use crate::shared::Shared;

/// After how long a browser tries again when the store has too much to do. A choice of ours.
const BUSY_RETRY: Duration = Duration::from_secs(1);

/// How long a browser may take to answer that the connection is closed. They do so by themselves, at once.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Why a connection is over, besides what the protocol says.
#[derive(Debug)]
enum Over {
    /// It was closed, by either side.
    Closed,
    /// The browser takes nothing any more.
    TooSlow,
}

/// A socket and what was said on it.
struct Connection {
    shared: Arc<Shared>,
    channel: Option<ChannelName>,
    peer: Peer,
    socket: Socket,
    protocol: Session,
    contact: Option<Contact>,
}

/// The contact, once they have said hello.
struct Contact {
    session: ContactSession,
    items: ContactConnection,
    cursor: Cursor,
    told: Option<(ContactState, Option<AgentName>)>,
}

/// Something to react to.
enum Event {
    Frame(Option<Result<tungstenite::Message, tungstenite::Error>>),
    Item(Option<ContactItem>),
    PingDue,
    NoHello,
    Stopping,
}

/// Serves a socket until it is closed.
pub(crate) async fn run(
    shared: Arc<Shared>,
    channel: Option<ChannelName>,
    peer: Peer,
    seat: Seat,
    socket: Socket,
) {
    let limits = &shared.chat_limits;
    let mut connection = Connection {
        protocol: Session::new(limits.clone()),
        channel,
        peer,
        socket,
        contact: None,
        shared: Arc::clone(&shared),
    };
    let over = connection.serve().await;
    tracing::debug!(?over, "a chat socket is closed");
    drop(connection);
    drop(seat);
}

impl Connection {
    async fn serve(&mut self) -> Over {
        let shared = Arc::clone(&self.shared);
        let limits = &shared.chat_limits;
        let mut pings = interval_at(Instant::now() + limits.ping_every, limits.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut no_hello = Some(Box::pin(sleep(limits.hello_within)));
        let mut stopped = std::pin::pin!(shared.stopped());
        loop {
            let event = tokio::select! {
                frame = self.socket.next() => Event::Frame(frame),
                item = next_item(self.contact.as_mut()) => Event::Item(item),
                _ = pings.tick() => Event::PingDue,
                () = until(no_hello.as_mut()) => Event::NoHello,
                () = &mut stopped => Event::Stopping,
            };
            let done = match event {
                Event::Frame(Some(Ok(message))) => self.receive(message).await,
                Event::Frame(Some(Err(error))) => self.unreadable(&error).await,
                Event::Frame(None) => Err(Over::Closed),
                Event::Item(Some(item)) => self.tell(item).await,
                Event::Item(None) | Event::Stopping => self.close(CloseReason::Stopping).await,
                Event::PingDue => {
                    let actions = self.protocol.on_ping_timer();
                    self.carry_out(actions).await
                }
                Event::NoHello => {
                    no_hello = None;
                    let actions = self.protocol.on_hello_timeout();
                    self.carry_out(actions).await
                }
            };
            if let Err(over) = done {
                return over;
            }
            if self.contact.is_some() {
                no_hello = None;
            }
        }
    }

    /// Something came in.
    async fn receive(&mut self, message: tungstenite::Message) -> Result<(), Over> {
        let now = self.shared.engine.now();
        let actions = match message {
            tungstenite::Message::Text(text) => self.protocol.on_frame(text.as_str(), now),
            tungstenite::Message::Binary(_) => self.protocol.on_binary(now),
            // A ping of the browser is answered by the socket itself; like any frame it is a sign of life.
            tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_) => {
                self.protocol.on_pong();
                Vec::new()
            }
            // The answer to a close frame goes out with the next reading.
            tungstenite::Message::Close(_) | tungstenite::Message::Frame(_) => Vec::new(),
        };
        self.carry_out(actions).await
    }

    /// What came in cannot be read.
    async fn unreadable(&mut self, error: &tungstenite::Error) -> Result<(), Over> {
        match error {
            tungstenite::Error::Capacity(_) => {
                let limit = self.shared.chat_limits.frame_bytes;
                let detail = format!("a frame has at most {limit} bytes");
                let actions = self.protocol.refuse(FrameRefusal::new(ErrorCode::FrameTooLarge, detail));
                self.carry_out(actions).await
            }
            tungstenite::Error::Utf8(_) => self.end(CloseCode::Invalid, "not UTF-8").await,
            tungstenite::Error::Protocol(_) => self.end(CloseCode::Protocol, "not this protocol").await,
            _ => Err(Over::Closed),
        }
    }

    /// Does what the protocol says, in order; what is refused meanwhile comes next.
    async fn carry_out(&mut self, actions: Vec<Action>) -> Result<(), Over> {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            let next = match action {
                Action::Begin { token, after, name } => self.begin(token, after, name).await?,
                Action::Write { id, text, attachments } => self.write(id, text, attachments).await?,
                Action::Typing { on } => {
                    if let Some(contact) = &self.contact {
                        self.shared.engine.contact_typing(&contact.session, on);
                    }
                    Vec::new()
                }
                Action::Seen { seen } => {
                    let result = match &self.contact {
                        Some(contact) => self
                            .shared
                            .engine
                            .contact_seen(&contact.session, seen.delivered(), seen.read())
                            .await
                            .map(|_| ()),
                        None => Ok(()),
                    };
                    self.refuse_if_failed(result, None)
                }
                Action::End => {
                    let result = match &self.contact {
                        Some(contact) => self.shared.engine.contact_ends(&contact.session).await,
                        None => Ok(()),
                    };
                    self.refuse_if_failed(result, None)
                }
                Action::Reply(frame) => {
                    if let ServerFrame::Error { code, .. } = &frame {
                        metrics::counter!("parlor_chat_refused_total", "code" => code.as_str()).increment(1);
                    }
                    self.send(&frame).await?;
                    Vec::new()
                }
                Action::Ping => {
                    self.put(tungstenite::Message::Ping(bytes::Bytes::new())).await?;
                    Vec::new()
                }
                Action::Close(reason) => return self.close(reason).await,
            };
            actions.extend(next);
        }
        Ok(())
    }

    /// The hello: who it is, how it stands, and everything the browser does not have.
    async fn begin(
        &mut self,
        token: Option<SessionToken>,
        after: u64,
        name: Option<ContactName>,
    ) -> Result<Vec<Action>, Over> {
        let Some(channel) = self.channel.clone() else {
            let refusal = FrameRefusal::new(ErrorCode::UnknownChannel, "there is no such channel");
            return Ok(self.protocol.refuse(refusal));
        };
        let arrived = match token {
            Some(token) => come_back(&self.shared, &channel, token, name.as_ref()).await,
            None => come_first(&self.shared, self.peer, &channel, name.as_ref()).await,
        };
        let (token, session) = match arrived {
            Ok(arrived) => arrived,
            // A browser that is told to try later tries with a new connection: this one has had its hello.
            Err(refusal) if refusal.code == ErrorCode::Busy => return Ok(self.refuse_and_close(refusal)),
            Err(refusal) => return Ok(self.protocol.refuse(refusal)),
        };
        match self.welcome(token, session, after).await {
            Ok(()) => Ok(Vec::new()),
            Err(Failed::Over(over)) => Err(over),
            Err(Failed::Engine(error)) => Ok(self.refuse_and_close(busy(&error))),
        }
    }

    async fn welcome(
        &mut self,
        token: SessionToken,
        session: ContactSession,
        after: u64,
    ) -> Result<(), Failed> {
        let engine = &self.shared.engine;
        // Listens first and reads then, so that nothing falls between; what comes twice is let through once.
        let items = engine.contact_connects(&session);
        let latest = engine.contact_latest(&session).await?;
        let state = current_state(&self.shared, &session).await?;
        let point = engine.store().point(session.point).await?;
        let name = point.and_then(|point| {
            ContactName::clean(&point.display_name?, self.shared.chat_limits.name_characters)
        });
        let typing_ttl_ms = u64::try_from(engine.typing_ttl().as_millis()).unwrap_or(u64::MAX);
        let attachments = engine.file_rules(&session.channel).map(|rules| FrameFileRules {
            types: rules.types,
            largest: rules.largest,
            most: self.shared.chat_limits.attachments,
        });
        let welcome =
            ServerFrame::Welcome { token, contact: name, latest, state: state.0, typing_ttl_ms, attachments };
        self.send(&welcome).await?;
        // The welcome does not say who has it.
        let told = (state.1.is_none()).then_some(state.clone());
        self.contact = Some(Contact { session, items, cursor: Cursor::new(after, latest), told });
        self.catch_up().await?;
        self.tell_state(state).await?;
        Ok(())
    }

    /// A contact's message.
    async fn write(
        &mut self,
        id: ClientId,
        text: Option<MessageText>,
        attachments: Vec<ClientId>,
    ) -> Result<Vec<Action>, Over> {
        let Some(contact) = &self.contact else {
            return Ok(Vec::new());
        };
        let external = ProviderMessageId::new(id.to_string());
        let inbound = match text {
            Some(text) if attachments.is_empty() => Inbound::new(external, Content::Text { text }),
            text => Inbound::with_uploads(external, text, attachments),
        };
        match self.shared.engine.receive(&contact.session, inbound).await {
            Ok(received) => {
                if received.repeated {
                    self.shared.duplicates.fetch_add(1, Ordering::Relaxed);
                }
                let accepted = ServerFrame::Accepted { id, sequence: received.sequence, at: received.at };
                self.send(&accepted).await?;
                Ok(Vec::new())
            }
            // A thread is the contact's own, so what is missing is a file.
            Err(EngineError::NotFound { .. }) => {
                let detail = "a file of the message was not uploaded here, or went with another message";
                Ok(self.protocol.refuse(FrameRefusal::new(ErrorCode::UnknownAttachment, detail).about(id)))
            }
            Err(error) => Ok(self.refuse_if_failed(Err(error), Some(id))),
        }
    }

    /// Something happened that the contact may have to hear of.
    async fn tell(&mut self, item: ContactItem) -> Result<(), Over> {
        let told = match item {
            ContactItem::Message(message) => match self.take(&message) {
                Some(Taken::Show(frame)) => self.send(&frame).await.map_err(Failed::Over),
                Some(Taken::Gap) => self.catch_up().await,
                Some(Taken::Hidden | Taken::Repeated) | None => Ok(()),
            },
            ContactItem::State(state) => self.tell_state(state_of(state)).await.map_err(Failed::Over),
            ContactItem::Typing { agent, on } => {
                let typing = ServerFrame::Typing { on, name: shown_name(&agent) };
                self.send(&typing).await.map_err(Failed::Over)
            }
            ContactItem::Missed => self.read_again().await,
            // A kind of item that was added later and has no frame yet.
            _ => Ok(()),
        };
        match told {
            Ok(()) => Ok(()),
            Err(Failed::Over(over)) => Err(over),
            Err(Failed::Engine(error)) => {
                // What was missed can be read when the browser comes back.
                let actions = self.refuse_and_close(busy(&error));
                Box::pin(self.carry_out(actions)).await
            }
        }
    }

    async fn read_again(&mut self) -> Result<(), Failed> {
        self.catch_up().await?;
        let Some(session) = self.contact.as_ref().map(|contact| contact.session.clone()) else {
            return Ok(());
        };
        let state = current_state(&self.shared, &session).await?;
        self.tell_state(state).await?;
        Ok(())
    }

    fn take(&mut self, message: &Message) -> Option<Taken> {
        let contact = self.contact.as_mut()?;
        Some(contact.cursor.take(message, shown_name))
    }

    /// Reads the thread from where the browser is, and sends it page by page.
    async fn catch_up(&mut self) -> Result<(), Failed> {
        let page = self.shared.limits.backlog_page;
        loop {
            let Some(contact) = &self.contact else {
                return Ok(());
            };
            let (session, after) = (contact.session.clone(), contact.cursor.after());
            let messages = self.shared.engine.contact_messages(&session, after, page).await?;
            let read = messages.len();
            for message in &messages {
                if let Some(Taken::Show(frame)) = self.take(message) {
                    self.send(&frame).await?;
                }
            }
            if read < page {
                return Ok(());
            }
        }
    }

    /// Tells a state once: an offer to an agent changes nothing for the contact.
    async fn tell_state(&mut self, state: (ContactState, Option<AgentName>)) -> Result<(), Over> {
        let Some(contact) = &mut self.contact else {
            return Ok(());
        };
        if contact.told.as_ref() == Some(&state) {
            return Ok(());
        }
        contact.told = Some(state.clone());
        let frame = ServerFrame::State { state: state.0, agent: state.1.as_ref().map(shown_name) };
        self.send(&frame).await
    }

    fn refuse_if_failed(&mut self, result: Result<(), EngineError>, about: Option<ClientId>) -> Vec<Action> {
        match result {
            Ok(()) => Vec::new(),
            Err(error) => {
                let mut refusal = busy(&error);
                refusal.id = about;
                self.protocol.refuse(refusal)
            }
        }
    }

    /// Refuses what cannot go on without: the browser comes back a little later.
    fn refuse_and_close(&mut self, refusal: FrameRefusal) -> Vec<Action> {
        let mut actions = self.protocol.refuse(refusal);
        actions.push(Action::Close(CloseReason::TooSlow));
        actions
    }

    async fn send(&mut self, frame: &ServerFrame) -> Result<(), Over> {
        self.put(tungstenite::Message::text(frame.to_json())).await
    }

    /// Sends, and gives the browser up that does not take it (rule 4): nothing is ever left out.
    async fn put(&mut self, message: tungstenite::Message) -> Result<(), Over> {
        match timeout(self.shared.limits.frame_within, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Over::Closed),
            Err(_) => Err(Over::TooSlow),
        }
    }

    async fn close(&mut self, reason: CloseReason) -> Result<(), Over> {
        self.end(CloseCode::from(reason.code()), reason.as_str()).await
    }

    /// Closes the connection properly: says why, and lets the browser say that it heard.
    async fn end(&mut self, code: CloseCode, reason: &'static str) -> Result<(), Over> {
        let frame = CloseFrame { code, reason: reason.into() };
        let closing = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Whether or not it heard, it is over.
        let _ = timeout(CLOSE_WITHIN, closing).await;
        Err(Over::Closed)
    }
}

/// Why something was not told.
#[derive(Debug)]
enum Failed {
    Over(Over),
    Engine(EngineError),
}

impl From<Over> for Failed {
    fn from(over: Over) -> Self {
        Self::Over(over)
    }
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// What a browser is told when the engine could not do something: the reason is ours, not theirs.
fn busy(error: &EngineError) -> FrameRefusal {
    match error {
        EngineError::Contended | EngineError::Store(StoreError::Busy) => {}
        other => tracing::error!(error = %other, "a chat frame failed"),
    }
    FrameRefusal::new(ErrorCode::Busy, "it cannot be taken now").retry_after(BUSY_RETRY)
}

/// A contact who was here before.
async fn come_back(
    shared: &Shared,
    channel: &ChannelName,
    token: SessionToken,
    name: Option<&ContactName>,
) -> Result<(SessionToken, ContactSession), FrameRefusal> {
    match shared.known_visitor(channel, &token, name).await {
        Ok(Some(session)) => Ok((token, session)),
        Ok(None) => Err(FrameRefusal::new(ErrorCode::UnknownToken, "nobody has a session of this token")),
        Err(error) => Err(busy(&error)),
    }
}

/// A contact nobody knows yet.
async fn come_first(
    shared: &Shared,
    peer: Peer,
    channel: &ChannelName,
    name: Option<&ContactName>,
) -> Result<(SessionToken, ContactSession), FrameRefusal> {
    let now = shared.engine.now();
    shared
        .new_chats
        .take(&peer, now)
        .map_err(|wait| FrameRefusal::new(ErrorCode::Busy, "too many chats begin here").retry_after(wait))?;
    shared.new_visitor(channel, name).await.map_err(|error| busy(&error))
}

async fn next_item(contact: Option<&mut Contact>) -> Option<ContactItem> {
    match contact {
        Some(contact) => contact.items.next().await,
        None => std::future::pending().await,
    }
}

async fn until(sleep: Option<&mut std::pin::Pin<Box<tokio::time::Sleep>>>) {
    match sleep {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}

/// How it stands with a contact's interaction. The engine knows of open ones; a closed one is over, not absent.
async fn current_state(
    shared: &Shared,
    session: &ContactSession,
) -> Result<(ContactState, Option<AgentName>), EngineError> {
    let told = shared.engine.contact_state(session);
    if told.stage == ContactStage::None
        && !shared.engine.store().interactions_of(session.thread, 1).await?.is_empty()
    {
        return Ok((ContactState::Ended, None));
    }
    Ok(state_of(told))
}

fn state_of(told: Told) -> (ContactState, Option<AgentName>) {
    let state = match told.stage {
        ContactStage::None => ContactState::None,
        ContactStage::Queued => ContactState::Queued,
        ContactStage::Active => ContactState::Active,
        ContactStage::Ended => ContactState::Ended,
    };
    (state, told.agent)
}

/// The name under which contacts know an agent.
fn shown_name(agent: &AgentName) -> String {
    agent.as_str().to_owned()
}
