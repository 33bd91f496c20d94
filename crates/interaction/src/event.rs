use parlor_model::{AgentName, ConsultId, Label, OfferId, QueueName, Timestamp, TransferId};
use serde::{Deserialize, Serialize};

use crate::{Actor, CaseValue, ConsultTarget, DispositionCode, EndedBy, Outcome, Start, Supervision};

crate::name::closed_names! {
    /// The name of an [`Event`].
    EventName {
        Started = "started",
        Offered = "offered",
        Accepted = "accepted",
        Declined = "declined",
        Expired = "expired",
        Withdrawn = "withdrawn",
        Pulled = "pulled",
        ContactWrote = "contact_wrote",
        AgentWrote = "agent_wrote",
        Reactivated = "reactivated",
        Ended = "ended",
        IdleReset = "idle_reset",
        IdleNoticed = "idle_noticed",
        Parked = "parked",
        Unparked = "unparked",
        MarkedDone = "marked_done",
        DispositionSet = "disposition_set",
        CaseDataSet = "case_data_set",
        TransferRequested = "transfer_requested",
        TransferAccepted = "transfer_accepted",
        TransferDeclined = "transfer_declined",
        TransferExpired = "transfer_expired",
        TransferCancelled = "transfer_cancelled",
        TransferredToQueue = "transferred_to_queue",
        ConsultStarted = "consult_started",
        ConsultJoined = "consult_joined",
        ConsultEnded = "consult_ended",
        ConsultExpired = "consult_expired",
        ConsultCompleted = "consult_completed",
        Invited = "invited",
        InvitationDeclined = "invitation_declined",
        InvitationExpired = "invitation_expired",
        InvitationCancelled = "invitation_cancelled",
        MemberJoined = "member_joined",
        MemberLeft = "member_left",
        SupervisionStarted = "supervision_started",
        SupervisionStopped = "supervision_stopped",
    }
}

/// An event and when it happened: what a journal keeps.
///
/// The moment stands beside the event, once, so that no event can forget it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Something that happened to an interaction.
///
/// Events are written down forever: variants and fields are only ever added, never renamed or removed, and a new
/// field has a default. Each says what cannot be computed from the events before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// It began: waiting in its queue, or owned by the agent who began it.
    Started(Start),
    /// An agent is asked.
    Offered {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
        /// How long.
        expires_at: Timestamp,
        /// Whether it is accepted for them at once.
        auto: bool,
    },
    /// The agent took it.
    Accepted {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
    },
    /// The agent did not take it.
    Declined {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
    },
    /// The agent let the offer pass.
    Expired {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
    },
    /// The offer was taken back.
    Withdrawn {
        /// The offer.
        offer: OfferId,
        /// Whose.
        agent: AgentName,
    },
    /// An agent picked it from the queue.
    Pulled {
        /// Who.
        agent: AgentName,
    },
    /// The contact wrote and now waits for an answer. Further messages before the answer are no events.
    ContactWrote,
    /// An agent answered. Further messages before the contact writes again are no events.
    AgentWrote {
        /// Who.
        agent: AgentName,
    },
    /// Somebody wrote after the end: a new session of the same interaction (r25).
    Reactivated {
        /// Who wrote.
        by: ReactivatedBy,
    },
    /// The session ended.
    Ended {
        /// Who ended it.
        by: EndedBy,
        /// How it came out.
        outcome: Outcome,
        /// How much it still weighs on its last owner.
        holds: u32,
        /// When it is closed by itself.
        done_at: Option<Timestamp>,
    },
    /// An agent wrote, and from now on the contact's silence is measured; or no longer is. Whatever the contact writes
    /// ends it without an event of its own.
    IdleReset {
        /// When the agents are told; `None` when they are not.
        notice_at: Option<Timestamp>,
    },
    /// The contact was silent for so long that the agents are told.
    IdleNoticed {
        /// When the session ends by itself; `None` when it does not.
        end_at: Option<Timestamp>,
    },
    /// The owner put it aside.
    Parked {
        /// Who.
        agent: AgentName,
    },
    /// It is no longer put aside.
    Unparked {
        /// Who took it up.
        by: UnparkedBy,
    },
    /// Closed for good.
    MarkedDone {
        /// Who closed it.
        by: Actor,
    },
    /// The agent said how it came out.
    DispositionSet {
        /// Who.
        agent: AgentName,
        /// How.
        code: DispositionCode,
    },
    /// The case information changed.
    CaseDataSet {
        /// Who changed it.
        agent: AgentName,
        /// Which entry.
        key: Label,
        /// What it says now; `None` when it was taken away.
        value: Option<CaseValue>,
    },
    /// The owner wants to hand it to an agent.
    TransferRequested {
        /// The transfer.
        transfer: TransferId,
        /// Who hands it over.
        by: AgentName,
        /// Who should take it.
        to: AgentName,
        /// How long they are asked.
        expires_at: Timestamp,
    },
    /// The agent took it over.
    TransferAccepted {
        /// The transfer.
        transfer: TransferId,
        /// Who.
        agent: AgentName,
    },
    /// The agent did not take it over.
    TransferDeclined {
        /// The transfer.
        transfer: TransferId,
        /// Who.
        agent: AgentName,
    },
    /// The agent let the transfer pass.
    TransferExpired {
        /// The transfer.
        transfer: TransferId,
    },
    /// The owner kept it after all.
    TransferCancelled {
        /// The transfer.
        transfer: TransferId,
        /// Who cancelled.
        by: AgentName,
    },
    /// The owner put it into a queue.
    TransferredToQueue {
        /// The transfer.
        transfer: TransferId,
        /// Who.
        by: AgentName,
        /// Where it waits now.
        queue: QueueName,
    },
    /// Somebody was asked for advice.
    ConsultStarted {
        /// The consult.
        consult: ConsultId,
        /// Who asks.
        by: AgentName,
        /// Whom, and how.
        target: ConsultTarget,
        /// How long they are asked.
        expires_at: Timestamp,
    },
    /// They answered.
    ConsultJoined {
        /// The consult.
        consult: ConsultId,
    },
    /// The consult is over, or was declined.
    ConsultEnded {
        /// The consult.
        consult: ConsultId,
        /// Who ended it; `None` when the call ended by itself.
        by: Option<AgentName>,
    },
    /// Nobody answered in time.
    ConsultExpired {
        /// The consult.
        consult: ConsultId,
    },
    /// The owner handed it to the agent who was consulted.
    ConsultCompleted {
        /// The consult.
        consult: ConsultId,
        /// Who handed it over.
        by: AgentName,
        /// Who has it now.
        to: AgentName,
    },
    /// An agent was asked to join.
    Invited {
        /// Who asks.
        by: AgentName,
        /// Who is asked.
        agent: AgentName,
        /// How long.
        expires_at: Timestamp,
    },
    /// The agent did not want to join.
    InvitationDeclined {
        /// Who.
        agent: AgentName,
    },
    /// The agent let the invitation pass.
    InvitationExpired {
        /// Who.
        agent: AgentName,
    },
    /// The invitation was taken back.
    InvitationCancelled {
        /// Who took it back.
        by: AgentName,
        /// Whose it was.
        agent: AgentName,
    },
    /// An agent joined the conference.
    MemberJoined {
        /// Who brought them in.
        by: AgentName,
        /// Who.
        agent: AgentName,
    },
    /// A member left it.
    MemberLeft {
        /// Who.
        agent: AgentName,
    },
    /// Somebody watches, or now watches in another way.
    SupervisionStarted {
        /// Who.
        agent: AgentName,
        /// How.
        mode: Supervision,
    },
    /// Somebody no longer watches.
    SupervisionStopped {
        /// Who.
        agent: AgentName,
    },
}

/// Who began an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The contact wrote.
    Inbound,
    /// An agent wrote or opened it (r14); it is theirs without an offer.
    Outbound {
        /// Who.
        agent: AgentName,
    },
}

/// Who continued an Ended interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactivatedBy {
    /// The contact: it waits in its queue, its last owner preferred.
    Contact,
    /// An agent, who owns it from then on (r25, r28).
    Agent(AgentName),
}

/// Who took up what was parked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnparkedBy {
    /// The contact, by writing: it waits in its queue, its owner preferred.
    Contact,
    /// Its owner, who has it again.
    Owner,
    /// Its owner, who has no room: it waits in its queue, they are preferred.
    OwnerWithoutRoom,
}

impl Event {
    /// Its name.
    pub const fn name(&self) -> EventName {
        match self {
            Self::Started(_) => EventName::Started,
            Self::Offered { .. } => EventName::Offered,
            Self::Accepted { .. } => EventName::Accepted,
            Self::Declined { .. } => EventName::Declined,
            Self::Expired { .. } => EventName::Expired,
            Self::Withdrawn { .. } => EventName::Withdrawn,
            Self::Pulled { .. } => EventName::Pulled,
            Self::ContactWrote => EventName::ContactWrote,
            Self::AgentWrote { .. } => EventName::AgentWrote,
            Self::Reactivated { .. } => EventName::Reactivated,
            Self::Ended { .. } => EventName::Ended,
            Self::IdleReset { .. } => EventName::IdleReset,
            Self::IdleNoticed { .. } => EventName::IdleNoticed,
            Self::Parked { .. } => EventName::Parked,
            Self::Unparked { .. } => EventName::Unparked,
            Self::MarkedDone { .. } => EventName::MarkedDone,
            Self::DispositionSet { .. } => EventName::DispositionSet,
            Self::CaseDataSet { .. } => EventName::CaseDataSet,
            Self::TransferRequested { .. } => EventName::TransferRequested,
            Self::TransferAccepted { .. } => EventName::TransferAccepted,
            Self::TransferDeclined { .. } => EventName::TransferDeclined,
            Self::TransferExpired { .. } => EventName::TransferExpired,
            Self::TransferCancelled { .. } => EventName::TransferCancelled,
            Self::TransferredToQueue { .. } => EventName::TransferredToQueue,
            Self::ConsultStarted { .. } => EventName::ConsultStarted,
            Self::ConsultJoined { .. } => EventName::ConsultJoined,
            Self::ConsultEnded { .. } => EventName::ConsultEnded,
            Self::ConsultExpired { .. } => EventName::ConsultExpired,
            Self::ConsultCompleted { .. } => EventName::ConsultCompleted,
            Self::Invited { .. } => EventName::Invited,
            Self::InvitationDeclined { .. } => EventName::InvitationDeclined,
            Self::InvitationExpired { .. } => EventName::InvitationExpired,
            Self::InvitationCancelled { .. } => EventName::InvitationCancelled,
            Self::MemberJoined { .. } => EventName::MemberJoined,
            Self::MemberLeft { .. } => EventName::MemberLeft,
            Self::SupervisionStarted { .. } => EventName::SupervisionStarted,
            Self::SupervisionStopped { .. } => EventName::SupervisionStopped,
        }
    }
}
