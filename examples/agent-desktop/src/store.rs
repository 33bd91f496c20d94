use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use parlor::blob::Blobs;
use parlor::postgres::{PostgresOptions, PostgresStore};
use parlor::sqlite::{SqliteOptions, SqliteStore};
use parlor::store::{BlobStore, MemoryStore, Store};

use crate::fatal::Fatal;

/// What is added to the name of the file for the folder beside it.
const FILES: &str = "-files";

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    Sqlite(PathBuf),
    Memory,
    Postgres(PostgresAddress),
}

/// The connection string of a database. It may hold a password, so that nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresAddress(String);

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresAddress(..)")
    }
}

impl FromStr for StoreChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(PostgresAddress(text.to_owned()))),
            None if text == "memory" => Ok(Self::Memory),
            Some(_) | None => Err("give sqlite:PATH, postgres://… or memory".to_owned()),
        }
    }
}

/// An open store, and how to close it.
pub(crate) struct OpenStore {
    pub(crate) store: Arc<dyn Store>,
    /// The bytes of attachments: in a folder, or gone with the process like everything else.
    pub(crate) blobs: Arc<dyn BlobStore>,
    closes: Closes,
}

/// What has to be closed at the end.
enum Closes {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
    Nothing,
}

impl OpenStore {
    /// Opens it, with the files of attachments in the folder that was named, or where they belong without one.
    pub(crate) async fn open(choice: Option<&StoreChoice>, files: Option<&Path>) -> Result<Self, Fatal> {
        match choice {
            Some(StoreChoice::Memory) => Ok(Self {
                store: Arc::new(MemoryStore::new()),
                blobs: match files {
                    Some(folder) => blobs_in(folder)?,
                    None => Arc::new(Blobs::memory()),
                },
                closes: Closes::Nothing,
            }),
            Some(StoreChoice::Postgres(address)) => Self::postgres(address, files).await,
            Some(StoreChoice::Sqlite(path)) => Self::sqlite(path, files),
            None => Self::sqlite(&data_folder()?.join("agent-desktop.db"), files),
        }
    }

    fn sqlite(path: &Path, files: Option<&Path>) -> Result<Self, Fatal> {
        let store = SqliteStore::open(path, SqliteOptions::default())
            .map_err(|source| Fatal::Store { store: path.display().to_string(), source })?;
        let store = Arc::new(store);
        let mut beside = path.as_os_str().to_owned();
        beside.push(FILES);
        let blobs = blobs_in(files.unwrap_or(Path::new(&beside)))?;
        Ok(Self { store: Arc::clone(&store) as _, blobs, closes: Closes::Sqlite(store) })
    }

    async fn postgres(address: &PostgresAddress, files: Option<&Path>) -> Result<Self, Fatal> {
        let options = PostgresOptions::default();
        // Several nodes of one workspace need one folder: the one that is named.
        let folder = match files {
            Some(folder) => folder.to_owned(),
            None => data_folder()?.join(format!("{}{FILES}", options.schema)),
        };
        let blobs = blobs_in(&folder)?;
        let store = PostgresStore::open(&address.0, options)
            .await
            .map_err(|source| Fatal::Store { store: "in PostgreSQL".to_owned(), source })?;
        for warning in store.warnings() {
            tracing::warn!(?warning, "the database");
        }
        let store = Arc::new(store);
        Ok(Self { store: Arc::clone(&store) as _, blobs, closes: Closes::Postgres(store) })
    }

    /// Writes what is waiting and lets go of the store.
    pub(crate) async fn close(self) {
        let closed = match self.closes {
            Closes::Sqlite(store) => store.close().await,
            Closes::Postgres(store) => store.close().await,
            Closes::Nothing => Ok(()),
        };
        if let Err(error) = closed {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }
}

fn blobs_in(folder: &Path) -> Result<Arc<dyn BlobStore>, Fatal> {
    let blobs = Blobs::folder(folder)
        .map_err(|source| Fatal::Io { what: format!("{} cannot be used", folder.display()), source })?;
    Ok(Arc::new(blobs))
}

/// The user's data folder.
fn data_folder() -> Result<PathBuf, Fatal> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .ok_or(Fatal::NoDataFolder)?
        .join("parlor");
    std::fs::create_dir_all(&folder)
        .map_err(|source| Fatal::Io { what: folder.display().to_string(), source })?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_scheme() {
        assert_eq!("memory".parse(), Ok(StoreChoice::Memory));
        assert_eq!("sqlite:a/b.db".parse(), Ok(StoreChoice::Sqlite("a/b.db".into())));
        let postgres = "postgres://me:secret@host/db".parse::<StoreChoice>().unwrap();
        assert!(matches!(&postgres, StoreChoice::Postgres(address) if address.0.ends_with("host/db")));
        assert!(!format!("{postgres:?}").contains("secret"));
        assert!("sqlite:".parse::<StoreChoice>().is_err());
        assert!("redis://x".parse::<StoreChoice>().is_err());
    }
}
