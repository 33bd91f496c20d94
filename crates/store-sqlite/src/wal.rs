//! Keeps the write-ahead log small without making the writer wait.
//!
//! Copying the log into the file is done by a thread of its own, beside the writer. But while the writer goes on, the log
//! is never copied *completely*, and so SQLite never begins it anew: it would grow forever. So the writer itself finishes
//! between two transactions, when only the few frames are left that it added meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::hooks;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

use crate::SqliteOptions;
use crate::stats::{Counts, add};

/// How long the writer waits between two transactions for those who still read the log. A read of ours takes
/// milliseconds; whoever takes longer is not waited for.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a page in the log needs beside itself, in bytes (SQLite's file format).
const FRAME_HEADER: u64 = 24;

/// Room below the limit for one more transaction, as a part of the limit.
const HEADROOM: u64 = 8;

/// After a vain attempt to begin the log anew: how much it grows, as a part of the target, until the next.
const RETRY: u64 = 4;

/// What the writer and the thread that empties the log know of each other.
#[derive(Debug)]
pub(crate) struct Wal {
    counts: Arc<Counts>,
    /// What the log holds, in bytes.
    bytes: Arc<AtomicU64>,
    /// From this size on the thread is woken.
    wake_at: AtomicU64,
    target: u64,
    /// From this size on nothing is written.
    full_at: u64,
    wake: SyncSender<()>,
    /// Held while the thread is at work.
    at_work: Arc<Mutex<()>>,
    /// The thread has copied what there was.
    copied: Arc<AtomicBool>,
}

/// Empties the log beside the writer until the [`Wal`] is gone.
pub(crate) struct Checkpointer {
    connection: Connection,
    woken: Receiver<()>,
    at_work: Arc<Mutex<()>>,
    copied: Arc<AtomicBool>,
}

impl Wal {
    /// `connection` is for the thread.
    pub(crate) fn new(
        connection: Connection,
        options: &SqliteOptions,
        counts: Arc<Counts>,
    ) -> (Self, Checkpointer) {
        let (wake, woken) = sync_channel(1);
        let target = options.wal_target;
        let limit = options.wal_limit.max(target.saturating_mul(2));
        let at_work = Arc::new(Mutex::new(()));
        let copied = Arc::new(AtomicBool::new(false));
        let checkpointer =
            Checkpointer { connection, woken, at_work: Arc::clone(&at_work), copied: Arc::clone(&copied) };
        let wal = Self {
            counts,
            bytes: Arc::default(),
            wake_at: AtomicU64::new(target),
            target,
            full_at: limit - limit / HEADROOM,
            wake,
            at_work,
            copied,
        };
        (wal, checkpointer)
    }

    /// Counts what the connection writes.
    pub(crate) fn watch(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let (counts, bytes) = (Arc::clone(&self.counts), Arc::clone(&self.bytes));
        connection.wal_hook(Some(move |_: &mut hooks::Wal, pages| {
            let size = u64::try_from(pages).unwrap_or(0) * (page + FRAME_HEADER);
            bytes.store(size, Ordering::Relaxed);
            counts.wal_bytes.store(size, Ordering::Relaxed);
            counts.wal_peak_bytes.fetch_max(size, Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Called by the writer after a transaction.
    pub(crate) fn after_commit(&self) {
        if self.bytes.load(Ordering::Relaxed) < self.wake_at.load(Ordering::Relaxed) {
            return;
        }
        match self.wake.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => self.wake_at.store(u64::MAX, Ordering::Relaxed),
            // The thread ended with an error that was logged; the writer does its work.
            Err(TrySendError::Disconnected(())) => self.copied.store(true, Ordering::Relaxed),
        }
    }

    /// Called by the writer before a transaction. Answers whether there is room for it.
    pub(crate) fn make_room(&self, writer: &Connection) -> bool {
        let full = || self.bytes.load(Ordering::Relaxed) >= self.full_at;
        if full() {
            // The thread is behind: wait for it, which is what keeps the limit.
            drop(self.at_work.lock().unwrap_or_else(PoisonError::into_inner));
            self.begin_anew(writer);
            let full = full();
            if full {
                tracing::warn!(
                    "the write-ahead log is full and somebody still reads an old state; commits must wait"
                );
            }
            return !full;
        }
        if self.copied.swap(false, Ordering::Relaxed) {
            self.begin_anew(writer);
        }
        true
    }

    /// Called by the writer when nothing that was in the log may be left there. Answers whether it is empty, which it is
    /// not while somebody reads an old state for longer than a connection waits.
    pub(crate) fn empty(&self, writer: &Connection) -> bool {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let emptied = writer.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::TRUNCATE);
        drop(at_work);
        match emptied {
            Ok(_) => {
                add(&self.counts.wal_restarts, 1);
                self.bytes.store(0, Ordering::Relaxed);
                self.counts.wal_bytes.store(0, Ordering::Relaxed);
                self.wake_at.store(self.target, Ordering::Relaxed);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "what was erased is left in the write-ahead log");
                false
            }
        }
    }

    /// Copies the rest of the log, and makes the next transaction begin it anew, unless somebody reads it for long.
    fn begin_anew(&self, writer: &Connection) {
        let size = self.bytes.load(Ordering::Relaxed);
        match restart(writer) {
            Ok(()) => {
                add(&self.counts.wal_restarts, 1);
                self.bytes.store(0, Ordering::Relaxed);
                self.counts.wal_bytes.store(0, Ordering::Relaxed);
                self.wake_at.store(self.target, Ordering::Relaxed);
            }
            Err(error) => {
                if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
                    tracing::warn!(%error, "the write-ahead log cannot be emptied");
                }
                self.wake_at.store(size + self.target / RETRY, Ordering::Relaxed);
            }
        }
    }
}

fn restart(writer: &Connection) -> rusqlite::Result<()> {
    let usual: i64 = writer.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    writer.busy_timeout(PATIENCE)?;
    let result = writer.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::RESTART);
    writer.busy_timeout(Duration::from_millis(u64::try_from(usual).unwrap_or(0)))?;
    result.map(|_| ())
}

impl Checkpointer {
    pub(crate) fn run(self) {
        while self.woken.recv().is_ok() {
            let working = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = self.connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
                tracing::warn!(%error, "the write-ahead log cannot be copied");
            }
            self.copied.store(true, Ordering::Relaxed);
            drop(working);
        }
    }
}
