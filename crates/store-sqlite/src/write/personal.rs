//! Takes out what belongs to a contact, and what is older than it is kept.

use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{Interaction, Recorded};
use parlor_model::{BlobId, ContactId, ContactPoint, Id, MessageId, Timestamp};
use parlor_store::personal::{
    add_blobs, blobs_of, erase_case, erase_event, erase_letter, erased_address, is_personal,
};
use parlor_store::{
    AUDIT_START, Assignment, AuditEntry, AuditRecord, DocumentKey, DocumentWrite, Erased, Erasure, Expired,
    Expiry, JournalEntry, Mentions, PersonalPart, StoreError,
};
use parlor_transcript::content_search_text;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{Applied, Change, Workspace};
use crate::read::belongings::{Reach, naming};
use crate::read::interaction;
use crate::row::{ForeignId, id, json, key, number, parsed, time, to_json};
use crate::{code, grams};

impl Workspace {
    /// Erases a contact. After a refusal the caller takes back what was written; the counts are as they were.
    pub(crate) fn erase(&mut self, connection: &Connection, erasure: &Erasure) -> Applied<Option<Erased>> {
        let Some(reach) = Reach::of(connection, erasure.contact)? else { return Ok(None) };
        for row in reach.direct() {
            if interaction::open_of(connection, row.thread.id)?.is_some() {
                return Err(StoreError::InWork.into());
            }
        }
        let mut change = Change::new(connection, self, Some(erasure.at));
        let mut blobs = BTreeSet::new();
        let rows = change.erase(&reach, &mut blobs)?;
        change.note_pending(erasure.pending.as_ref(), &blobs)?;
        for entry in &erasure.audit {
            change.enter_audit(entry.clone())?;
        }
        let records = change.keep(self);
        let blobs = blobs.into_iter().collect();
        Ok(Some(Erased { contacts: reach.family, rows, records, blobs }))
    }

    /// Ends what is older than it is kept.
    pub(crate) fn expire(&mut self, connection: &Connection, expiry: &Expiry) -> Applied<Expired> {
        let change = Change::new(connection, self, None);
        let mut expired = Expired::default();
        if let Some(before) = expiry.dead_letters_before {
            expired.dead_letters = change.expire_letters(before, expiry.limit)?;
        }
        if let Some(before) = expiry.messages_before {
            change.expire_messages(before, expiry, &mut expired)?;
        }
        Ok(expired)
    }
}

/// A message that may be older than it is kept.
struct Old {
    position: i64,
    thread: i64,
    id: MessageId,
    at: Timestamp,
    /// Its interaction is not Done, or it is still being sent.
    is_held: bool,
}

/// A message as far as it is emptied.
struct Message {
    thread: i64,
    kind: i64,
    body: String,
    provider_id: Option<ForeignId>,
}

fn read_message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message { thread: row.get(0)?, kind: row.get(1)?, body: row.get(2)?, provider_id: row.get(3)? })
}

impl Change<'_> {
    fn erase(&mut self, reach: &Reach, blobs: &mut BTreeSet<BlobId>) -> Applied<BTreeMap<PersonalPart, u64>> {
        let mut rows: BTreeMap<_, u64> = PersonalPart::ALL.into_iter().map(|part| (part, 0)).collect();
        let mut count = |part, number: usize| {
            rows.insert(part, number as u64);
        };
        let mut messages = 0;
        let mut observations = 0;
        let mut sends = 0;
        for (position, message) in &reach.messages {
            messages += usize::from(self.empty_message(*position, blobs)?);
            observations += self.empty_observations(*position)?;
            sends += self.execute("DELETE FROM outbox WHERE message = ?1", [key(*message)])?;
        }
        count(PersonalPart::Messages, messages);
        count(PersonalPart::Observations, observations);
        count(PersonalPart::Outbox, sends);
        for row in &reach.threads {
            self.look_for_last_text(row.key)?;
        }
        let mut interactions = Vec::new();
        for row in reach.direct() {
            self.execute("UPDATE threads SET ends_at = sequence WHERE key = ?1", [row.key])?;
            let sql = "SELECT key, id FROM interactions WHERE thread = ?1";
            let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?));
            let found = self.statement(sql)?.query_map([row.key], read)?.collect::<Result<Vec<_>, _>>()?;
            interactions.extend(found);
        }
        let (mut cases, mut events) = (0, 0);
        for (row, _) in &interactions {
            cases += usize::from(self.empty_case(*row)?);
            events += self.empty_events(*row)?;
        }
        count(PersonalPart::Interactions, cases);
        count(PersonalPart::History, events);
        let mut requests = 0;
        for resource in reach.resources(interactions.iter().map(|(_, id)| Uuid::from_bytes(*id))) {
            requests += self.empty_requests(resource)?;
        }
        count(PersonalPart::Requests, requests);
        // While the addresses are still known.
        count(PersonalPart::DeadLetters, self.empty_letters(&Mentions::of(&reach.points))?);

        let mut contacts = 0;
        for member in &reach.family {
            contacts += usize::from(self.empty_contact(*member)?);
        }
        count(PersonalPart::Contacts, contacts);
        let (mut points, mut consent) = (0, 0);
        for point in &reach.points {
            points += self.empty_point(point)?;
            let sql = "UPDATE consent SET evidence = '' WHERE point = ?1 AND evidence <> ''";
            consent += self.execute(sql, [key(point.id)])?;
        }
        count(PersonalPart::Points, points);
        count(PersonalPart::Consent, consent);
        let (mut aliases, mut documents, mut salts) = (0, 0, 0);
        for member in &reach.family {
            let member = key(*member);
            aliases +=
                self.execute("DELETE FROM contact_aliases WHERE contact = ?1 OR shown_as = ?1", [member])?;
            let sql = "SELECT kind, key, blobs FROM document_owners WHERE contact = ?1";
            documents += self.remove_documents(sql, member, blobs)?;
            let sql = "UPDATE audit SET salt = NULL WHERE contact = ?1 AND salt IS NOT NULL";
            salts += self.execute(sql, [member])?;
        }
        count(PersonalPart::Aliases, aliases);
        count(PersonalPart::Documents, documents);
        count(PersonalPart::Audit, salts);
        count(PersonalPart::Assignments, self.empty_lists(&reach.family)?);
        Ok(rows)
    }

    /// Each of the following answers how many rows there were to be emptied.
    fn empty_message(&self, position: i64, blobs: &mut BTreeSet<BlobId>) -> Applied<bool> {
        let sql = "SELECT thread, kind, body, provider_id FROM messages WHERE position = ?1";
        let Some(message) = self.row(sql, [position], read_message)? else { return Ok(false) };
        let content = code::content_of(message.kind, message.body).ok();
        let personal = content.as_ref().is_none_or(is_personal);
        if personal {
            blobs.extend(content.iter().flat_map(blobs_of));
            // Taken out by the pieces with which it went in.
            let indexed = "SELECT position FROM search_index WHERE position >= ?1";
            let text = content.as_ref().and_then(content_search_text);
            if let (Some(_), Some(text)) = (self.number(indexed, position)?, text) {
                let sql =
                    "INSERT INTO message_search (message_search, rowid, grams) VALUES ('delete', ?1, ?2)";
                self.execute(sql, (position, grams::of_message(message.thread, &text)))?;
            }
            let sql = "UPDATE messages SET kind = ?2, body = '', provider_id = NULL WHERE position = ?1";
            self.execute(sql, (position, code::ERASED))?;
        } else if message.provider_id.is_some() {
            self.execute("UPDATE messages SET provider_id = NULL WHERE position = ?1", [position])?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn empty_observations(&self, message: i64) -> Applied<usize> {
        let sql = "UPDATE observations SET reason = NULL WHERE message = ?1 AND reason IS NOT NULL";
        Ok(self.execute(sql, [message])?)
    }

    fn empty_requests(&self, about: Uuid) -> Applied<usize> {
        let sql = "UPDATE requests SET fingerprint = zeroblob(32) WHERE resource = ?1 AND fingerprint <> zeroblob(32)";
        Ok(self.execute(sql, [about.into_bytes()])?)
    }

    /// The newest texts of a thread may be gone.
    fn look_for_last_text(&self, thread: i64) -> Applied {
        let sql = "SELECT position, author_point, kind, body FROM messages WHERE thread = ?1 ORDER BY sequence DESC";
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query([thread])?;
        let mut newest: Option<i64> = None;
        let mut of_author: BTreeMap<[u8; 16], i64> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            if !code::content_of(row.get(2)?, row.get(3)?).is_ok_and(|content| content.is_said()) {
                continue;
            }
            let position = row.get(0)?;
            newest.get_or_insert(position);
            if let Some(author) = row.get(1)? {
                of_author.entry(author).or_insert(position);
            }
        }
        self.execute("UPDATE threads SET last_text = ?2 WHERE key = ?1", (thread, newest))?;
        let sql = "SELECT point FROM post_authors WHERE thread = ?1";
        let authors: Vec<[u8; 16]> =
            self.statement(sql)?.query_map([thread], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for author in authors {
            let sql = "UPDATE post_authors SET last_text = ?3 WHERE point = ?1 AND thread = ?2";
            self.execute(sql, (author, thread, of_author.get(&author)))?;
        }
        Ok(())
    }

    fn empty_case(&self, row: i64) -> Applied<bool> {
        let sql = "SELECT snapshot FROM interactions WHERE key = ?1";
        let found: Option<Interaction> = self.row(sql, [row], |row| json(row, 0))?;
        let Some(mut interaction) = found else { return Ok(false) };
        if !erase_case(&mut interaction) {
            return Ok(false);
        }
        let sql = "UPDATE interactions SET snapshot = ?2 WHERE key = ?1";
        Ok(self.execute(sql, (row, to_json(&interaction)?))? > 0)
    }

    fn empty_events(&self, interaction: i64) -> Applied<usize> {
        let sql = "SELECT position, recorded FROM interaction_events WHERE interaction = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, json(row, 1)?));
        let events: Vec<(i64, Recorded)> =
            self.statement(sql)?.query_map([interaction], read)?.collect::<Result<_, _>>()?;
        let mut emptied = 0;
        for (position, mut recorded) in events {
            if erase_event(&mut recorded) {
                let sql = "UPDATE interaction_events SET recorded = ?2 WHERE position = ?1";
                emptied += self.execute(sql, (position, to_json(&recorded)?))?;
            }
        }
        Ok(emptied)
    }

    fn empty_letters(&self, mentions: &Mentions) -> Applied<usize> {
        let mut emptied = 0;
        for (row, mut letter) in naming(self.connection, mentions)? {
            if erase_letter(&mut letter) {
                let sql = "UPDATE dead_letters SET reason = ?2, raw = ?3 WHERE key = ?1";
                emptied += self.execute(sql, (row, letter.reason, letter.raw))?;
            }
        }
        Ok(emptied)
    }

    fn empty_contact(&mut self, contact: ContactId) -> Applied<bool> {
        let sql = "UPDATE contacts SET display_name = NULL, fields = '{}', erased = 1, version = version + 1
                   WHERE id = ?1 AND (erased = 0 OR display_name IS NOT NULL OR fields <> '{}')";
        let emptied = self.execute(sql, [key(contact)])? > 0;
        if emptied {
            self.journal_contact(contact)?;
        }
        Ok(emptied)
    }

    fn empty_point(&self, point: &ContactPoint) -> Applied<usize> {
        let sql = "UPDATE contact_points SET address = ?2, display_name = NULL
                   WHERE id = ?1 AND (address <> ?2 OR display_name IS NOT NULL)";
        Ok(self.execute(sql, (key(point.id), erased_address(point.id).as_str()))?)
    }

    fn empty_lists(&mut self, family: &[ContactId]) -> Applied<usize> {
        let mut removed = Vec::new();
        for member in family {
            let sql = "DELETE FROM assignments WHERE contact = ?1 RETURNING agent";
            let read = |row: &Row<'_>| Ok((parsed(row, 0)?, *member));
            let found =
                self.statement(sql)?.query_map([key(*member)], read)?.collect::<Result<Vec<_>, _>>()?;
            removed.extend(found);
        }
        removed.sort();
        let number = removed.len();
        for (agent, contact) in removed {
            let (position, at) = self.next()?;
            let sql = "INSERT INTO journal (position, at, kind, agent, contact, first) VALUES (?1, ?2, ?3, ?4, ?5, 0)";
            let agent_name: &parlor_model::AgentName = &agent;
            self.execute(sql, (position, at, code::journal::ASSIGNMENT, agent_name.as_str(), key(contact)))?;
            self.journal(JournalEntry::Assignment(Assignment { agent, contact, assigned: false }))?;
        }
        Ok(number)
    }

    /// Puts an entry at the end of the audit chain.
    pub(super) fn enter_audit(&self, entry: AuditEntry) -> Applied {
        let sql = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1";
        let last = self.row(sql, [], |row| Ok((row.get::<_, u64>(0)?, row.get(1)?)))?;
        let (n, previous) = last.unwrap_or((0, AUDIT_START));
        let record = AuditRecord::following(n + 1, previous, self.at()?, entry);
        let sql = "INSERT INTO audit (n, at, actor, verb, object, contact, salt, salt_seal, before, after, previous, hash)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        self.execute(
            sql,
            params![
                number(record.n),
                record.at.as_micros(),
                record.actor,
                record.verb,
                record.object,
                record.contact.map(key),
                record.salt,
                record.salt_seal,
                record.before,
                record.after,
                record.previous,
                record.hash,
            ],
        )?;
        Ok(())
    }

    fn expire_letters(&self, before: Timestamp, limit: usize) -> Applied<u64> {
        let sql = "UPDATE dead_letters SET raw = x'', reason = 'erased' WHERE key IN
                       (SELECT key FROM dead_letters WHERE at < ?1 AND NOT (length(raw) = 0 AND reason = 'erased')
                        ORDER BY key LIMIT ?2)";
        Ok(self.execute(sql, (before.as_micros(), number(limit)))? as u64)
    }

    /// Removes the documents that a statement finds.
    fn remove_documents(
        &self,
        sql: &'static str,
        of: [u8; 16],
        blobs: &mut BTreeSet<BlobId>,
    ) -> Applied<usize> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, json(row, 2)?));
        let found: Vec<(String, String, Vec<BlobId>)> =
            self.statement(sql)?.query_map([of], read)?.collect::<Result<_, _>>()?;
        let mut removed = 0;
        for (kind, key, spoken_of) in found {
            blobs.extend(spoken_of);
            self.execute("DELETE FROM document_owners WHERE kind = ?1 AND key = ?2", (&kind, &key))?;
            removed += self.execute("DELETE FROM documents WHERE kind = ?1 AND key = ?2", (&kind, &key))?;
        }
        Ok(removed)
    }

    /// Writes down which bytes are to be deleted.
    fn note_pending(&self, key: Option<&DocumentKey>, blobs: &BTreeSet<BlobId>) -> Applied {
        let Some(key) = key.filter(|_| !blobs.is_empty()) else { return Ok(()) };
        let sql = "SELECT body FROM documents WHERE kind = ?1 AND key = ?2";
        let known: Option<String> = self.row(sql, (&key.kind, &key.key), |row| row.get(0))?;
        let blobs: Vec<_> = blobs.iter().copied().collect();
        let body = Some(add_blobs(known.as_deref(), &blobs)?);
        self.write_document(&DocumentWrite { key: key.clone(), expected_version: None, body })
    }

    fn expire_messages(&self, before: Timestamp, expiry: &Expiry, expired: &mut Expired) -> Applied {
        let sql = "SELECT m.position, m.thread, m.id, m.at,
                       i.state IS NOT NULL AND i.state <> 'done'
                       OR EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id
                                  AND o.state NOT IN ('accepted', 'rejected', 'expired', 'discarded'))
                   FROM messages m LEFT JOIN interactions i ON i.key = m.interaction
                   WHERE m.position > ?1 ORDER BY m.position LIMIT ?2";
        let read = |row: &Row<'_>| {
            Ok(Old {
                position: row.get(0)?,
                thread: row.get(1)?,
                id: id(row, 2)?,
                at: time(row, 3)?,
                is_held: row.get(4)?,
            })
        };
        let parameters = [number(expiry.after), number(expiry.limit)];
        let mut looked_at: Vec<Old> =
            self.statement(sql)?.query_map(parameters, read)?.collect::<Result<_, _>>()?;
        let older = looked_at.iter().take_while(|message| message.at < before).count();
        let goes_on = older == looked_at.len() && older == expiry.limit && older > 0;
        looked_at.truncate(older);
        let reached = looked_at.last().map(|last| last.position).filter(|_| goes_on);
        let mut threads = BTreeSet::new();
        let mut blobs = BTreeSet::new();
        for message in looked_at.into_iter().filter(|message| !message.is_held) {
            if self.empty_message(message.position, &mut blobs)? {
                expired.messages += 1;
                threads.insert(message.thread);
            }
            let sql = "SELECT kind, key, blobs FROM document_owners WHERE message = ?1";
            self.remove_documents(sql, key(message.id), &mut blobs)?;
            self.empty_observations(message.position)?;
            self.execute("DELETE FROM outbox WHERE message = ?1", [key(message.id)])?;
            self.empty_requests(message.id.as_uuid())?;
        }
        for thread in threads {
            self.look_for_last_text(thread)?;
        }
        self.note_pending(expiry.pending.as_ref(), &blobs)?;
        expired.reached = reached.and_then(|reached| u64::try_from(reached).ok());
        expired.blobs = blobs.into_iter().collect();
        Ok(())
    }
}
