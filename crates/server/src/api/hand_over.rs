//! Handing interactions over, and picking them from a queue.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::{EngineError, HandTo, InvalidTarget, Once};
use parlor_model::{AgentName, ClientId, InteractionId, MessageText, QueueName, TransferId};
use serde::Deserialize;

use super::interactions::OneInteraction;
use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, OptionalJson};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/interactions/{interaction}/transfer",
            "transfer",
            "Hands it to a colleague, who has to accept, or into a queue, where it is at once",
        )
        .takes("HandOver")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::InvalidTarget,
            Code::AgentAway,
            Code::AtCapacity,
            Code::SelfTransfer,
            Code::TransferPending,
            Code::NotOwner,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::TextEmpty,
            Code::TextTooLong,
            Code::IdReused,
        ]),
        transfer,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/pull",
            "pull",
            "Picks it from its queue; for supervisors",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::AlreadyOffered,
            Code::AlreadyTaken,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::AtCapacity,
            Code::IdReused,
        ]),
        pull,
    )
    .route(
        Operation::post(
            "/api/transfers/{transfer}/accept",
            "acceptTransfer",
            "Takes over what a colleague hands over",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[Code::TransferGone, Code::NotInvited, Code::IdReused]),
        accept,
    )
    .route(
        Operation::post(
            "/api/transfers/{transfer}/decline",
            "declineTransfer",
            "Does not take it over: it stays with its owner",
        )
        .may_take("Once")
        .gives_nothing()
        .refuses(&[Code::TransferGone, Code::NotInvited, Code::IdReused]),
        decline,
    )
    .route(
        Operation::post("/api/transfers/{transfer}/cancel", "cancelTransfer", "Keeps it after all")
            .may_take("Once")
            .gives_nothing()
            .refuses(&[Code::TransferGone, Code::NotOwner, Code::IdReused]),
        cancel,
    )
}

#[derive(Debug, Deserialize)]
struct HandOver {
    id: Option<ClientId>,
    to: To,
    note: Option<String>,
}

/// Exactly one of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum To {
    Agent(String),
    Queue(String),
}

/// A name that is not one is nobody's.
pub(super) fn invalid(reason: InvalidTarget) -> Problem {
    EngineError::InvalidTarget { reason }.into()
}

impl To {
    fn checked(self) -> Result<HandTo, Problem> {
        match self {
            Self::Agent(name) => {
                AgentName::new(name).map(HandTo::Agent).map_err(|_| invalid(InvalidTarget::UnknownAgent))
            }
            Self::Queue(name) => {
                QueueName::new(name).map(HandTo::Queue).map_err(|_| invalid(InvalidTarget::UnknownQueue))
            }
        }
    }
}

async fn transfer(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<HandOver>,
) -> Result<Answer<OneInteraction>, Problem> {
    let to = body.to.checked()?;
    let note = body.note.map(MessageText::new).transpose()?;
    let interaction = shared.engine.transfer(&caller.name, id, to, note, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn pull(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.pull(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn accept(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(transfer): Named<TransferId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.accept_transfer(&caller.name, transfer, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn decline(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(transfer): Named<TransferId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.decline_transfer(&caller.name, transfer, Once(body.id)).await?;
    Ok(nothing())
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(transfer): Named<TransferId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.cancel_transfer(&caller.name, transfer, Once(body.id)).await?;
    Ok(nothing())
}
