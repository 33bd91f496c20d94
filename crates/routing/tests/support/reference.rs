//! What routing means, written as plainly as possible: look at all work and all agents, every time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_model::{AgentName, InteractionId, MediaClass, QueueName, SkillName, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Input, QueueRule, RoutingPolicy, Work};

use crate::checks::Subject;

/// A matcher without any index.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    policy: RoutingPolicy,
    queues: BTreeMap<QueueName, QueueRule>,
    now: Timestamp,
    agents: BTreeMap<AgentName, AgentSnapshot>,
    waiting: BTreeMap<InteractionId, Work>,
    in_flight: BTreeMap<InteractionId, Flight>,
}

/// A decision that is not settled yet.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) agent: AgentName,
    pub(crate) work: Work,
    decided_at: Timestamp,
    again: Option<Work>,
}

impl Reference {
    pub(crate) fn new(policy: RoutingPolicy, queues: impl IntoIterator<Item = QueueRule>) -> Self {
        Self {
            policy,
            queues: queues.into_iter().map(|rule| (rule.name.clone(), rule)).collect(),
            now: Timestamp::from_micros(i64::MIN),
            agents: BTreeMap::new(),
            waiting: BTreeMap::new(),
            in_flight: BTreeMap::new(),
        }
    }

    pub(crate) fn agents(&self) -> &BTreeMap<AgentName, AgentSnapshot> {
        &self.agents
    }

    pub(crate) fn waiting(&self) -> &BTreeMap<InteractionId, Work> {
        &self.waiting
    }

    pub(crate) fn in_flight(&self) -> &BTreeMap<InteractionId, Flight> {
        &self.in_flight
    }

    /// Takes in what happened without deciding anything.
    pub(crate) fn learn(&mut self, input: &Input, now: Timestamp) {
        self.now = self.now.max(now);
        match input.clone() {
            Input::Started { agents, work } => {
                let queues = std::mem::take(&mut self.queues).into_values();
                *self = Self { now: self.now, ..Self::new(self.policy.clone(), queues) };
                self.agents = agents.into_iter().map(|agent| (agent.name.clone(), agent)).collect();
                self.waiting = work.into_iter().map(|work| (work.interaction, work)).collect();
            }
            Input::AgentChanged(agent) => {
                self.agents.insert(agent.name.clone(), agent);
            }
            Input::LoadChanged { agent, load, idle_since } => {
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.load = load;
                    agent.idle_since = idle_since;
                }
            }
            Input::AgentLeft(name) => {
                self.agents.remove(&name);
            }
            Input::WorkArrived(work) => match self.in_flight.get_mut(&work.interaction) {
                Some(flight) => flight.again = Some(work),
                None => {
                    self.waiting.insert(work.interaction, work);
                }
            },
            Input::WorkLeft(interaction) => {
                self.waiting.remove(&interaction);
                if let Some(flight) = self.in_flight.get_mut(&interaction) {
                    flight.again = None;
                }
            }
            Input::OfferSettled { interaction, agent } => {
                let matches = self.in_flight.get(&interaction).is_some_and(|flight| flight.agent == agent);
                if matches && let Some(flight) = self.in_flight.remove(&interaction) {
                    self.waiting.extend(flight.again.map(|work| (work.interaction, work)));
                }
            }
            Input::TimePassed => {}
        }
    }

    /// Takes over a decision, whoever made it; `None` if its work does not wait.
    pub(crate) fn accept(&mut self, decision: &Decision) -> Option<()> {
        let Decision::Offer { interaction, agent } = decision;
        let work = self.waiting.remove(interaction)?;
        let flight = Flight { agent: agent.clone(), work, decided_at: self.now, again: None };
        self.in_flight.insert(*interaction, flight);
        Some(())
    }

    /// The decision to make now, if there is one: the first work that has an eligible agent, and the first of those.
    pub(crate) fn next(&self) -> Option<Decision> {
        let mut waiting: Vec<_> = self.waiting.values().collect();
        waiting.sort_by_key(|work| (self.urgency(work), work.since, work.interaction));
        waiting.into_iter().find_map(|work| {
            let eligible = self.agents.values().filter(|agent| self.is_eligible(work, agent));
            let first = eligible.min_by(|a, b| {
                let not_preferred = |agent: &AgentSnapshot| self.preferred(work) != Some(&agent.name);
                not_preferred(a)
                    .cmp(&not_preferred(b))
                    .then_with(|| self.idle_since(a).cmp(&self.idle_since(b)))
                    .then_with(|| self.compare_fill(a, b, work.class))
                    .then_with(|| a.name.cmp(&b.name))
            })?;
            Some(Decision::Offer { interaction: work.interaction, agent: first.name.clone() })
        })
    }

    pub(crate) fn is_eligible(&self, work: &Work, agent: &AgentSnapshot) -> bool {
        let asked = self.asked(work);
        let skills = self.skills(work);
        agent.queues.iter().any(|queue| asked.contains(queue))
            && skills.iter().all(|(skill, grade)| agent.skills.get(skill).is_some_and(|has| has >= grade))
            && can_do(work, agent)
            && self.has_room(work, agent)
            && !self.cools_down(work, agent)
            && self.holder(work).is_none_or(|holder| *holder == agent.name)
    }

    fn rule(&self, queue: &QueueName) -> QueueRule {
        self.queues.get(queue).cloned().unwrap_or_else(|| QueueRule::new(queue.clone()))
    }

    /// When work would have begun to wait if its priority were 0.
    fn urgency(&self, work: &Work) -> i128 {
        let step = i128::try_from(self.policy.priority_step().as_micros()).expect("a small step");
        let priority = work.priority.saturating_add(self.rule(&work.queue).priority);
        i128::from(work.since.as_micros()) - step * i128::from(priority)
    }

    fn rings(&self, work: &Work) -> usize {
        let waited = self.now.since(work.since);
        let mut begins = Duration::ZERO;
        let mut reached = 0;
        for ring in self.rule(&work.queue).rings {
            begins += ring.after;
            reached += usize::from(begins <= waited);
        }
        reached
    }

    /// The queues whose agents are asked.
    fn asked(&self, work: &Work) -> BTreeSet<QueueName> {
        let is_open = |queue: &QueueName| self.rule(queue).hours.is_none_or(|hours| hours.is_open(self.now));
        let mut asked = BTreeSet::new();
        let mut own = Some(work.queue.clone());
        while let Some(queue) = own {
            if is_open(&queue) {
                asked.insert(queue);
                break;
            }
            own = self.rule(&queue).overflow;
        }
        for ring in self.rule(&work.queue).rings.into_iter().take(self.rings(work)) {
            asked.extend(ring.also.into_iter().filter(is_open));
        }
        asked
    }

    fn skills(&self, work: &Work) -> BTreeMap<SkillName, u8> {
        let rule = self.rule(&work.queue);
        let mut skills = work.required_skills.clone();
        for (skill, grade) in rule.skills {
            let known = skills.remove(&skill).unwrap_or(grade);
            skills.insert(skill, known.max(grade));
        }
        for ring in rule.rings.into_iter().take(self.rings(work)) {
            for skill in &ring.drops {
                skills.remove(skill);
            }
            for (skill, enough) in ring.lowers {
                if let Some(&grade) = skills.get(&skill) {
                    skills.insert(skill, grade.min(enough));
                }
            }
        }
        skills
    }

    /// Whom work prefers now.
    fn preferred<'a>(&self, work: &'a Work) -> Option<&'a AgentName> {
        let preferred = work.preferred.as_ref()?;
        match self.rule(&work.queue).sticky.expires_after {
            Some(lasts) if self.now >= preferred.last_with + lasts => None,
            Some(_) | None => Some(&preferred.agent),
        }
    }

    /// Who alone is offered work now, because it is held for them.
    fn holder<'a>(&self, work: &'a Work) -> Option<&'a AgentName> {
        let name = self.preferred(work)?;
        let hold = self.rule(&work.queue).sticky.hold;
        let in_time = !hold.is_zero() && self.now < work.since + hold;
        (in_time && self.agents.contains_key(name) && !work.passed.contains_key(name)).then_some(name)
    }

    pub(crate) fn has_room(&self, work: &Work, agent: &AgentSnapshot) -> bool {
        self.load(agent, work.class) + u64::from(work.weight.get())
            <= u64::from(agent.limits.limit(work.class))
    }

    fn cools_down(&self, work: &Work, agent: &AgentSnapshot) -> bool {
        work.passed.get(&agent.name).is_some_and(|&passed_at| {
            let ready_again = work
                .media
                .iter()
                .any(|medium| agent.ready.get(medium).is_some_and(|&since| since > passed_at));
            self.now < passed_at + self.policy.reoffer_after() && !ready_again
        })
    }

    fn flights_of(&self, agent: &AgentSnapshot) -> impl Iterator<Item = &Flight> {
        let name = agent.name.clone();
        self.in_flight.values().filter(move |flight| flight.agent == name)
    }

    fn load(&self, agent: &AgentSnapshot, class: MediaClass) -> u64 {
        let in_flight = self.flights_of(agent).filter(|flight| flight.work.class == class);
        u64::from(agent.load.get(&class).copied().unwrap_or(0))
            + in_flight.map(|flight| u64::from(flight.work.weight.get())).sum::<u64>()
    }

    fn idle_since(&self, agent: &AgentSnapshot) -> Timestamp {
        let decided = self.flights_of(agent).map(|flight| flight.decided_at);
        decided.fold(agent.idle_since, Timestamp::max)
    }

    /// Compares load / limit without dividing.
    fn compare_fill(&self, a: &AgentSnapshot, b: &AgentSnapshot, class: MediaClass) -> std::cmp::Ordering {
        let scaled = |agent: &AgentSnapshot, other: &AgentSnapshot| {
            self.load(agent, class) * u64::from(other.limits.limit(class))
        };
        scaled(a, b).cmp(&scaled(b, a))
    }
}

fn can_do(work: &Work, agent: &AgentSnapshot) -> bool {
    let ready = |medium| agent.ready.contains_key(medium) && !agent.disabled.contains(medium);
    !work.media.is_empty() && work.media.iter().all(ready)
}

impl Subject for Reference {
    fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        self.learn(input, now);
        let mut decisions = Vec::new();
        while let Some(decision) = self.next() {
            self.accept(&decision);
            decisions.push(decision);
        }
        decisions
    }
}
