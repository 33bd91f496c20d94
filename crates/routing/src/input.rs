use std::collections::BTreeMap;

use parlor_model::{AgentName, InteractionId, MediaClass, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AgentSnapshot, Work};

/// What the matcher is told. Recorded with its time, it can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Everything, as the store has it when routing starts, each once. Whatever was known before is forgotten,
    /// decisions in flight too.
    Started {
        /// Who is logged in.
        agents: Vec<AgentSnapshot>,
        /// What waits.
        work: Vec<Work>,
    },
    /// An agent logged in, or anything about them changed: all of it, as it is now.
    AgentChanged(AgentSnapshot),
    /// What an agent holds changed, and nothing else: shorter to say and quicker to take in than all of it, which is worth
    /// it for what happens with every piece of work. Ignored if they are not logged in.
    LoadChanged {
        /// Who.
        agent: AgentName,
        /// As in [`AgentSnapshot::load`].
        load: BTreeMap<MediaClass, u32>,
        /// As in [`AgentSnapshot::idle_since`].
        idle_since: Timestamp,
    },
    /// An agent logged out or is no longer present.
    AgentLeft(AgentName),
    /// Work waits: it is new, it came back (passed over, withdrawn, not committed), or something about it changed.
    WorkArrived(Work),
    /// Work no longer waits, for whatever reason but a decision of the matcher; unknown work is ignored.
    WorkLeft(InteractionId),
    /// The commit of a [`Decision::Offer`](crate::Decision::Offer) has ended, well or badly. What came of it was told before this.
    OfferSettled {
        /// The work.
        interaction: InteractionId,
        /// Who was to be asked. An answer that matches no decision in flight is ignored.
        agent: AgentName,
    },
    /// Nothing but time: worth sending at [`Matcher::next_wakeup`](crate::Matcher::next_wakeup).
    TimePassed,
}
