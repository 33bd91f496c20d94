//! Many writers share one transaction, and none depends on another.

use std::sync::Arc;
use std::time::Duration;

use parlor_model::MediaClass;
use parlor_store::{CommitError, Conflict, Duplicate, Store};
use parlor_testkit::store_suite::Sample;
use tokio_postgres::NoTls;

use crate::server::{Server, patient};
use crate::support::{commit_together, fresh, open, run};

#[test]
fn a_hundred_concurrent_commits_share_a_few_transactions() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, _) = fresh(server).await;
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let before = store.stats();
        let changes: Vec<_> = (0..100).map(|_| sample.writing([sample.says(&visitor, "hello")])).collect();
        for answer in commit_together(&store, changes).await {
            answer.unwrap();
        }
        let after = store.stats();
        assert_eq!(after.kept - before.kept, 100);
        let transactions = after.transactions - before.transactions;
        assert!(transactions <= 50, "{transactions} transactions for 100 changes");
    });
}

#[test]
fn a_refused_change_of_a_group_takes_no_other_with_it() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, options) = fresh(server).await;
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let earlier = sample.says(&visitor, "earlier");
        store.commit(sample.writing([earlier.clone()])).await.unwrap();
        let begin = store.totals().await.unwrap();
        let key = sample.inbox_key();
        // Each kind of refusal writes something first, which must leave no trace.
        let changes: Vec<_> = (0..100)
            .map(|number| {
                let mut change = sample.writing([sample.says(&visitor, "hello")]);
                match number % 10 {
                    1 => change.messages.push(earlier.clone()),
                    2 => {
                        let nowhere = sample.says(&sample.visitor(), "to a thread that does not exist");
                        change.messages.push(nowhere);
                    }
                    3 => change = sample.receiving(&key, sample.says(&visitor, "one of ten")),
                    4 => {
                        let alice = "alice".parse().unwrap();
                        change.loads = sample.loading(&alice, MediaClass::Live, 5, 4).loads;
                    }
                    _ => {}
                }
                change
            })
            .collect();
        let (mut kept, mut taken) = (0, 0);
        for (number, answer) in commit_together(&store, changes).await.into_iter().enumerate() {
            match (number % 10, answer) {
                (1, Err(CommitError::Duplicate(Duplicate::Message(id)))) => assert_eq!(id, earlier.id),
                (3, Err(CommitError::Duplicate(Duplicate::Inbox { message, .. }))) => {
                    assert!(message.is_some());
                    taken += 1;
                }
                (2, Err(CommitError::Store(parlor_store::StoreError::Invalid { .. })))
                | (4, Err(CommitError::Conflict(Conflict::Capacity { .. }))) => {}
                (0 | 3 | 5..10, Ok(committed)) => {
                    assert_eq!(committed.messages().count(), 1);
                    kept += 1;
                }
                (_, other) => panic!("change {number}: {other:?}"),
            }
        }
        assert_eq!((kept, taken), (61, 9));
        // Another node sees the same, without a gap.
        let other = open(&server.address(), &options).await;
        let totals = other.totals().await.unwrap();
        assert_eq!((totals.messages, totals.inbox), (begin.messages + 61, 1));
        let journal = other.journal(begin.position, 1_000).await.unwrap();
        let places: Vec<_> = journal.iter().map(|record| record.position).collect();
        assert_eq!(places, (begin.position + 1..=totals.position).collect::<Vec<_>>());
        let sequences: Vec<_> =
            other.messages(visitor.thread.id, 0, 1_000).await.unwrap().iter().map(|m| m.sequence).collect();
        assert_eq!(sequences, (1..=62).collect::<Vec<_>>());
    });
}

#[test]
fn a_storm_of_repetitions_is_answered_with_what_was_kept() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, _) = fresh(server).await;
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let changes: Vec<_> =
            (0..60).map(|_| sample.receiving(&sample.inbox_key(), sample.says(&visitor, "hello"))).collect();
        for answer in commit_together(&store, changes.clone()).await {
            answer.unwrap();
        }
        for (change, answer) in changes.clone().iter().zip(commit_together(&store, changes).await) {
            match answer {
                Err(CommitError::Duplicate(Duplicate::Inbox { message, .. })) => {
                    assert_eq!(message, Some(change.messages[0].id));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(store.totals().await.unwrap().messages, 60);
    });
}

#[test]
fn a_new_connection_waits_for_its_turn_as_long_as_it_takes() {
    let Some(server) = Server::shared() else { return };
    let mut options = patient(Server::fresh_schema());
    options.lock_timeout = Duration::from_millis(1);
    run(async {
        let (other, connection) = tokio_postgres::connect(&server.address(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let store = open(&server.address(), &options).await;
        other.batch_execute("BEGIN").await.unwrap();
        let take = "SELECT pg_advisory_xact_lock(hashtextextended('parlor writer ' || $1, 0))";
        other.execute(take, &[&options.schema]).await.unwrap();
        let first = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.commit(Sample::new().change()).await }
        });
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                       AND classid::bigint << 32 | objid::bigint = hashtextextended('parlor writer ' || $1, 0)";
        let mut seen = 0;
        // Each question takes a part of a millisecond.
        while seen < 100 && !first.is_finished() {
            seen += other.query_one(waiting, &[&options.schema]).await.unwrap().get::<_, i64>(0);
        }
        other.batch_execute("COMMIT").await.unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(store.stats().repeated, 0);
    });
}
