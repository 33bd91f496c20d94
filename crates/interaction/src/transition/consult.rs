use parlor_model::{AgentName, ConsultId, Timestamp};

use super::park::refuse_parked;
use super::{Context, Decision, nothing, one};
use crate::{Active, Consult, ConsultStage, ConsultTarget, Event, Handover, Interaction, Limits, Refusal};

/// Somebody who takes part asks for advice (r50, r51); the contact does not notice (r53).
pub(super) fn start(
    interaction: &Interaction,
    active: &Active,
    consult: ConsultId,
    by: &AgentName,
    target: &ConsultTarget,
    expires_at: Timestamp,
) -> Decision {
    if active.consults.contains_key(&consult) || interaction.handover == Some(Handover::Consult(consult)) {
        return nothing();
    }
    if !active.takes_part(by) {
        return Err(Refusal::NotAMember);
    }
    if target.agent() == Some(by) {
        return Err(Refusal::SelfConsult);
    }
    refuse_parked(active)?;
    if active.consults.len() >= Limits::CONSULTS {
        return Err(Refusal::TooMany { limit: Limits::CONSULTS });
    }
    one(Event::ConsultStarted { consult, by: by.clone(), target: target.clone(), expires_at })
}

/// The consulted agent answers.
pub(super) fn join(
    interaction: &Interaction,
    active: &Active,
    consult: ConsultId,
    agent: &AgentName,
    cx: Context<'_>,
) -> Decision {
    match active.consults.get(&consult) {
        None if interaction.went_to(agent, Handover::Consult(consult)) => nothing(),
        None => Err(Refusal::ConsultGone),
        Some(asked) if asked.target.agent() != Some(agent) => Err(Refusal::NotInvited),
        Some(asked) => answer(asked, consult, cx),
    }
}

/// The person outside took the call.
pub(super) fn answered(active: &Active, consult: ConsultId, cx: Context<'_>) -> Decision {
    match active.consults.get(&consult) {
        None => nothing(),
        Some(asked) if asked.target.agent().is_some() => Err(Refusal::NotInvited),
        Some(asked) => answer(asked, consult, cx),
    }
}

fn answer(asked: &Consult, consult: ConsultId, cx: Context<'_>) -> Decision {
    match asked.stage {
        ConsultStage::Joined { .. } => nothing(),
        ConsultStage::Asked { expires_at } if cx.now >= expires_at => Err(Refusal::ConsultGone),
        ConsultStage::Asked { .. } => one(Event::ConsultJoined { consult }),
    }
}

/// Whoever asked, whoever was asked, or the owner ends it; or the call ended by itself.
pub(super) fn end(
    interaction: &Interaction,
    active: &Active,
    consult: ConsultId,
    by: Option<&AgentName>,
) -> Decision {
    let Some(asked) = active.consults.get(&consult) else {
        // When it was completed, an end comes too late and the one who gives it has to know.
        let completed = interaction.handover == Some(Handover::Consult(consult));
        return if completed && by.is_some() { Err(Refusal::ConsultGone) } else { nothing() };
    };
    let may = by.is_none_or(|by| asked.by == *by || asked.target.agent() == Some(by) || active.owner == *by);
    if !may {
        return Err(Refusal::NotAMember);
    }
    one(Event::ConsultEnded { consult, by: by.cloned() })
}

/// Nobody answered in time.
pub(super) fn expire(active: &Active, consult: ConsultId, cx: Context<'_>) -> Decision {
    match active.consults.get(&consult).map(|asked| &asked.stage) {
        Some(ConsultStage::Asked { expires_at }) if cx.now >= *expires_at => {
            one(Event::ConsultExpired { consult })
        }
        Some(ConsultStage::Asked { .. } | ConsultStage::Joined { .. }) | None => nothing(),
    }
}

/// The owner hands it to the agent they consulted, the second step of a warm transfer (r52).
pub(super) fn complete(
    interaction: &Interaction,
    active: &Active,
    consult: ConsultId,
    by: &AgentName,
) -> Decision {
    let Some(asked) = active.consults.get(&consult) else {
        if interaction.handover == Some(Handover::Consult(consult)) {
            return nothing();
        }
        return Err(Refusal::ConsultGone);
    };
    if active.owner != *by {
        return Err(Refusal::NotOwner);
    }
    let Some(to) = asked.target.agent() else {
        return Err(Refusal::NotAnAgent);
    };
    if *to == active.owner {
        return Err(Refusal::SelfTransfer);
    }
    match asked.stage {
        ConsultStage::Asked { .. } => return Err(Refusal::ConsultNotJoined),
        ConsultStage::Joined { .. } => {}
    }
    if active.transfer.is_some() {
        return Err(Refusal::TransferPending);
    }
    one(Event::ConsultCompleted { consult, by: by.clone(), to: to.clone() })
}
