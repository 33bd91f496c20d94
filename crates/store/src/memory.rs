mod commit;
mod outbox;
mod personal;
mod query;
mod tables;
mod transaction;

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{
    AgentName, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, InteractionId, Message,
    MessageId, Observation, OfferId, OutboxId, PointKey, ProviderMessageId, Subject, Thread, ThreadId,
    Timestamp,
};

use self::tables::Tables;
use self::transaction::Transaction;
use crate::{
    Acknowledged, AgentState, Alert, AuditRecord, ChangeSet, CommitError, Committed, ConsentEntry,
    ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery, DeadLetter, Document,
    DocumentKey, Erased, Erasure, Expired, Expiry, JournalRecord, Lease, LeaseName, MessageSearch,
    OfferRecord, OutboxClaim, OutboxEntry, Request, RequestKey, SearchPage, Store, StoreError, TimerKey,
    Totals,
};

/// The reference store: plain maps behind one lock.
///
/// It defines what other stores must answer, and serves tests and trials. It forgets everything when it is dropped,
/// so it is not durable; within its life the whole contract of [`Store`] holds.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic in the middle of a commit may have left half of it behind: the store is then closed for good.
    fn tables(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        self.tables.lock().map_err(|_| StoreError::Closed)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let mut tables = self.tables()?;
        let mut transaction = Transaction::new(&mut tables, changes.at);
        match transaction.apply(changes) {
            Ok(()) => Ok(Committed { records: transaction.keep() }),
            Err(error) => {
                transaction.take_back();
                Err(error)
            }
        }
    }

    async fn acquire_lease(
        &self,
        name: &LeaseName,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut tables = self.tables()?;
        let epoch = match tables.leases.get(name) {
            Some(lease) if now < lease.until && lease.holder == holder => lease.epoch,
            Some(lease) if now < lease.until => return Ok(None),
            Some(lease) => lease.epoch + 1,
            None => 1,
        };
        let lease = Lease { name: name.clone(), holder: holder.to_owned(), epoch, until: now + ttl };
        tables.leases.insert(name.clone(), lease.clone());
        Ok(Some(lease))
    }

    async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
        Ok(self.tables()?.claim_outbox(claim))
    }

    async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
        self.tables()?.erase(erasure)
    }

    async fn export(&self, contact: ContactId) -> Result<Option<ContactExport>, StoreError> {
        let belongings = self.tables()?.belongings(contact);
        belongings.map(|belongings| belongings.into_export().map_err(StoreError::backend)).transpose()
    }

    async fn expire(&self, expiry: &Expiry) -> Result<Expired, StoreError> {
        self.tables()?.expire(expiry)
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .audit
            .range(tables::above(Some(after)))
            .take(limit)
            .map(|(_, record)| record.clone())
            .collect())
    }

    async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        Ok(self.tables()?.contacts.get(&id).cloned())
    }

    async fn resolve_contact(&self, id: ContactId) -> Result<ContactId, StoreError> {
        Ok(self.tables()?.resolve(id))
    }

    async fn point(&self, id: ContactPointId) -> Result<Option<ContactPoint>, StoreError> {
        Ok(self.tables()?.points.get(&id).cloned())
    }

    async fn point_by_key(&self, key: &PointKey) -> Result<Option<ContactPoint>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.point_by_key.get(key).and_then(|id| tables.points.get(id)).cloned())
    }

    async fn points_of(&self, contact: ContactId) -> Result<Vec<ContactPoint>, StoreError> {
        Ok(self.tables()?.points(contact).into_iter().cloned().collect())
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>, StoreError> {
        Ok(self.tables()?.threads.get(&id).cloned())
    }

    async fn thread_by_subject(
        &self,
        channel: &str,
        subject: &Subject,
    ) -> Result<Option<Thread>, StoreError> {
        // What cannot be the name of a channel is not the name of one that exists.
        let Ok(channel) = ChannelName::new(channel) else {
            return Ok(None);
        };
        let tables = self.tables()?;
        let id = tables.thread_by_subject.get(&(channel, subject.clone()));
        Ok(id.and_then(|id| tables.threads.get(id)).cloned())
    }

    async fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>, StoreError> {
        Ok(self.tables()?.threads(contact).into_iter().cloned().collect())
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>, StoreError> {
        Ok(self.tables()?.interactions.get(&id).cloned())
    }

    async fn open_interaction(&self, thread: ThreadId) -> Result<Option<Interaction>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.open_interaction.get(&thread).and_then(|id| tables.interactions.get(id)).cloned())
    }

    async fn open_interactions(
        &self,
        after: Option<InteractionId>,
        limit: usize,
    ) -> Result<Vec<Interaction>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .open_interactions
            .range(tables::above(after))
            .take(limit)
            .filter_map(|(id, ())| tables.interactions.get(id))
            .cloned()
            .collect())
    }

    async fn interactions_of(&self, thread: ThreadId, limit: usize) -> Result<Vec<Interaction>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .interactions_of
            .range((thread, 0)..=(thread, u64::MAX))
            .rev()
            .take(limit)
            .filter_map(|(_, id)| tables.interactions.get(id))
            .cloned()
            .collect())
    }

    async fn history(&self, id: InteractionId) -> Result<Vec<Recorded>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .histories
            .range((id, 0)..=(id, u64::MAX))
            .map(|(_, recorded)| Recorded::clone(recorded))
            .collect())
    }

    async fn offer(&self, id: OfferId) -> Result<Option<OfferRecord>, StoreError> {
        Ok(self.tables()?.offers.get(&id).cloned())
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .place_of
            .get(&id)
            .and_then(|place| tables.messages.get(place))
            .map(|message| Message::clone(message)))
    }

    async fn messages(&self, thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError> {
        Ok(self.tables()?.messages_of(thread, after).take(limit).cloned().collect())
    }

    async fn last_messages(&self, thread: ThreadId, limit: usize) -> Result<Vec<Message>, StoreError> {
        let mut messages: Vec<_> = self.tables()?.messages_of(thread, 0).rev().take(limit).cloned().collect();
        messages.reverse();
        Ok(messages)
    }

    async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
        Ok(self.tables()?.conversation(query))
    }

    async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
        Ok(self.tables()?.search(query))
    }

    async fn observations(&self, message: MessageId) -> Result<Vec<Observation>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.observations_of(message).cloned().collect())
    }

    async fn acknowledged(&self, thread: ThreadId) -> Result<Acknowledged, StoreError> {
        Ok(self.tables()?.acknowledged(thread))
    }

    async fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError> {
        Ok(self.tables()?.read_marker(agent, thread))
    }

    async fn unread(&self, agent: &AgentName, contact: ContactId) -> Result<u64, StoreError> {
        Ok(self.tables()?.unread(agent, contact))
    }

    async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError> {
        Ok(self.tables()?.contacts(query))
    }

    async fn assigned(&self, agent: &AgentName) -> Result<Vec<ContactId>, StoreError> {
        Ok(self.tables()?.assigned(agent))
    }

    async fn last_alert(&self, agent: &AgentName, thread: ThreadId) -> Result<Option<Alert>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.last_alert.get(&(agent.clone(), thread)).and_then(|id| tables.alerts.get(id)).cloned())
    }

    async fn agents(&self) -> Result<Vec<AgentState>, StoreError> {
        Ok(self.tables()?.agents.values().cloned().collect())
    }

    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
        Ok(self.tables()?.agents.get(name).cloned())
    }

    async fn timers(&self) -> Result<Vec<(TimerKey, Timestamp)>, StoreError> {
        let mut timers: Vec<_> = self.tables()?.timers.iter().map(|(key, at)| (key.clone(), *at)).collect();
        timers.sort_by_key(|(_, at)| *at);
        Ok(timers)
    }

    async fn request(&self, key: &RequestKey) -> Result<Option<Request>, StoreError> {
        Ok(self.tables()?.requests.get(key).cloned())
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        Ok(self.tables()?.documents.get(key).cloned())
    }

    async fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        let tables = self.tables()?;
        Ok(tables
            .documents
            .range(DocumentKey::new(kind, "")..)
            .map(|(_, document)| document)
            .take_while(|document| document.key.kind == kind)
            .cloned()
            .collect())
    }

    async fn outbox_entry(&self, id: OutboxId) -> Result<Option<OutboxEntry>, StoreError> {
        Ok(self.tables()?.outbox.get(&id).cloned())
    }

    async fn outbox(&self, after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.outbox.range(tables::above(after)).take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn unfinished_outbox(
        &self,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let tables = self.tables()?;
        let entries = tables.outbox.range(tables::above(after)).map(|(_, entry)| entry);
        Ok(entries.filter(|entry| !entry.state.is_final()).take(limit).cloned().collect())
    }

    async fn sent_as(
        &self,
        channel: &ChannelName,
        provider_id: &ProviderMessageId,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        let is_it = |entry: &&OutboxEntry| {
            entry.channel == *channel && entry.provider_id.as_ref() == Some(provider_id)
        };
        Ok(self.tables()?.outbox.values().find(is_it).cloned())
    }

    async fn consent(&self, point: ContactPointId) -> Result<Vec<ConsentEntry>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.consent.range((point, 0)..=(point, u64::MAX)).map(|(_, entry)| entry.clone()).collect())
    }

    async fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        Ok(self.tables()?.dead_letters.values().skip(skip).take(limit).cloned().collect())
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let tables = self.tables()?;
        // Positions are gapless from 1, so a position is also how many records stand before the next one.
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(tables.journal.iter().skip(skip).take(limit).cloned().collect())
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        let tables = self.tables()?;
        Ok(Totals {
            inbox: tables.inbox.len() as u64,
            dead_letters: tables.dead_letters.len() as u64,
            messages: tables.messages.len() as u64,
            position: tables.position(),
        })
    }
}
