use parlor_model::AgentName;

use super::queued::ended;
use super::{Context, Decision, case, conference, consult, nothing, offer_gone, one, transfer};
use crate::{
    Active, Command, DispositionCode, EndedBy, Event, GoneReason, Handover, Interaction, Outcome, Refusal,
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
        Command::ContactWrote => super::queued::contact_wrote(interaction),
        Command::AgentWrote { agent } => agent_wrote(interaction, active, agent),
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

fn agent_wrote(interaction: &Interaction, active: &Active, agent: &AgentName) -> Decision {
    if !active.may_write(agent) {
        return Err(Refusal::NotAMember);
    }
    if interaction.unanswered_since.is_none() {
        return nothing();
    }
    one(Event::AgentWrote { agent: agent.clone() })
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
