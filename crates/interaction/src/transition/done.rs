use super::ended::too_late;
use super::{Decision, nothing, offer_gone};
use crate::{Command, Done, Handover, Interaction, Refusal};

/// What happens after it was closed for good: nothing, ever. This function makes no event.
pub(super) fn decide(interaction: &Interaction, done: &Done, command: &Command) -> Decision {
    match command {
        Command::Accept { offer, agent } => {
            if interaction.went_to(agent, Handover::Offer(*offer)) {
                return nothing();
            }
            offer_gone(too_late(done.outcome))
        }
        Command::SetDisposition { agent: _, code } => {
            if interaction.disposition.as_ref() == Some(code) {
                return nothing();
            }
            Err(Refusal::AlreadyDone)
        }
        Command::SetCaseData { agent: _, key, value } => {
            if interaction.case.get(key) == value.as_ref() {
                return nothing();
            }
            Err(Refusal::AlreadyDone)
        }
        Command::RequestTransfer { transfer, by: _, target: _, expires_at: _ } => {
            if interaction.handover == Some(Handover::Transfer(*transfer)) {
                return nothing();
            }
            Err(Refusal::AlreadyDone)
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
        | Command::ContactWrote
        | Command::AgentWrote { .. }
        | Command::StartConsult { .. }
        | Command::Invite { .. }
        | Command::AddMember { .. }
        | Command::Supervise { .. }
        | Command::Park { .. }
        | Command::Unpark { .. } => Err(Refusal::AlreadyDone),
        Command::Decline { .. }
        | Command::Expire { .. }
        | Command::Withdraw { .. }
        | Command::End { .. }
        | Command::MarkDone { .. }
        | Command::AutoDone
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
