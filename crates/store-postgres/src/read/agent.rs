//! Agents, what they hold and what they were told.

use std::collections::BTreeMap;

use parlor_model::{AgentName, MediaClass, ThreadId};
use parlor_store::{AgentState, Alert, Load};
use tokio_postgres::Row;

use super::{all, one};
use crate::code;
use crate::row::{Read, Unreadable, count, get, id, json, key, parsed, time};
use crate::session::Asks;

/// How the columns of an agent are read: with what they hold, as a JSON object of pairs.
macro_rules! agent_sql {
    ($rest:literal) => {
        concat!(
            "SELECT a.name, a.version, a.signed_in, a.readiness, a.idle_since,
                 coalesce((SELECT json_object_agg(l.class, json_build_array(l.used, l.cap))::text
                           FROM agent_loads l WHERE l.agent = a.name), '{}')
             FROM agents a ",
            $rest
        )
    };
}

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
pub(crate) async fn agents(c: &impl Asks) -> Read<Vec<AgentState>> {
    all(c, agent_sql!("ORDER BY a.name"), &[], read_agent).await
}

pub(crate) async fn agent(c: &impl Asks, name: &AgentName) -> Read<Option<AgentState>> {
    one(c, agent_sql!("WHERE a.name = $1"), &[&name.as_str()], read_agent).await
}

fn read_agent(row: &Row) -> Read<AgentState> {
    let loads: BTreeMap<String, (u32, u32)> = json(row, 5)?;
    let load = loads.into_iter().map(|(name, (used, limit))| {
        let class = MediaClass::ALL.into_iter().find(|class| class.as_str() == name);
        Ok((class.ok_or(Unreadable("media class"))?, Load { used, limit }))
    });
    Ok(AgentState {
        name: parsed(row, 0)?,
        version: count(row, 1)?,
        signed_in: get(row, 2)?,
        readiness: json(row, 3)?,
        idle_since: time(row, 4)?,
        load: load.collect::<Read<_>>()?,
    })
}

pub(crate) async fn last_alert(c: &impl Asks, agent: &AgentName, thread: ThreadId) -> Read<Option<Alert>> {
    let sql = alert_sql!("WHERE a.agent = $1 AND t.id = $2 ORDER BY a.position DESC LIMIT 1");
    one(c, sql, &[&agent.as_str(), &key(thread)], read_alert).await
}

pub(super) fn read_alert(row: &Row) -> Read<Alert> {
    Ok(Alert {
        id: id(row, 0)?,
        agent: parsed(row, 1)?,
        kind: code::alert_kind_of(&get::<String>(row, 2)?)?,
        contact: id(row, 3)?,
        thread: id(row, 4)?,
        message: id(row, 5)?,
        at: time(row, 6)?,
    })
}
