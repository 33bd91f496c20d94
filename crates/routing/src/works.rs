//! The work that the matcher knows.

use std::num::NonZeroU32;

use parlor_model::{Id as _, InteractionId, Timestamp};
use slab::Slab;

use crate::Work;
use crate::agent::AgentId;
use crate::table::{Table, hash_number};
use crate::work::Location;

/// The number of a piece of work while it is known; given away again after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WorkNumber(NonZeroU32);

impl WorkNumber {
    /// The memory ends long before the numbers do.
    fn at(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Work that waits or that a decision in flight is about, each piece once.
///
/// It is found by the id of its interaction. The index and the agents have its number instead, which leads there in
/// one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Works {
    known: Slab<Known>,
    numbers: Table<WorkNumber>,
    waiting: usize,
}

#[derive(Clone, Debug)]
struct Known {
    at: Location,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Waiting,
    InFlight(InFlight),
}

/// A decision that is not settled yet.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) agent: AgentId,
    pub(crate) decided_at: Timestamp,
    /// Another decision in flight for the same agent.
    pub(crate) next: Option<WorkNumber>,
    /// The work, if it arrived again in the meantime.
    pub(crate) again: Option<Box<Work>>,
}

impl Works {
    /// How much waits. What is in flight does not.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// The number of work that is known.
    pub(crate) fn number(&self, interaction: InteractionId) -> Option<WorkNumber> {
        let is_it = |number: &WorkNumber| is_about(&self.known, *number, interaction);
        self.numbers.find(hash(interaction), is_it).copied()
    }

    /// Where work waits; `None` if it does not.
    pub(crate) fn find_waiting(&self, interaction: InteractionId) -> Option<(WorkNumber, Location)> {
        let number = self.number(interaction)?;
        let known = self.known.get(number.index())?;
        matches!(known.state, State::Waiting).then_some((number, known.at))
    }

    /// Where known work waits, or waited before it was given out.
    pub(crate) fn location(&self, number: WorkNumber) -> Option<Location> {
        self.known.get(number.index()).map(|known| known.at)
    }

    /// The decision in flight about work, if there is one.
    pub(crate) fn in_flight_mut(&mut self, number: WorkNumber) -> Option<&mut InFlight> {
        match &mut self.known.get_mut(number.index())?.state {
            State::InFlight(in_flight) => Some(in_flight),
            State::Waiting => None,
        }
    }

    /// Adds work that waits and is not known.
    pub(crate) fn add(&mut self, at: Location) -> WorkNumber {
        self.waiting += 1;
        let number = WorkNumber::at(self.known.insert(Known { at, state: State::Waiting }));
        self.numbers.add(number, |number| {
            self.known.get(number.index()).map_or(0, |known| hash(known.at.place.interaction))
        });
        number
    }

    /// Work waits somewhere else now.
    pub(crate) fn set_location(&mut self, number: WorkNumber, at: Location) {
        if let Some(known) = self.known.get_mut(number.index()) {
            known.at = at;
        }
    }

    /// Work that waited is given out.
    pub(crate) fn give_out(&mut self, number: WorkNumber, in_flight: InFlight) {
        if let Some(known) = self.known.get_mut(number.index()) {
            self.waiting -= usize::from(matches!(known.state, State::Waiting));
            known.state = State::InFlight(in_flight);
        }
    }

    /// Forgets work.
    pub(crate) fn remove(&mut self, number: WorkNumber) -> Option<Location> {
        let interaction = self.known.get(number.index())?.at.place.interaction;
        self.numbers.remove(hash(interaction), |known| *known == number);
        let known = self.known.try_remove(number.index())?;
        self.waiting -= usize::from(matches!(known.state, State::Waiting));
        Some(known.at)
    }
}

fn is_about(known: &Slab<Known>, number: WorkNumber, interaction: InteractionId) -> bool {
    known.get(number.index()).is_some_and(|known| known.at.place.interaction == interaction)
}

/// Ids hold a time in one half and randomness in both.
fn hash(interaction: InteractionId) -> u64 {
    let (high, low) = interaction.as_uuid().as_u64_pair();
    hash_number(high, low)
}

/// Work that was found where it waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) number: WorkNumber,
    pub(crate) at: Location,
}
