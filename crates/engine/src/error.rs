use parlor_channel::{LineKind, MediaRefusal, PreflightRefusal};
use parlor_composer::AddressRefusal;
use parlor_interaction::{DispositionCode, GoneReason, Refusal, TransitionError};
use parlor_model::{AgentName, ChannelName, ContactId, RejectReason, TextError};
use parlor_routing::RoutingError;
use parlor_store::{BlobError, StoreError};

use crate::permission::Denial;

/// Why the engine did not do what it was asked to. Whatever the reason, nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The actor lacks a right or a feature.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// No such thing, or none that the actor may know of.
    #[error("there is no such {what}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
    },
    /// The interaction machine refuses.
    #[error(transparent)]
    Refused(TransitionError),
    /// The offer is no longer there for this agent.
    #[error("the offer is gone: {}", reason.as_str())]
    OfferGone {
        /// Why.
        reason: OfferGone,
    },
    /// The agent has no room for it.
    #[error("agent {agent} has no room for it")]
    AtCapacity {
        /// Who.
        agent: AgentName,
    },
    /// A colleague has it, or is being asked.
    #[error("agent {agent} has it")]
    HeldBy {
        /// Who.
        agent: AgentName,
    },
    /// Nobody can hand it, or ask for advice, there; `reason` says why.
    #[error("that cannot be asked of this target: {}", reason.as_str())]
    InvalidTarget {
        /// Why not.
        reason: InvalidTarget,
    },
    /// The chat with the colleague is over.
    #[error("the consult is over")]
    ConsultOver,
    /// The colleague is not logged in.
    #[error("agent {agent} is not logged in")]
    AgentAway {
        /// Who.
        agent: AgentName,
    },
    /// What would do it was not given to the engine.
    #[error("the engine has no {}", plug.as_str())]
    NotPlugged {
        /// What is missing.
        plug: Plug,
    },
    /// Who should have done it did not.
    #[error("the {} did not carry it", plug.as_str())]
    NotCarried {
        /// Who.
        plug: Plug,
    },
    /// A continued chat is not enabled for the account (r23).
    #[error("continuing a chat after its end is not enabled")]
    AsyncDisabled,
    /// The view has no message field; an interaction must be opened (r97).
    #[error("an interaction must be opened to write to this contact")]
    MustOpenInteraction,
    /// The text is not one.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It is no web address that can be offered to a contact (r59).
    #[error(transparent)]
    Address(#[from] AddressRefusal),
    /// The agent may not send emoji (r65).
    #[error("emoji are not allowed here")]
    EmojiNotAllowed {
        /// Where the first one begins, in bytes of the text's UTF-8.
        start: usize,
        /// Where it ends, likewise.
        end: usize,
    },
    /// The channel would not take the content.
    #[error(transparent)]
    Preflight(#[from] PreflightRefusal),
    /// The file is nothing that the channel takes.
    #[error(transparent)]
    Media(#[from] MediaRefusal),
    /// The file was not taken, now or when it was uploaded before.
    #[error("the file was not taken: {}", reason.as_str())]
    Rejected {
        /// Why.
        reason: RejectReason,
    },
    /// The attachment is nothing that can be shown, or has no thumbnail; it can be saved.
    #[error("the attachment is nothing that can be shown")]
    NotShown,
    /// Where the bytes of attachments are kept failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The contact has said that they want no more messages.
    #[error("the contact does not want to be written to")]
    OptedOut,
    /// The number cannot receive texts, as far as can be known: the message goes out when the agent says *anyway* (r130).
    #[error("the number cannot receive texts, as far as is known: it is {}", line.as_str())]
    NotSmsCapable {
        /// What kind of line it is.
        line: LineKind,
    },
    /// The message is so old that nobody waits for it any more.
    #[error("the message is too old to be sent again")]
    TooOldToSend,
    /// The address is on file for somebody else.
    #[error("the address is another contact's")]
    OfAnotherContact {
        /// Whose it is.
        contact: ContactId,
    },
    /// Nobody has to say any more what becomes of the message.
    #[error("nothing has to be decided about this message")]
    NothingToDecide,
    /// Somebody works for the contact: what is not Done has to be finished before they are erased.
    #[error("work with this contact is not done yet")]
    InWork,
    /// The client used the id for something else before.
    #[error("the id was used for another request")]
    IdReused,
    /// The thing was changed by somebody else since it was read (r92).
    #[error("it was changed by somebody else")]
    StaleVersion,
    /// An outcome code that is not configured.
    #[error("there is no disposition {0:?}")]
    UnknownDisposition(String),
    /// An outcome code that others stand below: one of them has to be given.
    #[error("disposition {0} stands for several; one of them has to be given")]
    DispositionGroup(DispositionCode),
    /// The contact cannot be reached on that channel.
    #[error("the contact has no thread on channel {0}")]
    NotOnChannel(ChannelName),
    /// A cursor that does not come from here, or from before what is kept.
    #[error("the cursor is not known here")]
    CursorUnknown,
    /// The contact's name, or a field of theirs, is too long.
    #[error("{field} has {actual} bytes; the limit is {limit}")]
    FieldTooLong {
        /// Which field.
        field: &'static str,
        /// How long it may be, in bytes.
        limit: usize,
        /// How long it is.
        actual: usize,
    },
    /// It changed again and again while it was being decided; try again.
    #[error("it changes too fast; try again")]
    Contended,
    /// Rules of routing that make no sense, or are about a queue that there is not.
    #[error(transparent)]
    Rules(#[from] RoutingError),
    /// The store failed, or has too much to do.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something cannot be asked of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTarget {
    /// There is no such agent.
    UnknownAgent,
    /// There is no such queue.
    UnknownQueue,
    /// There is no such contact point.
    UnknownPoint,
    /// The agent may not read what contacts write.
    SeesNoContent,
    /// The agent is not enabled for the network (r4).
    NotEnabled,
    /// The contact point has no telephone number.
    NoNumber,
    /// The contact has no such number or address on file.
    NotOnFile,
    /// It is no address that an agent can put on file for that network.
    NoAddress,
    /// A contact cannot be asked by chat (r51).
    ContactByChat,
    /// The agent is the one who asks.
    Oneself,
}

impl InvalidTarget {
    /// The reason as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAgent => "unknown_agent",
            Self::UnknownQueue => "unknown_queue",
            Self::UnknownPoint => "unknown_point",
            Self::SeesNoContent => "sees_no_content",
            Self::NotEnabled => "not_enabled",
            Self::NoNumber => "no_number",
            Self::NotOnFile => "not_on_file",
            Self::NoAddress => "no_address",
            Self::ContactByChat => "contact_by_chat",
            Self::Oneself => "oneself",
        }
    }
}

/// What an embedder plugs into the engine for what happens outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plug {
    /// The [`VoiceGateway`](parlor_channel::VoiceGateway), which carries calls.
    VoiceGateway,
    /// The [`OutsideLauncher`](parlor_channel::OutsideLauncher), which starts calls and e-mails to contacts.
    OutsideLauncher,
    /// The [`BlobStore`](parlor_store::BlobStore) and the [`MediaInspector`](parlor_channel::MediaInspector), without which
    /// there are no attachments.
    Attachments,
    /// The [`NumberLookup`](parlor_channel::NumberLookup), which is asked about numbers.
    NumberLookup,
}

impl Plug {
    /// The name as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VoiceGateway => "voice_gateway",
            Self::OutsideLauncher => "outside_launcher",
            Self::Attachments => "attachments",
            Self::NumberLookup => "number_lookup",
        }
    }
}

/// Why an offer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferGone {
    /// Its time was up (r8).
    Expired,
    /// The work or the agent left.
    Withdrawn,
    /// The agent declined it.
    Declined,
    /// Another agent has the work.
    Taken,
    /// The agent accepted it.
    Accepted,
}

impl From<TransitionError> for EngineError {
    fn from(error: TransitionError) -> Self {
        match error.refusal {
            Refusal::OfferGone { reason } => Self::OfferGone { reason: reason.into() },
            Refusal::AsyncDisabled => Self::AsyncDisabled,
            _ => Self::Refused(error),
        }
    }
}

impl From<GoneReason> for OfferGone {
    fn from(reason: GoneReason) -> Self {
        match reason {
            GoneReason::Expired => Self::Expired,
            GoneReason::Withdrawn => Self::Withdrawn,
            GoneReason::Declined => Self::Declined,
            GoneReason::Taken => Self::Taken,
        }
    }
}

impl OfferGone {
    /// The reason as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Declined => "declined",
            Self::Taken => "taken",
            Self::Accepted => "accepted",
        }
    }
}
