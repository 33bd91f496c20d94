use std::time::Duration;

use parlor_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RoutingError;

/// The rules of routing that are the workspace's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
#[non_exhaustive]
pub struct RoutingPolicy {
    reoffer_after: Duration,
    priority_step: Duration,
}

impl RoutingPolicy {
    /// One life of an offer (20 s, about four rings of a telephone): what nobody takes rings for the others in the
    /// meantime. The manuals give no number (r8).
    pub const DEFAULT_REOFFER_AFTER: Duration = Duration::from_secs(20);

    /// What one step of priority is worth: a minute of waiting, as in the score of Genesys Cloud, which adds priority
    /// to the minutes in queue.
    pub const DEFAULT_PRIORITY_STEP: Duration = Duration::from_mins(1);

    /// How long work is not offered again to an agent who let it pass (r8).
    pub const fn reoffer_after(&self) -> Duration {
        self.reoffer_after
    }

    /// The same policy with another cool-down; zero is refused.
    pub fn with_reoffer_after(self, reoffer_after: Duration) -> Result<Self, RoutingError> {
        if reoffer_after.is_zero() {
            return Err(RoutingError::NoCoolDown);
        }
        Ok(Self { reoffer_after, ..self })
    }

    /// How much longer waiting one step of priority is worth. Work that asks for less priority is overtaken for a
    /// time and never for ever; that it is the same for all work keeps their order from changing while they wait.
    pub const fn priority_step(&self) -> Duration {
        self.priority_step
    }

    /// The same policy with another worth of priority; zero is refused.
    pub fn with_priority_step(self, priority_step: Duration) -> Result<Self, RoutingError> {
        if priority_step.is_zero() {
            return Err(RoutingError::NoPriorityStep);
        }
        Ok(Self { priority_step, ..self })
    }

    /// The moment by which work is ordered: when it would have begun to wait if its priority were 0.
    pub(crate) fn urgency(&self, since: Timestamp, priority: i32) -> Timestamp {
        let steps = priority.unsigned_abs();
        let worth = self.priority_step.checked_mul(steps).unwrap_or(Duration::MAX);
        if priority < 0 { since + worth } else { since - worth }
    }
}

impl Default for RoutingPolicy {
    fn default() -> Self {
        Self { reoffer_after: Self::DEFAULT_REOFFER_AFTER, priority_step: Self::DEFAULT_PRIORITY_STEP }
    }
}

/// The serialised form, before its values are checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    reoffer_after: Duration,
    priority_step: Duration,
}

impl TryFrom<Unchecked> for RoutingPolicy {
    type Error = RoutingError;

    fn try_from(unchecked: Unchecked) -> Result<Self, RoutingError> {
        Self::default()
            .with_reoffer_after(unchecked.reoffer_after)?
            .with_priority_step(unchecked.priority_step)
    }
}

impl From<RoutingPolicy> for Unchecked {
    fn from(policy: RoutingPolicy) -> Self {
        Self { reoffer_after: policy.reoffer_after, priority_step: policy.priority_step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_without_a_cool_down_is_refused_also_when_read() {
        let refused = RoutingPolicy::default().with_reoffer_after(Duration::ZERO);
        assert_eq!(refused, Err(RoutingError::NoCoolDown));
        let json = r#"{"reoffer_after":{"secs":0,"nanos":0},"priority_step":{"secs":1,"nanos":0}}"#;
        assert!(serde_json::from_str::<RoutingPolicy>(json).is_err());
    }

    #[test]
    fn priority_is_worth_waiting() {
        let policy = RoutingPolicy::default();
        assert_eq!(policy.clone().with_priority_step(Duration::ZERO), Err(RoutingError::NoPriorityStep));
        let hour = Timestamp::from_millis(3_600_000);
        assert_eq!(policy.urgency(hour, 60), Timestamp::UNIX_EPOCH);
        assert_eq!(policy.urgency(hour, -60), Timestamp::from_millis(7_200_000));
        assert!(policy.urgency(hour, i32::MAX) < policy.urgency(hour, i32::MAX - 1));
    }

    #[test]
    fn a_policy_reads_back_as_it_was_written() {
        let policy = RoutingPolicy::default().with_reoffer_after(Duration::from_micros(1_234_567)).unwrap();
        let policy = policy.with_priority_step(Duration::from_secs(7)).unwrap();
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<RoutingPolicy>(&json).unwrap(), policy);
    }
}
