//! What a store costs that has grown.
//!
//! `cargo bench -p parlor-store-sqlite --bench growth`. A file is filled with generated messages of 108 bytes, 60 in each of
//! its conversations and those of all conversations mixed; `PARLOR_BENCH_MESSAGES` says how many (3,000,000). Nothing is indexed for searches
//! meanwhile: what that costs is measured on a small file. On the way and
//! at the end it is measured against itself, against bare SQLite on a copy of the same file, and against the disk.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its figures and fails by panicking"
)]

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parlor_model::{Id, ProviderMessageId, ThreadId};
use parlor_store::{ChangeSet, CommitError, ConversationQuery, InboxKey, MessageSearch, PageStart, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use rusqlite::{Connection, OpenFlags, params};
use tokio::task::JoinSet;

const WRITERS: usize = 64;
/// Messages of one conversation.
const EACH: usize = 60;
/// Messages that one commit writes while the file is only being filled.
const FILL: usize = 500;
/// Messages of one measurement of a rate.
const MEASURED: usize = 32_000;
/// Pages of one measurement of reading.
const PAGES: usize = 2_000;
/// The size of the small file.
const SMALL: usize = 100_000;
/// The size at which the rate is measured first.
const HALF_MILLION: usize = 500_000;
/// 108 bytes: the length of the reference measurements.
const BODY: &str = "Hello, I would like to know whether my order has left; the tracking page has shown nothing since yesterday..";

/// Words that are searched for; each message has one of them.
const WORDS: usize = 5_000;
/// Searches of one measurement.
const SEARCHES: usize = 500;

/// The body, and a word that one in so many messages has.
fn text(number: usize) -> String {
    format!("{} {}", &BODY[..100], word(number))
}

/// A word of seven letters, in no order.
fn word(number: usize) -> String {
    let letters = (number.wrapping_mul(31) % WORDS + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..7).map(|letter| char::from(b"etaoinshrdlcumwf"[letters >> (32 + 4 * letter) & 15])).collect()
}

fn main() {
    let messages =
        std::env::var("PARLOR_BENCH_MESSAGES").map_or(3_000_000, |messages| messages.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    disk_and_single_commits(folder.path());
    let small_page = searches(&folder.path().join("small.db"));

    let file = folder.path().join("large.db");
    let large = Grown::new(&file, messages / EACH, None);
    let empty = fs::metadata(&file).unwrap().len();
    large.fill(HALF_MILLION.min(messages));
    let (early, ..) = large.ingest();
    large.fill(messages);
    let (late, p50, p99) = large.ingest();
    let storm = large.storm();
    println!(
        "rate at {messages} messages / at {HALF_MILLION}: {:.2} ({late:.0} and {early:.0} a second); \
         p50 {p50:.2?}, p99 {p99:.2?}, p99/p50 {:.1}",
        late / early,
        ratio(p99, p50)
    );
    println!("duplicates / fresh messages: {:.2} ({storm:.0} and {late:.0} a second)", storm / late);
    let large_page = large.page();
    println!(
        "page of 50 at {messages} / at {SMALL}: conversation {:.2}, last messages {:.2}, bare query {:.2}",
        ratio(large_page.conversation, small_page.conversation),
        ratio(large_page.last, small_page.last),
        ratio(large_page.bare, small_page.bare),
    );
    for (name, page) in [("large", large_page), ("small", small_page)] {
        println!(
            "page of 50 / the bare query, {name} file: conversation {:.2}, last messages {:.2} ({:.1?}, {:.1?}, {:.1?})",
            ratio(page.conversation, page.bare),
            ratio(page.last, page.bare),
            page.conversation,
            page.last,
            page.bare,
        );
    }
    let stored = large.messages();
    drop(large);
    println!("bytes a message: {:.0}", (fs::metadata(&file).unwrap().len() - empty) as f64 / stored as f64);
    let (hashed, text) = (by_hand(&file, Dedupe::Hashed), by_hand(&file, Dedupe::Text));
    println!(
        "at {messages}: the store / bare SQLite with a UNIQUE text {:.2}; bare SQLite with the store's own keys / with a \
         UNIQUE text {:.2} ({hashed:.0} and {text:.0} a second)",
        late / text,
        hashed / text
    );
}

/// What searching costs, and how long a page takes in a small file.
fn searches(file: &Path) -> Page {
    let small = Grown::new(file, SMALL / EACH, None);
    small.fill(SMALL);
    let page = small.page();
    let (without, ..) = small.ingest();
    let small = small.opened_again(SqliteOptions::default().index_pause);
    let all = small.finish_index();
    let (with, ..) = small.ingest();
    let lag = small.finish_index();
    println!("ingest with search / without: {:.2} ({with:.0} and {without:.0} a second)", with / without);
    println!(
        "{} messages are indexed in {all:.1?}; after {MEASURED} in a row it is {lag:.1?} behind",
        SMALL + MEASURED
    );
    let search = small.search();
    drop(small);
    // The first finds what ours finds, also inside of words; the other one whole words only.
    for (what, tokenizer) in [("pieces of three letters", "trigram"), ("whole words", "unicode61")] {
        let bare = bare_search(file, tokenizer);
        println!(
            "newest 20 with a word of one in {WORDS} / a bare FTS5 join over {what}: {:.2} ({search:.1?} and {bare:.1?})",
            ratio(search, bare)
        );
    }
    page
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// One writer who waits for each answer, beside a sector of the disk that is written over and synced.
fn disk_and_single_commits(folder: &Path) {
    const COMMITS: usize = 2_000;
    let mut file = File::create(folder.join("disk")).unwrap();
    file.write_all(&vec![0; 16 << 20]).unwrap();
    file.sync_all().unwrap();
    let store = SqliteStore::open(folder.join("single.db"), SqliteOptions::default()).unwrap();
    let sample = Sample::new();
    let runtime = runtime();
    let visitor = runtime.block_on(sample.visitor_in(&store));
    // A log that is written over is synced several times faster than one that grows, as it does until its first lap.
    while store.stats().wal_restarts == 0 {
        let mut change = sample.change();
        change.messages.extend((0..FILL).map(|_| sample.says(&visitor, BODY)));
        runtime.block_on(store.commit(change)).unwrap();
    }
    let (mut syncs, mut commits) = (Vec::new(), Vec::new());
    // In turns, so that both meet the same disk.
    for round in 0..COMMITS {
        let began = Instant::now();
        file.seek(SeekFrom::Start((round as u64 % 4_096) * 4_096)).unwrap();
        file.write_all(&[1; 4_096]).unwrap();
        file.sync_data().unwrap();
        syncs.push(began.elapsed());
        let change = sample.receiving(&sample.inbox_key(), sample.says(&visitor, BODY));
        let began = Instant::now();
        runtime.block_on(store.commit(change)).unwrap();
        commits.push(began.elapsed());
    }
    let (sync, commit) = (percentile(&mut syncs, 50), percentile(&mut commits, 50));
    println!(
        "one writer, p50 of a commit / of a sync of 4 KiB: {:.2} ({commit:.1?} and {sync:.1?})",
        ratio(commit, sync)
    );
}

fn options(index_pause: Option<Duration>) -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.index_pause = index_pause;
    options
}

/// A file that grows.
struct Grown {
    store: Arc<SqliteStore>,
    file: std::path::PathBuf,
    sample: Sample,
    visitors: Vec<Visitor>,
    runtime: tokio::runtime::Runtime,
}

/// How long a page takes, p50.
#[derive(Clone, Copy)]
struct Page {
    conversation: Duration,
    last: Duration,
    bare: Duration,
}

impl Grown {
    fn new(file: &Path, conversations: usize, index_pause: Option<Duration>) -> Self {
        let store = Arc::new(SqliteStore::open(file, options(index_pause)).unwrap());
        let sample = Sample::new();
        let runtime = runtime();
        let visitors: Vec<_> = (0..conversations).map(|_| sample.visitor()).collect();
        for some in visitors.chunks(FILL) {
            let mut change = sample.change();
            for visitor in some {
                visitor.add_to(&mut change);
            }
            runtime.block_on(store.commit(change)).unwrap();
        }
        Self { store, file: file.to_owned(), sample, visitors, runtime }
    }

    fn messages(&self) -> u64 {
        self.runtime.block_on(self.store.totals()).unwrap().messages
    }

    /// Each conversation in turn, in an order that is the same every time and never the order of their rows.
    fn visitor(&self, message: usize) -> &Visitor {
        &self.visitors[message.wrapping_mul(7_919) % self.visitors.len()]
    }

    fn key(&self, number: usize) -> InboxKey {
        // As long as those of providers.
        let external_id = format!("wamid.{:x}{:022}", self.sample.uuid().as_u128(), number);
        InboxKey { external_id, ..self.sample.inbox_key() }
    }

    fn add(&self, number: usize, change: &mut ChangeSet) {
        let key = self.key(number);
        let mut message = self.sample.says(self.visitor(number), &text(number));
        message.provider_id = Some(ProviderMessageId::new(key.external_id.clone()));
        let received = self.sample.receiving(&key, message);
        change.inbox.extend(received.inbox);
        change.messages.extend(received.messages);
    }

    /// Fills the file up to so many messages.
    fn fill(&self, upto: usize) {
        let there = usize::try_from(self.messages()).unwrap();
        for first in (there..upto).step_by(FILL) {
            let mut change = self.sample.change();
            (first..upto.min(first + FILL)).for_each(|number| self.add(number, &mut change));
            self.runtime.block_on(self.store.commit(change)).unwrap();
        }
    }

    /// The rate of single messages from many writers, and how long one waits.
    fn ingest(&self) -> (f64, Duration, Duration) {
        let there = usize::try_from(self.messages()).unwrap();
        let mut work: Vec<Vec<ChangeSet>> = vec![Vec::new(); WRITERS];
        for number in 0..MEASURED {
            let mut change = self.sample.change();
            self.add(there + number, &mut change);
            work[number % WRITERS].push(change);
        }
        let (rate, mut waits) = self.commit_all(work, |result| {
            result.unwrap();
        });
        (rate, percentile(&mut waits, 50), percentile(&mut waits, 99))
    }

    /// Indexes what is not indexed yet, and says how long that took.
    fn finish_index(&self) -> Duration {
        let began = Instant::now();
        self.runtime.block_on(self.store.finish_index()).unwrap();
        began.elapsed()
    }

    /// The same file, opened with or without indexing.
    fn opened_again(self, index_pause: Option<Duration>) -> Self {
        let Self { store, file, sample, visitors, runtime } = self;
        runtime.block_on(store.close()).unwrap();
        let store = Arc::new(SqliteStore::open(&file, options(index_pause)).unwrap());
        Self { store, file, sample, visitors, runtime }
    }

    /// How long the newest 20 messages with a word take, p50.
    fn search(&self) -> Duration {
        self.finish_index();
        let mut times: Vec<_> = (0..SEARCHES)
            .map(|number| {
                let query = MessageSearch::new(word(number * 7), 20);
                let began = Instant::now();
                let page = self.runtime.block_on(self.store.search(&query)).unwrap();
                assert_eq!(page.messages.len(), 20);
                began.elapsed()
            })
            .collect();
        percentile(&mut times, 50)
    }

    /// The rate at which repetitions are answered.
    fn storm(&self) -> f64 {
        let before = self.messages();
        let keys: Vec<_> = (0..1_000).map(|number| self.key(number)).collect();
        let mut first = self.sample.change();
        for (key, visitor) in keys.iter().zip(&self.visitors) {
            let received = self.sample.receiving(key, self.sample.says(visitor, BODY));
            first.inbox.extend(received.inbox);
            first.messages.extend(received.messages);
        }
        self.runtime.block_on(self.store.commit(first)).unwrap();
        let mut work: Vec<Vec<ChangeSet>> = vec![Vec::new(); WRITERS];
        for number in 0..MEASURED {
            let key = &keys[number % keys.len()];
            let message = self.sample.says(self.visitor(number), BODY);
            work[number % WRITERS].push(self.sample.receiving(key, message));
        }
        let (rate, _) = self.commit_all(work, |result| {
            assert!(matches!(result, Err(CommitError::Duplicate(_))), "{result:?}");
        });
        assert_eq!(self.messages(), before + keys.len() as u64, "no repetition is kept");
        rate
    }

    fn commit_all(
        &self,
        work: Vec<Vec<ChangeSet>>,
        check: fn(Result<parlor_store::Committed, CommitError>),
    ) -> (f64, Vec<Duration>) {
        let number: usize = work.iter().map(Vec::len).sum();
        let begin = Instant::now();
        let waits = self.runtime.block_on(async {
            let mut writers = JoinSet::new();
            for changes in work {
                let store = Arc::clone(&self.store);
                writers.spawn(async move {
                    let mut waits = Vec::with_capacity(changes.len());
                    for change in changes {
                        let asked = Instant::now();
                        check(store.commit(change).await);
                        waits.push(asked.elapsed());
                    }
                    waits
                });
            }
            writers.join_all().await.concat()
        });
        (number as f64 / begin.elapsed().as_secs_f64(), waits)
    }

    fn page(&self) -> Page {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let bare = Connection::open_with_flags(&self.file, flags).unwrap();
        bare.execute_batch("PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -8192").unwrap();
        let (mut conversation, mut last, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..PAGES {
            // Others each time, so that none finds what another has just read.
            let visitor = |turn: usize| self.visitor(number * 3 + turn);
            let query = ConversationQuery {
                contact: visitor(0).contact.id,
                start: PageStart::Newest,
                limit: 50,
                visibility: Vec::new(),
                search: None,
            };
            let began = Instant::now();
            let page = self.runtime.block_on(self.store.conversation(&query)).unwrap();
            conversation.push(began.elapsed());
            assert_eq!(page.messages.len(), 50);
            let thread = visitor(1).thread.id;
            let began = Instant::now();
            let page = self.runtime.block_on(self.store.last_messages(thread, 50)).unwrap();
            last.push(began.elapsed());
            assert_eq!(page.len(), 50);
            let thread = visitor(2).thread.id;
            let began = Instant::now();
            assert_eq!(bare_page(&bare, thread), 50);
            raw.push(began.elapsed());
        }
        let [conversation, last, bare] =
            [conversation, last, raw].map(|mut times| percentile(&mut times, 50));
        Page { conversation, last, bare }
    }
}

/// The same rows without a store, in a state of the file of their own, as owned values.
fn bare_page(connection: &Connection, thread: ThreadId) -> usize {
    let sql = "SELECT m.position, m.id, m.sequence, m.segment, m.visibility, m.author, m.at, m.provider_id, m.kind, m.body
               FROM threads AS t JOIN messages AS m ON m.thread = t.key WHERE t.id = ?1 ORDER BY m.sequence DESC LIMIT 50";
    let mut statement = connection.prepare_cached(sql).unwrap();
    let rows = statement.query_map([thread.as_uuid().into_bytes()], |row| {
        let numbers: (i64, [u8; 16], i64, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let others: (i64, i64, rusqlite::types::Value, i64, String) =
            (row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?);
        Ok((numbers, others))
    });
    rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().len()
}

/// The same with an FTS5 index of SQLite's own over a copy of the file, and the rows joined to it.
fn bare_search(file: &Path, tokenizer: &str) -> Duration {
    let copy = file.with_extension("search");
    fs::copy(file, &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    let sql = format!(
        "PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -8192;
         CREATE VIRTUAL TABLE bare USING fts5 (body, content = '', tokenize = '{tokenizer}');
         INSERT INTO bare (rowid, body) SELECT position, body FROM messages;
         PRAGMA wal_checkpoint(TRUNCATE);"
    );
    connection.execute_batch(&sql).unwrap();
    let sql = "SELECT m.position, m.id, m.thread, m.sequence, m.author, m.at, m.provider_id, m.kind, m.body
               FROM bare JOIN messages AS m ON m.position = bare.rowid
               WHERE bare MATCH ?1 ORDER BY bare.rowid DESC LIMIT 20";
    let mut statement = connection.prepare(sql).unwrap();
    let mut times: Vec<_> = (0..SEARCHES)
        .map(|number| {
            let began = Instant::now();
            let rows = statement.query_map([word(number * 7)], |row| {
                let numbers: (i64, [u8; 16], i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                let others: (i64, i64, rusqlite::types::Value, i64, String) =
                    (row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
                Ok((numbers, others))
            });
            assert_eq!(rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().len(), 20);
            began.elapsed()
        })
        .collect();
    drop(statement);
    drop(connection);
    fs::remove_file(&copy).unwrap();
    percentile(&mut times, 50)
}

/// How the bare side finds out that it has seen a message.
#[derive(Clone, Copy, PartialEq)]
enum Dedupe {
    /// As the store does.
    Hashed,
    /// By an index over the provider's id.
    Text,
}

/// The rate of bare SQLite on a copy of the file, in groups of the size that 64 writers make.
fn by_hand(file: &Path, dedupe: Dedupe) -> f64 {
    const GROUP: usize = WRITERS / 2;
    let copy = file.with_extension("copy");
    fs::copy(file, &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    let settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
                    PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).unwrap();
    if dedupe == Dedupe::Text {
        // Built in one go, which is better for it than growing would have been.
        let sql = "CREATE TABLE seen (id TEXT NOT NULL);
                   INSERT INTO seen SELECT provider_id FROM messages WHERE provider_id IS NOT NULL;
                   CREATE UNIQUE INDEX seen_once ON seen (id);
                   PRAGMA wal_checkpoint(TRUNCATE);";
        connection.execute_batch(sql).unwrap();
    }
    let sample = Sample::new();
    let threads: Vec<(Vec<u8>, Vec<u8>)> = connection
        .prepare("SELECT id, point FROM threads")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut position: i64 =
        connection.query_row("SELECT position FROM workspace", [], |row| row.get(0)).unwrap();
    let seen = match dedupe {
        Dedupe::Hashed => "INSERT INTO inbox VALUES (0, ?1, ?2, ?3) ON CONFLICT DO NOTHING",
        Dedupe::Text => "INSERT INTO seen VALUES (?1) ON CONFLICT DO NOTHING",
    };
    let mut seen = connection.prepare(seen).unwrap();
    let sql =
        "UPDATE threads SET sequence = sequence + 1, contact_messages = contact_messages + (point IS ?2),
               activity = ?3, last_text = ?3 WHERE id = ?1 RETURNING key, sequence, contact_messages";
    let mut thread = connection.prepare(sql).unwrap();
    let sql = "INSERT INTO messages (position, id, thread, sequence, segment, visibility, author, contact_messages, at,
                                     provider_id, kind, body)
               VALUES (?1, ?2, ?3, ?4, 1, 0, 0, ?5, ?1 + 1700000000000000, ?6, 0, ?7)";
    let mut message = connection.prepare(sql).unwrap();
    let mut counts = connection
        .prepare("UPDATE workspace SET position = ?1, messages = messages + ?2, inbox = inbox + ?2")
        .unwrap();
    let rows: Vec<_> = (0..MEASURED)
        .map(|number| (number.wrapping_mul(7_919) % threads.len(), sample.uuid().as_u64_pair()))
        .collect();
    let log = copy.with_extension("copy-wal");
    let mut uncounted = Duration::ZERO;
    let begin = Instant::now();
    for batch in rows.chunks(GROUP) {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (visitor, (high, low)) in batch {
            position += 1;
            let id = uuid::Uuid::from_u64_pair(position.unsigned_abs() << 16, *low).into_bytes();
            let provider_id = format!("wamid.{high:x}{low:x}{position:022}");
            match dedupe {
                Dedupe::Hashed => seen.execute(params![high.cast_signed(), low.cast_signed(), id]).unwrap(),
                Dedupe::Text => seen.execute([&provider_id]).unwrap(),
            };
            let (thread_id, point) = &threads[*visitor];
            let place: (i64, i64, i64) = thread
                .query_row(params![thread_id, point, position], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .unwrap();
            message.execute(params![position, id, place.0, place.1, place.2, provider_id, BODY]).unwrap();
        }
        counts.execute(params![position, i64::try_from(batch.len()).unwrap()]).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        if log.metadata().unwrap().len() > 64 << 20 {
            let pause = Instant::now();
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            uncounted += pause.elapsed();
        }
    }
    let rate = MEASURED as f64 / (begin + uncounted).elapsed().as_secs_f64();
    drop((seen, thread, message, counts));
    drop(connection);
    fs::remove_file(&copy).unwrap();
    rate
}
