use std::collections::{BTreeMap, BTreeSet};

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

    /// What is not about one queue.
    pub const fn policy(&self) -> &RoutingPolicy {
        &self.policy
    }

    /// The same rules with another policy.
    #[must_use]
    pub fn with_policy(self, policy: RoutingPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The same rules with other ones for some queues, each of which has to have one already; checked as by
    /// [`Self::new`].
    pub fn with_queues(self, changed: impl IntoIterator<Item = QueueRule>) -> Result<Self, RoutingError> {
        let mut rules: BTreeMap<_, _> = self.queues.all().map(|rule| (&rule.name, rule.clone())).collect();
        let mut seen = BTreeSet::new();
        for rule in changed {
            if !seen.insert(rule.name.clone()) {
                return Err(RoutingError::QueueTwice { queue: rule.name });
            }
            match rules.get_mut(&rule.name) {
                Some(known) => *known = rule,
                None => return Err(RoutingError::NotConfigured { queue: rule.name }),
            }
        }
        let queues = QueueRules::new(rules.into_values())?;
        Ok(Self { policy: self.policy, queues })
    }
}

impl From<RoutingPolicy> for RoutingRules {
    /// Queues that are always open and ask for nothing; so is a queue without a rule.
    fn from(policy: RoutingPolicy) -> Self {
        Self { policy, queues: QueueRules::default() }
    }
}
