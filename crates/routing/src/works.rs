//! The work that the matcher knows.

use std::collections::BTreeMap;

use parlor_model::{Id as _, InteractionId, Timestamp};

use crate::Work;
use crate::agent::AgentId;
use crate::number::number;
use crate::table::{Table, hash_number};
use crate::work::Location;

number! {
    /// The number of a piece of work while it is known; given away again after that.
    WorkNumber
}

/// Work that waits or that a decision in flight is about, each piece once.
///
/// It is found by the id of its interaction. The index and the agents have its number instead, which leads there in
/// one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Works {
    /// By number. What is kept of work is copied over, without a look at what stood there: it is hardly ever in the
    /// processor's cache.
    known: Vec<Known>,
    unused: Vec<WorkNumber>,
    numbers: Table<WorkNumber>,
    waiting: usize,
    /// Work in flight that arrived again in the meantime.
    again: BTreeMap<WorkNumber, Work>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    at: Location,
    /// `None` while it waits.
    in_flight: Option<InFlight>,
}

/// A decision that is not settled yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlight {
    pub(crate) agent: AgentId,
    pub(crate) decided_at: Timestamp,
    /// Another decision in flight for the same agent.
    pub(crate) next: Option<WorkNumber>,
}

impl Works {
    /// How much waits. What is in flight does not.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// The number of work that is known.
    pub(crate) fn number(&self, interaction: InteractionId) -> Option<WorkNumber> {
        let is_it = |number: &WorkNumber| {
            self.location(*number).is_some_and(|known| known.place.interaction == interaction)
        };
        self.numbers.find(hash(interaction), is_it).copied()
    }

    /// Where work waits; `None` if it does not.
    pub(crate) fn find_waiting(&self, interaction: InteractionId) -> Option<(WorkNumber, Location)> {
        let number = self.number(interaction)?;
        let known = self.known.get(number.index()).filter(|known| known.in_flight.is_none())?;
        Some((number, known.at))
    }

    /// Where known work waits, or waited before it was given out.
    pub(crate) fn location(&self, number: WorkNumber) -> Option<Location> {
        self.known.get(number.index()).map(|known| known.at)
    }

    /// The decision in flight about work, if there is one.
    pub(crate) fn in_flight_mut(&mut self, number: WorkNumber) -> Option<&mut InFlight> {
        self.known.get_mut(number.index())?.in_flight.as_mut()
    }

    /// Whether a decision about work is in flight.
    pub(crate) fn is_in_flight(&self, number: WorkNumber) -> bool {
        self.known.get(number.index()).is_some_and(|known| known.in_flight.is_some())
    }

    /// Keeps what arrived while a decision about it is in flight; `None` forgets it.
    pub(crate) fn set_again(&mut self, number: WorkNumber, work: Option<Work>) {
        match work {
            Some(work) => self.again.insert(number, work),
            None => self.again.remove(&number),
        };
    }

    /// Adds work that waits and is not known.
    pub(crate) fn add(&mut self, at: Location) -> WorkNumber {
        self.waiting += 1;
        let known = Known { at, in_flight: None };
        let number = self.unused.pop().unwrap_or_else(|| WorkNumber::at(self.known.len()));
        match self.known.get_mut(number.index()) {
            Some(unused) => *unused = known,
            None => self.known.push(known),
        }
        let known = &self.known;
        self.numbers.add(number, |number| {
            known.get(number.index()).map_or(0, |known| hash(known.at.place.interaction))
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
            self.waiting -= 1;
            known.in_flight = Some(in_flight);
        }
    }

    /// Forgets known work; gives where it waited, and what arrived again.
    pub(crate) fn remove(&mut self, number: WorkNumber) -> Option<(Location, Option<Work>)> {
        let Known { at, in_flight } = *self.known.get(number.index())?;
        self.numbers.remove(hash(at.place.interaction), |known| *known == number)?;
        self.unused.push(number);
        self.waiting -= usize::from(in_flight.is_none());
        let again = in_flight.and_then(|_| self.again.remove(&number));
        Some((at, again))
    }
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
