//! Transcript entries, what was observed about them, and how they are sent.

use parlor_model::{
    Author, ChannelName, Message, MessageId, Observation, OutboxId, ProviderMessageId, ThreadId,
};
use parlor_store::{OutboxEntry, OutboxLease, OutboxState};
use rusqlite::{Connection, Result, Row};

use super::{all, one};
use crate::code;
use crate::row::{ForeignId, Unreadable, id, key, number, optional_id, parsed, time};

/// How the columns of a message are read. Its thread and its interaction are those of the message before it nearly
/// always, which makes the joins nearly free.
macro_rules! message_sql {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, t.id, i.id, m.segment, m.sequence, m.position, m.author, m.author_point, m.author_name, t.point,
                 m.parent, m.visibility, m.kind, m.body, m.at, m.provider_time, m.provider_id
             FROM messages m CROSS JOIN threads t ON t.key = m.thread LEFT JOIN interactions i ON i.key = m.interaction ",
            $rest
        )
    };
}
pub(super) use message_sql;

pub(super) fn read_message(row: &Row<'_>) -> Result<Message> {
    let author = match row.get(6)? {
        code::author::SUBJECT => Author::Contact(id(row, 9)?),
        code::author::CONTACT => Author::Contact(id(row, 7)?),
        code::author::AGENT => Author::Agent(parsed(row, 8)?),
        code::author::BOT => Author::Bot(parsed(row, 8)?),
        code::author::SYSTEM => Author::System,
        _ => return Err(Unreadable("author of a message").at(6)),
    };
    let provider_id: Option<ForeignId> = row.get(16)?;
    Ok(Message {
        id: id(row, 0)?,
        thread: id(row, 1)?,
        interaction: optional_id(row, 2)?,
        segment: row.get(3)?,
        sequence: row.get(4)?,
        position: row.get(5)?,
        author,
        parent: optional_id(row, 10)?,
        visibility: code::visibility_of(row.get(11)?).map_err(|error| error.at(11))?,
        content: code::content_of(row.get(12)?, row.get(13)?).map_err(|error| error.at(13))?,
        at: time(row, 14)?,
        provider_time: row.get::<_, Option<i64>>(15)?.map(parlor_model::Timestamp::from_micros),
        provider_id: provider_id.map(|id| ProviderMessageId::new(id.0)),
    })
}

pub(crate) fn message(connection: &Connection, message: MessageId) -> Result<Option<Message>> {
    one(connection, message_sql!("WHERE m.id = ?1"), [key(message)], read_message)
}

pub(crate) fn messages(
    connection: &Connection,
    thread: ThreadId,
    after: u64,
    limit: usize,
) -> Result<Vec<Message>> {
    let sql = message_sql!(
        "WHERE m.thread = (SELECT key FROM threads WHERE id = ?1) AND m.sequence > ?2 ORDER BY m.sequence LIMIT ?3"
    );
    all(connection, sql, (key(thread), number(after), number(limit)), read_message)
}

pub(crate) fn last(connection: &Connection, thread: ThreadId, limit: usize) -> Result<Vec<Message>> {
    let sql = message_sql!(
        "WHERE m.thread = (SELECT key FROM threads WHERE id = ?1) ORDER BY m.sequence DESC LIMIT ?2"
    );
    let mut messages = all(connection, sql, (key(thread), number(limit)), read_message)?;
    messages.reverse();
    Ok(messages)
}

pub(crate) fn observations(connection: &Connection, message: MessageId) -> Result<Vec<Observation>> {
    // Two that differed only in what was erased are one.
    let sql = "SELECT o.stage, o.observed_at, o.reason FROM messages m JOIN observations o ON o.message = m.position
               WHERE m.id = ?1 GROUP BY o.stage, o.observed_at, o.reason ORDER BY min(o.position)";
    all(connection, sql, [key(message)], |row| {
        Ok(Observation {
            message,
            stage: code::stage_of(row.get(0)?).map_err(|error| error.at(0))?,
            at: time(row, 1)?,
            reason: row.get(2)?,
        })
    })
}

/// How the columns of an outbox entry are read.
macro_rules! outbox_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, message, thread, channel, state, attempts, not_before, provider_id, reason, version, worker, lease_until
             FROM outbox ",
            $rest
        )
    };
}

fn read_outbox(row: &Row<'_>) -> Result<OutboxEntry> {
    let state: Result<OutboxState, _> = code::outbox_state_of(row.get_ref(4)?.as_str()?);
    let provider_id: Option<String> = row.get(7)?;
    Ok(OutboxEntry {
        id: id(row, 0)?,
        message: id(row, 1)?,
        thread: id(row, 2)?,
        channel: parsed(row, 3)?,
        state: state.map_err(|error| error.at(4))?,
        attempts: row.get(5)?,
        not_before: time(row, 6)?,
        provider_id: provider_id.map(ProviderMessageId::new),
        reason: row.get(8)?,
        version: row.get(9)?,
        lease: match row.get(10)? {
            Some(worker) => Some(OutboxLease { worker, until: time(row, 11)? }),
            None => None,
        },
    })
}

pub(crate) fn outbox_of(connection: &Connection, message: MessageId) -> Result<Vec<OutboxEntry>> {
    all(connection, outbox_sql!("WHERE message = ?1 ORDER BY id"), [key(message)], read_outbox)
}

pub(crate) fn outbox_entry(connection: &Connection, entry: OutboxId) -> Result<Option<OutboxEntry>> {
    one(connection, outbox_sql!("WHERE id = ?1"), [key(entry)], read_outbox)
}

pub(crate) fn outbox(
    connection: &Connection,
    after: Option<OutboxId>,
    limit: usize,
) -> Result<Vec<OutboxEntry>> {
    // No id is smaller than no bytes.
    let after = after.map_or_else(Vec::new, |after| key(after).to_vec());
    all(connection, outbox_sql!("WHERE id > ?1 ORDER BY id LIMIT ?2"), (after, number(limit)), read_outbox)
}

pub(crate) fn unfinished_outbox(
    connection: &Connection,
    after: Option<OutboxId>,
    limit: usize,
) -> Result<Vec<OutboxEntry>> {
    let after = after.map_or_else(Vec::new, |after| key(after).to_vec());
    // In the words of the index.
    let sql = outbox_sql!(
        "WHERE state IN ('pending', 'sending', 'uncertain', 'needs_decision') AND id > ?1 ORDER BY id LIMIT ?2"
    );
    all(connection, sql, (after, number(limit)), read_outbox)
}

pub(crate) fn sent_as(
    connection: &Connection,
    channel: &ChannelName,
    provider_id: &ProviderMessageId,
) -> Result<Option<OutboxEntry>> {
    let sql = outbox_sql!("WHERE provider_id = ?1 AND channel = ?2 ORDER BY id LIMIT 1");
    one(connection, sql, (provider_id.as_str(), channel.as_str()), read_outbox)
}
