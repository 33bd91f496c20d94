//! How parts of a request are read, so that whatever is wrong with them is answered with a problem document.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem, internal};
use crate::shared::Shared;

/// The one id or name in an address. One that is not of the right form names nothing.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let nothing = || Problem::not_found("thing");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| nothing())?;
        text.parse().map(Self).map_err(|_| nothing())
    }
}

/// The two ids or names in an address, in their order.
#[derive(Debug)]
pub(crate) struct NamedPair<A, B>(pub(crate) A, pub(crate) B);

impl<A: FromStr + Send, B: FromStr + Send, S: Send + Sync> FromRequestParts<S> for NamedPair<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let nothing = || Problem::not_found("thing");
        let Path((first, second)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| nothing())?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            (Err(_), _) | (_, Err(_)) => Err(nothing()),
        }
    }
}

/// The parameters of an address.
#[derive(Debug)]
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            // What was wrong would repeat what was sent.
            Err(_) => Err(Problem::new(
                Code::BadQuery,
                "a parameter of the address is not of the form that it needs",
            )),
        }
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body that may be absent.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let (bytes, is_json) = read(request, shared).await?;
        if !is_json {
            return Err(unsupported());
        }
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Arc<Shared>> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let (bytes, is_json) = read(request, shared).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(unsupported());
        }
        parse(&bytes).map(Self)
    }
}

fn unsupported() -> Problem {
    Problem::new(Code::UnsupportedMediaType, "the body is JSON: its content type is `application/json`")
}

/// The body of a request, and whether it says that it is JSON.
async fn read(request: Request, shared: &Shared) -> Result<(Bytes, bool), Problem> {
    let is_json = says_json(request.headers());
    let limits = &shared.limits;
    let bytes = read_limited(request.into_body(), limits.body_bytes, limits.body_within).await?;
    Ok((bytes, is_json))
}

/// A whole body, of so many bytes at the most, that arrives in time.
pub(crate) async fn read_limited(body: Body, limit: usize, within: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(within, read_body(body, limit)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(Code::RequestTimeout, "the body did not arrive in time")),
    }
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(Problem::new(Code::BadJson, "the body ended too early"));
        };
        if whole.len() + chunk.len() > limit {
            return Err(Problem::new(Code::BodyTooLarge, format!("a body has at most {limit} bytes"))
                .with("limit", limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::new(Code::BadJson, reason(&error)))
}

/// Why a body was not understood, without a word of it. The reader's own words quote what they found; only what it
/// says of our own types is passed on.
fn reason(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let place = format!("line {}, column {}", error.line(), error.column());
    let words = error.to_string();
    // The place stands at the end.
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    match error.classify() {
        Category::Eof => format!("the JSON ends too early, at {place}"),
        Category::Syntax | Category::Io => format!("this is not JSON, at {place}"),
        Category::Data => match words.rsplit_once("expected ") {
            _ if words.starts_with("missing field `") || words.starts_with("duplicate field `") => {
                format!("{words}, at {place}")
            }
            Some((found, expected))
                if found.starts_with("invalid ") || found.starts_with("unknown variant") =>
            {
                format!("expected {expected}, at {place}")
            }
            _ => format!("a value is not of the form that its field needs, at {place}"),
        },
    }
}

/// A JSON answer.
#[derive(Debug)]
pub(crate) struct Answer<T>(pub(crate) StatusCode, pub(crate) T);

impl<T> Answer<T> {
    pub(crate) fn ok(value: T) -> Self {
        Self(StatusCode::OK, value)
    }

    pub(crate) fn created(value: T) -> Self {
        Self(StatusCode::CREATED, value)
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(body) => {
                let kind = HeaderValue::from_static("application/json");
                (self.0, [(header::CONTENT_TYPE, kind)], body).into_response()
            }
            Err(error) => internal(&error).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parlor_model::{AgentName, ClientId};
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters here")]
    struct Form {
        id: ClientId,
        on: bool,
        name: Option<AgentName>,
        fields: Option<BTreeMap<String, String>>,
        scope: Option<Scope>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Scope {
        All,
    }

    fn why(text: &str) -> String {
        reason(&serde_json::from_str::<Form>(text).unwrap_err())
    }

    #[test]
    fn a_reason_says_what_was_expected() {
        assert_eq!(why("{}"), "missing field `id`, at line 1, column 2");
        assert_eq!(why("{"), "the JSON ends too early, at line 1, column 1");
        assert_eq!(why("secret"), "this is not JSON, at line 1, column 1");
        let id = "\"id\":\"00000000-0000-0000-0000-000000000000\"";
        assert_eq!(why(&format!("{{{id},\"on\":\"secret\"}}")), "expected a boolean, at line 1, column 58");
        assert_eq!(
            why(&format!("{{{id},\"on\":true,\"scope\":\"secret\"}}")),
            "expected `all`, at line 1, column 71"
        );
    }

    proptest! {
        #[test]
        fn a_reason_never_repeats_what_was_sent(secret in "s[3-9]{6,20}") {
            let id = "\"id\":\"00000000-0000-0000-0000-000000000000\"";
            for body in [
                format!("{{\"id\":\"{secret}\"}}"),
                format!("{{{id},\"on\":\"{secret}\"}}"),
                format!("{{{id},\"on\":true,\"name\":\"{secret} {secret}\"}}"),
                format!("{{{id},\"on\":true,\"fields\":{{\"{secret}\":7}}}}"),
                format!("{{{id},\"on\":true,\"fields\":\"expected {secret}\"}}"),
                format!("{{{id},\"on\":true,\"scope\":\"{secret}\"}}"),
                format!("{{{id},\"on\":true,\"scope\":\"a, expected {secret}\"}}"),
                format!("{{{id},{secret}"),
                format!("\"{secret}\""),
            ] {
                let said = reason(&serde_json::from_str::<Form>(&body).unwrap_err());
                prop_assert!(!said.contains(&secret), "{said}");
            }
        }
    }
}
