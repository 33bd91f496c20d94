//! The disk fails at any operation of any call.
//!
//! Whatever the call, it answers with what it should or with an error of its type; nothing half done is left; and when the
//! disk works again, so does the store, and everything that was answered is there.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parlor_model::{OfferId, ProviderMessageId};
use parlor_sqlite_vfs::{Disk, Failure, Fault, Image, Operation};
use parlor_store::{
    CommitError, ContactQuery, ContactScope, ConversationQuery, LeaseName, MessageSearch, PageStart, Store,
    StoreError,
};
use parlor_store_sqlite::{SqliteError, SqliteStore};

use crate::check::{check, check_file};
use crate::history::{History, MARK, alice, mark, write};
use crate::{is_deep, open_quietly as open, run};

/// More than any history writes.
const ALL: usize = 100_000;

/// Ways to fail.
const FAILURES: [Failure; 3] = [Failure::Broken, Failure::Full, Failure::Short];

/// A call, with what it answered written out.
type Call = fn(Arc<SqliteStore>, History) -> Pin<Box<dyn Future<Output = Result<String, StoreError>>>>;

/// Calls that read, by name.
macro_rules! reads {
    ($($name:ident => |$store:ident, $history:ident| $question:expr;)+) => {
        [$((stringify!($name), {
            let call: Call = |$store, $history| {
                Box::pin(async move { $question.await.map(|answer| format!("{answer:?}")) })
            };
            call
        }),)+]
    };
}

/// Every call of a store that reads.
fn reads() -> Vec<(&'static str, Call)> {
    fn visitor(history: &History) -> &parlor_testkit::store_suite::Visitor {
        &history.writers[0].visitor
    }
    fn first<T>(history: &History, part: impl Fn(&parlor_store::ChangeSet) -> Option<T>) -> T {
        let mut asked = history.writers.iter().flat_map(|writer| &writer.asked);
        asked.find_map(|asked| part(&asked.changes)).unwrap()
    }
    fn conversation(history: &History, search: Option<&str>) -> ConversationQuery {
        ConversationQuery {
            contact: visitor(history).contact.id,
            start: PageStart::Newest,
            limit: 5,
            visibility: Vec::new(),
            search: search.map(str::to_owned),
        }
    }
    fn contacts(search: Option<&str>) -> ContactQuery {
        ContactQuery {
            agent: alice(),
            scope: ContactScope::All,
            search: search.map(str::to_owned),
            before: None,
            limit: 10,
        }
    }
    reads! {
        contact => |store, history| store.contact(visitor(&history).contact.id);
        resolve_contact => |store, history| store.resolve_contact(visitor(&history).contact.id);
        point => |store, history| store.point(visitor(&history).point.id);
        point_by_key => |store, history| store.point_by_key(&visitor(&history).point.key);
        points_of => |store, history| store.points_of(visitor(&history).contact.id);
        thread => |store, history| store.thread(visitor(&history).thread.id);
        thread_by_subject => |store, history| {
            store.thread_by_subject(visitor(&history).thread.channel.as_str(), &visitor(&history).thread.subject)
        };
        threads_of => |store, history| store.threads_of(visitor(&history).contact.id);
        interaction => |store, history| {
            store.interaction(first(&history, |changes| Some(changes.interactions.first()?.interaction.id)))
        };
        open_interaction => |store, history| store.open_interaction(visitor(&history).thread.id);
        open_interactions => |store, _history| store.open_interactions(None, ALL);
        interactions_of => |store, history| store.interactions_of(visitor(&history).thread.id, ALL);
        history => |store, history| {
            store.history(first(&history, |changes| Some(changes.interactions.first()?.interaction.id)))
        };
        offer => |store, history| store.offer(history.sample.id::<OfferId>());
        message => |store, history| store.message(first(&history, |changes| Some(changes.messages.first()?.id)));
        messages => |store, history| store.messages(visitor(&history).thread.id, 0, ALL);
        last_messages => |store, history| store.last_messages(visitor(&history).thread.id, 5);
        conversation => |store, history| store.conversation(&conversation(&history, None));
        conversation_search => |store, history| store.conversation(&conversation(&history, Some("story")));
        search => |store, _history| store.search(&MessageSearch::new("story", 5));
        observations => |store, history| {
            store.observations(first(&history, |changes| Some(changes.observations.first()?.message)))
        };
        acknowledged => |store, history| store.acknowledged(visitor(&history).thread.id);
        read_marker => |store, history| store.read_marker(&alice(), visitor(&history).thread.id);
        unread => |store, history| store.unread(&alice(), visitor(&history).contact.id);
        contacts => |store, _history| store.contacts(&contacts(None));
        contacts_search => |store, _history| store.contacts(&contacts(Some("version")));
        assigned => |store, _history| store.assigned(&alice());
        last_alert => |store, history| store.last_alert(&alice(), visitor(&history).thread.id);
        agents => |store, _history| store.agents();
        agent => |store, _history| store.agent(&alice());
        timers => |store, _history| store.timers();
        request => |store, history| async {
            store.request(&first(&history, |changes| changes.request.clone()).key).await
        };
        document => |store, _history| async { store.document(&mark(0, 0)).await };
        documents => |store, _history| store.documents(MARK);
        outbox_entry => |store, history| {
            store.outbox_entry(first(&history, |changes| Some(changes.outbox.first()?.entry.id)))
        };
        outbox => |store, _history| store.outbox(None, ALL);
        unfinished_outbox => |store, _history| store.unfinished_outbox(None, ALL);
        sent_as => |store, history| async {
            let channel = visitor(&history).thread.channel.clone();
            store.sent_as(&channel, &ProviderMessageId::new("SM1")).await
        };
        consent => |store, history| store.consent(visitor(&history).point.id);
        dead_letters => |store, _history| store.dead_letters(0, ALL);
        journal => |store, _history| store.journal(0, ALL);
        totals => |store, _history| store.totals();
    }
    .to_vec()
}

/// A fault at one operation, once or from there on.
fn fault(number: u64, failure: Failure, lasting: bool) -> Fault {
    Fault { operation: None, number, lasting, failure }
}

/// A failure once, and in the long form also from then on.
fn tried(failure: Failure) -> impl Iterator<Item = (Failure, bool)> {
    let lasting: &[bool] = if is_deep() { &[false, true] } else { &[false] };
    lasting.iter().map(move |lasting| (failure, *lasting))
}

/// A workspace with a history, closed, and its disk.
fn workspace() -> (History, Image) {
    let disk = Disk::new();
    let (history, _) = write(&disk, u64::MAX, 1);
    (history, disk.image())
}

#[test]
fn g14_a_read_that_fails_says_so_and_works_when_the_disk_does() {
    let (history, image) = workspace();
    let mut failures = 0;
    for (name, call) in reads() {
        for failure in [Failure::Broken, Failure::Short] {
            for number in 1.. {
                let disk = image.process_death();
                let failed = run(async {
                    let store = open(&disk).unwrap();
                    let expected = {
                        let twin = open(&image.process_death()).unwrap();
                        call(twin, history.clone()).await.unwrap()
                    };
                    disk.fail(fault(number, failure, false));
                    let met = match call(Arc::clone(&store), history.clone()).await {
                        Ok(answer) => {
                            assert_eq!(answer, expected, "{name}, operation {number}, {failure:?}");
                            disk.failed() > 0
                        }
                        Err(StoreError::Backend(error)) => {
                            let error = error.downcast_ref::<SqliteError>().unwrap();
                            assert!(matches!(error, SqliteError::CannotRead(_)), "{name}: {error:?}");
                            failures += 1;
                            true
                        }
                        Err(other) => panic!("{name}, operation {number}, {failure:?}: {other:?}"),
                    };
                    disk.heal();
                    let answer = call(Arc::clone(&store), history.clone()).await.unwrap();
                    assert_eq!(answer, expected, "{name}, after operation {number}");
                    store.close().await.unwrap();
                    met
                });
                if !failed {
                    break;
                }
            }
        }
    }
    assert!(failures > 100, "only {failures} reads failed");
}

#[test]
fn g14_a_commit_that_fails_is_kept_whole_or_not_at_all() {
    let (history, image) = workspace();
    let (mut not_kept, mut unknown) = (0, 0);
    for (failure, lasting) in FAILURES.into_iter().flat_map(tried) {
        // So that a change of every kind fails.
        for number in 1.. {
            let disk = image.process_death();
            let mut history =
                history.continued(&history.writers.iter().map(|w| w.asked.len()).collect::<Vec<_>>());
            let met = run(async {
                let store = open(&disk).unwrap();
                let writer = usize::try_from(number).unwrap() % history.writers.len();
                disk.fail(fault(number, failure, lasting));
                let changes = history.writers[writer].next(&history.sample);
                let answer = store.commit(changes.clone()).await;
                let met = disk.failed() > 0;
                disk.heal();
                let place = format!("operation {number}, {failure:?}, {lasting}: {answer:?}");
                history.expect(writer, changes, answer.is_ok().then(|| disk.changes()));
                let before: Vec<_> = history.writers.iter().map(|writer| writer.asked.len()).collect();
                let there = check(&history, &store, disk.changes())
                    .await
                    .unwrap_or_else(|finding| panic!("{place}: {finding}"));
                match &answer {
                    Ok(_) => {}
                    Err(CommitError::Store(StoreError::Backend(error))) => {
                        match error.downcast_ref::<SqliteError>().unwrap() {
                            SqliteError::NotKept(_) => {
                                assert!(there[writer] < before[writer], "it was kept: {place}");
                                not_kept += 1;
                            }
                            SqliteError::OutcomeUnknown(_) => unknown += 1,
                            other => panic!("{other:?}"),
                        }
                        assert_eq!(store.stats().failures, 1, "{place}");
                    }
                    Err(other) => panic!("{other:?}"),
                }
                // Work goes on, on a connection of its own.
                history = history.continued(&there);
                let opened = disk.count(Operation::Open);
                assert!(history.ask(writer, &store, &disk).await, "{place}");
                let reopened = disk.count(Operation::Open) > opened;
                assert_eq!(
                    reopened,
                    answer.is_err(),
                    "a connection that failed is never used again: {place}"
                );
                survives(&disk, &history, &place).await;
                store.close().await.unwrap();
                met
            });
            if !met {
                break;
            }
        }
    }
    assert!(not_kept > 5 && unknown > 20, "{not_kept} not kept, {unknown} unknown");
}

/// Nothing that was answered is lost, whether the process dies now, or the power is lost, or first the one, and after some
/// more work the other.
async fn survives(disk: &Disk, history: &History, place: &str) {
    let image = disk.image();
    let upto = image.changes();
    for seed in 0..2 {
        let after = image.power_cut(seed);
        let store = open(&after).unwrap_or_else(|error| panic!("{place}: {error:?}"));
        check(history, &store, upto).await.unwrap_or_else(|finding| panic!("{place}, then a cut: {finding}"));
        store.close().await.unwrap();
        check_file(&after).unwrap_or_else(|finding| panic!("{place}: {finding}"));
    }
    let after = image.process_death();
    let store = open(&after).unwrap_or_else(|error| panic!("{place}: {error:?}"));
    let there = check(history, &store, upto)
        .await
        .unwrap_or_else(|finding| panic!("{place}, then a death: {finding}"));
    let mut history = history.continued(&there);
    for writer in 0..2 {
        assert!(history.ask(writer, &store, &after).await, "{place}");
    }
    let image = after.image();
    for seed in 0..4 {
        let cut = image.power_cut(seed);
        let store = open(&cut).unwrap_or_else(|error| panic!("{place}: {error:?}"));
        let finding = check(&history, &store, image.changes()).await;
        finding.unwrap_or_else(|finding| panic!("{place}, then a death, and then a cut: {finding}"));
    }
}

#[test]
fn g14_a_sync_that_fails_fails_the_commit_and_nothing_answered_later_rests_on_it() {
    let (history, image) = workspace();
    // Each copy of the disk decides alike about what a failed sync leaves; other work makes it decide otherwise.
    for earlier in 0..24 {
        let disk = image.process_death();
        let mut history = history.clone();
        run(async {
            let store = open(&disk).unwrap();
            for other in 0..earlier {
                assert!(history.ask(other % 4, &store, &disk).await);
            }
            // Lasting, because whoever empties the log meanwhile syncs too.
            disk.fail(Fault { operation: Some(Operation::Sync), ..fault(1, Failure::Broken, true) });
            let writer = earlier % 4;
            let changes = history.writers[writer].next(&history.sample);
            let answer = store.commit(changes.clone()).await;
            let Err(CommitError::Store(StoreError::Backend(error))) = &answer else { panic!("{answer:?}") };
            let error = error.downcast_ref::<SqliteError>().unwrap();
            assert!(matches!(error, SqliteError::OutcomeUnknown(_)), "{error:?}");
            history.expect(writer, changes, None);
            disk.heal();
            // Without another commit: what was not synced is in the log, as far as whoever reads can see.
            survives(&disk, &history, &format!("after {earlier} earlier changes")).await;
            store.close().await.unwrap();
        });
    }
}

#[test]
fn g13_g14_an_opening_that_fails_can_be_repeated() {
    let (history, closed) = workspace();
    let crashed = {
        let disk = closed.process_death();
        let mut history = history.clone();
        let image = run(async {
            let store = open(&disk).unwrap();
            assert!(history.ask(0, &store, &disk).await);
            disk.image()
        });
        (history, image)
    };
    let empty = (History::new(), Disk::new().image());
    let mut failures = 0;
    for (history, image) in [empty, (history, closed), crashed] {
        for (failure, lasting) in FAILURES.into_iter().flat_map(tried) {
            for number in 1.. {
                let disk = image.process_death();
                disk.fail(fault(number, failure, lasting));
                let opened = open(&disk);
                let met = disk.failed() > 0;
                disk.heal();
                match opened {
                    Ok(store) => run(store.close()).unwrap(),
                    Err(StoreError::Backend(_)) => failures += 1,
                    Err(other) => panic!("operation {number}, {failure:?}: {other:?}"),
                }
                let look = async {
                    let store = open(&disk).map_err(|error| format!("{error:?}"))?;
                    check(&history, &store, u64::MAX).await?;
                    store.close().await.map_err(|error| format!("{error:?}"))
                };
                if let Err(finding) = run(look).and_then(|()| check_file(&disk)) {
                    panic!("operation {number}, {failure:?}: {finding}");
                }
                if !met {
                    break;
                }
            }
        }
    }
    assert!(failures > 200, "only {failures} openings failed");
}

#[test]
fn g14_a_closing_that_fails_loses_nothing() {
    let (history, image) = workspace();
    for (failure, lasting) in FAILURES.into_iter().flat_map(tried) {
        for number in 1.. {
            let disk = image.process_death();
            let mut history = history.clone();
            let met = run(async {
                let store = open(&disk).unwrap();
                assert!(history.ask(0, &store, &disk).await);
                disk.fail(fault(number, failure, lasting));
                store.close().await.unwrap();
                let met = disk.failed() > 0;
                disk.heal();
                met
            });
            for after in [disk.image().process_death(), disk.image().power_cut(number)] {
                let look = async {
                    let store = open(&after).map_err(|error| format!("{error:?}"))?;
                    check(&history, &store, u64::MAX).await?;
                    store.close().await.map_err(|error| format!("{error:?}"))
                };
                run(look).and_then(|()| check_file(&after)).unwrap_or_else(|finding| {
                    panic!("operation {number}, {failure:?}: {finding}");
                });
            }
            if !met {
                break;
            }
        }
    }
}

#[test]
fn g14_a_lease_that_cannot_be_written_is_nobodys() {
    let (history, image) = workspace();
    let ttl = Duration::from_secs(10);
    for (failure, lasting) in FAILURES.into_iter().flat_map(tried) {
        for number in 1.. {
            let disk = image.process_death();
            let met = run(async {
                let store = open(&disk).unwrap();
                let now = history.sample.now();
                disk.fail(fault(number, failure, lasting));
                let taken = store.acquire_lease(&LeaseName::routing(), "a", now, ttl).await;
                let met = disk.failed() > 0;
                disk.heal();
                let later = store.acquire_lease(&LeaseName::routing(), "b", now, ttl).await.unwrap();
                match (taken, later) {
                    (Ok(taken), None) => assert_eq!(taken.unwrap().epoch, 1),
                    // Unknown: it was written or it was not.
                    (Err(StoreError::Backend(_)), later) => {
                        assert!(later.is_none_or(|lease| lease.epoch == 1));
                    }
                    other => panic!("operation {number}, {failure:?}: {other:?}"),
                }
                store.close().await.unwrap();
                met
            });
            if !met {
                break;
            }
        }
    }
}
