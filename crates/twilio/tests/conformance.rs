//! The adapter passes the suites of codecs and of transports.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use parlor_channel::{
    Certainty, HttpClient, HttpError, HttpRequest, HttpResponse, ProviderTransport, ReceiptStage,
    WebhookCodec,
};
use parlor_model::{ChannelKind, DeliveryStage, OutboxId, PointAddress, PointKey, ProviderMessageId};
use parlor_testkit::codec_suite::{CodecHarness, OwnedRequest, SampleMessage};
use parlor_testkit::transport_suite::{
    AcceptedMessage, NetworkMode, PlayedNetwork, TransportBench, TransportHarness,
};
use parlor_twilio::{TwilioAccount, TwilioSettings, sms_capabilities};
use serde_json::json;
use sha1::Sha1;
use url::{Url, form_urlencoded};

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const URL: &str = "https://hooks.example.test/webhooks/twilio";
const OURS: &str = "+15005550006";
const THEIRS: &str = "+14155550100";

fn account(token: &str) -> TwilioAccount {
    TwilioAccount::new(TwilioSettings::new(ACCOUNT, token.into(), URL.parse().unwrap()).unwrap()).unwrap()
}

/// The provider, as far as it calls our webhook.
struct Webhooks;

/// A form as the provider would sign it.
fn signed(url: &str, body: &[u8]) -> OwnedRequest {
    let mut parameters: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    parameters.sort();
    parameters.dedup();
    let mut mac = Hmac::<Sha1>::new_from_slice(b"token").unwrap();
    mac.update(url.as_bytes());
    for (name, value) in parameters {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert("x-twilio-signature", HeaderValue::from_str(&signature).unwrap());
    OwnedRequest { method: Method::POST, url: url.to_owned(), headers, body: body.to_vec() }
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

fn told<'a>(id: &'a str, words: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MessageSid", id),
        ("AccountSid", ACCOUNT),
        ("From", THEIRS),
        ("To", OURS),
        ("Body", words),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
    ]
}

impl CodecHarness for Webhooks {
    fn codec(&self) -> Arc<dyn WebhookCodec> {
        Arc::new(account("token"))
    }

    fn stranger(&self) -> Arc<dyn WebhookCodec> {
        Arc::new(account("another token"))
    }

    fn signature(&self) -> HeaderName {
        HeaderName::from_static("x-twilio-signature")
    }

    fn message_ids(&self) -> [&'static str; 2] {
        ["SM11111111111111111111111111111111", "MM22222222222222222222222222222222"]
    }

    fn contact(&self) -> &'static str {
        THEIRS
    }

    fn message(&self, message: SampleMessage<'_>) -> OwnedRequest {
        signed(URL, &form(&told(message.id, message.words)))
    }

    fn message_beside_something_broken(&self, message: SampleMessage<'_>) -> OwnedRequest {
        let mut parameters = told(message.id, message.words);
        parameters[5] = ("NumMedia", "1");
        signed(URL, &form(&parameters))
    }

    fn message_of_an_unknown_kind(&self, id: &str) -> OwnedRequest {
        let mut parameters = told(id, "");
        parameters.push(("MessageType", "telepathy"));
        signed(URL, &form(&parameters))
    }

    fn receipt(&self, token: OutboxId, id: &str, stage: ReceiptStage) -> OwnedRequest {
        let status = match stage {
            ReceiptStage::Accepted => "queued",
            ReceiptStage::Reached(DeliveryStage::Sent) => "sent",
            ReceiptStage::Reached(DeliveryStage::Delivered) => "delivered",
            ReceiptStage::Reached(DeliveryStage::Read) => "read",
            ReceiptStage::Reached(DeliveryStage::Failed) => "undelivered",
            other => panic!("{other:?} is told by nobody"),
        };
        let parameters = [("MessageSid", id), ("MessageStatus", status), ("From", OURS), ("To", THEIRS)];
        signed(&format!("{URL}?ob={token}"), &form(&parameters))
    }

    fn stages(&self) -> Vec<ReceiptStage> {
        let reached =
            [DeliveryStage::Sent, DeliveryStage::Delivered, DeliveryStage::Read, DeliveryStage::Failed];
        std::iter::once(ReceiptStage::Accepted).chain(reached.map(ReceiptStage::Reached)).collect()
    }

    fn signed_anew(&self, request: &OwnedRequest, body: &[u8]) -> OwnedRequest {
        signed(&request.url, body)
    }

    fn handshakes(&self) -> Option<(OwnedRequest, OwnedRequest)> {
        None
    }
}

/// The provider, as far as it is sent to.
struct Api {
    mode: NetworkMode,
    accepted: Mutex<Vec<(AcceptedMessage, String)>>,
    attempts: Mutex<usize>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Api")
    }
}

impl PlayedNetwork for Api {
    fn accepted(&self) -> Vec<AcceptedMessage> {
        self.accepted.lock().unwrap().iter().map(|(message, _)| message.clone()).collect()
    }

    fn attempts(&self) -> usize {
        *self.attempts.lock().unwrap()
    }
}

impl Api {
    fn list(&self, url: &Url) -> serde_json::Value {
        let to = url.query_pairs().find(|(name, _)| name == "To").map(|(_, to)| to.into_owned());
        let accepted = self.accepted.lock().unwrap();
        let listed = accepted.iter().filter(|(message, _)| Some(&message.to) == to.as_ref());
        let listed: Vec<_> = listed
            .map(|(message, from)| {
                json!({
                    "sid": message.id, "to": message.to, "from": from, "body": message.words, "num_media": "0",
                    "direction": "outbound-api", "date_created": "Sun, 22 Nov 2026 10:00:00 +0000",
                })
            })
            .collect();
        json!({ "messages": listed, "next_page_uri": null })
    }
}

#[async_trait]
impl HttpClient for Api {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = |status: u16, body: String| {
            Ok(HttpResponse::new(StatusCode::from_u16(status).unwrap(), body.into_bytes()))
        };
        if request.method == Method::GET {
            return answer(200, self.list(&request.url).to_string());
        }
        *self.attempts.lock().unwrap() += 1;
        match self.mode {
            NetworkMode::Refuses => return answer(400, json!({ "code": 21614, "status": 400 }).to_string()),
            NetworkMode::RateLimits => {
                return answer(429, json!({ "code": 20429, "status": 429 }).to_string());
            }
            NetworkMode::Unreachable => return Err(HttpError::new(Certainty::NotSent)),
            _ => {}
        }
        let form: Vec<_> = form_urlencoded::parse(&request.body).into_owned().collect();
        let value = |name: &str| {
            form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
        };
        let callback: Url = value("StatusCallback").parse().unwrap();
        let token =
            callback.query_pairs().find(|(name, _)| name == "ob").map(|(_, token)| token.parse().unwrap());
        let mut accepted = self.accepted.lock().unwrap();
        let sid = format!("SM{:032x}", accepted.len() + 1);
        let message = AcceptedMessage {
            id: ProviderMessageId::new(sid.clone()),
            to: value("To"),
            words: value("Body"),
            token,
        };
        accepted.push((message, value("From")));
        match self.mode {
            NetworkMode::LosesTheAnswer => Err(HttpError::new(Certainty::Uncertain)),
            NetworkMode::AnswersNonsense => answer(200, "<html>".to_owned()),
            NetworkMode::FailsAfterAccepting => answer(503, json!({ "code": 20503 }).to_string()),
            _ => answer(201, json!({ "sid": sid, "status": "queued" }).to_string()),
        }
    }
}

struct Sends;

#[async_trait]
impl TransportHarness for Sends {
    async fn open(&self, mode: NetworkMode) -> TransportBench {
        let network = Arc::new(Api { mode, accepted: Mutex::default(), attempts: Mutex::default() });
        let account = Arc::new(account("token"));
        let http: Arc<dyn HttpClient> = Arc::clone(&network) as _;
        let transport = ProviderTransport::new(account.profile(), sms_capabilities().clone(), account, http);
        TransportBench { transport: Arc::new(transport), network }
    }

    fn from(&self) -> String {
        OURS.to_owned()
    }

    fn contacts(&self) -> [PointKey; 2] {
        [THEIRS, "+4930123456"].map(|address| PointKey {
            kind: ChannelKind::Sms,
            scope: String::new(),
            address: PointAddress::new(address),
        })
    }

    fn takes_tokens(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

mod codec {
    parlor_testkit::codec_conformance!(super::Webhooks);
}

mod transport {
    parlor_testkit::transport_conformance!(super::Sends);
}
