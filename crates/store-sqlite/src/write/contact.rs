//! Contacts, their points, and who they are shown as.

use parlor_model::{ContactAlias, ContactId, ContactPoint};
use parlor_store::{Assignment, Conflict, ConsentEntry, ContactWrite, JournalEntry};

use super::{Applied, Change, must_exist, or_loose_end};
use crate::code;
use crate::read::contact;
use crate::row::{id, key, number, optional_id, to_json};

impl Change<'_> {
    pub(super) fn write_contact(&mut self, write: &ContactWrite) -> Applied {
        let ContactWrite { contact, expected_version } = write;
        let known = self.number("SELECT version FROM contacts WHERE id = ?1", key(contact.id))?;
        if known.unwrap_or(0) != number(*expected_version) {
            return Err(Conflict::Contact(contact.id).into());
        }
        let sql = "INSERT INTO contacts (id, version, display_name, fields, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (id) DO UPDATE SET version = excluded.version, display_name = excluded.display_name,
                       fields = excluded.fields, created_at = excluded.created_at";
        self.execute(
            sql,
            (
                key(contact.id),
                number(expected_version + 1),
                &contact.display_name,
                to_json(&contact.fields)?,
                contact.created_at.as_micros(),
            ),
        )?;
        self.journal_contact(contact.id)
    }

    pub(super) fn write_point(&mut self, point: &ContactPoint) -> Applied {
        self.contact_exists(point.contact, "the contact of a contact point")?;
        let known = contact::point(self.connection, point.id)?;
        if let Some(known) = known {
            if known.contact != point.contact || known.key != point.key {
                return Err(Conflict::Identity.into());
            }
            let sql = "UPDATE contact_points SET display_name = ?2 WHERE id = ?1";
            self.execute(sql, (key(point.id), &point.display_name))?;
        } else {
            let sql =
                "INSERT INTO contact_points (id, contact, kind, scope, address, display_name, created_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (kind, scope, address) DO NOTHING";
            let made = self.execute(
                sql,
                (
                    key(point.id),
                    key(point.contact),
                    point.key.kind.as_str(),
                    &point.key.scope,
                    point.key.address.as_str(),
                    &point.display_name,
                    point.created_at.as_micros(),
                ),
            )?;
            if made == 0 {
                return Err(Conflict::Identity.into());
            }
        }
        self.journal_contact(point.contact)
    }

    pub(super) fn write_alias(&mut self, alias: &ContactAlias) -> Applied {
        let from = alias.from;
        self.contact_exists(from, "the contact of an alias")?;
        let sql = "SELECT shown_as FROM contact_aliases WHERE contact = ?1";
        let before = self.row(sql, [key(from)], |row| optional_id(row, 0))?.flatten();
        if before == alias.into {
            return Ok(());
        }
        if let Some(into) = alias.into {
            self.contact_exists(into, "the contact that an alias leads to")?;
            // Also through others, and through what it is shown as so far.
            if contact::family(self.connection, from)?.contains(&into) {
                return Err(Conflict::Contact(from).into());
            }
            let sql = "INSERT INTO contact_aliases (contact, shown_as) VALUES (?1, ?2)
                       ON CONFLICT (contact) DO UPDATE SET shown_as = excluded.shown_as";
            self.execute(sql, (key(from), key(into)))?;
        } else {
            self.execute("DELETE FROM contact_aliases WHERE contact = ?1", [key(from)])?;
        }
        self.journal_contact(from)
    }

    pub(super) fn assign(&mut self, assignment: &Assignment) -> Applied {
        let Assignment { agent, contact, assigned } = assignment;
        let what = "the contact of an assignment";
        let changed = if *assigned {
            let sql = "INSERT INTO assignments (agent, contact) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            or_loose_end(self.execute(sql, (agent.as_str(), key(*contact))), what)?
        } else {
            self.contact_exists(*contact, what)?;
            // Whoever is shown as this contact would put it back into the list.
            let mut removed = 0;
            for member in contact::family(self.connection, *contact)? {
                let sql = "DELETE FROM assignments WHERE agent = ?1 AND contact = ?2";
                removed += self.execute(sql, (agent.as_str(), key(member)))?;
            }
            removed
        };
        if changed > 0 {
            let (position, at) = self.next()?;
            let sql = "INSERT INTO journal (position, at, kind, agent, contact, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            self.execute(
                sql,
                (position, at, code::journal::ASSIGNMENT, agent.as_str(), key(*contact), *assigned),
            )?;
            self.journal(JournalEntry::Assignment(assignment.clone()))?;
        }
        Ok(())
    }

    pub(super) fn enter_consent(&self, entry: &ConsentEntry) -> Applied {
        let sql = "INSERT INTO consent (point, purpose, state, evidence, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let entered = self.execute(
            sql,
            (
                key(entry.point),
                &entry.purpose,
                code::consent_state(entry.state),
                &entry.evidence,
                entry.at.as_micros(),
            ),
        );
        or_loose_end(entered, "the contact point of a consent").map(|_| ())
    }

    pub(super) fn contact_exists(&self, contact: ContactId, what: &str) -> Applied {
        let sql = "SELECT id FROM contacts WHERE id = ?1";
        let found: Option<ContactId> = self.row(sql, [key(contact)], |row| id(row, 0))?;
        Ok(must_exist(found, what).map(|_| ())?)
    }
}
