use parlor_interaction::{Interaction, Recorded, Timer};
use parlor_model::{
    AgentName, AlertId, Author, ClientId, Contact, ContactAlias, ContactId, ContactPoint, ContactPointId,
    Content, InteractionId, MessageId, Observation, OfferId, ProviderMessageId, Thread, ThreadId, Timestamp,
    Visibility,
};
use serde::{Deserialize, Serialize};

use crate::{
    AgentWrite, AuditEntry, DeadLetter, DocumentOwner, DocumentWrite, Fence, InboxEntry, LoadChange,
    OutboxWrite, Request,
};

/// Everything that one decision writes: kept whole or not at all.
///
/// The parts are applied in the order of their declaration, so that a thread and its first message, or a
/// contact and its points, may be made together.
///
/// Its serialised form is for stores that keep changes as they are. A part that it does not name is empty, so that what an
/// earlier version wrote can be read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChangeSet {
    /// When it was decided: the time of its messages and journal records. A change that makes any must have it.
    pub at: Option<Timestamp>,
    /// Fails the commit when a lease was lost.
    pub fence: Option<Fence>,
    /// Inbound events taken; one that was taken before fails the commit as a duplicate.
    pub inbox: Vec<InboxEntry>,
    /// The client's request that this carries out; one carried out before fails the commit as a duplicate.
    pub request: Option<Request>,
    /// Contacts made or changed.
    pub contacts: Vec<ContactWrite>,
    /// Contact points made or renamed (by id). Contact and key of one that exists must be as they were.
    pub points: Vec<ContactPoint>,
    /// Contacts said to be one person, or no longer. One that would make a contact be shown as itself, through whatever
    /// others, is a conflict on the contact.
    pub aliases: Vec<ContactAlias>,
    /// Threads made. Making one again under the same id changes nothing.
    pub threads: Vec<Thread>,
    /// Interactions made or changed, or only checked to be unchanged.
    pub interactions: Vec<InteractionWrite>,
    /// Offers made, so that a late answer can be explained.
    pub offers: Vec<OfferRecord>,
    /// Transcript entries; the store gives them their places.
    pub messages: Vec<NewMessage>,
    /// What was observed about deliveries. One that is known already is no error.
    pub observations: Vec<Observation>,
    /// How far contacts have acknowledged their mailboxes. Never moves backwards.
    pub acknowledged: Vec<Acknowledged>,
    /// Sends through providers.
    pub outbox: Vec<OutboxWrite>,
    /// Timers set or cancelled.
    pub timers: Vec<TimerWrite>,
    /// Agents' states.
    pub agents: Vec<AgentWrite>,
    /// Room taken or given back.
    pub loads: Vec<LoadChange>,
    /// How far agents have read. Never moves backwards.
    pub read_markers: Vec<ReadMarker>,
    /// Contacts assigned to agents, or no longer.
    pub assignments: Vec<Assignment>,
    /// What agents are told.
    pub alerts: Vec<Alert>,
    /// Documents written or removed.
    pub documents: Vec<DocumentWrite>,
    /// Documents said to belong to contacts.
    pub document_owners: Vec<DocumentOwner>,
    /// What contacts agreed to, or no longer.
    pub consent: Vec<ConsentEntry>,
    /// What could not be understood.
    pub dead_letters: Vec<DeadLetter>,
    /// What must be answered for. A change that has any must have a time.
    pub audit: Vec<AuditEntry>,
}

impl ChangeSet {
    /// An empty change decided at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { at: Some(now), ..Self::default() }
    }
}

/// Writes a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactWrite {
    /// The contact as it will be; its `version` is set by the store.
    pub contact: Contact,
    /// The version it has now; 0 when it is new.
    pub expected_version: u64,
}

/// Writes an interaction: its snapshot together with the events that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InteractionWrite {
    /// The interaction as it will be. It stays in its thread, and its version is the number of all its events.
    pub interaction: Interaction,
    /// The version it has now; 0 when it is new.
    pub expected_version: u64,
    /// What happened, in order. Empty: the interaction is not written, but the commit fails unless it still has
    /// the expected version. A message is appended under this check, so that it cannot slip into an interaction
    /// that has just ended.
    pub events: Vec<Recorded>,
}

/// An offer that was made, kept for answering those who come too late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRecord {
    /// Identity.
    pub offer: OfferId,
    /// Of what.
    pub interaction: InteractionId,
    /// To whom.
    pub agent: AgentName,
}

/// A transcript entry before the store has given it its places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    /// Identity; one that exists fails the commit as a duplicate.
    pub id: MessageId,
    /// In which thread.
    pub thread: ThreadId,
    /// During which interaction.
    pub interaction: Option<InteractionId>,
    /// Which session of it.
    pub segment: u32,
    /// Who wrote it.
    pub author: Author,
    /// The entry it answers.
    pub parent: Option<MessageId>,
    /// Who may see it.
    pub visibility: Visibility,
    /// What was written.
    pub content: Content,
    /// When the provider says it was written.
    pub provider_time: Option<Timestamp>,
    /// The id that the provider, or the contact's browser, gave it.
    pub provider_id: Option<ProviderMessageId>,
}

/// How far a contact has received and seen the entries of a thread whose channel has a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Which thread.
    pub thread: ThreadId,
    /// Highest sequence that reached the contact's device.
    pub delivered: u64,
    /// Highest sequence that the contact saw.
    pub read: u64,
}

/// Identifies a timer of an interaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerKey {
    /// Whose.
    pub interaction: InteractionId,
    /// Which.
    pub timer: Timer,
}

/// Sets or cancels a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerWrite {
    /// Which timer.
    pub key: TimerKey,
    /// When it is due; `None` cancels it. Cancelling one that is not set is no error.
    pub at: Option<Timestamp>,
}

/// How far an agent has read a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarker {
    /// Who.
    pub agent: AgentName,
    /// Which thread.
    pub thread: ThreadId,
    /// Up to and with which sequence.
    pub upto: u64,
}

/// Whether a contact stands in an agent's list (r106).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Whose list.
    pub agent: AgentName,
    /// Which contact.
    pub contact: ContactId,
    /// In it, or taken out of it. Taking a contact out also takes out those that are shown as it.
    pub assigned: bool,
}

/// Something an agent is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity.
    pub id: AlertId,
    /// Who is told.
    pub agent: AgentName,
    /// What.
    pub kind: AlertKind,
    /// About which contact.
    pub contact: ContactId,
    /// In which thread.
    pub thread: ThreadId,
    /// The message that caused it.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

/// What an agent is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// The contact answered what the agent wrote without an interaction (r101).
    ReplyArrived,
}

impl AlertKind {
    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReplyArrived => "reply_arrived",
        }
    }
}

/// Whether a contact agreed to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Agreed.
    Given,
    /// Took it back: nothing may be sent.
    Withdrawn,
}

/// One entry of the consent ledger; the latest for a point and purpose counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentEntry {
    /// Which address.
    pub point: ContactPointId,
    /// What for, such as `messages` or `marketing`.
    pub purpose: String,
    /// Agreed or not.
    pub state: ConsentState,
    /// How we know, such as a keyword or a form.
    pub evidence: String,
    /// When.
    pub at: Timestamp,
}

/// A client id and the hash of what it was used for; see [`Request`].
impl Request {
    /// Whether a repeated request asks for the same as this one did.
    pub fn is_same(&self, id: ClientId, fingerprint: &[u8; 32]) -> bool {
        self.key.id == id && self.fingerprint == *fingerprint
    }
}
