//! The one task that writes: whatever arrived while it wrote, or waited for its turn, shares the next transaction.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures_util::future::{join, join4};
use parlor_model::Timestamp;
use parlor_store::{
    ChangeSet, CommitError, Committed, Erased, Erasure, Expired, Expiry, Lease, LeaseName, OutboxClaim,
    OutboxEntry, StoreError,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::error::{connect_error, is_of_the_connection, is_worth_repeating};
use crate::pipeline::{Pipeline, Refusal};
use crate::search_index::Call;
use crate::session::{Asks, Connector, Session, limits_of_one_transaction};
use crate::stats::{Counts, count_one};
use crate::write::{Workspace, acquire_lease, answer_to_refused, apply, claim, erase, expire};
use crate::{PostgresError, PostgresOptions};

/// How much text and other bytes share one transaction at the most: bounds how long others wait for it.
const GROUP_BYTES: usize = 8 << 20;

/// How often a transaction is made again after a deadlock, a lock that was not given in time or a lost connection.
const REPETITIONS: u32 = 5;

/// How long the first repetition waits at the most; each of the next waits up to twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// How long is waited between two attempts to find out what became of a commit.
const READ_BACK_PAUSE: Duration = Duration::from_millis(100);

/// What waits for the writer.
pub(crate) enum Job {
    Commit(Pending<ChangeSet, Committed, CommitError>),
    Lease(Pending<LeaseRequest, Option<Lease>, StoreError>),
    Claim(Pending<OutboxClaim, Vec<OutboxEntry>, StoreError>),
    Erase(Pending<Erasure, Option<Erased>, StoreError>),
    Expire(Pending<Expiry, Expired, StoreError>),
}

/// Something that was asked for, and who waits for the answer. Boxed inside, so that the queue is small when it is empty.
pub(crate) struct Pending<Q, T, E> {
    asked: Box<Q>,
    /// Given when the transaction has been committed.
    result: Option<Result<T, E>>,
    waiter: oneshot::Sender<Result<T, E>>,
}

/// What nobody has begun to write.
struct Queue {
    jobs: mpsc::Receiver<Job>,
    /// The largest group.
    limit: usize,
}

/// Where the answer arrives.
pub(crate) type Waiting<T, E> = oneshot::Receiver<Result<T, E>>;

/// Somebody wants a lease.
pub(crate) struct LeaseRequest {
    pub(crate) name: LeaseName,
    pub(crate) holder: String,
    pub(crate) now: Timestamp,
    pub(crate) ttl: Duration,
}

type Cause = Arc<dyn Error + Send + Sync>;

/// Why a transaction was not kept, or may not have been.
enum Failure {
    /// Before its commit, for a reason that does not pass.
    NotKept(Cause),
    /// Before its commit, and it may do better the next time.
    Repeat(Cause),
    /// In its commit.
    Unknown(Cause),
}

/// Why a way of writing a group ended early.
enum Stop {
    Failed(Failure),
    /// Something in the group was refused.
    Refused,
}

/// How a group is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All of it without waiting, in the hope that nothing is refused.
    Together,
    /// One change after the other, each in a savepoint of its own.
    OneByOne,
}

/// What the writers of the workspace take turns by.
struct Turn {
    lock: i64,
    /// Limits the statements after it.
    limits: String,
}

/// What a transaction is known by.
struct Token<'a> {
    turn: &'a Turn,
    writer: Uuid,
    number: i64,
}

/// The state of the task.
pub(crate) struct Writer {
    connector: Connector,
    settings: String,
    options: PostgresOptions,
    counts: Arc<Counts>,
    /// Who this is among all who ever wrote to the workspace.
    id: Uuid,
    turn: Turn,
    /// How many transactions were begun.
    number: i64,
    /// How the next group is written first: where much is refused, hoping costs more than it gains.
    way: Way,
    /// Where the pauses between repetitions come from.
    dice: u64,
    /// `None` after a failure, until it could be opened again.
    session: Option<Session>,
    /// Who is told that something was written.
    calls: mpsc::Sender<Call>,
}

impl Writer {
    pub(crate) async fn open(
        connector: Connector,
        settings: String,
        options: PostgresOptions,
        counts: Arc<Counts>,
        calls: mpsc::Sender<Call>,
    ) -> Result<Self, StoreError> {
        let session = connector.connect(&settings).await?;
        let sql = "SELECT gen_random_uuid(), hashtextextended('parlor writer ' || $1, 0)";
        let rows = session.client.rows(sql, &[&options.schema]).await.map_err(connect_error)?;
        let row = rows.first().ok_or(StoreError::Closed)?;
        let id: Uuid = row.try_get(0).map_err(connect_error)?;
        let lock = row.try_get(1).map_err(connect_error)?;
        let turn = Turn { lock, limits: limits_of_one_transaction(&options) };
        let dice = id.as_u64_pair().1 | 1;
        let way = Way::Together;
        let session = Some(session);
        let number = 0;
        Ok(Self { connector, settings, options, counts, id, turn, number, way, dice, session, calls })
    }

    /// Writes until nobody can ask for more, and everything that was asked for is answered.
    pub(crate) async fn run(mut self, jobs: mpsc::Receiver<Job>) {
        let limit = self.options.group.max(1);
        let mut queue = Queue { jobs, limit };
        let mut group = Vec::with_capacity(limit.min(1_024));
        while let Some(first) = queue.jobs.recv().await {
            group.push(first);
            self.write(&mut group, &mut queue).await;
        }
    }

    /// Writes a group and answers everybody in it.
    async fn write(&mut self, group: &mut Vec<Job>, queue: &mut Queue) {
        let mut repetition = 0;
        loop {
            let failure = match self.transact(group, queue).await {
                Ok(()) => {
                    count_one(&self.counts.transactions);
                    self.counts.largest_group.fetch_max(group.len() as u64, Ordering::Relaxed);
                    return self.answer(group);
                }
                // Asked for again on a new connection, whose transaction waits for the end of the one in doubt.
                Err(Failure::Unknown(cause)) => match self.read_back(cause).await {
                    Ok(true) => {
                        count_one(&self.counts.transactions);
                        return self.answer(group);
                    }
                    Ok(false) => Failure::Repeat(Arc::new(PostgresError::TooSlow)),
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            let (cause, error): (Cause, fn(Cause) -> PostgresError) = match failure {
                Failure::Repeat(_) if repetition < REPETITIONS => {
                    count_one(&self.counts.repeated);
                    let pause = self.pause(repetition);
                    sleep(pause).await;
                    repetition += 1;
                    continue;
                }
                Failure::Repeat(cause) | Failure::NotKept(cause) => (cause, PostgresError::NotKept),
                Failure::Unknown(cause) => (cause, PostgresError::OutcomeUnknown),
            };
            count_one(&self.counts.failures);
            tracing::error!(%cause, "a transaction failed");
            return group.drain(..).for_each(|job| job.fail(|| error(Arc::clone(&cause)).into()));
        }
    }

    fn answer(&self, group: &mut Vec<Job>) {
        group.drain(..).for_each(|job| job.answer(&self.counts));
        // One call that waits is as good as many.
        let _waiting = self.calls.try_send(Call::Written);
    }

    /// A moment of random length, so that those who met do not meet again.
    fn pause(&mut self, repetition: u32) -> Duration {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let longest = FIRST_PAUSE.saturating_mul(1 << repetition.min(REPETITIONS));
        let share = u32::try_from(self.dice % 1_000).unwrap_or(0);
        longest.saturating_mul(share) / 1_000
    }

    async fn connected(&mut self) -> Result<Session, Failure> {
        match self.session.take() {
            Some(session) if !session.client.is_closed() => Ok(session),
            Some(_) | None => {
                self.connector.connect(&self.settings).await.map_err(|error| Failure::Repeat(Arc::new(error)))
            }
        }
    }

    /// Writes a group in one transaction.
    async fn transact(&mut self, group: &mut Vec<Job>, queue: &mut Queue) -> Result<(), Failure> {
        let session = self.connected().await?;
        self.number += 1;
        let mut committing = false;
        let limit = self.options.transaction_timeout;
        let token = Token { turn: &self.turn, writer: self.id, number: self.number };
        let written = write_group(&session, group, queue, self.way, &token, &mut committing);
        let written = match timeout(limit, written).await {
            Ok(written) => written,
            Err(_) if committing => Err(Failure::Unknown(Arc::new(PostgresError::TooSlow))),
            Err(_) => Err(Failure::NotKept(Arc::new(PostgresError::TooSlow))),
        };
        if written.is_ok() {
            self.session = Some(session);
            let refused = group.iter().any(Job::left_nothing);
            self.way = if refused && group.len() > 1 { Way::OneByOne } else { Way::Together };
        }
        // After any failure the connection is given up, and with it whatever was begun on it.
        written
    }

    /// Whether the last transaction was kept.
    ///
    /// The answer is only given when the transaction in doubt has ended: it holds the workspace to its end, and so must
    /// whoever asks. It is asked in a transaction that writes, so that where a standby must confirm, it has confirmed what
    /// came before this too.
    async fn read_back(&mut self, cause: Cause) -> Result<bool, Failure> {
        count_one(&self.counts.read_back);
        let limit = self.options.transaction_timeout;
        let asking = async {
            loop {
                match self.connected().await {
                    Ok(session) => match ask_back(&session, &self.turn, self.id).await {
                        Ok(Some(number)) => {
                            self.session = Some(session);
                            return number;
                        }
                        Ok(None) => tracing::warn!("the outcome of a commit is not yet certain"),
                        Err(error) => {
                            tracing::warn!(%error, "the outcome of a commit cannot be read back yet");
                        }
                    },
                    Err(Failure::NotKept(error) | Failure::Repeat(error) | Failure::Unknown(error)) => {
                        tracing::warn!(%error, "the outcome of a commit cannot be read back yet");
                    }
                }
                sleep(READ_BACK_PAUSE).await;
            }
        };
        let number = timeout(limit, asking).await;
        let number = number.map_err(|_| Failure::Unknown(cause))?;
        Ok(number == self.number)
    }
}

/// Begins a transaction, waits for this writer's turn and gives the row of the workspace, locked.
///
/// Whoever waits for a row that others keep changing can wait for ever. So the turns are given by a lock that has a queue,
/// and the lock of the row is what protects it from those who do not ask for a turn. Waiting for a turn has no limit but
/// that of the whole transaction: who gives up goes to the end of the queue.
async fn begin(client: &ClientWrapper, turn: &Turn) -> Result<Vec<Row>, tokio_postgres::Error> {
    const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout TO 0; SET LOCAL statement_timeout TO 0";
    const TAKE: &str = "SELECT pg_advisory_xact_lock($1)";
    // Prepared first, so that what follows is sent together, in this order: the limits must not count for the wait.
    client.prepare_cached(TAKE).await?;
    client.prepare_cached(Workspace::LOCK).await?;
    let lock: [&(dyn ToSql + Sync); 1] = [&turn.lock];
    let (began, taken, limited, row) = join4(
        client.batch_execute(BEGIN),
        client.rows(TAKE, &lock),
        client.batch_execute(&turn.limits),
        client.rows(Workspace::LOCK, &[]),
    )
    .await;
    began?;
    taken?;
    limited?;
    row
}

/// The number of the last transaction of a writer that was kept; `None` when the answer may not outlive a failover.
async fn ask_back(
    session: &Session,
    turn: &Turn,
    writer: Uuid,
) -> Result<Option<i64>, tokio_postgres::Error> {
    let client = &session.client;
    begin(client, turn).await?;
    let sql = "INSERT INTO writers AS w (id, number, seen) VALUES ($1, 0, now())
               ON CONFLICT (id) DO UPDATE SET seen = now() RETURNING w.number";
    let rows = client.rows(sql, &[&writer]).await?;
    let number = rows.first().map(|row| row.try_get(0)).transpose()?;
    session.warned.take();
    client.batch_execute("COMMIT").await?;
    Ok(if session.warned.take() { None } else { number })
}

async fn write_group(
    session: &Session,
    group: &mut Vec<Job>,
    queue: &mut Queue,
    mut way: Way,
    token: &Token<'_>,
    committing: &mut bool,
) -> Result<(), Failure> {
    let client = &session.client;
    let (before, after) = loop {
        let rows = begin(client, token.turn).await.map_err(before_commit)?;
        let before = match rows.first().map(Workspace::read) {
            Some(Ok(workspace)) => workspace,
            Some(Err(trouble)) => return Err(Failure::NotKept(Arc::new(trouble.into_read_error()))),
            None => {
                let gone = StoreError::Corrupt { detail: "the workspace has no row".to_owned() };
                return Err(Failure::NotKept(Arc::new(gone)));
            }
        };
        // It may have been long until the turn came.
        queue.fill(group);
        // The others need answers before they go on.
        if !group.iter().all(|job| matches!(job, Job::Commit(_))) {
            way = Way::OneByOne;
        }
        let mut after = before;
        let stopped = match way {
            Way::Together => together(client, &mut after, group).await,
            Way::OneByOne => one_by_one(client, &mut after, group).await.map_err(Stop::Failed),
        };
        match stopped {
            Ok(()) => break (before, after),
            Err(Stop::Failed(failure)) => return Err(failure),
            Err(Stop::Refused) => {
                client.batch_execute("ROLLBACK").await.map_err(before_commit)?;
                way = Way::OneByOne;
            }
        }
    };
    if before == after && group.iter().all(Job::left_nothing) {
        return client.batch_execute("ROLLBACK").await.map_err(before_commit);
    }
    commit(session, &after, token, committing).await
}

/// Saves the counts and what this transaction is known by, and commits.
async fn commit(
    session: &Session,
    workspace: &Workspace,
    token: &Token<'_>,
    committing: &mut bool,
) -> Result<(), Failure> {
    let sql = "WITH token AS (INSERT INTO writers (id, number, seen) VALUES ($5, $6, now())
                   ON CONFLICT (id) DO UPDATE SET number = excluded.number, seen = excluded.seen)
               UPDATE workspace SET position = $1, messages = $2, inbox = $3, dead_letters = $4";
    let [position, messages, inbox, dead_letters] = workspace.columns();
    let values: [&(dyn ToSql + Sync); 6] =
        [&position, &messages, &inbox, &dead_letters, &token.writer, &token.number];
    // Prepared first, so that the commit follows it without waiting.
    let client = &session.client;
    client.prepare_cached(sql).await.map_err(before_commit)?;
    session.warned.take();
    *committing = true;
    let (saved, committed) = join(client.rows(sql, &values), client.batch_execute("COMMIT")).await;
    // When it could not be saved, the commit has become a rollback, unless nobody knows.
    let result = saved.map(|_| ()).and(committed);
    match result {
        // A standby that must confirm did not, and somebody made the server stop waiting for it.
        Ok(()) if session.warned.take() => Err(Failure::Unknown(Arc::new(PostgresError::TooSlow))),
        Ok(()) => Ok(()),
        // The commit was sent: only what the server itself refused is known not to be kept.
        Err(error) if error.code().is_none() || is_of_the_connection(&error) => {
            Err(Failure::Unknown(Arc::new(error)))
        }
        Err(error) => Err(before_commit(error)),
    }
}

/// Sends all changes and looks at the answers at the end. One that is alone may be refused here; otherwise what is
/// refused could have been written together with the others.
async fn together(client: &ClientWrapper, workspace: &mut Workspace, group: &mut [Job]) -> Result<(), Stop> {
    let before = *workspace;
    let mut pipeline = Pipeline::new(client);
    let mut refused = None;
    for pending in group.iter().filter_map(Job::commit) {
        if let Err(refusal) = apply(&mut pipeline, workspace, &pending.asked).await {
            refused = Some(refusal);
            break;
        }
    }
    if refused.is_none() {
        refused = pipeline.settle().await.err();
    }
    let Some(refusal) = refused else {
        let records = pipeline.into_records();
        for (pending, records) in group.iter_mut().filter_map(Job::commit_mut).zip(records) {
            pending.result = Some(Ok(Committed { records }));
        }
        return Ok(());
    };
    drop(pipeline);
    *workspace = before;
    match (refusal, group) {
        (Refusal::Database(error), _) => Err(Stop::Failed(before_commit(error))),
        (refusal, [Job::Commit(pending)]) => {
            // Nothing is left of it after this, and nothing else is in the transaction.
            let undo = async {
                client.batch_execute("ROLLBACK").await?;
                client.batch_execute("BEGIN").await
            };
            undo.await.map_err(|error| Stop::Failed(before_commit(error)))?;
            let reason = explained(client, workspace, &pending.asked, refusal).await.map_err(Stop::Failed)?;
            pending.result = Some(Err(reason));
            Ok(())
        }
        (_, _) => Err(Stop::Refused),
    }
}

/// Writes each change in a savepoint of its own, so that a refused one leaves no trace and the others are kept.
async fn one_by_one(
    client: &ClientWrapper,
    workspace: &mut Workspace,
    group: &mut [Job],
) -> Result<(), Failure> {
    let mut savepoint = "SAVEPOINT change";
    for job in group {
        match job {
            Job::Commit(pending) => {
                let before = *workspace;
                let mut pipeline = Pipeline::new(client);
                pipeline.send_plain(savepoint).await;
                // Two savepoints are never open at once.
                savepoint = "RELEASE SAVEPOINT change; SAVEPOINT change";
                let mut applied = apply(&mut pipeline, workspace, &pending.asked).await;
                if applied.is_ok() {
                    applied = pipeline.settle().await;
                }
                let result = match applied {
                    Ok(()) => Ok(Committed { records: pipeline.into_records().pop().unwrap_or_default() }),
                    Err(Refusal::Database(error)) => return Err(before_commit(error)),
                    Err(refusal) => {
                        drop(pipeline);
                        *workspace = before;
                        let undone = client.batch_execute("ROLLBACK TO SAVEPOINT change");
                        let (undone, reason) =
                            join(undone, explained(client, &before, &pending.asked, refusal)).await;
                        undone.map_err(before_commit)?;
                        Err(reason?)
                    }
                };
                pending.result = Some(result);
            }
            Job::Lease(pending) => {
                let lease = acquire_lease(client, &pending.asked).await.map_err(no_answer)?;
                pending.result = Some(Ok(lease));
            }
            Job::Claim(pending) => {
                let claimed = claim(client, &pending.asked).await.map_err(no_answer)?;
                pending.result = Some(Ok(claimed));
            }
            Job::Erase(pending) => {
                let before = *workspace;
                client.batch_execute("SAVEPOINT erasure").await.map_err(before_commit)?;
                let erased = erase(client, workspace, &pending.asked).await;
                pending.result = Some(kept_or_undone(client, workspace, before, erased).await?);
            }
            Job::Expire(pending) => {
                let before = *workspace;
                client.batch_execute("SAVEPOINT erasure").await.map_err(before_commit)?;
                let expired = expire(client, workspace, &pending.asked).await;
                pending.result = Some(kept_or_undone(client, workspace, before, expired).await?);
            }
        }
    }
    Ok(())
}

/// Ends the savepoint of an erasure: what was refused is taken back, and the workspace is as it was.
async fn kept_or_undone<T>(
    client: &ClientWrapper,
    workspace: &mut Workspace,
    before: Workspace,
    done: Result<T, Refusal>,
) -> Result<Result<T, StoreError>, Failure> {
    let refusal = match done {
        Ok(done) => {
            client.batch_execute("RELEASE SAVEPOINT erasure").await.map_err(before_commit)?;
            return Ok(Ok(done));
        }
        Err(Refusal::Own(CommitError::Store(error))) => error,
        Err(Refusal::Own(error)) => StoreError::backend(error),
        Err(refusal @ (Refusal::Database(_) | Refusal::Inbox(_))) => return Err(no_answer(refusal)),
    };
    *workspace = before;
    let undo = "ROLLBACK TO SAVEPOINT erasure; RELEASE SAVEPOINT erasure";
    client.batch_execute(undo).await.map_err(before_commit)?;
    Ok(Err(refusal))
}

async fn explained(
    client: &ClientWrapper,
    workspace: &Workspace,
    changes: &ChangeSet,
    refusal: Refusal,
) -> Result<CommitError, Failure> {
    answer_to_refused(client, workspace, changes, refusal).await.map_err(no_answer)
}

/// What is refused where nothing can be: a stored value that cannot be read.
fn no_answer(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Database(error) => before_commit(error),
        Refusal::Own(error) => Failure::NotKept(Arc::new(error)),
        Refusal::Inbox(_) => Failure::NotKept(Arc::new(StoreError::Closed)),
    }
}

/// Nothing was kept: the question is only whether another attempt may do better.
fn before_commit(error: tokio_postgres::Error) -> Failure {
    if is_worth_repeating(&error) || is_of_the_connection(&error) {
        Failure::Repeat(Arc::new(error))
    } else {
        Failure::NotKept(Arc::new(error))
    }
}

impl Job {
    /// Whether there is nothing to be kept of it.
    fn left_nothing(&self) -> bool {
        match self {
            Self::Commit(pending) => matches!(pending.result, Some(Err(_))),
            Self::Lease(pending) => matches!(pending.result, Some(Ok(None) | Err(_))),
            Self::Claim(pending) => matches!(pending.result, Some(Err(_))),
            Self::Erase(pending) => matches!(pending.result, Some(Ok(None) | Err(_))),
            Self::Expire(pending) => matches!(pending.result, Some(Err(_))),
        }
    }

    fn commit(&self) -> Option<&Pending<ChangeSet, Committed, CommitError>> {
        if let Self::Commit(pending) = self { Some(pending) } else { None }
    }

    fn commit_mut(&mut self) -> Option<&mut Pending<ChangeSet, Committed, CommitError>> {
        if let Self::Commit(pending) = self { Some(pending) } else { None }
    }

    fn answer(self, counts: &Counts) {
        match self {
            Self::Commit(pending) => {
                let kept = matches!(pending.result, Some(Ok(_)));
                count_one(if kept { &counts.kept } else { &counts.refused });
                pending.answer();
            }
            Self::Lease(pending) => pending.answer(),
            Self::Claim(pending) => pending.answer(),
            Self::Erase(pending) => pending.answer(),
            Self::Expire(pending) => pending.answer(),
        }
    }

    fn fail(self, error: impl Fn() -> StoreError) {
        match self {
            Self::Commit(pending) => pending.fail(error().into()),
            Self::Lease(pending) => pending.fail(error()),
            Self::Claim(pending) => pending.fail(error()),
            Self::Erase(pending) => pending.fail(error()),
            Self::Expire(pending) => pending.fail(error()),
        }
    }
}

impl Queue {
    /// Adds what has arrived to a group, as far as there is room.
    fn fill(&mut self, group: &mut Vec<Job>) {
        let mut bytes: usize = group.iter().map(size).sum();
        while group.len() < self.limit && bytes < GROUP_BYTES {
            let Ok(next) = self.jobs.try_recv() else { return };
            bytes += size(&next);
            group.push(next);
        }
    }
}

impl<Q, T, E> Pending<Q, T, E> {
    pub(crate) fn new(asked: Q) -> (Self, Waiting<T, E>) {
        let (waiter, waiting) = oneshot::channel();
        (Self { asked: Box::new(asked), result: None, waiter }, waiting)
    }

    fn answer(self) {
        if let Some(result) = self.result {
            // Whoever no longer waits has no use for the answer; what was done is done all the same.
            let _gone = self.waiter.send(result);
        }
    }

    fn fail(self, error: E) {
        let _gone = self.waiter.send(Err(error));
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
