//! The checks find what is wrong on purpose: a disk that lies, and a store that does not wait for the disk.

use std::sync::Arc;

use parlor_model::{AccountName, Timestamp};
use parlor_sqlite_vfs::{Disk, VFS};
use parlor_store::{ChangeSet, DeadLetter, DocumentWrite};
use rusqlite::{Connection, OpenFlags, params};

use crate::check::{check, check_file};
use crate::history::{Asked, History, mark, write};
use crate::{FILE, open, run};

/// How many cuts each of the wrong ones gets.
const CUTS: u64 = 60;

/// How many cuts of moments of a history are found to be wrong.
fn found(disk: &Disk, history: &History, images: &[parlor_sqlite_vfs::Image]) -> u64 {
    assert!(!disk.path(FILE).exists(), "it is on no disk of the machine");
    let wrong = |seed: &u64| {
        let image = &images[usize::try_from(*seed).unwrap() * images.len() / usize::try_from(CUTS).unwrap()];
        let after = image.power_cut(*seed);
        let look = async {
            let store = open(&after).map_err(|error| error.to_string())?;
            check(history, &store, image.changes()).await?;
            store.close().await.map_err(|error| error.to_string())
        };
        run(look).and_then(|()| check_file(&after)).is_err()
    };
    (0..CUTS).filter(wrong).count() as u64
}

#[test]
fn a_disk_that_lies_is_found_out() {
    let disk = Disk::new();
    drop(open(&disk).unwrap());
    disk.lie();
    let (history, images) = write(&disk, 12, 1);
    let found = found(&disk, &history, &images);
    assert!(found > CUTS / 2, "{found} of {CUTS}");
}

/// What a store would do that writes whole changes and does not wait for the disk, or does.
fn write_with(synchronous: &str) -> (Disk, History, Vec<parlor_sqlite_vfs::Image>) {
    let disk = Disk::new();
    drop(open(&disk).unwrap());
    disk.record(3, 1);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags_and_vfs(disk.path(FILE), flags, VFS).unwrap();
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 40).unwrap();
    let mut history = History::new();
    for number in 0..100 {
        let writer = usize::try_from(number).unwrap() % history.writers.len();
        let asked = &mut history.writers[writer].asked;
        let key = mark(writer, asked.len());
        let mut changes = ChangeSet::at(Timestamp::UNIX_EPOCH);
        let raw: Vec<u8> = vec![u8::try_from(number).unwrap(); 700];
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        connection.execute("INSERT INTO documents VALUES (?1, ?2, 1, '')", [&key.kind, &key.key]).unwrap();
        let sql = "INSERT INTO dead_letters (account, reason, at, raw) VALUES ('main', '', 0, ?1)";
        connection.execute(sql, params![raw]).unwrap();
        connection.execute("UPDATE workspace SET dead_letters = dead_letters + 1", []).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        changes.documents.push(DocumentWrite { key, expected_version: Some(0), body: Some(String::new()) });
        changes.dead_letters.push(DeadLetter {
            account: AccountName::new("main").unwrap(),
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            raw,
        });
        asked.push(Arc::new(Asked { changes: Arc::new(changes), answered: Some(disk.changes()) }));
    }
    let mut images = disk.recorded();
    images.push(disk.image());
    (disk, history, images)
}

#[test]
fn g01_a_store_that_does_not_wait_for_the_disk_is_found_out() {
    let (disk, history, images) = write_with("NORMAL");
    let loses = found(&disk, &history, &images);
    assert!(loses > CUTS / 4, "{loses} of {CUTS}");
    let (disk, history, images) = write_with("FULL");
    assert_eq!(found(&disk, &history, &images), 0, "the same store, when it waits");
}
