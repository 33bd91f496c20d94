//! Which questions are put to every state.

use std::time::Duration;

use parlor_interaction::{Actor, Command, CommandName, EndedBy, EndedHolds, Policy, Supervision};

use crate::canon::{AGENTS, FRESH, HANDED, LAPSED, OPEN, ids};
use crate::questions::{Choices, DEADLINE, LATE, NOW, Setting, asks_for_the_time, commands};
use crate::support::{agent, at};

/// How many consults are open at the same time at most. They follow the same rules one by one and weigh nothing.
pub(crate) const CONSULTS: usize = 1;

/// How large the world of an interaction is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) agents: usize,
    /// Whether all ways of watching are tried, and case information is written. Neither has a part in what it weighs.
    pub(crate) full: bool,
}

impl Size {
    /// The names of its agents.
    pub(crate) fn names(self) -> &'static [&'static str] {
        &AGENTS[..self.agents]
    }
}

/// Every command with every choice, at every moment and under every policy that can matter to it.
pub(crate) fn questions(size: Size) -> Vec<(Command, Setting)> {
    let lapsed: Vec<u32> = (LAPSED..).take(size.agents).collect();
    let choices = Choices {
        agents: size.names().iter().map(|name| agent(name)).collect(),
        new_offers: ids(&[FRESH, OPEN, HANDED]),
        offers: ids(&[&[FRESH, OPEN, HANDED], &lapsed[..]].concat()),
        new_transfers: ids(&[FRESH, OPEN, HANDED]),
        transfers: ids(&[FRESH, OPEN, HANDED]),
        new_consults: ids(&[FRESH, OPEN, HANDED]),
        consults: ids(&[FRESH, OPEN, HANDED]),
        modes: if size.full {
            vec![Supervision::Monitor, Supervision::Whisper, Supervision::Barge]
        } else {
            vec![Supervision::Barge]
        },
    };
    let mut questions = Vec::new();
    for command in commands(&choices) {
        if !size.full && command.name() == CommandName::SetCaseData {
            continue;
        }
        for policy in policies(&command) {
            questions.push((command.clone(), Setting { now: at(NOW), policy: policy.clone() }));
            if asks_for_the_time(command.name()) {
                questions.push((command.clone(), Setting { now: at(LATE), policy }));
            }
        }
    }
    questions
}

/// The policies that differ in what a command may ask for.
fn policies(command: &Command) -> Vec<Policy> {
    let lenient = Policy::default;
    let later = || Some(Duration::from_secs(DEADLINE - NOW));
    match command {
        Command::ContactWrote => vec![lenient(), Policy { async_enabled: false, ..lenient() }],
        Command::AgentWrote { .. } => vec![
            lenient(),
            Policy { async_enabled: false, ..lenient() },
            Policy { idle_notice: later(), ..lenient() },
            Policy { idle_notice: Some(Duration::from_secs(DEADLINE - NOW + 1)), ..lenient() },
        ],
        Command::NoticeIdle => vec![lenient(), Policy { idle_end: later(), ..lenient() }],
        Command::MarkDone { by: Actor::Agent(_) | Actor::Supervisor(_) | Actor::System } => {
            vec![lenient(), Policy { disposition_mandatory: true, ..lenient() }]
        }
        Command::SetCaseData { .. } => vec![lenient(), Policy { case_editable: false, ..lenient() }],
        // Who ends it decides whether they may, and the policy what is left; one of them with every policy is enough.
        Command::End { by: EndedBy::System } | Command::EndIdle => {
            let mut policies = Vec::new();
            for ended_holds in [EndedHolds::Full, EndedHolds::Half, EndedHolds::Zero] {
                for auto_done in [None, later()] {
                    for auto_done_abandoned in [true, false] {
                        policies.push(Policy { ended_holds, auto_done, auto_done_abandoned, ..lenient() });
                    }
                }
            }
            policies
        }
        _ => vec![lenient()],
    }
}
