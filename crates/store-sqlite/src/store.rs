use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
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
use rusqlite::Connection;
use rusqlite::ffi::SQLITE_IOERR;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::error::read_error;
use crate::lock::FileLock;
use crate::readers::Readers;
use crate::search_index::{self, Timekeeper};
use crate::stats::Counts;
use crate::wal::Wal;
use crate::writer::{Job, LeaseRequest, Pending, Waiting, Writer};
use crate::{SqliteError, SqliteOptions, SqliteStats, connection, read, schema};

/// One workspace in one SQLite file.
///
/// Dropping the store closes it, and blocks until everything that was asked for is written; [`close`](Self::close) does
/// so without blocking.
pub struct SqliteStore {
    path: PathBuf,
    counts: Arc<Counts>,
    /// `None` once it is closed.
    doors: Mutex<Option<Doors>>,
    writer: tokio::sync::Mutex<Option<WriterThread>>,
}

/// Where work is handed in.
struct Doors {
    writes: mpsc::Sender<Job>,
    reads: Readers,
}

/// The thread that ends last, and the lock that is released when it has ended.
struct WriterThread {
    thread: JoinHandle<()>,
    /// `None` where the operating system knows nothing of the file.
    lock: Option<FileLock>,
}

impl SqliteStore {
    /// Opens a workspace, making the file when there is none, and brings it to the newest schema.
    ///
    /// It blocks, after a crash for as long as it takes to check the file. The folder must exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Incompatible`] when another store has the file open, when it is a folder, not a SQLite database, of
    /// another application or of a newer version, or when the disk cannot hold a write-ahead log;
    /// [`StoreError::Corrupt`] when it is damaged; [`StoreError::Backend`] with a [`SqliteError`] when it cannot be
    /// opened.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = connection::true_path(path.as_ref(), &options)?;
        let (lock, crashed) = if options.vfs.is_none() {
            let lock = FileLock::acquire(&path)?;
            connection::make_file(&path)?;
            // In order, a file is closed without a log.
            (Some(lock), log_path(&path).metadata().is_ok_and(|log| log.len() > 0))
        } else {
            (None, true)
        };
        // This first connection is also the only one: as it is closed again, SQLite copies a log that a crash has left into
        // the file and removes it. So nothing that is answered later rests on a log in which a sync had failed.
        schema::check(&connection::plain(&path, &options)?)?;
        let mut writer = connection::writing(&path, &options)?;
        if crashed && options.check_after_crash {
            check_file(&writer)?;
        }
        schema::migrate(&mut writer)?;
        search_index::prepare(&writer).map_err(read_error)?;

        let counts = Arc::new(Counts::default());
        let (wal, checkpointer) =
            Wal::new(connection::writing(&path, &options)?, &options, Arc::clone(&counts));
        let readers: Result<Vec<_>, _> =
            (0..options.readers.max(1)).map(|_| connection::reading(&path, &options)).collect();
        let cannot_start = |error| SqliteError::cannot_open(&path, error);
        let (reads, mut others) = Readers::start(readers?, options.read_queue).map_err(cannot_start)?;
        let (jobs_in, jobs) = mpsc::channel(options.queue.max(1));
        let (wake, woken) = std::sync::mpsc::sync_channel(1);
        if let Some(pause) = options.index_pause {
            let timekeeper = Timekeeper { woken, jobs: jobs_in.downgrade(), pause };
            others.push(spawn("parlor-index", || timekeeper.run()).map_err(cannot_start)?);
        }
        let writer = Writer::new(path.clone(), options, Arc::clone(&counts), wal, writer, wake)?;
        others.push(spawn("parlor-wal", || checkpointer.run()).map_err(cannot_start)?);
        let writer = spawn("parlor-write", || writer.run(jobs, others)).map_err(cannot_start)?;
        Ok(Self {
            path,
            counts,
            doors: Mutex::new(Some(Doors { writes: jobs_in, reads })),
            writer: tokio::sync::Mutex::new(Some(WriterThread { thread: writer, lock })),
        })
    }

    /// Closes the store: what was asked for before is still done and answered, what is asked for after is answered
    /// [`StoreError::Closed`]. When it returns, every thread has ended and another store may open the file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] when no thread could be started that waits for the others; the store is then being closed
    /// all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.shut_doors();
        // Held until it has ended: a second caller waits as the first one does.
        let mut writer = self.writer.lock().await;
        let Some(ending) = writer.take() else { return Ok(()) };
        let (done, ended) = tokio::sync::oneshot::channel();
        spawn("parlor-close", move || {
            ending.join();
            let _gone = done.send(());
        })
        .map_err(|error| SqliteError::cannot_open(&self.path, error))?;
        ended.await.map_err(|_| StoreError::Closed)
    }

    /// Indexes what searches have to read so far. It is done by itself, a moment after each commit, and searches find
    /// everything either way: this is for those who measure.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] and [`StoreError::Closed`] as from a commit, [`StoreError::Backend`] when the file cannot be
    /// written.
    pub async fn finish_index(&self) -> Result<(), StoreError> {
        let (pending, waiting) = Pending::new(());
        self.write(Job::FinishIndex(pending))?;
        answer_of(waiting).await
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> SqliteStats {
        self.counts.read()
    }

    fn shut_doors(&self) {
        *self.doors.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn write(&self, job: Job) -> Result<(), StoreError> {
        let doors = self.doors.lock().map_err(|_| StoreError::Closed)?;
        let doors = doors.as_ref().ok_or(StoreError::Closed)?;
        doors.writes.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let waiting = {
            let doors = self.doors.lock().map_err(|_| StoreError::Closed)?;
            doors.as_ref().ok_or(StoreError::Closed)?.reads.ask(read)?
        };
        answer_of(waiting).await
    }
}

async fn answer_of<T, E: From<StoreError>>(waiting: Waiting<T, E>) -> Result<T, E> {
    // The other end is dropped without an answer only when its thread has died.
    waiting.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn log_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Looks at every page of the file.
fn check_file(connection: &Connection) -> Result<(), StoreError> {
    let finding: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(read_error)?;
    if finding == "ok" {
        return Ok(());
    }
    // SQLite reports a page that the disk did not give as if it were damaged.
    if ["unable to get the page", "failed to get page"].iter().any(|unread| finding.contains(unread)) {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(SQLITE_IOERR), Some(finding));
        return Err(read_error(error));
    }
    Err(StoreError::Corrupt { detail: finding })
}

impl WriterThread {
    fn join(self) {
        join(self.thread);
        drop(self.lock);
    }
}

/// Waits for the end of a thread.
pub(crate) fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a thread of the store panicked");
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.shut_doors();
        if let Some(writer) = self.writer.get_mut().take() {
            writer.join();
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
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
        answer_of(waiting).await
    }

    async fn export(&self, contact: ContactId) -> Result<Option<ContactExport>, StoreError> {
        self.read(move |c| read::belongings::export(c, contact)).await?.transpose()
    }

    async fn expire(&self, expiry: &Expiry) -> Result<Expired, StoreError> {
        let (pending, waiting) = Pending::new(expiry.clone());
        self.write(Job::Expire(pending))?;
        answer_of(waiting).await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(move |c| read::belongings::audit(c, after, limit)).await
    }

    async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(move |c| read::contact::contact(c, id)).await
    }

    async fn resolve_contact(&self, id: ContactId) -> Result<ContactId, StoreError> {
        self.read(move |c| read::contact::resolve(c, id)).await
    }

    async fn point(&self, id: ContactPointId) -> Result<Option<ContactPoint>, StoreError> {
        self.read(move |c| read::contact::point(c, id)).await
    }

    async fn point_by_key(&self, key: &PointKey) -> Result<Option<ContactPoint>, StoreError> {
        let key = key.clone();
        self.read(move |c| read::contact::point_by_key(c, &key)).await
    }

    async fn points_of(&self, contact: ContactId) -> Result<Vec<ContactPoint>, StoreError> {
        self.read(move |c| read::contact::points_of(c, contact)).await
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>, StoreError> {
        self.read(move |c| read::thread::thread(c, id)).await
    }

    async fn thread_by_subject(
        &self,
        channel: &str,
        subject: &Subject,
    ) -> Result<Option<Thread>, StoreError> {
        let (channel, subject) = (channel.to_owned(), subject.clone());
        self.read(move |c| read::thread::by_subject(c, &channel, &subject)).await
    }

    async fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>, StoreError> {
        self.read(move |c| read::thread::threads_of(c, contact)).await
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>, StoreError> {
        self.read(move |c| read::interaction::interaction(c, id)).await
    }

    async fn open_interaction(&self, thread: ThreadId) -> Result<Option<Interaction>, StoreError> {
        self.read(move |c| read::interaction::open_of(c, thread)).await
    }

    async fn open_interactions(
        &self,
        after: Option<InteractionId>,
        limit: usize,
    ) -> Result<Vec<Interaction>, StoreError> {
        self.read(move |c| read::interaction::open(c, after, limit)).await
    }

    async fn interactions_of(&self, thread: ThreadId, limit: usize) -> Result<Vec<Interaction>, StoreError> {
        self.read(move |c| read::interaction::interactions_of(c, thread, limit)).await
    }

    async fn history(&self, id: InteractionId) -> Result<Vec<Recorded>, StoreError> {
        self.read(move |c| read::interaction::history(c, id)).await
    }

    async fn offer(&self, id: OfferId) -> Result<Option<OfferRecord>, StoreError> {
        self.read(move |c| read::interaction::offer(c, id)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.read(move |c| read::message::message(c, id)).await
    }

    async fn messages(&self, thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.read(move |c| read::message::messages(c, thread, after, limit)).await
    }

    async fn last_messages(&self, thread: ThreadId, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.read(move |c| read::message::last(c, thread, limit)).await
    }

    async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
        let query = query.clone();
        self.read(move |c| read::conversation::page(c, &query)).await
    }

    async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
        let query = query.clone();
        self.read(move |c| read::search::search(c, &query)).await
    }

    async fn observations(&self, message: MessageId) -> Result<Vec<Observation>, StoreError> {
        self.read(move |c| read::message::observations(c, message)).await
    }

    async fn acknowledged(&self, thread: ThreadId) -> Result<Acknowledged, StoreError> {
        self.read(move |c| read::thread::acknowledged(c, thread)).await
    }

    async fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError> {
        let agent = agent.clone();
        self.read(move |c| read::thread::read_marker(c, &agent, thread)).await
    }

    async fn unread(&self, agent: &AgentName, contact: ContactId) -> Result<u64, StoreError> {
        let agent = agent.clone();
        self.read(move |c| read::contact_list::unread(c, &agent, contact)).await
    }

    async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError> {
        let query = query.clone();
        self.read(move |c| read::contact_list::contacts(c, &query)).await
    }

    async fn assigned(&self, agent: &AgentName) -> Result<Vec<ContactId>, StoreError> {
        let agent = agent.clone();
        self.read(move |c| read::contact_list::assigned(c, &agent).map(|all| all.into_iter().collect())).await
    }

    async fn last_alert(&self, agent: &AgentName, thread: ThreadId) -> Result<Option<Alert>, StoreError> {
        let agent = agent.clone();
        self.read(move |c| read::agent::last_alert(c, &agent, thread)).await
    }

    async fn agents(&self) -> Result<Vec<AgentState>, StoreError> {
        self.read(read::agent::agents).await
    }

    async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
        let name = name.clone();
        self.read(move |c| read::agent::agent(c, &name)).await
    }

    async fn timers(&self) -> Result<Vec<(TimerKey, Timestamp)>, StoreError> {
        self.read(read::interaction::timers).await
    }

    async fn request(&self, key: &RequestKey) -> Result<Option<Request>, StoreError> {
        let key = key.clone();
        self.read(move |c| read::ledger::request(c, &key)).await
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
        let key = key.clone();
        self.read(move |c| read::ledger::document(c, &key)).await
    }

    async fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        let kind = kind.to_owned();
        self.read(move |c| read::ledger::documents(c, &kind)).await
    }

    async fn outbox_entry(&self, id: OutboxId) -> Result<Option<OutboxEntry>, StoreError> {
        self.read(move |c| read::message::outbox_entry(c, id)).await
    }

    async fn outbox(&self, after: Option<OutboxId>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        self.read(move |c| read::message::outbox(c, after, limit)).await
    }

    async fn unfinished_outbox(
        &self,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        self.read(move |c| read::message::unfinished_outbox(c, after, limit)).await
    }

    async fn sent_as(
        &self,
        channel: &ChannelName,
        provider_id: &ProviderMessageId,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        let (channel, provider_id) = (channel.clone(), provider_id.clone());
        self.read(move |c| read::message::sent_as(c, &channel, &provider_id)).await
    }

    async fn consent(&self, point: ContactPointId) -> Result<Vec<ConsentEntry>, StoreError> {
        self.read(move |c| read::ledger::consent(c, point)).await
    }

    async fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(move |c| read::ledger::dead_letters(c, skip, limit)).await
    }

    async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.read(move |c| read::journal::journal(c, after, limit)).await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.read(read::ledger::totals).await
    }
}
