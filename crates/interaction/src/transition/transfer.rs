use parlor_model::{AgentName, Timestamp, TransferId};

use super::park::refuse_parked;
use super::{Context, Decision, nothing, one};
use crate::{Active, Event, Handover, Interaction, Refusal, Transfer, TransferTarget};

/// The owner hands it over (r48): to an agent, who has to accept, or into a queue, where it is at once.
pub(super) fn request(
    interaction: &Interaction,
    active: &Active,
    transfer: TransferId,
    by: &AgentName,
    target: &TransferTarget,
    expires_at: Timestamp,
) -> Decision {
    let accepted = interaction.handover == Some(Handover::Transfer(transfer));
    if accepted || open(active, transfer).is_some() {
        return nothing();
    }
    if active.owner != *by {
        return Err(Refusal::NotOwner);
    }
    if active.transfer.is_some() {
        return Err(Refusal::TransferPending);
    }
    match target {
        TransferTarget::Agent(to) if active.owner == *to => Err(Refusal::SelfTransfer),
        TransferTarget::Agent(to) => {
            refuse_parked(active)?;
            one(Event::TransferRequested { transfer, by: by.clone(), to: to.clone(), expires_at })
        }
        TransferTarget::Queue(queue) => {
            one(Event::TransferredToQueue { transfer, by: by.clone(), queue: queue.clone() })
        }
    }
}

/// The agent takes it over.
pub(super) fn accept(
    interaction: &Interaction,
    active: &Active,
    transfer: TransferId,
    agent: &AgentName,
    cx: Context<'_>,
) -> Decision {
    match open(active, transfer) {
        None if interaction.went_to(agent, Handover::Transfer(transfer)) => nothing(),
        None => Err(Refusal::TransferGone),
        Some(pending) if pending.to != *agent => Err(Refusal::NotInvited),
        Some(pending) if cx.now >= pending.expires_at => Err(Refusal::TransferGone),
        Some(_) => one(Event::TransferAccepted { transfer, agent: agent.clone() }),
    }
}

/// The agent does not take it over: the owner keeps it.
pub(super) fn decline(
    interaction: &Interaction,
    active: &Active,
    transfer: TransferId,
    agent: &AgentName,
) -> Decision {
    match open(active, transfer) {
        None if interaction.went_to(agent, Handover::Transfer(transfer)) => Err(Refusal::TransferGone),
        None => nothing(),
        Some(pending) if pending.to != *agent => Err(Refusal::NotInvited),
        Some(_) => one(Event::TransferDeclined { transfer, agent: agent.clone() }),
    }
}

/// Its time is over: the owner keeps it.
pub(super) fn expire(active: &Active, transfer: TransferId, cx: Context<'_>) -> Decision {
    match open(active, transfer) {
        Some(pending) if cx.now >= pending.expires_at => one(Event::TransferExpired { transfer }),
        Some(_) | None => nothing(),
    }
}

/// The owner keeps it after all. Too late when it was accepted, and then they have to know.
pub(super) fn cancel(
    interaction: &Interaction,
    active: &Active,
    transfer: TransferId,
    by: &AgentName,
) -> Decision {
    match open(active, transfer) {
        None if interaction.handover == Some(Handover::Transfer(transfer)) => Err(Refusal::TransferGone),
        None => nothing(),
        Some(_) if active.owner != *by => Err(Refusal::NotOwner),
        Some(_) => one(Event::TransferCancelled { transfer, by: by.clone() }),
    }
}

fn open(active: &Active, transfer: TransferId) -> Option<&Transfer> {
    active.transfer.as_ref().filter(|pending| pending.id == transfer)
}
