//! The store keeps the contract of stores.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use custom_store::RedbStore;
use parlor::store::Store;
use parlor_testkit::store_suite::{DurableHarness, StoreHarness};
use tempfile::TempDir;

/// A folder with the file of one store.
struct Files {
    folder: TempDir,
    opened: AtomicUsize,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), opened: AtomicUsize::new(0) }
    }

    fn newest(&self) -> PathBuf {
        self.folder.path().join(format!("{}.redb", self.opened.load(Ordering::SeqCst)))
    }
}

#[async_trait::async_trait]
impl StoreHarness for Files {
    async fn open(&self) -> Arc<dyn Store> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        Arc::new(RedbStore::open(self.newest()).await.unwrap())
    }
}

#[async_trait::async_trait]
impl DurableHarness for Files {
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        Arc::new(RedbStore::open(self.newest()).await.unwrap())
    }
}

parlor_testkit::store_conformance!(Files::new());
