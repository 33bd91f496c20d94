//! Interactions, what happened to them, their offers and timers.

use std::sync::Arc;

use parlor_model::{InteractionId, ThreadId};
use parlor_store::{Conflict, InteractionWrite, JournalEntry, OfferRecord, TimerWrite};

use super::{Applied, Change, invalid, must_exist};
use crate::error::is_taken;
use crate::row::{id as read_id, key, number, to_json};

/// What a stored interaction is compared by.
struct Known {
    key: i64,
    version: i64,
    thread: ThreadId,
}

impl Change<'_> {
    pub(super) fn write_interaction(&mut self, write: &InteractionWrite) -> Applied {
        let InteractionWrite { interaction, expected_version, events } = write;
        let id = interaction.id;
        let sql = "SELECT i.key, i.version, t.id FROM interactions i JOIN threads t ON t.key = i.thread WHERE i.id = ?1";
        let known = self.row(sql, [key(id)], |row| {
            Ok(Known { key: row.get(0)?, version: row.get(1)?, thread: read_id(row, 2)? })
        })?;
        if known.as_ref().map_or(0, |known| known.version) != number(*expected_version) {
            return Err(Conflict::Interaction(id).into());
        }
        if events.is_empty() {
            return Ok(());
        }
        if known.as_ref().is_some_and(|known| known.thread != interaction.thread) {
            return Err(invalid("an interaction cannot move to another thread").into());
        }
        if expected_version.checked_add(events.len() as u64) != Some(interaction.version) {
            return Err(invalid("an interaction's version is not the number of its events").into());
        }
        // Its place among the interactions of the thread is that of its first event.
        let row = match &known {
            Some(known) => known.key,
            None => self.next()?.0,
        };
        let (version, state) = (number(interaction.version), interaction.state.name().as_str());
        let snapshot = to_json(interaction)?;
        let written = if known.is_some() {
            let sql = "UPDATE interactions SET version = ?2, state = ?3, snapshot = ?4 WHERE key = ?1";
            self.execute(sql, (row, version, state, snapshot))
        } else {
            let thread = self.thread_key(interaction.thread, "the thread of an interaction")?;
            let sql = "INSERT INTO interactions (key, id, thread, version, state, snapshot)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            self.execute(sql, (row, key(id), thread, version, state, snapshot))
        };
        match written {
            // The id was looked up, so it can only be the one open interaction of the thread.
            Err(error) if is_taken(&error) => return Err(Conflict::Interaction(id).into()),
            result => result?,
        };
        self.interactions.push((id, row));
        for (version, recorded) in (expected_version + 1..).zip(events) {
            let (position, at) = self.next()?;
            let sql = "INSERT INTO interaction_events (position, at, interaction, version, recorded)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            self.execute(sql, (position, at, row, number(version), to_json(recorded)?))?;
            self.journal(JournalEntry::Interaction {
                interaction: id,
                version,
                recorded: Arc::new(recorded.clone()),
            })?;
        }
        Ok(())
    }

    pub(super) fn make_offer(&self, offer: &OfferRecord) -> Applied {
        let interaction = self.interaction_key(offer.interaction, "the interaction of an offer")?;
        let sql = "INSERT INTO offers (id, interaction, agent) VALUES (?1, ?2, ?3)
                   ON CONFLICT (id) DO UPDATE SET interaction = excluded.interaction, agent = excluded.agent";
        self.execute(sql, (key(offer.offer), interaction, offer.agent.as_str()))?;
        Ok(())
    }

    pub(super) fn write_timer(&self, write: &TimerWrite) -> Applied {
        let TimerWrite { key: timer, at } = write;
        let name = to_json(&timer.timer)?;
        if let Some(at) = at {
            let interaction = self.interaction_key(timer.interaction, "the interaction of a timer")?;
            let sql = "INSERT INTO timers (interaction, timer, due) VALUES (?1, ?2, ?3)
                       ON CONFLICT (interaction, timer) DO UPDATE SET due = excluded.due";
            self.execute(sql, (interaction, name, at.as_micros()))?;
        } else {
            let sql = "DELETE FROM timers WHERE timer = ?2
                       AND interaction = (SELECT key FROM interactions WHERE id = ?1)";
            self.execute(sql, (key(timer.interaction), name))?;
        }
        Ok(())
    }

    pub(super) fn interaction_key(&self, interaction: InteractionId, what: &str) -> Applied<i64> {
        if let Some((_, row)) = self.interactions.iter().find(|(known, _)| *known == interaction) {
            return Ok(*row);
        }
        Ok(must_exist(self.number("SELECT key FROM interactions WHERE id = ?1", key(interaction))?, what)?)
    }
}
