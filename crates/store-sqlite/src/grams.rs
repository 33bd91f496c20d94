//! Cuts texts into the pieces by which the search index knows them.
//!
//! A search finds a word anywhere, also inside another one. So the index knows every place at which a word could begin:
//! for each letter of each word the piece that begins with it, three letters long, shorter at the end of the word. A
//! search for `union` needs the pieces `uni`, `nio` and `ion`; one for `un` any piece that begins with `un`. What has
//! all the pieces is only likely to have the word, so it is read and compared.

use std::collections::BTreeSet;
use std::fmt::Write;

use parlor_transcript::SearchQuery;

/// How long a piece is, in letters. Shorter ones would be in every text, longer ones would not find short words.
const LENGTH: usize = 3;

/// The most pieces that a search asks the index for: more would cost more than they spare.
const MOST: usize = 24;

/// What is no letter or digit would end a token, so it is written as another character, which no text uses.
const PUNCTUATION: u32 = 0xE000;

/// Begins the token of a thread.
const THREAD: char = '\u{E100}';

/// What the index keeps of a message: its thread, and the pieces of its text in normalised form, each once.
pub(crate) fn of_message(thread: i64, normalised: &str) -> String {
    let mut pieces = BTreeSet::new();
    for word in normalised.split(' ') {
        let places: Vec<_> = word.char_indices().map(|(place, _)| place).chain([word.len()]).collect();
        for (number, start) in places.iter().enumerate().take(places.len() - 1) {
            let end = places[(number + LENGTH).min(places.len() - 1)];
            pieces.insert(&word[*start..end]);
        }
    }
    let mut grams = String::with_capacity(normalised.len() * (LENGTH + 1) + 8);
    // Writing to a text never fails.
    let _never = write!(grams, "{THREAD}{thread}");
    for piece in pieces {
        grams.push(' ');
        add(piece, &mut grams);
    }
    grams
}

/// What the index is asked for; `None` when the search has no words, and everything has to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// In the language of the index.
    pub(crate) expression: String,
    /// Every word is too short for a piece of its own, so that the index has to join many.
    pub(crate) is_vague: bool,
}

/// Asks for the words of a search, in one of the threads if any are named.
pub(crate) fn of_search(search: &SearchQuery, threads: Option<&[i64]>) -> Option<Pattern> {
    let mut exact = BTreeSet::new();
    let mut beginnings = BTreeSet::new();
    for word in search.words() {
        let places: Vec<_> = word.char_indices().map(|(place, _)| place).chain([word.len()]).collect();
        if places.len() <= LENGTH {
            beginnings.insert(word.as_str());
        }
        exact.extend(places.windows(LENGTH + 1).map(|ends| &word[ends[0]..ends[LENGTH]]));
    }
    if exact.is_empty() && beginnings.is_empty() {
        return None;
    }
    let is_vague = exact.is_empty();
    let mut expression = String::new();
    if let Some(threads) = threads {
        expression.push('(');
        for (number, thread) in threads.iter().enumerate() {
            let or = if number > 0 { " OR " } else { "" };
            let _never = write!(expression, "{or}\"{THREAD}{thread}\"");
        }
        expression.push(')');
    }
    let mut and = |piece: &str, more: &str| {
        if !expression.is_empty() {
            expression.push_str(" AND ");
        }
        // No piece has a quotation mark in it: that is written as another character.
        expression.push('"');
        add(piece, &mut expression);
        expression.push('"');
        expression.push_str(more);
    };
    for piece in exact.into_iter().take(MOST) {
        and(piece, "");
    }
    // They make the index join many pieces, which only pays off when nothing else narrows the search.
    if is_vague {
        for piece in beginnings.into_iter().take(MOST) {
            and(piece, "*");
        }
    }
    Some(Pattern { expression, is_vague })
}

fn add(piece: &str, to: &mut String) {
    to.extend(piece.chars().map(|c| {
        let is_token = !c.is_ascii() || c.is_ascii_alphanumeric();
        if is_token { c } else { char::from_u32(PUNCTUATION + u32::from(c)).unwrap_or(c) }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(search: &str, threads: Option<&[i64]>) -> Option<String> {
        of_search(&SearchQuery::clamped(search), threads).map(|pattern| pattern.expression)
    }

    #[test]
    fn a_text_is_cut_at_every_letter_of_its_words() {
        assert_eq!(of_message(7, "une une t\u{e9}"), "\u{E100}7 e ne t\u{e9} une \u{e9}");
        assert_eq!(of_message(12, ""), "\u{E100}12");
        assert_eq!(of_message(1, "a\"-"), "\u{E100}1 \u{E022}\u{E02D} \u{E02D} a\u{E022}\u{E02D}");
    }

    #[test]
    fn a_search_asks_for_whole_pieces_or_for_beginnings() {
        assert_eq!(expression("union", None).unwrap(), "\"ion\" AND \"nio\" AND \"uni\"");
        assert_eq!(expression("un", None).unwrap(), "\"un\"*");
        assert_eq!(expression("un deux", None).unwrap(), "\"deu\" AND \"eux\"");
        assert_eq!(expression("abc", Some(&[3, 5])).unwrap(), "(\"\u{E100}3\" OR \"\u{E100}5\") AND \"abc\"");
        assert_eq!(expression("  ", None), None);
        assert!(of_search(&SearchQuery::clamped("un a"), None).unwrap().is_vague);
        assert!(!of_search(&SearchQuery::clamped("un abc"), None).unwrap().is_vague);
    }

    #[test]
    fn operators_and_quotes_are_letters_like_others() {
        assert_eq!(expression("\"*\"", None).unwrap(), "\"\u{E022}\u{E02A}\u{E022}\"");
        assert_eq!(expression("NOT", None).unwrap(), "\"not\"");
        assert_eq!(expression("a:b^", None).unwrap(), "\"\u{E03A}b\u{E05E}\" AND \"a\u{E03A}b\"");
    }

    #[test]
    fn a_long_search_asks_for_some_of_its_pieces() {
        let long: String =
            (0_u8..35).flat_map(|n| [char::from(b'0' + n % 10), char::from(b'a' + n % 26)]).collect();
        assert_eq!(expression(&long, None).unwrap().matches(" AND ").count(), MOST - 1);
    }
}
