use std::time::Duration;

use parlor_model::{ChannelName, MessageId, OutboxId, ProviderMessageId, ThreadId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a send through a provider has come.
///
/// `Accepted`, `Rejected`, `Expired` and `Discarded` are final. What was `Sending` when a process died becomes
/// `Uncertain`, never `Pending`: it may have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Waits to be sent.
    Pending,
    /// Committed before the first byte goes out.
    Sending,
    /// It may have been sent.
    Uncertain,
    /// It may have been sent, and a person must choose: send again or discard.
    NeedsDecision,
    /// The provider took it.
    Accepted,
    /// The provider refused it.
    Rejected,
    /// It became too old to be sent.
    Expired,
    /// A person gave it up.
    Discarded,
}

impl OutboxState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Sending,
        Self::Uncertain,
        Self::NeedsDecision,
        Self::Accepted,
        Self::Rejected,
        Self::Expired,
        Self::Discarded,
    ];

    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::NeedsDecision => "needs_decision",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Discarded => "discarded",
        }
    }

    /// Whether it never changes again.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Accepted | Self::Rejected | Self::Expired | Self::Discarded => true,
            Self::Pending | Self::Sending | Self::Uncertain | Self::NeedsDecision => false,
        }
    }
}

/// A message on its way to a provider. Channels with a mailbox have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Identity; it travels to the provider as the correlation token.
    pub id: OutboxId,
    /// What is sent.
    pub message: MessageId,
    /// In which thread: one send is in flight per thread.
    pub thread: ThreadId,
    /// Through which channel.
    pub channel: ChannelName,
    /// How far it has come.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// The provider's id, once known.
    pub provider_id: Option<ProviderMessageId>,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// Who sends it; kept only while it is [`Sending`](OutboxState::Sending).
    pub lease: Option<OutboxLease>,
    /// One more with each write and each claim, and so what fences a sender: who has lost the entry knows only an
    /// earlier version, and cannot write it.
    pub version: u64,
}

/// Who sends an outbox entry, and until when nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLease {
    /// Which worker.
    pub worker: String,
    /// Until just before this moment. A sender who has said nothing by then is taken for lost.
    pub until: Timestamp,
}

/// Why an entry became [`Uncertain`](OutboxState::Uncertain) without anybody's word: its lease ran out.
pub const SENDER_LOST: &str = "sender_lost";

/// Asks for entries to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxClaim {
    /// Who will send them.
    pub worker: String,
    /// The moment of asking.
    pub now: Timestamp,
    /// How long the worker has: longer than a send may take.
    pub ttl: Duration,
    /// How many at the most.
    pub limit: usize,
}

/// Writes an outbox entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxWrite {
    /// The entry as it will be; its `version` is set by the store.
    pub entry: OutboxEntry,
    /// The version it has now; 0 when it is new.
    pub expected_version: u64,
}
