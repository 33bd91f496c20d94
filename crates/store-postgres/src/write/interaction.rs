//! Interactions, what happened to them, their offers and timers.

use std::sync::Arc;

use parlor_model::Timestamp;
use parlor_store::{Conflict, InteractionWrite, JournalEntry, OfferRecord, TimerWrite};

use super::Change;
use crate::pipeline::{Applied, InteractionCheck, Must, Question, given};
use crate::row::{key, number, to_json};

impl<'a> Change<'_, 'a> {
    pub(super) async fn write_interaction(&mut self, write: &'a InteractionWrite) -> Applied {
        let InteractionWrite { interaction, expected_version, events } = write;
        let id = interaction.id;
        if events.is_empty() {
            let sql = "SELECT 1 WHERE coalesce((SELECT version FROM interactions WHERE id = $1), 0) = $2";
            let values = given![key(id), number(*expected_version)];
            self.send(Question::new(sql, values).or(Conflict::Interaction(id))).await;
            return Ok(());
        }
        let is_complete = expected_version.checked_add(events.len() as u64) == Some(interaction.version);
        let check = InteractionCheck { id, expected: number(*expected_version), is_complete };
        let first = number(self.workspace.position + 1);
        let (mut positions, mut versions, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for ((position, version), recorded) in (first..).zip(expected_version + 1..).zip(events) {
            positions.push(position);
            versions.push(number(version));
            bodies.push(to_json(recorded)?);
        }
        // One guarded statement writes, and tells why it did not. The place of an interaction among those of its thread is
        // that of its first event.
        let sql = if *expected_version == 0 {
            "WITH known AS (SELECT version, thread FROM interactions WHERE id = $1),
             within AS (SELECT key FROM threads WHERE id = $2),
             written AS (INSERT INTO interactions (key, id, thread, version, state, snapshot)
                 SELECT $7::bigint, $1::uuid, w.key, $4::bigint, $5::text, $6::text FROM within w
                 WHERE $8::boolean AND $3::bigint = 0 AND NOT EXISTS (SELECT FROM known) RETURNING key),
             happened AS (INSERT INTO interaction_events (position, at, interaction, version, recorded)
                 SELECT e.position, $9::bigint, w.key, e.version, e.recorded
                 FROM written w, unnest($10::bigint[], $11::bigint[], $12::text[]) AS e (position, version, recorded))
             SELECT (SELECT version FROM known), (SELECT thread FROM known), (SELECT key FROM within)"
        } else {
            "WITH known AS (SELECT version, thread FROM interactions WHERE id = $1),
             within AS (SELECT key FROM threads WHERE id = $2),
             written AS (UPDATE interactions SET version = $4, state = $5, snapshot = $6
                 WHERE id = $1 AND version = $3 AND thread = (SELECT key FROM within) AND $8::boolean
                     AND $7::bigint > 0 RETURNING key),
             happened AS (INSERT INTO interaction_events (position, at, interaction, version, recorded)
                 SELECT e.position, $9::bigint, w.key, e.version, e.recorded
                 FROM written w, unnest($10::bigint[], $11::bigint[], $12::text[]) AS e (position, version, recorded))
             SELECT (SELECT version FROM known), (SELECT thread FROM known), (SELECT key FROM within)"
        };
        let values = given![
            key(id),
            key(interaction.thread),
            number(*expected_version),
            number(interaction.version),
            interaction.state.name().as_str(),
            to_json(interaction)?,
            first,
            is_complete,
            // Without a time the change is refused below.
            self.at.map_or(0, Timestamp::as_micros),
            positions,
            versions,
            bodies,
        ];
        // Its id was looked up, so what is taken can only be the place of the one open interaction of the thread.
        let question = Question::new(sql, values).must(Must::FitInteraction(check));
        self.send(question.taken(Conflict::Interaction(id))).await;
        if !is_complete {
            return Ok(());
        }
        let at = self.at().await?;
        for (version, recorded) in (expected_version + 1..).zip(events) {
            let recorded = Arc::new(recorded.clone());
            self.journal(at, JournalEntry::Interaction { interaction: id, version, recorded });
        }
        Ok(())
    }

    pub(super) async fn make_offer(&mut self, offer: &'a OfferRecord) {
        let sql = "INSERT INTO offers (id, interaction, agent)
                   SELECT $1::uuid, i.key, $3::text FROM interactions i WHERE i.id = $2
                   ON CONFLICT (id) DO UPDATE SET interaction = excluded.interaction, agent = excluded.agent
                   RETURNING 1";
        let values = given![key(offer.offer), key(offer.interaction), offer.agent.as_str()];
        self.send(Question::new(sql, values).or_missing("the interaction of an offer")).await;
    }

    pub(super) async fn write_timer(&mut self, write: &'a TimerWrite) -> Applied {
        let TimerWrite { key: timer, at } = write;
        let name = to_json(&timer.timer)?;
        if let Some(at) = at {
            let sql = "INSERT INTO timers (interaction, timer, due)
                       SELECT i.key, $2::text, $3::bigint FROM interactions i WHERE i.id = $1
                       ON CONFLICT (interaction, timer) DO UPDATE SET due = excluded.due RETURNING 1";
            let values = given![key(timer.interaction), name, at.as_micros()];
            self.send(Question::new(sql, values).or_missing("the interaction of a timer")).await;
        } else {
            let sql = "DELETE FROM timers WHERE timer = $2
                       AND interaction = (SELECT key FROM interactions WHERE id = $1)";
            self.send(Question::new(sql, given![key(timer.interaction), name])).await;
        }
        Ok(())
    }
}
