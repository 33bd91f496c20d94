//! What one interaction can become: every state that can be reached, and every way from one to another with the
//! effects of that step. Each question is put to the function under test exactly once in each state.

use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{
    Command, CommandName, ConsultStage, Context, Effect, Holder, Idle, Interaction, Origin, Outcome, State,
    StateName, Timer, Transition, TransitionError,
};
use parlor_model::{AgentName, Timestamp};

use crate::canon::{AGENTS, canon, number_of, with_agents};
use crate::questioning::{CONSULTS, Size, questions};
use crate::questions::{Answer, NOW};
use crate::support::{agent, at, start};

/// What an interaction weighs: enough that after the end half of it can stay.
const WEIGHT: u32 = 2;

/// An amount for each agent.
pub(crate) type Amounts = [u8; AGENTS.len()];

/// The function under test, or one that is wrong on purpose.
pub(crate) type Decider = fn(&Interaction, &Command, Context<'_>) -> Result<Transition, TransitionError>;

/// What can be seen of a state of one interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(crate) struct Looks {
    pub(crate) state: StateName,
    pub(crate) parked: bool,
    pub(crate) together: bool,
    pub(crate) watched: bool,
    pub(crate) advised: bool,
    pub(crate) handed: bool,
    pub(crate) holdings: Amounts,
    pub(crate) timers: u16,
}

/// A state of one interaction, and every way on.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) looks: Looks,
    pub(crate) steps: Vec<Step>,
}

/// A way from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) to: u32,
    pub(crate) effects: Effects,
    pub(crate) faults: Faults,
    /// One of the commands that lead there; counts for nothing.
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

/// What is wrong with a step by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is found by a check of its own")]
pub(crate) struct Faults {
    /// It leads to where there is not exactly one holder, or another than the state says.
    pub(crate) holders: bool,
    /// It leads out of Done.
    pub(crate) done_changes: bool,
    /// What only counts does not count on.
    pub(crate) counts_back: bool,
    /// An answer to what is not open, or not to be answered by this agent or at this time, changes something.
    pub(crate) stale: bool,
}

/// All that one interaction can become.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) size: Size,
    pub(crate) nodes: Vec<Node>,
    /// The interaction of each node.
    pub(crate) interactions: Vec<Interaction>,
    /// Where an interaction begins, with the effects of that.
    pub(crate) starts: Vec<(u32, Effects)>,
    /// Every answer that was given.
    pub(crate) answers: BTreeMap<(CommandName, StateName), BTreeSet<Answer>>,
    /// How many questions were put.
    pub(crate) asked: usize,
    numbers: BTreeMap<String, u32>,
}

impl Graph {
    /// Puts every question in every state that any answer leads to, except where there are more than [`CONSULTS`].
    pub(crate) fn explore(decide: Decider, size: Size) -> Self {
        let mut graph = Self {
            size,
            nodes: Vec::new(),
            interactions: Vec::new(),
            starts: Vec::new(),
            answers: BTreeMap::new(),
            asked: 0,
            numbers: BTreeMap::new(),
        };
        let outbound = size.names().iter().map(|name| Origin::Outbound { agent: agent(name) });
        for origin in std::iter::once(Origin::Inbound).chain(outbound) {
            let started = Interaction::start(start(origin, WEIGHT), at(NOW));
            assert!(has_one_holder(&started.interaction));
            let number = graph.number(&started.interaction);
            graph.starts.push((number, effects(&started.effects)));
        }
        let questions = questions(size);
        let mut explored = 0;
        while explored < graph.nodes.len() {
            let interaction = graph.interactions[explored].clone();
            let mut steps: BTreeMap<(u32, Effects, Faults), CommandName> = BTreeMap::new();
            for (command, setting) in &questions {
                graph.asked += 1;
                let answer = match decide(&interaction, command, setting.context()) {
                    Err(error) => Answer::Refused(error.refusal.as_str()),
                    Ok(transition)
                        if transition.events.is_empty() && transition.interaction == interaction =>
                    {
                        Answer::Nothing
                    }
                    Ok(transition) => {
                        let after = &transition.interaction;
                        if consults(after) <= CONSULTS {
                            let faults = faults(&interaction, command, setting.now, &transition);
                            let step = (graph.number(after), effects(&transition.effects), faults);
                            steps.entry(step).or_insert(command.name());
                        }
                        let names = transition.events.iter().map(|recorded| recorded.event.name());
                        Answer::Happens(names.collect(), after.state.name())
                    }
                };
                graph.answers.entry((command.name(), interaction.state.name())).or_default().insert(answer);
            }
            graph.nodes[explored].steps = steps
                .into_iter()
                .map(|((to, effects, faults), command)| Step { to, effects, faults, command })
                .collect();
            explored += 1;
        }
        graph
    }

    /// The number of a state.
    fn number(&mut self, interaction: &Interaction) -> u32 {
        let canon = canon(interaction);
        let next = u32::try_from(self.nodes.len()).unwrap();
        let number = *self.numbers.entry(key(&canon)).or_insert(next);
        if number == next {
            self.nodes.push(Node { looks: looks(&canon), steps: Vec::new() });
            self.interactions.push(canon);
        }
        number
    }

    /// The number of a state that was reached; `None` when it never was.
    pub(crate) fn find(&self, canon: &Interaction) -> Option<u32> {
        self.numbers.get(&key(canon)).copied()
    }

    /// For each state the one that is like it with other agents in the places of these.
    pub(crate) fn with_agents(&self, agents: &[&str]) -> Vec<u32> {
        let renamed = self.interactions.iter().map(|interaction| {
            let renamed = with_agents(interaction, agents);
            self.find(&renamed).expect("what one agent can do, any other can")
        });
        renamed.collect()
    }
}

fn key(canon: &Interaction) -> String {
    serde_json::to_string(&(
        &canon.state,
        canon.unanswered_since,
        &canon.last_owner,
        canon.handover,
        &canon.disposition,
        &canon.case,
    ))
    .unwrap()
}

pub(crate) fn consults(interaction: &Interaction) -> usize {
    match &interaction.state {
        State::Active(active) => active.consults.len(),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => 0,
    }
}

/// What can be seen of it.
pub(crate) fn looks(interaction: &Interaction) -> Looks {
    let active = match &interaction.state {
        State::Active(active) => Some(active),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
    };
    let mut holdings = Amounts::default();
    for (agent, weight) in interaction.holdings() {
        holdings[place(&agent)] = amount(weight);
    }
    Looks {
        state: interaction.state.name(),
        parked: active.is_some_and(|active| active.parked.is_some()),
        together: active.is_some_and(|active| !active.members.is_empty()),
        watched: active.is_some_and(|active| !active.supervisors.is_empty()),
        advised: active.is_some_and(|active| !active.consults.is_empty()),
        handed: active.is_some_and(|active| active.transfer.is_some()),
        holdings,
        timers: interaction.timers().keys().fold(0, |all, timer| all | bit(timer)),
    }
}

/// What is wrong with a step.
fn faults(before: &Interaction, command: &Command, now: Timestamp, transition: &Transition) -> Faults {
    let after = &transition.interaction;
    let events = u64::try_from(transition.events.len()).unwrap();
    let keeps_count = after.version == before.version + events
        && after.segment >= before.segment
        && after.epoch >= before.epoch
        && (after.epoch > before.epoch || after.holder() == before.holder());
    Faults {
        holders: !has_one_holder(after),
        done_changes: !before.is_open(),
        counts_back: !keeps_count,
        stale: !may_change(before, command, now),
    }
}

/// Who has it, said once more by state, so that the answer of the crate is not taken for granted.
fn has_one_holder(interaction: &Interaction) -> bool {
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

/// Whether an answer is to something open, from who was asked, in time; and a timer to something that is due. Said once
/// more, so that the function is not compared with itself. Anything else may change something whenever it likes.
fn may_change(interaction: &Interaction, command: &Command, now: Timestamp) -> bool {
    let open = interaction.offer();
    let (active, ended) = match &interaction.state {
        State::Active(active) => (Some(active), None),
        State::Ended(ended) => (None, Some(ended)),
        State::Queued(_) | State::Offered(_) | State::Done(_) => (None, None),
    };
    let pending = active.and_then(|active| active.transfer.as_ref());
    let consult = |id| active.and_then(|active| active.consults.get(id));
    let asked = |id| match consult(id).map(|consult| &consult.stage) {
        Some(ConsultStage::Asked { expires_at }) => Some(*expires_at),
        Some(ConsultStage::Joined { .. }) | None => None,
    };
    let invited = |agent| active.and_then(|active| active.invitations.get(agent));
    let owns = |agent: &AgentName| interaction.owner() == Some(agent);
    match command {
        Command::Accept { offer, agent } => {
            open.is_some_and(|open| (open.offer, &open.agent) == (*offer, agent) && now < open.expires_at)
        }
        Command::Decline { offer, agent } => {
            open.is_some_and(|open| (open.offer, &open.agent) == (*offer, agent))
        }
        Command::Expire { offer } => open.is_some_and(|open| open.offer == *offer && now >= open.expires_at),
        Command::Withdraw { offer } => open.is_some_and(|open| open.offer == *offer),
        Command::AcceptTransfer { transfer, agent } => {
            pending.is_some_and(|open| (open.id, &open.to) == (*transfer, agent) && now < open.expires_at)
        }
        Command::DeclineTransfer { transfer, agent } => {
            pending.is_some_and(|open| (open.id, &open.to) == (*transfer, agent))
        }
        Command::ExpireTransfer { transfer } => {
            pending.is_some_and(|open| open.id == *transfer && now >= open.expires_at)
        }
        Command::CancelTransfer { transfer, by } => {
            pending.is_some_and(|open| open.id == *transfer) && owns(by)
        }
        Command::JoinConsult { consult: id, agent } => {
            consult(id).is_some_and(|consult| consult.target.agent() == Some(agent))
                && asked(id).is_some_and(|until| now < until)
        }
        Command::ConsultAnswered { consult: id } => {
            consult(id).is_some_and(|consult| consult.target.agent().is_none())
                && asked(id).is_some_and(|until| now < until)
        }
        Command::EndConsult { consult: id, by } => consult(id).is_some_and(|consult| {
            by.as_ref().is_none_or(|by| consult.by == *by || consult.target.agent() == Some(by) || owns(by))
        }),
        Command::ExpireConsult { consult: id } => asked(id).is_some_and(|until| now >= until),
        Command::CompleteConsult { consult: id, by } => {
            consult(id).is_some_and(|consult| consult.target.agent().is_some())
                && asked(id).is_none()
                && owns(by)
        }
        Command::AcceptInvitation { agent } => {
            invited(agent).is_some_and(|invitation| now < invitation.expires_at)
        }
        Command::DeclineInvitation { agent } => invited(agent).is_some(),
        Command::ExpireInvitation { agent } => {
            invited(agent).is_some_and(|invitation| now >= invitation.expires_at)
        }
        Command::CancelInvitation { by, agent } => invited(agent).is_some() && owns(by),
        Command::AutoDone => ended.is_some_and(|ended| ended.done_at.is_some_and(|due| now >= due)),
        Command::NoticeIdle => active.is_some_and(
            |active| matches!(active.idle, Some(Idle::Watched { notice_at }) if now >= notice_at),
        ),
        Command::EndIdle => active.is_some_and(
            |active| matches!(active.idle, Some(Idle::Noticed { end_at: Some(due) }) if now >= due),
        ),
        Command::Offer { .. }
        | Command::Pull { .. }
        | Command::ContactWrote
        | Command::AgentWrote { .. }
        | Command::End { .. }
        | Command::MarkDone { .. }
        | Command::Park { .. }
        | Command::Unpark { .. }
        | Command::SetDisposition { .. }
        | Command::SetCaseData { .. }
        | Command::RequestTransfer { .. }
        | Command::StartConsult { .. }
        | Command::Invite { .. }
        | Command::AddMember { .. }
        | Command::RemoveMember { .. }
        | Command::Supervise { .. }
        | Command::StopSupervising { .. } => true,
    }
}

fn amount(weight: u32) -> u8 {
    u8::try_from(weight).unwrap()
}

fn place(agent: &AgentName) -> usize {
    number_of(agent) as usize
}

pub(crate) fn effects(all: &[Effect]) -> Effects {
    let mut effects = Effects::default();
    for effect in all {
        match effect {
            Effect::Release { agent, class: _, weight } => {
                effects.release[place(agent)] += amount(*weight);
            }
            Effect::Hold { agent, class: _, weight } => effects.hold[place(agent)] += amount(*weight),
            Effect::CancelTimer { timer } => effects.cancel |= bit(timer),
            Effect::SetTimer { timer, at: _ } => effects.set |= bit(timer),
            Effect::EnterQueue | Effect::LeaveQueue => {}
        }
    }
    effects
}

/// The first bit of those for invitations.
const INVITATIONS: u32 = 6;

/// One bit for each timer that there can be.
fn bit(timer: &Timer) -> u16 {
    match timer {
        Timer::Offer(_) => 1,
        Timer::Transfer(_) => 1 << 1,
        Timer::Consult(_) => 1 << 2,
        Timer::AutoDone => 1 << 3,
        Timer::IdleNotice => 1 << 4,
        Timer::IdleEnd => 1 << 5,
        Timer::Invitation(agent) => 1 << (INVITATIONS + number_of(agent)),
    }
}

/// The same timers with other agents: the one at each place takes the place that `places` says.
pub(crate) fn timers_of(timers: u16, places: &[usize]) -> u16 {
    let others = timers & ((1 << INVITATIONS) - 1);
    (INVITATIONS..).zip(places).fold(others, |all, (from, to)| {
        let runs = timers >> from & 1;
        all | runs << (INVITATIONS as usize + to)
    })
}
