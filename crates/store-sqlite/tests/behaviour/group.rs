//! Many writers share one transaction, and none depends on another.

use parlor_store::{CommitError, Conflict, Duplicate, Store, StoreError};
use parlor_store_sqlite::SqliteOptions;
use parlor_testkit::store_suite::Sample;

use crate::support::{Place, commit_together, run};

#[test]
fn a_hundred_concurrent_commits_share_a_few_transactions() {
    run(async {
        let store = Place::new().open();
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
        assert!(transactions <= 10, "{transactions} transactions for 100 changes");
        assert!(after.largest_group >= 50, "the largest kept only {}", after.largest_group);
    });
}

#[test]
fn a_group_is_not_larger_than_the_options_say() {
    run(async {
        let mut options = SqliteOptions::default();
        options.group = 7;
        let store = Place::new().open_with(options);
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let changes: Vec<_> = (0..50).map(|_| sample.writing([sample.says(&visitor, "hello")])).collect();
        commit_together(&store, changes).await;
        assert_eq!(store.stats().largest_group, 7);
    });
}

#[test]
fn a_refused_change_of_a_group_takes_no_other_with_it() {
    run(async {
        let store = Place::new().open();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let earlier = sample.says(&visitor, "earlier");
        store.commit(sample.writing([earlier.clone()])).await.unwrap();
        let begin = store.totals().await.unwrap();

        // Each kind of refusal writes something first, which must leave no trace.
        let changes: Vec<_> = (0..100)
            .map(|number| {
                let mut change = sample.writing([sample.says(&visitor, "hello")]);
                match number % 10 {
                    1 => change.messages.push(earlier.clone()),
                    2 => change
                        .messages
                        .push(sample.says(&sample.visitor(), "to a thread that does not exist")),
                    3 => change.messages.extend([sample.says(&visitor, "a"), sample.says(&visitor, "b")]),
                    4 => change.contacts.push(parlor_store::ContactWrite {
                        contact: visitor.contact.clone(),
                        expected_version: 17,
                    }),
                    _ => {}
                }
                change
            })
            .collect();
        let answers = commit_together(&store, changes).await;
        let mut kept = 0;
        for (number, answer) in answers.iter().enumerate() {
            match (number % 10, answer) {
                (1, Err(CommitError::Duplicate(Duplicate::Message(id)))) if *id == earlier.id => {}
                (2, Err(CommitError::Store(StoreError::Invalid { .. })))
                | (4, Err(CommitError::Conflict(Conflict::Contact(_)))) => {}
                (3, Ok(committed)) if committed.records.len() == 3 => kept += 3,
                (0 | 5..=9, Ok(committed)) if committed.records.len() == 1 => kept += 1,
                (_, other) => panic!("change {number} was answered {other:?}"),
            }
        }
        assert_eq!(store.stats().refused, 30);
        assert_eq!(store.stats().rewritten, 1, "the first group only: the next ones can take back a part");
        let end = store.totals().await.unwrap();
        assert_eq!(end.messages, begin.messages + kept);
        assert_eq!(end.position, begin.position + kept);
        let messages = store.messages(visitor.thread.id, 0, usize::MAX).await.unwrap();
        let sequences: Vec<_> = messages.iter().map(|message| message.sequence).collect();
        assert_eq!(sequences, (1..=end.messages).collect::<Vec<_>>());
    });
}

#[test]
fn what_is_refused_before_it_wrote_anything_costs_nobody_a_second_try() {
    run(async {
        let store = Place::new().open();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let taken = sample.receiving(&sample.inbox_key(), sample.says(&visitor, "earlier"));
        store.commit(taken.clone()).await.unwrap();
        // A storm of what was taken before, with something new in between.
        let changes: Vec<_> = (0..100)
            .map(|number| {
                if number % 10 == 0 { sample.writing([sample.says(&visitor, "new")]) } else { taken.clone() }
            })
            .collect();
        let answers = commit_together(&store, changes).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
        let stats = store.stats();
        assert_eq!((stats.refused, stats.rewritten), (90, 0));
        assert_eq!(store.totals().await.unwrap().messages, 11);
    });
}

#[test]
fn g21_too_much_work_is_refused_and_not_kept() {
    run(async {
        let mut options = SqliteOptions::default();
        options.queue = 1;
        let store = Place::new().open_with(options);
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        let changes: Vec<_> = (0..1_000).map(|_| sample.writing([sample.says(&visitor, "hello")])).collect();
        let answers = commit_together(&store, changes).await;
        let busy = |answer: &&Result<_, _>| matches!(answer, Err(CommitError::Store(StoreError::Busy)));
        let refused = answers.iter().filter(busy).count();
        let kept = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(refused + kept, 1_000, "there is no third answer");
        assert!(refused > 0, "a thousand at once cannot wait in a queue of one");
        assert_eq!(store.totals().await.unwrap().messages, kept as u64);
    });
}
