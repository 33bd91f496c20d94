use std::time::Duration;

use parlor_model::Timestamp;

use crate::Rate;

/// One permission, in the millionths that a bucket counts in; with one of them a microsecond for each permission a
/// second, filling needs no division.
const ONE: u64 = 1_000_000;

/// Permissions that are used up by acting and grow back with time.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: u64,
    capacity: u64,
    level: u64,
    filled_at: Option<Timestamp>,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate) -> Self {
        let capacity = u64::from(rate.burst.max(1)) * ONE;
        Self { per_second: u64::from(rate.per_second.max(1)), capacity, level: capacity, filled_at: None }
    }

    /// Uses one permission up, or says how long it takes until there is one.
    pub(crate) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        if let Some(filled_at) = self.filled_at {
            let micros = u64::try_from(now.since(filled_at).as_micros()).unwrap_or(u64::MAX);
            let grown = micros.saturating_mul(self.per_second);
            self.level = self.level.saturating_add(grown).min(self.capacity);
        }
        // Also when the clock was set back: else nothing would grow until it has caught up.
        self.filled_at = Some(now);
        match self.level.checked_sub(ONE) {
            Some(left) => {
                self.level = left;
                Ok(())
            }
            None => Err(Duration::from_micros((ONE - self.level).div_ceil(self.per_second))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate { per_second: 5, burst: 20 };

    #[test]
    fn a_burst_passes_and_the_next_one_waits_as_long_as_was_said() {
        let mut bucket = Bucket::new(RATE);
        let now = Timestamp::from_millis(5_000);
        for _ in 0..20 {
            assert_eq!(bucket.take(now), Ok(()));
        }
        let wait = Duration::from_millis(200);
        assert_eq!(bucket.take(now), Err(wait));
        assert_eq!(bucket.take(now + wait - Duration::from_micros(1)), Err(Duration::from_micros(1)));
        assert_eq!(bucket.take(now + wait), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut bucket = Bucket::new(RATE);
        let late = Timestamp::from_millis(3_600_000);
        while bucket.take(late).is_ok() {}
        let early = Timestamp::from_millis(0);
        assert!(bucket.take(early).is_err());
        assert_eq!(bucket.take(early + Duration::from_millis(200)), Ok(()));
    }

    #[test]
    fn a_rate_of_nothing_still_lets_one_through_now_and_then() {
        let mut bucket = Bucket::new(Rate { per_second: 0, burst: 0 });
        let now = Timestamp::from_millis(0);
        assert_eq!(bucket.take(now), Ok(()));
        assert_eq!(bucket.take(now), Err(Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_grew_back(steps in proptest::collection::vec(0_u64..500, 1..200)) {
            let mut bucket = Bucket::new(RATE);
            let start = Timestamp::from_millis(1_000);
            let mut now = start;
            let mut passed = 0;
            for millis in steps {
                now = now + Duration::from_millis(millis);
                passed += u128::from(bucket.take(now).is_ok());
            }
            prop_assert!(passed <= 20 + now.since(start).as_millis() * 5 / 1_000);
        }
    }
}
