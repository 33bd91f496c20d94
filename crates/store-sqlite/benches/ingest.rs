//! How much a durable commit costs beside the same rows written by hand.
//!
//! `cargo bench -p parlor-store-sqlite`. 64 writers commit web-chat messages, each with its inbox key; then bare SQLite
//! writes the same rows in groups of the same size. Both sides take turns in one run, because only the ratio carries over
//! to other machines. Checkpoints of the bare side are not counted against it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parlor_model::{Id, ProviderMessageId};
use parlor_store::{ChangeSet, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use rusqlite::{Connection, params};
use tokio::task::JoinSet;

const WRITERS: usize = 64;
const VISITORS: usize = 2_000;
const MESSAGES: usize = 16_000;
const ROUNDS: usize = 3;
/// The size at which the bare side empties its log, as the store does.
const LOG: u64 = 64 << 20;
/// 108 bytes: the length of the reference measurements.
const BODY: &str = "Hello, I would like to know whether my order has left; the tracking page has shown nothing since yesterday..";

/// What one round found.
struct Round {
    rate: f64,
    group: usize,
    bytes: u64,
}

fn main() {
    let (mut ratios, mut latencies) = (Vec::new(), Vec::new());
    for number in 1..=ROUNDS {
        let (store, waits) = ours();
        let bare = by_hand(store.group);
        latencies.extend(waits);
        ratios.push(store.rate / bare.rate);
        println!(
            "round {number}: store {:.0}/s, bare SQLite {:.0}/s, ratio {:.2}, {} a group, {} bytes a message",
            store.rate,
            bare.rate,
            store.rate / bare.rate,
            store.group,
            store.bytes / MESSAGES as u64,
        );
    }
    ratios.sort_by(f64::total_cmp);
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    println!(
        "ratio {:.2} (median of {ROUNDS}); commit p50 {:.2?}, p99 {:.2?}, p99/p50 {:.1}",
        ratios[ROUNDS / 2],
        at(50),
        at(99),
        at(99).as_secs_f64() / at(50).as_secs_f64(),
    );
}

/// Makes an empty workspace with its visitors, closed.
fn prepare(file: &Path) -> (Sample, Vec<Visitor>) {
    let store = SqliteStore::open(file, SqliteOptions::default()).unwrap();
    let sample = Sample::new();
    let visitors: Vec<_> = (0..VISITORS).map(|_| sample.visitor()).collect();
    let mut change = sample.change();
    for visitor in &visitors {
        visitor.add_to(&mut change);
    }
    runtime().block_on(store.commit(change)).unwrap();
    (sample, visitors)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Threads take turns in an order that is the same every time and never the order of their rows.
fn visitor_of(message: usize) -> usize {
    message * 7_919 % VISITORS
}

fn ours() -> (Round, Vec<Duration>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let (sample, visitors) = prepare(&file);
    let size = file.metadata().unwrap().len();
    let store = Arc::new(SqliteStore::open(&file, SqliteOptions::default()).unwrap());
    let mut work: Vec<Vec<ChangeSet>> = vec![Vec::new(); WRITERS];
    for number in 0..MESSAGES {
        let mut message = sample.says(&visitors[visitor_of(number)], BODY);
        let key = sample.inbox_key();
        message.provider_id = Some(ProviderMessageId::new(key.external_id.clone()));
        work[number % WRITERS].push(sample.receiving(&key, message));
    }
    let before = store.stats();
    let begin = Instant::now();
    let waits = runtime().block_on(async {
        let mut writers = JoinSet::new();
        for changes in work {
            let store = Arc::clone(&store);
            writers.spawn(async move {
                let mut waits = Vec::with_capacity(changes.len());
                for change in changes {
                    let asked = Instant::now();
                    store.commit(change).await.unwrap();
                    waits.push(asked.elapsed());
                }
                waits
            });
        }
        writers.join_all().await.concat()
    });
    let rate = rate_since(begin);
    let transactions = store.stats().transactions - before.transactions;
    let group = (MESSAGES as u64).div_ceil(transactions).try_into().unwrap();
    drop(store);
    let bytes = file.metadata().unwrap().len() - size;
    (Round { rate, group, bytes }, waits)
}

#[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
fn rate_since(begin: Instant) -> f64 {
    MESSAGES as f64 / begin.elapsed().as_secs_f64()
}

fn by_hand(group: usize) -> Round {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bare.db");
    let (sample, visitors) = prepare(&file);
    let connection = Connection::open(&file).unwrap();
    let settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
                    PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).unwrap();
    let rows: Vec<_> = (0..MESSAGES)
        .map(|number| {
            let visitor = &visitors[visitor_of(number)];
            let random = sample.uuid().as_u64_pair();
            (visitor.thread.id.as_uuid().into_bytes(), visitor.point.id.as_uuid().into_bytes(), random)
        })
        .collect();
    let mut inbox =
        connection.prepare("INSERT INTO inbox VALUES (0, ?1, ?2, ?3) ON CONFLICT DO NOTHING").unwrap();
    let sql =
        "UPDATE threads SET sequence = sequence + 1, contact_messages = contact_messages + (point IS ?2),
               activity = ?3, last_text = ?3 WHERE id = ?1 RETURNING key, sequence, contact_messages";
    let mut thread = connection.prepare(sql).unwrap();
    let sql = "INSERT INTO messages VALUES
               (?1, ?2, ?3, ?4, NULL, 1, 0, 0, NULL, NULL, ?5, NULL, ?1 + 1700000000000000, NULL, ?6, 0, ?7)";
    let mut message = connection.prepare(sql).unwrap();
    let mut counts =
        connection.prepare("UPDATE workspace SET position = ?1, messages = ?1, inbox = ?1").unwrap();
    let log = folder.path().join("bare.db-wal");
    let mut uncounted = Duration::ZERO;
    let begin = Instant::now();
    let mut position = i64::try_from(VISITORS).unwrap();
    for batch in rows.chunks(group) {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (thread_id, point, (high, low)) in batch {
            position += 1;
            let id = uuid::Uuid::from_u64_pair(position.unsigned_abs() << 16, *low).into_bytes();
            inbox.execute(params![high.cast_signed(), low.cast_signed(), id]).unwrap();
            let place: (i64, i64, i64) = thread
                .query_row(params![thread_id, point, position], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .unwrap();
            let provider_id = uuid::Uuid::from_u64_pair(*high, *low).into_bytes();
            message.execute(params![position, id, place.0, place.1, place.2, provider_id, BODY]).unwrap();
        }
        counts.execute([position]).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        if log.metadata().unwrap().len() > LOG {
            let pause = Instant::now();
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            uncounted += pause.elapsed();
        }
    }
    let rate = rate_since(begin + uncounted);
    Round { rate, group, bytes: 0 }
}
