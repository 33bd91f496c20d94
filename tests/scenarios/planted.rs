//! Stores that are wrong on purpose: each of the promises is broken by one of them, and the check of that promise says
//! so. A check that could not fail would check nothing.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use parlor::engine::{Engine, Once};
use parlor::interaction::{EndedHolds, StateName};
use parlor::model::{AgentName, InteractionId};
use parlor::store::{
    AgentState, ChangeSet, CommitError, Committed, JournalEntry, JournalRecord, MemoryStore, Store,
    StoreError,
};
use parlor_testkit::{Layer, Layered};

use crate::truth;
use crate::world::{World, everybody_holds, name, seconds};

/// A store that does something else with what it is given, or with what it is asked for.
#[derive(Debug)]
struct Wrong {
    below: Arc<dyn Store>,
    commit: fn(&mut ChangeSet),
    journal: fn(&mut Vec<JournalRecord>),
    agent: fn(&mut AgentState),
}

#[async_trait]
impl Layer for Wrong {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
        (self.commit)(&mut changes);
        self.below.commit(changes).await
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let mut records = self.below.journal(after, limit).await?;
        (self.journal)(&mut records);
        Ok(records)
    }

    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
        let mut state = self.below.agent(name).await?;
        state.iter_mut().for_each(self.agent);
        Ok(state)
    }
}

/// A store that is right.
fn right(below: &Arc<dyn Store>) -> Wrong {
    Wrong { below: Arc::clone(below), commit: |_| {}, journal: |_| {}, agent: |_| {} }
}

/// A world over a wrong store, in which the checks see what was really kept.
async fn over(wrong: impl FnOnce(Wrong) -> Wrong) -> World {
    let below: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let store = Arc::new(Layered(wrong(right(&below))));
    let mut world = World::on(store, |config| {
        everybody_holds(config, 1);
        config.rules.interaction.ended_holds = EndedHolds::Zero;
    })
    .await;
    world.store = below;
    world
}

fn says(findings: &[String], what: &str) {
    assert!(findings.iter().any(|finding| finding.contains(what)), "expected {what:?} in {findings:#?}");
}

/// What the checks find after a little of everything.
async fn findings(wrong: impl FnOnce(Wrong) -> Wrong) -> Vec<String> {
    let world = over(wrong).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let twice = world.inbound("hello");
    let said = [twice.external_id.clone()];
    // A store that forgets everything may make the engine refuse; what it leaves behind is what counts.
    let _ = world.engine.receive(&ann, twice.clone()).await;
    let _ = world.engine.receive(&ann, twice).await;
    world.ready("alice").await;
    if let Some(offer) = world.offers("alice").await.first() {
        let _ = world.accept("alice", offer.id).await;
    }
    let mut findings = truth::findings(&world, &said).await;
    if let Some(work) = world.work("alice").await.first() {
        let _ = world.ends("alice", work.id).await;
        let _ = world.opens("alice", &ben).await;
        let _ = world.answers("alice", work.id, "one more thing").await;
    }
    findings.extend(truth::findings(&world, &said).await);
    findings
}

#[tokio::test]
async fn a_store_that_is_right_gives_no_finding() {
    assert_eq!(findings(|right| right).await, [""; 0]);
}

#[tokio::test]
async fn a_store_that_forgets_what_came_in_doubles_messages() {
    let findings = findings(|right| Wrong { commit: |changes| changes.inbox.clear(), ..right }).await;
    says(&findings, "is there 2 times");
}

#[tokio::test]
async fn a_store_that_loses_messages_is_noticed() {
    let findings = findings(|right| Wrong {
        commit: |changes| changes.messages.retain(|message| message.provider_id.is_none()),
        ..right
    })
    .await;
    says(&findings, "is there 0 times");
}

#[tokio::test]
async fn a_store_that_gives_no_room_back_counts_too_much() {
    let findings =
        findings(|right| Wrong { commit: |changes| changes.loads.retain(|load| load.delta > 0), ..right })
            .await;
    says(&findings, "alice holds 0 live, and 1 are counted");
}

#[tokio::test]
async fn a_store_that_knows_no_limit_overloads_agents() {
    let wrong = |changes: &mut ChangeSet| changes.loads.iter_mut().for_each(|load| load.limit = u32::MAX);
    let findings = findings(|right| Wrong { commit: wrong, ..right }).await;
    says(&findings, "alice holds 2 live, of 1");
}

#[tokio::test]
async fn a_store_that_forgets_timers_is_noticed() {
    let world = over(|right| Wrong { commit: |changes| changes.timers.clear(), ..right }).await;
    let ann = world.visitor("ann").await;
    world.ready("alice").await;
    world.engine.receive(&ann, world.inbound("hello")).await.unwrap();
    world.engine.settle().await;
    says(&truth::findings(&world, &[]).await, "the timers {} are set");
}

#[tokio::test]
async fn a_store_that_hides_who_is_ready_leaves_work_waiting() {
    let findings = findings(|right| Wrong { agent: |state| state.readiness.clear(), ..right }).await;
    says(&findings, "waits, and alice could take it");
}

#[tokio::test]
async fn a_store_that_keeps_another_snapshot_is_noticed() {
    let wrong = |changes: &mut ChangeSet| {
        changes.interactions.iter_mut().for_each(|write| write.interaction.segment += 1);
    };
    let findings = findings(|right| Wrong { commit: wrong, ..right }).await;
    says(&findings, "is not what its history leads to");
}

#[tokio::test]
async fn a_store_that_forgets_requests_carries_them_out_again() {
    for forgets in [false, true] {
        let world =
            over(
                |right| {
                    if forgets { Wrong { commit: |changes| changes.request = None, ..right } } else { right }
                },
            )
            .await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let end = world.once();
        world.engine.end(&name("alice"), work.id, end).await.unwrap();
        world.answers("alice", work.id, "one more thing").await.unwrap();
        let again = world.engine.end(&name("alice"), work.id, end).await.unwrap();
        assert_eq!(again.state, if forgets { StateName::Ended } else { StateName::Active });
    }
}

#[tokio::test]
async fn a_journal_with_a_hole_leaves_a_hole_in_the_feed() {
    let hides = |records: &mut Vec<JournalRecord>| {
        records.retain(|record| match &record.entry {
            JournalEntry::Message(message) => message.content.text() != Some("two"),
            _ => true,
        });
    };
    let world = over(|right| Wrong { journal: hides, ..right }).await;
    let ann = world.visitor("ann").await;
    let mut desk = world.desk("alice").await;
    world.talks("alice", &ann, "hello").await;
    let cursor = desk.news().await.iter().rev().find_map(|item| item.position).unwrap();
    for words in ["one", "two", "three"] {
        world.says(&ann, words).await;
    }
    assert_eq!(desk.events_named("message").await.len(), 3, "who follows does not read the journal");
    let mut resumed = crate::desk::Desk::open(&world.engine, "alice", Some(cursor)).await;
    assert_eq!(resumed.events_named("message").await.len(), 2);
}

/// A store that lets something else happen just before a contact's message is kept, once.
#[derive(Debug)]
struct Meanwhile {
    below: Arc<dyn Store>,
    /// Ends this interaction.
    ends: Arc<OnceLock<(Engine, InteractionId)>>,
    done: std::sync::atomic::AtomicBool,
    /// Whether it forgets to look whether an interaction is still what was decided from.
    careless: bool,
}

#[async_trait]
impl Layer for Meanwhile {
    fn below(&self) -> &dyn Store {
        &*self.below
    }

    async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
        if let Some((engine, id)) = self.ends.get()
            && !changes.inbox.is_empty()
            && !self.done.swap(true, std::sync::atomic::Ordering::SeqCst)
        {
            engine.end(&name("alice"), *id, Once(None)).await.unwrap();
        }
        if self.careless {
            changes.interactions.retain(|write| !write.events.is_empty());
        }
        self.below.commit(changes).await
    }
}

/// A message is on its way while the agent ends the session; gives the state it leaves.
async fn a_message_crosses_the_end(careless: bool) -> (StateName, u32) {
    let ends = Arc::new(OnceLock::new());
    let store = Arc::new(Layered(Meanwhile {
        below: Arc::new(MemoryStore::new()),
        ends: Arc::clone(&ends),
        done: false.into(),
        careless,
    }));
    let world = World::on(store, |_| {}).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.answers("alice", work.id, "anything else?").await.unwrap();
    world.says(&ann, "let me think").await;
    world.not_ready("alice").await;
    world.pass(seconds(1)).await;
    ends.set((world.engine.clone(), work.id)).unwrap();
    world.says(&ann, "yes").await;
    let message = world.store.last_messages(ann.thread, 1).await.unwrap().remove(0);
    assert_eq!(message.content.text(), Some("yes"));
    (world.state(&ann).await, message.segment)
}

#[tokio::test]
async fn a_message_that_crosses_the_end_of_the_session_begins_the_next_one() {
    assert_eq!(a_message_crosses_the_end(false).await, (StateName::Queued, 2));
}

#[tokio::test]
async fn a_store_that_does_not_look_again_lets_the_message_slip_into_the_session_that_is_over() {
    assert_eq!(a_message_crosses_the_end(true).await, (StateName::Ended, 1));
}
