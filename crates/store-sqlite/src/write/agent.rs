//! Agents and what they hold.

use parlor_store::{AgentWrite, Conflict, LoadChange};

use super::{Applied, Change};
use crate::row::{number, to_json};

impl Change<'_> {
    pub(super) fn write_agent(&mut self, write: &AgentWrite) -> Applied {
        let AgentWrite { state, expected_version } = write;
        let known = self.number("SELECT version FROM agents WHERE name = ?1", state.name.as_str())?;
        if known.unwrap_or(0) != number(*expected_version) {
            return Err(Conflict::Agent(state.name.clone()).into());
        }
        // The load changes without this version, so a state that was decided from an older load must not set them back.
        let sql = "INSERT INTO agents (name, version, signed_in, readiness, idle_since) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (name) DO UPDATE SET version = excluded.version, signed_in = excluded.signed_in,
                       readiness = excluded.readiness, idle_since = max(idle_since, excluded.idle_since)";
        self.execute(
            sql,
            (
                state.name.as_str(),
                number(expected_version + 1),
                state.signed_in,
                to_json(&state.readiness)?,
                state.idle_since.as_micros(),
            ),
        )?;
        self.journal_agent(&state.name)
    }

    pub(super) fn change_load(&mut self, change: &LoadChange) -> Applied {
        let LoadChange { agent, class, delta, limit } = change;
        let at = self.at()?;
        let sql =
            "INSERT INTO agents (name, version, signed_in, readiness, idle_since) VALUES (?1, 0, 0, '{}', ?2)
                   ON CONFLICT (name) DO UPDATE SET idle_since = excluded.idle_since";
        self.execute(sql, (agent.as_str(), at.as_micros()))?;
        // One guarded statement: what was read before it does not count (invariant I3).
        let sql = "UPDATE agent_loads SET used = used + ?3, cap = max(used + ?3, ?4)
                   WHERE agent = ?1 AND class = ?2 AND used + ?3 >= 0 AND (?3 <= 0 OR used + ?3 <= ?4)";
        // No load is larger than 32 bits; what is beyond them fails, whatever is held.
        let within = u32::try_from(delta.unsigned_abs()).is_ok();
        let mut changed = within && self.execute(sql, (agent.as_str(), class.as_str(), *delta, *limit))? > 0;
        if within && !changed {
            let sql = "INSERT INTO agent_loads (agent, class, used, cap) SELECT ?1, ?2, ?3, ?4
                       WHERE ?3 >= 0 AND ?3 <= ?4 ON CONFLICT DO NOTHING";
            changed = self.execute(sql, (agent.as_str(), class.as_str(), *delta, *limit))? > 0;
        }
        if !changed {
            return Err(Conflict::Capacity { agent: agent.clone(), class: *class }.into());
        }
        self.journal_agent(agent)
    }
}
