use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parlor_model::{ProviderMessageId, Timestamp};

use crate::{
    Capabilities, Certainty, ChannelProfile, DeliverySide, HttpClient, HttpRequest, HttpResponse,
    MediaReference, Outbound, Push, SendReceipt, Transport, TransportError, TransportErrorKind,
};

/// A provider's API for sending, as pure functions: what is asked, and what the answer means.
///
/// Contract: pure and total; a provider is one account and holds its credentials.
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// The request that sends a message.
    ///
    /// It MUST carry [`Outbound::outbox`] in such a way that receipts give it back, where the provider has one.
    ///
    /// # Errors
    ///
    /// With [`Certainty::NotSent`], when the provider has no form for it. Nothing was sent then.
    fn encode(&self, outbound: &Outbound) -> Result<HttpRequest, TransportError>;

    /// What the answer to it means.
    ///
    /// # Errors
    ///
    /// [`Certainty::NotSent`] only where the provider says that it has not taken the message. A status that says that the
    /// provider failed is uncertain, and so is an answer that cannot be read.
    fn receipt(&self, response: &HttpResponse) -> Result<SendReceipt, TransportError>;

    /// How long to wait for a receipt after an uncertain send, before a person is asked (reliability §4.3).
    fn uncertain_wait(&self) -> Duration;

    /// The request that lists what was sent to somebody since a moment, for a provider that keeps such a list: so that
    /// an uncertain send can be found. `None` where there is none.
    fn sent_since(&self, outbound: &Outbound, since: Timestamp) -> Option<HttpRequest>;

    /// Finds a message of ours in such a list; `None` when it is not in it, or when more than one might be it.
    fn find_sent(
        &self,
        outbound: &Outbound,
        since: Timestamp,
        response: &HttpResponse,
    ) -> Option<ProviderMessageId>;

    /// The request that fetches a file that lies with the provider, and which hosts may have it.
    ///
    /// # Errors
    ///
    /// When the reference names nothing that this provider keeps.
    fn media(&self, media: &MediaReference) -> Result<MediaRequest, TransportError>;
}

/// The request for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaRequest {
    /// The request, with the provider's credentials. They go to this host alone: never along with a redirect to another.
    pub request: HttpRequest,
    /// The hosts that may be asked or redirected to: each by its name, and all below one that begins with a dot.
    pub hosts: Vec<String>,
}

impl MediaRequest {
    /// A request for a file, and which hosts may have it.
    pub fn new(request: HttpRequest, hosts: impl IntoIterator<Item = String>) -> Self {
        Self { request, hosts: hosts.into_iter().collect() }
    }
}

/// Fetches files that lie with a provider.
#[async_trait]
pub trait MediaSource: fmt::Debug + Send + Sync + 'static {
    /// The bytes of a file, of at most `most` bytes.
    async fn fetch(&self, media: &MediaReference, most: u64) -> Result<Vec<u8>, MediaFetchError>;
}

/// Why a file was not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaFetchError {
    /// It may be there later.
    #[error("the file is not there now")]
    Later,
    /// It is not there any more, or never was.
    #[error("the file is not there")]
    Gone,
    /// It has more bytes than are taken.
    #[error("the file is too large")]
    TooLarge,
    /// It lies where nothing is fetched from (threat T11).
    #[error("the file lies where nothing is fetched from")]
    Refused,
}

/// Sends through a provider over HTTP: the one driver for all of them.
#[derive(Debug)]
pub struct ProviderTransport {
    profile: ChannelProfile,
    capabilities: Capabilities,
    provider: Arc<dyn Provider>,
    http: Arc<dyn HttpClient>,
}

impl ProviderTransport {
    /// Sends for channels of this profile through a provider.
    pub fn new(
        profile: ChannelProfile,
        capabilities: Capabilities,
        provider: Arc<dyn Provider>,
        http: Arc<dyn HttpClient>,
    ) -> Self {
        Self { profile, capabilities, provider, http }
    }
}

impl Transport for ProviderTransport {
    fn profile(&self) -> &ChannelProfile {
        &self.profile
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn delivery(&self) -> DeliverySide<'_> {
        DeliverySide::Push(self)
    }
}

#[async_trait]
impl Push for ProviderTransport {
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        let request = self.provider.encode(outbound)?;
        let response = self.http.send(request).await.map_err(no_answer)?;
        self.provider.receipt(&response)
    }

    fn uncertain_wait(&self) -> Duration {
        self.provider.uncertain_wait()
    }

    async fn look_up(
        &self,
        outbound: &Outbound,
        since: Timestamp,
    ) -> Result<Option<ProviderMessageId>, TransportError> {
        let Some(request) = self.provider.sent_since(outbound, since) else {
            return Ok(None);
        };
        let response = self.http.send(request).await.map_err(no_answer)?;
        if !response.status.is_success() {
            return Err(TransportError::new(TransportErrorKind::Provider, Certainty::NotSent));
        }
        Ok(self.provider.find_sent(outbound, since, &response))
    }
}

fn no_answer(error: crate::HttpError) -> TransportError {
    let retry = match error.certainty {
        Certainty::NotSent => crate::Retry::Backoff,
        Certainty::Uncertain => crate::Retry::Never,
    };
    TransportError::new(TransportErrorKind::Network, error.certainty).with_retry(retry).with_source(error)
}
