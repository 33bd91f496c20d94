use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use parlor_model::{ProviderMessageId, Timestamp};

use crate::{Capabilities, ChannelProfile, Delivery, Outbound, SendReceipt, TransportError};

/// Our code for a network: what it is like and how messages leave by it.
///
/// An embedder plugs in a network of its own by implementing this trait (and [`Push`], if it pushes); no crate of
/// Parlor has to know it.
///
/// Contract: the three answers never change while the transport lives, none of them does I/O, and
/// `profile().delivery` names the same way as `delivery()`.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// The rules of work for the network.
    fn profile(&self) -> &ChannelProfile;

    /// What the network can carry, with its limits.
    fn capabilities(&self) -> &Capabilities;

    /// How a message gets to the contact.
    fn delivery(&self) -> DeliverySide<'_>;
}

/// How a message gets to the contact, with what is needed to do it.
#[derive(Clone, Copy, Debug)]
pub enum DeliverySide<'a> {
    /// It is sent by this.
    Push(&'a dyn Push),
    /// There is nothing to call: the contact fetches it.
    Mailbox,
}

impl DeliverySide<'_> {
    /// The way as data.
    pub const fn kind(&self) -> Delivery {
        match self {
            Self::Push(_) => Delivery::Push,
            Self::Mailbox => Delivery::Mailbox,
        }
    }
}

/// Sends messages to a network.
#[async_trait]
pub trait Push: fmt::Debug + Send + Sync + 'static {
    /// Sends one message, once.
    ///
    /// * `Ok` means that the provider has taken it; not that it has arrived.
    /// * It MUST NOT try again by itself: whether a repetition may make a second copy is for the caller to decide
    ///   from [`TransportError::certainty`].
    /// * It MUST give the provider `outbound.outbox` as the token against repetitions, where there is such a thing.
    /// * An error is [`Certainty::NotSent`](crate::Certainty::NotSent) only when it is known that the provider has
    ///   not taken the message. A time-out, a reset after the first byte, a 5xx and an answer that cannot be read
    ///   are all uncertain.
    /// * Dropping the future before it is ready counts as uncertain.
    /// * Neither the error nor anything that is logged contains credentials or the text.
    ///
    /// The caller keeps the order: it has at most one send in flight for each thread.
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError>;

    /// How long to wait for a receipt after an uncertain send, before a person is asked (reliability §4.3).
    fn uncertain_wait(&self) -> Duration;

    /// Whether the provider has a message of ours that may have been sent since a moment; `None` when that is not known.
    async fn look_up(
        &self,
        outbound: &Outbound,
        since: Timestamp,
    ) -> Result<Option<ProviderMessageId>, TransportError>;
}
