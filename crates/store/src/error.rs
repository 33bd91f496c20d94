use std::error::Error;

use parlor_model::{AgentName, ContactId, InteractionId, MediaClass, MessageId, OutboxId, ThreadId};

use crate::{DocumentKey, InboxKey, LeaseName, OutboxEntry, RequestKey};

/// Why a [`ChangeSet`](crate::ChangeSet) was not kept. Whatever the reason, nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something it was decided from has changed since: load again, decide again, commit again.
    #[error("the change was decided from something that has changed: {0}")]
    Conflict(#[from] Conflict),
    /// It was kept before: nothing is left to do but to give the earlier answer.
    #[error("the change was made before: {0}")]
    Duplicate(#[from] Duplicate),
    /// The store itself failed. The outcome is unknown unless the error says otherwise.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What had changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The interaction has another version than expected, or its thread already has one that is not Done.
    #[error("interaction {0} changed, or its thread has another open one")]
    Interaction(InteractionId),
    /// The contact has another version than expected.
    #[error("contact {0} changed")]
    Contact(ContactId),
    /// The agent's state has another version than expected.
    #[error("the state of agent {0} changed")]
    Agent(AgentName),
    /// The agent has no room for the load. Repeating does not help unless the decision changes.
    #[error("agent {agent} has no room for more {class} work")]
    Capacity {
        /// Whose load.
        agent: AgentName,
        /// Of which class.
        class: MediaClass,
    },
    /// The outbox entry has another version than expected.
    #[error("outbox entry {id} changed")]
    Outbox {
        /// Which.
        id: OutboxId,
        /// What stands there now, so that a result that comes late can be entered all the same; `None` when there is no
        /// such entry, or no longer.
        present: Option<Box<OutboxEntry>>,
    },
    /// A document has another version than expected.
    #[error("document {0:?} changed")]
    Document(DocumentKey),
    /// A thread with that channel and subject, or a contact point with that key, exists under another id.
    #[error("the thread or contact point exists already")]
    Identity,
    /// The thread is with a contact who was erased: nothing is written to them any more. Repeating does not help.
    #[error("the contact of thread {0} was erased")]
    Erased(ThreadId),
    /// The lease named by the fence is held by somebody else, or under another epoch.
    #[error("lease {0:?} was lost")]
    Fence(LeaseName),
}

/// What was kept before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Duplicate {
    /// The provider's event was taken before.
    #[error("the inbound event was taken before")]
    Inbox {
        /// The key that is taken.
        key: InboxKey,
        /// The message that was made from it, if any.
        message: Option<MessageId>,
    },
    /// The client's request was carried out before.
    #[error("the request was carried out before")]
    Request(RequestKey),
    /// A message with that id exists.
    #[error("message {0} exists")]
    Message(MessageId),
}

/// A failure of the store itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Too much is waiting to be written; nothing was written. Try again later.
    #[error("the store has too much to write; try again later")]
    Busy,
    /// The store was closed or has failed for good and must be opened again.
    #[error("the store is closed")]
    Closed,
    /// The change contradicts itself, or names something that does not exist: a mistake of the caller. Nothing was
    /// written, and repeating does not help.
    #[error("the change is not valid: {detail}")]
    Invalid {
        /// What is wrong, without content.
        detail: String,
    },
    /// An erasure was asked for while work with the contact is not Done. Nothing was erased.
    #[error("work with the contact is not done yet")]
    InWork,
    /// What is stored cannot be read as what it should be.
    #[error("what is stored cannot be read: {detail}")]
    Corrupt {
        /// Where and why, without content.
        detail: String,
    },
    /// Written by a newer version of Parlor, or not by Parlor at all.
    #[error("the store cannot be used: {detail}")]
    Incompatible {
        /// What was found and what is supported.
        detail: String,
    },
    /// The database below failed.
    #[error("the database failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Wraps an error of the database below.
    pub fn backend(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Box::new(error))
    }
}
