use parlor_model::AgentName;

use super::active::set_disposition;
use super::{Context, Decision, case, idle, nothing, offer_gone, one};
use crate::{
    Actor, Command, Ended, Event, GoneReason, Handover, Interaction, Outcome, ReactivatedBy, Refusal,
};

/// What happens after the session, while the work is not closed.
pub(super) fn decide(
    interaction: &Interaction,
    ended: &Ended,
    command: &Command,
    cx: Context<'_>,
) -> Decision {
    match command {
        Command::Accept { offer, agent } => {
            if interaction.went_to(agent, Handover::Offer(*offer)) {
                return nothing();
            }
            offer_gone(too_late(ended.outcome))
        }
        Command::ContactWrote => reactivate(ReactivatedBy::Contact, cx),
        Command::AgentWrote { agent } => {
            let mut events = reactivate(ReactivatedBy::Agent(agent.clone()), cx)?;
            events.extend(idle::after_an_answer(None, cx));
            Ok(events)
        }
        Command::MarkDone { by } => mark_done(interaction, ended, by, cx),
        Command::AutoDone => {
            if ended.done_at.is_some_and(|due| cx.now >= due) {
                return one(Event::MarkedDone { by: Actor::System });
            }
            nothing()
        }
        Command::SetDisposition { agent, code } => {
            if !may_close(interaction, ended, agent) {
                return Err(Refusal::NotOwner);
            }
            set_disposition(interaction, agent, code)
        }
        Command::SetCaseData { agent, key, value } => {
            if !may_close(interaction, ended, agent) {
                return Err(Refusal::NotOwner);
            }
            case::set(interaction, agent, key, value.as_ref(), cx)
        }
        Command::RequestTransfer { transfer, by: _, target: _, expires_at: _ } => {
            if interaction.handover == Some(Handover::Transfer(*transfer)) {
                return nothing();
            }
            Err(Refusal::SessionEnded)
        }
        Command::AcceptTransfer { transfer, agent } => {
            if interaction.went_to(agent, Handover::Transfer(*transfer)) {
                return nothing();
            }
            Err(Refusal::TransferGone)
        }
        Command::JoinConsult { .. } => Err(Refusal::ConsultGone),
        Command::CompleteConsult { consult, by: _ } => {
            if interaction.handover == Some(Handover::Consult(*consult)) {
                return nothing();
            }
            Err(Refusal::ConsultGone)
        }
        Command::AcceptInvitation { .. } => Err(Refusal::InvitationGone),
        Command::Offer { .. }
        | Command::Pull { .. }
        | Command::StartConsult { .. }
        | Command::Invite { .. }
        | Command::AddMember { .. }
        | Command::Supervise { .. }
        | Command::Park { .. }
        | Command::Unpark { .. } => Err(Refusal::SessionEnded),
        Command::Decline { .. }
        | Command::Expire { .. }
        | Command::Withdraw { .. }
        | Command::End { .. }
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
        | Command::StopSupervising { .. }
        | Command::NoticeIdle
        | Command::EndIdle => nothing(),
    }
}

/// Why an offer is gone after the session: somebody else had it, or nobody had it.
pub(super) const fn too_late(outcome: Outcome) -> GoneReason {
    match outcome {
        Outcome::Handled => GoneReason::Taken,
        Outcome::Abandoned => GoneReason::Withdrawn,
    }
}

/// Somebody writes after the end: a new session of the same interaction (r25), where that is allowed (r23).
fn reactivate(by: ReactivatedBy, cx: Context<'_>) -> Decision {
    if !cx.policy.async_enabled {
        return Err(Refusal::AsyncDisabled);
    }
    one(Event::Reactivated { by })
}

/// Closes the work for good. A rule needs no disposition: there may be nobody to give one.
fn mark_done(interaction: &Interaction, ended: &Ended, by: &Actor, cx: Context<'_>) -> Decision {
    let needs_disposition = match by {
        Actor::Agent(agent) if !may_close(interaction, ended, agent) => return Err(Refusal::NotOwner),
        Actor::Agent(_) | Actor::Supervisor(_) => cx.policy.disposition_mandatory,
        Actor::System => false,
    };
    if needs_disposition && interaction.disposition.is_none() {
        return Err(Refusal::DispositionRequired);
    }
    one(Event::MarkedDone { by: by.clone() })
}

/// Whose work it is to close: the last owner's; anybody's when it ended while nobody had it.
fn may_close(interaction: &Interaction, ended: &Ended, agent: &AgentName) -> bool {
    match ended.outcome {
        Outcome::Handled => interaction.last_owner.as_ref() == Some(agent),
        Outcome::Abandoned => true,
    }
}
