//! Measures requests. Labels come from the table of routes, never from what was sent (threat T24).

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;

/// Counts a request and how long its answer took to begin.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = match response.status().as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("parlor_http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("parlor_http_answer_seconds", "route" => route).record(began.elapsed().as_secs_f64());
    response
}
