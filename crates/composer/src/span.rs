use linkify::{LinkFinder, LinkKind};
use serde::Serialize;

use crate::phone;

/// Something in a text that can be clicked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Where it begins, in bytes of the text's UTF-8.
    pub start: usize,
    /// Where it ends, likewise.
    pub end: usize,
    /// What it is.
    pub kind: SpanKind,
    /// What a click leads to: `https:`, `http:`, `mailto:` or `tel:`, never anything else.
    pub href: String,
}

/// What can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
}

/// What in a text can be clicked, in order and without overlap (r57).
///
/// Web addresses need `http:`, `https:` or `www.` before them: a bare name with a dot is a file as often as a place.
pub fn spans(text: &str) -> Vec<Span> {
    let mut found = links(text);
    for range in phone::numbers(text) {
        if found.iter().all(|link| range.end <= link.start || link.end <= range.start) {
            let href = format!("tel:{}", phone::dialled(text.get(range.clone()).unwrap_or_default()));
            found.push(Span { start: range.start, end: range.end, kind: SpanKind::Phone, href });
        }
    }
    found.sort_by_key(|span| span.start);
    found
}

/// What a value is as a whole, when it is nothing else beside: a telephone number, an e-mail or web address (r55).
pub fn whole(value: &str) -> Option<Span> {
    let value = value.trim();
    spans(value).into_iter().find(|span| span.start == 0 && span.end == value.len())
}

fn links(text: &str) -> Vec<Span> {
    let mut finder = LinkFinder::new();
    finder
        .kinds(&[LinkKind::Url, LinkKind::Email])
        .url_must_have_scheme(false)
        .email_domain_must_have_dot(true);
    finder.links(text).filter_map(|link| span(text, link.start(), link.as_str(), link.kind())).collect()
}

fn span(text: &str, start: usize, found: &str, kind: &LinkKind) -> Option<Span> {
    match kind {
        LinkKind::Email => {
            let end = start + found.len();
            Some(Span { start, end, kind: SpanKind::Email, href: format!("mailto:{found}") })
        }
        LinkKind::Url => {
            let address = cut(found);
            let lower = address.to_ascii_lowercase();
            let href = if lower.starts_with("https://") || lower.starts_with("http://") {
                address.to_owned()
            } else if lower.starts_with("www.") && !lower.contains("://") {
                format!("http://{address}")
            } else {
                return None;
            };
            let has_host =
                href.split_once("://").is_some_and(|(_, rest)| rest.starts_with(char::is_alphanumeric));
            let end = start + address.len();
            debug_assert!(text.is_char_boundary(end), "a cut falls between two characters");
            has_host.then_some(Span { start, end, kind: SpanKind::Url, href })
        }
        // A kind that the finder was not asked for.
        _ => None,
    }
}

/// Cuts a web address where something begins that is written behind addresses and not in them: emoji, the punctuation
/// of other scripts, marks of direction.
fn cut(address: &str) -> &str {
    let belongs = |c: char| c.is_alphanumeric() || c.is_ascii_graphic();
    let end = address.find(|c| !belongs(c)).unwrap_or(address.len());
    let address = address.get(..end).unwrap_or(address);
    address.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '"'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(&str, SpanKind)> {
        spans(text).iter().map(|span| (&text[span.start..span.end], span.kind)).collect()
    }

    #[test]
    fn r57_numbers_and_addresses_are_found_where_they_stand() {
        use SpanKind::{Email, Phone, Url};
        let table: &[(&str, &[(&str, SpanKind)])] = &[
            ("call +1 (555) 000-1111 now", &[("+1 (555) 000-1111", Phone)]),
            ("0033 1 42 68 53 00.", &[("0033 1 42 68 53 00", Phone)]),
            ("030 901820 or 555-000-1111", &[("030 901820", Phone), ("555-000-1111", Phone)]),
            ("ann@example.org, ben@example.org", &[("ann@example.org", Email), ("ben@example.org", Email)]),
            ("(see https://example.org/a_(b)).", &[("https://example.org/a_(b)", Url)]),
            ("www.example.org!", &[("www.example.org", Url)]),
            (
                "👍🏽👨‍👩‍👧 https://example.org/x👍 ✅+15550001111✅",
                &[("https://example.org/x", Url), ("+15550001111", Phone)],
            ),
            (
                "שלום https://example.org/שלום, מספר +972-2-555-1234.",
                &[("https://example.org/שלום", Url), ("+972-2-555-1234", Phone)],
            ),
            (
                "اتصل \u{202b}+20 2 25555555\u{202c} ann@example.org",
                &[("+20 2 25555555", Phone), ("ann@example.org", Email)],
            ),
            ("https://example.org/パス。終わり", &[("https://example.org/パス", Url)]),
            ("https://example.org/order/0301234567", &[("https://example.org/order/0301234567", Url)]),
        ];
        for (text, expected) in table {
            assert_eq!(found(text), *expected, "{text}");
        }
    }

    #[test]
    fn r57_what_only_looks_like_one_is_left_alone() {
        for text in [
            "on 2026-11-21 at 10:30",
            "order 12345678",
            "1.234.567,89",
            "version 1.2.3",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "see notes.txt or node.js",
            "a@b",
            "+1",
            "+12345678901234567890",
            "https://",
            "A0301234567B",
            "",
        ] {
            assert_eq!(spans(text), [], "{text}");
        }
    }

    #[test]
    fn a_click_leads_where_the_words_say() {
        let hrefs = |text: &str| spans(text).into_iter().map(|span| span.href).collect::<Vec<_>>();
        assert_eq!(hrefs("+49 (0) 30 901820"), ["tel:+4930901820"]);
        assert_eq!(hrefs("www.example.org"), ["http://www.example.org"]);
        assert_eq!(hrefs("ann@example.org"), ["mailto:ann@example.org"]);
    }

    #[test]
    fn a_value_is_one_thing_or_none() {
        let kind = |value: &str| whole(value).map(|span| span.kind);
        assert_eq!(kind(" +1 555 000 1111 "), Some(SpanKind::Phone));
        assert_eq!(kind("ann@example.org"), Some(SpanKind::Email));
        assert_eq!(kind("ann@example.org (home)"), None);
        assert_eq!(kind("Gold"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn spans_are_in_order_apart_and_between_characters(
            text in "([ a-z.@/:+()0-9-]|https://|www\\.|👍|שלום|。|\\PC){0,40}"
        ) {
            let mut from = 0;
            for span in spans(&text) {
                prop_assert!(from <= span.start && span.start < span.end && span.end <= text.len());
                prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
                let href = span.href.to_ascii_lowercase();
                let leads = ["http:", "https:", "mailto:", "tel:"].iter().any(|scheme| href.starts_with(scheme));
                prop_assert!(leads, "{}", href);
                from = span.end;
            }
        }
    }
}
