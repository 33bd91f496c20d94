//! A network that Parlor does not know: text messages over SMPP 3.4, the protocol of message centres.
//!
//! [`Smpp`] is the transport; what its [`Line`] hears goes to [`Engine::take_in`](parlor::engine::Engine::take_in). SMPP has no
//! field for a token of ours: a send whose answer is lost stays uncertain until a person decides.

mod line;
mod sms;

use std::time::Duration;

use async_trait::async_trait;
use parlor::channel::{
    Capabilities, CapabilitiesId, Certainty, ChannelProfile, CharacterCount, Confidence, DeliverySide,
    Feature, Limit, Outbound, Push, SendReceipt, Support, TextLimit, Transport, TransportError,
    TransportErrorKind::Network, Unit,
};
use parlor::model::{ChannelKind, ProviderMessageId, Timestamp};
use rusmpp::pdus::BindTransceiver;
use rusmpp::types::{COctetString, COctetStringError};
use rusmpp::values::InterfaceVersion;
use tokio::{sync::mpsc, sync::oneshot, time::timeout};

pub use line::Line;

/// Sends text messages by a message centre.
#[derive(Debug)]
pub struct Smpp {
    profile: ChannelProfile,
    capabilities: Capabilities,
    asks: mpsc::Sender<line::Ask>,
}

impl Smpp {
    /// A transport and its line to a centre, such as `centre.example:2775`, with the system id and the password there.
    pub fn new(kind: ChannelKind, at: &str, login: (&str, &str)) -> Result<(Self, Line), COctetStringError> {
        let bind = BindTransceiver::builder().system_id(COctetString::from_string(login.0.to_owned())?);
        let bind = bind.password(COctetString::from_string(login.1.to_owned())?);
        let bind = bind.interface_version(InterfaceVersion::Smpp3_4).build();
        let limit = Limit {
            name: "text".into(),
            // 255 parts of 134 octets, of which a character of UTF-16 takes at most four.
            value: 255 * 134 / 4,
            unit: Unit::Characters,
            source: "3GPP TS 23.040, §9.2.3.24.1".into(),
            read_on: "2026-11-22".into(),
            confidence: Confidence::Primary,
        };
        let id = CapabilitiesId { name: "example.smpp".into(), date: "2026-11-22".into(), revision: 1 };
        let capabilities = Capabilities::new(id)
            .with_feature(Feature::Text, Support::Full)
            .with_feature(Feature::DeliveryReceipts, Support::Partial)
            .with_text_limit(TextLimit::new(limit, CharacterCount));
        let ((asks, asked), profile) = (mpsc::channel(64), ChannelProfile::of(&kind));
        let line = Line { kind, centre: at.to_owned(), bind, asks: asked };
        Ok((Self { profile, capabilities, asks }, line))
    }
}

impl Transport for Smpp {
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
impl Push for Smpp {
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        let (answer, answered) = oneshot::channel();
        self.asks.send((sms::encode(outbound)?, answer)).await.map_err(|_| line::unreached())?;
        let answered = timeout(line::ANSWER_WITHIN, answered).await.ok().and_then(Result::ok);
        // Who is told nothing cannot know.
        let id = answered.ok_or(TransportError::new(Network, Certainty::Uncertain))??;
        Ok(SendReceipt::new([id]))
    }

    fn uncertain_wait(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn look_up(&self, _: &Outbound, _: Timestamp) -> Result<Option<ProviderMessageId>, TransportError> {
        Ok(None)
    }
}
