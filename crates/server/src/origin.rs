use std::fmt;

use axum::http::{HeaderMap, header};
use url::Url;

/// Where a page comes from: scheme, host and port, as browsers send it in `Origin`.
///
/// Two are equal only when they are the same to the letter (threat T9): no suffix, no subdomain, no other port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

/// An address that is no origin of web pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is http:// or https:// with a host and nothing after it, such as https://shop.example")]
pub struct BadOrigin;

impl Origin {
    /// Reads an origin from configuration: `https://shop.example`, with a port where it is not the usual one.
    pub fn parse(text: &str) -> Result<Self, BadOrigin> {
        let url = Url::parse(text).map_err(|_| BadOrigin)?;
        let nothing_else = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !nothing_else {
            return Err(BadOrigin);
        }
        Self::of(&url)
    }

    /// The origin of an address, whatever comes after it.
    pub fn of(url: &Url) -> Result<Self, BadOrigin> {
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BadOrigin);
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is encrypted on the way.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether a request says that it comes from one of these pages.
    pub(crate) fn names_one_of<'a>(headers: &HeaderMap, allowed: impl IntoIterator<Item = &'a Self>) -> bool {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        // A request with two of them comes from no browser.
        let (Some(origin), None) = (sent.next(), sent.next()) else {
            return false;
        };
        allowed.into_iter().any(|allowed| allowed.0.as_bytes() == origin.as_bytes())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert_eq!(Origin::parse("HTTPS://Shop.Example:443/").unwrap().as_str(), "https://shop.example");
        assert_eq!(Origin::parse("http://127.0.0.1:8080").unwrap().as_str(), "http://127.0.0.1:8080");
    }

    #[test]
    fn whatever_says_more_than_an_origin_is_none() {
        for text in [
            "",
            "shop.example",
            "*",
            "null",
            "https://shop.example/chat",
            "https://shop.example?x",
            "https://shop.example#x",
            "https://ann@shop.example",
            "file:///etc",
            "https://*.shop.example/x",
        ] {
            assert_eq!(Origin::parse(text), Err(BadOrigin), "{text}");
        }
    }

    #[test]
    fn only_the_same_to_the_letter_is_the_same() {
        let allowed = [Origin::parse("https://shop.example").unwrap()];
        let sent = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::ORIGIN, HeaderValue::from_static(value));
            }
            Origin::names_one_of(&headers, &allowed)
        };
        assert!(sent(&["https://shop.example"]));
        for wrong in [
            "https://shop.example.evil.example",
            "https://evil-shop.example",
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example/",
            "https://SHOP.example",
            "null",
            "",
        ] {
            assert!(!sent(&[wrong]), "{wrong}");
        }
        assert!(!sent(&[]));
        assert!(!sent(&["https://shop.example", "https://shop.example"]));
    }
}
