use std::collections::BTreeMap;

use parlor_model::{AgentName, MediaClass, Medium, Readiness, ReadinessState, Timestamp};
use serde::{Deserialize, Serialize};

/// What an agent does at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentState {
    /// Who.
    pub name: AgentName,
    /// One more with each write; 0 for an agent who was never seen.
    pub version: u64,
    /// Whether they are logged in.
    pub signed_in: bool,
    /// Readiness per medium; a medium that is not named is not Ready.
    pub readiness: BTreeMap<Medium, ReadinessState>,
    /// When their load last changed, or when they logged in: the longest idle is chosen first. Set by
    /// [`LoadChange`]s, and by an [`AgentWrite`] whose `state.idle_since` is later than what is stored.
    pub idle_since: Timestamp,
    /// What they hold, per class. Written only through [`LoadChange`].
    pub load: BTreeMap<MediaClass, Load>,
}

impl AgentState {
    /// An agent who was never seen.
    pub fn unknown(name: AgentName) -> Self {
        Self {
            name,
            version: 0,
            signed_in: false,
            readiness: BTreeMap::new(),
            idle_since: Timestamp::UNIX_EPOCH,
            load: BTreeMap::new(),
        }
    }

    /// Whether they are logged in and Ready on a medium.
    pub fn is_ready(&self, medium: &Medium) -> bool {
        self.signed_in && self.readiness.get(medium).is_some_and(|state| state.readiness == Readiness::Ready)
    }

    /// What they hold of a class.
    pub fn used(&self, class: MediaClass) -> u32 {
        self.load.get(&class).map_or(0, |load| load.used)
    }
}

/// How much of a class an agent holds, and how much they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Held now.
    pub used: u32,
    /// The limit when it was last written, but never below `used`: a limit that was lowered below what is held takes
    /// effect as it is given back.
    pub limit: u32,
}

/// Writes an agent's state, except the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentWrite {
    /// The state as it will be; `version` is set by the store and `load` is ignored.
    pub state: AgentState,
    /// The version it has now; 0 when it was never written.
    pub expected_version: u64,
}

/// Takes or gives back room on an agent: the one choke point of capacity (invariant I3).
///
/// A change that takes room fails with `Conflict::Capacity` when it would go above `limit`. A change that gives
/// back more than is held is a bug of the caller and fails the same way.
///
/// Every load change also sets the agent's [`idle_since`](AgentState::idle_since) to the time of the change set,
/// without touching the state's `version`: readiness and load are written independently of each other. An agent
/// who was never written is made with `AgentState::unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadChange {
    /// Whose room.
    pub agent: AgentName,
    /// Of which class.
    pub class: MediaClass,
    /// Weight taken (above 0) or given back (below 0).
    pub delta: i64,
    /// The limit that applies now.
    pub limit: u32,
}
