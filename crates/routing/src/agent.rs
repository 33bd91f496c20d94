use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{AgentName, CapacityRule, MediaClass, Medium, QueueName, SkillName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::abilities::Abilities;
use crate::index::ProfileId;
use crate::names::NameOrder;
use crate::number::number;
use crate::work::Demand;
use crate::works::WorkNumber;

/// All that routing knows of an agent who is logged in and present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSnapshot {
    /// Identity.
    pub name: AgentName,
    /// The media on which they are Ready, and since when (r1, r2).
    pub ready: BTreeMap<Medium, Timestamp>,
    /// The queues they serve.
    pub queues: BTreeSet<QueueName>,
    /// Their skills with grades; higher is better.
    pub skills: BTreeMap<SkillName, u8>,
    /// What they hold, as the store counts it, by media class. What is in flight is not in it.
    pub load: BTreeMap<MediaClass, u32>,
    /// What they may hold.
    pub limits: CapacityRule,
    /// Since when they have been given nothing: the longest idle is asked first.
    pub idle_since: Timestamp,
    /// Media for which they are not enabled, however Ready they are (r4).
    pub disabled: BTreeSet<Medium>,
}

number! {
    /// The place of an agent in the matcher's list. Places are never given to another name: there are only as many as
    /// the configuration has agents.
    AgentId
}

/// What the matcher keeps of an agent, also while they are away: a decision in flight outlives a logout.
///
/// Small on purpose, and two lines of memory that are fetched as one: an input is about any of ten thousand agents, so
/// it is rarely in the processor's cache.
#[derive(Clone, Debug)]
#[repr(align(128))]
pub(crate) struct AgentSlot {
    id: AgentId,
    name: AgentName,
    name_order: NameOrder,
    /// What they can do, `None` while they are away.
    abilities: Option<Arc<Abilities>>,
    told: Standing,
    /// What decisions in flight add to that; worked out once for each change of them.
    in_flight: InFlight,
    /// One of these decisions; it leads to the others.
    pub(crate) first_in_flight: Option<WorkNumber>,
    /// In the order of the media that they are Ready on.
    ready_since: Box<[Timestamp]>,
    /// Where the index has them, and whether it shows their room; kept by the index.
    pub(crate) profile: Option<ProfileId>,
    pub(crate) is_shown: bool,
}

/// What an agent was told to hold and may hold in each media class, in the order of [`MediaClass::ALL`], and since
/// when they were given nothing.
#[derive(Clone, Copy, Debug)]
struct Standing {
    load: [u32; MediaClass::ALL.len()],
    limit: [u32; MediaClass::ALL.len()],
    idle_since: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    load: [u32; MediaClass::ALL.len()],
    /// The latest decision; in the beginning of time if there is none.
    decided_at: Timestamp,
}

/// The place of an agent among those who could take the same work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    idle_since: Timestamp,
    fill: Fill,
    name_order: NameOrder,
    pub(crate) agent: AgentId,
}

impl AgentSlot {
    pub(crate) fn new(id: AgentId, name: AgentName, name_order: NameOrder) -> Self {
        Self {
            id,
            name,
            name_order,
            abilities: None,
            told: Standing::AWAY,
            in_flight: InFlight::NOTHING,
            first_in_flight: None,
            ready_since: Box::default(),
            profile: None,
            is_shown: false,
        }
    }

    pub(crate) const fn id(&self) -> AgentId {
        self.id
    }

    pub(crate) const fn name(&self) -> &AgentName {
        &self.name
    }

    /// What they can do, `None` while they are away.
    pub(crate) const fn abilities(&self) -> Option<&Arc<Abilities>> {
        self.abilities.as_ref()
    }

    /// They are here, and as told; their abilities come shared.
    pub(crate) fn arrive(&mut self, snapshot: &AgentSnapshot, abilities: Arc<Abilities>) {
        self.abilities = Some(abilities);
        self.update(snapshot);
    }

    /// As told, and with the abilities that they had.
    pub(crate) fn update(&mut self, snapshot: &AgentSnapshot) {
        if self.ready_since.len() == snapshot.ready.len() {
            self.ready_since
                .iter_mut()
                .zip(snapshot.ready.values())
                .for_each(|(known, since)| *known = *since);
        } else {
            self.ready_since = snapshot.ready.values().copied().collect();
        }
        self.told = Standing::of(snapshot);
    }

    /// They hold what was told, and are as they were otherwise.
    pub(crate) fn hold(&mut self, load: &BTreeMap<MediaClass, u32>, idle_since: Timestamp) {
        self.told.hold(load, idle_since);
    }

    /// They are away; gives back their abilities.
    pub(crate) fn leave(&mut self) -> Option<Arc<Abilities>> {
        self.ready_since = Box::default();
        self.told = Standing::AWAY;
        self.abilities.take()
    }

    /// A decision for them is in flight.
    pub(crate) fn add_in_flight(&mut self, number: WorkNumber, demand: Demand, decided_at: Timestamp) {
        self.first_in_flight = Some(number);
        self.in_flight.add(demand, decided_at);
    }

    /// No decision for them is in flight any more; gives one that was, which leads to the others.
    pub(crate) const fn clear_in_flight(&mut self) -> Option<WorkNumber> {
        self.in_flight = InFlight::NOTHING;
        self.first_in_flight.take()
    }

    /// As if they had never been here.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.id, self.name.clone(), self.name_order);
    }

    /// Another place of their name in the same order; not while their room is shown.
    pub(crate) const fn set_name_order(&mut self, name_order: NameOrder) {
        self.name_order = name_order;
    }

    /// What they hold in a class, decisions in flight included.
    pub(crate) fn load(&self, class: MediaClass) -> u64 {
        u64::from(self.told.load[class as usize]) + u64::from(self.in_flight.load[class as usize])
    }

    /// What they may hold in a class; nothing while they are away.
    pub(crate) const fn limit(&self, class: MediaClass) -> u32 {
        self.told.limit[class as usize]
    }

    /// Since when they have been given nothing; a decision in flight counts as given.
    pub(crate) fn idle_since(&self) -> Timestamp {
        self.told.idle_since.max(self.in_flight.decided_at)
    }

    /// Whether there is room.
    pub(crate) fn fits(&self, demand: Demand) -> bool {
        self.load(demand.class) + u64::from(demand.weight.get()) <= u64::from(self.limit(demand.class))
    }

    /// Their place among those who could take work of a class.
    pub(crate) fn rank(&self, class: MediaClass) -> Rank {
        Rank {
            idle_since: self.idle_since(),
            fill: Fill::of(self.load(class), self.limit(class)),
            name_order: self.name_order,
            agent: self.id,
        }
    }

    /// When they were last made Ready on any of these media.
    pub(crate) fn last_ready(&self, media: &BTreeSet<Medium>) -> Option<Timestamp> {
        let ready = self.abilities.as_ref()?.ready.iter().zip(&self.ready_since);
        ready.filter(|(medium, _)| media.contains(medium)).map(|(_, since)| *since).max()
    }
}

impl Standing {
    const AWAY: Self = Self {
        load: [0; MediaClass::ALL.len()],
        limit: [0; MediaClass::ALL.len()],
        idle_since: Timestamp::UNIX_EPOCH,
    };

    fn of(snapshot: &AgentSnapshot) -> Self {
        let limit = MediaClass::ALL.map(|class| snapshot.limits.limit(class));
        let mut standing = Self { limit, ..Self::AWAY };
        standing.hold(&snapshot.load, snapshot.idle_since);
        standing
    }

    fn hold(&mut self, load: &BTreeMap<MediaClass, u32>, idle_since: Timestamp) {
        self.load = Self::AWAY.load;
        for (&class, &load) in load {
            self.load[class as usize] = load;
        }
        self.idle_since = idle_since;
    }
}

impl InFlight {
    const NOTHING: Self =
        Self { load: [0; MediaClass::ALL.len()], decided_at: Timestamp::from_micros(i64::MIN) };

    fn add(&mut self, demand: Demand, decided_at: Timestamp) {
        let load = &mut self.load[demand.class as usize];
        // More than this is over any limit.
        *load = load.saturating_add(demand.weight.get());
        self.decided_at = self.decided_at.max(decided_at);
    }
}

/// How full somebody is: the bits of load / limit, which compare as the fraction does because it is not negative.
/// The nearest number to a fraction is the same for equal fractions, and another for different ones with limits up
/// to [`parlor_model::CapacityLimits::MAX`]. Loads beyond 32 bits are alike; they are over any limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fill(u64);

impl Fill {
    pub(crate) fn of(load: u64, limit: u32) -> Self {
        let load = u32::try_from(load).unwrap_or(u32::MAX);
        Self((f64::from(load) / f64::from(limit.max(1))).to_bits())
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::CapacityLimits;

    use super::*;

    #[test]
    fn what_is_kept_of_an_agent_is_fetched_at_once() {
        assert_eq!(size_of::<AgentSlot>(), 128);
    }

    #[test]
    fn media_classes_are_numbered_in_the_order_of_their_list() {
        assert_eq!(MediaClass::ALL.map(|class| class as usize), [0, 1, 2]);
    }

    #[test]
    fn fills_compare_as_fractions_do() {
        let limits = [1, 2, 3, 7, 997, 999, CapacityLimits::MAX];
        let fractions = limits.into_iter().flat_map(|limit| (0..=limit + 1).map(move |load| (load, limit)));
        let mut fractions: Vec<(u32, u32)> = fractions.collect();
        fractions.sort_by_key(|&(load, limit)| Fill::of(load.into(), limit));
        for pair in fractions.windows(2) {
            let [(load, limit), (other_load, other_limit)] = [pair[0], pair[1]];
            let exact =
                (u64::from(load) * u64::from(other_limit)).cmp(&(u64::from(other_load) * u64::from(limit)));
            let filled = Fill::of(load.into(), limit).cmp(&Fill::of(other_load.into(), other_limit));
            assert_eq!(filled, exact, "{pair:?}");
        }
        assert_eq!(Fill::of(u64::MAX, 3), Fill::of(u64::from(u32::MAX), 3));
    }
}
