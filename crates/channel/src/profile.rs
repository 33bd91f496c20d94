use std::collections::BTreeSet;

use parlor_model::{ChannelKind, MediaClass, Medium, Visibility};
use serde::{Deserialize, Serialize};

/// The rules of work for a network, as the manuals give them: data, so that nobody else asks which network it is.
///
/// Every field is a default. Configuration (and an embedder) changes the fields it wants on the value that
/// [`ChannelProfile::of`] gives. What the network *can* do stands in [`Capabilities`](crate::Capabilities).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChannelProfile {
    /// Every medium on which an agent must be Ready to be offered work from it (r3).
    pub readiness: BTreeSet<Medium>,
    /// How its work weighs on an agent.
    pub media_class: MediaClass,
    /// Who may see what is written on it (r87 to r90).
    pub visibility: Visibility,
    /// How a message gets to the contact.
    pub delivery: Delivery,
    /// What *Show* opens when an agent is told of a reply (r101, r102).
    pub on_show: OnShow,
    /// Whether agents may attach pictures, where the network carries them (r84, r85).
    pub outbound_image: bool,
    /// Whether agents are shown that the contact types, where the network tells (r38).
    pub shows_typing: bool,
}

/// How a message gets to the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// We call somebody who brings it; what is to be sent waits in the outbox.
    Push,
    /// The contact comes and fetches it: once committed it *is* delivered to the mailbox (r98), and what the
    /// contact acknowledges gives delivered and read. There is no outbox entry.
    Mailbox,
}

/// What *Show* opens when an agent is told of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnShow {
    /// The communication view, from which an interaction may be opened (r101).
    Communication,
    /// A new interaction at once (r102).
    Interaction,
}

impl ChannelProfile {
    /// The rules for a network.
    ///
    /// A network that the manuals do not know ([`ChannelKind::Other`], and `email` and `voice`, which are no
    /// conversations) is taken for private messaging that is pushed: agents must be Ready on the medium of the
    /// same name, *Show* opens the communication view, typing is shown, and pictures wait until somebody switches
    /// them on.
    pub fn of(kind: &ChannelKind) -> Self {
        let messaging = Self {
            readiness: own_medium(kind),
            media_class: MediaClass::Messaging,
            visibility: Visibility::Private,
            delivery: Delivery::Push,
            on_show: OnShow::Communication,
            outbound_image: false,
            shows_typing: true,
        };
        match kind {
            ChannelKind::WebChat => Self {
                readiness: BTreeSet::from([Medium::Chat]),
                media_class: MediaClass::Live,
                delivery: Delivery::Mailbox,
                outbound_image: true,
                ..messaging
            },
            ChannelKind::Sms => {
                Self { readiness: BTreeSet::from([Medium::Sms]), on_show: OnShow::Interaction, ..messaging }
            }
            ChannelKind::WhatsApp => {
                Self { readiness: BTreeSet::from([Medium::WhatsApp]), outbound_image: true, ..messaging }
            }
            // The manuals have no page on Facebook; it is treated like WhatsApp in private and like Twitter in
            // public.
            ChannelKind::Messenger => {
                Self { readiness: BTreeSet::from([Medium::Messenger]), outbound_image: true, ..messaging }
            }
            ChannelKind::FacebookPost => {
                Self { readiness: BTreeSet::from([Medium::Facebook]), ..posts(messaging) }
            }
            ChannelKind::TwitterDirect => {
                Self { readiness: BTreeSet::from([Medium::Chat, Medium::Twitter]), ..messaging }
            }
            ChannelKind::TwitterPost => {
                Self { readiness: BTreeSet::from([Medium::Chat, Medium::Twitter]), ..posts(messaging) }
            }
            // An open set of names, so there has to be a rule for all others.
            _ => messaging,
        }
    }
}

/// Public posts and replies: everybody sees them, and nobody sees anybody type.
fn posts(base: ChannelProfile) -> ChannelProfile {
    ChannelProfile {
        media_class: MediaClass::Post,
        visibility: Visibility::Public,
        outbound_image: true,
        shows_typing: false,
        ..base
    }
}

/// The medium of the same name as the network.
fn own_medium(kind: &ChannelKind) -> BTreeSet<Medium> {
    // Every name of a network is also a name for a medium, so this always reads. An empty set would offer the
    // work to everybody, so the stand-in is a medium and not nothing.
    BTreeSet::from([kind.as_str().parse().unwrap_or(Medium::Chat)])
}
