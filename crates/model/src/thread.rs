use serde::{Deserialize, Serialize};

use crate::{ChannelName, ContactPointId, ProviderPostId, ThreadId, Timestamp};

/// A lasting exchange on one channel: with one contact point, or below one post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Identity.
    pub id: ThreadId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// What it is about; with the channel it is unique in a workspace.
    pub subject: Subject,
    /// When its first entry was made.
    pub created_at: Timestamp,
}

/// What a thread is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The exchange with one contact point.
    Direct(ContactPointId),
    /// Everything below one public post (r167). Who takes part follows from the authors of its messages.
    Post(ProviderPostId),
}
