//! Pages of other origins that may chat on a channel: they may also send and fetch its files. The socket asks for the
//! origin itself; for plain requests browsers want to be told before they let a page read an answer.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use parlor_model::ChannelName;

use crate::shared::Shared;

/// Answers the question whether a page may ask, and lets it read the answers.
pub(crate) async fn share(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Some(channel) = channel_of_files(request.uri().path()) else {
        return next.run(request).await;
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let Some(origin) = origin.filter(|_| shared.is_chat_origin(request.headers(), Some(&channel))) else {
        return next.run(request).await;
    };
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    allow(headers, origin);
    if asks {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PUT"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

/// The channel in the address of a contact's files.
fn channel_of_files(path: &str) -> Option<ChannelName> {
    let (channel, rest) = path.strip_prefix("/chat/")?.split_once('/')?;
    rest.starts_with("attachments/").then(|| ChannelName::new(channel).ok())?
}
