use std::any::Any;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use parlor_engine::Engine;
use parlor_model::AgentName;
use parlor_store::StoreError;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::Api;
use crate::config::{ServerConfig, ServerConfigError};
use crate::headers;
use crate::measure::measure;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// The HTTP side of an engine. Cloning it gives another handle to the same server.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

impl Server {
    /// A server for an engine. Nothing is served yet.
    pub fn new(engine: Engine, config: ServerConfig) -> Result<Self, ServerConfigError> {
        Shared::new(engine, config).map(|shared| Self { shared })
    }

    /// Every route of the API, the socket, the exports and what operators look at; to serve as it is, or to merge
    /// with pages of one's own. It has a fallback, so pages must not have one.
    pub fn router(&self) -> Router {
        let share = from_fn_with_state(Arc::clone(&self.shared), crate::chat::share);
        let router = Api::complete().into_router().layer(share);
        headers::protect(router, self.shared.is_secure())
            .layer(from_fn(measure))
            .layer(CatchPanicLayer::custom(panicked))
            .with_state(Arc::clone(&self.shared))
    }

    /// Pages of one's own with the headers that keep browsers from doing what nobody asked for: a content security
    /// policy without inline code, no sniffing, no referrer. A header that a page sets itself stays.
    pub fn protect(&self, pages: Router) -> Router {
        headers::protect(pages, self.shared.is_secure())
    }

    /// An address that signs an agent in, once; `None` when there is no such agent.
    pub async fn sign_in_link(&self, agent: &AgentName) -> Result<Option<SignInLink>, StoreError> {
        if self.shared.engine.agent(agent).is_none() {
            return Ok(None);
        }
        let token = self.shared.make_link(agent).await?;
        let base = &self.shared.base;
        let address = format!("{base}/?link={}", token.expose_secret());
        Ok(Some(SignInLink(SecretString::from(address))))
    }

    /// Serves a router on a listener until `shutdown` resolves. Then nobody new is accepted, sockets and feeds are
    /// closed so that their clients come back elsewhere, and what is being done has [`Limits::drain`] to end.
    ///
    /// Use it rather than a plain accept loop: slow heads, slow readers and idle connections are bounded here.
    ///
    /// [`Limits::drain`]: crate::Limits::drain
    pub async fn serve(
        &self,
        listener: TcpListener,
        router: Router,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        crate::serve::serve(&self.shared, listener, router, shutdown).await
    }
}

/// A sign-in link. Whoever has it is that agent, once; `Debug` hides it.
#[derive(Clone, Debug)]
pub struct SignInLink(SecretString);

impl SignInLink {
    /// The address, for the person it is meant for and nobody else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The OpenAPI document of the routes, as `GET /openapi.json` gives it.
pub fn openapi_document() -> &'static [u8] {
    crate::openapi::document()
}

#[expect(clippy::needless_pass_by_value, reason = "the layer gives the panic away")]
/// A handler that panicked takes nobody else with it.
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(said, "a request panicked");
    Problem::new(Code::Internal, "it failed here").into_response()
}
