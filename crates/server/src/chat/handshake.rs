use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use parlor_webchat::Limits;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::problem::{Code, Problem};

/// A socket of a browser.
pub(crate) type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// How much is read at a time. It is held for as long as the socket is open, and most of them are idle (goal P9).
const READ_BUFFER: usize = 2 * 1024;

/// Room for what is written. A frame that is longer makes it grow while it is being written.
const WRITE_BUFFER: usize = 0;

/// How much longer than allowed a message may be to be refused in the protocol rather than by the socket.
const SLACK: usize = 1_024;

/// The length of the key of a handshake: 16 bytes in Base64 (RFC 6455, section 4.1).
const KEY_CHARACTERS: usize = 24;

/// A handshake that is right.
#[derive(Debug)]
pub(crate) struct Handshake {
    accept: HeaderValue,
    upgrade: OnUpgrade,
}

impl Handshake {
    /// Checks a request.
    pub(crate) fn of(request: &mut Request) -> Result<Self, Problem> {
        let headers = request.headers();
        if !says(headers, &header::CONNECTION, "upgrade") || !says(headers, &header::UPGRADE, "websocket") {
            return Err(Problem::new(Code::UpgradeRequired, "this address speaks the WebSocket protocol"));
        }
        let wrong = |detail: &str| Problem::new(Code::BadHandshake, detail);
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(wrong("the version of the WebSocket protocol is 13"));
        }
        let key = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .filter(|key| key.len() == KEY_CHARACTERS)
            .ok_or_else(|| wrong("the key of a handshake has 24 characters"))?;
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
            .map_err(|_| wrong("the key of the handshake is not one"))?;
        let upgrade = request.extensions_mut().remove::<OnUpgrade>().ok_or_else(|| {
            Problem::new(Code::UpgradeRequired, "this connection cannot become a WebSocket")
        })?;
        Ok(Self { accept, upgrade })
    }

    /// Answers it, and serves the socket in a task of its own.
    pub(crate) fn accept<F>(
        self,
        config: WebSocketConfig,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            match upgrade.await {
                Ok(connection) => {
                    let connection = TokioIo::new(connection);
                    let socket =
                        WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
                    serve(socket).await;
                }
                Err(error) => tracing::debug!(%error, "a connection did not become a socket"),
            }
        });
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
    }
}

/// How much a socket may read and write at a time.
pub(crate) fn socket_config(limits: &Limits) -> WebSocketConfig {
    let most = limits.frame_bytes.saturating_add(SLACK);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(most))
        .max_frame_size(Some(most))
}

/// Whether a header, a list of words, has this one.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(word))
}
