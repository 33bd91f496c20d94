use std::collections::BTreeMap;
use std::time::Duration;

use parlor_model::{AgentName, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

use super::{KpiFold, Row};

/// A mean of durations, kept as what it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mean {
    /// How many.
    pub count: u64,
    /// Together.
    pub total: Duration,
}

impl Mean {
    pub(super) fn add(&mut self, one: Duration) {
        self.count += 1;
        self.total += one;
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<Duration> {
        let nanos = self.total.as_nanos().checked_div(u128::from(self.count))?;
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

/// The figures at a moment. Durations are written in whole milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiReport {
    /// Up to when.
    pub until: Timestamp,
    /// Of the whole desk.
    pub desk: DeskKpi,
    /// Of every agent who ever had an interaction or wrote to a contact.
    pub agents: BTreeMap<AgentName, AgentKpi>,
}

/// The figures of the whole desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeskKpi {
    /// Interactions that began.
    pub started: u64,
    /// Their sessions: one at the start, one more with each reactivation (r25).
    pub sessions: u64,
    /// Sessions that ended while an agent had them.
    pub handled: u64,
    /// Sessions that ended while nobody had them.
    pub abandoned: u64,
    /// Changes of hands: to an agent who accepted, to a queue, to an agent who was consulted.
    pub transfers: u64,
    /// Handle time of all agents together.
    #[serde(rename = "handle_ms", serialize_with = "milliseconds")]
    pub handle: Duration,
    /// How long contacts waited for the first word of a session that they began.
    #[serde(rename = "first_response_ms", serialize_with = "mean_milliseconds")]
    pub first_response: Mean,
    /// How long contacts waited for an answer.
    #[serde(rename = "response_ms", serialize_with = "mean_milliseconds")]
    pub response: Mean,
}

/// The figures of one agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentKpi {
    /// Time in interaction windows, those at the same time added (r118).
    #[serde(rename = "handle_ms", serialize_with = "milliseconds")]
    pub handle: Duration,
    /// Sessions in which they had the interaction.
    pub sessions: u64,
    /// Handle time by sessions; `None` without one.
    #[serde(rename = "average_handle_ms", serialize_with = "optional_milliseconds")]
    pub average_handle: Option<Duration>,
    /// How long contacts waited for this agent's first word.
    #[serde(rename = "first_response_ms", serialize_with = "mean_milliseconds")]
    pub first_response: Mean,
    /// How long contacts waited for this agent's answers.
    #[serde(rename = "response_ms", serialize_with = "mean_milliseconds")]
    pub response: Mean,
    /// Interactions they handed over.
    pub transfers_out: u64,
    /// Interactions they were handed.
    pub transfers_in: u64,
    /// Messages to contacts in interactions.
    pub messages: u64,
    /// Messages to contacts without one (r119): history, no time.
    pub messages_outside: u64,
    /// Time with at least one interaction window, those at the same time counted once.
    #[serde(rename = "busy_ms", serialize_with = "milliseconds")]
    pub busy: Duration,
    /// Busy time by the time since their first window, from 0 to 1; `None` before there is any.
    pub occupancy: Option<f64>,
}

/// The figures of a fold, as if every window were closed at `until`.
pub(super) fn of(fold: &KpiFold, until: Timestamp) -> KpiReport {
    let mut rows: BTreeMap<AgentName, Row> = fold.agents.clone();
    for tracked in fold.open.values() {
        for (agent, since) in &tracked.windows {
            rows.entry(agent.clone()).or_default().closes(*since, until);
        }
    }
    let handle = rows.values().map(|row| row.handled).sum();
    let desk = &fold.desk;
    KpiReport {
        until,
        desk: DeskKpi {
            started: desk.started,
            sessions: desk.sessions,
            handled: desk.handled,
            abandoned: desk.abandoned,
            transfers: desk.transfers,
            handle,
            first_response: desk.first_response,
            response: desk.response,
        },
        agents: rows.into_iter().map(|(agent, row)| (agent, figures(&row, until))).collect(),
    }
}

fn figures(row: &Row, until: Timestamp) -> AgentKpi {
    let period = row.since.map(|since| until.since(since)).filter(|period| !period.is_zero());
    AgentKpi {
        handle: row.handled,
        sessions: row.sessions,
        average_handle: Mean { count: row.sessions, total: row.handled }.mean(),
        first_response: row.first_response,
        response: row.response,
        transfers_out: row.transfers_out,
        transfers_in: row.transfers_in,
        messages: row.messages,
        messages_outside: row.messages_outside,
        busy: row.busy,
        occupancy: period.map(|period| row.busy.as_secs_f64() / period.as_secs_f64()),
    }
}

fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(whole_milliseconds(*duration))
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn optional_milliseconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(whole_milliseconds).serialize(serializer)
}

/// Means are written as `{"count": …, "mean": …}`.
fn mean_milliseconds<S: Serializer>(mean: &Mean, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Written {
        count: u64,
        mean: Option<u64>,
    }
    Written { count: mean.count, mean: mean.mean().map(whole_milliseconds) }.serialize(serializer)
}
