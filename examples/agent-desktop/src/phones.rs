//! Telephones to type on: with them, and a provider that is played on this machine, a person can text the desk.

use std::io;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64;
use parlor::engine::SystemClock;
use parlor_testkit::simulators::{PhoneFile, PhoneState, Twilio, TwilioOptions};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// Our number in the demonstration.
pub(crate) const OURS: &str = "+15550001111";

/// Whose telephones there are, with what each is like.
const PHONES: [(&str, &str, PhoneState); 3] = [
    ("+15550002222", "Ann", PhoneState::On),
    ("+15550003333", "Ben, whose telephone is switched off", PhoneState::Off),
    ("+15550004444", "Cleo, at a landline", PhoneState::Landline),
];

/// The largest body of a text with pictures: five of the largest pictures that the network takes, and what their letters add.
const BODY_BYTES: usize = 8 << 20;

/// The telephones, and the provider between them and the desk.
pub(crate) struct Phones {
    twilio: Arc<Twilio>,
}

impl Phones {
    /// Plays a provider on this machine that tells the desk at this address.
    pub(crate) async fn start(webhook: &Url) -> io::Result<Self> {
        let mut options = TwilioOptions::new(Arc::new(SystemClock));
        options.numbers = vec![OURS.to_owned()];
        options.webhook_url = Some(webhook.to_string());
        let twilio = Twilio::start(options).await?;
        for (number, _, state) in PHONES {
            twilio.set_phone(number, state);
        }
        Ok(Self { twilio: Arc::new(twilio) })
    }

    /// The provider.
    pub(crate) fn twilio(&self) -> &Twilio {
        &self.twilio
    }

    /// What the page of the telephones asks for.
    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/phones/messages", get(messages))
            .route("/phones/texts", post(text).layer(DefaultBodyLimit::max(BODY_BYTES)))
            .with_state(Arc::clone(&self.twilio))
    }
}

async fn messages(State(twilio): State<Arc<Twilio>>) -> Json<Value> {
    let known = twilio.phones();
    let phones = PHONES.iter().map(|(number, name, _)| {
        let messages = known.iter().find(|phone| phone.number == *number).map(|phone| phone.messages.iter());
        let messages = messages.into_iter().flatten().map(|message| {
            json!({
                "id": message.sid,
                "own": message.written_here,
                "text": message.text,
                "files": message.files,
                "status": message.status,
                "at": message.at,
            })
        });
        json!({ "number": number, "name": name, "messages": messages.collect::<Vec<_>>() })
    });
    Json(json!({ "ours": OURS, "phones": phones.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    from: String,
    text: String,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    media_type: String,
    /// In base64.
    bytes: String,
}

async fn text(State(twilio): State<Arc<Twilio>>, Json(said): Json<Typed>) -> Response {
    if !PHONES.iter().any(|(number, _, _)| *number == said.from) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let files = said.files.into_iter().map(|file| {
        let bytes = BASE64.decode(file.bytes.as_bytes()).ok()?;
        Some(PhoneFile { media_type: Some(file.media_type), bytes })
    });
    let Some(files) = files.collect::<Option<Vec<_>>>() else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    match twilio.text(&said.from, OURS, &said.text, &files).await {
        Ok(id) => (StatusCode::CREATED, Json(json!({ "id": id }))).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the desk was not told of a text");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}
