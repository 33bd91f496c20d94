//! Agents, what they hold and what they were told.

use std::collections::BTreeMap;

use parlor_model::{AgentName, MediaClass, ThreadId};
use parlor_store::{AgentState, Alert, Load};
use rusqlite::{Connection, Result, Row};

use super::{all, one};
use crate::code;
use crate::row::{Unreadable, id, json, key, parsed, time};

/// How the columns of an alert are read.
macro_rules! alert_sql {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.agent, a.kind, a.contact, t.id, a.message, a.alerted_at, a.position, a.at
             FROM alerts a JOIN threads t ON t.key = a.thread ",
            $rest
        )
    };
}
pub(super) use alert_sql;

/// The state of every agent, in order of name.
pub(crate) fn agents(connection: &Connection) -> Result<Vec<AgentState>> {
    let sql = "SELECT name, version, signed_in, readiness, idle_since FROM agents ORDER BY name";
    let mut agents = all(connection, sql, [], read_agent)?;
    for agent in &mut agents {
        agent.load = loads(connection, &agent.name)?;
    }
    Ok(agents)
}

pub(crate) fn agent(connection: &Connection, name: &AgentName) -> Result<Option<AgentState>> {
    let sql = "SELECT name, version, signed_in, readiness, idle_since FROM agents WHERE name = ?1";
    let Some(mut agent) = one(connection, sql, [name.as_str()], read_agent)? else { return Ok(None) };
    agent.load = loads(connection, name)?;
    Ok(Some(agent))
}

fn read_agent(row: &Row<'_>) -> Result<AgentState> {
    Ok(AgentState {
        name: parsed(row, 0)?,
        version: row.get(1)?,
        signed_in: row.get(2)?,
        readiness: json(row, 3)?,
        idle_since: time(row, 4)?,
        load: BTreeMap::new(),
    })
}

fn loads(connection: &Connection, agent: &AgentName) -> Result<BTreeMap<MediaClass, Load>> {
    let sql = "SELECT class, used, cap FROM agent_loads WHERE agent = ?1";
    let loads = all(connection, sql, [agent.as_str()], |row| {
        let name = row.get_ref(0)?.as_str()?;
        let class = MediaClass::ALL.into_iter().find(|class| class.as_str() == name);
        let class = class.ok_or_else(|| Unreadable("media class").at(0))?;
        Ok((class, Load { used: row.get(1)?, limit: row.get(2)? }))
    })?;
    Ok(loads.into_iter().collect())
}

pub(crate) fn last_alert(
    connection: &Connection,
    agent: &AgentName,
    thread: ThreadId,
) -> Result<Option<Alert>> {
    let sql = alert_sql!(
        "WHERE a.agent = ?1 AND a.thread = (SELECT key FROM threads WHERE id = ?2) ORDER BY a.position DESC LIMIT 1"
    );
    one(connection, sql, (agent.as_str(), key(thread)), read_alert)
}

pub(super) fn read_alert(row: &Row<'_>) -> Result<Alert> {
    Ok(Alert {
        id: id(row, 0)?,
        agent: parsed(row, 1)?,
        kind: code::alert_kind_of(row.get_ref(2)?.as_str()?).map_err(|error| error.at(2))?,
        contact: id(row, 3)?,
        thread: id(row, 4)?,
        message: id(row, 5)?,
        at: time(row, 6)?,
    })
}
