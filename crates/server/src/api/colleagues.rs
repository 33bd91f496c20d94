//! Chats between colleagues: consults without an interaction.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::Once;
use parlor_engine::view::{ConsultThreadView, MessageView};
use parlor_model::{ClientId, ConsultId};
use serde::{Deserialize, Serialize};

use super::interactions::{OneMessage, Text};
use super::together::colleague;
use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, OptionalJson, Parameters};
use crate::openapi::{Operation, Parameter};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

const PARAMETERS: &[Parameter] =
    &[Parameter::new("after", r#"{"type":"integer","minimum":0}"#, "Only what stands after this sequence")];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get("/api/consults", "myConsults", "The chats with colleagues that are not over")
            .gives(200, "ConsultThreads"),
        mine,
    )
    .route(
        Operation::post("/api/consults", "beginConsult", "Begins a chat with a colleague")
            .takes("Colleague")
            .gives(201, "OneConsultThread")
            .refuses(&[Code::InvalidTarget, Code::AgentAway, Code::IdReused]),
        begin,
    )
    .route(
        Operation::get(
            "/api/consults/{consult}/messages",
            "consultMessages",
            "What was written in a chat with a colleague, at most 200 entries; also when it is over",
        )
        .parameters(PARAMETERS)
        .gives(200, "ConsultMessages"),
        messages,
    )
    .route(
        Operation::post(
            "/api/consults/{consult}/messages",
            "writeToColleague",
            "Writes in a chat with a colleague",
        )
        .takes("Text")
        .gives(201, "OneMessage")
        .refuses(&[Code::ConsultGone, Code::TextEmpty, Code::TextTooLong, Code::IdReused]),
        write,
    )
    .route(
        Operation::post("/api/consults/{consult}/end", "finishConsult", "Ends a chat with a colleague")
            .may_take("Once")
            .gives_nothing(),
        end,
    )
}

#[derive(Debug, Serialize)]
struct ConsultThreads {
    consults: Vec<ConsultThreadView>,
}

#[derive(Debug, Serialize)]
struct OneConsultThread {
    consult: ConsultThreadView,
}

#[derive(Debug, Serialize)]
struct ConsultMessages {
    consult: ConsultThreadView,
    messages: Vec<MessageView>,
}

#[derive(Debug, Deserialize)]
struct Begin {
    id: Option<ClientId>,
    agent: String,
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<u64>,
}

async fn mine(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
) -> Result<Answer<ConsultThreads>, Problem> {
    Ok(Answer::ok(ConsultThreads { consults: shared.engine.my_consults(&caller.name).await? }))
}

async fn begin(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(body): Json<Begin>,
) -> Result<Answer<OneConsultThread>, Problem> {
    let agent = colleague(body.agent)?;
    let consult = shared.engine.begin_consult(&caller.name, &agent, Once(body.id)).await?;
    Ok(Answer::created(OneConsultThread { consult }))
}

async fn messages(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ConsultId>,
    Parameters(query): Parameters<After>,
) -> Result<Answer<ConsultMessages>, Problem> {
    let after = query.after.unwrap_or(0);
    let (consult, messages) = shared.engine.consult_messages(&caller.name, id, after).await?;
    Ok(Answer::ok(ConsultMessages { consult, messages }))
}

async fn write(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ConsultId>,
    Json(body): Json<Text>,
) -> Result<Answer<OneMessage>, Problem> {
    let (client, text) = (body.id, body.checked()?);
    let message = shared.engine.write_to_colleague(&caller.name, id, client, text).await?;
    Ok(Answer::created(OneMessage { message }))
}

async fn end(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ConsultId>,
    // Ending it again changes nothing, so that an id is only read.
    OptionalJson(_): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.finish_consult(&caller.name, id).await?;
    Ok(nothing())
}
