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
use crate::agent::{AgentSlot, Rank};
use crate::queue_rule::Asks;
use crate::work::{Demand, Location, Needs, Particulars, Place};
use crate::{QueueRule, Work};

/// The number of a class. Classes are kept when empty: there are as many as the configuration can express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassId(usize);

/// The number of a profile; given away again once nobody stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProfileId(usize);

/// The number of a demand; kept like classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DemandId(usize);

#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    classes: Vec<Class>,
    /// By fingerprint, so that finding a class compares needs once and not at each step. Nearly always one class each.
    classes_by_fingerprint: BTreeMap<u64, Vec<ClassId>>,
    profiles: Vec<Profile>,
    profile_ids: BTreeMap<ProfileKey, ProfileId>,
    unused_profiles: Vec<ProfileId>,
    demands: Vec<Demand>,
    /// Every skill with every grade that some class asks for.
    grades: BTreeSet<(SkillName, u8)>,
}

#[derive(Clone, Debug)]
struct Class {
    needs: Needs,
    /// Of its queue.
    rule: Arc<QueueRule>,
    /// How many rings of the rule its work has reached.
    ring: usize,
    /// Where its work goes when the next ring is reached, once some has.
    next_ring: Option<ClassId>,
    /// What follows from all these, and from which queues are open.
    asks: Asks,
    demand: DemandId,
    waiting: BTreeMap<Place, Option<Box<Particulars>>>,
    /// The first of them, here at hand because every agent who gets room looks at it.
    first: Option<First>,
    profiles: BTreeSet<ProfileId>,
}

#[derive(Clone, Copy, Debug)]
struct First {
    place: Place,
    /// Whether nothing is particular to it, so that nobody can be barred from it.
    is_plain: bool,
}

#[derive(Clone, Debug)]
struct Profile {
    key: ProfileKey,
    members: usize,
    classes: BTreeSet<ClassId>,
    /// Who has room, by demand. A demand beyond the end has nobody.
    free: Vec<BTreeSet<Rank>>,
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
    fn find_first(&mut self) {
        let first = self.waiting.first_key_value();
        self.first = first.map(|(&place, particulars)| First { place, is_plain: particulars.is_none() });
    }

    fn first_work(&self, barred: impl Fn(&Needs, &Particulars) -> bool) -> Option<Place> {
        let first = self.first?;
        if first.is_plain {
            return Some(first.place);
        }
        let is_open = |particulars: &Option<Box<Particulars>>| {
            let particulars = particulars.as_deref();
            particulars.is_none_or(|particulars| !barred(&self.needs, particulars))
        };
        let mut waiting = self.waiting.iter();
        waiting.find(|(_, particulars)| is_open(particulars)).map(|(&place, _)| place)
    }
}

impl Index {
    /// The class of this work before it has reached any ring, if there is one.
    pub(crate) fn class(&self, work: &Work) -> Option<ClassId> {
        let alike = self.classes_by_fingerprint.get(&work.needs_fingerprint())?;
        let mut alike = alike.iter().copied();
        alike.find(|&class| self.needs(class).are_those_of(work))
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
        }
        self.grades.extend(grades);
    }

    /// Adds the first class of this work, for which everything is [prepared](Self::prepare).
    pub(crate) fn add_class(&mut self, work: &Work, rule: Arc<QueueRule>, asks: Asks) -> ClassId {
        let class = self.add(work.needs(), rule, 0, asks);
        let alike = self.classes_by_fingerprint.entry(work.needs_fingerprint());
        alike.or_default().push(class);
        class
    }

    /// Adds the class in which work of a class waits once it has reached the next ring.
    pub(crate) fn add_next_ring(&mut self, before: ClassId, asks: Asks) -> ClassId {
        let Class { needs, rule, ring, .. } = &self.classes[before.0];
        let (needs, rule, ring) = (needs.clone(), Arc::clone(rule), ring + 1);
        let class = self.add(needs, rule, ring, asks);
        self.classes[before.0].next_ring = Some(class);
        class
    }

    fn add(&mut self, needs: Needs, rule: Arc<QueueRule>, ring: usize, asks: Asks) -> ClassId {
        let id = ClassId(self.classes.len());
        let demand = self.demands.iter().position(|&known| known == needs.demand);
        let class = Class {
            needs,
            rule,
            ring,
            next_ring: None,
            asks,
            // Beyond the end, where nobody has room, if it was not prepared.
            demand: DemandId(demand.unwrap_or(self.demands.len())),
            waiting: BTreeMap::new(),
            first: None,
            profiles: BTreeSet::new(),
        };
        self.classes.push(class);
        self.link(id);
        id
    }

    /// Works out which profiles satisfy a class.
    fn link(&mut self, id: ClassId) {
        let class = &mut self.classes[id.0];
        for &profile in self.profile_ids.values() {
            let entry = &mut self.profiles[profile.0];
            if entry.key.satisfies(&class.needs, &class.asks) {
                entry.classes.insert(id);
                class.profiles.insert(profile);
            } else {
                entry.classes.remove(&id);
                class.profiles.remove(&profile);
            }
        }
    }

    /// Every class.
    pub(crate) fn classes(&self) -> impl Iterator<Item = ClassId> + use<> {
        (0..self.classes.len()).map(ClassId)
    }

    /// Asks the agents of these queues, and of no others, to do work of a class; gives whether any of them is new.
    pub(crate) fn ask(&mut self, class: ClassId, queues: BTreeSet<QueueName>) -> bool {
        let asks = &mut self.classes[class.0].asks;
        let before = std::mem::replace(&mut asks.queues, queues);
        let grows = !asks.queues.is_subset(&before);
        if asks.queues != before {
            self.link(class);
        }
        grows
    }

    /// The rule of its queue.
    pub(crate) fn rule(&self, class: ClassId) -> &Arc<QueueRule> {
        &self.classes[class.0].rule
    }

    /// How many rings of that rule its work has reached.
    pub(crate) fn ring(&self, class: ClassId) -> usize {
        self.classes[class.0].ring
    }

    /// Where its work goes when the next ring is reached, if some has before.
    pub(crate) fn next_ring(&self, class: ClassId) -> Option<ClassId> {
        self.classes[class.0].next_ring
    }

    /// The places of the work that waits in a class, in order.
    pub(crate) fn places(&self, class: ClassId) -> impl Iterator<Item = Place> {
        self.classes[class.0].waiting.keys().copied()
    }

    /// What work of a class asks for by itself.
    pub(crate) fn needs(&self, class: ClassId) -> &Needs {
        &self.classes[class.0].needs
    }

    pub(crate) fn add_work(&mut self, at: Location, particulars: Option<Box<Particulars>>) {
        let class = &mut self.classes[at.class.0];
        class.waiting.insert(at.place, particulars);
        if class.first.is_none_or(|first| at.place < first.place) {
            class.find_first();
        }
    }

    pub(crate) fn remove_work(&mut self, at: Location) -> Option<Box<Particulars>> {
        let class = &mut self.classes[at.class.0];
        let particulars = class.waiting.remove(&at.place).flatten();
        if class.first.is_some_and(|first| at.place == first.place) {
            class.find_first();
        }
        particulars
    }

    /// What is particular to waiting work; `None` if nothing is.
    pub(crate) fn particulars(&self, at: Location) -> Option<&Particulars> {
        self.classes[at.class.0].waiting.get(&at.place)?.as_deref()
    }

    /// Puts an agent where their abilities belong, without showing their room. An agent who is away stands nowhere.
    pub(crate) fn add_agent(&mut self, agent: &mut AgentSlot) {
        let Some(abilities) = agent.abilities() else {
            return;
        };
        let profile = self.profile(self.profile_key(abilities));
        self.profiles[profile.0].members += 1;
        agent.profile = Some(profile);
    }

    /// Takes an agent out whose room is not shown.
    pub(crate) fn remove_agent(&mut self, agent: &mut AgentSlot) {
        let Some(id) = agent.profile.take() else {
            return;
        };
        let profile = &mut self.profiles[id.0];
        profile.members -= 1;
        if profile.members == 0 {
            self.drop_profile(id);
        }
    }

    /// Shows an agent to the work that they have room for.
    pub(crate) fn show_room(&mut self, agent: &AgentSlot) {
        let Some(profile) = agent.profile else { return };
        let free = &mut self.profiles[profile.0].free;
        free.resize_with(self.demands.len(), BTreeSet::new);
        for (free, &demand) in free.iter_mut().zip(&self.demands) {
            if agent.fits(demand) {
                free.insert(agent.rank(demand.class));
            }
        }
    }

    /// Hides an agent from all work; before anything about them changes. Hiding twice is harmless.
    pub(crate) fn hide_room(&mut self, agent: &AgentSlot) {
        let Some(profile) = agent.profile else { return };
        for (free, &demand) in self.profiles[profile.0].free.iter_mut().zip(&self.demands) {
            if agent.fits(demand) {
                free.remove(&agent.rank(demand.class));
            }
        }
    }

    /// Whether an agent can do work of a class and has room for it.
    pub(crate) fn is_open_to(&self, agent: &AgentSlot, class: ClassId) -> bool {
        let class = &self.classes[class.0];
        agent.profile.is_some_and(|profile| class.profiles.contains(&profile))
            && agent.fits(class.needs.demand)
    }

    /// The first agent, in the order of [`Rank`], who is open to a class and not `barred`.
    pub(crate) fn first_agent(&self, class: ClassId, barred: impl Fn(&Rank) -> bool) -> Option<&Rank> {
        let class = &self.classes[class.0];
        class
            .profiles
            .iter()
            .filter_map(|profile| {
                let free = self.profiles[profile.0].free.get(class.demand.0)?;
                free.iter().find(|rank| !barred(rank))
            })
            .min()
    }

    /// The first work to which an agent is open and that is not `barred`; only asked about work that has something
    /// particular.
    pub(crate) fn first_work(
        &self,
        agent: &AgentSlot,
        barred: impl Fn(&Needs, &Particulars) -> bool,
    ) -> Option<Place> {
        let profile = &self.profiles[agent.profile?.0];
        let classes = profile.classes.iter().map(|class| &self.classes[class.0]);
        classes
            .filter(|class| agent.fits(class.needs.demand))
            .filter_map(|class| class.first_work(&barred))
            .min()
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
        let id = id.unwrap_or(ProfileId(self.profiles.len()));
        let mut classes = BTreeSet::new();
        for (number, class) in self.classes.iter_mut().enumerate() {
            if key.satisfies(&class.needs, &class.asks) {
                class.profiles.insert(id);
                classes.insert(ClassId(number));
            }
        }
        self.profile_ids.insert(key.clone(), id);
        let profile = Profile { key, members: 0, classes, free: Vec::new() };
        match self.profiles.get_mut(id.0) {
            Some(unused) => *unused = profile,
            None => self.profiles.push(profile),
        }
        id
    }

    fn drop_profile(&mut self, id: ProfileId) {
        let profile = &mut self.profiles[id.0];
        for class in std::mem::take(&mut profile.classes) {
            self.classes[class.0].profiles.remove(&id);
        }
        self.profile_ids.remove(&profile.key);
        profile.free.clear();
        self.unused_profiles.push(id);
    }
}
