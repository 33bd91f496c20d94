//! A small workspace in virtual time: what every scenario starts from.

use std::sync::Arc;
use std::time::Duration;

use parlor::Builder;
use parlor::engine::{Arrival, Config, ContactSession, Engine, EngineError, Inbound, Once, Received, view};
use parlor::model::{
    AgentName, ChannelKind, ChannelName, ClientId, Content, Id, InteractionId, Medium, MessageId,
    MessageText, OfferId, PointAddress, PointKey, ProviderMessageId,
};
use parlor::store::{MemoryStore, Store};
use parlor_testkit::{ManualClock, SeededIds};

/// A workspace with the agents alice, bob and carol, one queue and the channel `website`.
pub struct World {
    pub clock: ManualClock,
    pub engine: Engine,
    pub store: Arc<dyn Store>,
    next: std::cell::Cell<u128>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with another configuration.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(MemoryStore::new()), ManualClock::default(), change).await
    }

    /// The same over a store that may hold something already: what a restart finds.
    pub async fn on(store: Arc<dyn Store>, clock: ManualClock, change: impl FnOnce(&mut Config)) -> Self {
        let engine = Builder::new()
            .queue("support")
            .agent("alice", ["support"])
            .agent("bob", ["support"])
            .agent("carol", ["support"])
            .disposition("resolved", "Resolved")
            .web_chat("website", "support")
            .configure(change)
            .store(Arc::clone(&store))
            .manual_time(Arc::new(clock.clone()))
            .ids(Arc::new(SeededIds::new(7)))
            .start()
            .await
            .unwrap();
        engine.settle().await;
        Self { clock, engine, store, next: std::cell::Cell::new(1) }
    }

    /// An id as a client makes one.
    pub fn client_id(&self) -> ClientId {
        let next = self.next.get();
        self.next.set(next + 1);
        ClientId(uuid::Uuid::from_u128(0xC11E_0000_0000_7000_8000_0000_0000_0000 | next))
    }

    /// Lets time pass, a little at a time, so that everything that falls due does so at its moment.
    pub async fn pass(&self, time: Duration) {
        let step = Duration::from_millis(250);
        let mut left = time;
        while left > Duration::ZERO {
            let now = left.min(step);
            self.clock.advance(now);
            self.engine.settle().await;
            left -= now;
        }
    }

    pub async fn ready(&self, agent: &str) {
        self.engine.set_readiness(&name(agent), &Medium::Chat, true, None).await.unwrap();
        self.engine.settle().await;
    }

    pub async fn not_ready(&self, agent: &str) {
        self.engine.set_readiness(&name(agent), &Medium::Chat, false, None).await.unwrap();
        self.engine.settle().await;
    }

    /// A visitor of the web site.
    pub async fn visitor(&self, address: &str) -> ContactSession {
        let key = PointKey {
            kind: ChannelKind::WebChat,
            scope: "website".to_owned(),
            address: PointAddress::new(address),
        };
        self.engine.arrive(Arrival::new(channel("website"), key)).await.unwrap()
    }

    /// The visitor writes.
    pub async fn says(&self, visitor: &ContactSession, words: &str) -> Received {
        let id = ProviderMessageId::new(self.client_id().to_string());
        let received = self.engine.receive(visitor, Inbound::new(id, words_of(words))).await.unwrap();
        self.engine.settle().await;
        received
    }

    /// The agent writes in an interaction.
    pub async fn answers(
        &self,
        agent: &str,
        id: InteractionId,
        words: &str,
    ) -> Result<view::MessageView, EngineError> {
        let sent = self.engine.send(&name(agent), id, self.client_id(), text(words)).await;
        self.engine.settle().await;
        sent.map(|(message, _)| message)
    }

    /// What an agent is offered.
    pub async fn offers(&self, agent: &str) -> Vec<view::OfferView> {
        self.engine.my_work(&name(agent)).await.unwrap().1
    }

    /// What an agent has.
    pub async fn work(&self, agent: &str) -> Vec<view::InteractionView> {
        self.engine.my_work(&name(agent)).await.unwrap().0
    }

    pub async fn accept(&self, agent: &str, offer: OfferId) -> Result<view::InteractionView, EngineError> {
        let accepted = self.engine.accept(&name(agent), offer, Once(Some(self.client_id()))).await;
        self.engine.settle().await;
        accepted
    }

    /// The only offer to an agent, accepted.
    pub async fn takes(&self, agent: &str) -> view::InteractionView {
        let offers = self.offers(agent).await;
        assert_eq!(offers.len(), 1, "{agent} has one offer");
        self.accept(agent, offers[0].id).await.unwrap()
    }

    pub async fn ends(&self, agent: &str, id: InteractionId) -> Result<view::InteractionView, EngineError> {
        let ended = self.engine.end(&name(agent), id, Once(Some(self.client_id()))).await;
        self.engine.settle().await;
        ended
    }

    pub async fn done(&self, agent: &str, id: InteractionId) -> Result<view::InteractionView, EngineError> {
        let done = self.engine.mark_done(&name(agent), id, Once(Some(self.client_id()))).await;
        self.engine.settle().await;
        done
    }

    pub async fn see(&self, agent: &str, id: InteractionId) -> view::InteractionView {
        self.engine.interaction(&name(agent), id).await.unwrap()
    }

    /// The words in a visitor's thread that the visitor may see, in order.
    pub async fn heard_by(&self, visitor: &ContactSession) -> Vec<String> {
        let messages = self.engine.contact_messages(visitor, 0, 1_000).await.unwrap();
        messages
            .iter()
            .filter_map(|message| {
                let frame = parlor::webchat::visible(message, |agent| agent.to_string())?;
                serde_json::to_value(&frame).ok()?.pointer("/content/text")?.as_str().map(str::to_owned)
            })
            .collect()
    }
}

pub fn name(agent: &str) -> AgentName {
    AgentName::new(agent).unwrap()
}

pub fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).unwrap()
}

pub fn text(words: &str) -> MessageText {
    MessageText::new(words).unwrap()
}

pub fn words_of(words: &str) -> Content {
    Content::Text { text: text(words) }
}

/// A message's id from the id that the client made.
pub fn message_id(id: ClientId) -> MessageId {
    MessageId::from_uuid(id.0)
}
