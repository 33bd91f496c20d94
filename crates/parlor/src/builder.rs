use std::collections::BTreeSet;
use std::sync::Arc;

use parlor_channel::{
    History, MediaInspector, MediaSource, NumberLookup, OutsideLauncher, Transport, VoiceGateway,
};
use parlor_engine::{Config, Disposition, Drive, Engine, EngineBuilder, StartError};
use parlor_interaction::{DispositionCode, DispositionCodeError};
use parlor_model::{
    AccountName, Agent, AgentName, Channel, ChannelKind, ChannelName, Clock, IdSource, LabelError, OfferMode,
    QueueName,
};
use parlor_store::{BlobStore, MemoryStore, Store};
use url::Url;

/// The short way to an engine. What it does not name is reached through [`configure`](Self::configure).
///
/// Names are checked when the engine is started, so that building reads as one expression.
#[derive(Debug)]
#[must_use = "call `start` to get an engine"]
pub struct Builder {
    config: Config,
    store: Option<Arc<dyn Store>>,
    transports: Vec<(ChannelKind, Arc<dyn Transport>)>,
    media_sources: Vec<(AccountName, Arc<dyn MediaSource>)>,
    number_lookups: Vec<(AccountName, Arc<dyn NumberLookup>)>,
    histories: Vec<(AccountName, Arc<dyn History>)>,
    files_at: Option<Url>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn IdSource>>,
    drive: Drive,
    voice: Option<Arc<dyn VoiceGateway>>,
    launcher: Option<Arc<dyn OutsideLauncher>>,
    files: Option<(Arc<dyn BlobStore>, Arc<dyn MediaInspector>)>,
    wrong: Option<BuildError>,
}

/// Why an engine cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A name is not one.
    #[error("{name:?} is not a name: {source}")]
    Name {
        /// What was given.
        name: String,
        /// Why not.
        source: LabelError,
    },
    /// An outcome code is not one.
    #[error("{code:?} is not an outcome code: {source}")]
    Disposition {
        /// What was given.
        code: String,
        /// Why not.
        source: DispositionCodeError,
    },
    /// The engine does not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Nothing configured yet; the store is in memory until another one is given.
    pub fn new() -> Self {
        Self {
            config: Config::default(),
            store: None,
            transports: Vec::new(),
            media_sources: Vec::new(),
            number_lookups: Vec::new(),
            histories: Vec::new(),
            files_at: None,
            clock: None,
            ids: None,
            drive: Drive::Automatic,
            voice: None,
            launcher: None,
            files: None,
            wrong: None,
        }
    }

    /// Adds a queue.
    pub fn queue(mut self, name: &str) -> Self {
        if let Some(queue) = self.checked(name, QueueName::new) {
            self.config.queues.push(queue.into());
        }
        self
    }

    /// Adds an agent who serves these queues, with the default capacity and flags.
    pub fn agent<'a>(mut self, name: &str, queues: impl IntoIterator<Item = &'a str>) -> Self {
        let queues: Vec<Option<QueueName>> =
            queues.into_iter().map(|queue| self.checked(queue, QueueName::new)).collect();
        if let Some(name) = self.checked(name, AgentName::new) {
            self.config
                .agents
                .push(Agent { queues: queues.into_iter().flatten().collect(), ..Agent::new(name) });
        }
        self
    }

    /// Adds an outcome code.
    pub fn disposition(mut self, code: &str, name: &str) -> Self {
        match DispositionCode::new(code) {
            Ok(code) => self.config.dispositions.push(Disposition { code, name: name.to_owned() }),
            Err(source) => {
                self.wrong.get_or_insert(BuildError::Disposition { code: code.to_owned(), source });
            }
        }
        self
    }

    /// Adds a channel on our own web site, whose work waits in a queue.
    #[cfg(feature = "web-chat")]
    pub fn web_chat(mut self, name: &str, queue: &str) -> Self {
        if self.transports.iter().all(|(kind, _)| *kind != ChannelKind::WebChat) {
            self.transports.push((ChannelKind::WebChat, Arc::new(parlor_webchat::WebChat::default())));
        }
        self.channel(name, ChannelKind::WebChat, queue)
    }

    /// Plugs in a network.
    pub fn transport(mut self, kind: ChannelKind, transport: Arc<dyn Transport>) -> Self {
        self.transports.push((kind, transport));
        self
    }

    /// Adds a channel on a network that was plugged in, with the rules of its transport.
    pub fn channel(mut self, name: &str, kind: ChannelKind, queue: &str) -> Self {
        let (name, queue) = (self.checked(name, ChannelName::new), self.checked(queue, QueueName::new));
        let profile = self.transports.iter().rev().find(|(known, _)| *known == kind).map_or_else(
            || parlor_channel::ChannelProfile::of(&kind),
            |(_, transport)| transport.profile().clone(),
        );
        if let (Some(name), Some(queue)) = (name, queue) {
            self.config.channels.push(Channel {
                name,
                kind,
                account: None,
                address: "*".to_owned(),
                queue,
                readiness: profile.readiness.into_iter().collect::<BTreeSet<_>>(),
                media_class: profile.media_class,
                offer: OfferMode::Prompt,
            });
        }
        self
    }

    /// Adds a channel that an account at a provider has, at our address there.
    pub fn channel_of(
        mut self,
        account: &str,
        name: &str,
        kind: ChannelKind,
        address: &str,
        queue: &str,
    ) -> Self {
        let account = self.checked(account, AccountName::new);
        let before = self.config.channels.len();
        self = self.channel(name, kind, queue);
        if let Some(channel) = self.config.channels.get_mut(before) {
            channel.account = account;
            address.clone_into(&mut channel.address);
        }
        self
    }

    /// Plugs in who fetches the files that lie with the provider of an account.
    pub fn media_source(mut self, account: &str, source: Arc<dyn MediaSource>) -> Self {
        if let Some(account) = self.checked(account, AccountName::new) {
            self.media_sources.push((account, source));
        }
        self
    }

    /// Plugs in who is asked about the numbers that are written to from an account.
    pub fn number_lookup(mut self, account: &str, lookup: Arc<dyn NumberLookup>) -> Self {
        if let Some(account) = self.checked(account, AccountName::new) {
            self.number_lookups.push((account, lookup));
        }
        self
    }

    /// Plugs in who is asked what came in by an account while nobody was there to take it.
    pub fn history(mut self, account: &str, history: Arc<dyn History>) -> Self {
        if let Some(account) = self.checked(account, AccountName::new) {
            self.histories.push((account, history));
        }
        self
    }

    /// Says below which public address files are opened by link, so that providers can fetch what agents attach.
    pub fn files_at(mut self, base: Url) -> Self {
        self.files_at = Some(base);
        self
    }

    /// Plugs in who carries calls for consults.
    pub fn voice_gateway(mut self, gateway: Arc<dyn VoiceGateway>) -> Self {
        self.voice = Some(gateway);
        self
    }

    /// Plugs in who starts calls and e-mails to contacts.
    pub fn outside_launcher(mut self, launcher: Arc<dyn OutsideLauncher>) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// Takes files, with their bytes kept there and looked into by this inspector.
    pub fn attachments(mut self, blobs: Arc<dyn BlobStore>, inspector: Arc<dyn MediaInspector>) -> Self {
        self.files = Some((blobs, inspector));
        self
    }

    /// Changes the configuration as it is so far.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Keeps the workspace in this store.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Takes the time from another clock and lets it pass only when told to: for tests.
    pub fn manual_time(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self.drive = Drive::Manual;
        self
    }

    /// Takes randomness from another source: for tests.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Starts the engine. Must be called on a tokio runtime.
    pub async fn start(self) -> Result<Engine, BuildError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::default()));
        let mut engine = EngineBuilder::new(self.config, store).drive(self.drive);
        for (kind, transport) in self.transports {
            engine = engine.transport(kind, transport);
        }
        for (account, source) in self.media_sources {
            engine = engine.media_source(account, source);
        }
        for (account, lookup) in self.number_lookups {
            engine = engine.number_lookup(account, lookup);
        }
        for (account, history) in self.histories {
            engine = engine.history(account, history);
        }
        if let Some(base) = self.files_at {
            engine = engine.files_at(base);
        }
        if let Some(gateway) = self.voice {
            engine = engine.voice_gateway(gateway);
        }
        if let Some(launcher) = self.launcher {
            engine = engine.outside_launcher(launcher);
        }
        if let Some((blobs, inspector)) = self.files {
            engine = engine.attachments(blobs, inspector);
        }
        if let Some(clock) = self.clock {
            engine = engine.clock(clock);
        }
        if let Some(ids) = self.ids {
            engine = engine.ids(ids);
        }
        Ok(engine.start().await?)
    }

    /// A checked name, or the first mistake, kept for [`start`](Self::start).
    fn checked<T>(&mut self, name: &str, check: impl FnOnce(String) -> Result<T, LabelError>) -> Option<T> {
        match check(name.to_owned()) {
            Ok(checked) => Some(checked),
            Err(source) => {
                self.wrong.get_or_insert(BuildError::Name { name: name.to_owned(), source });
                None
            }
        }
    }
}
