use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A short machine name chosen by an operator or an embedder: of a queue, a skill, an unknown network.
///
/// 1 to 64 characters of `a-z 0-9 _ -`, beginning with a letter or digit, so that it can stand in an address,
/// a metric and a file name without escaping.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(SmolStr);

impl Label {
    /// The longest label, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Checks and wraps `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, LabelError> {
        let text = text.into();
        check(&text)?;
        Ok(Self(SmolStr::new(text)))
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str) -> Result<(), LabelError> {
    if text.is_empty() {
        return Err(LabelError::Empty);
    }
    if text.len() > Label::MAX_BYTES {
        return Err(LabelError::TooLong { bytes: text.len() });
    }
    let allowed = |(at, c): (usize, char)| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || (at > 0 && (c == '_' || c == '-'))
    };
    match text.char_indices().find(|&found| !allowed(found)) {
        Some((at, found)) => Err(LabelError::BadCharacter { at, found }),
        None => Ok(()),
    }
}

/// Why a text is not a [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// Nothing was given.
    #[error("a name must not be empty")]
    Empty,
    /// More bytes than [`Label::MAX_BYTES`].
    #[error("a name has {bytes} bytes; the limit is {}", Label::MAX_BYTES)]
    TooLong {
        /// How many bytes were given.
        bytes: usize,
    },
    /// A character outside `a-z 0-9 _ -`, or `_` or `-` at the beginning.
    #[error("a name must not contain {found:?} at byte {at}; allowed are a-z, 0-9 and, not first, _ and -")]
    BadCharacter {
        /// Byte offset of the character.
        at: usize,
        /// The character.
        found: char,
    },
}

impl TryFrom<String> for Label {
    type Error = LabelError;

    fn try_from(text: String) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0.into()
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

impl Borrow<str> for Label {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Makes a distinct type for each kind of configured name, so that a queue cannot be passed for a skill.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($crate::Label);

        impl $name {
            /// Checks and wraps `text`; see [`Label`]($crate::Label) for what is allowed.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::LabelError> {
                $crate::Label::new(text).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The name as a label, which may name something else too.
            pub const fn label(&self) -> &$crate::Label {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::LabelError;

            fn from_str(text: &str) -> Result<Self, $crate::LabelError> {
                Self::new(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.0.as_str()
            }
        }
    )+};
}
pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_checked() {
        assert_eq!(Label::new("support-2").unwrap().as_str(), "support-2");
        assert_eq!(Label::new(""), Err(LabelError::Empty));
        assert_eq!(Label::new("-x"), Err(LabelError::BadCharacter { at: 0, found: '-' }));
        assert_eq!(Label::new("a b"), Err(LabelError::BadCharacter { at: 1, found: ' ' }));
        assert_eq!(Label::new("é"), Err(LabelError::BadCharacter { at: 0, found: 'é' }));
        assert_eq!(Label::new("x".repeat(65)), Err(LabelError::TooLong { bytes: 65 }));
        assert!(serde_json::from_str::<Label>("\"../etc\"").is_err());
    }
}
