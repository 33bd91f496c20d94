use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::RoutingError;

/// The rules of routing that are the workspace's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
#[non_exhaustive]
pub struct RoutingPolicy {
    reoffer_after: Duration,
}

impl RoutingPolicy {
    /// One life of an offer (20 s, about four rings of a telephone): what nobody takes rings for the others in the
    /// meantime. The manuals give no number (r8).
    pub const DEFAULT_REOFFER_AFTER: Duration = Duration::from_secs(20);

    /// How long work is not offered again to an agent who let it pass (r8).
    pub const fn reoffer_after(&self) -> Duration {
        self.reoffer_after
    }

    /// The same policy with another cool-down; zero is refused.
    pub fn with_reoffer_after(self, reoffer_after: Duration) -> Result<Self, RoutingError> {
        if reoffer_after.is_zero() {
            return Err(RoutingError::NoCoolDown);
        }
        Ok(Self { reoffer_after })
    }
}

impl Default for RoutingPolicy {
    fn default() -> Self {
        Self { reoffer_after: Self::DEFAULT_REOFFER_AFTER }
    }
}

/// The serialised form, before its values are checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    reoffer_after: Duration,
}

impl TryFrom<Unchecked> for RoutingPolicy {
    type Error = RoutingError;

    fn try_from(unchecked: Unchecked) -> Result<Self, RoutingError> {
        Self::default().with_reoffer_after(unchecked.reoffer_after)
    }
}

impl From<RoutingPolicy> for Unchecked {
    fn from(policy: RoutingPolicy) -> Self {
        Self { reoffer_after: policy.reoffer_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_without_a_cool_down_is_refused_also_when_read() {
        let refused = RoutingPolicy::default().with_reoffer_after(Duration::ZERO);
        assert_eq!(refused, Err(RoutingError::NoCoolDown));
        let json = r#"{"reoffer_after":{"secs":0,"nanos":0}}"#;
        assert!(serde_json::from_str::<RoutingPolicy>(json).is_err());
    }

    #[test]
    fn a_policy_reads_back_as_it_was_written() {
        let policy = RoutingPolicy::default().with_reoffer_after(Duration::from_micros(1_234_567)).unwrap();
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<RoutingPolicy>(&json).unwrap(), policy);
    }
}
