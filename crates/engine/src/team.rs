//! Who is there and what is going on: the desk as its supervisors see it, and the colleagues an agent can write to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_interaction::{Interaction, State};
use parlor_model::{Agent, AgentName, MediaClass, Medium, QueueName, Role, Timestamp};
use parlor_store::{AgentState, StoreError};
use serde::Serialize;

use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::open::is_among_own;
use crate::permission::{Actor, Object, Verb, may};
use crate::reads::readiness_view;
use crate::view::{InteractionView, LoadView, ReadinessView};

/// How many interactions of an agent, and of a queue, are described; the counts say how many there are.
const MOST_SHOWN: usize = 50;

/// The desk at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TeamView {
    /// For which moment this holds.
    pub at: Timestamp,
    /// Every agent of the desk, those who are logged in first, then by name.
    pub agents: Vec<TeamAgent>,
    /// Every queue, by name.
    pub queues: Vec<TeamQueue>,
}

/// An agent, and what they have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TeamAgent {
    /// Who.
    pub agent: AgentName,
    /// What they may do.
    pub role: Role,
    /// Whether they are logged in.
    pub signed_in: bool,
    /// Readiness on every medium that some channel asks for.
    pub readiness: BTreeMap<Medium, ReadinessView>,
    /// What they hold of each class.
    pub load: BTreeMap<MediaClass, LoadView>,
    /// The queues they serve.
    pub queues: BTreeSet<QueueName>,
    /// How many interactions they own, take part in, watch or advise in; Ended ones until they are Done.
    pub open: usize,
    /// The oldest of them, at most 50.
    pub interactions: Vec<InteractionView>,
}

/// A queue, and what waits in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TeamQueue {
    /// Which.
    pub queue: QueueName,
    /// How many agents who serve it are logged in and Ready for one of its channels.
    pub ready_agents: usize,
    /// How many interactions wait in it or are being offered.
    pub waiting: usize,
    /// The oldest of them, at most 50.
    pub work: Vec<WaitingWork>,
}

/// An interaction that nobody has yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitingWork {
    /// Since when it waits; offers that come to nothing do not change it.
    pub since: Timestamp,
    /// To whom it is being offered at the moment.
    pub offered_to: Option<AgentName>,
    /// What it is.
    pub interaction: InteractionView,
}

/// Somebody to whom an agent can write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColleagueView {
    /// Who.
    pub agent: AgentName,
    /// Whether they are logged in, so that they can be written to.
    pub signed_in: bool,
    /// Whether they are Ready on some medium.
    pub ready: bool,
}

impl Engine {
    /// Who is there, what everybody has, and what waits. For supervisors.
    pub async fn team(&self, agent: &AgentName) -> Result<TeamView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::Supervise, Object::Workspace)?;
        Ok(self.inner.team().await?)
    }

    /// Says that an agent looks at the [`team`](Self::team), or does so no longer: while they do, their feed says when it
    /// should be read again. For supervisors.
    pub fn watch_team(&self, agent: &AgentName, on: bool) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::Supervise, Object::Workspace)?;
        self.inner.presence.watch_team(agent, on);
        Ok(())
    }

    /// The colleagues with whom an agent may begin a chat (r54), those who are logged in first, then by name.
    pub async fn colleagues(&self, agent: &AgentName) -> Result<Vec<ColleagueView>, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ConsultColleague, Object::Workspace)?;
        let mut colleagues = Vec::new();
        for colleague in self.inner.desk_agents().filter(|colleague| colleague.name != *agent) {
            let state = self.inner.agent_state(&colleague.name).await?;
            let ready = self.inner.directory.media().iter().any(|medium| state.is_ready(medium));
            colleagues.push(ColleagueView {
                agent: colleague.name.clone(),
                signed_in: state.signed_in,
                ready: state.signed_in && ready,
            });
        }
        colleagues.sort_by_key(|colleague| !colleague.signed_in);
        Ok(colleagues)
    }
}

impl Inner {
    /// Whoever has to do with contacts. Who only configures sees none of it and is nobody's colleague.
    fn desk_agents(&self) -> impl Iterator<Item = &Agent> {
        self.directory.agents().filter(|agent| agent.role != Role::Admin)
    }

    async fn team(&self) -> Result<TeamView, StoreError> {
        let mut agents = Vec::new();
        let mut ready: BTreeMap<&QueueName, usize> = BTreeMap::new();
        for agent in self.desk_agents() {
            let state = self.agent_state(&agent.name).await?;
            for queue in agent.queues.iter().filter(|queue| self.is_ready_in(&state, queue)) {
                *ready.entry(queue).or_default() += 1;
            }
            agents.push(self.team_agent(agent, &state).await?);
        }
        agents.sort_by_key(|agent| !agent.signed_in);
        let mut waiting: BTreeMap<QueueName, Vec<(Timestamp, Arc<Interaction>)>> = BTreeMap::new();
        let channels = self.directory.channels().map(|channel| &channel.queue);
        for queue in channels.chain(self.directory.agents().flat_map(|agent| &agent.queues)) {
            waiting.entry(queue.clone()).or_default();
        }
        for interaction in self.open.all() {
            if let Some(since) = waits_since(&interaction.state) {
                waiting.entry(interaction.queue.clone()).or_default().push((since, interaction));
            }
        }
        let mut queues = Vec::with_capacity(waiting.len());
        for (queue, mut waits) in waiting {
            waits.sort_by_key(|(since, interaction)| (*since, interaction.id));
            let mut work = Vec::with_capacity(waits.len().min(MOST_SHOWN));
            for (since, interaction) in waits.iter().take(MOST_SHOWN) {
                work.push(WaitingWork {
                    since: *since,
                    offered_to: interaction.offer().map(|offered| offered.agent.clone()),
                    interaction: self.interaction_view(interaction).await?,
                });
            }
            let ready_agents = ready.get(&queue).copied().unwrap_or_default();
            queues.push(TeamQueue { queue, ready_agents, waiting: waits.len(), work });
        }
        Ok(TeamView { at: self.now(), agents, queues })
    }

    async fn team_agent(&self, agent: &Agent, state: &AgentState) -> Result<TeamAgent, StoreError> {
        let mut own = self.open.of_agent(&agent.name);
        own.retain(|interaction| is_among_own(interaction, &agent.name));
        let mut interactions = Vec::with_capacity(own.len().min(MOST_SHOWN));
        for interaction in own.iter().take(MOST_SHOWN) {
            interactions.push(self.interaction_view(interaction).await?);
        }
        let media = self.directory.media().iter();
        Ok(TeamAgent {
            agent: agent.name.clone(),
            role: agent.role,
            signed_in: state.signed_in,
            readiness: media
                .map(|medium| (medium.clone(), readiness_view(state.readiness.get(medium))))
                .collect(),
            load: MediaClass::ALL
                .into_iter()
                .map(|class| {
                    (class, LoadView { used: state.used(class), limit: agent.capacity.limit(class) })
                })
                .collect(),
            queues: agent.queues.clone(),
            open: own.len(),
            interactions,
        })
    }

    /// Whether an agent could be offered something of a queue: they are Ready on everything that one of its channels asks
    /// for. A queue that only gets what others hand over takes whatever any channel brings.
    fn is_ready_in(&self, state: &AgentState, queue: &QueueName) -> bool {
        let is_ready =
            |channel: &parlor_model::Channel| channel.readiness.iter().all(|medium| state.is_ready(medium));
        let mut own = self.directory.channels().filter(|channel| channel.queue == *queue).peekable();
        if own.peek().is_none() {
            return state.signed_in && self.directory.channels().any(is_ready);
        }
        state.signed_in && own.any(is_ready)
    }
}

/// Since when nobody has it; `None` when somebody does, or it is over.
const fn waits_since(state: &State) -> Option<Timestamp> {
    match state {
        State::Queued(queued) => Some(queued.since),
        State::Offered(offered) => Some(offered.queued.since),
        State::Active(_) | State::Ended(_) | State::Done(_) => None,
    }
}
