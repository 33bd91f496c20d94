//! What is said of a text while it is written.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::view::ComposeView;
use parlor_model::ChannelName;
use serde::Deserialize;

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/compose",
            "compose",
            "How much of each limit of a channel a text uses up, and what in it can be clicked; nothing is written or sent",
        )
        .takes("Compose")
        .gives(200, "Composed")
        .refuses(&[Code::NotFound]),
        compose,
    )
}

#[derive(Deserialize)]
struct Compose {
    channel: String,
    text: String,
}

async fn compose(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(body): Json<Compose>,
) -> Result<Answer<ComposeView>, Problem> {
    let channel = ChannelName::new(body.channel)
        .map_err(|_| Problem::new(Code::NotFound, "there is no such channel"))?;
    Ok(Answer::ok(shared.engine.compose(&caller.name, &channel, &body.text)?))
}
