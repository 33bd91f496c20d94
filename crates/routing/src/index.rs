//! Finds the first work for an agent and the first agent for work without looking at the others.
//!
//! Work that asks for the same waits in one *class*; agents who can do the same stand in one *profile*. Which
//! profile satisfies which class is worked out when either appears, so that a decision only compares the heads of
//! those sorted sets that fit. Within a profile the agents stand in one set per *demand* (media class and weight)
//! that they have room for, so that an agent without room is never looked at.

use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{Medium, QueueName, SkillName};

use crate::Work;
use crate::abilities::Abilities;
use crate::agent::{AgentSlot, Rank};
use crate::work::{Demand, Location, Needs, Particulars, Place};

/// The number of a class. Classes are kept when empty: there are as many as the configuration can express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassId(usize);

/// The number of a profile; given away again once nobody stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProfileId(usize);

/// The number of a demand; kept like classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DemandId(usize);

#[derive(Debug, Default)]
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

#[derive(Debug)]
struct Class {
    needs: Needs,
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

#[derive(Debug)]
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
    fn satisfies(&self, needs: &Needs) -> bool {
        // Work that names no medium is for nobody: see `Work::media`.
        !needs.media.is_empty()
            && self.queues.contains(&needs.queue)
            && needs.media.is_subset(&self.media)
            && needs.skills.iter().all(|(skill, &grade)| self.grades.contains(&(skill.clone(), grade)))
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
    /// The class of this work, if there is one.
    pub(crate) fn class(&self, work: &Work) -> Option<ClassId> {
        let alike = self.classes_by_fingerprint.get(&work.needs_fingerprint())?;
        let mut alike = alike.iter().copied();
        alike.find(|&class| self.needs(class).are_those_of(work))
    }

    /// Whether the class of this work would change where agents stand. Then they have to be taken out before
    /// [`Self::add_class`] and put back after it. Rare: once per demand, and once per skill and grade.
    pub(crate) fn moves_agents(&self, work: &Work) -> bool {
        let needs = work.needs();
        let mut grades = needs.skills.into_iter();
        !self.demands.contains(&needs.demand) || grades.any(|grade| !self.grades.contains(&grade))
    }

    /// Adds the class of this work.
    pub(crate) fn add_class(&mut self, work: &Work) -> ClassId {
        let needs = work.needs();
        let id = ClassId(self.classes.len());
        let demand = self.demands.iter().position(|&known| known == needs.demand);
        let demand = demand.unwrap_or_else(|| {
            self.demands.push(needs.demand);
            self.demands.len() - 1
        });
        self.grades.extend(needs.skills.iter().map(|(skill, &grade)| (skill.clone(), grade)));
        let mut profiles = BTreeSet::new();
        for &profile in self.profile_ids.values() {
            let entry = &mut self.profiles[profile.0];
            if entry.key.satisfies(&needs) {
                entry.classes.insert(id);
                profiles.insert(profile);
            }
        }
        let alike = self.classes_by_fingerprint.entry(work.needs_fingerprint());
        alike.or_default().push(id);
        self.classes.push(Class {
            needs,
            demand: DemandId(demand),
            waiting: BTreeMap::new(),
            first: None,
            profiles,
        });
        id
    }

    /// What work of a class asks for.
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
            if key.satisfies(&class.needs) {
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
