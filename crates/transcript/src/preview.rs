use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::normalise::is_shapeless;

/// The limits of a preview.
pub struct Preview;

impl Preview {
    /// The most user-perceived characters of a preview, before the ellipsis: about two lines of a hover card (r46).
    pub const MAX_GRAPHEMES: usize = 160;

    /// The most bytes of a preview. The longest emoji in use has 25 bytes; 160 of them fit. One user-perceived
    /// character can be made as long as a whole message, so a limit in characters alone bounds nothing.
    pub const MAX_BYTES: usize = 4_096;

    /// How many marks one letter keeps: more than any script needs, few enough that stacked marks cannot cover the
    /// lines above and below.
    pub const MAX_MARKS: usize = 8;
}

/// The beginning of a text on one line, for lists and hover cards.
///
/// White space becomes single spaces. A text that is longer than the [`Preview`] limits ends in an ellipsis, never
/// inside a user-perceived character.
pub fn preview(text: &str) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut gap = false;
    for grapheme in text.graphemes(true) {
        if grapheme.chars().all(char::is_whitespace) {
            gap = count > 0;
            continue;
        }
        let shown = with_fewer_marks(grapheme);
        let needed = usize::from(gap) + 1;
        if count + needed > Preview::MAX_GRAPHEMES || line.len() + needed + shown.len() > Preview::MAX_BYTES {
            line.push('…');
            break;
        }
        if gap {
            line.push(' ');
            gap = false;
        }
        line.push_str(&shown);
        count += needed;
    }
    line
}

/// The user-perceived character with at most [`Preview::MAX_MARKS`] marks in a row.
fn with_fewer_marks(grapheme: &str) -> String {
    let mut marks = 0;
    grapheme
        .chars()
        .filter(|c| {
            if is_combining_mark(*c) || is_shapeless(*c) {
                marks += 1;
            } else {
                marks = 0;
            }
            marks <= Preview::MAX_MARKS
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_text_is_itself_on_one_line() {
        assert_eq!(preview(" Bonjour\r\n\r\n  ça va ? 👨‍👩‍👧‍👦 \n"), "Bonjour ça va ? 👨‍👩‍👧‍👦");
        assert_eq!(
            preview("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}").chars().count(),
            7,
            "a flag of tags"
        );
        assert_eq!(preview(" \n "), "");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(preview(&"é".repeat(160)), "é".repeat(160));
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(preview(&family.repeat(200)), format!("{}…", family.repeat(160)));
        assert_eq!(preview(&"e\u{301}".repeat(161)), format!("{}…", "e\u{301}".repeat(160)));
        assert_eq!(preview(&format!("{} ", "x".repeat(160))), "x".repeat(160), "nothing but a space was cut");
    }

    #[test]
    fn floods_of_marks_are_capped() {
        let flooded = format!("a{}b", "\u{301}".repeat(10_000));
        assert_eq!(preview(&flooded), format!("a{}b", "\u{301}".repeat(8)));
        let joined = format!("x{}", "\u{200D}".repeat(10_000));
        assert_eq!(preview(&joined).chars().count(), 9);
    }

    #[test]
    fn one_endless_character_does_not_make_an_endless_preview() {
        let endless = "👩\u{200D}".repeat(5_000);
        assert_eq!(endless.graphemes(true).count(), 1, "otherwise the test tests nothing");
        assert_eq!(preview(&format!("look: {endless}👩")), "look:…");
    }

    proptest! {
        #[test]
        fn a_preview_is_bounded_and_on_one_line(text in any::<String>(), times in 1_usize..40) {
            let line = preview(&text.repeat(times));
            prop_assert!(line.len() <= Preview::MAX_BYTES + '…'.len_utf8());
            prop_assert!(line.graphemes(true).count() <= Preview::MAX_GRAPHEMES + 1);
            prop_assert!(!line.contains(['\n', '\r', '\t']));
        }
    }
}
