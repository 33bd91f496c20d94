use std::fmt;

use parlor_model::{ChannelName, Content, MessageId, OutboxId, PointKey, ProviderMessageId, Visibility};
use url::Url;

/// One message on its way out, as a transport is given it.
///
/// `Debug` hides where its files are: whoever has such an address can fetch them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outbound {
    /// The entry of the outbox. It stays the same however often the send is repeated, so it is the token to give
    /// to a provider that recognises repetitions, and to find again in receipts and echoes.
    pub outbox: OutboxId,
    /// The message in the transcript.
    pub message: MessageId,
    /// Our endpoint that it goes out from.
    pub channel: ChannelName,
    /// Our address there, as the channel is configured with it.
    pub from: String,
    /// Where it goes.
    pub to: PointKey,
    /// Who will be able to read it. A transport MUST refuse one that it cannot keep to: a private message never
    /// becomes a public post.
    pub visibility: Visibility,
    /// What it says; it has passed [`preflight`](crate::preflight) with the transport's capabilities.
    pub content: Content,
    /// Where the provider can fetch the files of the content, in their order; empty when there are none.
    pub files: Vec<Url>,
}

impl Outbound {
    /// A message on its way out, without files.
    pub fn new(
        outbox: OutboxId,
        message: MessageId,
        channel: ChannelName,
        from: String,
        to: PointKey,
        visibility: Visibility,
        content: Content,
    ) -> Self {
        Self { outbox, message, channel, from, to, visibility, content, files: Vec::new() }
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("outbox", &self.outbox)
            .field("message", &self.message)
            .field("channel", &self.channel)
            .field("to", &self.to)
            .field("visibility", &self.visibility)
            .field("content", &self.content)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// What a provider answered when it took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendReceipt {
    /// The provider's ids in order: one for each message that it made of ours, none when it gives none.
    pub provider_ids: Vec<ProviderMessageId>,
}

impl SendReceipt {
    /// A receipt with the ids that the provider gave.
    pub fn new(provider_ids: impl IntoIterator<Item = ProviderMessageId>) -> Self {
        Self { provider_ids: provider_ids.into_iter().collect() }
    }
}
