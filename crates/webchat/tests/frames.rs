//! The wire format. The examples of the specification are read from its page.

use std::fs;

use parlor_model::{ClientId, MessageText, Timestamp};
use parlor_webchat::{
    Acknowledged, ClientFrame, ContactName, ContactNotice, ContactState, EndedBy, ErrorCode, FrameAuthor,
    FrameContent, FrameRefusal, Limits, ServerFrame, SessionToken,
};
use proptest::prelude::*;

const UUID: &str = "018bcfe5-687b-7000-8000-000000000001";
const TOKEN: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const AT: &str = "2026-11-21T12:00:00.000001Z";

fn parse(text: &str) -> Result<ClientFrame, FrameRefusal> {
    ClientFrame::parse(text, &Limits::default())
}

fn code(text: &str) -> ErrorCode {
    parse(text).expect_err(text).code
}

fn id() -> ClientId {
    serde_json::from_value(UUID.into()).expect("a UUID")
}

fn at() -> Timestamp {
    serde_json::from_value(AT.into()).expect("a moment")
}

fn text(text: &str) -> MessageText {
    MessageText::new(text).expect("a text")
}

fn message(author: FrameAuthor, content: FrameContent) -> ServerFrame {
    ServerFrame::Message { sequence: 13, id: UUID.parse().expect("an id"), author, content, at: at() }
}

fn alice() -> FrameAuthor {
    FrameAuthor::Agent { name: "alice".into() }
}

/// The page of the specification.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/specs/web-chat.md");
    fs::read_to_string(path).expect("the page of the specification")
}

/// The part of the page below a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, below) = page.split_once(&format!("\n## {heading}\n")).expect("the heading");
    below.split("\n## ").next().unwrap_or(below)
}

/// A frame as the page writes it: ids, moments, tokens and texts are left open.
fn as_on_the_page(json: &str) -> String {
    json.replace(UUID, "<uuid>").replace(AT, "…").replace(TOKEN, "…")
}

#[test]
fn every_frame_that_the_specification_allows_a_browser_is_read() {
    let page = page();
    let frames: Vec<ClientFrame> = section(&page, "From the browser")
        .split('`')
        .filter(|span| span.starts_with("{\"type\""))
        .map(|example| {
            let example =
                example.replace("\"token\":\"…\"", &format!("\"token\":\"{TOKEN}\"")).replace("<uuid>", UUID);
            parse(&example).expect(&example)
        })
        .collect();
    assert_eq!(
        frames,
        [
            ClientFrame::Hello {
                token: Some(SessionToken::parse(TOKEN).expect("a token")),
                after: 12,
                name: ContactName::clean("Ann", 80),
            },
            ClientFrame::Message { id: id(), text: Some(text("…")), attachments: Vec::new() },
            ClientFrame::Message { id: id(), text: None, attachments: vec![id()] },
            ClientFrame::Typing { on: true },
            ClientFrame::Seen(Acknowledged::new(14, 12)),
            ClientFrame::End,
        ]
    );
}

#[test]
fn every_frame_of_the_server_is_written_as_the_specification_says() {
    let frames = [
        ServerFrame::Welcome {
            token: SessionToken::parse(TOKEN).expect("a token"),
            contact: ContactName::clean("Ann", 80),
            latest: 14,
            state: ContactState::None,
            typing_ttl_ms: 10_000,
            attachments: None,
        },
        message(alice(), FrameContent::Text { text: text("…") }),
        ServerFrame::Accepted { id: id(), sequence: 13, at: at() },
        ServerFrame::State { state: ContactState::Queued, agent: None },
        ServerFrame::Typing { on: true, name: "alice".into() },
        FrameRefusal::new(ErrorCode::TextTooLong, "…").about(id()).into(),
    ];
    let page = page();
    let examples: Vec<&str> =
        section(&page, "From the server").split('`').filter(|span| span.starts_with("{\"type\"")).collect();
    let written: Vec<String> = frames.iter().map(|frame| as_on_the_page(&frame.to_json())).collect();
    assert_eq!(examples[..frames.len()], written);
}

#[test]
fn every_author_and_content_is_written_as_the_specification_says() {
    let page = page();
    for (author, on_the_page) in [
        (FrameAuthor::Me, r#"{"kind":"me"}"#),
        (alice(), r#"{"kind":"agent","name":"alice"}"#),
        (FrameAuthor::Bot { name: "greeter".into() }, r#"{"kind":"bot","name":"greeter"}"#),
        (FrameAuthor::System, r#"{"kind":"system"}"#),
    ] {
        assert_eq!(serde_json::to_string(&author).expect("plain data"), on_the_page);
        assert!(page.contains(on_the_page), "{on_the_page}");
    }
    let notice = FrameContent::System;
    for content in [
        FrameContent::Text { text: text("…") },
        notice(ContactNotice::Joined { agent: "alice".into() }),
        notice(ContactNotice::Ended { by: EndedBy::Me }),
        notice(ContactNotice::Reactivated),
        FrameContent::Unsupported { kind: "sticker".into() },
        FrameContent::Erased,
    ] {
        let written = serde_json::to_string(&content).expect("plain data");
        assert!(page.contains(&format!("| `{written}` |")), "{written}");
    }
    let left = notice(ContactNotice::Left { agent: "alice".into() });
    assert_eq!(
        serde_json::to_string(&left).expect("plain data"),
        r#"{"type":"system","notice":"left","agent":"alice"}"#
    );
}

#[test]
fn every_error_code_stands_in_the_specification_with_what_follows_from_it() {
    let page = page();
    let rows: Vec<&str> = section(&page, "Errors").lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), ErrorCode::ALL.len());
    for code in ErrorCode::ALL {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{code}` |")));
        let row = row.unwrap_or_else(|| panic!("{code} is missing"));
        match code.closes() {
            Some(reason) => assert!(row.ends_with(&format!("closes ({}) |", reason.code())), "{row}"),
            None => assert!(row.contains("| goes on"), "{row}"),
        }
    }
}

#[test]
fn optional_fields_may_be_left_out_or_null() {
    let bare = ClientFrame::Hello { token: None, after: 0, name: None };
    assert_eq!(parse(r#"{"type":"hello"}"#), Ok(bare.clone()));
    assert_eq!(parse(r#"{"type":"hello","token":null,"after":null,"name":null}"#), Ok(bare.clone()));
    assert_eq!(parse(r#"{"type":"hello","after":12}"#), Ok(bare), "a new session has no history");
    assert!(
        ServerFrame::Welcome {
            token: SessionToken::parse(TOKEN).expect("a token"),
            contact: None,
            latest: 0,
            state: ContactState::Ended,
            typing_ttl_ms: 500,
            attachments: None,
        }
        .to_json()
        .ends_with(r#""contact":null,"latest":0,"state":"ended","typing_ttl_ms":500}"#)
    );
}

#[test]
fn r39_what_somebody_types_is_dropped_before_anybody_can_see_it() {
    let frame = parse(r#"{"type":"typing","on":true,"text":"my card is 4111","preview":{"text":["4111"]}}"#);
    assert_eq!(frame, Ok(ClientFrame::Typing { on: true }));
    assert!(!format!("{frame:?}").contains("4111"));
}

#[test]
fn r38_the_contact_is_told_who_types_and_that_they_stopped() {
    let frame = ServerFrame::Typing { on: false, name: "alice".into() };
    assert_eq!(frame.to_json(), r#"{"type":"typing","on":false,"name":"alice"}"#);
    assert_eq!(parse(r#"{"type":"typing","on":false}"#), Ok(ClientFrame::Typing { on: false }));
}

#[test]
fn r86_emoji_travel_as_they_are() {
    let frame = format!(r#"{{"type":"message","id":"{UUID}","text":"👩‍🚒 ❤️"}}"#);
    let Ok(ClientFrame::Message { text: Some(text), .. }) = parse(&frame) else {
        panic!("a message");
    };
    assert_eq!(text.as_str(), "👩‍🚒 ❤️");
    let json = message(FrameAuthor::Me, FrameContent::Text { text }).to_json();
    assert!(json.contains("👩‍🚒 ❤️"), "{json}");
}

#[test]
fn what_is_no_frame_is_refused() {
    for bad in [
        "",
        "null",
        "hello",
        "{}",
        "[]",
        r#"["end"]"#,
        r#"{"type":"shout"}"#,
        r#"{"type":"END"}"#,
        r#"{"type":null}"#,
        r#"{"type":"end","type":"end"}"#,
        r#"{"type":"end"} {}"#,
        r#"{"type":"end""#,
        r#"{"type":"hello","after":-1}"#,
        r#"{"type":"hello","after":1.5}"#,
        r#"{"type":"hello","after":1e400}"#,
        r#"{"type":"hello","token":7}"#,
        r#"{"type":"hello","name":["Ann"]}"#,
        r#"{"type":"message","text":"hi"}"#,
        r#"{"type":"message","id":"7","text":"hi"}"#,
        r#"{"type":"message","id":"018bcfe5687b70008000000000000001","text":"hi"}"#,
        r#"{"type":"message","id":"018bcfe5-687b-7000-8000-000000000001"}"#,
        r#"{"type":"typing"}"#,
        r#"{"type":"typing","on":"yes"}"#,
        r#"{"type":"seen","delivered":14}"#,
        r#"{"type":"seen","delivered":"14","read":12}"#,
    ] {
        assert_eq!(code(bad), ErrorCode::BadFrame, "{bad}");
    }
}

#[test]
fn an_id_comes_back_in_lower_case() {
    let frame = format!(r#"{{"type":"message","id":"{}","text":"hi"}}"#, UUID.to_uppercase());
    assert_eq!(
        parse(&frame),
        Ok(ClientFrame::Message { id: id(), text: Some(text("hi")), attachments: Vec::new() })
    );
    assert_eq!(id().to_string(), UUID);
}

#[test]
fn a_text_is_refused_by_name_when_empty_or_too_long() {
    let frame = |text: &str| format!(r#"{{"type":"message","id":"{UUID}","text":"{text}"}}"#);
    let refusal = |text: &str| parse(&frame(text)).expect_err("a refusal");
    assert_eq!(refusal(" \\n").code, ErrorCode::TextEmpty);
    assert_eq!(refusal("").id, Some(id()));
    assert!(parse(&frame(&"x".repeat(65_536))).is_ok());
    let long = refusal(&"x".repeat(65_537));
    assert_eq!((long.code, long.id), (ErrorCode::TextTooLong, Some(id())));
    let three_bytes_each = "\\u0000".repeat(10);
    let mut limits = Limits::default();
    limits.text_bytes = 30;
    assert!(ClientFrame::parse(&frame(&three_bytes_each), &limits).is_ok());
    limits.text_bytes = 29;
    let long = ClientFrame::parse(&frame(&three_bytes_each), &limits).expect_err("30 bytes are stored");
    assert_eq!(long.code, ErrorCode::TextTooLong);
    assert!(long.detail.contains("29"), "{long}");
}

#[test]
fn r123_a_message_may_be_files_alone_and_has_at_most_so_many() {
    let frame = |fields: &str| parse(&format!(r#"{{"type":"message","id":"{UUID}",{fields}}}"#));
    let files = |count: usize| format!(r#""attachments":[{}]"#, vec![format!("\"{UUID}\""); count].join(","));
    let alone = ClientFrame::Message { id: id(), text: None, attachments: vec![id(); 10] };
    assert_eq!(frame(&files(10)), Ok(alone.clone()));
    assert_eq!(frame(&format!(r#""text":"  ",{}"#, files(10))), Ok(alone));
    let refusal = frame(&files(11)).expect_err("one too many");
    assert_eq!((refusal.code, refusal.id), (ErrorCode::TooManyAttachments, Some(id())));
    let neither = frame(r#""attachments":[]"#).expect_err("nothing is said");
    assert_eq!((neither.code, neither.id), (ErrorCode::BadFrame, Some(id())));
    assert_eq!(frame(r#""attachments":["x"]"#).expect_err("no id").code, ErrorCode::BadFrame);
}

#[test]
fn half_a_character_is_refused_by_name() {
    let refusal = parse(&format!(r#"{{"type":"message","text":"\ud83d","id":"{UUID}"}}"#))
        .expect_err("half a character");
    assert_eq!((refusal.code, refusal.id), (ErrorCode::BadFrame, Some(id())));
}

#[test]
fn a_frame_is_refused_by_its_size() {
    let frame = |bytes: usize| format!(r#"{{"type":"end","x":"{}"}}"#, "x".repeat(bytes - 21));
    assert_eq!(frame(131_072).len(), 131_072);
    assert_eq!(parse(&frame(131_072)), Ok(ClientFrame::End));
    assert_eq!(code(&frame(131_073)), ErrorCode::FrameTooLarge);
}

#[test]
fn a_broken_token_is_answered_like_an_unknown_one() {
    for token in ["", "x", &TOKEN[1..], &TOKEN.to_uppercase()] {
        assert_eq!(code(&format!(r#"{{"type":"hello","token":"{token}"}}"#)), ErrorCode::UnknownToken);
    }
}

#[test]
fn a_name_is_cleaned() {
    let Ok(ClientFrame::Hello { name, .. }) = parse(r#"{"type":"hello","name":" Ann\n\u202egreB "}"#) else {
        panic!("a hello");
    };
    assert_eq!(name.as_ref().map(ContactName::as_str), Some("Ann greB"));
}

#[test]
fn depth_is_harmless() {
    let deep = "[".repeat(60_000) + &"]".repeat(60_000);
    assert_eq!(
        parse(&format!(r#"{{"type":"typing","on":true,"x":{deep}}}"#)),
        Ok(ClientFrame::Typing { on: true })
    );
    assert_eq!(code(&"[".repeat(100_000)), ErrorCode::BadFrame);
    assert_eq!(code(&"{\"type\":".repeat(10_000)), ErrorCode::BadFrame, "deep where the type should be");
    assert_eq!(code(&format!(r#"{{"type":"message","id":"{UUID}","text":{deep}}}"#)), ErrorCode::BadFrame);
}

#[test]
fn the_time_to_wait_is_rounded_up() {
    let refusal = FrameRefusal::new(ErrorCode::TooManyMessages, "slowly")
        .retry_after(std::time::Duration::from_micros(199_001));
    assert_eq!(
        ServerFrame::from(refusal).to_json(),
        r#"{"type":"error","code":"too_many_messages","detail":"slowly","retry_after_ms":200}"#
    );
}

#[test]
fn debug_output_gives_neither_token_nor_text_nor_name_away() {
    let hello = parse(&format!(r#"{{"type":"hello","token":"{TOKEN}","name":"Ann"}}"#));
    let written = parse(&format!(r#"{{"type":"message","id":"{UUID}","text":"my card is 4111"}}"#));
    let welcome = ServerFrame::Welcome {
        token: SessionToken::parse(TOKEN).expect("a token"),
        contact: ContactName::clean("Ann", 80),
        latest: 1,
        state: ContactState::Active,
        typing_ttl_ms: 10_000,
        attachments: None,
    };
    let debug = format!("{hello:?} {written:?} {welcome:?}");
    for secret in [&TOKEN[..16], "4111", "Ann"] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

/// JSON of any shape, often with the fields of a frame and values of the wrong kind in them.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        Just(UUID.into()),
        Just(TOKEN.into()),
    ];
    let kind = prop_oneof![
        Just("hello".into()),
        Just("message".into()),
        Just("typing".into()),
        Just("seen".into()),
        Just("end".into()),
        leaf.clone(),
    ];
    let field = prop_oneof![
        Just("token"),
        Just("after"),
        Just("name"),
        Just("id"),
        Just("text"),
        Just("on"),
        Just("delivered"),
        Just("read"),
        Just("other"),
    ];
    let value = leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            proptest::collection::btree_map("[a-z]{0,3}", inner, 0..3)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    });
    (kind, proptest::collection::btree_map(field, value, 0..5)).prop_map(|(kind, fields)| {
        let mut object: serde_json::Map<String, serde_json::Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        object.insert("type".into(), kind);
        object.into()
    })
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn a_refusal_of_any_json_is_a_refusal_and_repeats_nothing(json in json(), secret in "[A-Z]{12}") {
        let mut json = json;
        if let Some(fields) = json.as_object_mut() {
            for value in fields.values_mut().filter(|value| value.is_string() && value.as_str() != Some(UUID)) {
                *value = secret.clone().into();
            }
        }
        if let Err(refusal) = parse(&json.to_string()) {
            let told = ServerFrame::from(refusal).to_json();
            prop_assert!(!told.contains(&secret), "{}", told);
        }
    }

    #[test]
    fn every_well_formed_message_is_read(written in "\\PC{0,40}x\\PC{0,40}") {
        let frame = serde_json::json!({"type": "message", "id": UUID, "text": written}).to_string();
        prop_assert_eq!(parse(&frame), Ok(ClientFrame::Message { id: id(), text: Some(text(&written)), attachments: Vec::new() }));
    }
}
