use serde::{Deserialize, Serialize};

crate::label::names! {
    /// The name of an agent, from configuration; it is the agent's identity.
    AgentName;
}

/// What an agent may do beyond handling their own work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles interactions.
    #[default]
    Agent,
    /// Also watches and helps the agents of their queues.
    Supervisor,
    /// Configures; sees no content unless granted.
    Admin,
}
