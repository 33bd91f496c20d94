//! What was taken before, and who may write.

use std::hash::Hasher;

use parlor_model::Timestamp;
use parlor_store::{Conflict, Duplicate, Fence, InboxEntry, InboxKey, Lease, Request};
use siphasher::sip128::{Hasher128, SipHasher24};

use super::{Change, Workspace};
use crate::pipeline::{Applied, Must, Question, given};
use crate::row::{count, free, get, key, number, optional_id, text};
use crate::session::Asks;
use crate::writer::LeaseRequest;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Where an inbox key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    day: i64,
    hash: i64,
    rest: i64,
}

impl Place {
    fn of(key: &InboxKey, secret: &[u8; 16]) -> Self {
        let mut hasher = SipHasher24::new_with_key(secret);
        // With their lengths, so that no two keys have the same bytes.
        for part in [&key.scope, &key.kind, &key.external_id] {
            hasher.write_u64(part.len() as u64);
            hasher.write(part.as_bytes());
        }
        if let Some(time) = key.provider_time {
            hasher.write_i64(time.as_micros());
        }
        let hash = hasher.finish128();
        Self {
            day: key.provider_time.map_or(0, |time| time.as_micros().div_euclid(DAY)),
            hash: hash.h1.cast_signed(),
            rest: hash.h2.cast_signed(),
        }
    }
}

/// Whether an inbound event was taken, and by which message.
pub(super) async fn taken_by(
    session: &impl Asks,
    workspace: &Workspace,
    inbox_key: &InboxKey,
) -> Applied<Option<Option<parlor_model::MessageId>>> {
    let place = Place::of(inbox_key, &workspace.inbox_secret);
    let sql = "SELECT message FROM inbox WHERE day = $1 AND hash = $2 AND rest = $3";
    let rows = session.rows(sql, &[&place.day, &place.hash, &place.rest]).await?;
    Ok(rows.first().map(|row| optional_id(row, 0)).transpose()?)
}

impl<'a> Change<'_, 'a> {
    pub(super) async fn take_inbox(&mut self, entry: &'a InboxEntry) {
        let place = Place::of(&entry.key, &self.workspace.inbox_secret);
        let sql = "INSERT INTO inbox (day, hash, rest, message) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING RETURNING 1";
        let values = given![place.day, place.hash, place.rest, entry.message.map(key)];
        self.send(Question::new(sql, values).must(Must::BeNew(entry.key.clone()))).await;
        self.workspace.inbox += 1;
    }

    pub(super) async fn enter_request(&mut self, request: &'a Request) {
        let sql = "INSERT INTO requests (agent, id, fingerprint, resource, at) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING RETURNING 1";
        let values = given![
            request.key.agent.as_str(),
            request.key.id.0,
            &request.fingerprint[..],
            request.resource,
            request.at.as_micros(),
        ];
        self.send(Question::new(sql, values).or(Duplicate::Request(request.key.clone()))).await;
    }

    pub(super) async fn check_fence(&mut self, fence: &'a Fence) {
        let sql = "SELECT 1 FROM leases WHERE name = $1 AND epoch = $2";
        let values = given![text(&fence.lease.0), number(fence.epoch)];
        self.send(Question::new(sql, values).or(Conflict::Fence(fence.lease.clone()))).await;
    }
}

/// Gives or renews a lease. The workspace is locked, so that nobody else does.
pub(crate) async fn acquire_lease(session: &impl Asks, request: &LeaseRequest) -> Applied<Option<Lease>> {
    let LeaseRequest { name, holder, now, ttl } = request;
    let sql = "SELECT holder, epoch, until FROM leases WHERE name = $1";
    let rows = session.rows(sql, &[&text(&name.0)]).await?;
    let epoch = match rows.first() {
        None => 1,
        Some(row) => {
            let (holding, epoch): (_, u64) = (free(row, 0)?, count(row, 1)?);
            match (*now < Timestamp::from_micros(get(row, 2)?), holding == *holder) {
                (true, true) => epoch,
                (true, false) => return Ok(None),
                (false, _) => epoch + 1,
            }
        }
    };
    let lease = Lease { name: name.clone(), holder: holder.clone(), epoch, until: *now + *ttl };
    let sql = "INSERT INTO leases (name, holder, epoch, until) VALUES ($1, $2, $3, $4)
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, until = excluded.until";
    let until = lease.until.as_micros();
    session.rows(sql, &[&text(&name.0), &text(holder), &number(epoch), &until]).await?;
    Ok(Some(lease))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(scope: &str, kind: &str, time: Option<i64>, id: &str, secret: u8) -> Place {
        let key = InboxKey {
            scope: scope.to_owned(),
            kind: kind.to_owned(),
            provider_time: time.map(Timestamp::from_micros),
            external_id: id.to_owned(),
        };
        Place::of(&key, &[secret; 16])
    }

    #[test]
    fn a_key_has_its_place_by_everything_in_it_and_the_secret() {
        let places = [
            place("a", "b", None, "c", 1),
            place("ab", "", None, "c", 1),
            place("a", "", None, "bc", 1),
            place("a", "b", Some(0), "c", 1),
            place("a", "b", Some(1), "c", 1),
            place("a", "b", Some(DAY), "c", 1),
            place("a", "b", None, "c", 2),
        ];
        let mut distinct = places.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), places.len());
        assert_eq!(place("a", "b", None, "c", 1), places[0]);
    }

    #[test]
    fn the_day_is_the_providers_and_0_without_one() {
        assert_eq!(place("a", "b", None, "c", 1).day, 0);
        assert_eq!(place("a", "b", Some(DAY - 1), "c", 1).day, 0);
        assert_eq!(place("a", "b", Some(20_000 * DAY + 7), "c", 1).day, 20_000);
        assert_eq!(place("a", "b", Some(-1), "c", 1).day, -1);
    }
}
