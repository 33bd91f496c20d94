//! A colleague who leaves in the instant of being asked.

use std::sync::Arc;

use async_trait::async_trait;
use parlor::engine::{Consulted, HandTo};
use parlor::interaction::{Event, Holder};
use parlor::store::{ChangeSet, CommitError, Committed, MemoryStore, Store};
use parlor_testkit::{Layer, Layered};
use tokio::sync::Notify;

use crate::truth;
use crate::world::{World, name};

/// Holds back what asks a colleague until it is let through.
#[derive(Debug, Default)]
struct Gate {
    reached: Notify,
    opens: Notify,
}

#[derive(Debug)]
struct Gated {
    below: Arc<dyn Store>,
    gate: Arc<Gate>,
}

#[async_trait]
impl Layer for Gated {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let asks = |event: &Event| {
            matches!(
                event,
                Event::TransferRequested { .. } | Event::Invited { .. } | Event::ConsultStarted { .. }
            )
        };
        let events = || changes.interactions.iter().flat_map(|write| &write.events);
        if events().any(|recorded| asks(&recorded.event)) {
            self.gate.reached.notify_one();
            self.gate.opens.notified().await;
        }
        self.below.commit(changes).await
    }
}

/// What is asked of bob.
async fn ask(world: &World, what: &str, work: parlor::model::InteractionId) {
    let (engine, alice, bob) = (&world.engine, name("alice"), name("bob"));
    match what {
        "to take over" => {
            engine.transfer(&alice, work, HandTo::Agent(bob), None, world.once()).await.map(drop)
        }
        "to join" => engine.invite(&alice, work, &bob, world.once()).await.map(drop),
        _ => engine.consult(&alice, work, Consulted::Chat(bob), world.once()).await.map(drop),
    }
    .unwrap();
}

#[tokio::test]
async fn who_leaves_at_the_moment_of_being_asked_is_asked_no_longer() {
    for what in ["to take over", "to join", "to advise"] {
        let gate = Arc::new(Gate::default());
        let gated = Gated { below: Arc::new(MemoryStore::new()), gate: Arc::clone(&gate) };
        let world = World::on(Arc::new(Layered(gated)), |_| {}).await;
        let _alice = world.comes("alice").await;
        let _bob = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        world.ready("alice").await;
        let hello = world.inbound("hello");
        world.engine.receive(&ann, hello.clone()).await.unwrap();
        world.engine.settle().await;
        let work = world.takes("alice").await;
        let leaves = async {
            gate.reached.notified().await;
            world.engine.sign_out(&name("bob")).await.unwrap();
            world.engine.settle().await;
            gate.opens.notify_one();
        };
        futures_util::future::join(ask(&world, what, work.id), leaves).await;
        world.engine.settle().await;
        assert!(world.requests("bob").await.is_empty(), "{what}");
        let kept = world.latest(&ann).await;
        assert_eq!(kept.holder(), Holder::Owner(&name("alice")), "{what}");
        assert_eq!(kept.timers(), [].into(), "{what}");
        assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0), "{what}");
        assert_eq!(truth::findings(&world, &[hello.external_id]).await, [""; 0], "{what}");
    }
}

#[tokio::test]
async fn who_stays_is_asked() {
    for what in ["to take over", "to join", "to advise"] {
        let world = World::new().await;
        let _alice = world.comes("alice").await;
        let _bob = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        ask(&world, what, work.id).await;
        world.engine.settle().await;
        world.says(&ann, "are you there?").await;
        assert_eq!(world.requests("bob").await.len(), 1, "{what}");
    }
}
