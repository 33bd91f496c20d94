use parlor_model::{AgentName, TransferId};

use super::{Context, Decision, lapse_reason, nothing, offer_gone, one};
use crate::{
    Actor, Command, Ended, EndedBy, Event, Handover, Interaction, Outcome, Queued, Refusal, State, pending,
};

/// What happens while it waits.
pub(super) fn decide(
    interaction: &Interaction,
    queued: &Queued,
    command: &Command,
    cx: Context<'_>,
) -> Decision {
    match command {
        Command::Offer { offer, agent, expires_at, auto } => {
            let (offer, agent, expires_at, auto) = (*offer, agent.clone(), *expires_at, *auto);
            let mut events = vec![Event::Offered { offer, agent: agent.clone(), expires_at, auto }];
            if auto {
                events.push(Event::Accepted { offer, agent });
            }
            Ok(events)
        }
        Command::Accept { offer, agent } => offer_gone(lapse_reason(queued, *offer, agent)),
        Command::Pull { agent } => one(Event::Pulled { agent: agent.clone() }),
        Command::ContactWrote => contact_wrote(interaction),
        Command::End { by } => end(interaction, by, cx),
        Command::MarkDone { by: _ } => Err(Refusal::MustEndFirst),
        Command::RequestTransfer { transfer, by: _, target: _, expires_at: _ } => {
            request_transfer(interaction, *transfer)
        }
        Command::AgentWrote { .. }
        | Command::SetDisposition { .. }
        | Command::SetCaseData { .. }
        | Command::StartConsult { .. }
        | Command::Invite { .. }
        | Command::AddMember { .. }
        | Command::Supervise { .. }
        | Command::Park { .. } => Err(Refusal::NotTaken),
        Command::Unpark { agent, room: _ } => unpark(interaction, agent),
        Command::AcceptTransfer { .. } => Err(Refusal::TransferGone),
        Command::JoinConsult { .. } | Command::CompleteConsult { .. } => Err(Refusal::ConsultGone),
        Command::AcceptInvitation { .. } => Err(Refusal::InvitationGone),
        Command::Decline { .. }
        | Command::Expire { .. }
        | Command::Withdraw { .. }
        | Command::AutoDone
        | Command::NoticeIdle
        | Command::EndIdle
        | Command::DeclineTransfer { .. }
        | Command::ExpireTransfer { .. }
        | Command::CancelTransfer { .. }
        | Command::ConsultAnswered { .. }
        | Command::EndConsult { .. }
        | Command::ExpireConsult { .. }
        | Command::DeclineInvitation { .. }
        | Command::ExpireInvitation { .. }
        | Command::CancelInvitation { .. }
        | Command::RemoveMember { .. }
        | Command::StopSupervising { .. } => nothing(),
    }
}

/// The contact writes while nobody has it.
pub(super) fn contact_wrote(interaction: &Interaction) -> Decision {
    if pending::begins_with_message(interaction) {
        return one(Event::ContactWrote);
    }
    nothing()
}

/// It ends while nobody has it: abandoned, and closed at once where the policy says so.
pub(super) fn end(interaction: &Interaction, by: &EndedBy, cx: Context<'_>) -> Decision {
    match by {
        EndedBy::Agent(_) => return Err(Refusal::NotTaken),
        EndedBy::Contact | EndedBy::System => {}
    }
    let mut events = vec![ended(interaction, by, Outcome::Abandoned, cx)];
    if cx.policy.auto_done_abandoned {
        events.push(Event::MarkedDone { by: Actor::System });
    }
    Ok(events)
}

/// The end of a session under the policy of now.
pub(super) fn ended(interaction: &Interaction, by: &EndedBy, outcome: Outcome, cx: Context<'_>) -> Event {
    let weight = match &interaction.state {
        // An end is never refused for want of room.
        State::Active(active) if active.parked.is_some() => 0,
        State::Queued(_) | State::Offered(_) | State::Active(_) | State::Ended(_) | State::Done(_) => {
            interaction.weight
        }
    };
    let Ended { by, at: _, outcome, holds, done_at } = cx.policy.ended(by.clone(), outcome, weight, cx.now);
    Event::Ended { by, outcome, holds, done_at }
}

/// Nobody has it who could hand it over; but the transfer that brought it here may be repeated.
pub(super) fn request_transfer(interaction: &Interaction, transfer: TransferId) -> Decision {
    if interaction.handover == Some(Handover::Queue(transfer)) {
        return nothing();
    }
    Err(Refusal::NotTaken)
}

/// It is not parked, or no longer: the contact may have written while its owner took it up.
pub(super) fn unpark(interaction: &Interaction, agent: &AgentName) -> Decision {
    if interaction.last_owner.as_ref() == Some(agent) {
        return nothing();
    }
    Err(Refusal::NotTaken)
}
