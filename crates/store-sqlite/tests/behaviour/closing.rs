//! The end of a store.

use parlor_store::{CommitError, Store, StoreError};
use parlor_testkit::store_suite::Sample;

use crate::support::{Place, commit_together, run};

#[test]
fn what_was_asked_for_before_closing_is_done_and_nothing_after() {
    run(async {
        let place = Place::new();
        let store = place.open();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let closer = tokio::spawn({
            let store = std::sync::Arc::clone(&store);
            // Runs when the changes below have been asked for, and before they are answered.
            async move {
                tokio::task::yield_now().await;
                store.close().await
            }
        });
        let changes: Vec<_> = (0..20).map(|_| sample.writing([sample.says(&visitor, "hello")])).collect();
        let answers = commit_together(&store, changes).await;
        closer.await.unwrap().unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");

        let late = store.commit(sample.writing([sample.says(&visitor, "late")])).await;
        assert!(matches!(late, Err(CommitError::Store(StoreError::Closed))), "{late:?}");
        assert!(matches!(store.totals().await, Err(StoreError::Closed)));
        store.close().await.unwrap();

        assert!(!place.beside("-wal").exists(), "a file that was closed in order has no log");
        let again = place.open();
        assert_eq!(again.totals().await.unwrap().messages, 20);
    });
}

#[test]
fn dropping_closes() {
    run(async {
        let place = Place::new();
        let store = place.open();
        let sample = Sample::new();
        sample.visitor_in(&*store).await;
        drop(store);
        assert!(!place.beside("-wal").exists());
        assert_eq!(place.open().totals().await.unwrap().position, 1);
    });
}

#[test]
fn g23_what_was_removed_is_gone_from_the_disk() {
    run(async {
        let place = Place::new();
        let store = place.open();
        let sample = Sample::new();
        let canary = "canary-5f1c".repeat(400);
        for body in [Some(canary), None] {
            let mut change = sample.change();
            change.documents.push(parlor_store::DocumentWrite {
                key: parlor_store::DocumentKey::new("secret", "1"),
                expected_version: None,
                body,
            });
            store.commit(change).await.unwrap();
        }
        store.close().await.unwrap();
        let bytes = std::fs::read(place.file()).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"canary-5f1c"));
    });
}
