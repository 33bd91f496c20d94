//! What the page is made from: the interaction without what no rule asks for, and the questions to it.

use std::time::Duration;

use parlor_interaction::{
    Command, CommandName, ConsultStage, EndedHolds, Idle, Interaction, Policy, Queued, State, Supervision,
};
use parlor_model::{AgentName, Id};

use crate::questions::{Choices, DEADLINE, LATE, NOW, Setting, asks_for_the_time, commands};
use crate::support::{at, id};

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
    let watchful = Policy { async_enabled: true, ..strict.clone() };
    let mut questions = Vec::new();
    let choices = Choices {
        agents: agents.to_vec(),
        new_offers: vec![ours(), stranger()],
        offers: vec![ours(), stranger()],
        new_transfers: vec![ours(), stranger()],
        transfers: vec![ours()],
        new_consults: vec![ours()],
        consults: vec![ours()],
        // Who watches how makes no difference but to who may write; the rows test that.
        modes: vec![Supervision::Barge],
    };
    for command in commands(&choices) {
        questions.push((command.clone(), Setting { now: at(NOW), policy: lenient.clone() }));
        if asks_for_the_time(command.name()) {
            questions.push((command.clone(), Setting { now: at(LATE), policy: lenient.clone() }));
        }
        if command.name() == CommandName::NoticeIdle {
            questions.push((command.clone(), Setting { now: at(LATE), policy: strict.clone() }));
        }
        if asks_for_the_policy(command.name()) {
            questions.push((command.clone(), Setting { now: at(NOW), policy: strict.clone() }));
        }
        if command.name() == CommandName::AgentWrote {
            // Going on after the end where silence is watched.
            questions.push((command, Setting { now: at(NOW), policy: watchful.clone() }));
        }
    }
    questions
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
