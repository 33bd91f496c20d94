use std::fmt;

use parlor_model::Label;
use serde::{Deserialize, Serialize};

use crate::Interaction;

/// What an entry of the case information says (r32): a few words about the case, such as an order number.
///
/// Kept exactly, except that NUL becomes U+FFFD. `Debug` hides it: it may be about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseValue(String);

/// How much case information one interaction carries. No manual names a number; it is written with every change of the
/// interaction, so it stays small. What is longer belongs into a note.
pub struct CaseLimits;

impl CaseLimits {
    /// Entries.
    pub const ENTRIES: usize = 32;
    /// The longest value, in bytes of UTF-8.
    pub const VALUE_BYTES: usize = 1_024;
    /// All keys and values together, in bytes of UTF-8.
    pub const TOTAL_BYTES: usize = 8_192;
}

impl CaseValue {
    /// Checks and wraps `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, CaseValueError> {
        let mut text = text.into();
        if text.trim().is_empty() {
            return Err(CaseValueError::Empty);
        }
        if text.contains('\0') {
            text = text.replace('\0', "\u{FFFD}");
        }
        if text.len() > CaseLimits::VALUE_BYTES {
            return Err(CaseValueError::TooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CaseValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseValue({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for CaseValue {
    type Error = CaseValueError;

    fn try_from(text: String) -> Result<Self, CaseValueError> {
        Self::new(text)
    }
}

impl From<CaseValue> for String {
    fn from(value: CaseValue) -> Self {
        value.0
    }
}

/// Why a text is no [`CaseValue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseValueError {
    /// Nothing but white space. An entry is taken away by setting it to nothing at all.
    #[error("a value must not be empty")]
    Empty,
    /// More than [`CaseLimits::VALUE_BYTES`].
    #[error("the value has {bytes} bytes; the limit is {}", CaseLimits::VALUE_BYTES)]
    TooLong {
        /// How many bytes were given.
        bytes: usize,
    },
}

impl Interaction {
    /// How many bytes the case information has once `key` says `value`.
    pub(crate) fn case_bytes_with(&self, key: &Label, value: &CaseValue) -> usize {
        let others = self.case.iter().filter(|(other, _)| *other != key);
        let size = |key: &Label, value: &CaseValue| key.as_str().len() + value.as_str().len();
        others.map(|(key, value)| size(key, value)).sum::<usize>() + size(key, value)
    }
}
