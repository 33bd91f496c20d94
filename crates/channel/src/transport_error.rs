use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a send did not succeed, and what may be done about it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}; {certainty}{}", code_of(.provider_code.as_deref()))]
#[non_exhaustive]
pub struct TransportError {
    /// What went wrong.
    pub kind: TransportErrorKind,
    /// Whether the message may have been sent all the same.
    pub certainty: Certainty,
    /// When trying again makes sense. After an uncertain outcome nothing is repeated without a rule or a person
    /// saying so, whatever stands here.
    pub retry: Retry,
    /// The provider's own code for it, such as `21610`.
    pub provider_code: Option<String>,
    /// What lies beneath, for logs. It never contains credentials or message text.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

fn code_of(code: Option<&str>) -> String {
    code.map(|code| format!("; the provider's code is {code}")).unwrap_or_default()
}

/// What went wrong with a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// There is nobody at that address, or the address is not one.
    Recipient,
    /// The recipient has asked not to be written to.
    OptedOut,
    /// We may not send from that endpoint: a matter for the administrator (r122).
    SenderNotAllowed,
    /// The credentials are missing, wrong or not enough.
    Unauthorized,
    /// Too many messages in too little time.
    RateLimited,
    /// The time for free text is over.
    WindowClosed,
    /// The provider does not take this content.
    Content,
    /// The provider could not be reached, or the connection broke.
    Network,
    /// The provider says that something is wrong on its side.
    Provider,
    /// The provider answered something that nobody can read.
    UnreadableAnswer,
    /// None of the above.
    Other,
}

impl TransportErrorKind {
    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::OptedOut => "opted_out",
            Self::SenderNotAllowed => "sender_not_allowed",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::WindowClosed => "window_closed",
            Self::Content => "content",
            Self::Network => "network",
            Self::Provider => "provider",
            Self::UnreadableAnswer => "unreadable_answer",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recipient => "the recipient cannot be reached there",
            Self::OptedOut => "the recipient does not want to be written to",
            Self::SenderNotAllowed => "the sender is not allowed",
            Self::Unauthorized => "the credentials are refused",
            Self::RateLimited => "too many messages",
            Self::WindowClosed => "the reply window is closed",
            Self::Content => "the content is refused",
            Self::Network => "the provider cannot be reached",
            Self::Provider => "the provider failed",
            Self::UnreadableAnswer => "the provider's answer cannot be read",
            Self::Other => "the send failed",
        })
    }
}

/// Whether a failed send may have gone through all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It is known that the provider has not taken it: a repetition makes no second copy.
    NotSent,
    /// Nobody knows: a repetition may make a second copy.
    Uncertain,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "the message was not sent",
            Self::Uncertain => "the message may have been sent",
        })
    }
}

/// When trying again makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Retry {
    /// Never: the same message would fail the same way.
    Never,
    /// After a while that the caller chooses and lengthens each time.
    Backoff,
    /// Not before this time has passed; the provider said so.
    After(Duration),
}

impl TransportError {
    /// What went wrong in one word, with the provider's code behind a colon where there is one: `opted_out:21610`.
    pub fn reason(&self) -> String {
        let kind = self.kind.as_str();
        self.provider_code.as_ref().map_or_else(|| kind.to_owned(), |code| format!("{kind}:{code}"))
    }

    /// An error after which nothing is tried again, without a code or a cause.
    pub const fn new(kind: TransportErrorKind, certainty: Certainty) -> Self {
        Self { kind, certainty, retry: Retry::Never, provider_code: None, source: None }
    }

    /// The same with advice on trying again.
    #[must_use]
    pub const fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The same with the provider's code.
    #[must_use]
    pub fn with_provider_code(mut self, code: impl Into<String>) -> Self {
        self.provider_code = Some(code.into());
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whether_the_message_may_have_been_sent() {
        let error = TransportError::new(TransportErrorKind::Network, Certainty::Uncertain);
        assert_eq!(error.to_string(), "the provider cannot be reached; the message may have been sent");
        assert_eq!(error.retry, Retry::Never, "nobody retries by accident");
    }

    #[test]
    fn an_error_carries_the_provider_code_and_its_cause() {
        let error = TransportError::new(TransportErrorKind::OptedOut, Certainty::NotSent)
            .with_provider_code("21610")
            .with_retry(Retry::After(Duration::from_secs(9)))
            .with_source(fmt::Error);
        assert_eq!(
            error.to_string(),
            "the recipient does not want to be written to; the message was not sent; the provider's code is 21610"
        );
        assert_eq!(error.reason(), "opted_out:21610");
        assert!(error.source().is_some_and(<dyn Error>::is::<fmt::Error>));
        assert_eq!(error.retry, Retry::After(Duration::from_secs(9)));
    }
}
