//! A store that fails on request fails exactly there.

use std::sync::Arc;

use parlor_store::{CommitError, MemoryStore, StoreError};
use parlor_testkit::store_suite::Sample;
use parlor_testkit::{FaultyStore, InjectedFault};

fn fault(error: &CommitError) -> Option<InjectedFault> {
    match error {
        CommitError::Store(StoreError::Backend(source)) => source.downcast_ref().copied(),
        _ => None,
    }
}

#[tokio::test]
async fn it_fails_the_commit_that_was_named_before_or_after_keeping_it() {
    let (faults, store) = FaultyStore::over(Arc::new(MemoryStore::new()));
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let write = async || store.commit(sample.writing([sample.says(&visitor, "hello")])).await;
    let messages = async || store.totals().await.unwrap().messages;

    faults.fail_before(2);
    assert!(write().await.is_ok());
    assert_eq!(fault(&write().await.unwrap_err()), Some(InjectedFault { commit: 3 }));
    assert_eq!(messages().await, 1, "it never reached the store");

    faults.fail_after(1);
    assert_eq!(fault(&write().await.unwrap_err()), Some(InjectedFault { commit: 4 }));
    assert_eq!(messages().await, 2, "kept all the same: the caller cannot know");

    assert!(write().await.is_ok(), "a fault happens once");
    assert_eq!((messages().await, faults.commits()), (3, 5));
}

#[tokio::test]
async fn a_commit_that_fails_by_itself_tells_its_own_reason() {
    let (faults, store) = FaultyStore::over(Arc::new(MemoryStore::new()));
    let sample = Sample::new();
    let stranger = sample.visitor();
    faults.fail_after(1);
    let error = store.commit(sample.writing([sample.says(&stranger, "hello")])).await.unwrap_err();
    assert!(matches!(error, CommitError::Store(StoreError::Invalid { .. })), "{error:?}");
}
