//! What contacts do, whatever the network: write, type, read, leave, come back.

use std::sync::Arc;

use parlor_channel::{ConnectionState, ConsentWord, Delivery, MediaReference};
use parlor_interaction::{Actor, Command, Context, EndedBy, Interaction, Origin, Start, State};
use parlor_model::{
    AccountName, AgentName, Author, ChannelName, ClientId, Contact, ContactId, ContactPoint, ContactPointId,
    Content, Id, InteractionId, Message, MessageId, MessageText, Needs, PointKey, ProviderMessageId,
    RejectedAttachment, Subject, SystemNotice, Thread, ThreadId, Timestamp, Visibility,
};
use parlor_store::{
    Acknowledged, Alert, AlertKind, ContactQuery, ContactScope, ContactWrite, DocumentOwner, DocumentWrite,
    Duplicate, InboxEntry, InboxKey, NewMessage, StoreError,
};
use parlor_transcript::alert_due;
use tokio::sync::broadcast;

use crate::attachments;
use crate::config::ReplyGoes;
use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Engine, Inner, ThreadInfo};
use crate::error::EngineError;
use crate::hub::{ForContact, Live};
use crate::intake::account_scope;
use crate::presence::Typing;
use crate::view::{ContactStage, ContactState};

/// How many entries are looked through for the last word of an agent.
const LAST_WORD_WITHIN: usize = 50;

/// How many contacts are read at a time when an agent's unread answers are passed on.
const REPLIES_PAGE: usize = 100;

/// A contact arrives on a channel: known or new.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// Our endpoint.
    pub channel: ChannelName,
    /// The contact's address.
    pub key: PointKey,
    /// The name that the network shows, or that the contact gave.
    pub display_name: Option<String>,
    /// Documents to keep in the same commit, such as the session of a web chat. They belong to the contact, and end with
    /// it.
    pub documents: Vec<DocumentWrite>,
}

impl Arrival {
    /// A contact arrives.
    pub fn new(channel: ChannelName, key: PointKey) -> Self {
        Self { channel, key, display_name: None, documents: Vec::new() }
    }
}

/// A contact on a channel: whose messages go into which thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactSession {
    /// Our endpoint.
    pub channel: ChannelName,
    /// The thread.
    pub thread: ThreadId,
    /// The contact's address.
    pub point: ContactPointId,
    /// The contact.
    pub contact: ContactId,
}

/// Something that a contact wrote.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inbound {
    /// The id that the provider, or the contact's browser, gave it: what makes a repetition recognisable.
    pub external_id: ProviderMessageId,
    /// What was written.
    pub content: Content,
    /// When, by the provider, the same however often it is told.
    pub provider_time: Option<Timestamp>,
    /// When, where only a list of the provider says so: it orders the message, and does not make it another one.
    pub written_at: Option<Timestamp>,
    /// Files that the contact uploaded for it, by the ids that they gave them, in their order. Those that were taken join
    /// the content; of each that was not the transcript has a notice (r127).
    pub uploads: Vec<ClientId>,
    /// Files that came with it and were not taken (r127).
    pub rejected: Vec<RejectedAttachment>,
    /// The account at a provider that it came in by: its ids are unique there. `None` for networks of our own.
    pub account: Option<AccountName>,
    /// Files with it that lie with the provider: they are fetched once it is durable, and follow it.
    pub media: Vec<MediaReference>,
    /// What it says about being written to.
    pub consent: Option<ConsentWord>,
    /// Whether it is the files of a message that was taken in before, and whether that had words.
    pub(crate) follows: Option<Follows>,
}

/// Files that follow the message that they came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Follows {
    /// The entry that they become: the same however often they are fetched.
    pub(crate) message: MessageId,
    /// Whether the provider's id stands at the words of the message already.
    pub(crate) has_words: bool,
}

/// What makes a message unique.
pub(crate) fn message_key(
    scope: String,
    id: &ProviderMessageId,
    provider_time: Option<Timestamp>,
) -> InboxKey {
    InboxKey { scope, kind: "message".to_owned(), provider_time, external_id: id.as_str().to_owned() }
}

impl Inbound {
    /// Something that a contact wrote.
    pub fn new(external_id: ProviderMessageId, content: Content) -> Self {
        Self {
            external_id,
            content,
            provider_time: None,
            written_at: None,
            uploads: Vec::new(),
            rejected: Vec::new(),
            account: None,
            media: Vec::new(),
            consent: None,
            follows: None,
        }
    }

    /// Files that a contact uploaded, with or without words.
    pub fn with_uploads(
        external_id: ProviderMessageId,
        text: Option<MessageText>,
        uploads: Vec<ClientId>,
    ) -> Self {
        let content = Content::Attached { text, attachments: Vec::new() };
        Self { uploads, ..Self::new(external_id, content) }
    }

    /// What makes it unique.
    fn key(&self, session: &ContactSession) -> InboxKey {
        let scope = self.account.as_ref().map_or_else(|| session.point.to_string(), account_scope);
        message_key(scope, &self.external_id, self.provider_time)
    }

    /// Whether the entry that it becomes has the provider's id: one entry of the transcript has it, not two.
    fn carries_its_id(&self) -> bool {
        match (&self.content, self.follows) {
            // The files that follow will have it.
            (Content::System { .. }, None) => false,
            (_, Some(follows)) => !follows.has_words,
            (_, None) => true,
        }
    }
}

/// What became of something that a contact wrote: it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message in the transcript.
    pub message: MessageId,
    /// Its place in the thread.
    pub sequence: u64,
    /// When it was taken in.
    pub at: Timestamp,
    /// Whether it had been taken in before.
    pub repeated: bool,
}

/// What a contact is told at once, while connected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ContactItem {
    /// An entry of the transcript; whether the contact may see it is for the channel's mailbox to say.
    Message(Arc<Message>),
    /// The state of the chat changed.
    State(ContactState),
    /// An agent types, or stopped.
    Typing {
        /// Who.
        agent: AgentName,
        /// Whether they type.
        on: bool,
    },
    /// Something was missed: read the thread again from where you are.
    Missed,
}

/// A connected contact. While it lives, the contact counts as connected.
#[derive(Debug)]
pub struct ContactConnection {
    engine: Arc<Inner>,
    session: ContactSession,
    items: broadcast::Receiver<ForContact>,
}

impl ContactConnection {
    /// The next item; `None` when the engine is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<ContactItem> {
        match self.items.recv().await {
            Ok(ForContact::Message(message)) => Some(ContactItem::Message(message)),
            Ok(ForContact::State(state)) => Some(ContactItem::State(state)),
            Ok(ForContact::Typing { agent, on }) => Some(ContactItem::Typing { agent, on }),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(ContactItem::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for ContactConnection {
    fn drop(&mut self) {
        let state = self.engine.presence.contact_disconnected(self.session.thread);
        self.engine.tell_connection(&self.session, state);
        // The receiver itself is still counted here, so look again when it is gone.
        let (_, gone) = broadcast::channel(1);
        self.items = gone;
        self.engine.hub.forget_contact(self.session.thread);
    }
}

impl Engine {
    /// The contact who arrives on a channel: found by their address, or made with it (r11).
    pub async fn arrive(&self, arrival: Arrival) -> Result<ContactSession, EngineError> {
        if self.inner.directory.channel(&arrival.channel).is_none() {
            return Err(EngineError::NotFound { what: "channel" });
        }
        until_decided!(self.inner.try_arrive(&arrival).await).map_err(Attempt::into_error)
    }

    /// Takes in what a contact wrote. When it returns, the message is durable and its work waits for an agent or
    /// belongs to one; routing itself is not waited for. Repeating it gives the same answer.
    pub async fn receive(&self, session: &ContactSession, inbound: Inbound) -> Result<Received, EngineError> {
        let received = match until_decided!(self.inner.try_receive(session, &inbound).await) {
            Ok(received) => received,
            Err(Attempt::Duplicate(Duplicate::Inbox { message: Some(message), .. })) => {
                metrics::counter!("parlor_inbound_duplicate_total").increment(1);
                let earlier = self.inner.store.message(message).await?;
                let Some(earlier) = earlier else {
                    return Err(
                        StoreError::Corrupt { detail: "an inbox key names no message".to_owned() }.into()
                    );
                };
                return Ok(Received { message, sequence: earlier.sequence, at: earlier.at, repeated: true });
            }
            Err(other) => return Err(other.into_error()),
        };
        metrics::counter!("parlor_inbound_appended_total").increment(1);
        if let Some(state) = self.inner.presence.contact_left(session.thread, false) {
            self.inner.tell_connection(session, state);
        }
        self.contact_typing(session, false);
        Ok(received)
    }

    /// A contact types, or stopped. Nothing says what (r39).
    pub fn contact_typing(&self, session: &ContactSession, on: bool) {
        let (thread, contact) = (session.thread, session.contact);
        if on {
            let until = self.inner.now() + self.inner.directory.timing.typing_ttl;
            if self.inner.presence.types(thread, Typing { contact, until }) {
                // Its end may now be the next thing that is due.
                let _ = self.inner.signals.send(crate::conductor::Signal::Wake);
            }
            self.inner.hub.tell_agents(Live::Typing { thread, contact, until: Some(until) });
        } else if self.inner.presence.stops_typing(thread) {
            self.inner.hub.tell_agents(Live::Typing { thread, contact, until: None });
        }
    }

    /// How far a contact has received and seen the thread; never moves backwards, and never beyond what there is.
    pub async fn contact_seen(
        &self,
        session: &ContactSession,
        delivered: u64,
        read: u64,
    ) -> Result<Acknowledged, EngineError> {
        let latest = self.contact_latest(session).await?;
        let known = self.inner.store.acknowledged(session.thread).await?;
        let read = read.min(latest).max(known.read);
        let delivered = delivered.min(latest).max(known.delivered).max(read);
        let acknowledged = Acknowledged { thread: session.thread, delivered, read };
        if acknowledged != known {
            let mut draft = Draft::new(self.inner.now());
            draft.changes.acknowledged.push(acknowledged);
            self.inner.attempt(draft).await.map_err(Attempt::into_error)?;
        }
        Ok(acknowledged)
    }

    /// The contact ends the session (r19). Ending one that is over, or none, changes nothing.
    pub async fn contact_ends(&self, session: &ContactSession) -> Result<(), EngineError> {
        if let Some(interaction) = self.inner.open_in_thread(session.thread) {
            let command = Command::End { by: EndedBy::Contact };
            let policy = &self.inner.directory.rules.interaction;
            match self.inner.command(interaction.id, &command, policy, |_, _| {}).await {
                // It was closed meanwhile.
                Ok(_) | Err(EngineError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.contact_typing(session, false);
        if let Some(state) = self.inner.presence.contact_left(session.thread, true) {
            self.inner.tell_connection(session, state);
        }
        Ok(())
    }

    /// A contact is connected, until the connection is dropped. A dropped connection ends nothing (r35).
    pub fn contact_connects(&self, session: &ContactSession) -> ContactConnection {
        let items = self.inner.hub.listen_as_contact(session.thread);
        let state = self.inner.presence.contact_connected(session.thread);
        self.inner.tell_connection(session, state);
        ContactConnection { engine: Arc::clone(&self.inner), session: session.clone(), items }
    }

    /// How far the work on a contact's messages is.
    pub fn contact_state(&self, session: &ContactSession) -> ContactState {
        contact_state(self.inner.open_in_thread(session.thread).as_deref())
    }

    /// The entries of a contact's thread after a sequence; what the contact may see of them is for the channel's
    /// mailbox to say.
    pub async fn contact_messages(
        &self,
        session: &ContactSession,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Message>, EngineError> {
        Ok(self.inner.store.messages(session.thread, after, limit).await?)
    }

    /// The highest sequence of a contact's thread; 0 when it is empty.
    pub async fn contact_latest(&self, session: &ContactSession) -> Result<u64, EngineError> {
        Ok(self
            .inner
            .store
            .last_messages(session.thread, 1)
            .await?
            .last()
            .map_or(0, |message| message.sequence))
    }
}

impl Inner {
    pub(crate) async fn try_arrive(self: &Arc<Self>, arrival: &Arrival) -> Result<ContactSession, Attempt> {
        let now = self.now();
        let mut draft = Draft::new(now);
        draft.changes.documents.clone_from(&arrival.documents);
        let mut writes = !arrival.documents.is_empty();
        let point = if let Some(mut point) = self.store.point_by_key(&arrival.key).await? {
            if arrival.display_name.is_some() && point.display_name != arrival.display_name {
                point.display_name.clone_from(&arrival.display_name);
                draft.changes.points.push(point.clone());
                writes = true;
            }
            point
        } else {
            writes = true;
            self.new_contact(arrival, now, &mut draft)
        };
        let keys = arrival.documents.iter().map(|write| write.key.clone());
        draft.changes.document_owners.extend(keys.map(|key| DocumentOwner {
            key,
            contact: point.contact,
            message: None,
            blobs: Vec::new(),
        }));
        let subject = Subject::Direct(point.id);
        let known = self.store.thread_by_subject(arrival.channel.as_str(), &subject).await?;
        let thread = known.unwrap_or_else(|| {
            let thread =
                Thread { id: self.new_id(), channel: arrival.channel.clone(), subject, created_at: now };
            draft.changes.threads.push(thread.clone());
            writes = true;
            thread
        });
        if writes {
            self.attempt(draft).await?;
        }
        let contact = self.store.resolve_contact(point.contact).await?;
        let session =
            ContactSession { channel: arrival.channel.clone(), thread: thread.id, point: point.id, contact };
        self.remember(Arc::new(ThreadInfo { thread, contact: Some(contact) }));
        Ok(session)
    }

    fn new_contact(&self, arrival: &Arrival, now: Timestamp, draft: &mut Draft) -> ContactPoint {
        let contact = Contact {
            id: self.new_id(),
            version: 0,
            display_name: None,
            fields: std::collections::BTreeMap::new(),
            created_at: now,
        };
        let point = ContactPoint {
            id: self.new_id(),
            contact: contact.id,
            key: arrival.key.clone(),
            display_name: arrival.display_name.clone(),
            created_at: now,
        };
        draft.changes.contacts.push(ContactWrite { contact, expected_version: 0 });
        draft.changes.points.push(point.clone());
        point
    }

    pub(crate) async fn try_receive(
        self: &Arc<Self>,
        session: &ContactSession,
        inbound: &Inbound,
    ) -> Result<Received, Attempt> {
        // Held until it is committed: an erasure waits for it, and it does not follow one.
        let erased = self.erased.read().await;
        if erased.contains(&session.point) {
            return Err(EngineError::NotFound { what: "contact" }.into());
        }
        let now = self.now();
        let taken = self.contact_files(session.point, &inbound.uploads).await?;
        if let Some(earlier) = taken.sent_with {
            return self.sent_before(earlier, inbound).await.map_err(Attempt::from);
        }
        let message: MessageId = inbound.follows.map_or_else(|| self.new_id(), |follows| follows.message);
        let mut draft = Draft::new(now);
        if inbound.follows.is_none() {
            draft.changes.inbox.push(InboxEntry { key: inbound.key(session), message: Some(message) });
        }
        let notice = |rejected: &RejectedAttachment| {
            SystemNotice::AttachmentRejected(RejectedAttachment::clone(rejected))
        };
        let mut rejected = taken.rejected.iter().chain(&inbound.rejected).map(notice).fuse();
        let said = match &inbound.content {
            Content::Attached { text, attachments } => attachments::content(
                text.clone(),
                attachments.iter().chain(&taken.attachments).cloned().collect(),
            ),
            other => Some(other.clone()),
        };
        let (author, content) = match said {
            Some(content @ Content::System { .. }) => (Author::System, content),
            Some(content) => (Author::Contact(session.point), content),
            // Nothing of it was taken: that itself is what came.
            None => match rejected.next() {
                Some(notice) => (Author::System, Content::System { notice }),
                None => return Err(EngineError::Text(parlor_model::TextError::Empty).into()),
            },
        };
        let (interaction, segment) = self.work_for(session, message, &content, now, &mut draft).await?;
        let Some(channel) = self.directory.channel(&session.channel) else {
            return Err(EngineError::NotFound { what: "channel" }.into());
        };
        let visibility = self
            .transport(channel)
            .map_or(parlor_model::Visibility::Private, |transport| transport.profile().visibility);
        taken.bind(&mut draft, message, session.thread, Some(session.contact), &content)?;
        draft.changes.messages.push(NewMessage {
            id: message,
            thread: session.thread,
            interaction,
            segment,
            visibility: if author == Author::System { Visibility::Internal } else { visibility },
            author,
            parent: None,
            content,
            provider_time: inbound.provider_time.or(inbound.written_at),
            provider_id: inbound.carries_its_id().then(|| inbound.external_id.clone()),
        });
        Self::await_files(&mut draft, session, message, inbound)?;
        if let Some(word) = inbound.consent
            && self.is_last_word(session.point, inbound.written_at).await?
        {
            Self::note_consent(&mut draft, session.point, word.wish, inbound.written_at);
        }
        // Only agents are told: the contact's own network, or browser, told the contact.
        for notice in rejected {
            draft.changes.messages.push(NewMessage {
                id: self.new_id(),
                thread: session.thread,
                interaction,
                segment,
                author: Author::System,
                parent: None,
                visibility: Visibility::Internal,
                content: Content::System { notice },
                provider_time: inbound.provider_time,
                provider_id: None,
            });
        }
        let committed = self.attempt(draft).await?;
        let sequence = committed.messages().find(|kept| kept.id == message).map_or(0, |kept| kept.sequence);
        Ok(Received { message, sequence, at: now, repeated: false })
    }

    /// The answer to a message whose files an earlier one has: the same one, when it is the same message.
    async fn sent_before(&self, earlier: MessageId, inbound: &Inbound) -> Result<Received, EngineError> {
        let kept = self.store.message(earlier).await?;
        kept.filter(|kept| kept.provider_id.as_ref() == Some(&inbound.external_id))
            .map(|kept| Received { message: kept.id, sequence: kept.sequence, at: kept.at, repeated: true })
            .ok_or(EngineError::NotFound { what: "attachment" })
    }

    /// Which interaction a contact's message belongs to, with what has to happen for it.
    async fn work_for(
        self: &Arc<Self>,
        session: &ContactSession,
        message: MessageId,
        content: &Content,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Result<(Option<InteractionId>, u32), Attempt> {
        let policy = &self.directory.rules.interaction;
        let cx = Context { now, policy };
        if let Some(open) = self.open_in_thread(session.thread) {
            match open.handle(&Command::ContactWrote, cx) {
                Ok(transition) if transition.events.is_empty() => {
                    // The message must not slip into a session that is just ending.
                    draft.unchanged(&open);
                    return Ok((Some(open.id), open.segment));
                }
                Ok(transition) => {
                    draft.transition(&self.directory, Some(&open), &transition, || self.new_id());
                    self.after_work(draft, &open, &transition.interaction).await?;
                    return Ok((Some(open.id), transition.interaction.segment));
                }
                Err(error) if error.refusal == parlor_interaction::Refusal::AsyncDisabled => {
                    let closed = open.handle(&Command::MarkDone { by: Actor::System }, cx)?;
                    draft.transition(&self.directory, Some(&open), &closed, || self.new_id());
                    self.after_work(draft, &open, &closed.interaction).await?;
                }
                Err(error) => return Err(error.into()),
            }
        } else if let Some(agent) = self.reply_goes_to(session).await? {
            self.alert(session, message, agent, now, draft).await?;
            return Ok((None, 0));
        }
        let mut start = self.start(session, Origin::Inbound)?;
        if let Some((classifier, text)) = self.directory.classifier.as_ref().zip(content.text()) {
            start.needs = classifier.classify(text, &session.channel).into();
        }
        let transition = Interaction::start(start, now);
        draft.transition(&self.directory, None, &transition, || self.new_id());
        Ok((Some(transition.interaction.id), transition.interaction.segment))
    }

    /// A new interaction in a contact's thread.
    pub(crate) fn start(&self, session: &ContactSession, origin: Origin) -> Result<Start, EngineError> {
        let channel =
            self.directory.channel(&session.channel).ok_or(EngineError::NotFound { what: "channel" })?;
        Ok(Start {
            id: self.new_id(),
            thread: session.thread,
            channel: channel.name.clone(),
            point: Some(session.point),
            queue: channel.queue.clone(),
            class: channel.media_class,
            weight: 1,
            origin,
            preferred: None,
            needs: Needs::default(),
        })
    }

    /// The agent who wrote last, without an interaction, and is there to hear the answer (r101).
    async fn reply_goes_to(&self, session: &ContactSession) -> Result<Option<AgentName>, StoreError> {
        if self.directory.rules.reply == ReplyGoes::ToQueue {
            return Ok(None);
        }
        let last = self.store.last_messages(session.thread, LAST_WORD_WITHIN).await?;
        let Some((agent, None)) = last_word(&last) else {
            return Ok(None);
        };
        let there = self.store.agent(agent).await?.is_some_and(|state| state.signed_in);
        Ok((there && self.directory.agent(agent).is_some()).then(|| agent.clone()))
    }

    /// Lets the answers wait in the queue that an agent was alerted of and has not read: they are gone, and nobody else
    /// was told (r101).
    pub(crate) async fn pass_on_replies(self: &Arc<Self>, agent: &AgentName) -> Result<(), EngineError> {
        let mut before = None;
        loop {
            let query = ContactQuery {
                agent: agent.clone(),
                scope: ContactScope::Assigned,
                search: None,
                before,
                limit: REPLIES_PAGE,
            };
            let page = self.store.contacts(&query).await?;
            for item in page.iter().filter(|item| item.unread > 0) {
                for thread in self.store.threads_of(item.contact.id).await? {
                    until_decided!(self.try_pass_on(agent, item.contact.id, &thread).await)
                        .map_err(Attempt::into_error)?;
                }
            }
            // Whoever has no activity has no answer either, and stands at the end.
            match page.last() {
                Some(last) if page.len() == REPLIES_PAGE && last.activity > 0 => before = Some(last.activity),
                _ => return Ok(()),
            }
        }
    }

    async fn try_pass_on(
        self: &Arc<Self>,
        agent: &AgentName,
        contact: ContactId,
        thread: &Thread,
    ) -> Result<(), Attempt> {
        let Subject::Direct(point) = thread.subject else {
            return Ok(());
        };
        let is_worked_on = self.open_in_thread(thread.id).is_some();
        if is_worked_on
            || self.directory.channel(&thread.channel).is_none()
            || self.store.last_alert(agent, thread.id).await?.is_none()
        {
            return Ok(());
        }
        let last = self.store.last_messages(thread.id, LAST_WORD_WITHIN).await?;
        let unread = self.store.read_marker(agent, thread.id).await?;
        let waits = last.last().is_some_and(|message| {
            matches!(message.author, Author::Contact(_))
                && message.interaction.is_none()
                && message.sequence > unread
        });
        if !waits || last_word(&last) != Some((agent, None)) {
            return Ok(());
        }
        let session = ContactSession { channel: thread.channel.clone(), thread: thread.id, point, contact };
        let now = self.now();
        let mut draft = Draft::new(now);
        let transition = Interaction::start(self.start(&session, Origin::Inbound)?, now);
        draft.transition(&self.directory, None, &transition, || self.new_id());
        self.attempt(draft).await?;
        Ok(())
    }

    async fn alert(
        &self,
        session: &ContactSession,
        message: MessageId,
        agent: AgentName,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Result<(), StoreError> {
        let last = match self.store.last_alert(&agent, session.thread).await? {
            None => None,
            Some(alert) => self.store.message(alert.message).await?.map(|message| message.sequence),
        };
        let read = self.store.read_marker(&agent, session.thread).await?;
        if alert_due(last, read) {
            draft.changes.alerts.push(Alert {
                id: self.new_id(),
                agent,
                kind: AlertKind::ReplyArrived,
                contact: session.contact,
                thread: session.thread,
                message,
                at: now,
            });
        }
        Ok(())
    }

    fn tell_connection(&self, session: &ContactSession, state: ConnectionState) {
        self.hub.tell_agents(Live::Connection { thread: session.thread, contact: session.contact, state });
    }

    /// Whether the contact of a thread is there.
    pub(crate) fn connection(&self, thread: &Thread) -> ConnectionState {
        self.presence.connection(thread.id).unwrap_or_else(|| {
            let mailbox = self
                .directory
                .channel(&thread.channel)
                .and_then(|channel| self.transport(channel))
                .is_some_and(|transport| transport.profile().delivery == Delivery::Mailbox);
            if mailbox { ConnectionState::Disconnected } else { ConnectionState::Unknown }
        })
    }
}

/// Which agent wrote to the contact last, and in which interaction.
fn last_word(messages: &[Message]) -> Option<(&AgentName, Option<InteractionId>)> {
    messages.iter().rev().find_map(|message| match &message.author {
        Author::Agent(agent) if message.visibility.reaches_contact() => Some((agent, message.interaction)),
        _ => None,
    })
}

/// The state of an interaction, as far as its contact may know it.
pub(crate) fn contact_state(interaction: Option<&Interaction>) -> ContactState {
    let (stage, agent) = match interaction.map(|interaction| &interaction.state) {
        None => (ContactStage::None, None),
        Some(State::Queued(_) | State::Offered(_)) => (ContactStage::Queued, None),
        Some(State::Active(active)) => (ContactStage::Active, Some(active.owner.clone())),
        Some(State::Ended(_) | State::Done(_)) => (ContactStage::Ended, None),
    };
    ContactState { stage, agent }
}

/// Makes an id from what a client sent.
pub(crate) fn message_id(id: parlor_model::ClientId) -> MessageId {
    MessageId::from_uuid(id.0)
}
