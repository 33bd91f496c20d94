//! Keeps the index of what people wrote, behind the messages and off the path on which commits are answered.
//!
//! The writer's thread does it, in transactions of its own: when a thread that only keeps time asks for it, a moment
//! after a commit, and then as long as nobody waits. So a burst of messages is indexed in large batches, and costs a
//! fraction of what it would cost one by one. Searches read what is not in the index yet as it stands in the table.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use parlor_transcript::content_search_text;
use rusqlite::{Connection, Result};
use tokio::sync::mpsc::WeakSender;
use tokio::sync::mpsc::error::TrySendError;

use crate::writer::Job;
use crate::{code, grams};

/// How texts are normalised and cut into pieces. It is raised whenever either gives other pieces for the same text: the
/// index is then made anew, because entries are taken out of it by the pieces with which they went in.
const FORM: i64 = 1;

/// How many messages a transaction indexes.
const BATCH: usize = 2_000;

/// A message as it goes into the index.
struct Entry {
    position: i64,
    thread: i64,
    kind: i64,
    body: String,
}

impl Entry {
    /// What the index keeps of it; nothing when it has no words, or none that can be read.
    fn grams(self) -> Option<String> {
        let content = code::content_of(self.kind, self.body).ok()?;
        Some(grams::of_message(self.thread, &content_search_text(&content)?))
    }
}

/// Begins anew when the index was made by a version that cut texts otherwise.
pub(crate) fn prepare(connection: &Connection) -> Result<()> {
    let form: i64 = connection.query_row("SELECT form FROM search_index", [], |row| row.get(0))?;
    if form == FORM {
        return Ok(());
    }
    let anew = "BEGIN IMMEDIATE;
                INSERT INTO message_search (message_search) VALUES ('delete-all');
                INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 1);";
    connection.execute_batch(anew)?;
    connection.execute("UPDATE search_index SET form = ?1, position = 0", [FORM])?;
    connection.execute_batch("COMMIT")
}

/// Whether a message is not in the index yet.
pub(crate) fn is_behind(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE position > (SELECT position FROM search_index))";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Indexes the next messages in a transaction. Answers how many it looked at, 0 when there are none.
pub(crate) fn index_batch(connection: &Connection) -> Result<usize> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let entries = next_entries(connection)?;
    let looked_at = entries.len();
    if let Some(last) = entries.last().map(|entry| entry.position) {
        let mut insert =
            connection.prepare_cached("INSERT INTO message_search (rowid, grams) VALUES (?1, ?2)")?;
        for entry in entries {
            let position = entry.position;
            if let Some(grams) = entry.grams() {
                insert.execute((position, grams))?;
            }
        }
        connection.prepare_cached("UPDATE search_index SET position = ?1")?.execute([last])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(looked_at)
}

fn next_entries(connection: &Connection) -> Result<Vec<Entry>> {
    let sql = "SELECT position, thread, kind, body FROM messages
               WHERE position > (SELECT position FROM search_index) ORDER BY position LIMIT ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Entry { position: row.get(0)?, thread: row.get(1)?, kind: row.get(2)?, body: row.get(3)? })
    };
    connection.prepare_cached(sql)?.query_map([crate::row::number(BATCH)], read)?.collect()
}

/// The thread that keeps time: asks the writer to index a moment after it said that there is something.
pub(crate) struct Timekeeper {
    pub(crate) woken: Receiver<()>,
    pub(crate) jobs: WeakSender<Job>,
    pub(crate) pause: Duration,
}

impl Timekeeper {
    /// Runs until the writer is gone.
    pub(crate) fn run(self) {
        while self.woken.recv().is_ok() {
            while self.rest() {
                // Closing: what is left is indexed when the file is opened again.
                let Some(jobs) = self.jobs.upgrade() else { return };
                match jobs.try_send(Job::Index) {
                    Ok(()) => break,
                    Err(TrySendError::Full(_)) => {}
                    Err(TrySendError::Closed(_)) => return,
                }
            }
        }
    }

    /// Waits for a moment; false when the writer is gone.
    fn rest(&self) -> bool {
        !matches!(self.woken.recv_timeout(self.pause), Err(RecvTimeoutError::Disconnected))
    }
}

#[cfg(test)]
mod tests {
    use parlor_transcript::normalise;

    use super::*;

    /// When this fails, texts are cut otherwise than before: raise [`FORM`], then change the expectation.
    #[test]
    fn the_form_of_the_index_is_the_one_that_is_written_down() {
        let text = "La RÉUNION, \u{fb01}n: Straße ŒUVRE ８時 한국 がぎ";
        let pieces = grams::of_message(1, &normalise(text));
        let known = "\u{e100}1 \u{e02c} 8時 \u{e03a} a ass e eun euv fin in\u{e03a} ion la n\u{e02c} n\u{e03a} nio oeu \
                     on\u{e02c} ras re reu se sse str tra uni uvr vre がぎ ぎ 時 국 한국";
        assert_eq!((FORM, pieces.as_str()), (1, known));
    }
}
