use std::sync::atomic::{AtomicU64, Ordering};

/// What a [`SqliteStore`](crate::SqliteStore) has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteStats {
    /// Changes that were kept.
    pub kept: u64,
    /// Changes that were answered with a conflict, a duplicate or an error of their own.
    pub refused: u64,
    /// Transactions: each is one `fsync` of the write-ahead log, however many changes it keeps.
    pub transactions: u64,
    /// Changes in the largest transaction.
    pub largest_group: u64,
    /// Transactions that were written again from their beginning, because a change was refused that had written something.
    pub rewritten: u64,
    /// Transactions that failed as a whole.
    pub failures: u64,
    /// Messages that were looked at for the search index.
    pub indexed: u64,
    /// How often the write-ahead log was emptied.
    pub wal_restarts: u64,
    /// What the write-ahead log holds now, in bytes.
    pub wal_bytes: u64,
    /// The most that it has held, in bytes.
    pub wal_peak_bytes: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kept: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) largest_group: AtomicU64,
    pub(crate) rewritten: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) indexed: AtomicU64,
    pub(crate) wal_restarts: AtomicU64,
    pub(crate) wal_bytes: AtomicU64,
    pub(crate) wal_peak_bytes: AtomicU64,
}

impl Counts {
    pub(crate) fn read(&self) -> SqliteStats {
        // Each number is exact; together they are only about the same moment, which is all that a metric needs.
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SqliteStats {
            kept: read(&self.kept),
            refused: read(&self.refused),
            transactions: read(&self.transactions),
            largest_group: read(&self.largest_group),
            rewritten: read(&self.rewritten),
            failures: read(&self.failures),
            indexed: read(&self.indexed),
            wal_restarts: read(&self.wal_restarts),
            wal_bytes: read(&self.wal_bytes),
            wal_peak_bytes: read(&self.wal_peak_bytes),
        }
    }
}

/// Adds to a count.
pub(crate) fn add(count: &AtomicU64, number: usize) {
    count.fetch_add(number as u64, Ordering::Relaxed);
}
