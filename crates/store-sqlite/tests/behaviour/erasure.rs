//! What is erased is gone from the files, not only from the answers.

use std::fs;
use std::path::Path;

use parlor_store::{ChangeSet, Erasure, Expiry, MessageSearch, Store};
use parlor_store_sqlite::SqliteOptions;
use parlor_testkit::store_suite::{Planted, Sample};
use rusqlite::Connection;

use crate::support::{Place, run};

/// A word that stands nowhere by itself.
const CANARY: &str = "Zyzzyva7canary";

/// How often the word stands in the files of a store, as it was written and as it is searched for.
fn found_in(folder: &Path) -> Vec<(String, usize)> {
    let lower = CANARY.to_lowercase();
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let bytes = fs::read(&file).unwrap();
        let count = |word: &str| bytes.windows(word.len()).filter(|part| *part == word.as_bytes()).count();
        let number = count(CANARY) + count(&lower);
        if number > 0 {
            found.push((file.file_name().unwrap().to_string_lossy().into_owned(), number));
        }
    }
    found
}

fn unhurried() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.index_pause = None;
    options
}

#[test]
fn g23_no_byte_of_what_was_erased_is_left_in_any_file() {
    for index_first in [true, false] {
        let place = Place::new();
        let store = place.open_with(unhurried());
        run(async {
            let sample = Sample::new();
            let ann = Planted::in_store(&sample, &*store, CANARY).await;
            // So much that pages are split and moved, with others' words between.
            let bob = sample.visitor_in(&*store).await;
            for number in 0..300 {
                let long = format!("{CANARY} {number} ").repeat(1 + number % 40);
                let others = "somebody else's words ".repeat(1 + number % 7);
                let said = [sample.says(&ann.visitor, &long), sample.says(&bob, &others)];
                store.commit(sample.writing(said)).await.unwrap();
            }
            if index_first {
                store.finish_index().await.unwrap();
            }
            let folder = place.file().parent().unwrap().to_owned();
            assert!(!found_in(&folder).is_empty(), "it was planted");
            let erased = store.erase(&ann.erasure(&sample)).await.unwrap().unwrap();
            assert!(erased.rows.values().sum::<u64>() > 300);
            assert_eq!(found_in(&folder), []);
            store.finish_index().await.unwrap();
            let others = store.search(&MessageSearch::new("somebody words", usize::MAX)).await.unwrap();
            assert_eq!(others.messages.len(), 300);
            let gone = store.search(&MessageSearch::new("canary", usize::MAX)).await.unwrap();
            assert_eq!(gone.messages, []);
            store.close().await.unwrap();
            assert_eq!(found_in(&folder), []);
        });
        let file = Connection::open(place.file()).unwrap();
        let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let sql = "INSERT INTO message_search (message_search) VALUES ('integrity-check')";
        file.execute(sql, []).unwrap();
        // A piece that only the erased words had.
        let sql = "SELECT count(*) FROM message_search WHERE message_search MATCH '\"zyz\"'";
        let left: i64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}

#[test]
fn g23_what_is_too_old_is_gone_from_the_files_too() {
    let place = Place::new();
    let store = place.open_with(unhurried());
    run(async {
        let sample = Sample::new();
        let ann = sample.visitor_in(&*store).await;
        for _ in 0..50 {
            store.commit(sample.writing([sample.says(&ann, CANARY)])).await.unwrap();
        }
        let now = sample.now();
        let expiry = Expiry {
            dead_letters_before: Some(now),
            messages_before: Some(now),
            after: 0,
            limit: 1_000,
            pending: None,
        };
        assert_eq!(store.expire(&expiry).await.unwrap().messages, 50);
        assert_eq!(found_in(place.file().parent().unwrap()), []);
        store.close().await.unwrap();
    });
}

#[test]
fn g23_an_erasure_of_nobody_changes_nothing() {
    let place = Place::new();
    let store = place.open();
    run(async {
        let sample = Sample::new();
        let erasure = Erasure { contact: sample.id(), at: sample.now(), audit: Vec::new(), pending: None };
        assert_eq!(store.erase(&erasure).await.unwrap(), None);
        store.commit(ChangeSet::default()).await.unwrap();
        store.close().await.unwrap();
    });
}

/// What becomes of a column when the contact is erased whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Emptied, or the row is removed.
    Erased,
    /// Ids, places, moments, and names of the workspace's own: it says nothing of anybody.
    Kept,
}

/// Every column that can hold words or bytes. A new one has to be put here, and so thought about.
const COLUMNS: &[(&str, &[(&str, Fate)])] = {
    use Fate::{Erased, Kept};
    &[
        ("agent_loads", &[("agent", Kept), ("class", Kept)]),
        ("agents", &[("name", Kept), ("readiness", Kept)]),
        ("alerts", &[("agent", Kept), ("contact", Kept), ("id", Kept), ("kind", Kept), ("message", Kept)]),
        ("assignments", &[("agent", Erased), ("contact", Erased)]),
        (
            "audit",
            &[
                ("actor", Kept),
                ("after", Kept),
                ("before", Kept),
                ("contact", Kept),
                ("hash", Kept),
                ("object", Kept),
                ("previous", Kept),
                ("salt", Erased),
                ("salt_seal", Kept),
                ("verb", Kept),
            ],
        ),
        ("consent", &[("evidence", Erased), ("point", Kept), ("purpose", Kept), ("state", Kept)]),
        ("contact_aliases", &[("contact", Erased), ("shown_as", Erased)]),
        (
            "contact_points",
            &[
                ("address", Erased),
                ("contact", Kept),
                ("display_name", Erased),
                ("id", Kept),
                ("kind", Kept),
                ("scope", Kept),
            ],
        ),
        ("contacts", &[("display_name", Erased), ("fields", Erased), ("id", Kept)]),
        ("dead_letters", &[("account", Kept), ("raw", Erased), ("reason", Erased)]),
        (
            "document_owners",
            &[("blobs", Erased), ("contact", Erased), ("key", Erased), ("kind", Erased), ("message", Erased)],
        ),
        ("documents", &[("body", Erased), ("key", Erased), ("kind", Erased)]),
        // A keyed hash: known again, and nobody's name.
        ("inbox", &[("message", Kept)]),
        ("interaction_events", &[("recorded", Erased)]),
        ("interactions", &[("id", Kept), ("snapshot", Erased), ("state", Kept)]),
        ("journal", &[("agent", Kept), ("contact", Kept)]),
        ("leases", &[("holder", Kept), ("name", Kept)]),
        (
            "messages",
            &[
                ("author_name", Kept),
                ("author_point", Kept),
                ("body", Erased),
                ("id", Kept),
                ("parent", Kept),
                ("provider_id", Erased),
            ],
        ),
        ("observations", &[("reason", Erased)]),
        ("offers", &[("agent", Kept), ("id", Kept)]),
        (
            "outbox",
            &[
                ("channel", Erased),
                ("id", Erased),
                ("message", Erased),
                ("provider_id", Erased),
                ("reason", Erased),
                ("state", Erased),
                ("thread", Erased),
                ("worker", Erased),
            ],
        ),
        ("post_authors", &[("point", Kept)]),
        ("read_markers", &[("agent", Kept)]),
        ("requests", &[("agent", Kept), ("fingerprint", Erased), ("id", Kept), ("resource", Kept)]),
        ("schema_history", &[]),
        ("search_index", &[]),
        ("threads", &[("channel", Kept), ("id", Kept), ("point", Kept), ("post", Kept)]),
        ("timers", &[("timer", Kept)]),
        ("workspace", &[("inbox_secret", Kept)]),
    ]
};

/// A table that is added, or a column with words, fails here until somebody has said what an erasure does with it.
#[test]
fn g23_every_column_with_words_is_registered() {
    let place = Place::new();
    run(async { place.open().close().await.unwrap() });
    let file = Connection::open(place.file()).unwrap();
    let sql = "SELECT t.name, c.name, c.type FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
               WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite_%'
               ORDER BY t.name, c.name";
    let mut statement = file.prepare(sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Vec<(String, String, String)> =
        statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    for (table, column, kind) in found {
        // The index holds pieces of three letters: what it does at an erasure is tested above.
        if table.starts_with("message_search") {
            continue;
        }
        if columns.last().is_none_or(|(last, _)| *last != table) {
            columns.push((table.clone(), Vec::new()));
        }
        // The history of the schema is the library's own.
        if kind != "INTEGER" && table != "schema_history" {
            columns.last_mut().unwrap().1.push(column);
        }
    }
    let registered: Vec<(String, Vec<String>)> = COLUMNS
        .iter()
        .map(|(table, columns)| {
            ((*table).to_owned(), columns.iter().map(|(column, _)| (*column).to_owned()).collect())
        })
        .collect();
    assert_eq!(columns, registered);
}

/// What the register says of a column is true: with every part planted, nothing is left where it says so.
#[test]
fn g23_no_column_keeps_a_word_wherever_it_was_planted() {
    let place = Place::new();
    run(async {
        let store = place.open_with(unhurried());
        let sample = Sample::new();
        let ann = Planted::in_store(&sample, &*store, CANARY).await;
        store.close().await.unwrap();
        let planted = mentioning(&place);
        let store = place.open_with(unhurried());
        store.erase(&ann.erasure(&sample)).await.unwrap().unwrap();
        store.close().await.unwrap();
        assert_eq!(mentioning(&place), Vec::<String>::new());
        for (table, columns) in COLUMNS {
            for (column, fate) in *columns {
                let name = format!("{table}.{column}");
                assert!(
                    *fate == Fate::Erased || !planted.contains(&name),
                    "{name} held a word, and is said to hold none"
                );
            }
        }
        assert!(planted.len() > 12, "{planted:?}");
    });
}

/// The columns that hold the word.
fn mentioning(place: &Place) -> Vec<String> {
    let file = Connection::open(place.file()).unwrap();
    let mut found = Vec::new();
    for (table, columns) in COLUMNS {
        for (column, _) in *columns {
            let sql = format!(
                "SELECT count(*) FROM {table} WHERE instr(CAST({column} AS BLOB), CAST(?1 AS BLOB)) > 0"
            );
            let rows: i64 = file.query_row(&sql, [CANARY], |row| row.get(0)).unwrap();
            if rows > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found
}
