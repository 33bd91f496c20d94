//! The journal: five tables that share their places.

use std::sync::Arc;

use parlor_model::{Observation, Timestamp};
use parlor_store::{Acknowledged, Assignment, JournalEntry, JournalRecord, ReadMarker};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::agent::{alert_sql, read_alert};
use super::all;
use super::message::{message_sql, read_message};
use crate::code;
use crate::row::{Read, Unreadable, count, get, id, json, number, optional_free, parsed, time};
use crate::session::Asks;

/// Places are gapless, so the next `limit` records are those with the next `limit` places, wherever they stand.
pub(crate) async fn journal(c: &impl Asks, after: u64, limit: usize) -> Read<Vec<JournalRecord>> {
    let (after, upto) = (number(after), number(after).saturating_add(number(limit)));
    let range: [&(dyn ToSql + Sync); 2] = [&after, &upto];
    let messages = message_sql!("WHERE m.position > $1 AND m.position <= $2");
    let events = "SELECT e.position, e.at, i.id, e.version, e.recorded
                  FROM interaction_events e JOIN interactions i ON i.key = e.interaction
                  WHERE e.position > $1 AND e.position <= $2";
    let observations = "SELECT o.position, o.at, m.id, o.stage, o.observed_at, o.reason
                        FROM observations o JOIN messages m ON m.position = o.message
                        WHERE o.position > $1 AND o.position <= $2";
    let alerts = alert_sql!("WHERE a.position > $1 AND a.position <= $2");
    let others = "SELECT j.position, j.at, j.kind, j.agent, j.contact, t.id, j.first, j.second
                  FROM journal j LEFT JOIN threads t ON t.key = j.thread
                  WHERE j.position > $1 AND j.position <= $2";
    let mut records = Vec::new();
    // Sent together; the snapshot is the same for all of them.
    let found = tokio::try_join!(
        all(c, messages, &range, read_message_record),
        all(c, events, &range, read_event),
        all(c, observations, &range, read_observation),
        all(c, alerts, &range, read_alert_record),
        all(c, others, &range, read_record),
    )?;
    let (messages, events, observations, alerts, others) = found;
    for each in [messages, events, observations, alerts, others] {
        records.extend(each);
    }
    records.sort_unstable_by_key(|record| record.position);
    Ok(records)
}

fn record(position: u64, at: Timestamp, entry: JournalEntry) -> JournalRecord {
    JournalRecord { position, at, entry }
}

fn read_message_record(row: &Row) -> Read<JournalRecord> {
    let message = read_message(row)?;
    Ok(record(message.position, message.at, JournalEntry::Message(Arc::new(message))))
}

fn read_event(row: &Row) -> Read<JournalRecord> {
    let entry = JournalEntry::Interaction {
        interaction: id(row, 2)?,
        version: count(row, 3)?,
        recorded: Arc::new(json(row, 4)?),
    };
    Ok(record(count(row, 0)?, time(row, 1)?, entry))
}

fn read_observation(row: &Row) -> Read<JournalRecord> {
    let observation = Observation {
        message: id(row, 2)?,
        stage: code::stage_of(get(row, 3)?)?,
        at: time(row, 4)?,
        reason: optional_free(row, 5)?,
    };
    Ok(record(count(row, 0)?, time(row, 1)?, JournalEntry::Observation(observation)))
}

fn read_alert_record(row: &Row) -> Read<JournalRecord> {
    Ok(record(count(row, 7)?, time(row, 8)?, JournalEntry::Alert(read_alert(row)?)))
}

fn read_record(row: &Row) -> Read<JournalRecord> {
    let entry = match get(row, 2)? {
        code::journal::ACKNOWLEDGED => JournalEntry::Acknowledged(Acknowledged {
            thread: id(row, 5)?,
            delivered: count(row, 6)?,
            read: count(row, 7)?,
        }),
        code::journal::AGENT => JournalEntry::Agent(parsed(row, 3)?),
        code::journal::CONTACT => JournalEntry::Contact(id(row, 4)?),
        code::journal::READ => JournalEntry::Read(ReadMarker {
            agent: parsed(row, 3)?,
            thread: id(row, 5)?,
            upto: count(row, 6)?,
        }),
        code::journal::ASSIGNMENT => JournalEntry::Assignment(Assignment {
            agent: parsed(row, 3)?,
            contact: id(row, 4)?,
            assigned: get::<i64>(row, 6)? != 0,
        }),
        _ => return Err(Unreadable("kind of a journal record").into()),
    };
    Ok(record(count(row, 0)?, time(row, 1)?, entry))
}
