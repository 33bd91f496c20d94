use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_model::{QueueName, SkillName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Hours, RoutingError};

/// What a queue makes of the work that waits in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRule {
    /// Which queue.
    pub name: QueueName,
    /// Skills that all of its work asks for, with the least grade that is enough.
    #[serde(default)]
    pub skills: BTreeMap<SkillName, u8>,
    /// Added to the priority of its work.
    #[serde(default)]
    pub priority: i32,
    /// When it is open; always, if nothing is said. Work in a closed queue waits.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// The queue whose agents are asked while this one is closed, and so on if that is closed too.
    #[serde(default)]
    pub overflow: Option<QueueName>,
    /// What is relaxed as work waits, in this order; at most [`Self::MAX_RINGS`].
    #[serde(default)]
    pub rings: Vec<Ring>,
    /// What the last agent means.
    #[serde(default)]
    pub sticky: Sticky,
}

/// A relaxation of what work asks for, once it has waited. It adds to those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ring {
    /// How long work stays in the ring before, or without one.
    pub after: Duration,
    /// Skills that are no longer asked for.
    pub drops: BTreeSet<SkillName>,
    /// Grades that are enough from now on; a grade that was enough already stays.
    pub lowers: BTreeMap<SkillName, u8>,
    /// Queues whose agents are asked too: overflow after a time. Only their agents and their hours count, not what
    /// else their rules say.
    pub also: BTreeSet<QueueName>,
}

/// What it means that an agent had a conversation last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sticky {
    /// For how long after they had it they are preferred; for ever, if nothing is said.
    pub expires_after: Option<Duration>,
    /// For how long from the beginning of its waiting work is offered to nobody else while they are logged in; zero
    /// holds nothing. They are not forced: without room or not Ready they get it no sooner, and once they let it
    /// pass it is not held any more.
    pub hold: Duration,
}

/// What work asks for in one ring of its queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asks {
    /// Any of these; none while all are closed.
    pub(crate) queues: BTreeSet<QueueName>,
    /// All of these.
    pub(crate) skills: BTreeMap<SkillName, u8>,
}

impl QueueRule {
    /// Bullseye routing of Genesys Cloud has at most 6 rings.
    pub const MAX_RINGS: usize = 6;

    /// A queue that is always open and asks for nothing.
    pub fn new(name: QueueName) -> Self {
        Self {
            name,
            skills: BTreeMap::new(),
            priority: 0,
            hours: None,
            overflow: None,
            rings: Vec::new(),
            sticky: Sticky::default(),
        }
    }

    /// How many rings work has reached that has waited for so long.
    pub(crate) fn rings_reached(&self, waited: Duration) -> usize {
        self.ring_beginnings().take_while(|&begins| begins <= waited).count()
    }

    /// After how much waiting a ring begins, counted from 1; `None` if there is no such ring.
    pub(crate) fn ring_begins(&self, ring: usize) -> Option<Duration> {
        self.ring_beginnings().nth(ring.checked_sub(1)?)
    }

    fn ring_beginnings(&self) -> impl Iterator<Item = Duration> {
        self.rings.iter().scan(Duration::ZERO, |begins, ring| {
            *begins = begins.saturating_add(ring.after);
            Some(*begins)
        })
    }

    /// What is left in a ring of the skills that work asks for by itself and those of the queue.
    pub(crate) fn skills_in(&self, own: &BTreeMap<SkillName, u8>, ring: usize) -> BTreeMap<SkillName, u8> {
        let mut skills = self.skills.clone();
        for (skill, &grade) in own {
            let known = skills.entry(skill.clone()).or_insert(grade);
            *known = grade.max(*known);
        }
        for ring in self.rings.iter().take(ring) {
            skills.retain(|skill, _| !ring.drops.contains(skill));
            for (skill, &enough) in &ring.lowers {
                if let Some(grade) = skills.get_mut(skill) {
                    *grade = enough.min(*grade);
                }
            }
        }
        skills
    }

    /// Every skill with every grade that some ring asks for.
    pub(crate) fn grades(&self, own: &BTreeMap<SkillName, u8>) -> BTreeSet<(SkillName, u8)> {
        (0..=self.rings.len()).flat_map(|ring| self.skills_in(own, ring)).collect()
    }

    fn check(&self) -> Result<(), RoutingError> {
        let queue = || self.name.clone();
        if self.rings.len() > Self::MAX_RINGS {
            return Err(RoutingError::TooManyRings { queue: queue(), rings: self.rings.len() });
        }
        for (number, relaxed) in self.rings.iter().enumerate() {
            let ring = number + 1;
            if relaxed.after.is_zero() {
                return Err(RoutingError::NoStay { queue: queue(), ring });
            }
            if relaxed.drops.is_empty() && relaxed.lowers.is_empty() && relaxed.also.is_empty() {
                return Err(RoutingError::EmptyRing { queue: queue(), ring });
            }
            if let Some(skill) = relaxed.drops.iter().find(|&skill| relaxed.lowers.contains_key(skill)) {
                return Err(RoutingError::DroppedAndLowered { queue: queue(), ring, skill: skill.clone() });
            }
        }
        if self.sticky.expires_after.is_some_and(|expires| expires < self.sticky.hold) {
            return Err(RoutingError::HoldOutlastsPreference { queue: queue() });
        }
        Ok(())
    }

    fn named(&self) -> impl Iterator<Item = &QueueName> {
        self.overflow.iter().chain(self.rings.iter().flat_map(|ring| &ring.also))
    }
}

impl From<QueueName> for QueueRule {
    fn from(name: QueueName) -> Self {
        Self::new(name)
    }
}

/// The rules of all queues, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueRules(BTreeMap<QueueName, QueueRule>);

impl QueueRules {
    pub(crate) fn new(rules: impl IntoIterator<Item = QueueRule>) -> Result<Self, RoutingError> {
        let mut queues = BTreeMap::new();
        for rule in rules {
            rule.check()?;
            let queue = rule.name.clone();
            if queues.insert(queue.clone(), rule).is_some() {
                return Err(RoutingError::QueueTwice { queue });
            }
        }
        let rules = Self(queues);
        for rule in rules.0.values() {
            let mut named = rule.named();
            if let Some(unknown) = named.find(|&name| !rules.0.contains_key(name)) {
                return Err(RoutingError::UnknownQueue {
                    queue: rule.name.clone(),
                    unknown: unknown.clone(),
                });
            }
            if rules.overflows(&rule.name).take(rules.0.len()).any(|overflow| *overflow == rule.name) {
                return Err(RoutingError::CyclicOverflow { queue: rule.name.clone() });
            }
        }
        Ok(rules)
    }

    pub(crate) fn get(&self, queue: &QueueName) -> Option<&QueueRule> {
        self.0.get(queue)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &QueueRule> {
        self.0.values()
    }

    /// Where a queue overflows to, and so on.
    fn overflows<'a>(&'a self, queue: &'a QueueName) -> impl Iterator<Item = &'a QueueName> {
        let next = |queue: &QueueName| self.get(queue)?.overflow.as_ref();
        std::iter::successors(next(queue), move |queue| next(queue))
    }

    /// The queues whose agents are asked in a ring, those that are closed apart.
    pub(crate) fn asked(
        &self,
        rule: &QueueRule,
        ring: usize,
        is_open: impl Fn(&QueueName) -> bool,
    ) -> BTreeSet<QueueName> {
        let own = std::iter::once(&rule.name).chain(self.overflows(&rule.name));
        let also = rule.rings.iter().take(ring).flat_map(|ring| &ring.also);
        own.filter(|queue| is_open(queue))
            .take(1)
            .chain(also.filter(|queue| is_open(queue)))
            .cloned()
            .collect()
    }
}

/// Which queues are closed now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Openings {
    closed: BTreeMap<QueueName, Option<Timestamp>>,
    /// When that may change.
    next: Option<Timestamp>,
    /// Whether it was ever looked at.
    known: bool,
}

impl Openings {
    pub(crate) fn is_open(&self, queue: &QueueName) -> bool {
        !self.closed.contains_key(queue)
    }

    /// When a closed queue opens; `None` also if it never does.
    pub(crate) fn opens_at(&self, queue: &QueueName) -> Option<Timestamp> {
        self.closed.get(queue).copied().flatten()
    }

    pub(crate) const fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Whether time has come to look again.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        !self.known || self.next.is_some_and(|next| next <= now)
    }

    /// Looks which queues are open; gives whether that changed.
    pub(crate) fn look(&mut self, rules: &QueueRules, now: Timestamp) -> bool {
        let mut seen = Self { known: true, ..Self::default() };
        for rule in rules.all() {
            let Some(hours) = &rule.hours else { continue };
            let (open, change) = hours.state(now);
            if !open {
                seen.closed.insert(rule.name.clone(), change);
            }
            seen.next = seen.next.into_iter().chain(change).min();
        }
        let changed = !seen.closed.keys().eq(self.closed.keys());
        *self = seen;
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> QueueName {
        QueueName::new(name).unwrap()
    }

    fn skill(name: &str) -> SkillName {
        SkillName::new(name).unwrap()
    }

    fn overflowing(name: &str, to: &str) -> QueueRule {
        QueueRule { overflow: Some(queue(to)), ..QueueRule::new(queue(name)) }
    }

    fn ringed(rings: Vec<Ring>) -> QueueRule {
        QueueRule { rings, ..QueueRule::new(queue("a")) }
    }

    fn dropping(after: u64, dropped: &str) -> Ring {
        Ring { after: Duration::from_secs(after), drops: [skill(dropped)].into(), ..Ring::default() }
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let cases = [
            (
                vec![overflowing("a", "b"), overflowing("b", "c"), overflowing("c", "b")],
                RoutingError::CyclicOverflow { queue: queue("b") },
            ),
            (vec![overflowing("a", "a")], RoutingError::CyclicOverflow { queue: queue("a") }),
            (
                vec![overflowing("a", "b")],
                RoutingError::UnknownQueue { queue: queue("a"), unknown: queue("b") },
            ),
            (vec![ringed(Vec::new()), ringed(Vec::new())], RoutingError::QueueTwice { queue: queue("a") }),
            (vec![ringed(vec![dropping(0, "x")])], RoutingError::NoStay { queue: queue("a"), ring: 1 }),
            (
                vec![ringed(vec![Ring { after: Duration::from_secs(1), ..Ring::default() }])],
                RoutingError::EmptyRing { queue: queue("a"), ring: 1 },
            ),
            (
                vec![ringed(vec![dropping(1, "x"); 7])],
                RoutingError::TooManyRings { queue: queue("a"), rings: 7 },
            ),
            (
                vec![ringed(vec![Ring { lowers: [(skill("x"), 1)].into(), ..dropping(1, "x") }])],
                RoutingError::DroppedAndLowered { queue: queue("a"), ring: 1, skill: skill("x") },
            ),
            (
                vec![QueueRule {
                    sticky: Sticky {
                        expires_after: Some(Duration::from_secs(1)),
                        hold: Duration::from_secs(2),
                    },
                    ..ringed(Vec::new())
                }],
                RoutingError::HoldOutlastsPreference { queue: queue("a") },
            ),
        ];
        for (rules, refused) in cases {
            assert_eq!(QueueRules::new(rules), Err(refused));
        }
    }

    #[test]
    fn queues_may_help_each_other_after_a_time() {
        let helps = |name: &str, other: &str| QueueRule {
            rings: vec![Ring {
                after: Duration::from_mins(1),
                also: [queue(other)].into(),
                ..Ring::default()
            }],
            ..QueueRule::new(queue(name))
        };
        assert!(QueueRules::new([helps("a", "b"), helps("b", "a")]).is_ok());
    }

    #[test]
    fn rings_add_up() {
        let rule = QueueRule {
            skills: [(skill("spanish"), 3), (skill("billing"), 2)].into(),
            ..ringed(vec![
                Ring {
                    after: Duration::from_secs(10),
                    lowers: [(skill("spanish"), 1)].into(),
                    ..Ring::default()
                },
                dropping(20, "billing"),
            ])
        };
        let own = [(skill("spanish"), 2), (skill("calming"), 1)].into();
        let names = |ring| {
            let skills = rule.skills_in(&own, ring);
            skills.iter().map(|(skill, grade)| format!("{skill}{grade}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(0), "billing2 calming1 spanish3");
        assert_eq!(names(1), "billing2 calming1 spanish1");
        assert_eq!(names(2), "calming1 spanish1");
        let reached = |seconds| rule.rings_reached(Duration::from_secs(seconds));
        assert_eq!([reached(9), reached(10), reached(29), reached(30)], [0, 1, 1, 2]);
        assert_eq!(rule.ring_begins(2), Some(Duration::from_secs(30)));
        assert_eq!(rule.ring_begins(3), None);
    }
}
