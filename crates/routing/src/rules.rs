use crate::queue_rule::QueueRules;
use crate::{QueueRule, RoutingError, RoutingPolicy};

/// All rules of routing, checked. The same inputs under other rules show what the rules make of them; see
/// [`replay`](crate::replay).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingRules {
    pub(crate) policy: RoutingPolicy,
    pub(crate) queues: QueueRules,
}

impl RoutingRules {
    /// Checks that every queue has one rule, that the queues which rules name have one too, that closed queues do not
    /// overflow in a circle, and that each rule makes sense by itself.
    ///
    /// A skill that nobody has is no mistake: its work waits, and [`Matcher::explain`](crate::Matcher::explain) says
    /// why.
    pub fn new(
        policy: RoutingPolicy,
        queues: impl IntoIterator<Item = QueueRule>,
    ) -> Result<Self, RoutingError> {
        Ok(Self { policy, queues: QueueRules::new(queues)? })
    }
}

impl From<RoutingPolicy> for RoutingRules {
    /// Queues that are always open and ask for nothing; so is a queue without a rule.
    fn from(policy: RoutingPolicy) -> Self {
        Self { policy, queues: QueueRules::default() }
    }
}
