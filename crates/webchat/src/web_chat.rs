use std::borrow::Cow;

use parlor_channel::{
    ATTACHMENTS_PER_MESSAGE, ByteCount, Capabilities, CapabilitiesId, ChannelProfile, Confidence, Delivery,
    DeliverySide, Feature, Limit, MediaRule, Support, TextLimit, Transport, Unit,
};
use parlor_model::ChannelKind;

use crate::Limits;

/// Web chat as a transport. A message that is committed is delivered to the contact's mailbox, so nothing is sent.
#[derive(Clone, Debug)]
pub struct WebChat {
    profile: ChannelProfile,
    capabilities: Capabilities,
    limits: Limits,
}

impl WebChat {
    /// Web chat with these limits and the manuals' rules.
    pub fn new(limits: Limits) -> Self {
        Self {
            profile: ChannelProfile::of(&ChannelKind::WebChat),
            capabilities: capabilities(&limits),
            limits,
        }
    }

    /// The same with other rules; the mailbox stays.
    #[must_use]
    pub fn with_profile(mut self, profile: ChannelProfile) -> Self {
        self.profile = profile;
        self.profile.delivery = Delivery::Mailbox;
        self
    }

    /// The limits of the socket.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Default for WebChat {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Transport for WebChat {
    fn profile(&self) -> &ChannelProfile {
        &self.profile
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn delivery(&self) -> DeliverySide<'_> {
        DeliverySide::Mailbox
    }
}

/// When the numbers below were last compared with the specification.
const CHECKED: &str = "2026-11-21";

/// What web chat can carry under these limits.
pub fn capabilities(limits: &Limits) -> Capabilities {
    let id = CapabilitiesId { name: "parlor.web_chat".into(), date: CHECKED.into(), revision: 2 };
    let full = [
        Feature::Text,
        Feature::Image,
        Feature::File,
        Feature::TypingFromContact,
        Feature::TypingToContact,
        Feature::DeliveryReceipts,
        Feature::ReadReceipts,
        Feature::ConnectionState,
        Feature::EndByContact,
    ];
    let carried = full.into_iter().fold(Capabilities::new(id), |capabilities, feature| {
        capabilities.with_feature(feature, Support::Full)
    });
    let files = limits.file_types.iter().fold(carried, |capabilities, media_type| {
        let limit = limit("file", limits.file_bytes, Unit::Bytes);
        capabilities.with_media(MediaRule { media_type: media_type.clone(), limit })
    });
    files
        .with_limit(limit(ATTACHMENTS_PER_MESSAGE, count(limits.attachments), Unit::Items))
        .with_text_limit(TextLimit::new(limit("text", count(limits.text_bytes), Unit::Bytes), ByteCount))
        .with_limit(limit("frame", count(limits.frame_bytes), Unit::Bytes))
        .with_limit(limit("messages_per_second", limits.messages.per_second.into(), Unit::PerSecond))
        .with_limit(limit("message_burst", limits.messages.burst.into(), Unit::Items))
        .with_limit(limit("name", count(limits.name_characters), Unit::Characters))
}

/// A limit that is our own.
fn limit(name: &'static str, value: u64, unit: Unit) -> Limit {
    Limit {
        name: Cow::Borrowed(name),
        value,
        unit,
        source: Cow::Borrowed("docs/specs/web-chat.md, rules"),
        read_on: Cow::Borrowed(CHECKED),
        confidence: Confidence::Primary,
    }
}

fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
