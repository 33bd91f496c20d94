//! Signing in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use parlor_engine::view::Me;
use parlor_model::AgentName;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Api, nothing};
use crate::caller::AgentCaller;
use crate::cookie;
use crate::extract::{Answer, Json};
use crate::openapi::Operation;
use crate::peer::Peer;
use crate::problem::{Code, Problem};
use crate::shared::Shared;
use crate::token::Bearer;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/session/options",
            "sessionOptions",
            "How one may sign in: in a demonstration by name alone",
        )
        .anyone()
        .gives(200, "SessionOptions"),
        options,
    )
    .route(
        Operation::post(
            "/api/session",
            "signIn",
            "Signs in with a token, a one-time link or, in a demonstration, a name; logs the agent in and gives a session cookie",
        )
        .anyone()
        .takes("SignIn")
        .gives(200, "Me")
        .refuses(&[Code::SignInRefused, Code::OriginRefused, Code::TooManyAttempts]),
        sign_in,
    )
    .route(
        Operation::delete("/api/session", "signOut", "Logs the agent out and ends the session")
            .gives_nothing(),
        sign_out,
    )
}

#[derive(Debug, Serialize)]
struct Options {
    demo: bool,
    agents: Vec<AgentName>,
}

async fn options(State(shared): State<Arc<Shared>>) -> Answer<Options> {
    let demo = shared.demo_sign_in;
    let agents =
        if demo { shared.engine.agents().map(|agent| agent.name.clone()).collect() } else { Vec::new() };
    Answer::ok(Options { demo, agents })
}

#[derive(Debug, Deserialize)]
struct Credentials {
    token: Option<SecretString>,
    link: Option<SecretString>,
    agent: Option<String>,
}

async fn sign_in(
    State(shared): State<Arc<Shared>>,
    peer: Peer,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let secure = shared.is_secure();
    let before = cookie::find(&headers, secure);
    // A program has neither cookie nor origin; a page of somebody else has an origin.
    if before.is_some() || headers.contains_key(header::ORIGIN) {
        shared.check_origin(&Method::POST, &headers)?;
    }
    let now = shared.engine.now();
    if let Err(wait) = shared.failed_sign_ins.check(&peer, now) {
        return Err(Problem::new(Code::TooManyAttempts, "too many sign-ins have failed").retry_after(wait));
    }
    let agent = who(&shared, credentials).await?;
    let Some(agent) = agent.filter(|agent| shared.engine.agent(agent).is_some()) else {
        shared.failed_sign_ins.count(&peer, now);
        metrics::counter!("parlor_sign_ins_failed_total").increment(1);
        return Err(Problem::new(Code::SignInRefused, "this opens nothing"));
    };
    if let Some((_, session)) = match before {
        Some(token) => shared.open_session(token).await?,
        None => None,
    } {
        shared.end_session(&session).await?;
    }
    let token = shared.begin_session(&agent).await?;
    let me: Me = shared.engine.sign_in(&agent).await?;
    let mut response = Answer::ok(me).into_response();
    if let Some(cookie) = cookie::set(&token, secure, shared.limits.session_lifetime) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whom the credentials name; exactly one of them must be there.
async fn who(shared: &Shared, credentials: Credentials) -> Result<Option<AgentName>, Problem> {
    use secrecy::ExposeSecret;
    let Credentials { token, link, agent } = credentials;
    match (token, link, agent) {
        (Some(token), None, None) => Ok(match shared.tokens.bearer(token.expose_secret()) {
            Some(Bearer::Agent(agent)) => Some(agent.clone()),
            Some(Bearer::Admin) | None => None,
        }),
        (None, Some(link), None) => Ok(shared.take_link(link.expose_secret()).await?),
        (None, None, Some(agent)) if shared.demo_sign_in => Ok(AgentName::new(agent).ok()),
        (None, None, Some(_)) => Ok(None),
        _ => Err(Problem::new(Code::BadJson, "expected one of `token`, `link` and `agent`")),
    }
}

async fn sign_out(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Response, Problem> {
    if let Some(session) = &caller.session {
        shared.end_session(session).await?;
    }
    shared.engine.sign_out(&caller.name).await?;
    let mut response = nothing();
    if caller.session.is_some()
        && let Some(cookie) = cookie::clear(shared.is_secure())
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
