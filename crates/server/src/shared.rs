//! What every request shares.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::HeaderMap;
use parlor_channel::WebhookCodec;
use parlor_engine::Engine;
use parlor_model::{AccountName, AgentName, ChannelName, ContactPointId, Timestamp};
use tokio::sync::{broadcast, watch};

use crate::agent_session::SessionKey;
use crate::chat::Seats;
use crate::config::{RenderMetrics, ServerConfig, ServerConfigError};
use crate::peer::Peer;
use crate::throttle::{Failures, Rate};
use crate::token::{Bearer, Tokens};
use crate::{Limits, Origin};

/// How many ended sessions a feed may fall behind before it looks its own up in the store.
const ENDED_REMEMBERED: usize = 64;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) chat_limits: parlor_webchat::Limits,
    pub(crate) base: Origin,
    pub(crate) tokens: Tokens,
    /// What providers' accounts tell is read by these.
    pub(crate) webhooks: BTreeMap<AccountName, Arc<dyn WebhookCodec>>,
    /// What stands before the path of a webhook, in the address that its provider was given.
    pub(crate) webhook_base: String,
    pub(crate) demo_sign_in: bool,
    pub(crate) metrics: Option<RenderMetrics>,
    own_origins: Vec<Origin>,
    chat_origins: BTreeMap<ChannelName, Vec<Origin>>,
    pub(crate) failed_sign_ins: Failures<Peer>,
    pub(crate) agent_requests: Rate<AgentName>,
    pub(crate) new_chats: Rate<Peer>,
    pub(crate) chat_uploads: Rate<ContactPointId>,
    pub(crate) seats: Seats,
    /// Told of every session that ends here, so that its feeds end too.
    pub(crate) ended_sessions: broadcast::Sender<SessionKey>,
    /// When sessions that ran out were last removed.
    pub(crate) swept_at: Mutex<Option<Timestamp>>,
    /// Messages of contacts that had been taken in before, since the process began.
    pub(crate) duplicates: AtomicU64,
    /// Whether the server stops.
    pub(crate) stopping: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(engine: Engine, config: ServerConfig) -> Result<Arc<Self>, ServerConfigError> {
        config.check(&engine)?;
        let limits = config.limits;
        let base = Origin::of(&config.public_base_url)?;
        let mut own_origins = config.own_origins;
        own_origins.push(base.clone());
        let mut tokens = Tokens::default();
        for (agent, token) in &config.agent_tokens {
            tokens.add(token, Bearer::Agent(agent.clone()));
        }
        if let Some(token) = &config.admin_token {
            tokens.add(token, Bearer::Admin);
        }
        Ok(Arc::new(Self {
            base,
            own_origins,
            tokens,
            webhooks: config.webhooks,
            webhook_base: config.public_base_url.as_str().trim_end_matches('/').to_owned(),
            demo_sign_in: config.demo_sign_in,
            metrics: config.metrics,
            chat_uploads: Rate::with_burst(
                config.chat.uploads.per_second,
                Duration::from_secs(1),
                config.chat.uploads.burst,
            ),
            chat_limits: config.chat,
            chat_origins: config.chat_origins,
            failed_sign_ins: Failures::new(limits.sign_in_failures, limits.sign_in_within),
            agent_requests: Rate::with_burst(
                limits.agent_requests_per_second,
                Duration::from_secs(1),
                limits.agent_request_burst,
            ),
            new_chats: Rate::new(limits.sessions_per_address, limits.sessions_within),
            seats: Seats::new(limits.sockets, limits.sockets_per_address),
            ended_sessions: broadcast::Sender::new(ENDED_REMEMBERED),
            swept_at: Mutex::new(None),
            duplicates: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
            engine,
            limits,
        }))
    }

    /// Whether a request comes from a page of this server.
    pub(crate) fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        Origin::names_one_of(headers, &self.own_origins)
    }

    /// Whether a request comes from a page that may chat on a channel.
    pub(crate) fn is_chat_origin(&self, headers: &HeaderMap, channel: Option<&ChannelName>) -> bool {
        let guests = channel.and_then(|channel| self.chat_origins.get(channel));
        Origin::names_one_of(headers, self.own_origins.iter().chain(guests.into_iter().flatten()))
    }

    /// Whether cookies are for encrypted connections only.
    pub(crate) fn is_secure(&self) -> bool {
        self.base.is_https()
    }

    /// Resolves when the server stops.
    pub(crate) async fn stopped(&self) {
        // An error would mean that nothing can say so any more; the sender lives as long as `self`.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
