//! Takes out what belongs to a contact, and what is older than it is kept.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::ClientWrapper;
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{AgentName, BlobId, ContactId, ContactPoint, MessageId, Timestamp};
use parlor_store::personal::{
    add_blobs, blobs_of, erase_case, erase_event, erase_letter, erased_address, is_personal,
};
use parlor_store::{
    AUDIT_START, Assignment, AuditEntry, AuditRecord, DocumentKey, Erased, Erasure, Expired, Expiry,
    JournalEntry, Mentions, PersonalPart, StoreError,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Change, Workspace};
use crate::code;
use crate::pipeline::{Applied, Pipeline, Question, given};
use crate::read::belongings::{Reach, naming};
use crate::row::{Read, bytes, count, free, get, id, json, key, number, parsed, text, time, to_json};
use crate::session::Asks;

/// What a request is emptied to.
const NO_FINGERPRINT: [u8; 32] = [0; 32];

/// Erases a contact. After a refusal the caller takes back what was written, and the workspace as it was.
pub(crate) async fn erase(
    session: &ClientWrapper,
    workspace: &mut Workspace,
    erasure: &Erasure,
) -> Applied<Option<Erased>> {
    let Some(reach) = Reach::of(session, erasure.contact).await? else { return Ok(None) };
    let direct: Vec<_> = reach.direct().map(|(row, _)| *row).collect();
    let open = "SELECT 1 FROM interactions WHERE thread = ANY($1) AND state <> 'done' LIMIT 1";
    if !session.rows(open, &[&direct]).await?.is_empty() {
        return Err(StoreError::InWork.into());
    }
    let mut pipeline = Pipeline::new(session);
    let mut change = Change::new(&mut pipeline, workspace, Some(erasure.at));
    let mut blobs = BTreeSet::new();
    let rows = change.erase(&reach, &mut blobs).await?;
    change.note_pending(erasure.pending.as_ref(), &blobs).await?;
    for entry in &erasure.audit {
        change.enter_audit(entry).await?;
    }
    pipeline.settle().await?;
    let records = pipeline.into_records().pop().unwrap_or_default();
    Ok(Some(Erased { contacts: reach.family, rows, records, blobs: blobs.into_iter().collect() }))
}

/// Ends what is older than it is kept.
pub(crate) async fn expire(
    session: &ClientWrapper,
    workspace: &mut Workspace,
    expiry: &Expiry,
) -> Applied<Expired> {
    let mut pipeline = Pipeline::new(session);
    let mut change = Change::new(&mut pipeline, workspace, None);
    let mut expired = Expired::default();
    if let Some(before) = expiry.dead_letters_before {
        expired.dead_letters = change.expire_letters(before, expiry.limit).await?;
    }
    if let Some(before) = expiry.messages_before {
        change.expire_messages(before, expiry, &mut expired).await?;
    }
    pipeline.settle().await?;
    Ok(expired)
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

fn read_old(row: &Row) -> Read<Old> {
    Ok(Old {
        position: get(row, 0)?,
        thread: get(row, 1)?,
        id: id(row, 2)?,
        at: time(row, 3)?,
        is_held: get(row, 4)?,
    })
}

impl<'a> Change<'_, 'a> {
    /// What a statement gives, when everything before it is settled.
    async fn rows(&mut self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Applied<Vec<Row>> {
        self.pipeline.settle().await?;
        Ok(self.pipeline.session.rows(sql, parameters).await?)
    }

    /// How many rows a statement gives.
    async fn number_of(&mut self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Applied<u64> {
        Ok(self.rows(sql, parameters).await?.len() as u64)
    }

    async fn erase(
        &mut self,
        reach: &Reach,
        blobs: &mut BTreeSet<BlobId>,
    ) -> Applied<BTreeMap<PersonalPart, u64>> {
        let mut rows: BTreeMap<_, u64> = PersonalPart::ALL.into_iter().map(|part| (part, 0)).collect();
        let (family, points) = (reach.family_keys(), reach.point_keys());
        rows.insert(
            PersonalPart::Messages,
            self.empty_messages(&reach.positions(), blobs).await?.len() as u64,
        );
        rows.insert(PersonalPart::Observations, self.empty_observations(&reach.positions()).await?);
        rows.insert(PersonalPart::Outbox, self.forget_sends(&reach.message_keys()).await?);
        for (thread, _) in &reach.threads {
            self.look_for_last_text(*thread).await?;
        }
        let direct: Vec<_> = reach.direct().map(|(row, _)| *row).collect();
        self.rows("UPDATE threads SET ends_at = sequence WHERE key = ANY($1)", &[&direct]).await?;
        let interactions = self.empty_cases(&direct, &mut rows).await?;
        rows.insert(PersonalPart::Requests, self.empty_requests(&reach.resources(interactions)).await?);
        // While the addresses are still known.
        let letters = self.empty_letters(&Mentions::of(&reach.points)).await?;
        rows.insert(PersonalPart::DeadLetters, letters);
        let mut contacts = 0;
        for member in &reach.family {
            contacts += self.empty_contact(*member).await?;
        }
        rows.insert(PersonalPart::Contacts, contacts);
        let mut emptied = 0;
        for point in &reach.points {
            emptied += self.empty_point(point).await?;
        }
        rows.insert(PersonalPart::Points, emptied);
        let sql = "UPDATE consent SET evidence = '' WHERE point = ANY($1) AND evidence <> '' RETURNING 1";
        rows.insert(PersonalPart::Consent, self.number_of(sql, &[&points]).await?);
        let sql = "DELETE FROM contact_aliases WHERE contact = ANY($1) OR shown_as = ANY($1) RETURNING 1";
        rows.insert(PersonalPart::Aliases, self.number_of(sql, &[&family]).await?);
        self.rows("UPDATE contacts SET root = id WHERE id = ANY($1) AND root <> id", &[&family]).await?;
        let sql = "DELETE FROM document_owners WHERE contact = ANY($1) RETURNING kind, key, blobs";
        rows.insert(PersonalPart::Documents, self.remove_documents(sql, &family, blobs).await?);
        let sql = "UPDATE audit SET salt = NULL WHERE contact = ANY($1) AND salt IS NOT NULL RETURNING 1";
        rows.insert(PersonalPart::Audit, self.number_of(sql, &[&family]).await?);
        rows.insert(PersonalPart::Assignments, self.empty_lists(&family).await?);
        Ok(rows)
    }

    /// Empties messages, and gives the positions of those in which there was something.
    async fn empty_messages(
        &mut self,
        positions: &[i64],
        blobs: &mut BTreeSet<BlobId>,
    ) -> Applied<BTreeSet<i64>> {
        // Nothing is indexed meanwhile.
        self.rows("SELECT 1 FROM search_index FOR UPDATE", &[]).await?;
        let sql = "SELECT position, kind, body FROM messages WHERE position = ANY($1)";
        let mut personal = Vec::new();
        for row in self.rows(sql, &[&positions]).await? {
            let content = code::content_of(get(&row, 1)?, get(&row, 2)?).ok();
            if content.as_ref().is_none_or(is_personal) {
                blobs.extend(content.iter().flat_map(blobs_of));
                personal.push(get::<i64>(&row, 0)?);
            }
        }
        let sql = "UPDATE messages SET kind = CASE WHEN position = ANY($2) THEN $3 ELSE kind END,
                       body = CASE WHEN position = ANY($2) THEN '' ELSE body END, provider_id = NULL
                   WHERE position = ANY($1) AND (position = ANY($2) OR provider_id IS NOT NULL) RETURNING position";
        let emptied = self.rows(sql, &[&positions, &personal, &code::ERASED]).await?;
        self.rows("DELETE FROM message_search WHERE position = ANY($1)", &[&personal]).await?;
        Ok(emptied.iter().map(|row| get(row, 0)).collect::<Read<_>>()?)
    }

    /// Each of the following answers how many rows there were to be emptied.
    async fn empty_observations(&mut self, messages: &[i64]) -> Applied<u64> {
        let sql = "UPDATE observations SET reason = NULL WHERE message = ANY($1) AND reason IS NOT NULL RETURNING 1";
        self.number_of(sql, &[&messages]).await
    }

    async fn forget_sends(&mut self, messages: &[Uuid]) -> Applied<u64> {
        self.number_of("DELETE FROM outbox WHERE message = ANY($1) RETURNING 1", &[&messages]).await
    }

    async fn empty_requests(&mut self, about: &[Uuid]) -> Applied<u64> {
        let sql =
            "UPDATE requests SET fingerprint = $2 WHERE resource = ANY($1) AND fingerprint <> $2 RETURNING 1";
        self.number_of(sql, &[&about, &&NO_FINGERPRINT[..]]).await
    }

    /// The newest texts of a thread may be gone.
    async fn look_for_last_text(&mut self, thread: i64) -> Applied {
        let sql = "SELECT position, author_point, kind, body FROM messages WHERE thread = $1 ORDER BY sequence DESC";
        let mut newest: Option<i64> = None;
        let mut of_author: BTreeMap<Uuid, i64> = BTreeMap::new();
        for row in self.rows(sql, &[&thread]).await? {
            if !code::content_of(get(&row, 2)?, get(&row, 3)?).is_ok_and(|content| content.is_said()) {
                continue;
            }
            let position = get(&row, 0)?;
            newest.get_or_insert(position);
            if let Some(author) = get::<Option<Uuid>>(&row, 1)? {
                of_author.entry(author).or_insert(position);
            }
        }
        self.rows("UPDATE threads SET last_text = $2 WHERE key = $1", &[&thread, &newest]).await?;
        let (authors, places): (Vec<_>, Vec<_>) = of_author.into_iter().unzip();
        let sql = "UPDATE post_authors p SET last_text = (
                       SELECT l.place FROM unnest($2::uuid[], $3::bigint[]) AS l (point, place) WHERE l.point = p.point)
                   WHERE p.thread = $1";
        self.rows(sql, &[&thread, &authors, &places]).await?;
        Ok(())
    }

    /// Empties the interactions of threads and what happened to them, and gives their ids.
    async fn empty_cases(
        &mut self,
        threads: &[i64],
        rows: &mut BTreeMap<PersonalPart, u64>,
    ) -> Applied<Vec<Uuid>> {
        let (mut cases, mut events) = (0, 0);
        let mut ids = Vec::new();
        let sql = "SELECT key, id, snapshot FROM interactions WHERE thread = ANY($1)";
        for row in self.rows(sql, &[&threads]).await? {
            ids.push(get(&row, 1)?);
            let mut interaction: Interaction = json(&row, 2)?;
            if erase_case(&mut interaction) {
                cases += 1;
                let sql = "UPDATE interactions SET snapshot = $2 WHERE key = $1";
                self.rows(sql, &[&get::<i64>(&row, 0)?, &to_json(&interaction)?]).await?;
            }
        }
        let sql = "SELECT e.position, e.recorded FROM interaction_events e JOIN interactions i ON i.key = e.interaction
                   WHERE i.thread = ANY($1)";
        for row in self.rows(sql, &[&threads]).await? {
            let mut recorded: Recorded = json(&row, 1)?;
            if erase_event(&mut recorded) {
                events += 1;
                let sql = "UPDATE interaction_events SET recorded = $2 WHERE position = $1";
                self.rows(sql, &[&get::<i64>(&row, 0)?, &to_json(&recorded)?]).await?;
            }
        }
        rows.insert(PersonalPart::Interactions, cases);
        rows.insert(PersonalPart::History, events);
        Ok(ids)
    }

    async fn empty_letters(&mut self, mentions: &Mentions) -> Applied<u64> {
        let mut emptied = 0;
        self.pipeline.settle().await?;
        for (row, mut letter) in naming(self.pipeline.session, mentions).await? {
            if erase_letter(&mut letter) {
                emptied += 1;
                let sql = "UPDATE dead_letters SET reason = $2, raw = $3 WHERE key = $1";
                self.rows(sql, &[&row, &text(&letter.reason), &letter.raw]).await?;
            }
        }
        Ok(emptied)
    }

    async fn empty_contact(&mut self, contact: ContactId) -> Applied<u64> {
        let sql =
            "UPDATE contacts SET display_name = NULL, fields = '{}', erased = true, version = version + 1
                   WHERE id = $1 AND (NOT erased OR display_name IS NOT NULL OR fields <> '{}') RETURNING 1";
        let emptied = self.number_of(sql, &[&key(contact)]).await?;
        if emptied > 0 {
            self.journal_contact(contact).await?;
        }
        Ok(emptied)
    }

    async fn empty_point(&mut self, point: &ContactPoint) -> Applied<u64> {
        let sql = "UPDATE contact_points SET address = $2, display_name = NULL
                   WHERE id = $1 AND (address <> $2 OR display_name IS NOT NULL) RETURNING 1";
        let address = erased_address(point.id);
        self.number_of(sql, &[&key(point.id), &address.as_str()]).await
    }

    async fn empty_lists(&mut self, family: &[Uuid]) -> Applied<u64> {
        let sql = "DELETE FROM assignments WHERE contact = ANY($1) RETURNING agent, contact";
        let removed = self.rows(sql, &[&family]).await?;
        let read = |row: &Row| Ok((parsed::<AgentName>(row, 0)?, id::<ContactId>(row, 1)?));
        let mut removed: Vec<_> = removed.iter().map(read).collect::<Read<_>>()?;
        removed.sort();
        let number = removed.len() as u64;
        for (agent, contact) in removed {
            let (position, at) = self.next().await?;
            let sql = "INSERT INTO journal (position, at, kind, agent, contact, first) VALUES ($1, $2, $3, $4, $5, 0)";
            let kind = code::journal::ASSIGNMENT;
            self.rows(sql, &[&position, &at.as_micros(), &kind, &agent.as_str(), &key(contact)]).await?;
            self.journal(at, JournalEntry::Assignment(Assignment { agent, contact, assigned: false }));
        }
        Ok(number)
    }

    /// Removes the documents of which a statement has taken out what was said of them.
    async fn remove_documents(
        &mut self,
        sql: &'static str,
        of: &[Uuid],
        blobs: &mut BTreeSet<BlobId>,
    ) -> Applied<u64> {
        let mut removed = 0;
        for row in self.rows(sql, &[&of]).await? {
            blobs.extend(json::<Vec<BlobId>>(&row, 2)?);
            let (kind, name): (String, String) = (get(&row, 0)?, get(&row, 1)?);
            let sql = "DELETE FROM documents WHERE kind = $1 AND key = $2 RETURNING 1";
            removed += self.number_of(sql, &[&kind, &name]).await?;
        }
        Ok(removed)
    }

    /// Writes down which bytes are to be deleted.
    async fn note_pending(&mut self, key: Option<&DocumentKey>, blobs: &BTreeSet<BlobId>) -> Applied {
        let Some(key) = key.filter(|_| !blobs.is_empty()) else { return Ok(()) };
        let (kind, name) = (text(&key.kind), text(&key.key));
        let sql = "SELECT body FROM documents WHERE kind = $1 AND key = $2";
        let known = self.rows(sql, &[&kind, &name]).await?;
        let known = known.first().map(|row| free(row, 0)).transpose()?;
        let blobs: Vec<_> = blobs.iter().copied().collect();
        let body = add_blobs(known.as_deref(), &blobs)?;
        let sql = "INSERT INTO documents AS d (kind, key, version, body) VALUES ($1, $2, 1, $3)
                   ON CONFLICT (kind, key) DO UPDATE SET version = d.version + 1, body = excluded.body";
        self.rows(sql, &[&kind, &name, &text(&body)]).await?;
        Ok(())
    }

    /// Puts an entry at the end of the audit chain.
    pub(super) async fn enter_audit(&mut self, entry: &'a AuditEntry) -> Applied {
        let sql = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1";
        let last = self.row(sql, &[]).await?;
        let last = last.map(|row| Ok((count::<u64>(&row, 0)?, bytes(&row, 1)?))).transpose();
        let (n, previous) =
            last.map_err(|trouble: crate::error::Trouble| trouble)?.unwrap_or((0, AUDIT_START));
        let record = AuditRecord::following(n + 1, previous, self.at().await?, entry.clone());
        let sql = "INSERT INTO audit (n, at, actor, verb, object, contact, salt, salt_seal, before, after, previous, hash)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = given![
            number(record.n),
            record.at.as_micros(),
            text(&entry.actor),
            text(&entry.verb),
            text(&entry.object),
            record.contact.map(key),
            record.salt.map(Vec::from),
            Vec::from(record.salt_seal),
            record.before.map(Vec::from),
            record.after.map(Vec::from),
            Vec::from(record.previous),
            Vec::from(record.hash),
        ];
        self.send(Question::new(sql, values)).await;
        Ok(())
    }

    async fn expire_letters(&mut self, before: Timestamp, limit: usize) -> Applied<u64> {
        let sql = "UPDATE dead_letters SET raw = '', reason = 'erased' WHERE key IN
                       (SELECT key FROM dead_letters WHERE at < $1 AND NOT (length(raw) = 0 AND reason = 'erased')
                        ORDER BY key LIMIT $2) RETURNING 1";
        self.number_of(sql, &[&before.as_micros(), &number(limit)]).await
    }

    async fn expire_messages(
        &mut self,
        before: Timestamp,
        expiry: &Expiry,
        expired: &mut Expired,
    ) -> Applied {
        let sql = "SELECT m.position, m.thread, m.id, m.at,
                       (i.state IS NOT NULL AND i.state <> 'done')
                       OR EXISTS (SELECT FROM outbox o WHERE o.message = m.id
                                  AND o.state NOT IN ('accepted', 'rejected', 'expired', 'discarded'))
                   FROM messages m LEFT JOIN interactions i ON i.key = m.interaction
                   WHERE m.position > $1 ORDER BY m.position LIMIT $2";
        let looked_at = self.rows(sql, &[&number(expiry.after), &number(expiry.limit)]).await?;
        let mut looked_at: Vec<Old> = looked_at.iter().map(read_old).collect::<Read<_>>()?;
        let older = looked_at.iter().take_while(|message| message.at < before).count();
        let goes_on = older == looked_at.len() && older == expiry.limit && older > 0;
        looked_at.truncate(older);
        let reached = looked_at.last().map(|last| last.position).filter(|_| goes_on);
        looked_at.retain(|message| !message.is_held);
        let positions: Vec<_> = looked_at.iter().map(|message| message.position).collect();
        let ids: Vec<_> = looked_at.iter().map(|message| key(message.id)).collect();
        let mut blobs = BTreeSet::new();
        let emptied = self.empty_messages(&positions, &mut blobs).await?;
        expired.messages = emptied.len() as u64;
        let sql = "DELETE FROM document_owners WHERE message = ANY($1) RETURNING kind, key, blobs";
        self.remove_documents(sql, &ids, &mut blobs).await?;
        self.empty_observations(&positions).await?;
        self.forget_sends(&ids).await?;
        self.empty_requests(&ids).await?;
        let emptied = looked_at.iter().filter(|message| emptied.contains(&message.position));
        for thread in emptied.map(|message| message.thread).collect::<BTreeSet<_>>() {
            self.look_for_last_text(thread).await?;
        }
        self.note_pending(expiry.pending.as_ref(), &blobs).await?;
        expired.reached = reached.and_then(|reached| u64::try_from(reached).ok());
        expired.blobs = blobs.into_iter().collect();
        Ok(())
    }
}
