//! The figures of the desk.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::KpiView;

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::Answer;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/kpi",
            "kpi",
            "The figures since the beginning: an agent's own, or everybody's for a supervisor",
        )
        .gives(200, "Kpi"),
        kpi,
    )
}

async fn kpi(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Answer<KpiView>, Problem> {
    Ok(Answer::ok(shared.engine.kpi(&caller.name).await?))
}
