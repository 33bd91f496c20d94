use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{AgentName, Flags, Label, MediaClass, Medium, Role, Timestamp};

crate::label::names! {
    /// The configured name of a queue.
    QueueName;
    /// The configured name of a skill.
    SkillName;
}

/// A person who answers, as configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Identity.
    pub name: AgentName,
    /// What they may do beyond their own work.
    pub role: Role,
    /// Abilities with a grade; higher is better.
    pub skills: BTreeMap<SkillName, u8>,
    /// The queues they serve.
    pub queues: BTreeSet<QueueName>,
    /// How much they may hold.
    pub capacity: CapacityRule,
    /// Media that become Ready at login (r5).
    pub auto_ready: BTreeSet<Medium>,
    /// Their flags: the workspace's, with their own overrides applied.
    pub flags: Flags,
}

impl Agent {
    /// An agent with the default capacity and flags who serves no queue yet.
    pub fn new(name: AgentName) -> Self {
        Self {
            name,
            role: Role::Agent,
            skills: BTreeMap::new(),
            queues: BTreeSet::new(),
            capacity: CapacityRule::default(),
            auto_ready: BTreeSet::new(),
            flags: Flags::default(),
        }
    }
}

/// How much an agent may hold, per media class. A class that is not named has a limit of 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CapacityRule(BTreeMap<MediaClass, u32>);

/// The largest limit that is accepted for one class (Genesys Cloud allows 25; 1,000 leaves room for posts).
pub struct CapacityLimits;

impl CapacityLimits {
    /// The largest limit of one class.
    pub const MAX: u32 = 1_000;
}

impl CapacityRule {
    /// A rule from limits per class; limits above [`CapacityLimits::MAX`] are cut to it.
    pub fn new(limits: impl IntoIterator<Item = (MediaClass, u32)>) -> Self {
        Self(limits.into_iter().map(|(class, limit)| (class, limit.min(CapacityLimits::MAX))).collect())
    }

    /// The limit of a class.
    pub fn limit(&self, class: MediaClass) -> u32 {
        self.0.get(&class).copied().unwrap_or(0)
    }
}

impl Default for CapacityRule {
    /// 3 live, 5 messaging, 5 posts: the values of the reference configuration.
    fn default() -> Self {
        Self::new([(MediaClass::Live, 3), (MediaClass::Messaging, 5), (MediaClass::Post, 5)])
    }
}

/// Whether an agent takes work on one medium, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessState {
    /// Ready or not, and why not.
    pub readiness: Readiness,
    /// Since when.
    pub since: Timestamp,
}

/// Whether an agent takes work on one medium (r1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Takes work.
    Ready,
    /// Takes none.
    NotReady(NotReadyReason),
}

impl Readiness {
    /// Whether work may be offered.
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }
}

/// Why an agent takes no work on a medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotReadyReason {
    /// They logged in and have not said Ready yet.
    LoggedIn,
    /// They chose so, with a reason code of the workspace such as `lunch`.
    Chosen(Option<Label>),
    /// They let an offer pass, and the policy makes them NotReady for it.
    MissedOffer,
    /// An ended interaction is still open, and the policy holds them for it (r13).
    AfterWork,
}
