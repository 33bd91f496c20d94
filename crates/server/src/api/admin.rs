//! What the operator may take out: lines of JSON, page by page, however much there is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, TryStreamExt};
use parlor_engine::permission::Actor;
use parlor_engine::{EngineError, Exports};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Api, content_type};
use crate::caller::AdminCaller;
use crate::extract::Answer;
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::shared::Shared;

/// How many rows are written at a time where the engine gives all at once.
const ROWS: usize = 1_000;

pub(super) const LINES: &str = "application/x-ndjson";

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/admin/transcript.ndjson",
            "exportTranscript",
            "Every transcript entry, in order of position",
        )
        .admin()
        .gives_lines("TranscriptRow"),
        transcript,
    )
    .route(
        Operation::get("/admin/outbox.ndjson", "exportOutbox", "Every send through a provider")
            .admin()
            .gives_lines("OutboxRow"),
        outbox,
    )
    .route(
        Operation::get(
            "/admin/assignments.ndjson",
            "exportAssignments",
            "Who owned which interaction, from when to when",
        )
        .admin()
        .gives_lines("AssignmentRow"),
        assignments,
    )
    .route(
        Operation::get(
            "/admin/dead-letters.ndjson",
            "exportDeadLetters",
            "What came in and could not be understood",
        )
        .admin()
        .gives_lines("DeadLetterRow"),
        dead_letters,
    )
    .route(
        Operation::get("/admin/counters", "counters", "How much was received, and what became of it")
            .admin()
            .gives(200, "Counters"),
        counters,
    )
}

fn exports(shared: &Shared) -> Result<Exports, Problem> {
    Ok(shared.engine.exports(Actor::Operator)?)
}

/// Gives out pages as they are read. The first is read before anything is answered, so that a store that fails at
/// once is an error and not an empty export.
async fn pages<C, R, F>(mut page: impl FnMut(C) -> F + Send + 'static, first: C) -> Result<Response, Problem>
where
    C: Send + 'static,
    R: Serialize + Send + 'static,
    F: Future<Output = Result<(Vec<R>, Option<C>), EngineError>> + Send + 'static,
{
    let (rows, next) = page(first).await?;
    let head = stream::once(std::future::ready(lines(&rows)));
    let rest = stream::try_unfold((page, next), |(mut page, next)| async move {
        let Some(cursor) = next else {
            return Ok(None);
        };
        let (rows, next) = page(cursor).await?;
        Ok(Some((lines(&rows)?, (page, next))))
    });
    let all = futures_util::StreamExt::chain(head, rest)
        .inspect_err(|error| tracing::error!(%error, "an export broke off"));
    Ok((content_type(LINES), Body::from_stream(all)).into_response())
}

pub(super) fn lines<R: Serialize>(rows: &[R]) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}

async fn transcript(State(shared): State<Arc<Shared>>, _: AdminCaller) -> Result<Response, Problem> {
    let exports = exports(&shared)?;
    let page = move |after| {
        let exports = exports.clone();
        async move { exports.transcript(after).await }
    };
    pages(page, 0).await
}

async fn outbox(State(shared): State<Arc<Shared>>, _: AdminCaller) -> Result<Response, Problem> {
    let exports = exports(&shared)?;
    let page = move |after| {
        let exports = exports.clone();
        async move {
            let (rows, next) = exports.outbox(after).await?;
            Ok((rows, next.map(Some)))
        }
    };
    pages(page, None).await
}

async fn assignments(State(shared): State<Arc<Shared>>, _: AdminCaller) -> Result<Response, Problem> {
    let mut rows = exports(&shared)?.assignments().await?;
    let page = move |()| {
        let rest = rows.split_off(rows.len().min(ROWS));
        let page = std::mem::replace(&mut rows, rest);
        let next = (!rows.is_empty()).then_some(());
        std::future::ready(Ok((page, next)))
    };
    pages(page, ()).await
}

async fn dead_letters(State(shared): State<Arc<Shared>>, _: AdminCaller) -> Result<Response, Problem> {
    let exports = exports(&shared)?;
    let page = move |skip: usize| {
        let exports = exports.clone();
        async move {
            let letters = exports.dead_letters(skip).await?;
            let next = (!letters.is_empty()).then_some(skip + letters.len());
            let rows: Vec<Value> = letters
                .into_iter()
                .map(|letter| {
                    json!({
                        "account": letter.account,
                        "reason": letter.reason,
                        "at": letter.at,
                        "raw": data_encoding::BASE64.encode(&letter.raw),
                    })
                })
                .collect();
            Ok((rows, next))
        }
    };
    pages(page, 0).await
}

async fn counters(State(shared): State<Arc<Shared>>, _: AdminCaller) -> Result<Answer<Value>, Problem> {
    // Asked for like any other export, so that the one rule decides.
    exports(&shared)?;
    let totals = shared.engine.totals().await?;
    let duplicate = shared.duplicates.load(Ordering::Relaxed);
    Ok(Answer::ok(json!({
        "received": totals.inbox + duplicate + totals.dead_letters,
        "appended": totals.inbox,
        "duplicate": duplicate,
        "dead": totals.dead_letters,
    })))
}
