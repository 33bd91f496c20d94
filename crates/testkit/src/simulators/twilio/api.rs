//! The 2010 API and Lookups 2, as far as a channel of text messages asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use parlor_model::Timestamp;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::phones::PhoneState;
use super::state::{Stored, date};
use super::webhooks::tell_all;
use super::{SendMode, Shared};
use crate::simulators::loopback::{Answers, Call, Outcome, Reply};

/// The longest text (error 21617).
const LONGEST_TEXT: usize = 1_600;

/// The most files (error 21623).
const MOST_FILES: usize = 10;

/// How many messages a page has where nobody says (the provider's OpenAPI document).
const USUAL_PAGE: usize = 50;

/// The most messages of a page (the provider's OpenAPI document).
const LARGEST_PAGE: usize = 1_000;

/// Answers requests to the API.
pub(super) struct Api(pub(super) Arc<Shared>);

#[async_trait]
impl Answers for Api {
    async fn answer(&self, call: Call) -> Outcome {
        if !self.knows(&call.headers) {
            return Some(problem(401, 20_003));
        }
        let path: Vec<_> = call.path.trim_matches('/').split('/').map(str::to_owned).collect();
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let account = self.0.options.account_sid.as_str();
        Some(match (&call.method, &path[..]) {
            (&Method::GET, ["v2", "PhoneNumbers", number]) => self.look_up(number, &call.query),
            (&Method::POST, ["2010-04-01", "Accounts", sid, "Messages.json"]) if *sid == account => {
                return self.create(&call.body).await;
            }
            (&Method::GET, ["2010-04-01", "Accounts", sid, "Messages.json"]) if *sid == account => {
                self.list(&call.path, &call.query)
            }
            (method, ["2010-04-01", "Accounts", sid, "Messages", message]) if *sid == account => {
                message.strip_suffix(".json").map_or_else(not_there, |id| self.one(method, id, &call.body))
            }
            (&Method::GET, ["2010-04-01", "Accounts", sid, "Messages", message, "Media.json"])
                if *sid == account =>
            {
                self.media_list(message)
            }
            (&Method::GET, ["2010-04-01", "Accounts", sid, "Messages", message, "Media", file])
                if *sid == account =>
            {
                self.file(message, file)
            }
            _ => not_there(),
        })
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { status, headers, body: Bytes::from(body.to_string()) }
}

fn problem(status: u16, code: u32) -> Reply {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    reply(
        status,
        &json!({ "code": code, "message": format!("error {code}"), "more_info": more, "status": status }),
    )
}

fn not_there() -> Reply {
    problem(404, 20_404)
}

/// A form by its names; what is there several times is there several times.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

/// Whether a text is a number with its country, or a short one.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('+') {
        Some(number) => (7..=15).contains(&number.len()) && digits(number) && !number.starts_with('0'),
        None => (3..=8).contains(&text.len()) && digits(text),
    }
}

impl Api {
    /// Whether the credentials are those of the account.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let options = &self.0.options;
        let credentials = BASE64.encode(format!("{}:{}", options.account_sid, options.auth_token).as_bytes());
        headers.get(AUTHORIZATION).is_some_and(|given| given == format!("Basic {credentials}").as_str())
    }

    async fn create(&self, body: &[u8]) -> Outcome {
        let form = Form::of(body);
        self.0.state().attempts += 1;
        let mode = self.0.next_mode();
        match mode {
            SendMode::Refuse { status, code } => return Some(problem(status, code)),
            SendMode::LoseRequest => return None,
            SendMode::FailBefore => return Some(problem(500, 20_500)),
            SendMode::RateLimit { retry_after } => {
                let mut reply = problem(429, 20_429);
                if let Some(seconds) = retry_after {
                    reply.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                return Some(reply);
            }
            SendMode::Delay(wait) => tokio::time::sleep(wait).await,
            SendMode::Accept
            | SendMode::LoseAnswer
            | SendMode::Nonsense
            | SendMode::FailAfter
            | SendMode::FailAtOnce { .. } => {}
        }
        if let Err(code) = self.check(&form) {
            return Some(problem(400, code));
        }
        let failed = if let SendMode::FailAtOnce { code } = mode { Some(code) } else { None };
        let stored = self.accept(&form, failed);
        if failed.is_none() && self.0.plan().receipts.automatic {
            tell_all(&self.0, &stored);
        }
        match mode {
            SendMode::LoseAnswer => None,
            SendMode::Nonsense => {
                let mut reply = reply(200, &Value::Null);
                reply.body = Bytes::from_static(b"<html>OK</html>");
                Some(reply)
            }
            SendMode::FailAfter => Some(problem(500, 20_500)),
            _ => Some(reply(201, &stored.to_json(&self.0.options.account_sid))),
        }
    }

    /// Why a message is not taken, by the provider's codes.
    fn check(&self, form: &Form) -> Result<(), u32> {
        let options = &self.0.options;
        let to = form.get("To").ok_or(21_604_u32)?;
        if !is_number(to) {
            return Err(21_211);
        }
        let service = form.get("MessagingServiceSid");
        if service.is_some_and(|sid| Some(sid) != options.messaging_service_sid.as_deref()) {
            return Err(21_701);
        }
        match form.get("From") {
            None if service.is_none() => return Err(21_603),
            Some(from) if !options.numbers.iter().any(|number| number == from) => return Err(21_606),
            Some(_) | None => {}
        }
        let files = form.all("MediaUrl").count();
        match form.get("Body") {
            None if files == 0 => return Err(21_602),
            Some(body) if body.encode_utf16().count() > LONGEST_TEXT => return Err(21_617),
            Some(_) | None => {}
        }
        if files > MOST_FILES {
            return Err(21_623);
        }
        if form.all("MediaUrl").any(|url| Url::parse(url).is_err()) {
            return Err(21_620);
        }
        if form.get("StatusCallback").is_some_and(|url| Url::parse(url).is_err()) {
            return Err(21_609);
        }
        let from = self.sender(form);
        if self.0.state().opted_out.contains(&(to.to_owned(), from)) {
            return Err(21_610);
        }
        Ok(())
    }

    /// Whom it is from: of a service, its first number.
    fn sender(&self, form: &Form) -> String {
        let first = self.0.options.numbers.first().map(String::as_str);
        form.get("From").or(first).unwrap_or_default().to_owned()
    }

    fn accept(&self, form: &Form, failed: Option<u32>) -> Stored {
        let mut state = self.0.state();
        let media: Vec<_> = form.all("MediaUrl").map(str::to_owned).collect();
        let service = form.get("MessagingServiceSid").map(str::to_owned);
        let stored = Stored {
            sid: state.next_sid(if media.is_empty() { "SM" } else { "MM" }),
            outbound: true,
            to: form.get("To").unwrap_or_default().to_owned(),
            from: self.sender(form),
            body: form.get("Body").unwrap_or_default().to_owned(),
            media,
            callback: form.get("StatusCallback").map(str::to_owned),
            status: match (failed, &service) {
                (Some(_), _) => "failed",
                (None, Some(_)) => "accepted",
                (None, None) => "queued",
            }
            .to_owned(),
            service,
            error_code: failed,
            failed_at_once: failed.is_some(),
            told: Vec::new(),
            at: self.0.options.clock.now(),
            own: false,
        };
        state.messages.push(stored.clone());
        stored
    }

    fn list(&self, path: &str, query: &str) -> Reply {
        let form = Form::of(query.as_bytes());
        let number = |name: &str| form.get(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("PageSize").unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
        let page = number("Page").unwrap_or_default();
        let since = form.get("DateSent>").and_then(day);
        let is = |name: &str, value: &str| form.get(name).is_none_or(|wanted| wanted == value);
        let state = self.0.state();
        let found = state.messages.iter().rev().filter(|message| {
            is("To", &message.to)
                && is("From", &message.from)
                && since.is_none_or(|since| message.at >= since)
                && !message.own
        });
        let account = &self.0.options.account_sid;
        let found: Vec<_> = found.map(|message| message.to_json(account)).collect();
        let start = page.saturating_mul(size).min(found.len());
        let end = start.saturating_add(size).min(found.len());
        let at = |page: usize| {
            let others =
                form.0.iter().filter(|(name, _)| !matches!(name.as_str(), "Page" | "PageToken" | "PageSize"));
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(others)
                .append_pair("PageSize", &size.to_string())
                .append_pair("Page", &page.to_string())
                .finish();
            format!("{path}?{query}")
        };
        let previous = page.checked_sub(1).map(at);
        reply(
            200,
            &json!({
                "messages": found[start..end],
                "page": page,
                "page_size": size,
                "start": start,
                "end": end.saturating_sub(1),
                "uri": at(page),
                "first_page_uri": at(0),
                "next_page_uri": (end < found.len()).then(|| at(page + 1)),
                "previous_page_uri": previous,
            }),
        )
    }

    /// One message: it is shown, emptied, taken back or removed.
    fn one(&self, method: &Method, sid: &str, body: &[u8]) -> Reply {
        let mut state = self.0.state();
        if state.message(sid).is_none() {
            return not_there();
        }
        if *method == Method::DELETE {
            state.messages.retain(|message| message.sid != sid);
            return Reply { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: Bytes::new() };
        }
        let account = &self.0.options.account_sid;
        let Some(message) = state.message(sid) else {
            return not_there();
        };
        if *method == Method::POST {
            let form = Form::of(body);
            if form.get("Status") == Some("canceled") {
                "canceled".clone_into(&mut message.status);
            }
            if form.0.iter().any(|(name, value)| name == "Body" && value.is_empty()) {
                message.body.clear();
            }
        }
        reply(200, &message.to_json(account))
    }

    /// The files of a message, the newest first.
    fn media_list(&self, sid: &str) -> Reply {
        let mut state = self.0.state();
        let Some(message) = state.message(sid).map(|message| message.clone()) else {
            return not_there();
        };
        let account = &self.0.options.account_sid;
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}/Media");
        let listed = message.media.iter().rev().map(|file| {
            let kind = state.files.get(file).and_then(|file| file.media_type.clone());
            json!({
                "account_sid": account,
                "content_type": kind,
                "date_created": date(message.at),
                "date_updated": date(message.at),
                "parent_sid": sid,
                "sid": file,
                "uri": format!("{uri}/{file}.json"),
            })
        });
        let listed: Vec<_> = listed.collect();
        reply(
            200,
            &json!({
                "media_list": listed,
                "page": 0,
                "page_size": USUAL_PAGE,
                "start": 0,
                "end": listed.len().saturating_sub(1),
                "uri": format!("{uri}.json?PageSize={USUAL_PAGE}&Page=0"),
                "first_page_uri": format!("{uri}.json?PageSize={USUAL_PAGE}&Page=0"),
                "next_page_uri": null,
                "previous_page_uri": null,
            }),
        )
    }

    /// A file is not here: whoever asks for it is sent to another host.
    fn file(&self, message: &str, file: &str) -> Reply {
        let state = self.0.state();
        let there = state
            .messages
            .iter()
            .any(|known| known.sid == message && known.media.iter().any(|id| id == file));
        if !there || !state.files.contains_key(file) {
            return not_there();
        }
        let files = *self.0.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let address = files.map(|files| format!("http://localhost:{}/{file}", files.port()));
        let Some(address) = address.and_then(|address| HeaderValue::from_str(&address).ok()) else {
            return not_there();
        };
        let mut reply = reply(302, &Value::Null);
        reply.headers.insert(LOCATION, address);
        reply.body = Bytes::new();
        reply
    }

    fn look_up(&self, number: &str, query: &str) -> Reply {
        let number = percent_decoded(number);
        if !number.starts_with('+') || number.len() < 4 {
            return not_there();
        }
        let valid = is_number(&number);
        let kind = match self.0.state().phone(&number) {
            PhoneState::On | PhoneState::Off | PhoneState::Full => "mobile",
            PhoneState::Landline => "landline",
            PhoneState::NoSuchNumber => "unknown",
        };
        let asked =
            Form::of(query.as_bytes()).get("Fields").is_some_and(|fields| fields.contains("line_type"));
        let line = json!({
            "type": kind, "carrier_name": "A carrier", "mobile_country_code": "310",
            "mobile_network_code": "000", "error_code": null,
        });
        let url = format!("https://lookups.twilio.com/v2/PhoneNumbers/{number}");
        reply(
            200,
            &json!({
                "calling_country_code": if valid { Value::from("1") } else { Value::Null },
                "country_code": if valid { Value::from("US") } else { Value::Null },
                "phone_number": number,
                "national_format": if valid { Value::from(&number[1..]) } else { Value::Null },
                "valid": valid,
                "validation_errors": if valid { json!([]) } else { json!(["INVALID_LENGTH"]) },
                "line_type_intelligence": if asked && valid { line } else { Value::Null },
                "url": url,
            }),
        )
    }
}

/// `%2B` is a plus.
fn percent_decoded(text: &str) -> String {
    // A plus in a path is a plus, and not a space as in a form.
    let form = text.replace('+', "%2B");
    form_urlencoded::parse(form.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// The beginning of a day that is written as `2026-11-22`, with or without a time behind it.
fn day(text: &str) -> Option<Timestamp> {
    let date = chrono::NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    Some(Timestamp::from(date.and_hms_opt(0, 0, 0)?.and_utc()))
}
