//! What is asked of Twilio's API, and what its answers mean.

use std::time::Duration;

use chrono::DateTime;
use http::header::{HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};
use parlor_address::AddressForm;
use parlor_channel::{
    Certainty, HttpRequest, HttpResponse, MediaReference, MediaRequest, Outbound, Provider, Retry,
    SendReceipt, TransportError, TransportErrorKind,
};
use parlor_model::{Attachment, ChannelKind, Content, ProviderMessageId, Timestamp, Visibility};
use serde::Deserialize;

use crate::form::{self, FormWriter};
use crate::limits;
use crate::sid::{is_message_sid, is_sid};
use crate::webhook::TOKEN;
use crate::{KnownError, TwilioAccount};

/// How long a receipt of an uncertain message is waited for (reliability §4.3).
const UNCERTAIN_WAIT: Duration = Duration::from_mins(2);

/// The longest that a provider may make us wait (threat T22).
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How many of the messages to one person are looked through: the most that one page has (the provider's OpenAPI document).
const PAGE_SIZE: &str = "1000";

impl Provider for TwilioAccount {
    fn encode(&self, outbound: &Outbound) -> Result<HttpRequest, TransportError> {
        let mut form = FormWriter::new();
        form.add("To", recipient(outbound)?);
        self.add_sender(outbound, &mut form)?;
        if outbound.visibility != Visibility::Private {
            return Err(refused(TransportErrorKind::Content));
        }
        match &outbound.content {
            Content::Text { text } | Content::PushedUrl { url: _, text } => {
                form.add("Body", text.as_str());
            }
            Content::Attached { text, attachments } => {
                self.check_files(outbound, attachments)?;
                if let Some(text) = text {
                    form.add("Body", text.as_str());
                }
                for file in &outbound.files {
                    form.add("MediaUrl", file.as_str());
                }
            }
            _ => return Err(refused(TransportErrorKind::Content)),
        }
        form.add("StatusCallback", &self.status_callback(outbound));
        let request = self.api(Method::POST, &["Messages.json"]);
        Ok(request.with_body(HeaderValue::from_static(form::CONTENT_TYPE), form.finish()))
    }

    fn receipt(&self, response: &HttpResponse) -> Result<SendReceipt, TransportError> {
        if response.status.is_success() { taken(response) } else { Err(refusal(response)) }
    }

    fn uncertain_wait(&self) -> Duration {
        UNCERTAIN_WAIT
    }

    fn sent_since(&self, outbound: &Outbound, since: Timestamp) -> Option<HttpRequest> {
        let to = recipient(outbound).ok()?;
        let mut request = self.api(Method::GET, &["Messages.json"]);
        let mut query = FormWriter::new();
        query.add("To", to);
        if !is_sid("MG", &outbound.from) {
            query.add("From", &outbound.from);
        }
        // From the beginning of the day, because the provider may compare no more of it.
        query
            .add("DateSent>", &since.to_date_time()?.format("%Y-%m-%dT00:00:00Z").to_string())
            .add("PageSize", PAGE_SIZE);
        request.url.set_query(Some(&query.finish()));
        Some(request)
    }

    fn find_sent(
        &self,
        outbound: &Outbound,
        since: Timestamp,
        response: &HttpResponse,
    ) -> Option<ProviderMessageId> {
        if !response.status.is_success() {
            return None;
        }
        let page: Page<Listed> = serde_json::from_slice(&response.body).ok()?;
        if page.next_page_uri.is_some() {
            return None;
        }
        let mut found = page.messages.into_iter().filter(|listed| listed.might_be(outbound, since));
        match (found.next(), found.next()) {
            // What failed at once may be another one, of which its sender was told so. A person decides.
            (Some(listed), None) if listed.has_failed() => None,
            (Some(listed), None) => listed.sid.filter(|sid| is_message_sid(sid)).map(ProviderMessageId::new),
            (Some(_) | None, _) => None,
        }
    }

    fn media(&self, media: &MediaReference) -> Result<MediaRequest, TransportError> {
        self.media_request(media)
    }
}

impl TwilioAccount {
    /// Who it is from: our number, the Messaging Service, or our number within it, so that the contact is answered by whom
    /// they wrote to.
    fn add_sender(&self, outbound: &Outbound, form: &mut FormWriter) -> Result<(), TransportError> {
        if is_sid("MG", &outbound.from) {
            form.add("MessagingServiceSid", &outbound.from);
            return Ok(());
        }
        match AddressForm::of(&outbound.from) {
            AddressForm::Number | AddressForm::ShortCode | AddressForm::Name => {
                form.add("From", &outbound.from);
            }
            AddressForm::Email | AddressForm::OtherNetwork | AddressForm::Other => {
                return Err(refused(TransportErrorKind::SenderNotAllowed));
            }
        }
        if let Some(service) = &self.settings.messaging_service_sid {
            form.add("MessagingServiceSid", service);
        }
        Ok(())
    }

    /// Whether the files may go: switched on, as many as there are addresses for them, and within the provider's limits,
    /// which depend on what the files are.
    fn check_files(&self, outbound: &Outbound, files: &[Attachment]) -> Result<(), TransportError> {
        let fits = self.settings.outbound_mms
            && !files.is_empty()
            && files.len() == outbound.files.len()
            && limits::fit_into_one_message(files);
        if fits { Ok(()) } else { Err(refused(TransportErrorKind::Content)) }
    }

    /// Where receipts go, with our token in the address: it comes back with each of them and is signed along.
    fn status_callback(&self, outbound: &Outbound) -> String {
        let mut url = self.settings.webhook_url.clone();
        url.query_pairs_mut().append_pair(TOKEN, &outbound.outbox.to_string());
        url.into()
    }
}

fn refused(kind: TransportErrorKind) -> TransportError {
    TransportError::new(kind, Certainty::NotSent)
}

/// Where it goes, if texts go there.
fn recipient(outbound: &Outbound) -> Result<&str, TransportError> {
    let address = outbound.to.address.as_str();
    if outbound.to.kind == ChannelKind::Sms && AddressForm::of(address).takes_texts() {
        Ok(address)
    } else {
        Err(refused(TransportErrorKind::Recipient))
    }
}

/// What is read of a message that was made.
#[derive(Deserialize)]
struct Made {
    sid: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    error_code: Option<u32>,
}

/// What is read of a refusal.
#[derive(Deserialize)]
struct Problem {
    code: u32,
}

fn taken(response: &HttpResponse) -> Result<SendReceipt, TransportError> {
    let unreadable = || TransportError::new(TransportErrorKind::UnreadableAnswer, Certainty::Uncertain);
    let made: Made = serde_json::from_slice(&response.body).map_err(|_| unreadable())?;
    if !is_message_sid(&made.sid) {
        return Err(unreadable());
    }
    // There is no callback for the first status, so nobody else would ever say that it failed at once.
    if let Some("failed" | "undelivered" | "canceled") = made.status.as_deref() {
        return Err(match made.error_code {
            // It made a message of it: another try would make another one.
            Some(code) => classified(code).with_retry(Retry::Never),
            None => refused(TransportErrorKind::Other),
        });
    }
    Ok(SendReceipt::new([ProviderMessageId::new(made.sid)]))
}

pub(crate) fn refusal(response: &HttpResponse) -> TransportError {
    let problem = serde_json::from_slice::<Problem>(&response.body).ok();
    let status = response.status;
    let error = match problem {
        // A provider that failed does not know what it did, whatever it says.
        _ if status.is_server_error() => {
            let error = TransportError::new(TransportErrorKind::Provider, Certainty::Uncertain);
            return match problem {
                Some(Problem { code }) => error.with_provider_code(code.to_string()),
                None => error,
            };
        }
        Some(Problem { code }) if status.is_client_error() => classified(code),
        Some(_) | None if status == StatusCode::TOO_MANY_REQUESTS => {
            refused(TransportErrorKind::RateLimited).with_retry(Retry::Backoff)
        }
        Some(_) | None if status == StatusCode::UNAUTHORIZED => refused(TransportErrorKind::Unauthorized),
        Some(_) | None => TransportError::new(TransportErrorKind::UnreadableAnswer, Certainty::Uncertain),
    };
    // How long to wait counts only where trying again makes sense at all.
    match (error.retry, retry_after(response)) {
        (Retry::Backoff, Some(wait)) => error.with_retry(Retry::After(wait)),
        (Retry::Backoff | Retry::Never | Retry::After(_), _) => error,
    }
}

/// A message that was not taken, by its code.
fn classified(code: u32) -> TransportError {
    let text = code.to_string();
    let known = KnownError::of(&text);
    let kind = known.map_or(TransportErrorKind::Other, |known| known.kind);
    let retry = if known.is_some_and(|known| known.passes) { Retry::Backoff } else { Retry::Never };
    refused(kind).with_retry(retry).with_provider_code(text)
}

/// How many seconds the provider asks us to wait, if it says so in this way.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let seconds = response.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// A page of messages.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) messages: Vec<T>,
    #[serde(default)]
    pub(crate) next_page_uri: Option<String>,
}

/// What is read of a message in a list.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    num_media: Option<String>,
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
}

impl Listed {
    /// Whether it came to nothing.
    fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }

    /// Whether it is in every way like ours and was made since we began to send. Our clock and the provider's should agree:
    /// where theirs is behind, ours is not found, and a person decides.
    fn might_be(&self, outbound: &Outbound, since: Timestamp) -> bool {
        let made = DateTime::parse_from_rfc2822(self.date_created.as_deref().unwrap_or_default());
        // The list has whole seconds.
        let since = since.as_micros().div_euclid(1_000_000);
        self.direction.as_deref().is_some_and(|direction| direction.starts_with("outbound"))
            && self.to.as_deref() == Some(outbound.to.address.as_str())
            && (is_sid("MG", &outbound.from) || self.from.as_deref() == Some(&outbound.from))
            && self.body.as_deref().unwrap_or_default() == outbound.content.text().unwrap_or_default()
            && self.num_media.as_deref().unwrap_or("0") == outbound.files.len().to_string()
            && made.is_ok_and(|made| made.timestamp() >= since)
    }
}
