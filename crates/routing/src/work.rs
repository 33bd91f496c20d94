use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use parlor_model::{AgentName, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::RoutingPolicy;
use crate::index::ClassId;
use crate::table::{hash_number, hash_text};

/// Work that waits for an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// What is to be handled.
    pub interaction: InteractionId,
    /// Where it waits. What its [`QueueRule`](crate::QueueRule) asks for is added to what it asks for itself.
    pub queue: QueueName,
    /// On which media an agent must be Ready, all of them (r3). Work that names none is offered to nobody, because
    /// nobody could be made Ready for it.
    pub media: BTreeSet<Medium>,
    /// Against which of an agent's limits it counts.
    pub class: MediaClass,
    /// How much it counts there.
    pub weight: NonZeroU32,
    /// Skills that it asks for itself, with the least grade that is enough. A skill that the agent lacks is never
    /// enough.
    pub required_skills: BTreeMap<SkillName, u8>,
    /// Higher comes first, but not for ever: see [`RoutingPolicy::priority_step`](crate::RoutingPolicy::priority_step).
    pub priority: i32,
    /// Since when it waits; kept when it comes back to the queue, so that it keeps its place.
    pub since: Timestamp,
    /// Who gets it if eligible; anyone else otherwise.
    pub preferred: Option<Preferred>,
    /// Who let it pass, and when: by Decline or by not answering (r8).
    pub passed: BTreeMap<AgentName, Timestamp>,
}

/// Who had a conversation last, and should get it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferred {
    /// Who.
    pub agent: AgentName,
    /// When they last had it; from then on [`Sticky::expires_after`](crate::Sticky::expires_after) counts.
    pub last_with: Timestamp,
}

/// What a piece of work asks of an agent by itself. Work of one queue that asks the same waits in one class.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    pub(crate) queue: QueueName,
    pub(crate) media: BTreeSet<Medium>,
    pub(crate) skills: BTreeMap<SkillName, u8>,
    pub(crate) demand: Demand,
}

/// How much room a piece of work takes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Demand {
    pub(crate) class: MediaClass,
    pub(crate) weight: NonZeroU32,
}

/// The place of a piece of work in the order in which work is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// When it would have begun to wait if its priority were 0.
    urgency: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) interaction: InteractionId,
}

/// Where a piece of waiting work is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Location {
    pub(crate) class: ClassId,
    pub(crate) place: Place,
}

/// What most work has nothing of, and is therefore kept apart.
#[derive(Clone, Debug)]
pub(crate) struct Particulars {
    pub(crate) preferred: Option<Preferred>,
    pub(crate) passed: BTreeMap<AgentName, Timestamp>,
}

impl Work {
    /// Its place in the order, if its queue adds so much priority.
    pub(crate) fn place(&self, policy: &RoutingPolicy, added: i32) -> Place {
        let urgency = policy.urgency(self.since, self.priority.saturating_add(added));
        Place { urgency, since: self.since, interaction: self.interaction }
    }

    pub(crate) fn needs(&self) -> Needs {
        Needs {
            queue: self.queue.clone(),
            media: self.media.clone(),
            skills: self.required_skills.clone(),
            demand: self.demand(),
        }
    }

    pub(crate) fn particulars(&self) -> Option<Box<Particulars>> {
        let is_particular = self.preferred.is_some() || !self.passed.is_empty();
        is_particular
            .then(|| Box::new(Particulars { preferred: self.preferred.clone(), passed: self.passed.clone() }))
    }

    /// A number that is the same for the same needs, and hardly ever for others.
    pub(crate) fn needs_fingerprint(&self) -> u64 {
        let demand = u64::from(self.weight.get()) << 8 | self.class as u64;
        let queue = hash_text(demand, self.queue.as_str());
        let media = self.media.iter().fold(queue, |hash, medium| hash_text(hash, medium.as_str()));
        self.required_skills.iter().fold(media, |hash, (skill, &grade)| {
            hash_number(hash_text(hash, skill.as_str()), u64::from(grade))
        })
    }

    pub(crate) const fn demand(&self) -> Demand {
        Demand { class: self.class, weight: self.weight }
    }
}

impl Needs {
    /// Whether this is what the work needs.
    pub(crate) fn are_those_of(&self, work: &Work) -> bool {
        self.demand == work.demand()
            && self.queue == work.queue
            && self.media == work.media
            && self.skills == work.required_skills
    }
}
