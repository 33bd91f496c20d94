//! A disk in memory on which SQLite keeps its files, for tests of what is durable.
//!
//! The disk tells what was written from what was synced, in sectors of [`SECTOR`] bytes, for files and for the names in
//! their folder. When its power is cut, what was not synced is kept, lost or torn, each sector by itself, as a seed
//! decides. Operations fail when a test asks for it, and a failed sync leaves behind what a real one does: pages that look
//! written and are not on the disk.
//!
//! SQLite runs on it as it is, with several connections, locks and a write-ahead log in shared memory. Every disk is named
//! by a part of the path, so that any number of them live side by side, and a test runs many at once.
//!
//! # Example
//!
//! ```
//! use parlor_sqlite_vfs::{Disk, VFS};
//! use rusqlite::{Connection, OpenFlags};
//!
//! let disk = Disk::new();
//! let open = |disk: &Disk| {
//!     Connection::open_with_flags_and_vfs(disk.path("a.db"), OpenFlags::default(), VFS)
//! };
//! open(&disk)?.execute_batch("PRAGMA synchronous = EXTRA; CREATE TABLE kept (n)")?;
//!
//! let after = disk.image().power_cut(7);
//! let tables: i64 = open(&after)?.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
//! assert_eq!(tables, 1);
//! # Ok::<(), rusqlite::Error>(())
//! ```
//!
//! # What it models
//!
//! * A sector that was being written may hold the old bytes, the new ones, or a beginning of the new ones followed by
//!   anything. Bytes beside those that were written stay as they were (SQLite's "powersafe overwrite", which its own files
//!   on Unix count on too).
//! * Sectors reach the disk in any order until the next sync of their file. Two writes of one sector do not overtake each
//!   other.
//! * A new or removed name is durable after its folder was synced. As SQLite's files on Unix do, the first sync of a new
//!   journal or log syncs the folder too. The name of a database is durable from the start: whoever makes the file syncs
//!   the folder itself, before SQLite sees it.
//! * After a sync that failed, each sector that it should have written is on the disk or not, and later syncs do not try
//!   again; whoever reads meanwhile gets the bytes that were written.

mod disk;
mod fault;
mod ffi;
mod file;
mod folder;
mod locks;
mod memory;
mod random;

pub use disk::{Disk, Image};
pub use fault::{Failure, Fault, Operation};
pub use ffi::VFS;
pub use file::SECTOR;
