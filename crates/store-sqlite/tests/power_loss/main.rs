//! What was answered survives the loss of power, and a disk that fails leaves nothing half done.
//!
//! The shipped store runs on a disk in memory (`parlor-sqlite-vfs`) that loses, keeps and tears what was not synced. The
//! long form is chosen with `PARLOR_DEEP=1`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod cuts;
mod faults;
mod history;
mod wrong;

use std::sync::Arc;
use std::time::Duration;

use parlor_sqlite_vfs::{Disk, VFS};
use parlor_store::StoreError;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};

/// The file of the store on each disk.
const FILE: &str = "workspace.db";

/// Small, so that a short history meets everything: a log that is emptied, a cache that is too small, messages that are
/// indexed while others are written.
fn options() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.readers = 1;
    options.group = 8;
    options.wal_target = 96 << 10;
    options.wal_limit = 2 << 20;
    options.writer_cache = 256 << 10;
    options.reader_cache = 64 << 10;
    options.index_pause = Some(Duration::from_millis(1));
    options.vfs = Some(VFS.to_owned());
    options
}

/// A store that does nothing but what it is asked for.
fn open_quietly(disk: &Disk) -> Result<Arc<SqliteStore>, StoreError> {
    let mut options = options();
    options.index_pause = None;
    SqliteStore::open(disk.path(FILE), options).map(Arc::new)
}

fn open(disk: &Disk) -> Result<Arc<SqliteStore>, StoreError> {
    SqliteStore::open(disk.path(FILE), options()).map(Arc::new)
}

/// Runs on one thread, beside those of the store.
fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

/// Whether the long form was asked for.
fn is_deep() -> bool {
    std::env::var_os("PARLOR_DEEP").is_some()
}
