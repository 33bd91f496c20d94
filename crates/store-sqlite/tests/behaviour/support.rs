use std::path::PathBuf;
use std::sync::Arc;

use parlor_store::{ChangeSet, CommitError, Committed, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// A folder with one file, gone with it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("workspace.db")
    }

    /// A file beside the database, such as its log.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.folder.path().join(format!("workspace.db{suffix}"))
    }

    pub(crate) fn open(&self) -> Arc<SqliteStore> {
        self.open_with(SqliteOptions::default())
    }

    pub(crate) fn open_with(&self, options: SqliteOptions) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(self.file(), options).unwrap())
    }
}

/// Runs on one thread, so that everything that is spawned together is asked for before anything is answered.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

/// Commits changes at the same time, and gives the answers in order of the changes.
pub(crate) async fn commit_together(
    store: &Arc<SqliteStore>,
    changes: impl IntoIterator<Item = ChangeSet>,
) -> Vec<Result<Committed, CommitError>> {
    let mut tasks = JoinSet::new();
    for (number, change) in changes.into_iter().enumerate() {
        let store = Arc::clone(store);
        tasks.spawn(async move { (number, store.commit(change).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
