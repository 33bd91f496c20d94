//! A workspace with two agents and a contact, called without a socket. Whatever it answers is held against the
//! OpenAPI document.

#![expect(dead_code, reason = "each test file uses what it needs")]

pub(crate) mod schema;
pub(crate) mod visitor;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use parlor_blob::Blobs;
use parlor_engine::{
    Arrival, Config, ContactSession, Disposition, Drive, Engine, EngineBuilder, Inbound, Uploading,
};
use parlor_interaction::DispositionCode;
use parlor_media::Inspector;
use parlor_model::{
    Agent, AgentName, Channel, ChannelKind, ChannelName, ClientId, Content, FileName, MediaClass, Medium,
    MessageText, OfferMode, PointAddress, PointKey, ProviderMessageId, QueueName, Role,
};
use parlor_server::{Limits, Server, ServerConfig};
use parlor_store::{BlobStore, MemoryStore, Store};
use parlor_testkit::{ManualClock, SeededIds};
use parlor_webchat::WebChat;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Where the server says it can be reached.
pub(crate) const BASE: &str = "http://desk.example";

pub(crate) const ALICE: &str = "alice-secret";
pub(crate) const BOB: &str = "bob-secret";
pub(crate) const CAROL: &str = "carol-secret";
pub(crate) const ADMIN: &str = "admin-secret";

/// A workspace.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) server: Server,
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) store: Arc<dyn Store>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        assert_eq!(reply.code(), code);
        reply
    }
}

pub(crate) fn name(name: &str) -> AgentName {
    AgentName::new(name).unwrap()
}

pub(crate) fn website() -> ChannelName {
    ChannelName::new("website").unwrap()
}

fn agent(name: &str) -> Agent {
    Agent { queues: [QueueName::new("support").unwrap()].into(), ..Agent::new(AgentName::new(name).unwrap()) }
}

/// What every workspace here is configured with.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.agents = vec![agent("alice"), agent("bob")];
    config.queues = vec![QueueName::new("support").unwrap().into()];
    config.channels = vec![Channel {
        name: website(),
        kind: ChannelKind::WebChat,
        account: None,
        address: "*".to_owned(),
        queue: QueueName::new("support").unwrap(),
        readiness: [Medium::Chat].into(),
        media_class: MediaClass::Live,
        offer: OfferMode::Prompt,
    }];
    config.dispositions =
        vec![Disposition { code: DispositionCode::new("resolved").unwrap(), name: "Resolved".to_owned() }];
    config
}

pub(crate) fn server_config() -> ServerConfig {
    let mut config = ServerConfig::new(BASE.parse().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)));
    config.admin_token = Some(SecretString::from(ADMIN));
    config.agent_tokens =
        [(name("alice"), SecretString::from(ALICE)), (name("bob"), SecretString::from(BOB))].into();
    config
}

/// The same with carol, who serves no queue.
pub(crate) fn with_carol(role: Role) -> (Config, ServerConfig) {
    let (mut config, mut server) = (config(), server_config());
    config.agents.push(Agent { role, ..Agent::new(name("carol")) });
    server.agent_tokens.insert(name("carol"), SecretString::from(CAROL));
    (config, server)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(config(), server_config()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        let mut server = server_config();
        server.limits = limits;
        Self::with(config(), server).await
    }

    pub(crate) async fn with(config: Config, server: ServerConfig) -> Self {
        Self::over(Arc::new(MemoryStore::new()), ManualClock::new(), config, server).await
    }

    pub(crate) async fn over(
        store: Arc<dyn Store>,
        clock: ManualClock,
        config: Config,
        server: ServerConfig,
    ) -> Self {
        Self::with_ids(store, clock, SeededIds::new(7), config, server).await
    }

    pub(crate) async fn with_ids(
        store: Arc<dyn Store>,
        clock: ManualClock,
        ids: SeededIds,
        config: Config,
        server: ServerConfig,
    ) -> Self {
        Self::build(store, Arc::new(Blobs::memory()), clock, ids, config, server).await
    }

    /// The same with files kept elsewhere than in memory; another seed for each process over one store.
    pub(crate) async fn with_files(
        store: Arc<dyn Store>,
        blobs: Arc<dyn BlobStore>,
        clock: ManualClock,
        seed: u64,
        config: Config,
        server: ServerConfig,
    ) -> Self {
        Self::build(store, blobs, clock, SeededIds::new(seed), config, server).await
    }

    async fn build(
        store: Arc<dyn Store>,
        blobs: Arc<dyn BlobStore>,
        clock: ManualClock,
        ids: SeededIds,
        config: Config,
        server: ServerConfig,
    ) -> Self {
        let engine = EngineBuilder::new(config, Arc::clone(&store))
            .clock(Arc::new(clock.clone()))
            .ids(Arc::new(ids))
            .drive(Drive::Manual)
            .transport(ChannelKind::WebChat, Arc::new(WebChat::new(server.chat.clone())))
            .attachments(blobs, Arc::new(Inspector::default()))
            .start()
            .await
            .unwrap();
        let server = Server::new(engine.clone(), server).unwrap();
        let router = server.router();
        Self { engine, server, router, clock, store }
    }

    /// Sends a request and holds the answer against the document.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let is_feed = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_feed { Vec::new() } else { to_bytes(body, usize::MAX).await.unwrap().to_vec() };
        let reply = Reply { status: parts.status, headers: parts.headers, body };
        schema::check_reply(&method, &path, &reply);
        reply
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call(Method::GET, path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(token), Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(token), Some(body)).await
    }

    pub(crate) async fn ready(&self, token: &str) {
        self.put("/api/me/readiness", token, json!({"medium": "chat", "ready": true})).await.expect(200);
        self.engine.settle().await;
    }

    /// The agent logs in and takes no work.
    pub(crate) async fn sign_in(&self, token: &str) {
        self.not_ready(token).await;
    }

    pub(crate) async fn not_ready(&self, token: &str) {
        self.put("/api/me/readiness", token, json!({"medium": "chat", "ready": false, "reason": "lunch"}))
            .await
            .expect(200);
        self.engine.settle().await;
    }

    /// A contact who comes by and writes.
    pub(crate) async fn contact_writes(&self, who: &str, id: u128, text: &str) -> ContactSession {
        let key = PointKey {
            kind: ChannelKind::WebChat,
            scope: "website".to_owned(),
            address: PointAddress::new(who),
        };
        let session = self.engine.arrive(Arrival::new(website(), key)).await.unwrap();
        let content = Content::Text { text: MessageText::new(text).unwrap() };
        let inbound = Inbound::new(ProviderMessageId::new(uuid(id)), content);
        self.engine.receive(&session, inbound).await.unwrap();
        self.engine.settle().await;
        session
    }

    /// A contact sends a picture; gives the id of the attachment.
    pub(crate) async fn contact_sends_picture(&self, session: &ContactSession, id: u128) -> String {
        let client = ClientId(uuid::Uuid::from_u128(id));
        let name = FileName::clean("chair.png");
        let uploading = self.engine.contact_uploads(session, client, name).await.unwrap();
        let Uploading::Begun(mut writer) = uploading else { panic!("it is there already") };
        writer.write(picture(id).into()).await.unwrap();
        let attachment = writer.finish().await.unwrap();
        let inbound = Inbound::with_uploads(ProviderMessageId::new(uuid(id)), None, vec![client]);
        self.engine.receive(session, inbound).await.unwrap();
        self.engine.settle().await;
        attachment.id.to_string()
    }

    /// Sends a body that is no JSON.
    pub(crate) async fn upload(&self, method: Method, path: &str, token: &str, bytes: &[u8]) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(bytes.to_vec()));
        self.send(request.unwrap()).await
    }

    /// The first offer to an agent.
    pub(crate) async fn offer(&self, token: &str) -> Value {
        let work = self.get("/api/me/interactions", token).await.expect(200).json();
        work["offers"][0].clone()
    }

    /// An interaction that alice owns, with its contact.
    pub(crate) async fn alices_interaction(&self) -> (String, ContactSession) {
        self.ready(ALICE).await;
        let session = self.contact_writes("ann", 1, "Hello?").await;
        let offer = self.offer(ALICE).await;
        let path = format!("/api/offers/{}/accept", text(&offer["id"]));
        let accepted = self.call(Method::POST, &path, Some(ALICE), None).await.expect(200).json();
        self.engine.settle().await;
        (text(&accepted["interaction"]["id"]), session)
    }
}

/// A PNG; another number is another picture.
pub(crate) fn picture(number: u128) -> Vec<u8> {
    let shade = u8::try_from(number % 256).unwrap();
    let picture = image::RgbImage::from_fn(400, 300, |x, y| {
        image::Rgb([shade, u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap()])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A client-made id.
pub(crate) fn uuid(id: u128) -> String {
    uuid::Uuid::from_u128(id).to_string()
}
