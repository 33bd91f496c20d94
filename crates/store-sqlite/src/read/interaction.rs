//! Interactions, what happened to them, their offers and timers.

use parlor_interaction::{Interaction, Recorded};
use parlor_model::{InteractionId, OfferId, ThreadId, Timestamp};
use parlor_store::{OfferRecord, TimerKey};
use rusqlite::{Connection, Result, Row};

use super::{all, one};
use crate::row::{id, json, key, number, parsed, time};

fn read_snapshot(row: &Row<'_>) -> Result<Interaction> {
    json(row, 0)
}

pub(crate) fn interaction(
    connection: &Connection,
    interaction: InteractionId,
) -> Result<Option<Interaction>> {
    one(connection, "SELECT snapshot FROM interactions WHERE id = ?1", [key(interaction)], read_snapshot)
}

pub(crate) fn open_of(connection: &Connection, thread: ThreadId) -> Result<Option<Interaction>> {
    let sql = "SELECT i.snapshot FROM threads t JOIN interactions i ON i.thread = t.key
               WHERE t.id = ?1 AND i.state <> 'done'";
    one(connection, sql, [key(thread)], read_snapshot)
}

pub(crate) fn open(
    connection: &Connection,
    after: Option<InteractionId>,
    limit: usize,
) -> Result<Vec<Interaction>> {
    // No id is smaller than no bytes.
    let after = after.map_or_else(Vec::new, |after| key(after).to_vec());
    let sql = "SELECT snapshot FROM interactions WHERE state <> 'done' AND id > ?1 ORDER BY id LIMIT ?2";
    all(connection, sql, (after, number(limit)), read_snapshot)
}

pub(crate) fn interactions_of(
    connection: &Connection,
    thread: ThreadId,
    limit: usize,
) -> Result<Vec<Interaction>> {
    let sql = "SELECT i.snapshot FROM threads t JOIN interactions i ON i.thread = t.key
               WHERE t.id = ?1 ORDER BY i.key DESC LIMIT ?2";
    all(connection, sql, (key(thread), number(limit)), read_snapshot)
}

pub(crate) fn history(connection: &Connection, interaction: InteractionId) -> Result<Vec<Recorded>> {
    let sql = "SELECT e.recorded FROM interactions i JOIN interaction_events e ON e.interaction = i.key
               WHERE i.id = ?1 ORDER BY e.position";
    all(connection, sql, [key(interaction)], |row| json(row, 0))
}

pub(crate) fn offer(connection: &Connection, offer: OfferId) -> Result<Option<OfferRecord>> {
    let sql = "SELECT o.id, i.id, o.agent FROM offers o JOIN interactions i ON i.key = o.interaction WHERE o.id = ?1";
    one(connection, sql, [key(offer)], |row| {
        Ok(OfferRecord { offer: id(row, 0)?, interaction: id(row, 1)?, agent: parsed(row, 2)? })
    })
}

pub(crate) fn timers(connection: &Connection) -> Result<Vec<(TimerKey, Timestamp)>> {
    let sql = "SELECT i.id, t.timer, t.due FROM timers t JOIN interactions i ON i.key = t.interaction";
    let mut timers = all(connection, sql, [], |row| {
        Ok((TimerKey { interaction: id(row, 0)?, timer: json(row, 1)? }, time(row, 2)?))
    })?;
    timers.sort_by(|(a, a_due), (b, b_due)| (a_due, a).cmp(&(b_due, b)));
    Ok(timers)
}
