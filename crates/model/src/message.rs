use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    AgentName, ContactPointId, Content, InteractionId, Label, MessageId, ThreadId, Timestamp, Visibility,
};

macro_rules! opaque_ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id as the provider gave it.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as the provider gave it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

opaque_ids! {
    /// A provider's id of a message; unique per account, read only by the adapter that made it.
    ProviderMessageId;
    /// A provider's id of a public post; unique per network, read only by the adapter that made it.
    ProviderPostId;
}

/// Who wrote a transcript entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person at the other end.
    Contact(ContactPointId),
    /// One of our agents.
    Agent(AgentName),
    /// An automaton of ours; does not count for the KPIs of agents.
    Bot(Label),
    /// Parlor itself.
    System,
}

impl Author {
    /// Whether an agent wrote it.
    pub const fn is_agent(&self) -> bool {
        matches!(self, Self::Agent(_))
    }

    /// Whether the contact wrote it.
    pub const fn is_contact(&self) -> bool {
        matches!(self, Self::Contact(_))
    }
}

/// One entry of a transcript, as it is committed. `sequence` and `position` are given by the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Identity; made by the writing client where there is one, so that a repeated send is recognised.
    pub id: MessageId,
    /// The thread it stands in.
    pub thread: ThreadId,
    /// The interaction during which it was written; `None` for one written from the communication view (r27).
    pub interaction: Option<InteractionId>,
    /// Which session of the interaction: 1 at first, one more with each reactivation (r25).
    pub segment: u32,
    /// Place in the thread: gapless from 1, given at commit. Sockets, read markers and resumption use it.
    pub sequence: u64,
    /// Place in the workspace's journal, given at commit. Feeds and paging use it.
    pub position: u64,
    /// Who wrote it.
    pub author: Author,
    /// The entry it answers, in threads below a post (r161).
    pub parent: Option<MessageId>,
    /// Who may see it.
    pub visibility: Visibility,
    /// What was written.
    pub content: Content,
    /// When we took it in.
    pub at: Timestamp,
    /// When the provider says it was written; display order is `(provider time or at, position)`.
    pub provider_time: Option<Timestamp>,
    /// The provider's id, once known.
    pub provider_id: Option<ProviderMessageId>,
}

impl Message {
    /// The time by which it is displayed: the provider's where it gave one, else ours.
    pub fn display_time(&self) -> Timestamp {
        self.provider_time.unwrap_or(self.at)
    }
}
