use serde::{Deserialize, Serialize};

/// A web address that may be offered to a contact as a link: `http:` or `https:`, in the one form in which it is sent
/// (r59).
///
/// It has nothing in it that could end a link or start another one: only the ASCII characters of an address, so a name
/// in another script stands as punycode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(String);

impl WebAddress {
    /// The most bytes: what every browser and mail client opens. Decided, the manuals name no limit.
    pub const MAX_BYTES: usize = 2_048;

    /// Checks the form of an address. Whether it is a good one to open is for whoever offers it.
    ///
    /// # Errors
    ///
    /// [`WebAddressError`] says what is wrong with it.
    pub fn new(address: impl Into<String>) -> Result<Self, WebAddressError> {
        let address = address.into();
        let place = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        if place.is_none_or(str::is_empty) {
            return Err(WebAddressError::NotWeb);
        }
        if address.len() > Self::MAX_BYTES {
            return Err(WebAddressError::TooLong { bytes: address.len() });
        }
        if !address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(&byte)) {
            return Err(WebAddressError::Character);
        }
        Ok(Self(address))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WebAddress {
    type Error = WebAddressError;

    fn try_from(address: String) -> Result<Self, WebAddressError> {
        Self::new(address)
    }
}

impl From<WebAddress> for String {
    fn from(address: WebAddress) -> Self {
        address.0
    }
}

/// Why something is not a web address that can be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebAddressError {
    /// It does not begin with `http://` or `https://`, or nothing follows.
    #[error("a web address begins with https:// or http://")]
    NotWeb,
    /// More than [`WebAddress::MAX_BYTES`].
    #[error("the address has {bytes} bytes; the limit is {}", WebAddress::MAX_BYTES)]
    TooLong {
        /// How many bytes were given.
        bytes: usize,
    },
    /// A character that is not part of an address.
    #[error("the address has a character that must be escaped in an address")]
    Character,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r59_only_addresses_of_the_web_are_addresses() {
        for good in [
            "https://example.com/",
            "http://xn--bcher-kva.example/a?b=c#d",
            "https://[::1]:8443/%E2%82%AC",
            "https://example.com/?q={a|b}",
        ] {
            assert_eq!(WebAddress::new(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "HTTPS://example.com",
            "//example.com",
        ] {
            assert_eq!(WebAddress::new(bad), Err(WebAddressError::NotWeb), "{bad}");
        }
        for bad in [
            "https://example.com/a b",
            "https://bücher.example/",
            "https://example.com/\"><b>",
            "https://e.com/\n",
        ] {
            assert_eq!(WebAddress::new(bad), Err(WebAddressError::Character), "{bad}");
        }
        let long = format!("https://example.com/{}", "a".repeat(WebAddress::MAX_BYTES));
        assert_eq!(WebAddress::new(long.clone()), Err(WebAddressError::TooLong { bytes: long.len() }));
        assert!(serde_json::from_str::<WebAddress>("\"javascript:alert(1)\"").is_err());
    }
}
