//! An agent's live feed: everything that concerns them, in order of position, resumed without a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_channel::ConnectionState;
use parlor_interaction::{Event, Interaction, Recorded, StateName};
use parlor_model::{
    AgentName, ContactId, Content, DeliveryStage, InteractionId, Message, OfferId, ThreadId, Timestamp,
};
use parlor_store::{Acknowledged, JournalEntry, StoreError};
use parlor_transcript::counts_as_unread;
use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::engine::{Engine, Inner};
use crate::error::{EngineError, OfferGone};
use crate::hub::{Live, Published};
use crate::open::is_among_own;
use crate::permission::{Actor, Object, Verb, may};
use crate::requests::{self, OpenRequest, RequestGone, RequestKey, requests_to};
use crate::view::{
    AlertView, ConsultThreadView, ContactSummary, DeliveryView, InteractionView, Me, MessageView,
    OfferGoneView, OfferView, PendingView, RequestGoneView, RequestView,
};

/// How many journal records are read at a time when catching up.
const CATCH_UP_PAGE: usize = 500;

/// How far behind a feed may be and still be brought up to date event by event; beyond it the client is told to
/// read everything again.
const CATCH_UP_MOST: u64 = 20_000;

/// Something an agent's client is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FeedEvent {
    /// The first of every feed.
    Hello(Box<Hello>),
    /// One of their interactions began or changed.
    Interaction(Box<InteractionView>),
    /// An interaction is no longer theirs.
    InteractionGone {
        /// Which.
        id: InteractionId,
        /// The state it is in now.
        reason: StateName,
    },
    /// They are offered something.
    Offer(Box<OfferView>),
    /// An offer to them is gone.
    OfferGone(OfferGoneView),
    /// A colleague asks them something.
    Request(Box<RequestView>),
    /// What a colleague asked is no longer open.
    RequestGone(RequestGoneView),
    /// A chat with a colleague began or ended.
    Consult(Box<ConsultThreadView>),
    /// A transcript entry was written.
    Message(Box<MessageView>),
    /// A delivery changed.
    Delivery(DeliveryView),
    /// A contact changed, as their list shows it.
    Contact(Box<ContactSummary>),
    /// Their own state changed.
    Me(Box<Me>),
    /// They are told something.
    Alert(Box<AlertView>),
    /// A pending-response indicator changed its colour.
    Pending {
        /// Of which interaction.
        interaction: InteractionId,
        /// What it shows now.
        pending: Option<PendingView>,
    },
    /// A contact types, or stopped.
    Typing {
        /// In which thread.
        thread: ThreadId,
        /// Who.
        contact: ContactId,
        /// Whether they type.
        on: bool,
        /// Until when, if nothing more is heard.
        until: Option<Timestamp>,
    },
    /// A contact's connection changed.
    Connection {
        /// In which thread.
        thread: ThreadId,
        /// Who.
        contact: ContactId,
        /// What it is now.
        connection: ConnectionState,
    },
    /// What the team view shows has changed, for those who look at it.
    Team {},
    /// Too much was missed: read everything again.
    Resync {},
}

/// The beginning of a feed: what is true at its position.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hello {
    /// The position from which the feed goes on.
    pub position: u64,
    /// The agent's own state.
    pub me: Me,
    /// The interactions that are theirs; others that a client knows are gone.
    pub interactions: Vec<InteractionId>,
    /// The offers to them; others that a client knows are gone.
    pub offers: Vec<OfferId>,
    /// What colleagues ask them; other requests that a client knows are gone.
    pub requests: Vec<Uuid>,
}

impl FeedEvent {
    /// The name of the event as it stands in the feed.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Interaction(_) => "interaction",
            Self::InteractionGone { .. } => "interaction_gone",
            Self::Offer(_) => "offer",
            Self::OfferGone(_) => "offer_gone",
            Self::Request(_) => "request",
            Self::RequestGone(_) => "request_gone",
            Self::Consult(_) => "consult",
            Self::Message(_) => "message",
            Self::Delivery(_) => "delivery",
            Self::Contact(_) => "contact",
            Self::Me(_) => "me",
            Self::Alert(_) => "alert",
            Self::Pending { .. } => "pending",
            Self::Typing { .. } => "typing",
            Self::Connection { .. } => "connection",
            Self::Team {} => "team",
            Self::Resync {} => "resync",
        }
    }
}

/// An event and, where it may be resumed from, its position.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedItem {
    /// After this position a new feed goes on. Only the last event of a journal record has one.
    pub position: Option<u64>,
    /// The event.
    pub event: FeedEvent,
}

/// An agent's feed. While it is open the agent is present.
#[derive(Debug)]
pub struct AgentFeed {
    engine: Arc<Inner>,
    agent: AgentName,
    live: broadcast::Receiver<Live>,
    /// Everything up to this position was told, or is waiting to be.
    position: u64,
    waiting: std::collections::VecDeque<FeedItem>,
    /// The last event of the last record, still to be made: how this contact looks in the list now. Reading that takes
    /// longer than all else, so the message itself is handed out before.
    owed: Option<ContactId>,
    assigned: BTreeSet<ContactId>,
    /// Whether they have the Communication view: without it they hear of the contacts of their work only (r111).
    communicates: bool,
    /// The interactions that the client knows as theirs.
    mine: BTreeSet<InteractionId>,
    /// The offers that the client knows.
    offers: BTreeMap<InteractionId, OfferId>,
    /// The requests of colleagues that the client knows.
    requests: BTreeMap<InteractionId, BTreeSet<RequestKey>>,
    /// Whether it waits to be told that the team has changed: many changes are one.
    team_changed: bool,
}

impl Engine {
    /// Opens an agent's feed after a position they have seen, or from now on. It logs nobody in; one whose lease had
    /// run out is back where they were.
    ///
    /// # Errors
    ///
    /// [`EngineError::CursorUnknown`] when the position was never given by this workspace.
    pub async fn feed(&self, agent: &AgentName, after: Option<u64>) -> Result<AgentFeed, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        let (published, live) = self.inner.hub.listen();
        let position = after.unwrap_or(published);
        if position > published {
            return Err(EngineError::CursorUnknown);
        }
        let assigned = self.inner.store.assigned(agent).await?.into_iter().collect();
        if self.inner.presence.feed_opened(agent) {
            self.inner.is_back(agent);
        }
        let mut feed = AgentFeed {
            engine: Arc::clone(&self.inner),
            agent: agent.clone(),
            live,
            position,
            waiting: std::collections::VecDeque::new(),
            owed: None,
            assigned,
            communicates: may(Actor::Agent(configured), Verb::ReadCommunication, Object::Contact).is_ok(),
            mine: BTreeSet::new(),
            offers: BTreeMap::new(),
            requests: BTreeMap::new(),
            team_changed: false,
        };
        feed.hello(self, published).await?;
        Ok(feed)
    }
}

impl Drop for AgentFeed {
    fn drop(&mut self) {
        let lease = self.engine.directory.timing.presence_lease;
        self.engine.presence.feed_closed(&self.agent, self.engine.now(), lease);
    }
}

impl AgentFeed {
    async fn hello(&mut self, engine: &Engine, published: u64) -> Result<(), EngineError> {
        for interaction in self.engine.open.of_agent(&self.agent) {
            match interaction.offer().filter(|offered| offered.agent == self.agent) {
                Some(offered) => {
                    self.offers.insert(interaction.id, offered.offer);
                }
                None if is_among_own(&interaction, &self.agent) => {
                    self.mine.insert(interaction.id);
                }
                None => {}
            }
            let asked: BTreeSet<RequestKey> =
                requests_to(&interaction, &self.agent).iter().map(OpenRequest::key).collect();
            if !asked.is_empty() {
                self.requests.insert(interaction.id, asked);
            }
        }
        let hello = Hello {
            position: self.position,
            me: engine.me(&self.agent).await?,
            interactions: self.mine.iter().copied().collect(),
            offers: self.offers.values().copied().collect(),
            requests: self.requests.values().flatten().map(|(_, id)| *id).collect(),
        };
        self.waiting.push_back(FeedItem { position: None, event: FeedEvent::Hello(Box::new(hello)) });
        if published - self.position > CATCH_UP_MOST {
            self.position = published;
            self.waiting.push_back(FeedItem { position: Some(published), event: FeedEvent::Resync {} });
        }
        self.catch_up(published).await?;
        Ok(())
    }

    /// The next item; `None` when the engine is gone. Not cancel safe: an event that is being looked up when the future
    /// is dropped is lost. Wait for it in a task of its own, or keep the future until it is ready.
    ///
    /// # Errors
    ///
    /// When the store fails. Open the feed again after the last position.
    pub async fn next(&mut self) -> Result<Option<FeedItem>, EngineError> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                self.team_changed &= !matches!(item.event, FeedEvent::Team {});
                return Ok(Some(item));
            }
            if self.owed.is_some() {
                self.pay().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(live) => self.take(live).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let (published, _) = self.engine.hub.progress();
                    self.catch_up(published).await?;
                }
                Err(broadcast::error::RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// Reads from the store what the live channel no longer has.
    async fn catch_up(&mut self, published: u64) -> Result<(), StoreError> {
        while self.position < published {
            let page = self.engine.store.journal(self.position, CATCH_UP_PAGE).await?;
            if page.is_empty() {
                break;
            }
            for record in page.into_iter().filter(|record| record.position <= published) {
                let contact = match &record.entry {
                    JournalEntry::Message(message) => self.contact_of(message.thread).await?,
                    _ => None,
                };
                self.record(&Published { record, contact }).await?;
                self.pay().await?;
            }
        }
        Ok(())
    }

    /// Tells the summary that is owed, if one is. Kept until it is told, so that a failed read does not lose it.
    async fn pay(&mut self) -> Result<(), StoreError> {
        let Some(contact) = self.owed else {
            return Ok(());
        };
        let summary = self.engine.contact_in_list(&self.agent, contact).await?;
        self.owed = None;
        if let Some(summary) = summary {
            let event = FeedEvent::Contact(Box::new(summary));
            self.waiting.push_back(FeedItem { position: Some(self.position), event });
        }
        Ok(())
    }

    async fn contact_of(&self, thread: ThreadId) -> Result<Option<ContactId>, StoreError> {
        Ok(self.engine.thread(thread).await?.and_then(|info| info.contact))
    }

    async fn take(&mut self, live: Live) -> Result<(), StoreError> {
        match live {
            Live::Record(published) => {
                // What was read from the store already comes again by the live channel.
                if published.record.position > self.position {
                    self.record(&published).await?;
                }
            }
            Live::Typing { thread, contact, until } => {
                if self.concerns(contact, None) || self.has_thread(thread) {
                    self.tell(FeedEvent::Typing { thread, contact, on: until.is_some(), until });
                }
            }
            Live::Connection { thread, contact, state } => {
                if self.concerns(contact, None) || self.has_thread(thread) {
                    self.tell(FeedEvent::Connection { thread, contact, connection: state });
                }
            }
            Live::Pending { interaction, pending } => {
                if self.mine.contains(&interaction) {
                    self.tell(FeedEvent::Pending { interaction, pending: Some(pending) });
                }
                self.team();
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: FeedEvent) {
        self.waiting.push_back(FeedItem { position: None, event });
    }

    /// Says to who looks at the team that it has changed.
    fn team(&mut self) {
        if !self.team_changed && self.engine.presence.watches_team(&self.agent) {
            self.team_changed = true;
            self.tell(FeedEvent::Team {});
        }
    }

    /// Whether the agent hears of a contact: spoken to in one of their interactions or, in the Communication view, in
    /// their list or watched.
    fn concerns(&self, contact: ContactId, interaction: Option<InteractionId>) -> bool {
        let is_work = interaction.is_some_and(|interaction| {
            self.mine.contains(&interaction)
                || self.offers.contains_key(&interaction)
                || self.requests.contains_key(&interaction)
        });
        is_work
            || self.communicates
                && (self.assigned.contains(&contact) || self.engine.presence.watches(&self.agent, contact))
    }

    fn has_thread(&self, thread: ThreadId) -> bool {
        self.engine.open.in_thread(thread).is_some_and(|open| self.mine.contains(&open.id))
    }

    /// Turns a journal record into events; the last of them carries the position.
    async fn record(&mut self, published: &Published) -> Result<(), StoreError> {
        let before = self.waiting.len();
        let position = published.record.position;
        match &published.record.entry {
            JournalEntry::Message(message) => self.message(message, published.contact).await?,
            JournalEntry::Interaction { interaction, recorded, .. } => {
                self.interaction(*interaction, recorded).await?;
            }
            JournalEntry::Observation(observation) => {
                if let Some(message) = self.engine.store.message(observation.message).await?
                    && self.hears_of(message.thread).await?
                {
                    let view = self.engine.message_view(&message, None).await?;
                    if let Some(delivery) = view.delivery {
                        self.delivery(Some(message.id), message.thread, message.sequence, delivery);
                    }
                }
            }
            JournalEntry::Acknowledged(reached) => self.acknowledged(reached).await?,
            JournalEntry::Agent(agent) if *agent == self.agent => self.me().await?,
            JournalEntry::Contact(contact) if self.hears_of_contact(*contact).await? => {
                self.contact(*contact).await?;
            }
            JournalEntry::Read(marker) if marker.agent == self.agent => {
                if let Some(contact) = self.contact_of(marker.thread).await? {
                    self.contact(contact).await?;
                }
            }
            JournalEntry::Assignment(assignment) if assignment.agent == self.agent => {
                if assignment.assigned {
                    self.assigned.insert(assignment.contact);
                } else {
                    self.assigned.remove(&assignment.contact);
                }
                self.contact(assignment.contact).await?;
            }
            JournalEntry::Alert(alert) if alert.agent == self.agent => {
                if let Some(view) = self.engine.alert_view(alert).await? {
                    self.tell(FeedEvent::Alert(Box::new(view)));
                }
            }
            // Others' affairs.
            _ => {}
        }
        if matches!(published.record.entry, JournalEntry::Interaction { .. } | JournalEntry::Agent(_)) {
            self.team();
        }
        self.position = position;
        if self.waiting.len() > before
            && self.owed.is_none()
            && let Some(last) = self.waiting.back_mut()
        {
            last.position = Some(position);
        }
        Ok(())
    }

    async fn message(&mut self, message: &Message, contact: Option<ContactId>) -> Result<(), StoreError> {
        let mine = message.interaction.is_some_and(|interaction| {
            self.mine.contains(&interaction) || self.requests.contains_key(&interaction)
        });
        if let Some(consult) = self.engine.consult_with_message(&self.agent, message).await? {
            if matches!(message.content, Content::System { .. }) {
                self.tell(FeedEvent::Consult(Box::new(consult)));
            }
            let view = self.engine.message_view(message, Some(&self.agent)).await?;
            self.tell(FeedEvent::Message(Box::new(view)));
            return Ok(());
        }
        if !mine && !contact.is_some_and(|contact| self.concerns(contact, message.interaction)) {
            return Ok(());
        }
        let view = self.engine.message_view(message, Some(&self.agent)).await?;
        self.tell(FeedEvent::Message(Box::new(view)));
        self.owed = contact.filter(|_| counts_as_unread(message));
        Ok(())
    }

    async fn acknowledged(&mut self, reached: &Acknowledged) -> Result<(), StoreError> {
        if self.hears_of(reached.thread).await? {
            self.delivery(None, reached.thread, reached.delivered, DeliveryStage::Delivered);
            self.delivery(None, reached.thread, reached.read, DeliveryStage::Read);
        }
        Ok(())
    }

    async fn hears_of_contact(&self, contact: ContactId) -> Result<bool, StoreError> {
        let in_work = self.engine.contact_object(&self.agent, contact).await? == Object::ContactInWork;
        Ok(in_work || self.concerns(contact, None))
    }

    async fn hears_of(&self, thread: ThreadId) -> Result<bool, StoreError> {
        if self.has_thread(thread) {
            return Ok(true);
        }
        Ok(self.contact_of(thread).await?.is_some_and(|contact| self.concerns(contact, None)))
    }

    fn delivery(
        &mut self,
        message: Option<parlor_model::MessageId>,
        thread: ThreadId,
        sequence: u64,
        stage: DeliveryStage,
    ) {
        if sequence > 0 {
            self.tell(FeedEvent::Delivery(DeliveryView { message, thread, sequence, delivery: stage }));
        }
    }

    async fn contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        if let Some(summary) = self.engine.contact_in_list(&self.agent, contact).await? {
            self.tell(FeedEvent::Contact(Box::new(summary)));
        }
        Ok(())
    }

    async fn me(&mut self) -> Result<(), StoreError> {
        let engine = Engine { inner: Arc::clone(&self.engine) };
        match engine.me(&self.agent).await {
            Ok(me) => self.tell(FeedEvent::Me(Box::new(me))),
            Err(EngineError::Store(error)) => return Err(error),
            // The agent was taken out of the configuration; nothing concerns them any more.
            Err(_) => {}
        }
        Ok(())
    }

    async fn interaction(&mut self, id: InteractionId, recorded: &Recorded) -> Result<(), StoreError> {
        let now = self.engine.interaction(id).await?;
        let offered =
            now.as_ref().and_then(|open| open.offer().filter(|offered| offered.agent == self.agent).cloned());
        self.offer_gone(id, recorded);
        let Some(interaction) = now else {
            return Ok(());
        };
        self.requests(&interaction, recorded).await?;
        if let Some(offered) = offered {
            // Theirs before, and now only offered: a feed that reads late sees both steps at once.
            if self.mine.remove(&id) {
                self.tell(FeedEvent::InteractionGone { id, reason: interaction.state.name() });
            }
            // Told with the record that made it, not with an earlier one that happens to be looked at later.
            if mentions_offer(recorded, offered.offer)
                && let Some(view) = self.engine.offer_view(&self.agent, &interaction).await?
            {
                self.offers.insert(id, offered.offer);
                self.tell(FeedEvent::Offer(Box::new(view)));
            }
        } else if is_among_own(&interaction, &self.agent) {
            self.mine.insert(id);
            let view = self.engine.interaction_view(&interaction).await?;
            self.tell(FeedEvent::Interaction(Box::new(view)));
        } else if self.mine.remove(&id) || concerns_agent(recorded, &self.agent) {
            self.tell(FeedEvent::InteractionGone { id, reason: interaction.state.name() });
        }
        Ok(())
    }

    /// Says what the agent is asked with this event, and what no longer.
    async fn requests(&mut self, interaction: &Interaction, recorded: &Recorded) -> Result<(), StoreError> {
        let id = interaction.id;
        let open = requests_to(interaction, &self.agent);
        if let Some((key, reason)) = requests::answered(id, &recorded.event, &self.agent) {
            self.request_gone(id, key, reason);
        }
        if requests::may_withdraw(&recorded.event) {
            let known = self.requests.get(&id).cloned().unwrap_or_default();
            for key in known.into_iter().filter(|key| open.iter().all(|request| request.key() != *key)) {
                self.request_gone(id, key, RequestGone::Withdrawn);
            }
        }
        // Told with the record that made it, not with an earlier one that happens to be looked at later.
        let made = requests::made(id, &recorded.event, &self.agent);
        if let Some(request) = open.into_iter().find(|request| Some(request.key()) == made) {
            self.requests.entry(id).or_default().insert(request.key());
            let view = self.engine.request_view(interaction, request).await?;
            self.tell(FeedEvent::Request(Box::new(view)));
        }
        Ok(())
    }

    fn request_gone(&mut self, interaction: InteractionId, key: RequestKey, reason: RequestGone) {
        let Some(known) = self.requests.get_mut(&interaction) else {
            return;
        };
        if !known.remove(&key) {
            return;
        }
        if known.is_empty() {
            self.requests.remove(&interaction);
        }
        let (kind, id) = key;
        self.tell(FeedEvent::RequestGone(RequestGoneView { kind, id, interaction, reason }));
    }

    /// Says which offer to the agent is gone with this event, and why.
    fn offer_gone(&mut self, id: InteractionId, recorded: &Recorded) {
        let gone = match &recorded.event {
            Event::Accepted { offer, agent } if *agent == self.agent => Some((*offer, OfferGone::Accepted)),
            Event::Declined { offer, agent } if *agent == self.agent => Some((*offer, OfferGone::Declined)),
            Event::Expired { offer, agent } if *agent == self.agent => Some((*offer, OfferGone::Expired)),
            Event::Withdrawn { offer, agent } if *agent == self.agent => Some((*offer, OfferGone::Withdrawn)),
            // The contact left while the agent was asked.
            Event::Ended { .. } => self.offers.get(&id).map(|known| (*known, OfferGone::Withdrawn)),
            _ => None,
        };
        if let Some((offer, reason)) = gone {
            if self.offers.get(&id) == Some(&offer) {
                self.offers.remove(&id);
            }
            self.tell(FeedEvent::OfferGone(OfferGoneView { id: offer, interaction: id, reason }));
        }
    }
}

fn mentions_offer(recorded: &Recorded, id: OfferId) -> bool {
    matches!(&recorded.event, Event::Offered { offer, .. } if *offer == id)
}

/// Whether an event took something away from an agent that their client may still show.
fn concerns_agent(recorded: &Recorded, name: &AgentName) -> bool {
    match &recorded.event {
        Event::MarkedDone { by: parlor_interaction::Actor::Agent(agent) }
        | Event::MemberLeft { agent }
        | Event::TransferredToQueue { by: agent, .. }
        | Event::ConsultCompleted { by: agent, .. } => agent == name,
        _ => false,
    }
}
