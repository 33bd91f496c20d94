use std::sync::Arc;

use parlor_interaction::Recorded;
use parlor_model::{AgentName, ContactId, InteractionId, Message, Observation, Timestamp};

use crate::{Acknowledged, Alert, Assignment, ReadMarker};

/// One thing that happened, at its place in the workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalRecord {
    /// Place in the workspace: gapless from 1, in order of commit.
    pub position: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub entry: JournalEntry,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum JournalEntry {
    /// A transcript entry was written.
    Message(Arc<Message>),
    /// An interaction changed.
    Interaction {
        /// Which.
        interaction: InteractionId,
        /// Its version after the event.
        version: u64,
        /// How.
        recorded: Arc<Recorded>,
    },
    /// Something new was observed about a delivery.
    Observation(Observation),
    /// A contact acknowledged more of its mailbox: how far it is now.
    Acknowledged(Acknowledged),
    /// An agent's state or load changed. One record an agent and commit.
    Agent(AgentName),
    /// A contact, one of its points, or as whom it is shown was made or changed. One record a contact and commit.
    Contact(ContactId),
    /// An agent read on.
    Read(ReadMarker),
    /// An agent's list changed.
    Assignment(Assignment),
    /// An agent was told something.
    Alert(Alert),
}
