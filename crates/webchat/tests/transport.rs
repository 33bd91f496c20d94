//! Web chat as a transport.

use std::sync::Arc;

use parlor_channel::{
    ChannelProfile, Confidence, Delivery, DeliverySide, Feature, MediaRefusal, OnShow, PreflightRefusal,
    Support, Transport, Unit, WindowState, preflight,
};
use parlor_model::{ChannelKind, Content, MediaClass, MediaType, MessageText, Timestamp};
use parlor_webchat::{Limits, WebChat};

#[test]
fn r98_web_chat_is_a_mailbox_and_has_nothing_to_send_with() {
    let transport: Arc<dyn Transport> = Arc::new(WebChat::default());
    assert!(matches!(transport.delivery(), DeliverySide::Mailbox));
    assert_eq!(transport.profile().delivery, transport.delivery().kind());
    assert_eq!(transport.profile().media_class, MediaClass::Live);
}

#[test]
fn other_rules_leave_the_mailbox() {
    let mut profile = ChannelProfile::of(&ChannelKind::WebChat);
    profile.on_show = OnShow::Interaction;
    profile.delivery = Delivery::Push;
    let transport = WebChat::default().with_profile(profile);
    assert_eq!(transport.profile().on_show, OnShow::Interaction);
    assert_eq!(transport.profile().delivery, transport.delivery().kind());
}

#[test]
fn r35_r38_web_chat_tells_of_typing_receipts_and_connections() {
    let transport = WebChat::default();
    for feature in [
        Feature::Text,
        Feature::Image,
        Feature::File,
        Feature::TypingFromContact,
        Feature::TypingToContact,
        Feature::DeliveryReceipts,
        Feature::ReadReceipts,
        Feature::ConnectionState,
        Feature::EndByContact,
    ] {
        assert_eq!(transport.capabilities().support(feature), Support::Full, "{feature}");
    }
}

#[test]
fn i11_a_text_that_is_too_long_is_refused_with_the_limit_and_its_source() {
    let mut limits = Limits::default();
    limits.text_bytes = 5;
    let transport = WebChat::new(limits);
    let content = |text: &str| Content::Text { text: MessageText::new(text).expect("a text") };
    assert_eq!(preflight(&content("12345"), transport.capabilities()), Ok(()));
    let refusal = preflight(&content("123456"), transport.capabilities());
    let Err(PreflightRefusal::OverLimit { limit, actual: 6 }) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!((limit.value, &limit.unit), (5, &Unit::Bytes));
    assert!(limit.source.contains("web-chat.md"), "{limit}");
}

#[test]
fn every_limit_has_its_value_its_source_and_a_date() {
    let transport = WebChat::default();
    let limits = transport.limits();
    let expected = [
        ("text", limits.text_bytes),
        ("attachments", limits.attachments),
        ("frame", limits.frame_bytes),
        ("messages_per_second", 5),
        ("message_burst", 20),
        ("name", limits.name_characters),
    ];
    let told: Vec<(&str, usize)> = transport
        .capabilities()
        .limits()
        .map(|limit| {
            assert_eq!(limit.confidence, Confidence::Primary);
            assert!(!limit.source.is_empty());
            assert_eq!(limit.read_on.len(), "2026-11-21".len());
            (limit.name.as_ref(), usize::try_from(limit.value).expect("a small number"))
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn r24_a_chat_may_be_answered_at_any_time() {
    let window = WebChat::default().capabilities().reply_window().clone();
    assert_eq!(window.open_at(None, Timestamp::from_millis(0)), WindowState::AlwaysOpen);
}

#[test]
fn r84_web_chat_takes_pictures_and_documents_up_to_20_mb_and_nothing_that_acts() {
    let transport = WebChat::default();
    let capabilities = transport.capabilities();
    let kind = |text: &str| MediaType::new(text).expect("a media type");
    for taken in ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"] {
        assert_eq!(capabilities.admit(&kind(taken), 20_000_000), Ok(()), "{taken}");
        let over = capabilities.admit(&kind(taken), 20_000_001);
        assert!(matches!(over, Err(MediaRefusal::OverLimit { actual: 20_000_001, .. })), "{over:?}");
    }
    for refused in ["image/svg+xml", "text/html", "application/zip", "application/octet-stream"] {
        let refusal = capabilities.admit(&kind(refused), 1);
        assert!(matches!(refusal, Err(MediaRefusal::NotAllowed { .. })), "{refused}: {refusal:?}");
    }
}
