use std::collections::BTreeSet;

use parlor_model::{AgentName, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::abilities::Abilities;
use crate::agent::{AgentSlot, relative_load};
use crate::work::Needs;

/// Why waiting work is where it is: every agent who is logged in, and what keeps the work from them. Whoever is not
/// named is offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The work.
    pub interaction: InteractionId,
    /// For which moment this holds.
    pub at: Timestamp,
    /// The candidates in the order in which they would be asked, then the others in the same order.
    pub verdicts: Vec<Verdict>,
}

/// How one agent stands to one piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Who.
    pub agent: AgentName,
    /// What decides their place among the candidates.
    pub score: Score,
    /// Everything that keeps the work from them, in the order in which it is asked for; empty for a candidate.
    pub exclusions: Vec<Exclusion>,
}

/// What decides the place of an agent among the candidates: preferred first, then idle longest, then filled less,
/// then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Whether the work prefers them.
    pub preferred: bool,
    /// Since when they have been given nothing; a decision in flight counts as given.
    pub idle_since: Timestamp,
    /// What they hold in the work's media class, decisions in flight included.
    pub load: u64,
    /// What they may hold there.
    pub limit: u32,
}

/// Something that keeps work from an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exclusion {
    /// They do not serve its queue.
    NotInQueue {
        /// The queue.
        queue: QueueName,
    },
    /// They lack a skill, or have too low a grade.
    MissingSkill {
        /// The skill.
        skill: SkillName,
        /// The least grade that is enough.
        required: u8,
        /// What they have, if anything.
        has_grade: Option<u8>,
    },
    /// They are not enabled for a medium that it asks for (r4).
    FlagDisabled {
        /// The media they are not enabled for.
        media: BTreeSet<Medium>,
    },
    /// They are not Ready on a medium that it asks for (r1, r3).
    NotReady {
        /// The media they are not Ready on; empty if the work asks for none, because then nobody can be.
        media: BTreeSet<Medium>,
    },
    /// They have no room for it.
    AtCapacity {
        /// The media class in which it counts.
        class: MediaClass,
        /// What they hold there, decisions in flight included.
        load: u64,
        /// What they may hold there.
        limit: u32,
        /// What it would add.
        weight: u32,
    },
    /// They let it pass a short while ago (r8).
    CoolingDown {
        /// When it may be offered to them again, if they do not say Ready again before.
        until: Timestamp,
    },
}

impl Explanation {
    pub(crate) fn new(interaction: InteractionId, at: Timestamp, mut verdicts: Vec<Verdict>) -> Self {
        verdicts.sort_by_cached_key(Verdict::order);
        Self { interaction, at, verdicts }
    }

    /// Whom the work could be offered to, in the order in which they would be asked. Empty at rest: what can be
    /// offered has been.
    pub fn candidates(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.is_candidate())
    }
}

impl Verdict {
    /// Whether nothing keeps the work from them.
    pub fn is_candidate(&self) -> bool {
        self.exclusions.is_empty()
    }

    fn order(&self) -> impl Ord + use<> {
        (
            !self.is_candidate(),
            !self.score.preferred,
            self.score.idle_since,
            relative_load(self.score.load, self.score.limit),
            self.agent.clone(),
        )
    }
}

/// How an agent stands to work with these needs; `None` while they are away.
pub(crate) fn verdict(
    needs: &Needs,
    preferred: Option<&AgentName>,
    agent: &AgentSlot,
    cooling_until: Option<Timestamp>,
) -> Option<Verdict> {
    let abilities = agent.abilities()?;
    let demand = needs.demand;
    let (load, limit) = (agent.load(demand.class), agent.limit(demand.class));
    let mut exclusions = missing(needs, abilities);
    if !agent.fits(demand) {
        exclusions.push(Exclusion::AtCapacity {
            class: demand.class,
            load,
            limit,
            weight: demand.weight.get(),
        });
    }
    exclusions.extend(cooling_until.map(|until| Exclusion::CoolingDown { until }));
    Some(Verdict {
        agent: agent.name().clone(),
        score: Score {
            preferred: preferred == Some(agent.name()),
            idle_since: agent.idle_since(),
            load,
            limit,
        },
        exclusions,
    })
}

fn missing(needs: &Needs, agent: &Abilities) -> Vec<Exclusion> {
    let mut missing = Vec::new();
    if !agent.queues.contains(&needs.queue) {
        missing.push(Exclusion::NotInQueue { queue: needs.queue.clone() });
    }
    for (skill, &required) in &needs.skills {
        let has_grade = agent.skills.get(skill).copied();
        if has_grade.is_none_or(|grade| grade < required) {
            missing.push(Exclusion::MissingSkill { skill: skill.clone(), required, has_grade });
        }
    }
    let disabled: BTreeSet<_> = needs.media.intersection(&agent.disabled).cloned().collect();
    if !disabled.is_empty() {
        missing.push(Exclusion::FlagDisabled { media: disabled });
    }
    let is_ready = |medium: &&Medium| agent.ready.contains(*medium);
    let not_ready: BTreeSet<_> = needs.media.iter().filter(|medium| !is_ready(medium)).cloned().collect();
    if !not_ready.is_empty() || needs.media.is_empty() {
        missing.push(Exclusion::NotReady { media: not_ready });
    }
    missing
}
