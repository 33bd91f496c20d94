//! Asking for advice.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::view::InteractionView;
use parlor_engine::{Consulted, InvalidTarget, Once};
use parlor_model::{ClientId, ConsultId, ContactPointId, InteractionId};
use serde::{Deserialize, Serialize};

use super::hand_over::invalid;
use super::interactions::{OneInteraction, OneMessage, Text};
use super::together::colleague;
use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, NamedPair, OptionalJson};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/interactions/{interaction}/consult",
            "consult",
            "Asks a colleague for advice, by chat or by telephone, or somebody outside by telephone",
        )
        .takes("StartConsult")
        .gives(201, "ConsultBegun")
        .refuses(&[
            Code::InvalidTarget,
            Code::AgentAway,
            Code::SelfConsult,
            Code::TooMany,
            Code::NotTaken,
            Code::NotAMember,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::NotPlugged,
            Code::NotCarried,
            Code::IdReused,
        ]),
        consult,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/consult/{consult}/join",
            "joinConsult",
            "Answers a colleague who asks for advice",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[Code::ConsultGone, Code::NotInvited, Code::IdReused]),
        join,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/consult/{consult}/complete",
            "completeConsult",
            "Hands the interaction to the colleague who was consulted: a warm transfer",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::ConsultGone,
            Code::ConsultNotJoined,
            Code::NotAnAgent,
            Code::NotOwner,
            Code::TransferPending,
            Code::SelfTransfer,
            Code::AtCapacity,
            Code::IdReused,
        ]),
        complete,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/consult/{consult}/cancel",
            "endConsult",
            "Ends the consult, or declines it",
        )
        .may_take("Once")
        .gives_nothing()
        .refuses(&[Code::ConsultGone, Code::NotAMember, Code::IdReused]),
        cancel,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/consult/{consult}/messages",
            "writeInConsult",
            "Writes in the consult; no contact ever sees it",
        )
        .takes("Text")
        .gives(201, "OneMessage")
        .refuses(&[
            Code::ConsultGone,
            Code::ConsultNotJoined,
            Code::NotInvited,
            Code::NotAMember,
            Code::TextEmpty,
            Code::TextTooLong,
            Code::IdReused,
        ]),
        write,
    )
}

/// `agent` and `contact` ask by chat, `voice` by telephone; exactly one of them.
#[derive(Debug, Deserialize)]
struct StartConsult {
    id: Option<ClientId>,
    agent: Option<String>,
    contact: Option<serde::de::IgnoredAny>,
    point: Option<serde::de::IgnoredAny>,
    voice: Option<Voice>,
}

/// Exactly one of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Voice {
    Agent(String),
    Point(ContactPointId),
}

impl StartConsult {
    fn checked(self) -> Result<Consulted, Problem> {
        // Only an agent can be asked by chat (r51).
        if self.contact.is_some() || self.point.is_some() {
            return Err(invalid(InvalidTarget::ContactByChat));
        }
        match (self.agent, self.voice) {
            (Some(agent), None) => Ok(Consulted::Chat(colleague(agent)?)),
            (None, Some(Voice::Agent(agent))) => Ok(Consulted::Voice(colleague(agent)?)),
            (None, Some(Voice::Point(point))) => Ok(Consulted::VoiceContact(point)),
            (None, None) | (Some(_), Some(_)) => {
                Err(Problem::new(Code::BadJson, "a consult has exactly one of `agent` and `voice`"))
            }
        }
    }
}

/// A consult that was begun.
#[derive(Debug, Serialize)]
struct ConsultBegun {
    consult: ConsultId,
    interaction: InteractionView,
}

async fn consult(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<StartConsult>,
) -> Result<Answer<ConsultBegun>, Problem> {
    let once = Once(body.id);
    let consulted = body.checked()?;
    let (consult, interaction) = shared.engine.consult(&caller.name, id, consulted, once).await?;
    Ok(Answer::created(ConsultBegun { consult, interaction }))
}

async fn join(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    NamedPair(id, consult): NamedPair<InteractionId, ConsultId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.join_consult(&caller.name, id, consult, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn complete(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    NamedPair(id, consult): NamedPair<InteractionId, ConsultId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.complete_consult(&caller.name, id, consult, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    NamedPair(id, consult): NamedPair<InteractionId, ConsultId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.end_consult(&caller.name, id, consult, Once(body.id)).await?;
    Ok(nothing())
}

async fn write(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    NamedPair(id, consult): NamedPair<InteractionId, ConsultId>,
    Json(body): Json<Text>,
) -> Result<Answer<OneMessage>, Problem> {
    let (client, text) = (body.id, body.checked()?);
    let message = shared.engine.write_in_consult(&caller.name, id, consult, client, text).await?;
    Ok(Answer::created(OneMessage { message }))
}
