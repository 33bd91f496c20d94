//! The reference store keeps the contract that it defines.

use std::sync::Arc;

use parlor_store::{MemoryStore, Store};
use parlor_testkit::store_suite::StoreHarness;

struct InMemory;

#[async_trait::async_trait]
impl StoreHarness for InMemory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }
}

parlor_testkit::store_conformance!(volatile InMemory);
