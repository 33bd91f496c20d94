use std::collections::BTreeMap;

use parlor_model::{
    AgentName, ChannelName, ConsultId, ContactPointId, InteractionId, Label, MediaClass, Needs, OfferId,
    QueueName, ThreadId, Timestamp, TransferId,
};
use serde::{Deserialize, Serialize};

use crate::{Active, CaseValue, DispositionCode, Offered, Origin, State};

/// One handled piece of work: a snapshot of everything that follows from its events.
///
/// Fields are public for reading and for stores. It changes only through [`Interaction::handle`] and
/// [`Interaction::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Identity; stays the same through every reactivation (r25).
    pub id: InteractionId,
    /// The thread it belongs to; at most one interaction of a thread is not Done.
    pub thread: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// The address at the other end; `None` below a post, where many take part.
    pub point: Option<ContactPointId>,
    /// Where its work waits, or waited last.
    pub queue: QueueName,
    /// What kind of room it takes.
    pub class: MediaClass,
    /// How much of it.
    pub weight: u32,
    /// Who began it.
    pub origin: Origin,
    /// How many events led here.
    pub version: u64,
    /// How often its [`Holder`] changed, from 1: what was decided under another epoch no longer counts.
    pub epoch: u64,
    /// Which session this is: 1 at first, one more with each reactivation (r25).
    pub segment: u32,
    /// Where it stands.
    pub state: State,
    /// The oldest message of the contact that nobody has answered, or when the first agent took it (r40, r44).
    pub unanswered_since: Option<Timestamp>,
    /// Who owns it, or owned it last; `None` until somebody has.
    pub last_owner: Option<AgentName>,
    /// How it last changed hands, so that repeating the command changes nothing.
    pub handover: Option<Handover>,
    /// How it came out, in the words of the workspace (r30). A reactivation keeps it.
    pub disposition: Option<DispositionCode>,
    /// When it began.
    pub created_at: Timestamp,
    /// What it asks for beyond its queue (r10); it keeps that through every transfer and reactivation.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// The case information (r32): kept through every transfer and reactivation, changed until it is Done.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub case: BTreeMap<Label, CaseValue>,
}

/// What an interaction begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Its identity.
    pub id: InteractionId,
    /// The thread it belongs to.
    pub thread: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// The address at the other end; `None` below a post.
    pub point: Option<ContactPointId>,
    /// Where its work waits.
    pub queue: QueueName,
    /// What kind of room it takes.
    pub class: MediaClass,
    /// How much of it.
    pub weight: u32,
    /// Who begins it.
    pub origin: Origin,
    /// Who should get it if they can. Without meaning when an agent begins it.
    pub preferred: Option<AgentName>,
    /// What it asks for beyond its queue (r10).
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
}

/// A change of hands that somebody may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// The owner accepted this offer.
    Offer(OfferId),
    /// The owner accepted this transfer.
    Transfer(TransferId),
    /// It was put into its queue by this transfer, and nobody has taken it since.
    Queue(TransferId),
    /// The owner was consulted and got it.
    Consult(ConsultId),
}

/// Who has an interaction. There is always exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// It waits in this queue.
    Queue(&'a QueueName),
    /// It is offered to this agent.
    Offer {
        /// The offer.
        offer: OfferId,
        /// Who is asked.
        agent: &'a AgentName,
    },
    /// This agent has it.
    Owner(&'a AgentName),
    /// It is being handed over, and goes back to its owner when nobody takes it.
    Transfer {
        /// The transfer.
        transfer: TransferId,
        /// Who has it.
        owner: &'a AgentName,
        /// Who should take it.
        to: &'a AgentName,
    },
    /// The session is over and the work still with this agent.
    LastOwner(&'a AgentName),
    /// Nobody has to do anything: it ended while nobody had it, or it is Done.
    Nobody,
}

impl Interaction {
    /// Who has it.
    pub fn holder(&self) -> Holder<'_> {
        match &self.state {
            State::Queued(_) => Holder::Queue(&self.queue),
            State::Offered(offered) => Holder::Offer { offer: offered.offer, agent: &offered.agent },
            State::Active(Active { owner, transfer: None, .. }) => Holder::Owner(owner),
            State::Active(Active { owner, transfer: Some(transfer), .. }) => {
                Holder::Transfer { transfer: transfer.id, owner, to: &transfer.to }
            }
            State::Ended(ended) => match (ended.outcome, &self.last_owner) {
                (crate::Outcome::Handled, Some(owner)) => Holder::LastOwner(owner),
                (crate::Outcome::Handled, None) | (crate::Outcome::Abandoned, _) => Holder::Nobody,
            },
            State::Done(_) => Holder::Nobody,
        }
    }

    /// The agent who owns it now; `None` unless it is Active.
    pub const fn owner(&self) -> Option<&AgentName> {
        match &self.state {
            State::Active(active) => Some(&active.owner),
            State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
        }
    }

    /// The offer that is open; `None` unless it is Offered.
    pub const fn offer(&self) -> Option<&Offered> {
        match &self.state {
            State::Offered(offered) => Some(offered),
            State::Queued(_) | State::Active(_) | State::Ended(_) | State::Done(_) => None,
        }
    }

    /// Whether it is not closed for good. At most one of a thread is open.
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, State::Done(_))
    }
}
