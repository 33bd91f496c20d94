//! Calling a contact and writing them an e-mail.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::view::ActionView;
use parlor_model::{ClientId, ContactId, OutsideMeans, PointAddress};
use serde::{Deserialize, Serialize};

use super::Api;
use super::interactions::OneMessage;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/contacts/{contact}/actions",
            "availableActions",
            "One action for each number and address of the contact that is on file",
        )
        .gives(200, "Actions"),
        actions,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/actions",
            "launch",
            "Starts one of them; gives the line that the transcript has of it",
        )
        .takes("Launch")
        .gives(201, "OneMessage")
        .refuses(&[Code::InvalidTarget, Code::NotPlugged, Code::NotCarried, Code::IdReused]),
        launch,
    )
}

#[derive(Debug, Serialize)]
struct Actions {
    actions: Vec<ActionView>,
}

async fn actions(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
) -> Result<Answer<Actions>, Problem> {
    Ok(Answer::ok(Actions { actions: shared.engine.available_actions(&caller.name, contact).await? }))
}

#[derive(Debug, Deserialize)]
struct Launch {
    id: ClientId,
    action: OutsideMeans,
    address: String,
}

async fn launch(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
    Json(body): Json<Launch>,
) -> Result<Answer<OneMessage>, Problem> {
    let address = PointAddress::new(body.address);
    let message = shared.engine.launch(&caller.name, contact, body.action, &address, body.id).await?;
    Ok(Answer::created(OneMessage { message }))
}
