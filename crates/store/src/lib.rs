//! What a Parlor store is.
//!
//! [`Store::commit`] is the only way to write: it takes one [`ChangeSet`] and keeps all of it or nothing. So the
//! dedupe key of an inbound message, the outbox entry of a reply and the timer of an offer cannot be forgotten
//! or half-written. Reads answer from what is committed.
//!
//! [`MemoryStore`] is the reference: it defines what the other stores must answer. `parlor-testkit` holds the
//! conformance suite that every store, ours or a third party's, expands.

mod agent_state;
mod audit;
mod blob;
mod change_set;
mod committed;
mod document;
mod error;
mod inbox;
mod journal;
mod lease;
mod memory;
mod outbox;
pub mod personal;
mod query;
mod search;
mod store;

pub use agent_state::{AgentState, AgentWrite, Load, LoadChange};
pub use audit::{AUDIT_START, AuditEntry, AuditFault, AuditRecord, Hash, seal, verify_chain};
pub use blob::{BlobDigest, BlobError, BlobReader, BlobStore, BlobWriter};
pub use change_set::{
    Acknowledged, Alert, AlertKind, Assignment, ChangeSet, ConsentEntry, ConsentState, ContactWrite,
    InteractionWrite, NewMessage, OfferRecord, ReadMarker, TimerKey, TimerWrite,
};
pub use committed::Committed;
pub use document::{Document, DocumentKey, DocumentWrite};
pub use error::{CommitError, Conflict, Duplicate, StoreError};
pub use inbox::{DeadLetter, InboxEntry, InboxKey, Request, RequestKey};
pub use journal::{JournalEntry, JournalRecord};
pub use lease::{Fence, Lease, LeaseName};
pub use memory::MemoryStore;
pub use outbox::{OutboxClaim, OutboxEntry, OutboxLease, OutboxState, OutboxWrite, SENDER_LOST};
pub use personal::{
    Belongings, ContactExport, DocumentOwner, Erased, Erasure, Expired, Expiry, Mentions, PersonalPart,
};
pub use query::{
    ContactListItem, ContactQuery, ContactScope, ConversationPage, ConversationQuery, PageStart, Totals,
};
pub use search::{MessageSearch, SearchPage};
pub use store::Store;
