//! What one interaction can become: every state that can be reached with two agents, and every way from one to another
//! with the effects of that step. Each question is put to the function under test exactly once in each state.

use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{
    Command, CommandName, Context, Effect, Holder, Interaction, Origin, Outcome, State, StateName, Timer,
    Transition, TransitionError,
};
use parlor_model::AgentName;

use crate::questions::{Answer, NOW, level, names_a_stranger, questions};
use crate::support::{agent, at, start};

/// The agents of the model.
pub(crate) const AGENTS: [&str; 2] = ["a", "b"];

/// What an interaction weighs.
const WEIGHT: u32 = 1;

/// An amount for each agent.
pub(crate) type Amounts = [u8; 2];

/// The function under test, or one that is wrong on purpose.
pub(crate) type Decider = fn(&Interaction, &Command, Context<'_>) -> Result<Transition, TransitionError>;

/// A state of one interaction.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) state: StateName,
    pub(crate) parked: bool,
    pub(crate) together: bool,
    /// Whether there is exactly one holder, and the state agrees on who.
    pub(crate) one_holder: bool,
    pub(crate) holdings: Amounts,
    pub(crate) timers: u16,
    pub(crate) steps: Vec<Step>,
}

/// A way from one state to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) to: u32,
    pub(crate) effects: Effects,
    /// Whether Done changed by it.
    pub(crate) changes_done: bool,
    /// One of the commands that lead there.
    pub(crate) command: CommandName,
}

/// What the world has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Effects {
    pub(crate) release: Amounts,
    pub(crate) hold: Amounts,
    pub(crate) cancel: u16,
    pub(crate) set: u16,
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// Where an interaction begins, with the effects of that.
    pub(crate) starts: Vec<(u32, Effects)>,
    /// Every answer that was given.
    pub(crate) answers: BTreeMap<(CommandName, StateName), BTreeSet<Answer>>,
    numbers: BTreeMap<String, u32>,
    unexplored: Vec<Interaction>,
}

impl Graph {
    /// Puts every question in every state. Of those that are not followed, only the answer is kept.
    pub(crate) fn explore(decide: Decider, follow: impl Fn(&Command) -> bool) -> Self {
        let mut graph = Self::default();
        for origin in [Origin::Inbound, Origin::Outbound { agent: agent("a") }] {
            let started = Interaction::start(start(origin, WEIGHT), at(NOW));
            let number = graph.number(&started.interaction);
            graph.starts.push((number, effects(&started.effects)));
        }
        let questions = questions(&AGENTS.map(agent));
        let mut explored = 0;
        while explored < graph.unexplored.len() {
            let interaction = graph.unexplored[explored].clone();
            let mut steps: BTreeMap<(u32, Effects, bool), CommandName> = BTreeMap::new();
            for (command, cx) in &questions {
                let pair = (command.name(), interaction.state.name());
                let answer = match decide(&interaction, command, cx.context()) {
                    Err(error) => Answer::Refused(error.refusal.as_str()),
                    Ok(transition)
                        if transition.events.is_empty() && transition.interaction == interaction =>
                    {
                        Answer::Nothing
                    }
                    Ok(transition) => {
                        let after = &transition.interaction;
                        if follow(command) && !names_a_stranger(command) {
                            let changes_done = !interaction.is_open();
                            let step = (graph.number(after), effects(&transition.effects), changes_done);
                            steps.entry(step).or_insert(command.name());
                        }
                        let names = transition.events.iter().map(|recorded| recorded.event.name());
                        Answer::Happens(names.collect(), after.state.name())
                    }
                };
                graph.answers.entry(pair).or_default().insert(answer);
            }
            graph.nodes[explored].steps = steps
                .into_iter()
                .map(|((to, effects, changes_done), command)| Step { to, effects, changes_done, command })
                .collect();
            explored += 1;
        }
        graph
    }

    /// The number of a state, without what no transition asks for.
    fn number(&mut self, interaction: &Interaction) -> u32 {
        let level = forget(level(interaction));
        let key = serde_json::to_string(&level).unwrap();
        let next = u32::try_from(self.nodes.len()).unwrap();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.nodes.push(node(&level));
            self.unexplored.push(level);
        }
        number
    }
}

/// Leaves out what decides only with which words something late or repeated is answered. The laws look at that.
fn forget(mut interaction: Interaction) -> Interaction {
    interaction.handover = None;
    match &mut interaction.state {
        State::Queued(queued) => (queued.passed, queued.lapsed) = Default::default(),
        State::Offered(offered) => {
            (offered.queued.passed, offered.queued.lapsed) = Default::default();
        }
        State::Done(_) => interaction.unanswered_since = None,
        State::Active(_) | State::Ended(_) => {}
    }
    interaction
}

fn node(interaction: &Interaction) -> Node {
    let (parked, together) = match &interaction.state {
        State::Active(active) => (active.parked.is_some(), !active.members.is_empty()),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => (false, false),
    };
    Node {
        state: interaction.state.name(),
        parked,
        together,
        one_holder: one_holder(interaction),
        holdings: AGENTS.map(|name| amount(interaction.holdings().get(&agent(name)).copied().unwrap_or(0))),
        timers: interaction.timers().keys().map(timer).fold(0, |all, one| all | one),
        steps: Vec::new(),
    }
}

/// Said once more by state, so that the answer of the crate is not taken for granted.
fn one_holder(interaction: &Interaction) -> bool {
    match (&interaction.state, interaction.holder()) {
        (State::Queued(_), Holder::Queue(queue)) => *queue == interaction.queue,
        (State::Offered(open), Holder::Offer { offer, agent }) => (offer, agent) == (open.offer, &open.agent),
        (State::Active(active), Holder::Owner(owner)) => {
            active.transfer.is_none()
                && *owner == active.owner
                && interaction.last_owner.as_ref() == Some(owner)
        }
        (State::Active(active), Holder::Transfer { transfer, owner, to }) => {
            let back = *owner == active.owner && interaction.last_owner.as_ref() == Some(owner);
            back && active.transfer.as_ref().is_some_and(|open| (open.id, &open.to) == (transfer, to))
        }
        (State::Ended(ended), Holder::LastOwner(owner)) => {
            ended.outcome == Outcome::Handled && interaction.last_owner.as_ref() == Some(owner)
        }
        (State::Ended(ended), Holder::Nobody) => ended.outcome == Outcome::Abandoned && ended.holds == 0,
        (State::Done(_), Holder::Nobody) => interaction.holdings().is_empty(),
        _ => false,
    }
}

fn amount(weight: u32) -> u8 {
    u8::try_from(weight).unwrap()
}

fn of_agent(name: &AgentName) -> usize {
    AGENTS.iter().position(|known| *known == name.as_str()).unwrap()
}

fn effects(all: &[Effect]) -> Effects {
    let mut effects = Effects::default();
    for effect in all {
        match effect {
            Effect::Release { agent, class: _, weight } => {
                effects.release[of_agent(agent)] += amount(*weight);
            }
            Effect::Hold { agent, class: _, weight } => effects.hold[of_agent(agent)] += amount(*weight),
            Effect::CancelTimer { timer: name } => effects.cancel |= timer(name),
            Effect::SetTimer { timer: name, at: _ } => effects.set |= timer(name),
            Effect::EnterQueue | Effect::LeaveQueue => {}
        }
    }
    effects
}

/// One bit for each timer that there can be.
fn timer(timer: &Timer) -> u16 {
    match timer {
        Timer::Offer(_) => 1,
        Timer::Transfer(_) => 1 << 1,
        Timer::Consult(_) => 1 << 2,
        Timer::AutoDone => 1 << 3,
        Timer::IdleNotice => 1 << 4,
        Timer::IdleEnd => 1 << 5,
        Timer::Invitation(agent) => 1 << (6 + of_agent(agent)),
    }
}
