use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{AgentName, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::QueuePosition;
use crate::abilities::Abilities;
use crate::agent::AgentSlot;
use crate::queue_rule::Asks;
use crate::work::Needs;

/// Why waiting work is where it is: every agent who is logged in, and what keeps the work from them. Whoever is not
/// named is offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The work.
    pub interaction: InteractionId,
    /// For which moment this holds.
    pub at: Timestamp,
    /// Where it waits.
    pub queue: QueueName,
    /// Its place there.
    pub position: QueuePosition,
    /// How many rings of its queue it has reached.
    pub ring: usize,
    /// When it reaches the next, if there is one.
    pub next_ring_at: Option<Timestamp>,
    /// When its queue opens, if it is closed and ever does.
    pub opens_at: Option<Timestamp>,
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
    /// They serve a queue in which it could be asked for, but that is closed.
    QueueClosed {
        /// The queue.
        queue: QueueName,
        /// When it opens, if it ever does.
        until: Option<Timestamp>,
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
    /// What they lack will not be asked for any more once the work has waited for longer.
    RingNotReached {
        /// The first ring for which they would do, counted from 1.
        ring: usize,
        /// When it is reached.
        at: Timestamp,
    },
    /// It is kept for the agent who had it last.
    HeldFor {
        /// Who.
        agent: AgentName,
        /// Until when, if they do not log out or let it pass before.
        until: Timestamp,
    },
    /// They let it pass a short while ago (r8).
    CoolingDown {
        /// When it may be offered to them again, if they do not say Ready again before.
        until: Timestamp,
    },
}

impl Explanation {
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
}

/// What an agent is held against.
pub(crate) struct Question<'a> {
    pub(crate) needs: &'a Needs,
    pub(crate) asks: Asks,
    /// Queues that would be asked too if they were open, and when they open.
    pub(crate) closed: BTreeMap<QueueName, Option<Timestamp>>,
    /// What will be asked in the rings to come, with their numbers and when they are reached.
    pub(crate) later: Vec<(usize, Timestamp, Asks)>,
    pub(crate) preferred: Option<&'a AgentName>,
    pub(crate) held: Option<(AgentName, Timestamp)>,
}

/// What was found already, by the abilities that it is true of: ten thousand agents share a few hundred.
#[derive(Default)]
pub(crate) struct KnownAbilities(BTreeMap<*const Abilities, Vec<Exclusion>>);

impl Question<'_> {
    /// How an agent stands to the work; `None` while they are away. `known` has what was found of those who can the same.
    pub(crate) fn verdict(
        &self,
        agent: &AgentSlot,
        cooling_until: Option<Timestamp>,
        known: &mut KnownAbilities,
    ) -> Option<Verdict> {
        let abilities = agent.abilities()?;
        let demand = self.needs.demand;
        let (load, limit) = (agent.load(demand.class), agent.limit(demand.class));
        let mut exclusions =
            known.0.entry(Arc::as_ptr(abilities)).or_insert_with(|| self.of(abilities)).clone();
        if !agent.fits(demand) {
            exclusions.push(Exclusion::AtCapacity {
                class: demand.class,
                load,
                limit,
                weight: demand.weight.get(),
            });
        }
        if let Some((holder, until)) = self.held.as_ref().filter(|(holder, _)| holder != agent.name()) {
            exclusions.push(Exclusion::HeldFor { agent: holder.clone(), until: *until });
        }
        exclusions.extend(cooling_until.map(|until| Exclusion::CoolingDown { until }));
        Some(Verdict {
            score: Score {
                preferred: self.preferred == Some(agent.name()),
                idle_since: agent.idle_since(),
                load,
                limit,
            },
            agent: agent.name().clone(),
            exclusions,
        })
    }

    /// What keeps everybody with these abilities from the work.
    fn of(&self, abilities: &Abilities) -> Vec<Exclusion> {
        let mut exclusions = self.lacking(abilities);
        if let Some((ring, at)) = self.sufficient_ring(abilities).filter(|_| !exclusions.is_empty()) {
            exclusions.push(Exclusion::RingNotReached { ring, at });
        }
        exclusions.extend(self.unready(abilities));
        exclusions
    }

    /// What they lack of queues and skills.
    fn lacking(&self, agent: &Abilities) -> Vec<Exclusion> {
        // There are many agents, and most lack one or two things.
        let mut lacking = Vec::with_capacity(2);
        if !serves(agent, &self.asks) {
            let closed = self.closed.iter().find(|(queue, _)| agent.queues.contains(*queue));
            lacking.push(match closed {
                Some((queue, &until)) => Exclusion::QueueClosed { queue: queue.clone(), until },
                None => Exclusion::NotInQueue { queue: self.needs.queue.clone() },
            });
        }
        for (skill, &required) in &self.asks.skills {
            let has_grade = agent.skills.get(skill).copied();
            if has_grade.is_none_or(|grade| grade < required) {
                lacking.push(Exclusion::MissingSkill { skill: skill.clone(), required, has_grade });
            }
        }
        lacking
    }

    /// The first ring to come in which they lack nothing.
    fn sufficient_ring(&self, agent: &Abilities) -> Option<(usize, Timestamp)> {
        let skilled = |asks: &Asks| {
            let mut skills = asks.skills.iter();
            skills.all(|(skill, required)| agent.skills.get(skill).is_some_and(|grade| grade >= required))
        };
        let mut later = self.later.iter();
        later.find(|(_, _, asks)| serves(agent, asks) && skilled(asks)).map(|&(ring, at, _)| (ring, at))
    }

    fn unready(&self, agent: &Abilities) -> Vec<Exclusion> {
        let mut unready = Vec::new();
        let media = &self.needs.media;
        let disabled: BTreeSet<_> = media.intersection(&agent.disabled).cloned().collect();
        if !disabled.is_empty() {
            unready.push(Exclusion::FlagDisabled { media: disabled });
        }
        let is_ready = |medium: &&Medium| agent.ready.contains(*medium);
        let not_ready: BTreeSet<_> = media.iter().filter(|medium| !is_ready(medium)).cloned().collect();
        if !not_ready.is_empty() || media.is_empty() {
            unready.push(Exclusion::NotReady { media: not_ready });
        }
        unready
    }
}

fn serves(agent: &Abilities, asks: &Asks) -> bool {
    asks.queues.iter().any(|queue| agent.queues.contains(queue))
}
