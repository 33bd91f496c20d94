//! Keeps the index of what people wrote, behind the messages and off the path on which commits are answered; and tidies up
//! after erasures.
//!
//! A task with a connection of its own does it, a moment after a commit. So a burst of messages is indexed in large batches,
//! and costs a fraction of what it would cost one by one. Searches read what is not in the index yet as it stands in the
//! table. Nodes that index the same workspace wait for each other, batch by batch.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use parlor_store::StoreError;
use parlor_transcript::content_search_text;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tokio_postgres::Row;

use crate::error::Trouble;
use crate::row::{Read, get, number};
use crate::session::{Asks, Connector, Session};
use crate::stats::Counts;
use crate::{PostgresError, code, grams};

/// How many messages a transaction indexes.
const BATCH: usize = 2_000;

/// How many calls may wait. One to index is as good as many.
pub(crate) const CALLS: usize = 16;

/// What the task is called for.
pub(crate) enum Call {
    /// Something was written.
    Written,
    /// Somebody waits until everything is indexed.
    Finish(oneshot::Sender<Result<(), StoreError>>),
    /// Something was erased, and somebody waits until nothing leads to it any more.
    Erased(oneshot::Sender<Result<(), StoreError>>),
}

/// Takes earlier forms of rows out of the tables in which something is erased, and out of their indexes however few they
/// are: an index has the address of a contact.
const VACUUM: &str =
    "VACUUM (INDEX_CLEANUP ON) messages, message_search, observations, outbox, requests, interactions, interaction_events,
    dead_letters, contacts, contact_points, consent, documents, document_owners, audit";

/// The state of the task.
pub(crate) struct Indexer {
    pub(crate) connector: Connector,
    pub(crate) settings: String,
    pub(crate) counts: Arc<Counts>,
    /// `None` when nothing is indexed unless somebody waits for it.
    pub(crate) pause: Option<Duration>,
    /// `None` until it is needed, and after a failure.
    pub(crate) session: Option<Session>,
}

impl Indexer {
    /// Indexes until nobody can call any more.
    pub(crate) async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        while let Some(call) = calls.recv().await {
            match (call, self.pause) {
                (Call::Finish(waiter), _) => {
                    // Whoever no longer waits has no use for the answer.
                    let _gone = waiter.send(self.catch_up().await);
                }
                (Call::Erased(waiter), _) => {
                    let _gone = waiter.send(self.vacuum().await);
                }
                (Call::Written, Some(pause)) => {
                    sleep(pause).await;
                    if let Err(error) = self.catch_up().await {
                        tracing::warn!(%error, "what was written cannot be indexed now; searches read it");
                    }
                }
                (Call::Written, None) => {}
            }
        }
    }

    /// A connection. It is given back only when nothing failed: with it goes whatever was begun on it.
    async fn connected(&mut self) -> Result<Session, StoreError> {
        match self.session.take() {
            Some(session) if !session.client.is_closed() => Ok(session),
            Some(_) | None => self.connector.connect(&self.settings).await,
        }
    }

    /// However long it takes: it reads what changed since the last time.
    async fn vacuum(&mut self) -> Result<(), StoreError> {
        let session = self.connected().await?;
        let work = async {
            session.client.batch_execute("SET statement_timeout TO 0; SET lock_timeout TO 0").await?;
            session.warned.take();
            session.client.batch_execute(VACUUM).await
        };
        // The connection is not used for anything else, which would have no limits.
        work.await.map_err(|error| PostgresError::NotVacuumed(Arc::new(error)))?;
        if session.warned.take() {
            // A table that is somebody else's is passed over with a warning.
            return Err(PostgresError::NotVacuumed(Arc::new(PostgresError::PassedOver)).into());
        }
        Ok(())
    }

    /// Indexes everything that was written before it began.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let session = self.connected().await?;
        let mut total = 0;
        while let looked_at @ 1.. = index_batch(&session.client).await.map_err(Trouble::into_read_error)? {
            total += looked_at as u64;
        }
        if total > 0 {
            // What was put in last stands in a list that every search reads. Only the owner of the index may empty it before
            // the server does so by itself.
            let _by_itself =
                session.client.rows("SELECT gin_clean_pending_list('message_search_grams')", &[]).await;
            self.counts.indexed.fetch_add(total, Ordering::Relaxed);
        }
        self.session = Some(session);
        Ok(())
    }
}

/// Indexes the next messages in a transaction. Answers how many it looked at, 0 when there are none.
///
/// What a crash takes back can be made anew from the messages, so nobody waits for the disk.
async fn index_batch(client: &ClientWrapper) -> Read<usize> {
    client.batch_execute("BEGIN; SET LOCAL synchronous_commit TO off").await?;
    let place = client.rows("SELECT position FROM search_index FOR UPDATE", &[]).await?;
    let after: i64 = place.first().map(|row| get(row, 0)).transpose()?.unwrap_or(0);
    let sql =
        "SELECT position, thread, kind, body FROM messages WHERE position > $1 ORDER BY position LIMIT $2";
    let rows = client.rows(sql, &[&after, &number(BATCH)]).await?;
    let (mut positions, mut pieces) = (Vec::new(), Vec::new());
    for row in &rows {
        if let Some(entry) = entry(row)? {
            positions.push(get::<i64>(row, 0)?);
            pieces.push(entry);
        }
    }
    if let Some(last) = rows.last() {
        let sql = "INSERT INTO message_search (position, grams)
                   SELECT e.position, e.grams::int[] FROM unnest($1::bigint[], $2::text[]) AS e (position, grams)";
        client.rows(sql, &[&positions, &pieces]).await?;
        client.rows("UPDATE search_index SET position = $1", &[&get::<i64>(last, 0)?]).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(rows.len())
}

/// What the index keeps of a message, as an array in the notation of PostgreSQL; nothing when it has no words, or none that
/// can be read.
fn entry(row: &Row) -> Read<Option<String>> {
    let (thread, kind, body) = (get(row, 1)?, get(row, 2)?, get(row, 3)?);
    let Some(text) = code::content_of(kind, body).ok().as_ref().and_then(content_search_text) else {
        return Ok(None);
    };
    let mut array = String::new();
    for piece in grams::of_message(thread, &text) {
        let before = if array.is_empty() { '{' } else { ',' };
        // Writing to a text never fails.
        let _never = write!(array, "{before}{piece}");
    }
    array.push('}');
    Ok(Some(array))
}
