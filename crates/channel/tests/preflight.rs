//! A send that cannot succeed is refused before anything happens, and the refusal says why (I11).

use parlor_channel::{
    ByteCount, Capabilities, CapabilitiesId, Confidence, Feature, Limit, PreflightRefusal, SegmentCount,
    Support, TextLimit, TextMeasure, Unit, preflight,
};
use parlor_model::{Content, Label, MessageText, WebAddress};

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
