use std::fmt;

use serde::Serialize;

/// A name that a contact gave themselves, fit to be shown in one line among other people's names.
///
/// It is still whatever they liked to write: it proves nothing and must be shown as plain text. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ContactName(String);

impl ContactName {
    /// Cleans a name, or gives `None` when nothing that can be seen is left of it.
    ///
    /// Runs of white space become one space; control characters and the invisible characters that turn the
    /// direction of the text around are taken out, so that a name cannot break out of its line or disguise what
    /// stands beside it. Joiners stay: several scripts and many emoji need them. What is longer than `longest`
    /// characters is cut.
    pub fn clean(name: &str, longest: usize) -> Option<Self> {
        let mut clean = String::new();
        for word in name.split_whitespace() {
            let mut word = word.chars().filter(|&character| !is_harmful(character)).peekable();
            if word.peek().is_some() && !clean.is_empty() {
                clean.push(' ');
            }
            clean.extend(word);
        }
        let cut: String = clean.chars().take(longest).collect();
        let cut = cut.trim_end();
        if cut.chars().all(is_invisible) {
            return None;
        }
        Some(Self(cut.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, marks that turn the direction of text, and characters that are nothing but invisible.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// What is left in and yet shows nothing when it stands alone: spaces, joiners and variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(character, ' ' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

impl fmt::Debug for ContactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactName({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(name: &str) -> Option<String> {
        ContactName::clean(name, 80).map(|name| name.0)
    }

    #[test]
    fn a_name_is_one_line_without_tricks() {
        assert_eq!(clean("  Ann\n\tBerg \r\n").as_deref(), Some("Ann Berg"));
        assert_eq!(clean("Ann\u{7}\0Berg").as_deref(), Some("AnnBerg"));
        assert_eq!(clean("Ann \u{202e}gro.elpmaxe").as_deref(), Some("Ann gro.elpmaxe"));
        assert_eq!(clean("A \u{200b} B").as_deref(), Some("A B"));
        assert_eq!(clean("<b>Ann</b>").as_deref(), Some("<b>Ann</b>"), "shown as plain text");
    }

    #[test]
    fn joiners_that_scripts_and_emoji_need_stay() {
        for name in ["می\u{200c}ترا", "👩\u{200d}🚒", "❤\u{fe0f}"] {
            assert_eq!(clean(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_that_shows_nothing_is_none() {
        for name in ["", " \n ", "\u{200d}", "\u{202e}\u{feff}", "\u{200d} \u{fe0f}"] {
            assert_eq!(clean(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(clean(&"é".repeat(81)), Some("é".repeat(80)));
        assert_eq!(ContactName::clean("ab cd", 3).map(|name| name.0).as_deref(), Some("ab"));
    }

    #[test]
    fn debug_output_hides_the_name() {
        let name = ContactName::clean("Ann", 80).unwrap();
        assert_eq!(format!("{name:?}"), "ContactName(3 bytes)");
    }

    proptest! {
        #[test]
        fn a_clean_name_is_short_and_stays_as_it_is(name in any::<String>(), longest in 1_usize..90) {
            if let Some(once) = ContactName::clean(&name, longest) {
                prop_assert!((1..=longest).contains(&once.as_str().chars().count()));
                prop_assert_eq!(once.as_str().trim(), once.as_str());
                prop_assert!(!once.as_str().chars().any(is_harmful));
                prop_assert_eq!(ContactName::clean(once.as_str(), longest), Some(once));
            }
        }
    }
}
