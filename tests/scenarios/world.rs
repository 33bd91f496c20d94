//! A small workspace in virtual time: what every scenario starts from.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use parlor::Builder;
use parlor::engine::{
    Arrival, Config, ContactSession, ConversationRequest, Engine, EngineError, Inbound, Once, Received, view,
};
use parlor::interaction::{Interaction, StateName};
use parlor::model::{
    Agent, AgentName, CapacityRule, ChannelKind, ChannelName, ClientId, Contact, ContactId, ContactPoint,
    ContactPointId, Content, Id, InteractionId, MediaClass, Medium, MessageId, MessageText, OfferId,
    PointAddress, PointKey, ProviderMessageId, Timestamp,
};
use parlor::store::{ChangeSet, ContactWrite, MemoryStore, Store};
use parlor_testkit::{ManualClock, SeededIds};

use crate::desk::Desk;

/// A workspace with the agents alice, bob and carol, one queue and the channel `website`.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    ids: SeededIds,
    next: Cell<u128>,
    offer_ttl: Duration,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(MemoryStore::new()), change).await
    }

    /// The same over another store.
    pub(crate) async fn on(store: Arc<dyn Store>, change: impl FnOnce(&mut Config)) -> Self {
        Self::start(store, ManualClock::default(), SeededIds::new(7), 1, |builder| builder.configure(change))
            .await
    }

    /// The same with more channels of the web site.
    pub(crate) async fn with_channels(channels: &[&str]) -> Self {
        Self::with_channels_that(channels, |_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn with_channels_that(channels: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let add = |builder: Builder| {
            let add = |builder: Builder, channel: &&str| builder.web_chat(channel, "support");
            channels.iter().fold(builder, add).configure(change)
        };
        Self::start(Arc::new(MemoryStore::new()), ManualClock::default(), SeededIds::new(7), 1, add).await
    }

    /// The same with something plugged in.
    pub(crate) async fn building(more: impl FnOnce(Builder) -> Builder) -> Self {
        Self::start(Arc::new(MemoryStore::new()), ManualClock::default(), SeededIds::new(7), 1, more).await
    }

    /// The same over another store, with something plugged in.
    pub(crate) async fn building_on(store: Arc<dyn Store>, more: impl FnOnce(Builder) -> Builder) -> Self {
        Self::start(store, ManualClock::default(), SeededIds::new(7), 1, more).await
    }

    /// A contact who is known by an address of another network, and never wrote.
    pub(crate) async fn knows(&self, key: PointKey) -> ContactPointId {
        let contact = Contact {
            id: ContactId::from_uuid(self.client_id().0),
            version: 0,
            display_name: Some("Nora".to_owned()),
            fields: std::collections::BTreeMap::new(),
            created_at: self.clock_now(),
        };
        let point = ContactPoint {
            id: ContactPointId::from_uuid(self.client_id().0),
            contact: contact.id,
            key,
            display_name: None,
            created_at: self.clock_now(),
        };
        let id = point.id;
        let mut changes = ChangeSet::at(self.clock_now());
        changes.contacts.push(ContactWrite { contact, expected_version: 0 });
        changes.points.push(point);
        self.store.commit(changes).await.unwrap();
        id
    }

    /// The process dies, and another one starts over what was kept. Nothing of the engine is told that it ends.
    pub(crate) async fn restarted(self, change: impl FnOnce(&mut Config)) -> Self {
        self.restarted_with(|builder| builder.configure(change)).await
    }

    /// The same with something plugged in.
    pub(crate) async fn restarted_with(self, more: impl FnOnce(Builder) -> Builder) -> Self {
        let Self { clock, engine, store, ids, next, offer_ttl: _ } = self;
        drop(engine);
        Self::start(store, clock, ids, next.get(), more).await
    }

    async fn start(
        store: Arc<dyn Store>,
        clock: ManualClock,
        ids: SeededIds,
        next: u128,
        more: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let builder = Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .agent("bob", ["support"])
            .agent("carol", ["support"])
            .disposition("resolved", "Resolved")
            .web_chat("website", "support");
        let engine = more(builder)
            .store(Arc::clone(&store))
            .manual_time(Arc::new(clock.clone()))
            .ids(Arc::new(ids.clone()))
            .start()
            .await
            .unwrap();
        engine.settle().await;
        let me = engine.me(&name("alice")).await.unwrap();
        let offer_ttl = Duration::from_millis(me.timing.offer_ttl_ms);
        Self { clock, engine, store, ids, next: Cell::new(next), offer_ttl }
    }

    /// An id as a client makes one.
    pub(crate) fn client_id(&self) -> ClientId {
        let next = self.next.get();
        self.next.set(next + 1);
        ClientId(uuid::Uuid::from_u128(0xC11E_0000_0000_7000_8000_0000_0000_0000 | next))
    }

    /// An id that makes a write repeatable.
    pub(crate) fn once(&self) -> Once {
        Once(Some(self.client_id()))
    }

    /// Lets time pass, a little at a time, so that everything that falls due does so at its moment.
    pub(crate) async fn pass(&self, time: Duration) {
        let step = Duration::from_millis(250);
        let mut left = time;
        while left > Duration::ZERO {
            let now = left.min(step);
            self.skip(now).await;
            left -= now;
        }
    }

    /// Lets time pass at once.
    pub(crate) async fn skip(&self, time: Duration) {
        self.clock.advance(time);
        self.engine.settle().await;
    }

    pub(crate) async fn ready(&self, agent: &str) {
        self.engine.set_readiness(&name(agent), &Medium::Chat, true, None).await.unwrap();
        self.engine.settle().await;
    }

    /// The agent logs in and keeps the desk open.
    pub(crate) async fn comes(&self, agent: &str) -> Desk {
        self.engine.sign_in(&name(agent)).await.unwrap();
        let desk = self.desk(agent).await;
        self.engine.settle().await;
        desk
    }

    /// What colleagues ask an agent.
    pub(crate) async fn requests(&self, agent: &str) -> Vec<view::RequestView> {
        self.engine.my_requests(&name(agent)).await.unwrap()
    }

    /// Everything that is kept, for showing that a refusal has kept nothing more.
    pub(crate) async fn kept(&self) -> (Vec<Interaction>, parlor::store::Totals, Vec<u32>) {
        let mut loads = Vec::new();
        for agent in ["alice", "bob", "carol"] {
            loads.push(self.load(agent).await);
        }
        let all = crate::truth::interactions(&*self.store).await;
        (all, self.store.totals().await.unwrap(), loads)
    }

    pub(crate) async fn not_ready(&self, agent: &str) {
        self.engine.set_readiness(&name(agent), &Medium::Chat, false, None).await.unwrap();
        self.engine.settle().await;
    }

    /// The time.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.engine.now()
    }

    /// How long an agent may think about an offer; also how long it is not offered to them again.
    pub(crate) fn offer_ttl(&self) -> Duration {
        self.offer_ttl
    }

    /// The agent opens the desk: a feed, which keeps them present.
    pub(crate) async fn desk(&self, agent: &str) -> Desk {
        Desk::open(&self.engine, agent, None).await
    }

    /// A visitor of the web site.
    pub(crate) async fn visitor(&self, address: &str) -> ContactSession {
        self.visitor_on("website", address).await
    }

    /// A visitor of one of the channels of the web site; the same one for the same address.
    pub(crate) async fn visitor_on(&self, on: &str, address: &str) -> ContactSession {
        self.engine.arrive(Arrival::new(channel(on), key(address))).await.unwrap()
    }

    /// The visitor writes.
    pub(crate) async fn says(&self, visitor: &ContactSession, words: &str) -> Received {
        let received = self.engine.receive(visitor, self.inbound(words)).await.unwrap();
        self.engine.settle().await;
        received
    }

    /// Something a visitor writes, under an id of its own.
    pub(crate) fn inbound(&self, words: &str) -> Inbound {
        Inbound::new(ProviderMessageId::new(self.client_id().to_string()), words_of(words))
    }

    pub(crate) async fn leaves(&self, visitor: &ContactSession) {
        self.engine.contact_ends(visitor).await.unwrap();
        self.engine.settle().await;
    }

    /// The agent writes in an interaction.
    pub(crate) async fn answers(
        &self,
        agent: &str,
        id: InteractionId,
        words: &str,
    ) -> Result<view::MessageView, EngineError> {
        let sent = self.engine.send(&name(agent), id, self.client_id(), text(words)).await;
        self.engine.settle().await;
        sent.map(|(message, _)| message)
    }

    /// The agent writes to a contact without an interaction.
    pub(crate) async fn writes(
        &self,
        agent: &str,
        to: &ContactSession,
        words: &str,
    ) -> Result<view::MessageView, EngineError> {
        let written = self
            .engine
            .write_to_contact(&name(agent), to.contact, &to.channel, self.client_id(), text(words))
            .await;
        self.engine.settle().await;
        written
    }

    pub(crate) async fn note(&self, agent: &str, id: InteractionId, words: &str) -> view::MessageView {
        self.engine.note(&name(agent), id, self.client_id(), text(words)).await.unwrap()
    }

    /// The agent opens an interaction with a contact.
    pub(crate) async fn opens(
        &self,
        agent: &str,
        with: &ContactSession,
    ) -> Result<view::InteractionView, EngineError> {
        let opened =
            self.engine.open_interaction(&name(agent), with.contact, &with.channel, self.once()).await;
        self.engine.settle().await;
        opened
    }

    /// Whether an agent is logged in.
    pub(crate) async fn signed_in(&self, agent: &str) -> bool {
        self.engine.me(&name(agent)).await.unwrap().signed_in
    }

    /// What an agent is offered.
    pub(crate) async fn offers(&self, agent: &str) -> Vec<view::OfferView> {
        self.engine.my_work(&name(agent)).await.unwrap().1
    }

    /// The only offer to an agent.
    pub(crate) async fn offer(&self, agent: &str) -> view::OfferView {
        let mut offers = self.offers(agent).await;
        assert_eq!(offers.len(), 1, "{agent} has one offer");
        offers.remove(0)
    }

    /// What an agent has.
    pub(crate) async fn work(&self, agent: &str) -> Vec<view::InteractionView> {
        self.engine.my_work(&name(agent)).await.unwrap().0
    }

    pub(crate) async fn accept(
        &self,
        agent: &str,
        offer: OfferId,
    ) -> Result<view::InteractionView, EngineError> {
        let accepted = self.engine.accept(&name(agent), offer, self.once()).await;
        self.engine.settle().await;
        accepted
    }

    /// The only offer to an agent, accepted.
    pub(crate) async fn takes(&self, agent: &str) -> view::InteractionView {
        let offer = self.offer(agent).await;
        self.accept(agent, offer.id).await.unwrap()
    }

    /// The agent becomes Ready and takes what the visitor says.
    pub(crate) async fn talks(
        &self,
        agent: &str,
        visitor: &ContactSession,
        words: &str,
    ) -> view::InteractionView {
        self.ready(agent).await;
        self.says(visitor, words).await;
        self.takes(agent).await
    }

    pub(crate) async fn decline(&self, agent: &str, offer: OfferId) -> Result<(), EngineError> {
        let declined = self.engine.decline(&name(agent), offer, self.once()).await;
        self.engine.settle().await;
        declined
    }

    pub(crate) async fn ends(
        &self,
        agent: &str,
        id: InteractionId,
    ) -> Result<view::InteractionView, EngineError> {
        let ended = self.engine.end(&name(agent), id, self.once()).await;
        self.engine.settle().await;
        ended
    }

    pub(crate) async fn done(
        &self,
        agent: &str,
        id: InteractionId,
    ) -> Result<view::InteractionView, EngineError> {
        let done = self.engine.mark_done(&name(agent), id, self.once()).await;
        self.engine.settle().await;
        done
    }

    pub(crate) async fn see(&self, agent: &str, id: InteractionId) -> view::InteractionView {
        self.engine.interaction(&name(agent), id).await.unwrap()
    }

    /// The newest interaction of a visitor's thread, as it was kept.
    pub(crate) async fn latest(&self, visitor: &ContactSession) -> Interaction {
        self.store.interactions_of(visitor.thread, 1).await.unwrap().remove(0)
    }

    /// The state of the newest interaction of a visitor's thread.
    pub(crate) async fn state(&self, visitor: &ContactSession) -> StateName {
        self.latest(visitor).await.state.name()
    }

    /// How much live work an agent holds.
    pub(crate) async fn load(&self, agent: &str) -> u32 {
        self.engine.me(&name(agent)).await.unwrap().load[&MediaClass::Live].used
    }

    /// The words in a visitor's thread that the visitor may see, in order.
    pub(crate) async fn heard_by(&self, visitor: &ContactSession) -> Vec<String> {
        let messages = self.engine.contact_messages(visitor, 0, 10_000).await.unwrap();
        messages
            .iter()
            .filter_map(|message| {
                let frame = parlor::webchat::visible(message, ToString::to_string)?;
                serde_json::to_value(&frame).ok()?.pointer("/content/text")?.as_str().map(str::to_owned)
            })
            .collect()
    }

    /// The newest page of a contact's conversation, as an agent reads it in the Communication view.
    pub(crate) async fn reads(&self, agent: &str, of: &ContactSession) -> Vec<view::MessageView> {
        let request = page(200);
        self.engine.conversation(&name(agent), of.contact, &request).await.unwrap().messages
    }

    /// How many messages an agent has not read, as their contact list shows it.
    pub(crate) async fn unread(&self, agent: &str, of: &ContactSession) -> Option<u64> {
        let list = self
            .engine
            .contacts(&name(agent), &parlor::engine::ContactsRequest::default())
            .await
            .unwrap()
            .contacts;
        list.into_iter().find(|contact| contact.id == of.contact).unwrap().unread
    }
}

/// Asks for the newest messages.
pub(crate) fn page(limit: usize) -> ConversationRequest {
    let mut request = ConversationRequest::default();
    request.limit = Some(limit);
    request
}

/// The words of messages.
pub(crate) fn words_in(messages: &[view::MessageView]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.content.text()).collect()
}

pub(crate) fn name(agent: &str) -> AgentName {
    AgentName::new(agent).unwrap()
}

pub(crate) fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).unwrap()
}

/// The address of a visitor.
pub(crate) fn key(address: &str) -> PointKey {
    PointKey { kind: ChannelKind::WebChat, scope: "website".to_owned(), address: PointAddress::new(address) }
}

pub(crate) fn text(words: &str) -> MessageText {
    MessageText::new(words).unwrap()
}

pub(crate) fn words_of(words: &str) -> Content {
    Content::Text { text: text(words) }
}

/// A message's id from the id that the client made.
pub(crate) fn message_id(id: ClientId) -> MessageId {
    MessageId::from_uuid(id.0)
}

/// The configured agent of that name.
pub(crate) fn agent<'a>(config: &'a mut Config, name: &str) -> &'a mut Agent {
    config.agents.iter_mut().find(|agent| agent.name.as_str() == name).unwrap()
}

/// Everybody may hold so many live chats.
pub(crate) fn everybody_holds(config: &mut Config, live: u32) {
    for agent in &mut config.agents {
        agent.capacity = CapacityRule::new([(MediaClass::Live, live)]);
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
