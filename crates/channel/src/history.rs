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
    /// When not all of it could be read: then none of it is given, and it is asked again later.
    async fn came_in(&self, to: &[String], since: Timestamp) -> Result<Decoded, TransportError>;
}
