use std::fmt;
use std::str::FromStr;

use parlor_model::{Label, LabelError};
use serde::{Deserialize, Serialize};

/// The code by which an agent says how an interaction came out (r30), as configured.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DispositionCode(Label);

impl DispositionCode {
    /// Checks and wraps `text`; see [`Label`] for what is allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, LabelError> {
        Label::new(text).map(Self)
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for DispositionCode {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

impl fmt::Display for DispositionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for DispositionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DispositionCode({})", self.0)
    }
}
