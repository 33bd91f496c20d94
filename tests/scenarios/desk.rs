//! An agent at the desk: an open feed, which keeps them present, and what it says.

use futures_util::FutureExt;
use parlor::engine::{AgentFeed, Engine, FeedEvent, FeedItem};

use crate::world::name;

pub(crate) struct Desk {
    feed: AgentFeed,
}

impl Desk {
    /// Opens an agent's feed, after a position they have seen or from now on.
    pub(crate) async fn open(engine: &Engine, agent: &str, after: Option<u64>) -> Self {
        Self { feed: engine.feed(&name(agent), after).await.unwrap() }
    }

    /// What the feed says without waiting for anything more to happen.
    pub(crate) async fn news(&mut self) -> Vec<FeedItem> {
        let mut news = Vec::new();
        let mut rested = false;
        loop {
            match self.feed.next().now_or_never() {
                Some(item) => {
                    news.push(item.unwrap().expect("the engine runs"));
                    rested = false;
                }
                None if rested => return news,
                // The runtime lets a task that takes very much pause once in a while: only silence after a pause is
                // the end of the news.
                None => {
                    rested = true;
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// The same, without the positions.
    pub(crate) async fn events(&mut self) -> Vec<FeedEvent> {
        self.news().await.into_iter().map(|item| item.event).collect()
    }

    /// The events of one name.
    pub(crate) async fn events_named(&mut self, name: &str) -> Vec<FeedEvent> {
        let mut events = self.events().await;
        events.retain(|event| event.name() == name);
        events
    }
}
