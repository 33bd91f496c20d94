//! Against servers of our own on this machine that behave as badly as a test wants.

#![expect(clippy::unwrap_used, reason = "in a test a failure is the result")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, StatusCode};
use parlor_channel::{
    Certainty, HttpClient, HttpRequest, HttpResponse, MediaFetchError, MediaReference, MediaRequest,
    MediaSource, Outbound, Provider, SendReceipt, TransportError, TransportErrorKind,
};
use parlor_http::{Client, ClientLimits, FetchLimits, MediaFetcher};
use parlor_model::{ProviderMessageId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every request with the same bytes, and remembers the requests.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::behaving(answer.into(), false).await
    }

    /// `hangs`: keeps the connection open after the answer.
    async fn behaving(answer: Vec<u8>, hangs: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let said = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, said) = (answer.clone(), Arc::clone(&said));
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        let mut part = [0; 1024];
                        match stream.read(&mut part).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => request.extend_from_slice(&part[..read]),
                        }
                    }
                    said.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                    let _ = stream.write_all(&answer).await;
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { address, heard }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn request(url: &str) -> HttpRequest {
    HttpRequest::new(Method::POST, url.parse().unwrap())
        .with_header(AUTHORIZATION, HeaderValue::from_static("Basic c2VjcmV0"))
        .with_body(HeaderValue::from_static("text/plain"), "hello")
}

async fn send(url: &str, limits: ClientLimits) -> Result<HttpResponse, Certainty> {
    Client::new(limits).unwrap().send(request(url)).await.map_err(|error| {
        assert!(!format!("{error:?}").contains("c2VjcmV0"), "{error:?}");
        error.certainty
    })
}

fn quick() -> ClientLimits {
    let mut limits = ClientLimits::default();
    limits.total = Duration::from_millis(300);
    limits.body = 100;
    limits
}

#[tokio::test]
async fn an_answer_is_an_answer_whatever_its_status() {
    let server =
        Server::answering("HTTP/1.1 418 Teapot\r\nX-Tea: green\r\nContent-Length: 3\r\n\r\ntea").await;
    let answer = send(&server.url("/pot"), ClientLimits::default()).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::IM_A_TEAPOT, b"tea".as_slice()));
    assert_eq!(answer.headers["x-tea"], "green");
    let head = server.heard().remove(0).to_lowercase();
    assert!(head.starts_with("post /pot http/1.1") && head.contains("accept-encoding: identity"), "{head}");
}

#[tokio::test]
async fn t22_redirects_are_answers_and_nobody_goes_there() {
    let elsewhere = Server::answering(ok("secret")).await;
    let server = Server::answering(moved(&elsewhere.url("/"))).await;
    assert_eq!(send(&server.url("/"), ClientLimits::default()).await.unwrap().status, StatusCode::FOUND);
    assert_eq!((server.heard().len(), elsewhere.heard().len()), (1, 0));
}

#[tokio::test]
async fn only_where_there_was_no_connection_is_it_known_that_nothing_was_sent() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    assert_eq!(send(&format!("http://{closed}/"), quick()).await, Err(Certainty::NotSent));
    assert_eq!(send("http://example.test/", quick()).await, Err(Certainty::NotSent), "it is not encrypted");
    let silent = Server::behaving(Vec::new(), true).await;
    assert_eq!(send(&silent.url("/"), quick()).await, Err(Certainty::Uncertain));
    let hangs_up = Server::answering("").await;
    assert_eq!(send(&hangs_up.url("/"), quick()).await, Err(Certainty::Uncertain));
    assert_eq!(hangs_up.heard().len(), 1, "it is sent once");
    let endless = Server::answering(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(1_000))).await;
    assert_eq!(send(&endless.url("/"), quick()).await, Err(Certainty::Uncertain));
    let broken = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf").await;
    assert_eq!(send(&broken.url("/"), quick()).await, Err(Certainty::Uncertain));
}

/// A provider whose files lie where the reference says.
#[derive(Debug)]
struct Anywhere {
    hosts: Vec<String>,
}

impl Provider for Anywhere {
    fn encode(&self, _: &Outbound) -> Result<HttpRequest, TransportError> {
        Err(TransportError::new(TransportErrorKind::Other, Certainty::NotSent))
    }

    fn receipt(&self, _: &HttpResponse) -> Result<SendReceipt, TransportError> {
        Err(TransportError::new(TransportErrorKind::Other, Certainty::NotSent))
    }

    fn uncertain_wait(&self) -> Duration {
        Duration::ZERO
    }

    fn sent_since(&self, _: &Outbound, _: Timestamp) -> Option<HttpRequest> {
        None
    }

    fn find_sent(&self, _: &Outbound, _: Timestamp, _: &HttpResponse) -> Option<ProviderMessageId> {
        None
    }

    fn media(&self, media: &MediaReference) -> Result<MediaRequest, TransportError> {
        let mut request = request(&media.location);
        request.method = Method::GET;
        Ok(MediaRequest::new(request, self.hosts.clone()))
    }
}

async fn fetch_from(hosts: &[&str], location: &str, loopback: bool) -> Result<Vec<u8>, MediaFetchError> {
    let provider = Anywhere { hosts: hosts.iter().map(|&host| host.to_owned()).collect() };
    let mut limits = FetchLimits::default();
    limits.silence = Duration::from_millis(300);
    let make = if loopback { MediaFetcher::insecure_allow_loopback } else { MediaFetcher::new };
    let fetcher = make(Arc::new(provider), limits).unwrap();
    let media = MediaReference { location: location.to_owned(), declared: None, name: None };
    fetcher.fetch(&media, 10).await
}

async fn fetch(location: &str) -> Result<Vec<u8>, MediaFetchError> {
    fetch_from(&["127.0.0.1"], location, true).await
}

#[tokio::test]
async fn a_file_is_fetched_through_a_redirect_without_the_credentials() {
    let store = Server::answering(ok("picture")).await;
    let api = Server::answering(moved(&store.url("/it"))).await;
    assert_eq!(fetch(&api.url("/media")).await, Ok(b"picture".to_vec()));
    assert!(api.heard()[0].to_lowercase().contains("authorization"));
    assert!(!store.heard()[0].to_lowercase().contains("authorization"), "another host gets no credentials");
}

#[tokio::test]
async fn this_machine_is_asked_by_its_name_too_where_a_test_says_so() {
    let store = Server::answering(ok("picture")).await;
    let here = format!("localhost:{}", store.address.port());
    let location = format!("http://{here}/it");
    assert_eq!(fetch_from(&[&here], &location, true).await, Ok(b"picture".to_vec()));
    assert_eq!(fetch_from(&[&here], &location, false).await, Err(MediaFetchError::Refused));
    assert_eq!(fetch_from(&["localhost:1"], &location, true).await, Err(MediaFetchError::Refused));
}

#[tokio::test]
async fn t11_nothing_is_fetched_from_where_the_provider_keeps_nothing() {
    let secret = Server::answering(ok("secret")).await;
    let wherever = [
        secret.url("/"),
        "https://127.0.0.1/".to_owned(),
        "https://[::1]/".to_owned(),
        "https://0x7f000001/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://169.254.169.254/latest".to_owned(),
        "https://localhost/".to_owned(),
        "http://api.test/".to_owned(),
        "https://api.test:8443/".to_owned(),
        "https://user@api.test/".to_owned(),
        "https://evilapi.test/".to_owned(),
        "https://api.test.evil.test/".to_owned(),
        "ftp://api.test/".to_owned(),
        "https://cdn.test/".to_owned(),
    ];
    for location in wherever {
        let answer = fetch_from(&["api.test", ".cdn.test"], &location, false).await;
        assert_eq!(answer, Err(MediaFetchError::Refused), "{location}");
    }
    assert_eq!(secret.heard().len(), 0);
    // On the list, and a name of this machine all the same.
    let answer = fetch_from(&["localhost"], "https://localhost/", false).await;
    assert_eq!(answer, Err(MediaFetchError::Refused));
}

#[tokio::test]
async fn t11_a_redirect_leads_nowhere_else_and_not_on_for_ever() {
    for to in ["https://169.254.169.254/", "http://[::1]/", "file:///etc/passwd", "https://elsewhere.test/"] {
        let api = Server::answering(moved(to)).await;
        assert_eq!(fetch(&api.url("/")).await, Err(MediaFetchError::Refused), "{to}");
    }
    let round = Server::answering(moved("/again")).await;
    assert_eq!(fetch(&round.url("/")).await, Err(MediaFetchError::Refused));
    assert_eq!(round.heard().len(), 4);
}

#[tokio::test]
async fn a_file_that_is_too_large_too_slow_or_not_there_is_not_taken() {
    let large =
        Server::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", "a".repeat(5))).await;
    assert_eq!(fetch(&large.url("/")).await, Ok(b"aaaaa".to_vec()));
    let lies =
        Server::answering(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "a".repeat(5_000))).await;
    assert_eq!(fetch(&lies.url("/")).await, Err(MediaFetchError::TooLarge));
    let slow = Server::behaving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na".to_vec(), true).await;
    assert_eq!(fetch(&slow.url("/")).await, Err(MediaFetchError::Later));
    for (status, error) in [
        ("404 Not Found", MediaFetchError::Later),
        ("503 Busy", MediaFetchError::Later),
        ("410 Gone", MediaFetchError::Gone),
        ("401 Unauthorized", MediaFetchError::Gone),
    ] {
        let server = Server::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(fetch(&server.url("/")).await, Err(error), "{status}");
    }
}
