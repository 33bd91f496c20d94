//! Every question that can be put to an interaction: commands, moments and policies; and the interaction without what
//! no rule asks for.

use std::time::Duration;

use parlor_interaction::{
    Actor, CaseValue, Command, CommandName, ConsultStage, ConsultTarget, Context, DispositionCode, EndedBy,
    EndedHolds, EventName, Idle, Interaction, Policy, Queued, State, StateName, Supervision, TransferTarget,
};
use parlor_model::{AgentName, Id, Label, Timestamp};

use crate::support::{agent, at, id, queue};

/// When everything happens, or has happened.
pub(crate) const NOW: u64 = 100;
/// The deadline of everything.
pub(crate) const DEADLINE: u64 = 110;
/// After the deadline.
pub(crate) const LATE: u64 = 120;

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

impl Answer {
    /// As it stands in a cell of the page.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Happens(events, state) => {
                let events: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
                format!("{} → **{state}**", events.join(", "))
            }
            Self::Nothing => "*nothing*".to_owned(),
            Self::Refused(code) => format!("✗ `{code}`"),
        }
    }
}

/// The interaction without what only counts.
pub(crate) fn level(interaction: &Interaction) -> Interaction {
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
            active.parked = active.parked.map(|_| at(NOW));
            active.idle = active.idle.map(|idle| match idle {
                Idle::Watched { .. } => Idle::Watched { notice_at: at(DEADLINE) },
                Idle::Noticed { end_at } => Idle::Noticed { end_at: end_at.map(|_| at(DEADLINE)) },
            });
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
#[derive(Debug)]
pub(crate) struct Setting {
    now: Timestamp,
    policy: Policy,
}

impl Setting {
    pub(crate) const fn context(&self) -> Context<'_> {
        Context { now: self.now, policy: &self.policy }
    }
}

/// Every command with every choice of these agents, at every moment and under every policy that can matter to it.
pub(crate) fn questions(agents: &[AgentName]) -> Vec<(Command, Setting)> {
    let lenient = Policy::default();
    let strict = Policy {
        async_enabled: false,
        ended_holds: EndedHolds::Half,
        disposition_mandatory: true,
        auto_done: Some(Duration::from_secs(DEADLINE - NOW)),
        auto_done_abandoned: false,
        idle_notice: Some(Duration::from_secs(DEADLINE - NOW)),
        idle_end: Some(Duration::from_secs(DEADLINE - NOW)),
        case_editable: false,
    };
    let mut questions = Vec::new();
    for command in commands(agents) {
        questions.push((command.clone(), Setting { now: at(NOW), policy: lenient.clone() }));
        if asks_for_the_time(command.name()) {
            questions.push((command.clone(), Setting { now: at(LATE), policy: lenient.clone() }));
        }
        if command.name() == CommandName::NoticeIdle {
            questions.push((command.clone(), Setting { now: at(LATE), policy: strict.clone() }));
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
        CommandName::NoticeIdle,
        CommandName::EndIdle,
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
fn commands(agents: &[AgentName]) -> Vec<Command> {
    CommandName::ALL.iter().flat_map(|name| with_every_choice(*name, agents)).collect()
}

fn each_of(agents: &[AgentName], command: impl FnMut(AgentName) -> Command) -> Vec<Command> {
    agents.iter().cloned().map(command).collect()
}

fn each_two_of(
    agents: &[AgentName],
    mut command: impl FnMut(AgentName, AgentName) -> Command,
) -> Vec<Command> {
    let two = |one: &AgentName| agents.iter().map(|other| (one.clone(), other.clone())).collect::<Vec<_>>();
    agents.iter().flat_map(two).map(|(one, other)| command(one, other)).collect()
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
pub(crate) fn names_a_stranger(command: &Command) -> bool {
    match command {
        Command::Offer { offer, .. } => *offer == stranger(),
        Command::RequestTransfer { transfer, .. } => *transfer == stranger(),
        _ => false,
    }
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn with_every_choice(name: CommandName, agents: &[AgentName]) -> Vec<Command> {
    let (offer, transfer, consult, expires_at) = (ours(), ours(), ours(), at(DEADLINE));
    match name {
        CommandName::Offer => [(offer, false), (offer, true), (stranger(), false)]
            .into_iter()
            .flat_map(|(offer, auto)| {
                each_of(agents, move |agent| Command::Offer { offer, agent, expires_at, auto })
            })
            .collect(),
        CommandName::Accept => {
            let mut all = each_of(agents, |agent| Command::Accept { offer, agent });
            all.push(Command::Accept { offer: stranger(), agent: agent("a") });
            all
        }
        CommandName::Decline => {
            let mut all = each_of(agents, |agent| Command::Decline { offer, agent });
            all.push(Command::Decline { offer: stranger(), agent: agent("a") });
            all
        }
        CommandName::Expire => vec![Command::Expire { offer }, Command::Expire { offer: stranger() }],
        CommandName::Withdraw => vec![Command::Withdraw { offer }, Command::Withdraw { offer: stranger() }],
        CommandName::Pull => each_of(agents, |agent| Command::Pull { agent }),
        CommandName::ContactWrote => vec![Command::ContactWrote],
        CommandName::AgentWrote => each_of(agents, |agent| Command::AgentWrote { agent }),
        CommandName::End => {
            let mut all = each_of(agents, |agent| Command::End { by: EndedBy::Agent(agent) });
            all.extend([EndedBy::Contact, EndedBy::System].map(|by| Command::End { by }));
            all
        }
        CommandName::MarkDone => {
            let mut all = each_of(agents, |agent| Command::MarkDone { by: Actor::Agent(agent) });
            all.extend([Actor::Supervisor(agent("c")), Actor::System].map(|by| Command::MarkDone { by }));
            all
        }
        CommandName::AutoDone => vec![Command::AutoDone],
        CommandName::NoticeIdle => vec![Command::NoticeIdle],
        CommandName::EndIdle => vec![Command::EndIdle],
        CommandName::Park => each_of(agents, |agent| Command::Park { agent }),
        CommandName::Unpark => {
            let mut all = each_of(agents, |agent| Command::Unpark { agent, room: true });
            all.extend(each_of(agents, |agent| Command::Unpark { agent, room: false }));
            all
        }
        CommandName::SetDisposition => each_of(agents, |agent| Command::SetDisposition {
            agent,
            code: DispositionCode::new("resolved").unwrap(),
        }),
        CommandName::SetCaseData => {
            let key = || Label::new("order").unwrap();
            let mut all = each_of(agents, |agent| Command::SetCaseData {
                agent,
                key: key(),
                value: Some(CaseValue::new("17").unwrap()),
            });
            all.push(Command::SetCaseData { agent: agent("a"), key: key(), value: None });
            all
        }
        CommandName::RequestTransfer => {
            let mut all = each_two_of(agents, |by, to| Command::RequestTransfer {
                transfer,
                by,
                target: TransferTarget::Agent(to),
                expires_at,
            });
            all.extend(each_of(agents, |by| Command::RequestTransfer {
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
        CommandName::AcceptTransfer => each_of(agents, |agent| Command::AcceptTransfer { transfer, agent }),
        CommandName::DeclineTransfer => each_of(agents, |agent| Command::DeclineTransfer { transfer, agent }),
        CommandName::ExpireTransfer => vec![Command::ExpireTransfer { transfer }],
        CommandName::CancelTransfer => each_of(agents, |by| Command::CancelTransfer { transfer, by }),
        CommandName::StartConsult => {
            let mut all = each_two_of(agents, |by, agent| Command::StartConsult {
                consult,
                by,
                target: ConsultTarget::Chat { agent },
                expires_at,
            });
            all.extend(each_of(agents, |by| Command::StartConsult {
                consult,
                by,
                target: ConsultTarget::VoiceContact { point: id(4) },
                expires_at,
            }));
            all
        }
        CommandName::JoinConsult => each_of(agents, |agent| Command::JoinConsult { consult, agent }),
        CommandName::ConsultAnswered => vec![Command::ConsultAnswered { consult }],
        CommandName::EndConsult => {
            let mut all = each_of(agents, |agent| Command::EndConsult { consult, by: Some(agent) });
            all.push(Command::EndConsult { consult, by: None });
            all
        }
        CommandName::ExpireConsult => vec![Command::ExpireConsult { consult }],
        CommandName::CompleteConsult => each_of(agents, |by| Command::CompleteConsult { consult, by }),
        CommandName::Invite => each_two_of(agents, |by, agent| Command::Invite { by, agent, expires_at }),
        CommandName::AcceptInvitation => each_of(agents, |agent| Command::AcceptInvitation { agent }),
        CommandName::DeclineInvitation => each_of(agents, |agent| Command::DeclineInvitation { agent }),
        CommandName::ExpireInvitation => each_of(agents, |agent| Command::ExpireInvitation { agent }),
        CommandName::CancelInvitation => {
            each_two_of(agents, |by, agent| Command::CancelInvitation { by, agent })
        }
        CommandName::AddMember => each_two_of(agents, |by, agent| Command::AddMember { by, agent }),
        CommandName::RemoveMember => each_of(agents, |agent| Command::RemoveMember { agent }),
        // Who watches how makes no difference but to who may write; the rows test that.
        CommandName::Supervise => {
            each_of(agents, |agent| Command::Supervise { agent, mode: Supervision::Barge })
        }
        CommandName::StopSupervising => each_of(agents, |agent| Command::StopSupervising { agent }),
    }
}
