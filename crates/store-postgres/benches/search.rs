//! How long searches take, beside the bare question to the same index.
//!
//! `cargo bench -p parlor-store-postgres --bench search`. A workspace of generated messages, 200,000 unless
//! `PARLOR_BENCH_MESSAGES` says otherwise; a word that one message in 20,000 has, one that a tenth of them have, and a word
//! too short for the index. The store reads whole messages and compares each with the words; the bare question trusts the
//! index.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/server/mod.rs"]
mod server;

use std::fmt::Write;
use std::time::{Duration, Instant};

use parlor_store::{MessageSearch, Store};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use tokio_postgres::{Client, NoTls};

use self::server::Server;

const VISITORS: usize = 1_000;
/// Messages of a change.
const CHANGE: usize = 500;
/// How often each search is made; the median counts.
const TIMES: usize = 41;
/// One message in so many has the rare word.
const RARE: usize = 20_000;

fn main() {
    let Some(server) = Server::start_in(&std::env::temp_dir(), &[]) else { return };
    let messages = std::env::var("PARLOR_BENCH_MESSAGES").map_or(200_000, |number| number.parse().unwrap());
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure(&server, messages));
}

/// A text of ten words out of 4,000, of 100 bytes or so.
fn text(number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ka", "lo", "mi", "ner", "su", "ta", "vor", "zi", "be", "dra", "fen", "gol", "hu", "jas", "pe", "qui",
    ];
    let mut text = String::new();
    let mut dice = number as u64;
    for _ in 0..10 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut word = (dice >> 33) % 4_000;
        for _ in 0..4 {
            text.push_str(SYLLABLES[usize::try_from(word % 16).unwrap()]);
            word /= 16;
        }
        text.push(' ');
    }
    if number % RARE == 7 {
        text.push_str("xylophone");
    }
    if number.is_multiple_of(10) {
        text.push_str("wombat");
    }
    if number % 10 == 3 {
        // Never a word of its own in the others.
        write!(text, "w{}", number % 7).unwrap();
    }
    text
}

async fn measure(server: &Server, messages: usize) {
    let mut options = PostgresOptions::default();
    options.index_pause = None;
    // Large changes.
    options.statement_timeout = Duration::from_mins(1);
    let store = PostgresStore::open(&server.address(), options.clone()).await.unwrap();
    let sample = Sample::new();
    let visitors: Vec<Visitor> = (0..VISITORS).map(|_| sample.visitor()).collect();
    let mut change = sample.change();
    for visitor in &visitors {
        visitor.add_to(&mut change);
    }
    store.commit(change).await.unwrap();
    for begin in (0..messages).step_by(CHANGE) {
        let numbers = begin..(begin + CHANGE).min(messages);
        let said = numbers.map(|number| sample.says(&visitors[number * 7_919 % VISITORS], &text(number)));
        store.commit(sample.writing(said)).await.unwrap();
    }
    let begin = Instant::now();
    store.finish_index().await.unwrap();
    let each = begin.elapsed() / u32::try_from(messages).unwrap();
    let (client, connection) = tokio_postgres::connect(&server.address(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute("SET search_path TO parlor; ANALYZE message_search; ANALYZE messages")
        .await
        .unwrap();
    let size = "SELECT pg_total_relation_size('message_search')::float8 / $1::bigint::float8,
                       pg_total_relation_size('messages')::float8 / $1::bigint::float8";
    let sizes = client.query_one(size, &[&i64::try_from(messages).unwrap()]).await.unwrap();
    println!(
        "{messages} messages: {each:?} to index one; {:.0} bytes of index and {:.0} of messages for each",
        sizes.get::<_, f64>(0),
        sizes.get::<_, f64>(1)
    );
    for (what, words) in
        [("rare", "xylophone"), ("frequent", "wombat"), ("partial", "ombat"), ("short", "w3")]
    {
        let ours = through_store(&store, words).await;
        let line = match bare(&client, words).await {
            Some(bare) => format!(", bare {bare:?}, ratio {:.2}", ours.as_secs_f64() / bare.as_secs_f64()),
            None => String::new(),
        };
        println!("newest 20 with a {what} word: {ours:?}{line}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn through_store(store: &PostgresStore, words: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begin = Instant::now();
        let page = store.search(&MessageSearch::new(words, 20)).await.unwrap();
        times.push(begin.elapsed());
        assert!(!page.messages.is_empty(), "{words}");
    }
    median(times)
}

/// Asks the index alone; `None` when the word is too short for it.
async fn bare(client: &Client, word: &str) -> Option<Duration> {
    let pieces: Vec<i32> = pieces(word);
    if pieces.is_empty() {
        return None;
    }
    let sql = "WITH found AS MATERIALIZED (SELECT position FROM message_search WHERE grams @> $1)
               SELECT m.body FROM (SELECT position FROM found ORDER BY position DESC LIMIT 20) f
               JOIN messages m USING (position) ORDER BY m.position DESC";
    let statement = client.prepare(sql).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begin = Instant::now();
        let rows = client.query(&statement, &[&pieces]).await.unwrap();
        times.push(begin.elapsed());
        assert!(!rows.is_empty(), "{word}");
    }
    Some(median(times))
}

/// As `src/grams.rs` numbers them.
fn pieces(word: &str) -> Vec<i32> {
    let hash = |piece: &[u8]| {
        let hash = piece
            .iter()
            .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        (hash >> 1).cast_signed()
    };
    word.as_bytes().windows(3).map(hash).collect()
}
