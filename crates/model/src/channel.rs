use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ChannelKind, MediaClass, Medium, QueueName};

crate::label::names! {
    /// The configured name of an account at a provider; it stands in the webhook's address.
    AccountName;
    /// The configured name of a channel.
    ChannelName;
}

/// Credentials and one webhook at a provider. One account may serve several channels; it is not one of them.
///
/// The credentials themselves stay with the adapter; the core knows only that the account exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Identity.
    pub name: AccountName,
    /// Which provider's API, such as `twilio` or `meta`.
    pub provider: String,
}

/// Our endpoint on a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Identity.
    pub name: ChannelName,
    /// The network.
    pub kind: ChannelKind,
    /// The account it belongs to; `None` for networks of our own, such as web chat.
    pub account: Option<AccountName>,
    /// Our address on the network (a number, a page id); `*` takes what no other channel of the kind takes.
    pub address: String,
    /// Where its work waits.
    pub queue: QueueName,
    /// Every medium on which an agent must be Ready to be offered its work (r3).
    pub readiness: BTreeSet<Medium>,
    /// How its work weighs on an agent.
    pub media_class: MediaClass,
    /// Whether an agent is asked before getting its work (r6).
    pub offer: OfferMode,
}

/// Whether an agent is asked before an interaction becomes theirs (r6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferMode {
    /// A pop-up lets the agent accept.
    #[default]
    Prompt,
    /// Accepted for the agent at once.
    Auto,
}
