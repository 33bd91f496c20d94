//! Webhooks, signed as the provider signs them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use parlor_channel::{HttpClient, HttpRequest};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::Shared;
use super::state::Stored;
use crate::simulators::LoopbackClient;

/// Why a webhook was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookOutcome {
    /// There is none, or the message is not one that is told of.
    NoWebhook,
    /// It did not answer.
    NoAnswer,
    /// It answered that something is wrong.
    Refused(StatusCode),
}

impl fmt::Display for WebhookOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWebhook => f.write_str("there is nobody to tell"),
            Self::NoAnswer => f.write_str("the webhook did not answer"),
            Self::Refused(status) => write!(f, "the webhook answered {status}"),
        }
    }
}

impl std::error::Error for WebhookOutcome {}

/// The signature and, where it is made with a key of its own, what says so.
fn signature(shared: &Shared, url: &str, parameters: &[(String, String)]) -> (String, Option<String>) {
    let sorted: BTreeSet<_> = parameters.iter().collect();
    let mut text = url.split('#').next().unwrap_or_default().to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    match &shared.options.shared_key {
        Some((name, key)) => {
            let settings = format!("key={name},algorithm=HMAC_SHA256");
            (keyed_hash::<Hmac<Sha256>>(key, &text), Some(settings))
        }
        None => (keyed_hash::<Hmac<Sha1>>(&shared.options.auth_token, &text), None),
    }
}

fn keyed_hash<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

/// Calls a webhook with a signed form.
pub(super) async fn call_webhook(
    shared: &Shared,
    url: &str,
    parameters: &[(String, String)],
) -> Result<(), WebhookOutcome> {
    let address = Url::parse(url).map_err(|_| WebhookOutcome::NoWebhook)?;
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let (signature, settings) = signature(shared, url, parameters);
    // The same for every repetition.
    let idempotency = HEXLOWER.encode(&Sha256::digest(body.as_bytes())[..16]);
    let mut request = HttpRequest::new(Method::POST, address)
        .with_body(HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"), body);
    let headers = [
        ("x-twilio-signature", Some(signature)),
        ("x-twilio-webhooks-signature-settings", settings),
        ("i-twilio-idempotency-token", Some(idempotency)),
        ("user-agent", Some("TwilioProxy/1.1".to_owned())),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            request = request.with_header(HeaderName::from_static(name), value);
        }
    }
    let client = shared.options.deliver_to.map_or_else(LoopbackClient::new, LoopbackClient::to);
    let response = client.send(request).await.map_err(|_| WebhookOutcome::NoAnswer)?;
    if response.status.is_success() { Ok(()) } else { Err(WebhookOutcome::Refused(response.status)) }
}

/// Tells how far a message of ours has come.
pub(super) async fn status_callback(
    shared: &Shared,
    sid: &str,
    status: &str,
    error_code: Option<u32>,
) -> Result<(), WebhookOutcome> {
    let (url, parameters) = {
        let mut state = shared.state();
        let message =
            state.message(sid).filter(|message| message.outbound).ok_or(WebhookOutcome::NoWebhook)?;
        status.clone_into(&mut message.status);
        message.error_code = error_code;
        let url = message.callback.clone().ok_or(WebhookOutcome::NoWebhook)?;
        let code = error_code.map(|code| code.to_string());
        let pairs = [
            ("ApiVersion", Some("2010-04-01")),
            ("AccountSid", Some(shared.options.account_sid.as_str())),
            ("SmsSid", Some(sid)),
            ("SmsStatus", Some(status)),
            ("MessageSid", Some(sid)),
            ("MessageStatus", Some(status)),
            ("To", Some(message.to.as_str())),
            ("From", Some(message.from.as_str())),
            ("MessagingServiceSid", message.service.as_deref()),
            ("ErrorCode", code.as_deref()),
        ];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        (url, pairs.collect::<Vec<_>>())
    };
    call_webhook(shared, &url, &parameters).await?;
    if let Some(message) = shared.state().message(sid) {
        message.told.push(status.to_owned());
    }
    Ok(())
}

/// Tells every stage of a message of ours, one after the other, as it was planned.
pub(super) fn tell_all(shared: &Arc<Shared>, message: &Stored) {
    if message.callback.is_none() {
        return;
    }
    let plan = shared.plan().receipts.clone();
    let mut stages: Vec<_> = shared.state().phone(&message.to).stages().into();
    if plan.backwards {
        stages.reverse();
    }
    let (shared, sid) = (Arc::clone(shared), message.sid.clone());
    shared.telling.send_modify(|telling| *telling += 1);
    tokio::spawn(async move {
        for (status, code) in stages {
            for _ in 0..plan.repeat {
                // Whoever does not take it is not told again: that is what the script is for.
                let _ = status_callback(&shared, &sid, status, code).await;
            }
        }
        shared.telling.send_modify(|telling| *telling -= 1);
    });
}
