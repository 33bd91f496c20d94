use parlor_model::{AgentName, InteractionId};
use serde::{Deserialize, Serialize};

/// What the matcher wants committed. It must be answered; see the [protocol](crate#the-protocol).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Offer the work to the agent.
    Offer {
        /// The work.
        interaction: InteractionId,
        /// Who is asked.
        agent: AgentName,
    },
}
