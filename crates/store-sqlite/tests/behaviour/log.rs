//! The write-ahead log has a limit.

use std::path::Path;
use std::sync::Arc;

use parlor_store::{CommitError, PageStart, Store, StoreError};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use rusqlite::{Connection, OpenFlags};

use crate::support::{Place, commit_together, run};

/// How many commits are asked for together.
const TOGETHER: usize = 64;

fn small_log() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.wal_target = 1 << 20;
    options.wal_limit = 4 << 20;
    options
}

/// Somebody outside of the store who reads.
struct Outsider(Connection);

impl Outsider {
    fn new(file: &Path) -> Self {
        Self(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// Begins to read, and keeps to the state of this moment.
    fn begin(&self) {
        self.0.execute_batch("BEGIN; SELECT count(*) FROM messages;").unwrap();
    }

    fn end(&self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

/// Writes messages together; how many of them were kept and how many were answered that it is too much.
async fn write(store: &Arc<SqliteStore>, sample: &Sample, visitors: &[Visitor]) -> (u64, u64) {
    let says = |number: usize| sample.writing([sample.says(&visitors[number % visitors.len()], "hello")]);
    let (mut kept, mut busy) = (0, 0);
    for answer in commit_together(store, (0..TOGETHER).map(says)).await {
        match answer {
            Ok(_) => kept += 1,
            Err(CommitError::Store(StoreError::Busy)) => busy += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    (kept, busy)
}

async fn visitors(store: &SqliteStore, sample: &Sample) -> Vec<Visitor> {
    let mut visitors = Vec::new();
    for _ in 0..50 {
        visitors.push(sample.visitor_in(store).await);
    }
    visitors
}

#[test]
fn p04_the_log_is_begun_anew_while_others_write_and_read() {
    let messages: u64 =
        std::env::var("PARLOR_LOG_MESSAGES").map_or(20_000, |messages| messages.parse().unwrap());
    run(async {
        let place = Place::new();
        let store = place.open_with(small_log());
        let sample = Sample::new();
        let visitors = visitors(&store, &sample).await;
        let outsider = Outsider::new(&place.file());
        let mut written = 0;
        for round in 0.. {
            if written >= messages {
                break;
            }
            // A slow reader: it keeps to an old state for several transactions, again and again.
            match round % 8 {
                0 => outsider.begin(),
                4 => outsider.end(),
                _ => {}
            }
            let query = parlor_store::ConversationQuery {
                contact: visitors[round % visitors.len()].contact.id,
                start: PageStart::Newest,
                limit: 50,
                visibility: Vec::new(),
                search: None,
            };
            let (answers, page) = tokio::join!(write(&store, &sample, &visitors), store.conversation(&query));
            page.unwrap();
            assert_eq!(answers, (TOGETHER as u64, 0), "nobody had to wait");
            written += answers.0;
        }
        let stats = store.stats();
        let log = place.beside("-wal").metadata().unwrap().len();
        assert!(stats.wal_restarts >= 10, "{stats:?}");
        assert!(stats.wal_peak_bytes <= 4 << 20, "{stats:?}");
        assert!(log <= 4 << 20, "the log has {log} bytes");
        assert_eq!(store.totals().await.unwrap().messages, written);
    });
}

#[test]
fn p04_whoever_reads_an_old_state_forever_stops_the_writer_but_not_the_disk_limit() {
    run(async {
        let place = Place::new();
        let store = place.open_with(small_log());
        let sample = Sample::new();
        let visitors = visitors(&store, &sample).await;
        let outsider = Outsider::new(&place.file());
        outsider.begin();
        let mut written = 0;
        let mut refused = 0;
        while refused == 0 {
            assert!(written < 100_000, "the log has no limit: {:?}", store.stats());
            let (kept, busy) = write(&store, &sample, &visitors).await;
            (written, refused) = (written + kept, busy);
        }
        let log = place.beside("-wal").metadata().unwrap().len();
        assert!(log <= 4 << 20, "the log has {log} bytes");
        assert_eq!(write(&store, &sample, &visitors).await, (0, TOGETHER as u64));
        assert_eq!(store.totals().await.unwrap().messages, written, "reading goes on");

        outsider.end();
        for _ in 0..100 {
            assert_eq!(write(&store, &sample, &visitors).await, (TOGETHER as u64, 0));
            written += TOGETHER as u64;
        }
        assert_eq!(store.totals().await.unwrap().messages, written);
        assert!(store.stats().wal_peak_bytes <= 4 << 20);
    });
}
