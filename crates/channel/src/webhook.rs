//! What a network tells us: verified before it is read, and read whole.

use std::fmt;

use http::{HeaderMap, Method, StatusCode};
use parlor_model::{
    ChannelKind, Content, DeliveryStage, FileName, MediaType, MessageText, OutboxId, PointKey,
    ProviderMessageId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// A request to one of our webhooks, as it came. `Debug` shows the method and sizes alone.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a Method,
    /// The address that the provider called, with its query: the configured public address, never what headers claim.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The bytes of the body, untouched.
    pub body: &'a [u8],
}

impl WebhookRequest<'_> {
    /// The query of the address, without its question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The only header of that name; `None` when there is none, when there are several, and when it is not text.
    pub fn only_header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }
}

impl fmt::Debug for WebhookRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", self.method)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// What a provider is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// Whether it went well.
    pub status: StatusCode,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl WebhookAnswer {
    /// An answer of plain text.
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Why a request is not the provider's. Whoever sent it is told nothing but that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Forged {
    /// It is not signed, or signed more than once.
    #[error("there is not exactly one signature")]
    Unsigned,
    /// The signature is not the one that the secret gives.
    #[error("the signature is wrong")]
    WrongSignature,
    /// It says that it was signed in a way, or with a key, that this account does not use.
    #[error("it is signed with a key or in a way that the account does not use")]
    WrongKey,
    /// The body is not the one that was signed.
    #[error("the body is not the one that was signed")]
    WrongBody,
    /// The token of a handshake is not ours.
    #[error("the token is wrong")]
    WrongToken,
}

/// How much of a webhook is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookLimits {
    /// The most bytes of a body.
    pub bytes: usize,
    /// The most elements in a body; those beyond are kept as they are and not understood.
    pub elements: usize,
}

/// Reads what a provider sends to a webhook.
///
/// Contract: all of it is pure and total. Secrets are compared in constant time. An unknown kind of element is
/// [`Content::Unsupported`], one that cannot be read is an issue with its bytes; neither takes its siblings with it.
pub trait WebhookCodec: fmt::Debug + Send + Sync + 'static {
    /// How much is read.
    fn limits(&self) -> WebhookLimits;

    /// The answer to a request by which the provider asks whether the webhook is ours. `None` when it is no such request.
    fn handshake(&self, request: &WebhookRequest<'_>) -> Option<Result<WebhookAnswer, Forged>>;

    /// Whether the provider signed exactly this. Called by [`VerifiedWebhook::verify`].
    fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged>;

    /// Everything in a request that is known to be the provider's.
    fn decode(&self, webhook: &VerifiedWebhook<'_>) -> Decoded;

    /// What the provider is answered once all of it is durable.
    fn taken(&self) -> WebhookAnswer;
}

/// A request that is known to be the provider's. There is no other way to one than [`verify`](Self::verify).
#[derive(Clone, Copy, Debug)]
pub struct VerifiedWebhook<'a>(WebhookRequest<'a>);

impl<'a> VerifiedWebhook<'a> {
    /// Holds a request against the secrets of an account.
    pub fn verify(codec: &dyn WebhookCodec, request: WebhookRequest<'a>) -> Result<Self, Forged> {
        codec.authenticate(&request)?;
        Ok(Self(request))
    }

    /// The request.
    pub const fn request(&self) -> &WebhookRequest<'a> {
        &self.0
    }
}

/// All that was in a webhook: as many events and issues together as there were elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What happened, in the order in which it was told.
    pub events: Vec<WebhookEvent>,
    /// What could not be read.
    pub issues: Vec<DecodeIssue>,
}

/// An element that could not be read, with its bytes. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeIssue {
    /// Why.
    pub reason: String,
    /// The element.
    pub raw: Vec<u8>,
}

impl fmt::Debug for DecodeIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeIssue").field("reason", &self.reason).field("bytes", &self.raw.len()).finish()
    }
}

/// Something that happened on one of our endpoints. `Debug` hides the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// On which of our endpoints: a channel of the account is found by it.
    pub endpoint: Endpoint,
    /// What.
    pub happening: Happening,
    /// The element as it came, for where no channel has that endpoint.
    pub raw: Vec<u8>,
}

impl fmt::Debug for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEvent")
            .field("endpoint", &self.endpoint)
            .field("happening", &self.happening)
            .field("bytes", &self.raw.len())
            .finish()
    }
}

/// One of our endpoints, as the provider names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// The network.
    pub kind: ChannelKind,
    /// Our addresses there that it may be: a number, and the pool that the number is in. The first that a channel has
    /// counts.
    pub addresses: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A contact wrote.
    Message(Box<InboundMessage>),
    /// Something became of a message of ours.
    Receipt(Receipt),
}

/// Something that a contact wrote, as the network tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboundMessage {
    /// The network's id for it: what makes a repetition recognisable within the account.
    pub id: ProviderMessageId,
    /// Who wrote.
    pub from: PointKey,
    /// The name that the network shows for them.
    pub display_name: Option<String>,
    /// What they wrote: words, or what Parlor has no form for. `None` when there are only files.
    pub content: Option<Content>,
    /// The files with it, in order. They are fetched after the message is durable.
    pub media: Vec<MediaReference>,
    /// When they wrote, by the network's clock, the same however often it is told.
    pub provider_time: Option<Timestamp>,
    /// When they wrote, where only a list says so: it orders the message, and does not make it another one.
    pub written_at: Option<Timestamp>,
    /// What it says about being written to.
    pub consent: Option<ConsentWord>,
}

impl InboundMessage {
    /// A message with nothing in it yet.
    pub const fn new(id: ProviderMessageId, from: PointKey) -> Self {
        Self {
            id,
            from,
            display_name: None,
            content: None,
            media: Vec::new(),
            provider_time: None,
            written_at: None,
            consent: None,
        }
    }

    /// Words as content; as much of them as is kept where there are too many, nothing where there are none.
    pub fn words(text: &str) -> Option<Content> {
        let mut end = text.len().min(MessageText::MAX_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // NUL becomes a character of three bytes, so the text may have become longer.
        let mut clean = text[..end].replace('\0', "\u{fffd}");
        clean.truncate(clean.floor_char_boundary(MessageText::MAX_BYTES));
        MessageText::new(clean).ok().map(|text| Content::Text { text })
    }
}

/// A file that lies with the provider.
///
/// Its address is opaque to everyone but the adapter that made it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaReference {
    /// Where it lies: an address or an id, as its adapter reads it.
    pub location: String,
    /// What the provider says that it is; its bytes decide.
    pub declared: Option<MediaType>,
    /// What it is called.
    pub name: Option<FileName>,
}

impl fmt::Debug for MediaReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaReference").field("declared", &self.declared).finish_non_exhaustive()
    }
}

/// What a contact says about being written to, by a word that the network knows (STOP, START, HELP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentWord {
    /// What.
    pub wish: ConsentWish,
    /// Whether the provider has answered it already, so that nobody else must.
    pub answered: bool,
}

/// What a contact wishes about being written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentWish {
    /// Nothing more.
    Stop,
    /// To be written to again.
    Start,
    /// To be told who writes.
    Help,
}

/// Something that became of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// Our token, where the provider gives it back: the outbox entry.
    pub token: Option<OutboxId>,
    /// The provider's id of the message.
    pub provider_id: Option<ProviderMessageId>,
    /// How far it has come.
    pub stage: ReceiptStage,
    /// When, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The provider's code for why it failed, such as `30003`.
    pub code: Option<String>,
}

impl Receipt {
    /// A receipt that names no message yet.
    pub const fn new(stage: ReceiptStage) -> Self {
        Self { token: None, provider_id: None, stage, at: None, code: None }
    }
}

/// How far a message of ours has come, as a receipt tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReceiptStage {
    /// The provider has it and has not sent it yet.
    Accepted,
    /// One of the stages that a transcript shows.
    Reached(DeliveryStage),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes whatever says `yes`.
    #[derive(Debug)]
    struct Yes;

    impl WebhookCodec for Yes {
        fn limits(&self) -> WebhookLimits {
            WebhookLimits { bytes: 10, elements: 1 }
        }

        fn handshake(&self, _: &WebhookRequest<'_>) -> Option<Result<WebhookAnswer, Forged>> {
            None
        }

        fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged> {
            match request.only_header("signature") {
                Some("yes") => Ok(()),
                Some(_) => Err(Forged::WrongSignature),
                None => Err(Forged::Unsigned),
            }
        }

        fn decode(&self, _: &VerifiedWebhook<'_>) -> Decoded {
            Decoded::default()
        }

        fn taken(&self) -> WebhookAnswer {
            WebhookAnswer::text(StatusCode::OK, "")
        }
    }

    fn verify(signatures: &[&'static str]) -> Result<(), Forged> {
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append("signature", http::HeaderValue::from_static(signature));
        }
        let request =
            WebhookRequest { method: &Method::POST, url: "https://a.test/?b", headers: &headers, body: b"" };
        assert_eq!(request.query(), "b");
        VerifiedWebhook::verify(&Yes, request).map(|_| ())
    }

    #[test]
    fn only_what_the_codec_knows_to_be_the_providers_is_verified() {
        assert_eq!(verify(&["yes"]), Ok(()));
        assert_eq!(verify(&["no"]), Err(Forged::WrongSignature));
        assert_eq!(verify(&[]), Err(Forged::Unsigned));
        assert_eq!(verify(&["yes", "yes"]), Err(Forged::Unsigned), "one of two signatures is no signature");
    }

    #[test]
    fn words_that_are_too_many_are_cut_at_a_character() {
        let kept =
            |text: &str| InboundMessage::words(text).and_then(|content| content.text().map(str::to_owned));
        assert_eq!(kept(" \n"), None);
        assert_eq!(kept("a\0b").as_deref(), Some("a\u{fffd}b"));
        assert!(kept(&"é".repeat(40_000)).is_some_and(|text| text.len() == MessageText::MAX_BYTES));
        assert!(kept(&"\0".repeat(60_000)).is_some_and(|text| text.len() <= MessageText::MAX_BYTES));
        assert!(
            kept(&format!("a{}", "é".repeat(40_000)))
                .is_some_and(|text| text.len() == MessageText::MAX_BYTES - 1)
        );
    }
}
