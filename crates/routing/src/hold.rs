//! Work that is kept for the agent who had it last.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::AgentId;
use crate::index::ClassId;
use crate::work::{Location, Particulars, Place};
use crate::works::{Found, WorkNumber};

/// Work in the time for which it is held: apart from the other work while its agent is logged in, so that nobody else
/// looks at it, and remembered while they are away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holds {
    by_agent: BTreeMap<AgentId, BTreeMap<Place, Held>>,
    by_work: BTreeMap<WorkNumber, AgentId>,
    hoping: BTreeMap<AgentId, BTreeSet<WorkNumber>>,
}

/// A piece of it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    number: WorkNumber,
    class: ClassId,
    pub(crate) particulars: Option<Box<Particulars>>,
}

impl Holds {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keeps work for an agent.
    pub(crate) fn keep(
        &mut self,
        agent: AgentId,
        number: WorkNumber,
        at: Location,
        particulars: Option<Box<Particulars>>,
    ) {
        self.by_work.insert(number, agent);
        let of_agent = self.by_agent.entry(agent).or_default();
        of_agent.insert(at.place, Held { number, class: at.class, particulars });
    }

    /// Takes out what is kept of a piece of work, if it is.
    pub(crate) fn take(&mut self, number: WorkNumber, place: Place) -> Option<Held> {
        let agent = self.by_work.remove(&number)?;
        let of_agent = self.by_agent.get_mut(&agent)?;
        let held = of_agent.remove(&place);
        if of_agent.is_empty() {
            self.by_agent.remove(&agent);
        }
        held
    }

    /// What is particular to kept work.
    pub(crate) fn particulars(&self, number: WorkNumber, place: Place) -> Option<&Particulars> {
        let agent = self.by_work.get(&number)?;
        self.by_agent.get(agent)?.get(&place)?.particulars.as_deref()
    }

    /// What is kept for an agent, in order.
    pub(crate) fn of(&self, agent: AgentId) -> impl Iterator<Item = Found> {
        let of_agent = self.by_agent.get(&agent).into_iter().flatten();
        of_agent.map(|(place, held)| Found {
            number: held.number,
            at: Location { class: held.class, place: *place },
        })
    }

    /// All that is kept.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Place, ClassId)> {
        self.by_agent.values().flatten().map(|(place, held)| (*place, held.class))
    }

    /// Notes that work is to be kept for an agent should they log in.
    pub(crate) fn hope(&mut self, agent: AgentId, number: WorkNumber) {
        self.hoping.entry(agent).or_default().insert(number);
    }

    /// Forgets that.
    pub(crate) fn give_up(&mut self, agent: AgentId, number: WorkNumber) {
        if let Some(hoping) = self.hoping.get_mut(&agent) {
            hoping.remove(&number);
            if hoping.is_empty() {
                self.hoping.remove(&agent);
            }
        }
    }

    /// Whatever has to be looked at again when an agent logs in or out.
    pub(crate) fn concerning(&self, agent: AgentId) -> Vec<WorkNumber> {
        let kept = self.of(agent).map(|held| held.number);
        let hoping = self.hoping.get(&agent).into_iter().flatten().copied();
        kept.chain(hoping).collect()
    }
}
