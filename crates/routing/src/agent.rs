use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{
    AgentName, CapacityRule, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::abilities::Abilities;
use crate::index::ProfileId;
use crate::names::NameWords;
use crate::work::Demand;

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

/// The place of an agent in the matcher's table. Places are never given to another name: there are only as many as
/// the configuration has agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AgentId(pub(crate) usize);

/// A decision that is not settled yet, as it weighs on its agent.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) interaction: InteractionId,
    pub(crate) demand: Demand,
    pub(crate) decided_at: Timestamp,
}

/// What the matcher keeps of an agent, also while they are away: a decision in flight outlives a logout.
#[derive(Clone, Debug)]
pub(crate) struct AgentSlot {
    id: AgentId,
    name: AgentName,
    words: NameWords,
    present: Option<Present>,
    pending: Vec<Pending>,
    /// Follows from the two above; worked out once for each change of them, because every look at the agent asks it.
    standing: Standing,
    /// Where the index has them; kept by the index.
    pub(crate) profile: Option<ProfileId>,
}

/// A snapshot, taken apart.
#[derive(Clone, Debug)]
struct Present {
    abilities: Arc<Abilities>,
    /// In the order of the media that they are Ready on.
    ready_since: Vec<Timestamp>,
    told: Standing,
}

/// What an agent holds and may hold in each media class, in the order of [`MediaClass::ALL`], and how idle they are.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// Wider than what is added up, so that it cannot overflow.
    load: [u64; MediaClass::ALL.len()],
    limit: [u32; MediaClass::ALL.len()],
    idle_since: Timestamp,
}

/// The place of an agent among those who could take the same work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    idle_since: Timestamp,
    relative_load: u64,
    name: NameWords,
    pub(crate) agent: AgentId,
}

impl AgentSlot {
    pub(crate) fn new(id: AgentId, name: AgentName) -> Self {
        Self {
            id,
            words: NameWords::of(&name),
            name,
            present: None,
            pending: Vec::new(),
            standing: Standing::AWAY,
            profile: None,
        }
    }

    pub(crate) const fn id(&self) -> AgentId {
        self.id
    }

    pub(crate) const fn name(&self) -> &AgentName {
        &self.name
    }

    /// What they can do, `None` while they are away.
    pub(crate) fn abilities(&self) -> Option<&Arc<Abilities>> {
        self.present.as_ref().map(|present| &present.abilities)
    }

    /// They are here, and as told; their abilities come shared.
    pub(crate) fn arrive(&mut self, snapshot: &AgentSnapshot, abilities: Arc<Abilities>) {
        let told = Standing::of(snapshot);
        self.present =
            Some(Present { abilities, ready_since: snapshot.ready.values().copied().collect(), told });
        self.restate();
    }

    /// As told, and with the abilities that they had.
    pub(crate) fn update(&mut self, snapshot: &AgentSnapshot) {
        if let Some(present) = &mut self.present {
            present.ready_since.clear();
            present.ready_since.extend(snapshot.ready.values());
            present.told = Standing::of(snapshot);
        }
        self.restate();
    }

    /// They are away; gives back their abilities.
    pub(crate) fn leave(&mut self) -> Option<Arc<Abilities>> {
        let present = self.present.take();
        self.restate();
        present.map(|present| present.abilities)
    }

    pub(crate) fn add_pending(&mut self, pending: Pending) {
        self.pending.push(pending);
        self.restate();
    }

    pub(crate) fn remove_pending(&mut self, interaction: InteractionId) {
        self.pending.retain(|pending| pending.interaction != interaction);
        self.restate();
    }

    /// As if they had never been here.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.id, self.name.clone());
    }

    /// What they hold in a class, decisions in flight included.
    pub(crate) const fn load(&self, class: MediaClass) -> u64 {
        self.standing.load[class as usize]
    }

    /// What they may hold in a class; nothing while they are away.
    pub(crate) const fn limit(&self, class: MediaClass) -> u32 {
        self.standing.limit[class as usize]
    }

    /// Since when they have been given nothing; a decision in flight counts as given.
    pub(crate) const fn idle_since(&self) -> Timestamp {
        self.standing.idle_since
    }

    /// Whether there is room.
    pub(crate) fn fits(&self, demand: Demand) -> bool {
        self.load(demand.class) + u64::from(demand.weight.get()) <= u64::from(self.limit(demand.class))
    }

    /// Their place among those who could take work of a class.
    pub(crate) fn rank(&self, class: MediaClass) -> Rank {
        Rank {
            idle_since: self.idle_since(),
            relative_load: relative_load(self.load(class), self.limit(class)),
            name: self.words,
            agent: self.id,
        }
    }

    /// When they were last made Ready on any of these media.
    pub(crate) fn last_ready(&self, media: &BTreeSet<Medium>) -> Option<Timestamp> {
        let present = self.present.as_ref()?;
        let ready = present.abilities.ready.iter().zip(&present.ready_since);
        ready.filter(|(medium, _)| media.contains(medium)).map(|(_, since)| *since).max()
    }

    fn restate(&mut self) {
        let mut standing = self.present.as_ref().map_or(Standing::AWAY, |present| present.told);
        for pending in &self.pending {
            standing.load[pending.demand.class as usize] += u64::from(pending.demand.weight.get());
            standing.idle_since = standing.idle_since.max(pending.decided_at);
        }
        self.standing = standing;
    }
}

impl Standing {
    const AWAY: Self = Self {
        load: [0; MediaClass::ALL.len()],
        limit: [0; MediaClass::ALL.len()],
        idle_since: Timestamp::UNIX_EPOCH,
    };

    fn of(snapshot: &AgentSnapshot) -> Self {
        let mut standing = Self {
            limit: MediaClass::ALL.map(|class| snapshot.limits.limit(class)),
            idle_since: snapshot.idle_since,
            ..Self::AWAY
        };
        for (&class, &load) in &snapshot.load {
            standing.load[class as usize] = u64::from(load);
        }
        standing
    }
}

/// How full somebody is: load / limit in units of 2^-32, which is fine enough to tell any two fractions with limits
/// up to [`parlor_model::CapacityLimits::MAX`] apart. Loads beyond 32 bits are alike; they are over any limit.
pub(crate) fn relative_load(load: u64, limit: u32) -> u64 {
    (load.min(u64::from(u32::MAX)) << 32) / u64::from(limit.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_classes_are_numbered_in_the_order_of_their_list() {
        assert_eq!(MediaClass::ALL.map(|class| class as usize), [0, 1, 2]);
    }
}
