use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{
    AgentName, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, InteractionId, Message,
    MessageId, Observation, OfferId, OutboxId, PointKey, ProviderMessageId, Subject, Thread, ThreadId,
    Timestamp,
};

use crate::{
    Acknowledged, AgentState, Alert, AuditRecord, ChangeSet, CommitError, Committed, ConsentEntry,
    ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery, DeadLetter, Document,
    DocumentKey, Erased, Erasure, Expired, Expiry, JournalRecord, Lease, LeaseName, MessageSearch,
    OfferRecord, OutboxClaim, OutboxEntry, Request, RequestKey, SearchPage, StoreError, TimerKey, Totals,
};

/// Keeps one workspace.
///
/// # Contract
///
/// * **All or nothing.** [`commit`](Self::commit) keeps every part of a change or, on any error, none.
/// * **Durable answer.** When it returns `Ok`, the change survives the death of the process at any later moment;
///   for a store that says it is durable, also the loss of power.
/// * **Checks.** Expected versions, unique keys and load limits are checked inside the same transaction, never before it.
/// * **Repetitions first.** A change that repeats an inbox key, a request or a message id of an earlier commit is answered
///   as [`Duplicate`](crate::Duplicate) even when a conflict applies too: whoever repeats finds the earlier answer.
/// * **No loose ends.** A change that names a contact, contact point, thread, interaction or message that neither exists
///   nor is made before it in the same change fails with [`StoreError::Invalid`]. Only a message's `parent` and the
///   message of an inbox entry are not looked up.
/// * **Places.** Sequences are gapless from 1 in each thread; positions are gapless from 1 in the workspace. A
///   reader never sees a place while a lower one is still missing.
/// * **Reads** see every commit that was answered before they began.
/// * **Absent** is `Ok(None)` or an empty list, never an error.
///
/// `parlor-testkit` turns these sentences into cases; a store that passes them works with the engine.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Keeps a change.
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError>;

    /// Takes or renews a lease. `None` while another holder's is still running at `now`. The holder that has it
    /// renews it under the same epoch; anyone else gets a new epoch. A lease runs until just before `until`; nobody has
    /// one that has run out, so its last holder too gets a new epoch.
    async fn acquire_lease(
        &self,
        name: &LeaseName,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives out what is to be sent, in one transaction, at the moment of the claim:
    ///
    /// * What is `Sending` without a lease, or whose lease has run out, becomes `Uncertain` with the reason
    ///   [`SENDER_LOST`](crate::SENDER_LOST); never `Pending`.
    /// * A thread in which something is `Sending` or `Uncertain` waits.
    /// * Of every other thread the `Pending` entry whose message was written first is given out when it is due; one that
    ///   is not holds up those after it. The oldest messages come first.
    /// * What is given out is `Sending` when the call returns, with one more attempt, a new version and a lease of the
    ///   worker. Its version fences the worker: an entry that was given up meanwhile is written only by who has read it.
    async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Erases what belongs to a contact and to those that are shown as it (guarantee G23): every part that
    /// [`PersonalPart`](crate::PersonalPart) names. What must stay so that nothing else changes is emptied: contacts without a
    /// name, points with nobody's address, messages as [`Content::Erased`](parlor_model::Content::Erased) at their places.
    /// Inbound events stay known, so that a repetition stays one. The contact stands in no list any more.
    ///
    /// While an interaction in a thread with them alone is not Done it is [`StoreError::InWork`]. From then on a message into
    /// such a thread is [`Conflict::Erased`](crate::Conflict::Erased), whoever writes it and through whichever node.
    ///
    /// When it returns `Ok`, no byte of what was erased is left in the files of the store. It may be repeated. `None` when
    /// there is no such contact.
    async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError>;

    /// Everything of a contact and of those that are shown as it: the same parts. `None` when there is no such contact.
    async fn export(&self, contact: ContactId) -> Result<Option<ContactExport>, StoreError>;

    /// Ends what is older than the workspace keeps it, in the way of an erasure: the rows stay and are counted.
    async fn expire(&self, expiry: &Expiry) -> Result<Expired, StoreError>;

    /// Audit records after the record `after`, in order. Each has the hash of the one before it.
    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError>;

    /// A contact by id; not followed through aliases.
    async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError>;

    /// The contact as whom this one is shown, following aliases; itself when there is none.
    async fn resolve_contact(&self, id: ContactId) -> Result<ContactId, StoreError>;

    /// A contact point by id.
    async fn point(&self, id: ContactPointId) -> Result<Option<ContactPoint>, StoreError>;

    /// A contact point by network, scope and address.
    async fn point_by_key(&self, key: &PointKey) -> Result<Option<ContactPoint>, StoreError>;

    /// The contact points of a contact, and of those shown as it; oldest first.
    async fn points_of(&self, contact: ContactId) -> Result<Vec<ContactPoint>, StoreError>;

    /// A thread by id.
    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>, StoreError>;

    /// The thread of a channel about a subject.
    async fn thread_by_subject(&self, channel: &str, subject: &Subject)
    -> Result<Option<Thread>, StoreError>;

    /// The threads of a contact: the direct ones of its points, and the post threads it wrote in; oldest first.
    async fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>, StoreError>;

    /// An interaction by id.
    async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>, StoreError>;

    /// The interaction of a thread that is not Done. There is at most one.
    async fn open_interaction(&self, thread: ThreadId) -> Result<Option<Interaction>, StoreError>;

    /// Every interaction that is not Done, in order of id, after `after`.
    async fn open_interactions(
        &self,
        after: Option<InteractionId>,
        limit: usize,
    ) -> Result<Vec<Interaction>, StoreError>;

    /// The interactions of a thread, the one that was made last first.
    async fn interactions_of(&self, thread: ThreadId, limit: usize) -> Result<Vec<Interaction>, StoreError>;

    /// What happened to an interaction, in order.
    async fn history(&self, id: InteractionId) -> Result<Vec<Recorded>, StoreError>;

    /// An offer that was made.
    async fn offer(&self, id: OfferId) -> Result<Option<OfferRecord>, StoreError>;

    /// A message by id.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The entries of a thread with a sequence above `after`, in order.
    async fn messages(&self, thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// The last entries of a thread, oldest of them first.
    async fn last_messages(&self, thread: ThreadId, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// A page of the messages of a contact.
    async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError>;

    /// Messages that contain words, newest first (r80). A message that is appended while pages are read is on none of
    /// the pages after the first, and pushes nothing from one page to the next.
    async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError>;

    /// Everything that was observed about a message, in any order.
    async fn observations(&self, message: MessageId) -> Result<Vec<Observation>, StoreError>;

    /// How far a contact has acknowledged a thread; zeros when never.
    async fn acknowledged(&self, thread: ThreadId) -> Result<Acknowledged, StoreError>;

    /// How far an agent has read a thread; 0 when never.
    async fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError>;

    /// How many messages of the contact an agent has not read (r107): written by the contact, not by anyone else, also
    /// below a post in which other contacts write.
    async fn unread(&self, agent: &AgentName, contact: ContactId) -> Result<u64, StoreError>;

    /// Contacts in a list. A contact that is shown as another one is not in it by itself.
    async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError>;

    /// The contacts in an agent's list, as they are shown (aliases followed), in order of id, none twice.
    async fn assigned(&self, agent: &AgentName) -> Result<Vec<ContactId>, StoreError>;

    /// The alert of an agent about a thread that was committed last.
    async fn last_alert(&self, agent: &AgentName, thread: ThreadId) -> Result<Option<Alert>, StoreError>;

    /// The state of every agent who was ever seen, in order of name.
    async fn agents(&self) -> Result<Vec<AgentState>, StoreError>;

    /// The state of one agent.
    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError>;

    /// Every timer that is set, earliest first; those of one moment in order of key.
    async fn timers(&self) -> Result<Vec<(TimerKey, Timestamp)>, StoreError>;

    /// A request that was carried out.
    async fn request(&self, key: &RequestKey) -> Result<Option<Request>, StoreError>;

    /// A document.
    async fn document(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError>;

    /// The documents of a kind, in order of key.
    async fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError>;

    /// An outbox entry.
    async fn outbox_entry(&self, id: OutboxId) -> Result<Option<OutboxEntry>, StoreError>;

    /// Outbox entries in order of id, after `after`.
    async fn outbox(&self, after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Outbox entries whose state is not final, in order of id, after `after`. It takes no longer when many are.
    async fn unfinished_outbox(
        &self,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError>;

    /// The outbox entry that a provider knows by an id on a channel; the first, should there be several.
    async fn sent_as(
        &self,
        channel: &ChannelName,
        provider_id: &ProviderMessageId,
    ) -> Result<Option<OutboxEntry>, StoreError>;

    /// The consent ledger of a contact point, in order of commit.
    async fn consent(&self, point: ContactPointId) -> Result<Vec<ConsentEntry>, StoreError>;

    /// Dead letters, oldest first, skipping the first `skip`.
    async fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Journal records with a position above `after`, in order.
    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;

    /// How much the store holds.
    async fn totals(&self) -> Result<Totals, StoreError>;
}
