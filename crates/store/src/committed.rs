use parlor_model::Message;

use crate::JournalRecord;

/// What a commit made: the places that the store gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed {
    /// The journal records, in order of position and without a gap between them. A message of the change stands
    /// here with its places. Empty when the change had nothing that is journaled.
    pub records: Vec<JournalRecord>,
}

impl Committed {
    /// The messages among the records, in the order of the change.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.records.iter().filter_map(|record| match &record.entry {
            crate::JournalEntry::Message(message) => Some(&**message),
            _ => None,
        })
    }
}
