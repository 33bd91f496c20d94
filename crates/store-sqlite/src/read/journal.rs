//! The journal: five tables that share their places.

use std::sync::Arc;

use parlor_model::{Observation, Timestamp};
use parlor_store::{Acknowledged, Assignment, JournalEntry, JournalRecord, ReadMarker};
use rusqlite::{Connection, Result, Row};

use super::agent::{alert_sql, read_alert};
use super::all;
use super::message::{message_sql, read_message};
use crate::code;
use crate::row::{Unreadable, id, json, number, parsed, time};

/// Places are gapless, so the next `limit` records are those with the next `limit` places, wherever they stand.
pub(crate) fn journal(connection: &Connection, after: u64, limit: usize) -> Result<Vec<JournalRecord>> {
    let range = [number(after), number(after).saturating_add(number(limit))];
    let mut records = all(
        connection,
        message_sql!("WHERE m.position > ?1 AND m.position <= ?2"),
        range,
        read_message_record,
    )?;
    let sql = "SELECT e.position, e.at, i.id, e.version, e.recorded
               FROM interaction_events e CROSS JOIN interactions i ON i.key = e.interaction
               WHERE e.position > ?1 AND e.position <= ?2";
    records.extend(all(connection, sql, range, read_event)?);
    let sql = "SELECT o.position, o.at, m.id, o.stage, o.observed_at, o.reason
               FROM observations o CROSS JOIN messages m ON m.position = o.message
               WHERE o.position > ?1 AND o.position <= ?2";
    records.extend(all(connection, sql, range, read_observation)?);
    let sql = alert_sql!("WHERE a.position > ?1 AND a.position <= ?2");
    records.extend(all(connection, sql, range, read_alert_record)?);
    let sql = "SELECT j.position, j.at, j.kind, j.agent, j.contact, t.id, j.first, j.second
               FROM journal j LEFT JOIN threads t ON t.key = j.thread
               WHERE j.position > ?1 AND j.position <= ?2";
    records.extend(all(connection, sql, range, read_record)?);
    records.sort_unstable_by_key(|record| record.position);
    Ok(records)
}

fn record(position: u64, at: Timestamp, entry: JournalEntry) -> JournalRecord {
    JournalRecord { position, at, entry }
}

fn read_message_record(row: &Row<'_>) -> Result<JournalRecord> {
    let message = read_message(row)?;
    Ok(record(message.position, message.at, JournalEntry::Message(Arc::new(message))))
}

fn read_event(row: &Row<'_>) -> Result<JournalRecord> {
    let entry = JournalEntry::Interaction {
        interaction: id(row, 2)?,
        version: row.get(3)?,
        recorded: Arc::new(json(row, 4)?),
    };
    Ok(record(row.get(0)?, time(row, 1)?, entry))
}

fn read_observation(row: &Row<'_>) -> Result<JournalRecord> {
    let observation = Observation {
        message: id(row, 2)?,
        stage: code::stage_of(row.get(3)?).map_err(|error| error.at(3))?,
        at: time(row, 4)?,
        reason: row.get(5)?,
    };
    Ok(record(row.get(0)?, time(row, 1)?, JournalEntry::Observation(observation)))
}

fn read_alert_record(row: &Row<'_>) -> Result<JournalRecord> {
    Ok(record(row.get(7)?, time(row, 8)?, JournalEntry::Alert(read_alert(row)?)))
}

fn read_record(row: &Row<'_>) -> Result<JournalRecord> {
    let entry = match row.get(2)? {
        code::journal::ACKNOWLEDGED => JournalEntry::Acknowledged(Acknowledged {
            thread: id(row, 5)?,
            delivered: row.get(6)?,
            read: row.get(7)?,
        }),
        code::journal::AGENT => JournalEntry::Agent(parsed(row, 3)?),
        code::journal::CONTACT => JournalEntry::Contact(id(row, 4)?),
        code::journal::READ => {
            JournalEntry::Read(ReadMarker { agent: parsed(row, 3)?, thread: id(row, 5)?, upto: row.get(6)? })
        }
        code::journal::ASSIGNMENT => JournalEntry::Assignment(Assignment {
            agent: parsed(row, 3)?,
            contact: id(row, 4)?,
            assigned: row.get(6)?,
        }),
        _ => return Err(Unreadable("kind of a journal record").at(2)),
    };
    Ok(record(row.get(0)?, time(row, 1)?, entry))
}
