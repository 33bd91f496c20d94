use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Label, LabelError};

/// An open set of names: the known ones as variants, any other as a [`Label`].
macro_rules! open_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// One that Parlor does not know by name; it works all the same.
            Other(Label),
        }

        impl $name {
            /// Every name known to Parlor itself.
            pub const KNOWN: &[Self] = &[$(Self::$variant,)+];

            /// The name as it stands in configuration, stores and APIs.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(label) => label.as_str(),
                }
            }
        }

        impl FromStr for $name {
            type Err = LabelError;

            fn from_str(text: &str) -> Result<Self, LabelError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Label::new(other).map(Self::Other),
                }
            }
        }

        impl From<Label> for $name {
            fn from(label: Label) -> Self {
                match label.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(label),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = LabelError;

            fn try_from(text: String) -> Result<Self, LabelError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_names! {
    /// The network that a channel is on.
    ///
    /// It is a label, not a switch: what differs between networks is data (`ChannelProfile`, `Capabilities` in
    /// `parlor-channel`), so that a third party's network works without touching a Parlor crate.
    ChannelKind {
        /// Chat on our own web site.
        WebChat = "web_chat",
        /// Text messages; pictures (MMS) travel on the same kind.
        Sms = "sms",
        /// WhatsApp.
        WhatsApp = "whatsapp",
        /// Facebook Messenger, private.
        Messenger = "messenger",
        /// Posts and comments on a Facebook page, public.
        FacebookPost = "facebook_post",
        /// Twitter (X) direct messages, private.
        TwitterDirect = "twitter_direct",
        /// Twitter (X) posts and replies, public.
        TwitterPost = "twitter_post",
        /// E-mail, as a launch action only.
        Email = "email",
        /// Voice, as a launch action and consult medium only.
        Voice = "voice",
    }
}

open_names! {
    /// What an agent is Ready on (manual rows r1 to r3).
    ///
    /// Several channels may ask for one medium, and one channel may ask for several (Twitter wants `chat` and
    /// `twitter`).
    Medium {
        /// Web chat.
        Chat = "chat",
        /// SMS and MMS.
        Sms = "sms",
        /// WhatsApp.
        WhatsApp = "whatsapp",
        /// Facebook Messenger.
        Messenger = "messenger",
        /// Facebook posts.
        Facebook = "facebook",
        /// Twitter (X), direct and public.
        Twitter = "twitter",
    }
}

/// How a piece of work weighs on an agent: each class has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaClass {
    /// Both sides are present at the same time: web chat.
    Live,
    /// Answers may take hours: SMS, WhatsApp, Messenger, direct messages.
    Messaging,
    /// Public posts and replies.
    Post,
}

impl MediaClass {
    /// Every class, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Live, Self::Messaging, Self::Post];

    /// The name as it stands in configuration, stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Messaging => "messaging",
            Self::Post => "post",
        }
    }
}

impl fmt::Display for MediaClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may see a message (manual rows r87 to r90, r53).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The contact and the agents.
    Private,
    /// Everybody: a post and its replies.
    Public,
    /// Agents only: notes, consults, whispers. Never part of anything a contact can read.
    Internal,
}

impl Visibility {
    /// The name as it stands in stores and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Internal => "internal",
        }
    }

    /// Whether the contact may read it.
    pub const fn reaches_contact(self) -> bool {
        match self {
            Self::Private | Self::Public => true,
            Self::Internal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_networks_are_kept_by_name() {
        let kind: ChannelKind = "line_chat".parse().unwrap();
        assert_eq!(kind, ChannelKind::Other(Label::new("line_chat").unwrap()));
        assert_eq!(serde_json::to_string(&kind).unwrap(), "\"line_chat\"");
    }

    #[test]
    fn every_known_name_reads_back_as_itself() {
        for kind in ChannelKind::KNOWN {
            assert_eq!(kind.as_str().parse::<ChannelKind>().as_ref(), Ok(kind));
        }
        for medium in Medium::KNOWN {
            assert_eq!(medium.as_str().parse::<Medium>().as_ref(), Ok(medium));
        }
    }
}
