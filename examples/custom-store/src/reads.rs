use std::time::Duration;

use async_trait::async_trait;
use parlor::interaction::{Interaction, Recorded};
use parlor::model::{
    AgentName, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, InteractionId, Message,
    MessageId, Observation, OfferId, OutboxId, PointKey, ProviderMessageId, Subject, Thread, ThreadId,
    Timestamp,
};
use parlor::store::{
    Acknowledged, AgentState, Alert, AuditRecord, ChangeSet, CommitError, Committed, ConsentEntry,
    ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery, DeadLetter, Document,
    DocumentKey, Erased, Erasure, Expired, Expiry, JournalRecord, Lease, LeaseName, MessageSearch,
    OfferRecord, OutboxClaim, OutboxEntry, Request, RequestKey, SearchPage, Store, StoreError, TimerKey,
    Totals,
};

use crate::{Asked, RedbStore};

/// The store: writes go through the log, reads are answered from memory.
macro_rules! store {
    ($($read:ident($($name:ident: $argument:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for RedbStore {
            async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
                let answer = async |asked| match asked {
                    Asked::Commit(changes) => self.memory.commit(*changes).await,
                    _ => Err(StoreError::Closed.into()),
                };
                self.ask(Asked::Commit(Box::new(changes)), answer).await
            }

            async fn acquire_lease(
                &self,
                name: &LeaseName,
                holder: &str,
                now: Timestamp,
                ttl: Duration,
            ) -> Result<Option<Lease>, StoreError> {
                let asked = Asked::Lease { name: name.clone(), holder: holder.to_owned(), now, ttl };
                self.ask(asked, async |_| self.memory.acquire_lease(name, holder, now, ttl).await).await
            }

            async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
                self.ask(Asked::Claim(claim.clone()), async |_| self.memory.claim_outbox(claim).await).await
            }

            async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
                self.ask(Asked::Erase(erasure.clone()), async |_| self.memory.erase(erasure).await).await
            }

            async fn expire(&self, expiry: &Expiry) -> Result<Expired, StoreError> {
                self.ask(Asked::Expire(expiry.clone()), async |_| self.memory.expire(expiry).await).await
            }

            $(async fn $read(&self, $($name: $argument),*) -> Result<$answer, StoreError> {
                self.memory.$read($($name),*).await
            })+
        }
    };
}

store! {
    export(contact: ContactId) -> Option<ContactExport>;
    audit(after: u64, limit: usize) -> Vec<AuditRecord>;
    contact(id: ContactId) -> Option<Contact>;
    resolve_contact(id: ContactId) -> ContactId;
    point(id: ContactPointId) -> Option<ContactPoint>;
    point_by_key(key: &PointKey) -> Option<ContactPoint>;
    points_of(contact: ContactId) -> Vec<ContactPoint>;
    thread(id: ThreadId) -> Option<Thread>;
    thread_by_subject(channel: &str, subject: &Subject) -> Option<Thread>;
    threads_of(contact: ContactId) -> Vec<Thread>;
    interaction(id: InteractionId) -> Option<Interaction>;
    open_interaction(thread: ThreadId) -> Option<Interaction>;
    open_interactions(after: Option<InteractionId>, limit: usize) -> Vec<Interaction>;
    interactions_of(thread: ThreadId, limit: usize) -> Vec<Interaction>;
    history(id: InteractionId) -> Vec<Recorded>;
    offer(id: OfferId) -> Option<OfferRecord>;
    message(id: MessageId) -> Option<Message>;
    messages(thread: ThreadId, after: u64, limit: usize) -> Vec<Message>;
    last_messages(thread: ThreadId, limit: usize) -> Vec<Message>;
    conversation(query: &ConversationQuery) -> ConversationPage;
    search(query: &MessageSearch) -> SearchPage;
    observations(message: MessageId) -> Vec<Observation>;
    acknowledged(thread: ThreadId) -> Acknowledged;
    read_marker(agent: &AgentName, thread: ThreadId) -> u64;
    unread(agent: &AgentName, contact: ContactId) -> u64;
    contacts(query: &ContactQuery) -> Vec<ContactListItem>;
    assigned(agent: &AgentName) -> Vec<ContactId>;
    last_alert(agent: &AgentName, thread: ThreadId) -> Option<Alert>;
    agents() -> Vec<AgentState>;
    agent(name: &AgentName) -> Option<AgentState>;
    timers() -> Vec<(TimerKey, Timestamp)>;
    request(key: &RequestKey) -> Option<Request>;
    document(key: &DocumentKey) -> Option<Document>;
    documents(kind: &str) -> Vec<Document>;
    outbox_entry(id: OutboxId) -> Option<OutboxEntry>;
    unfinished_outbox(after: Option<OutboxId>, limit: usize) -> Vec<OutboxEntry>;
    sent_as(channel: &ChannelName, provider_id: &ProviderMessageId) -> Option<OutboxEntry>;
    outbox(after: Option<OutboxId>, limit: usize) -> Vec<OutboxEntry>;
    consent(point: ContactPointId) -> Vec<ConsentEntry>;
    dead_letters(skip: usize, limit: usize) -> Vec<DeadLetter>;
    journal(after: u64, limit: usize) -> Vec<JournalRecord>;
    totals() -> Totals;
}
