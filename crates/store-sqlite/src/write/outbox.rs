//! What is sent through providers: written, and given out to be sent.

use parlor_model::{OutboxId, ProviderMessageId};
use parlor_store::{Conflict, OutboxClaim, OutboxEntry, OutboxState, OutboxWrite, SENDER_LOST};
use rusqlite::{Connection, params};

use super::{Applied, Change, or_loose_end};
use crate::read::message;
use crate::row::{id, key, number};

impl Change<'_> {
    pub(super) fn write_outbox(&self, write: &OutboxWrite) -> Applied {
        let OutboxWrite { entry, expected_version } = write;
        let present = message::outbox_entry(self.connection, entry.id)?;
        if present.as_ref().map_or(0, |present| present.version) != *expected_version {
            return Err(Conflict::Outbox { id: entry.id, present: present.map(Box::new) }.into());
        }
        let lease = entry.lease.as_ref().filter(|_| entry.state == OutboxState::Sending);
        let sql = "INSERT INTO outbox (id, version, message, thread, channel, state, attempts, not_before, provider_id,
                       reason, worker, lease_until, place)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                       coalesce((SELECT position FROM messages WHERE id = ?3), 0))
                   ON CONFLICT (id) DO UPDATE SET version = excluded.version, message = excluded.message,
                       thread = excluded.thread, channel = excluded.channel, state = excluded.state,
                       attempts = excluded.attempts, not_before = excluded.not_before,
                       provider_id = excluded.provider_id, reason = excluded.reason, worker = excluded.worker,
                       lease_until = excluded.lease_until, place = excluded.place";
        let written = self.execute(
            sql,
            params![
                key(entry.id),
                number(expected_version + 1),
                key(entry.message),
                key(entry.thread),
                entry.channel.as_str(),
                entry.state.as_str(),
                entry.attempts,
                entry.not_before.as_micros(),
                entry.provider_id.as_ref().map(ProviderMessageId::as_str),
                &entry.reason,
                lease.map(|lease| &lease.worker),
                lease.map(|lease| lease.until.as_micros()),
            ],
        );
        or_loose_end(written, "the message or the thread of an outbox entry").map(|_| ())
    }
}

/// Gives out what is to be sent, and gives up what somebody has sent for too long.
pub(crate) fn claim(connection: &Connection, claim: &OutboxClaim) -> rusqlite::Result<Vec<OutboxEntry>> {
    let now = claim.now.as_micros();
    let sql = "UPDATE outbox SET state = 'uncertain', version = version + 1, worker = NULL, lease_until = NULL, reason = ?2
               WHERE state = 'sending' AND (lease_until IS NULL OR lease_until <= ?1)";
    connection.prepare_cached(sql)?.execute((now, SENDER_LOST))?;
    // The first of its thread, unless something of the thread is on its way: what waits for later holds up the others.
    let sql = "SELECT id FROM outbox AS o WHERE state = 'pending' AND not_before <= ?1
                   AND NOT EXISTS (SELECT 1 FROM outbox AS f WHERE f.thread = o.thread AND f.state IN ('sending', 'uncertain'))
                   AND NOT EXISTS (SELECT 1 FROM outbox AS b WHERE b.thread = o.thread AND b.state = 'pending'
                                   AND (b.place, b.id) < (o.place, o.id))
               ORDER BY place, id LIMIT ?2";
    let due: Vec<OutboxId> = connection
        .prepare_cached(sql)?
        .query_map((now, number(claim.limit)), |row| id(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    let sql = "UPDATE outbox SET state = 'sending', version = version + 1, attempts = attempts + 1, worker = ?2, lease_until = ?3
               WHERE id = ?1";
    let until = (claim.now + claim.ttl).as_micros();
    let mut claimed = Vec::with_capacity(due.len());
    for entry in due {
        connection.prepare_cached(sql)?.execute((key(entry), &claim.worker, until))?;
        claimed.extend(message::outbox_entry(connection, entry)?);
    }
    Ok(claimed)
}
