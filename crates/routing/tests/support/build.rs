//! Short ways to make what the tests are about.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use parlor_model::{
    AgentName, CapacityRule, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp,
};
use parlor_routing::{AgentSnapshot, Decision, Preferred, Work};

/// A moment, in seconds.
pub(crate) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

pub(crate) fn named(name: &str) -> AgentName {
    AgentName::new(name).expect("a valid name")
}

pub(crate) fn queue(name: &str) -> QueueName {
    QueueName::new(name).expect("a valid name")
}

pub(crate) fn interaction(number: u32) -> InteractionId {
    format!("00000000-0000-7000-8000-{number:012x}").parse().expect("a valid id")
}

/// An agent who serves `support`, is Ready on these media since the beginning, and may hold three of each class.
pub(crate) fn agent(name: &str, ready: &[Medium]) -> AgentSnapshot {
    AgentSnapshot {
        name: named(name),
        ready: ready.iter().map(|medium| (medium.clone(), at(0))).collect(),
        queues: BTreeSet::from([queue("support")]),
        skills: BTreeMap::new(),
        load: BTreeMap::new(),
        limits: CapacityRule::new(MediaClass::ALL.map(|class| (class, 3))),
        idle_since: at(0),
        disabled: BTreeSet::new(),
    }
}

/// Work in `support` that asks for these media and waits since the beginning.
pub(crate) fn work(number: u32, media: &[Medium]) -> Work {
    Work {
        interaction: interaction(number),
        queue: queue("support"),
        media: media.iter().cloned().collect(),
        class: MediaClass::Live,
        weight: NonZeroU32::MIN,
        required_skills: BTreeMap::new(),
        priority: 0,
        since: at(0),
        preferred: None,
        passed: BTreeMap::new(),
    }
}

pub(crate) fn offer(number: u32, agent: &str) -> Decision {
    Decision::Offer { interaction: interaction(number), agent: named(agent) }
}

pub(crate) fn skill(name: &str) -> SkillName {
    SkillName::new(name).expect("a valid name")
}

/// That an agent had it in the beginning, and should have it again.
pub(crate) fn prefer(name: &str) -> Preferred {
    Preferred { agent: named(name), last_with: at(0) }
}
