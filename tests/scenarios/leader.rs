//! One node routes, as long as it holds the lease; and what it could not read it reads again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parlor::interaction::StateName;
use parlor::model::{AgentName, Medium, Timestamp};
use parlor::store::{
    AgentState, ChangeSet, CommitError, Committed, Lease, LeaseName, MemoryStore, Store, StoreError,
};
use parlor_testkit::{Layer, Layered};

use crate::world::{World, name, seconds};

/// How long the routing lease runs by default.
const LEASE: Duration = seconds(10);

/// What of the store does not work.
#[derive(Debug, Default)]
struct Broken {
    lease: AtomicBool,
    /// Nothing is kept: there is too much to write.
    busy: AtomicBool,
    /// No offer is kept, for the same reason.
    busy_for_offers: AtomicBool,
    /// Agents cannot be read once there was another commit.
    agents_after_commit: AtomicBool,
    agents: AtomicBool,
}

/// A store of which parts do not work for a while.
#[derive(Debug)]
struct Ailing {
    below: Arc<dyn Store>,
    broken: Arc<Broken>,
}

fn failure() -> StoreError {
    StoreError::backend(std::io::Error::other("a test asked for it"))
}

#[async_trait]
impl Layer for Ailing {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let offers = self.broken.busy_for_offers.load(Ordering::SeqCst) && !changes.offers.is_empty();
        if offers || self.broken.busy.load(Ordering::SeqCst) {
            return Err(CommitError::Store(StoreError::Busy));
        }
        let committed = self.below.commit(changes).await;
        if self.broken.agents_after_commit.load(Ordering::SeqCst) {
            self.broken.agents.store(true, Ordering::SeqCst);
        }
        committed
    }

    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
        if self.broken.agents.load(Ordering::SeqCst) {
            return Err(failure());
        }
        self.below.agent(name).await
    }

    async fn acquire_lease(
        &self,
        name: &LeaseName,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        if self.broken.lease.load(Ordering::SeqCst) {
            return Err(failure());
        }
        self.below.acquire_lease(name, holder, now, ttl).await
    }
}

async fn ailing() -> (Arc<Broken>, World) {
    let (below, broken) = (Arc::new(MemoryStore::new()), Arc::new(Broken::default()));
    let store = Arc::new(Layered(Ailing { below, broken: Arc::clone(&broken) }));
    (broken, World::on(store, |_| {}).await)
}

#[tokio::test]
async fn who_cannot_renew_the_lease_stops_routing_when_it_runs_out() {
    let (broken, world) = ailing().await;
    let _desk = world.desk("alice").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    broken.lease.store(true, Ordering::SeqCst);
    world.skip(LEASE / 2).await;
    world.ready("alice").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.state(&ann).await, StateName::Offered, "it has not run out");
    world.takes("alice").await;
    world.skip(LEASE).await;
    world.says(&ben, "hello").await;
    assert_eq!(world.state(&ben).await, StateName::Queued, "another node may route by now");

    broken.lease.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert_eq!(world.state(&ben).await, StateName::Offered);
}

#[tokio::test]
async fn who_comes_back_too_late_waits_until_the_other_nodes_lease_is_over() {
    let world = World::new().await;
    let _desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    // This node sleeps for longer than its lease, and another one takes over.
    world.clock.advance(LEASE);
    let routing = LeaseName::routing();
    let taken = world.store.acquire_lease(&routing, "other", world.clock_now(), LEASE).await.unwrap();
    assert!(taken.is_some_and(|lease| lease.holder == "other"));
    world.says(&ann, "hello").await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    world.skip(LEASE - Duration::from_millis(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    world.skip(Duration::from_millis(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn an_agent_who_could_not_be_read_is_read_again() {
    let (broken, world) = ailing().await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    broken.agents_after_commit.store(true, Ordering::SeqCst);
    // It is kept, but her own answer cannot be read any more either.
    let ready = world.engine.set_readiness(&name("alice"), &Medium::Chat, true, None).await;
    assert!(ready.is_err());
    world.engine.settle().await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    world.skip(seconds(5)).await;
    assert_eq!(world.state(&ann).await, StateName::Queued);

    broken.agents_after_commit.store(false, Ordering::SeqCst);
    broken.agents.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn an_offer_that_a_busy_store_does_not_take_is_made_later() {
    let (broken, world) = ailing().await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.ready("alice").await;
    broken.busy_for_offers.store(true, Ordering::SeqCst);
    world.says(&ann, "hello").await;
    for _ in 0..3 {
        world.skip(seconds(1)).await;
        assert_eq!(world.state(&ann).await, StateName::Queued);
    }
    broken.busy_for_offers.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn what_falls_due_while_the_store_is_busy_happens_afterwards() {
    let (broken, world) = ailing().await;
    let desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.offers("alice").await.len(), 1);
    broken.busy.store(true, Ordering::SeqCst);
    world.skip(world.offer_ttl()).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
    broken.busy.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Queued, "the offer expired");

    drop(desk);
    broken.busy.store(true, Ordering::SeqCst);
    world.skip(seconds(60)).await;
    assert!(world.signed_in("alice").await);
    broken.busy.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert!(!world.signed_in("alice").await, "she is gone");

    broken.busy.store(true, Ordering::SeqCst);
    world.engine.touch(&name("alice"));
    world.skip(seconds(1)).await;
    assert!(!world.signed_in("alice").await);
    broken.busy.store(false, Ordering::SeqCst);
    world.skip(seconds(1)).await;
    assert!(world.signed_in("alice").await, "she is back");
}
