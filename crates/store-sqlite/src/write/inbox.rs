//! What was taken before, and who may write.

use std::hash::Hasher;

use parlor_model::Timestamp;
use parlor_store::{Conflict, Duplicate, Fence, InboxEntry, InboxKey, Lease, Request};
use rusqlite::{Connection, OptionalExtension};
use siphasher::sip128::{Hasher128, SipHasher24};

use super::{Applied, Change};
use crate::row::{key, number, optional_id};
use crate::writer::LeaseRequest;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Where an inbox key stands.
struct Place {
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

    fn columns(&self) -> [i64; 3] {
        [self.day, self.hash, self.rest]
    }
}

impl Change<'_> {
    pub(super) fn take_inbox(&mut self, entries: &[InboxEntry]) -> Applied {
        for InboxEntry { key: inbox_key, message } in entries {
            let place = Place::of(inbox_key, &self.workspace.inbox_secret);
            let sql =
                "INSERT INTO inbox (day, hash, rest, message) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
            let taken = self.execute(sql, (place.day, place.hash, place.rest, message.map(key)))?;
            if taken == 0 {
                let sql = "SELECT message FROM inbox WHERE day = ?1 AND hash = ?2 AND rest = ?3";
                let message = self.row(sql, place.columns(), |row| optional_id(row, 0))?.flatten();
                return Err(Duplicate::Inbox { key: inbox_key.clone(), message }.into());
            }
            self.workspace.inbox += 1;
        }
        Ok(())
    }

    pub(super) fn enter_request(&self, request: &Request) -> Applied {
        let sql = "INSERT INTO requests (agent, id, fingerprint, resource, at) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO NOTHING";
        let entered = self.execute(
            sql,
            (
                request.key.agent.as_str(),
                request.key.id.0.into_bytes(),
                request.fingerprint,
                request.resource.into_bytes(),
                request.at.as_micros(),
            ),
        )?;
        if entered == 0 { Err(Duplicate::Request(request.key.clone()).into()) } else { Ok(()) }
    }

    pub(super) fn check_fence(&self, fence: &Fence) -> Applied {
        let epoch = self.number("SELECT epoch FROM leases WHERE name = ?1", &fence.lease.0)?;
        if epoch == Some(number(fence.epoch)) {
            Ok(())
        } else {
            Err(Conflict::Fence(fence.lease.clone()).into())
        }
    }
}

/// Gives or renews a lease.
pub(crate) fn acquire_lease(
    connection: &Connection,
    request: &LeaseRequest,
) -> rusqlite::Result<Option<Lease>> {
    let LeaseRequest { name, holder, now, ttl } = request;
    let sql = "SELECT holder, epoch, until FROM leases WHERE name = ?1";
    let known: Option<(String, u64, i64)> = connection
        .prepare_cached(sql)?
        .query_row([&name.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let epoch = match known {
        Some((holding, epoch, until)) if *now < Timestamp::from_micros(until) => {
            if holding != *holder {
                return Ok(None);
            }
            epoch
        }
        Some((_, epoch, _)) => epoch + 1,
        None => 1,
    };
    let lease = Lease { name: name.clone(), holder: holder.clone(), epoch, until: *now + *ttl };
    let sql = "INSERT INTO leases (name, holder, epoch, until) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, until = excluded.until";
    connection.prepare_cached(sql)?.execute((&name.0, holder, number(epoch), lease.until.as_micros()))?;
    Ok(Some(lease))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(scope: &str, kind: &str, time: Option<i64>, id: &str, secret: u8) -> [i64; 3] {
        let key = InboxKey {
            scope: scope.to_owned(),
            kind: kind.to_owned(),
            provider_time: time.map(Timestamp::from_micros),
            external_id: id.to_owned(),
        };
        Place::of(&key, &[secret; 16]).columns()
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
        assert_eq!(place("a", "b", None, "c", 1)[0], 0);
        assert_eq!(place("a", "b", Some(DAY - 1), "c", 1)[0], 0);
        assert_eq!(place("a", "b", Some(20_000 * DAY + 7), "c", 1)[0], 20_000);
        assert_eq!(place("a", "b", Some(-1), "c", 1)[0], -1);
    }
}
