use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use parlor_channel::{MediaFetchError, MediaReference, MediaSource, Provider};
use url::{Host, Url};

use crate::address::{LOCALHOST, PublicOnly};
use crate::client::{ClientError, builder, is_loopback};

/// How long a file may take (reliability §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchLimits {
    /// For a connection. Default 5 seconds.
    pub connect: Duration,
    /// Between two of its bytes, the first among them. Default 10 seconds.
    pub silence: Duration,
    /// For all of it. Default 60 seconds.
    pub total: Duration,
    /// How many redirects are followed. Default 3.
    pub redirects: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(10),
            total: Duration::from_mins(1),
            redirects: 3,
        }
    }
}

/// Fetches files that lie with one provider.
///
/// An address that a stranger named, or that one redirects to, is asked only when it is encrypted, on the usual port, on the
/// provider's list of hosts, and when its name leads to public addresses alone. Credentials go to the host that they are for.
#[derive(Clone, Debug)]
pub struct MediaFetcher {
    provider: Arc<dyn Provider>,
    client: reqwest::Client,
    limits: FetchLimits,
    loopback: bool,
}

impl MediaFetcher {
    /// Fetches for an account.
    pub fn new(provider: Arc<dyn Provider>, limits: FetchLimits) -> Result<Self, ClientError> {
        Self::build(provider, limits, false)
    }

    /// The same that also asks this machine, without encryption, where the provider's list has it, by itself or with its port:
    /// for tests and simulators.
    pub fn insecure_allow_loopback(
        provider: Arc<dyn Provider>,
        limits: FetchLimits,
    ) -> Result<Self, ClientError> {
        Self::build(provider, limits, true)
    }

    fn build(provider: Arc<dyn Provider>, limits: FetchLimits, loopback: bool) -> Result<Self, ClientError> {
        let client = builder()
            .connect_timeout(limits.connect)
            .read_timeout(limits.silence)
            .timeout(limits.total)
            .dns_resolver(Arc::new(PublicOnly { or_here: loopback }))
            .build()
            .map_err(ClientError::Build)?;
        Ok(Self { provider, client, limits, loopback })
    }

    /// Whether an address may be asked at all.
    fn permits(&self, url: &Url, hosts: &[String]) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let is_listed = |host: &str| {
            hosts.iter().any(|listed| match listed.strip_prefix('.') {
                Some(below) => {
                    host.strip_suffix(below).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
                }
                None => listed == host,
            })
        };
        let is_here = |host: &str| {
            let with_port = url.port().map(|port| format!("{host}:{port}"));
            self.loopback && (is_listed(host) || with_port.is_some_and(|named| is_listed(&named)))
        };
        match url.host() {
            Some(Host::Domain(LOCALHOST)) => is_here(LOCALHOST),
            Some(Host::Domain(host)) => {
                url.scheme() == "https" && url.port_or_known_default() == Some(443) && is_listed(host)
            }
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => is_loopback(url) && url.host_str().is_some_and(is_here),
            None => false,
        }
    }

    /// Asks one address; gives its answer or where it sends us.
    async fn ask(&self, url: Url, headers: &HeaderMap, most: u64) -> Result<Step, MediaFetchError> {
        let response = self.client.request(Method::GET, url.clone()).headers(headers.clone()).send().await;
        let mut response = response.map_err(|error| trouble(&error))?;
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let to = to.and_then(|location| url.join(location).ok());
            return to.map(Step::Elsewhere).ok_or(MediaFetchError::Gone);
        }
        if !status.is_success() {
            return Err(refusal(status));
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| trouble(&error))? {
            // What the head says of the length is not asked: the bytes are counted.
            let length = u64::try_from(bytes.len() + part.len()).unwrap_or(u64::MAX);
            if length > most {
                return Err(MediaFetchError::TooLarge);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(Step::Bytes(bytes))
    }
}

enum Step {
    Bytes(Vec<u8>),
    Elsewhere(Url),
}

#[async_trait]
impl MediaSource for MediaFetcher {
    async fn fetch(&self, media: &MediaReference, most: u64) -> Result<Vec<u8>, MediaFetchError> {
        let fetching = self.follow(media, most);
        tokio::time::timeout(self.limits.total, fetching).await.unwrap_or(Err(MediaFetchError::Later))
    }
}

impl MediaFetcher {
    /// Fetches a file from where it is, or is said to be.
    async fn follow(&self, media: &MediaReference, most: u64) -> Result<Vec<u8>, MediaFetchError> {
        let asked = self.provider.media(media).map_err(|error| {
            tracing::warn!(%error, "a file that a provider names is not its own");
            MediaFetchError::Refused
        })?;
        let first = asked.request.url;
        let mut headers = asked.request.headers;
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut url = first.clone();
        for _ in 0..=self.limits.redirects {
            if !self.permits(&url, &asked.hosts) {
                tracing::warn!(host = url.host_str(), "a file lies where nothing is fetched from");
                return Err(MediaFetchError::Refused);
            }
            if url.origin() != first.origin() {
                // Whatever credentials are among them, they are not for somebody else.
                headers.clear();
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            match self.ask(url, &headers, most).await? {
                Step::Bytes(bytes) => return Ok(bytes),
                Step::Elsewhere(to) => url = to,
            }
        }
        Err(MediaFetchError::Refused)
    }
}

/// What a status says about whether it is worth asking again. A provider has some files a few seconds after it names them.
fn refusal(status: StatusCode) -> MediaFetchError {
    match status {
        StatusCode::NOT_FOUND
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_EARLY
        | StatusCode::TOO_MANY_REQUESTS => MediaFetchError::Later,
        status if status.is_server_error() => MediaFetchError::Later,
        _ => MediaFetchError::Gone,
    }
}

fn trouble(error: &reqwest::Error) -> MediaFetchError {
    let mut source = std::error::Error::source(error);
    while let Some(below) = source {
        if below.is::<crate::address::NotPublic>() {
            return MediaFetchError::Refused;
        }
        source = below.source();
    }
    MediaFetchError::Later
}
