//! Requests to providers and their answers, as an adapter writes and reads them without doing any I/O.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::Url;

use crate::Certainty;

/// A request to a provider.
///
/// `Debug` shows the method and the host alone: the address and the headers hold credentials, the body somebody's words.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// What is done.
    pub method: Method,
    /// To what.
    pub url: Url,
    /// What is said about it, credentials among them.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// The same with a header; it takes the place of one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a body of this type.
    #[must_use]
    pub fn with_body(mut self, content_type: HeaderValue, body: impl Into<Vec<u8>>) -> Self {
        self.headers.insert(http::header::CONTENT_TYPE, content_type);
        self.body = body.into();
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// What a provider answered. `Debug` hides what it says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpResponse {
    /// Whether it went well.
    pub status: StatusCode,
    /// What is said about it.
    pub headers: HeaderMap,
    /// The body, whole; never longer than the client allows.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// An answer without headers.
    pub fn new(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// Carries requests to providers.
#[async_trait]
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends one request, once.
    ///
    /// * Any answer that could be read whole is `Ok`, whatever its status.
    /// * It MUST NOT try again by itself, follow redirects, go by a proxy of the environment or take compressed answers.
    /// * An error is [`Certainty::NotSent`] only when no byte of the request was written. Everything else, a time-out or
    ///   an answer that is too long too, is [`Certainty::Uncertain`].
    /// * Neither the error nor anything that is logged contains credentials or a body.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer came; {certainty}")]
#[non_exhaustive]
pub struct HttpError {
    /// Whether the other side may have acted on the request all the same.
    pub certainty: Certainty,
    /// What lies beneath, for logs. It never contains credentials or a body.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl HttpError {
    /// No answer, without a cause.
    pub const fn new(certainty: Certainty) -> Self {
        Self { certainty, source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_request_or_an_answer_is_shown() {
        let request =
            HttpRequest::new(Method::POST, "https://user:secret@api.test/secret?secret".parse().unwrap())
                .with_header(http::header::AUTHORIZATION, HeaderValue::from_static("secret"))
                .with_body(HeaderValue::from_static("text/plain"), "secret");
        let shown = format!("{request:?} {:?}", HttpResponse::new(StatusCode::OK, "secret"));
        assert!(!shown.contains("secret") && shown.contains("api.test"), "{shown}");
    }
}
