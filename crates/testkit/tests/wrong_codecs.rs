//! The suite of codecs is tested: those that are wrong on purpose fail, each at the case for its fault.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use parlor_channel::{
    DecodeIssue, Decoded, Endpoint, Forged, Happening, InboundMessage, Receipt, ReceiptStage,
    VerifiedWebhook, WebhookAnswer, WebhookCodec, WebhookEvent, WebhookLimits, WebhookRequest,
};
use parlor_model::{
    ChannelKind, Content, DeliveryStage, MessageText, OutboxId, PointAddress, PointKey, ProviderMessageId,
};
use parlor_testkit::codec_suite::{CodecHarness, OwnedRequest, SampleMessage, codec_cases};
use sha2::{Digest, Sha256};

/// What is wrong with a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Takes nothing.
    Deaf,
    /// Takes what is not signed.
    TakesUnsigned,
    /// Takes the first of two signatures.
    FirstOfTwo,
    /// Compares as much of the signature as there is.
    Prefix,
    /// Compares without case.
    AnyCase,
    /// Has the same secret for everybody.
    OneSecret,
    /// Signs only how long the body is.
    LengthOnly,
    /// Is thrown by an empty body.
    Panics,
    /// Cuts off space.
    Trims,
    /// Names every message alike.
    SameId,
    /// Calls everybody the same.
    SameSender,
    /// Counts what it reads.
    Remembers,
    /// Leaves out what it does not know.
    LeavesOut,
    /// Leaves out what it cannot read.
    Forgets,
    /// Keeps what it cannot read, and not how it came.
    KeepsNoBytes,
    /// Reads nothing of what has something broken in it.
    AllOrNothing,
    /// Leaves out a message that is too short.
    LosesHalf,
    /// Does not look for our token.
    NoToken,
    /// Takes what was delivered for sent.
    OneStage,
    /// Answers everybody who says hello.
    GreetsAll,
    /// Takes a message for somebody who says hello.
    GreetsMessages,
    /// Says that something went wrong.
    Complains,
    /// Reads whatever there is.
    Limitless,
    /// Shows everything.
    Chatty,
}

/// Reads lines: `message ID WORDS`, `receipt TOKEN ID STAGE`, `unknown ID …`. The words are in hexadecimal, so that a line is one.
struct Lines {
    fault: Fault,
    secret: &'static str,
    read: AtomicU64,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.fault == Fault::Chatty { "Lines, which talk with +100" } else { "Lines" })
    }
}

const CONTACT: &str = "+100";

fn sign(secret: &str, body: &[u8]) -> String {
    let hash = Sha256::digest([secret.as_bytes(), b"/", body].concat());
    HEXLOWER.encode(&hash)
}

fn hexadecimal(text: &str) -> String {
    HEXLOWER.encode(text.as_bytes())
}

fn from_hexadecimal(text: &str) -> Option<String> {
    String::from_utf8(HEXLOWER.decode(text.as_bytes()).ok()?).ok()
}

impl Lines {
    fn line(&self, line: &[u8]) -> Result<Option<Happening>, String> {
        let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
        let words: Vec<_> = text.split(' ').collect();
        let from = if self.fault == Fault::SameSender { "everybody" } else { CONTACT };
        let key = PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new(from) };
        let message = |id: &str, content: Option<Content>| {
            let id = if self.fault == Fault::SameId { "one" } else { id };
            let mut message = InboundMessage::new(ProviderMessageId::new(id), key.clone());
            message.content = content;
            Ok(Some(Happening::Message(Box::new(message))))
        };
        match words[..] {
            ["message", id, words] => {
                let words = from_hexadecimal(words).ok_or("the words are no words")?;
                let words = if self.fault == Fault::Trims { words.trim().to_owned() } else { words };
                message(id, InboundMessage::words(&words))
            }
            ["unknown", ..] if self.fault == Fault::LeavesOut => Ok(None),
            ["unknown", id, ..] => {
                let raw = MessageText::new(text).map_err(|error| error.to_string())?;
                message(id, Some(Content::Unsupported { kind: "unknown".to_owned(), raw }))
            }
            ["receipt", token, id, stage] => {
                let stage = match stage {
                    "accepted" => ReceiptStage::Accepted,
                    "delivered" if self.fault != Fault::OneStage => {
                        ReceiptStage::Reached(DeliveryStage::Delivered)
                    }
                    _ => ReceiptStage::Reached(DeliveryStage::Sent),
                };
                let mut receipt = Receipt::new(stage);
                receipt.token = token.parse().ok().filter(|_| self.fault != Fault::NoToken);
                receipt.provider_id = Some(ProviderMessageId::new(id));
                Ok(Some(Happening::Receipt(receipt)))
            }
            _ => Err(match self.fault {
                Fault::Chatty => format!("this is no line: {text}"),
                _ => "this is no line".to_owned(),
            }),
        }
    }
}

impl WebhookCodec for Lines {
    fn limits(&self) -> WebhookLimits {
        let bytes = if self.fault == Fault::Limitless { usize::MAX } else { 1 << 20 };
        WebhookLimits { bytes, elements: 1_000 }
    }

    fn handshake(&self, request: &WebhookRequest<'_>) -> Option<Result<WebhookAnswer, Forged>> {
        let hello = request.query().strip_prefix("hello=");
        let hello = if self.fault == Fault::GreetsMessages { hello.or(Some(self.secret)) } else { hello };
        let good = hello? == self.secret || self.fault == Fault::GreetsAll;
        Some(if good { Ok(WebhookAnswer::text(StatusCode::OK, "hello")) } else { Err(Forged::WrongToken) })
    }

    fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged> {
        let secret = if self.fault == Fault::OneSecret { "everybody's" } else { self.secret };
        let first = request.headers.get("signature").and_then(|value| value.to_str().ok());
        let signature = match self.fault {
            Fault::Deaf => return Err(Forged::WrongSignature),
            Fault::FirstOfTwo => first,
            _ => request.only_header("signature"),
        };
        let expected = match self.fault {
            Fault::LengthOnly => sign(secret, request.body.len().to_string().as_bytes()),
            _ => sign(secret, request.body),
        };
        match signature {
            None if self.fault == Fault::TakesUnsigned => Ok(()),
            None => Err(Forged::Unsigned),
            Some(signature) if signature == expected => Ok(()),
            Some(signature) if self.fault == Fault::Prefix && expected.starts_with(signature) => Ok(()),
            Some(signature) if self.fault == Fault::AnyCase && expected.eq_ignore_ascii_case(signature) => {
                Ok(())
            }
            Some(_) => Err(Forged::WrongSignature),
        }
    }

    fn decode(&self, webhook: &VerifiedWebhook<'_>) -> Decoded {
        let body = webhook.request().body;
        assert!(self.fault != Fault::Panics || !body.is_empty(), "there has to be something");
        let mut decoded = Decoded::default();
        if self.fault == Fault::LosesHalf && body.len() < 20 {
            return decoded;
        }
        for line in body.split(|byte| *byte == b'\n') {
            let endpoint = Endpoint { kind: ChannelKind::Sms, addresses: vec!["+1".to_owned()] };
            match self.line(line) {
                Ok(Some(happening)) => {
                    decoded.events.push(WebhookEvent { endpoint, happening, raw: line.to_vec() });
                }
                Ok(None) => {}
                Err(_) if self.fault == Fault::Forgets => {}
                Err(_) if self.fault == Fault::AllOrNothing => {
                    let issue = DecodeIssue { reason: "broken".to_owned(), raw: body.to_vec() };
                    return Decoded { events: Vec::new(), issues: vec![issue] };
                }
                Err(reason) => {
                    let raw = if self.fault == Fault::KeepsNoBytes { Vec::new() } else { line.to_vec() };
                    decoded.issues.push(DecodeIssue { reason, raw });
                }
            }
        }
        if self.fault == Fault::Remembers && self.read.fetch_add(1, Ordering::Relaxed) > 0 {
            decoded.events.clear();
        }
        decoded
    }

    fn taken(&self) -> WebhookAnswer {
        let status = if self.fault == Fault::Complains { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        WebhookAnswer::text(status, "")
    }
}

struct Harness(Fault, Arc<Lines>);

impl Harness {
    fn new(fault: Fault) -> Self {
        Self(fault, Arc::new(Lines { fault, secret: "ours", read: AtomicU64::new(0) }))
    }

    fn signed(&self, body: &[u8]) -> OwnedRequest {
        let secret = if self.0 == Fault::OneSecret { "everybody's" } else { "ours" };
        let signature = match self.0 {
            Fault::LengthOnly => sign(secret, body.len().to_string().as_bytes()),
            _ => sign(secret, body),
        };
        let mut headers = HeaderMap::new();
        headers.insert("signature", HeaderValue::from_str(&signature).unwrap());
        OwnedRequest {
            method: Method::POST,
            url: "https://a.test/hook".to_owned(),
            headers,
            body: body.to_vec(),
        }
    }
}

impl CodecHarness for Harness {
    fn codec(&self) -> Arc<dyn WebhookCodec> {
        Arc::clone(&self.1) as _
    }

    fn stranger(&self) -> Arc<dyn WebhookCodec> {
        Arc::new(Lines { fault: self.0, secret: "theirs", read: AtomicU64::new(0) })
    }

    fn signature(&self) -> HeaderName {
        HeaderName::from_static("signature")
    }

    fn message_ids(&self) -> [&'static str; 2] {
        ["m1", "m2"]
    }

    fn contact(&self) -> &'static str {
        CONTACT
    }

    fn message(&self, message: SampleMessage<'_>) -> OwnedRequest {
        self.signed(format!("message {} {}", message.id, hexadecimal(message.words)).as_bytes())
    }

    fn message_beside_something_broken(&self, message: SampleMessage<'_>) -> OwnedRequest {
        let line = format!("message {} {}", message.id, hexadecimal(message.words));
        self.signed(format!("between the lines\n{line}").as_bytes())
    }

    fn message_of_an_unknown_kind(&self, id: &str) -> OwnedRequest {
        self.signed(format!("unknown {id} ?").as_bytes())
    }

    fn receipt(&self, token: OutboxId, id: &str, stage: ReceiptStage) -> OwnedRequest {
        let stage = match stage {
            ReceiptStage::Accepted => "accepted",
            ReceiptStage::Reached(DeliveryStage::Delivered) => "delivered",
            _ => "sent",
        };
        self.signed(format!("receipt {token} {id} {stage}").as_bytes())
    }

    fn stages(&self) -> Vec<ReceiptStage> {
        vec![
            ReceiptStage::Accepted,
            ReceiptStage::Reached(DeliveryStage::Sent),
            ReceiptStage::Reached(DeliveryStage::Delivered),
        ]
    }

    fn signed_anew(&self, _: &OwnedRequest, body: &[u8]) -> OwnedRequest {
        self.signed(body)
    }

    fn handshakes(&self) -> Option<(OwnedRequest, OwnedRequest)> {
        let hello = |token: &str| OwnedRequest {
            method: Method::GET,
            url: format!("https://a.test/hook?hello={token}"),
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        Some((hello("ours"), hello("theirs")))
    }
}

/// The cases that a codec with that fault fails.
fn failures(fault: Fault) -> Vec<&'static str> {
    let fails = |run: fn(&dyn CodecHarness)| {
        let harness = Harness::new(fault);
        catch_unwind(AssertUnwindSafe(|| run(&harness))).is_err()
    };
    codec_cases().into_iter().filter(|case| fails(case.run)).map(|case| case.name).collect()
}

#[test]
fn a_right_codec_passes_every_case() {
    assert_eq!(failures(Fault::None), Vec::<&str>::new());
}

#[test]
fn every_case_finds_its_fault_out() {
    let faults = [
        (Fault::Deaf, "a_genuine_request_is_taken"),
        (Fault::TakesUnsigned, "a_request_without_a_signature_is_forged"),
        (Fault::FirstOfTwo, "a_second_signature_makes_it_forged"),
        (Fault::Prefix, "every_other_signature_is_forged"),
        (Fault::AnyCase, "every_other_signature_is_forged"),
        (Fault::OneSecret, "what_another_account_signed_is_forged"),
        (Fault::LengthOnly, "a_body_that_was_changed_is_forged"),
        (Fault::Panics, "whatever_comes_is_answered"),
        (Fault::Trims, "a_message_comes_out_as_it_was_written"),
        (Fault::SameId, "a_message_has_the_providers_id_and_its_sender"),
        (Fault::SameSender, "a_message_has_the_providers_id_and_its_sender"),
        (Fault::Remembers, "the_same_request_says_the_same"),
        (Fault::LeavesOut, "an_unknown_kind_is_kept"),
        (Fault::Forgets, "what_cannot_be_read_is_kept_with_its_bytes"),
        (Fault::KeepsNoBytes, "what_cannot_be_read_is_kept_with_its_bytes"),
        (Fault::AllOrNothing, "a_broken_part_takes_nothing_with_it"),
        (Fault::LosesHalf, "half_a_request_is_never_lost"),
        (Fault::NoToken, "a_receipt_gives_our_token_back"),
        (Fault::OneStage, "every_stage_is_told"),
        (Fault::GreetsAll, "a_handshake_is_answered_to_the_provider_alone"),
        (Fault::GreetsMessages, "a_message_is_no_handshake"),
        (Fault::Complains, "taking_it_is_a_success"),
        (Fault::Limitless, "there_is_a_limit_to_what_is_read"),
        (Fault::Chatty, "nothing_of_a_person_is_shown"),
    ];
    for (fault, case) in faults {
        let failed = failures(fault);
        assert!(failed.contains(&case), "{fault:?} passes {case}; it fails only {failed:?}");
    }
    for case in codec_cases() {
        assert!(faults.iter().any(|(_, found)| *found == case.name), "nothing is wrong for {}", case.name);
    }
}
