//! Finds what people write as telephone numbers.
//!
//! Without knowing where somebody is, only some forms can be told from order numbers and dates: those with a country (`+` or
//! `00` before it), those with a trunk zero or an area code in brackets, and the three groups of North America.

use std::ops::Range;

/// The fewest digits of a number that is called from elsewhere: the shortest national numbers with a country code.
const FEWEST: usize = 7;

/// The most digits of a number (E.164: 15).
const MOST: usize = 15;

/// The numbers in a text, in order, as ranges of bytes.
pub(crate) fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(begins)).map(|at| from + at) {
        let end = end_of(text, at);
        let range = at..end;
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if !before.is_some_and(continues_a_word) && is_number(text.get(range.clone()).unwrap_or_default()) {
            found.push(range);
        }
        from = end.max(at + 1);
    }
    found
}

/// What a telephone is given for it: digits, with a plus where there is one.
pub(crate) fn dialled(number: &str) -> String {
    let plus = number.starts_with('+');
    // A trunk zero in brackets is not dialled together with a country.
    let number = if plus { number.replace("(0)", "") } else { number.to_owned() };
    let digits = number.chars().filter(char::is_ascii_digit);
    if plus { std::iter::once('+').chain(digits).collect() } else { digits.collect() }
}

fn begins(c: char) -> bool {
    c == '+' || c == '(' || c.is_ascii_digit()
}

/// Whether a number cannot begin after it: it is the middle of something else.
fn continues_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '/' | '-' | '.' | '#' | '@' | '=' | '&' | '+' | ':')
}

/// Where the digits and what may stand between them end. One separator between two digits, or a bracket with spaces.
fn end_of(text: &str, at: usize) -> usize {
    let mut end = at;
    let mut gap = 0;
    for (offset, c) in text.get(at..).unwrap_or_default().char_indices() {
        match c {
            '+' if offset == 0 => {}
            '0'..='9' => {
                end = at + offset + 1;
                gap = 0;
            }
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2011}' if gap < 2 => gap += 1,
            _ => break,
        }
    }
    // A digit that a letter follows belongs to a word.
    let next = text.get(end..).and_then(|rest| rest.chars().next());
    if next.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '@') { at } else { end }
}

fn is_number(number: &str) -> bool {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if !(FEWEST..=MOST).contains(&digits) {
        return false;
    }
    let brackets = number.matches('(').count();
    if brackets != number.matches(')').count() || brackets > 1 {
        return false;
    }
    let groups: Vec<usize> =
        number.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
    let international = number.starts_with('+') || number.starts_with("00");
    let national = number.starts_with('0') || number.starts_with('(');
    international || national || groups == [3, 3, 4]
}
