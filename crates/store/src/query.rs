use parlor_model::{AgentName, Contact, ContactId, Message, Visibility};

/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageStart {
    /// With the newest.
    #[default]
    Newest,
    /// With what stands just before this position, going back.
    Before(u64),
    /// With what stands just after this position, going on.
    After(u64),
}

/// Asks for messages of all threads of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationQuery {
    /// Whose. Contacts that are shown as this one are included.
    pub contact: ContactId,
    /// Where to begin. Pages follow the position, which never changes, so that nothing is skipped or repeated
    /// while messages arrive (r79).
    pub start: PageStart,
    /// How many at the most.
    pub limit: usize,
    /// Only these; empty means all.
    pub visibility: Vec<Visibility>,
    /// Only messages that contain every word of this, whatever the case and the accents (r80), as
    /// `parlor_transcript::SearchQuery` reads it; what is beyond its limits is ignored.
    pub search: Option<String>,
}

/// A page of messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationPage {
    /// In order of position, oldest first.
    pub messages: Vec<Message>,
    /// Whether there is something older than the first.
    pub more_before: bool,
    /// Whether there is something newer than the last.
    pub more_after: bool,
}

/// Which contacts an agent wants to see (r105, r106).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContactScope {
    /// All.
    #[default]
    All,
    /// Those in the agent's list.
    Assigned,
    /// Those not in it.
    Unassigned,
}

/// Asks for contacts, those with the newest message first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactQuery {
    /// Who asks: unread and assigned are theirs.
    pub agent: AgentName,
    /// Which contacts.
    pub scope: ContactScope,
    /// Only contacts whose name, fields, point names or addresses contain every word of this, whatever the case and the
    /// accents, as `parlor_transcript::SearchQuery` reads it.
    pub search: Option<String>,
    /// Only contacts whose last activity is before this position; `None` begins with the newest.
    pub before: Option<u64>,
    /// How many at the most.
    pub limit: usize,
}

/// A contact in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactListItem {
    /// The contact.
    pub contact: Contact,
    /// The newest message that is a text, among the same entries.
    pub last: Option<Message>,
    /// Position of the newest entry of any kind in the contact's direct threads, or written by it below a post: the
    /// order of the list and its cursor, different for every contact. 0 when there is none; such contacts stand at the
    /// end in order of id, and a list cannot be continued among them.
    pub activity: u64,
    /// Messages of the contact that the agent has not read (r107).
    pub unread: u64,
    /// Whether the contact stands in the agent's list.
    pub assigned: bool,
}

/// How much the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Inbound events taken.
    pub inbox: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Transcript entries.
    pub messages: u64,
    /// The newest journal position.
    pub position: u64,
}
