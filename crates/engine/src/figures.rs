//! The figures of the desk (r118, r119): a fold over the journal that goes on from where it was asked last.

use std::collections::BTreeMap;

use parlor_model::{AgentName, Timestamp};
use parlor_store::{JournalEntry, StoreError};
use parlor_transcript::kpi::{AgentKpi, DeskKpi, KpiEntry, KpiFold, KpiReport};
use serde::Serialize;

use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};

/// How many journal records are read at a time.
const PAGE: usize = 1_000;

/// The fold, and how far into the journal it has come.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    fold: KpiFold,
    position: u64,
}

/// The figures, as far as one may see them. The formulas stand in `docs/kpi.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiView {
    /// Up to when.
    pub until: Timestamp,
    /// Of the whole desk; `None` for those who see only their own.
    pub desk: Option<DeskKpi>,
    /// Of the agents, in order of name.
    pub agents: BTreeMap<AgentName, AgentKpi>,
}

impl Engine {
    /// The figures since the journal began: all of them for a supervisor, an agent's own for that agent.
    pub async fn kpi(&self, agent: &AgentName) -> Result<KpiView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::ReadOwnFigures, Object::Workspace)?;
        let KpiReport { until, desk, mut agents } = self.inner.figures().await?;
        if may(Actor::Agent(configured), Verb::ReadFigures, Object::Workspace).is_ok() {
            return Ok(KpiView { until, desk: Some(desk), agents });
        }
        agents.retain(|name, _| name == agent);
        Ok(KpiView { until, desk: None, agents })
    }
}

impl Inner {
    async fn figures(&self) -> Result<KpiReport, StoreError> {
        let mut figures = self.figures.lock().await;
        loop {
            let records = self.store.journal(figures.position, PAGE).await?;
            let Some(last) = records.last().map(|record| record.position) else { break };
            for record in &records {
                let entry = match &record.entry {
                    JournalEntry::Interaction { interaction, recorded, .. } => {
                        KpiEntry::Interaction { interaction: *interaction, recorded }
                    }
                    JournalEntry::Message(message) => KpiEntry::Message(message),
                    // Nothing else is counted, whatever else there will be.
                    _ => continue,
                };
                figures.fold.take(entry).map_err(|error| StoreError::Corrupt {
                    detail: format!("journal record {}: {error}", record.position),
                })?;
                figures.position = record.position;
            }
            figures.position = last;
        }
        Ok(figures.fold.report(self.now()))
    }
}
