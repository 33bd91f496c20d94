//! Transcript entries, what was observed about them, and how they are sent.

use parlor_model::{
    Author, ChannelName, Message, MessageId, Observation, OutboxId, ProviderMessageId, ThreadId, Timestamp,
};
use parlor_store::{OutboxEntry, OutboxLease};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{all, one};
use crate::code;
use crate::row::{
    Read, Unreadable, count, get, id, key, number, optional_free, optional_id, parsed, text, time,
};
use crate::session::Asks;

/// How the columns of a message are read.
macro_rules! message_sql {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, t.id, i.id, m.segment, m.sequence, m.position, m.author, m.author_point, m.author_name, t.point,
                 m.parent, m.visibility, m.kind, m.body, m.at, m.provider_time, m.provider_id
             FROM messages m JOIN threads t ON t.key = m.thread LEFT JOIN interactions i ON i.key = m.interaction ",
            $rest
        )
    };
}
pub(super) use message_sql;

pub(super) fn read_message(row: &Row) -> Read<Message> {
    let author = match get(row, 6)? {
        code::author::SUBJECT => Author::Contact(id(row, 9)?),
        code::author::CONTACT => Author::Contact(id(row, 7)?),
        code::author::AGENT => Author::Agent(parsed(row, 8)?),
        code::author::BOT => Author::Bot(parsed(row, 8)?),
        code::author::SYSTEM => Author::System,
        _ => return Err(Unreadable("author of a message").into()),
    };
    Ok(Message {
        id: id(row, 0)?,
        thread: id(row, 1)?,
        interaction: optional_id(row, 2)?,
        segment: count(row, 3)?,
        sequence: count(row, 4)?,
        position: count(row, 5)?,
        author,
        parent: optional_id(row, 10)?,
        visibility: code::visibility_of(get(row, 11)?)?,
        content: code::content_of(get(row, 12)?, get(row, 13)?)?,
        at: time(row, 14)?,
        provider_time: get::<Option<i64>>(row, 15)?.map(Timestamp::from_micros),
        provider_id: optional_free(row, 16)?.map(ProviderMessageId::new),
    })
}

pub(crate) async fn message(c: &impl Asks, message: MessageId) -> Read<Option<Message>> {
    one(c, message_sql!("WHERE m.id = $1"), &[&key(message)], read_message).await
}

pub(crate) async fn messages(
    c: &impl Asks,
    thread: ThreadId,
    after: u64,
    limit: usize,
) -> Read<Vec<Message>> {
    let sql = message_sql!(
        "WHERE m.thread = (SELECT key FROM threads WHERE id = $1) AND m.sequence > $2 ORDER BY m.sequence LIMIT $3"
    );
    all(c, sql, &[&key(thread), &number(after), &number(limit)], read_message).await
}

pub(crate) async fn last(c: &impl Asks, thread: ThreadId, limit: usize) -> Read<Vec<Message>> {
    let sql = message_sql!(
        "WHERE m.thread = (SELECT key FROM threads WHERE id = $1) ORDER BY m.sequence DESC LIMIT $2"
    );
    let mut messages = all(c, sql, &[&key(thread), &number(limit)], read_message).await?;
    messages.reverse();
    Ok(messages)
}

pub(crate) async fn observations(c: &impl Asks, message: MessageId) -> Read<Vec<Observation>> {
    // Two that differed only in what was erased are one.
    let sql = "SELECT o.stage, o.observed_at, o.reason FROM messages m JOIN observations o ON o.message = m.position
               WHERE m.id = $1 GROUP BY o.stage, o.observed_at, o.reason ORDER BY min(o.position)";
    all(c, sql, &[&key(message)], |row| {
        Ok(Observation {
            message,
            stage: code::stage_of(get(row, 0)?)?,
            at: time(row, 1)?,
            reason: optional_free(row, 2)?,
        })
    })
    .await
}

/// How the columns of an outbox entry are read.
macro_rules! outbox_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, message, thread, channel, state, attempts, not_before, provider_id, reason, version, worker,
                 lease_until FROM outbox ",
            $rest
        )
    };
}

pub(crate) fn read_outbox(row: &Row) -> Read<OutboxEntry> {
    Ok(OutboxEntry {
        id: id(row, 0)?,
        message: id(row, 1)?,
        thread: id(row, 2)?,
        channel: parsed(row, 3)?,
        state: code::outbox_state_of(&get::<String>(row, 4)?)?,
        attempts: count(row, 5)?,
        not_before: time(row, 6)?,
        provider_id: optional_free(row, 7)?.map(ProviderMessageId::new),
        reason: optional_free(row, 8)?,
        version: count(row, 9)?,
        lease: match optional_free(row, 10)? {
            Some(worker) => Some(OutboxLease { worker, until: time(row, 11)? }),
            None => None,
        },
    })
}

/// The sends of messages.
pub(super) async fn outbox_of(c: &impl Asks, messages: &[Uuid]) -> Read<Vec<OutboxEntry>> {
    all(c, outbox_sql!("WHERE message = ANY($1) ORDER BY id"), &[&messages], read_outbox).await
}

pub(crate) async fn outbox_entry(c: &impl Asks, entry: OutboxId) -> Read<Option<OutboxEntry>> {
    one(c, outbox_sql!("WHERE id = $1"), &[&key(entry)], read_outbox).await
}

pub(crate) async fn outbox(c: &impl Asks, after: Option<OutboxId>, limit: usize) -> Read<Vec<OutboxEntry>> {
    let sql = outbox_sql!("WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2");
    all(c, sql, &[&after.map(key), &number(limit)], read_outbox).await
}

pub(crate) async fn unfinished_outbox(
    c: &impl Asks,
    after: Option<OutboxId>,
    limit: usize,
) -> Read<Vec<OutboxEntry>> {
    // In the words of the index.
    let sql = outbox_sql!(
        "WHERE state IN ('pending', 'sending', 'uncertain', 'needs_decision') AND ($1::uuid IS NULL OR id > $1)
         ORDER BY id LIMIT $2"
    );
    all(c, sql, &[&after.map(key), &number(limit)], read_outbox).await
}

pub(crate) async fn sent_as(
    c: &impl Asks,
    channel: &ChannelName,
    provider_id: &ProviderMessageId,
) -> Read<Option<OutboxEntry>> {
    let sql = outbox_sql!("WHERE provider_id = $1 AND channel = $2 ORDER BY id LIMIT 1");
    one(c, sql, &[&text(provider_id.as_str()), &channel.as_str()], read_outbox).await
}
