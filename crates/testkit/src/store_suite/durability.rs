//! What outlives the store.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::time::Duration;

use parlor_store::{CommitError, Duplicate, Lease, LeaseName};

use super::DurableHarness;
use super::everything::Fixture;
use super::expect::{Read, keep, refused};
use super::sample::Sample;

/// What was answered is there when the store is opened again, to the last field.
pub async fn everything_is_there_after_reopening(harness: &dyn DurableHarness) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    let store = harness.open().await;
    keep(&*store, fixture.changes.clone()).await;
    let lease = store
        .acquire_lease(&LeaseName::routing(), "a", sample.now(), Duration::from_secs(10))
        .await
        .read()
        .expect("nobody else wants it");
    let before = fixture.ask(&*store).await;
    let store = harness.reopen(store).await;
    assert_eq!(fixture.ask(&*store).await, before);

    let request = fixture.changes.request.clone().expect("the fixture has one");
    let mut again = sample.change();
    again.request = Some(request.clone());
    refused!(store, again, CommitError::Duplicate(Duplicate::Request(key)) if key == request.key);
    let mut again = sample.change();
    again.inbox.push(fixture.changes.inbox[0].clone());
    refused!(store, again, CommitError::Duplicate(Duplicate::Inbox { .. }));
    let next =
        store.acquire_lease(&LeaseName::routing(), "b", lease.until, Duration::from_secs(10)).await.read();
    assert!(matches!(next, Some(Lease { epoch: 2, .. })), "an epoch is never given twice");
}

/// Places, versions and limits go on where they were.
pub async fn places_go_on_after_reopening(harness: &dyn DurableHarness) {
    let sample = Sample::new();
    let mut store = harness.open().await;
    let visitor = sample.visitor_in(&*store).await;
    let begin = store.totals().await.read().position;
    for n in 1..=3 {
        let committed = keep(&*store, sample.writing([sample.says(&visitor, "hello")])).await;
        let places: Vec<_> =
            committed.messages().map(|message| (message.sequence, message.position)).collect();
        assert_eq!(places, [(n, begin + n)]);
        store = harness.reopen(store).await;
    }
}
