use parlor_model::ChannelKind;

/// On which network a contact is written to, and in which order the ways to reach them are listed.
///
/// The two orders have nothing to do with each other (r113, r114). Every field is a default that an embedder may change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelOrder {
    /// The networks that come before all others when nobody chose one, the first first (r113). Default: Messenger,
    /// Twitter direct messages, WhatsApp.
    pub preferred: Vec<ChannelKind>,
    /// What is chosen for a contact with whom there was no exchange on any of those (r113). Default: web chat.
    pub otherwise: ChannelKind,
    /// How the ways to reach a contact are listed; a network that is not here comes after those that are (r114). Default:
    /// web chat, SMS, WhatsApp, Messenger, Twitter direct messages.
    pub listed: Vec<ChannelKind>,
}

impl Default for ChannelOrder {
    fn default() -> Self {
        Self {
            preferred: vec![ChannelKind::Messenger, ChannelKind::TwitterDirect, ChannelKind::WhatsApp],
            otherwise: ChannelKind::WebChat,
            listed: vec![
                ChannelKind::WebChat,
                ChannelKind::Sms,
                ChannelKind::WhatsApp,
                ChannelKind::Messenger,
                ChannelKind::TwitterDirect,
            ],
        }
    }
}

impl ChannelOrder {
    /// The network on which a message goes out when nobody chose one (r113). A *session* on a network is any exchange on
    /// it that ever was, open or Done; whether one can answer there right now makes no difference.
    pub fn default_kind<'a>(&'a self, sessions: &[ChannelKind]) -> &'a ChannelKind {
        self.preferred.iter().find(|kind| sessions.contains(kind)).unwrap_or(&self.otherwise)
    }

    /// Where a network stands in the list of ways to reach a contact (r114): the smaller, the earlier.
    pub fn place(&self, kind: &ChannelKind) -> usize {
        self.listed.iter().position(|listed| listed == kind).unwrap_or(self.listed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r113_facebook_then_twitter_then_whatsapp_come_before_chat() {
        use ChannelKind::{Messenger, Sms, TwitterDirect, WebChat, WhatsApp};
        let order = ChannelOrder::default();
        let cases = [
            (vec![], WebChat),
            (vec![WhatsApp], WhatsApp),
            (vec![TwitterDirect], TwitterDirect),
            (vec![TwitterDirect, WhatsApp], TwitterDirect),
            (vec![Messenger], Messenger),
            (vec![Messenger, WhatsApp], Messenger),
            (vec![Messenger, TwitterDirect], Messenger),
            (vec![Messenger, TwitterDirect, WhatsApp], Messenger),
        ];
        for (mut sessions, expected) in cases {
            // What else there was makes no difference, nor does the order in which it began.
            for also in [vec![], vec![WebChat], vec![Sms], vec![Sms, WebChat]] {
                sessions.extend(also);
                assert_eq!(order.default_kind(&sessions), &expected, "{sessions:?}");
                sessions.reverse();
                assert_eq!(order.default_kind(&sessions), &expected, "{sessions:?}");
            }
        }
    }

    #[test]
    fn r114_the_list_has_an_order_of_its_own() {
        let order = ChannelOrder::default();
        let mut kinds = [
            "kiosk".parse().unwrap(),
            ChannelKind::TwitterDirect,
            ChannelKind::WhatsApp,
            ChannelKind::Messenger,
            ChannelKind::Sms,
            ChannelKind::WebChat,
        ];
        kinds.sort_by_key(|kind| order.place(kind));
        let names: Vec<_> = kinds.iter().map(ChannelKind::as_str).collect();
        assert_eq!(names, ["web_chat", "sms", "whatsapp", "messenger", "twitter_direct", "kiosk"]);
    }
}
