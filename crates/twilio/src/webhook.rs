//! What Twilio tells a webhook: a message of a contact, or what became of one of ours.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use parlor_address::AddressForm;
use parlor_channel::{
    ConsentWish, ConsentWord, DecodeIssue, Decoded, Endpoint, Forged, Happening, InboundMessage,
    MediaReference, Receipt, ReceiptStage, VerifiedWebhook, WebhookAnswer, WebhookCodec, WebhookEvent,
    WebhookLimits, WebhookRequest,
};
use parlor_model::{
    ChannelKind, Content, DeliveryStage, MediaType, MessageText, PointAddress, PointKey, ProviderMessageId,
};

use crate::media::location;
use crate::signature::is_form;
use crate::{TwilioAccount, form};

/// The parameter of a status callback's address that has our token.
pub(crate) const TOKEN: &str = "ob";

/// The most bytes of a body (reliability §4.8).
const MOST_BYTES: usize = 1024 * 1024;

/// The most elements, here parameters of one message: thirty times what a message with everything has (reliability §4.8).
const MOST_ELEMENTS: usize = 1_000;

/// The most bytes of an id (reliability §4.8).
const MOST_ID_BYTES: usize = 256;

/// Says that there is no reply (providers §1.1).
const EMPTY_TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// What is said once in a message, so that a second saying has to be the same one.
const SAID_ONCE: [&str; 10] = [
    "MessageSid",
    "SmsSid",
    "SmsMessageSid",
    "AccountSid",
    "MessagingServiceSid",
    "From",
    "To",
    "Body",
    "MessageStatus",
    "OptOutType",
];

impl WebhookCodec for TwilioAccount {
    fn limits(&self) -> WebhookLimits {
        WebhookLimits { bytes: MOST_BYTES, elements: MOST_ELEMENTS }
    }

    fn handshake(&self, _: &WebhookRequest<'_>) -> Option<Result<WebhookAnswer, Forged>> {
        None
    }

    fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged> {
        self.keys.authenticate(request)
    }

    fn decode(&self, webhook: &VerifiedWebhook<'_>) -> Decoded {
        let request = webhook.request();
        let raw = if *request.method == Method::GET { request.query().as_bytes() } else { request.body };
        let mut decoded = Decoded::default();
        let outcome = if *request.method == Method::GET || is_form(request) || raw.is_empty() {
            Parameters::of(raw)
                .and_then(|parameters| happening(request, &parameters, raw, &mut decoded.issues))
        } else {
            Err("the body is no form".to_owned())
        };
        match outcome {
            Ok(Some((endpoint, happening))) => {
                decoded.events.push(WebhookEvent { endpoint, happening, raw: raw.to_vec() });
            }
            Ok(None) => {}
            Err(reason) => decoded.issues.push(DecodeIssue { reason, raw: raw.to_vec() }),
        }
        decoded
    }

    fn taken(&self) -> WebhookAnswer {
        WebhookAnswer { status: StatusCode::OK, content_type: "text/xml", body: EMPTY_TWIML.to_owned() }
    }
}

/// What a request says, by name: the first value of each.
pub(crate) struct Parameters(pub(crate) BTreeMap<String, String>);

impl Parameters {
    fn of(raw: &[u8]) -> Result<Self, String> {
        let mut parameters = BTreeMap::new();
        let mut count = 0_usize;
        for (name, value) in form::pairs(raw) {
            count += 1;
            if count > MOST_ELEMENTS {
                return Err(format!("it has more than {MOST_ELEMENTS} parameters"));
            }
            match parameters.get(&name) {
                None => {
                    parameters.insert(name, value);
                }
                Some(said) if *said != value && SAID_ONCE.contains(&name.as_str()) => {
                    return Err(format!("it says {name} twice and differently"));
                }
                Some(_) => {}
            }
        }
        Ok(Self(parameters))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What is said and is not empty: a field that is not known is sent as an empty one.
    fn said(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }

    /// The id of the message. Some senders give only the old names of it.
    fn message_id(&self) -> Result<ProviderMessageId, String> {
        let id = ["MessageSid", "SmsSid", "SmsMessageSid"].iter().find_map(|name| self.said(name));
        match id {
            None => Err("it names no message".to_owned()),
            Some(id) if id.len() > MOST_ID_BYTES => Err("the id of the message is too long".to_owned()),
            Some(id) => Ok(ProviderMessageId::new(id)),
        }
    }

    /// What became of a message of ours; `None` for a message of a contact.
    fn status(&self) -> Option<&str> {
        let has_content = self.get("Body").is_some() || self.get("NumMedia").is_some();
        match (self.said("MessageStatus"), self.said("SmsStatus")) {
            (Some(_) | None, _) if has_content => None,
            (None, Some("received" | "receiving") | None) => None,
            (Some(status), _) | (None, Some(status)) => Some(status),
        }
    }

    /// One of our endpoints: a number, and the Messaging Service that it is in.
    fn endpoint(&self, number: &str) -> Result<Endpoint, String> {
        let addresses: Vec<_> = [number, "MessagingServiceSid"]
            .into_iter()
            .filter_map(|name| self.said(name))
            .filter(|address| AddressForm::of(address) != AddressForm::OtherNetwork)
            .map(str::to_owned)
            .collect();
        if addresses.is_empty() {
            return Err(format!("{number} is none of our numbers"));
        }
        Ok(Endpoint { kind: ChannelKind::Sms, addresses })
    }
}

type Found = Option<(Endpoint, Happening)>;

fn happening(
    request: &WebhookRequest<'_>,
    parameters: &Parameters,
    raw: &[u8],
    issues: &mut Vec<DecodeIssue>,
) -> Result<Found, String> {
    match parameters.status() {
        Some(status) => {
            let Some(stage) = stage(status) else {
                return Ok(None);
            };
            let endpoint = parameters.endpoint("From")?;
            let mut receipt = Receipt::new(stage);
            receipt.token = form::pairs(request.query().as_bytes())
                .find(|(name, _)| name == TOKEN)
                .and_then(|(_, token)| token.parse().ok());
            receipt.provider_id = Some(parameters.message_id()?);
            receipt.code = code(parameters, status);
            Ok(Some((endpoint, Happening::Receipt(receipt))))
        }
        None => message(parameters, raw, issues).map(Some),
    }
}

/// How far a message has come; `None` where that says nothing about one of ours, or nothing that is known.
fn stage(status: &str) -> Option<ReceiptStage> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" => ReceiptStage::Accepted,
        // To some of several: it has left, and whether it arrived is not known of all.
        "sent" | "partially_delivered" => ReceiptStage::Reached(DeliveryStage::Sent),
        "delivered" => ReceiptStage::Reached(DeliveryStage::Delivered),
        "read" => ReceiptStage::Reached(DeliveryStage::Read),
        "failed" | "undelivered" | "canceled" => ReceiptStage::Reached(DeliveryStage::Failed),
        _ => return None,
    })
}

/// Why it failed; what was taken back says so by its status alone.
fn code(parameters: &Parameters, status: &str) -> Option<String> {
    let code = parameters.said("ErrorCode").filter(|code| *code != "0" && code.len() <= MOST_ID_BYTES);
    code.or((status == "canceled").then_some(status)).map(str::to_owned)
}

pub(crate) fn message(
    parameters: &Parameters,
    raw: &[u8],
    issues: &mut Vec<DecodeIssue>,
) -> Result<(Endpoint, Happening), String> {
    let id = parameters.message_id()?;
    let from = parameters.said("From").ok_or("it does not say who wrote")?;
    if from.len() > MOST_ID_BYTES {
        return Err("the sender is too long".to_owned());
    }
    // The same digits on another network are another person until somebody says otherwise.
    if AddressForm::of(from) == AddressForm::OtherNetwork
        || parameters.said("To").is_some_and(|to| AddressForm::of(to) == AddressForm::OtherNetwork)
    {
        return Err("it came by another network, which is not read here".to_owned());
    }
    let endpoint = parameters.endpoint("To")?;
    let key = PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new(from) };
    let body = parameters.get("Body").unwrap_or_default();
    let mut message = InboundMessage::new(id, key);
    message.media = media(parameters, raw, issues);
    message.content = InboundMessage::words(body);
    if message.content.is_none() && message.media.is_empty() {
        message.content = nothing_readable(raw);
    }
    message.consent = consent(parameters, body);
    Ok((endpoint, Happening::Message(Box::new(message))))
}

/// A message without words and files, kept as it came: it was sent, so it is shown.
fn nothing_readable(raw: &[u8]) -> Option<Content> {
    let mut raw = String::from_utf8_lossy(raw).into_owned();
    raw.truncate(raw.floor_char_boundary(MessageText::MAX_BYTES));
    let raw = MessageText::new(raw).ok()?;
    Some(Content::Unsupported { kind: "empty".to_owned(), raw })
}

/// The files, in their order. One whose address is missing takes neither the others nor the words with it.
fn media(parameters: &Parameters, raw: &[u8], issues: &mut Vec<DecodeIssue>) -> Vec<MediaReference> {
    let stated =
        parameters.said("NumMedia").and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
    let told = parameters.0.keys().filter_map(|name| name.strip_prefix("MediaUrl")?.parse::<usize>().ok());
    let count = told.map(|index| index.saturating_add(1)).max().unwrap_or_default().max(stated);
    let (mut media, mut missing) = (Vec::new(), None);
    for index in 0..count.min(MOST_ELEMENTS) {
        let Some(url) = parameters.said(&format!("MediaUrl{index}")) else {
            missing = missing.or(Some(index));
            continue;
        };
        let declared = parameters.said(&format!("MediaContentType{index}"));
        let declared = declared.and_then(|kind| kind.split(';').next());
        media.push(MediaReference {
            location: location(url),
            declared: declared.and_then(|kind| MediaType::new(kind.trim()).ok()),
            name: None,
        });
    }
    if let Some(index) = missing {
        let reason = format!("of {count} files it does not say where the one with the number {index} is");
        issues.push(DecodeIssue { reason, raw: raw.to_vec() });
    }
    media
}

/// Words that ask for something about being written to, where the provider looks for them itself (providers §1.1).
const STOP_WORDS: [&str; 8] = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"];
const START_WORDS: [&str; 3] = ["START", "UNSTOP", "YES"];
const HELP_WORDS: [&str; 2] = ["HELP", "INFO"];

/// What the contact says about being written to.
///
/// A Messaging Service with Advanced Opt-Out knows words of its own and says what it took for one. Elsewhere these count,
/// when they are the whole message. The provider answers them for numbers; for short codes it leaves that to others.
fn consent(parameters: &Parameters, body: &str) -> Option<ConsentWord> {
    match parameters.said("OptOutType") {
        Some("STOP") => return Some(ConsentWord { wish: ConsentWish::Stop, answered: true }),
        Some("START") => return Some(ConsentWord { wish: ConsentWish::Start, answered: true }),
        Some("HELP") => return Some(ConsentWord { wish: ConsentWish::Help, answered: true }),
        // A kind that is not known: the provider has dealt with it, and nobody else can say what it was.
        Some(_) => return None,
        None => {}
    }
    let word = body.trim();
    let is_one_of = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    let wish = if is_one_of(&STOP_WORDS) {
        ConsentWish::Stop
    } else if is_one_of(&START_WORDS) {
        ConsentWish::Start
    } else if is_one_of(&HELP_WORDS) {
        ConsentWish::Help
    } else {
        return None;
    };
    let to = parameters.get("To").unwrap_or_default();
    Some(ConsentWord { wish, answered: AddressForm::of(to) == AddressForm::Number })
}
