//! What is sent through providers: written, and given out to be sent.

use parlor_model::ProviderMessageId;
use parlor_store::{OutboxClaim, OutboxEntry, OutboxState, OutboxWrite, SENDER_LOST};

use super::Change;
use crate::pipeline::{Applied, Must, Question, given};
use crate::read::message::read_outbox;
use crate::row::{Read, key, number, optional_text, text};
use crate::session::Asks;

/// A statement that writes an entry, and tells whether it did and what stood there before.
macro_rules! guarded_sql {
    ($written:literal) => {
        concat!(
            "WITH present AS (SELECT id, message, thread, channel, state, attempts, not_before, provider_id, reason,
                 version, worker, lease_until FROM outbox WHERE id = $1),
             written AS (",
            $written,
            " RETURNING 1)
             SELECT p.*, EXISTS (SELECT FROM written) FROM (VALUES (1)) AS one LEFT JOIN present p ON true"
        )
    };
}

impl<'a> Change<'_, 'a> {
    pub(super) async fn write_outbox(&mut self, write: &'a OutboxWrite) {
        let OutboxWrite { entry, expected_version } = write;
        let sql = if *expected_version == 0 {
            guarded_sql!(
                "INSERT INTO outbox (id, version, message, thread, channel, state, attempts, not_before, provider_id,
                     reason, worker, lease_until, place)
                 SELECT $1::uuid, $2::bigint, $3::uuid, $4::uuid, $5::text, $6::text, $7::bigint, $8::bigint, $9::text,
                     $10::text, $11::text, $12::bigint, coalesce((SELECT position FROM messages WHERE id = $3), 0)
                 WHERE NOT EXISTS (SELECT FROM present)"
            )
        } else {
            guarded_sql!(
                "UPDATE outbox SET version = $2, message = $3, thread = $4, channel = $5, state = $6, attempts = $7,
                     not_before = $8, provider_id = $9, reason = $10, worker = $11, lease_until = $12,
                     place = coalesce((SELECT position FROM messages WHERE id = $3), 0)
                 WHERE id = $1 AND version = $2::bigint - 1"
            )
        };
        let lease = entry.lease.as_ref().filter(|_| entry.state == OutboxState::Sending);
        let values = given![
            key(entry.id),
            number(expected_version.saturating_add(1)),
            key(entry.message),
            key(entry.thread),
            entry.channel.as_str(),
            entry.state.as_str(),
            i64::from(entry.attempts),
            entry.not_before.as_micros(),
            optional_text(entry.provider_id.as_ref().map(ProviderMessageId::as_str)),
            optional_text(entry.reason.as_deref()),
            optional_text(lease.map(|lease| lease.worker.as_str())),
            lease.map(|lease| lease.until.as_micros()),
        ];
        let question = Question::new(sql, values).must(Must::WriteOutbox(entry.id));
        self.send(question.loose("the message or the thread of an outbox entry")).await;
    }
}

/// Gives out what is to be sent, and gives up what somebody has sent for too long.
pub(crate) async fn claim(session: &impl Asks, claim: &OutboxClaim) -> Applied<Vec<OutboxEntry>> {
    let now = claim.now.as_micros();
    let sql = "UPDATE outbox SET state = 'uncertain', version = version + 1, worker = NULL, lease_until = NULL, reason = $2
               WHERE state = 'sending' AND (lease_until IS NULL OR lease_until <= $1)";
    session.rows(sql, &[&now, &SENDER_LOST]).await?;
    // The first of its thread, unless something of the thread is on its way: what waits for later holds up the others.
    let sql = "WITH due AS (
                   SELECT o.id FROM outbox o WHERE o.state = 'pending' AND o.not_before <= $1
                       AND NOT EXISTS (SELECT FROM outbox f WHERE f.thread = o.thread
                                       AND f.state IN ('sending', 'uncertain'))
                       AND NOT EXISTS (SELECT FROM outbox b WHERE b.thread = o.thread AND b.state = 'pending'
                                       AND (b.place, b.id) < (o.place, o.id))
                   ORDER BY o.place, o.id LIMIT $2 FOR UPDATE OF o SKIP LOCKED),
               claimed AS (
                   UPDATE outbox o SET state = 'sending', version = o.version + 1, attempts = o.attempts + 1, worker = $3,
                       lease_until = $4
                   FROM due WHERE o.id = due.id RETURNING o.*)
               SELECT id, message, thread, channel, state, attempts, not_before, provider_id, reason, version, worker,
                   lease_until
               FROM claimed ORDER BY place, id";
    let until = (claim.now + claim.ttl).as_micros();
    let rows = session.rows(sql, &[&now, &number(claim.limit), &text(&claim.worker), &until]).await?;
    Ok(rows.iter().map(read_outbox).collect::<Read<_>>()?)
}
