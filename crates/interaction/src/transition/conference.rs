use parlor_model::{AgentName, Timestamp};

use super::park::refuse_parked;
use super::{Context, Decision, nothing, one};
use crate::{Active, Event, Limits, Refusal, Supervision};

/// The owner asks an agent to join (r49).
pub(super) fn invite(active: &Active, by: &AgentName, agent: &AgentName, expires_at: Timestamp) -> Decision {
    if active.owner != *by {
        return Err(Refusal::NotOwner);
    }
    if active.owner == *agent {
        return Err(Refusal::TakesPart);
    }
    if active.members.contains(agent) || active.invitations.contains_key(agent) {
        return nothing();
    }
    refuse_parked(active)?;
    room(active)?;
    one(Event::Invited { by: by.clone(), agent: agent.clone(), expires_at })
}

/// The agent joins.
pub(super) fn accept(active: &Active, agent: &AgentName, cx: Context<'_>) -> Decision {
    match active.invitations.get(agent) {
        None if active.takes_part(agent) => nothing(),
        None => Err(Refusal::InvitationGone),
        Some(invitation) if cx.now >= invitation.expires_at => Err(Refusal::InvitationGone),
        Some(invitation) => one(Event::MemberJoined { by: invitation.by.clone(), agent: agent.clone() }),
    }
}

/// The agent does not join.
pub(super) fn decline(active: &Active, agent: &AgentName) -> Decision {
    match active.invitations.get(agent) {
        None => nothing(),
        Some(_) => one(Event::InvitationDeclined { agent: agent.clone() }),
    }
}

/// The time to answer is over.
pub(super) fn expire(active: &Active, agent: &AgentName, cx: Context<'_>) -> Decision {
    match active.invitations.get(agent) {
        Some(invitation) if cx.now >= invitation.expires_at => {
            one(Event::InvitationExpired { agent: agent.clone() })
        }
        Some(_) | None => nothing(),
    }
}

/// The owner takes an invitation back.
pub(super) fn cancel(active: &Active, by: &AgentName, agent: &AgentName) -> Decision {
    match active.invitations.get(agent) {
        None => nothing(),
        Some(_) if active.owner != *by => Err(Refusal::NotOwner),
        Some(_) => one(Event::InvitationCancelled { by: by.clone(), agent: agent.clone() }),
    }
}

/// The owner makes an agent a member without asking them.
pub(super) fn add(active: &Active, by: &AgentName, agent: &AgentName) -> Decision {
    if active.owner != *by {
        return Err(Refusal::NotOwner);
    }
    if active.owner == *agent {
        return Err(Refusal::TakesPart);
    }
    if active.members.contains(agent) {
        return nothing();
    }
    refuse_parked(active)?;
    if !active.invitations.contains_key(agent) {
        room(active)?;
    }
    one(Event::MemberJoined { by: by.clone(), agent: agent.clone() })
}

/// A member leaves; the interaction goes on (r49).
///
/// The owner cannot: nobody else may be made owner without having been asked, and somebody has to be.
pub(super) fn remove(active: &Active, agent: &AgentName) -> Decision {
    if active.owner == *agent {
        return Err(Refusal::OwnerCannotLeave);
    }
    if !active.members.contains(agent) {
        return nothing();
    }
    one(Event::MemberLeft { agent: agent.clone() })
}

/// Somebody watches, or now watches in another way.
pub(super) fn supervise(active: &Active, agent: &AgentName, mode: Supervision) -> Decision {
    if active.takes_part(agent) {
        return Err(Refusal::TakesPart);
    }
    match active.supervisors.get(agent) {
        Some(now) if *now == mode => return nothing(),
        None if active.supervisors.len() >= Limits::SUPERVISORS => {
            return Err(Refusal::TooMany { limit: Limits::SUPERVISORS });
        }
        Some(_) | None => {}
    }
    one(Event::SupervisionStarted { agent: agent.clone(), mode })
}

/// Somebody no longer watches.
pub(super) fn stop_supervising(active: &Active, agent: &AgentName) -> Decision {
    if !active.supervisors.contains_key(agent) {
        return nothing();
    }
    one(Event::SupervisionStopped { agent: agent.clone() })
}

fn room(active: &Active) -> Result<(), Refusal> {
    if active.members.len() + active.invitations.len() >= Limits::MEMBERS {
        return Err(Refusal::TooMany { limit: Limits::MEMBERS });
    }
    Ok(())
}
