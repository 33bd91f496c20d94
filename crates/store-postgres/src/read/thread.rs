//! Threads, and how far both sides have read them.

use parlor_model::{AgentName, ContactId, ProviderPostId, Subject, Thread, ThreadId};
use parlor_store::Acknowledged;
use tokio_postgres::Row;
use uuid::Uuid;

use super::contact::{keys, points_of};
use super::{all, one};
use crate::row::{Read, Unreadable, count, get, id, key, optional_free, optional_id, parsed, text, time};
use crate::session::Asks;

/// How the columns of a thread are read.
macro_rules! thread_sql {
    ($rest:literal) => {
        concat!("SELECT t.id, t.channel, t.point, t.post, t.created_at, t.key FROM threads t ", $rest)
    };
}

fn read_thread(row: &Row) -> Read<Thread> {
    let subject = match (optional_id(row, 2)?, optional_free(row, 3)?) {
        (Some(point), None) => Subject::Direct(point),
        (None, Some(post)) => Subject::Post(ProviderPostId::new(post)),
        (Some(_), Some(_)) | (None, None) => return Err(Unreadable("subject of a thread").into()),
    };
    Ok(Thread { id: id(row, 0)?, channel: parsed(row, 1)?, subject, created_at: time(row, 4)? })
}

pub(crate) async fn thread(c: &impl Asks, thread: ThreadId) -> Read<Option<Thread>> {
    one(c, thread_sql!("WHERE t.id = $1"), &[&key(thread)], read_thread).await
}

pub(crate) async fn by_subject(c: &impl Asks, channel: &str, subject: &Subject) -> Read<Option<Thread>> {
    let channel = text(channel);
    match subject {
        Subject::Direct(point) => {
            let sql = thread_sql!("WHERE t.point = $1 AND t.channel = $2");
            one(c, sql, &[&key(*point), &channel], read_thread).await
        }
        Subject::Post(post) => {
            let sql = thread_sql!("WHERE t.post = $1 AND t.channel = $2");
            one(c, sql, &[&text(post.as_str()), &channel], read_thread).await
        }
    }
}

/// The threads of a contact, oldest first.
pub(crate) async fn threads_of(c: &impl Asks, contact: ContactId) -> Read<Vec<Thread>> {
    let points = points_of(c, contact).await?;
    Ok(of_points(c, &keys(&points)).await?.into_iter().map(|(_, thread)| thread).collect())
}

/// The direct threads of points and the post threads that they wrote in, oldest first, none twice; each with its row.
pub(super) async fn of_points(c: &impl Asks, points: &[Uuid]) -> Read<Vec<(i64, Thread)>> {
    let sql = thread_sql!(
        "WHERE t.key IN (SELECT d.key FROM threads d WHERE d.point = ANY($1)
                         UNION SELECT a.thread FROM post_authors a WHERE a.point = ANY($1))
         ORDER BY t.created_at, t.id"
    );
    all(c, sql, &[&points], |row| Ok((get(row, 5)?, read_thread(row)?))).await
}

pub(crate) async fn acknowledged(c: &impl Asks, thread: ThreadId) -> Read<Acknowledged> {
    let sql = "SELECT delivered, read FROM threads WHERE id = $1";
    let found = one(c, sql, &[&key(thread)], |row| Ok((count(row, 0)?, count(row, 1)?))).await?;
    let (delivered, read) = found.unwrap_or((0, 0));
    Ok(Acknowledged { thread, delivered, read })
}

pub(crate) async fn read_marker(c: &impl Asks, agent: &AgentName, thread: ThreadId) -> Read<u64> {
    let sql = "SELECT r.upto FROM threads t JOIN read_markers r ON r.thread = t.key WHERE t.id = $2 AND r.agent = $1";
    let found = one(c, sql, &[&agent.as_str(), &key(thread)], |row| count(row, 0)).await?;
    Ok(found.unwrap_or(0))
}
