//! The live feed, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use parlor_engine::{AgentFeed, EngineError, FeedItem};
use serde::Deserialize;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{Api, content_type};
use crate::agent_session::SessionKey;
use crate::caller::AgentCaller;
use crate::extract::Parameters;
use crate::openapi::{Operation, Parameter};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// How many events wait for a client that is not reading. What is beyond them waits in the engine, which reads it
/// from the store again, so a slow client costs nobody else anything.
const WAITING_EVENTS: usize = 16;

/// How long a client waits before it comes back, in milliseconds, unless it knows better.
const RETRY_MS: u32 = 1_000;

const PARAMETERS: &[Parameter] = &[Parameter::new(
    "after",
    r#"{"type":"string"}"#,
    "The `id` of the last event one has; the header `Last-Event-ID` says it too and comes first",
)];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/feed",
            "feed",
            "Everything that concerns one, as server-sent events; `Last-Event-ID` or `after` goes on without a gap",
        )
        .parameters(PARAMETERS)
        .gives_text("text/event-stream")
        .refuses(&[Code::FeedGone]),
        feed,
    )
}

#[derive(Debug, Deserialize)]
struct FeedQuery {
    after: Option<String>,
}

async fn feed(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    headers: HeaderMap,
    Parameters(query): Parameters<FeedQuery>,
) -> Result<Response, Problem> {
    let unknown = || Problem::from(EngineError::CursorUnknown).on_feed();
    let last = match headers.get("last-event-id") {
        // An empty one is what a browser sends that has seen no id yet.
        Some(header) if !header.is_empty() => Some(header.to_str().map_err(|_| unknown())?),
        _ => query.after.as_deref().filter(|after| !after.is_empty()),
    };
    let after = match last {
        Some(last) => Some(last.parse().map_err(|_| unknown())?),
        None => None,
    };
    let ended = shared.ended_sessions.subscribe();
    let feed =
        shared.engine.feed(&caller.name, after).await.map_err(|error| Problem::from(error).on_feed())?;
    let (events, waiting) = mpsc::channel(WAITING_EVENTS);
    tokio::spawn(pump(shared, feed, caller.session, ended, events));
    let body = stream::unfold(waiting, |mut waiting| async {
        let event = waiting.recv().await?;
        Some((Ok::<Bytes, Infallible>(event), waiting))
    });
    // Proxies that collect an answer before they pass it on are told not to.
    let unbuffered = [("x-accel-buffering", "no")];
    Ok((content_type("text/event-stream"), unbuffered, Body::from_stream(body)).into_response())
}

/// Hands the events of a feed on until the client is gone, the session is over or the server stops.
///
/// It is a task of its own because [`AgentFeed::next`] must not be given up halfway: an event would be lost.
async fn pump(
    shared: Arc<Shared>,
    mut feed: AgentFeed,
    session: Option<SessionKey>,
    mut ended: broadcast::Receiver<SessionKey>,
    events: mpsc::Sender<Bytes>,
) {
    let open = OpenFeed::new();
    let every = shared.limits.feed_keep_alive;
    let mut keep_alive = interval_at(Instant::now() + every, every);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = std::pin::pin!(shared.stopped());
    let mut next_event = Bytes::from(format!("retry: {RETRY_MS}\n\n"));
    loop {
        if events.send(next_event).await.is_err() {
            return;
        }
        let mut next = std::pin::pin!(feed.next());
        next_event = loop {
            tokio::select! {
                item = &mut next => match item {
                    Ok(Some(item)) => match frame(&item) {
                        Some(event) => break event,
                        None => return,
                    },
                    Ok(None) => return,
                    Err(error) => {
                        tracing::warn!(%error, "a feed broke off");
                        return;
                    }
                },
                _ = keep_alive.tick() => {
                    if !still_open(&shared, session.as_ref()).await {
                        return;
                    }
                    if events.send(Bytes::from_static(b":\n\n")).await.is_err() {
                        return;
                    }
                }
                key = ended.recv() => {
                    let over = match key {
                        Ok(key) => session.as_ref() == Some(&key),
                        Err(_) => !still_open(&shared, session.as_ref()).await,
                    };
                    if over {
                        return;
                    }
                }
                () = events.closed() => return,
                () = &mut stopped => return,
            }
        };
        open.told();
    }
}

/// Whether the session of a feed still is one. Asking is using it: an agent who watches the feed is there.
async fn still_open(shared: &Shared, session: Option<&SessionKey>) -> bool {
    let Some(session) = session else {
        return true;
    };
    match shared.use_session(session).await {
        Ok(agent) => agent.is_some(),
        // A store that fails signs nobody out.
        Err(_) => true,
    }
}

/// An event as it travels. The JSON has no line breaks of its own, so one line of data is enough.
fn frame(item: &FeedItem) -> Option<Bytes> {
    let name = item.event.name();
    let mut frame = BytesMut::with_capacity(256);
    frame.put_slice(b"event: ");
    frame.put_slice(name.as_bytes());
    if let Some(position) = item.position {
        frame.put_slice(b"\nid: ");
        frame.put_slice(position.to_string().as_bytes());
    }
    frame.put_slice(b"\ndata: ");
    let mut writer = frame.writer();
    if let Err(error) = serde_json::to_writer(&mut writer, &item.event) {
        tracing::error!(%error, event = name, "an event cannot be written");
        return None;
    }
    let mut frame = writer.into_inner();
    frame.put_slice(b"\n\n");
    Some(frame.freeze())
}

/// Counts an open feed for as long as it lives.
struct OpenFeed;

impl OpenFeed {
    fn new() -> Self {
        metrics::gauge!("parlor_feeds").increment(1.0);
        Self
    }

    #[expect(clippy::unused_self, reason = "only an open feed tells anybody anything")]
    fn told(&self) {
        metrics::counter!("parlor_feed_events_total").increment(1);
    }
}

impl Drop for OpenFeed {
    fn drop(&mut self) {
        metrics::gauge!("parlor_feeds").decrement(1.0);
    }
}
