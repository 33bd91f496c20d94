//! How much of a limit a text uses up.

mod gsm7;
mod sms;

use std::fmt;

pub use sms::{SmsAlphabet, SmsLength, SmsParts};

use crate::Unit;

/// A way to count a text.
///
/// Contract: pure and total; an empty text and every other text has a count, and the same text always has the same.
/// An adapter with a way of its own implements this and names its unit with [`Unit::Other`].
pub trait TextMeasure: fmt::Debug + Send + Sync + 'static {
    /// What is counted.
    fn unit(&self) -> Unit;

    /// How much of it `text` has.
    fn count(&self, text: &str) -> u64;

    /// What else a writer is told, where the count grows by leaps.
    fn detail(&self, text: &str) -> Option<TextDetail> {
        let _ = text;
        None
    }
}

/// What a writer is told beside a count that grows by leaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextDetail {
    /// In what the text is written, on which the leaps depend.
    pub alphabet: &'static str,
    /// How many more units of it fit before the count grows.
    pub left: u64,
}

/// Counts bytes of UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteCount;

impl TextMeasure for ByteCount {
    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    fn count(&self, text: &str) -> u64 {
        as_count(text.len())
    }
}

/// Counts Unicode scalar values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CharacterCount;

impl TextMeasure for CharacterCount {
    fn unit(&self) -> Unit {
        Unit::Characters
    }

    fn count(&self, text: &str) -> u64 {
        as_count(text.chars().count())
    }
}

/// Counts the parts in which a text travels as SMS; see [`SmsLength`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentCount;

impl TextMeasure for SegmentCount {
    fn unit(&self) -> Unit {
        Unit::Segments
    }

    fn count(&self, text: &str) -> u64 {
        as_count(SmsLength::of(text).segments)
    }

    fn detail(&self, text: &str) -> Option<TextDetail> {
        let length = SmsLength::of(text);
        Some(TextDetail { alphabet: length.alphabet.as_str(), left: as_count(length.remaining) })
    }
}

/// No text in memory is longer than `u64` can say, so nothing is ever cut here.
fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_counts_its_own_unit() {
        let text = "né😀";
        let measures: [&dyn TextMeasure; 3] = [&ByteCount, &CharacterCount, &SegmentCount];
        assert_eq!(measures.map(|measure| measure.count(text)), [7, 3, 1]);
        assert_eq!(measures.map(TextMeasure::unit), [Unit::Bytes, Unit::Characters, Unit::Segments]);
    }

    #[test]
    fn a_writer_is_told_how_much_fits_before_the_next_part() {
        let detail = |text: &str| SegmentCount.detail(text).unwrap();
        assert_eq!(detail(""), TextDetail { alphabet: "GSM-7", left: 160 });
        assert_eq!(detail(&"a".repeat(161)), TextDetail { alphabet: "GSM-7", left: 145 });
        assert_eq!(detail("é€ ы"), TextDetail { alphabet: "UCS-2", left: 66 });
        assert_eq!(ByteCount.detail("a"), None, "what grows by one needs no more words");
    }
}
