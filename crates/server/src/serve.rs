//! Serves connections: what a plain accept loop leaves open is bounded here (threat T8).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::shared::Shared;
use crate::stall::StallGuard;

/// How long to wait when no connection can be accepted, which is when the process has no file descriptors left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Serves until `shutdown` resolves, then lets what is being done end.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(shared.limits.connections));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        // Without a free slot nobody is accepted: the others wait in the kernel's queue.
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot.map_err(io::Error::other)?,
            () = &mut shutdown => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let shared = Arc::clone(shared);
        let router = router.clone();
        connections.spawn(async move {
            serve_one(&shared, stream, peer, router).await;
            drop(slot);
        });
        // Those that are over; one that panicked took nothing with it but itself.
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    shared.stopping.send_replace(true);
    let drained = async {
        while connections.join_next().await.is_some() {}
        shared.seats.empty().await;
    };
    if tokio::time::timeout(shared.limits.drain, drained).await.is_err() {
        tracing::warn!("connections were still open when the time to drain them was over");
    }
    Ok(())
}

async fn serve_one(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr, router: Router) {
    let limits = &shared.limits;
    // Small frames must not wait for each other; a failure costs only time.
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(StallGuard::new(stream, limits.stalled_for));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // From the first moment of the connection on, so a connection that says nothing is closed too.
        .header_read_timeout(limits.head_within)
        .max_headers(limits.headers)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.connection_buffer)
        .serve_connection(stream, service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = shared.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke off");
    }
}
