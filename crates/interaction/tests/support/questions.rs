//! Every question that can be put to an interaction: commands with every choice of who and what.

use parlor_interaction::{
    Actor, CaseValue, Command, CommandName, ConsultTarget, Context, DispositionCode, EndedBy, EventName,
    Policy, StateName, Supervision, TransferTarget,
};
use parlor_model::{AgentName, ConsultId, Label, OfferId, Timestamp, TransferId};

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

/// When and under which policy a command is given.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
}

impl Setting {
    pub(crate) const fn context(&self) -> Context<'_> {
        Context { now: self.now, policy: &self.policy }
    }
}

/// Whom and what commands may name.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pub(crate) agents: Vec<AgentName>,
    /// What a new offer may be called, and what an answer to one may name; likewise below.
    pub(crate) new_offers: Vec<OfferId>,
    pub(crate) offers: Vec<OfferId>,
    pub(crate) new_transfers: Vec<TransferId>,
    pub(crate) transfers: Vec<TransferId>,
    pub(crate) new_consults: Vec<ConsultId>,
    pub(crate) consults: Vec<ConsultId>,
    pub(crate) modes: Vec<Supervision>,
}

/// Whether what a command leads to depends on the time of something that was set before.
pub(crate) fn asks_for_the_time(command: CommandName) -> bool {
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

/// Every command with every choice.
pub(crate) fn commands(choices: &Choices) -> Vec<Command> {
    CommandName::ALL.iter().flat_map(|name| with_every_choice(*name, choices)).collect()
}

fn each<T: Clone>(of: &[T], command: impl FnMut(T) -> Command) -> Vec<Command> {
    of.iter().cloned().map(command).collect()
}

fn each_two<T: Clone, U: Clone>(
    first: &[T],
    second: &[U],
    mut command: impl FnMut(T, U) -> Command,
) -> Vec<Command> {
    let pairs = |one: &T| second.iter().map(|other| (one.clone(), other.clone())).collect::<Vec<_>>();
    first.iter().flat_map(pairs).map(|(one, other)| command(one, other)).collect()
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn with_every_choice(name: CommandName, choices: &Choices) -> Vec<Command> {
    let Choices { agents, new_offers, offers, new_transfers, transfers, new_consults, consults, modes } =
        choices;
    let expires_at = at(DEADLINE);
    match name {
        CommandName::Offer => [false, true]
            .into_iter()
            .flat_map(|auto| {
                each_two(new_offers, agents, |offer, agent| Command::Offer { offer, agent, expires_at, auto })
            })
            .collect(),
        CommandName::Accept => each_two(offers, agents, |offer, agent| Command::Accept { offer, agent }),
        CommandName::Decline => each_two(offers, agents, |offer, agent| Command::Decline { offer, agent }),
        CommandName::Expire => each(offers, |offer| Command::Expire { offer }),
        CommandName::Withdraw => each(offers, |offer| Command::Withdraw { offer }),
        CommandName::Pull => each(agents, |agent| Command::Pull { agent }),
        CommandName::ContactWrote => vec![Command::ContactWrote],
        CommandName::AgentWrote => each(agents, |agent| Command::AgentWrote { agent }),
        CommandName::End => {
            let mut all = each(agents, |agent| Command::End { by: EndedBy::Agent(agent) });
            all.extend([EndedBy::Contact, EndedBy::System].map(|by| Command::End { by }));
            all
        }
        CommandName::MarkDone => {
            let mut all = each(agents, |agent| Command::MarkDone { by: Actor::Agent(agent) });
            all.extend([Actor::Supervisor(agent("c")), Actor::System].map(|by| Command::MarkDone { by }));
            all
        }
        CommandName::AutoDone => vec![Command::AutoDone],
        CommandName::NoticeIdle => vec![Command::NoticeIdle],
        CommandName::EndIdle => vec![Command::EndIdle],
        CommandName::Park => each(agents, |agent| Command::Park { agent }),
        CommandName::Unpark => {
            each_two(agents, &[true, false], |agent, room| Command::Unpark { agent, room })
        }
        CommandName::SetDisposition => each(agents, |agent| Command::SetDisposition {
            agent,
            code: DispositionCode::new("resolved").unwrap(),
        }),
        CommandName::SetCaseData => {
            let values = [Some(CaseValue::new("17").unwrap()), None];
            let key = Label::new("order").unwrap();
            each_two(agents, &values, |agent, value| Command::SetCaseData { agent, key: key.clone(), value })
        }
        CommandName::RequestTransfer => {
            let to_agents = agents.iter().cloned().map(TransferTarget::Agent);
            let targets: Vec<_> = to_agents.chain([TransferTarget::Queue(queue("billing"))]).collect();
            new_transfers
                .iter()
                .flat_map(|transfer| {
                    each_two(agents, &targets, |by, target| Command::RequestTransfer {
                        transfer: *transfer,
                        by,
                        target,
                        expires_at,
                    })
                })
                .collect()
        }
        CommandName::AcceptTransfer => {
            each_two(transfers, agents, |transfer, agent| Command::AcceptTransfer { transfer, agent })
        }
        CommandName::DeclineTransfer => {
            each_two(transfers, agents, |transfer, agent| Command::DeclineTransfer { transfer, agent })
        }
        CommandName::ExpireTransfer => each(transfers, |transfer| Command::ExpireTransfer { transfer }),
        CommandName::CancelTransfer => {
            each_two(transfers, agents, |transfer, by| Command::CancelTransfer { transfer, by })
        }
        CommandName::StartConsult => {
            let by_chat = agents.iter().cloned().map(|agent| ConsultTarget::Chat { agent });
            let targets: Vec<_> = by_chat.chain([ConsultTarget::VoiceContact { point: id(4) }]).collect();
            new_consults
                .iter()
                .flat_map(|consult| {
                    each_two(agents, &targets, |by, target| Command::StartConsult {
                        consult: *consult,
                        by,
                        target,
                        expires_at,
                    })
                })
                .collect()
        }
        CommandName::JoinConsult => {
            each_two(consults, agents, |consult, agent| Command::JoinConsult { consult, agent })
        }
        CommandName::ConsultAnswered => each(consults, |consult| Command::ConsultAnswered { consult }),
        CommandName::EndConsult => {
            let by: Vec<_> = agents.iter().cloned().map(Some).chain([None]).collect();
            each_two(consults, &by, |consult, by| Command::EndConsult { consult, by })
        }
        CommandName::ExpireConsult => each(consults, |consult| Command::ExpireConsult { consult }),
        CommandName::CompleteConsult => {
            each_two(consults, agents, |consult, by| Command::CompleteConsult { consult, by })
        }
        CommandName::Invite => {
            each_two(agents, agents, |by, agent| Command::Invite { by, agent, expires_at })
        }
        CommandName::AcceptInvitation => each(agents, |agent| Command::AcceptInvitation { agent }),
        CommandName::DeclineInvitation => each(agents, |agent| Command::DeclineInvitation { agent }),
        CommandName::ExpireInvitation => each(agents, |agent| Command::ExpireInvitation { agent }),
        CommandName::CancelInvitation => {
            each_two(agents, agents, |by, agent| Command::CancelInvitation { by, agent })
        }
        CommandName::AddMember => each_two(agents, agents, |by, agent| Command::AddMember { by, agent }),
        CommandName::RemoveMember => each(agents, |agent| Command::RemoveMember { agent }),
        CommandName::Supervise => each_two(agents, modes, |agent, mode| Command::Supervise { agent, mode }),
        CommandName::StopSupervising => each(agents, |agent| Command::StopSupervising { agent }),
    }
}
