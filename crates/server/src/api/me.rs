//! The agent's own state.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::view::{InteractionView, Me, OfferView, RequestView};
use parlor_model::{ContactId, Label, Medium};
use serde::{Deserialize, Serialize};

use super::{Api, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(Operation::get("/api/me", "me", "Who one is, and how one stands").gives(200, "Me"), me)
        .route(
            Operation::put(
                "/api/me/readiness",
                "setReadiness",
                "Says whether one takes work on a medium; logs in whoever is not",
            )
            .takes("SetReadiness")
            .gives(200, "Me")
            .refuses(&[Code::UnknownMedium, Code::BadReason]),
            set_readiness,
        )
        .route(
            Operation::get(
                "/api/me/interactions",
                "myInteractions",
                "What one owns, takes part in, is offered or asked by colleagues; Ended ones until they are Done",
            )
            .gives(200, "MyWork"),
            my_work,
        )
        .route(
            Operation::put(
                "/api/me/watching",
                "watch",
                "What is looked at: a contact, whose messages then come by the feed, or the team, whose changes do",
            )
            .takes("Watch")
            .gives_nothing(),
            watch,
        )
        .route(
            Operation::put("/api/me/contacts/{contact}", "assign", "Puts a contact into one's list")
                .gives_nothing(),
            assign,
        )
        .route(
            Operation::delete("/api/me/contacts/{contact}", "unassign", "Takes a contact out of one's list")
                .gives_nothing(),
            unassign,
        )
}

async fn me(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Answer<Me>, Problem> {
    Ok(Answer::ok(shared.engine.me(&caller.name).await?))
}

#[derive(Debug, Deserialize)]
struct SetReadiness {
    medium: String,
    ready: bool,
    reason: Option<String>,
}

async fn set_readiness(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(body): Json<SetReadiness>,
) -> Result<Answer<Me>, Problem> {
    let unknown = || Problem::new(Code::UnknownMedium, "no channel asks for this medium");
    let medium: Medium = body.medium.parse().map_err(|_| unknown())?;
    let reason = match body.reason {
        None => None,
        Some(reason) => Some(Label::new(reason).map_err(|_| {
            Problem::new(Code::BadReason, "a reason is a code of a-z, 0-9, _ and -, such as `lunch`")
        })?),
    };
    // The media that channels ask for are those that everybody's state shows.
    if !shared.engine.me(&caller.name).await?.readiness.contains_key(&medium) {
        return Err(unknown());
    }
    let me = shared.engine.set_readiness(&caller.name, &medium, body.ready, reason).await?;
    Ok(Answer::ok(me))
}

#[derive(Debug, Serialize)]
struct MyWork {
    interactions: Vec<InteractionView>,
    offers: Vec<OfferView>,
    requests: Vec<RequestView>,
}

async fn my_work(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Answer<MyWork>, Problem> {
    // Requests first: one that is answered in between is shown twice rather than not at all.
    let requests = shared.engine.my_requests(&caller.name).await?;
    let (interactions, offers) = shared.engine.my_work(&caller.name).await?;
    Ok(Answer::ok(MyWork { interactions, offers, requests }))
}

#[derive(Debug, Deserialize)]
struct Watch {
    #[serde(default)]
    contact: LooksAt,
    team: Option<bool>,
}

/// Which contact is looked at; `null` is nobody, which is not the same as nothing said.
#[derive(Debug, Default)]
enum LooksAt {
    #[default]
    Unsaid,
    Contact(Option<ContactId>),
}

impl<'de> Deserialize<'de> for LooksAt {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Contact)
    }
}

async fn watch(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(body): Json<Watch>,
) -> Result<Response, Problem> {
    if let Some(team) = body.team {
        shared.engine.watch_team(&caller.name, team)?;
    }
    if let LooksAt::Contact(contact) = body.contact {
        shared.engine.watch(&caller.name, contact)?;
    }
    Ok(nothing())
}

async fn assign(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
) -> Result<Response, Problem> {
    shared.engine.set_assigned(&caller.name, contact, true).await?;
    Ok(nothing())
}

async fn unassign(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
) -> Result<Response, Problem> {
    shared.engine.set_assigned(&caller.name, contact, false).await?;
    Ok(nothing())
}
