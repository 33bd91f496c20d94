//! Time that passes only when the story says so.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parlor::model::{Clock, Timestamp};

/// A clock that stands still until it is told how much time has passed.
#[derive(Debug)]
pub(crate) struct Tick(AtomicI64);

impl Default for Tick {
    /// 2026-01-05T09:00:00Z, a Monday morning.
    fn default() -> Self {
        Self(AtomicI64::new(1_767_603_600_000_000))
    }
}

impl Tick {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }
}

impl Clock for Tick {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}
