use std::fmt;
use std::str::FromStr;

use parlor_model::{Label, LabelError};
use serde::{Deserialize, Serialize};

/// The code by which an agent says how an interaction came out (r30), as configured: a path from the general to the
/// particular, such as `sales/lost/price`. Each step is a [`Label`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DispositionCode(String);

/// Why a text is no [`DispositionCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DispositionCodeError {
    /// A step of the path is not a label.
    #[error("step {step} of the code: {error}")]
    Step {
        /// Which step, counted from 1.
        step: usize,
        /// What is wrong with it.
        error: LabelError,
    },
    /// More steps than [`DispositionCode::MAX_STEPS`].
    #[error("a code has at most {} steps", DispositionCode::MAX_STEPS)]
    TooDeep,
}

impl DispositionCode {
    /// The most steps that a path has. No manual names a number; nobody finds an outcome that lies deeper.
    pub const MAX_STEPS: usize = 8;

    /// What stands between two steps.
    const SEPARATOR: char = '/';

    /// Checks and wraps `text`: labels with `/` between them.
    pub fn new(text: impl Into<String>) -> Result<Self, DispositionCodeError> {
        let text = text.into();
        for (step, label) in (1..).zip(text.split(Self::SEPARATOR)) {
            if step > Self::MAX_STEPS {
                return Err(DispositionCodeError::TooDeep);
            }
            Label::new(label).map_err(|error| DispositionCodeError::Step { step, error })?;
        }
        Ok(Self(text))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code it stands below; `None` at the top.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once(Self::SEPARATOR).map(|(parent, _)| parent)
    }
}

impl TryFrom<String> for DispositionCode {
    type Error = DispositionCodeError;

    fn try_from(text: String) -> Result<Self, DispositionCodeError> {
        Self::new(text)
    }
}

impl From<DispositionCode> for String {
    fn from(code: DispositionCode) -> Self {
        code.0
    }
}

impl FromStr for DispositionCode {
    type Err = DispositionCodeError;

    fn from_str(text: &str) -> Result<Self, DispositionCodeError> {
        Self::new(text)
    }
}

impl fmt::Display for DispositionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DispositionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DispositionCode({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_path_of_labels() {
        let code = DispositionCode::new("sales/lost/price").unwrap();
        assert_eq!((code.as_str(), code.parent()), ("sales/lost/price", Some("sales/lost")));
        assert_eq!(DispositionCode::new("sales").unwrap().parent(), None);
        for (text, step) in [("", 1), ("/sales", 1), ("sales/", 2), ("sales//price", 2), ("a/b/C", 3)] {
            let error = DispositionCode::new(text).unwrap_err();
            assert!(
                matches!(error, DispositionCodeError::Step { step: is, .. } if is == step),
                "{text:?}: {error}"
            );
        }
        assert!(DispositionCode::new(["a"; DispositionCode::MAX_STEPS].join("/")).is_ok());
        let deep = ["a"; DispositionCode::MAX_STEPS + 1].join("/");
        assert_eq!(DispositionCode::new(deep), Err(DispositionCodeError::TooDeep));
        assert!(serde_json::from_str::<DispositionCode>("\"a//b\"").is_err());
    }
}
