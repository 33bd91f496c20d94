//! Leases and fences.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use parlor_store::{
    ChangeSet, CommitError, Conflict, DocumentKey, DocumentWrite, Fence, Lease, LeaseName, Store,
};

use super::expect::{Read, keep, refused};
use super::sample::Sample;

const TTL: Duration = Duration::from_secs(10);

/// A lease has one holder at a time, and another epoch for each.
pub async fn a_lease_has_one_holder_at_a_time(store: Arc<dyn Store>) {
    let start = Sample::new().now();
    let name = LeaseName::routing();
    let at = |seconds| start + Duration::from_secs(seconds);
    let acquire = async |holder: &str, now| store.acquire_lease(&name, holder, now, TTL).await.read();
    let held = |holder: &str, epoch, until| {
        Some(Lease { name: name.clone(), holder: holder.to_owned(), epoch, until })
    };
    assert_eq!(acquire("a", at(0)).await, held("a", 1, at(10)));
    assert_eq!(acquire("b", at(1)).await, None);
    assert_eq!(acquire("a", at(5)).await, held("a", 1, at(15)), "renewed under the same epoch");
    assert_eq!(acquire("b", at(15) - Duration::from_micros(1)).await, None, "to its last moment");
    assert_eq!(acquire("b", at(15)).await, held("b", 2, at(25)), "from its end on");
    assert_eq!(acquire("a", at(16)).await, None, "the former holder is anyone else");
    assert_eq!(acquire("b", at(30)).await, held("b", 3, at(40)), "nobody has a lease that has run out");
    let other = LeaseName("outbox".to_owned());
    let lease = store.acquire_lease(&other, "a", at(31), TTL).await.read();
    assert_eq!(lease.map(|lease| lease.epoch), Some(1), "each lease for itself");
}

/// Of many who want a lease at the same time, one gets it.
pub async fn one_of_many_concurrent_claims_gets_the_lease(store: Arc<dyn Store>) {
    let now = Sample::new().now();
    let claims: Vec<_> = (0..32)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let name = LeaseName::routing();
                store.acquire_lease(&name, &format!("node {n}"), now, TTL).await.read()
            })
        })
        .collect();
    let mut given = vec![];
    for claim in claims {
        given.extend(claim.await.expect("a claim does not panic"));
    }
    assert_eq!(given.iter().map(|lease| lease.epoch).collect::<Vec<_>>(), [1]);
}

/// Who has lost a lease cannot write under it (G15).
pub async fn a_lost_lease_cannot_write(store: Arc<dyn Store>) {
    let start = Sample::new().now();
    let name = LeaseName::routing();
    let key = DocumentKey::new("decision", "1");
    let fenced = |epoch, body: &str| {
        let mut changes = ChangeSet::default();
        changes.fence = Some(Fence { lease: name.clone(), epoch });
        let write = DocumentWrite { key: key.clone(), expected_version: None, body: Some(body.to_owned()) };
        changes.documents.push(write);
        changes
    };
    let lost = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Fence(lease)) if *lease == name);
    refused!(store, fenced(1, "before anybody had it"), error if lost(&error));
    store.acquire_lease(&name, "a", start, TTL).await.read();
    keep(&*store, fenced(1, "a")).await;
    refused!(store, fenced(2, "from the future"), error if lost(&error));
    store.acquire_lease(&name, "b", start + TTL, TTL).await.read();
    refused!(store, fenced(1, "a, paused for too long"), error if lost(&error));
    assert_eq!(store.document(&key).await.read().map(|document| document.body).as_deref(), Some("a"));
    keep(&*store, fenced(2, "b")).await;
}
