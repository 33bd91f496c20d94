//! Servers that die: what was answered is there when they are back, or when their standby takes over (guarantees G1, G15).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use parlor_model::MessageId;
use parlor_store::Store;
use parlor_store_postgres::{PostgresOptions, PostgresStore, PostgresWarning};
use parlor_testkit::store_suite::{Sample, Visitor};
use tokio::task::JoinSet;

use crate::server::Server;
use crate::support::run;

const WRITERS: usize = 8;

/// Writers that go on until they are told to stop, and what was answered to them.
struct Load {
    writers: JoinSet<()>,
    answered: Arc<Mutex<Vec<MessageId>>>,
    number: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Load {
    fn start(store: &Arc<PostgresStore>, sample: &Arc<Sample>, visitor: &Visitor) -> Self {
        let mut load = Self {
            writers: JoinSet::new(),
            answered: Arc::default(),
            number: Arc::default(),
            stop: Arc::default(),
        };
        for _ in 0..WRITERS {
            let (store, sample, visitor) = (Arc::clone(store), Arc::clone(sample), visitor.clone());
            let (answered, number, stop) =
                (Arc::clone(&load.answered), Arc::clone(&load.number), Arc::clone(&load.stop));
            load.writers.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let message = sample.says(&visitor, "hello");
                    let id = message.id;
                    // What is not answered may have been kept or not.
                    if store.commit(sample.writing([message])).await.is_ok() {
                        answered.lock().unwrap().push(id);
                        number.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        load
    }

    async fn until(&self, answers: usize) {
        while self.number.load(Ordering::SeqCst) < answers {
            tokio::task::yield_now().await;
        }
    }

    async fn end(mut self) -> Vec<MessageId> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(one) = self.writers.join_next().await {
            one.unwrap();
        }
        let answered = self.answered.lock().unwrap();
        answered.clone()
    }
}

async fn lost(store: &PostgresStore, answered: &[MessageId]) -> usize {
    let mut lost = 0;
    for id in answered {
        lost += usize::from(store.message(*id).await.unwrap().is_none());
    }
    lost
}

#[test]
fn a_server_that_is_killed_while_it_writes_has_kept_what_was_answered() {
    let Some(mut server) = Server::start(&[]) else { return };
    run(async {
        let options = PostgresOptions::default();
        let store = crate::support::open(&server.address(), &options).await;
        let sample = Arc::new(Sample::new());
        let visitor = sample.visitor_in(&*store).await;
        let mut all = Vec::new();
        for cycle in 1..=3 {
            let load = Load::start(&store, &sample, &visitor);
            load.until(200 * cycle).await;
            server.kill();
            server.run();
            // The same store goes on.
            let so_far = load.number.load(Ordering::SeqCst);
            load.until(so_far + 50).await;
            all.extend(load.end().await);
            assert_eq!(lost(&store, &all).await, 0);
        }
        let messages = store.totals().await.unwrap().messages;
        assert!(messages >= all.len() as u64);
        let sequences: Vec<_> = store.messages(visitor.thread.id, 0, usize::MAX).await.unwrap();
        let sequences: Vec<_> = sequences.iter().map(|message| message.sequence).collect();
        assert_eq!(sequences, (1..=messages).collect::<Vec<_>>());
    });
}

#[test]
fn a_standby_that_must_confirm_has_what_was_answered_when_it_takes_over() {
    let Some(mut primary) = Server::start(&[]) else { return };
    let standby = primary.standby();
    run(async {
        primary.wait_for("SELECT count(*) FROM pg_stat_replication", "1");
        let options = PostgresOptions::default();
        let first = PostgresStore::open(&primary.address(), options.clone()).await.unwrap();
        assert_eq!(first.warnings(), [PostgresWarning::AsynchronousStandby { standbys: 1 }]);
        first.close().await.unwrap();
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        primary.sql("SELECT pg_reload_conf()");
        primary.wait_for("SELECT sync_state FROM pg_stat_replication", "sync");

        let both = format!(
            "host={},{} port=5432,5432 user=postgres dbname=postgres",
            primary.socket().display(),
            standby.socket().display()
        );
        let store = crate::support::open(&both, &options).await;
        assert_eq!(store.warnings(), []);
        let sample = Arc::new(Sample::new());
        let visitor = sample.visitor_in(&*store).await;
        let load = Load::start(&store, &sample, &visitor);
        load.until(1_000).await;
        primary.kill();
        standby.promote();
        // The same store goes on, with the new primary.
        let so_far = load.number.load(Ordering::SeqCst);
        load.until(so_far + 200).await;
        let answered = load.end().await;
        assert_eq!(lost(&store, &answered).await, 0, "of {}", answered.len());
        assert_eq!(standby.sql("SELECT pg_is_in_recovery()"), "f");
    });
}
