//! The alphabet of a plain SMS: the GSM 7-bit default alphabet with its extension table (3GPP TS 23.038).

/// How many septets a character takes: 1, 2 for one of the extension table (it follows an escape), `None` for one
/// that the alphabet does not have.
///
/// Easily mistaken: `Ç` is in it and `ç` is not; the grave accent, the tab and the no-break space are not.
pub(super) const fn septets(character: char) -> Option<usize> {
    match character {
        '\u{c}' | '[' | '\\' | ']' | '^' | '{' | '|' | '}' | '~' | '€' => Some(2),
        '\n'
        | '\r'
        | ' '..='Z'
        | '_'
        | 'a'..='z'
        | '£'
        | '¥'
        | 'è'
        | 'é'
        | 'ù'
        | 'ì'
        | 'ò'
        | 'Ç'
        | 'Ø'
        | 'ø'
        | 'Å'
        | 'å'
        | 'Δ'
        | 'Φ'
        | 'Γ'
        | 'Λ'
        | 'Ω'
        | 'Π'
        | 'Ψ'
        | 'Σ'
        | 'Θ'
        | 'Ξ'
        | 'Æ'
        | 'æ'
        | 'ß'
        | 'É'
        | '¤'
        | '¡'
        | 'Ä'
        | 'Ö'
        | 'Ñ'
        | 'Ü'
        | '§'
        | '¿'
        | 'ä'
        | 'ö'
        | 'ñ'
        | 'ü'
        | 'à' => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_complete() {
        let of = |length| ('\0'..=char::MAX).filter(|&character| septets(character) == Some(length)).count();
        assert_eq!(of(1), 127, "128 codes, one of which is the escape");
        assert_eq!(of(2), 10);
    }

    #[test]
    fn look_alikes_are_told_apart() {
        for (inside, outside) in [('Ç', 'ç'), ('\'', '`'), (' ', '\t'), (' ', '\u{a0}'), ('"', '“')] {
            assert_eq!(septets(inside), Some(1), "{inside:?}");
            assert_eq!(septets(outside), None, "{outside:?}");
        }
        assert_eq!(septets('\u{1b}'), None, "the escape itself cannot be written");
    }
}
