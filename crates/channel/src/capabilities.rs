use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parlor_model::MediaType;
use serde::Serialize;

use crate::{Limit, MediaRefusal, MediaRule, ReplyWindow, TextLimit, TextMeasure};

/// What a network can carry: facts, never wishes.
///
/// Rules of work (who is offered what, what is allowed by default) belong into the
/// [`ChannelProfile`](crate::ChannelProfile). What is not named here is [`Support::Unsupported`].
#[derive(Clone, Debug, Serialize)]
pub struct Capabilities {
    id: CapabilitiesId,
    features: BTreeMap<Feature, Support>,
    text_limits: Vec<TextLimit>,
    #[serde(skip)]
    parts: Option<Arc<dyn TextMeasure>>,
    limits: Vec<Limit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<MediaRule>,
    reply_window: ReplyWindow,
}

/// Names one edition of a set of capabilities, so that a change is noticed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CapabilitiesId {
    /// Whose capabilities, such as `parlor.web_chat`.
    pub name: Cow<'static, str>,
    /// The day on which they were last checked, as `YYYY-MM-DD`.
    pub date: Cow<'static, str>,
    /// Goes up by one with every change.
    pub revision: u32,
}

impl fmt::Display for CapabilitiesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} r{}", self.name, self.date, self.revision)
    }
}

/// Something that a network may be able to carry or to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Feature {
    /// Text to the contact.
    Text,
    /// A picture to the contact.
    Image,
    /// Any other file to the contact.
    File,
    /// It tells us that the contact types (r38).
    TypingFromContact,
    /// It tells the contact that we type.
    TypingToContact,
    /// It tells us that a message reached the contact's device.
    DeliveryReceipts,
    /// It tells us that the contact saw a message.
    ReadReceipts,
    /// It tells us whether the contact is connected (r35).
    ConnectionState,
    /// The contact can end the session (r19).
    EndByContact,
}

impl Feature {
    /// The name as it stands in errors and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::File => "file",
            Self::TypingFromContact => "typing_from_contact",
            Self::TypingToContact => "typing_to_contact",
            Self::DeliveryReceipts => "delivery_receipts",
            Self::ReadReceipts => "read_receipts",
            Self::ConnectionState => "connection_state",
            Self::EndByContact => "end_by_contact",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How well a feature is carried. The order is from worst to best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The network answers with an error.
    Rejected,
    /// The network takes it and throws it away without a word.
    Dropped,
    /// There is no form for it; whoever sends may put something else in its place.
    #[default]
    Unsupported,
    /// It arrives, but not all of it or not always.
    Partial,
    /// It arrives as it was meant.
    Full,
}

impl Support {
    /// The grade as a number: -2 rejected, -1 dropped, 0 unsupported, 1 partial, 2 full.
    pub const fn level(self) -> i8 {
        match self {
            Self::Rejected => -2,
            Self::Dropped => -1,
            Self::Unsupported => 0,
            Self::Partial => 1,
            Self::Full => 2,
        }
    }

    /// Whether it is worth sending.
    pub const fn arrives(self) -> bool {
        self.level() > 0
    }
}

impl Capabilities {
    /// A network that carries nothing and has no limits, and on which one may write at any time.
    pub const fn new(id: CapabilitiesId) -> Self {
        Self {
            id,
            features: BTreeMap::new(),
            text_limits: Vec::new(),
            parts: None,
            limits: Vec::new(),
            media: Vec::new(),
            reply_window: ReplyWindow::ALWAYS_OPEN,
        }
    }

    /// The same with `feature` graded.
    #[must_use]
    pub fn with_feature(mut self, feature: Feature, support: Support) -> Self {
        self.features.insert(feature, support);
        self
    }

    /// The same with a limit on the length of a text; it takes the place of one with the same name.
    #[must_use]
    pub fn with_text_limit(mut self, limit: TextLimit) -> Self {
        self.text_limits.retain(|known| known.limit().name != limit.limit().name);
        self.text_limits.push(limit);
        self
    }

    /// The same where a text travels, and is charged, in parts that are counted so.
    #[must_use]
    pub fn with_parts(mut self, measure: impl TextMeasure) -> Self {
        self.parts = Some(Arc::new(measure));
        self
    }

    /// How the parts are counted in which a text travels and is charged; `None` where it is one.
    pub fn parts(&self) -> Option<&dyn TextMeasure> {
        self.parts.as_deref()
    }

    /// The same with a limit on something else; it takes the place of one with the same name.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.limits.retain(|known| known.name != limit.name);
        self.limits.push(limit);
        self
    }

    /// The same with a type of files that is taken; it takes the place of a rule for the same type.
    #[must_use]
    pub fn with_media(mut self, rule: MediaRule) -> Self {
        self.media.retain(|known| known.media_type != rule.media_type);
        self.media.push(rule);
        self
    }

    /// The same with a time after which a contact may no longer be written to.
    #[must_use]
    pub fn with_reply_window(mut self, window: ReplyWindow) -> Self {
        self.reply_window = window;
        self
    }

    /// Which edition this is.
    pub const fn id(&self) -> &CapabilitiesId {
        &self.id
    }

    /// How well `feature` is carried.
    pub fn support(&self, feature: Feature) -> Support {
        self.features.get(&feature).copied().unwrap_or_default()
    }

    /// The limits on the length of a text, in the order in which they are checked.
    pub fn text_limits(&self) -> &[TextLimit] {
        &self.text_limits
    }

    /// Every limit, those on text first. Those on files stand with their types, in [`media`](Self::media).
    pub fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.text_limits.iter().map(TextLimit::limit).chain(&self.limits)
    }

    /// The limit of that name.
    pub fn limit(&self, name: &str) -> Option<&Limit> {
        self.limits().find(|limit| limit.name == name)
    }

    /// The types of files that are taken, in either direction.
    pub fn media(&self) -> &[MediaRule] {
        &self.media
    }

    /// The most bytes that a file of any type may have; 0 where no file is taken.
    pub fn largest_file(&self) -> u64 {
        self.media.iter().map(|rule| rule.limit.value).max().unwrap_or_default()
    }

    /// Holds a file against the types that are taken and how large they may be.
    pub fn admit(&self, media_type: &MediaType, bytes: u64) -> Result<(), MediaRefusal> {
        let Some(rule) = self.media.iter().find(|rule| rule.media_type == *media_type) else {
            return Err(MediaRefusal::NotAllowed { media_type: media_type.clone() });
        };
        if bytes > rule.limit.value {
            return Err(MediaRefusal::OverLimit { limit: Box::new(rule.limit.clone()), actual: bytes });
        }
        Ok(())
    }

    /// How long after the contact's last message free text is allowed.
    pub const fn reply_window(&self) -> &ReplyWindow {
        &self.reply_window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ByteCount, Confidence, Unit};

    fn none() -> Capabilities {
        Capabilities::new(CapabilitiesId {
            name: "test.network".into(),
            date: "2026-11-21".into(),
            revision: 3,
        })
    }

    fn limit(name: &'static str, value: u64) -> Limit {
        Limit {
            name: name.into(),
            value,
            unit: Unit::Items,
            source: "test".into(),
            read_on: "2026-11-21".into(),
            confidence: Confidence::Primary,
        }
    }

    #[test]
    fn what_is_not_named_is_unsupported() {
        let some = none().with_feature(Feature::Text, Support::Partial);
        assert_eq!(some.support(Feature::Text), Support::Partial);
        assert_eq!(some.support(Feature::Image), Support::Unsupported);
        assert_eq!(some.id().to_string(), "test.network 2026-11-21 r3");
    }

    #[test]
    fn grades_go_from_minus_two_to_two_and_only_the_upper_two_arrive() {
        let grades =
            [Support::Rejected, Support::Dropped, Support::Unsupported, Support::Partial, Support::Full];
        assert!(grades.is_sorted());
        assert_eq!(grades.map(Support::level), [-2, -1, 0, 1, 2]);
        assert_eq!(grades.map(Support::arrives), [false, false, false, true, true]);
    }

    #[test]
    fn a_limit_takes_the_place_of_one_with_the_same_name() {
        let two = none()
            .with_limit(limit("items", 5))
            .with_limit(limit("items", 7))
            .with_text_limit(TextLimit::new(limit("text", 1), ByteCount))
            .with_text_limit(TextLimit::new(limit("text", 2), ByteCount));
        assert_eq!(two.limits().count(), 2);
        assert_eq!(two.limit("items").unwrap().value, 7);
        assert_eq!(two.limit("text").unwrap().value, 2);
        assert_eq!(two.limit("other"), None);
    }

    #[test]
    fn the_serialised_form_is_readable() {
        let json = serde_json::to_string(&none().with_feature(Feature::ReadReceipts, Support::Full)).unwrap();
        assert_eq!(
            json,
            r#"{"id":{"name":"test.network","date":"2026-11-21","revision":3},"features":{"read_receipts":"full"},"text_limits":[],"limits":[],"reply_window":{"length":null,"source":"no limit"}}"#
        );
    }
}
