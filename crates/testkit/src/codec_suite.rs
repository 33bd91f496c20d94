//! The conformance suite of codecs: what reads the webhooks of a provider.
//!
//! A codec is tested with requests that the provider might have sent, so its harness has to be able to write and sign
//! them. Each case takes the harness and panics when the codec does not keep the contract, which is `docs/specs/codec.md`.
//! The cases stand in one list, [`for_each_codec_case!`](crate::for_each_codec_case), which
//! [`codec_conformance!`](crate::codec_conformance) expands to tests and [`codec_cases`] to values.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method};
use parlor_channel::{ReceiptStage, WebhookCodec, WebhookRequest};
use parlor_model::{OutboxId, ProviderMessageId};

/// A request as it comes in, with its own copy of everything.
#[derive(Clone, Debug)]
pub struct OwnedRequest {
    /// `GET` or `POST`.
    pub method: Method,
    /// The address that was called, with its query.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl OwnedRequest {
    /// The request as a codec is given it.
    pub fn as_request(&self) -> WebhookRequest<'_> {
        WebhookRequest { method: &self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }
}

/// A message as a contact writes it.
#[derive(Clone, Copy, Debug)]
pub struct SampleMessage<'a> {
    /// The provider's id of it, any of those of [`CodecHarness::message_ids`].
    pub id: &'a str,
    /// What is written.
    pub words: &'a str,
}

/// How the suite gets at a codec and at requests that the provider signed.
pub trait CodecHarness: Send + Sync {
    /// The codec of one account.
    fn codec(&self) -> Arc<dyn WebhookCodec>;

    /// The codec of another account at the same provider, with other secrets.
    fn stranger(&self) -> Arc<dyn WebhookCodec>;

    /// The header that has the signature.
    fn signature(&self) -> HeaderName;

    /// Two ids as the provider makes them for messages.
    fn message_ids(&self) -> [&'static str; 2];

    /// The address of the contact who writes every message, as the provider says it.
    fn contact(&self) -> &'static str;

    /// A genuine request that tells of one message.
    fn message(&self, message: SampleMessage<'_>) -> OwnedRequest;

    /// A genuine request that tells of one message, and in which something else cannot be read.
    fn message_beside_something_broken(&self, message: SampleMessage<'_>) -> OwnedRequest;

    /// A genuine request that tells of a message of a kind that nobody knows.
    fn message_of_an_unknown_kind(&self, id: &str) -> OwnedRequest;

    /// A genuine request that tells how far a message of ours has come, by our token.
    fn receipt(&self, token: OutboxId, id: &str, stage: ReceiptStage) -> OwnedRequest;

    /// The stages of which the provider tells.
    fn stages(&self) -> Vec<ReceiptStage>;

    /// The same request with this body, signed anew.
    fn signed_anew(&self, request: &OwnedRequest, body: &[u8]) -> OwnedRequest;

    /// A handshake with our token and one with a wrong one, where the provider has such a thing.
    fn handshakes(&self) -> Option<(OwnedRequest, OwnedRequest)>;
}

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct CodecCase {
    /// The sentence that it checks.
    pub name: &'static str,
    /// Checks it, panicking when it does not hold.
    pub run: fn(&dyn CodecHarness),
}

/// The one list of cases: a case named here is run by everybody. Expands to `callback! { case case … }`.
#[macro_export]
macro_rules! for_each_codec_case {
    ($($callback:tt)+) => {
        $($callback)+! {
            a_genuine_request_is_taken
            a_request_without_a_signature_is_forged
            a_second_signature_makes_it_forged
            every_other_signature_is_forged
            what_another_account_signed_is_forged
            a_body_that_was_changed_is_forged
            whatever_comes_is_answered
            a_message_comes_out_as_it_was_written
            a_message_has_the_providers_id_and_its_sender
            the_same_request_says_the_same
            an_unknown_kind_is_kept
            what_cannot_be_read_is_kept_with_its_bytes
            a_broken_part_takes_nothing_with_it
            half_a_request_is_never_lost
            a_receipt_gives_our_token_back
            every_stage_is_told
            a_handshake_is_answered_to_the_provider_alone
            a_message_is_no_handshake
            taking_it_is_a_success
            there_is_a_limit_to_what_is_read
            nothing_of_a_person_is_shown
        }
    };
}

/// Expands the suite to tests: give it a value that implements [`CodecHarness`](crate::codec_suite::CodecHarness).
///
/// Use it once in a module.
#[macro_export]
macro_rules! codec_conformance {
    ($harness:expr) => {
        fn codec_conformance_harness() -> impl $crate::codec_suite::CodecHarness {
            $harness
        }

        mod codec_conformance {
            $crate::for_each_codec_case!($crate::codec_conformance_tests);
        }
    };
}

/// Part of [`codec_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! codec_conformance_tests {
    ($($case:ident)+) => {$(
        #[test]
        fn $case() {
            $crate::codec_suite::cases::$case(&super::codec_conformance_harness());
        }
    )+};
}

macro_rules! as_values {
    ($($case:ident)+) => {
        /// The cases as values: for running them under other conditions than `#[test]`.
        pub fn codec_cases() -> Vec<CodecCase> {
            vec![$(CodecCase { name: stringify!($case), run: cases::$case },)+]
        }
    };
}
crate::for_each_codec_case!(as_values);

/// The cases. Their names are sentences about the behaviour that they check.
pub mod cases {
    #![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

    use http::HeaderValue;
    use parlor_channel::{Decoded, Happening, InboundMessage, Receipt, VerifiedWebhook, WebhookCodec};
    use parlor_model::{Content, Id};
    use uuid::Uuid;

    use super::{CodecHarness, OutboxId, OwnedRequest, ProviderMessageId, SampleMessage};

    /// Words that go wrong somewhere in most systems.
    const WORDS: [&str; 8] = [
        "Hello",
        "  space at both ends ",
        "Grüße, 你好, مرحبا",
        "👩‍👩‍👧 and 🇪🇺",
        "one\r\ntwo\n\tthree",
        "<b>&amp;</b> 100% a+b=c; \"quoted\" \\ / \u{2028}",
        "{{7*7}} ' OR 1=1 --",
        "e\u{301} is not é",
    ];

    fn sample(harness: &dyn CodecHarness) -> OwnedRequest {
        let [id, _] = harness.message_ids();
        harness.message(SampleMessage { id, words: "Hello" })
    }

    fn is_forged(codec: &dyn WebhookCodec, request: &OwnedRequest) -> bool {
        VerifiedWebhook::verify(codec, request.as_request()).is_err()
    }

    fn decode(codec: &dyn WebhookCodec, request: &OwnedRequest) -> Decoded {
        let verified = VerifiedWebhook::verify(codec, request.as_request()).expect("it is genuine");
        codec.decode(&verified)
    }

    fn happenings(decoded: &Decoded) -> Vec<&Happening> {
        decoded.events.iter().map(|event| &event.happening).collect()
    }

    fn messages(decoded: &Decoded) -> Vec<&InboundMessage> {
        let messages = decoded.events.iter().map(|event| match &event.happening {
            Happening::Message(message) => Some(&**message),
            _ => None,
        });
        messages.flatten().collect()
    }

    fn receipts(decoded: &Decoded) -> Vec<&Receipt> {
        let receipts = decoded.events.iter().map(|event| match &event.happening {
            Happening::Receipt(receipt) => Some(receipt),
            _ => None,
        });
        receipts.flatten().collect()
    }

    fn signature(harness: &dyn CodecHarness, request: &OwnedRequest) -> String {
        let value = request.headers.get(harness.signature()).expect("a genuine request is signed");
        value.to_str().expect("a signature is text").to_owned()
    }

    fn with_signature(harness: &dyn CodecHarness, request: &OwnedRequest, signature: &str) -> OwnedRequest {
        let mut request = request.clone();
        let value = HeaderValue::from_str(signature).expect("it is made of plain characters");
        request.headers.insert(harness.signature(), value);
        request
    }

    /// What the provider signed is the provider's, however often it is asked.
    pub fn a_genuine_request_is_taken(harness: &dyn CodecHarness) {
        let codec = harness.codec();
        let request = sample(harness);
        assert!(!is_forged(&*codec, &request) && !is_forged(&*codec, &request));
    }

    /// No signature is no answer to the question who sent it.
    pub fn a_request_without_a_signature_is_forged(harness: &dyn CodecHarness) {
        let mut request = sample(harness);
        request.headers.remove(harness.signature());
        assert!(is_forged(&*harness.codec(), &request));
    }

    /// Nobody may choose which of two counts.
    pub fn a_second_signature_makes_it_forged(harness: &dyn CodecHarness) {
        let genuine = sample(harness);
        for second in [signature(harness, &genuine), "x".to_owned()] {
            let mut request = genuine.clone();
            request.headers.append(harness.signature(), HeaderValue::from_str(&second).expect("it is text"));
            assert!(is_forged(&*harness.codec(), &request), "a second one: {second}");
        }
    }

    /// A part of the signature, more than it, another case of it, one character of it changed: none will do.
    pub fn every_other_signature_is_forged(harness: &dyn CodecHarness) {
        let codec = harness.codec();
        let request = sample(harness);
        let genuine = signature(harness, &request);
        let mut others = vec![
            String::new(),
            genuine[..genuine.len() / 2].to_owned(),
            genuine[..genuine.len() - 1].to_owned(),
            genuine[1..].to_owned(),
            format!("{genuine}0"),
            format!("0{genuine}"),
            format!("{genuine},{genuine}"),
            genuine.to_uppercase(),
            genuine.to_lowercase(),
            genuine.chars().rev().collect(),
        ];
        for (at, character) in genuine.char_indices() {
            let other = if character == 'a' { 'b' } else { 'a' };
            others.push(format!("{}{other}{}", &genuine[..at], &genuine[at + character.len_utf8()..]));
        }
        for other in others.into_iter().filter(|other| *other != genuine) {
            assert!(is_forged(&*codec, &with_signature(harness, &request, &other)), "{other:?} is taken");
        }
    }

    /// Each account has secrets of its own.
    pub fn what_another_account_signed_is_forged(harness: &dyn CodecHarness) {
        assert!(is_forged(&*harness.stranger(), &sample(harness)));
    }

    /// A change of one byte is found out, unless it is another way to say the same.
    pub fn a_body_that_was_changed_is_forged(harness: &dyn CodecHarness) {
        let codec = harness.codec();
        let genuine = sample(harness);
        let said = decode(&*codec, &genuine);
        for at in 0..genuine.body.len() {
            for mask in [1, 0x20, 0x80] {
                let mut changed = genuine.clone();
                changed.body[at] ^= mask;
                if let Ok(verified) = VerifiedWebhook::verify(&*codec, changed.as_request()) {
                    let says = codec.decode(&verified);
                    assert_eq!(happenings(&says), happenings(&said), "byte {at} was changed");
                }
            }
        }
        for length in 0..genuine.body.len() {
            let mut shorter = genuine.clone();
            shorter.body.truncate(length);
            assert!(is_forged(&*codec, &shorter), "{length} bytes of it are taken");
        }
    }

    /// No bytes make it panic, and none are the provider's by chance.
    pub fn whatever_comes_is_answered(harness: &dyn CodecHarness) {
        let codec = harness.codec();
        let genuine = sample(harness);
        let bodies: [&[u8]; 6] = [b"", b"\0", b"\xff\xfe", b"{", b"%", b"[[[[[[[["];
        for body in bodies {
            let mut request = genuine.clone();
            request.body = body.to_vec();
            assert!(is_forged(&*codec, &request), "{body:?}");
            // Signed, they are read in some way or other.
            let signed = harness.signed_anew(&genuine, body);
            if let Ok(verified) = VerifiedWebhook::verify(&*codec, signed.as_request()) {
                codec.decode(&verified);
            }
        }
        let mut bare = genuine;
        bare.headers.clear();
        bare.url.clear();
        assert!(is_forged(&*codec, &bare));
    }

    /// Every character of every message is what was written.
    pub fn a_message_comes_out_as_it_was_written(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        for words in WORDS {
            let decoded = decode(&*harness.codec(), &harness.message(SampleMessage { id, words }));
            assert_eq!(decoded.issues, [], "{words:?}");
            let said: Vec<_> = messages(&decoded)
                .iter()
                .map(|message| message.content.as_ref().and_then(Content::text))
                .collect();
            assert_eq!(said, [Some(words)]);
        }
    }

    /// The id makes a repetition recognisable, the address says whom to answer.
    pub fn a_message_has_the_providers_id_and_its_sender(harness: &dyn CodecHarness) {
        for id in harness.message_ids() {
            let decoded = decode(&*harness.codec(), &harness.message(SampleMessage { id, words: "Hello" }));
            let [message] = messages(&decoded)[..] else { panic!("one message is told: {decoded:?}") };
            assert_eq!(message.id, ProviderMessageId::new(id));
            assert_eq!(message.from.address.as_str(), harness.contact());
            let [event] = &decoded.events[..] else { panic!("one event is told: {decoded:?}") };
            assert_eq!(
                message.from.kind, event.endpoint.kind,
                "the contact is on the network of our endpoint"
            );
            assert!(!event.endpoint.addresses.is_empty(), "it says on which of our endpoints");
            assert!(!event.raw.is_empty(), "it has its bytes");
        }
    }

    /// Reading has no memory: what is delivered twice is recognised by what it says.
    pub fn the_same_request_says_the_same(harness: &dyn CodecHarness) {
        let request = sample(harness);
        let codec = harness.codec();
        assert_eq!(decode(&*codec, &request), decode(&*codec, &request));
        assert_eq!(decode(&*codec, &request), decode(&*harness.codec(), &request));
    }

    /// What the provider thinks of next is shown as something that is not known.
    pub fn an_unknown_kind_is_kept(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        let decoded = decode(&*harness.codec(), &harness.message_of_an_unknown_kind(id));
        let [message] = messages(&decoded)[..] else { panic!("one message is told: {decoded:?}") };
        assert_eq!(message.id, ProviderMessageId::new(id));
        assert!(matches!(message.content, Some(Content::Unsupported { .. })), "{:?}", message.content);
    }

    /// Nothing that the provider signed disappears: a person can look at it later.
    pub fn what_cannot_be_read_is_kept_with_its_bytes(harness: &dyn CodecHarness) {
        let nonsense = harness.signed_anew(&sample(harness), b"nonsense");
        let decoded = decode(&*harness.codec(), &nonsense);
        assert_eq!(decoded.events, []);
        let [issue] = &decoded.issues[..] else { panic!("it is one issue: {decoded:?}") };
        assert_eq!(issue.raw, b"nonsense");
        assert!(!issue.reason.is_empty(), "it says why");
    }

    /// What is beside something broken is read all the same.
    pub fn a_broken_part_takes_nothing_with_it(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        let request = harness.message_beside_something_broken(SampleMessage { id, words: "Hello" });
        let decoded = decode(&*harness.codec(), &request);
        let told: Vec<_> = messages(&decoded).iter().map(|message| message.id.as_str()).collect();
        assert_eq!((told, decoded.issues.len()), (vec![id], 1));
        assert!(!decoded.issues[0].raw.is_empty(), "the broken part has its bytes");
    }

    /// However much of it is missing, it is an event or an issue.
    pub fn half_a_request_is_never_lost(harness: &dyn CodecHarness) {
        let genuine = sample(harness);
        for length in 0..genuine.body.len() {
            let half = harness.signed_anew(&genuine, &genuine.body[..length]);
            let decoded = decode(&*harness.codec(), &half);
            assert!(
                !decoded.events.is_empty() || !decoded.issues.is_empty(),
                "{length} bytes of it are nothing"
            );
        }
    }

    /// By it an uncertain send is resolved.
    pub fn a_receipt_gives_our_token_back(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        let stage = harness.stages().into_iter().next().expect("the provider tells of some stage");
        for number in [1, u128::MAX] {
            let token = OutboxId::from_uuid(Uuid::from_u128(number));
            let decoded = decode(&*harness.codec(), &harness.receipt(token, id, stage));
            let [receipt] = receipts(&decoded)[..] else { panic!("one receipt is told: {decoded:?}") };
            assert_eq!(receipt.token, Some(token));
            assert_eq!(receipt.provider_id, Some(ProviderMessageId::new(id)));
        }
    }

    /// None is taken for another one.
    pub fn every_stage_is_told(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        for stage in harness.stages() {
            let token = OutboxId::from_uuid(Uuid::from_u128(1));
            let decoded = decode(&*harness.codec(), &harness.receipt(token, id, stage));
            let told: Vec<_> = receipts(&decoded).iter().map(|receipt| receipt.stage).collect();
            assert_eq!((told, decoded.issues.len()), (vec![stage], 0));
        }
    }

    /// Whoever does not know our token learns nothing.
    pub fn a_handshake_is_answered_to_the_provider_alone(harness: &dyn CodecHarness) {
        let codec = harness.codec();
        let Some((genuine, wrong)) = harness.handshakes() else {
            let mut asked = sample(harness);
            asked.method = http::Method::GET;
            assert!(codec.handshake(&asked.as_request()).is_none(), "there is no such thing here");
            return;
        };
        let answer = codec.handshake(&genuine.as_request()).expect("it is one").expect("it is genuine");
        assert!(answer.status.is_success());
        assert!(codec.handshake(&wrong.as_request()).expect("it is one").is_err());
    }

    /// A message is never answered as if somebody had asked whether we are there.
    pub fn a_message_is_no_handshake(harness: &dyn CodecHarness) {
        assert!(harness.codec().handshake(&sample(harness).as_request()).is_none());
    }

    /// Anything else would be delivered again, forever.
    pub fn taking_it_is_a_success(harness: &dyn CodecHarness) {
        assert!(harness.codec().taken().status.is_success());
    }

    /// A body of any size would be read otherwise.
    pub fn there_is_a_limit_to_what_is_read(harness: &dyn CodecHarness) {
        let limits = harness.codec().limits();
        assert!(limits.bytes >= sample(harness).body.len() && limits.bytes <= 16 << 20, "{limits:?}");
        assert!(limits.elements >= 1 && limits.elements <= 100_000, "{limits:?}");
    }

    /// Neither the words nor who wrote them get into a log.
    pub fn nothing_of_a_person_is_shown(harness: &dyn CodecHarness) {
        let [id, _] = harness.message_ids();
        let words = "between the two of us";
        let request = harness.message_beside_something_broken(SampleMessage { id, words });
        let codec = harness.codec();
        let verified = VerifiedWebhook::verify(&*codec, request.as_request()).expect("it is genuine");
        let shown = format!("{codec:?} {verified:?} {:?}", codec.decode(&verified));
        for hidden in [words, "between", harness.contact()] {
            assert!(!shown.contains(hidden), "{hidden} is shown in {shown}");
        }
    }
}
