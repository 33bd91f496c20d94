use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{
    AgentName, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, InteractionId, Message,
    MessageId, Observation, OfferId, OutboxId, PointKey, ProviderMessageId, Subject, Thread, ThreadId,
    Timestamp,
};
use parlor_store::{
    Acknowledged, AgentState, Alert, AuditRecord, ChangeSet, CommitError, Committed, ConsentEntry,
    ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery, DeadLetter, Document,
    DocumentKey, Erased, Erasure, Expired, Expiry, JournalRecord, Lease, LeaseName, MessageSearch,
    OfferRecord, OutboxClaim, OutboxEntry, Request, RequestKey, SearchPage, Store, StoreError, TimerKey,
    Totals,
};

/// Writes the methods of a store once: as a trait whose methods pass everything on, and as the store made of it.
macro_rules! layer {
    ($($method:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+) => {
        /// A store on top of another one. Every method passes on what it is given unless the layer does something else:
        /// counts, fails, forgets or lies.
        #[async_trait]
        pub trait Layer: fmt::Debug + Send + Sync + 'static {
            /// The store below.
            fn below(&self) -> &dyn Store;

            $(
                #[doc = concat!("See [`Store::", stringify!($method), "`].")]
                async fn $method(&self, $($arg: $type),*) -> $answer {
                    self.below().$method($($arg),*).await
                }
            )+
        }

        /// A [`Layer`] as a store.
        #[derive(Debug)]
        pub struct Layered<L>(pub L);

        #[async_trait]
        impl<L: Layer> Store for Layered<L> {
            $(
                async fn $method(&self, $($arg: $type),*) -> $answer {
                    self.0.$method($($arg),*).await
                }
            )+
        }
    };
}

layer! {
    commit(changes: ChangeSet) -> Result<Committed, CommitError>;
    acquire_lease(name: &LeaseName, holder: &str, now: Timestamp, ttl: Duration) -> Result<Option<Lease>, StoreError>;
    claim_outbox(claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError>;
    erase(erasure: &Erasure) -> Result<Option<Erased>, StoreError>;
    export(contact: ContactId) -> Result<Option<ContactExport>, StoreError>;
    expire(expiry: &Expiry) -> Result<Expired, StoreError>;
    audit(after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError>;
    contact(id: ContactId) -> Result<Option<Contact>, StoreError>;
    resolve_contact(id: ContactId) -> Result<ContactId, StoreError>;
    point(id: ContactPointId) -> Result<Option<ContactPoint>, StoreError>;
    point_by_key(key: &PointKey) -> Result<Option<ContactPoint>, StoreError>;
    points_of(contact: ContactId) -> Result<Vec<ContactPoint>, StoreError>;
    thread(id: ThreadId) -> Result<Option<Thread>, StoreError>;
    thread_by_subject(channel: &str, subject: &Subject) -> Result<Option<Thread>, StoreError>;
    threads_of(contact: ContactId) -> Result<Vec<Thread>, StoreError>;
    interaction(id: InteractionId) -> Result<Option<Interaction>, StoreError>;
    open_interaction(thread: ThreadId) -> Result<Option<Interaction>, StoreError>;
    open_interactions(after: Option<InteractionId>, limit: usize) -> Result<Vec<Interaction>, StoreError>;
    interactions_of(thread: ThreadId, limit: usize) -> Result<Vec<Interaction>, StoreError>;
    history(id: InteractionId) -> Result<Vec<Recorded>, StoreError>;
    offer(id: OfferId) -> Result<Option<OfferRecord>, StoreError>;
    message(id: MessageId) -> Result<Option<Message>, StoreError>;
    messages(thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError>;
    last_messages(thread: ThreadId, limit: usize) -> Result<Vec<Message>, StoreError>;
    conversation(query: &ConversationQuery) -> Result<ConversationPage, StoreError>;
    search(query: &MessageSearch) -> Result<SearchPage, StoreError>;
    observations(message: MessageId) -> Result<Vec<Observation>, StoreError>;
    acknowledged(thread: ThreadId) -> Result<Acknowledged, StoreError>;
    read_marker(agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError>;
    unread(agent: &AgentName, contact: ContactId) -> Result<u64, StoreError>;
    contacts(query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError>;
    assigned(agent: &AgentName) -> Result<Vec<ContactId>, StoreError>;
    last_alert(agent: &AgentName, thread: ThreadId) -> Result<Option<Alert>, StoreError>;
    agents() -> Result<Vec<AgentState>, StoreError>;
    agent(name: &AgentName) -> Result<Option<AgentState>, StoreError>;
    timers() -> Result<Vec<(TimerKey, Timestamp)>, StoreError>;
    request(key: &RequestKey) -> Result<Option<Request>, StoreError>;
    document(key: &DocumentKey) -> Result<Option<Document>, StoreError>;
    documents(kind: &str) -> Result<Vec<Document>, StoreError>;
    outbox_entry(id: OutboxId) -> Result<Option<OutboxEntry>, StoreError>;
    unfinished_outbox(after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;
    sent_as(channel: &ChannelName, provider_id: &ProviderMessageId) -> Result<Option<OutboxEntry>, StoreError>;
    outbox(after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;
    consent(point: ContactPointId) -> Result<Vec<ConsentEntry>, StoreError>;
    dead_letters(skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;
    journal(after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;
    totals() -> Result<Totals, StoreError>;
}
