//! Statements that are sent without waiting for the answers of those before them.
//!
//! A round trip costs more than most statements. So the statements of a change, and of all changes of a transaction, are
//! sent one after the other, each with what its answer must be; the answers are looked at together, in the same order.
//! The first that is not as it must be decides, as if each had been waited for: PostgreSQL carries nothing out after a
//! statement that failed, and what it did carry out after a check that failed is taken back.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt;
use futures_util::future::poll_fn;
use parlor_model::{Author, ContactPointId, Id, InteractionId, OutboxId};
use parlor_store::{CommitError, Conflict, InboxKey, JournalEntry, JournalRecord, StoreError};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::PostgresError;
use crate::error::{Trouble, is_beyond, is_loose_end, is_of_the_statement, is_taken};
use crate::read::message::read_outbox;
use crate::row::{Unreadable, count, get};

/// The column that says whether an outbox entry was written: the one after those of the entry.
const WRITTEN: usize = 12;

/// A value for a statement.
pub(crate) type Parameter<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// The values for a statement.
macro_rules! given {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as $crate::pipeline::Parameter<'_>),*]
    };
}
pub(crate) use given;

/// Why a change is not kept.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// For a reason of its own.
    Own(CommitError),
    /// An inbound event was taken before; by which message must be looked up.
    Inbox(InboxKey),
    /// The database failed, for everybody.
    Database(Error),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Database(error) => Self::database(error),
            Trouble::Unreadable(_) => Self::Own(trouble.into_read_error().into()),
        }
    }
}

impl From<Unreadable> for Refusal {
    fn from(what: Unreadable) -> Self {
        Trouble::from(what).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::database(error)
    }
}

impl From<Conflict> for Refusal {
    fn from(conflict: Conflict) -> Self {
        Self::Own(conflict.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Own(error.into())
    }
}

impl Refusal {
    fn database(error: Error) -> Self {
        if is_of_the_statement(&error) {
            let error: StoreError = PostgresError::NotKept(Arc::new(error)).into();
            Self::Own(error.into())
        } else {
            Self::Database(error)
        }
    }
}

pub(crate) type Applied<T = ()> = Result<T, Refusal>;

/// What the answer to a statement must be.
pub(crate) enum Must {
    /// Whatever it is, except an error.
    Be,
    /// At least one row; otherwise this is the reason for the refusal.
    Exist(CommitError),
    /// At least one row; otherwise the event was taken before.
    BeNew(InboxKey),
    /// Whether it was written, behind the entry that stood there before; otherwise that is the reason for the refusal.
    WriteOutbox(OutboxId),
    /// The known version, thread and the row of the thread of an interaction that was to be written.
    FitInteraction(InteractionCheck),
    /// The place that a message got.
    PlaceMessage {
        /// Which of the records of the change it is.
        record: usize,
        /// Whether it names an interaction.
        has_interaction: bool,
    },
}

/// What an interaction is checked by.
pub(crate) struct InteractionCheck {
    pub(crate) id: InteractionId,
    pub(crate) expected: i64,
    /// Whether its version is the number of its events.
    pub(crate) is_complete: bool,
}

/// A statement to be sent.
pub(crate) struct Question<'a> {
    sql: &'static str,
    parameters: Vec<Parameter<'a>>,
    must: Must,
    /// What does not exist when a foreign key is violated.
    loose: Option<&'static str>,
    /// The reason when a unique key is taken.
    taken: Option<CommitError>,
    /// The reason when a limit of a column is passed.
    beyond: Option<CommitError>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(sql: &'static str, parameters: Vec<Parameter<'a>>) -> Self {
        Self { sql, parameters, must: Must::Be, loose: None, taken: None, beyond: None }
    }

    pub(crate) fn must(self, must: Must) -> Self {
        Self { must, ..self }
    }

    pub(crate) fn or(self, error: impl Into<CommitError>) -> Self {
        self.must(Must::Exist(error.into()))
    }

    pub(crate) fn or_missing(self, what: &str) -> Self {
        self.or(missing(what))
    }

    pub(crate) fn loose(self, what: &'static str) -> Self {
        Self { loose: Some(what), ..self }
    }

    pub(crate) fn taken(self, error: impl Into<CommitError>) -> Self {
        Self { taken: Some(error.into()), ..self }
    }

    pub(crate) fn beyond(self, error: impl Into<CommitError>) -> Self {
        Self { beyond: Some(error.into()), ..self }
    }
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;

/// The answer to a statement that was sent.
enum Answer<'a> {
    Awaited(Answering<'a>),
    There(Result<Vec<Row>, Error>),
}

impl Answer<'_> {
    /// Takes in what there is of it.
    fn take_in(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Awaited(answering) = self {
            *self = Self::There(ready!(answering.as_mut().poll(context)));
        }
        Poll::Ready(())
    }

    async fn get(self) -> Result<Vec<Row>, Error> {
        match self {
            Self::Awaited(answering) => answering.await,
            Self::There(answer) => answer,
        }
    }
}

/// A statement that was sent.
struct Asked<'a> {
    answer: Answer<'a>,
    change: usize,
    must: Must,
    loose: Option<&'static str>,
    taken: Option<CommitError>,
    beyond: Option<CommitError>,
}

/// What is known only after a message has its place: statements to be sent then.
enum FollowUp {
    /// Below a post, only what a contact wrote places it in the contact list.
    PostAuthor { point: ContactPointId, position: i64, is_said: bool },
    /// The contact has an entry: it no longer stands at the end of the contact list.
    List(Uuid),
}

/// The statements of a transaction that were sent, and the records of its changes.
pub(crate) struct Pipeline<'a> {
    pub(crate) session: &'a ClientWrapper,
    asked: Vec<Asked<'a>>,
    records: Vec<Vec<JournalRecord>>,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(session: &'a ClientWrapper) -> Self {
        Self { session, asked: Vec::new(), records: Vec::new() }
    }

    /// What follows belongs to the next change.
    pub(crate) fn begin_change(&mut self) {
        self.records.push(Vec::new());
    }

    /// The records of each change, in the order of the changes.
    pub(crate) fn into_records(self) -> Vec<Vec<JournalRecord>> {
        self.records
    }

    /// Adds a record to the change, and says which it is.
    pub(crate) fn record(&mut self, record: JournalRecord) -> usize {
        let Some(records) = self.records.last_mut() else { return 0 };
        records.push(record);
        records.len() - 1
    }

    /// How many records the change will have.
    pub(crate) fn recorded(&self) -> usize {
        self.records.last().map_or(0, Vec::len)
    }

    /// Sends a statement.
    pub(crate) async fn send(&mut self, question: Question<'a>) {
        let Question { sql, parameters, must, loose, taken, beyond } = question;
        let session = self.session;
        let statement = self.meanwhile(session.prepare_cached(sql)).await;
        let answer =
            out(async move { session.query_raw(&statement?, parameters).await?.try_collect().await });
        self.expect(answer.await, must, loose, taken, beyond);
    }

    /// Sends a statement that has neither values nor an answer.
    pub(crate) async fn send_plain(&mut self, sql: &'static str) {
        let session = self.session;
        let answer = out(async move { session.batch_execute(sql).await.map(|()| Vec::new()) });
        self.expect(answer.await, Must::Be, None, None, None);
    }

    /// Refuses the change, unless something before this refuses it for another reason.
    pub(crate) fn refuse(&mut self, error: impl Into<CommitError>) {
        self.expect(Answer::There(Ok(Vec::new())), Must::Exist(error.into()), None, None, None);
    }

    /// Waits for something, and takes in the answers to what was sent as they come: the connection hands them out in
    /// order, and one that nobody takes in holds up all that come after it.
    pub(crate) async fn meanwhile<T>(&mut self, wanted: impl Future<Output = T>) -> T {
        let mut wanted = pin!(wanted);
        poll_fn(|context| {
            if let Poll::Ready(it) = wanted.as_mut().poll(context) {
                return Poll::Ready(it);
            }
            let mut asked = self.asked.iter_mut();
            let _all_or_not = asked.try_for_each(|asked| match asked.answer.take_in(context) {
                Poll::Ready(()) => Ok(()),
                Poll::Pending => Err(()),
            });
            Poll::Pending
        })
        .await
    }

    fn expect(
        &mut self,
        answer: Answer<'a>,
        must: Must,
        loose: Option<&'static str>,
        taken: Option<CommitError>,
        beyond: Option<CommitError>,
    ) {
        let change = self.records.len().saturating_sub(1);
        self.asked.push(Asked { answer, change, must, loose, taken, beyond });
    }

    /// Waits for all answers and looks at them in order.
    pub(crate) async fn settle(&mut self) -> Applied {
        let mut follow_ups = Vec::new();
        for asked in std::mem::take(&mut self.asked) {
            let Asked { answer, change, must, loose, taken, beyond } = asked;
            match answer.get().await {
                Ok(rows) => self.check(&rows, change, must, &mut follow_ups)?,
                Err(error) => return Err(explain(error, loose, taken, beyond)),
            }
        }
        if follow_ups.is_empty() { Ok(()) } else { Box::pin(self.follow(follow_ups)).await }
    }

    fn check(
        &mut self,
        rows: &[Row],
        change: usize,
        must: Must,
        follow_ups: &mut Vec<(Uuid, FollowUp)>,
    ) -> Applied {
        let first = rows.first();
        match must {
            Must::Be => Ok(()),
            Must::Exist(error) => first.map(|_| ()).ok_or(Refusal::Own(error)),
            Must::BeNew(key) => first.map(|_| ()).ok_or(Refusal::Inbox(key)),
            Must::WriteOutbox(id) => {
                let row = first.ok_or(Unreadable("answer about an outbox entry"))?;
                if get(row, WRITTEN)? {
                    return Ok(());
                }
                let is_present = get::<Option<Uuid>>(row, 0)?.is_some();
                let present = is_present.then(|| read_outbox(row)).transpose()?.map(Box::new);
                Err(Conflict::Outbox { id, present }.into())
            }
            Must::FitInteraction(check) => check.on(first.ok_or(Unreadable("answer about an interaction"))?),
            Must::PlaceMessage { record, has_interaction } => {
                let Some(row) = first else {
                    return Err(missing("the thread of a message").into());
                };
                if has_interaction && get::<Option<i64>>(row, 1)?.is_none() {
                    return Err(missing("the interaction of a message").into());
                }
                let record = self.records.get_mut(change).and_then(|records| records.get_mut(record));
                let Some(JournalRecord { entry: JournalEntry::Message(message), position, .. }) = record
                else {
                    return Ok(());
                };
                let position = crate::row::number(*position);
                let message = Arc::make_mut(message);
                message.sequence = count(row, 0)?;
                let thread = message.thread.as_uuid();
                let subject: Option<Uuid> = get(row, 2)?;
                match (&message.author, subject) {
                    (Author::Contact(point), None) => {
                        let is_said = message.content.is_said();
                        let follow_up = FollowUp::PostAuthor { point: *point, position, is_said };
                        follow_ups.push((thread, follow_up));
                    }
                    (_, Some(subject)) if message.sequence == 1 => {
                        follow_ups.push((thread, FollowUp::List(subject)));
                    }
                    (_, _) => {}
                }
                Ok(())
            }
        }
    }

    async fn follow(&mut self, follow_ups: Vec<(Uuid, FollowUp)>) -> Applied {
        for (thread, follow_up) in follow_ups {
            let point = match follow_up {
                FollowUp::List(point) => point,
                FollowUp::PostAuthor { point, position, is_said } => {
                    let sql = "INSERT INTO post_authors AS a (point, thread, activity, last_text)
                               SELECT $1::uuid, t.key, $3::bigint, CASE WHEN $4::boolean THEN $3::bigint END
                               FROM threads t WHERE t.id = $2
                               ON CONFLICT (point, thread) DO UPDATE SET activity = excluded.activity,
                                   last_text = coalesce(excluded.last_text, a.last_text)";
                    let point = point.as_uuid();
                    self.send(Question::new(sql, given![point, thread, position, is_said])).await;
                    point
                }
            };
            let sql = "UPDATE contacts SET has_entries = true WHERE NOT has_entries
                       AND id = (SELECT p.contact FROM contact_points p WHERE p.id = $1)";
            self.send(Question::new(sql, given![point])).await;
        }
        self.settle().await
    }
}

impl InteractionCheck {
    fn on(self, row: &Row) -> Applied {
        let version: Option<i64> = get(row, 0)?;
        let before: Option<i64> = get(row, 1)?;
        let thread: Option<i64> = get(row, 2)?;
        if version.unwrap_or(0) != self.expected {
            return Err(Conflict::Interaction(self.id).into());
        }
        let Some(thread) = thread else {
            return Err(missing("the thread of an interaction").into());
        };
        if before.is_some_and(|before| before != thread) {
            return Err(invalid("an interaction cannot move to another thread").into());
        }
        if !self.is_complete {
            return Err(invalid("an interaction's version is not the number of its events").into());
        }
        Ok(())
    }
}

/// Sends a statement: it goes out when it is first asked for its answer.
async fn out<'a>(answer: impl Future<Output = Result<Vec<Row>, Error>> + Send + 'a) -> Answer<'a> {
    let mut answering: Answering<'a> = Box::pin(answer);
    match poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await {
        Poll::Ready(early) => Answer::There(early),
        Poll::Pending => Answer::Awaited(answering),
    }
}

fn explain(
    error: Error,
    loose: Option<&str>,
    taken: Option<CommitError>,
    beyond: Option<CommitError>,
) -> Refusal {
    if let (true, Some(what)) = (is_loose_end(&error), loose) {
        return missing(what).into();
    }
    if let (true, Some(reason)) = (is_taken(&error), taken) {
        return Refusal::Own(reason);
    }
    if let (true, Some(reason)) = (is_beyond(&error), beyond) {
        return Refusal::Own(reason);
    }
    error.into()
}

pub(crate) fn invalid(detail: &str) -> StoreError {
    StoreError::Invalid { detail: detail.to_owned() }
}

/// What a row must refer to, or the change is the caller's mistake.
pub(crate) fn missing(what: &str) -> StoreError {
    invalid(&format!("{what} does not exist"))
}
