//! The provider's ids: two letters that say of what, and 32 hexadecimal digits.

/// Whether a text is an id of that kind.
pub(crate) fn is_sid(kind: &str, text: &str) -> bool {
    text.strip_prefix(kind)
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Whether a text is an id of a message: of one with files or of one without.
pub(crate) fn is_message_sid(text: &str) -> bool {
    is_sid("SM", text) || is_sid("MM", text)
}
