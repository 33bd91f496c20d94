use std::collections::VecDeque;
use std::time::Duration;

use parlor_model::Timestamp;
use serde::{Deserialize, Serialize};

/// Where waiting work stands in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePosition {
    /// 1 for the work that comes first.
    pub position: usize,
    /// How much work waits in the queue.
    pub of: usize,
    /// How long it is likely to wait from now on; `None` while too little has left the queue to tell.
    ///
    /// `position × (now − t) / n`, where `n` is how much work left the queue after `t`, the moment at which the
    /// oldest departure that still counts happened. Departures are offers that were committed and work that was
    /// withdrawn, such as by a contact who went away: both bring everybody behind forward. The latest 32 count, if no
    /// older than half an hour. An offer that is declined later has counted, so the estimate errs to the short side
    /// while many decline.
    #[serde(rename = "expected_wait_ms", with = "milliseconds")]
    pub expected_wait: Option<Duration>,
}

/// A duration as a plain number.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        wait: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

/// How fast a queue has moved of late.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flow(VecDeque<Timestamp>);

impl Flow {
    /// Enough that one slow answer changes little, few enough to follow the time of day.
    const KEPT: usize = 32;
    const OLDEST: Duration = Duration::from_mins(30);
    /// Fewer intervals than this are no rate.
    const LEAST: usize = 2;

    pub(crate) fn leave(&mut self, now: Timestamp) {
        if self.0.len() == Self::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    pub(crate) fn expected_wait(&self, position: usize, now: Timestamp) -> Option<Duration> {
        let mut recent = self.0.iter().filter(|left| now.since(**left) <= Self::OLDEST);
        let oldest = *recent.next()?;
        let after = recent.count();
        if after < Self::LEAST {
            return None;
        }
        let each = now.since(oldest) / u32::try_from(after).ok()?;
        each.checked_mul(u32::try_from(position).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_wait_is_expected_from_what_left_of_late() {
        let mut flow = Flow::default();
        assert_eq!(flow.expected_wait(1, at(0)), None);
        for second in [0, 10, 30] {
            flow.leave(at(second));
        }
        // Two left in the 40 seconds since the first did.
        assert_eq!(flow.expected_wait(3, at(40)), Some(Duration::from_mins(1)));
        assert_eq!(flow.expected_wait(1, at(1_830)), None, "only one is recent");
    }

    #[test]
    fn the_latest_count() {
        let mut flow = Flow::default();
        for second in 0..100 {
            flow.leave(at(if second < 68 { 0 } else { second }));
        }
        assert_eq!(flow.expected_wait(31, at(99)), Some(Duration::from_secs(31)));
    }
}
