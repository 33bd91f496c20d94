//! A browser of a contact, over a real socket on loopback.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use parlor_server::Server;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::BASE;

/// A server that listens.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Listening {
    pub(crate) async fn new(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = server.clone();
        let done = tokio::spawn(async move {
            let router = server.router();
            server
                .serve(listener, router, async {
                    let _ = stopped.await;
                })
                .await
        });
        Self { address, stop: Some(stop), done }
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// A browser.
pub(crate) struct Visitor {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Visitor {
    /// Opens a socket as a page of an origin.
    pub(crate) async fn open(server: &Listening, channel: &str, origin: Option<&str>) -> Result<Self, Error> {
        let address = format!("ws://{}/chat/{channel}/socket", server.address);
        let mut request = address.into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Self { socket })
    }

    /// Opens one as a page of the server, and says hello.
    pub(crate) async fn hello(server: &Listening, hello: Value) -> (Self, Value) {
        let mut visitor = Self::open(server, "website", Some(BASE)).await.unwrap();
        visitor.say(hello).await;
        let welcome = visitor.hear().await;
        (visitor, welcome)
    }

    pub(crate) async fn say(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            match self.socket.next().await.expect("the socket is open").unwrap() {
                Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next frame of a type; others are skipped.
    pub(crate) async fn hear_a(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// How the server closes the connection.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
