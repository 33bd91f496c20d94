//! Observations and acknowledgements.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{DeliveryStage, Observation};
use parlor_store::{Acknowledged, JournalEntry, Store};

use super::expect::{Read, keep};
use super::sample::{Sample, agent};

/// Observations are a set: what is known already is no error and no news (I5).
pub async fn observations_are_a_set(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let (message, other) = (sample.answer(&visitor, &alice, "hello"), sample.answer(&visitor, &alice, "bye"));
    keep(&*store, sample.writing([message.clone(), other.clone()])).await;
    let at = sample.now();
    let seen = |stage, reason: Option<&str>| Observation {
        message: message.id,
        stage,
        at,
        reason: reason.map(str::to_owned),
    };
    let distinct = [
        seen(DeliveryStage::Read, None),
        seen(DeliveryStage::Sent, None),
        seen(DeliveryStage::Failed, Some("30003")),
        seen(DeliveryStage::Failed, Some("30006")),
        Observation { at: sample.now(), ..seen(DeliveryStage::Sent, None) },
    ];
    for observation in distinct.iter().chain(&distinct) {
        let known = store.observations(message.id).await.read().contains(observation);
        let mut changes = sample.change();
        changes.observations.push(observation.clone());
        let news: Vec<_> =
            keep(&*store, changes).await.records.into_iter().map(|record| record.entry).collect();
        let expected = if known { vec![] } else { vec![JournalEntry::Observation(observation.clone())] };
        assert_eq!(news, expected);
    }
    let mut twice = sample.change();
    let delivered = seen(DeliveryStage::Delivered, None);
    twice.observations.extend([delivered.clone(), delivered.clone(), distinct[0].clone()]);
    assert_eq!(keep(&*store, twice).await.records.len(), 1, "the same one twice in a change is one");

    let mut expected: Vec<_> = distinct.into_iter().chain([delivered]).collect();
    let mut found = store.observations(message.id).await.read();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(store.observations(other.id).await.read(), []);
}

/// What a contact acknowledged only ever grows, each part for itself (I9).
pub async fn acknowledgements_never_move_backwards(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let thread = visitor.thread.id;
    keep(&*store, sample.writing((0..9).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    let mut known = Acknowledged { thread, delivered: 0, read: 0 };
    for (delivered, read) in [(3, 1), (2, 2), (3, 2), (1, 0), (9, 0), (0, 9)] {
        let joined =
            Acknowledged { thread, delivered: known.delivered.max(delivered), read: known.read.max(read) };
        let mut changes = sample.change();
        changes.acknowledged.push(Acknowledged { thread, delivered, read });
        let news: Vec<_> =
            keep(&*store, changes).await.records.into_iter().map(|record| record.entry).collect();
        let expected = if joined == known { vec![] } else { vec![JournalEntry::Acknowledged(joined)] };
        assert_eq!(news, expected, "after {delivered} delivered and {read} read");
        assert_eq!(store.acknowledged(thread).await.read(), joined);
        known = joined;
    }
    let never = Acknowledged { thread: other.thread.id, delivered: 0, read: 0 };
    assert_eq!(store.acknowledged(other.thread.id).await.read(), never);
}
