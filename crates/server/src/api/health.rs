//! Is it alive, is it ready, what does it measure, what can it do.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Api, content_type};
use crate::extract::Answer;
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get("/healthz", "alive", "Whether the process answers").anyone().gives(200, "Status"),
        alive,
    )
    .route(
        Operation::get(
            "/readyz",
            "ready",
            "Whether the store is open, everything was recovered and the server is not stopping",
        )
        .anyone()
        .gives(200, "Status"),
        ready,
    )
    .route(
        Operation::get("/metrics", "metrics", "What is measured, as Prometheus text")
            .anyone()
            .gives_text("text/plain")
            .refuses(&[Code::NotFound]),
        metrics,
    )
    .route(
        Operation::get("/openapi.json", "openapi", "This document").anyone().gives(200, "Document"),
        openapi,
    )
}

async fn alive() -> Answer<Value> {
    Answer::ok(json!({"status": "alive"}))
}

async fn ready(State(shared): State<Arc<Shared>>) -> Result<Answer<Value>, Problem> {
    if *shared.stopping.borrow() {
        return Err(Problem::busy("the server stops"));
    }
    // An engine that exists has recovered; whether the store still answers is seen by asking it.
    match shared.engine.totals().await {
        Ok(_) => Ok(Answer::ok(json!({"status": "ready"}))),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::busy("the store does not answer"))
        }
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let metrics = shared.metrics.as_ref().ok_or_else(|| Problem::not_found("route"))?;
    let kind = content_type("text/plain; version=0.0.4; charset=utf-8");
    Ok((kind, metrics.render()).into_response())
}

async fn openapi() -> Response {
    let kind = content_type("application/json");
    (kind, crate::openapi::document().clone()).into_response()
}
