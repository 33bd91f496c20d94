use parlor_interaction::{Interaction, Recorded, ReplayError};
use parlor_model::{AgentName, InteractionId, Timestamp};
use serde::Serialize;

/// An agent owned an interaction for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AssignmentRow {
    /// Which interaction.
    pub interaction: InteractionId,
    /// Who owned it.
    pub agent: AgentName,
    /// The epoch of the interaction when it became theirs; later rows have higher ones.
    pub epoch: u64,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` while they own it.
    pub to: Option<Timestamp>,
}

/// Who owned an interaction from when to when: a fold over its events.
///
/// An agent owns it while it is Active and theirs, also while a transfer to somebody else is pending (r48). An offer is
/// no ownership, and neither is the end of a session that is not marked Done. Two rows of one interaction never
/// overlap.
#[derive(Clone, Debug, Default)]
pub struct Assignments {
    now: Option<Interaction>,
    rows: Vec<AssignmentRow>,
}

impl Assignments {
    /// The rows of an interaction with these events.
    pub fn of<'a>(
        history: impl IntoIterator<Item = &'a Recorded>,
    ) -> Result<Vec<AssignmentRow>, ReplayError> {
        let mut assignments = Self::default();
        for recorded in history {
            assignments.record(recorded)?;
        }
        Ok(assignments.rows)
    }

    /// Takes the next event of the interaction. After an error nothing has changed.
    pub fn record(&mut self, recorded: &Recorded) -> Result<(), ReplayError> {
        let next = match &self.now {
            Some(now) => now.apply(recorded)?,
            None => Interaction::replay([recorded])?,
        };
        let before = self.now.as_ref().and_then(Interaction::owner);
        if before != next.owner() {
            if before.is_some()
                && let Some(row) = self.rows.last_mut()
            {
                row.to = Some(recorded.at);
            }
            if let Some(agent) = next.owner() {
                self.rows.push(AssignmentRow {
                    interaction: next.id,
                    agent: agent.clone(),
                    epoch: next.epoch,
                    from: recorded.at,
                    to: None,
                });
            }
        }
        self.now = Some(next);
        Ok(())
    }

    /// The rows so far, in order.
    pub fn rows(&self) -> &[AssignmentRow] {
        &self.rows
    }
}
