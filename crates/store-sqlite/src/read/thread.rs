//! Threads, and how far both sides have read them.

use parlor_model::{
    AgentName, ContactId, ContactPoint, ContactPointId, Id, ProviderPostId, Subject, Thread, ThreadId,
};
use parlor_store::Acknowledged;
use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::{all, contact, one};
use crate::row::{Unreadable, id, key, number, parsed, time};

/// How the columns of a thread are read.
macro_rules! thread_sql {
    ($rest:literal) => {
        concat!("SELECT t.id, t.channel, t.point, t.post, t.created_at, t.key FROM threads t ", $rest)
    };
}

/// A thread and its row.
#[derive(Clone, Debug)]
pub(crate) struct ThreadRow {
    pub(crate) key: i64,
    pub(crate) thread: Thread,
}

fn read_thread(row: &Row<'_>) -> Result<ThreadRow> {
    let point: Option<[u8; 16]> = row.get(2)?;
    let post: Option<String> = row.get(3)?;
    let subject = match (point, post) {
        (Some(point), None) => Subject::Direct(ContactPointId::from_uuid(Uuid::from_bytes(point))),
        (None, Some(post)) => Subject::Post(ProviderPostId::new(post)),
        (Some(_), Some(_)) | (None, None) => return Err(Unreadable("subject of a thread").at(2)),
    };
    let thread = Thread { id: id(row, 0)?, channel: parsed(row, 1)?, subject, created_at: time(row, 4)? };
    Ok(ThreadRow { key: row.get(5)?, thread })
}

pub(crate) fn thread(connection: &Connection, thread: ThreadId) -> Result<Option<Thread>> {
    let found = one(connection, thread_sql!("WHERE t.id = ?1"), [key(thread)], read_thread)?;
    Ok(found.map(|row| row.thread))
}

pub(crate) fn by_subject(
    connection: &Connection,
    channel: &str,
    subject: &Subject,
) -> Result<Option<Thread>> {
    let found = match subject {
        Subject::Direct(point) => {
            let sql = thread_sql!("WHERE t.point = ?1 AND t.channel = ?2");
            one(connection, sql, (key(*point), channel), read_thread)?
        }
        Subject::Post(post) => {
            let sql = thread_sql!("WHERE t.post = ?1 AND t.channel = ?2");
            one(connection, sql, (post.as_str(), channel), read_thread)?
        }
    };
    Ok(found.map(|row| row.thread))
}

/// The threads of a contact, oldest first.
pub(crate) fn threads_of(connection: &Connection, contact: ContactId) -> Result<Vec<Thread>> {
    let points = contact::points_of(connection, contact)?;
    Ok(of_points(connection, &points)?.into_iter().map(|row| row.thread).collect())
}

/// The direct threads of points and the post threads that they wrote in, oldest first, none twice.
pub(crate) fn of_points(connection: &Connection, points: &[ContactPoint]) -> Result<Vec<ThreadRow>> {
    let mut threads = Vec::new();
    for point in points {
        let point = key(point.id);
        threads.extend(all(connection, thread_sql!("WHERE t.point = ?1"), [point], read_thread)?);
        let sql = thread_sql!("JOIN post_authors a ON a.thread = t.key WHERE a.point = ?1");
        threads.extend(all(connection, sql, [point], read_thread)?);
    }
    threads.sort_by_key(|row| (row.thread.created_at, row.thread.id));
    // A post thread is there once for each point that wrote in it.
    threads.dedup_by_key(|row| row.key);
    Ok(threads)
}

pub(crate) fn acknowledged(connection: &Connection, thread: ThreadId) -> Result<Acknowledged> {
    let sql = "SELECT delivered, read FROM threads WHERE id = ?1";
    let found = one(connection, sql, [key(thread)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (delivered, read) = found.unwrap_or((0, 0));
    Ok(Acknowledged { thread, delivered, read })
}

pub(crate) fn read_marker(connection: &Connection, agent: &AgentName, thread: ThreadId) -> Result<u64> {
    let sql = "SELECT r.upto FROM threads t JOIN read_markers r ON r.thread = t.key WHERE t.id = ?2 AND r.agent = ?1";
    let found = one(connection, sql, (agent.as_str(), key(thread)), |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

/// The same by the row of the thread, as it stands in columns.
pub(super) fn marker_of(connection: &Connection, agent: &AgentName, thread: i64) -> Result<i64> {
    let sql = "SELECT upto FROM read_markers WHERE agent = ?1 AND thread = ?2";
    let found = one(connection, sql, (agent.as_str(), number(thread)), |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}
