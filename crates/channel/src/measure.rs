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
}
