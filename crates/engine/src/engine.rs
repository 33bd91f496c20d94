use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use parlor_channel::{
    History, MediaInspector, MediaSource, NumberLookup, OutsideLauncher, Transport, VoiceGateway,
};
use parlor_model::{
    AccountName, Agent, AgentName, Channel, ChannelKind, ChannelName, Clock, ContactId, ContactPointId, Id,
    IdSource, Subject, Thread, ThreadId, Timestamp,
};
use parlor_store::{BlobStore, CommitError, Committed, JournalEntry, JournalRecord, Store, StoreError};
use tokio::sync::{OnceCell, Semaphore, mpsc};
use tokio::task::AbortHandle;
use url::Url;

use crate::attachments::{Files, PICTURES_AT_ONCE};
use crate::conductor::{Conductor, Signal};
use crate::config::{Config, ConfigError, Directory};
use crate::contact_side::contact_state;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fetch::{FetchSignal, Fetcher};
use crate::file_links::LinkKey;
use crate::gaps;
use crate::hub::{ForContact, Hub, Published};
use crate::now_and_then::NowAndThen;
use crate::open::OpenInteractions;
use crate::presence::Presence;
use crate::relay::{Relay, RelaySignal};
use crate::source::{SystemClock, SystemIds};
use crate::view::{ContactStage, ContactState};

/// How many threads are remembered with their contact; beyond it the memory starts anew.
const THREADS_REMEMBERED: usize = 100_000;

/// The engine of one workspace. Cloning it gives another handle to the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) directory: Directory,
    pub(crate) hub: Hub,
    pub(crate) presence: Presence,
    pub(crate) open: OpenInteractions,
    pub(crate) signals: mpsc::UnboundedSender<Signal>,
    pub(crate) voice: Option<Arc<dyn VoiceGateway>>,
    pub(crate) launcher: Option<Arc<dyn OutsideLauncher>>,
    pub(crate) files: Option<Files>,
    /// Whose turn it is to look into a picture.
    pub(crate) pictures: Arc<Semaphore>,
    /// When uploads that nobody sent were last looked for.
    pub(crate) swept_uploads: NowAndThen,
    /// Ends the task that asks providers what came in.
    pub(crate) asking: Mutex<Option<AbortHandle>>,
    /// When receipts of nothing were looked for last.
    pub(crate) swept_receipts: NowAndThen,
    /// When what is too old was last looked for.
    pub(crate) looked_for_old: NowAndThen,
    /// Contact points that were erased while this process runs: whoever is still connected as one is nobody any more.
    pub(crate) erased: tokio::sync::RwLock<BTreeSet<ContactPointId>>,
    transports: BTreeMap<ChannelKind, Arc<dyn Transport>>,
    channel_transports: BTreeMap<ChannelName, Arc<dyn Transport>>,
    pub(crate) media_sources: BTreeMap<AccountName, Arc<dyn MediaSource>>,
    pub(crate) number_lookups: BTreeMap<AccountName, Arc<dyn NumberLookup>>,
    /// Who is asked what came in while nobody was there to take it.
    pub(crate) histories: BTreeMap<AccountName, Arc<dyn History>>,
    /// Below which public address files are opened by link.
    pub(crate) files_at: Option<Url>,
    pub(crate) link_key: OnceCell<LinkKey>,
    pub(crate) relay: mpsc::UnboundedSender<RelaySignal>,
    pub(crate) fetcher: mpsc::UnboundedSender<FetchSignal>,
    threads: Mutex<BTreeMap<ThreadId, Arc<ThreadInfo>>>,
    pub(crate) figures: tokio::sync::Mutex<crate::figures::Figures>,
}

/// What never changes about a thread.
#[derive(Debug)]
pub(crate) struct ThreadInfo {
    pub(crate) thread: Thread,
    /// Whose it is; `None` below a post.
    pub(crate) contact: Option<ContactId>,
}

/// Puts an engine together.
#[derive(Debug)]
#[must_use = "call `start` to get an engine"]
pub struct EngineBuilder {
    config: Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    node: String,
    drive: Drive,
    transports: BTreeMap<ChannelKind, Arc<dyn Transport>>,
    channel_transports: BTreeMap<ChannelName, Arc<dyn Transport>>,
    number_lookups: BTreeMap<AccountName, Arc<dyn NumberLookup>>,
    histories: BTreeMap<AccountName, Arc<dyn History>>,
    files_at: Option<Url>,
    media_sources: BTreeMap<AccountName, Arc<dyn MediaSource>>,
    voice: Option<Arc<dyn VoiceGateway>>,
    launcher: Option<Arc<dyn OutsideLauncher>>,
    files: Option<Files>,
}

/// Who makes time pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drive {
    /// The engine wakes up by itself when something is due.
    #[default]
    Automatic,
    /// Nothing is due until [`Engine::settle`] is called: for tests with a clock of their own.
    Manual,
}

/// Why an engine cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A channel is on a network for which no transport was given.
    #[error("channel {channel} is on network {kind}, for which there is no transport")]
    NoTransport {
        /// Which channel.
        channel: ChannelName,
        /// On which network.
        kind: ChannelKind,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EngineBuilder {
    /// An engine over a store.
    pub fn new(config: Config, store: Arc<dyn Store>) -> Self {
        Self {
            config,
            store,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            node: "main".to_owned(),
            drive: Drive::Automatic,
            transports: BTreeMap::new(),
            channel_transports: BTreeMap::new(),
            media_sources: BTreeMap::new(),
            number_lookups: BTreeMap::new(),
            histories: BTreeMap::new(),
            files_at: None,
            voice: None,
            launcher: None,
            files: None,
        }
    }

    /// Takes the time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes randomness from another source.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Names this node. Nodes that share a store need different names; a node that is started again under its
    /// name takes its leases back at once.
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.node = name.into();
        self
    }

    /// Says who makes time pass.
    pub fn drive(mut self, drive: Drive) -> Self {
        self.drive = drive;
        self
    }

    /// Plugs in a network.
    pub fn transport(mut self, kind: ChannelKind, transport: Arc<dyn Transport>) -> Self {
        self.transports.insert(kind, transport);
        self
    }

    /// Plugs in how one channel sends, where channels of a network go by different accounts.
    pub fn channel_transport(mut self, channel: ChannelName, transport: Arc<dyn Transport>) -> Self {
        self.channel_transports.insert(channel, transport);
        self
    }

    /// Plugs in who fetches the files that lie with the provider of an account. Without one, contacts' files that come in by
    /// it are told as unavailable.
    pub fn media_source(mut self, account: AccountName, source: Arc<dyn MediaSource>) -> Self {
        self.media_sources.insert(account, source);
        self
    }

    /// Plugs in who carries calls for consults (r50). Without one there are none.
    pub fn voice_gateway(mut self, gateway: Arc<dyn VoiceGateway>) -> Self {
        self.voice = Some(gateway);
        self
    }

    /// Plugs in who starts calls and e-mails to contacts (r55). Without one there are none.
    pub fn outside_launcher(mut self, launcher: Arc<dyn OutsideLauncher>) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// Plugs in who is asked about the numbers that are written to from an account, before the first message goes there
    /// (r130). Without one nobody is warned of a line that takes no texts.
    pub fn number_lookup(mut self, account: AccountName, lookup: Arc<dyn NumberLookup>) -> Self {
        self.number_lookups.insert(account, lookup);
        self
    }

    /// Plugs in where the bytes of attachments are kept, and who looks into them. Without it there are no attachments.
    pub fn attachments(mut self, blobs: Arc<dyn BlobStore>, inspector: Arc<dyn MediaInspector>) -> Self {
        self.files = Some(Files { blobs, inspector });
        self
    }

    /// Plugs in who is asked what came in by an account while nobody was there to take it (guarantee G1b).
    pub fn history(mut self, account: AccountName, history: Arc<dyn History>) -> Self {
        self.histories.insert(account, history);
        self
    }

    /// Says below which public address [`Engine::linked_attachment`] is served, so that providers can fetch what agents attach.
    /// Without it no files are sent to networks that are sent to.
    pub fn files_at(mut self, base: Url) -> Self {
        self.files_at = Some(base);
        self
    }

    /// Checks the configuration, reads what is open from the store and starts. Must be called on a tokio runtime.
    pub async fn start(self) -> Result<Engine, StartError> {
        for channel in &self.config.channels {
            let own = self.channel_transports.contains_key(&channel.name);
            if !own && !self.transports.contains_key(&channel.kind) {
                return Err(StartError::NoTransport {
                    channel: channel.name.clone(),
                    kind: channel.kind.clone(),
                });
            }
        }
        let directory = Directory::new(self.config)?;
        let position = self.store.totals().await?.position;
        let (signals, inbox) = mpsc::unbounded_channel();
        let (relay, relay_inbox) = mpsc::unbounded_channel();
        let (fetcher, fetcher_inbox) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            store: self.store,
            clock: self.clock,
            ids: self.ids,
            directory,
            hub: Hub::new(position),
            presence: Presence::default(),
            open: OpenInteractions::default(),
            signals,
            voice: self.voice,
            launcher: self.launcher,
            files: self.files,
            pictures: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            swept_uploads: NowAndThen::default(),
            swept_receipts: NowAndThen::default(),
            asking: Mutex::new(None),
            looked_for_old: NowAndThen::default(),
            erased: tokio::sync::RwLock::default(),
            transports: self.transports,
            channel_transports: self.channel_transports,
            media_sources: self.media_sources,
            number_lookups: self.number_lookups,
            histories: self.histories,
            files_at: self.files_at,
            link_key: OnceCell::new(),
            relay,
            fetcher,
            threads: Mutex::new(BTreeMap::new()),
            figures: tokio::sync::Mutex::default(),
        });
        let relay = Relay::new(&inner, relay_inbox, &self.node, self.drive);
        let fetcher = Fetcher::recover(&inner, fetcher_inbox, self.drive).await?;
        let conductor = Conductor::recover(&inner, inbox, self.node, self.drive).await?;
        tokio::spawn(conductor.run());
        tokio::spawn(relay.run());
        tokio::spawn(fetcher.run());
        if self.drive == Drive::Automatic && !inner.histories.is_empty() {
            let asking = tokio::spawn(gaps::keep_closing(Arc::downgrade(&inner)));
            *inner.asking.lock().unwrap_or_else(PoisonError::into_inner) = Some(asking.abort_handle());
        }
        let sweeping = Arc::clone(&inner);
        // What an earlier process erased and did not come to delete.
        tokio::spawn(async move { sweeping.delete_erased_files_later().await });
        Ok(Engine { inner })
    }
}

impl Engine {
    /// Waits until everything that was committed before has been routed, what is due by the engine's clock has
    /// been done, what waits in the outbox has been sent, and so on until nothing more follows from it.
    pub async fn settle(&self) {
        loop {
            let (done, settled) = tokio::sync::oneshot::channel();
            if self.inner.signals.send(Signal::Settle(done)).is_ok() {
                // An error means that the engine is stopping; then nothing more will follow either.
                let _ = settled.await;
            }
            let (done, sent) = tokio::sync::oneshot::channel();
            let sent =
                self.inner.relay.send(RelaySignal::Settle(done)).is_ok() && sent.await.unwrap_or(false);
            let (done, fetched) = tokio::sync::oneshot::channel();
            let fetched =
                self.inner.fetcher.send(FetchSignal::Settle(done)).is_ok() && fetched.await.unwrap_or(false);
            if !sent && !fetched {
                return;
            }
        }
    }

    /// Stops routing, timers and sending; what is being sent is waited for. What was committed stays; another engine may
    /// go on from it.
    pub async fn stop(&self) {
        // What it has not taken in yet it is asked for again by whoever goes on.
        if let Some(asking) = self.inner.asking.lock().unwrap_or_else(PoisonError::into_inner).take() {
            asking.abort();
        }
        let (done, stopped) = tokio::sync::oneshot::channel();
        if self.inner.relay.send(RelaySignal::Stop(done)).is_ok() {
            let _ = stopped.await;
        }
        let (done, stopped) = tokio::sync::oneshot::channel();
        if self.inner.fetcher.send(FetchSignal::Stop(done)).is_ok() {
            let _ = stopped.await;
        }
        let (done, stopped) = tokio::sync::oneshot::channel();
        if self.inner.signals.send(Signal::Stop(done)).is_ok() {
            let _ = stopped.await;
        }
    }

    /// The engine's time.
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// The configured agent of that name.
    pub fn agent(&self, name: &AgentName) -> Option<&Agent> {
        self.inner.directory.agent(name)
    }

    /// Every configured agent, in order of name.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.inner.directory.agents()
    }

    /// The configured channel of that name.
    pub fn channel(&self, name: &ChannelName) -> Option<&Channel> {
        self.inner.directory.channel(name)
    }

    /// The store below, for what is not the engine's business.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// The source of ids and tokens.
    pub fn ids(&self) -> &Arc<dyn IdSource> {
        &self.inner.ids
    }
}

/// Whether a commit that failed may have been kept all the same. It must be found out by reading (guarantee G14).
fn may_have_been_kept(error: &CommitError) -> bool {
    match error {
        CommitError::Conflict(_)
        | CommitError::Duplicate(_)
        | CommitError::Store(StoreError::Busy | StoreError::Invalid { .. }) => false,
        CommitError::Store(_) => true,
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn new_id<T: Id>(&self) -> T {
        T::new(&*self.clock, &*self.ids)
    }

    /// The transport of a configured channel's network; `start` has made sure that there is one.
    pub(crate) fn transport(&self, channel: &Channel) -> Option<&Arc<dyn Transport>> {
        self.channel_transports.get(&channel.name).or_else(|| self.transports.get(&channel.kind))
    }

    /// A thread with its contact.
    pub(crate) async fn thread(&self, id: ThreadId) -> Result<Option<Arc<ThreadInfo>>, StoreError> {
        if let Some(known) = self.threads.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(thread) = self.store.thread(id).await? else {
            return Ok(None);
        };
        let point = match &thread.subject {
            Subject::Direct(point) => Some(*point),
            Subject::Post(_) => None,
        };
        let contact = match point {
            None => None,
            Some(point) => match self.store.point(point).await? {
                None => None,
                Some(point) => Some(self.store.resolve_contact(point.contact).await?),
            },
        };
        let info = Arc::new(ThreadInfo { thread, contact });
        self.remember(Arc::clone(&info));
        Ok(Some(info))
    }

    pub(crate) fn remember(&self, info: Arc<ThreadInfo>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.len() >= THREADS_REMEMBERED {
            threads.clear();
        }
        threads.insert(info.thread.id, info);
    }

    /// Commits a draft, publishes what was committed and tells the conductor.
    ///
    /// It runs in a task of its own: a caller that goes away (a closed connection) must not leave a commit
    /// unpublished.
    pub(crate) async fn commit(self: &Arc<Self>, draft: Draft) -> Result<Committed, CommitError> {
        let inner = Arc::clone(self);
        let task = tokio::spawn(async move {
            let (changes, aftermath) = draft.split();
            let committed = match inner.store.commit(changes).await {
                Ok(committed) => committed,
                Err(error) => {
                    if may_have_been_kept(&error) {
                        let _ = inner.signals.send(Signal::Unsure(aftermath.changed));
                    }
                    return Err(error);
                }
            };
            let calls_over = inner.calls_over(&aftermath.snapshots);
            for snapshot in &aftermath.snapshots {
                inner.open.update(Arc::clone(snapshot));
            }
            inner.hang_up(calls_over);
            inner.publish(&committed.records).await;
            if aftermath.sends {
                // An error means that the engine has stopped; another one will send.
                let _ = inner.relay.send(RelaySignal::Wake);
            }
            for message in aftermath.awaited {
                let _ = inner.fetcher.send(FetchSignal::Awaited(message));
            }
            for snapshot in &aftermath.snapshots {
                inner.tell_contact_state(snapshot.thread);
            }
            for changed in aftermath.changed {
                // An error means that the conductor has stopped; another engine will go on from the store.
                let _ = inner.signals.send(Signal::Changed(changed));
            }
            Ok(committed)
        });
        task.await.unwrap_or_else(|_| Err(CommitError::Store(StoreError::Closed)))
    }

    /// Tells the contact of a thread in which something happened how far it is now.
    pub(crate) fn tell_contact_state(&self, thread: ThreadId) {
        self.hub.tell_contact_what_is(thread, || {
            let open = self.open.in_thread(thread);
            // Done is over, to the contact.
            let over = ContactState { stage: ContactStage::Ended, agent: None };
            ForContact::State(open.map_or(over, |open| contact_state(Some(&open))))
        });
    }

    pub(crate) async fn publish(&self, records: &[JournalRecord]) {
        let mut published = Vec::with_capacity(records.len());
        for record in records {
            let contact = match &record.entry {
                JournalEntry::Message(message) => {
                    self.thread(message.thread).await.ok().flatten().and_then(|info| info.contact)
                }
                _ => None,
            };
            published.push(Published { record: record.clone(), contact });
        }
        self.hub.publish(published);
    }

    /// Publishes what was committed but not published by this process: by another node, or by a task that died.
    pub(crate) async fn fill_gap(&self) -> Result<(), StoreError> {
        let (published, _) = self.hub.progress();
        let records = self.store.journal(published, 1_000).await?;
        self.publish(&records).await;
        Ok(())
    }

    pub(crate) fn configured_agent(&self, name: &AgentName) -> Result<&Agent, EngineError> {
        self.directory.agent(name).ok_or(EngineError::NotFound { what: "agent" })
    }
}
