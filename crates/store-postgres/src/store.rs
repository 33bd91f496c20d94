use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{
    AgentName, ChannelName, Contact, ContactId, ContactPoint, ContactPointId, InteractionId, Message,
    MessageId, Observation, OfferId, OutboxId, PointKey, ProviderMessageId, Subject, Thread, ThreadId,
    Timestamp,
};
use parlor_store::{
    Acknowledged, AgentState, Alert, AuditRecord, Belongings, ChangeSet, CommitError, Committed,
    ConsentEntry, ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery,
    DeadLetter, Document, DocumentKey, Erased, Erasure, Expired, Expiry, JournalRecord, Lease, LeaseName,
    MessageSearch, OfferRecord, OutboxClaim, OutboxEntry, Request, RequestKey, SearchPage, Store, StoreError,
    TimerKey, Totals,
};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, IsolationLevel, NoTls, Socket};

use crate::error::{PostgresError, Trouble, connect_error};
use crate::search_index::{CALLS, Call, Indexer};
use crate::session::{Connector, reader_settings, settings, writer_settings};
use crate::stats::Counts;
use crate::writer::{Job, LeaseRequest, Pending, Waiting, Writer};
use crate::{PostgresOptions, PostgresStats, PostgresWarning, read, schema};

/// One workspace in one schema of a PostgreSQL database, shared by as many nodes as open it.
///
/// It lives on the tokio runtime on which it was opened. Dropping it closes it without waiting; [`close`](Self::close)
/// waits until everything that was asked for is written.
pub struct PostgresStore {
    schema: String,
    warnings: Vec<PostgresWarning>,
    counts: Arc<Counts>,
    readers: Pool,
    /// `None` once it is closed.
    writes: Mutex<Option<mpsc::Sender<Job>>>,
    calls: mpsc::Sender<Call>,
    tasks: tokio::sync::Mutex<Option<Tasks>>,
}

/// What works for a store while it is open.
struct Tasks {
    writer: JoinHandle<()>,
    indexer: JoinHandle<()>,
}

impl PostgresStore {
    /// Opens a workspace without encryption: over a Unix socket, or a network that is trusted. `address` is a connection
    /// string, `postgres://…` or `host=… user=…`. The schema is made when there is none, and brought to the newest version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Incompatible`] when the server is older than 14, a standby, not in UTF-8, or would confirm what it may
    /// lose, and when the schema is of another application or of a newer version; [`StoreError::Backend`] with a
    /// [`PostgresError`] when there is no connection, no such user or database, or no right to use it.
    pub async fn open(address: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let config = address.parse().map_err(|error| PostgresError::BadAddress(Arc::new(error)))?;
        Self::open_with(config, NoTls, options).await
    }

    /// Opens a workspace with whatever makes the encryption, such as the connector of `tokio-postgres-rustls`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with<T>(config: Config, tls: T, options: PostgresOptions) -> Result<Self, StoreError>
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let connector = Connector::new(config, tls, &options);
        let warnings = schema::prepare(&connector, &options).await?;
        let readers = readers(&connector, &options)?;
        let counts = Arc::new(Counts::default());
        let (writes, jobs) = mpsc::channel(options.queue.max(1));
        let schema = options.schema.clone();
        let indexer = Indexer {
            connector: connector.clone(),
            settings: settings(&options),
            counts: Arc::clone(&counts),
            pause: options.index_pause,
            session: None,
        };
        let (calls, called) = mpsc::channel(CALLS);
        let settings = writer_settings(&options);
        let task = Writer::open(connector, settings, options, Arc::clone(&counts), calls.clone()).await?;
        // What a node has left that died. There is room for the first call.
        let _waiting = calls.try_send(Call::Written);
        let tasks = Tasks {
            // Ends when `writes` is gone and everything is answered.
            writer: tokio::spawn(task.run(jobs)),
            // Ends when the store and the writer are gone.
            indexer: tokio::spawn(indexer.run(called)),
        };
        Ok(Self {
            schema,
            warnings,
            counts,
            readers,
            writes: Mutex::new(Some(writes)),
            calls,
            tasks: tokio::sync::Mutex::new(Some(tasks)),
        })
    }

    /// What was found when the store was opened that an operator should know.
    pub fn warnings(&self) -> &[PostgresWarning] {
        &self.warnings
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> PostgresStats {
        self.counts.read()
    }

    /// Closes the store: what was asked for before is still done and answered, what is asked for after is answered
    /// [`StoreError::Closed`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Closed`] when the task that writes had died.
    pub async fn close(&self) -> Result<(), StoreError> {
        *self.writes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.readers.close();
        // Held until they have ended: a second caller waits as the first one does.
        let mut tasks = self.tasks.lock().await;
        let Some(Tasks { writer, indexer }) = tasks.take() else { return Ok(()) };
        let written = writer.await;
        // What it was about to do is done by another node, or when the workspace is opened again.
        indexer.abort();
        let _stopped = indexer.await;
        written.map_err(|_| StoreError::Closed)
    }

    /// Indexes what searches have to read so far. It is done by itself, a moment after each commit, and searches find
    /// everything either way: this is for those who measure.
    ///
    /// # Errors
    ///
    /// [`StoreError::Closed`] when the store is, [`StoreError::Backend`] when the database cannot be written.
    pub async fn finish_index(&self) -> Result<(), StoreError> {
        let (waiter, waiting) = oneshot::channel();
        self.calls.send(Call::Finish(waiter)).await.map_err(|_| StoreError::Closed)?;
        answer_of(waiting).await
    }

    /// Waits until nothing in the tables leads to what was erased.
    async fn tidy_up(&self) -> Result<(), StoreError> {
        let (waiter, waiting) = oneshot::channel();
        self.calls.send(Call::Erased(waiter)).await.map_err(|_| StoreError::Closed)?;
        answer_of(waiting).await
    }

    fn write(&self, job: Job) -> Result<(), StoreError> {
        let writes = self.writes.lock().map_err(|_| StoreError::Closed)?;
        let writes = writes.as_ref().ok_or(StoreError::Closed)?;
        writes.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    async fn reader(&self) -> Result<Object, StoreError> {
        self.readers.get().await.map_err(|error| match error {
            PoolError::Backend(error) => connect_error(error),
            PoolError::Closed => StoreError::Closed,
            PoolError::Timeout(_) => StoreError::Busy,
            other => StoreError::backend(other),
        })
    }
}

/// The connections that read.
fn readers(connector: &Connector, options: &PostgresOptions) -> Result<Pool, StoreError> {
    let connect = connector.for_readers(reader_settings(options));
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(connector.config().clone(), connect, config);
    Pool::builder(manager)
        .max_size(options.readers.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.reader_wait))
        .create_timeout(Some(options.connect_timeout))
        .build()
        .map_err(StoreError::backend)
}

async fn answer_of<T, E: From<StoreError>>(waiting: Waiting<T, E>) -> Result<T, E> {
    // The other end is dropped without an answer only when its task has died.
    waiting.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
}

impl fmt::Debug for PostgresStore {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Answers a question that is one statement. A connection that had died is replaced, as all of them may have.
macro_rules! read {
    ($store:ident, |$c:ident| $question:expr) => {{
        let mut spare = $store.readers.status().max_size;
        loop {
            let reader = $store.reader().await?;
            let $c: &ClientWrapper = &reader;
            match $question.await {
                Err(trouble) if spare > 0 && Trouble::is_of_the_connection(&trouble) => {
                    spare -= 1;
                    drop(Object::take(reader));
                }
                answer => break answer.map_err(Trouble::into_read_error),
            }
        }
    }};
}

/// The same for more than one statement, all of which see one state.
macro_rules! read_consistently {
    ($store:ident, |$c:ident| $question:expr) => {{
        let mut spare = $store.readers.status().max_size;
        loop {
            let mut reader = $store.reader().await?;
            let answer = async {
                let begin = reader.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
                let transaction = begin.read_only(true).start().await?;
                let $c = &transaction;
                let answer = $question.await?;
                transaction.commit().await?;
                Ok(answer)
            };
            match answer.await {
                Err(trouble) if spare > 0 && Trouble::is_of_the_connection(&trouble) => {
                    spare -= 1;
                    drop(Object::take(reader));
                }
                answer => break answer.map_err(Trouble::into_read_error),
            }
        }
    }};
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let (pending, waiting) = Pending::new(changes);
        self.write(Job::Commit(pending))?;
        answer_of(waiting).await
    }

    async fn acquire_lease(
        &self,
        name: &LeaseName,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let request = LeaseRequest { name: name.clone(), holder: holder.to_owned(), now, ttl };
        let (pending, waiting) = Pending::new(request);
        self.write(Job::Lease(pending))?;
        answer_of(waiting).await
    }

    async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
        let (pending, waiting) = Pending::new(claim.clone());
        self.write(Job::Claim(pending))?;
        answer_of(waiting).await
    }

    async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
        let (pending, waiting) = Pending::new(erasure.clone());
        self.write(Job::Erase(pending))?;
        let erased = answer_of(waiting).await?;
        if erased.is_some() {
            self.tidy_up().await?;
        }
        Ok(erased)
    }

    async fn export(&self, contact: ContactId) -> Result<Option<ContactExport>, StoreError> {
        let found: Result<Option<Belongings>, StoreError> =
            read_consistently!(self, |c| read::belongings::belongings(c, contact));
        found?.map(Belongings::into_export).transpose().map_err(StoreError::backend)
    }

    async fn expire(&self, expiry: &Expiry) -> Result<Expired, StoreError> {
        let (pending, waiting) = Pending::new(expiry.clone());
        self.write(Job::Expire(pending))?;
        let expired = answer_of(waiting).await?;
        if expired.messages + expired.dead_letters > 0 {
            self.tidy_up().await?;
        }
        Ok(expired)
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        read!(self, |c| read::belongings::audit(c, after, limit))
    }

    async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        read!(self, |c| read::contact::contact(c, id))
    }

    async fn resolve_contact(&self, id: ContactId) -> Result<ContactId, StoreError> {
        read!(self, |c| read::contact::resolve(c, id))
    }

    async fn point(&self, id: ContactPointId) -> Result<Option<ContactPoint>, StoreError> {
        read!(self, |c| read::contact::point(c, id))
    }

    async fn point_by_key(&self, key: &PointKey) -> Result<Option<ContactPoint>, StoreError> {
        read!(self, |c| read::contact::point_by_key(c, key))
    }

    async fn points_of(&self, contact: ContactId) -> Result<Vec<ContactPoint>, StoreError> {
        read!(self, |c| read::contact::points_of(c, contact))
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>, StoreError> {
        read!(self, |c| read::thread::thread(c, id))
    }

    async fn thread_by_subject(
        &self,
        channel: &str,
        subject: &Subject,
    ) -> Result<Option<Thread>, StoreError> {
        read!(self, |c| read::thread::by_subject(c, channel, subject))
    }

    async fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>, StoreError> {
        read_consistently!(self, |c| read::thread::threads_of(c, contact))
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>, StoreError> {
        read!(self, |c| read::interaction::interaction(c, id))
    }

    async fn open_interaction(&self, thread: ThreadId) -> Result<Option<Interaction>, StoreError> {
        read!(self, |c| read::interaction::open_of(c, thread))
    }

    async fn open_interactions(
        &self,
        after: Option<InteractionId>,
        limit: usize,
    ) -> Result<Vec<Interaction>, StoreError> {
        read!(self, |c| read::interaction::open(c, after, limit))
    }

    async fn interactions_of(&self, thread: ThreadId, limit: usize) -> Result<Vec<Interaction>, StoreError> {
        read!(self, |c| read::interaction::interactions_of(c, thread, limit))
    }

    async fn history(&self, id: InteractionId) -> Result<Vec<Recorded>, StoreError> {
        read!(self, |c| read::interaction::history(c, id))
    }

    async fn offer(&self, id: OfferId) -> Result<Option<OfferRecord>, StoreError> {
        read!(self, |c| read::interaction::offer(c, id))
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        read!(self, |c| read::message::message(c, id))
    }

    async fn messages(&self, thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError> {
        read!(self, |c| read::message::messages(c, thread, after, limit))
    }

    async fn last_messages(&self, thread: ThreadId, limit: usize) -> Result<Vec<Message>, StoreError> {
        read!(self, |c| read::message::last(c, thread, limit))
    }

    async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
        read_consistently!(self, |c| read::conversation::page(c, query))
    }

    async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
        read_consistently!(self, |c| read::search::search(c, query))
    }

    async fn observations(&self, message: MessageId) -> Result<Vec<Observation>, StoreError> {
        read!(self, |c| read::message::observations(c, message))
    }

    async fn acknowledged(&self, thread: ThreadId) -> Result<Acknowledged, StoreError> {
        read!(self, |c| read::thread::acknowledged(c, thread))
    }

    async fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError> {
        read!(self, |c| read::thread::read_marker(c, agent, thread))
    }

    async fn unread(&self, agent: &AgentName, contact: ContactId) -> Result<u64, StoreError> {
        read_consistently!(self, |c| read::contact_list::unread(c, agent, contact))
    }

    async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError> {
        read_consistently!(self, |c| read::contact_list::contacts(c, query))
    }

    async fn assigned(&self, agent: &AgentName) -> Result<Vec<ContactId>, StoreError> {
        let assigned = read!(self, |c| read::contact_list::assigned(c, agent));
        assigned.map(|contacts| contacts.into_iter().collect())
    }

    async fn last_alert(&self, agent: &AgentName, thread: ThreadId) -> Result<Option<Alert>, StoreError> {
        read!(self, |c| read::agent::last_alert(c, agent, thread))
    }

    async fn agents(&self) -> Result<Vec<AgentState>, StoreError> {
        read!(self, |c| read::agent::agents(c))
    }

    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
        read!(self, |c| read::agent::agent(c, name))
    }

    async fn timers(&self) -> Result<Vec<(TimerKey, Timestamp)>, StoreError> {
        read!(self, |c| read::interaction::timers(c))
    }

    async fn request(&self, key: &RequestKey) -> Result<Option<Request>, StoreError> {
        read!(self, |c| read::ledger::request(c, key))
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        read!(self, |c| read::ledger::document(c, key))
    }

    async fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        read!(self, |c| read::ledger::documents(c, kind))
    }

    async fn outbox_entry(&self, id: OutboxId) -> Result<Option<OutboxEntry>, StoreError> {
        read!(self, |c| read::message::outbox_entry(c, id))
    }

    async fn outbox(&self, after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        read!(self, |c| read::message::outbox(c, after, limit))
    }

    async fn unfinished_outbox(
        &self,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        read!(self, |c| read::message::unfinished_outbox(c, after, limit))
    }

    async fn sent_as(
        &self,
        channel: &ChannelName,
        provider_id: &ProviderMessageId,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        read!(self, |c| read::message::sent_as(c, channel, provider_id))
    }

    async fn consent(&self, point: ContactPointId) -> Result<Vec<ConsentEntry>, StoreError> {
        read!(self, |c| read::ledger::consent(c, point))
    }

    async fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        read!(self, |c| read::ledger::dead_letters(c, skip, limit))
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        read_consistently!(self, |c| read::journal::journal(c, after, limit))
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        read!(self, |c| read::ledger::totals(c))
    }
}
