//! Cuts texts into the pieces by which the search index knows them.
//!
//! A search finds a word anywhere, also inside another one. So the index knows every run of three letters in every word, and
//! in scripts whose words are short also every run of two, as a number; and the thread of the message, as another. What has
//! all the pieces of a search is only likely to have its words, so it is read and compared: two pieces may share a number.

use std::collections::BTreeSet;

use parlor_transcript::SearchQuery;

/// How long a piece is, in letters. Shorter ones would be in every text, longer ones would not find short words.
const LENGTH: usize = 3;

/// How long a piece is in scripts in which two letters are a word.
const DENSE_LENGTH: usize = 2;

/// The first letter of those scripts (Chinese, Japanese, Korean and what follows them): before it stand the alphabets.
const DENSE: char = '\u{2E80}';

/// The most pieces that a search asks the index for: more would cost more than they spare.
const MOST: usize = 24;

/// What the index keeps of a message: its thread, and the pieces of its text in normalised form, each once.
pub(crate) fn of_message(thread: i64, normalised: &str) -> Vec<i32> {
    let mut pieces = BTreeSet::from([of_thread(thread)]);
    for word in normalised.split(' ') {
        add_pieces(word, LENGTH, &mut pieces);
        add_pieces(word, DENSE_LENGTH, &mut pieces);
    }
    pieces.into_iter().collect()
}

/// What the index is asked for; `None` when no word of the search has a piece, and everything has to be read.
pub(crate) fn of_search(search: &SearchQuery) -> Option<Vec<i32>> {
    let mut pieces = BTreeSet::new();
    for word in search.words() {
        let before = pieces.len();
        add_pieces(word, LENGTH, &mut pieces);
        if pieces.len() == before {
            add_pieces(word, DENSE_LENGTH, &mut pieces);
        }
    }
    if pieces.is_empty() { None } else { Some(pieces.into_iter().take(MOST).collect()) }
}

/// How the index knows a thread: never as a piece.
pub(crate) fn of_thread(thread: i64) -> i32 {
    i32::try_from(-1 - thread.rem_euclid(i64::from(i32::MAX))).unwrap_or(i32::MIN)
}

fn add_pieces(word: &str, length: usize, pieces: &mut BTreeSet<i32>) {
    let ends: Vec<_> = word.char_indices().map(|(place, _)| place).chain([word.len()]).collect();
    for ends in ends.windows(length + 1) {
        let piece = &word[ends[0]..ends[length]];
        if length == LENGTH || piece.chars().all(|letter| letter >= DENSE) {
            pieces.insert(number_of(piece));
        }
    }
}

/// The FNV-1a hash of a piece without its sign. It is written down: another one would need another index.
fn number_of(piece: &str) -> i32 {
    const START: u32 = 0x811C_9DC5;
    const PRIME: u32 = 0x0100_0193;
    let hash = piece.bytes().fold(START, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    (hash >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use parlor_transcript::normalise;

    use super::*;

    fn of_words(words: &str) -> Option<Vec<i32>> {
        of_search(&SearchQuery::clamped(words))
    }

    #[test]
    fn whatever_contains_a_word_has_all_its_pieces() {
        let text = of_message(7, &normalise("Où est ma COMMANDE n° 4711, s'il vous plaît ? 订单号 👋🏽👋🏽👋🏽"));
        assert!(text.is_sorted());
        for words in
            ["commande", "mand", "AND", "471", "plait", "vous commande", "👋🏽👋🏽", "est ma", "订单", "单号 o"]
        {
            let search = of_words(words).unwrap();
            assert!(search.iter().all(|piece| text.contains(piece)), "{words}");
        }
        let other = of_words("command and control").unwrap();
        assert!(!other.iter().all(|piece| text.contains(piece)));
    }

    #[test]
    fn words_without_pieces_are_no_question_for_the_index() {
        for words in ["", "ou ma s", "订", "éé"] {
            assert_eq!(of_words(words), None, "{words}");
        }
        assert_eq!(of_words("ou mais").map(|pieces| pieces.len()), Some(2), "the others are");
    }

    #[test]
    fn a_long_search_asks_for_some_of_its_pieces() {
        let long: String = ('a'..='z').chain('0'..='9').collect();
        assert_eq!(of_words(&long).map(|pieces| pieces.len()), Some(MOST));
    }

    #[test]
    fn threads_are_never_taken_for_pieces() {
        for thread in [0, 1, 4_711, i64::from(i32::MAX) - 1, i64::from(i32::MAX), i64::MAX] {
            assert!(of_thread(thread) < 0);
        }
        assert_eq!((of_thread(0), of_thread(1)), (-1, -2));
        assert!(of_message(0, "any text at all").iter().filter(|piece| **piece < 0).eq([&-1]));
    }

    /// When this fails, texts are cut otherwise than before: add a migration that empties the index (the rows of
    /// `message_search`, and 0 as the position in `search_index`), so that it is made anew; then change the expectation.
    #[test]
    fn the_form_of_the_index_is_the_one_that_is_written_down() {
        let text = "La RÉUNION, \u{fb01}n: Straße ŒUVRE ８時 한국 がぎ";
        let pieces = of_message(1, &normalise(text));
        let sum = pieces.iter().fold(0_i64, |sum, piece| sum + i64::from(*piece));
        assert_eq!((pieces.len(), sum), (20, 18_339_255_545));
    }
}
