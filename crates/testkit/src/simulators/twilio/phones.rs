//! Telephones that a script, or a person on a page, types on.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use parlor_channel::SmsLength;
use parlor_model::Timestamp;

use super::state::{State, Stored};
use super::webhooks::{WebhookOutcome, call_webhook, status_callback};
use super::{Shared, Twilio};
use crate::simulators::loopback::{Answers, Call, Outcome, Reply};

/// What a telephone is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhoneState {
    /// It is switched on and gets what is sent to it.
    #[default]
    On,
    /// It is switched off (30003).
    Off,
    /// It is a line in the ground (30006).
    Landline,
    /// Nobody has the number (30005).
    NoSuchNumber,
    /// Its carrier filters everything out (30007).
    Full,
}

impl PhoneState {
    /// How a message to it ends, and why.
    const fn end(self) -> (&'static str, Option<u32>) {
        match self {
            Self::On => ("delivered", None),
            Self::Off => ("undelivered", Some(30_003)),
            Self::Landline => ("undelivered", Some(30_006)),
            Self::NoSuchNumber => ("undelivered", Some(30_005)),
            Self::Full => ("undelivered", Some(30_007)),
        }
    }

    /// The stages of a message to it, in order.
    pub(super) fn stages(self) -> [(&'static str, Option<u32>); 2] {
        [("sent", None), self.end()]
    }
}

/// A file on a telephone.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneFile {
    /// What it says it is; `None` where nothing is said.
    pub media_type: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for PhoneFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneFile")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A telephone with everything on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Phone {
    /// Its number.
    pub number: String,
    /// What it is like.
    pub state: PhoneState,
    /// Its messages in both directions, oldest first.
    pub messages: Vec<PhoneMessage>,
}

/// A message on a telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhoneMessage {
    /// The provider's id.
    pub sid: String,
    /// Whether it was written on this telephone.
    pub written_here: bool,
    /// The number at the other end.
    pub other: String,
    /// What it says.
    pub text: String,
    /// How many files there are with it.
    pub files: usize,
    /// Where they are, when they came to this telephone.
    pub media_urls: Vec<String>,
    /// How far it has come.
    pub status: String,
    /// When it was written.
    pub at: Timestamp,
}

impl PhoneMessage {
    fn of(stored: &Stored) -> Self {
        Self {
            sid: stored.sid.clone(),
            written_here: !stored.outbound,
            other: if stored.outbound { stored.from.clone() } else { stored.to.clone() },
            text: stored.body.clone(),
            files: stored.media.len(),
            media_urls: if stored.outbound { stored.media.clone() } else { Vec::new() },
            status: stored.status.clone(),
            at: stored.at,
        }
    }
}

/// Words that the provider itself acts on, when they are the whole message.
const STOP: [&str; 8] = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"];
const START: [&str; 3] = ["START", "UNSTOP", "YES"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// What the provider makes of a word, as it says it where it has Advanced Opt-Out.
fn opt_out_type(text: &str) -> Option<&'static str> {
    let word = text.trim();
    let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(&STOP) {
        Some("STOP")
    } else if is(&START) {
        Some("START")
    } else if is(&HELP) {
        Some("HELP")
    } else {
        None
    }
}

impl State {
    /// Keeps a message of a telephone, and does with its words what the provider does.
    fn take_in(&mut self, mut message: Stored, files: &[PhoneFile]) -> (Stored, Option<&'static str>) {
        for file in files {
            let id = self.next_sid("ME");
            self.files.insert(id.clone(), file.clone());
            message.media.push(id);
        }
        self.messages.push(message.clone());
        let kind = opt_out_type(&message.body);
        let pair = (message.from.clone(), message.to.clone());
        let answer = match kind {
            Some("STOP") => {
                self.opted_out.insert(pair);
                "You will get no more messages. Reply START to get them again."
            }
            Some("START") => {
                self.opted_out.remove(&pair);
                "You will get messages again. Reply STOP to get no more."
            }
            Some(_) => "Reply STOP to get no more messages.",
            None => return (message, None),
        };
        let sid = self.next_sid("SM");
        self.messages.push(Stored {
            sid,
            outbound: true,
            own: true,
            to: message.from.clone(),
            from: message.to.clone(),
            body: answer.to_owned(),
            media: Vec::new(),
            status: "delivered".to_owned(),
            ..message.clone()
        });
        (message, kind)
    }
}

impl Twilio {
    /// Says what a telephone is like; it is on the list of telephones from then on.
    pub fn set_phone(&self, number: &str, state: PhoneState) {
        self.shared.state().phones.insert(number.to_owned(), state);
    }

    /// Every telephone that was spoken of, wrote, or was written to, in order of number.
    pub fn phones(&self) -> Vec<Phone> {
        let state = self.shared.state();
        let mut numbers: BTreeSet<_> = state.phones.keys().cloned().collect();
        let theirs = |message: &Stored| if message.outbound { &message.to } else { &message.from }.clone();
        numbers.extend(state.messages.iter().map(theirs));
        let phone = |number: String| Phone {
            state: state.phone(&number),
            messages: state
                .messages
                .iter()
                .filter(|message| theirs(message) == number)
                .map(PhoneMessage::of)
                .collect(),
            number,
        };
        numbers.into_iter().map(phone).collect()
    }

    /// A file that was sent from a telephone, by its place in a message.
    pub fn file(&self, sid: &str, index: usize) -> Option<PhoneFile> {
        let mut state = self.shared.state();
        let id = state.message(sid)?.media.get(index)?.clone();
        state.files.get(&id).cloned()
    }

    /// Writes on a telephone. The message is on its way when this is done, and the webhook has answered.
    ///
    /// # Errors
    ///
    /// When there is no webhook, or it does not answer with a success. The message stays on the telephone all the same, and
    /// [`tell_again`](Self::tell_again) repeats it.
    pub async fn text(
        &self,
        from: &str,
        to: &str,
        text: &str,
        files: &[PhoneFile],
    ) -> Result<String, WebhookOutcome> {
        let (message, kind) = {
            let mut state = self.shared.state();
            let sid = state.next_sid(if files.is_empty() { "SM" } else { "MM" });
            let message = Stored {
                sid,
                outbound: false,
                to: to.to_owned(),
                from: from.to_owned(),
                body: text.to_owned(),
                service: self.shared.options.messaging_service_sid.clone(),
                media: Vec::new(),
                callback: None,
                status: "received".to_owned(),
                error_code: None,
                failed_at_once: false,
                told: Vec::new(),
                at: self.shared.options.clock.now(),
                own: false,
            };
            state.take_in(message, files)
        };
        let parameters = self.told(&message, kind);
        self.tell(&parameters).await.map(|()| message.sid)
    }

    /// Tells the webhook once more of a message that a telephone wrote.
    pub async fn tell_again(&self, sid: &str) -> Result<(), WebhookOutcome> {
        let message = self.shared.state().message(sid).filter(|message| !message.outbound).cloned();
        let message = message.ok_or(WebhookOutcome::NoWebhook)?;
        let parameters = self.told(&message, opt_out_type(&message.body));
        self.tell(&parameters).await
    }

    async fn tell(&self, parameters: &[(String, String)]) -> Result<(), WebhookOutcome> {
        let url = self.shared.options.webhook_url.clone().ok_or(WebhookOutcome::NoWebhook)?;
        call_webhook(&self.shared, &url, parameters).await
    }

    /// What the webhook is told of a message.
    fn told(&self, message: &Stored, opt_out: Option<&str>) -> Vec<(String, String)> {
        let options = &self.shared.options;
        let segments = SmsLength::of(&message.body).segments.to_string();
        let mut told: Vec<(String, String)> = [
            ("ToCountry", "US"),
            ("ToState", ""),
            ("SmsMessageSid", &message.sid),
            ("NumMedia", &message.media.len().to_string()),
            ("ToCity", ""),
            ("FromZip", ""),
            ("SmsSid", &message.sid),
            ("FromState", ""),
            ("SmsStatus", "received"),
            ("FromCity", ""),
            ("Body", &message.body),
            ("FromCountry", "US"),
            ("To", &message.to),
            ("ToZip", ""),
            ("NumSegments", &segments),
            ("MessageSid", &message.sid),
            ("AccountSid", &options.account_sid),
            ("From", &message.from),
            ("ApiVersion", "2010-04-01"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(service) = &message.service {
            told.push(("MessagingServiceSid".to_owned(), service.clone()));
            if let Some(kind) = opt_out {
                told.push(("OptOutType".to_owned(), kind.to_owned()));
            }
        }
        let api = *self.shared.api.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let state = self.shared.state();
        for (index, id) in message.media.iter().enumerate() {
            let host = api.map(|api| api.to_string()).unwrap_or_default();
            let url = format!(
                "http://{host}/2010-04-01/Accounts/{}/Messages/{}/Media/{id}",
                options.account_sid, message.sid
            );
            told.push((format!("MediaUrl{index}"), url));
            if let Some(kind) = state.files.get(id).and_then(|file| file.media_type.clone()) {
                told.push((format!("MediaContentType{index}"), kind));
            }
        }
        told
    }

    /// Tells that a message of ours has come so far, to where its receipts go.
    ///
    /// # Errors
    ///
    /// When the message is not one of ours or has no such place, or that does not answer with a success.
    pub async fn report(
        &self,
        sid: &str,
        status: &str,
        error_code: Option<u32>,
    ) -> Result<(), WebhookOutcome> {
        status_callback(&self.shared, sid, status, error_code).await
    }
}

/// The other host, which has the files and must be given nobody's credentials.
pub(super) struct FileHost(pub(super) Arc<Shared>);

#[async_trait]
impl Answers for FileHost {
    async fn answer(&self, call: Call) -> Outcome {
        let mut state = self.0.state();
        if call.headers.contains_key(AUTHORIZATION) {
            state.leaked += 1;
        }
        let file = state.files.get(call.path.trim_start_matches('/')).cloned();
        let mut headers = HeaderMap::new();
        let Some(file) = file else {
            return Some(Reply { status: StatusCode::NOT_FOUND, headers, body: Bytes::new() });
        };
        let kind = file.media_type.as_deref().unwrap_or("application/octet-stream");
        if let Ok(kind) = HeaderValue::from_str(kind) {
            headers.insert(CONTENT_TYPE, kind);
        }
        Some(Reply { status: StatusCode::OK, headers, body: Bytes::from(file.bytes) })
    }
}
