use std::iter::FusedIterator;

use super::gsm7::septets;

/// Payload of one SMS, in octets (3GPP TS 23.040).
const PAYLOAD_OCTETS: usize = 140;

/// What the header that joins the parts of a long text takes of each payload, in octets (3GPP TS 23.040).
const JOIN_HEADER_OCTETS: usize = 6;

/// In what an SMS is written; one character outside of [`Gsm7`](Self::Gsm7) turns the whole text to
/// [`Ucs2`](Self::Ucs2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SmsAlphabet {
    /// The GSM 7-bit default alphabet with its extension table: 160 septets, or 153 in each of several parts.
    Gsm7,
    /// UTF-16 (called UCS-2 by everybody): 70 code units, or 67 in each of several parts.
    Ucs2,
}

impl SmsAlphabet {
    /// The name as it stands in user interfaces and APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// How many units a text may have to travel in one part.
    pub const fn single(self) -> usize {
        self.units_in(PAYLOAD_OCTETS)
    }

    /// How many units each part of a longer text holds.
    pub const fn per_part(self) -> usize {
        self.units_in(PAYLOAD_OCTETS - JOIN_HEADER_OCTETS)
    }

    const fn units_in(self, octets: usize) -> usize {
        match self {
            Self::Gsm7 => octets * 8 / 7,
            Self::Ucs2 => octets / 2,
        }
    }

    /// The units of one character; they are never parted.
    const fn units(self, character: char) -> usize {
        match (self, septets(character)) {
            (Self::Gsm7, Some(septets)) => septets,
            // Only a text without such characters is written in GSM-7.
            (Self::Gsm7, None) | (Self::Ucs2, _) => character.len_utf16(),
        }
    }
}

/// How long a text is as SMS, exactly as networks count and charge.
///
/// An escaped character of GSM-7 and a surrogate pair of UCS-2 are two units and never lie across two parts.
/// Characters that only belong together to the eye (an accent, a family emoji) may. CR LF is two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsLength {
    /// In what it is written.
    pub alphabet: SmsAlphabet,
    /// Its units: septets of GSM-7, UTF-16 code units of UCS-2.
    pub units: usize,
    /// In how many parts it travels; an empty text is one empty part.
    pub segments: usize,
    /// How many more units the last part holds.
    pub remaining: usize,
}

impl SmsLength {
    /// Measures `text`.
    pub fn of(text: &str) -> Self {
        let (alphabet, units) = whole(text);
        let mut length = Self { alphabet, units, segments: 1, remaining: alphabet.single() };
        if units <= length.remaining {
            length.remaining -= units;
            return length;
        }
        length.remaining = alphabet.per_part();
        for character in text.chars() {
            let needed = alphabet.units(character);
            if needed > length.remaining {
                length.segments += 1;
                length.remaining = alphabet.per_part();
            }
            length.remaining -= needed;
        }
        length
    }
}

/// The alphabet that a text needs and its length in units of it.
fn whole(text: &str) -> (SmsAlphabet, usize) {
    match text.chars().try_fold(0, |sum, character| Some(sum + septets(character)?)) {
        Some(units) => (SmsAlphabet::Gsm7, units),
        None => (SmsAlphabet::Ucs2, text.encode_utf16().count()),
    }
}

/// The parts in which a text travels as SMS, in order. Joined they are the text.
#[derive(Clone, Debug)]
pub struct SmsParts<'a> {
    alphabet: SmsAlphabet,
    room: usize,
    rest: Option<&'a str>,
}

impl<'a> SmsParts<'a> {
    /// The parts of `text`; an empty text has one empty part.
    pub fn of(text: &'a str) -> Self {
        let (alphabet, units) = whole(text);
        let room = if units <= alphabet.single() { alphabet.single() } else { alphabet.per_part() };
        Self { alphabet, room, rest: Some(text) }
    }
}

impl<'a> Iterator for SmsParts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        let mut room = self.room;
        for (at, character) in rest.char_indices() {
            let needed = self.alphabet.units(character);
            if needed > room {
                let (part, later) = rest.split_at(at);
                self.rest = Some(later);
                return Some(part);
            }
            room -= needed;
        }
        Some(rest)
    }
}

impl FusedIterator for SmsParts<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn length(text: &str) -> (&'static str, usize, usize, usize) {
        let length = SmsLength::of(text);
        (length.alphabet.as_str(), length.units, length.segments, length.remaining)
    }

    #[test]
    fn the_well_known_numbers_follow_from_the_octets() {
        let numbers = [SmsAlphabet::Gsm7, SmsAlphabet::Ucs2].map(|a| (a.single(), a.per_part()));
        assert_eq!(numbers, [(160, 153), (70, 67)]);
    }

    #[test]
    fn a_text_falls_into_parts_just_above_the_limit() {
        assert_eq!(length(""), ("GSM-7", 0, 1, 160));
        assert_eq!(length(&"a".repeat(160)), ("GSM-7", 160, 1, 0));
        assert_eq!(length(&"a".repeat(161)), ("GSM-7", 161, 2, 145));
        assert_eq!(length(&"a".repeat(306)), ("GSM-7", 306, 2, 0));
        assert_eq!(length(&"a".repeat(307)), ("GSM-7", 307, 3, 152));
        assert_eq!(length(&"ж".repeat(70)), ("UCS-2", 70, 1, 0));
        assert_eq!(length(&"ж".repeat(71)), ("UCS-2", 71, 2, 63));
    }

    #[test]
    fn r71_an_emoji_turns_the_whole_text_to_ucs_2() {
        assert_eq!(length("hi"), ("GSM-7", 2, 1, 158));
        assert_eq!(length("hi😀"), ("UCS-2", 4, 1, 66));
        assert_eq!(length(&"😀".repeat(36)), ("UCS-2", 72, 2, 61), "33 fit into a part");
    }

    #[test]
    fn an_escaped_character_costs_two_and_is_never_parted() {
        assert_eq!(length("€"), ("GSM-7", 2, 1, 158));
        assert_eq!(length(&"€".repeat(80)), ("GSM-7", 160, 1, 0));
        let text = format!("{}€{}", "a".repeat(152), "a".repeat(10));
        let parts: Vec<&str> = SmsParts::of(&text).collect();
        assert_eq!(parts, ["a".repeat(152), format!("€{}", "a".repeat(10))]);
        assert_eq!(length(&text), ("GSM-7", 164, 2, 141));
    }

    #[test]
    fn a_surrogate_pair_is_never_parted() {
        let text = format!("{}😀{}", "ж".repeat(66), "ж".repeat(10));
        let parts: Vec<&str> = SmsParts::of(&text).collect();
        assert_eq!(parts, ["ж".repeat(66), format!("😀{}", "ж".repeat(10))]);
    }

    #[test]
    fn a_line_break_of_two_characters_counts_two() {
        assert_eq!(length("a\r\nb").1, 4);
    }

    /// Texts made of what is hard to count, long enough to fall into parts.
    fn texts() -> impl Strategy<Value = String> {
        let gsm7 = proptest::collection::vec(
            prop_oneof![Just('a'), Just('€'), Just('['), Just('\n'), Just('Ç')],
            0..500,
        );
        let any = proptest::collection::vec(
            prop_oneof![Just('a'), Just('€'), Just('ж'), Just('😀'), any::<char>()],
            0..250,
        );
        prop_oneof![gsm7, any].prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_parts_joined_are_the_text(text in texts()) {
            prop_assert_eq!(SmsParts::of(&text).collect::<String>(), text);
        }

        #[test]
        fn the_length_tells_of_the_parts(text in texts()) {
            let length = SmsLength::of(&text);
            let parts: Vec<usize> = SmsParts::of(&text)
                .map(|part| part.chars().map(|c| length.alphabet.units(c)).sum())
                .collect();
            prop_assert_eq!(parts.len(), length.segments);
            prop_assert_eq!(parts.iter().sum::<usize>(), length.units);
            let room = if parts.len() == 1 { length.alphabet.single() } else { length.alphabet.per_part() };
            prop_assert_eq!(parts[parts.len() - 1] + length.remaining, room);
            // Each part is as full as it can be: at most one unit is left, for a character of two.
            prop_assert!(parts[..parts.len() - 1].iter().all(|units| (room - 1..=room).contains(units)));
        }
    }
}
