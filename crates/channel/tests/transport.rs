//! The traits as a third party sees them: both ways of delivery behind one `Arc<dyn Transport>`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use parlor_channel::{
    Capabilities, CapabilitiesId, Certainty, ChannelProfile, Delivery, DeliverySide, Outbound, Push,
    SendReceipt, Transport, TransportError, TransportErrorKind,
};
use parlor_model::{
    ChannelKind, ChannelName, Content, MessageText, PointAddress, PointKey, ProviderMessageId, Timestamp,
    Visibility,
};

/// A network that answers each message with its own outbox id, and knows nobody called `nobody`.
#[derive(Debug)]
struct Pigeons {
    profile: ChannelProfile,
    capabilities: Capabilities,
}

impl Pigeons {
    fn new() -> Self {
        Self {
            profile: ChannelProfile::of(&"pigeons".parse().expect("a name")),
            capabilities: Capabilities::new(CapabilitiesId {
                name: "example.pigeons".into(),
                date: "2026-11-21".into(),
                revision: 1,
            }),
        }
    }
}

impl Transport for Pigeons {
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
impl Push for Pigeons {
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        if outbound.to.address.as_str() == "nobody" {
            return Err(TransportError::new(TransportErrorKind::Recipient, Certainty::NotSent));
        }
        let id = ProviderMessageId::new(outbound.outbox.to_string());
        Ok(SendReceipt::new([id]))
    }

    fn uncertain_wait(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn look_up(&self, _: &Outbound, _: Timestamp) -> Result<Option<ProviderMessageId>, TransportError> {
        Ok(None)
    }
}

fn outbound(address: &str) -> Outbound {
    Outbound::new(
        "018bcfe5-687b-7000-8000-000000000001".parse().expect("an id"),
        "018bcfe5-687b-7000-8000-000000000002".parse().expect("an id"),
        ChannelName::new("pigeons").expect("a name"),
        "loft".to_owned(),
        PointKey {
            kind: "pigeons".parse().expect("a name"),
            scope: String::new(),
            address: PointAddress::new(address),
        },
        Visibility::Private,
        Content::Text { text: MessageText::new("my card is 4111").expect("a text") },
    )
}

/// The result of a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits for something"),
    }
}

#[test]
fn a_third_partys_network_is_used_without_its_name() {
    let transport: Arc<dyn Transport> = Arc::new(Pigeons::new());
    assert_eq!(transport.profile().delivery, transport.delivery().kind());
    assert_eq!(transport.delivery().kind(), Delivery::Push);
    let DeliverySide::Push(push) = transport.delivery() else {
        panic!("it pushes");
    };
    let receipt = now(push.send(&outbound("somebody"))).expect("it is taken");
    assert_eq!(receipt.provider_ids, [ProviderMessageId::new("018bcfe5-687b-7000-8000-000000000001")]);
    let error = now(push.send(&outbound("nobody"))).expect_err("nobody is there");
    assert_eq!(error.certainty, Certainty::NotSent);
}

#[test]
fn neither_the_text_nor_the_address_shows_in_debug_output() {
    let debug = format!("{:?}", outbound("+15550001111"));
    assert!(!debug.contains("4111") && !debug.contains("+1555"), "{debug}");
}

#[test]
fn a_mailbox_has_nothing_to_call() {
    assert_eq!(DeliverySide::Mailbox.kind(), Delivery::Mailbox);
    assert_eq!(ChannelProfile::of(&ChannelKind::WebChat).delivery, DeliverySide::Mailbox.kind());
}
