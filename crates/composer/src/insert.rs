use unicode_segmentation::UnicodeSegmentation;

/// A text with something inserted, and the place after it (r70). A place inside a user-perceived character is moved behind
/// that character: nothing that people see as one is ever split.
pub fn insert(text: &str, at: usize, what: &str) -> (String, usize) {
    let place = text
        .grapheme_indices(true)
        .map(|(start, _)| start)
        .chain([text.len()])
        .find(|boundary| *boundary >= at)
        .unwrap_or(text.len());
    let (before, after) = text.split_at(place);
    (format!("{before}{what}{after}"), place + what.len())
}
