//! Who is there: the desk as its supervisors see it, and the colleagues one can write to.

use std::sync::Arc;

use axum::extract::State;
use parlor_engine::{ColleagueView, TeamView};
use serde::Serialize;

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::Answer;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/team",
            "team",
            "Who is there, what everybody has and what waits; for supervisors",
        )
        .gives(200, "Team"),
        team,
    )
    .route(
        Operation::get("/api/colleagues", "colleagues", "With whom one may begin a chat")
            .gives(200, "Colleagues"),
        colleagues,
    )
}

async fn team(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Answer<TeamView>, Problem> {
    Ok(Answer::ok(shared.engine.team(&caller.name).await?))
}

#[derive(Debug, Serialize)]
struct Colleagues {
    colleagues: Vec<ColleagueView>,
}

async fn colleagues(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
) -> Result<Answer<Colleagues>, Problem> {
    Ok(Answer::ok(Colleagues { colleagues: shared.engine.colleagues(&caller.name).await? }))
}
