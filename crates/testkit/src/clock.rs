use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parlor_model::{Clock, Timestamp};

/// A clock that moves only when it is told to.
///
/// Clones show the same time: keep one and give the other away as `Arc<dyn Clock>`.
#[derive(Clone, Debug)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl ManualClock {
    /// The time at which a new clock stands: 2026-01-01T00:00:00Z.
    pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// A clock that stands at [`START`](Self::START).
    #[must_use]
    pub fn new() -> Self {
        Self { micros: Arc::new(AtomicI64::new(Self::START.as_micros())) }
    }

    /// Sets the time, also backwards: the clocks of machines are set.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.as_micros(), Ordering::SeqCst);
    }

    /// Lets time pass and gives the time then. The end of time is not passed.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let later = |micros| Some((Timestamp::from_micros(micros) + by).as_micros());
        match self.micros.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later) {
            Ok(before) | Err(before) => Timestamp::from_micros(before) + by,
        }
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_only_when_told_and_clones_show_the_same() {
        let clock = ManualClock::new();
        let given_away: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!(given_away.now(), ManualClock::START);
        assert_eq!(given_away.now().to_string(), "2026-01-01T00:00:00.000000Z");
        let later = clock.advance(Duration::from_micros(7));
        assert_eq!(given_away.now(), later);
        assert_eq!(later, ManualClock::START + Duration::from_micros(7));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(given_away.now(), Timestamp::UNIX_EPOCH);
    }
}
