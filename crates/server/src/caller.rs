//! Who makes a request: a bearer token, or the cookie of a session together with an origin of ours.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use parlor_engine::permission::{Actor, Object, Verb, may};
use parlor_model::{Agent, AgentName};

use crate::agent_session::SessionKey;
use crate::cookie;
use crate::problem::{Code, Problem};
use crate::shared::Shared;
use crate::token::Bearer;

/// The agent who makes a request. Making one keeps them present.
#[derive(Clone, Debug)]
pub(crate) struct AgentCaller {
    pub(crate) name: AgentName,
    /// The session, when it was not a token.
    pub(crate) session: Option<SessionKey>,
}

/// The holder of the administration token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdminCaller;

/// An agent or the holder of the administration token, where [`may`] tells them apart.
#[derive(Clone, Debug)]
pub(crate) enum AnyCaller {
    Agent(AgentCaller),
    Operator,
}

impl AnyCaller {
    pub(crate) fn actor<'a>(&self, shared: &'a Shared) -> Result<Actor<'a>, Problem> {
        match self {
            Self::Agent(caller) => {
                shared.engine.agent(&caller.name).map(Actor::Agent).ok_or_else(not_signed_in)
            }
            Self::Operator => Ok(Actor::Operator),
        }
    }
}

impl FromRequestParts<Arc<Shared>> for AnyCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        match shared.caller(parts).await? {
            Caller::Admin => Ok(Self::Operator),
            Caller::Agent(_) => AgentCaller::from_request_parts(parts, shared).await.map(Self::Agent),
        }
    }
}

/// Whoever it was.
#[derive(Debug)]
enum Caller {
    Agent(AgentCaller),
    Admin,
}

impl FromRequestParts<Arc<Shared>> for AgentCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        match shared.caller(parts).await? {
            Caller::Agent(agent) => {
                let now = shared.engine.now();
                shared.agent_requests.take(&agent.name, now).map_err(|wait| {
                    Problem::new(Code::TooManyRequests, "too many requests in too little time")
                        .retry_after(wait)
                })?;
                shared.engine.touch(&agent.name);
                Ok(agent)
            }
            Caller::Admin => {
                may(Actor::Operator, Verb::ActAsOneself, Object::Workspace)?;
                Err(not_signed_in())
            }
        }
    }
}

impl FromRequestParts<Arc<Shared>> for AdminCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        match shared.caller(parts).await? {
            Caller::Admin => Ok(Self),
            Caller::Agent(caller) => {
                let agent: Option<&Agent> = shared.engine.agent(&caller.name);
                let agent = agent.ok_or_else(not_signed_in)?;
                may(Actor::Agent(agent), Verb::Export, Object::Workspace)?;
                Ok(Self)
            }
        }
    }
}

impl Shared {
    async fn caller(&self, parts: &Parts) -> Result<Caller, Problem> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let bearer = bearer_token(&parts.headers).and_then(|token| self.tokens.bearer(token));
            return match bearer {
                Some(Bearer::Admin) => Ok(Caller::Admin),
                Some(Bearer::Agent(name)) => {
                    Ok(Caller::Agent(AgentCaller { name: name.clone(), session: None }))
                }
                None => Err(not_signed_in()),
            };
        }
        let Some(token) = cookie::find(&parts.headers, self.is_secure()) else {
            return Err(not_signed_in());
        };
        self.check_origin(&parts.method, &parts.headers)?;
        match self.open_session(token).await? {
            Some((name, session)) => Ok(Caller::Agent(AgentCaller { name, session: Some(session) })),
            None => Err(not_signed_in()),
        }
    }

    /// A browser sends its cookie along with whatever another page makes it send; only the origin tells.
    pub(crate) fn check_origin(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if matches!(*method, Method::GET | Method::HEAD) || self.is_own_origin(headers) {
            Ok(())
        } else {
            Err(Problem::new(
                Code::OriginRefused,
                "with a session, a change must come from a page of this server: its `Origin` says so",
            ))
        }
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "nobody is signed in")
}
