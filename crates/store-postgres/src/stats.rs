use std::sync::atomic::{AtomicU64, Ordering};

/// What a [`PostgresStore`](crate::PostgresStore) has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresStats {
    /// Changes that were kept.
    pub kept: u64,
    /// Changes that were answered with a conflict, a duplicate or an error of their own.
    pub refused: u64,
    /// Transactions that were committed, however many changes each keeps.
    pub transactions: u64,
    /// Changes in the largest transaction.
    pub largest_group: u64,
    /// Transactions that were made again: after a deadlock, a lock that was not given in time, or a lost connection.
    pub repeated: u64,
    /// Commits whose answer was lost and whose outcome was read back.
    pub read_back: u64,
    /// Transactions that failed as a whole.
    pub failures: u64,
    /// Messages that were looked at for the search index.
    pub indexed: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kept: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) largest_group: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) read_back: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) indexed: AtomicU64,
}

impl Counts {
    pub(crate) fn read(&self) -> PostgresStats {
        // Each number is exact; together they are only about the same moment, which is all that a metric needs.
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        PostgresStats {
            kept: read(&self.kept),
            refused: read(&self.refused),
            transactions: read(&self.transactions),
            largest_group: read(&self.largest_group),
            repeated: read(&self.repeated),
            read_back: read(&self.read_back),
            failures: read(&self.failures),
            indexed: read(&self.indexed),
        }
    }
}

/// Adds one to a count.
pub(crate) fn count_one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
