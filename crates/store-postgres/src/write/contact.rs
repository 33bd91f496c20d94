//! Contacts, their points, and who they are shown as.

use parlor_model::{ContactAlias, ContactPoint};
use parlor_store::{Assignment, Conflict, ConsentEntry, ContactWrite, JournalEntry};

use super::Change;
use crate::code;
use crate::pipeline::{Applied, Question, given, missing};
use crate::read::contact;
use crate::row::{get, key, number, optional_text, text, to_json};
use crate::session::Asks;

const CONTACT_EXISTS: &str = "SELECT 1 FROM contacts WHERE id = $1";

impl<'a> Change<'_, 'a> {
    pub(super) async fn write_contact(&mut self, write: &'a ContactWrite) -> Applied {
        let ContactWrite { contact, expected_version } = write;
        let sql = if *expected_version == 0 {
            "INSERT INTO contacts (id, version, display_name, fields, created_at, root) VALUES ($1, $2, $3, $4, $5, $1)
             ON CONFLICT DO NOTHING RETURNING 1"
        } else {
            "UPDATE contacts SET version = $2, display_name = $3, fields = $4, created_at = $5
             WHERE id = $1 AND version = $2::bigint - 1 RETURNING 1"
        };
        let values = given![
            key(contact.id),
            number(expected_version.saturating_add(1)),
            optional_text(contact.display_name.as_deref()),
            to_json(&contact.fields)?,
            contact.created_at.as_micros(),
        ];
        self.send(Question::new(sql, values).or(Conflict::Contact(contact.id))).await;
        self.journal_contact(contact.id).await
    }

    pub(super) async fn write_point(&mut self, point: &'a ContactPoint) -> Applied {
        self.must_exist(CONTACT_EXISTS, key(point.contact), "the contact of a contact point").await;
        let sql =
            "INSERT INTO contact_points AS p (id, contact, kind, scope, address, display_name, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name
                   WHERE (p.contact, p.kind, p.scope, p.address)
                       = (excluded.contact, excluded.kind, excluded.scope, excluded.address)
                   RETURNING 1";
        let values = given![
            key(point.id),
            key(point.contact),
            point.key.kind.as_str(),
            text(&point.key.scope),
            text(point.key.address.as_str()),
            optional_text(point.display_name.as_deref()),
            point.created_at.as_micros(),
        ];
        self.send(Question::new(sql, values).or(Conflict::Identity).taken(Conflict::Identity)).await;
        self.journal_contact(point.contact).await
    }

    pub(super) async fn write_alias(&mut self, alias: &'a ContactAlias) -> Applied {
        let from = alias.from;
        self.must_exist(CONTACT_EXISTS, key(from), "the contact of an alias").await;
        let sql = "SELECT shown_as FROM contact_aliases WHERE contact = $1";
        let before = self.row(sql, &[&key(from)]).await?;
        let before: Option<uuid::Uuid> = before.map(|row| get(&row, 0)).transpose()?;
        if before == alias.into.map(key) {
            return Ok(());
        }
        let root = if let Some(into) = alias.into {
            let root = "SELECT root FROM contacts WHERE id = $1";
            let Some(row) = self.row(root, &[&key(into)]).await? else {
                return Err(missing("the contact that an alias leads to").into());
            };
            let root: uuid::Uuid = get(&row, 0)?;
            // Also through others, and through what it is shown as so far.
            if contact::family(self.pipeline.session, from).await?.contains(&key(into)) {
                return Err(Conflict::Contact(from).into());
            }
            let sql = "INSERT INTO contact_aliases (contact, shown_as) VALUES ($1, $2)
                       ON CONFLICT (contact) DO UPDATE SET shown_as = excluded.shown_as";
            self.send(Question::new(sql, given![key(from), key(into)])).await;
            root
        } else {
            let sql = "DELETE FROM contact_aliases WHERE contact = $1";
            self.send(Question::new(sql, given![key(from)])).await;
            key(from)
        };
        // All that were shown as it go with it.
        let sql = "WITH RECURSIVE family (id) AS (
                       SELECT $1::uuid UNION
                       SELECT a.contact FROM family f JOIN contact_aliases a ON a.shown_as = f.id)
                   UPDATE contacts SET root = $2 WHERE id IN (SELECT id FROM family)";
        self.send(Question::new(sql, given![key(from), root])).await;
        self.journal_contact(from).await
    }

    pub(super) async fn assign(&mut self, assignment: &'a Assignment) -> Applied {
        let Assignment { agent, contact, assigned } = assignment;
        self.must_exist(CONTACT_EXISTS, key(*contact), "the contact of an assignment").await;
        self.pipeline.settle().await?;
        let session = self.pipeline.session;
        let changed = if *assigned {
            let sql =
                "INSERT INTO assignments (agent, contact) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1";
            session.rows(sql, &[&agent.as_str(), &key(*contact)]).await?
        } else {
            // Whoever is shown as this contact would put it back into the list.
            let family = contact::family(session, *contact).await?;
            let sql = "DELETE FROM assignments WHERE agent = $1 AND contact = ANY($2::uuid[]) RETURNING 1";
            session.rows(sql, &[&agent.as_str(), &family]).await?
        };
        if !changed.is_empty() {
            let (position, at) = self.next().await?;
            let sql = "INSERT INTO journal (position, at, kind, agent, contact, first) VALUES ($1, $2, $3, $4, $5, $6)";
            let values = given![
                position,
                at.as_micros(),
                code::journal::ASSIGNMENT,
                agent.as_str(),
                key(*contact),
                i64::from(*assigned),
            ];
            self.send(Question::new(sql, values)).await;
            self.journal(at, JournalEntry::Assignment(assignment.clone()));
        }
        Ok(())
    }

    pub(super) async fn enter_consent(&mut self, entry: &'a ConsentEntry) {
        let sql = "INSERT INTO consent (point, purpose, state, evidence, at) VALUES ($1, $2, $3, $4, $5)";
        let values = given![
            key(entry.point),
            text(&entry.purpose),
            code::consent_state(entry.state),
            text(&entry.evidence),
            entry.at.as_micros(),
        ];
        self.send(Question::new(sql, values).loose("the contact point of a consent")).await;
    }
}
