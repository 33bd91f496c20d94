use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use parlor_model::Label;
use serde::{Serialize, Serializer};

use crate::TextMeasure;

/// A number that a network (or Parlor itself) holds us to, with the place where it was read.
///
/// A limit without a source cannot be argued with and cannot be kept up to date, so every one names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// What is limited, such as `text` or `frame`; unique within one set of capabilities.
    pub name: Cow<'static, str>,
    /// The largest value that passes.
    pub value: u64,
    /// What is counted.
    pub unit: Unit,
    /// Where the number was read: a page's title, a file, an error code. Never just "known".
    pub source: Cow<'static, str>,
    /// The day on which it was read there, as `YYYY-MM-DD`.
    pub read_on: Cow<'static, str>,
    /// How far that place can be trusted.
    pub confidence: Confidence,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {} ({}, read on {})", self.name, self.value, self.unit, self.source, self.read_on)
    }
}

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes; of UTF-8 where it is about text.
    Bytes,
    /// Unicode scalar values: what most people would call a character, but an emoji may be several.
    Characters,
    /// Parts in which an SMS travels.
    Segments,
    /// Messages in a second.
    PerSecond,
    /// Pieces of something that the limit's name says.
    Items,
    /// Thousandths of a second.
    Milliseconds,
    /// What a measure outside of this crate counts.
    Other(Label),
}

impl Unit {
    /// The name as it stands in errors and APIs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Segments => "segments",
            Self::PerSecond => "per_second",
            Self::Items => "items",
            Self::Milliseconds => "milliseconds",
            Self::Other(label) => label.as_str(),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How far the source of a number can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Sources contradict one another; the strictest value was taken.
    Disputed,
    /// Somebody wrote about the network.
    ThirdParty,
    /// A company that resells the network wrote it.
    Vendor,
    /// Whoever enforces the limit wrote it.
    Primary,
}

/// A limit on the length of a text together with the way to count.
///
/// They are one value so that a limit in one unit can never be held against a count in another, and so that an
/// adapter can bring its own way of counting.
#[derive(Clone, Debug)]
pub struct TextLimit {
    limit: Limit,
    measure: Arc<dyn TextMeasure>,
}

impl TextLimit {
    /// A limit counted by `measure`; the unit of `limit` becomes that of the measure.
    pub fn new(mut limit: Limit, measure: impl TextMeasure) -> Self {
        limit.unit = measure.unit();
        Self { limit, measure: Arc::new(measure) }
    }

    /// The number and its source.
    pub const fn limit(&self) -> &Limit {
        &self.limit
    }

    /// How much of the limit `text` uses up.
    pub fn count(&self, text: &str) -> u64 {
        self.measure.count(text)
    }
}

impl Serialize for TextLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.limit.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SegmentCount;

    fn ten(unit: Unit) -> Limit {
        Limit {
            name: "text".into(),
            value: 10,
            unit,
            source: "the network's manual, page 3".into(),
            read_on: "2026-11-21".into(),
            confidence: Confidence::Primary,
        }
    }

    #[test]
    fn a_text_limit_is_always_in_the_unit_it_counts() {
        let limit = TextLimit::new(ten(Unit::Bytes), SegmentCount);
        assert_eq!(limit.limit().unit, Unit::Segments);
        assert_eq!(limit.count(&"a".repeat(161)), 2);
    }

    #[test]
    fn a_limit_says_everything_about_itself() {
        assert_eq!(
            ten(Unit::Bytes).to_string(),
            "text: 10 bytes (the network's manual, page 3, read on 2026-11-21)"
        );
        let weighted = Unit::Other(Label::new("weighted").unwrap());
        assert_eq!(
            serde_json::to_string(&ten(weighted)).unwrap(),
            r#"{"name":"text","value":10,"unit":"weighted","source":"the network's manual, page 3","read_on":"2026-11-21","confidence":"primary"}"#
        );
    }

    #[test]
    fn a_better_source_is_a_higher_confidence() {
        assert!(Confidence::Primary > Confidence::Vendor);
        assert!(Confidence::ThirdParty > Confidence::Disputed);
    }
}
