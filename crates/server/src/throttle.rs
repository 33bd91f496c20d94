//! How often something may happen, per key. What is remembered is bounded: when there are too many keys, those that
//! would be let through anyway are forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use parlor_model::Timestamp;

/// How many keys are remembered before the ones that do not matter any more are looked for.
const KEYS: usize = 10_000;

/// So many at once after a rest, and one more each `interval`.
#[derive(Debug)]
pub(crate) struct Rate<K> {
    interval: Duration,
    burst: Duration,
    /// Until when the permissions that were used are used up.
    used_until: Mutex<BTreeMap<K, Timestamp>>,
}

impl<K: Ord + Clone> Rate<K> {
    /// `many` in each `within`, all of them at once where somebody likes.
    pub(crate) fn new(many: u32, within: Duration) -> Self {
        Self::with_burst(many, within, many)
    }

    /// `many` in each `within` in the long run, and `burst` at once after a rest.
    pub(crate) fn with_burst(many: u32, within: Duration, burst: u32) -> Self {
        let interval = within / many.max(1);
        Self { interval, burst: interval * burst.max(1), used_until: Mutex::new(BTreeMap::new()) }
    }

    /// Uses one permission up, or says how long it takes until there is one.
    pub(crate) fn take(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let mut used = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEYS {
            used.retain(|_, until| *until > now);
        }
        let most = now + self.burst;
        // A clock that was set back must lock nobody out for longer than the whole burst takes to grow back.
        let until = used.get(key).copied().unwrap_or(now).clamp(now, most);
        let next = until + self.interval;
        if next > most {
            used.insert(key.clone(), until);
            return Err(next.since(most));
        }
        used.insert(key.clone(), next);
        Ok(())
    }
}

/// Failures within the last while: the ones that count are remembered one by one.
#[derive(Debug)]
pub(crate) struct Failures<K> {
    most: u32,
    within: Duration,
    failed_at: Mutex<BTreeMap<K, VecDeque<Timestamp>>>,
}

impl<K: Ord + Clone> Failures<K> {
    pub(crate) fn new(most: u32, within: Duration) -> Self {
        Self { most: most.max(1), within, failed_at: Mutex::new(BTreeMap::new()) }
    }

    /// Whether another attempt may be made, or how long it takes until then.
    pub(crate) fn check(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let failed = self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = failed.get(key) else {
            return Ok(());
        };
        let mut recent = times.iter().filter(|at| now.since(**at) < self.within);
        let Some(oldest) = recent.next() else {
            return Ok(());
        };
        if recent.count() + 1 < self.most as usize {
            return Ok(());
        }
        Err((*oldest + self.within).since(now).min(self.within))
    }

    /// An attempt failed.
    pub(crate) fn count(&self, key: &K, now: Timestamp) {
        let mut failed = self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= KEYS {
            failed.retain(|_, times| times.back().is_some_and(|at| now.since(*at) < self.within));
        }
        let times = failed.entry(key.clone()).or_default();
        times.push_back(now);
        if times.len() > self.most as usize {
            times.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_burst_passes_and_the_next_waits_as_long_as_was_said() {
        let rate = Rate::with_burst(50, Duration::from_secs(1), 3);
        for _ in 0..3 {
            assert_eq!(rate.take(&1, START), Ok(()));
        }
        let wait = Duration::from_millis(20);
        assert_eq!(rate.take(&1, START), Err(wait));
        assert_eq!(rate.take(&2, START), Ok(()), "somebody else");
        assert_eq!(rate.take(&1, START + wait), Ok(()));
        assert!(rate.take(&1, START + wait).is_err());
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let rate = Rate::new(2, Duration::from_secs(2));
        assert_eq!(rate.take(&1, START + Duration::from_hours(1)), Ok(()));
        assert!(rate.take(&1, START).is_err());
        assert_eq!(rate.take(&1, START + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn failures_count_for_as_long_as_was_said() {
        let failures = Failures::new(5, Duration::from_mins(15));
        for minute in 0..5 {
            let now = START + Duration::from_mins(minute);
            assert_eq!(failures.check(&1, now), Ok(()));
            failures.count(&1, now);
        }
        let now = START + Duration::from_mins(5);
        assert_eq!(failures.check(&1, now), Err(Duration::from_mins(10)));
        assert_eq!(failures.check(&2, now), Ok(()), "somebody else");
        assert_eq!(failures.check(&1, START + Duration::from_mins(15)), Ok(()));
        failures.count(&1, START + Duration::from_mins(15));
        assert_eq!(
            failures.check(&1, START + Duration::from_mins(15)),
            Err(Duration::from_mins(1)),
            "the next oldest counts now"
        );
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_grew_back(steps in proptest::collection::vec(0_u64..500, 1..200)) {
            let rate = Rate::with_burst(5, Duration::from_secs(1), 20);
            let mut now = START;
            let mut passed = 0;
            for step in steps {
                now = now + Duration::from_millis(step);
                passed += u128::from(rate.take(&(), now).is_ok());
            }
            prop_assert!(passed <= 20 + now.since(START).as_millis() * 5 / 1_000);
        }

        #[test]
        fn never_more_failures_within_the_time_than_allowed(steps in proptest::collection::vec(0_u64..300, 1..100)) {
            let within = Duration::from_secs(1);
            let failures = Failures::new(4, within);
            let mut now = START;
            let mut let_through = Vec::new();
            for step in steps {
                now = now + Duration::from_millis(step);
                if failures.check(&(), now).is_ok() {
                    failures.count(&(), now);
                    let_through.push(now);
                }
            }
            for window in let_through.windows(5) {
                prop_assert!(window[4].since(window[0]) >= within);
            }
        }
    }
}
