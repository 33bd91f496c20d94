//! What is known of the addresses of contacts.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::view::{PointCheck, PointView};
use parlor_model::{ChannelKind, ContactId, ContactPointId};
use serde::{Deserialize, Serialize};

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/points/{point}/validate",
            "validatePoint",
            "Asks the provider whether a number of a contact can be written to, and remembers the answer; it may cost money",
        )
        .gives(200, "PointCheck")
        .refuses(&[Code::NotPlugged, Code::NotCarried]),
        validate,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/points",
            "addPoint",
            "Puts a number or an e-mail address on file for a contact; one that is there already is given as it is",
        )
        .takes("AddPoint")
        .gives(200, "OnePoint")
        .refuses(&[Code::InvalidTarget, Code::OfAnotherContact]),
        add,
    )
}

#[derive(Debug, Deserialize)]
struct AddPoint {
    kind: ChannelKind,
    address: String,
}

#[derive(Debug, Serialize)]
struct OnePoint {
    point: PointView,
}

async fn add(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
    Json(body): Json<AddPoint>,
) -> Result<Answer<OnePoint>, Problem> {
    let point = shared.engine.add_point(&caller.name, contact, &body.kind, &body.address).await?;
    Ok(Answer::ok(OnePoint { point }))
}

async fn validate(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(point): Named<ContactPointId>,
) -> Result<Answer<PointCheck>, Problem> {
    Ok(Answer::ok(shared.engine.validate_point(&caller.name, point).await?))
}
