use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{AgentName, ConsultId, ContactPointId, Timestamp, TransferId};
use serde::{Deserialize, Serialize};

/// One agent owns the interaction; others may take part.
///
/// Nobody stands in two places: the owner is neither member nor supervisor nor invited, and a member is neither
/// supervisor nor invited. Whoever runs a consult is the owner or a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// Who answers for it.
    pub owner: AgentName,
    /// Since when they have owned it.
    pub since: Timestamp,
    /// The other agents of a conference (r49); they may write to the contact.
    pub members: BTreeSet<AgentName>,
    /// Who was asked to join the conference and has not answered.
    pub invitations: BTreeMap<AgentName, Invitation>,
    /// Who watches or helps, and how.
    pub supervisors: BTreeMap<AgentName, Supervision>,
    /// Who is being asked for advice, unseen by the contact (r50 to r53).
    pub consults: BTreeMap<ConsultId, Consult>,
    /// The agent it is to be handed to; the owner stays owner until they accept (r48).
    pub transfer: Option<Transfer>,
    /// Since when it is parked: the owner keeps it and it weighs nothing. Nobody else takes part then, and nobody is
    /// asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Timestamp>,
    /// The contact was answered and is silent; `None` while they are not, and where no policy asks (r22).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
}

/// How far the silence of a contact has gone whom an agent has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idle {
    /// The agents are told at this moment.
    Watched {
        /// When.
        notice_at: Timestamp,
    },
    /// They were told.
    Noticed {
        /// When the session ends by itself; `None` when it does not.
        end_at: Option<Timestamp>,
    },
}

impl Active {
    /// A session that `owner` has alone.
    pub(crate) const fn new(owner: AgentName, since: Timestamp) -> Self {
        Self {
            owner,
            since,
            members: BTreeSet::new(),
            invitations: BTreeMap::new(),
            supervisors: BTreeMap::new(),
            consults: BTreeMap::new(),
            transfer: None,
            parked: None,
            idle: None,
        }
    }

    /// Whether an agent is its owner or a member of its conference.
    pub fn takes_part(&self, agent: &AgentName) -> bool {
        self.owner == *agent || self.members.contains(agent)
    }

    /// Whether an agent may write to the contact: whoever takes part, and a supervisor who has barged in.
    pub fn may_write(&self, agent: &AgentName) -> bool {
        self.takes_part(agent) || self.supervisors.get(agent) == Some(&Supervision::Barge)
    }

    /// Everybody on whom it weighs: owner, members, and those for whom a place is kept until they answer. Nobody while
    /// it is parked.
    pub fn holders(&self) -> BTreeSet<&AgentName> {
        if self.parked.is_some() {
            return BTreeSet::new();
        }
        std::iter::once(&self.owner)
            .chain(&self.members)
            .chain(self.invitations.keys())
            .chain(self.transfer.as_ref().map(|transfer| &transfer.to))
            .collect()
    }
}

/// How somebody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// Reads along.
    Monitor,
    /// Also writes to the agents.
    Whisper,
    /// Also writes to the contact.
    Barge,
}

/// An agent was asked to join the conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who asked.
    pub by: AgentName,
    /// From this moment on an answer comes too late.
    pub expires_at: Timestamp,
}

/// A hand-over to an agent who has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Identity; only an answer that names it counts.
    pub id: TransferId,
    /// Who hands it over: the owner.
    pub by: AgentName,
    /// Who should take it.
    pub to: AgentName,
    /// From this moment on an answer comes too late.
    pub expires_at: Timestamp,
}

/// Where the owner hands it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferTarget {
    /// To an agent, who has to accept.
    Agent(AgentName),
    /// Into a queue, at once.
    Queue(parlor_model::QueueName),
}

/// Somebody is being asked for advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consult {
    /// Who asks.
    pub by: AgentName,
    /// Who is asked, and how.
    pub target: ConsultTarget,
    /// Whether they answered.
    pub stage: ConsultStage,
}

/// Whom a consult asks. Only an agent can be asked by chat (r51); a contact can only be called (r50).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultTarget {
    /// An agent, by chat.
    Chat {
        /// Who.
        agent: AgentName,
    },
    /// An agent, by a call that the embedder carries.
    VoiceAgent {
        /// Who.
        agent: AgentName,
    },
    /// Somebody outside, by a call that the embedder carries.
    VoiceContact {
        /// Which address is called.
        point: ContactPointId,
    },
}

impl ConsultTarget {
    /// The agent who is asked; `None` for somebody outside.
    pub const fn agent(&self) -> Option<&AgentName> {
        match self {
            Self::Chat { agent } | Self::VoiceAgent { agent } => Some(agent),
            Self::VoiceContact { .. } => None,
        }
    }
}

/// Whether a consult's target answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultStage {
    /// Not yet.
    Asked {
        /// From this moment on an answer comes too late.
        expires_at: Timestamp,
    },
    /// They are there.
    Joined {
        /// Since when.
        since: Timestamp,
    },
}

/// How many may take part in one interaction. No manual names a number; these keep its record small.
pub struct Limits;

impl Limits {
    /// Members and invitations together.
    pub const MEMBERS: usize = 16;
    /// Supervisors.
    pub const SUPERVISORS: usize = 16;
    /// Consults at the same time.
    pub const CONSULTS: usize = 16;
}
