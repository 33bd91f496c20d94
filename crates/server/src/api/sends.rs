//! What becomes of messages that may have been sent.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::{Once, SendDecision};
use parlor_model::{ClientId, MessageId};
use serde::Deserialize;

use super::Api;
use super::interactions::OneMessage;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/messages/{message}/resolve",
            "resolveSend",
            "Says what becomes of a message that may have been sent: it is sent once more, or given up",
        )
        .takes("ResolveSend")
        .gives(200, "OneMessage")
        .refuses(&[Code::NothingToDecide, Code::TooOldToSend, Code::OptedOut, Code::IdReused]),
        resolve,
    )
}

#[derive(Debug, Deserialize)]
struct ResolveSend {
    id: Option<ClientId>,
    resolution: Resolution,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Resolution {
    SendAgain,
    Discard,
}

async fn resolve(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(message): Named<MessageId>,
    Json(body): Json<ResolveSend>,
) -> Result<Answer<OneMessage>, Problem> {
    let decision = match body.resolution {
        Resolution::SendAgain => SendDecision::SendAgain,
        Resolution::Discard => SendDecision::Discard,
    };
    let message = shared.engine.decide_send(&caller.name, message, decision, Once(body.id)).await?;
    Ok(Answer::ok(OneMessage { message }))
}
