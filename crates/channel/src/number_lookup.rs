use std::fmt;

use async_trait::async_trait;
use parlor_model::PointAddress;
use serde::{Deserialize, Serialize};

use crate::TransportError;

/// Finds out what kind of line a phone number is, before somebody is written to there (r130).
///
/// It may cost money and be wrong: it warns, and forbids nothing.
#[async_trait]
pub trait NumberLookup: fmt::Debug + Send + Sync + 'static {
    /// What is known about a number.
    ///
    /// # Errors
    ///
    /// When nothing could be found out. That is never a reason to take the number for a good one, nor for a bad one.
    async fn look_up_number(&self, address: &PointAddress) -> Result<NumberFacts, TransportError>;
}

/// What is known about a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberFacts {
    /// What kind of line it is.
    pub line: LineKind,
    /// Whose network it is in.
    pub carrier: Option<String>,
    /// In which country it is, as two letters.
    pub country: Option<String>,
}

impl NumberFacts {
    /// The kind of line, and nothing else.
    pub const fn new(line: LineKind) -> Self {
        Self { line, carrier: None, country: None }
    }

    /// Whether texts can be received there.
    pub const fn may_receive_texts(&self) -> MayReceive {
        self.line.may_receive_texts()
    }
}

/// What kind of line a phone number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LineKind {
    /// A mobile phone.
    Mobile,
    /// A number of the internet.
    Voip,
    /// A number that follows a person.
    Personal,
    /// A line in the ground.
    Landline,
    /// One for calls of a special kind: toll-free, premium, shared cost, pagers.
    Special,
    /// It is no number at all.
    NoNumber,
    /// Nobody knows.
    Unknown,
}

impl LineKind {
    /// Whether texts can be received there. A landline *may* have been made to take them, so even *no* is a warning.
    pub const fn may_receive_texts(self) -> MayReceive {
        match self {
            Self::Mobile | Self::Voip | Self::Personal => MayReceive::Yes,
            Self::Landline | Self::NoNumber => MayReceive::No,
            Self::Special | Self::Unknown => MayReceive::Unknown,
        }
    }

    /// The name as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Voip => "voip",
            Self::Personal => "personal",
            Self::Landline => "landline",
            Self::Special => "special",
            Self::NoNumber => "no_number",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether texts can be received somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MayReceive {
    /// They can, as far as can be known.
    Yes,
    /// They cannot, as far as can be known: worth a warning (r130).
    No,
    /// Nobody knows.
    Unknown,
}
