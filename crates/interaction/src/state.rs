use std::collections::BTreeMap;

use parlor_model::{AgentName, OfferId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Active, GoneReason};

crate::name::closed_names! {
    /// The name of a [`State`].
    StateName {
        Queued = "queued",
        Offered = "offered",
        Active = "active",
        Ended = "ended",
        Done = "done",
    }
}

/// Where an interaction stands, with everything that is true only there (r17).
///
/// *Ended* and *Done* are two things (r20): Ended means that the session is over while the work is not closed, so
/// that notes and the disposition are still open and a message reactivates it; Done means closed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum State {
    /// Waits in its queue; may be offered.
    Queued(Queued),
    /// One agent is being asked.
    Offered(Offered),
    /// One agent owns it and talks with the contact.
    Active(Active),
    /// The session is over; the work is not closed.
    Ended(Ended),
    /// Closed for good; never changes again.
    Done(Done),
}

impl State {
    /// Its name.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Queued(_) => StateName::Queued,
            Self::Offered(_) => StateName::Offered,
            Self::Active(_) => StateName::Active,
            Self::Ended(_) => StateName::Ended,
            Self::Done(_) => StateName::Done,
        }
    }

    /// Since when it has been so; for Queued since when it has waited, whatever offers there were meanwhile.
    pub const fn since(&self) -> Timestamp {
        match self {
            Self::Queued(queued) => queued.since,
            Self::Offered(offered) => offered.offered_at,
            Self::Active(active) => active.since,
            Self::Ended(ended) => ended.at,
            Self::Done(done) => done.at,
        }
    }
}

/// Waits in its queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Since when it has waited. Offers that come to nothing do not change it (r8).
    pub since: Timestamp,
    /// Who should get it if they can: preferred, never forced.
    pub preferred: Option<AgentName>,
    /// Who declined it or let an offer of it pass, and when they last did. Routing lets them cool down.
    pub passed: BTreeMap<AgentName, Timestamp>,
    /// The last offer to each agent that came to nothing, so that a late answer can be told why.
    pub lapsed: BTreeMap<AgentName, Lapsed>,
}

impl Queued {
    /// Begins to wait.
    pub(crate) const fn new(since: Timestamp, preferred: Option<AgentName>) -> Self {
        Self { since, preferred, passed: BTreeMap::new(), lapsed: BTreeMap::new() }
    }
}

/// An offer that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapsed {
    /// Which offer.
    pub offer: OfferId,
    /// Why.
    pub reason: GoneReason,
}

/// One agent is being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The offer; only an answer that names it counts.
    pub offer: OfferId,
    /// Who is asked.
    pub agent: AgentName,
    /// Since when.
    pub offered_at: Timestamp,
    /// From this moment on an answer comes too late.
    pub expires_at: Timestamp,
    /// Where it goes back to when the offer comes to nothing.
    pub queued: Queued,
}

/// The session is over; the work is not closed. The last owner stands in the interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Who ended it.
    pub by: EndedBy,
    /// When.
    pub at: Timestamp,
    /// How the session came out.
    pub outcome: Outcome,
    /// How much it still weighs on its last owner (r13).
    ///
    /// Taken from the policy when the session ended and kept here: a changed policy must not give back more or
    /// less than was taken.
    pub holds: u32,
    /// When it is closed by itself (r22); likewise fixed when the session ended.
    pub done_at: Option<Timestamp>,
}

/// Closed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Who closed it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// How the last session came out.
    pub outcome: Outcome,
    /// Who ended the last session.
    pub ended_by: EndedBy,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// Who ended a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The contact left (r19).
    Contact,
    /// Its owner ended it (r18).
    Agent(AgentName),
    /// A rule ended it.
    System,
}

/// Who closed an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Its last owner; any agent when it never had one.
    Agent(AgentName),
    /// Somebody who closes it for its last owner. Whether they may is checked by the caller.
    Supervisor(AgentName),
    /// A rule.
    System,
}

/// How a session came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An agent had it when it ended.
    Handled,
    /// It ended while nobody had it.
    Abandoned,
}
