//! The embedded store of Parlor: one workspace in one SQLite file.
//!
//! [`SqliteStore`] keeps the whole contract of [`Store`](parlor_store::Store) and is durable: what was answered has
//! survived the loss of power. One thread writes; changes that arrive while it writes are kept together in the next
//! transaction, so that many writers share one `fsync`. A few threads read, each on a connection of its own, and see
//! every commit that was answered before. Checkpoints run beside both, and the write-ahead log has a limit.
//!
//! A file is used by one process at a time. Everything that a user needs is in the crate: SQLite is compiled in.
//!
//! # Example
//!
//! ```
//! use parlor_store::Store;
//! use parlor_store_sqlite::{SqliteOptions, SqliteStore};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! let store = SqliteStore::open(folder.path().join("workspace.db"), SqliteOptions::default())?;
//! assert_eq!(store.totals().await?.messages, 0);
//! store.close().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod code;
mod connection;
mod error;
mod grams;
mod lock;
mod options;
mod read;
mod readers;
mod row;
mod schema;
mod search_index;
mod stats;
mod store;
mod wal;
mod write;
mod writer;

pub use error::SqliteError;
pub use options::SqliteOptions;
pub use stats::SqliteStats;
pub use store::SqliteStore;
