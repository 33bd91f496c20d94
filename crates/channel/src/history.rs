use std::fmt;

use async_trait::async_trait;
use parlor_model::Timestamp;

use crate::{Decoded, TransportError};

/// What a provider keeps of what came in, for what its webhooks could not bring while nobody could take it (guarantee G1b).
///
/// Contract: a message has the same id here as in a webhook, so that what came both ways is one; and
/// [`InboundMessage::written_at`](crate::InboundMessage::written_at) where only the list says when it was written.
#[async_trait]
pub trait History: fmt::Debug + Send + Sync + 'static {
    /// Everything that came in since a moment, as a webhook would have told it, oldest first. `to` are our addresses, as the
    /// channels of the account are configured with them. More may be given than was asked for: what is known, or for nobody
    /// here, is left out by whoever asks.
    ///
    /// # Errors
    ///
    /// When nothing of it could be read; it is asked again later.
    async fn came_in(&self, to: &[String], since: Timestamp) -> Result<CameIn, TransportError>;
}

/// What came in, as far as it could be read at once.
#[derive(Debug)]
#[non_exhaustive]
pub struct CameIn {
    /// What came, oldest first.
    pub decoded: Decoded,
    /// Up to when that is all there is; `None`: up to now. What came later is asked for again, from this moment on.
    pub until: Option<Timestamp>,
}

impl CameIn {
    /// Everything up to now.
    pub const fn all(decoded: Decoded) -> Self {
        Self { decoded, until: None }
    }

    /// Everything up to a moment.
    pub const fn until(decoded: Decoded, until: Timestamp) -> Self {
        Self { decoded, until: Some(until) }
    }
}
