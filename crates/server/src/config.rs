use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use parlor_channel::WebhookCodec;
use parlor_engine::Engine;
use parlor_model::{AccountName, AgentName, ChannelName};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{BadOrigin, Limits, Origin};

/// What a server needs to know beside its engine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Where browsers reach this server. Pages from there may use a session, and sign-in links lead there.
    pub public_base_url: Url,
    /// Other addresses of this server itself, whose pages are its own too, such as the one it listens on.
    pub own_origins: Vec<Origin>,
    /// Where it listens: what only a server on loopback may do is refused elsewhere.
    pub listens_on: SocketAddr,
    /// Opens the exports.
    pub admin_token: Option<SecretString>,
    /// Opens the agent API to programs, and signs people in.
    pub agent_tokens: BTreeMap<AgentName, SecretString>,
    /// Whose pages may chat on a channel, beside those of this server.
    pub chat_origins: BTreeMap<ChannelName, Vec<Origin>>,
    /// Lets anybody sign in as any agent, by name alone: for a demonstration on one's own machine.
    pub demo_sign_in: bool,
    /// Who reads what the accounts at providers tell; each has the webhook `/webhooks/{account}` below the public address.
    pub webhooks: BTreeMap<AccountName, Arc<dyn WebhookCodec>>,
    /// What is limited.
    pub limits: Limits,
    /// What is limited on the web-chat socket.
    pub chat: parlor_webchat::Limits,
    /// Gives the metrics as Prometheus text; without it there is no such route.
    pub metrics: Option<RenderMetrics>,
}

impl ServerConfig {
    /// A server that strangers can reach, with nobody who could sign in yet.
    pub fn new(public_base_url: Url, listens_on: SocketAddr) -> Self {
        Self {
            public_base_url,
            own_origins: Vec::new(),
            listens_on,
            admin_token: None,
            agent_tokens: BTreeMap::new(),
            chat_origins: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            demo_sign_in: false,
            limits: Limits::default(),
            chat: parlor_webchat::Limits::default(),
            metrics: None,
        }
    }

    /// Checks it against the engine it is for.
    pub fn check(&self, engine: &Engine) -> Result<(), ServerConfigError> {
        Origin::of(&self.public_base_url)?;
        if self.demo_sign_in && !self.listens_on.ip().is_loopback() {
            return Err(ServerConfigError::DemoInPublic);
        }
        let mut tokens: Vec<&str> = Vec::new();
        let named = self.agent_tokens.iter().map(|(agent, token)| (Some(agent), token));
        for (agent, token) in named.chain(self.admin_token.as_ref().map(|token| (None, token))) {
            let owner = || agent.map_or("the operator".to_owned(), |agent| format!("agent {agent}"));
            if let Some(agent) = agent
                && engine.agent(agent).is_none()
            {
                return Err(ServerConfigError::UnknownAgent(agent.clone()));
            }
            let token = token.expose_secret();
            if token.trim().is_empty() {
                return Err(ServerConfigError::EmptyToken { owner: owner() });
            }
            if tokens.contains(&token) {
                return Err(ServerConfigError::TokenTwice { owner: owner() });
            }
            tokens.push(token);
        }
        match self.chat_origins.keys().find(|channel| engine.channel(channel).is_none()) {
            Some(unknown) => Err(ServerConfigError::UnknownChannel(unknown.clone())),
            None => Ok(()),
        }
    }
}

/// Why a server cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerConfigError {
    /// The public base address is none of a web server.
    #[error("the public base address: {0}")]
    BadBase(#[from] BadOrigin),
    /// Signing in by name alone, where strangers could do it too.
    #[error("signing in by name alone is for a server that listens on loopback only")]
    DemoInPublic,
    /// A token of somebody who is not configured.
    #[error("there is a token for agent {0}, who is not configured")]
    UnknownAgent(AgentName),
    /// A token that everybody has.
    #[error("the token of {owner} is empty")]
    EmptyToken {
        /// Whose.
        owner: String,
    },
    /// One token for two.
    #[error("the token of {owner} is somebody else's too")]
    TokenTwice {
        /// Whose.
        owner: String,
    },
    /// Origins of a channel that is not configured.
    #[error("there are origins for channel {0}, which is not configured")]
    UnknownChannel(ChannelName),
}

/// Gives the metrics of the process as Prometheus text. The exporter is the embedder's choice.
#[derive(Clone)]
pub struct RenderMetrics(Arc<dyn Fn() -> String + Send + Sync>);

impl RenderMetrics {
    /// Wraps the exporter's function.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    pub(crate) fn render(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for RenderMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RenderMetrics")
    }
}
