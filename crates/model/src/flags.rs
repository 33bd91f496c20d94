use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the engine is deployed: the manuals tie some features to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployment {
    /// Everything is available.
    #[default]
    Cloud,
    /// The conversation and communication views are not available (S0:12-13).
    OnPremises,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $field:ident / $variant:ident = $default:expr,)+) => {
        /// What an account, or one agent, is enabled for: the flags that the manuals name.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Flags {
            $($(#[$doc])* pub $field: bool,)+
            /// How the engine is deployed.
            pub deployment: Deployment,
        }

        impl Default for Flags {
            fn default() -> Self {
                Self { $($field: $default,)+ deployment: Deployment::Cloud }
            }
        }

        /// The name of one flag, for errors that say what is missing and for overrides.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum FlagName {
            $($(#[$doc])* $variant,)+
        }

        impl FlagName {
            /// Every flag.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as it stands in configuration and errors.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)+
                }
            }
        }

        impl Flags {
            /// Whether a flag is on.
            pub const fn is_on(&self, flag: FlagName) -> bool {
                match flag {
                    $(FlagName::$variant => self.$field,)+
                }
            }

            /// The same flags with some of them overridden.
            #[must_use]
            pub fn with(mut self, overrides: &BTreeMap<FlagName, bool>) -> Self {
                for (flag, on) in overrides {
                    match flag {
                        $(FlagName::$variant => self.$field = *on,)+
                    }
                }
                self
            }
        }
    };
}

flags! {
    /// Twitter work may be offered (S0:8).
    twitter_enabled / TwitterEnabled = true,
    /// A chat may be continued after its end (S1:5).
    async_enabled / AsyncEnabled = true,
    /// The Conversation view exists (S0:12).
    conversation_view / ConversationView = true,
    /// The Communication view exists (S0:12).
    communication_view / CommunicationView = true,
    /// Media become Ready at login (S2:19).
    auto_ready_at_login / AutoReadyAtLogin = true,
    /// Offers are accepted for the agent (S2:21).
    auto_answer / AutoAnswer = false,
    /// The Communication view has a message field (S0:69, S2:87, S4:98).
    compose_from_communication / ComposeFromCommunication = true,
    /// Web addresses may be pushed (S3:23).
    push_url / PushUrl = true,
    /// Emoji may be sent (S3:29).
    emoji_allowed / EmojiAllowed = true,
    /// There is an emoji picker (S3:31).
    emoji_picker / EmojiPicker = true,
    /// The vendor's emoji pictures are shown instead of the system's (S3:32).
    vendor_emoji_images / VendorEmojiImages = false,
    /// Numbers and addresses in a text may be clicked (S3:14).
    clickable_endpoints_in_text / ClickableEndpointsInText = true,
    /// Attachments may be saved (S2:38).
    save_attachment / SaveAttachment = true,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_wins_over_the_default() {
        let flags = Flags::default().with(&BTreeMap::from([(FlagName::PushUrl, false)]));
        assert!(!flags.is_on(FlagName::PushUrl));
        assert!(flags.is_on(FlagName::AsyncEnabled));
    }

    #[test]
    fn there_are_thirteen_switches_and_the_deployment() {
        assert_eq!(FlagName::ALL.len() + 1, 14, "the manuals name 14 (features 1.16)");
    }
}
