//! What is to be sent is given out once, in order, and never twice by accident.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parlor_model::{OutboxId, Timestamp};
use parlor_store::{
    ChangeSet, CommitError, Conflict, OutboxClaim, OutboxEntry, OutboxLease, OutboxState, OutboxWrite,
    SENDER_LOST, Store,
};
use tokio::task::JoinSet;

use super::Visitor;
use super::everything::ALL;
use super::expect::{Read, keep, refuse};
use super::sample::{Sample, agent};

const TTL: Duration = Duration::from_secs(30);

/// Adds an answer to a visitor, and its send, to a change.
fn sending(sample: &Sample, changes: &mut ChangeSet, visitor: &Visitor, id: OutboxId) {
    let message = sample.answer(visitor, &agent("alice"), "hello");
    let entry = OutboxEntry {
        id,
        message: message.id,
        thread: visitor.thread.id,
        channel: visitor.thread.channel.clone(),
        state: OutboxState::Pending,
        attempts: 0,
        not_before: Timestamp::UNIX_EPOCH,
        provider_id: None,
        reason: None,
        lease: None,
        version: 0,
    };
    changes.messages.push(message);
    changes.outbox.push(OutboxWrite { entry, expected_version: 0 });
}

fn claim(worker: &str, now: Timestamp, limit: usize) -> OutboxClaim {
    OutboxClaim { worker: worker.to_owned(), now, ttl: TTL, limit }
}

async fn claimed(store: &dyn Store, worker: &str, now: Timestamp) -> Vec<OutboxEntry> {
    store.claim_outbox(&claim(worker, now, ALL)).await.read()
}

fn ids(entries: &[OutboxEntry]) -> Vec<OutboxId> {
    entries.iter().map(|entry| entry.id).collect()
}

/// What comes of a send, entered by who knows this version of it.
fn result(sample: &Sample, entry: &OutboxEntry, state: OutboxState) -> ChangeSet {
    let mut changes = sample.change();
    let expected_version = entry.version;
    changes.outbox.push(OutboxWrite { entry: OutboxEntry { state, ..entry.clone() }, expected_version });
    changes
}

/// An entry is `Sending`, with a lease and one more attempt, before the worker knows of it.
pub async fn a_claimed_entry_is_sending_before_the_answer(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let (id, now) = (sample.id(), sample.now());
    let mut changes = sample.change();
    sending(&sample, &mut changes, &ann, id);
    keep(&*store, changes).await;
    let waiting = store.outbox_entry(id).await.read().expect("it was written");
    assert_eq!(waiting.lease, None);

    let position = store.totals().await.read().position;
    let found = claimed(&*store, "one", now).await;
    let lease = Some(OutboxLease { worker: "one".to_owned(), until: now + TTL });
    let expected = OutboxEntry { state: OutboxState::Sending, attempts: 1, version: 2, lease, ..waiting };
    assert_eq!(found, std::slice::from_ref(&expected));
    assert_eq!(store.outbox_entry(id).await.read(), Some(expected.clone()));
    assert_eq!(store.totals().await.read().position, position, "it is not journaled");
    assert_eq!(claimed(&*store, "two", now).await, []);

    keep(&*store, result(&sample, &expected, OutboxState::Accepted)).await;
    let accepted = store.outbox_entry(id).await.read().expect("it is kept");
    assert_eq!((accepted.version, accepted.lease), (3, None), "only what is being sent has a lease");
    assert_eq!(claimed(&*store, "two", now + TTL * 2).await, []);
}

/// However many workers ask at the same time, no two are given the same entry, and none is left out.
pub async fn two_workers_never_hold_one_entry(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let mut changes = sample.change();
    for _ in 0..30 {
        let visitor = sample.visitor();
        visitor.add_to(&mut changes);
        sending(&sample, &mut changes, &visitor, sample.id());
    }
    let every: BTreeSet<_> = changes.outbox.iter().map(|write| write.entry.id).collect();
    keep(&*store, changes).await;
    let now = sample.now();
    let mut workers = JoinSet::new();
    for number in 0..6 {
        let store = Arc::clone(&store);
        workers.spawn(async move {
            let claim = claim(&format!("worker-{number}"), now, 4);
            let mut held = store.claim_outbox(&claim).await.read();
            held.extend(store.claim_outbox(&claim).await.read());
            held
        });
    }
    let held: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = held.iter().map(|entry| entry.id).collect();
    assert_eq!(held.len(), distinct.len(), "none twice");
    assert_eq!(distinct, every, "none left out: 6 workers, 2 claims each, of up to 4");
}

/// One send of a thread is in flight, in the order in which the messages were written; other threads do not wait.
pub async fn one_send_is_in_flight_per_thread(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    // In another order than that of their ids.
    let [third, of_bob, first, second]: [OutboxId; 4] = std::array::from_fn(|_| sample.id());
    let mut changes = sample.change();
    for (visitor, id) in [(&ann, first), (&bob, of_bob), (&ann, second), (&ann, third)] {
        sending(&sample, &mut changes, visitor, id);
    }
    keep(&*store, changes).await;
    let now = sample.now();
    let begun = claimed(&*store, "one", now).await;
    assert_eq!(ids(&begun), [first, of_bob]);
    assert_eq!(claimed(&*store, "one", now).await, []);
    keep(&*store, result(&sample, &begun[0], OutboxState::Uncertain)).await;
    assert_eq!(claimed(&*store, "one", now).await, [], "it may still arrive before the next one");
    let uncertain = store.outbox_entry(first).await.read().expect("it was written");
    keep(&*store, result(&sample, &uncertain, OutboxState::NeedsDecision)).await;
    let next = claimed(&*store, "one", now).await;
    assert_eq!(ids(&next), [second]);
    keep(&*store, result(&sample, &next[0], OutboxState::Rejected)).await;
    assert_eq!(store.claim_outbox(&claim("one", now, 0)).await.read(), []);
    assert_eq!(ids(&claimed(&*store, "one", now).await), [third]);
}

/// What is to be sent later is not given out before, and what was written after it waits for it.
pub async fn what_is_not_due_holds_up_its_thread(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let (first, second) = (sample.id(), sample.id());
    let now = sample.now();
    let due = now + Duration::from_mins(1);
    let mut changes = sample.change();
    sending(&sample, &mut changes, &ann, first);
    sending(&sample, &mut changes, &ann, second);
    changes.outbox[0].entry.not_before = due;
    keep(&*store, changes).await;
    let moment = Duration::from_micros(1);
    for early in [now, due - moment] {
        assert_eq!(claimed(&*store, "one", early).await, []);
    }
    assert_eq!(ids(&claimed(&*store, "one", due).await), [first]);
}

/// Whoever has not said in time what came of a send is taken for lost: the entry becomes uncertain, never pending. What
/// they say later is refused under the version they know, and can be entered from the refusal.
pub async fn g07_a_lost_sender_leaves_an_uncertain_entry(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let (first, second) = (sample.id(), sample.id());
    let mut changes = sample.change();
    sending(&sample, &mut changes, &ann, first);
    sending(&sample, &mut changes, &ann, second);
    keep(&*store, changes).await;
    let now = sample.now();
    let held = claimed(&*store, "slow", now).await;
    let moment = Duration::from_micros(1);
    assert_eq!(claimed(&*store, "two", now + TTL - moment).await, []);
    assert_eq!(store.outbox_entry(first).await.read(), Some(held[0].clone()), "it has until just before");
    assert_eq!(claimed(&*store, "two", now + TTL).await, [], "not given out again, nor what waits for it");
    let lost = store.outbox_entry(first).await.read().expect("it was written");
    assert_eq!((lost.state, lost.attempts, lost.version), (OutboxState::Uncertain, 1, 3));
    assert_eq!((lost.lease.as_ref(), lost.reason.as_deref()), (None, Some(SENDER_LOST)));

    let late = refuse(&*store, result(&sample, &held[0], OutboxState::Accepted)).await;
    let CommitError::Conflict(Conflict::Outbox { id, present: Some(present) }) = late else {
        panic!("refused for another reason: {late:?}");
    };
    assert_eq!((id, &*present), (first, &lost), "the refusal tells what stands there now");
    keep(&*store, result(&sample, &present, OutboxState::Accepted)).await;
    assert_eq!(ids(&claimed(&*store, "two", now + TTL).await), [second]);
    let unknown =
        refuse(&*store, result(&sample, &OutboxEntry { id: sample.id(), ..lost }, OutboxState::Accepted))
            .await;
    assert!(matches!(unknown, CommitError::Conflict(Conflict::Outbox { present: None, .. })), "{unknown:?}");
}

/// What was being sent without a lease, as when a process ended that kept none, is uncertain at the next claim.
pub async fn g07_what_is_sent_without_a_lease_is_uncertain(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let id = sample.id();
    let mut changes = sample.change();
    sending(&sample, &mut changes, &ann, id);
    changes.outbox[0].entry.state = OutboxState::Sending;
    keep(&*store, changes).await;
    let now = sample.now();
    assert_eq!(claimed(&*store, "one", now).await, []);
    let lost = store.outbox_entry(id).await.read().expect("it was written");
    assert_eq!((lost.state, lost.version), (OutboxState::Uncertain, 2));
    // A worker that needs longer says so in time.
    let mut renewed = result(&sample, &lost, OutboxState::Sending);
    let until = now + TTL;
    renewed.outbox[0].entry.lease = Some(OutboxLease { worker: "one".to_owned(), until });
    keep(&*store, renewed).await;
    assert_eq!(claimed(&*store, "two", now).await, []);
    let kept = store.outbox_entry(id).await.read().expect("it was written");
    assert_eq!((kept.state, kept.lease.map(|lease| lease.until)), (OutboxState::Sending, Some(until)));
}
