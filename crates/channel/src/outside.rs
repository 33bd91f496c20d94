use std::fmt;

use async_trait::async_trait;
use parlor_model::{
    AgentName, ChannelKind, ClientId, ContactId, ContactPointId, OutsideMeans, PointAddress, PointKey,
};

use crate::OutsideError;

/// Starts what happens outside Parlor: a call to a contact, an e-mail to them (r55). The embedder's telephony and mail
/// programs stand behind it.
///
/// # Contract
///
/// * [`launch`](Self::launch) is called once for each launch. A launch that is asked for again carries the same
///   [`Launch::id`] and MUST NOT be started twice.
/// * Neither an error nor anything that is logged contains the number or address.
#[async_trait]
pub trait OutsideLauncher: fmt::Debug + Send + Sync + 'static {
    /// Starts it, and says how far it is.
    async fn launch(&self, launch: &Launch) -> Result<Launched, OutsideError>;
}

/// What is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Launch {
    /// The token against repetitions.
    pub id: ClientId,
    /// Who starts it.
    pub agent: AgentName,
    /// How the contact is reached.
    pub means: OutsideMeans,
    /// Who is reached.
    pub contact: ContactId,
    /// Which of their contact points it is; `None` for a number or address that stands in a field.
    pub point: Option<ContactPointId>,
    /// The number or address.
    pub address: PointAddress,
}

impl Launch {
    /// A launch to a number or address of a contact.
    pub const fn new(
        id: ClientId,
        agent: AgentName,
        means: OutsideMeans,
        contact: ContactId,
        address: PointAddress,
    ) -> Self {
        Self { id, agent, means, contact, point: None, address }
    }

    /// The same, to one of their contact points.
    #[must_use]
    pub const fn at(mut self, point: Option<ContactPointId>) -> Self {
        self.point = point;
        self
    }
}

/// How far a launch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launched {
    /// It goes on outside: a telephone rings, a mail program is open.
    Started,
    /// It is done: the e-mail was sent.
    Sent,
}

/// How somebody is reached at a contact point from outside its network; `None` when the address means something only there.
pub fn outside_means(key: &PointKey) -> Option<OutsideMeans> {
    match key.kind {
        ChannelKind::Sms | ChannelKind::Voice => Some(OutsideMeans::Call),
        // Most of its addresses are telephone numbers. Those that a business was given instead of one are not.
        ChannelKind::WhatsApp if is_number(key.address.as_str()) => Some(OutsideMeans::Call),
        ChannelKind::Email => Some(OutsideMeans::Email),
        // Names and ids of one network.
        _ => None,
    }
}

/// Whether an address of a network that goes by telephone number is one: digits, with a plus before them or without.
fn is_number(address: &str) -> bool {
    let digits = address.strip_prefix('+').unwrap_or(address);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(kind: ChannelKind, address: &str) -> Option<OutsideMeans> {
        outside_means(&PointKey { kind, scope: String::new(), address: PointAddress::new(address) })
    }

    #[test]
    fn an_address_leads_outside_only_where_it_means_something_there() {
        assert_eq!(means(ChannelKind::Sms, "+15550001111"), Some(OutsideMeans::Call));
        assert_eq!(means(ChannelKind::WhatsApp, "15550001111"), Some(OutsideMeans::Call));
        assert_eq!(means(ChannelKind::WhatsApp, "US.13491208655302741918"), None);
        assert_eq!(means(ChannelKind::Email, "ann@example.org"), Some(OutsideMeans::Email));
        assert_eq!(means(ChannelKind::WebChat, "+15550001111"), None);
    }
}
