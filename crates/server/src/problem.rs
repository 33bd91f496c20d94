//! What is answered when something is not done: problem documents (RFC 9457) with a stable code.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parlor_channel::{MediaRefusal, PreflightRefusal};
use parlor_composer::AddressRefusal;
use parlor_engine::EngineError;
use parlor_engine::permission::{Denial, Missing};
use parlor_interaction::Refusal;
use parlor_model::{FlagName, Role, TextError, WebAddress};
use parlor_store::StoreError;
use serde_json::{Map, Value, json};

/// After how long to try again when the engine or its store has too much to do. A choice of ours: longer than any
/// commit takes, shorter than a person waits.
const BUSY_RETRY: Duration = Duration::from_secs(1);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal,)+) => {
        /// Every code that a problem document of this server may carry. Codes never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as it stands in documents.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// The status of the answer.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }
        }
    };
}

codes! {
    /// The body is not JSON of the form that the route takes.
    BadJson = 400 "bad_json",
    /// A parameter of the address is not of the form that the route takes.
    BadQuery = 400 "bad_query",
    /// The cursor does not come from here. On the feed it is 410: the client reads everything again.
    CursorUnknown = 400 "cursor_unknown",
    /// A header of the WebSocket handshake is wrong.
    BadHandshake = 400 "bad_handshake",
    /// Nobody is signed in: no token or session, or none that is known.
    NotSignedIn = 401 "not_signed_in",
    /// The token, link or name opens nothing.
    SignInRefused = 401 "sign_in_refused",
    /// The request comes from a page of somebody else.
    OriginRefused = 403 "origin_refused",
    /// The actor may not do that; `missing` says what would be needed.
    Denied = 403 "denied",
    /// A feature that is switched off for the agent; `missing` names the flag.
    FeatureDisabled = 403 "feature_disabled",
    /// Emoji may not be sent; `missing` names the flag, `start` and `end` the first one in bytes (r65).
    EmojiNotAllowed = 403 "emoji_not_allowed",
    /// An interaction has to be opened to write to this contact (r97).
    MustOpenInteraction = 403 "must_open_interaction",
    /// A webhook's request that no known provider has signed.
    NotTheProvider = 403 "not_the_provider",
    /// The contact does not want to be written to.
    OptedOut = 403 "opted_out",
    /// There is no such thing, or none that the actor may know of.
    NotFound = 404 "not_found",
    /// The route does not know this method.
    MethodNotAllowed = 405 "method_not_allowed",
    /// The body did not arrive in time.
    RequestTimeout = 408 "request_timeout",
    /// The offer is no longer there; `reason` says why.
    OfferGone = 409 "offer_gone",
    /// The number cannot receive texts, as far as is known: with `force` the message goes out all the same; `line` says
    /// what it is (r130).
    NotSmsCapable = 409 "not_sms_capable",
    /// The message is so old that nobody waits for it any more.
    TooOldToSend = 409 "too_old_to_send",
    /// The address is on file for somebody else; `contact` says for whom.
    OfAnotherContact = 409 "of_another_contact",
    /// It is being offered to somebody.
    AlreadyOffered = 409 "already_offered",
    /// Somebody has it.
    AlreadyTaken = 409 "already_taken",
    /// Nobody has it yet.
    NotTaken = 409 "not_taken",
    /// Only its owner may do that.
    NotOwner = 409 "not_owner",
    /// Only who takes part may do that.
    NotAMember = 409 "not_a_member",
    /// Somebody else was asked.
    NotInvited = 409 "not_invited",
    /// The agent takes part already.
    TakesPart = 409 "takes_part",
    /// The owner has to end it or hand it over.
    OwnerCannotLeave = 409 "owner_cannot_leave",
    /// It has to be ended first (r18).
    MustEndFirst = 409 "must_end_first",
    /// The session is over.
    SessionEnded = 409 "session_ended",
    /// Continuing after the end is not enabled (r23).
    AsyncDisabled = 409 "async_disabled",
    /// It is closed for good.
    InteractionDone = 409 "interaction_done",
    /// A disposition has to be set first (r30).
    DispositionRequired = 409 "disposition_required",
    /// It would be handed to the one who has it.
    SelfTransfer = 409 "self_transfer",
    /// It is being handed over already.
    TransferPending = 409 "transfer_pending",
    /// The hand-over is no longer open.
    TransferGone = 409 "transfer_gone",
    /// Somebody would consult themselves.
    SelfConsult = 409 "self_consult",
    /// The consult is no longer open.
    ConsultGone = 409 "consult_gone",
    /// The one who is consulted has not answered.
    ConsultNotJoined = 409 "consult_not_joined",
    /// Only an agent can own it.
    NotAnAgent = 409 "not_an_agent",
    /// The invitation is no longer open.
    InvitationGone = 409 "invitation_gone",
    /// The owner put it aside and has to take it up first.
    Parked = 409 "parked",
    /// The case information is not to be changed here (r32).
    CaseReadOnly = 409 "case_read_only",
    /// The case information would have more than `limit` bytes.
    CaseTooLarge = 409 "case_too_large",
    /// No more of these are possible; `limit` says how many.
    TooMany = 409 "too_many",
    /// The colleague is not logged in.
    AgentAway = 409 "agent_away",
    /// Work with the contact is not done yet.
    InWork = 409 "in_work",
    /// Nobody has to say what becomes of the message, yet or any more.
    NothingToDecide = 409 "nothing_to_decide",
    /// The agent has no room for it.
    AtCapacity = 409 "at_capacity",
    /// The id was used for another request.
    IdReused = 409 "id_reused",
    /// It was changed by somebody else since it was read (r92).
    StaleVersion = 409 "stale_version",
    /// The contact has no thread on that channel.
    NotOnChannel = 409 "not_on_channel",
    /// The position to resume from is not kept any more.
    FeedGone = 410 "cursor_unknown",
    /// The body is larger than `limit` bytes.
    BodyTooLarge = 413 "body_too_large",
    /// The body is not JSON by its content type.
    UnsupportedMediaType = 415 "unsupported_media_type",
    /// The message says nothing.
    TextEmpty = 422 "text_empty",
    /// The message has `actual` bytes where `limit` are possible.
    TextTooLong = 422 "text_too_long",
    /// A name or field of a contact has `actual` bytes where `limit` are possible.
    FieldTooLong = 422 "field_too_long",
    /// This is no web address that can be sent; `reason` says why.
    BadAddress = 422 "bad_address",
    /// The channel takes at most `limit` of a unit; `actual` says how much it was.
    OverLimit = 422 "over_limit",
    /// The channel does not carry this.
    UnsupportedContent = 422 "unsupported_content",
    /// The file was not taken; `reason` says why.
    FileRejected = 422 "file_rejected",
    /// The attachment is nothing that can be shown.
    NotShown = 422 "not_shown",
    /// This never leaves the house.
    NotForContacts = 422 "not_for_contacts",
    /// It has to be confirmed.
    NotConfirmed = 422 "not_confirmed",
    /// No channel asks for this medium.
    UnknownMedium = 422 "unknown_medium",
    /// There is no such disposition.
    UnknownDisposition = 422 "unknown_disposition",
    /// That cannot be asked of this target; `reason` says why.
    InvalidTarget = 422 "invalid_target",
    /// The disposition stands for several; one of them has to be given.
    DispositionGroup = 422 "disposition_group",
    /// Rules of routing that make no sense, or are about a queue that there is not; `reason` says why.
    BadRules = 422 "bad_rules",
    /// A reason is not a code of the allowed form.
    BadReason = 422 "bad_reason",
    /// This address speaks the WebSocket protocol only.
    UpgradeRequired = 426 "upgrade_required",
    /// Too many requests in too little time.
    TooManyRequests = 429 "too_many_requests",
    /// Too many failed sign-ins.
    TooManyAttempts = 429 "too_many_attempts",
    /// Too many open sockets of one address.
    TooManySockets = 429 "too_many_sockets",
    /// It failed here; nothing more is said.
    Internal = 500 "internal",
    /// What would do it was not given to the engine; `missing` names it.
    NotPlugged = 501 "not_plugged",
    /// Who should have done it, outside, did not; `missing` names them.
    NotCarried = 502 "not_carried",
    /// It cannot be done now; `Retry-After` says when to try again.
    Busy = 503 "busy",
}

/// An answer that says why something was not done. It never repeats what was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    fields: Map<String, Value>,
    retry_after: Option<Duration>,
    allow: Option<HeaderValue>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fields: Map::new(), retry_after: None, allow: None }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    pub(crate) fn busy(detail: &str) -> Self {
        Self::new(Code::Busy, detail).retry_after(BUSY_RETRY)
    }

    /// Adds a field of the code.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// Says when to try again.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same, as the feed answers it: a cursor that is not known there is gone.
    pub(crate) fn on_feed(mut self) -> Self {
        if self.code == Code::CursorUnknown {
            self.code = Code::FeedGone;
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> Code {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut document = Map::from_iter([
            ("type".to_owned(), json!("about:blank")),
            ("title".to_owned(), json!(status.canonical_reason())),
            ("status".to_owned(), json!(status.as_u16())),
            ("code".to_owned(), json!(self.code.as_str())),
            ("detail".to_owned(), json!(self.detail)),
        ]);
        document.extend(self.fields);
        let body = Value::Object(document).to_string();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: who waits that long must not be refused again for a fraction.
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                headers.insert(header::RETRY_AFTER, value);
            }
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        if self.code == Code::NotSignedIn {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = error.to_string();
        match error {
            EngineError::Denied(denial) => denial.into(),
            EngineError::NotFound { what } => Self::not_found(what),
            EngineError::Refused(refused) => refusal(refused.refusal),
            EngineError::OfferGone { reason } => {
                Self::new(Code::OfferGone, detail).with("reason", reason.as_str())
            }
            EngineError::HeldBy { agent } => Self::new(Code::AlreadyTaken, detail).with("by", agent.as_str()),
            EngineError::AtCapacity { agent } => {
                Self::new(Code::AtCapacity, detail).with("agent", agent.as_str())
            }
            EngineError::InvalidTarget { reason } => {
                Self::new(Code::InvalidTarget, detail).with("reason", reason.as_str())
            }
            EngineError::ConsultOver => Self::new(Code::ConsultGone, detail),
            EngineError::AgentAway { agent } => {
                Self::new(Code::AgentAway, detail).with("agent", agent.as_str())
            }
            EngineError::NotPlugged { plug } => {
                Self::new(Code::NotPlugged, detail).with("missing", plug.as_str())
            }
            EngineError::NotCarried { plug } => {
                Self::new(Code::NotCarried, detail).with("missing", plug.as_str())
            }
            EngineError::AsyncDisabled => Self::new(Code::AsyncDisabled, detail),
            EngineError::MustOpenInteraction => Self::new(Code::MustOpenInteraction, detail)
                .with("missing", FlagName::ComposeFromCommunication.as_str()),
            EngineError::Text(error) => error.into(),
            EngineError::Preflight(refusal) => preflight(&refusal),
            EngineError::Address(refusal) => address(refusal),
            EngineError::Media(refusal) => media(&refusal),
            EngineError::Rejected { reason } => {
                Self::new(Code::FileRejected, detail).with("reason", reason.as_str())
            }
            EngineError::NotShown => Self::new(Code::NotShown, detail),
            EngineError::EmojiNotAllowed { start, end } => Self::new(Code::EmojiNotAllowed, detail)
                .with("missing", FlagName::EmojiAllowed.as_str())
                .with("start", start)
                .with("end", end),
            EngineError::OfAnotherContact { contact } => {
                Self::new(Code::OfAnotherContact, detail).with("contact", contact.to_string())
            }
            EngineError::TooOldToSend => Self::new(Code::TooOldToSend, detail),
            EngineError::OptedOut => Self::new(Code::OptedOut, detail),
            EngineError::NotSmsCapable { line } => {
                Self::new(Code::NotSmsCapable, detail).with("line", line.as_str())
            }
            EngineError::NothingToDecide => Self::new(Code::NothingToDecide, detail),
            EngineError::InWork => Self::new(Code::InWork, detail),
            EngineError::IdReused => Self::new(Code::IdReused, detail),
            EngineError::StaleVersion => Self::new(Code::StaleVersion, detail),
            EngineError::UnknownDisposition(_) => {
                Self::new(Code::UnknownDisposition, "there is no such disposition")
            }
            EngineError::DispositionGroup(_) => Self::new(Code::DispositionGroup, detail),
            EngineError::NotOnChannel(_) => {
                Self::new(Code::NotOnChannel, "the contact has no thread on that channel")
            }
            EngineError::CursorUnknown => Self::new(Code::CursorUnknown, detail),
            EngineError::FieldTooLong { field, limit, actual } => Self::new(Code::FieldTooLong, detail)
                .with("field", field)
                .with("limit", limit)
                .with("actual", actual),
            EngineError::Rules(error) => {
                let problem = Self::new(Code::BadRules, detail).with("reason", error.as_str());
                match error.queue() {
                    Some(queue) => problem.with("queue", queue.as_str()),
                    None => problem,
                }
            }
            EngineError::Contended => Self::busy(&detail),
            EngineError::Store(error) => error.into(),
            // The list may grow; until it has its own code, a new reason is a failure of ours.
            other => internal(&other),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy("there is too much to write"),
            other => internal(&other),
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        let (code, missing) = match denial.missing {
            Missing::Flag(flag) => (Code::FeatureDisabled, flag.as_str()),
            Missing::Role(role) => (
                Code::Denied,
                match role {
                    Role::Agent => "role_agent",
                    Role::Supervisor => "role_supervisor",
                    Role::Admin => "role_admin",
                },
            ),
            Missing::Part => (Code::Denied, "part"),
            Missing::Operator => (Code::Denied, "admin_token"),
            Missing::Agent => (Code::Denied, "agent"),
        };
        let detail = match code {
            Code::FeatureDisabled => "this feature is switched off",
            _ => "this is not allowed",
        };
        Self::new(code, detail).with("missing", missing)
    }
}

impl From<TextError> for Problem {
    fn from(error: TextError) -> Self {
        let detail = error.to_string();
        match error {
            TextError::Empty => Self::new(Code::TextEmpty, detail),
            TextError::TooLong { bytes } => Self::new(Code::TextTooLong, detail)
                .with("limit", parlor_model::MessageText::MAX_BYTES)
                .with("actual", bytes),
            // A reason that was added to the vocabulary later.
            _ => Self::new(Code::UnsupportedContent, detail),
        }
    }
}

fn refusal(refusal: Refusal) -> Problem {
    let problem = |code| Problem::new(code, refusal.to_string());
    match refusal {
        Refusal::OfferGone { reason } => problem(Code::OfferGone).with("reason", reason.as_str()),
        Refusal::AlreadyOffered => problem(Code::AlreadyOffered),
        Refusal::AlreadyTaken => problem(Code::AlreadyTaken),
        Refusal::NotTaken => problem(Code::NotTaken),
        Refusal::NotOwner => problem(Code::NotOwner),
        Refusal::NotAMember => problem(Code::NotAMember),
        Refusal::NotInvited => problem(Code::NotInvited),
        Refusal::TakesPart => problem(Code::TakesPart),
        Refusal::OwnerCannotLeave => problem(Code::OwnerCannotLeave),
        Refusal::MustEndFirst => problem(Code::MustEndFirst),
        Refusal::SessionEnded => problem(Code::SessionEnded),
        Refusal::AsyncDisabled => problem(Code::AsyncDisabled),
        Refusal::AlreadyDone => problem(Code::InteractionDone),
        Refusal::DispositionRequired => problem(Code::DispositionRequired),
        Refusal::SelfTransfer => problem(Code::SelfTransfer),
        Refusal::TransferPending => problem(Code::TransferPending),
        Refusal::TransferGone => problem(Code::TransferGone),
        Refusal::SelfConsult => problem(Code::SelfConsult),
        Refusal::ConsultGone => problem(Code::ConsultGone),
        Refusal::ConsultNotJoined => problem(Code::ConsultNotJoined),
        Refusal::NotAnAgent => problem(Code::NotAnAgent),
        Refusal::InvitationGone => problem(Code::InvitationGone),
        Refusal::Parked => problem(Code::Parked),
        Refusal::CaseReadOnly => problem(Code::CaseReadOnly),
        Refusal::CaseTooLarge { limit } => problem(Code::CaseTooLarge).with("limit", limit),
        Refusal::TooMany { limit } => problem(Code::TooMany).with("limit", limit),
    }
}

fn preflight(refusal: &PreflightRefusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        PreflightRefusal::OverLimit { limit, actual } => Problem::new(Code::OverLimit, detail)
            .with("name", limit.name.as_ref())
            .with("limit", limit.value)
            .with("actual", *actual)
            .with("source", limit.source.as_ref()),
        PreflightRefusal::NotForContacts { .. } => Problem::new(Code::NotForContacts, detail),
        PreflightRefusal::Unsupported { feature, .. } | PreflightRefusal::SwitchedOff { feature } => {
            Problem::new(Code::UnsupportedContent, detail).with("feature", feature.as_str())
        }
        PreflightRefusal::Media(refusal) => media(refusal),
        // Everything else that a channel may refuse is something it does not carry.
        _ => Problem::new(Code::UnsupportedContent, detail),
    }
}

fn media(refusal: &MediaRefusal) -> Problem {
    let problem =
        Problem::new(Code::FileRejected, refusal.to_string()).with("reason", refusal.reason().as_str());
    match refusal {
        MediaRefusal::OverLimit { limit, actual } => problem
            .with("name", limit.name.as_ref())
            .with("limit", limit.value)
            .with("actual", *actual)
            .with("source", limit.source.as_ref()),
        MediaRefusal::NotAllowed { media_type } => problem.with("media_type", media_type.as_str()),
        MediaRefusal::Mismatch { extension: _, found } => {
            // The ending of the name is what somebody wrote, and is not repeated.
            Problem::new(Code::FileRejected, "the bytes of the file are something else than its name says")
                .with("reason", refusal.reason().as_str())
                .with("media_type", found.as_str())
        }
        // What is said of it is all there is.
        _ => problem,
    }
}

fn address(refusal: AddressRefusal) -> Problem {
    let problem = Problem::new(Code::BadAddress, refusal.to_string());
    match refusal {
        AddressRefusal::Unreadable => problem.with("reason", "unreadable"),
        AddressRefusal::NotWeb => problem.with("reason", "not_web"),
        AddressRefusal::Credentials => problem.with("reason", "credentials"),
        AddressRefusal::TooLong { bytes } => {
            problem.with("reason", "too_long").with("limit", WebAddress::MAX_BYTES).with("actual", bytes)
        }
        // A reason that was added later.
        _ => problem,
    }
}

/// What failed stands in the log; the client is told only that it did.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push_str(": ");
        causes.push_str(&inner.to_string());
        cause = inner.source();
    }
    tracing::error!("a request failed: {error}{causes}");
    Problem::new(Code::Internal, "it failed here")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_the_codes_of_the_machine() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        for refused in [
            Refusal::AlreadyOffered,
            Refusal::AlreadyTaken,
            Refusal::NotTaken,
            Refusal::NotOwner,
            Refusal::NotAMember,
            Refusal::NotInvited,
            Refusal::TakesPart,
            Refusal::OwnerCannotLeave,
            Refusal::MustEndFirst,
            Refusal::SessionEnded,
            Refusal::AsyncDisabled,
            Refusal::AlreadyDone,
            Refusal::DispositionRequired,
            Refusal::SelfTransfer,
            Refusal::TransferPending,
            Refusal::TransferGone,
            Refusal::SelfConsult,
            Refusal::ConsultGone,
            Refusal::ConsultNotJoined,
            Refusal::NotAnAgent,
            Refusal::InvitationGone,
            Refusal::Parked,
            Refusal::CaseReadOnly,
            Refusal::CaseTooLarge { limit: 3 },
            Refusal::TooMany { limit: 3 },
        ] {
            assert_eq!(refusal(refused).code().as_str(), refused.as_str());
            assert!(codes.contains(refused.as_str()));
        }
    }

    #[test]
    fn a_code_means_one_thing() {
        let mut seen = BTreeSet::new();
        for code in Code::ALL {
            // The one code with two statuses is the cursor.
            assert!(seen.insert(code.as_str()) || *code == Code::FeedGone, "{} stands twice", code.as_str());
        }
    }

    #[test]
    fn a_failure_of_the_store_says_nothing_about_it() {
        let secret = std::io::Error::other("the table messages is at sector 7");
        let problem = Problem::from(StoreError::backend(secret));
        assert_eq!(problem.code(), Code::Internal);
        assert_eq!(problem.detail, "it failed here");
    }
}
