//! Finds the first work for an agent and the first agent for work without looking at the others.
//!
//! Work that asks for the same waits in one *class*; agents who can do the same stand in one *profile*. Which
//! profile satisfies which class is worked out when either appears, so that a decision only compares the heads of
//! those sorted sets that fit. Within a profile the agents stand in one set per *demand* (media class and weight)
//! that they have room for, so that an agent without room is never looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{Medium, QueueName, SkillName};

use crate::abilities::Abilities;
use crate::agent::{AgentId, AgentSlot, Rank};
use crate::line::Line;
use crate::number::number;
use crate::queue_rule::Asks;
use crate::table::Table;
use crate::work::{Demand, Location, Needs, Particulars, Place};
use crate::works::{Found, WorkNumber};
use crate::{QueueRule, Work};

number! {
    /// The number of a class. Classes are kept when empty: there are as many as the configuration can express.
    ClassId
}

number! {
    /// The number of a profile; given away again once nobody stands in it.
    ProfileId
}

/// The number of a demand; kept like classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DemandId(usize);

#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    classes: Vec<Class>,
    /// The first work of each class. Whoever gets room looks at many of these, so they lie side by side.
    first_work: Vec<Option<First>>,
    /// The classes of work that has reached no ring, by the fingerprint of what it needs.
    classes_by_needs: Table<ClassId>,
    profiles: Vec<Profile>,
    profile_ids: BTreeMap<ProfileKey, ProfileId>,
    unused_profiles: Vec<ProfileId>,
    demands: Vec<Demand>,
    /// By demand and profile, the first agent who has room. Work that arrives looks at many of these.
    first_agents: Vec<Vec<Option<Rank>>>,
    /// Every skill with every grade that some class asks for.
    grades: BTreeSet<(SkillName, u8)>,
}

#[derive(Clone, Debug)]
struct Class {
    needs: Needs,
    /// Of the needs; 0 if no new work waits here, because it has to wait for a ring first.
    fingerprint: u64,
    /// Of its queue.
    rule: Arc<QueueRule>,
    /// How many rings of the rule its work has reached.
    ring: usize,
    /// Where its work goes when the next ring is reached, once some has.
    next_ring: Option<ClassId>,
    /// What follows from all these, and from which queues are open.
    asks: Asks,
    demand: DemandId,
    waiting: Line<Place, Waits>,
    /// In order.
    profiles: Vec<ProfileId>,
}

/// A piece of work in its class.
#[derive(Clone, Debug)]
struct Waits {
    number: WorkNumber,
    particulars: Option<Box<Particulars>>,
}

#[derive(Clone, Copy, Debug)]
struct First {
    place: Place,
    number: WorkNumber,
    demand: Demand,
    /// Whether nothing is particular to it, so that nobody can be barred from it.
    is_plain: bool,
}

#[derive(Clone, Debug)]
struct Profile {
    key: ProfileKey,
    members: usize,
    /// In order.
    classes: Vec<ClassId>,
    /// Who has room, by demand. A demand beyond the end has nobody.
    free: Vec<Line<Rank, ()>>,
}

/// Abilities, as far as they make a difference to some class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ProfileKey {
    queues: BTreeSet<QueueName>,
    media: BTreeSet<Medium>,
    /// Which of the grades that some class asks for they have. Skills that no class asks for do not split profiles.
    grades: BTreeSet<(SkillName, u8)>,
}

impl ProfileKey {
    fn satisfies(&self, needs: &Needs, asks: &Asks) -> bool {
        // Work that names no medium is for nobody: see `Work::media`.
        !needs.media.is_empty()
            && asks.queues.iter().any(|queue| self.queues.contains(queue))
            && needs.media.is_subset(&self.media)
            && asks.skills.iter().all(|(skill, &grade)| self.grades.contains(&(skill.clone(), grade)))
    }
}

impl Class {
    fn first(&self) -> Option<First> {
        let (place, Waits { number, particulars }) = self.waiting.first()?;
        let (place, number) = (*place, *number);
        Some(First { place, number, demand: self.needs.demand, is_plain: particulars.is_none() })
    }

    /// The first work that is not `barred`.
    fn first_open(&self, barred: impl Fn(&Needs, &Particulars) -> bool) -> Option<(Place, WorkNumber)> {
        let is_open = |waits: &Waits| {
            let particulars = waits.particulars.as_deref();
            particulars.is_none_or(|particulars| !barred(&self.needs, particulars))
        };
        let (place, waits) = self.waiting.iter().find(|(_, waits)| is_open(waits))?;
        Some((*place, waits.number))
    }
}

impl Index {
    /// The class of this work before it has reached any ring, if there is one.
    pub(crate) fn class(&self, work: &Work) -> Option<ClassId> {
        let is_it = |&class: &ClassId| self.needs(class).are_those_of(work);
        self.classes_by_needs.find(work.needs_fingerprint(), is_it).copied()
    }

    /// Whether classes of this demand and these grades would change where agents stand. Then they have to be taken out
    /// before [`Self::prepare`] and put back after it. Rare: once per demand, and once per skill and grade.
    pub(crate) fn moves_agents(&self, demand: Demand, grades: &BTreeSet<(SkillName, u8)>) -> bool {
        !self.demands.contains(&demand) || !grades.is_subset(&self.grades)
    }

    /// Makes agents comparable by this demand and these grades.
    pub(crate) fn prepare(&mut self, demand: Demand, grades: BTreeSet<(SkillName, u8)>) {
        if !self.demands.contains(&demand) {
            self.demands.push(demand);
            self.first_agents.push(vec![None; self.profiles.len()]);
        }
        self.grades.extend(grades);
    }

    /// Adds the first class of this work, for which everything is [prepared](Self::prepare).
    pub(crate) fn add_class(&mut self, work: &Work, rule: Arc<QueueRule>, asks: Asks) -> ClassId {
        let class = self.add(work.needs(), rule, 0, asks);
        self.classes[class.index()].fingerprint = work.needs_fingerprint();
        let fingerprint = |class: &ClassId| self.classes[class.index()].fingerprint;
        self.classes_by_needs.add(class, fingerprint);
        class
    }

    /// Adds the class in which work of a class waits once it has reached the next ring.
    pub(crate) fn add_next_ring(&mut self, before: ClassId, asks: Asks) -> ClassId {
        let Class { needs, rule, ring, .. } = &self.classes[before.index()];
        let (needs, rule, ring) = (needs.clone(), Arc::clone(rule), ring + 1);
        let class = self.add(needs, rule, ring, asks);
        self.classes[before.index()].next_ring = Some(class);
        class
    }

    fn add(&mut self, needs: Needs, rule: Arc<QueueRule>, ring: usize, asks: Asks) -> ClassId {
        let id = ClassId::at(self.classes.len());
        let demand = self.demands.iter().position(|&known| known == needs.demand);
        let class = Class {
            needs,
            fingerprint: 0,
            rule,
            ring,
            next_ring: None,
            asks,
            // Beyond the end, where nobody has room, if it was not prepared.
            demand: DemandId(demand.unwrap_or(self.demands.len())),
            waiting: Line::default(),
            profiles: Vec::new(),
        };
        self.classes.push(class);
        self.first_work.push(None);
        self.link(id);
        id
    }

    /// Works out which profiles satisfy a class.
    fn link(&mut self, id: ClassId) {
        let class = &mut self.classes[id.index()];
        for &profile in self.profile_ids.values() {
            let entry = &mut self.profiles[profile.index()];
            if entry.key.satisfies(&class.needs, &class.asks) {
                insert(&mut entry.classes, id);
                insert(&mut class.profiles, profile);
            } else {
                remove(&mut entry.classes, &id);
                remove(&mut class.profiles, &profile);
            }
        }
    }

    /// Every class.
    pub(crate) fn classes(&self) -> impl Iterator<Item = ClassId> + use<> {
        (0..self.classes.len()).map(ClassId::at)
    }

    /// Asks the agents of these queues, and of no others, to do work of a class; gives whether any of them is new.
    pub(crate) fn ask(&mut self, class: ClassId, queues: BTreeSet<QueueName>) -> bool {
        let asks = &mut self.classes[class.index()].asks;
        let before = std::mem::replace(&mut asks.queues, queues);
        let grows = !asks.queues.is_subset(&before);
        if asks.queues != before {
            self.link(class);
        }
        grows
    }

    /// The rule of its queue.
    pub(crate) fn rule(&self, class: ClassId) -> &Arc<QueueRule> {
        &self.classes[class.index()].rule
    }

    /// How many rings of that rule its work has reached.
    pub(crate) fn ring(&self, class: ClassId) -> usize {
        self.classes[class.index()].ring
    }

    /// Where its work goes when the next ring is reached, if some has before.
    pub(crate) fn next_ring(&self, class: ClassId) -> Option<ClassId> {
        self.classes[class.index()].next_ring
    }

    /// The places of the work that waits in a class, in order.
    pub(crate) fn places(&self, class: ClassId) -> impl Iterator<Item = Place> {
        self.classes[class.index()].waiting.iter().map(|(place, _)| *place)
    }

    /// What work of a class asks for by itself.
    pub(crate) fn needs(&self, class: ClassId) -> &Needs {
        &self.classes[class.index()].needs
    }

    pub(crate) fn add_work(
        &mut self,
        number: WorkNumber,
        at: Location,
        particulars: Option<Box<Particulars>>,
    ) {
        let class = &mut self.classes[at.class.index()];
        class.waiting.insert(at.place, Waits { number, particulars });
        let first = &mut self.first_work[at.class.index()];
        if first.is_none_or(|first| at.place <= first.place) {
            *first = class.first();
        }
    }

    pub(crate) fn remove_work(&mut self, at: Location) -> Option<Box<Particulars>> {
        let class = &mut self.classes[at.class.index()];
        let first = &mut self.first_work[at.class.index()];
        if first.is_none_or(|first| at.place != first.place) {
            return class.waiting.remove(&at.place)?.particulars;
        }
        let removed = class.waiting.pop_first();
        *first = class.first();
        removed?.1.particulars
    }

    /// What is particular to waiting work; `None` if nothing is.
    pub(crate) fn particulars(&self, at: Location) -> Option<&Particulars> {
        self.classes[at.class.index()].waiting.get(&at.place)?.particulars.as_deref()
    }

    /// How much waits in a class.
    pub(crate) fn waiting(&self, class: ClassId) -> usize {
        self.classes[class.index()].waiting.len()
    }

    /// How much of it stands before a place.
    pub(crate) fn waiting_before(&self, class: ClassId, place: Place) -> usize {
        self.classes[class.index()].waiting.before(&place)
    }

    /// Puts an agent where their abilities belong, without showing their room. An agent who is away stands nowhere.
    pub(crate) fn add_agent(&mut self, agent: &mut AgentSlot) {
        let Some(abilities) = agent.abilities() else {
            return;
        };
        let profile = self.profile(self.profile_key(abilities));
        self.profiles[profile.index()].members += 1;
        agent.profile = Some(profile);
    }

    /// Takes an agent out whose room is not shown.
    pub(crate) fn remove_agent(&mut self, agent: &mut AgentSlot) {
        let Some(id) = agent.profile.take() else {
            return;
        };
        let profile = &mut self.profiles[id.index()];
        profile.members -= 1;
        if profile.members == 0 {
            self.drop_profile(id);
        }
    }

    /// Shows an agent to the work that they have room for.
    pub(crate) fn show_room(&mut self, agent: &mut AgentSlot) {
        let Some(profile) = agent.profile.filter(|_| !agent.is_shown) else { return };
        agent.is_shown = true;
        let free = &mut self.profiles[profile.index()].free;
        free.resize_with(self.demands.len(), Line::default);
        for ((free, first), &demand) in free.iter_mut().zip(&mut self.first_agents).zip(&self.demands) {
            if agent.fits(demand) {
                let rank = agent.rank(demand.class);
                free.insert(rank, ());
                let first = &mut first[profile.index()];
                *first = Some(first.map_or(rank, |first| first.min(rank)));
            }
        }
    }

    /// Hides an agent from all work; before anything about them changes. Gives whether they were shown.
    pub(crate) fn hide_room(&mut self, agent: &mut AgentSlot) -> bool {
        let Some(profile) = agent.profile.filter(|_| agent.is_shown) else { return false };
        agent.is_shown = false;
        let free = &mut self.profiles[profile.index()].free;
        for ((free, first), &demand) in free.iter_mut().zip(&mut self.first_agents).zip(&self.demands) {
            if agent.fits(demand) {
                let rank = agent.rank(demand.class);
                let first = &mut first[profile.index()];
                if *first == Some(rank) {
                    free.pop_first();
                    *first = free.first().map(|(rank, ())| *rank);
                } else {
                    free.remove(&rank);
                }
            }
        }
        true
    }

    /// Whether an agent can do work of a class and has room for it.
    pub(crate) fn is_open_to(&self, agent: &AgentSlot, class: ClassId) -> bool {
        let class = &self.classes[class.index()];
        agent.profile.is_some_and(|profile| class.profiles.binary_search(&profile).is_ok())
            && agent.fits(class.needs.demand)
    }

    /// The first agent, in the order of [`Rank`], who is open to a class.
    pub(crate) fn first_agent(&self, class: ClassId) -> Option<AgentId> {
        let class = &self.classes[class.index()];
        let first = self.first_agents.get(class.demand.0)?;
        let first = class.profiles.iter().filter_map(|profile| first[profile.index()].as_ref()).min()?;
        Some(first.agent)
    }

    /// The first of those who are not `barred`.
    pub(crate) fn first_agent_but(
        &self,
        class: ClassId,
        barred: impl Fn(AgentId) -> bool,
    ) -> Option<AgentId> {
        let class = &self.classes[class.index()];
        let first = class.profiles.iter().filter_map(|profile| {
            let free = self.profiles[profile.index()].free.get(class.demand.0)?;
            free.iter().map(|(rank, ())| rank).find(|rank| !barred(rank.agent))
        });
        first.min().map(|rank| rank.agent)
    }

    /// The first work to which an agent is open and that is not `barred`; only asked about work that has something
    /// particular.
    pub(crate) fn first_work(
        &self,
        agent: &AgentSlot,
        barred: impl Fn(&Needs, &Particulars) -> bool,
    ) -> Option<Found> {
        let mut earliest: Option<Found> = None;
        // Nearly always it was the last of their room that they were given.
        if !self.demands.iter().any(|&demand| agent.fits(demand)) {
            return None;
        }
        for &class in &self.profiles[agent.profile?.index()].classes {
            let Some(first) = &self.first_work[class.index()] else { continue };
            let is_late = |place: Place| earliest.is_some_and(|earliest| earliest.at.place < place);
            if is_late(first.place) || !agent.fits(first.demand) {
                continue;
            }
            let open = if first.is_plain {
                Some((first.place, first.number))
            } else {
                self.classes[class.index()].first_open(&barred).filter(|(place, _)| !is_late(*place))
            };
            if let Some((place, number)) = open {
                earliest = Some(Found { number, at: Location { class, place } });
            }
        }
        earliest
    }

    fn profile_key(&self, abilities: &Abilities) -> ProfileKey {
        let grades = self.grades.iter().filter(|(skill, grade)| {
            let has_grade = abilities.skills.get(skill);
            has_grade.is_some_and(|has_grade| has_grade >= grade)
        });
        ProfileKey {
            queues: abilities.queues.clone(),
            media: abilities.ready.difference(&abilities.disabled).cloned().collect(),
            grades: grades.cloned().collect(),
        }
    }

    /// The profile with this key; a new one if there is none.
    fn profile(&mut self, key: ProfileKey) -> ProfileId {
        if let Some(&id) = self.profile_ids.get(&key) {
            return id;
        }
        let id = self.unused_profiles.pop();
        let id = id.unwrap_or(ProfileId::at(self.profiles.len()));
        let mut classes = Vec::new();
        for (number, class) in self.classes.iter_mut().enumerate() {
            if key.satisfies(&class.needs, &class.asks) {
                insert(&mut class.profiles, id);
                classes.push(ClassId::at(number));
            }
        }
        self.profile_ids.insert(key.clone(), id);
        let profile = Profile { key, members: 0, classes, free: Vec::new() };
        if let Some(unused) = self.profiles.get_mut(id.index()) {
            *unused = profile;
        } else {
            self.profiles.push(profile);
            self.first_agents.iter_mut().for_each(|first| first.push(None));
        }
        id
    }

    /// Forgets a profile in which nobody stands, so that nobody is shown in it either.
    fn drop_profile(&mut self, id: ProfileId) {
        let profile = &mut self.profiles[id.index()];
        for class in std::mem::take(&mut profile.classes) {
            remove(&mut self.classes[class.index()].profiles, &id);
        }
        self.profile_ids.remove(&profile.key);
        profile.free.clear();
        self.unused_profiles.push(id);
    }
}

/// Adds to what stands in order, each once.
fn insert<T: Ord>(all: &mut Vec<T>, one: T) {
    if let Err(at) = all.binary_search(&one) {
        all.insert(at, one);
    }
}

fn remove<T: Ord>(all: &mut Vec<T>, one: &T) {
    if let Ok(at) = all.binary_search(one) {
        all.remove(at);
    }
}
