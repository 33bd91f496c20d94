//! Interactions and what happened to them.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::slice::from_ref;
use std::sync::Arc;

use parlor_interaction::{Command, Interaction};
use parlor_store::{CommitError, Conflict, InteractionWrite, JournalEntry, OfferRecord, Store, StoreError};

use super::everything::ALL;
use super::expect::{Read, keep, refused};
use super::sample::{Sample, agent};

/// What was decided from an older version is refused with everything that came with it.
pub async fn a_stale_interaction_keeps_nothing(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let waiting = sample.started_in(&*store, &visitor).await;
    let (alice, bob) = (agent("alice"), agent("bob"));
    let to_alice = sample.offered(&waiting, sample.id(), &alice);
    let to_bob = sample.offered(&waiting, sample.id(), &bob);
    keep(&*store, sample.moving(to_alice.clone())).await;
    let before = store.totals().await.read();

    let mut late = sample.moving(to_bob);
    late.messages.push(sample.says(&visitor, "hello"));
    refused!(store, late, CommitError::Conflict(Conflict::Interaction(id)) if id == waiting.id);
    let again = InteractionWrite { expected_version: 0, ..to_alice.clone() };
    refused!(store, sample.moving(again), CommitError::Conflict(Conflict::Interaction(id)) if id == waiting.id);
    assert_eq!(store.interaction(waiting.id).await.read(), Some(to_alice.interaction));
    assert_eq!(store.totals().await.read(), before);
}

/// Of many decisions made from one version at the same time, one is kept (G9).
pub async fn one_of_many_concurrent_decisions_is_kept(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let waiting = sample.started_in(&*store, &visitor).await;
    let decisions: Vec<_> = (0..32)
        .map(|n| {
            let write = sample.offered(&waiting, sample.id(), &agent(&format!("agent-{n}")));
            let changes = sample.moving(write.clone());
            let store = Arc::clone(&store);
            (write.interaction, tokio::spawn(async move { store.commit(changes).await }))
        })
        .collect();
    let mut kept = vec![];
    for (interaction, decision) in decisions {
        match decision.await.expect("a commit does not panic") {
            Ok(_) => kept.push(interaction),
            Err(CommitError::Conflict(Conflict::Interaction(_))) => {}
            Err(other) => panic!("refused for another reason: {other:?}"),
        }
    }
    assert_eq!(kept.len(), 1);
    assert_eq!(store.interaction(waiting.id).await.read().as_ref(), kept.first());
    assert_eq!(store.history(waiting.id).await.read().len(), 2);
}

/// A thread has at most one interaction that is not Done.
pub async fn one_open_interaction_a_thread(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let first = sample.started_in(&*store, &visitor).await;
    let second = sample.started(&visitor);
    let id = second.interaction.id;
    refused!(store, sample.moving(second), CommitError::Conflict(Conflict::Interaction(new)) if new == id);
    assert_eq!(store.interaction(id).await.read(), None);
    assert_eq!(store.open_interaction(visitor.thread.id).await.read(), Some(first));
    assert_eq!(store.open_interaction(other.thread.id).await.read(), None);
    sample.started_in(&*store, &other).await;
    assert_eq!(store.open_interactions(None, ALL).await.read().len(), 2, "another thread has its own");
}

/// First messages of one contact at the same time open one interaction (G4).
pub async fn concurrent_first_messages_open_one_interaction(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let openings: Vec<_> = (0..32)
        .map(|_| {
            let mut changes = sample.moving(sample.started(&visitor));
            changes.messages.push(sample.says(&visitor, "hello"));
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(changes).await.is_ok() })
        })
        .collect();
    let mut opened = 0;
    for opening in openings {
        opened += u32::from(opening.await.expect("a commit does not panic"));
    }
    assert_eq!(opened, 1);
    assert_eq!(store.open_interactions(None, ALL).await.read().len(), 1);
    assert_eq!(store.interactions_of(visitor.thread.id, ALL).await.read().len(), 1);
    assert_eq!(store.messages(visitor.thread.id, 0, ALL).await.read().len(), 1);
}

/// What is Done makes room for the next interaction, in the same change too (r26).
pub async fn r26_a_closed_interaction_is_followed_by_a_new_one(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let thread = visitor.thread.id;
    let first = sample.started_in(&*store, &visitor).await;
    let closed = sample.abandoned(&first);
    assert!(!closed.interaction.is_open(), "otherwise the case checks nothing");
    let next = sample.started(&visitor);
    let mut changes = sample.moving(closed.clone());
    changes.interactions.push(next.clone());
    keep(&*store, changes).await;
    assert_eq!(store.open_interaction(thread).await.read(), Some(next.interaction.clone()));
    assert_eq!(store.open_interactions(None, ALL).await.read(), from_ref(&next.interaction));

    let gone = sample.abandoned(&next.interaction);
    keep(&*store, sample.moving(gone.clone())).await;
    assert_eq!(store.open_interaction(thread).await.read(), None);
    assert_eq!(store.open_interactions(None, ALL).await.read(), []);
    let third = sample.started_in(&*store, &visitor).await;
    let newest_first = [third, gone.interaction, closed.interaction];
    assert_eq!(store.interactions_of(thread, ALL).await.read(), newest_first);
    assert_eq!(store.interactions_of(thread, 2).await.read(), newest_first[..2]);
}

/// A write without events writes nothing, but the commit fails unless the version still holds.
pub async fn a_version_check_alone_writes_nothing(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let waiting = sample.started_in(&*store, &visitor).await;
    let check = |expected_version| {
        let mut interaction = waiting.clone();
        interaction.segment = 9;
        let mut changes = sample.moving(InteractionWrite { interaction, expected_version, events: vec![] });
        changes.messages.push(sample.says(&visitor, "hello"));
        changes
    };
    let committed = keep(&*store, check(1)).await;
    assert_eq!(committed.records.len(), 1, "the message alone");
    assert_eq!(store.interaction(waiting.id).await.read().as_ref(), Some(&waiting));
    keep(&*store, sample.moving(sample.abandoned(&waiting))).await;
    refused!(store, check(1), CommitError::Conflict(Conflict::Interaction(id)) if id == waiting.id);
    assert_eq!(store.messages(visitor.thread.id, 0, ALL).await.read().len(), 1);
}

/// The history is what was recorded, and leads to the snapshot (I10).
pub async fn the_history_leads_to_the_snapshot(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let offer = sample.id();
    let mut interaction = sample.started_in(&*store, &visitor).await;
    let mut versions = vec![];
    let mut step = async |write: InteractionWrite| {
        let committed = keep(&*store, sample.moving(write.clone())).await;
        versions.extend(committed.records.iter().filter_map(|record| match &record.entry {
            JournalEntry::Interaction { version, .. } => Some(*version),
            _ => None,
        }));
        write.interaction
    };
    interaction = step(sample.offered(&interaction, offer, &alice)).await;
    interaction = step(sample.next(&interaction, &Command::Decline { offer, agent: alice })).await;
    interaction = step(sample.abandoned(&interaction)).await;
    assert_eq!(versions, [2, 3, 4, 5], "each event has its own version; the last write had two");
    let history = store.history(interaction.id).await.read();
    assert_eq!(Interaction::replay(&history), Ok(interaction.clone()));
    assert_eq!(store.interaction(interaction.id).await.read(), Some(interaction));
}

/// The version of an interaction is the number of its events, and its thread is for good.
pub async fn an_interaction_that_contradicts_its_events_is_refused(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let waiting = sample.started_in(&*store, &visitor).await;
    let offered = sample.offered(&waiting, sample.id(), &agent("alice"));
    let mut miscounted = offered.clone();
    miscounted.interaction.version += 1;
    refused!(store, sample.moving(miscounted), CommitError::Store(StoreError::Invalid { .. }));
    let mut moved = offered.clone();
    moved.interaction.thread = other.thread.id;
    refused!(store, sample.moving(moved), CommitError::Store(StoreError::Invalid { .. }));
    assert_eq!(store.interaction(waiting.id).await.read(), Some(waiting));
    keep(&*store, sample.moving(offered)).await;
}

/// Open interactions come in order of id, a page at a time.
pub async fn open_interactions_come_in_pages(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let mut open = vec![];
    for n in 0..9 {
        let visitor = sample.visitor_in(&*store).await;
        let interaction = sample.started_in(&*store, &visitor).await;
        if n % 3 == 0 {
            keep(&*store, sample.moving(sample.abandoned(&interaction))).await;
        } else {
            open.push(interaction);
        }
    }
    open.sort_by_key(|interaction| interaction.id);
    let mut found: Vec<Interaction> = vec![];
    loop {
        let page = store.open_interactions(found.last().map(|last| last.id), 4).await.read();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, open);
}

/// An offer is remembered after it is over, so that a late answer can be explained (r8).
pub async fn r8_an_offer_is_remembered_after_it_is_over(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let waiting = sample.started_in(&*store, &visitor).await;
    let alice = agent("alice");
    let record = OfferRecord { offer: sample.id(), interaction: waiting.id, agent: alice.clone() };
    let offered = sample.offered(&waiting, record.offer, &alice);
    let mut changes = sample.moving(offered.clone());
    changes.offers.push(record.clone());
    keep(&*store, changes).await;
    keep(&*store, sample.moving(sample.abandoned(&offered.interaction))).await;
    assert_eq!(store.offer(record.offer).await.read(), Some(record));
    assert_eq!(store.offer(sample.id()).await.read(), None);
}
