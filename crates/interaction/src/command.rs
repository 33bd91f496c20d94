use parlor_model::{AgentName, ConsultId, Label, OfferId, Timestamp, TransferId};

use crate::{Actor, CaseValue, ConsultTarget, DispositionCode, EndedBy, Supervision, TransferTarget};

crate::name::closed_names! {
    /// The name of a [`Command`].
    CommandName {
        Offer = "offer",
        Accept = "accept",
        Decline = "decline",
        Expire = "expire",
        Withdraw = "withdraw",
        Pull = "pull",
        ContactWrote = "contact_wrote",
        AgentWrote = "agent_wrote",
        End = "end",
        MarkDone = "mark_done",
        AutoDone = "auto_done",
        NoticeIdle = "notice_idle",
        EndIdle = "end_idle",
        Park = "park",
        Unpark = "unpark",
        SetDisposition = "set_disposition",
        SetCaseData = "set_case_data",
        RequestTransfer = "request_transfer",
        AcceptTransfer = "accept_transfer",
        DeclineTransfer = "decline_transfer",
        ExpireTransfer = "expire_transfer",
        CancelTransfer = "cancel_transfer",
        StartConsult = "start_consult",
        JoinConsult = "join_consult",
        ConsultAnswered = "consult_answered",
        EndConsult = "end_consult",
        ExpireConsult = "expire_consult",
        CompleteConsult = "complete_consult",
        Invite = "invite",
        AcceptInvitation = "accept_invitation",
        DeclineInvitation = "decline_invitation",
        ExpireInvitation = "expire_invitation",
        CancelInvitation = "cancel_invitation",
        AddMember = "add_member",
        RemoveMember = "remove_member",
        Supervise = "supervise",
        StopSupervising = "stop_supervising",
    }
}

/// Something that is asked of an interaction.
///
/// Whether the one who asks is signed in, may see the interaction and has room for it is checked outside; the
/// machine checks only what follows from the interaction itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Routing offers it to an agent.
    Offer {
        /// The new offer.
        offer: OfferId,
        /// To whom.
        agent: AgentName,
        /// From this moment on an answer comes too late.
        expires_at: Timestamp,
        /// Accepted for the agent at once (r6).
        auto: bool,
    },
    /// The agent takes it.
    Accept {
        /// The offer that is answered.
        offer: OfferId,
        /// Who answers.
        agent: AgentName,
    },
    /// The agent does not take it.
    Decline {
        /// The offer that is answered.
        offer: OfferId,
        /// Who answers.
        agent: AgentName,
    },
    /// The time of an offer is over; does nothing before it is.
    Expire {
        /// Which offer.
        offer: OfferId,
    },
    /// The offer is taken back because the agent is gone; they did not let it pass.
    Withdraw {
        /// Which offer.
        offer: OfferId,
    },
    /// An agent picks it from the queue.
    Pull {
        /// Who.
        agent: AgentName,
    },
    /// The contact wrote.
    ContactWrote,
    /// An agent wrote to the contact in this interaction. Notes, whispers, system and bot messages are not this.
    AgentWrote {
        /// Who.
        agent: AgentName,
    },
    /// The session ends.
    End {
        /// Who ends it.
        by: EndedBy,
    },
    /// The work is closed for good.
    MarkDone {
        /// Who closes it.
        by: Actor,
    },
    /// The time after which an Ended interaction closes by itself is over; does nothing before it is.
    AutoDone,
    /// The contact has been silent for so long that the agents are told; does nothing before that (r22).
    NoticeIdle,
    /// The contact has been silent for so long that the session ends; does nothing before that (r22).
    EndIdle,
    /// The owner puts it aside: it stays theirs and weighs nothing. The conference ends, and whoever was asked is no
    /// longer.
    Park {
        /// Who.
        agent: AgentName,
    },
    /// The owner takes it up again.
    Unpark {
        /// Who.
        agent: AgentName,
        /// Whether they have room for it. Without, it waits in its queue, and they are preferred: what was put aside
        /// is never more than an agent can hold, and never lost.
        room: bool,
    },
    /// The agent says how it came out.
    SetDisposition {
        /// Who.
        agent: AgentName,
        /// How.
        code: DispositionCode,
    },
    /// The agent writes down something about the case, or takes it away (r32).
    SetCaseData {
        /// Who.
        agent: AgentName,
        /// What it is called.
        key: Label,
        /// What it says; `None` takes it away.
        value: Option<CaseValue>,
    },
    /// The owner hands it over in one step (r48).
    RequestTransfer {
        /// The new transfer.
        transfer: TransferId,
        /// Who hands it over.
        by: AgentName,
        /// To whom, or where.
        target: TransferTarget,
        /// From this moment on an agent's answer comes too late. Without meaning for a queue.
        expires_at: Timestamp,
    },
    /// The agent takes it over.
    AcceptTransfer {
        /// Which transfer.
        transfer: TransferId,
        /// Who answers.
        agent: AgentName,
    },
    /// The agent does not take it over.
    DeclineTransfer {
        /// Which transfer.
        transfer: TransferId,
        /// Who answers.
        agent: AgentName,
    },
    /// The time of a transfer is over; does nothing before it is.
    ExpireTransfer {
        /// Which transfer.
        transfer: TransferId,
    },
    /// The owner keeps it after all.
    CancelTransfer {
        /// Which transfer.
        transfer: TransferId,
        /// Who cancels.
        by: AgentName,
    },
    /// Somebody who takes part asks for advice.
    StartConsult {
        /// The new consult.
        consult: ConsultId,
        /// Who asks.
        by: AgentName,
        /// Whom, and how.
        target: ConsultTarget,
        /// From this moment on an answer comes too late.
        expires_at: Timestamp,
    },
    /// The consulted agent answers.
    JoinConsult {
        /// Which consult.
        consult: ConsultId,
        /// Who answers.
        agent: AgentName,
    },
    /// The person outside took the call; reported by whoever carries it.
    ConsultAnswered {
        /// Which consult.
        consult: ConsultId,
    },
    /// The consult is over, or was declined.
    EndConsult {
        /// Which consult.
        consult: ConsultId,
        /// Who ended it; `None` when the call ended by itself.
        by: Option<AgentName>,
    },
    /// The time to answer a consult is over; does nothing before it is.
    ExpireConsult {
        /// Which consult.
        consult: ConsultId,
    },
    /// The owner hands it to the consulted agent: the second step of a warm transfer (r52).
    CompleteConsult {
        /// Which consult.
        consult: ConsultId,
        /// Who hands it over.
        by: AgentName,
    },
    /// The owner asks an agent to join (r49).
    Invite {
        /// Who asks.
        by: AgentName,
        /// Who is asked.
        agent: AgentName,
        /// From this moment on an answer comes too late.
        expires_at: Timestamp,
    },
    /// The agent joins.
    AcceptInvitation {
        /// Who.
        agent: AgentName,
    },
    /// The agent does not join.
    DeclineInvitation {
        /// Who.
        agent: AgentName,
    },
    /// The time to answer an invitation is over; does nothing before it is.
    ExpireInvitation {
        /// Whose invitation.
        agent: AgentName,
    },
    /// The owner takes an invitation back.
    CancelInvitation {
        /// Who takes it back.
        by: AgentName,
        /// Whose invitation.
        agent: AgentName,
    },
    /// The owner makes an agent a member without asking; for those who agreed by other means.
    AddMember {
        /// Who adds them.
        by: AgentName,
        /// Who is added.
        agent: AgentName,
    },
    /// A member leaves or is removed; the interaction goes on.
    RemoveMember {
        /// Who.
        agent: AgentName,
    },
    /// Somebody begins to watch, or watches in another way.
    Supervise {
        /// Who.
        agent: AgentName,
        /// How.
        mode: Supervision,
    },
    /// Somebody no longer watches.
    StopSupervising {
        /// Who.
        agent: AgentName,
    },
}

impl Command {
    /// Its name.
    pub const fn name(&self) -> CommandName {
        match self {
            Self::Offer { .. } => CommandName::Offer,
            Self::Accept { .. } => CommandName::Accept,
            Self::Decline { .. } => CommandName::Decline,
            Self::Expire { .. } => CommandName::Expire,
            Self::Withdraw { .. } => CommandName::Withdraw,
            Self::Pull { .. } => CommandName::Pull,
            Self::ContactWrote => CommandName::ContactWrote,
            Self::AgentWrote { .. } => CommandName::AgentWrote,
            Self::End { .. } => CommandName::End,
            Self::MarkDone { .. } => CommandName::MarkDone,
            Self::AutoDone => CommandName::AutoDone,
            Self::NoticeIdle => CommandName::NoticeIdle,
            Self::EndIdle => CommandName::EndIdle,
            Self::Park { .. } => CommandName::Park,
            Self::Unpark { .. } => CommandName::Unpark,
            Self::SetDisposition { .. } => CommandName::SetDisposition,
            Self::SetCaseData { .. } => CommandName::SetCaseData,
            Self::RequestTransfer { .. } => CommandName::RequestTransfer,
            Self::AcceptTransfer { .. } => CommandName::AcceptTransfer,
            Self::DeclineTransfer { .. } => CommandName::DeclineTransfer,
            Self::ExpireTransfer { .. } => CommandName::ExpireTransfer,
            Self::CancelTransfer { .. } => CommandName::CancelTransfer,
            Self::StartConsult { .. } => CommandName::StartConsult,
            Self::JoinConsult { .. } => CommandName::JoinConsult,
            Self::ConsultAnswered { .. } => CommandName::ConsultAnswered,
            Self::EndConsult { .. } => CommandName::EndConsult,
            Self::ExpireConsult { .. } => CommandName::ExpireConsult,
            Self::CompleteConsult { .. } => CommandName::CompleteConsult,
            Self::Invite { .. } => CommandName::Invite,
            Self::AcceptInvitation { .. } => CommandName::AcceptInvitation,
            Self::DeclineInvitation { .. } => CommandName::DeclineInvitation,
            Self::ExpireInvitation { .. } => CommandName::ExpireInvitation,
            Self::CancelInvitation { .. } => CommandName::CancelInvitation,
            Self::AddMember { .. } => CommandName::AddMember,
            Self::RemoveMember { .. } => CommandName::RemoveMember,
            Self::Supervise { .. } => CommandName::Supervise,
            Self::StopSupervising { .. } => CommandName::StopSupervising,
        }
    }
}
