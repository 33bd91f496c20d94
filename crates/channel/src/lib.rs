//! What an adapter offers for a network.
//!
//! Behaviour is the [`Transport`] trait; everything in which networks differ is *data*: the [`ChannelProfile`]
//! (rules of work, overridable by configuration) and the graded [`Capabilities`] (facts about the network, each
//! number with its source). [`preflight`] holds a content against the capabilities before any I/O happens, so that
//! a refusal costs nothing and can say which limit, which value and whose word it is.
//!
//! A network that is reached through a provider's HTTP API needs no I/O of its own either: its adapter reads webhooks
//! ([`WebhookCodec`]) and writes requests ([`Provider`]), and [`ProviderTransport`] carries them with whatever
//! [`HttpClient`] it is given.
//!
//! This crate knows nothing of interactions, agents, stores or an HTTP client.

mod capabilities;
mod connection;
mod history;
mod http_client;
mod limit;
mod measure;
mod media;
mod number_lookup;
mod outbound;
mod outside;
mod preflight;
mod profile;
mod provider;
mod transport;
mod transport_error;
mod voice;
mod webhook;
mod window;

pub use capabilities::{Capabilities, CapabilitiesId, Feature, Support};
pub use connection::ConnectionState;
pub use history::{CameIn, History};
pub use http_client::{HttpClient, HttpError, HttpRequest, HttpResponse};
pub use limit::{Confidence, Limit, TextLimit, Unit};
pub use measure::{
    ByteCount, CharacterCount, SegmentCount, SmsAlphabet, SmsLength, SmsParts, TextDetail, TextMeasure,
};
pub use media::{ATTACHMENTS_PER_MESSAGE, MediaInspector, MediaRefusal, MediaRule, SmallPicture};
pub use number_lookup::{LineKind, MayReceive, NumberFacts, NumberLookup};
pub use outbound::{Outbound, SendReceipt};
pub use outside::{Launch, Launched, OutsideLauncher, outside_means};
pub use preflight::{PreflightRefusal, permitted, preflight};
pub use profile::{ChannelProfile, Delivery, OnShow};
pub use provider::{MediaFetchError, MediaRequest, MediaSource, Provider, ProviderTransport};
pub use transport::{DeliverySide, Push, Transport};
pub use transport_error::{Certainty, Retry, TransportError, TransportErrorKind};
pub use voice::{OutsideError, VoiceCall, VoiceEndpoint, VoiceGateway};
pub use webhook::{
    ConsentWish, ConsentWord, DecodeIssue, Decoded, Endpoint, Forged, Happening, InboundMessage,
    MediaReference, Receipt, ReceiptStage, VerifiedWebhook, WebhookAnswer, WebhookCodec, WebhookEvent,
    WebhookLimits, WebhookRequest,
};
pub use window::{ReplyWindow, WindowState};
