//! Answering offers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::Once;
use parlor_model::OfferId;

use super::interactions::OneInteraction;
use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Named, OptionalJson};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post("/api/offers/{offer}/accept", "accept", "Takes an offer")
            .may_take("Once")
            .gives(200, "OneInteraction")
            .refuses(&[Code::OfferGone, Code::AtCapacity, Code::IdReused]),
        accept,
    )
    .route(
        Operation::post(
            "/api/offers/{offer}/decline",
            "decline",
            "Does not take an offer: it goes to somebody else",
        )
        .may_take("Once")
        .gives_nothing()
        .refuses(&[Code::OfferGone, Code::IdReused]),
        decline,
    )
}

async fn accept(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(offer): Named<OfferId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.accept(&caller.name, offer, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn decline(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(offer): Named<OfferId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Response, Problem> {
    shared.engine.decline(&caller.name, offer, Once(body.id)).await?;
    Ok(nothing())
}
