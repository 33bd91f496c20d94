use std::fmt;

use parlor_model::{ContactId, Id, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Where the chain begins: what the first record has as the hash of the one before it.
pub const AUDIT_START: Hash = [0; 32];

/// Says which rules made a hash, so that other rules can never make the same one.
const RULES: &[u8] = b"parlor audit record 1";

/// Something that was done and must be answered for, to be written with what it did.
///
/// It names who, what and to which object, never content. Of the content before and after it keeps a hash with a
/// `salt`: whoever still has the content can prove it, and when the salt is erased with the contact nobody can find it
/// out by trying.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Who did it: an agent's name, or `operator`.
    pub actor: String,
    /// What was done, such as `contact.erase`.
    pub verb: String,
    /// To what: a kind and an id, such as `interaction:0190…`.
    pub object: String,
    /// Whose content it was about; the salt is erased with them.
    pub contact: Option<ContactId>,
    /// Random bytes, others for each entry.
    pub salt: [u8; 16],
    /// The content before, as [`seal`] makes it; `None` when there was none.
    pub before: Option<Hash>,
    /// The content after.
    pub after: Option<Hash>,
}

impl fmt::Debug for AuditEntry {
    /// Hides the salt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEntry")
            .field("actor", &self.actor)
            .field("verb", &self.verb)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

/// Hashes content with a salt, for [`AuditEntry::before`] and [`AuditEntry::after`].
pub fn seal(salt: &[u8; 16], content: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(content);
    hasher.finalize().into()
}

/// An audit entry at its place in the chain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Place: gapless from 1, in order of commit.
    pub n: u64,
    /// When it was done: the time of the change.
    pub at: Timestamp,
    /// See [`AuditEntry::actor`].
    pub actor: String,
    /// See [`AuditEntry::verb`].
    pub verb: String,
    /// See [`AuditEntry::object`].
    pub object: String,
    /// See [`AuditEntry::contact`].
    pub contact: Option<ContactId>,
    /// See [`AuditEntry::salt`]; `None` once it is erased.
    pub salt: Option<[u8; 16]>,
    /// The hash of the salt: part of the chain in its place, and stays.
    pub salt_seal: Hash,
    /// See [`AuditEntry::before`].
    pub before: Option<Hash>,
    /// See [`AuditEntry::after`].
    pub after: Option<Hash>,
    /// The hash of the record before; [`AUDIT_START`] for the first.
    pub previous: Hash,
    /// The hash of this record, the one before included.
    pub hash: Hash,
}

impl fmt::Debug for AuditRecord {
    /// Hides the salt and what can be looked up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditRecord")
            .field("n", &self.n)
            .field("at", &self.at)
            .field("actor", &self.actor)
            .field("verb", &self.verb)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

impl AuditRecord {
    /// The record of an entry at the end of a chain of `n - 1` records, the last of which has the hash `previous`.
    pub fn following(n: u64, previous: Hash, at: Timestamp, entry: AuditEntry) -> Self {
        let AuditEntry { actor, verb, object, contact, salt, before, after } = entry;
        let mut record = Self {
            n,
            at,
            actor,
            verb,
            object,
            contact,
            salt: Some(salt),
            salt_seal: seal(&salt, &[]),
            before,
            after,
            previous,
            hash: AUDIT_START,
        };
        record.hash = record.digest();
        record
    }

    /// The hash that the record must have.
    fn digest(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(RULES);
        hasher.update(self.n.to_be_bytes());
        hasher.update(self.at.as_micros().to_be_bytes());
        // With their lengths, so that no two records have the same bytes.
        for text in [&self.actor, &self.verb, &self.object] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        let contact = self.contact.map(|contact| contact.as_uuid().into_bytes());
        for part in [
            contact.as_ref().map(<[u8; 16]>::as_slice),
            self.before.as_ref().map(Hash::as_slice),
            self.after.as_ref().map(Hash::as_slice),
        ] {
            hasher.update([u8::from(part.is_some())]);
            hasher.update(part.unwrap_or_default());
        }
        hasher.update(self.salt_seal);
        hasher.update(self.previous);
        hasher.finalize().into()
    }
}

/// A record that is not as it was written, or does not follow the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit chain is broken at record {n}")]
pub struct AuditFault {
    /// Which record.
    pub n: u64,
}

/// Checks a part of the chain: that the records follow the record `after`, whose hash is `previous`, without a gap, and
/// that none of them was changed. Answers the hash of the last one, with which the next part goes on.
///
/// The whole chain is checked from record 0 and [`AUDIT_START`] on. That its end was not cut off shows only somebody who
/// has noted the hash of a later record.
pub fn verify_chain(after: u64, previous: Hash, records: &[AuditRecord]) -> Result<Hash, AuditFault> {
    let mut expected = (after, previous);
    for record in records {
        let salted = record.salt.is_none_or(|salt| seal(&salt, &[]) == record.salt_seal);
        let follows = Some(record.n) == expected.0.checked_add(1) && record.previous == expected.1;
        if !(salted && follows && record.digest() == record.hash) {
            return Err(AuditFault { n: expected.0.saturating_add(1) });
        }
        expected = (record.n, record.hash);
    }
    Ok(expected.1)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn chain() -> Vec<AuditRecord> {
        let mut records: Vec<AuditRecord> = Vec::new();
        for n in 1..=3_u8 {
            let previous = records.last().map_or(AUDIT_START, |last| last.hash);
            let entry = AuditEntry {
                actor: "alice".to_owned(),
                verb: "contact.edit".to_owned(),
                object: "contact:1".to_owned(),
                contact: (n == 2).then(|| ContactId::from_uuid(Uuid::from_u128(7))),
                salt: [n; 16],
                before: (n > 1).then(|| seal(&[n; 16], b"Ann")),
                after: (n < 3).then(|| seal(&[n; 16], b"Zoe")),
            };
            records.push(AuditRecord::following(u64::from(n), previous, Timestamp::from_micros(7), entry));
        }
        records
    }

    #[test]
    fn a_chain_that_was_not_touched_verifies_in_parts_too() {
        let records = chain();
        assert_eq!(verify_chain(0, AUDIT_START, &records), Ok(records[2].hash));
        assert_eq!(verify_chain(1, records[0].hash, &records[1..]), Ok(records[2].hash));
        assert_eq!(verify_chain(0, AUDIT_START, &[]), Ok(AUDIT_START));
        assert_eq!(records[0].after, Some(seal(&[1; 16], b"Zoe")));
        assert_ne!(seal(&[1; 16], b"Zoe"), seal(&[2; 16], b"Zoe"));
    }

    #[test]
    fn a_record_that_was_changed_is_named() {
        let alterations: [fn(&mut AuditRecord); 13] = [
            |r| r.n = 9,
            |r| r.at = Timestamp::from_micros(8),
            |r| r.actor = "carol".to_owned(),
            |r| r.verb.push('s'),
            |r| r.object.clear(),
            |r| r.contact = None,
            |r| r.salt = Some([0; 16]),
            |r| r.salt_seal[0] ^= 1,
            |r| r.before = None,
            |r| r.after = Some([0; 32]),
            |r| r.previous[31] ^= 1,
            |r| r.hash[0] ^= 1,
            |r| (r.actor, r.verb) = ("alicec".to_owned(), "ontact.edit".to_owned()),
        ];
        for (number, alter) in alterations.into_iter().enumerate() {
            let mut records = chain();
            alter(&mut records[1]);
            assert_eq!(verify_chain(0, AUDIT_START, &records), Err(AuditFault { n: 2 }), "{number}");
        }
        let mut records = chain();
        records.remove(1);
        assert_eq!(verify_chain(0, AUDIT_START, &records), Err(AuditFault { n: 2 }), "taken out");
        let mut records = chain();
        records.swap(0, 1);
        assert_eq!(verify_chain(0, AUDIT_START, &records), Err(AuditFault { n: 1 }), "exchanged");
    }

    #[test]
    fn a_chain_without_salts_still_verifies() {
        let mut records = chain();
        for record in &mut records {
            record.salt = None;
        }
        assert!(verify_chain(0, AUDIT_START, &records).is_ok());
    }
}
