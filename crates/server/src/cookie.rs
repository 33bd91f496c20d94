//! The cookie of a session.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

/// The name of the cookie. With `__Host-` browsers take it only from this very host and only encrypted.
pub(crate) const fn name(secure: bool) -> &'static str {
    if secure { "__Host-parlor_session" } else { "parlor_session" }
}

/// The value of the session cookie of a request.
pub(crate) fn find(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let name = name(secure);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Gives a browser its session. No script can read it, no other site can use it.
pub(crate) fn set(token: &SecretString, secure: bool, lifetime: Duration) -> Option<HeaderValue> {
    header_value(token.expose_secret(), secure, lifetime)
}

/// Takes it away.
pub(crate) fn clear(secure: bool) -> Option<HeaderValue> {
    header_value("", secure, Duration::ZERO)
}

fn header_value(value: &str, secure: bool, lifetime: Duration) -> Option<HeaderValue> {
    let name = name(secure);
    let seconds = lifetime.as_secs();
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut header = HeaderValue::from_str(&cookie).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; parlor_session2=no"));
        headers.append(header::COOKIE, HeaderValue::from_static("x=y;parlor_session=yes; z="));
        assert_eq!(find(&headers, false), Some("yes"));
        assert_eq!(find(&headers, true), None, "the secure one has another name");
    }

    #[test]
    fn a_cookie_says_everything_that_protects_it() {
        let token = SecretString::from("abc");
        assert_eq!(
            set(&token, true, Duration::from_hours(12)).unwrap(),
            "__Host-parlor_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"
        );
        let shown = format!("{:?}", set(&token, false, Duration::from_secs(1)).unwrap());
        assert!(!shown.contains("abc"), "{shown}");
        assert_eq!(clear(false).unwrap(), "parlor_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
