//! To whom an interaction could be handed.

use std::collections::BTreeSet;

use parlor_interaction::{Interaction, State};
use parlor_model::{Agent, AgentName, InteractionId, QueueName, Role};
use parlor_store::{AgentState, StoreError};
use serde::Serialize;

use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::Verb;

/// To whom an interaction could be handed, and who could be asked for help with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Targets {
    /// Every other agent of the desk, those without obstacles first, by name.
    pub agents: Vec<AgentTarget>,
    /// Every queue but its own while it waits there, by name.
    pub queues: Vec<QueueTarget>,
}

/// An agent to whom an interaction could be handed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentTarget {
    /// Who.
    pub agent: AgentName,
    /// Whether they are Ready on everything that the channel asks for. One who is not may be asked all the same.
    pub ready: bool,
    /// How much they may still take of its media class.
    pub room: u32,
    /// What keeps it from them; empty when they may be asked.
    pub obstacles: Vec<Obstacle>,
}

/// What keeps an interaction from an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// They are not logged in.
    SignedOut,
    /// They have no room for it.
    NoRoom,
    /// They take part in it already.
    TakesPart,
}

/// A queue to which an interaction could be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueTarget {
    /// Which one.
    pub queue: QueueName,
    /// How many interactions wait there or are being offered.
    pub waiting: usize,
    /// How many agents who serve it are logged in and Ready on everything that the channel asks for.
    pub ready_agents: usize,
}

impl Engine {
    /// To whom an interaction could be handed, with the reasons why to nobody else. For those who take part in it.
    pub async fn targets(&self, agent: &AgentName, id: InteractionId) -> Result<Targets, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        let interaction = self.inner.visible_interaction(configured, id, Verb::HandOver).await?;
        Ok(self.inner.targets(agent, &interaction).await?)
    }
}

impl Inner {
    async fn targets(&self, asks: &AgentName, interaction: &Interaction) -> Result<Targets, StoreError> {
        let mut agents = Vec::new();
        let mut ready = Vec::new();
        for colleague in self.directory.agents().filter(|agent| agent.role != Role::Admin) {
            let state = self.agent_state(&colleague.name).await?;
            if self.is_ready_for(&state, interaction) {
                ready.push(colleague);
            }
            if colleague.name != *asks {
                agents.push(self.agent_target(colleague, &state, interaction));
            }
        }
        agents.sort_by_key(|target| !target.obstacles.is_empty());
        let queues: BTreeSet<&QueueName> = self
            .directory
            .channels()
            .map(|channel| &channel.queue)
            .chain(self.directory.agents().flat_map(|agent| &agent.queues))
            .collect();
        let open = self.open.all();
        let waits_in = |queue: &QueueName| {
            let waits = |other: &&std::sync::Arc<Interaction>| {
                matches!(other.state, State::Queued(_) | State::Offered(_)) && other.queue == *queue
            };
            open.iter().filter(waits).count()
        };
        let is_there = matches!(interaction.state, State::Queued(_) | State::Offered(_));
        let queues = queues
            .into_iter()
            .filter(|queue| !(is_there && **queue == interaction.queue))
            .map(|queue| QueueTarget {
                queue: queue.clone(),
                waiting: waits_in(queue),
                ready_agents: ready.iter().filter(|agent| agent.queues.contains(queue)).count(),
            })
            .collect();
        Ok(Targets { agents, queues })
    }

    fn agent_target(&self, agent: &Agent, state: &AgentState, interaction: &Interaction) -> AgentTarget {
        let room = agent.capacity.limit(interaction.class).saturating_sub(state.used(interaction.class));
        let takes_part = match &interaction.state {
            State::Active(active) => active.holders().contains(&agent.name),
            State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => false,
        };
        let obstacles = [
            (!state.signed_in, Obstacle::SignedOut),
            (takes_part, Obstacle::TakesPart),
            // Who takes part holds it already.
            (!takes_part && room < interaction.weight, Obstacle::NoRoom),
        ];
        AgentTarget {
            agent: agent.name.clone(),
            ready: self.is_ready_for(state, interaction),
            room,
            obstacles: obstacles
                .into_iter()
                .filter_map(|(applies, obstacle)| applies.then_some(obstacle))
                .collect(),
        }
    }

    fn is_ready_for(&self, state: &AgentState, interaction: &Interaction) -> bool {
        let channel = self.directory.channel(&interaction.channel);
        channel.is_some_and(|channel| channel.readiness.iter().all(|medium| state.is_ready(medium)))
    }
}
