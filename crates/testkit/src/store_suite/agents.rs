//! Agents: state and load.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::MediaClass;
use parlor_store::{AgentState, AgentWrite, ChangeSet, CommitError, Conflict, JournalEntry, Load, Store};

use super::everything::state;
use super::expect::{Read, keep, refused};
use super::sample::{Sample, agent};

fn writing(sample: &Sample, state: AgentState, expected_version: u64) -> ChangeSet {
    let mut changes = sample.change();
    changes.agents.push(AgentWrite { state, expected_version });
    changes
}

/// A state decided from an older version is refused.
pub async fn a_stale_agent_state_keeps_nothing(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let first = AgentState { version: 42, ..state(&sample, &alice) };
    keep(&*store, writing(&sample, first.clone(), 0)).await;
    let stored = AgentState { version: 1, ..first };
    assert_eq!(store.agent(&alice).await.read().as_ref(), Some(&stored), "the store counts the versions");
    let away = AgentState { signed_in: false, readiness: [].into(), ..stored.clone() };
    for stale in [0, 2] {
        let changes = writing(&sample, away.clone(), stale);
        refused!(store, changes, CommitError::Conflict(Conflict::Agent(name)) if name == alice);
    }
    assert_eq!(store.agent(&alice).await.read(), Some(stored));
    keep(&*store, writing(&sample, away.clone(), 1)).await;
    assert_eq!(store.agent(&alice).await.read(), Some(AgentState { version: 2, ..away }));
}

/// Agents come in order of name; who was never seen is none of them.
pub async fn agents_come_in_order_of_name(store: Arc<dyn Store>) {
    let sample = Sample::new();
    for name in ["carol", "alice", "bob"] {
        keep(&*store, writing(&sample, state(&sample, &agent(name)), 0)).await;
    }
    let names: Vec<_> = store.agents().await.read().into_iter().map(|state| state.name).collect();
    assert_eq!(names, [agent("alice"), agent("bob"), agent("carol")]);
    assert_eq!(store.agent(&agent("dave")).await.read(), None);
}

/// An agent never holds more than their limit (G10, I3).
pub async fn load_never_exceeds_its_limit(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let live = MediaClass::Live;
    let full = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Capacity { agent, class }) if *agent == alice && *class == live);
    keep(&*store, sample.loading(&alice, live, 2, 3)).await;
    refused!(store, sample.loading(&alice, live, 2, 3), error if full(&error));
    keep(&*store, sample.loading(&alice, live, 1, 3)).await;
    refused!(store, sample.loading(&alice, live, 1, 3), error if full(&error));
    refused!(store, sample.loading(&alice, live, i64::MAX, 3), error if full(&error));
    refused!(store, sample.loading(&alice, live, 1, 0), error if full(&error));
    keep(&*store, sample.loading(&alice, MediaClass::Messaging, 1, 5)).await;
    keep(&*store, sample.loading(&agent("bob"), live, 1, 1)).await;
    let alice = store.agent(&alice).await.read().expect("she has load");
    assert_eq!((alice.used(live), alice.used(MediaClass::Messaging)), (3, 1), "each class has its own limit");

    // A swap in one change needs no room in between, in the order that frees it first.
    let mut swap = sample.loading(&alice.name, live, -1, 3);
    swap.loads.extend(sample.loading(&alice.name, live, 1, 3).loads);
    keep(&*store, swap).await;
}

/// The same while many take room at once (G10).
pub async fn load_never_exceeds_its_limit_under_concurrency(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let takers: Vec<_> = (0..50)
        .map(|_| {
            let changes = sample.loading(&alice, MediaClass::Messaging, 1, 5);
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(changes).await })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        match taker.await.expect("a commit does not panic") {
            Ok(_) => taken += 1,
            Err(CommitError::Conflict(Conflict::Capacity { .. })) => {}
            Err(other) => panic!("refused for another reason: {other:?}"),
        }
    }
    let load =
        store.agent(&alice).await.read().and_then(|state| state.load.get(&MediaClass::Messaging).copied());
    assert_eq!((taken, load), (5, Some(Load { used: 5, limit: 5 })));
}

/// Nobody gives back more than is held.
pub async fn load_cannot_be_given_back_twice(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let live = MediaClass::Live;
    keep(&*store, sample.loading(&alice, live, 2, 3)).await;
    keep(&*store, sample.loading(&alice, live, -2, 3)).await;
    for delta in [-1, i64::MIN] {
        let changes = sample.loading(&alice, live, delta, 3);
        refused!(store, changes, CommitError::Conflict(Conflict::Capacity { .. }));
    }
    let changes = sample.loading(&agent("bob"), live, -1, 3);
    refused!(store, changes, CommitError::Conflict(Conflict::Capacity { .. }));
    assert_eq!(store.agent(&alice).await.read().map(|state| state.used(live)), Some(0));
    assert_eq!(store.agent(&agent("bob")).await.read(), None);
}

/// A limit that was lowered below what is held applies as it is given back.
pub async fn a_lowered_limit_applies_as_load_is_given_back(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let live = MediaClass::Live;
    keep(&*store, sample.loading(&alice, live, 4, 5)).await;
    for (delta, used, limit) in [(-1, 3, 3), (-1, 2, 2), (-1, 1, 2), (0, 1, 2)] {
        keep(&*store, sample.loading(&alice, live, delta, 2)).await;
        let load = store.agent(&alice).await.read().and_then(|state| state.load.get(&live).copied());
        assert_eq!(load, Some(Load { used, limit }));
    }
    keep(&*store, sample.loading(&alice, live, 1, 2)).await;
    refused!(store, sample.loading(&alice, live, 1, 2), CommitError::Conflict(Conflict::Capacity { .. }));
}

/// State and load are written independently: neither makes the other stale, and load sets since when they are idle.
pub async fn state_and_load_are_written_independently(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let live = MediaClass::Live;
    let taken = sample.loading(&alice, live, 1, 3);
    let at = taken.at.expect("it has a time");
    keep(&*store, taken).await;
    let load = [(live, Load { used: 1, limit: 3 })];
    let never_written =
        AgentState { idle_since: at, load: load.into(), ..AgentState::unknown(alice.clone()) };
    assert_eq!(store.agent(&alice).await.read().as_ref(), Some(&never_written), "version 0: only load");
    assert_eq!(store.agents().await.read(), [never_written]);

    // A state carries no load: what it says about it is ignored.
    let lying = [(live, Load { used: 9, limit: 9 }), (MediaClass::Post, Load { used: 9, limit: 9 })];
    let ready = AgentState { load: lying.into(), ..state(&sample, &alice) };
    keep(&*store, writing(&sample, ready.clone(), 0)).await;
    let stored = AgentState { version: 1, load: load.into(), ..ready };
    assert_eq!(store.agent(&alice).await.read().as_ref(), Some(&stored));

    let given_back = sample.loading(&alice, live, -1, 3);
    let at = given_back.at.expect("it has a time");
    keep(&*store, given_back).await;
    let load = [(live, Load { used: 0, limit: 3 })];
    let stored = AgentState { idle_since: at, load: load.into(), ..stored };
    assert_eq!(store.agent(&alice).await.read().as_ref(), Some(&stored));
    keep(&*store, writing(&sample, stored, 1)).await;
}

/// A state that was read before a load change does not take back since when the agent is idle.
pub async fn an_agent_is_idle_since_the_later_time(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let early = state(&sample, &alice);
    keep(&*store, writing(&sample, early.clone(), 0)).await;
    let taken = sample.loading(&alice, MediaClass::Live, 1, 3);
    let at = taken.at.expect("it has a time");
    assert!(at > early.idle_since, "the load changes later");
    keep(&*store, taken).await;
    keep(&*store, writing(&sample, early.clone(), 1)).await;
    let stored = store.agent(&alice).await.read().map(|state| state.idle_since);
    assert_eq!(stored, Some(at), "the earlier time is not taken");

    let later = AgentState { idle_since: at + std::time::Duration::from_secs(1), ..early };
    keep(&*store, writing(&sample, later.clone(), 2)).await;
    let stored = store.agent(&alice).await.read().map(|state| state.idle_since);
    assert_eq!(stored, Some(later.idle_since), "the later one is");
}

/// However many parts of a change touch an agent, the journal tells it once.
pub async fn an_agent_is_journaled_once_a_change(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let (alice, bob) = (agent("alice"), agent("bob"));
    let mut changes = writing(&sample, state(&sample, &bob), 0);
    changes.loads.extend(sample.loading(&alice, MediaClass::Live, 1, 3).loads);
    changes.loads.extend(sample.loading(&bob, MediaClass::Live, 1, 3).loads);
    changes.loads.extend(sample.loading(&alice, MediaClass::Post, 1, 3).loads);
    let entries: Vec<_> =
        keep(&*store, changes).await.records.into_iter().map(|record| record.entry).collect();
    assert_eq!(entries, [JournalEntry::Agent(bob), JournalEntry::Agent(alice)]);
}
