use serde::{Deserialize, Serialize};

use crate::{CommandName, StateName};

/// A command that cannot be carried out; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{command} is refused while {state}: {refusal}")]
pub struct TransitionError {
    /// Where the interaction stands.
    pub state: StateName,
    /// What was asked.
    pub command: CommandName,
    /// Why not.
    pub refusal: Refusal,
}

/// Why an offer is no longer there for the one who answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoneReason {
    /// Its time was over.
    Expired,
    /// It was taken back: the agent was gone, the contact left, or it is too long ago to tell.
    Withdrawn,
    /// They declined it.
    Declined,
    /// Somebody has taken it, or it is somebody else's.
    Taken,
}

impl GoneReason {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::Expired, Self::Withdrawn, Self::Declined, Self::Taken];

    /// The name as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Declined => "declined",
            Self::Taken => "taken",
        }
    }
}

/// Why a command is refused. Late or repeated commands are no reason: they change nothing and succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// The offer that was answered is no longer there (r7, r8).
    #[error("the offer is gone ({})", reason.as_str())]
    OfferGone {
        /// Why.
        reason: GoneReason,
    },
    /// It is being offered to somebody.
    #[error("it is being offered to somebody")]
    AlreadyOffered,
    /// Somebody has it.
    #[error("somebody has it already")]
    AlreadyTaken,
    /// Nobody has it: it has to be accepted or picked first.
    #[error("nobody has taken it yet")]
    NotTaken,
    /// Only its owner, or its last owner once it has ended, may do that.
    #[error("only its owner may do that")]
    NotOwner,
    /// Only who takes part may do that.
    #[error("only an agent who takes part may do that")]
    NotAMember,
    /// Somebody else was asked.
    #[error("somebody else was asked")]
    NotInvited,
    /// Its owner and its members cannot be that as well.
    #[error("the agent takes part already")]
    TakesPart,
    /// The owner has to end it or hand it over; others cannot be made owner without being asked.
    #[error("the owner cannot leave without ending it or handing it over")]
    OwnerCannotLeave,
    /// The session has to be ended before it can be closed (r18).
    #[error("it has to be ended first")]
    MustEndFirst,
    /// The session is over.
    #[error("the session is over")]
    SessionEnded,
    /// It may not be continued after its end (r23).
    ///
    /// For the contact's message this means: close this interaction by rule ([`MarkDone`] by [`System`]) and start
    /// a new one in the thread, in the same commit; the message is never lost.
    ///
    /// [`MarkDone`]: crate::Command::MarkDone
    /// [`System`]: crate::Actor::System
    #[error("it may not be continued after its end")]
    AsyncDisabled,
    /// It is closed for good; whoever goes on starts a new interaction in the thread (r26).
    #[error("it is closed for good")]
    AlreadyDone,
    /// A disposition has to be set first (r30).
    #[error("a disposition is required")]
    DispositionRequired,
    /// It would be handed to the one who has it.
    #[error("it cannot be handed to the one who has it")]
    SelfTransfer,
    /// It is being handed over; that has to be answered or cancelled first.
    #[error("it is being handed over already")]
    TransferPending,
    /// The hand-over is no longer open, or was completed.
    #[error("the transfer is no longer open")]
    TransferGone,
    /// Somebody would consult themselves.
    #[error("nobody can consult themselves")]
    SelfConsult,
    /// The consult is no longer open, or was completed.
    #[error("the consult is no longer open")]
    ConsultGone,
    /// The one who is consulted has not answered.
    #[error("the consulted agent has not joined")]
    ConsultNotJoined,
    /// Only an agent can own an interaction.
    #[error("only an agent can own it")]
    NotAnAgent,
    /// The invitation is no longer open.
    #[error("the invitation is no longer open")]
    InvitationGone,
    /// The owner put it aside and has to take it up first.
    #[error("it is parked")]
    Parked,
    /// The case information is not to be changed here (r32).
    #[error("the case information cannot be changed")]
    CaseReadOnly,
    /// The case information would be larger than [`CaseLimits::TOTAL_BYTES`](crate::CaseLimits::TOTAL_BYTES).
    #[error("the case information would have more than {limit} bytes")]
    CaseTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// One of the [`Limits`](crate::Limits), or the number of [`CaseLimits`](crate::CaseLimits), is reached.
    #[error("no more than {limit} of these are possible")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

impl Refusal {
    /// The stable code of it, as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfferGone { .. } => "offer_gone",
            Self::AlreadyOffered => "already_offered",
            Self::AlreadyTaken => "already_taken",
            Self::NotTaken => "not_taken",
            Self::NotOwner => "not_owner",
            Self::NotAMember => "not_a_member",
            Self::NotInvited => "not_invited",
            Self::TakesPart => "takes_part",
            Self::OwnerCannotLeave => "owner_cannot_leave",
            Self::MustEndFirst => "must_end_first",
            Self::SessionEnded => "session_ended",
            Self::AsyncDisabled => "async_disabled",
            Self::AlreadyDone => "interaction_done",
            Self::DispositionRequired => "disposition_required",
            Self::SelfTransfer => "self_transfer",
            Self::TransferPending => "transfer_pending",
            Self::TransferGone => "transfer_gone",
            Self::SelfConsult => "self_consult",
            Self::ConsultGone => "consult_gone",
            Self::ConsultNotJoined => "consult_not_joined",
            Self::NotAnAgent => "not_an_agent",
            Self::InvitationGone => "invitation_gone",
            Self::Parked => "parked",
            Self::CaseReadOnly => "case_read_only",
            Self::CaseTooLarge { .. } => "case_too_large",
            Self::TooMany { .. } => "too_many",
        }
    }
}
