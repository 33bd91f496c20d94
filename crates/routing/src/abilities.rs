use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{Medium, QueueName, SkillName};

use crate::AgentSnapshot;

/// Which work an agent could be given at all, load apart. Many agents have the same abilities.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Abilities {
    pub(crate) queues: BTreeSet<QueueName>,
    pub(crate) skills: BTreeMap<SkillName, u8>,
    pub(crate) ready: BTreeSet<Medium>,
    pub(crate) disabled: BTreeSet<Medium>,
}

impl Abilities {
    fn of(agent: &AgentSnapshot) -> Self {
        Self {
            queues: agent.queues.clone(),
            skills: agent.skills.clone(),
            ready: agent.ready.keys().cloned().collect(),
            disabled: agent.disabled.clone(),
        }
    }

    /// Whether an agent has just these.
    pub(crate) fn are_those_of(&self, agent: &AgentSnapshot) -> bool {
        self.ready.iter().eq(agent.ready.keys())
            && self.queues == agent.queues
            && self.skills == agent.skills
            && self.disabled == agent.disabled
    }
}

/// Abilities in use, each once.
///
/// Ten thousand agents share a few hundred. Kept once, they stay in the processor's cache, and agents stay small.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedAbilities(BTreeSet<Arc<Abilities>>);

impl SharedAbilities {
    /// The abilities of an agent.
    pub(crate) fn share(&mut self, agent: &AgentSnapshot) -> Arc<Abilities> {
        let abilities = Abilities::of(agent);
        if let Some(shared) = self.0.get(&abilities) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(abilities);
        self.0.insert(Arc::clone(&shared));
        shared
    }

    /// Takes back what an agent no longer has; what nobody else has is forgotten.
    pub(crate) fn give_back(&mut self, abilities: &Arc<Abilities>) {
        /// The one of the agent and our own.
        const LAST: usize = 2;
        if Arc::strong_count(abilities) <= LAST {
            self.0.remove(abilities);
        }
    }
}
