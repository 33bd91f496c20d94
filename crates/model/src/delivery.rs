use serde::{Deserialize, Serialize};

use crate::{MessageId, Timestamp};

/// One thing that was observed about the delivery of a message.
///
/// Observations are kept as a *set*; the state shown is a join over it, so their order, repetition and delay
/// never matter (`parlor-transcript`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Observation {
    /// The message it is about.
    pub message: MessageId,
    /// What was observed.
    pub stage: DeliveryStage,
    /// When it happened, by the observer's clock.
    pub at: Timestamp,
    /// The provider's reason, for failures.
    pub reason: Option<String>,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStage {
    /// The provider took it, or it lies in the contact's mailbox.
    Sent,
    /// The provider gave up. A later delivery overrules it (documented by providers).
    Failed,
    /// It reached the contact's device.
    Delivered,
    /// The contact saw it.
    Read,
}

impl DeliveryStage {
    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }
}
