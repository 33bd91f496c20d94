//! The one thread that writes: whatever arrived while it wrote shares the next transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

use parlor_model::Timestamp;
use parlor_store::{
    ChangeSet, CommitError, Committed, Erased, Erasure, Expired, Expiry, Lease, LeaseName, OutboxClaim,
    OutboxEntry, StoreError,
};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::stats::{Counts, add};
use crate::store::join;
use crate::wal::Wal;
use crate::write::{Refusal, Workspace, acquire_lease, claim};
use crate::{SqliteError, SqliteOptions, connection, search_index};

/// How much text and other bytes share one transaction at the most: bounds what a transaction adds to the log, and how
/// long others wait for it.
const GROUP_BYTES: usize = 8 << 20;

/// What waits for the writer.
#[derive(Debug)]
pub(crate) enum Job {
    Commit(Pending<ChangeSet, Committed, CommitError>),
    Lease(Pending<LeaseRequest, Option<Lease>, StoreError>),
    Claim(Pending<OutboxClaim, Vec<OutboxEntry>, StoreError>),
    Erase(Pending<Erasure, Option<Erased>, StoreError>),
    Expire(Pending<Expiry, Expired, StoreError>),
    /// It is time to index what was written.
    Index,
    /// Somebody waits until everything is indexed.
    FinishIndex(Pending<(), (), StoreError>),
}

/// Something that was asked for, and who waits for the answer. Boxed inside, so that the queue is small when it is empty.
#[derive(Debug)]
pub(crate) struct Pending<Q, T, E> {
    asked: Box<Q>,
    /// Given when the transaction has been committed.
    result: Option<Result<T, E>>,
    waiter: oneshot::Sender<Result<T, E>>,
}

/// Where the answer arrives.
pub(crate) type Waiting<T, E> = oneshot::Receiver<Result<T, E>>;

/// Somebody wants a lease.
#[derive(Debug)]
pub(crate) struct LeaseRequest {
    pub(crate) name: LeaseName,
    pub(crate) holder: String,
    pub(crate) now: Timestamp,
    pub(crate) ttl: Duration,
}

/// How many groups are written with a savepoint for each change, after one was refused that had written something: then
/// what it wrote is taken back alone, but SQLite copies every page that a change touches. Otherwise the whole group is
/// taken back and written again. Where such refusals are usual, few groups are written twice.
const CAREFUL_GROUPS: u32 = 32;

/// Why a transaction failed as a whole.
enum Failure {
    /// Before its commit.
    NotKept(rusqlite::Error),
    /// In its commit.
    Unknown(rusqlite::Error),
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Whole,
    /// A change was refused that had written something, which cannot be taken back alone.
    Spoiled,
}

/// The state of the thread.
pub(crate) struct Writer {
    path: PathBuf,
    options: SqliteOptions,
    counts: Arc<Counts>,
    wal: Wal,
    /// `None` after a failure, until it could be opened again.
    session: Option<Session>,
    /// Says that something is to be indexed.
    wake: SyncSender<()>,
    /// It was said, and nothing was indexed since.
    has_called: bool,
}

/// A connection, and what is known of the file.
struct Session {
    connection: Connection,
    workspace: Workspace,
    /// How many groups to come are written with savepoints.
    careful: u32,
}

impl Session {
    fn open(mut connection: Connection, wal: &Wal) -> Result<Self, StoreError> {
        wal.watch(&mut connection).map_err(crate::error::read_error)?;
        let workspace = Workspace::read(&connection).map_err(crate::error::read_error)?;
        Ok(Self { connection, workspace, careful: 0 })
    }
}

impl Writer {
    /// `connection` is one for writing, to a file with the newest schema.
    pub(crate) fn new(
        path: PathBuf,
        options: SqliteOptions,
        counts: Arc<Counts>,
        wal: Wal,
        connection: Connection,
        wake: SyncSender<()>,
    ) -> Result<Self, StoreError> {
        let session = Some(Session::open(connection, &wal)?);
        Ok(Self { path, options, counts, wal, session, wake, has_called: false })
    }

    /// Writes until nobody can ask for more, and everything that was asked for is answered. Then waits for the other
    /// threads: the last connection to a file leaves no log behind, if it is one that may write.
    pub(crate) fn run(mut self, mut jobs: mpsc::Receiver<Job>, others: Vec<JoinHandle<()>>) {
        let limit = self.options.group.max(1);
        let mut group = Vec::with_capacity(limit);
        // What an earlier run of the process has left.
        self.call_for_index();
        while let Some(first) = jobs.blocking_recv() {
            let mut bytes = 0;
            let mut indexing = None;
            let mut next = Some(first);
            while let Some(job) = next {
                bytes += size(&job);
                match job {
                    Job::Index => indexing = indexing.or(Some(Vec::new())),
                    Job::FinishIndex(pending) => indexing.get_or_insert_with(Vec::new).push(pending),
                    Job::Commit(_) | Job::Lease(_) | Job::Claim(_) | Job::Erase(_) | Job::Expire(_) => {
                        group.push(job);
                    }
                }
                next = if group.len() < limit && bytes < GROUP_BYTES { jobs.try_recv().ok() } else { None };
            }
            if !group.is_empty() {
                self.write(&mut group);
                self.call_for_index();
            }
            if let Some(waiters) = indexing {
                self.index(waiters, || jobs.is_empty());
            }
        }
        // Ends the threads that empty the log and keep time.
        drop(self.wal);
        drop(self.wake);
        others.into_iter().for_each(join);
        drop(self.session);
    }

    /// Writes a group and answers everybody in it.
    fn write(&mut self, group: &mut Vec<Job>) {
        let session = match self.session.take().map_or_else(|| self.reopen(), Ok) {
            Ok(session) => self.session.insert(session),
            Err(error) => {
                tracing::error!(%error, "the store cannot be opened again; nothing can be written");
                let error = Arc::new(error);
                return group
                    .drain(..)
                    .for_each(|job| job.fail(|| SqliteError::NotKept(Arc::clone(&error) as _).into()));
            }
        };
        if !self.wal.make_room(&session.connection) {
            return group.drain(..).for_each(|job| job.fail(|| StoreError::Busy));
        }
        match transact(session, group, &self.counts) {
            Ok(()) => {
                // What was erased must not be left in the log.
                if group.iter().any(Job::has_erased) && !self.wal.empty(&session.connection) {
                    group
                        .extract_if(.., |job| job.has_erased())
                        .for_each(|job| job.fail(|| SqliteError::StillInLog.into()));
                }
                add(&self.counts.transactions, 1);
                self.counts.largest_group.fetch_max(group.len() as u64, Ordering::Relaxed);
                self.wal.after_commit();
                group.drain(..).for_each(|job| job.answer(&self.counts));
            }
            Err(failure) => {
                add(&self.counts.failures, 1);
                // Never again on this connection: after a failed sync it may believe in what is not on the disk.
                self.session = None;
                let error = failure.into_error();
                tracing::error!(error = %error(), "a transaction failed");
                // Also those that were refused: perhaps because of a change that was not kept after all.
                group.drain(..).for_each(|job| job.fail(&error));
            }
        }
    }

    /// Lets somebody ask for indexing in a moment.
    fn call_for_index(&mut self) {
        if !self.has_called {
            self.has_called = true;
            // Nobody listens when there is to be no index.
            let _nobody = self.wake.try_send(());
        }
    }

    /// Indexes what was written: one batch, then as long as nothing else waits or somebody waits for the end.
    fn index(&mut self, waiters: Vec<Pending<(), (), StoreError>>, is_idle: impl Fn() -> bool) {
        self.has_called = false;
        let result = loop {
            match self.index_batch() {
                Ok(0) => break Ok(()),
                Ok(_) if !waiters.is_empty() || is_idle() => {}
                Ok(_) => {
                    self.call_for_index();
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = &result {
            tracing::warn!(%error, "what was written cannot be indexed now; searches read it");
        }
        let error = result.err().map(Arc::new);
        for waiter in waiters {
            waiter.answer_with(match &error {
                None => Ok(()),
                Some(error) => Err(SqliteError::NotKept(Arc::clone(error) as _).into()),
            });
        }
    }

    /// Indexes some messages; answers how many.
    fn index_batch(&mut self) -> Result<usize, StoreError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.reopen()?,
        };
        let session = self.session.insert(session);
        if !search_index::is_behind(&session.connection).map_err(crate::error::read_error)? {
            return Ok(0);
        }
        if !self.wal.make_room(&session.connection) {
            return Err(StoreError::Busy);
        }
        match search_index::index_batch(&session.connection) {
            Ok(indexed) => {
                add(&self.counts.indexed, indexed);
                self.wal.after_commit();
                Ok(indexed)
            }
            Err(error) => {
                // As after any failure: never again on this connection.
                self.session = None;
                Err(SqliteError::NotKept(Arc::new(error)).into())
            }
        }
    }

    fn reopen(&self) -> Result<Session, StoreError> {
        Session::open(connection::writing(&self.path, &self.options)?, &self.wal)
    }
}

/// Writes a group in one transaction, so that a refused change leaves no trace and the others are kept.
fn transact(session: &mut Session, group: &mut [Job], counts: &Counts) -> Result<(), Failure> {
    while write_group(session, group).map_err(Failure::NotKept)? == Written::Spoiled {
        execute(&session.connection, "ROLLBACK").map_err(Failure::NotKept)?;
        session.careful = CAREFUL_GROUPS;
        add(&counts.rewritten, 1);
    }
    session.careful = session.careful.saturating_sub(1);
    execute(&session.connection, "COMMIT").map_err(Failure::Unknown)
}

/// Begins a transaction and writes all of a group into it.
fn write_group(session: &mut Session, group: &mut [Job]) -> rusqlite::Result<Written> {
    let Session { connection, workspace, careful } = session;
    let mut counted = workspace.clone();
    execute(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        if job.carry_out(connection, &mut counted, *careful > 0)? == Written::Spoiled {
            return Ok(Written::Spoiled);
        }
    }
    if *workspace != counted {
        counted.save(connection)?;
        *workspace = counted;
    }
    Ok(Written::Whole)
}

impl Job {
    /// An error is the whole transaction's; what is only the job's own becomes its result. With a savepoint the
    /// transaction is never spoiled.
    fn carry_out(
        &mut self,
        connection: &Connection,
        workspace: &mut Workspace,
        in_savepoint: bool,
    ) -> rusqlite::Result<Written> {
        match self {
            Self::Commit(pending) => {
                pending.result =
                    apart(connection, in_savepoint, || workspace.apply(connection, &pending.asked))?;
                Ok(pending.written())
            }
            Self::Erase(pending) => {
                let result = apart(connection, in_savepoint, || workspace.erase(connection, &pending.asked))?;
                pending.result = result.map(|result| result.map_err(as_store_error));
                Ok(pending.written())
            }
            Self::Expire(pending) => {
                let result =
                    apart(connection, in_savepoint, || workspace.expire(connection, &pending.asked))?;
                pending.result = result.map(|result| result.map_err(as_store_error));
                Ok(pending.written())
            }
            Self::Lease(pending) => {
                let result =
                    apart(connection, in_savepoint, || Ok(acquire_lease(connection, &pending.asked)?))?;
                pending.result = result.map(|result| result.map_err(as_store_error));
                Ok(pending.written())
            }
            Self::Claim(pending) => {
                let result = apart(connection, in_savepoint, || Ok(claim(connection, &pending.asked)?))?;
                pending.result = result.map(|result| result.map_err(as_store_error));
                Ok(pending.written())
            }
            // Never part of a group.
            Self::Index | Self::FinishIndex(_) => Ok(Written::Whole),
        }
    }

    /// Whether it has taken words out of the file.
    fn has_erased(&self) -> bool {
        match self {
            Self::Erase(pending) => matches!(pending.result, Some(Ok(Some(_)))),
            Self::Expire(pending) => {
                matches!(&pending.result, Some(Ok(expired)) if expired.messages + expired.dead_letters > 0)
            }
            Self::Commit(_) | Self::Lease(_) | Self::Claim(_) | Self::Index | Self::FinishIndex(_) => false,
        }
    }

    fn answer(self, counts: &Counts) {
        match self {
            Self::Commit(pending) => {
                let kept = matches!(pending.result, Some(Ok(_)));
                add(if kept { &counts.kept } else { &counts.refused }, 1);
                pending.answer();
            }
            Self::Lease(pending) => pending.answer(),
            Self::Claim(pending) => pending.answer(),
            Self::Erase(pending) => pending.answer(),
            Self::Expire(pending) => pending.answer(),
            Self::Index => {}
            Self::FinishIndex(pending) => pending.answer(),
        }
    }

    fn fail(self, error: impl Fn() -> StoreError) {
        match self {
            Self::Commit(pending) => pending.fail(error().into()),
            Self::Lease(pending) => pending.fail(error()),
            Self::Claim(pending) => pending.fail(error()),
            Self::Erase(pending) => pending.fail(error()),
            Self::Expire(pending) => pending.fail(error()),
            Self::Index => {}
            Self::FinishIndex(pending) => pending.fail(error()),
        }
    }
}

impl<Q, T, E> Pending<Q, T, E> {
    pub(crate) fn new(asked: Q) -> (Self, Waiting<T, E>) {
        let (waiter, waiting) = oneshot::channel();
        (Self { asked: Box::new(asked), result: None, waiter }, waiting)
    }

    /// What its transaction is, now that it was its turn.
    const fn written(&self) -> Written {
        if self.result.is_some() { Written::Whole } else { Written::Spoiled }
    }

    fn answer(self) {
        if let Some(result) = self.result {
            // Whoever no longer waits has no use for the answer; what was done is done all the same.
            let _gone = self.waiter.send(result);
        }
    }

    fn answer_with(self, result: Result<T, E>) {
        let _gone = self.waiter.send(result);
    }

    fn fail(self, error: E) {
        let _gone = self.waiter.send(Err(error));
    }
}

/// What one change of a transaction comes to: the outer error is the whole transaction's, the inner one the change's own.
/// `None` when it was refused after it had written something that cannot be taken back without a savepoint.
fn apart<T>(
    connection: &Connection,
    in_savepoint: bool,
    apply: impl FnOnce() -> Result<T, Refusal>,
) -> rusqlite::Result<Option<Result<T, CommitError>>> {
    let written = connection.total_changes();
    if in_savepoint {
        execute(connection, "SAVEPOINT change")?;
    }
    let result = match apply() {
        Ok(kept) => Ok(kept),
        Err(Refusal::Own(error)) => {
            if in_savepoint {
                execute(connection, "ROLLBACK TO change")?;
            } else if connection.total_changes() != written {
                return Ok(None);
            }
            Err(error)
        }
        Err(Refusal::Database(error)) => return Err(error),
    };
    if in_savepoint {
        execute(connection, "RELEASE change")?;
    }
    Ok(Some(result))
}

/// What has no versions to be compared has no conflicts.
fn as_store_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        CommitError::Conflict(_) | CommitError::Duplicate(_) => StoreError::backend(error),
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

impl Failure {
    /// The error for each of those who wait.
    fn into_error(self) -> impl Fn() -> StoreError {
        let (known, cause) = match self {
            Self::NotKept(error) => (true, Arc::new(error)),
            Self::Unknown(error) => (false, Arc::new(error)),
        };
        move || {
            let cause = Arc::clone(&cause);
            if known { SqliteError::NotKept(cause) } else { SqliteError::OutcomeUnknown(cause) }.into()
        }
    }
}

/// About how many bytes a job writes, beside the rows themselves.
fn size(job: &Job) -> usize {
    let Job::Commit(Pending { asked: changes, .. }) = job else { return 0 };
    let texts = changes.messages.iter().filter_map(|message| message.content.text()).map(str::len);
    let documents = changes.documents.iter().filter_map(|document| document.body.as_ref()).map(String::len);
    let letters = changes.dead_letters.iter().map(|letter| letter.raw.len());
    texts.chain(documents).chain(letters).sum()
}
