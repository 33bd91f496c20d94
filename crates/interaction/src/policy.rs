use std::time::Duration;

use parlor_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Ended, EndedBy, Outcome};

/// The rules of the desk that the manuals leave to the operator.
///
/// They are read when something is decided, and what follows from them is kept in the event: changing them changes
/// nothing that has already happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Policy {
    /// An Ended interaction may be continued (r23). Default: yes.
    pub async_enabled: bool,
    /// How much an Ended interaction still weighs on its last owner (r13). Default: all of it.
    pub ended_holds: EndedHolds,
    /// Nobody but a rule may close an interaction without a disposition (r30). Default: no.
    pub disposition_mandatory: bool,
    /// How long after its end an interaction is closed by itself (r22). Default: never.
    pub auto_done: Option<Duration>,
    /// Closes an interaction at once when it ends while nobody has it. Default: yes.
    pub auto_done_abandoned: bool,
    /// How long a contact whom an agent has answered may be silent before the agents are told (r22). Default: for ever.
    pub idle_notice: Option<Duration>,
    /// How much longer before the session ends by itself (r22). Without meaning while they are not told. Default: for
    /// ever.
    pub idle_end: Option<Duration>,
    /// Agents may change the case information (r32). Default: yes.
    pub case_editable: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            async_enabled: true,
            ended_holds: EndedHolds::Full,
            disposition_mandatory: false,
            auto_done: None,
            auto_done_abandoned: true,
            idle_notice: None,
            idle_end: None,
            case_editable: true,
        }
    }
}

impl Policy {
    /// What a session of this weight leaves behind when it ends now.
    pub(crate) fn ended(&self, by: EndedBy, outcome: Outcome, weight: u32, now: Timestamp) -> Ended {
        let holds = match outcome {
            Outcome::Handled => self.ended_holds.of(weight),
            Outcome::Abandoned => 0,
        };
        Ended { by, at: now, outcome, holds, done_at: self.auto_done.map(|after| now + after) }
    }
}

/// How much an Ended interaction still weighs on its last owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedHolds {
    /// As much as before.
    #[default]
    Full,
    /// Half of it, rounded up, so that a weight of 1 still counts.
    Half,
    /// Nothing.
    Zero,
}

impl EndedHolds {
    /// The part of `weight` that stays.
    pub const fn of(self, weight: u32) -> u32 {
        match self {
            Self::Full => weight,
            Self::Half => weight.div_ceil(2),
            Self::Zero => 0,
        }
    }
}
