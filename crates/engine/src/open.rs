//! The interactions that are not Done, in memory: what the desk shows and what decisions start from.
//!
//! It is a cache: every decision made from it is checked by the store against the version it was made from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parlor_interaction::{Consult, ConsultStage, Interaction, State};
use parlor_model::{AgentName, InteractionId, ThreadId};

/// How many closed interactions are remembered, so that a snapshot that arrives late does not reopen one here.
const CLOSED_REMEMBERED: usize = 4_096;

#[derive(Debug, Default)]
pub(crate) struct OpenInteractions {
    inner: Mutex<Index>,
}

#[derive(Debug, Default)]
struct Index {
    by_id: BTreeMap<InteractionId, Arc<Interaction>>,
    by_thread: BTreeMap<ThreadId, InteractionId>,
    by_agent: BTreeMap<AgentName, BTreeSet<InteractionId>>,
    closed: BTreeSet<InteractionId>,
    closed_order: VecDeque<InteractionId>,
}

impl OpenInteractions {
    fn lock(&self) -> MutexGuard<'_, Index> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a snapshot; an older one than what is known is ignored, a Done one is forgotten.
    pub(crate) fn update(&self, interaction: Arc<Interaction>) {
        let mut index = self.lock();
        let id = interaction.id;
        let outdated = index.by_id.get(&id).is_some_and(|known| known.version > interaction.version);
        if outdated || index.closed.contains(&id) {
            return;
        }
        index.forget(id);
        if interaction.is_open() {
            for agent in involved(&interaction) {
                index.by_agent.entry(agent.clone()).or_default().insert(id);
            }
            index.by_thread.insert(interaction.thread, id);
            index.by_id.insert(id, interaction);
        } else {
            index.remember_closed(id);
        }
    }

    pub(crate) fn get(&self, id: InteractionId) -> Option<Arc<Interaction>> {
        self.lock().by_id.get(&id).cloned()
    }

    pub(crate) fn in_thread(&self, thread: ThreadId) -> Option<Arc<Interaction>> {
        let index = self.lock();
        let id = index.by_thread.get(&thread)?;
        index.by_id.get(id).cloned()
    }

    /// Those in which an agent has a part, oldest first.
    pub(crate) fn of_agent(&self, agent: &AgentName) -> Vec<Arc<Interaction>> {
        let index = self.lock();
        index
            .by_agent
            .get(agent)
            .into_iter()
            .flatten()
            .filter_map(|id| index.by_id.get(id).cloned())
            .collect()
    }

    /// All of them, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Interaction>> {
        self.lock().by_id.values().cloned().collect()
    }

    /// Forgets one that does not exist after all.
    pub(crate) fn forget(&self, id: InteractionId) {
        self.lock().forget(id);
    }
}

impl Index {
    fn remember_closed(&mut self, id: InteractionId) {
        self.closed.insert(id);
        self.closed_order.push_back(id);
        if self.closed_order.len() > CLOSED_REMEMBERED
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.closed.remove(&oldest);
        }
    }

    fn forget(&mut self, id: InteractionId) {
        let Some(known) = self.by_id.remove(&id) else {
            return;
        };
        if self.by_thread.get(&known.thread) == Some(&id) {
            self.by_thread.remove(&known.thread);
        }
        for agent in involved(&known) {
            if let Some(interactions) = self.by_agent.get_mut(agent) {
                interactions.remove(&id);
                if interactions.is_empty() {
                    self.by_agent.remove(agent);
                }
            }
        }
    }
}

/// Whether an interaction is among an agent's own: they own it, take part, watch or advise, or had it last. Not yet
/// while they are only asked.
pub(crate) fn is_among_own(interaction: &Interaction, agent: &AgentName) -> bool {
    match &interaction.state {
        State::Queued(_) | State::Offered(_) | State::Done(_) => false,
        State::Active(active) => {
            let advises = |consult: &Consult| {
                consult.target.agent() == Some(agent) && matches!(consult.stage, ConsultStage::Joined { .. })
            };
            active.takes_part(agent)
                || active.supervisors.contains_key(agent)
                || active.consults.values().any(advises)
        }
        State::Ended(_) => interaction.last_owner.as_ref() == Some(agent),
    }
}

/// Everybody whom an interaction concerns: those among whose own it is, and those who are asked.
pub(crate) fn involved(interaction: &Interaction) -> BTreeSet<&AgentName> {
    match &interaction.state {
        State::Queued(_) | State::Done(_) => BTreeSet::new(),
        State::Offered(offered) => BTreeSet::from([&offered.agent]),
        // While it is parked it weighs on nobody, and is its owner's all the same.
        State::Active(active) => std::iter::once(&active.owner)
            .chain(active.holders())
            .chain(active.supervisors.keys())
            .chain(active.consults.values().filter_map(|consult| consult.target.agent()))
            .collect(),
        State::Ended(_) => interaction.last_owner.iter().collect(),
    }
}
