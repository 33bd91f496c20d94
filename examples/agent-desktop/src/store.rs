use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use parlor::blob::Blobs;
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
    Postgres,
}

impl FromStr for StoreChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            None if text == "memory" => Ok(Self::Memory),
            Some(_) | None => Err("give sqlite:PATH or memory".to_owned()),
        }
    }
}

/// An open store, and how to close it.
pub(crate) struct OpenStore {
    pub(crate) store: Arc<dyn Store>,
    /// The bytes of attachments: in a folder beside the file, or gone with the process like everything else.
    pub(crate) blobs: Arc<dyn BlobStore>,
    sqlite: Option<Arc<SqliteStore>>,
}

impl OpenStore {
    pub(crate) fn open(choice: Option<&StoreChoice>) -> Result<Self, Fatal> {
        match choice {
            Some(StoreChoice::Memory) => Ok(Self {
                store: Arc::new(MemoryStore::new()),
                blobs: Arc::new(Blobs::memory()),
                sqlite: None,
            }),
            Some(StoreChoice::Postgres) => Err(Fatal::NoPostgres),
            Some(StoreChoice::Sqlite(path)) => Self::sqlite(path),
            None => Self::sqlite(&default_file()?),
        }
    }

    fn sqlite(path: &PathBuf) -> Result<Self, Fatal> {
        let store = SqliteStore::open(path, SqliteOptions::default())
            .map_err(|source| Fatal::Store { store: path.display().to_string(), source })?;
        let store = Arc::new(store);
        let mut folder = path.clone().into_os_string();
        folder.push(FILES);
        let blobs = Blobs::folder(&folder)
            .map_err(|source| Fatal::Io { what: format!("{} cannot be used", folder.display()), source })?;
        Ok(Self { store: Arc::clone(&store) as Arc<dyn Store>, blobs: Arc::new(blobs), sqlite: Some(store) })
    }

    /// Writes what is waiting and lets go of the file.
    pub(crate) async fn close(self) {
        if let Some(sqlite) = self.sqlite
            && let Err(error) = sqlite.close().await
        {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }
}

/// The file in the user's data folder.
fn default_file() -> Result<PathBuf, Fatal> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .ok_or(Fatal::NoDataFolder)?
        .join("parlor");
    std::fs::create_dir_all(&folder)
        .map_err(|source| Fatal::Io { what: folder.display().to_string(), source })?;
    Ok(folder.join("agent-desktop.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_scheme() {
        assert_eq!("memory".parse(), Ok(StoreChoice::Memory));
        assert_eq!("sqlite:a/b.db".parse(), Ok(StoreChoice::Sqlite("a/b.db".into())));
        assert_eq!("postgres://host/db".parse(), Ok(StoreChoice::Postgres));
        assert!("sqlite:".parse::<StoreChoice>().is_err());
        assert!("redis://x".parse::<StoreChoice>().is_err());
    }
}
