//! What agents are shown.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use parlor_channel::{ConnectionState, Delivery, OnShow};
use parlor_composer::Span;
use parlor_interaction::{Consult, ConsultStage, ConsultTarget, EndedBy, Interaction, State};
use parlor_model::{
    AgentName, Author, ChannelKind, ChannelName, ConsultId, ContactId, ContactPoint, DeliveryStage, FlagName,
    Id, InteractionId, Message, NotReadyReason, OutboxId, Readiness, ReadinessState, Subject, Thread,
    Timestamp, Visibility,
};
use parlor_routing::Explanation;
use parlor_store::{
    Acknowledged, Alert, ContactListItem, ContactQuery, ContactScope, ConversationQuery, PageStart,
    StoreError, Totals,
};
use parlor_transcript::{LateMarker, delivery, display_name, tail};

use crate::conductor::{Signal, pending_response};
use crate::desk::allowed;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::open::is_among_own;
use crate::permission::{Actor, Object, Verb, may};
use crate::requests::{ConsultBy, OpenRequest, requests_to};
use crate::view::{
    AlertView, AuthorView, ChannelView, ConsultView, ContactDetails, ContactPage, ContactRef, ContactSummary,
    ContactView, ConversationView, DispositionView, EndedView, InteractionView, InvitationView, LoadView, Me,
    MessageView, OfferView, PendingView, PointView, ReadinessView, RequestView, SendView, SupervisorView,
    TailView, ThreadView, TimingView, TransferView,
};

/// How many last lines an interaction shows (r46).
const TAIL_LINES: usize = 3;

/// How many entries are looked through for them: notices show no text.
const TAIL_WITHIN: usize = 12;

/// How many earlier entries are looked through for one that is displayed after a late one. Who is late by more than
/// that many stands where everybody sees it anyway.
const LATE_WITHIN: u64 = 50;

/// How many interactions of each thread a contact's page shows.
const INTERACTIONS_SHOWN: usize = 20;

/// The largest page of contacts or messages.
pub(crate) const LARGEST_PAGE: usize = 200;

/// The longest text to search for, in bytes (reliability limit "search query 256 B").
const LONGEST_SEARCH: usize = 256;

/// Asks for a page of contacts.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ContactsRequest {
    /// Which contacts.
    pub scope: ContactScope,
    /// Only those whose name, fields or addresses contain this.
    pub search: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many at the most; cut to 200.
    pub limit: Option<usize>,
}

/// Asks for a page of a contact's conversation.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConversationRequest {
    /// The `before` of a page: what is older.
    pub before: Option<String>,
    /// The `after` of a page: what is newer.
    pub after: Option<String>,
    /// How many at the most; cut to 200.
    pub limit: Option<usize>,
    /// Only messages with this visibility (r89).
    pub filter: Option<Visibility>,
    /// Only messages that contain every word of this.
    pub search: Option<String>,
    /// Whether it is asked from the Conversation view of an interaction rather than the Communication view: each
    /// can be switched off by itself.
    pub in_interaction: bool,
}

impl Engine {
    /// An agent's own state.
    pub async fn me(&self, agent: &AgentName) -> Result<Me, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        let state = self.inner.agent_state(agent).await?;
        let directory = &self.inner.directory;
        let readiness = directory
            .media()
            .iter()
            .map(|medium| (medium.clone(), readiness_view(state.readiness.get(medium))))
            .collect();
        let load = parlor_model::MediaClass::ALL
            .into_iter()
            .map(|class| {
                (class, LoadView { used: state.used(class), limit: configured.capacity.limit(class) })
            })
            .collect();
        let timing = &directory.timing;
        Ok(Me {
            agent: agent.clone(),
            role: configured.role,
            signed_in: state.signed_in,
            readiness,
            load,
            flags: configured.flags.clone(),
            timing: TimingView {
                pending_warning_ms: milliseconds(timing.pending.warning()),
                pending_overdue_ms: milliseconds(timing.pending.overdue()),
                typing_ttl_ms: milliseconds(timing.typing_ttl),
                offer_ttl_ms: milliseconds(timing.offer_ttl),
                transfer_ttl_ms: milliseconds(timing.transfer_ttl),
            },
            dispositions: directory
                .dispositions
                .iter()
                .map(|known| DispositionView {
                    code: known.code.clone(),
                    name: known.name.clone(),
                    leaf: directory.is_leaf(&known.code),
                })
                .collect(),
            channels: directory
                .channels()
                .map(|channel| ChannelView {
                    name: channel.name.clone(),
                    kind: channel.kind.clone(),
                    attachments: self.inner.outbound_files(&channel.name),
                    counted: self
                        .inner
                        .transport(channel)
                        .is_some_and(|transport| transport.capabilities().parts().is_some()),
                })
                .collect(),
            now: self.inner.now(),
        })
    }

    /// The interactions that are an agent's own, and the offers to them.
    pub async fn my_work(
        &self,
        agent: &AgentName,
    ) -> Result<(Vec<InteractionView>, Vec<OfferView>), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        let mut interactions = Vec::new();
        let mut offers = Vec::new();
        for interaction in self.inner.open.of_agent(agent) {
            match self.inner.offer_view(agent, &interaction).await? {
                Some(offer) => offers.push(offer),
                None if is_among_own(&interaction, agent) => {
                    interactions.push(self.inner.interaction_view(&interaction).await?);
                }
                // They are only asked.
                None => {}
            }
        }
        Ok((interactions, offers))
    }

    /// What colleagues ask an agent: to take over, to join, to advise.
    pub async fn my_requests(&self, agent: &AgentName) -> Result<Vec<RequestView>, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        let mut requests = Vec::new();
        for interaction in self.inner.open.of_agent(agent) {
            for request in requests_to(&interaction, agent) {
                requests.push(self.inner.request_view(&interaction, request).await?);
            }
        }
        Ok(requests)
    }

    /// One interaction.
    pub async fn interaction(
        &self,
        agent: &AgentName,
        id: InteractionId,
    ) -> Result<InteractionView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        let interaction = self.inner.visible_interaction(configured, id, Verb::ReadInteraction).await?;
        Ok(self.inner.interaction_view(&interaction).await?)
    }

    /// Why an interaction is where it is: who could take it, who could not and why. `None` when it does not wait.
    pub async fn explain(
        &self,
        agent: &AgentName,
        id: InteractionId,
    ) -> Result<Option<Explanation>, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.inner.visible_interaction(configured, id, Verb::ExplainRouting).await?;
        let (answer, explanation) = tokio::sync::oneshot::channel();
        if self.inner.signals.send(Signal::Explain(id, answer)).is_err() {
            return Ok(None);
        }
        Ok(explanation.await.unwrap_or_default())
    }

    /// A page of contacts.
    pub async fn contacts(
        &self,
        agent: &AgentName,
        request: &ContactsRequest,
    ) -> Result<ContactPage, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ReadContacts, Object::Contact)?;
        may(Actor::Agent(configured), Verb::ReadCommunication, Object::Contact)?;
        let limit = request.limit.unwrap_or(50).clamp(1, LARGEST_PAGE);
        let items = self
            .inner
            .store
            .contacts(&ContactQuery {
                agent: agent.clone(),
                scope: request.scope,
                search: search(request.search.as_deref()),
                before: cursor(request.after.as_deref())?,
                limit,
            })
            .await?;
        let next = match items.last() {
            // Those who never wrote come last, and all at once: nobody pages through them.
            Some(last) if items.len() == limit && last.activity > 0 => Some(last.activity.to_string()),
            _ => None,
        };
        let mut contacts = Vec::with_capacity(items.len());
        for item in items.into_iter().filter(|item| item.activity > 0 || request.search.is_some()) {
            contacts.push(self.inner.contact_summary(item).await?);
        }
        Ok(ContactPage { contacts, next })
    }

    /// Everything about a contact but the conversation.
    pub async fn contact(&self, agent: &AgentName, id: ContactId) -> Result<ContactView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ReadContacts, self.inner.contact_object(agent, id).await?)?;
        let contact = self.inner.store.contact(id).await?.ok_or(EngineError::NotFound { what: "contact" })?;
        let points = self.inner.store.points_of(id).await?;
        let threads = self.inner.threads_by_use(id).await?;
        let mut interactions = Vec::new();
        for thread in &threads {
            for interaction in self.inner.store.interactions_of(thread.id, INTERACTIONS_SHOWN).await? {
                // What a colleague has at the moment is the colleague's.
                if allowed(configured, &interaction, Verb::ReadInteraction).is_err() {
                    continue;
                }
                interactions.push(self.inner.interaction_view(&interaction).await?);
            }
        }
        interactions.sort_by_key(|interaction| std::cmp::Reverse((interaction.created_at, interaction.id)));
        let unread = self.inner.store.unread(agent, id).await?;
        let assigned = self.inner.store.assigned(agent).await?.contains(&id);
        let mut checks = BTreeMap::new();
        for point in &points {
            if let Some(check) = self.inner.point_check(point).await? {
                checks.insert(point.id, check);
            }
        }
        let (default_channel, default_point) = self.inner.default_channel(&threads);
        Ok(ContactView {
            ways: self.inner.ways(configured, &contact, &points, &threads, checks),
            default_channel,
            default_point,
            contact: ContactDetails {
                id,
                version: contact.version,
                display_name: display_name(&contact, &points),
                fields: contact.fields,
                created_at: contact.created_at,
            },
            points: points.iter().map(|point| point_view(point, channel_of(point, &threads))).collect(),
            active_channels: self.inner.active_channels(&threads),
            threads: threads.iter().map(|thread| self.inner.thread_view(thread)).collect(),
            interactions,
            unread: (unread > 0).then_some(unread),
            assigned,
        })
    }

    /// A page of everything a contact wrote and was written (r77, r96).
    pub async fn conversation(
        &self,
        agent: &AgentName,
        contact: ContactId,
        request: &ConversationRequest,
    ) -> Result<ConversationView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        let verb = if request.in_interaction { Verb::ReadConversation } else { Verb::ReadCommunication };
        may(Actor::Agent(configured), verb, self.inner.contact_object(agent, contact).await?)?;
        self.inner.known_contact(contact).await?;
        let start = match (cursor(request.before.as_deref())?, cursor(request.after.as_deref())?) {
            (Some(position), _) => PageStart::Before(position),
            (None, Some(position)) => PageStart::After(position),
            (None, None) => PageStart::Newest,
        };
        let page = self
            .inner
            .store
            .conversation(&ConversationQuery {
                contact,
                start,
                limit: request.limit.unwrap_or(50).clamp(1, LARGEST_PAGE),
                visibility: request.filter.into_iter().collect(),
                search: search(request.search.as_deref()),
            })
            .await?;
        let before =
            page.messages.first().filter(|_| page.more_before).map(|first| first.position.to_string());
        let after = match (page.messages.last(), start) {
            (Some(last), _) => last.position,
            (None, PageStart::After(position)) => position,
            (None, PageStart::Newest | PageStart::Before(_)) => 0,
        };
        let mut messages = Vec::with_capacity(page.messages.len());
        let mut acknowledged = BTreeMap::new();
        for message in &page.messages {
            let reached = match acknowledged.entry(message.thread) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    *unknown.insert(self.inner.store.acknowledged(message.thread).await?)
                }
            };
            messages.push(self.inner.message_view_with(message, Some(reached), Some(agent)).await?);
        }
        Ok(ConversationView { messages, before, after: after.to_string() })
    }

    /// How long a typing notice lasts without a new one (r38).
    pub fn typing_ttl(&self) -> Duration {
        self.inner.directory.timing.typing_ttl
    }

    /// How much the store holds.
    pub async fn totals(&self) -> Result<Totals, EngineError> {
        Ok(self.inner.store.totals().await?)
    }
}

impl Inner {
    /// A contact as an agent stands to them.
    pub(crate) async fn contact_object(
        &self,
        agent: &AgentName,
        contact: ContactId,
    ) -> Result<Object, StoreError> {
        for interaction in self.open.of_agent(agent) {
            if self.thread(interaction.thread).await?.and_then(|info| info.contact) == Some(contact) {
                return Ok(Object::ContactInWork);
            }
        }
        Ok(Object::Contact)
    }

    pub(crate) async fn contact_ref(&self, contact: ContactId) -> Result<ContactRef, StoreError> {
        let points = self.store.points_of(contact).await?;
        let name = match self.store.contact(contact).await? {
            Some(contact) => display_name(&contact, &points),
            None => contact.to_string(),
        };
        Ok(ContactRef { id: contact, display_name: name })
    }

    pub(crate) async fn offer_view(
        &self,
        agent: &AgentName,
        interaction: &Interaction,
    ) -> Result<Option<OfferView>, StoreError> {
        let Some(offered) = interaction.offer().filter(|offered| offered.agent == *agent) else {
            return Ok(None);
        };
        Ok(Some(OfferView {
            id: offered.offer,
            agent: agent.clone(),
            expires_at: offered.expires_at,
            interaction: self.interaction_view(interaction).await?,
        }))
    }

    pub(crate) async fn request_view(
        &self,
        interaction: &Interaction,
        request: OpenRequest,
    ) -> Result<RequestView, StoreError> {
        let OpenRequest { kind, id, by, expires_at, medium } = request;
        let interaction = self.interaction_view(interaction).await?;
        Ok(RequestView { kind, id, by, expires_at, medium, interaction })
    }

    pub(crate) async fn interaction_view(
        &self,
        interaction: &Interaction,
    ) -> Result<InteractionView, StoreError> {
        let now = self.now();
        let info = self.thread(interaction.thread).await?;
        let point = match interaction.point {
            Some(point) => self.store.point(point).await?,
            None => None,
        };
        let contact = match info.as_ref().and_then(|info| info.contact) {
            Some(contact) => self.contact_ref(contact).await?,
            // Below a post there is no one contact; the thread stands for them.
            None => ContactRef {
                id: parlor_model::Id::from_uuid(parlor_model::Id::as_uuid(&interaction.thread)),
                display_name: interaction.channel.to_string(),
            },
        };
        let last = self.store.last_messages(interaction.thread, TAIL_WITHIN).await?;
        let (members, ended, outcome) = match &interaction.state {
            State::Queued(_) | State::Offered(_) => (Vec::new(), None, None),
            State::Active(active) => (active.members.iter().cloned().collect(), None, None),
            State::Ended(ended) => (Vec::new(), Some(ended_view(&ended.by, ended.at)), Some(ended.outcome)),
            State::Done(done) => {
                (Vec::new(), Some(ended_view(&done.ended_by, done.ended_at)), Some(done.outcome))
            }
        };
        let since = interaction.state.since();
        let beside = beside(interaction);
        Ok(InteractionView {
            id: interaction.id,
            thread: interaction.thread,
            channel: interaction.channel.clone(),
            kind: self.kind(&interaction.channel),
            queue: interaction.queue.clone(),
            contact,
            point: point.as_ref().map(|point| point_view(point, Some(interaction.channel.clone()))),
            state: interaction.state.name(),
            version: interaction.version,
            segment: interaction.segment,
            owner: match &interaction.state {
                State::Active(active) => Some(active.owner.clone()),
                State::Ended(_) | State::Done(_) => interaction.last_owner.clone(),
                State::Queued(_) | State::Offered(_) => None,
            },
            members,
            transfer: beside.transfer,
            invitations: beside.invitations,
            consults: beside.consults,
            supervisors: beside.supervisors,
            since,
            created_at: interaction.created_at,
            ended,
            outcome,
            pending: self.pending_view(interaction, now),
            connection: info.map_or(ConnectionState::Unknown, |info| self.connection(&info.thread)),
            tail: tail(&last, TAIL_LINES)
                .into_iter()
                .map(|line| TailView { author: author_view(&line.author), text: line.text, at: line.at })
                .collect(),
            elapsed: now.since(since),
            disposition: interaction.disposition.clone(),
            parked: match &interaction.state {
                State::Active(active) => active.parked,
                State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
            },
            case: interaction.case.clone(),
        })
    }

    pub(crate) fn pending_view(&self, interaction: &Interaction, now: Timestamp) -> Option<PendingView> {
        let pending = pending_response(self, interaction, now)?;
        Some(PendingView {
            since: pending.since,
            colour: pending.colour,
            flashing: pending.flashing,
            elapsed: pending.elapsed,
        })
    }

    /// A transcript entry as an agent sees it; `None` for what is not shown to anybody.
    pub(crate) async fn message_view(
        &self,
        message: &Message,
        viewer: Option<&AgentName>,
    ) -> Result<MessageView, StoreError> {
        // Only what goes to a contact has a delivery; nothing is read for the rest, so that it is told at once.
        let acknowledged = if goes_to_contact(message) {
            Some(self.store.acknowledged(message.thread).await?)
        } else {
            None
        };
        self.message_view_with(message, acknowledged, viewer).await
    }

    /// What an agent can click in a message.
    fn spans(&self, message: &Message, viewer: Option<&AgentName>) -> Vec<Span> {
        let enabled = viewer
            .and_then(|viewer| self.directory.agent(viewer))
            .is_some_and(|agent| agent.flags.is_on(FlagName::ClickableEndpointsInText));
        message.content.text().filter(|_| enabled).map(parlor_composer::spans).unwrap_or_default()
    }

    async fn message_view_with(
        &self,
        message: &Message,
        acknowledged: Option<Acknowledged>,
        viewer: Option<&AgentName>,
    ) -> Result<MessageView, StoreError> {
        let info = self.thread(message.thread).await?;
        let channel = info.as_ref().map(|info| info.thread.channel.clone());
        let delivery = match &channel {
            Some(channel) => self.delivery_of(message, channel, acknowledged).await?,
            None => None,
        };
        let channel =
            channel.ok_or_else(|| StoreError::Corrupt { detail: "a message has no thread".to_owned() })?;
        let mailbox = self.is_mailbox(&channel);
        Ok(MessageView {
            id: message.id,
            thread: message.thread,
            kind: self.kind(&channel),
            channel,
            contact: info.and_then(|info| info.contact),
            interaction: message.interaction,
            segment: message.segment,
            sequence: message.sequence,
            position: message.position,
            author: author_view(&message.author),
            parent: message.parent,
            visibility: message.visibility,
            content: message.content.clone(),
            at: message.at,
            provider_time: message.provider_time,
            late: self.is_late(message).await?,
            delivery,
            send: self.send_of(message, mailbox).await?,
            spans: self.spans(message, viewer),
        })
    }

    /// How far the sending of a message is; nothing is read for what no provider sends.
    async fn send_of(&self, message: &Message, mailbox: bool) -> Result<Option<SendView>, StoreError> {
        if mailbox || !goes_to_contact(message) || !message.content.is_said() {
            return Ok(None);
        }
        let entry = self.store.outbox_entry(OutboxId::from_uuid(message.id.as_uuid())).await?;
        Ok(entry.map(|entry| SendView { state: entry.state, attempts: entry.attempts, reason: entry.reason }))
    }

    /// Whether a channel is a mailbox of ours.
    fn is_mailbox(&self, channel: &ChannelName) -> bool {
        self.directory
            .channel(channel)
            .and_then(|channel| self.transport(channel))
            .is_some_and(|transport| transport.profile().delivery == Delivery::Mailbox)
    }

    /// Whether a message is displayed before one that was taken in earlier. Only a provider's own time can bring it there.
    async fn is_late(&self, message: &Message) -> Result<bool, StoreError> {
        if message.provider_time.is_none() {
            return Ok(false);
        }
        let before = message.sequence.saturating_sub(1);
        let from = before.saturating_sub(LATE_WITHIN);
        let count = usize::try_from(before - from).unwrap_or(usize::MAX);
        let earlier = self.store.messages(message.thread, from, count).await?;
        let mut marker = LateMarker::default();
        for earlier in &earlier {
            marker.is_late(earlier);
        }
        Ok(marker.is_late(message))
    }

    /// How far a message to the contact has come.
    async fn delivery_of(
        &self,
        message: &Message,
        channel: &ChannelName,
        acknowledged: Option<Acknowledged>,
    ) -> Result<Option<DeliveryStage>, StoreError> {
        if !goes_to_contact(message) {
            return Ok(None);
        }
        if self.is_mailbox(channel) {
            // A committed message lies in the mailbox: that is what "sent" means there.
            return Ok(Some(match acknowledged {
                Some(reached) => {
                    parlor_transcript::mailbox_delivery(message.sequence, reached.delivered, reached.read)
                }
                None => DeliveryStage::Sent,
            }));
        }
        Ok(delivery(&self.store.observations(message.id).await?))
    }

    pub(crate) async fn contact_summary(&self, item: ContactListItem) -> Result<ContactSummary, StoreError> {
        let points = self.store.points_of(item.contact.id).await?;
        let threads = self.store.threads_of(item.contact.id).await?;
        let last = item.last.as_ref().and_then(|last| tail(std::slice::from_ref(last), 1).into_iter().next());
        Ok(ContactSummary {
            id: item.contact.id,
            display_name: display_name(&item.contact, &points),
            unread: (item.unread > 0).then_some(item.unread),
            active_channels: self.active_channels(&threads),
            last: last.map(|line| TailView {
                author: author_view(&line.author),
                text: line.text,
                at: line.at,
            }),
            assigned: item.assigned,
            activity: item.activity,
        })
    }

    /// One contact as an agent's list shows them.
    pub(crate) async fn contact_in_list(
        &self,
        agent: &AgentName,
        id: ContactId,
    ) -> Result<Option<ContactSummary>, StoreError> {
        let Some(contact) = self.store.contact(id).await? else {
            return Ok(None);
        };
        let mut last: Option<Message> = None;
        let mut activity = 0;
        for thread in self.store.threads_of(id).await? {
            for message in self.store.last_messages(thread.id, TAIL_WITHIN).await? {
                activity = activity.max(message.position);
                if message.content.is_said()
                    && last.as_ref().is_none_or(|last| last.position < message.position)
                {
                    last = Some(message);
                }
            }
        }
        let item = ContactListItem {
            last,
            activity,
            unread: self.store.unread(agent, id).await?,
            assigned: self.store.assigned(agent).await?.contains(&id),
            contact,
        };
        self.contact_summary(item).await.map(Some)
    }

    pub(crate) async fn alert_view(&self, alert: &Alert) -> Result<Option<AlertView>, StoreError> {
        let Some(info) = self.thread(alert.thread).await? else {
            return Ok(None);
        };
        let channel = &info.thread.channel;
        let of_transport = self
            .directory
            .channel(channel)
            .and_then(|channel| self.transport(channel))
            .map_or(OnShow::Communication, |transport| transport.profile().on_show);
        let on_show = self.directory.channel_rules(channel).on_show.unwrap_or(of_transport);
        Ok(Some(AlertView {
            id: alert.id,
            kind: alert.kind.as_str(),
            contact: self.contact_ref(alert.contact).await?,
            thread: alert.thread,
            channel: info.thread.channel.clone(),
            on_show: match on_show {
                OnShow::Communication => "communication",
                OnShow::Interaction => "interaction",
            },
            count: self.store.unread(&alert.agent, alert.contact).await?,
            at: alert.at,
        }))
    }

    fn kind(&self, channel: &ChannelName) -> ChannelKind {
        match self.directory.channel(channel) {
            Some(channel) => channel.kind.clone(),
            // It was taken out of the configuration; its history stays readable.
            None => channel.label().clone().into(),
        }
    }

    fn thread_view(&self, thread: &Thread) -> ThreadView {
        ThreadView {
            id: thread.id,
            channel: thread.channel.clone(),
            kind: self.kind(&thread.channel),
            connection: self.connection(thread),
        }
    }

    /// Channels on which a contact is at the moment (r110).
    fn active_channels(&self, threads: &[Thread]) -> Vec<ChannelName> {
        threads
            .iter()
            .filter(|thread| self.presence.connection(thread.id) == Some(ConnectionState::Connected))
            .map(|thread| thread.channel.clone())
            .collect()
    }
}

pub(crate) fn author_view(author: &Author) -> AuthorView {
    match author {
        Author::Contact(_) => AuthorView { kind: "contact", name: None },
        Author::Agent(agent) => AuthorView { kind: "agent", name: Some(agent.to_string()) },
        Author::Bot(bot) => AuthorView { kind: "bot", name: Some(bot.to_string()) },
        Author::System => AuthorView { kind: "system", name: None },
    }
}

/// Whether a message has a delivery: somebody here or a bot wrote it, for the contact.
fn goes_to_contact(message: &Message) -> bool {
    matches!(message.author, Author::Agent(_) | Author::Bot(_)) && message.visibility.reaches_contact()
}

/// Our endpoint at which a contact uses an address.
fn channel_of(point: &ContactPoint, threads: &[Thread]) -> Option<ChannelName> {
    threads
        .iter()
        .rev()
        .find(|thread| thread.subject == Subject::Direct(point.id))
        .map(|thread| thread.channel.clone())
}

pub(crate) fn point_view(point: &ContactPoint, channel: Option<ChannelName>) -> PointView {
    PointView {
        id: point.id,
        kind: point.key.kind.clone(),
        address: point.key.address.as_str().to_owned(),
        channel,
    }
}

/// What goes on beside the conversation itself.
#[derive(Debug, Default)]
struct Beside {
    transfer: Option<TransferView>,
    invitations: Vec<InvitationView>,
    consults: Vec<ConsultView>,
    supervisors: Vec<SupervisorView>,
}

fn beside(interaction: &Interaction) -> Beside {
    let active = match &interaction.state {
        State::Active(active) => active,
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => return Beside::default(),
    };
    Beside {
        transfer: active.transfer.as_ref().map(|transfer| TransferView {
            id: transfer.id,
            by: transfer.by.clone(),
            to: transfer.to.clone(),
            expires_at: transfer.expires_at,
        }),
        invitations: active
            .invitations
            .iter()
            .map(|(agent, invitation)| InvitationView {
                agent: agent.clone(),
                by: invitation.by.clone(),
                expires_at: invitation.expires_at,
            })
            .collect(),
        consults: active.consults.iter().map(|(id, consult)| consult_view(*id, consult)).collect(),
        supervisors: active
            .supervisors
            .iter()
            .map(|(agent, mode)| SupervisorView { agent: agent.clone(), mode: *mode })
            .collect(),
    }
}

fn consult_view(id: ConsultId, consult: &Consult) -> ConsultView {
    let (joined, expires_at) = match consult.stage {
        ConsultStage::Asked { expires_at } => (false, Some(expires_at)),
        ConsultStage::Joined { .. } => (true, None),
    };
    let point = match &consult.target {
        ConsultTarget::VoiceContact { point } => Some(*point),
        ConsultTarget::Chat { .. } | ConsultTarget::VoiceAgent { .. } => None,
    };
    ConsultView {
        id,
        by: consult.by.clone(),
        medium: ConsultBy::of(&consult.target),
        agent: consult.target.agent().cloned(),
        point,
        joined,
        expires_at,
    }
}

fn ended_view(by: &EndedBy, at: Timestamp) -> EndedView {
    match by {
        EndedBy::Contact => EndedView { by: "contact", agent: None, at },
        EndedBy::Agent(agent) => EndedView { by: "agent", agent: Some(agent.clone()), at },
        EndedBy::System => EndedView { by: "system", agent: None, at },
    }
}

pub(crate) fn readiness_view(state: Option<&ReadinessState>) -> ReadinessView {
    let Some(state) = state else {
        return ReadinessView { ready: false, reason: None, since: None };
    };
    let (ready, reason) = match &state.readiness {
        Readiness::Ready => (true, None),
        Readiness::NotReady(NotReadyReason::LoggedIn) => (false, Some("logged_in".to_owned())),
        Readiness::NotReady(NotReadyReason::Chosen(reason)) => {
            (false, reason.as_ref().map(ToString::to_string))
        }
        Readiness::NotReady(NotReadyReason::MissedOffer) => (false, Some("missed_offer".to_owned())),
        Readiness::NotReady(NotReadyReason::AfterWork) => (false, Some("after_work".to_owned())),
        Readiness::NotReady(_) => (false, Some("other".to_owned())),
    };
    ReadinessView { ready, reason, since: Some(state.since) }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn cursor(text: Option<&str>) -> Result<Option<u64>, EngineError> {
    text.map(|text| text.parse().map_err(|_| EngineError::CursorUnknown)).transpose()
}

/// What to search for, cut to the limit at a character's boundary; nothing when it is blank.
pub(crate) fn search(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let cut = (0..=LONGEST_SEARCH.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let text = text.get(..cut).unwrap_or_default();
    (!text.is_empty()).then(|| text.to_owned())
}
