//! Interactions, what happened to them, their offers and timers.

use parlor_interaction::{Interaction, Recorded};
use parlor_model::{InteractionId, OfferId, ThreadId, Timestamp};
use parlor_store::{OfferRecord, TimerKey};
use tokio_postgres::Row;

use super::{all, one};
use crate::row::{Read, id, json, key, number, parsed, time};
use crate::session::Asks;

fn read_snapshot(row: &Row) -> Read<Interaction> {
    json(row, 0)
}

pub(crate) async fn interaction(c: &impl Asks, interaction: InteractionId) -> Read<Option<Interaction>> {
    let sql = "SELECT snapshot FROM interactions WHERE id = $1";
    one(c, sql, &[&key(interaction)], read_snapshot).await
}

pub(crate) async fn open_of(c: &impl Asks, thread: ThreadId) -> Read<Option<Interaction>> {
    let sql = "SELECT i.snapshot FROM threads t JOIN interactions i ON i.thread = t.key
               WHERE t.id = $1 AND i.state <> 'done'";
    one(c, sql, &[&key(thread)], read_snapshot).await
}

pub(crate) async fn open(
    c: &impl Asks,
    after: Option<InteractionId>,
    limit: usize,
) -> Read<Vec<Interaction>> {
    let sql = "SELECT snapshot FROM interactions WHERE state <> 'done' AND ($1::uuid IS NULL OR id > $1)
               ORDER BY id LIMIT $2";
    all(c, sql, &[&after.map(key), &number(limit)], read_snapshot).await
}

pub(crate) async fn interactions_of(c: &impl Asks, thread: ThreadId, limit: usize) -> Read<Vec<Interaction>> {
    let sql =
        "SELECT i.snapshot FROM interactions i WHERE i.thread = (SELECT t.key FROM threads t WHERE t.id = $1)
               ORDER BY i.key DESC LIMIT $2";
    all(c, sql, &[&key(thread), &number(limit)], read_snapshot).await
}

pub(crate) async fn history(c: &impl Asks, interaction: InteractionId) -> Read<Vec<Recorded>> {
    let sql = "SELECT e.recorded FROM interactions i JOIN interaction_events e ON e.interaction = i.key
               WHERE i.id = $1 ORDER BY e.position";
    all(c, sql, &[&key(interaction)], |row| json(row, 0)).await
}

pub(crate) async fn offer(c: &impl Asks, offer: OfferId) -> Read<Option<OfferRecord>> {
    let sql = "SELECT o.id, i.id, o.agent FROM offers o JOIN interactions i ON i.key = o.interaction WHERE o.id = $1";
    one(c, sql, &[&key(offer)], |row| {
        Ok(OfferRecord { offer: id(row, 0)?, interaction: id(row, 1)?, agent: parsed(row, 2)? })
    })
    .await
}

pub(crate) async fn timers(c: &impl Asks) -> Read<Vec<(TimerKey, Timestamp)>> {
    let sql = "SELECT i.id, t.timer, t.due FROM timers t JOIN interactions i ON i.key = t.interaction";
    let mut timers = all(c, sql, &[], |row| {
        Ok((TimerKey { interaction: id(row, 0)?, timer: json(row, 1)? }, time(row, 2)?))
    })
    .await?;
    timers.sort_by(|(a, a_due), (b, b_due)| (a_due, a).cmp(&(b_due, b)));
    Ok(timers)
}
