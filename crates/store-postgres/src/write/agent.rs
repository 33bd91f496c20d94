//! Agents and what they hold.

use parlor_store::{AgentWrite, Conflict, LoadChange};

use super::Change;
use crate::pipeline::{Applied, Question, given};
use crate::row::{number, to_json};

impl<'a> Change<'_, 'a> {
    pub(super) async fn write_agent(&mut self, write: &'a AgentWrite) -> Applied {
        let AgentWrite { state, expected_version } = write;
        // The load changes without this version, so a state that was decided from an older load must not set it back. An
        // agent whose load alone was ever written has version 0.
        let sql = if *expected_version == 0 {
            "INSERT INTO agents AS a (name, version, signed_in, readiness, idle_since) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO UPDATE SET version = excluded.version, signed_in = excluded.signed_in,
                 readiness = excluded.readiness, idle_since = greatest(a.idle_since, excluded.idle_since)
             WHERE a.version = 0 RETURNING 1"
        } else {
            "UPDATE agents SET version = $2, signed_in = $3, readiness = $4, idle_since = greatest(idle_since, $5)
             WHERE name = $1 AND version = $2::bigint - 1 RETURNING 1"
        };
        let values = given![
            state.name.as_str(),
            number(expected_version.saturating_add(1)),
            state.signed_in,
            to_json(&state.readiness)?,
            state.idle_since.as_micros(),
        ];
        self.send(Question::new(sql, values).or(Conflict::Agent(state.name.clone()))).await;
        self.journal_agent(&state.name).await
    }

    pub(super) async fn change_load(&mut self, change: &'a LoadChange) -> Applied {
        let LoadChange { agent, class, delta, limit } = change;
        let at = self.at().await?;
        let sql =
            "INSERT INTO agents (name, version, signed_in, readiness, idle_since) VALUES ($1, 0, false, '{}', $2)
             ON CONFLICT (name) DO UPDATE SET idle_since = excluded.idle_since";
        self.send(Question::new(sql, given![agent.as_str(), at.as_micros()])).await;
        let refusal = || Conflict::Capacity { agent: agent.clone(), class: *class };
        // No load is larger than 32 bits; what is beyond them fails, whatever is held.
        if u32::try_from(delta.unsigned_abs()).is_err() {
            self.pipeline.refuse(refusal());
            return Ok(());
        }
        // One guarded statement: what was read before it does not count (invariant I3).
        let sql = "WITH changed AS (
                       UPDATE agent_loads SET used = used + $3, cap = greatest(used + $3, $4)
                       WHERE agent = $1 AND class = $2 AND used + $3 BETWEEN 0 AND 4294967295
                           AND ($3 <= 0 OR used + $3 <= $4)
                       RETURNING 1),
                   made AS (
                       INSERT INTO agent_loads (agent, class, used, cap) SELECT $1::text, $2::text, $3, $4
                       WHERE $3 >= 0 AND $3 <= $4
                           AND NOT EXISTS (SELECT FROM agent_loads WHERE agent = $1 AND class = $2)
                       RETURNING 1)
                   SELECT 1 FROM changed UNION ALL SELECT 1 FROM made";
        let values = given![agent.as_str(), class.as_str(), *delta, i64::from(*limit)];
        self.send(Question::new(sql, values).or(refusal()).beyond(refusal())).await;
        self.journal_agent(agent).await
    }
}
