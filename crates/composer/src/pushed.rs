use parlor_model::{MessageText, TextError, WebAddress, WebAddressError};
use serde::{Deserialize, Serialize};
use url::{Host, ParseError, Url};

/// A web address as it would be sent, for the agent to look at before it is (r60).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressPreview {
    /// The address in the form in which it is sent. A name in another script stands as punycode, so that a look-alike
    /// shows.
    pub address: WebAddress,
    /// The place that it leads to.
    pub host: String,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

/// What an agent typed, as a web address that can be offered to a contact (r59).
///
/// Without a scheme it is taken for `https:`. Nothing is looked up: whether anybody is there is for the agent to see.
///
/// # Errors
///
/// [`AddressRefusal`] says what is wrong with it.
pub fn web_address(typed: &str) -> Result<AddressPreview, AddressRefusal> {
    let typed = typed.trim();
    // The reader of addresses would leave these out without a word.
    if typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(AddressRefusal::Unreadable);
    }
    let url = match Url::parse(typed) {
        Err(ParseError::RelativeUrlWithoutBase) => Url::parse(&format!("https://{typed}")),
        read => read,
    };
    let url = url.map_err(|_| AddressRefusal::Unreadable)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressRefusal::NotWeb);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressRefusal::Credentials);
    }
    let host = match url.host() {
        Some(Host::Domain(name)) if name.trim_end_matches('.').split('.').any(str::is_empty) => {
            return Err(AddressRefusal::Unreadable);
        }
        Some(host) => host.to_string(),
        None => return Err(AddressRefusal::Unreadable),
    };
    let secure = url.scheme() == "https";
    let address = WebAddress::new(url).map_err(|error| match error {
        WebAddressError::TooLong { bytes } => AddressRefusal::TooLong { bytes },
        _ => AddressRefusal::Unreadable,
    })?;
    Ok(AddressPreview { address, host, secure })
}

/// Why an address cannot be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressRefusal {
    /// It is not an address.
    #[error("this is not a web address")]
    Unreadable,
    /// It does not lead to the web: `javascript:`, `data:`, `file:` and the like.
    #[error("only https: and http: addresses can be sent")]
    NotWeb,
    /// It names a user or a password: nothing that a contact should be sent, and a usual way to hide where a link leads.
    #[error("an address with a user name or password in it cannot be sent")]
    Credentials,
    /// It is too long.
    #[error("the address has {bytes} bytes; the limit is {}", WebAddress::MAX_BYTES)]
    TooLong {
        /// How many bytes it would have.
        bytes: usize,
    },
}

/// The invitation that a contact receives: the workspace's words, and the address (r64).
///
/// # Errors
///
/// When words and address are longer than a message may be.
pub fn invitation(words: &str, address: &WebAddress) -> Result<MessageText, TextError> {
    MessageText::new(format!("{} {address}", words.trim_end()).trim_start())
}

/// The addresses that an agent has sent, the last first and each once (r61).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PushedAddresses(Vec<WebAddress>);

impl PushedAddresses {
    /// How many are remembered. Decided: what a menu shows without becoming a search.
    pub const MOST: usize = 20;

    /// Remembers one that was sent; one that was sent before moves to the front.
    pub fn sent(&mut self, address: WebAddress) {
        self.0.retain(|known| *known != address);
        self.0.insert(0, address);
        self.0.truncate(Self::MOST);
    }

    /// Forgets addresses, as when their contact is erased; answers whether there were any.
    pub fn forget(&mut self, which: impl Fn(&WebAddress) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|known| !which(known));
        self.0.len() < before
    }

    /// The menu; `None` while nothing was sent (r61).
    pub fn menu(&self) -> Option<&[WebAddress]> {
        (!self.0.is_empty()).then_some(&self.0)
    }
}

/// Which entry of a menu is highlighted, so that every user interface moves alike (r63). Both ends lead to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    entries: usize,
    highlighted: Option<usize>,
}

impl ListCursor {
    /// A cursor over so many entries, none of them highlighted.
    pub const fn over(entries: usize) -> Self {
        Self { entries, highlighted: None }
    }

    /// Arrow down: the next, the first at the beginning and after the last.
    pub const fn highlight_next(&mut self) {
        self.highlighted = match (self.entries, self.highlighted) {
            (0, _) => None,
            (entries, Some(at)) if at + 1 < entries => Some(at + 1),
            _ => Some(0),
        };
    }

    /// Arrow up: the one before, the last at the beginning and before the first.
    pub const fn highlight_previous(&mut self) {
        self.highlighted = match (self.entries, self.highlighted) {
            (0, _) => None,
            (_, Some(at)) if at > 0 => Some(at - 1),
            (entries, _) => Some(entries - 1),
        };
    }

    /// Arrow left or right: which entry is to be inserted, if one is highlighted.
    pub const fn insert(&self) -> Option<usize> {
        self.highlighted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(typed: &str) -> String {
        web_address(typed).unwrap().address.into()
    }

    #[test]
    fn r59_what_leads_to_the_web_is_taken() {
        assert_eq!(sent(" https://example.com "), "https://example.com/");
        assert_eq!(sent("example.com/a?b=c#d"), "https://example.com/a?b=c#d");
        assert_eq!(sent("HTTP://EXAMPLE.com:80/"), "http://example.com/");
        assert_eq!(sent("https://example.com/\"><script>"), "https://example.com/%22%3E%3Cscript%3E");
        assert_eq!(sent("https://example.com/été"), "https://example.com/%C3%A9t%C3%A9");
    }

    #[test]
    fn r59_nothing_else_is() {
        for typed in [
            "javascript:alert(1)",
            "data:text/html,<b>",
            "file:///etc/passwd",
            "mailto:a@b.c",
            "tel:+15550001111",
        ] {
            assert_eq!(web_address(typed), Err(AddressRefusal::NotWeb), "{typed}");
        }
        for typed in [
            "",
            "   ",
            "https://",
            "https://a b/",
            "https://exa\tmple.com",
            "https://a..b/",
            "java\nscript:alert(1)",
            "https://[::1",
        ] {
            assert_eq!(web_address(typed), Err(AddressRefusal::Unreadable), "{typed}");
        }
        for typed in ["https://example.com@evil.example/", "https://user:secret@example.com/"] {
            assert_eq!(web_address(typed), Err(AddressRefusal::Credentials), "{typed}");
        }
        let long = format!("https://example.com/{}", "é".repeat(400));
        assert_eq!(
            web_address(&long),
            Err(AddressRefusal::TooLong { bytes: 2_420 }),
            "as sent, not as typed"
        );
    }

    #[test]
    fn r59_a_look_alike_shows() {
        // Cyrillic letters.
        let preview = web_address("https://аррӏе.example/login").unwrap();
        assert_eq!(preview.host, "xn--80ak6aa92e.example");
        assert_eq!(preview.address.as_str(), "https://xn--80ak6aa92e.example/login");
        assert!(preview.secure);
        assert!(!web_address("http://example.com").unwrap().secure);
    }

    #[test]
    fn r61_the_menu_has_each_address_once_and_the_last_first() {
        let mut pushed = PushedAddresses::default();
        assert_eq!(pushed.menu(), None);
        for typed in ["a.example", "b.example", "a.example"] {
            pushed.sent(web_address(typed).unwrap().address);
        }
        let menu: Vec<_> = pushed.menu().unwrap().iter().map(WebAddress::as_str).collect();
        assert_eq!(menu, ["https://a.example/", "https://b.example/"]);
        for n in 0..PushedAddresses::MOST {
            pushed.sent(web_address(&format!("{n}.example")).unwrap().address);
        }
        let menu = pushed.menu().unwrap();
        assert_eq!((menu.len(), menu[0].as_str()), (PushedAddresses::MOST, "https://19.example/"));
    }

    #[test]
    fn r63_arrows_move_and_insert() {
        let mut cursor = ListCursor::over(3);
        assert_eq!(cursor.insert(), None);
        let down: Vec<_> = (0..4)
            .map(|_| {
                cursor.highlight_next();
                cursor.insert().unwrap()
            })
            .collect();
        assert_eq!(down, [0, 1, 2, 0]);
        let up: Vec<_> = (0..4)
            .map(|_| {
                cursor.highlight_previous();
                cursor.insert().unwrap()
            })
            .collect();
        assert_eq!(up, [2, 1, 0, 2]);
        let mut from_below = ListCursor::over(3);
        from_below.highlight_previous();
        assert_eq!(from_below.insert(), Some(2));
        let mut empty = ListCursor::over(0);
        empty.highlight_next();
        empty.highlight_previous();
        assert_eq!(empty.insert(), None);
    }

    #[test]
    fn r64_the_invitation_has_the_address() {
        let address = web_address("shop.example").unwrap().address;
        assert_eq!(
            invitation("Please open:", &address).unwrap().as_str(),
            "Please open: https://shop.example/"
        );
        assert_eq!(invitation("", &address).unwrap().as_str(), "https://shop.example/");
    }

    proptest! {
        /// What may be sent is sent as it was looked at: reading it again changes nothing.
        #[test]
        fn an_address_that_was_read_reads_as_itself(typed in "(https?://)?[a-zé0-9.-]{1,12}(:[0-9]{1,4})?/[ -~é]{0,20}") {
            if let Ok(preview) = web_address(&typed) {
                prop_assert_eq!(web_address(preview.address.as_str()), Ok(preview));
            }
        }
    }
}
