//! The rules under which the laws are tried.

use std::time::Duration;

use parlor_routing::{Matcher, QueueRule, Ring, RoutingPolicy, RoutingRules, Sticky};

use crate::build::{queue, skill};

/// `sales` asks for less as work waits, and holds it for the last agent; `night` closes every other minute of the
/// first minutes of 1970, and overflows into `sales`. `support` has no rule.
pub(crate) fn queue_rules() -> Vec<QueueRule> {
    let seconds = Duration::from_secs;
    let sales = QueueRule {
        skills: [(skill("spanish"), 2)].into(),
        rings: vec![
            Ring { after: seconds(5), lowers: [(skill("spanish"), 1)].into(), ..Ring::default() },
            Ring { after: seconds(10), drops: [skill("spanish")].into(), ..Ring::default() },
            Ring { after: seconds(20), also: [queue("support"), queue("night")].into(), ..Ring::default() },
        ],
        sticky: Sticky { expires_after: Some(seconds(40)), hold: seconds(12) },
        ..QueueRule::new(queue("sales"))
    };
    let night = QueueRule {
        priority: 1,
        hours: Some("UTC; thu 00:00-00:01 00:02-00:03 00:04-00:05".parse().expect("valid hours")),
        overflow: Some(queue("sales")),
        sticky: Sticky { expires_after: None, hold: seconds(30) },
        ..QueueRule::new(queue("night"))
    };
    vec![QueueRule::new(queue("support")), sales, night]
}

pub(crate) fn matcher() -> Matcher {
    Matcher::new(RoutingRules::new(RoutingPolicy::default(), queue_rules()).expect("valid rules"))
}
