//! The contract of stores, kept by this one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use parlor_store::Store;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{DurableHarness, StoreHarness};
use tempfile::TempDir;

/// Files in a folder of their own, gone with it.
struct Files {
    folder: TempDir,
    made: AtomicUsize,
    last: Mutex<PathBuf>,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: AtomicUsize::new(0), last: Mutex::default() }
    }

    fn open_last(&self) -> Arc<dyn Store> {
        let path = self.last.lock().unwrap().clone();
        Arc::new(SqliteStore::open(path, SqliteOptions::default()).unwrap())
    }
}

#[async_trait::async_trait]
impl StoreHarness for Files {
    async fn open(&self) -> Arc<dyn Store> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap() = self.folder.path().join(format!("{number}.db"));
        self.open_last()
    }
}

#[async_trait::async_trait]
impl DurableHarness for Files {
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        assert_eq!(self.made.load(Ordering::Relaxed), 1, "it is clear which one");
        drop(store);
        self.open_last()
    }
}

parlor_testkit::store_conformance!(Files::new());
