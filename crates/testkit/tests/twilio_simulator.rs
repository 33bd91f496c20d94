//! The simulated Twilio, as a client of its API and a webhook of ours see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Method};
use parlor_channel::{Certainty, HttpClient, HttpRequest, HttpResponse};
use parlor_testkit::ManualClock;
use parlor_testkit::simulators::{
    LoopbackClient, PhoneFile, PhoneState, ReceiptPlan, SendMode, Twilio, TwilioOptions, WebhookOutcome,
};
use serde_json::Value;
use sha1::Sha1;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::form_urlencoded;

const OURS: &str = "+15550001111";
const THEIRS: &str = "+14155550100";

/// A webhook call as it came: the line of the request, the headers and the body, in one text each.
#[derive(Debug)]
struct Called {
    head: String,
    form: Vec<(String, String)>,
}

impl Called {
    fn get(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A webhook that answers every call with a status, and tells of it.
async fn webhook(status: u16) -> (SocketAddr, UnboundedReceiver<Called>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, calls) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let body = loop {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).await.unwrap();
                bytes.extend_from_slice(&part[..length]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() >= length.parse().unwrap() {
                    let form = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
                    break Called { head: head.to_owned(), form };
                }
            };
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            if told.send(body).is_err() {
                return;
            }
        }
    });
    (address, calls)
}

fn options() -> TwilioOptions {
    TwilioOptions::new(Arc::new(ManualClock::new()))
}

/// A client of the API, with the credentials of the account.
struct Client(Twilio);

impl Client {
    async fn new() -> Self {
        Self(Twilio::start(options()).await.unwrap())
    }

    fn request(&self, method: Method, path: &str) -> HttpRequest {
        let options = self.0.options();
        let credentials = format!("{}:{}", options.account_sid, options.auth_token);
        let authorization = format!("Basic {}", BASE64.encode(credentials.as_bytes()));
        let path = path.replace("ACCOUNT", &format!("2010-04-01/Accounts/{}", options.account_sid));
        HttpRequest::new(method, self.0.api_url().join(&path).unwrap())
            .with_header(http::header::AUTHORIZATION, HeaderValue::from_str(&authorization).unwrap())
    }

    async fn try_send(&self, form: &[(&str, &str)]) -> Result<HttpResponse, Certainty> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = self.request(Method::POST, "/ACCOUNT/Messages.json").with_body(kind, body);
        LoopbackClient::new().send(request).await.map_err(|error| error.certainty)
    }

    async fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        read(&self.try_send(form).await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(&LoopbackClient::new().send(self.request(Method::GET, path)).await.unwrap())
    }
}

fn read(response: &HttpResponse) -> (u16, Value) {
    (response.status.as_u16(), serde_json::from_slice(&response.body).unwrap_or_default())
}

fn hello<'a>() -> Vec<(&'a str, &'a str)> {
    vec![("To", THEIRS), ("From", OURS), ("Body", "Hello")]
}

#[tokio::test]
async fn a_message_is_made_listed_shown_emptied_and_removed() {
    let client = Client::new().await;
    let (status, made) = client.send(&hello()).await;
    assert_eq!((status, &made["status"], &made["num_segments"]), (201, &"queued".into(), &"1".into()));
    assert_eq!(made["date_created"], "Thu, 01 Jan 2026 00:00:00 +0000");
    let sid = made["sid"].as_str().unwrap().to_owned();
    let path = format!("/ACCOUNT/Messages/{sid}.json");
    assert_eq!(client.get(&path).await, (200, made.clone()));
    for (query, found) in [
        ("", 1),
        ("?To=%2B14155550100", 1),
        ("?To=%2B1", 0),
        ("?DateSent%3E=2026-01-02", 0),
        ("?DateSent%3E=2026-01-01T00:00:00Z", 1),
    ] {
        let (_, list) = client.get(&format!("/ACCOUNT/Messages.json{query}")).await;
        assert_eq!(list["messages"].as_array().unwrap().len(), found, "{query}");
        assert_eq!(list["next_page_uri"], Value::Null);
    }
    for _ in 0..2 {
        client.send(&hello()).await;
    }
    let (_, page) = client.get("/ACCOUNT/Messages.json?PageSize=2").await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 2);
    let (_, rest) = client.get(page["next_page_uri"].as_str().unwrap()).await;
    assert_eq!((&rest["messages"][0]["sid"], &rest["next_page_uri"]), (&sid.clone().into(), &Value::Null));
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    let emptied = client.request(Method::POST, &path).with_body(kind, "Body=");
    assert_eq!(read(&LoopbackClient::new().send(emptied).await.unwrap()).1["body"], "");
    let removed = LoopbackClient::new().send(client.request(Method::DELETE, &path)).await.unwrap();
    assert_eq!(removed.status.as_u16(), 204);
    assert_eq!(client.get(&path).await.0, 404);
}

#[tokio::test]
async fn whoever_is_not_the_account_gets_nothing() {
    let client = Client::new().await;
    let bare = HttpRequest::new(Method::GET, client.0.api_url());
    let (status, problem) = read(&LoopbackClient::new().send(bare).await.unwrap());
    assert_eq!((status, &problem["code"]), (401, &20_003.into()));
    let other = "/2010-04-01/Accounts/AC00000000000000000000000000000002/Messages.json";
    assert_eq!(client.get(other).await.0, 404);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_the_providers_code() {
    let client = Client::new().await;
    let long = "a".repeat(1_601);
    let eleven = vec![("MediaUrl", "https://a.test/1"); 11];
    let mms = |media: &[(&'static str, &'static str)]| [&[("To", THEIRS), ("From", OURS)], media].concat();
    for (form, code) in [
        (vec![("From", OURS), ("Body", "x")], 21_604),
        (vec![("To", "4155550100"), ("From", OURS), ("Body", "x")], 21_211),
        (vec![("To", THEIRS), ("Body", "x")], 21_603),
        (vec![("To", THEIRS), ("From", "+15550009999"), ("Body", "x")], 21_606),
        (vec![("To", THEIRS), ("MessagingServiceSid", "MG0"), ("Body", "x")], 21_701),
        (vec![("To", THEIRS), ("From", OURS)], 21_602),
        (vec![("To", THEIRS), ("From", OURS), ("Body", &long)], 21_617),
        (mms(&eleven), 21_623),
        (mms(&[("MediaUrl", "nowhere")]), 21_620),
        (vec![("To", THEIRS), ("From", OURS), ("Body", "x"), ("StatusCallback", "nowhere")], 21_609),
    ] {
        let (status, problem) = client.send(&form).await;
        assert_eq!((status, &problem["code"]), (400, &code.into()), "{form:?}");
    }
    assert_eq!((client.0.accepted().len(), client.0.attempts()), (0, 10));
}

#[tokio::test]
async fn it_does_to_messages_what_it_is_told_and_knows_what_it_did() {
    let client = Client::new().await;
    client.0.plan([
        SendMode::Refuse { status: 400, code: 21_614 },
        SendMode::RateLimit { retry_after: Some(3) },
        SendMode::LoseRequest,
        SendMode::FailBefore,
        SendMode::LoseAnswer,
        SendMode::Nonsense,
        SendMode::FailAfter,
        SendMode::FailAtOnce { code: 30_006 },
        SendMode::Delay(Duration::from_millis(1)),
    ]);
    let mut seen = Vec::new();
    for accepted in [0, 0, 0, 0, 1, 2, 3, 4, 5, 6] {
        let answer = client.try_send(&hello()).await;
        if let Ok(answer) = &answer
            && answer.status.as_u16() == 429
        {
            assert_eq!(answer.headers["retry-after"], "3");
        }
        seen.push(answer.map(|answer| read(&answer)).map(|(status, body)| (status, body["code"].as_u64())));
        assert_eq!(client.0.accepted().len(), accepted, "{seen:?}");
    }
    let uncertain = Err(Certainty::Uncertain);
    assert_eq!(
        seen,
        [
            Ok((400, Some(21_614))),
            Ok((429, Some(20_429))),
            uncertain,
            Ok((500, Some(20_500))),
            uncertain,
            Ok((200, None)),
            Ok((500, Some(20_500))),
            Ok((201, None)),
            Ok((201, None)),
            Ok((201, None)),
        ]
    );
    assert_eq!(client.0.accepted()[3].status, "failed");
    client.0.set_mode(SendMode::Refuse { status: 400, code: 21_408 });
    assert_eq!(client.send(&hello()).await.1["code"], 21_408);
    assert_eq!(client.0.attempts(), 11);
}

#[tokio::test]
async fn nobody_there_is_known_for_certain() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let request = HttpRequest::new(Method::GET, format!("http://{gone}/").parse().unwrap());
    assert_eq!(LoopbackClient::new().send(request).await.unwrap_err().certainty, Certainty::NotSent);
}

#[tokio::test]
async fn what_a_telephone_writes_is_told_and_signed() {
    let (address, mut calls) = webhook(200).await;
    let mut options = options();
    options.webhook_url = Some("https://desk.example/webhooks/twilio?a=1".to_owned());
    options.deliver_to = Some(address);
    let twilio = Twilio::start(options).await.unwrap();
    let file = PhoneFile { media_type: Some("image/png".to_owned()), bytes: vec![1, 2, 3] };
    let sid = twilio.text(THEIRS, OURS, "Grüße 😀", &[file]).await.unwrap();
    let called = calls.recv().await.unwrap();
    assert!(called.head.starts_with("POST /webhooks/twilio?a=1 "), "{}", called.head);
    assert_eq!((called.get("MessageSid"), called.get("Body")), (Some(sid.as_str()), Some("Grüße 😀")));
    assert_eq!((called.get("From"), called.get("To")), (Some(THEIRS), Some(OURS)));
    assert_eq!((called.get("NumMedia"), called.get("MediaContentType0")), (Some("1"), Some("image/png")));
    let mut sorted = called.form.clone();
    sorted.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(twilio.options().auth_token.as_bytes()).unwrap();
    mac.update(b"https://desk.example/webhooks/twilio?a=1");
    for (name, value) in &sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    assert_eq!(
        called.header("x-twilio-signature"),
        Some(BASE64.encode(&mac.finalize().into_bytes()).as_str())
    );
    twilio.tell_again(&sid).await.unwrap();
    let again = calls.recv().await.unwrap();
    assert_eq!(again.form, called.form);
    assert_eq!(again.header("i-twilio-idempotency-token"), called.header("i-twilio-idempotency-token"));
    let phones = twilio.phones();
    assert_eq!((phones.len(), phones[0].number.as_str()), (1, THEIRS));
    let on_it = &phones[0].messages[0];
    assert_eq!((on_it.written_here, on_it.text.as_str(), on_it.files), (true, "Grüße 😀", 1));
}

#[tokio::test]
async fn a_webhook_that_does_not_take_it_is_said_so() {
    let twilio = Twilio::start(options()).await.unwrap();
    assert_eq!(twilio.text(THEIRS, OURS, "x", &[]).await, Err(WebhookOutcome::NoWebhook));
    let (address, _calls) = webhook(503).await;
    let mut options = options();
    options.webhook_url = Some(format!("http://{address}/"));
    let twilio = Twilio::start(options).await.unwrap();
    let outcome = twilio.text(THEIRS, OURS, "x", &[]).await.unwrap_err();
    assert_eq!(outcome.to_string(), "the webhook answered 503 Service Unavailable");
    assert_eq!(twilio.phones()[0].messages.len(), 1, "it is on the telephone all the same");
}

#[tokio::test]
async fn a_file_is_behind_credentials_and_a_redirect_to_another_host() {
    let (address, mut calls) = webhook(200).await;
    let mut options = options();
    options.webhook_url = Some(format!("http://{address}/"));
    let client = Client(Twilio::start(options).await.unwrap());
    let file = PhoneFile { media_type: Some("image/png".to_owned()), bytes: vec![1, 2, 3] };
    let sid = client.0.text(THEIRS, OURS, "", std::slice::from_ref(&file)).await.unwrap();
    let url = calls.recv().await.unwrap().get("MediaUrl0").unwrap().to_owned();
    let bare = HttpRequest::new(Method::GET, url.parse().unwrap());
    assert_eq!(LoopbackClient::new().send(bare).await.unwrap().status.as_u16(), 401);
    let path = url.strip_prefix(client.0.api_url().as_str()).unwrap();
    let asked = client.request(Method::GET, &format!("/{path}"));
    let sent_on = LoopbackClient::new().send(asked.clone()).await.unwrap();
    assert_eq!(sent_on.status.as_u16(), 302);
    let there = sent_on.headers["location"].to_str().unwrap().to_owned();
    assert!(there.starts_with(&format!("http://{}/", client.0.file_host())), "{there}");
    let mut request = HttpRequest::new(Method::GET, there.parse().unwrap());
    let found = LoopbackClient::new().send(request.clone()).await.unwrap();
    assert_eq!((found.body, found.headers["content-type"].to_str().unwrap()), (vec![1, 2, 3], "image/png"));
    assert_eq!(client.0.leaked_credentials(), 0);
    request.headers = asked.headers;
    LoopbackClient::new().send(request).await.unwrap();
    assert_eq!(client.0.leaked_credentials(), 1, "it is noticed");
    assert_eq!(client.0.file(&sid, 0), Some(file));
    assert_eq!(client.0.file(&sid, 1), None);
}

#[tokio::test]
async fn receipts_tell_what_became_of_a_message() {
    let (address, mut calls) = webhook(200).await;
    let client = Client::new().await;
    let callback = format!("http://{address}/hook?ob=7");
    let form = [&hello()[..], &[("StatusCallback", callback.as_str())]].concat();
    let mut told = async |count: usize| {
        let mut told = Vec::new();
        for _ in 0..count {
            let called = calls.recv().await.unwrap();
            assert!(called.head.starts_with("POST /hook?ob=7 "), "{}", called.head);
            let said = |name| called.get(name).map(str::to_owned);
            told.push((said("MessageStatus").unwrap(), said("ErrorCode")));
        }
        told
    };
    let status = |status: &str, code: Option<&str>| (status.to_owned(), code.map(str::to_owned));
    client.send(&form).await;
    assert_eq!(told(2).await, [status("sent", None), status("delivered", None)]);
    for (state, code) in [
        (PhoneState::Off, "30003"),
        (PhoneState::Landline, "30006"),
        (PhoneState::NoSuchNumber, "30005"),
        (PhoneState::Full, "30007"),
    ] {
        client.0.set_phone(THEIRS, state);
        client.send(&form).await;
        assert_eq!(told(2).await, [status("sent", None), status("undelivered", Some(code))]);
    }
    client.0.set_phone(THEIRS, PhoneState::On);
    let mut receipts = ReceiptPlan::default();
    (receipts.repeat, receipts.backwards) = (2, true);
    client.0.set_receipts(receipts.clone());
    client.send(&form).await;
    let delivered = status("delivered", None);
    assert_eq!(told(4).await, [delivered.clone(), delivered, status("sent", None), status("sent", None)]);
    receipts.automatic = false;
    client.0.set_receipts(receipts);
    let (_, made) = client.send(&form).await;
    client.0.report(made["sid"].as_str().unwrap(), "failed", Some(30_008)).await.unwrap();
    assert_eq!(told(1).await, [status("failed", Some("30008"))], "nothing was told before");
    assert_eq!(client.0.accepted().last().unwrap().status, "failed");
    assert_eq!(client.0.report("SM0", "sent", None).await, Err(WebhookOutcome::NoWebhook));
}

#[tokio::test]
async fn who_opted_out_is_written_to_no_more() {
    let (address, mut calls) = webhook(200).await;
    let mut options = options();
    options.webhook_url = Some(format!("http://{address}/"));
    options.messaging_service_sid = Some("MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb".to_owned());
    let client = Client(Twilio::start(options).await.unwrap());
    client.0.text(THEIRS, OURS, " stop\n", &[]).await.unwrap();
    assert_eq!(calls.recv().await.unwrap().get("OptOutType"), Some("STOP"));
    assert_eq!(client.send(&hello()).await.1["code"], 21_610);
    client.0.text(THEIRS, OURS, "START", &[]).await.unwrap();
    assert_eq!(calls.recv().await.unwrap().get("OptOutType"), Some("START"));
    assert_eq!(client.send(&hello()).await.0, 201);
    client.0.text(THEIRS, OURS, "please stop", &[]).await.unwrap();
    assert_eq!(calls.recv().await.unwrap().get("OptOutType"), None);
    assert_eq!(client.send(&hello()).await.0, 201);
    assert_eq!(client.0.accepted().len(), 2, "what it answered itself is none of ours");
    assert_eq!(client.0.phones()[0].messages.len(), 7, "and it is on the telephone");
}

#[tokio::test]
async fn a_number_is_looked_up() {
    let client = Client::new().await;
    client.0.set_phone(THEIRS, PhoneState::Landline);
    let ask = async |number: &str| {
        client.get(&format!("/v2/PhoneNumbers/{number}?Fields=line_type_intelligence")).await
    };
    let (status, found) = ask(THEIRS).await;
    assert_eq!((status, &found["valid"], &found["phone_number"]), (200, &true.into(), &THEIRS.into()));
    assert_eq!(found["line_type_intelligence"]["type"], "landline");
    assert_eq!(ask("%2B14155550101").await.1["line_type_intelligence"]["type"], "mobile");
    let (_, invalid) = ask("+12345").await;
    assert_eq!((&invalid["valid"], &invalid["line_type_intelligence"]), (&false.into(), &Value::Null));
    let (status, problem) = ask("hello").await;
    assert_eq!((status, &problem["code"]), (404, &20_404.into()));
    let (_, free) = client.get(&format!("/v2/PhoneNumbers/{THEIRS}")).await;
    assert_eq!(free["line_type_intelligence"], Value::Null);
}
