use parlor_model::{AccountName, AgentName, ClientId, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What makes an inbound event unique, forever (guarantees G2 and G19).
///
/// Never made from a body's hash, a delivery attempt or the time of receipt: all of those differ between two
/// deliveries of one event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InboxKey {
    /// Within what `external_id` is unique: an account, a channel, a contact session.
    pub scope: String,
    /// What kind of event, for providers that reuse an id across kinds, such as `message` or `reaction`.
    pub kind: String,
    /// The provider's own time of the event, when it is part of the event and the same in every delivery.
    /// It only spreads the keys by day; leave it `None` when the provider gives none.
    pub provider_time: Option<Timestamp>,
    /// The id that the provider, or the contact's browser, gave it.
    pub external_id: String,
}

/// An inbound event that is taken with this change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxEntry {
    /// What makes it unique.
    pub key: InboxKey,
    /// The message that was made from it, so that a repetition can be answered.
    pub message: Option<MessageId>,
}

/// Identifies one write of an agent's client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestKey {
    /// Whose client.
    pub agent: AgentName,
    /// The id that the client made.
    pub id: ClientId,
}

/// A write of an agent's client, remembered so that repeating it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Identity.
    pub key: RequestKey,
    /// A hash over what was asked: the same id with another fingerprint is a client's mistake.
    pub fingerprint: [u8; 32],
    /// The id of what was made or changed, from which the answer is given again.
    pub resource: Uuid,
    /// When it was carried out.
    pub at: Timestamp,
}

/// An element of a verified inbound body that could not be understood, with its bytes (guarantee G3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The account it came in on.
    pub account: AccountName,
    /// Why it could not be taken.
    pub reason: String,
    /// When it came in.
    pub at: Timestamp,
    /// The bytes.
    pub raw: Vec<u8>,
}

impl std::fmt::Debug for DeadLetter {
    /// Hides the bytes: they are somebody's message.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetter")
            .field("account", &self.account)
            .field("reason", &self.reason)
            .field("at", &self.at)
            .field("bytes", &self.raw.len())
            .finish()
    }
}
