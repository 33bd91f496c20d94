//! The process dies at any moment; what was answered is there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use parlor_model::{Author, ContactPointId, Id, MessageId, ThreadId};
use parlor_store::{InboxEntry, InboxKey, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use parlor_testkit::{ManualClock, SeededIds};
use rusqlite::Connection;

use crate::support::{Place, run};

/// Tells the child which file to write, and in which cycle it is.
const FILE: &str = "PARLOR_KILL_FILE";
const CYCLE: &str = "PARLOR_KILL_CYCLE";

/// After how many deaths a new file is begun: everything in it is looked at after each.
const LIFE: u64 = 50;

/// How many writers the child has, each with a thread of its own.
const WRITERS: usize = 8;

/// The same visitors in every process.
fn visitors() -> Vec<Visitor> {
    let sample = Sample::new();
    (0..WRITERS).map(|_| sample.visitor()).collect()
}

#[test]
fn g01_g13_what_was_answered_survives_the_death_of_the_process() {
    if let (Some(file), Ok(cycle)) = (std::env::var_os(FILE), std::env::var(CYCLE)) {
        write_until_killed(Path::new(&file), cycle.parse().unwrap());
    }
    let cycles = std::env::var("PARLOR_STORE_KILL_CYCLES").map_or(300, |cycles| cycles.parse().unwrap());
    for life in 0..cycles / LIFE {
        let place = Place::new();
        let mut answered = Vec::new();
        for cycle in life * LIFE..(life + 1) * LIFE {
            let since = answered.len();
            answered.extend(kill_one(&place.file(), cycle));
            run(check(&place, &answered[since..]));
        }
        assert!(answered.len() > 100, "only {} answers before the deaths", answered.len());
        run(check(&place, &answered));
    }
}

/// A message that was answered as kept.
struct Answered {
    writer: usize,
    id: MessageId,
    sequence: u64,
    position: u64,
}

/// Starts a process and kills it after some answers; the first one before it says anything.
fn kill_one(file: &Path, cycle: u64) -> Vec<Answered> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "crash::g01_g13_what_was_answered_survives_the_death_of_the_process",
        ])
        .env(FILE, file)
        .env(CYCLE, cycle.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let wait_for = cycle * 0x9E37 % 97;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered = Vec::new();
    while (answered.len() as u64) < wait_for
        && let Some(line) = lines.next()
    {
        answered.extend(parse(&line.unwrap()));
    }
    child.kill().unwrap();
    // What it said before it died counts. The last line may be cut off: then it was not said.
    answered.extend(lines.map_while(Result::ok).filter_map(|line| parse(&line)));
    child.wait().unwrap();
    assert!(answered.len() as u64 >= wait_for, "the child ended by itself");
    answered
}

fn parse(line: &str) -> Option<Answered> {
    let mut words = line.strip_prefix("kept ")?.strip_suffix(" .")?.split(' ');
    let mut next = || words.next();
    Some(Answered {
        writer: next()?.parse().unwrap(),
        id: next()?.parse().unwrap(),
        sequence: next()?.parse().unwrap(),
        position: next()?.parse().unwrap(),
    })
}

/// The child.
fn write_until_killed(file: &Path, cycle: u64) -> ! {
    let mut options = SqliteOptions::default();
    // Small, so that it also dies while the log is emptied and begun anew.
    options.wal_target = 256 << 10;
    options.wal_limit = 2 << 20;
    let store = Arc::new(SqliteStore::open(file, options).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = visitors()
            .into_iter()
            .enumerate()
            .map(|(writer, visitor)| tokio::spawn(write_forever(Arc::clone(&store), cycle, writer, visitor)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    unreachable!("it writes until it is killed")
}

async fn write_forever(store: Arc<SqliteStore>, cycle: u64, writer: usize, visitor: Visitor) {
    let sample = Sample::new();
    if store.contact(visitor.contact.id).await.unwrap().is_none() {
        let mut change = sample.change();
        visitor.add_to(&mut change);
        store.commit(change).await.unwrap();
    }
    let (clock, ids) = (ManualClock::default(), SeededIds::new(cycle << 32 | (writer as u64) << 16));
    loop {
        let mut message = sample.says(&visitor, "written to be there after the death of whoever wrote it");
        message.id = MessageId::new(&clock, &ids);
        let mut change = sample.writing([message.clone()]);
        let key = InboxKey {
            scope: writer.to_string(),
            kind: "message".to_owned(),
            provider_time: None,
            external_id: message.id.to_string(),
        };
        change.inbox.push(InboxEntry { key, message: Some(message.id) });
        let kept = store.commit(change).await.unwrap();
        let kept = kept.messages().next().unwrap();
        let line = format!("kept {writer} {} {} {} .\n", kept.id, kept.sequence, kept.position);
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
}

/// The parent, after each death.
async fn check(place: &Place, answered: &[Answered]) {
    let store = place.open();
    let visitors = visitors();
    for Answered { writer, id, sequence, position } in answered {
        let message =
            store.message(*id).await.unwrap().unwrap_or_else(|| panic!("{id} was answered and is gone"));
        let visitor = &visitors[*writer];
        let found = (message.thread, message.sequence, message.position, message.author);
        assert_eq!(found, (visitor.thread.id, *sequence, *position, Author::Contact(visitor.point.id)));
    }
    let mut messages = 0;
    for visitor in &visitors {
        messages += check_thread(&*store, visitor.thread.id, visitor.point.id).await;
    }
    let totals = store.totals().await.unwrap();
    assert_eq!((totals.messages, totals.inbox), (messages, messages), "whole changes only");
    let journal = store.journal(0, usize::MAX).await.unwrap();
    let positions = journal.iter().map(|record| record.position);
    assert!(positions.eq(1..=totals.position), "a gap in the journal");
    store.close().await.unwrap();

    let connection = Connection::open(place.file()).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let loose = connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!loose, "a row refers to nothing");
}

async fn check_thread(store: &dyn Store, thread: ThreadId, point: ContactPointId) -> u64 {
    let messages = store.messages(thread, 0, usize::MAX).await.unwrap();
    let sequences = messages.iter().map(|message| message.sequence);
    let number = messages.len() as u64;
    assert!(sequences.eq(1..=number), "a gap in a thread");
    assert!(messages.iter().all(|message| message.author == Author::Contact(point)));
    number
}
