//! What may stand where the file should be.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use parlor_store::{OutboxClaim, PersonalPart, Store, StoreError};
use parlor_store_sqlite::{SqliteError, SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Planted, Sample};
use rusqlite::Connection;

use crate::support::{Place, run};

fn refusal(path: &Path) -> StoreError {
    SqliteStore::open(path, SqliteOptions::default()).unwrap_err()
}

#[track_caller]
fn assert_incompatible(path: &Path, expected: &str) {
    match refusal(path) {
        StoreError::Incompatible { detail } => assert!(detail.contains(expected), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_cannot_open(path: &Path) {
    match refusal(path) {
        StoreError::Backend(error) => {
            let error = error.downcast_ref::<SqliteError>().unwrap();
            assert!(matches!(error, SqliteError::CannotOpen { .. }), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_is_refused() {
    let place = Place::new();
    fs::create_dir(place.file()).unwrap();
    assert_incompatible(&place.file(), "is a folder");
    assert_incompatible(Path::new("/"), "is a folder");
}

#[test]
fn a_folder_that_is_missing_or_cannot_be_written_is_an_error() {
    let place = Place::new();
    assert_cannot_open(&place.beside("-missing").join("a.db"));
    fs::write(place.file(), "not a folder").unwrap();
    assert_cannot_open(&place.file().join("a.db"));
    assert_cannot_open(Path::new(""));
    // Nobody can make a file there, not even the superuser, whom permissions do not stop.
    #[cfg(target_os = "linux")]
    assert_cannot_open(Path::new("/proc/parlor.db"));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let place = Place::new();
    let text = "my shopping list\n".repeat(100);
    fs::write(place.file(), &text).unwrap();
    assert_incompatible(&place.file(), "not a SQLite database");
    assert_eq!(fs::read_to_string(place.file()).unwrap(), text);
}

#[test]
fn a_database_of_another_application_is_refused_and_kept() {
    let place = Place::new();
    Connection::open(place.file()).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = fs::read(place.file()).unwrap();
    assert_incompatible(&place.file(), "another application");
    assert_eq!(fs::read(place.file()).unwrap(), before);
    // One that says who it is, even when it is empty.
    let place = Place::new();
    Connection::open(place.file()).unwrap().execute_batch("PRAGMA application_id = 77").unwrap();
    assert_incompatible(&place.file(), "another application");
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let place = Place::new();
    drop(place.open());
    let history = "INSERT INTO schema_history VALUES (99, 'later', '2027-01-01T00:00:00Z', '1')";
    Connection::open(place.file()).unwrap().execute_batch(history).unwrap();
    assert_incompatible(&place.file(), "schema version 99");
}

#[test]
fn a_file_whose_schema_was_changed_by_others_is_refused() {
    let place = Place::new();
    drop(place.open());
    let change = |sql: &str| Connection::open(place.file()).unwrap().execute_batch(sql).unwrap();
    change("UPDATE schema_history SET checksum = '1'");
    assert_incompatible(&place.file(), "is different");
    change("UPDATE schema_history SET checksum = 'x'");
    assert!(matches!(refusal(&place.file()), StoreError::Corrupt { .. }));
}

/// What the migrations after the second made, taken back: a file as the version before them left it.
const AS_BEFORE_LEASES: &str = "
    DROP INDEX outbox_unfinished; DROP INDEX outbox_sent_as; DROP INDEX outbox_waiting; DROP INDEX outbox_before; DROP INDEX outbox_in_flight; DROP INDEX outbox_of_message;
    ALTER TABLE outbox DROP COLUMN worker; ALTER TABLE outbox DROP COLUMN lease_until;
    ALTER TABLE outbox DROP COLUMN place;
    DROP TABLE audit; DROP TABLE document_owners; DROP INDEX requests_for;
    ALTER TABLE contacts DROP COLUMN erased;
    ALTER TABLE threads DROP COLUMN ends_at;
    DELETE FROM schema_history WHERE version > 2;";

#[test]
fn a_file_of_an_earlier_version_becomes_what_this_one_needs() {
    let place = Place::new();
    run(async {
        let sample = Sample::new();
        let store = place.open();
        let ann = Planted::in_store(&sample, &*store, "quokka").await;
        store.close().await.unwrap();
        Connection::open(place.file()).unwrap().execute_batch(AS_BEFORE_LEASES).unwrap();

        let store = place.open();
        let claim = OutboxClaim {
            worker: "one".to_owned(),
            now: sample.now(),
            ttl: Duration::from_secs(1),
            limit: usize::MAX,
        };
        let claimed = store.claim_outbox(&claim).await.unwrap();
        assert_eq!(claimed.len(), 1, "what waited is given out");
        let erased = store.erase(&ann.erasure(&sample)).await.unwrap().unwrap();
        assert!(erased.rows[&PersonalPart::Messages] > 0);
        assert_eq!(erased.rows[&PersonalPart::Documents], 0, "nobody had said whose they were");
        store.close().await.unwrap();
    });
}

#[test]
fn g13_opening_can_be_interrupted_and_repeated() {
    let empty = Place::new();
    fs::write(empty.file(), "").unwrap();
    drop(empty.open());
    // Marked as ours, and nothing else yet.
    let marked = Place::new();
    Connection::open(marked.file()).unwrap().execute_batch("PRAGMA application_id = 0x5041524C").unwrap();
    drop(marked.open());
    // The table of migrations is made in a transaction of its own.
    let begun = Place::new();
    let sql = "PRAGMA application_id = 0x5041524C;
               CREATE TABLE schema_history (version int4 PRIMARY KEY, name VARCHAR(255),
                                            applied_on VARCHAR(255), checksum VARCHAR(255));";
    Connection::open(begun.file()).unwrap().execute_batch(sql).unwrap();
    drop(begun.open());
}

#[test]
fn damage_is_found_after_a_crash() {
    let place = Place::new();
    run(async {
        let store = place.open();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&*store).await;
        for _ in 0..200 {
            store.commit(sample.writing([sample.says(&visitor, &"hello ".repeat(50))])).await.unwrap();
        }
        store.close().await.unwrap();
    });
    let mut bytes = fs::read(place.file()).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xA5);
    fs::write(place.file(), bytes).unwrap();
    // A log that was not taken back into the file is what a crash leaves behind.
    fs::write(place.beside("-wal"), [0; 32]).unwrap();
    match refusal(&place.file()) {
        StoreError::Corrupt { detail } => assert!(!detail.contains("hello"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

/// Names the file that another process is to open.
const CHILD: &str = "PARLOR_SECOND_OPEN";

#[test]
fn a_file_is_used_by_one_process_at_a_time() {
    if let Some(path) = std::env::var_os(CHILD) {
        // The other process: it says how it fared by failing or not.
        assert_incompatible(Path::new(&path), "in use");
        return;
    }
    let place = Place::new();
    let store = place.open();
    assert_incompatible(&place.file(), "in use");
    let second = |file: &Path| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "files::a_file_is_used_by_one_process_at_a_time"])
            .env(CHILD, file)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(second(&place.file()), "another process is refused");
    #[cfg(unix)]
    {
        let link = place.beside(".link");
        std::os::unix::fs::symlink(place.file(), &link).unwrap();
        assert!(second(&link), "also when it comes by another name");
    }
    drop(store);
    assert!(!second(&place.file()), "and can open it when it is free");
}
