//! Transcript entries, what was observed about them, and how they are sent.

use std::sync::Arc;

use parlor_model::{Author, Message, Observation, ProviderMessageId, Timestamp};
use parlor_store::{Alert, Conflict, Duplicate, JournalEntry, NewMessage};

use super::Change;
use crate::code;
use crate::pipeline::{Applied, Must, Question, given, invalid, missing};
use crate::row::{get, key, optional_text};

impl<'a> Change<'_, 'a> {
    /// One statement, because every message needs it: it takes the next place in the thread, under the lock of the
    /// thread's row, and writes the message there.
    pub(super) async fn append_message(&mut self, new: &'a NewMessage) -> Applied {
        let (position, at) = self.next().await?;
        let (author, point, name) = match &new.author {
            Author::Contact(point) => (code::author::CONTACT, Some(key(*point)), None),
            Author::Agent(agent) => (code::author::AGENT, None, Some(agent.as_str())),
            Author::Bot(label) => (code::author::BOT, None, Some(label.as_str())),
            Author::System => (code::author::SYSTEM, None, None),
        };
        let counts = new.visibility.reaches_contact();
        let (kind, body) = code::content(&new.content).map_err(|_| invalid("the content of a message"))?;
        let sql = "WITH place AS (
                       UPDATE threads SET sequence = sequence + 1,
                           contact_messages = contact_messages + CASE WHEN $4 AND point = $3 THEN 1 ELSE 0 END,
                           activity = $2,
                           last_text = CASE WHEN $5 THEN $2 ELSE last_text END
                       WHERE id = $1 RETURNING key, point, sequence, contact_messages)
                   INSERT INTO messages (position, id, thread, sequence, interaction, segment, visibility, author,
                       author_point, author_name, contact_messages, parent, at, provider_time, provider_id, kind, body)
                   SELECT $2, $6::uuid, p.key, p.sequence, (SELECT i.key FROM interactions i WHERE i.id = $7),
                       $8::bigint, $9::smallint, CASE WHEN p.point = $3 THEN 0 ELSE $10::smallint END,
                       CASE WHEN p.point = $3 THEN NULL ELSE $3 END, $11::text, p.contact_messages, $12::uuid,
                       $13::bigint, $14::bigint, $15::text, $16::smallint, $17::text
                   FROM place p
                   RETURNING sequence, interaction, (SELECT p.point FROM place p)";
        let values = given![
            key(new.thread),
            position,
            point,
            counts,
            new.content.is_said(),
            key(new.id),
            new.interaction.map(key),
            i64::from(new.segment),
            code::visibility(new.visibility),
            author,
            name,
            new.parent.map(key),
            at.as_micros(),
            new.provider_time.map(Timestamp::as_micros),
            optional_text(new.provider_id.as_ref().map(ProviderMessageId::as_str)),
            kind,
            body,
        ];
        let message = Message {
            id: new.id,
            thread: new.thread,
            interaction: new.interaction,
            segment: new.segment,
            // Known when the pipeline settles.
            sequence: 0,
            position: self.workspace.position + 1,
            author: new.author.clone(),
            parent: new.parent,
            visibility: new.visibility,
            content: new.content.clone(),
            at,
            provider_time: new.provider_time,
            provider_id: new.provider_id.clone(),
        };
        let record = self.pipeline.recorded();
        let question = Question::new(sql, values)
            .must(Must::PlaceMessage { record, has_interaction: new.interaction.is_some() })
            .taken(Duplicate::Message(new.id))
            // The end of a thread whose contact was erased.
            .beyond(Conflict::Erased(new.thread))
            .loose("the contact point that wrote a message");
        self.send(question).await;
        self.journal(at, JournalEntry::Message(Arc::new(message)));
        self.workspace.messages += 1;
        Ok(())
    }

    pub(super) async fn observe(&mut self, observation: &'a Observation) -> Applied {
        let Observation { message, stage, at: observed_at, reason } = observation;
        let (stage, observed_at) = (code::stage(*stage), observed_at.as_micros());
        let reason = optional_text(reason.as_deref());
        let sql = "SELECT m.position, EXISTS (SELECT FROM observations o WHERE o.message = m.position AND o.stage = $2
                       AND o.observed_at = $3 AND o.reason IS NOT DISTINCT FROM $4)
                   FROM messages m WHERE m.id = $1";
        let Some(row) = self.row(sql, &[&key(*message), &stage, &observed_at, &reason]).await? else {
            return Err(missing("the message of an observation").into());
        };
        let about: i64 = get(&row, 0)?;
        if get(&row, 1)? {
            return Ok(());
        }
        let (position, at) = self.next().await?;
        let sql = "INSERT INTO observations (position, at, message, stage, observed_at, reason)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = given![position, at.as_micros(), about, stage, observed_at, reason];
        self.send(Question::new(sql, values)).await;
        self.journal(at, JournalEntry::Observation(observation.clone()));
        Ok(())
    }

    pub(super) async fn alert(&mut self, alert: &'a Alert) -> Applied {
        let (position, at) = self.next().await?;
        let sql = "INSERT INTO alerts (position, at, id, agent, kind, contact, thread, message, alerted_at)
                   SELECT $1::bigint, $2::bigint, $3::uuid, $4::text, $5::text, $6::uuid, t.key, $8::uuid, $9::bigint
                   FROM threads t WHERE t.id = $7 RETURNING 1";
        let values = given![
            position,
            at.as_micros(),
            key(alert.id),
            alert.agent.as_str(),
            alert.kind.as_str(),
            key(alert.contact),
            key(alert.thread),
            key(alert.message),
            alert.at.as_micros(),
        ];
        let question = Question::new(sql, values)
            .or_missing("the thread of an alert")
            .taken(invalid("an alert with that id exists"))
            .loose("the contact or the message of an alert");
        self.send(question).await;
        self.journal(at, JournalEntry::Alert(alert.clone()));
        Ok(())
    }
}
