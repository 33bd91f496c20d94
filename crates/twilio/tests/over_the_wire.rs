//! The adapter before the simulated provider: the same suite over real connections, and what is said against what happened.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parlor_channel::{
    CameIn, Certainty, DeliverySide, Happening, History, HttpClient, Outbound, ProviderTransport, Transport,
};
use parlor_model::{
    ChannelKind, ChannelName, Clock, Content, Id, MediaType, MessageId, MessageText, OutboxId, PointAddress,
    PointKey, ProviderMessageId, Timestamp, Visibility,
};
use parlor_testkit::ManualClock;
use parlor_testkit::simulators::{LoopbackClient, PhoneFile, SendMode, Twilio, TwilioOptions};
use parlor_testkit::transport_suite::{
    AcceptedMessage, NetworkMode, PlayedNetwork, TransportBench, TransportHarness,
};
use parlor_twilio::{TwilioAccount, TwilioHistory, TwilioSettings, sms_capabilities};
use url::Url;
use uuid::Uuid;

const THEIRS: &str = "+14155550100";

/// The simulator as the suite sees it.
#[derive(Debug)]
struct Played(Twilio);

impl PlayedNetwork for Played {
    fn accepted(&self) -> Vec<AcceptedMessage> {
        let accepted = self.0.accepted().into_iter();
        accepted
            .map(|send| AcceptedMessage {
                id: ProviderMessageId::new(send.sid),
                to: send.to,
                words: send.body,
                token: send.status_callback.and_then(|url| token(&url)),
            })
            .collect()
    }

    fn attempts(&self) -> usize {
        self.0.attempts()
    }
}

/// The token in the address of a callback.
fn token(callback: &str) -> Option<OutboxId> {
    let url: Url = callback.parse().ok()?;
    url.query_pairs().find(|(name, _)| name == "ob").and_then(|(_, token)| token.parse().ok())
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn simulator() -> Twilio {
    Twilio::start(TwilioOptions::new(Arc::new(ManualClock::new()))).await.unwrap()
}

fn transport(twilio: &Twilio, http: Arc<dyn HttpClient>) -> ProviderTransport {
    let options = twilio.options();
    // Nobody listens there, so that receipts tell nothing.
    let webhook = format!("http://{}/webhooks/twilio", nobody()).parse().unwrap();
    let mut settings =
        TwilioSettings::new(options.account_sid.clone(), options.auth_token.as_str().into(), webhook)
            .unwrap();
    settings.base_url = twilio.api_url();
    let account = Arc::new(TwilioAccount::new(settings).unwrap());
    ProviderTransport::new(account.profile(), sms_capabilities().clone(), account, http)
}

fn point(address: &str) -> PointKey {
    PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new(address) }
}

struct OverTheWire;

#[async_trait]
impl TransportHarness for OverTheWire {
    async fn open(&self, mode: NetworkMode) -> TransportBench {
        let twilio = simulator().await;
        let mut http = LoopbackClient::new();
        twilio.set_mode(match mode {
            NetworkMode::Accepts => SendMode::Accept,
            NetworkMode::Refuses => SendMode::Refuse { status: 400, code: 21_614 },
            NetworkMode::RateLimits => SendMode::RateLimit { retry_after: Some(1) },
            NetworkMode::LosesTheAnswer => SendMode::LoseAnswer,
            NetworkMode::AnswersNonsense => SendMode::Nonsense,
            NetworkMode::FailsAfterAccepting => SendMode::FailAfter,
            _ => {
                http = LoopbackClient::to(nobody());
                SendMode::Accept
            }
        });
        let transport = transport(&twilio, Arc::new(http));
        TransportBench { transport: Arc::new(transport), network: Arc::new(Played(twilio)) }
    }

    fn from(&self) -> String {
        "+15550001111".to_owned()
    }

    fn contacts(&self) -> [PointKey; 2] {
        [point(THEIRS), point("+4930123456")]
    }

    fn takes_tokens(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

parlor_testkit::transport_conformance!(OverTheWire);

/// Whatever the provider does, what is said to be sent was sent, and what is said not to be was not.
#[tokio::test]
async fn what_is_said_is_what_happened() {
    let twilio = simulator().await;
    let transport = transport(&twilio, Arc::new(LoopbackClient::new()));
    let DeliverySide::Push(push) = transport.delivery() else { panic!("it pushes") };
    let modes = [
        SendMode::Accept,
        SendMode::Refuse { status: 400, code: 21_610 },
        SendMode::RateLimit { retry_after: None },
        SendMode::LoseAnswer,
        SendMode::LoseRequest,
        SendMode::Nonsense,
        SendMode::FailAfter,
        SendMode::FailBefore,
        SendMode::FailAtOnce { code: 30_005 },
    ];
    for (number, mode) in (1..).zip(modes.iter().cycle().take(300)) {
        twilio.plan([mode.clone()]);
        let outbox = OutboxId::from_uuid(Uuid::from_u128(number));
        let outbound = Outbound::new(
            outbox,
            MessageId::from_uuid(Uuid::from_u128(number)),
            ChannelName::new("sms").unwrap(),
            "+15550001111".to_owned(),
            point(THEIRS),
            Visibility::Private,
            Content::Text { text: MessageText::new(format!("number {number}")).unwrap() },
        );
        let said = push.send(&outbound).await;
        let accepted = twilio.accepted();
        let truth =
            accepted.iter().find(|send| send.status_callback.as_deref().and_then(token) == Some(outbox));
        match said {
            Ok(receipt) => {
                assert_eq!(receipt.provider_ids[0].as_str(), truth.unwrap().sid, "{mode:?}");
            }
            Err(error) if error.certainty == Certainty::NotSent => {
                assert!(truth.is_none_or(|send| send.status == "failed"), "{mode:?} was sent: {error}");
            }
            Err(_) => {
                let found = push.look_up(&outbound, Timestamp::UNIX_EPOCH).await.unwrap();
                assert_eq!(
                    found.as_ref().map(ProviderMessageId::as_str),
                    truth.map(|send| send.sid.as_str()),
                    "{mode:?}"
                );
            }
        }
    }
}

/// An account over the simulator, for reading.
fn account(twilio: &Twilio) -> Arc<TwilioAccount> {
    let options = twilio.options();
    let webhook = format!("http://{}/webhooks/twilio", nobody()).parse().unwrap();
    let mut settings =
        TwilioSettings::new(options.account_sid.clone(), options.auth_token.as_str().into(), webhook)
            .unwrap();
    settings.base_url = twilio.api_url();
    Arc::new(TwilioAccount::new(settings).unwrap())
}

const OURS: &str = "+14155550199";

#[tokio::test]
async fn g01_what_no_webhook_could_bring_is_read_from_the_list_with_its_files() {
    let clock = ManualClock::new();
    let mut options = TwilioOptions::new(Arc::new(clock.clone()));
    options.numbers = vec![OURS.to_owned()];
    let twilio = Twilio::start(options).await.unwrap();
    let texts = async |from: &str, words: &str, files: &[PhoneFile]| {
        // Nobody is told: the message is on the telephone all the same.
        assert!(twilio.text(from, OURS, words, files).await.is_err());
        clock.advance(Duration::from_mins(1));
    };
    texts(THEIRS, "too old", &[]).await;
    let since = clock.now();
    texts(THEIRS, "where are you?", &[]).await;
    let file =
        |kind: &str, bytes: &[u8]| PhoneFile { media_type: Some(kind.to_owned()), bytes: bytes.to_vec() };
    texts(THEIRS, "", &[file("image/png", b"first"), file("image/jpeg", b"second")]).await;
    assert!(twilio.text(THEIRS, "+14155550777", "not for us", &[]).await.is_err());

    let history = TwilioHistory::new(account(&twilio), Arc::new(LoopbackClient::new()));
    let came = history.came_in(&[OURS.to_owned()], since).await.unwrap();
    assert_eq!(came.until, None, "that is all of it");
    assert!(came.decoded.issues.is_empty());
    let messages: Vec<_> = came
        .decoded
        .events
        .iter()
        .map(|event| match &event.happening {
            Happening::Message(message) => {
                assert_eq!(event.endpoint.addresses, [OURS]);
                message
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0].content.as_ref().unwrap().text(), Some("where are you?"));
    assert_eq!((messages[0].provider_time, messages[0].written_at), (None, Some(since)));
    assert_eq!(messages[0].from, point(THEIRS));
    let kinds: Vec<_> = messages[1].media.iter().map(|file| file.declared.clone().unwrap()).collect();
    assert_eq!(kinds.iter().map(MediaType::as_str).collect::<Vec<_>>(), ["image/png", "image/jpeg"]);
    assert!(messages[1].id.as_str().starts_with("MM"));

    // Of a Messaging Service nobody knows the numbers, so that all are listed.
    let all = history.came_in(&["MG00000000000000000000000000000001".to_owned()], since).await.unwrap();
    assert_eq!(all.decoded.events.len(), 3);
}

#[tokio::test]
async fn g01_a_list_of_many_pages_is_read_to_its_end_and_not_further() {
    let clock = ManualClock::new();
    let twilio = Twilio::start(TwilioOptions::new(Arc::new(clock.clone()))).await.unwrap();
    for number in 0..2_500 {
        assert!(twilio.text(THEIRS, OURS, &number.to_string(), &[]).await.is_err());
        clock.advance(Duration::from_secs(1));
    }
    let history = TwilioHistory::new(account(&twilio), Arc::new(LoopbackClient::new()));
    let since = |back: u64| {
        Timestamp::from_micros(clock.now().as_micros() - i64::try_from(back).unwrap() * 1_000_000)
    };
    let words = |came: CameIn| -> Vec<String> {
        let said = came.decoded.events.into_iter().map(|event| match event.happening {
            Happening::Message(message) => message.content.unwrap().text().unwrap().to_owned(),
            other => panic!("{other:?}"),
        });
        said.collect()
    };
    let all = words(history.came_in(&[OURS.to_owned()], since(2_500)).await.unwrap());
    assert_eq!(all, (0..2_500).map(|number: u32| number.to_string()).collect::<Vec<_>>(), "oldest first");
    let asked = twilio.attempts();
    let last = words(history.came_in(&[OURS.to_owned()], since(3)).await.unwrap());
    assert_eq!(last, ["2497", "2498", "2499"]);
    assert_eq!(twilio.attempts(), asked, "reading sends nothing");
}
