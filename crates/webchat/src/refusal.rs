use std::borrow::Cow;
use std::time::Duration;

use parlor_model::ClientId;

use crate::{ErrorCode, ServerFrame};

/// A frame that was refused and had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
#[non_exhaustive]
pub struct FrameRefusal {
    /// Why.
    pub code: ErrorCode,
    /// Why, for a person who writes a browser's side. It never repeats what the frame said.
    pub detail: Cow<'static, str>,
    /// The message it is about.
    pub id: Option<ClientId>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

impl FrameRefusal {
    /// A refusal that is about no message in particular.
    pub fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), id: None, retry_after: None }
    }

    /// The same about a message.
    #[must_use]
    pub const fn about(mut self, id: ClientId) -> Self {
        self.id = Some(id);
        self
    }

    /// The same with the time after which to try again.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

impl From<FrameRefusal> for ServerFrame {
    fn from(refusal: FrameRefusal) -> Self {
        Self::Error {
            code: refusal.code,
            detail: refusal.detail,
            id: refusal.id,
            // Rounded up: who waits that long must not be refused again for a fraction.
            retry_after_ms: refusal
                .retry_after
                .map(|wait| u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)),
        }
    }
}
