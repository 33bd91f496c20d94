//! A send that cannot succeed is refused before anything happens, and the refusal says why (I11).

use parlor_channel::{
    ATTACHMENTS_PER_MESSAGE, ByteCount, Capabilities, CapabilitiesId, ChannelProfile, Confidence, Feature,
    Limit, MediaRefusal, MediaRule, PreflightRefusal, SegmentCount, Support, TextLimit, TextMeasure, Unit,
    permitted, preflight,
};
use parlor_model::{
    Attachment, ChannelKind, Content, ContentHash, FileName, Id, Label, MediaType, MessageText, WebAddress,
};

fn network(support: Support) -> Capabilities {
    Capabilities::new(CapabilitiesId { name: "test.network".into(), date: "2026-11-21".into(), revision: 1 })
        .with_feature(Feature::Text, support)
}

fn at_most(name: &'static str, value: u64, measure: impl TextMeasure) -> TextLimit {
    TextLimit::new(
        Limit {
            name: name.into(),
            value,
            unit: Unit::Items,
            source: "the network's manual".into(),
            read_on: "2026-11-21".into(),
            confidence: Confidence::Vendor,
        },
        measure,
    )
}

fn text(text: impl Into<String>) -> Content {
    Content::Text { text: MessageText::new(text).expect("a text") }
}

#[test]
fn i11_a_refusal_names_the_limit_its_value_the_actual_value_and_the_source() {
    let network = network(Support::Full).with_text_limit(at_most("text", 5, ByteCount));
    let refusal = preflight(&text("naïve"), &network).expect_err("six bytes");
    let PreflightRefusal::OverLimit { limit, actual } = &refusal else {
        panic!("{refusal}");
    };
    assert_eq!((limit.name.as_ref(), limit.value, *actual), ("text", 5, 6));
    assert_eq!(refusal.code(), "over_limit");
    assert_eq!(
        refusal.to_string(),
        "6 bytes are over the limit of text: 5 bytes (the network's manual, read on 2026-11-21)"
    );
}

#[test]
fn a_text_passes_at_the_limit_and_not_one_above() {
    let network = network(Support::Full).with_text_limit(at_most("text", 5, ByteCount));
    assert_eq!(preflight(&text("12345"), &network), Ok(()));
    assert!(preflight(&text("123456"), &network).is_err());
}

#[test]
fn every_text_limit_counts_in_its_own_unit() {
    let network = network(Support::Partial)
        .with_text_limit(at_most("text", 1_000, ByteCount))
        .with_text_limit(at_most("segments", 2, SegmentCount));
    assert_eq!(preflight(&text("a".repeat(306)), &network), Ok(()));
    let refusal = preflight(&text("a".repeat(307)), &network);
    assert!(
        matches!(&refusal, Err(PreflightRefusal::OverLimit { limit, actual: 3 }) if limit.unit == Unit::Segments),
        "{refusal:?}"
    );
}

#[test]
fn a_network_of_a_third_party_counts_in_its_own_way() {
    /// Counts vowels, as nobody else does.
    #[derive(Debug)]
    struct Vowels;

    impl TextMeasure for Vowels {
        fn unit(&self) -> Unit {
            Unit::Other(Label::new("vowels").expect("a label"))
        }

        fn count(&self, text: &str) -> u64 {
            text.chars().filter(|c| "aeiou".contains(*c)).map(|_| 1).sum()
        }
    }

    let network = network(Support::Full).with_text_limit(at_most("text", 2, Vowels));
    assert_eq!(preflight(&text("bcd fgh a e"), &network), Ok(()));
    let refusal = preflight(&text("aeiou"), &network).expect_err("five vowels");
    assert!(refusal.to_string().starts_with("5 vowels are over"), "{refusal}");
}

#[test]
fn what_does_not_arrive_is_refused_and_the_edition_of_the_capabilities_is_named() {
    for support in [Support::Rejected, Support::Dropped, Support::Unsupported] {
        let refusal = preflight(&text("hi"), &network(support)).expect_err("it would not arrive");
        assert_eq!(refusal.code(), "unsupported_content");
        assert!(refusal.to_string().contains("test.network 2026-11-21 r1"), "{refusal}");
    }
    assert_eq!(preflight(&text("hi"), &network(Support::Partial)), Ok(()));
}

#[test]
fn r31_a_note_is_never_sent() {
    let note = Content::Note { text: MessageText::new("difficult").expect("a text") };
    assert_eq!(
        preflight(&note, &network(Support::Full)),
        Err(PreflightRefusal::NotForContacts { content: "note" })
    );
}

#[test]
fn a_refusal_does_not_repeat_what_was_written() {
    let network = network(Support::Full).with_text_limit(at_most("text", 5, ByteCount));
    let refusal = preflight(&text("my card is 4111"), &network).expect_err("too long");
    assert!(!format!("{refusal:?} {refusal}").contains("4111"));
}

#[test]
fn r64_an_invitation_counts_as_the_words_that_are_sent() {
    let network = network(Support::Full).with_text_limit(at_most("segments", 1, SegmentCount));
    let invited = |words: &str| Content::PushedUrl {
        url: WebAddress::new("https://example.com/").expect("an address"),
        text: MessageText::new(format!("{words} https://example.com/")).expect("a text"),
    };
    assert_eq!(preflight(&invited("Please open this link:"), &network), Ok(()));
    let refusal = preflight(&invited(&"a".repeat(140)), &network);
    assert!(matches!(refusal, Err(PreflightRefusal::OverLimit { actual: 2, .. })), "{refusal:?}");
}

fn number(name: &'static str, value: u64, unit: Unit) -> Limit {
    Limit {
        name: name.into(),
        value,
        unit,
        source: "the network's manual".into(),
        read_on: "2026-11-21".into(),
        confidence: Confidence::Vendor,
    }
}

fn file(kind: &str, bytes: u64) -> Attachment {
    Attachment {
        id: Id::from_uuid(uuid::Uuid::nil()),
        blob: Id::from_uuid(uuid::Uuid::nil()),
        name: FileName::clean("chair"),
        media_type: MediaType::new(kind).expect("a media type"),
        bytes,
        sha256: ContentHash::new([0; 32]),
        dimensions: None,
        thumbnail: None,
    }
}

fn with_files(attachments: Vec<Attachment>) -> Content {
    Content::Attached { text: None, attachments }
}

/// A network that takes pictures of five bytes, two at a time, and knows of documents that it cannot carry.
fn pictures() -> Capabilities {
    let rule = |kind: &str| MediaRule {
        media_type: MediaType::new(kind).expect("a media type"),
        limit: number("file", 5, Unit::Bytes),
    };
    network(Support::Full)
        .with_feature(Feature::Image, Support::Full)
        .with_media(rule("image/png"))
        .with_media(rule("application/pdf"))
        .with_limit(number(ATTACHMENTS_PER_MESSAGE, 2, Unit::Items))
}

#[test]
fn r84_files_are_held_against_what_the_network_takes() {
    let network = pictures();
    let png = || file("image/png", 5);
    assert_eq!(preflight(&with_files(vec![png(), png()]), &network), Ok(()));
    let three = preflight(&with_files(vec![png(), png(), png()]), &network).expect_err("too many");
    assert!(matches!(&three, PreflightRefusal::OverLimit { actual: 3, .. }), "{three}");
    let large = preflight(&with_files(vec![file("image/png", 6)]), &network).expect_err("too large");
    assert_eq!(large.code(), "over_limit");
    assert!(large.to_string().starts_with("6 bytes are over the limit of file: 5 bytes"), "{large}");
    let other = preflight(&with_files(vec![file("image/gif", 1)]), &network).expect_err("not taken");
    assert!(matches!(&other, PreflightRefusal::Media(MediaRefusal::NotAllowed { .. })), "{other}");
    assert_eq!(other.code(), "unsupported_content");
    let document = preflight(&with_files(vec![file("application/pdf", 1)]), &network);
    assert!(
        matches!(document, Err(PreflightRefusal::Unsupported { feature: Feature::File, .. })),
        "{document:?}"
    );
    let long = Content::Attached { text: MessageText::new("too long").ok(), attachments: vec![png()] };
    let network = network.with_text_limit(at_most("text", 5, ByteCount));
    assert!(preflight(&long, &network).is_err(), "words with files are words");
}

#[test]
fn r85_the_profile_says_whether_agents_may_attach_anything() {
    let picture = with_files(vec![file("image/png", 1)]);
    for (kind, allowed) in [
        (ChannelKind::WebChat, true),
        (ChannelKind::WhatsApp, true),
        (ChannelKind::TwitterPost, true),
        (ChannelKind::Sms, false),
        (ChannelKind::TwitterDirect, false),
    ] {
        let mut profile = ChannelProfile::of(&kind);
        let refusal = permitted(&picture, &profile);
        assert_eq!(refusal.is_ok(), allowed, "{kind}");
        if let Err(refusal) = refusal {
            assert_eq!(refusal, PreflightRefusal::SwitchedOff { feature: Feature::Image });
            assert_eq!(refusal.code(), "unsupported_content");
        }
        assert_eq!(permitted(&text("words"), &profile), Ok(()), "{kind}");
        profile.outbound_image = true;
        assert_eq!(permitted(&picture, &profile), Ok(()), "{kind}");
    }
}
