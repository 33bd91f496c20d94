use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The form in which texts are compared when people search: case, accents and what is invisible do not matter.
///
/// Compatibility forms are resolved (`ﬁ` is `fi`, full-width digits are digits), accents and vowel points are removed,
/// letters are made small, letters that people replace when they cannot type them are replaced (`ß` by `ss`, `œ` by
/// `oe`, `ø` by `o`), typographic apostrophes, quotes and dashes become plain ones, control characters and characters
/// without a shape are dropped, and white space is one space between words and none around them.
///
/// Marks that make another letter are kept: the vowel signs of Indic scripts, the voicing marks of Kana, tones of Thai.
///
/// Every store searches in this form, so that all of them find the same messages (r80). It is stable:
/// normalising twice changes nothing.
pub fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return words_of(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    }
    let folded: String = text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).fold(
        String::with_capacity(text.len()),
        |mut folded, c| {
            match replacement(c) {
                Some(plain) => folded.push_str(plain),
                // A capital such as U+0130 has an accent in its small form.
                None if is_accent(c) => {}
                None => folded.push(c),
            }
            folded
        },
    );
    // Composed again: shorter to keep, and a base letter does not match inside a letter that has a kept mark. Last,
    // because what is dropped may have stood between the two.
    words_of(folded.chars()).nfc().collect()
}

/// Joins the words by single spaces and drops what has no shape.
fn words_of(characters: impl Iterator<Item = char>) -> String {
    let mut words = String::new();
    let mut gap = false;
    for c in characters {
        if c.is_whitespace() {
            gap = true;
        } else if !is_shapeless(c) {
            if gap && !words.is_empty() {
                words.push(' ');
            }
            gap = false;
            words.push(c);
        }
    }
    words
}

/// Whether a character is drawn on another one without making it another letter.
///
/// By canonical combining class: 1 overlays; 10 to 36 Hebrew, Arabic and Syriac points; 200 to 240 the accents of
/// Latin, Greek, Cyrillic and others. The classes between make letters: 7 nuktas, 8 Kana voicing, 9 viramas, 84 to 132
/// vowel signs and tones of Telugu, Thai, Lao and Tibetan.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 1 | 10..=36 | 200..=240)
}

/// Control characters and what Unicode calls default-ignorable: joiners, direction marks, variation selectors, tags.
pub(crate) fn is_shapeless(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// What people type in place of a letter or sign that has no decomposition.
const fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        // The same letter at the end of a word.
        'ς' => "σ",
        // Stretches a word in Arabic script.
        '\u{640}' => "",
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' => "'",
        '\u{201C}'..='\u{201F}' | '«' | '»' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_compatibility_forms_do_not_matter() {
        let table = [
            ("Réunion", "reunion"),
            ("re\u{301}union", "reunion"),
            ("STRASSE Straße STRAẞE", "strasse strasse strasse"),
            ("Œuvre œuf Æsir", "oeuvre oeuf aesir"),
            ("Łódź Ørsted Þór İstanbul ısparta", "lodz orsted thor istanbul isparta"),
            ("ﬁn １２３ ①", "fin 123 1"),
            ("ΟΔΥΣΣΕΎΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"),
            ("Ёлка", "елка"),
            ("مُحَمَّـــد", "محمد"),
            ("l’été — “oui”", "l'ete - \"oui\""),
            ("zero\u{200B}width\u{202E}\u{FEFF}", "zerowidth"),
            ("❤️", "❤"),
            ("  a\tb\r\n\u{A0}c\u{7}d ", "a b cd"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(normalise(text), expected, "{text:?}");
        }
    }

    #[test]
    fn marks_that_make_another_letter_are_kept() {
        assert_ne!(normalise("की"), normalise("का"));
        assert_ne!(normalise("が"), normalise("か"));
        assert!(!normalise("が").contains(&normalise("か")));
        assert_ne!(normalise("กุ"), normalise("ก"));
        assert_eq!(normalise("か\u{200D}\u{3099}"), "が", "composed across what has no shape");
        assert_eq!(normalise("한글"), "한글");
    }

    #[test]
    fn every_single_character_is_stable() {
        for c in '\0'..=char::MAX {
            let once = normalise(&c.to_string());
            assert_eq!(normalise(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_stable(text in any::<String>()) {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn texts_full_of_marks_are_stable(text in "[a-zA-ZßıİΣςがか한ก\u{300}-\u{36F}\u{591}-\u{5BD}\u{64B}-\u{655}\u{3099}\u{200D}\u{FE0F} ]{0,24}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn the_short_way_for_ascii_is_the_same_way(text in "[ -~\t\n\r\u{7}]{0,40}") {
            // A shapeless character forces the long way and leaves nothing behind.
            prop_assert_eq!(normalise(&text), normalise(&format!("{text}\u{200B}")));
        }
    }
}
