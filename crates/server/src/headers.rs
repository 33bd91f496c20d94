//! Headers that keep browsers from doing what nobody asked for.

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

/// Only what this server gives, nothing inline, and in nobody's frame (threat T14). Sockets are named by scheme:
/// `'self'` does not cover them in every browser.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Whoever came encrypted once comes encrypted from then on, for a year.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Adds the headers to everything that the router answers; one that is there already stays as it is.
pub(crate) fn protect<S: Clone + Send + Sync + 'static>(router: Router<S>, is_https: bool) -> Router<S> {
    let mut headers = vec![
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // What agents and contacts say is nobody's cache's business.
        (header::CACHE_CONTROL, "no-store"),
    ];
    if is_https {
        headers.push((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY));
    }
    headers.into_iter().fold(router, |router, (name, value)| {
        let value = HeaderValue::from_static(value);
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}
