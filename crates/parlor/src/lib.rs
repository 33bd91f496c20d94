//! Parlor lets human agents hold conversations with contacts, in one engine that an application embeds.
//!
//! This crate puts the parts together and gives them one name each:
//!
//! | module | what |
//! | --- | --- |
//! | [`model`] | the vocabulary: ids, contacts, channels, messages, agents, time |
//! | [`interaction`] | the lifecycle of an interaction, a pure function |
//! | [`routing`] | who gets which work, a pure matcher |
//! | [`transcript`] | conversations as data: order, unread, delivery, pending responses, search |
//! | [`channel`] | what an adapter of a network offers |
//! | [`store`] | the store contract and the in-memory reference store |
#![cfg_attr(
    feature = "attachments",
    doc = "| [`blob`], [`media`] | where the bytes of files are kept, and who looks into them |"
)]
#![cfg_attr(feature = "sqlite", doc = "| [`sqlite`] | the embedded durable store |")]
#![cfg_attr(feature = "postgres", doc = "| [`postgres`] | the store that many nodes share |")]
#![cfg_attr(feature = "web-chat", doc = "| [`webchat`] | chat on your own web site |")]
//! | [`engine`] | runs it: intake, desk, routing, feeds, permissions |
#![cfg_attr(feature = "server", doc = "| [`server`] | an `axum` router to mount |")]
//!
//! [`Builder`] is the short way to an [`Engine`](engine::Engine); `examples/quickstart` shows it. How to plug in a network or a
//! store of one's own, mount the server, and use the core without a runtime is in `docs/embedding.md`.

mod builder;

#[cfg(feature = "twilio")]
pub use parlor_address as address;
#[cfg(feature = "attachments")]
pub use parlor_blob as blob;
pub use parlor_channel as channel;
pub use parlor_composer as composer;
pub use parlor_engine as engine;
#[cfg(feature = "twilio")]
pub use parlor_http as http;
pub use parlor_interaction as interaction;
#[cfg(feature = "attachments")]
pub use parlor_media as media;
pub use parlor_model as model;
pub use parlor_routing as routing;
#[cfg(feature = "server")]
pub use parlor_server as server;
pub use parlor_store as store;
#[cfg(feature = "postgres")]
pub use parlor_store_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use parlor_store_sqlite as sqlite;
pub use parlor_transcript as transcript;
#[cfg(feature = "twilio")]
pub use parlor_twilio as twilio;
#[cfg(feature = "web-chat")]
pub use parlor_webchat as webchat;

pub use builder::{BuildError, Builder};

/// The blocks of the page, as tests.
#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
