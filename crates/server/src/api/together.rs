//! Several agents in one interaction: conferences, and supervisors.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::{InvalidTarget, Once};
use parlor_interaction::Supervision;
use parlor_model::{AgentName, ClientId, InteractionId};
use serde::Deserialize;

use super::hand_over::invalid;
use super::interactions::{OneInteraction, OneMessage, Text};
use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, OptionalJson};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    let api = conference(api);
    api.route(
        Operation::post(
            "/api/interactions/{interaction}/monitor",
            "supervise",
            "Watches it, whispers to its agents, barges in, or stops; for supervisors",
        )
        .takes("Supervise")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::NotTaken,
            Code::TakesPart,
            Code::TooMany,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::IdReused,
        ]),
        supervise,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/monitor/messages",
            "whisper",
            "Tells its agents something that the contact never sees",
        )
        .takes("Text")
        .gives(201, "OneMessage")
        .refuses(&[Code::NotAMember, Code::TextEmpty, Code::TextTooLong, Code::IdReused]),
        whisper,
    )
}

fn conference(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/interactions/{interaction}/conference",
            "invite",
            "Asks a colleague to join the conversation",
        )
        .takes("Colleague")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::InvalidTarget,
            Code::AgentAway,
            Code::AtCapacity,
            Code::TakesPart,
            Code::TooMany,
            Code::NotOwner,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::IdReused,
        ]),
        invite,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/conference/accept",
            "join",
            "Joins a conversation to which one was asked",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[Code::InvitationGone, Code::IdReused]),
        join,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/conference/decline",
            "declineInvitation",
            "Does not join it",
        )
        .may_take("Once")
        .gives_nothing()
        .refuses(&[Code::IdReused]),
        decline,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/conference/leave",
            "leave",
            "Leaves a conversation that one had joined; it goes on",
        )
        .may_take("Once")
        .gives_nothing()
        .refuses(&[Code::OwnerCannotLeave, Code::IdReused]),
        leave,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/conference/remove",
            "remove",
            "Takes a colleague out of it, or the invitation back; for its owner",
        )
        .takes("Colleague")
        .gives(200, "OneInteraction")
        .refuses(&[Code::InvalidTarget, Code::NotOwner, Code::OwnerCannotLeave, Code::IdReused]),
        remove,
    )
}

#[derive(Debug, Deserialize)]
struct Colleague {
    id: Option<ClientId>,
    agent: String,
}

/// The name of a colleague; one that is not a name is nobody's.
pub(super) fn colleague(name: String) -> Result<AgentName, Problem> {
    AgentName::new(name).map_err(|_| invalid(InvalidTarget::UnknownAgent))
}

async fn invite(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Colleague>,
) -> Result<Answer<OneInteraction>, Problem> {
    let agent = colleague(body.agent)?;
    let interaction = shared.engine.invite(&caller.name, id, &agent, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn join(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.join(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn decline(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.decline_invitation(&caller.name, id, Once(body.id)).await?;
    Ok(nothing())
}

async fn leave(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.leave(&caller.name, id, Once(body.id)).await?;
    Ok(nothing())
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Colleague>,
) -> Result<Answer<OneInteraction>, Problem> {
    let agent = colleague(body.agent)?;
    let interaction = shared.engine.remove(&caller.name, id, &agent, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

#[derive(Debug, Deserialize)]
struct Supervise {
    id: Option<ClientId>,
    mode: Option<Supervision>,
}

async fn supervise(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Supervise>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.supervise(&caller.name, id, body.mode, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn whisper(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Text>,
) -> Result<Answer<OneMessage>, Problem> {
    let (client, text) = (body.id, body.checked()?);
    let message = shared.engine.whisper(&caller.name, id, client, text).await?;
    Ok(Answer::created(OneMessage { message }))
}
