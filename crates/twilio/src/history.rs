//! Messages that came in, read from the provider's list: for what no webhook could bring (guarantee G1b).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use http::{Method, StatusCode};
use parlor_address::AddressForm;
use parlor_channel::{
    CameIn, Certainty, Decoded, Happening, History, HttpClient, HttpRequest, HttpResponse, TransportError,
    TransportErrorKind, WebhookEvent,
};
use parlor_model::Timestamp;
use serde::Deserialize;

use crate::TwilioAccount;
use crate::form::FormWriter;
use crate::send::{Page, refusal};
use crate::sid::{is_message_sid, is_sid};
use crate::webhook::{self, Parameters};

/// How many messages a page has. The provider would give ten times as many; an answer of that size is more than a client takes
/// in one piece (`ClientLimits` of `parlor-http`: one megabyte), for a text may have 1,600 characters.
const PAGE_SIZE: &str = "100";

/// How many pages are read at once: 100,000 messages, more than a busy account has in two days.
const MOST_PAGES: usize = 1_000;

/// Of how many messages the files are asked for at once: each is a request. The rest is read the next time.
const MOST_WITH_FILES: usize = 100;

/// A page of what came in.
#[derive(Debug)]
pub struct InboxPage {
    messages: Vec<Listed>,
    next: Option<HttpRequest>,
}

impl InboxPage {
    /// What asks for the page after it; `None` when nothing older is wanted.
    pub const fn next(&self) -> Option<&HttpRequest> {
        self.next.as_ref()
    }
}

/// What is read of a message in the list. `Debug` shows no text and nobody's number.
#[derive(Deserialize)]
struct Listed {
    sid: String,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    num_media: Option<String>,
    #[serde(default)]
    messaging_service_sid: Option<String>,
    #[serde(default)]
    date_sent: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("sid", &self.sid).finish_non_exhaustive()
    }
}

impl Listed {
    fn at(&self) -> Option<Timestamp> {
        let written = self.date_sent.as_deref().or(self.date_created.as_deref())?;
        DateTime::parse_from_rfc2822(written).ok().map(|at| Timestamp::from(at.to_utc()))
    }

    fn has_media(&self) -> bool {
        self.num_media.as_deref().is_some_and(|count| count != "0")
    }

    /// The message as a webhook would have told it. What is no text message is not read here, as there.
    fn event(self, media: &[Media], account: &str) -> Option<WebhookEvent> {
        let at = self.at();
        let sid = self.sid;
        let mut fields = BTreeMap::new();
        let mut say = |name: String, value: Option<String>| fields.extend(value.map(|value| (name, value)));
        for (index, file) in media.iter().enumerate() {
            let url = format!(
                "https://api.twilio.com/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{}",
                file.sid
            );
            say(format!("MediaUrl{index}"), Some(url));
            say(format!("MediaContentType{index}"), file.content_type.clone());
        }
        say("NumMedia".to_owned(), Some(media.len().to_string()));
        say("MessageSid".to_owned(), Some(sid));
        say("From".to_owned(), self.from);
        say("To".to_owned(), self.to);
        say("Body".to_owned(), self.body);
        say("MessagingServiceSid".to_owned(), self.messaging_service_sid);
        let raw = serde_json::to_vec(&fields).ok()?;
        let (endpoint, mut happening) = webhook::message(&Parameters(fields), &raw, &mut Vec::new()).ok()?;
        if let Happening::Message(message) = &mut happening {
            message.written_at = at;
        }
        Some(WebhookEvent { endpoint, happening, raw })
    }
}

/// A file of a message in the list.
#[derive(Clone, Debug, Deserialize)]
struct Media {
    sid: String,
    #[serde(default)]
    content_type: Option<String>,
}

#[derive(Deserialize)]
struct MediaList {
    media_list: Vec<Media>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl TwilioAccount {
    /// What asks for the messages that came in since a moment, the newest first, at one of our numbers or at all of them.
    pub fn inbox_request(&self, to: Option<&str>, since: Timestamp) -> Option<HttpRequest> {
        let mut request = self.api(Method::GET, &["Messages.json"]);
        let mut query = FormWriter::new();
        if let Some(to) = to {
            query.add("To", to);
        }
        // From the beginning of the day, because the provider may compare no more of it.
        query
            .add("DateSent>", &since.to_date_time()?.format("%Y-%m-%dT00:00:00Z").to_string())
            .add("PageSize", PAGE_SIZE);
        request.url.set_query(Some(&query.finish()));
        Some(request)
    }

    /// Reads a page of it.
    ///
    /// # Errors
    ///
    /// When it is no such page.
    pub fn inbox_page(&self, response: &HttpResponse, since: Timestamp) -> Result<InboxPage, TransportError> {
        let page: Page<Listed> = read(response)?;
        let is_wanted = |listed: &Listed| listed.at().is_none_or(|at| at >= since);
        // The newest stand first: when one is too old, so is what comes after it.
        let goes_on = page.messages.iter().all(is_wanted);
        let next = page.next_page_uri.filter(|_| goes_on).map(|next| {
            // Our own address, whatever host it names.
            let mut request = self.api(Method::GET, &["Messages.json"]);
            request.url.set_query(next.split_once('?').map(|(_, query)| query));
            request
        });
        let messages = page.messages.into_iter().filter(|listed| {
            listed.direction == "inbound" && is_message_sid(&listed.sid) && is_wanted(listed)
        });
        Ok(InboxPage { messages: messages.collect(), next })
    }
}

fn read<T: for<'de> Deserialize<'de>>(response: &HttpResponse) -> Result<T, TransportError> {
    if !response.status.is_success() {
        return Err(refusal(response));
    }
    serde_json::from_slice(&response.body)
        .map_err(|error| unread(TransportErrorKind::Provider).with_source(error))
}

fn unread(kind: TransportErrorKind) -> TransportError {
    TransportError::new(kind, Certainty::NotSent)
}

/// The list has the newest first, and whole seconds: those of one second stay in their order.
fn oldest_first(mut found: Vec<Listed>) -> Vec<Listed> {
    found.reverse();
    found
}

/// Reads what came in at Twilio, by whatever client it is given.
pub struct TwilioHistory {
    account: Arc<TwilioAccount>,
    http: Arc<dyn HttpClient>,
}

impl TwilioHistory {
    /// Reads what came in for an account.
    pub fn new(account: Arc<TwilioAccount>, http: Arc<dyn HttpClient>) -> Self {
        Self { account, http }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let answered = self.http.send(request).await;
        answered.map_err(|error| unread(TransportErrorKind::Network).with_source(error))
    }

    async fn messages(&self, to: Option<&str>, since: Timestamp) -> Result<Vec<Listed>, TransportError> {
        let mut found = Vec::new();
        let mut next = self.account.inbox_request(to, since);
        for _ in 0..MOST_PAGES {
            let Some(request) = next.take() else { return Ok(oldest_first(found)) };
            let page = self.account.inbox_page(&self.ask(request).await?, since)?;
            found.extend(page.messages);
            next = page.next;
        }
        // More than can be read at once is not read in part: what is older would be lost.
        if next.is_none() { Ok(oldest_first(found)) } else { Err(unread(TransportErrorKind::Other)) }
    }

    async fn media(&self, listed: &Listed) -> Result<Vec<Media>, TransportError> {
        if !listed.has_media() {
            return Ok(Vec::new());
        }
        let request = self.account.api(Method::GET, &["Messages", &listed.sid, "Media.json"]);
        let answer = self.ask(request).await?;
        // Files that were deleted there take nothing with them.
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let list: MediaList = read(&answer)?;
        // A message has ten at the most, and a page fifty.
        if list.next_page_uri.is_some() || list.media_list.iter().any(|file| !is_sid("ME", &file.sid)) {
            return Err(unread(TransportErrorKind::Provider));
        }
        // The newest stand first here too.
        Ok(list.media_list.into_iter().rev().collect())
    }
}

impl fmt::Debug for TwilioHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TwilioHistory").field(&self.account).finish()
    }
}

#[async_trait]
impl History for TwilioHistory {
    async fn came_in(&self, to: &[String], since: Timestamp) -> Result<CameIn, TransportError> {
        let is_number = |address: &String| {
            matches!(AddressForm::of(address), AddressForm::Number | AddressForm::ShortCode)
        };
        let mut found = Vec::new();
        if to.iter().all(is_number) {
            for number in to {
                found.extend(self.messages(Some(number), since).await?);
            }
        } else {
            // The numbers of a Messaging Service are not known here.
            found = self.messages(None, since).await?;
        }
        found.sort_by_key(Listed::at);
        let account = self.account.settings().account_sid.clone();
        let (mut decoded, mut with_files) = (Decoded::default(), 0);
        for listed in found {
            let at = listed.at();
            with_files += usize::from(listed.has_media());
            let media = if with_files > MOST_WITH_FILES { None } else { self.media(&listed).await.ok() };
            // What comes after it waits with it, in its order.
            let Some(media) = media else {
                return match at.filter(|_| !decoded.events.is_empty()) {
                    Some(at) => Ok(CameIn::until(decoded, at)),
                    None => Err(unread(TransportErrorKind::Network)),
                };
            };
            // What is of another network is not read here, and a webhook has said so.
            decoded.events.extend(listed.event(&media, &account));
        }
        Ok(CameIn::all(decoded))
    }
}
