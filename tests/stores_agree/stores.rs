use parlor::postgres::PostgresStore;
use parlor::sqlite::{SqliteOptions, SqliteStore};
use parlor_store::Store;
use tempfile::TempDir;

use crate::server::{DEADLINE, Server, memory, patient};

/// A new store of each kind that is compared with the reference store.
pub(super) struct Stores {
    sqlite: SqliteStore,
    /// `None` where there is no server.
    postgres: Option<PostgresStore>,
    /// Gone with them.
    _folder: TempDir,
}

impl Stores {
    /// Nothing is indexed in them unless the test asks for it.
    pub(super) async fn open() -> Self {
        // What is compared is not the disk.
        let within = memory().unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::tempdir_in(within).unwrap();
        let mut options = SqliteOptions::default();
        options.index_pause = None;
        let sqlite = SqliteStore::open(folder.path().join("workspace.db"), options).unwrap();
        let mut postgres = None;
        if let Some(server) = Server::shared() {
            let mut options = patient(Server::fresh_schema());
            options.index_pause = None;
            postgres = Some(PostgresStore::open(&server.address(), options).await.unwrap());
        }
        Self { sqlite, postgres, _folder: folder }
    }

    /// All of them, with their names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &dyn Store)> {
        let postgres = self.postgres.iter().map(|store| ("PostgreSQL", store as &dyn Store));
        [("SQLite", &self.sqlite as &dyn Store)].into_iter().chain(postgres)
    }

    /// Indexes what was written.
    pub(super) async fn finish_index(&self) {
        self.sqlite.finish_index().await.unwrap();
        if let Some(store) = &self.postgres {
            store.finish_index().await.unwrap();
        }
    }
}

pub(super) fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, test).await.expect("the stores hang") })
}
