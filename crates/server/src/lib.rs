//! Parlor over HTTP, to mount into an application of one's own.
//!
//! [`Server`] turns an [`Engine`](parlor_engine::Engine) into an `axum` router: the agent API with its live feed
//! (`docs/specs/agent-api.md`), the web-chat socket (`docs/specs/web-chat.md`), the operator's exports, health and metrics, and the
//! OpenAPI document that is made from the same table as the routes.
//!
//! Who a request comes from is decided here: a bearer token from configuration, or a session cookie together with an
//! `Origin` of this server. What they may do is decided by the engine. What goes wrong is answered with a problem
//! document whose [`Code`] never changes its meaning.
//!
//! ```no_run
//! # async fn run(engine: parlor_engine::Engine) -> Result<(), Box<dyn std::error::Error>> {
//! use parlor_server::{Server, ServerConfig};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let config = ServerConfig::new("http://127.0.0.1:8080".parse()?, listener.local_addr()?);
//! let server = Server::new(engine, config)?;
//! server.serve(listener, server.router(), std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod agent_session;
mod api;
mod caller;
mod chat;
mod config;
mod cookie;
mod extract;
mod files;
mod headers;
mod limits;
mod measure;
mod openapi;
mod origin;
mod peer;
mod problem;
mod serve;
mod server;
mod shared;
mod stall;
mod throttle;
mod token;

pub use config::{RenderMetrics, ServerConfig, ServerConfigError};
pub use limits::Limits;
pub use origin::{BadOrigin, Origin};
pub use problem::Code;
pub use server::{Server, SignInLink, openapi_document};
