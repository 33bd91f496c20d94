use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use parlor_channel::{Certainty, HttpClient, HttpError, HttpRequest, HttpResponse};
use url::{Host, Url};

/// How long a provider may take, and how much it may say (threat T22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientLimits {
    /// For the connection. Default 5 seconds.
    pub connect: Duration,
    /// For all of it. Default 10 seconds.
    pub total: Duration,
    /// The most bytes of an answer. Default 1 MiB.
    pub body: usize,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10), body: 1 << 20 }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The certificates that this machine trusts cannot be read, or the like.
    #[error("the HTTP client cannot be made: {0}")]
    Build(#[source] reqwest::Error),
}

/// Why a request was not sent, or its answer not taken.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("only https goes out to the network")]
    NotEncrypted,
    #[error("the answer is longer than it may be")]
    TooLong,
}

/// Carries requests to providers: each once, encrypted, straight and not for long.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    limits: ClientLimits,
}

impl Client {
    /// A client with limits.
    ///
    /// Without encryption it speaks to this machine alone, by an address of digits: simulators of providers are there.
    pub fn new(limits: ClientLimits) -> Result<Self, ClientError> {
        let inner = builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .build()
            .map_err(ClientError::Build)?;
        Ok(Self { inner, limits })
    }
}

/// What every client of ours is like: nothing of the environment, no repetitions, no redirects.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    // An error means that the embedder has chosen one before us, which is theirs to do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
}

/// Whether an address is this machine's, written in digits.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if request.url.scheme() != "https" && !(request.url.scheme() == "http" && is_loopback(&request.url)) {
            return Err(HttpError::new(Certainty::NotSent).with_source(Trouble::NotEncrypted));
        }
        let mut headers = request.headers;
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let sending =
            self.inner.request(request.method, request.url).headers(headers).body(request.body).send();
        let mut response = sending.await.map_err(no_answer)?;
        let mut answer = HttpResponse::new(response.status(), Vec::new());
        answer.headers = std::mem::take(response.headers_mut());
        while let Some(part) = response.chunk().await.map_err(broken)? {
            if answer.body.len() + part.len() > self.limits.body {
                return Err(HttpError::new(Certainty::Uncertain).with_source(Trouble::TooLong));
            }
            answer.body.extend_from_slice(&part);
        }
        Ok(answer)
    }
}

/// No answer: whether a byte was written is known only where there was no connection.
fn no_answer(error: reqwest::Error) -> HttpError {
    let certainty =
        if error.is_connect() || error.is_builder() { Certainty::NotSent } else { Certainty::Uncertain };
    HttpError::new(certainty).with_source(error.without_url())
}

/// An answer that broke off.
fn broken(error: reqwest::Error) -> HttpError {
    HttpError::new(Certainty::Uncertain).with_source(error.without_url())
}
