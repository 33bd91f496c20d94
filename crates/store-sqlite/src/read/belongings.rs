//! Which rows belong to a contact, and what stands in them.

use std::collections::BTreeSet;

use parlor_model::{ContactId, ContactPoint, ContactPointId, Id, MessageId, Subject};
use parlor_store::{AuditRecord, Belongings, ContactExport, DeadLetter, Mentions, StoreError};
use rusqlite::{Connection, Error, Result, Row};
use uuid::Uuid;

use super::message::{message_sql, read_message};
use super::thread::ThreadRow;
use super::{all, contact, interaction, ledger, message, thread};
use crate::row::{id, key, optional_id, parsed, time};

/// Which rows belong to a contact.
pub(crate) struct Reach {
    /// The contact and those that are shown as it, in order of id.
    pub(crate) family: Vec<ContactId>,
    pub(crate) points: Vec<ContactPoint>,
    pub(crate) threads: Vec<ThreadRow>,
    /// Positions and ids of their messages, in order of position.
    pub(crate) messages: Vec<(i64, MessageId)>,
}

/// The place of a message, and what says whose it is.
struct Place {
    position: i64,
    id: MessageId,
    author: Option<ContactPointId>,
    parent: Option<MessageId>,
}

impl Reach {
    /// `None` when there is no such contact.
    pub(crate) fn of(connection: &Connection, of: ContactId) -> Result<Option<Self>> {
        if contact::contact(connection, of)?.is_none() {
            return Ok(None);
        }
        let mut family = contact::family(connection, of)?;
        family.sort_unstable();
        let points = contact::points_of(connection, of)?;
        let threads = thread::of_points(connection, &points)?;
        let mut messages = Vec::new();
        for row in &threads {
            let sql = "SELECT position, id, author_point, parent FROM messages WHERE thread = ?1";
            let mut places = all(connection, sql, [row.key], |row| {
                let (author, parent) = (optional_id(row, 2)?, optional_id(row, 3)?);
                Ok(Place { position: row.get(0)?, id: id(row, 1)?, author, parent })
            })?;
            if let Subject::Post(_) = row.thread.subject {
                let is_theirs = |place: &Place| points.iter().any(|point| place.author == Some(point.id));
                let theirs: BTreeSet<_> = places.iter().filter(|p| is_theirs(p)).map(|p| p.id).collect();
                places.retain(|place| {
                    theirs.contains(&place.id) || place.parent.is_some_and(|parent| theirs.contains(&parent))
                });
            }
            messages.extend(places.into_iter().map(|place| (place.position, place.id)));
        }
        messages.sort_unstable();
        Ok(Some(Self { family, points, threads, messages }))
    }

    /// The threads with them alone.
    pub(crate) fn direct(&self) -> impl Iterator<Item = &ThreadRow> {
        self.threads.iter().filter(|row| matches!(row.thread.subject, Subject::Direct(_)))
    }

    /// What requests about them made or changed; `interactions` are those of the direct threads.
    pub(crate) fn resources(&self, interactions: impl IntoIterator<Item = Uuid>) -> BTreeSet<Uuid> {
        let mut resources: BTreeSet<Uuid> = self.messages.iter().map(|(_, id)| id.as_uuid()).collect();
        resources.extend(self.family.iter().map(Id::as_uuid));
        resources.extend(self.points.iter().map(|point| point.id.as_uuid()));
        resources.extend(self.direct().map(|row| row.thread.id.as_uuid()));
        resources.extend(interactions);
        resources
    }
}

pub(crate) fn export(
    connection: &Connection,
    of: ContactId,
) -> Result<Option<Result<ContactExport, StoreError>>> {
    let Some(belongings) = belongings(connection, of)? else { return Ok(None) };
    Ok(Some(belongings.into_export().map_err(StoreError::backend)))
}

fn belongings(connection: &Connection, of: ContactId) -> Result<Option<Belongings>> {
    let Some(reach) = Reach::of(connection, of)? else { return Ok(None) };
    let mut found = Belongings::default();
    for member in &reach.family {
        found.contacts.extend(contact::contact(connection, *member)?);
        found.aliases.extend(contact::aliases_of(connection, *member)?);
        let sql = "SELECT agent, contact FROM assignments WHERE contact = ?1";
        let read = |row: &Row<'_>| Ok((parsed(row, 0)?, id(row, 1)?));
        found.assignments.extend(all(connection, sql, [key(*member)], read)?);
        found.documents.extend(ledger::documents_owned(connection, *member)?);
    }
    found.aliases.sort_unstable();
    found.aliases.dedup();
    for row in reach.direct() {
        for known in interaction::interactions_of(connection, row.thread.id, usize::MAX)? {
            let history = interaction::history(connection, known.id)?;
            found.interactions.push((known, history));
        }
    }
    for (position, id) in &reach.messages {
        found.messages.extend(all(
            connection,
            message_sql!("WHERE m.position = ?1"),
            [position],
            read_message,
        )?);
        found.observations.extend(message::observations(connection, *id)?);
        found.outbox.extend(message::outbox_of(connection, *id)?);
    }
    let interactions = found.interactions.iter().map(|(interaction, _)| interaction.id.as_uuid());
    for resource in reach.resources(interactions.collect::<Vec<_>>()) {
        found.requests.extend(ledger::requests_about(connection, resource)?);
    }
    for point in &reach.points {
        found.consent.extend(ledger::consent(connection, point.id)?);
    }
    let mentions = Mentions::of(&reach.points);
    found.dead_letters = naming(connection, &mentions)?.into_iter().map(|(_, letter)| letter).collect();
    found.audit = audit_about(connection, &reach.family)?;
    found.threads = reach.threads.into_iter().map(|row| row.thread).collect();
    found.points = reach.points;
    Ok(Some(found))
}

/// The dead letters that name somebody, with their rows.
pub(crate) fn naming(connection: &Connection, mentions: &Mentions) -> Result<Vec<(i64, DeadLetter)>> {
    let sql = "SELECT account, reason, at, raw, key FROM dead_letters ORDER BY key";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let letter = ledger::read_dead_letter(row)?;
        if mentions.are_in(&letter) {
            found.push((row.get(4)?, letter));
        }
    }
    Ok(found)
}

/// How the columns of an audit record are read.
macro_rules! audit_sql {
    ($rest:literal) => {
        concat!(
            "SELECT n, at, actor, verb, object, contact, salt, salt_seal, before, after, previous, hash FROM audit ",
            $rest
        )
    };
}

fn read_audit(row: &Row<'_>) -> Result<AuditRecord, Error> {
    Ok(AuditRecord {
        n: row.get(0)?,
        at: time(row, 1)?,
        actor: row.get(2)?,
        verb: row.get(3)?,
        object: row.get(4)?,
        contact: optional_id(row, 5)?,
        salt: row.get(6)?,
        salt_seal: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
        previous: row.get(10)?,
        hash: row.get(11)?,
    })
}

pub(crate) fn audit(connection: &Connection, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
    let sql = audit_sql!("WHERE n > ?1 ORDER BY n LIMIT ?2");
    all(connection, sql, [crate::row::number(after), crate::row::number(limit)], read_audit)
}

fn audit_about(connection: &Connection, family: &[ContactId]) -> Result<Vec<AuditRecord>> {
    let mut records = Vec::new();
    for member in family {
        records.extend(all(connection, audit_sql!("WHERE contact = ?1"), [key(*member)], read_audit)?);
    }
    records.sort_by_key(|record: &AuditRecord| record.n);
    Ok(records)
}
