//! Which rows belong to a contact, and what stands in them.

use parlor_model::{ContactId, ContactPoint, Id, MessageId, Subject, Thread};
use parlor_store::{AuditRecord, Belongings, DeadLetter, Mentions};
use tokio_postgres::Row;
use uuid::Uuid;

use super::contact::{contact_sql, keys, read_contact};
use super::message::{message_sql, read_message};
use super::{all, contact, interaction, ledger, message, thread};
use crate::row::{Read, bytes, count, free, get, id, key, number, optional_bytes, optional_id, parsed, time};
use crate::session::Asks;

/// How many dead letters are looked through at a time.
const BATCH: usize = 256;

/// Which rows belong to a contact.
pub(crate) struct Reach {
    /// The contact and those that are shown as it, in order of id.
    pub(crate) family: Vec<ContactId>,
    pub(crate) points: Vec<ContactPoint>,
    /// Their threads, with their rows.
    pub(crate) threads: Vec<(i64, Thread)>,
    /// Positions and ids of their messages, in order of position.
    pub(crate) messages: Vec<(i64, MessageId)>,
}

impl Reach {
    /// `None` when there is no such contact.
    pub(crate) async fn of(c: &impl Asks, of: ContactId) -> Read<Option<Self>> {
        if contact::contact(c, of).await?.is_none() {
            return Ok(None);
        }
        let family = contact::family(c, of).await?;
        let mut family: Vec<_> = family.into_iter().map(ContactId::from_uuid).collect();
        family.sort_unstable();
        let points = contact::points_of(c, of).await?;
        let point_keys = keys(&points);
        let threads = thread::of_points(c, &point_keys).await?;
        let rows: Vec<_> = threads.iter().map(|(row, _)| *row).collect();
        // Below a post what they wrote, and the answers to that.
        let sql = "SELECT m.position, m.id FROM messages m JOIN threads t ON t.key = m.thread
                   WHERE m.thread = ANY($1) AND (t.point IS NOT NULL OR m.author_point = ANY($2) OR m.parent IN (
                       SELECT o.id FROM messages o WHERE o.thread = m.thread AND o.author_point = ANY($2)))
                   ORDER BY m.position";
        let messages = all(c, sql, &[&rows, &point_keys], |row| Ok((get(row, 0)?, id(row, 1)?))).await?;
        Ok(Some(Self { family, points, threads, messages }))
    }

    /// The rows and ids of the threads with them alone.
    pub(crate) fn direct(&self) -> impl Iterator<Item = &(i64, Thread)> {
        self.threads.iter().filter(|(_, thread)| matches!(thread.subject, Subject::Direct(_)))
    }

    pub(crate) fn family_keys(&self) -> Vec<Uuid> {
        self.family.iter().copied().map(key).collect()
    }

    pub(crate) fn point_keys(&self) -> Vec<Uuid> {
        keys(&self.points)
    }

    pub(crate) fn positions(&self) -> Vec<i64> {
        self.messages.iter().map(|(position, _)| *position).collect()
    }

    pub(crate) fn message_keys(&self) -> Vec<Uuid> {
        self.messages.iter().map(|(_, message)| key(*message)).collect()
    }

    /// What requests about them made or changed; `interactions` are those of the direct threads.
    pub(crate) fn resources(&self, interactions: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
        let mut resources = self.message_keys();
        resources.extend(self.family_keys());
        resources.extend(self.point_keys());
        resources.extend(self.direct().map(|(_, thread)| thread.id.as_uuid()));
        resources.extend(interactions);
        resources
    }
}

pub(crate) async fn belongings(c: &impl Asks, of: ContactId) -> Read<Option<Belongings>> {
    let Some(reach) = Reach::of(c, of).await? else { return Ok(None) };
    let family = reach.family_keys();
    let mut found = Belongings {
        contacts: all(c, contact_sql!("WHERE c.id = ANY($1)"), &[&family], read_contact).await?,
        aliases: contact::aliases_of(c, &family).await?,
        ..Belongings::default()
    };
    let sql = "SELECT agent, contact FROM assignments WHERE contact = ANY($1)";
    found.assignments = all(c, sql, &[&family], |row| Ok((parsed(row, 0)?, id(row, 1)?))).await?;
    found.documents = ledger::documents_owned(c, &family).await?;
    for (_, thread) in reach.direct() {
        for known in interaction::interactions_of(c, thread.id, usize::MAX).await? {
            let history = interaction::history(c, known.id).await?;
            found.interactions.push((known, history));
        }
    }
    let positions = reach.positions();
    found.messages = all(c, message_sql!("WHERE m.position = ANY($1)"), &[&positions], read_message).await?;
    for (_, id) in &reach.messages {
        found.observations.extend(message::observations(c, *id).await?);
    }
    found.outbox = message::outbox_of(c, &reach.message_keys()).await?;
    let interactions = found.interactions.iter().map(|(interaction, _)| interaction.id.as_uuid());
    let resources = reach.resources(interactions);
    found.requests = ledger::requests_about(c, &resources).await?;
    for point in &reach.points {
        found.consent.extend(ledger::consent(c, point.id).await?);
    }
    let mentions = Mentions::of(&reach.points);
    found.dead_letters = naming(c, &mentions).await?.into_iter().map(|(_, letter)| letter).collect();
    found.audit = all(c, audit_sql!("WHERE contact = ANY($1) ORDER BY n"), &[&family], read_audit).await?;
    found.threads = reach.threads.into_iter().map(|(_, thread)| thread).collect();
    found.points = reach.points;
    Ok(Some(found))
}

/// The dead letters that name somebody, with their rows.
pub(crate) async fn naming(c: &impl Asks, mentions: &Mentions) -> Read<Vec<(i64, DeadLetter)>> {
    let sql = "SELECT account, reason, at, raw, key FROM dead_letters WHERE key > $1 ORDER BY key LIMIT $2";
    let read = |row: &Row| Ok((get::<i64>(row, 4)?, ledger::read_dead_letter(row)?));
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let batch = all(c, sql, &[&after, &number(BATCH)], read).await?;
        let is_last = batch.len() < BATCH;
        after = batch.last().map_or(after, |(row, _)| *row);
        found.extend(batch.into_iter().filter(|(_, letter)| mentions.are_in(letter)));
        if is_last {
            return Ok(found);
        }
    }
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
use audit_sql;

fn read_audit(row: &Row) -> Read<AuditRecord> {
    Ok(AuditRecord {
        n: count(row, 0)?,
        at: time(row, 1)?,
        actor: free(row, 2)?,
        verb: free(row, 3)?,
        object: free(row, 4)?,
        contact: optional_id(row, 5)?,
        salt: optional_bytes(row, 6)?,
        salt_seal: bytes(row, 7)?,
        before: optional_bytes(row, 8)?,
        after: optional_bytes(row, 9)?,
        previous: bytes(row, 10)?,
        hash: bytes(row, 11)?,
    })
}

pub(crate) async fn audit(c: &impl Asks, after: u64, limit: usize) -> Read<Vec<AuditRecord>> {
    let sql = audit_sql!("WHERE n > $1 ORDER BY n LIMIT $2");
    all(c, sql, &[&number(after), &number(limit)], read_audit).await
}
