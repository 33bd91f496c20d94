use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{AgentName, ContactId, Timestamp};

use super::tables::Tables;
use crate::{JournalEntry, JournalRecord, StoreError};

/// Puts one row back to what it was.
type Undo = Box<dyn FnOnce(&mut Tables)>;

/// A write in progress: what it journals, and how to take it back.
pub(super) struct Transaction<'a> {
    pub(super) tables: &'a mut Tables,
    at: Option<Timestamp>,
    records: Vec<JournalRecord>,
    undo: Vec<Undo>,
    journaled_contacts: BTreeSet<ContactId>,
    journaled_agents: BTreeSet<AgentName>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(tables: &'a mut Tables, at: Option<Timestamp>) -> Self {
        Self {
            tables,
            at,
            records: Vec::new(),
            undo: Vec::new(),
            journaled_contacts: BTreeSet::new(),
            journaled_agents: BTreeSet::new(),
        }
    }

    /// Writes or removes a row, remembering what was there. The only way in which a commit changes a table.
    pub(super) fn put<K: Clone + Ord + 'static, V: 'static>(
        &mut self,
        table: fn(&mut Tables) -> &mut BTreeMap<K, V>,
        key: K,
        value: Option<V>,
    ) {
        let before = replace(table(self.tables), key.clone(), value);
        self.undo.push(Box::new(move |tables| {
            replace(table(tables), key, before);
        }));
    }

    /// When the change was decided. Whatever is shown in the journal needs a time.
    pub(super) fn at(&self) -> Result<Timestamp, StoreError> {
        self.at.ok_or_else(|| StoreError::Invalid { detail: "the change has no time".to_owned() })
    }

    /// The position that the next journal record gets.
    pub(super) fn next_position(&self) -> u64 {
        self.tables.position() + self.records.len() as u64 + 1
    }

    pub(super) fn journal(&mut self, entry: JournalEntry) -> Result<(), StoreError> {
        let record = JournalRecord { position: self.next_position(), at: self.at()?, entry };
        self.records.push(record);
        Ok(())
    }

    /// One record a contact and commit, however many of its parts are written.
    pub(super) fn journal_contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        if self.journaled_contacts.insert(contact) {
            self.journal(JournalEntry::Contact(contact))?;
        }
        Ok(())
    }

    /// One record an agent and commit.
    pub(super) fn journal_agent(&mut self, agent: &AgentName) -> Result<(), StoreError> {
        if self.journaled_agents.insert(agent.clone()) {
            self.journal(JournalEntry::Agent(agent.clone()))?;
        }
        Ok(())
    }

    /// Keeps the change and gives the records that it made.
    pub(super) fn keep(self) -> Vec<JournalRecord> {
        self.tables.journal.extend_from_slice(&self.records);
        self.records
    }

    /// Takes back every write, the last one first.
    pub(super) fn take_back(self) {
        for undo in self.undo.into_iter().rev() {
            undo(self.tables);
        }
    }
}

fn replace<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
