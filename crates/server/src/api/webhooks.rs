//! What providers tell: verified before it is read, answered when all of it is durable (guarantees G1 and G3).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parlor_channel::{Forged, VerifiedWebhook, WebhookAnswer, WebhookRequest};
use parlor_model::AccountName;

use super::Api;
use crate::extract::{Named, read_limited};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

const PATH: &str = "/webhooks/{account}";

/// The most bytes that are read before it is known who sends: the most that any provider sends (reliability §4.8).
const MOST_BYTES: usize = 4 << 20;

/// What can be wrong with a request that nobody knows yet who sends.
const REFUSES: &[Code] =
    &[Code::NotTheProvider, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::RequestTimeout, Code::Busy];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            PATH,
            "askWebhook",
            "Where a provider asks whether the webhook is ours, and tells us things by the address alone",
        )
        .anyone()
        .gives_text("*/*")
        .refuses(REFUSES),
        webhook,
    )
    .route(
        Operation::post(
            PATH,
            "tellWebhook",
            "Where a provider tells us what happened, signed in its own way",
        )
        .anyone()
        .gives_text("*/*")
        .refuses(REFUSES),
        webhook,
    )
}

async fn webhook(
    State(shared): State<Arc<Shared>>,
    Named(account): Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    // Nothing that was packed is unpacked for a stranger (threat T7).
    let packed = request.headers().get(header::CONTENT_ENCODING);
    if packed.is_some_and(|packing| !packing.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(Code::UnsupportedMediaType, "a webhook's body is not compressed"));
    }
    let (parts, body) = request.into_parts();
    let body = read_limited(body, MOST_BYTES, shared.limits.body_within).await?;
    // A name that is not one, an account that there is not and a wrong signature are the same to a stranger (threat T1).
    let known = AccountName::new(account).ok().and_then(|name| {
        let codec = shared.webhooks.get(&name)?;
        Some((name, Arc::clone(codec)))
    });
    let (account, codec) = known.ok_or_else(not_the_provider)?;
    // The address that the provider was given: never what the request says of itself (threat T2).
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", shared.webhook_base);
    let request = WebhookRequest { method: &parts.method, url: &url, headers: &parts.headers, body: &body };
    if let Some(handshake) = codec.handshake(&request) {
        return handshake.map(answer).map_err(|forged| refuse(&account, forged));
    }
    let webhook = VerifiedWebhook::verify(&*codec, request).map_err(|forged| refuse(&account, forged))?;
    let most = codec.limits().bytes;
    if body.len() > most {
        return Err(
            Problem::new(Code::BodyTooLarge, format!("a body has at most {most} bytes")).with("limit", most)
        );
    }
    let decoded = codec.decode(&webhook);
    let taken = shared.engine.take_in(&account, decoded).await.map_err(|error| {
        tracing::error!(%account, %error, "a webhook was not taken in; the provider has to say it again");
        Problem::busy("it was not taken in; say it again")
    })?;
    shared.duplicates.fetch_add(taken.duplicate, Ordering::Relaxed);
    Ok(answer(codec.taken()))
}

fn refuse(account: &AccountName, forged: Forged) -> Problem {
    metrics::counter!("parlor_webhook_refused_total", "account" => account.to_string()).increment(1);
    tracing::warn!(%account, %forged, "a webhook is not the provider's");
    not_the_provider()
}

fn not_the_provider() -> Problem {
    Problem::new(Code::NotTheProvider, "this is not from a provider that is known here")
}

fn answer(answer: WebhookAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static(answer.content_type);
    (status, [(header::CONTENT_TYPE, kind)], answer.body).into_response()
}
