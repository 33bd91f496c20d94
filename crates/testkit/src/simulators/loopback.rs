//! Plain HTTP on loopback: a server that may break off, and a client that does nothing by itself.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parlor_channel::{Certainty, HttpClient, HttpError, HttpRequest, HttpResponse};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most bytes of a body in either direction.
const MOST_BYTES: usize = 32 << 20;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as a server is given it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What a server answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What becomes of a request: an answer, or a connection that ends without one.
pub(super) type Outcome = Option<Reply>;

/// Answers requests.
#[async_trait]
pub(super) trait Answers: Send + Sync + 'static {
    async fn answer(&self, call: Call) -> Outcome;
}

/// A connection that is ended on purpose.
#[derive(Debug)]
struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is broken off on purpose")
    }
}

impl std::error::Error for BrokenOff {}

/// A server on loopback; it ends with this value.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves on a port that the system chooses.
    pub(super) async fn start(answers: Arc<dyn Answers>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answers = Arc::clone(&answers);
                connections.spawn(async move {
                    let service = service_fn(move |request| serve(Arc::clone(&answers), request));
                    // A connection that breaks is its client's affair.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    answers: Arc<dyn Answers>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, BrokenOff> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|_| BrokenOff)?.to_bytes();
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let reply = answers.answer(call).await.ok_or(BrokenOff)?;
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Ok(response)
}

/// Carries requests over plain HTTP, each over a connection of its own: no redirects, no repetitions, no proxy, no
/// encryption. For tests against simulators on this machine, and for nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoopbackClient {
    /// Where every request goes, whatever its address says: as if a proxy stood there.
    to: Option<SocketAddr>,
}

impl LoopbackClient {
    /// A client that goes where the address says.
    pub const fn new() -> Self {
        Self { to: None }
    }

    /// A client that goes to one server, whatever host the address names.
    pub const fn to(server: SocketAddr) -> Self {
        Self { to: Some(server) }
    }

    async fn connect(&self, request: &HttpRequest) -> io::Result<TcpStream> {
        if let Some(server) = self.to {
            return TcpStream::connect(server).await;
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let port = request.url.port_or_known_default().unwrap_or_default();
        if request.url.scheme() != "http" {
            return Err(io::Error::other("this client speaks plain HTTP only"));
        }
        TcpStream::connect((host, port)).await
    }
}

#[async_trait]
impl HttpClient for LoopbackClient {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let stream = self
            .connect(&request)
            .await
            .map_err(|error| HttpError::new(Certainty::NotSent).with_source(error))?;
        let answer = tokio::time::timeout(PATIENCE, exchange(stream, request));
        match answer.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(HttpError::new(Certainty::Uncertain).with_source(error)),
            Err(late) => Err(HttpError::new(Certainty::Uncertain).with_source(late)),
        }
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(stream: TcpStream, request: HttpRequest) -> Result<HttpResponse, AnyError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut outgoing = Request::builder().method(request.method).uri(path);
    if let Some(headers) = outgoing.headers_mut() {
        let authority = &request.url[url::Position::BeforeHost..url::Position::AfterPort];
        headers.insert(HOST, HeaderValue::from_str(authority)?);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        headers.extend(request.headers);
    }
    let outgoing =
        outgoing.body(Full::<Bytes>::from(request.body).map_err(|never: Infallible| match never {}))?;
    let answer = sender.send_request(outgoing).await;
    let response = match answer {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await?.to_bytes();
            let mut response = HttpResponse::new(parts.status, body.to_vec());
            response.headers = parts.headers;
            Ok(response)
        }
        Err(error) => Err(error.into()),
    };
    driver.abort();
    response
}
