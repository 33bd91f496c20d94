use super::queued::{contact_wrote, end, request_transfer, unpark};
use super::{Context, Decision, lapse_reason, nothing, offer_gone, one};
use crate::{Command, Event, GoneReason, Interaction, Offered, Refusal};

/// What happens while one agent is asked.
pub(super) fn decide(
    interaction: &Interaction,
    open: &Offered,
    command: &Command,
    cx: Context<'_>,
) -> Decision {
    match command {
        Command::Offer { offer, .. } if *offer == open.offer => nothing(),
        Command::Offer { .. } | Command::Pull { .. } => Err(Refusal::AlreadyOffered),
        Command::Accept { offer, agent } => {
            if *offer != open.offer {
                return offer_gone(lapse_reason(&open.queued, *offer, agent));
            }
            if *agent != open.agent {
                return offer_gone(GoneReason::Taken);
            }
            if cx.now >= open.expires_at {
                // Whether the timer has run yet must not decide who gets it.
                return offer_gone(GoneReason::Expired);
            }
            one(Event::Accepted { offer: *offer, agent: agent.clone() })
        }
        Command::Decline { offer, agent } => {
            if *offer != open.offer {
                return nothing();
            }
            if *agent != open.agent {
                return offer_gone(GoneReason::Taken);
            }
            one(Event::Declined { offer: *offer, agent: agent.clone() })
        }
        Command::Expire { offer } => {
            if *offer != open.offer || cx.now < open.expires_at {
                return nothing();
            }
            one(Event::Expired { offer: *offer, agent: open.agent.clone() })
        }
        Command::Withdraw { offer } => {
            if *offer != open.offer {
                return nothing();
            }
            one(Event::Withdrawn { offer: *offer, agent: open.agent.clone() })
        }
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
        Command::AutoDone
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
