use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Where a text has emoji, in bytes of its UTF-8: each as a whole, however many characters it is made of (r65).
///
/// What is shown as text unless it is asked to be a picture, such as © or a digit, is no emoji without that request.
pub fn emoji(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.grapheme_indices(true)
        .filter(|(_, grapheme)| is_emoji(grapheme))
        .map(|(start, grapheme)| start..start + grapheme.len())
}

fn is_emoji(grapheme: &str) -> bool {
    emojis::get(grapheme).is_some_and(|known| known.as_str() == grapheme || grapheme.chars().nth(1).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r65_emoji_are_found_as_wholes() {
        let found = |text| emoji(text).map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(found("hi 😀!"), ["😀"]);
        assert_eq!(found("👩‍👩‍👧‍👦👍🏽🇫🇷"), ["👩‍👩‍👧‍👦", "👍🏽", "🇫🇷"]);
        assert_eq!(found("❤️ and 1️⃣ and ©️"), ["❤️", "1️⃣", "©️"]);
        assert_eq!(found("🏳‍🌈"), ["🏳‍🌈"], "also without the mark that asks for a picture");
    }

    #[test]
    fn what_is_shown_as_text_is_text() {
        for text in ["© ® ™ 1 # * ☎ ❤ ✓ → €", "שלום, नमस्ते, 你好", "e\u{301}", "\u{200D}\u{FE0F}", ""]
        {
            assert_eq!(emoji(text).next(), None, "{text}");
        }
    }
}
