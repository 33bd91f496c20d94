use parlor_model::{AgentName, Timestamp};

use crate::{Active, Consult, ConsultStage, Event, Idle, Invitation, Transfer};

/// What an event makes of a session that stays with its owner; `None` when it cannot have happened there.
pub(super) fn evolve(active: &mut Active, event: &Event, at: Timestamp) -> Option<()> {
    match event {
        Event::TransferRequested { transfer, by, to, expires_at } => {
            let (id, by, to, expires_at) = (*transfer, by.clone(), to.clone(), *expires_at);
            active.transfer = Some(Transfer { id, by, to, expires_at });
        }
        Event::TransferDeclined { transfer, agent: _ }
        | Event::TransferExpired { transfer }
        | Event::TransferCancelled { transfer, by: _ } => {
            active.transfer.take_if(|pending| pending.id == *transfer)?;
        }
        Event::ConsultStarted { consult, by, target, expires_at } => {
            let stage = ConsultStage::Asked { expires_at: *expires_at };
            let asked = Consult { by: by.clone(), target: target.clone(), stage };
            active.consults.insert(*consult, asked);
        }
        Event::ConsultJoined { consult } => {
            active.consults.get_mut(consult)?.stage = ConsultStage::Joined { since: at };
        }
        Event::ConsultEnded { consult, by: _ } | Event::ConsultExpired { consult } => {
            active.consults.remove(consult)?;
        }
        Event::Invited { by, agent, expires_at } => {
            let invitation = Invitation { by: by.clone(), expires_at: *expires_at };
            active.invitations.insert(agent.clone(), invitation);
        }
        Event::InvitationDeclined { agent }
        | Event::InvitationExpired { agent }
        | Event::InvitationCancelled { by: _, agent } => {
            active.invitations.remove(agent)?;
        }
        Event::MemberJoined { by: _, agent } => {
            active.forget(agent);
            active.members.insert(agent.clone());
        }
        Event::MemberLeft { agent } => {
            active.members.remove(agent).then_some(())?;
            active.consults.retain(|_, consult| consult.by != *agent);
        }
        Event::SupervisionStarted { agent, mode } => {
            active.supervisors.insert(agent.clone(), *mode);
        }
        Event::SupervisionStopped { agent } => {
            active.supervisors.remove(agent)?;
        }
        Event::IdleReset { notice_at } => {
            active.idle = notice_at.map(|notice_at| Idle::Watched { notice_at });
        }
        Event::IdleNoticed { end_at } => active.idle = Some(Idle::Noticed { end_at: *end_at }),
        Event::Parked { agent: _ } => active.park(at),
        Event::Started(_)
        | Event::Offered { .. }
        | Event::Accepted { .. }
        | Event::Declined { .. }
        | Event::Expired { .. }
        | Event::Withdrawn { .. }
        | Event::Pulled { .. }
        | Event::ContactWrote
        | Event::AgentWrote { .. }
        | Event::Reactivated { .. }
        | Event::Ended { .. }
        | Event::Unparked { .. }
        | Event::MarkedDone { .. }
        | Event::DispositionSet { .. }
        | Event::CaseDataSet { .. }
        | Event::TransferAccepted { .. }
        | Event::TransferredToQueue { .. }
        | Event::ConsultCompleted { .. } => return None,
    }
    Some(())
}

impl Active {
    /// The agent becomes owner; whoever else takes part stays, and what the old owner had open goes with them.
    pub(super) fn pass_to(&mut self, agent: &AgentName, at: Timestamp) {
        let left = std::mem::replace(&mut self.owner, agent.clone());
        self.since = at;
        self.transfer = None;
        self.members.remove(agent);
        self.forget(agent);
        self.consults.retain(|_, consult| consult.by != left);
    }

    /// The owner puts it aside, alone: whoever else took part leaves, and nobody is asked any more. Who watches may go
    /// on watching, and the silence is no longer the contact's.
    fn park(&mut self, at: Timestamp) {
        self.parked = Some(at);
        self.members.clear();
        self.invitations.clear();
        self.consults.clear();
        self.transfer = None;
        self.idle = None;
    }

    /// Removes an agent from where they stood beside the conversation.
    fn forget(&mut self, agent: &AgentName) {
        self.invitations.remove(agent);
        self.supervisors.remove(agent);
    }
}
