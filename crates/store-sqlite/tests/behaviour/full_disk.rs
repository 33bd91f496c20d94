//! A disk of the operating system that is full.

use std::path::Path;
use std::process::Command;

use parlor_store::{CommitError, Store, StoreError};
use parlor_store_sqlite::{SqliteError, SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::Sample;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::run;

/// A small file system in memory, gone with it.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where it cannot be made: only the superuser may.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        mount(&["-t", "tmpfs", "-o", "size=1500k", "parlor"], folder.path()).then_some(Self(folder))
    }

    fn grow(&self) {
        assert!(mount(&["-o", "remount,size=32m"], self.0.path()), "it could be made and cannot grow");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(self.0.path()).status().is_ok_and(|status| status.success());
        assert!(gone, "{} stays mounted", self.0.path().display());
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(arguments).arg(folder).stderr(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn g14_a_full_disk_refuses_and_loses_nothing() {
    let Some(disk) = SmallDisk::new() else {
        assert!(std::env::var_os("PARLOR_REQUIRE_ALL").is_none(), "the superuser can make a small disk");
        println!("not run: a disk that fills up; run as the superuser");
        return;
    };
    let file = disk.0.path().join("workspace.db");
    let mut options = SqliteOptions::default();
    options.wal_target = 256 << 10;
    run(async {
        let store = SqliteStore::open(&file, options.clone()).unwrap();
        let sample = Sample::new();
        let visitor = sample.visitor_in(&store).await;
        let mut answered = Vec::new();
        let mut refused = 0;
        while refused < 20 {
            let message = sample.says(&visitor, &"a long story ".repeat(100));
            let id = message.id;
            match store.commit(sample.receiving(&sample.inbox_key(), message)).await {
                Ok(_) => answered.push(id),
                Err(CommitError::Store(StoreError::Backend(error))) => {
                    let error = error.downcast_ref::<SqliteError>().unwrap();
                    let typed = matches!(error, SqliteError::NotKept(_) | SqliteError::OutcomeUnknown(_));
                    assert!(typed, "{error:?}");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
            assert!(answered.len() < 10_000, "the disk is never full");
        }
        let there = store.messages(visitor.thread.id, 0, usize::MAX).await.unwrap();
        assert!(answered.iter().all(|id| there.iter().any(|message| message.id == *id)), "reading goes on");

        disk.grow();
        let message = sample.says(&visitor, "there is room again");
        answered.push(message.id);
        store.commit(sample.receiving(&sample.inbox_key(), message)).await.unwrap();
        store.close().await.unwrap();
        let store = SqliteStore::open(&file, options).unwrap();
        let there = store.messages(visitor.thread.id, 0, usize::MAX).await.unwrap();
        assert!(answered.iter().all(|id| there.iter().any(|message| message.id == *id)));
        assert!(there.iter().map(|message| message.sequence).eq(1..=there.len() as u64));
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.messages, totals.inbox), (there.len() as u64, there.len() as u64));
        store.close().await.unwrap();
    });
    let connection = Connection::open(&file).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    drop(connection);
}
