use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use parlor_model::{AgentName, InteractionId, MediaClass, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AgentSnapshot, Decision, Input, Matcher, RoutingRules, Work};

/// What a matcher was told and what it decided, in order; made by a [`Recorder`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The first tells everything.
    pub steps: Vec<Step>,
}

/// One input and what was decided from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The time that was told with it.
    pub at: Timestamp,
    /// What was told.
    pub input: Input,
    /// What was decided.
    pub decisions: Vec<Decision>,
}

/// Who was, or would have been, offered what, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// What.
    pub interaction: InteractionId,
    /// Who.
    pub agent: AgentName,
}

/// One offer that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The work.
    pub interaction: InteractionId,
    /// Who it was offered to on the first side; `None` if it was offered fewer times there.
    pub was: Option<Decided>,
    /// Who it was offered to on the second side.
    pub would_be: Option<Decided>,
}

/// Keeps the latest inputs of a matcher, and what they started from.
#[derive(Clone, Debug)]
pub struct Recorder {
    limit: NonZeroUsize,
    steps: VecDeque<Step>,
    before: Before,
}

/// What was true before the first step that is kept.
#[derive(Clone, Debug, Default)]
struct Before {
    /// The time of the last step that is not kept; `None` while all are.
    at: Option<Timestamp>,
    agents: BTreeMap<AgentName, AgentSnapshot>,
    waiting: BTreeMap<InteractionId, Work>,
    in_flight: BTreeMap<InteractionId, (AgentName, MediaClass, u32)>,
}

impl Recorder {
    /// A recorder that keeps so many steps. It forgets where no decision is in flight, if there is such a place among
    /// the older half; only then does the rest replay exactly.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self { limit, steps: VecDeque::new(), before: Before::default() }
    }

    /// Keeps what a matcher was told and answered. The input is moved in, so that keeping it copies nothing.
    pub fn record(&mut self, input: Input, now: Timestamp, decisions: &[Decision]) {
        if matches!(input, Input::Started { .. }) {
            self.steps.clear();
            self.before = Before::default();
        }
        self.steps.push_back(Step { at: now, input, decisions: decisions.to_vec() });
        if self.steps.len() <= self.limit.get() {
            return;
        }
        while let Some(step) = self.steps.pop_front() {
            self.before.take_in(step);
            if self.before.in_flight.is_empty() || self.steps.len() <= self.limit.get() / 2 {
                break;
            }
        }
    }

    /// What is kept.
    pub fn recording(&self) -> Recording {
        Recording { steps: self.before.step().into_iter().chain(self.steps.iter().cloned()).collect() }
    }
}

impl Before {
    fn take_in(&mut self, step: Step) {
        self.at = Some(step.at);
        match step.input {
            Input::Started { agents, work } => {
                self.agents = agents.into_iter().map(|agent| (agent.name.clone(), agent)).collect();
                self.waiting = work.into_iter().map(|work| (work.interaction, work)).collect();
                self.in_flight.clear();
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
            Input::WorkArrived(work) => {
                self.waiting.insert(work.interaction, work);
            }
            Input::WorkLeft(interaction) => {
                self.waiting.remove(&interaction);
            }
            Input::OfferSettled { interaction, .. } => {
                self.in_flight.remove(&interaction);
            }
            Input::TimePassed => {}
        }
        for Decision::Offer { interaction, agent } in step.decisions {
            if let Some(work) = self.waiting.remove(&interaction) {
                self.in_flight.insert(interaction, (agent, work.class, work.weight.get()));
            }
        }
    }

    /// All of it, as a matcher is told at start.
    fn step(&self) -> Option<Step> {
        let mut agents = self.agents.clone();
        for (name, class, weight) in self.in_flight.values() {
            if let Some(agent) = agents.get_mut(name) {
                let load = agent.load.entry(*class).or_insert(0);
                *load = load.saturating_add(*weight);
            }
        }
        let input = Input::Started {
            agents: agents.into_values().collect(),
            work: self.waiting.values().cloned().collect(),
        };
        Some(Step { at: self.at?, input, decisions: Vec::new() })
    }
}

impl Recording {
    /// What was decided.
    pub fn decided(&self) -> Vec<Decided> {
        self.steps.iter().flat_map(|step| decided(step.at, &step.decisions)).collect()
    }
}

fn decided(at: Timestamp, decisions: &[Decision]) -> impl Iterator<Item = Decided> {
    decisions.iter().map(move |Decision::Offer { interaction, agent }| Decided {
        at,
        interaction: *interaction,
        agent: agent.clone(),
    })
}

/// What would have been decided on that day under other rules.
///
/// Under the rules of the day this is what was decided. Under others it is as near as a recording allows: who came,
/// went and said Ready, what arrived, and how much everybody held are as recorded. An offer that differs weighs on its
/// agent until the recording settles that work. Work that was given out in the recording waits on here until these
/// rules give it out: what became of it then followed from its being given out.
pub fn replay(recording: &Recording, rules: impl Into<RoutingRules>) -> Vec<Decided> {
    let mut replay = Replay {
        matcher: Matcher::new(rules),
        open: BTreeMap::new(),
        recorded: BTreeMap::new(),
        given: BTreeMap::new(),
        decided: Vec::new(),
    };
    for step in &recording.steps {
        replay.step(step);
    }
    replay.decided
}

#[derive(Debug)]
struct Replay {
    matcher: Matcher,
    /// Offers of the replay that are not settled.
    open: BTreeMap<InteractionId, AgentName>,
    /// Offers of the recording that are not settled.
    recorded: BTreeMap<InteractionId, AgentName>,
    /// What the recording has given out, and whether it has settled it.
    given: BTreeMap<InteractionId, bool>,
    decided: Vec<Decided>,
}

impl Replay {
    /// How late a caller may be in telling that time has passed. When the recorded caller was not later than this, it
    /// is its time that counts, or not even the same rules would decide the same.
    const LATENESS: Duration = Duration::from_secs(1);

    fn step(&mut self, step: &Step) {
        while let Some(at) = self.matcher.next_wakeup().filter(|at| *at + Self::LATENESS < step.at) {
            self.tell(&Input::TimePassed, at);
        }
        let settles = match &step.input {
            Input::OfferSettled { interaction, agent } => {
                let settles = self.recorded.get(interaction) == Some(agent);
                if settles {
                    self.recorded.remove(interaction);
                    self.given.entry(*interaction).and_modify(|settled| *settled = true);
                }
                settles
            }
            Input::WorkArrived(work) => {
                self.given.remove(&work.interaction);
                false
            }
            Input::Started { .. } => {
                self.open.clear();
                self.recorded.clear();
                self.given.clear();
                false
            }
            Input::AgentChanged(_)
            | Input::LoadChanged { .. }
            | Input::AgentLeft(_)
            | Input::WorkLeft(_)
            | Input::TimePassed => false,
        };
        for Decision::Offer { interaction, agent } in &step.decisions {
            self.recorded.insert(*interaction, agent.clone());
            self.given.insert(*interaction, false);
        }
        let input = match &step.input {
            Input::OfferSettled { interaction, .. } => {
                match settles.then(|| self.open.remove(interaction)).flatten() {
                    Some(agent) => Input::OfferSettled { interaction: *interaction, agent },
                    None => Input::TimePassed,
                }
            }
            Input::WorkLeft(interaction)
                if self.given.contains_key(interaction) && self.matcher.waits(*interaction) =>
            {
                Input::TimePassed
            }
            Input::Started { .. }
            | Input::AgentChanged(_)
            | Input::LoadChanged { .. }
            | Input::AgentLeft(_)
            | Input::WorkArrived(_)
            | Input::WorkLeft(_)
            | Input::TimePassed => step.input.clone(),
        };
        self.tell(&input, step.at);
    }

    fn tell(&mut self, input: &Input, at: Timestamp) {
        let mut decisions = VecDeque::from(self.matcher.handle(input, at));
        while let Some(decision) = decisions.pop_front() {
            self.decided.extend(decided(at, std::slice::from_ref(&decision)));
            let Decision::Offer { interaction, agent } = decision;
            if self.given.get(&interaction) == Some(&true) {
                // Nobody will settle it any more.
                decisions.extend(self.matcher.handle(&Input::OfferSettled { interaction, agent }, at));
            } else {
                self.open.insert(interaction, agent);
            }
        }
    }
}

/// Which offers are not the same, first the earliest; the offers of one piece of work are compared one by one.
pub fn difference(was: &[Decided], would_be: &[Decided]) -> Vec<Difference> {
    let mut sides: BTreeMap<InteractionId, (VecDeque<&Decided>, VecDeque<&Decided>)> = BTreeMap::new();
    for one in was {
        sides.entry(one.interaction).or_default().0.push_back(one);
    }
    for other in would_be {
        sides.entry(other.interaction).or_default().1.push_back(other);
    }
    let mut differences = Vec::new();
    for (interaction, (mut was, mut would_be)) in sides {
        while !(was.is_empty() && would_be.is_empty()) {
            let (was, would_be) = (was.pop_front().cloned(), would_be.pop_front().cloned());
            if was != would_be {
                differences.push(Difference { interaction, was, would_be });
            }
        }
    }
    differences.sort_by_key(|it| it.was.iter().chain(&it.would_be).map(|decided| decided.at).min());
    differences
}
