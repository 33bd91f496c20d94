//! When the disk fails.

use parlor_store::{ChangeSet, CommitError, DocumentKey, DocumentWrite, Store, StoreError};
use parlor_store_sqlite::{SqliteError, SqliteOptions};
use parlor_testkit::store_suite::Sample;

use crate::support::{Place, commit_together, run};

/// A change that needs more room than there is.
fn too_large(sample: &Sample) -> ChangeSet {
    let mut change = sample.change();
    change.documents.push(DocumentWrite {
        key: DocumentKey::new("large", "1"),
        expected_version: None,
        body: Some("x".repeat(4 << 20)),
    });
    change
}

#[test]
fn g14_a_transaction_that_fails_keeps_nothing_and_the_next_one_works() {
    run(async {
        let mut options = SqliteOptions::default();
        options.file_limit = Some(2 << 20);
        let place = Place::new();
        let store = place.open_with(options);
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let before = store.totals().await.unwrap();

        // In one transaction: the first wakes the writer, the others wait for it together.
        let mut changes: Vec<_> = (0..20).map(|_| sample.writing([sample.says(&visitor, "hello")])).collect();
        changes.push(too_large(&sample));
        let answers = commit_together(&store, changes).await;
        let failed = |answer: &Result<_, _>| match answer {
            Ok(_) => false,
            Err(CommitError::Store(StoreError::Backend(error))) => {
                let error = error.downcast_ref::<SqliteError>().unwrap();
                assert!(matches!(error, SqliteError::NotKept(_)), "{error:?}");
                true
            }
            Err(other) => panic!("{other:?}"),
        };
        let failures = answers.iter().filter(|answer| failed(answer)).count();
        assert!(failures > 1, "whoever shared its transaction is not answered either");
        assert!(failed(answers.last().unwrap()));
        assert_eq!(store.stats().failures, 1);

        let kept = (answers.len() - failures) as u64;
        let after = store.totals().await.unwrap();
        assert_eq!((after.messages, after.position), (kept, before.position + kept));
        assert_eq!(store.document(&DocumentKey::new("large", "1")).await.unwrap(), None);

        // A new connection, the same places.
        let committed = store.commit(sample.writing([sample.says(&visitor, "again")])).await.unwrap();
        assert_eq!(committed.records[0].position, after.position + 1);
        let journal = store.journal(0, usize::MAX).await.unwrap();
        let positions: Vec<_> = journal.iter().map(|record| record.position).collect();
        assert_eq!(positions, (1..=after.position + 1).collect::<Vec<_>>());
    });
}

#[test]
fn g14_while_the_file_cannot_be_opened_again_nothing_is_answered_as_kept() {
    run(async {
        let mut options = SqliteOptions::default();
        options.file_limit = Some(2 << 20);
        let place = Place::new();
        let store = place.open_with(options);
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let moved = place.beside(".moved");
        std::fs::rename(place.file(), &moved).unwrap();
        store.commit(too_large(&sample)).await.unwrap_err();

        for _ in 0..2 {
            let answer = store.commit(sample.writing([sample.says(&visitor, "nowhere")])).await;
            assert!(matches!(answer, Err(CommitError::Store(StoreError::Backend(_)))), "{answer:?}");
        }
        std::fs::rename(&moved, place.file()).unwrap();
        store.commit(sample.writing([sample.says(&visitor, "here again")])).await.unwrap();
        assert_eq!(store.totals().await.unwrap().messages, 1);
    });
}
