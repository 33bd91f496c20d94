//! What is asked of the API, and what its answers mean.

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use parlor_channel::{
    Certainty, HttpRequest, HttpResponse, MediaReference, Outbound, Provider, Retry, TransportErrorKind,
    permitted, preflight,
};
use parlor_model::{
    Attachment, AttachmentId, BlobId, ChannelKind, ChannelName, Content, ContentHash, FileName, Id,
    MediaType, MessageId, MessageText, OutboxId, PointAddress, PointKey, ProviderMessageId, Timestamp,
    Visibility, WebAddress,
};
use parlor_twilio::{KnownError, TwilioAccount, TwilioSettings, sms_capabilities};
use url::form_urlencoded;
use uuid::Uuid;

use crate::support::{ACCOUNT, SERVICE, TOKEN, account, settings};

const OUTBOX: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0007;
const SID: &str = "SM11111111111111111111111111111111";

fn words(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

fn outbound(content: Content) -> Outbound {
    Outbound::new(
        OutboxId::from_uuid(Uuid::from_u128(OUTBOX)),
        MessageId::from_uuid(Uuid::from_u128(2)),
        ChannelName::new("sms").unwrap(),
        "+15005550006".to_owned(),
        PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new("+14155550100") },
        Visibility::Private,
        content,
    )
}

fn hello() -> Outbound {
    outbound(Content::Text { text: words("Hello & „welcome“ + 😀") })
}

fn sent_from(from: &str) -> Outbound {
    let mut outbound = hello();
    from.clone_into(&mut outbound.from);
    outbound
}

fn file(media_type: &str, bytes: u64) -> Attachment {
    Attachment {
        id: AttachmentId::from_uuid(Uuid::from_u128(3)),
        name: FileName::clean("a.bin"),
        media_type: MediaType::new(media_type).unwrap(),
        bytes,
        sha256: ContentHash::new([0; 32]),
        blob: BlobId::from_uuid(Uuid::from_u128(4)),
        dimensions: None,
        thumbnail: None,
    }
}

fn with_files(files: Vec<Attachment>) -> Outbound {
    let urls =
        (0..files.len()).map(|index| format!("https://desk.test/files/{index}?k=1&l=2").parse().unwrap());
    let urls = urls.collect();
    let mut outbound = outbound(Content::Attached { text: None, attachments: files });
    outbound.files = urls;
    outbound
}

fn mms() -> TwilioAccount {
    TwilioAccount::new(TwilioSettings { outbound_mms: true, ..settings() }).unwrap()
}

fn form(request: &HttpRequest) -> Vec<(String, String)> {
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

const CALLBACK: &str = "https://hooks.example.test/webhooks/twilio?ob=01930000-0000-7000-8000-000000000007";

#[test]
fn r129_a_text_is_one_request() {
    let request = account().encode(&hello()).unwrap();
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.url.as_str(),
        format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    );
    let credentials = data_encoding::BASE64.encode(format!("{ACCOUNT}:{TOKEN}").as_bytes());
    assert_eq!(request.headers["authorization"], format!("Basic {credentials}"));
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(
        form(&request),
        pairs(&[
            ("To", "+14155550100"),
            ("From", "+15005550006"),
            ("Body", "Hello & „welcome“ + 😀"),
            ("StatusCallback", CALLBACK),
        ])
    );
}

#[test]
fn the_address_of_a_callback_keeps_what_was_configured() {
    for (webhook, callback) in [
        (
            "https://h.test/w?tenant=a%20b&ch=1",
            "https://h.test/w?tenant=a%20b&ch=1&ob=01930000-0000-7000-8000-000000000007",
        ),
        (
            "https://h.test/w#rc=5&rp=all",
            "https://h.test/w?ob=01930000-0000-7000-8000-000000000007#rc=5&rp=all",
        ),
    ] {
        let account =
            TwilioAccount::new(TwilioSettings { webhook_url: webhook.parse().unwrap(), ..settings() })
                .unwrap();
        let form = form(&account.encode(&hello()).unwrap());
        assert_eq!(form.last(), Some(&("StatusCallback".to_owned(), callback.to_owned())));
    }
}

#[test]
fn a_message_goes_out_from_a_number_or_a_service_or_a_number_within_it() {
    let serviced = TwilioSettings { messaging_service_sid: Some(SERVICE.to_owned()), ..settings() };
    let serviced = TwilioAccount::new(serviced).unwrap();
    for (account, from, sender) in [
        (&account(), "+15005550006", &[("From", "+15005550006")][..]),
        (&account(), "12345", &[("From", "12345")]),
        (&account(), "Parlor", &[("From", "Parlor")]),
        (&account(), SERVICE, &[("MessagingServiceSid", SERVICE)]),
        (&serviced, SERVICE, &[("MessagingServiceSid", SERVICE)]),
        (&serviced, "+15005550006", &[("From", "+15005550006"), ("MessagingServiceSid", SERVICE)]),
    ] {
        let outbound = sent_from(from);
        let form = form(&account.encode(&outbound).unwrap());
        let found: Vec<_> =
            form.into_iter().filter(|(name, _)| name == "From" || name.starts_with("Messaging")).collect();
        assert_eq!(found, pairs(sender));
    }
}

/// What is refused before anything is sent.
fn refused(account: &TwilioAccount, outbound: &Outbound) -> TransportErrorKind {
    let error = account.encode(outbound).unwrap_err();
    assert_eq!((error.certainty, error.retry), (Certainty::NotSent, Retry::Never));
    error.kind
}

#[test]
fn what_has_no_form_here_is_refused_without_a_request() {
    let to = |kind: ChannelKind, address: &str| {
        let mut outbound = hello();
        outbound.to = PointKey { kind, scope: String::new(), address: PointAddress::new(address) };
        outbound
    };
    for (kind, address) in [
        (ChannelKind::WhatsApp, "+14155550100"),
        (ChannelKind::Sms, "whatsapp:+14155550100"),
        (ChannelKind::Sms, "Parlor"),
        (ChannelKind::Sms, "someone@example.test"),
        (ChannelKind::Sms, "4155550100"),
        (ChannelKind::Sms, ""),
    ] {
        assert_eq!(refused(&account(), &to(kind, address)), TransportErrorKind::Recipient, "{address}");
    }
    for from in ["", "+1", "whatsapp:+15005550006", ACCOUNT] {
        let outbound = sent_from(from);
        assert_eq!(refused(&account(), &outbound), TransportErrorKind::SenderNotAllowed, "{from}");
    }
    for visibility in [Visibility::Public, Visibility::Internal] {
        let mut outbound = hello();
        outbound.visibility = visibility;
        assert_eq!(refused(&account(), &outbound), TransportErrorKind::Content);
    }
    for content in [Content::Note { text: words("psst") }, Content::Erased] {
        assert_eq!(refused(&account(), &outbound(content)), TransportErrorKind::Content);
    }
}

#[test]
fn r64_an_address_that_is_pushed_goes_in_words() {
    let url = WebAddress::new("https://example.test/offer").unwrap();
    let pushed = outbound(Content::PushedUrl { url, text: words("Please open https://example.test/offer") });
    let form = form(&account().encode(&pushed).unwrap());
    assert_eq!(form[2], ("Body".to_owned(), "Please open https://example.test/offer".to_owned()));
}

#[test]
fn r85_files_wait_until_somebody_switches_them_on() {
    let picture = with_files(vec![file("image/png", 10)]);
    assert!(!account().profile().outbound_image);
    assert_eq!(permitted(&picture.content, &account().profile()).unwrap_err().code(), "unsupported_content");
    assert_eq!(refused(&account(), &picture), TransportErrorKind::Content);
    assert!(mms().profile().outbound_image);
    permitted(&picture.content, &mms().profile()).unwrap();
    let two = with_files(vec![file("image/png", 10), file("image/jpeg", 10)]);
    assert_eq!(
        form(&mms().encode(&two).unwrap())[2..4],
        pairs(&[
            ("MediaUrl", "https://desk.test/files/0?k=1&l=2"),
            ("MediaUrl", "https://desk.test/files/1?k=1&l=2"),
        ])
    );
}

#[test]
fn files_that_are_too_large_together_or_alone_are_refused_without_a_request() {
    const ALL: u64 = 5 * 1024 * 1024;
    let encode = |files: Vec<Attachment>| mms().encode(&with_files(files)).is_ok();
    assert!(encode(vec![file("image/png", ALL)]));
    assert!(!encode(vec![file("image/png", ALL), file("image/png", 1)]));
    assert!(!encode(vec![file("image/png", u64::MAX), file("image/png", u64::MAX)]));
    assert!(encode(vec![file("video/mp4", 512_000)]));
    assert!(!encode(vec![file("video/mp4", 512_001)]));
    let mut unreachable = with_files(vec![file("image/png", 10)]);
    unreachable.files.clear();
    assert_eq!(refused(&mms(), &unreachable), TransportErrorKind::Content, "there is no address for it");
}

#[test]
fn a_refusal_beforehand_names_the_limit_and_its_source() {
    let fits = |text: &str| preflight(&Content::Text { text: words(text) }, sms_capabilities());
    fits(&"a".repeat(1_600)).unwrap();
    fits(&"😀".repeat(800)).unwrap();
    for text in ["a".repeat(1_601), "😀".repeat(801)] {
        let refusal = fits(&text).unwrap_err().to_string();
        assert!(refusal.contains("1600") && refusal.contains("21617"), "{refusal}");
    }
    let files = |count| Content::Attached { text: None, attachments: vec![file("image/png", 1); count] };
    preflight(&files(10), sms_capabilities()).unwrap();
    assert_eq!(preflight(&files(11), sms_capabilities()).unwrap_err().code(), "over_limit");
    let program = Content::Attached { text: None, attachments: vec![file("application/x-msdownload", 1)] };
    assert_eq!(preflight(&program, sms_capabilities()).unwrap_err().code(), "unsupported_content");
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(status).unwrap(), body)
}

#[test]
fn a_message_that_was_taken_has_the_providers_id() {
    let body = format!(r#"{{"sid":"{SID}","status":"queued","error_code":null,"new":[1]}}"#);
    let receipt = account().receipt(&answer(201, &body)).unwrap();
    assert_eq!(receipt.provider_ids, [ProviderMessageId::new(SID)]);
    let receipt = account().receipt(&answer(200, &body.replace("SM", "MM"))).unwrap();
    assert_eq!(receipt.provider_ids, [ProviderMessageId::new(SID.replace("SM", "MM"))]);
}

/// Nobody would ever be told otherwise: there is no callback for the first status.
#[test]
fn what_failed_at_once_was_not_sent() {
    let body = format!(r#"{{"sid":"{SID}","status":"failed","error_code":30006}}"#);
    let error = account().receipt(&answer(201, &body)).unwrap_err();
    assert_eq!((error.kind, error.certainty), (TransportErrorKind::Recipient, Certainty::NotSent));
    assert_eq!(error.provider_code.as_deref(), Some("30006"));
    let body = format!(r#"{{"sid":"{SID}","status":"undelivered","error_code":null}}"#);
    assert_eq!(account().receipt(&answer(201, &body)).unwrap_err().kind, TransportErrorKind::Other);
}

#[test]
fn every_code_is_classified() {
    for known in KnownError::all() {
        let body = format!(r#"{{"code":{},"message":"m","more_info":"i","status":400}}"#, known.code);
        let error = account().receipt(&answer(400, &body)).unwrap_err();
        let retry = if known.passes { Retry::Backoff } else { Retry::Never };
        assert_eq!((error.kind, error.certainty, error.retry), (known.kind, Certainty::NotSent, retry));
        assert_eq!(error.provider_code, Some(known.code.to_string()));
    }
    let error = account().receipt(&answer(400, r#"{"code":29999}"#)).unwrap_err();
    assert_eq!((error.kind, error.certainty), (TransportErrorKind::Other, Certainty::NotSent));
}

#[test]
fn r122_a_wrong_sender_is_tried_once() {
    let error = account().receipt(&answer(400, r#"{"code":21606,"status":400}"#)).unwrap_err();
    assert_eq!(
        (error.kind, error.certainty, error.retry),
        (TransportErrorKind::SenderNotAllowed, Certainty::NotSent, Retry::Never)
    );
}

#[test]
fn too_many_requests_wait_as_long_as_the_provider_says() {
    let refused = |after: Option<&'static str>, body: &str| {
        let mut answer = answer(429, body);
        if let Some(after) = after {
            answer.headers.insert("retry-after", HeaderValue::from_static(after));
        }
        let error = account().receipt(&answer).unwrap_err();
        assert_eq!((error.kind, error.certainty), (TransportErrorKind::RateLimited, Certainty::NotSent));
        error.retry
    };
    let code = r#"{"code":20429,"message":"Too Many Requests","status":429}"#;
    assert_eq!(refused(None, code), Retry::Backoff);
    assert_eq!(refused(None, "<html>"), Retry::Backoff, "the status says it alone");
    assert_eq!(refused(Some("7"), code), Retry::After(Duration::from_secs(7)));
    assert_eq!(refused(Some("7"), ""), Retry::After(Duration::from_secs(7)));
    assert_eq!(refused(Some("999999999"), code), Retry::After(Duration::from_hours(1)));
    assert_eq!(refused(Some("Wed, 21 Oct 2026 07:28:00 GMT"), code), Retry::Backoff);
    // Whoever may never send does not wait either.
    let mut answer = answer(400, r#"{"code":21610}"#);
    answer.headers.insert("retry-after", HeaderValue::from_static("7"));
    assert_eq!(account().receipt(&answer).unwrap_err().retry, Retry::Never);
}

#[test]
fn what_nobody_can_know_is_uncertain() {
    for (status, body, kind) in [
        (500, "", TransportErrorKind::Provider),
        (502, "<html>", TransportErrorKind::Provider),
        (503, r#"{"code":20503}"#, TransportErrorKind::Provider),
        (500, r#"{"code":21610}"#, TransportErrorKind::Provider),
        (504, r#"{"code":20429}"#, TransportErrorKind::Provider),
        (201, "", TransportErrorKind::UnreadableAnswer),
        (201, "{}", TransportErrorKind::UnreadableAnswer),
        (201, "<html>", TransportErrorKind::UnreadableAnswer),
        (201, r#"{"sid":"x"}"#, TransportErrorKind::UnreadableAnswer),
        (200, "[]", TransportErrorKind::UnreadableAnswer),
        (204, "", TransportErrorKind::UnreadableAnswer),
        (302, "", TransportErrorKind::UnreadableAnswer),
        (307, r#"{"code":21610}"#, TransportErrorKind::UnreadableAnswer),
        (400, "", TransportErrorKind::UnreadableAnswer),
        (404, "<html>", TransportErrorKind::UnreadableAnswer),
        (408, "", TransportErrorKind::UnreadableAnswer),
        (100, "", TransportErrorKind::UnreadableAnswer),
    ] {
        let error = account().receipt(&answer(status, body)).unwrap_err();
        assert_eq!((error.kind, error.certainty), (kind, Certainty::Uncertain), "{status} {body}");
        assert_eq!(error.retry, Retry::Never, "{status} {body}");
    }
    let error = account().receipt(&answer(401, "")).unwrap_err();
    assert_eq!((error.kind, error.certainty), (TransportErrorKind::Unauthorized, Certainty::NotSent));
    assert_eq!(account().uncertain_wait(), Duration::from_mins(2));
}

/// 2026-11-21 10:00:00.5 in the world's time.
fn since() -> Timestamp {
    Timestamp::from_millis(1_795_255_200_500)
}

#[test]
fn an_uncertain_message_is_looked_for_in_the_providers_list() {
    let request = account().sent_since(&hello(), since()).unwrap();
    assert_eq!(
        (request.method, request.url.as_str()),
        (
            Method::GET,
            format!(
                "https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json\
                 ?To=%2B14155550100&From=%2B15005550006&DateSent%3E=2026-11-21T00%3A00%3A00Z&PageSize=1000"
            )
            .as_str()
        )
    );
    assert!(request.headers.contains_key("authorization"));
    let pool = sent_from(SERVICE);
    assert!(!account().sent_since(&pool, since()).unwrap().url.as_str().contains("From="));
}

/// A message as it stands in the provider's list.
fn listed(sid: &str, changes: &[(&str, serde_json::Value)]) -> serde_json::Value {
    let mut listed = serde_json::json!({
        "sid": sid, "to": "+14155550100", "from": "+15005550006", "body": "Hello & „welcome“ + 😀",
        "num_media": "0", "direction": "outbound-api", "date_created": "Sat, 21 Nov 2026 10:00:00 +0000",
        "status": "sent",
    });
    for (name, value) in changes {
        listed[name] = value.clone();
    }
    listed
}

fn find(messages: &[serde_json::Value]) -> Option<ProviderMessageId> {
    let page = serde_json::json!({ "messages": messages, "next_page_uri": null });
    account().find_sent(&hello(), since(), &answer(200, &page.to_string()))
}

#[test]
fn a_message_is_found_only_when_there_is_no_doubt() {
    let other = "SM22222222222222222222222222222222";
    assert_eq!(find(&[listed(SID, &[])]), Some(ProviderMessageId::new(SID)));
    for (name, value) in [
        ("to", "+14155550199"),
        ("from", "+15005550007"),
        ("body", "Hello"),
        ("num_media", "1"),
        ("direction", "inbound"),
        ("date_created", "Sat, 21 Nov 2026 09:59:59 +0000"),
        ("date_created", "yesterday"),
        ("sid", "x"),
    ] {
        let changed = listed(SID, &[(name, value.into())]);
        assert_eq!(find(std::slice::from_ref(&changed)), None, "{name} {value}");
        if name != "sid" {
            assert_eq!(find(&[changed, listed(other, &[])]), Some(ProviderMessageId::new(other)));
        }
    }
    assert_eq!(find(&[listed(SID, &[]), listed(other, &[])]), None, "it might be either");
    for status in ["failed", "canceled"] {
        let failed = listed(SID, &[("status", status.into())]);
        assert_eq!(find(std::slice::from_ref(&failed)), None, "its sender was told so: {status}");
        assert_eq!(find(&[failed, listed(other, &[])]), None, "it might be either");
    }
    assert_eq!(find(&[]), None);
    let more = serde_json::json!({ "messages": [listed(SID, &[])], "next_page_uri": "/2" });
    assert_eq!(account().find_sent(&hello(), since(), &answer(200, &more.to_string())), None);
    for unreadable in
        [answer(500, "{}"), answer(200, ""), answer(200, "{}"), answer(404, "{\"messages\":[]}")]
    {
        assert_eq!(account().find_sent(&hello(), since(), &unreadable), None);
    }
    let pool = sent_from(SERVICE);
    let page = serde_json::json!({ "messages": [listed(SID, &[("from", "+15005550009".into())])] });
    assert!(
        account().find_sent(&pool, since(), &answer(200, &page.to_string())).is_some(),
        "whichever number"
    );
}

#[test]
fn a_file_is_asked_for_at_the_providers_own_host_alone() {
    let message = SID.replace("SM", "MM");
    let id = "ME00000000000000000000000000000001";
    let media = MediaReference { location: format!("{ACCOUNT}/{message}/{id}"), declared: None, name: None };
    let asked = account().media(&media).unwrap();
    assert_eq!(
        asked.request.url.as_str(),
        format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{message}/Media/{id}")
    );
    assert!(asked.request.headers["authorization"].is_sensitive());
    assert!(asked.hosts.iter().any(|host| host == "api.twilio.com"), "{:?}", asked.hosts);
    let local = TwilioSettings {
        base_url: "http://127.0.0.1:4010/twilio/".parse().unwrap(),
        media_hosts: vec!["localhost".to_owned()],
        ..settings()
    };
    let asked = TwilioAccount::new(local).unwrap().media(&media).unwrap();
    assert!(
        asked.request.url.as_str().starts_with("http://127.0.0.1:4010/twilio/2010-04-01/"),
        "{}",
        asked.request.url
    );
    assert_eq!(asked.hosts[..2], ["127.0.0.1".to_owned(), "localhost".to_owned()]);
    for location in [
        "https://evil.test/x",
        "",
        "a/b/c",
        &format!("{ACCOUNT}/{message}/../{id}"),
        &format!("{ACCOUNT}/{message}/{id}/x"),
        &format!("{ACCOUNT}/{message}/{}", id.replace("ME", "MX")),
    ] {
        let media = MediaReference { location: location.to_owned(), declared: None, name: None };
        assert_eq!(account().media(&media).unwrap_err().certainty, Certainty::NotSent, "{location}");
    }
}
