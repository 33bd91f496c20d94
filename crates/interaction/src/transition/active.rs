use parlor_model::AgentName;

use super::queued::ended;
use super::{Context, Decision, case, conference, consult, idle, nothing, offer_gone, one, park, transfer};
use crate::{
    Active, Command, DispositionCode, EndedBy, Event, GoneReason, Handover, Interaction, Outcome, Refusal,
    UnparkedBy,
};

/// What happens while an agent has it.
pub(super) fn decide(
    interaction: &Interaction,
    active: &Active,
    command: &Command,
    cx: Context<'_>,
) -> Decision {
    match command {
        Command::Offer { offer, .. } => {
            if interaction.handover == Some(Handover::Offer(*offer)) {
                return nothing();
            }
            Err(Refusal::AlreadyTaken)
        }
        Command::Accept { offer, agent } => {
            if interaction.went_to(agent, Handover::Offer(*offer)) {
                return nothing();
            }
            offer_gone(GoneReason::Taken)
        }
        Command::Decline { offer, agent } => {
            if interaction.went_to(agent, Handover::Offer(*offer)) {
                return offer_gone(GoneReason::Taken);
            }
            nothing()
        }
        Command::Pull { agent } => {
            if active.owner == *agent {
                return nothing();
            }
            Err(Refusal::AlreadyTaken)
        }
        Command::ContactWrote => contact_wrote(interaction, active),
        Command::AgentWrote { agent } => agent_wrote(interaction, active, agent, cx),
        Command::End { by } => end(interaction, active, by, cx),
        Command::MarkDone { by: _ } => Err(Refusal::MustEndFirst),
        Command::SetDisposition { agent, code } => {
            if !active.takes_part(agent) {
                return Err(Refusal::NotAMember);
            }
            set_disposition(interaction, agent, code)
        }
        Command::SetCaseData { agent, key, value } => {
            if !active.takes_part(agent) {
                return Err(Refusal::NotAMember);
            }
            case::set(interaction, agent, key, value.as_ref(), cx)
        }
        Command::NoticeIdle => idle::notice(active, cx),
        Command::EndIdle => idle::end(interaction, active, cx),
        Command::Park { agent } => park::park(active, agent),
        Command::Unpark { agent, room } => park::unpark(active, agent, *room),
        Command::RequestTransfer { transfer, by, target, expires_at } => {
            transfer::request(interaction, active, *transfer, by, target, *expires_at)
        }
        Command::AcceptTransfer { transfer, agent } => {
            transfer::accept(interaction, active, *transfer, agent, cx)
        }
        Command::DeclineTransfer { transfer, agent } => {
            transfer::decline(interaction, active, *transfer, agent)
        }
        Command::ExpireTransfer { transfer } => transfer::expire(active, *transfer, cx),
        Command::CancelTransfer { transfer, by } => transfer::cancel(interaction, active, *transfer, by),
        Command::StartConsult { consult, by, target, expires_at } => {
            consult::start(interaction, active, *consult, by, target, *expires_at)
        }
        Command::JoinConsult { consult, agent } => consult::join(interaction, active, *consult, agent, cx),
        Command::ConsultAnswered { consult } => consult::answered(active, *consult, cx),
        Command::EndConsult { consult, by } => consult::end(interaction, active, *consult, by.as_ref()),
        Command::ExpireConsult { consult } => consult::expire(active, *consult, cx),
        Command::CompleteConsult { consult, by } => consult::complete(interaction, active, *consult, by),
        Command::Invite { by, agent, expires_at } => conference::invite(active, by, agent, *expires_at),
        Command::AcceptInvitation { agent } => conference::accept(active, agent, cx),
        Command::DeclineInvitation { agent } => conference::decline(active, agent),
        Command::ExpireInvitation { agent } => conference::expire(active, agent, cx),
        Command::CancelInvitation { by, agent } => conference::cancel(active, by, agent),
        Command::AddMember { by, agent } => conference::add(active, by, agent),
        Command::RemoveMember { agent } => conference::remove(active, agent),
        Command::Supervise { agent, mode } => conference::supervise(active, agent, *mode),
        Command::StopSupervising { agent } => conference::stop_supervising(active, agent),
        Command::Expire { .. } | Command::Withdraw { .. } | Command::AutoDone => nothing(),
    }
}

/// What is parked comes back to the queue: the one who put it aside may be gone or have no room.
fn contact_wrote(interaction: &Interaction, active: &Active) -> Decision {
    let mut events = super::queued::contact_wrote(interaction)?;
    if active.parked.is_some() {
        events.push(Event::Unparked { by: UnparkedBy::Contact });
    }
    Ok(events)
}

/// An agent writes. Whoever put it aside takes it up by writing, if they have room.
fn agent_wrote(interaction: &Interaction, active: &Active, agent: &AgentName, cx: Context<'_>) -> Decision {
    if !active.may_write(agent) {
        return Err(Refusal::NotAMember);
    }
    let mut events = Vec::new();
    if active.parked.is_some() {
        if active.owner != *agent {
            return Err(Refusal::Parked);
        }
        events.push(Event::Unparked { by: UnparkedBy::Owner });
    }
    if interaction.unanswered_since.is_some() {
        events.push(Event::AgentWrote { agent: agent.clone() });
    }
    events.extend(idle::after_an_answer(active.idle, cx));
    Ok(events)
}

/// Ends the session for everybody; what was still open in it goes with it.
fn end(interaction: &Interaction, active: &Active, by: &EndedBy, cx: Context<'_>) -> Decision {
    match by {
        EndedBy::Agent(agent) if *agent != active.owner => Err(Refusal::NotOwner),
        EndedBy::Agent(_) | EndedBy::Contact | EndedBy::System => {
            one(ended(interaction, by, Outcome::Handled, cx))
        }
    }
}

/// Sets the disposition for somebody who may.
pub(super) fn set_disposition(
    interaction: &Interaction,
    agent: &AgentName,
    code: &DispositionCode,
) -> Decision {
    if interaction.disposition.as_ref() == Some(code) {
        return nothing();
    }
    one(Event::DispositionSet { agent: agent.clone(), code: code.clone() })
}
