//! Transcript entries, what was observed about them, and how they are sent.

use std::sync::Arc;

use parlor_model::{Author, ContactPointId, Id, Message, Observation, Timestamp};
use parlor_store::{Alert, Conflict, Duplicate, JournalEntry, NewMessage};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::{Applied, Change, invalid, must_exist, or_loose_end};
use crate::code;
use crate::error::is_taken;
use crate::row::{ForeignId, key, number};

/// Where a message goes.
struct Target {
    /// The row of the thread.
    thread: i64,
    /// With whom the thread is, unless it is below a post.
    subject: Option<ContactPointId>,
    sequence: u64,
    contact_messages: i64,
}

impl Change<'_> {
    pub(super) fn append_message(&mut self, new: &NewMessage) -> Applied {
        let (position, at) = self.next()?;
        let is_said = new.content.is_said();
        let target = self.next_in_thread(new, position, is_said)?;
        let interaction = match new.interaction {
            Some(interaction) => Some(self.interaction_key(interaction, "the interaction of a message")?),
            None => None,
        };
        let (author, point, name) = match &new.author {
            Author::Contact(point) if target.subject == Some(*point) => (code::author::SUBJECT, None, None),
            Author::Contact(point) => (code::author::CONTACT, Some(*point), None),
            Author::Agent(agent) => (code::author::AGENT, None, Some(agent.as_str())),
            Author::Bot(label) => (code::author::BOT, None, Some(label.as_str())),
            Author::System => (code::author::SYSTEM, None, None),
        };
        let (kind, body) = code::content(&new.content).map_err(|_| invalid("the content of a message"))?;
        let sql = "INSERT INTO messages (position, id, thread, sequence, interaction, segment, visibility, author,
                       author_point, author_name, contact_messages, parent, at, provider_time, provider_id, kind, body)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
        let provider_id = new.provider_id.as_ref().map(|id| ForeignId(id.as_str().to_owned()));
        let written = self.execute(
            sql,
            params![
                position,
                key(new.id),
                target.thread,
                number(target.sequence),
                interaction,
                new.segment,
                code::visibility(new.visibility),
                author,
                point.map(key),
                name,
                target.contact_messages,
                new.parent.map(key),
                at,
                new.provider_time.map(Timestamp::as_micros),
                provider_id,
                kind,
                body,
            ],
        );
        if matches!(&written, Err(error) if is_taken(error)) && self.position_of(new)?.is_some() {
            return Err(Duplicate::Message(new.id).into());
        }
        or_loose_end(written, "the contact point that wrote a message")?;
        if let (None, Some(point)) = (target.subject, point) {
            self.note_post_author(point, &target, position, is_said)?;
        } else if target.subject.is_some() && target.sequence == 1 {
            self.list_contact_of(target.subject)?;
        }
        self.workspace.messages += 1;
        let message = Message {
            id: new.id,
            thread: new.thread,
            interaction: new.interaction,
            segment: new.segment,
            sequence: target.sequence,
            position: self.workspace.position + 1,
            author: new.author.clone(),
            parent: new.parent,
            visibility: new.visibility,
            content: new.content.clone(),
            at: self.at()?,
            provider_time: new.provider_time,
            provider_id: new.provider_id.clone(),
        };
        Ok(self.journal(JournalEntry::Message(Arc::new(message)))?)
    }

    /// Takes the next place in the thread. One statement, because every message needs it.
    fn next_in_thread(&self, new: &NewMessage, position: i64, is_said: bool) -> Applied<Target> {
        let by = match &new.author {
            Author::Contact(point) if new.visibility.reaches_contact() => Some(key(*point)),
            Author::Contact(_) | Author::Agent(_) | Author::Bot(_) | Author::System => None,
        };
        let sql = "UPDATE threads SET sequence = sequence + 1,
                       contact_messages = contact_messages + (point IS NOT NULL AND point IS ?2),
                       activity = ?3,
                       last_text = iif(?4, ?3, last_text)
                   WHERE id = ?1 AND ends_at IS NULL RETURNING key, point, sequence, contact_messages";
        let read = |row: &Row<'_>| {
            let subject: Option<[u8; 16]> = row.get(1)?;
            Ok(Target {
                thread: row.get(0)?,
                subject: subject.map(|bytes| Id::from_uuid(Uuid::from_bytes(bytes))),
                sequence: row.get(2)?,
                contact_messages: row.get(3)?,
            })
        };
        if let Some(target) = self.row(sql, (key(new.thread), by, position, is_said), read)? {
            return Ok(target);
        }
        let ended = self.number("SELECT ends_at FROM threads WHERE id = ?1", key(new.thread))?;
        must_exist(ended, "the thread of a message")?;
        Err(Conflict::Erased(new.thread).into())
    }

    /// Below a post, only what a contact wrote places it in the contact list.
    fn note_post_author(
        &self,
        point: ContactPointId,
        target: &Target,
        position: i64,
        is_said: bool,
    ) -> Applied {
        let sql = "INSERT INTO post_authors (point, thread, activity, last_text) VALUES (?1, ?2, ?3, iif(?4, ?3, NULL))
                   ON CONFLICT (point, thread) DO UPDATE
                   SET activity = excluded.activity, last_text = coalesce(excluded.last_text, last_text)";
        self.execute(sql, (key(point), target.thread, position, is_said))?;
        self.list_contact_of(Some(point))
    }

    /// The contact has an entry: it no longer stands at the end of the contact list.
    fn list_contact_of(&self, point: Option<ContactPointId>) -> Applied {
        let sql = "UPDATE contacts SET has_entries = 1 WHERE has_entries = 0
                   AND id = (SELECT contact FROM contact_points WHERE id = ?1)";
        self.execute(sql, [point.map(key)])?;
        Ok(())
    }

    fn position_of(&self, message: &NewMessage) -> Applied<Option<i64>> {
        Ok(self.number("SELECT position FROM messages WHERE id = ?1", key(message.id))?)
    }

    pub(super) fn observe(&mut self, observation: &Observation) -> Applied {
        let found = self.number("SELECT position FROM messages WHERE id = ?1", key(observation.message))?;
        let message = must_exist(found, "the message of an observation")?;
        let stage = code::stage(observation.stage);
        let observed_at = observation.at.as_micros();
        let sql = "SELECT 1 FROM observations WHERE message = ?1 AND stage = ?2 AND observed_at = ?3 AND reason IS ?4";
        let known: Option<i64> =
            self.row(sql, (message, stage, observed_at, &observation.reason), |row| row.get(0))?;
        if known.is_some() {
            return Ok(());
        }
        let (position, at) = self.next()?;
        let sql = "INSERT INTO observations (position, at, message, stage, observed_at, reason)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(sql, (position, at, message, stage, observed_at, &observation.reason))?;
        Ok(self.journal(JournalEntry::Observation(observation.clone()))?)
    }

    pub(super) fn alert(&mut self, alert: &Alert) -> Applied {
        let thread = self.thread_key(alert.thread, "the thread of an alert")?;
        let (position, at) = self.next()?;
        let sql = "INSERT INTO alerts (position, at, id, agent, kind, contact, thread, message, alerted_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let written = self.execute(
            sql,
            params![
                position,
                at,
                key(alert.id),
                alert.agent.as_str(),
                alert.kind.as_str(),
                key(alert.contact),
                thread,
                key(alert.message),
                alert.at.as_micros(),
            ],
        );
        if matches!(&written, Err(error) if is_taken(error)) {
            return Err(invalid("an alert with that id exists").into());
        }
        or_loose_end(written, "the contact or the message of an alert")?;
        Ok(self.journal(JournalEntry::Alert(alert.clone()))?)
    }
}
