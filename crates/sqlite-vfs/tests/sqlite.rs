//! SQLite on a disk in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use parlor_sqlite_vfs::{Disk, Failure, Fault, Image, Operation, VFS};
use rusqlite::{Connection, ErrorCode, OpenFlags};

fn open(disk: &Disk) -> Connection {
    Connection::open_with_flags_and_vfs(disk.path("a.db"), OpenFlags::default(), VFS).unwrap()
}

/// A connection with a log, on which a commit is durable or is not.
fn connect(disk: &Disk, synchronous: &str) -> Connection {
    let connection = open(disk);
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS numbers (n INTEGER PRIMARY KEY)").unwrap();
    connection
}

fn numbers(disk: &Disk) -> i64 {
    let connection = open(disk);
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap()
}

fn insert(connection: &Connection, n: i64) -> rusqlite::Result<usize> {
    connection.execute("INSERT INTO numbers VALUES (?1)", [n])
}

fn after_cuts(image: &Image) -> BTreeSet<i64> {
    (0..200).map(|seed| numbers(&image.power_cut(seed))).collect()
}

#[test]
fn what_was_committed_durably_is_there_after_every_cut() {
    // With FULL the journal that was removed may come back, and takes the last commit with it.
    for (journal, synchronous) in [("WAL", "FULL"), ("DELETE", "EXTRA")] {
        let disk = Disk::new();
        let connection = connect(&disk, synchronous);
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", journal, |row| row.get(0)).unwrap();
        assert_eq!(mode, journal.to_lowercase());
        for n in 0..20 {
            insert(&connection, n).unwrap();
        }
        assert_eq!(after_cuts(&disk.image()), BTreeSet::from([20]), "{journal}");
    }
}

#[test]
fn what_was_not_synced_is_sometimes_there_and_sometimes_not() {
    let disk = Disk::new();
    let connection = connect(&disk, "NORMAL");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    for n in 0..20 {
        insert(&connection, n).unwrap();
    }
    assert!(disk.image().has_unsynced());
    let left = after_cuts(&disk.image());
    assert!(left.contains(&0) && left.contains(&20) && left.len() > 3, "{left:?}");
}

#[test]
fn a_disk_that_lies_loses_what_was_synced() {
    let disk = Disk::new();
    let connection = connect(&disk, "FULL");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    disk.lie();
    insert(&connection, 1).unwrap();
    assert_eq!(after_cuts(&disk.image()), BTreeSet::from([0, 1]));
}

#[test]
fn the_death_of_the_process_loses_nothing() {
    let disk = Disk::new();
    let connection = connect(&disk, "OFF");
    insert(&connection, 1).unwrap();
    assert_eq!(numbers(&disk.image().process_death()), 1);
}

#[test]
fn images_are_taken_while_the_disk_is_in_use() {
    let disk = Disk::new();
    disk.record(3, 1);
    let connection = connect(&disk, "FULL");
    let mut done = vec![disk.changes()];
    for n in 0..50 {
        insert(&connection, n).unwrap();
        done.push(disk.changes());
    }
    let images = disk.recorded();
    assert!(images.len() > 10, "{}", images.len());
    for (seed, image) in (0..).zip(images.iter().filter(|image| image.changes() >= done[0])) {
        let answered = done.iter().filter(|done| **done <= image.changes()).count() - 1;
        let left = usize::try_from(numbers(&image.power_cut(seed))).unwrap();
        assert!(left == answered || left == answered + 1, "{answered} were answered, {left} are left");
    }
    assert!(disk.recorded().is_empty());
}

#[test]
fn several_connections_share_a_log() {
    let disk = Disk::new();
    let writer = connect(&disk, "FULL");
    let reader = open(&disk);
    let count = || -> i64 { reader.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap() };
    assert_eq!(count(), 0);
    insert(&writer, 1).unwrap();
    assert_eq!(count(), 1);
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    insert(&writer, 2).unwrap();
    assert_eq!(count(), 1, "not committed");
    reader.busy_timeout(std::time::Duration::ZERO).unwrap();
    let busy = insert(&reader, 3).unwrap_err();
    assert_eq!(busy.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 2);
    // And from other threads.
    std::thread::scope(|scope| {
        for n in 10..14 {
            let disk = &disk;
            scope.spawn(move || {
                let connection = open(disk);
                (0..25).for_each(|i| assert_eq!(insert(&connection, n * 100 + i).unwrap(), 1));
            });
        }
    });
    assert_eq!(count(), 102);
}

#[test]
fn operations_are_counted_and_fail_when_asked_to() {
    let disk = Disk::new();
    let connection = connect(&disk, "FULL");
    let (writes, syncs) = (disk.count(Operation::Write), disk.count(Operation::Sync));
    insert(&connection, 1).unwrap();
    assert!(disk.count(Operation::Write) > writes);
    assert_eq!(disk.count(Operation::Sync), syncs + 1);
    let sum: u64 = Operation::ALL.iter().map(|operation| disk.count(*operation)).sum();
    assert_eq!(disk.operations(), sum);

    let expected = [
        (Operation::Write, Failure::Broken, ErrorCode::SystemIoFailure),
        (Operation::Write, Failure::Short, ErrorCode::SystemIoFailure),
        (Operation::Write, Failure::Full, ErrorCode::DiskFull),
        (Operation::Sync, Failure::Broken, ErrorCode::SystemIoFailure),
    ];
    for (operation, failure, code) in expected {
        let failed = disk.failed();
        disk.fail(Fault { operation: Some(operation), number: 1, lasting: false, failure });
        let error = insert(&connection, 2).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(code), "{operation:?} {failure:?}");
        assert_eq!(disk.failed(), failed + 1);
    }
    drop(connection);
    disk.fail(Fault { operation: Some(Operation::Open), number: 1, lasting: true, failure: Failure::Broken });
    Connection::open_with_flags_and_vfs(disk.path("a.db"), OpenFlags::default(), VFS).unwrap_err();
    disk.heal();
    assert_eq!(numbers(&disk), 1);
}

#[test]
fn a_removed_name_comes_back_unless_the_folder_was_synced() {
    let disk = Disk::new();
    let connection = connect(&disk, "FULL");
    insert(&connection, 1).unwrap();
    connection.close().unwrap();
    // The last connection removed the log, and nobody synced the folder.
    let logs: BTreeSet<_> = (0..50)
        .map(|seed| {
            let after = disk.image().power_cut(seed);
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
            let log = Connection::open_with_flags_and_vfs(after.path("a.db-wal"), flags, VFS);
            assert_eq!(numbers(&after), 1);
            log.is_ok()
        })
        .collect();
    assert_eq!(logs, BTreeSet::from([false, true]));
}

#[test]
fn what_is_on_no_disk_cannot_be_opened() {
    let flags = OpenFlags::default();
    for path in ["/0/a.db", "a.db", "/x/a.db"] {
        Connection::open_with_flags_and_vfs(path, flags, VFS).unwrap_err();
    }
    let gone = Disk::new().path("a.db");
    Connection::open_with_flags_and_vfs(gone, flags, VFS).unwrap_err();
}
