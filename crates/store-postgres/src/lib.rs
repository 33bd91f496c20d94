//! The shared store of Parlor: one workspace in one schema of a PostgreSQL database (14 or newer).
//!
//! [`PostgresStore`] keeps the whole contract of [`Store`](parlor_store::Store) and is durable: what was answered has
//! survived the loss of power, and the loss of the server where a synchronous standby follows it. Any number of nodes may
//! open the same workspace. Each has one connection that writes; changes that arrive while it writes are kept together in
//! the next transaction. Another one keeps the index for searches, behind the messages: commits do not wait for it. The transactions of a workspace take turns, those of different workspaces do not wait for each
//! other.
//!
//! Erasures are complete for everybody who asks the database, in whatever way. What a server keeps of the past below that is the
//! operator's: free space in its files, its log, archives, backups and standbys.
//!
//! Connections keep settings and prepared statements for as long as they live, so a pooler between the store and the server
//! must pool by session. The client library logs the values of statements at the level `debug` of the `log` crate; do not
//! switch that on where messages must not be logged.
//!
//! # Example
//!
//! ```no_run
//! use parlor_store::Store;
//! use parlor_store_postgres::{PostgresOptions, PostgresStore};
//!
//! # async fn open() -> Result<(), parlor_store::StoreError> {
//! let options = PostgresOptions::in_schema("support");
//! let store = PostgresStore::open("host=/run/postgresql user=parlor dbname=parlor", options).await?;
//! for warning in store.warnings() {
//!     eprintln!("{warning:?}");
//! }
//! assert_eq!(store.totals().await?.messages, 0);
//! store.close().await
//! # }
//! ```

mod code;
mod error;
mod grams;
mod options;
mod pipeline;
mod read;
mod row;
mod schema;
mod search_index;
mod session;
mod stats;
mod store;
mod warning;
mod write;
mod writer;

pub use error::PostgresError;
pub use options::PostgresOptions;
pub use stats::PostgresStats;
pub use store::PostgresStore;
pub use warning::PostgresWarning;
