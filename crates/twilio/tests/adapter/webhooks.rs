//! What a webhook says: messages of contacts, and what became of ours.

use http::StatusCode;
use parlor_channel::{
    ConsentWish, ConsentWord, Decoded, Endpoint, Happening, InboundMessage, MediaReference, Receipt,
    ReceiptStage, WebhookCodec, WebhookEvent,
};
use parlor_model::{ChannelKind, Content, DeliveryStage, Id, MediaType, OutboxId, ProviderMessageId};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{ACCOUNT, SERVICE, TOKEN, URL, Wire, account, decoded, decoded_at, sha1};

const SID: &str = "SMdddddddddddddddddddddddddddddddd";

/// A message with everything that comes with one.
const MESSAGE: [(&str, &str); 20] = [
    ("ToCountry", "US"),
    ("ToState", ""),
    ("SmsMessageSid", SID),
    ("NumMedia", "0"),
    ("ToCity", ""),
    ("FromZip", ""),
    ("SmsSid", SID),
    ("FromState", "CA"),
    ("SmsStatus", "received"),
    ("FromCity", ""),
    ("Body", "Hello there"),
    ("FromCountry", "US"),
    ("To", "+15005550006"),
    ("MessagingServiceSid", SERVICE),
    ("ToZip", ""),
    ("NumSegments", "1"),
    ("MessageSid", SID),
    ("AccountSid", ACCOUNT),
    ("From", "+14155550100"),
    ("ApiVersion", "2010-04-01"),
];

/// The same with some parameters changed or added, and those left out that have no value.
fn changed<'a>(
    base: &[(&'a str, &'a str)],
    changes: &[(&'a str, Option<&'a str>)],
) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let added = changes.iter().filter_map(|&(name, value)| Some((name, value?)));
    kept.copied().chain(added).collect()
}

fn message_with<'a>(changes: &[(&'a str, Option<&'a str>)]) -> Vec<(&'a str, &'a str)> {
    changed(&MESSAGE, changes)
}

/// The one event in it, and nothing else.
fn only(decoded: Decoded) -> WebhookEvent {
    assert_eq!(decoded.issues, []);
    let [event] = <[_; 1]>::try_from(decoded.events).unwrap();
    event
}

fn inbound(parameters: &[(&str, &str)]) -> InboundMessage {
    match only(decoded(parameters)).happening {
        Happening::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// Why nothing was read.
fn issue(parameters: &[(&str, &str)]) -> String {
    let decoded = decoded(parameters);
    assert_eq!(decoded.events, []);
    let [issue] = <[_; 1]>::try_from(decoded.issues).unwrap();
    assert_eq!(issue.raw, Wire::post(URL, parameters).body, "it is kept as it came");
    issue.reason
}

fn text(message: &InboundMessage) -> Option<&str> {
    message.content.as_ref().and_then(Content::text)
}

#[test]
fn r120_a_text_is_a_message() {
    let event = only(decoded(&MESSAGE));
    assert_eq!(
        event.endpoint,
        Endpoint { kind: ChannelKind::Sms, addresses: vec!["+15005550006".to_owned(), SERVICE.to_owned()] }
    );
    let message = inbound(&MESSAGE);
    assert_eq!(message.id, ProviderMessageId::new(SID));
    assert_eq!(text(&message), Some("Hello there"));
    assert_eq!((&message.from.kind, message.from.scope.as_str()), (&ChannelKind::Sms, ""));
    assert_eq!((message.media.len(), message.consent, message.provider_time), (0, None, None));
    assert_eq!(message.display_name, None);
}

#[test]
fn a_message_by_get_is_the_same() {
    let wire = Wire::get(&format!("{URL}?tenant=acme"), &MESSAGE);
    let signature = sha1(TOKEN, &wire.url);
    let by_get = only(wire.signed(&signature).decode(&account()));
    let by_post = only(decoded(&MESSAGE));
    assert_eq!((by_get.endpoint, by_get.happening), (by_post.endpoint, by_post.happening));
}

#[test]
fn r128_the_sender_is_kept_as_the_network_says_it() {
    for from in
        ["+14155550100", "12345", "Parlor", "someone@example.test", "+14 155", "unknown", "0014155550100"]
    {
        let message = inbound(&message_with(&[("From", Some(from))]));
        assert_eq!(message.from.address.as_str(), from);
    }
}

#[test]
fn a_short_code_is_one_of_our_addresses() {
    let event = only(decoded(&message_with(&[("To", Some("12345")), ("MessagingServiceSid", None)])));
    assert_eq!(event.endpoint.addresses, ["12345"]);
    let event = only(decoded(&message_with(&[("To", Some("")), ("MessagingServiceSid", Some(SERVICE))])));
    assert_eq!(event.endpoint.addresses, [SERVICE], "the pool alone is enough");
}

#[test]
fn old_names_of_the_id_will_do() {
    for left_out in [&["MessageSid"][..], &["MessageSid", "SmsMessageSid"], &["SmsSid", "SmsMessageSid"]] {
        let changes: Vec<_> = left_out.iter().map(|name| (*name, None)).collect();
        assert_eq!(inbound(&message_with(&changes)).id, ProviderMessageId::new(SID));
    }
}

#[test]
fn words_are_kept_to_the_character() {
    for (body, kept) in [
        ("  Grüße\r\n„Welt“ 👩‍👩‍👧 ", Some("  Grüße\r\n„Welt“ 👩‍👩‍👧 ")),
        ("a\0b", Some("a\u{fffd}b")),
        ("<script>&amp;", Some("<script>&amp;")),
        ("+ %2B =&", Some("+ %2B =&")),
    ] {
        assert_eq!(text(&inbound(&message_with(&[("Body", Some(body))]))), kept);
    }
    let long = "ü".repeat(1_600);
    assert_eq!(text(&inbound(&message_with(&[("Body", Some(&long))]))), Some(long.as_str()));
}

/// A message that says nothing is shown as such; it never vanishes.
#[test]
fn a_message_without_anything_is_kept_as_it_came() {
    for body in [None, Some(""), Some(" \n")] {
        let parameters = message_with(&[("Body", body)]);
        let Some(Content::Unsupported { kind, raw }) = inbound(&parameters).content else {
            panic!("{body:?}");
        };
        assert_eq!(kind, "empty");
        assert_eq!(raw.as_str().as_bytes(), Wire::post(URL, &parameters).body);
    }
}

const FILE: &str = "https://api.twilio.com/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages/MMffffffffffffffffffffffffffffffff/Media/ME0000000000000000000000000000000";
const LOCATION: &str =
    "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/MMffffffffffffffffffffffffffffffff/ME0000000000000000000000000000000";

fn reference(index: usize, declared: Option<&str>) -> MediaReference {
    MediaReference {
        location: format!("{LOCATION}{index}"),
        declared: declared.map(|kind| MediaType::new(kind).unwrap()),
        name: None,
    }
}

/// A message with ten files whose addresses end in these.
fn files(count: usize) -> Vec<(String, String)> {
    (0..count).map(|index| (format!("MediaUrl{index}"), format!("{FILE}{index}"))).collect()
}

fn with_files<'a>(
    files: &'a [(String, String)],
    changes: &[(&'a str, Option<&'a str>)],
) -> Vec<(&'a str, &'a str)> {
    let files = files.iter().map(|(name, url)| (name.as_str(), url.as_str()));
    message_with(changes).into_iter().chain(files).collect()
}

#[test]
fn r123_files_come_with_a_message_in_their_order() {
    let files = files(2);
    let message = inbound(&with_files(
        &files,
        &[
            ("NumMedia", Some("2")),
            ("Body", None),
            ("MediaContentType1", Some("image/png")),
            ("MediaContentType0", Some("image/JPEG; q=1")),
        ],
    ));
    assert_eq!(message.content, None, "there are only files");
    assert_eq!(message.media, [reference(0, Some("image/jpeg")), reference(1, Some("image/png"))]);
}

#[test]
fn ten_files_without_types_keep_their_order() {
    let files = files(10);
    let message = inbound(&with_files(&files, &[("NumMedia", Some("10")), ("MediaContentType3", Some("?"))]));
    assert_eq!(text(&message), Some("Hello there"));
    assert_eq!(message.media, (0..10).map(|index| reference(index, None)).collect::<Vec<_>>());
    // The number of them is not needed to find them.
    for count in [None, Some(""), Some("x"), Some("-1"), Some("0")] {
        assert_eq!(inbound(&with_files(&files, &[("NumMedia", count)])).media.len(), 10, "{count:?}");
    }
}

#[test]
fn r127_a_file_that_is_missing_takes_nothing_with_it() {
    let files = files(1);
    let decoded = decoded(&with_files(&files, &[("NumMedia", Some("3"))]));
    let [issue] = <[_; 1]>::try_from(decoded.issues).unwrap();
    assert!(issue.reason.contains("number 1"), "{}", issue.reason);
    let [event] = <[_; 1]>::try_from(decoded.events).unwrap();
    let Happening::Message(message) = event.happening else { panic!() };
    assert_eq!((text(&message), message.media.len()), (Some("Hello there"), 1));
    // Nor do those after it get lost.
    let later = self::decoded(&with_files(&self::files(3)[2..], &[("NumMedia", Some("3"))]));
    let Happening::Message(message) = &later.events[0].happening else { panic!() };
    assert_eq!((later.issues.len(), &message.media[..]), (1, &[reference(2, None)][..]));
}

#[test]
fn how_many_files_are_claimed_costs_nothing() {
    for claimed in ["18446744073709551615", "99999999"] {
        let decoded = decoded(&message_with(&[("NumMedia", Some(claimed))]));
        assert_eq!((decoded.events.len(), decoded.issues.len()), (1, 1));
    }
}

#[test]
fn where_a_file_is_says_the_ids_in_its_address_alone() {
    let elsewhere = FILE.replace("api.twilio.com", "evil.test");
    let elsewhere = [("MediaUrl0".to_owned(), format!("{elsewhere}0?x=1#y"))];
    assert_eq!(inbound(&with_files(&elsewhere, &[])).media, [reference(0, None)]);
    for odd in [
        "https://evil.test/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "nothing",
        "https://api.twilio.com/2010-04-01/Accounts/ACx/Messages/MMx/Media/MEx",
        "https://api.twilio.com/2010-04-01/Accounts/../Messages/../Media/..",
    ] {
        let message = inbound(&message_with(&[("MediaUrl0", Some(odd))]));
        assert_eq!(message.media[0].location, odd, "it is refused when it is to be fetched, and seen then");
    }
}

#[test]
fn what_came_by_another_network_is_never_taken_for_a_text() {
    for (name, value) in [
        ("From", "whatsapp:+14155550100"),
        ("From", "messenger:1234567890"),
        ("From", "rcs:+14155550100"),
        ("From", "WhatsApp:+14155550100"),
        ("To", "whatsapp:+15005550006"),
        ("To", "rcs:brand_agent"),
    ] {
        let reason = issue(&message_with(&[(name, Some(value))]));
        assert!(reason.contains("another network"), "{value}: {reason}");
    }
}

#[test]
fn what_cannot_be_read_is_kept_with_the_reason() {
    for (changes, reason) in [
        (&[("MessageSid", None), ("SmsSid", None), ("SmsMessageSid", None)][..], "names no message"),
        (&[("From", None)], "who wrote"),
        (&[("From", Some(" "))], "who wrote"),
        (&[("To", None), ("MessagingServiceSid", None)], "none of our numbers"),
    ] {
        let found = issue(&message_with(changes));
        assert!(found.contains(reason), "{found}");
    }
    let long = "x".repeat(257);
    assert!(issue(&message_with(&[("MessageSid", Some(&long))])).contains("too long"));
    assert!(issue(&message_with(&[("From", Some(&long))])).contains("too long"));
    assert!(issue(&[("Hello", "there")]).contains("no message"));
    let twice: Vec<_> = MESSAGE.iter().copied().chain([("From", "+19995550100")]).collect();
    assert!(issue(&twice).contains("From twice"), "who wrote is said once");
    let again: Vec<_> = MESSAGE.iter().copied().chain([("From", "+14155550100")]).collect();
    assert_eq!(inbound(&again).from.address.as_str(), "+14155550100", "the same said again is the same");
    let names: Vec<_> = (0..1_001).map(|index| format!("P{index}")).collect();
    let many: Vec<_> = MESSAGE.iter().copied().chain(names.iter().map(|name| (name.as_str(), ""))).collect();
    assert!(issue(&many).contains("more than 1000"));
}

#[test]
fn a_body_that_is_no_form_is_kept() {
    let body = br#"[{"type": "com.example"}]"#;
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(body));
    let mut wire = Wire::post(&format!("{URL}?bodySHA256={hash}"), &[]);
    wire.headers.insert("content-type", "application/json".parse().unwrap());
    wire.body = body.to_vec();
    let signature = sha1(TOKEN, &wire.url);
    let decoded = wire.signed(&signature).decode(&account());
    assert_eq!(decoded.events, []);
    assert_eq!(decoded.issues[0].raw, body);
}

#[test]
fn words_about_being_written_to_are_found_when_they_are_the_whole_message() {
    let stop = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"];
    let all = stop
        .map(|word| (word, ConsentWish::Stop))
        .into_iter()
        .chain(["START", "UNSTOP", "YES"].map(|word| (word, ConsentWish::Start)))
        .chain(["HELP", "INFO"].map(|word| (word, ConsentWish::Help)));
    for (word, wish) in all {
        for body in [word.to_owned(), word.to_lowercase(), format!("  {word}\r\n")] {
            let message = inbound(&message_with(&[("Body", Some(&body))]));
            assert_eq!(message.consent, Some(ConsentWord { wish, answered: true }), "{body:?}");
            assert_eq!(text(&message), Some(body.as_str()), "it is a message like any other");
        }
        for body in [format!("{word}."), format!("please {word}"), format!("{word} it")] {
            assert_eq!(inbound(&message_with(&[("Body", Some(&body))])).consent, None, "{body:?}");
        }
    }
    // Short codes have an answer of their own, or none.
    let short = inbound(&message_with(&[("Body", Some("Stop")), ("To", Some("12345"))]));
    assert_eq!(short.consent, Some(ConsentWord { wish: ConsentWish::Stop, answered: false }));
}

#[test]
fn the_provider_knows_best_what_it_took_for_an_opt_out() {
    for (kind, wish) in
        [("STOP", ConsentWish::Stop), ("START", ConsentWish::Start), ("HELP", ConsentWish::Help)]
    {
        for body in ["Arrêt", "STOP", "HELP"] {
            let message = inbound(&message_with(&[("Body", Some(body)), ("OptOutType", Some(kind))]));
            assert_eq!(message.consent, Some(ConsentWord { wish, answered: true }), "{kind} by {body}");
        }
    }
    assert_eq!(inbound(&message_with(&[("Body", Some("STOP")), ("OptOutType", Some("NEW"))])).consent, None);
}

/// A status callback with everything that comes with one.
const STATUS: [(&str, &str); 8] = [
    ("ApiVersion", "2010-04-01"),
    ("AccountSid", ACCOUNT),
    ("SmsSid", SID),
    ("SmsStatus", "delivered"),
    ("MessageSid", SID),
    ("MessageStatus", "delivered"),
    ("To", "+14155550100"),
    ("From", "+15005550006"),
];

fn receipt(parameters: &[(&str, &str)]) -> Receipt {
    match only(decoded(parameters)).happening {
        Happening::Receipt(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_status_of_a_message_of_ours_is_known() {
    for (status, stage) in [
        ("accepted", ReceiptStage::Accepted),
        ("scheduled", ReceiptStage::Accepted),
        ("queued", ReceiptStage::Accepted),
        ("sending", ReceiptStage::Accepted),
        ("sent", ReceiptStage::Reached(DeliveryStage::Sent)),
        ("partially_delivered", ReceiptStage::Reached(DeliveryStage::Sent)),
        ("delivered", ReceiptStage::Reached(DeliveryStage::Delivered)),
        ("read", ReceiptStage::Reached(DeliveryStage::Read)),
        ("failed", ReceiptStage::Reached(DeliveryStage::Failed)),
        ("undelivered", ReceiptStage::Reached(DeliveryStage::Failed)),
        ("canceled", ReceiptStage::Reached(DeliveryStage::Failed)),
    ] {
        let told = changed(&STATUS, &[("MessageStatus", Some(status)), ("SmsStatus", Some(status))]);
        let receipt = receipt(&told);
        assert_eq!(receipt.stage, stage, "{status}");
        assert_eq!(receipt.provider_id, Some(ProviderMessageId::new(SID)));
        assert_eq!(receipt.code.as_deref(), (status == "canceled").then_some("canceled"));
        // Old senders have one name for it only.
        let old = changed(&told, &[("MessageStatus", None), ("MessageSid", None)]);
        assert_eq!(self::receipt(&old), receipt, "{status}");
    }
    let event = only(decoded(&changed(&STATUS, &[("MessagingServiceSid", Some(SERVICE))])));
    assert_eq!(event.endpoint.addresses, ["+15005550006", SERVICE], "our side is the sender");
}

#[test]
fn what_says_nothing_new_is_acknowledged_and_left_alone() {
    for status in ["receiving", "received", "teleported", "DELIVERED"] {
        let told = changed(&STATUS, &[("MessageStatus", Some(status)), ("SmsStatus", None)]);
        assert_eq!(decoded(&told), Decoded::default(), "{status}");
    }
}

#[test]
fn r131_a_failure_says_why() {
    for (code, told) in [(Some("30007"), Some("30007")), (Some(""), None), (Some("0"), None), (None, None)] {
        let failed = changed(&STATUS, &[("MessageStatus", Some("undelivered")), ("ErrorCode", code)]);
        assert_eq!(receipt(&failed).code.as_deref(), told, "{code:?}");
    }
}

#[test]
fn a_receipt_has_the_token_that_we_put_into_its_address() {
    let token = OutboxId::from_uuid(Uuid::from_u128(7));
    for (url, found) in [
        (format!("{URL}?ob={token}"), Some(token)),
        (format!("{URL}?tenant=acme&ob={token}"), Some(token)),
        (format!("{URL}?ob=x"), None),
        (format!("{URL}?ob="), None),
        (URL.to_owned(), None),
    ] {
        let Happening::Receipt(receipt) = only(decoded_at(&url, &STATUS)).happening else { panic!() };
        assert_eq!(receipt.token, found, "{url}");
    }
    // In the body it is somebody else's parameter.
    assert_eq!(receipt(&changed(&STATUS, &[("ob", Some(&token.to_string()))])).token, None);
}

#[test]
fn a_receipt_without_an_id_or_a_sender_is_kept() {
    assert!(issue(&changed(&STATUS, &[("MessageSid", None), ("SmsSid", None)])).contains("no message"));
    assert!(issue(&changed(&STATUS, &[("From", Some("whatsapp:+15005550006"))])).contains("numbers"));
}

#[test]
fn the_answer_says_that_there_is_no_reply() {
    let answer = account().taken();
    assert_eq!((answer.status, answer.content_type), (StatusCode::OK, "text/xml"));
    assert!(answer.body.ends_with("<Response/>"));
}

#[test]
fn nothing_of_a_message_is_shown() {
    let shown = format!("{:?}", decoded(&message_with(&[("NumMedia", Some("1"))])));
    assert!(!shown.contains("Hello") && !shown.contains("4155550100"), "{shown}");
}

proptest! {
    /// Whatever genuine parameters say, they are an event, an issue, or a status of no interest: nothing is lost.
    #[test]
    fn nothing_is_lost(
        names in prop::collection::vec(prop::sample::select(vec![
            "MessageSid", "SmsSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MediaUrl1", "MediaContentType0",
            "SmsStatus", "MessageStatus", "OptOutType", "ErrorCode", "MessagingServiceSid", "X",
        ]), 0..10),
        values in prop::collection::vec(prop_oneof![
            Just(SID.to_owned()), Just("+14155550100".to_owned()), Just("2".to_owned()), Just("delivered".to_owned()),
            Just("received".to_owned()), Just(format!("{FILE}0")), Just(String::new()), "\\PC{0,20}",
        ], 10),
    ) {
        let parameters: Vec<_> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
        let decoded = decoded(&parameters);
        let is_status = parameters.iter().any(|(name, _)| name.ends_with("Status"));
        prop_assert!(is_status || decoded.events.len() + decoded.issues.len() > 0);
        prop_assert!(decoded.events.len() <= 1 && decoded.issues.len() <= 1);
    }

    /// The order of the parameters means nothing.
    #[test]
    fn a_message_is_the_same_in_any_order(turn in 0..MESSAGE.len()) {
        let mut turned = MESSAGE.to_vec();
        turned.rotate_left(turn);
        prop_assert_eq!(inbound(&turned), inbound(&MESSAGE));
    }
}
