mod session;

use std::collections::BTreeMap;

use parlor_model::{AgentName, OfferId, Timestamp};

use crate::{
    Active, Done, Ended, Event, EventName, GoneReason, Handover, Interaction, Lapsed, Offered, Origin,
    Queued, ReactivatedBy, Recorded, Start, State, StateName, UnparkedBy, pending,
};

/// A journal that no interaction can have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// There are no events.
    #[error("an interaction has at least one event")]
    Empty,
    /// The first event is not `started`.
    #[error("an interaction begins with {}, not {found}", EventName::Started)]
    NotStarted {
        /// What it is instead.
        found: EventName,
    },
    /// An event that cannot have happened there.
    #[error("event {version} ({event}) cannot have happened while {state}")]
    Misfit {
        /// Which event, counted from 1.
        version: u64,
        /// What it says.
        event: EventName,
        /// Where the interaction stood.
        state: StateName,
    },
}

impl Interaction {
    /// The interaction to which a journal leads.
    pub fn replay<'a>(journal: impl IntoIterator<Item = &'a Recorded>) -> Result<Self, ReplayError> {
        let mut journal = journal.into_iter();
        let first = journal.next().ok_or(ReplayError::Empty)?;
        let Event::Started(start) = &first.event else {
            return Err(ReplayError::NotStarted { found: first.event.name() });
        };
        journal.try_fold(begin(start, first.at), |interaction, recorded| interaction.apply(recorded))
    }

    /// The interaction after one more event. This is the only way in which it changes.
    pub fn apply(&self, recorded: &Recorded) -> Result<Self, ReplayError> {
        let misfit = || ReplayError::Misfit {
            version: self.version.saturating_add(1),
            event: recorded.event.name(),
            state: self.state.name(),
        };
        let mut next = evolve(self, &recorded.event, recorded.at).ok_or_else(misfit)?;
        next.version = self.version.saturating_add(1);
        if next.holder() != self.holder() {
            next.epoch = self.epoch.saturating_add(1);
        }
        Ok(next)
    }
}

/// The interaction that begins so.
pub(crate) fn begin(start: &Start, at: Timestamp) -> Interaction {
    let (state, last_owner) = match &start.origin {
        Origin::Inbound => (State::Queued(Queued::new(at, start.preferred.clone())), None),
        Origin::Outbound { agent } => (State::Active(Active::new(agent.clone(), at)), Some(agent.clone())),
    };
    Interaction {
        id: start.id,
        thread: start.thread,
        channel: start.channel.clone(),
        point: start.point,
        queue: start.queue.clone(),
        class: start.class,
        weight: start.weight,
        origin: start.origin.clone(),
        version: 1,
        epoch: 1,
        segment: 1,
        state,
        unanswered_since: None,
        last_owner,
        handover: None,
        disposition: None,
        created_at: at,
        needs: start.needs.clone(),
        case: BTreeMap::new(),
    }
}

/// What an event makes of an interaction, without its counters; `None` when it cannot have happened there.
fn evolve(before: &Interaction, event: &Event, at: Timestamp) -> Option<Interaction> {
    let mut next = before.clone();
    match event {
        Event::Started(_) => return None,
        Event::Offered { offer, agent, expires_at, auto: _ } => {
            let (offer, agent, expires_at) = (*offer, agent.clone(), *expires_at);
            let queued = before.queued()?.clone();
            next.state = State::Offered(Offered { offer, agent, offered_at: at, expires_at, queued });
        }
        Event::Accepted { offer, agent } => {
            before.offered(*offer, agent)?;
            next.take(agent, at, Some(Handover::Offer(*offer)));
        }
        Event::Declined { offer, agent } => next.lapse(*offer, agent, at, GoneReason::Declined)?,
        Event::Expired { offer, agent } => next.lapse(*offer, agent, at, GoneReason::Expired)?,
        Event::Withdrawn { offer, agent } => next.lapse(*offer, agent, at, GoneReason::Withdrawn)?,
        Event::Pulled { agent } => {
            before.queued()?;
            next.take(agent, at, None);
        }
        Event::ContactWrote => {
            before.is_running().then_some(())?;
            next.unanswered_since = Some(at);
            if let State::Active(active) = &mut next.state {
                active.idle = None;
            }
        }
        Event::AgentWrote { agent: _ } => {
            before.active()?;
            next.unanswered_since = None;
        }
        Event::Reactivated { by } => {
            before.ended()?;
            next.reactivate(by, at);
        }
        Event::Ended { by, outcome, holds, done_at } => {
            before.is_running().then_some(())?;
            let (by, outcome, holds, done_at) = (by.clone(), *outcome, *holds, *done_at);
            next.unanswered_since = None;
            next.state = State::Ended(Ended { by, at, outcome, holds, done_at });
        }
        Event::Unparked { by } => {
            let active = next.active_mut()?;
            active.parked.take()?;
            match by {
                UnparkedBy::Owner => {}
                UnparkedBy::Contact | UnparkedBy::OwnerWithoutRoom => {
                    next.handover = None;
                    next.state = State::Queued(Queued::new(at, before.last_owner.clone()));
                }
            }
        }
        Event::MarkedDone { by } => {
            let Ended { by: ended_by, at: ended_at, outcome, .. } = before.ended()?.clone();
            next.state = State::Done(Done { by: by.clone(), at, outcome, ended_by, ended_at });
        }
        Event::DispositionSet { agent: _, code } => {
            before.is_open().then_some(())?;
            next.disposition = Some(code.clone());
        }
        Event::CaseDataSet { agent: _, key, value } => {
            before.is_open().then_some(())?;
            match value {
                Some(value) => next.case.insert(key.clone(), value.clone()),
                None => next.case.remove(key),
            };
        }
        Event::TransferAccepted { transfer, agent } => {
            next.hand_over(agent, at, Handover::Transfer(*transfer))?;
        }
        Event::ConsultCompleted { consult, by: _, to } => {
            next.active_mut()?.consults.remove(consult)?;
            next.hand_over(to, at, Handover::Consult(*consult))?;
        }
        Event::TransferredToQueue { transfer, by: _, queue } => {
            before.active()?;
            next.queue = queue.clone();
            next.handover = Some(Handover::Queue(*transfer));
            next.state = State::Queued(Queued::new(at, None));
        }
        Event::TransferRequested { .. }
        | Event::TransferDeclined { .. }
        | Event::TransferExpired { .. }
        | Event::TransferCancelled { .. }
        | Event::ConsultStarted { .. }
        | Event::ConsultJoined { .. }
        | Event::ConsultEnded { .. }
        | Event::ConsultExpired { .. }
        | Event::Invited { .. }
        | Event::InvitationDeclined { .. }
        | Event::InvitationExpired { .. }
        | Event::InvitationCancelled { .. }
        | Event::MemberJoined { .. }
        | Event::MemberLeft { .. }
        | Event::SupervisionStarted { .. }
        | Event::SupervisionStopped { .. }
        | Event::IdleReset { .. }
        | Event::IdleNoticed { .. }
        | Event::Parked { .. } => session::evolve(next.active_mut()?, event, at)?,
    }
    Some(next)
}

impl Interaction {
    const fn queued(&self) -> Option<&Queued> {
        match &self.state {
            State::Queued(queued) => Some(queued),
            State::Offered(_) | State::Active(_) | State::Ended(_) | State::Done(_) => None,
        }
    }

    fn offered(&self, offer: OfferId, agent: &AgentName) -> Option<&Offered> {
        self.offer().filter(|open| open.offer == offer && open.agent == *agent)
    }

    const fn active(&self) -> Option<&Active> {
        match &self.state {
            State::Active(active) => Some(active),
            State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
        }
    }

    const fn active_mut(&mut self) -> Option<&mut Active> {
        match &mut self.state {
            State::Active(active) => Some(active),
            State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
        }
    }

    const fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            State::Queued(_) | State::Offered(_) | State::Active(_) | State::Done(_) => None,
        }
    }

    const fn is_running(&self) -> bool {
        match &self.state {
            State::Queued(_) | State::Offered(_) | State::Active(_) => true,
            State::Ended(_) | State::Done(_) => false,
        }
    }

    /// An agent takes it from the queue.
    fn take(&mut self, agent: &AgentName, at: Timestamp, handover: Option<Handover>) {
        self.unanswered_since = pending::once_taken(self, at);
        self.own(agent, at, handover);
    }

    /// Gives it to an agent who begins alone.
    fn own(&mut self, agent: &AgentName, at: Timestamp, handover: Option<Handover>) {
        self.last_owner = Some(agent.clone());
        self.handover = handover;
        self.state = State::Active(Active::new(agent.clone(), at));
    }

    /// Gives it to another agent while the session goes on: whoever else takes part stays.
    fn hand_over(&mut self, agent: &AgentName, at: Timestamp, handover: Handover) -> Option<()> {
        self.active_mut()?.pass_to(agent, at);
        self.last_owner = Some(agent.clone());
        self.handover = Some(handover);
        Some(())
    }

    /// Puts it back into its queue, at its old place, because an offer came to nothing.
    fn lapse(&mut self, offer: OfferId, agent: &AgentName, at: Timestamp, reason: GoneReason) -> Option<()> {
        let mut queued = self.offered(offer, agent)?.queued.clone();
        queued.lapsed.insert(agent.clone(), Lapsed { offer, reason });
        if reason != GoneReason::Withdrawn {
            queued.passed.insert(agent.clone(), at);
        }
        self.state = State::Queued(queued);
        Some(())
    }

    /// Begins a new session.
    fn reactivate(&mut self, by: &ReactivatedBy, at: Timestamp) {
        self.segment = self.segment.saturating_add(1);
        match by {
            ReactivatedBy::Contact => {
                self.handover = None;
                self.unanswered_since = Some(at);
                self.state = State::Queued(Queued::new(at, self.last_owner.clone()));
            }
            ReactivatedBy::Agent(agent) => self.own(agent, at, None),
        }
    }
}
