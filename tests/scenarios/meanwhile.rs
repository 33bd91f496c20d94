//! What an agent writes is kept only where it is still allowed at the moment of being kept.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use parlor::engine::{Consulted, EngineError};
use parlor::interaction::{Refusal, Supervision};
use parlor::model::{InteractionId, Role, Visibility};
use parlor::store::{ChangeSet, CommitError, Committed, MemoryStore, Store};
use parlor_testkit::{Layer, Layered};

use crate::hand_over::refusal;
use crate::world::{World, agent, name, text};

/// What happens just before the next message of an agent is kept.
type Meanwhile = Arc<Mutex<Option<BoxFuture<'static, ()>>>>;

/// A store that lets something else happen before it keeps what an agent wrote.
struct Slow {
    below: Arc<dyn Store>,
    meanwhile: Meanwhile,
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slow").field("below", &self.below).finish_non_exhaustive()
    }
}

#[async_trait]
impl Layer for Slow {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        if changes.messages.iter().any(|message| message.visibility == Visibility::Internal) {
            let meanwhile = self.meanwhile.lock().unwrap().take();
            if let Some(meanwhile) = meanwhile {
                meanwhile.await;
            }
        }
        self.below.commit(changes).await
    }
}

/// Alice talks with ann, bob is there, and carol leads them and whispers.
async fn talking() -> (Meanwhile, World, InteractionId) {
    let meanwhile = Meanwhile::default();
    let below = Arc::new(MemoryStore::new());
    let store = Arc::new(Layered(Slow { below, meanwhile: Arc::clone(&meanwhile) }));
    let world = World::on(store, |config| agent(config, "carol").role = Role::Supervisor).await;
    world.engine.sign_in(&name("bob")).await.unwrap();
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await.id;
    let whispers = Some(Supervision::Whisper);
    world.engine.supervise(&name("carol"), work, whispers, world.once()).await.unwrap();
    (meanwhile, world, work)
}

fn before_the_next_message(meanwhile: &Meanwhile, what: BoxFuture<'static, Result<(), EngineError>>) {
    *meanwhile.lock().unwrap() = Some(Box::pin(async { what.await.unwrap() }));
}

#[tokio::test]
async fn a_note_on_what_is_done_meanwhile_is_refused() {
    let (meanwhile, world, work) = talking().await;
    let (engine, end, done) = (world.engine.clone(), world.once(), world.once());
    before_the_next_message(
        &meanwhile,
        Box::pin(async move {
            engine.end(&name("alice"), work, end).await?;
            engine.mark_done(&name("alice"), work, done).await.map(drop)
        }),
    );
    let late = world.engine.note(&name("alice"), work, world.client_id(), text("a note")).await;
    assert_eq!(refusal(late), Refusal::AlreadyDone);
}

#[tokio::test]
async fn r52_words_in_a_consult_that_ends_meanwhile_are_refused() {
    let (meanwhile, world, work) = talking().await;
    let asked = Consulted::Chat(name("bob"));
    let (consult, _) = world.engine.consult(&name("alice"), work, asked, world.once()).await.unwrap();
    world.engine.join_consult(&name("bob"), work, consult, world.once()).await.unwrap();
    let (engine, ends) = (world.engine.clone(), world.once());
    before_the_next_message(
        &meanwhile,
        Box::pin(async move { engine.end_consult(&name("alice"), work, consult, ends).await }),
    );
    let (bob, client) = (name("bob"), world.client_id());
    let late = world.engine.write_in_consult(&bob, work, consult, client, text("ask her")).await;
    assert!(late.is_err(), "{late:?}");
    assert!(world.store.message(crate::world::message_id(client)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_whisper_of_one_who_stops_meanwhile_is_refused() {
    let (meanwhile, world, work) = talking().await;
    let (engine, stops) = (world.engine.clone(), world.once());
    before_the_next_message(
        &meanwhile,
        Box::pin(async move { engine.supervise(&name("carol"), work, None, stops).await.map(drop) }),
    );
    let late = world.engine.whisper(&name("carol"), work, world.client_id(), text("be kind")).await;
    assert!(matches!(late, Err(EngineError::Denied(_))), "{late:?}");
}
