use parlor_model::AgentName;

use super::{Decision, nothing, one};
use crate::{Active, Event, Refusal, UnparkedBy};

/// The owner puts it aside.
pub(super) fn park(active: &Active, agent: &AgentName) -> Decision {
    if active.owner != *agent {
        return Err(Refusal::NotOwner);
    }
    if active.parked.is_some() {
        return nothing();
    }
    one(Event::Parked { agent: agent.clone() })
}

/// The owner takes it up again, or gives it to the queue for want of room.
pub(super) fn unpark(active: &Active, agent: &AgentName, room: bool) -> Decision {
    if active.owner != *agent {
        return Err(Refusal::NotOwner);
    }
    if active.parked.is_none() {
        return nothing();
    }
    one(Event::Unparked { by: if room { UnparkedBy::Owner } else { UnparkedBy::OwnerWithoutRoom } })
}

/// Nobody is brought in while it is parked: it would weigh on them and not on its owner.
pub(super) fn refuse_parked(active: &Active) -> Result<(), Refusal> {
    if active.parked.is_some() { Err(Refusal::Parked) } else { Ok(()) }
}
