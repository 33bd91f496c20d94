use std::fmt;

use parlor_model::{ContactId, Message, Visibility};

/// Asks for messages that contain words, in one conversation or in all of them (r80).
#[derive(Clone, PartialEq, Eq)]
pub struct MessageSearch {
    /// Every word of this is contained, whatever the case and the accents, as `parlor_transcript::SearchQuery` reads it;
    /// what is beyond its limits is ignored. Without a word every entry is found.
    pub words: String,
    /// Only messages of the threads of this contact, contacts that are shown as it included; `None` means of everybody.
    pub contact: Option<ContactId>,
    /// Only these; empty means all.
    pub visibility: Vec<Visibility>,
    /// Only messages before this position: the position of the last message of the page before. `None` begins with the
    /// newest.
    pub before: Option<u64>,
    /// How many at the most.
    pub limit: usize,
}

impl MessageSearch {
    /// Searches everything for words.
    pub fn new(words: impl Into<String>, limit: usize) -> Self {
        Self { words: words.into(), contact: None, visibility: Vec::new(), before: None, limit }
    }
}

impl fmt::Debug for MessageSearch {
    /// Hides the words: people search for names and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSearch")
            .field("contact", &self.contact)
            .field("visibility", &self.visibility)
            .field("before", &self.before)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Messages that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPage {
    /// The newest position first.
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub more: bool,
}
