//! The contract of stores, kept by this one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod server;

use std::sync::{Arc, Mutex};

use parlor_store::Store;
use parlor_store_postgres::PostgresStore;
use parlor_testkit::store_suite::{self, DurableHarness, StoreHarness};

use self::server::{Server, patient};

/// Schemas of one server.
struct Schemas {
    server: &'static Server,
    last: Mutex<String>,
}

impl Schemas {
    fn new() -> Option<Self> {
        Server::shared().map(|server| Self { server, last: Mutex::default() })
    }

    async fn open_last(&self) -> Arc<dyn Store> {
        let options = patient(self.last.lock().unwrap().clone());
        Arc::new(PostgresStore::open(&self.server.address(), options).await.unwrap())
    }
}

#[async_trait::async_trait]
impl StoreHarness for Schemas {
    async fn open(&self) -> Arc<dyn Store> {
        *self.last.lock().unwrap() = Server::fresh_schema();
        self.open_last().await
    }
}

#[async_trait::async_trait]
impl DurableHarness for Schemas {
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        self.open_last().await
    }
}

/// As `store_conformance!` does, where there is a server.
macro_rules! on_a_server {
    ($run:ident $($case:ident)+) => {$(
        #[test]
        fn $case() {
            if let Some(schemas) = crate::Schemas::new() {
                crate::store_suite::$run(&schemas, crate::store_suite::cases::$case);
            }
        }
    )+};
}

mod each {
    macro_rules! volatile {
        ($($case:ident)+) => { on_a_server! { run $($case)+ } };
    }
    macro_rules! durable {
        ($($case:ident)+) => { on_a_server! { run_durable $($case)+ } };
    }
    parlor_testkit::for_each_store_case!(volatile);
    parlor_testkit::for_each_durable_store_case!(durable);
}
