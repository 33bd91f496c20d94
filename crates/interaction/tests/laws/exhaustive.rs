//! Every state that can be reached with three agents, one of each kind of id, and every command in each of them.
//!
//! Two moments are enough: before and after the one deadline that everything has. What only counts (version, epoch,
//! segment, when something happened) is levelled, and agents are renamed, because no rule asks for it: otherwise
//! there would be no end of states.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::OnceLock;
use std::time::Duration;

use parlor_interaction::{
    Actor, CaseValue, Command, CommandName, ConsultStage, ConsultTarget, Context, DispositionCode, EndedBy,
    EndedHolds, Event, EventName, Interaction, Origin, Policy, Queued, Refusal, State, StateName,
    Supervision, TransferTarget,
};
use parlor_model::{AgentName, Id, Label, Timestamp};

use crate::check;
use crate::support::{agent, at, id, queue, start};

/// When everything happens, or has happened.
const NOW: u64 = 100;
/// The deadline of everything.
const DEADLINE: u64 = 110;
/// After the deadline.
const LATE: u64 = 120;

/// What a command leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// These things happen and lead to this state.
    Happens(Vec<EventName>, StateName),
    /// Nothing happens, and that is right.
    Nothing,
    /// It is refused, with this code.
    Refused(&'static str),
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many states there are.
    pub(crate) states: usize,
    /// Every answer of every command in every state.
    pub(crate) answers: BTreeMap<(CommandName, StateName), BTreeSet<Answer>>,
    /// Every event that happened.
    pub(crate) events: BTreeSet<EventName>,
    /// Every refusal that was given.
    pub(crate) refusals: BTreeSet<Refusal>,
}

/// Explores everything, once for all tests.
pub(crate) fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(explore)
}

fn agents() -> [AgentName; 3] {
    ["a", "b", "c"].map(agent)
}

fn explore() -> Found {
    let mut found = Found::default();
    found.events.insert(EventName::Started);
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::new();
    for origin in [Origin::Inbound, Origin::Outbound { agent: agent("a") }] {
        let (started, _) = check::start(start(origin, 2), at(NOW));
        enqueue(&started.interaction, &mut seen, &mut open);
    }
    let questions = questions();
    while let Some(interaction) = open.pop_front() {
        for (command, cx) in &questions {
            let answer = match check::command(&interaction, command, cx.context()) {
                Err(error) => {
                    found.refusals.insert(error.refusal);
                    Answer::Refused(error.refusal.as_str())
                }
                Ok(transition) if transition.events.is_empty() => Answer::Nothing,
                Ok(transition) => {
                    if !names_a_stranger(command) {
                        enqueue(&transition.interaction, &mut seen, &mut open);
                    }
                    // The laws have checked that repeating it changes nothing.
                    let repeated = (command.name(), transition.interaction.state.name());
                    found.answers.entry(repeated).or_default().insert(Answer::Nothing);
                    let names: Vec<_> =
                        transition.events.iter().map(|recorded| recorded.event.name()).collect();
                    found.events.extend(&names);
                    Answer::Happens(names, transition.interaction.state.name())
                }
            };
            let pair = (command.name(), interaction.state.name());
            found.answers.entry(pair).or_default().insert(answer);
        }
    }
    found.states = seen.len();
    found
}

fn enqueue(interaction: &Interaction, seen: &mut BTreeSet<String>, open: &mut VecDeque<Interaction>) {
    let json = rename(&serde_json::to_string(&level(interaction)).unwrap());
    if seen.contains(&json) {
        return;
    }
    let renamed = serde_json::from_str(&json).unwrap();
    check::state(&renamed);
    open.push_back(renamed);
    seen.insert(json);
}

/// Renames the agents in the order in which they are named. Whatever it is called, the state is the same.
fn rename(json: &str) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut renamed = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        let (before, from) = rest.split_at(quote);
        renamed.push_str(before);
        let Some(name) = ["\"a\"", "\"b\"", "\"c\""].into_iter().find(|name| from.starts_with(name)) else {
            renamed.push('"');
            rest = &from[1..];
            continue;
        };
        let place = order.iter().position(|known| *known == name).unwrap_or_else(|| {
            order.push(name);
            order.len() - 1
        });
        renamed.push_str(["\"a\"", "\"b\"", "\"c\""][place]);
        rest = &from[name.len()..];
    }
    renamed.push_str(rest);
    renamed
}

/// The interaction without what only counts.
fn level(interaction: &Interaction) -> Interaction {
    let mut level = interaction.clone();
    (level.version, level.epoch, level.segment) = (1, 1, 1);
    level.unanswered_since = level.unanswered_since.map(|_| at(NOW));
    if !matches!(level.state, State::Ended(_) | State::Done(_)) {
        // It matters to closing alone, and can be set once more after the end; likewise the case information.
        level.disposition = None;
        level.case.clear();
    }
    match &mut level.state {
        State::Queued(queued) => level_queued(queued),
        State::Offered(offered) => {
            offered.offered_at = at(NOW);
            level_queued(&mut offered.queued);
        }
        State::Active(active) => {
            active.since = at(NOW);
            for consult in active.consults.values_mut() {
                match &mut consult.stage {
                    ConsultStage::Joined { since } => *since = at(NOW),
                    ConsultStage::Asked { .. } => {}
                }
            }
        }
        State::Ended(ended) => {
            ended.at = at(NOW);
            ended.done_at = ended.done_at.map(|_| at(DEADLINE));
        }
        State::Done(done) => (done.at, done.ended_at) = (at(NOW), at(NOW)),
    }
    level
}

fn level_queued(queued: &mut Queued) {
    queued.since = at(NOW);
    queued.passed.values_mut().for_each(|when| *when = at(NOW));
}

/// When and under which policy a command is given.
struct Setting {
    now: Timestamp,
    policy: Policy,
}

impl Setting {
    const fn context(&self) -> Context<'_> {
        Context { now: self.now, policy: &self.policy }
    }
}

/// Every command, at every moment and under every policy that can matter to it.
fn questions() -> Vec<(Command, Setting)> {
    let lenient = Policy::default();
    let strict = Policy {
        async_enabled: false,
        ended_holds: EndedHolds::Half,
        disposition_mandatory: true,
        auto_done: Some(Duration::from_secs(DEADLINE - NOW)),
        auto_done_abandoned: false,
        case_editable: false,
    };
    let mut questions = Vec::new();
    for command in commands() {
        questions.push((command.clone(), Setting { now: at(NOW), policy: lenient.clone() }));
        if asks_for_the_time(command.name()) {
            questions.push((command.clone(), Setting { now: at(LATE), policy: lenient.clone() }));
        }
        if asks_for_the_policy(command.name()) {
            questions.push((command, Setting { now: at(NOW), policy: strict.clone() }));
        }
    }
    questions
}

fn asks_for_the_time(command: CommandName) -> bool {
    [
        CommandName::Accept,
        CommandName::Expire,
        CommandName::AutoDone,
        CommandName::AcceptTransfer,
        CommandName::ExpireTransfer,
        CommandName::JoinConsult,
        CommandName::ConsultAnswered,
        CommandName::ExpireConsult,
        CommandName::AcceptInvitation,
        CommandName::ExpireInvitation,
    ]
    .contains(&command)
}

fn asks_for_the_policy(command: CommandName) -> bool {
    [
        CommandName::ContactWrote,
        CommandName::AgentWrote,
        CommandName::End,
        CommandName::MarkDone,
        CommandName::SetCaseData,
    ]
    .contains(&command)
}

/// Every command with every choice of agents.
fn commands() -> Vec<Command> {
    CommandName::ALL.iter().flat_map(|name| with_every_choice(*name)).collect()
}

fn each(command: impl FnMut(AgentName) -> Command) -> Vec<Command> {
    agents().into_iter().map(command).collect()
}

fn each_two(mut command: impl FnMut(AgentName, AgentName) -> Command) -> Vec<Command> {
    let two = |one: AgentName| agents().into_iter().map(move |other| (one.clone(), other));
    agents().into_iter().flat_map(two).map(|(one, other)| command(one, other)).collect()
}

/// The one id of its kind.
fn ours<I: Id>() -> I {
    id(7)
}

/// An id of something that is not, or no longer, there.
fn stranger<I: Id>() -> I {
    id(8)
}

/// Whether a command is about something that is not there. What it leads to is checked, but not followed: a second
/// id of each kind leads to the same states under another name.
fn names_a_stranger(command: &Command) -> bool {
    match command {
        Command::Offer { offer, .. } => *offer == stranger(),
        Command::RequestTransfer { transfer, .. } => *transfer == stranger(),
        _ => false,
    }
}

fn with_every_choice(name: CommandName) -> Vec<Command> {
    let (offer, transfer, consult, expires_at) = (ours(), ours(), ours(), at(DEADLINE));
    match name {
        CommandName::Offer => [(offer, false), (offer, true), (stranger(), false)]
            .into_iter()
            .flat_map(|(offer, auto)| each(move |agent| Command::Offer { offer, agent, expires_at, auto }))
            .collect(),
        CommandName::Accept => {
            let mut all = each(|agent| Command::Accept { offer, agent });
            all.push(Command::Accept { offer: stranger(), agent: agent("a") });
            all
        }
        CommandName::Decline => {
            let mut all = each(|agent| Command::Decline { offer, agent });
            all.push(Command::Decline { offer: stranger(), agent: agent("a") });
            all
        }
        CommandName::Expire => vec![Command::Expire { offer }, Command::Expire { offer: stranger() }],
        CommandName::Withdraw => vec![Command::Withdraw { offer }, Command::Withdraw { offer: stranger() }],
        CommandName::Pull => each(|agent| Command::Pull { agent }),
        CommandName::ContactWrote => vec![Command::ContactWrote],
        CommandName::AgentWrote => each(|agent| Command::AgentWrote { agent }),
        CommandName::End => {
            let mut all = each(|agent| Command::End { by: EndedBy::Agent(agent) });
            all.extend([EndedBy::Contact, EndedBy::System].map(|by| Command::End { by }));
            all
        }
        CommandName::MarkDone => {
            let mut all = each(|agent| Command::MarkDone { by: Actor::Agent(agent) });
            all.extend([Actor::Supervisor(agent("c")), Actor::System].map(|by| Command::MarkDone { by }));
            all
        }
        CommandName::AutoDone => vec![Command::AutoDone],
        CommandName::SetDisposition => {
            each(|agent| Command::SetDisposition { agent, code: DispositionCode::new("resolved").unwrap() })
        }
        CommandName::SetCaseData => {
            let key = || Label::new("order").unwrap();
            let mut all = each(|agent| Command::SetCaseData {
                agent,
                key: key(),
                value: Some(CaseValue::new("17").unwrap()),
            });
            all.push(Command::SetCaseData { agent: agent("a"), key: key(), value: None });
            all
        }
        CommandName::RequestTransfer => {
            let mut all = each_two(|by, to| Command::RequestTransfer {
                transfer,
                by,
                target: TransferTarget::Agent(to),
                expires_at,
            });
            all.extend(each(|by| Command::RequestTransfer {
                transfer,
                by,
                target: TransferTarget::Queue(queue("billing")),
                expires_at,
            }));
            all.push(Command::RequestTransfer {
                transfer: stranger(),
                by: agent("a"),
                target: TransferTarget::Agent(agent("b")),
                expires_at,
            });
            all
        }
        CommandName::AcceptTransfer => each(|agent| Command::AcceptTransfer { transfer, agent }),
        CommandName::DeclineTransfer => each(|agent| Command::DeclineTransfer { transfer, agent }),
        CommandName::ExpireTransfer => vec![Command::ExpireTransfer { transfer }],
        CommandName::CancelTransfer => each(|by| Command::CancelTransfer { transfer, by }),
        CommandName::StartConsult => {
            let mut all = each_two(|by, agent| Command::StartConsult {
                consult,
                by,
                target: ConsultTarget::Chat { agent },
                expires_at,
            });
            all.extend(each(|by| Command::StartConsult {
                consult,
                by,
                target: ConsultTarget::VoiceContact { point: id(4) },
                expires_at,
            }));
            all
        }
        CommandName::JoinConsult => each(|agent| Command::JoinConsult { consult, agent }),
        CommandName::ConsultAnswered => vec![Command::ConsultAnswered { consult }],
        CommandName::EndConsult => {
            let mut all = each(|agent| Command::EndConsult { consult, by: Some(agent) });
            all.push(Command::EndConsult { consult, by: None });
            all
        }
        CommandName::ExpireConsult => vec![Command::ExpireConsult { consult }],
        CommandName::CompleteConsult => each(|by| Command::CompleteConsult { consult, by }),
        CommandName::Invite => each_two(|by, agent| Command::Invite { by, agent, expires_at }),
        CommandName::AcceptInvitation => each(|agent| Command::AcceptInvitation { agent }),
        CommandName::DeclineInvitation => each(|agent| Command::DeclineInvitation { agent }),
        CommandName::ExpireInvitation => each(|agent| Command::ExpireInvitation { agent }),
        CommandName::CancelInvitation => each_two(|by, agent| Command::CancelInvitation { by, agent }),
        CommandName::AddMember => each_two(|by, agent| Command::AddMember { by, agent }),
        CommandName::RemoveMember => each(|agent| Command::RemoveMember { agent }),
        // Who watches how makes no difference but to who may write; the rows test that.
        CommandName::Supervise => each(|agent| Command::Supervise { agent, mode: Supervision::Barge }),
        CommandName::StopSupervising => each(|agent| Command::StopSupervising { agent }),
    }
}

#[test]
fn every_reachable_state_answers_every_command_by_the_laws() {
    // The laws are checked with every single answer; this asks whether everything has been there.
    let found = found();
    assert!(found.states > 10_000, "only {} states were reached", found.states);
    for command in CommandName::ALL {
        for state in StateName::ALL {
            assert!(
                found.answers.contains_key(&(*command, *state)),
                "{command} was never given while {state}"
            );
        }
    }
}

#[test]
fn every_event_can_happen() {
    let never: Vec<_> = EventName::ALL.iter().filter(|event| !found().events.contains(event)).collect();
    assert_eq!(never, [] as [&EventName; 0]);
}

#[test]
fn a_recorded_event_that_does_not_fit_is_an_error() {
    let (started, _) = check::start(start(Origin::Inbound, 1), at(NOW));
    let stray = parlor_interaction::Recorded { at: at(NOW), event: Event::AgentWrote { agent: agent("a") } };
    let journal = [started.events[0].clone(), stray.clone()];
    let error = Interaction::replay(&journal).unwrap_err();
    assert_eq!(error.to_string(), "event 2 (agent_wrote) cannot have happened while queued");
    let error = Interaction::replay([&stray]).unwrap_err();
    assert_eq!(error.to_string(), "an interaction begins with started, not agent_wrote");
    assert_eq!(Interaction::replay([]).unwrap_err().to_string(), "an interaction has at least one event");
}
