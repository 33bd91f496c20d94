//! What routing would have done under other rules.

use std::time::Duration;

use parlor_model::{AgentName, Timestamp};
use parlor_routing::{Difference, QueueRule, Recording, RoutingRules, difference, replay};
use serde::Serialize;

use crate::conductor::Signal;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};

/// What is to be different. What is not named stays as it is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleChanges {
    /// Other rules for some of the configured queues, each as a whole.
    pub queues: Vec<QueueRule>,
    /// How much longer waiting one step of priority is worth.
    pub priority_step: Option<Duration>,
    /// How long work is not offered again to an agent who let it pass (r8).
    pub reoffer_after: Option<Duration>,
}

/// Which offers would not have been the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// From when on is known what routing was told; `None` if it was told nothing, or another node routes.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// How many offers routing decided on in that time.
    pub offers: usize,
    /// How many it would have decided on.
    pub offers_would_be: usize,
    /// How many of both are not the same.
    pub differing: usize,
    /// The earliest of those; at most [`Self::LARGEST`].
    pub differences: Vec<Difference>,
}

impl WhatIf {
    /// As many differences are listed: enough to see what a rule does.
    pub const LARGEST: usize = 1_000;

    fn of(recording: &Recording, rules: RoutingRules) -> Self {
        let (was, would_be) = (recording.decided(), replay(recording, rules));
        let mut differences = difference(&was, &would_be);
        let differing = differences.len();
        differences.truncate(Self::LARGEST);
        Self {
            since: recording.steps.first().map(|step| step.at),
            until: recording.steps.last().map(|step| step.at),
            offers: was.len(),
            offers_would_be: would_be.len(),
            differing,
            differences,
        }
    }
}

impl Engine {
    /// Replays what routing was told of late under other rules, and tells which offers would not have been the same.
    /// Nothing is changed by it. For supervisors.
    pub async fn what_if(&self, agent: &AgentName, changes: RuleChanges) -> Result<WhatIf, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::AskWhatIf, Object::Workspace)?;
        let configured = &self.inner.directory.routing;
        let mut policy = configured.policy().clone();
        if let Some(priority_step) = changes.priority_step {
            policy = policy.with_priority_step(priority_step)?;
        }
        if let Some(reoffer_after) = changes.reoffer_after {
            policy = policy.with_reoffer_after(reoffer_after)?;
        }
        let rules = configured.clone().with_policy(policy).with_queues(changes.queues)?;
        let (answer, recording) = tokio::sync::oneshot::channel();
        let recording = match self.inner.signals.send(Signal::Recall(answer)) {
            Ok(()) => recording.await.unwrap_or_default(),
            Err(_) => Recording::default(),
        };
        // A long day takes long enough to keep others waiting.
        let compared = tokio::task::spawn_blocking(move || WhatIf::of(&recording, rules)).await;
        compared.map_err(|_| EngineError::Contended)
    }
}
