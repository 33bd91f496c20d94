//! Web addresses that an agent offers to a contact.

use std::sync::Arc;

use axum::extract::State;
use parlor_composer::AddressPreview;
use parlor_model::{ClientId, InteractionId, WebAddress};
use serde::{Deserialize, Serialize};

use super::Api;
use super::interactions::Written;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/interactions/{interaction}/push-url",
            "pushUrl",
            "Invites the contact to open a web address; counts as an answer",
        )
        .takes("PushUrl")
        .gives(201, "Written")
        .refuses(&[
            Code::BadAddress,
            Code::OptedOut,
            Code::NotSmsCapable,
            Code::TextTooLong,
            Code::OverLimit,
            Code::AtCapacity,
            Code::AsyncDisabled,
            Code::InteractionDone,
            Code::NotTaken,
            Code::NotAMember,
            Code::IdReused,
        ]),
        push,
    )
    .route(
        Operation::post(
            "/api/pushed-urls/preview",
            "previewUrl",
            "How a web address would be sent; nothing is looked up or sent",
        )
        .takes("TypedUrl")
        .gives(200, "UrlPreview")
        .refuses(&[Code::BadAddress]),
        preview,
    )
    .route(
        Operation::get(
            "/api/pushed-urls",
            "pushedUrls",
            "The web addresses that one has sent, the last first",
        )
        .gives(200, "PushedUrls"),
        pushed,
    )
}

#[derive(Debug, Deserialize)]
struct PushUrl {
    id: ClientId,
    url: String,
}

async fn push(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(interaction): Named<InteractionId>,
    Json(body): Json<PushUrl>,
) -> Result<Answer<Written>, Problem> {
    let (message, interaction) =
        shared.engine.push_url(&caller.name, interaction, body.id, &body.url).await?;
    Ok(Answer::created(Written { message, interaction }))
}

#[derive(Debug, Deserialize)]
struct TypedUrl {
    url: String,
}

async fn preview(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Json(body): Json<TypedUrl>,
) -> Result<Answer<AddressPreview>, Problem> {
    Ok(Answer::ok(shared.engine.preview_url(&caller.name, &body.url)?))
}

#[derive(Debug, Serialize)]
struct PushedUrls {
    urls: Vec<WebAddress>,
}

async fn pushed(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
) -> Result<Answer<PushedUrls>, Problem> {
    let urls = shared.engine.pushed_urls(&caller.name).await?;
    Ok(Answer::ok(PushedUrls { urls }))
}
