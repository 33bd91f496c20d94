use parlor_model::{ChannelName, Content, MessageId, OutboxId, PointKey, ProviderMessageId, Visibility};

/// One message on its way out, as a transport is given it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outbound {
    /// The entry of the outbox. It stays the same however often the send is repeated, so it is the token to give
    /// to a provider that recognises repetitions, and to find again in receipts and echoes.
    pub outbox: OutboxId,
    /// The message in the transcript.
    pub message: MessageId,
    /// Our endpoint that it goes out from.
    pub channel: ChannelName,
    /// Where it goes.
    pub to: PointKey,
    /// Who will be able to read it. A transport MUST refuse one that it cannot keep to: a private message never
    /// becomes a public post.
    pub visibility: Visibility,
    /// What it says; it has passed [`preflight`](crate::preflight) with the transport's capabilities.
    pub content: Content,
}

impl Outbound {
    /// A message on its way out.
    pub const fn new(
        outbox: OutboxId,
        message: MessageId,
        channel: ChannelName,
        to: PointKey,
        visibility: Visibility,
        content: Content,
    ) -> Self {
        Self { outbox, message, channel, to, visibility, content }
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
