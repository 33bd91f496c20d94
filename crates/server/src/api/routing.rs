//! What routing would have done under other rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use parlor_engine::{EngineError, RuleChanges, WhatIf};
use parlor_model::{QueueName, SkillName};
use parlor_routing::{QueueRule, Ring, RoutingError, Sticky};
use serde::Deserialize;

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/routing/what-if",
            "whatIf",
            "Which offers of late would not have been the same under other rules; changes nothing; for supervisors",
        )
        .takes("RuleChanges")
        .gives(200, "WhatIf")
        .refuses(&[Code::BadRules]),
        what_if,
    )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    #[serde(default)]
    queues: Vec<Queue>,
    priority_step_ms: Option<u64>,
    reoffer_after_ms: Option<u64>,
}

/// The whole rule of a queue: what is not named is as if it were not configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    name: QueueName,
    #[serde(default)]
    skills: BTreeMap<SkillName, u8>,
    #[serde(default)]
    priority: i32,
    hours: Option<String>,
    overflow: Option<QueueName>,
    #[serde(default)]
    rings: Vec<QueueRing>,
    #[serde(default)]
    sticky: QueueSticky,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueRing {
    after_ms: u64,
    #[serde(default)]
    drops: BTreeSet<SkillName>,
    #[serde(default)]
    lowers: BTreeMap<SkillName, u8>,
    #[serde(default)]
    also: BTreeSet<QueueName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueSticky {
    expires_after_ms: Option<u64>,
    #[serde(default)]
    hold_ms: u64,
}

impl Changes {
    fn checked(self) -> Result<RuleChanges, RoutingError> {
        let mut changes = RuleChanges::default();
        changes.queues = self.queues.into_iter().map(Queue::rule).collect::<Result<_, _>>()?;
        changes.priority_step = self.priority_step_ms.map(Duration::from_millis);
        changes.reoffer_after = self.reoffer_after_ms.map(Duration::from_millis);
        Ok(changes)
    }
}

impl Queue {
    fn rule(self) -> Result<QueueRule, RoutingError> {
        let ring = |ring: QueueRing| Ring {
            after: Duration::from_millis(ring.after_ms),
            drops: ring.drops,
            lowers: ring.lowers,
            also: ring.also,
        };
        Ok(QueueRule {
            name: self.name,
            skills: self.skills,
            priority: self.priority,
            hours: self.hours.map(|hours| hours.parse()).transpose()?,
            overflow: self.overflow,
            rings: self.rings.into_iter().map(ring).collect(),
            sticky: Sticky {
                expires_after: self.sticky.expires_after_ms.map(Duration::from_millis),
                hold: Duration::from_millis(self.sticky.hold_ms),
            },
        })
    }
}

async fn what_if(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(changes): Json<Changes>,
) -> Result<Answer<WhatIf>, Problem> {
    let changes = changes.checked().map_err(EngineError::from)?;
    Ok(Answer::ok(shared.engine.what_if(&caller.name, changes).await?))
}
