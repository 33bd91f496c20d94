use std::sync::Arc;

use parlor_store::{ChangeSet, CommitError, Committed, StoreError};
use parlor_store_postgres::{PostgresError, PostgresOptions, PostgresStore};
use tokio::task::JoinSet;

use crate::server::{DEADLINE, Server, patient};

/// Runs on two threads: what races, races for real.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, test).await.expect("the test hangs") })
}

/// A workspace in a new schema of the shared server, and its options.
pub(crate) async fn fresh(server: &Server) -> (Arc<PostgresStore>, PostgresOptions) {
    let options = patient(Server::fresh_schema());
    (open(&server.address(), &options).await, options)
}

pub(crate) async fn open(address: &str, options: &PostgresOptions) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(address, options.clone()).await.unwrap())
}

/// What stands in an error of this store.
pub(crate) fn cause(error: &StoreError) -> &PostgresError {
    match error {
        StoreError::Backend(cause) => {
            cause.downcast_ref().unwrap_or_else(|| panic!("another error: {cause}"))
        }
        other => panic!("not from the database: {other}"),
    }
}

/// Commits changes at the same time, and gives the answers in order of the changes.
pub(crate) async fn commit_together(
    store: &Arc<PostgresStore>,
    changes: impl IntoIterator<Item = ChangeSet>,
) -> Vec<Result<Committed, CommitError>> {
    use parlor_store::Store;
    let mut tasks = JoinSet::new();
    for (number, change) in changes.into_iter().enumerate() {
        let store = Arc::clone(store);
        tasks.spawn(async move { (number, store.commit(change).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
