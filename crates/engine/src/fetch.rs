//! Fetches the files of messages that came in by a provider, once the messages are durable (reliability §4.5).

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use parlor_channel::{MediaFetchError, MediaReference, MediaSource};
use parlor_model::{
    ClientId, Content, FileName, Id, MessageId, ProviderMessageId, RejectReason, RejectedAttachment, Subject,
    Timestamp,
};
use parlor_store::{Document, DocumentKey, DocumentOwner, DocumentWrite, Duplicate, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::attachments::Uploading;
use crate::contact_side::{ContactSession, Follows, Inbound};
use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Drive, Engine, Inner};
use crate::error::EngineError;
use crate::relay::STOP_WITHIN;
use crate::source::id_of;

/// The kind of documents that name files which lie with a provider. Each belongs to its message.
const AWAITED: &str = "awaited_files";

/// How many messages' files are fetched at once.
const AT_ONCE: usize = 8;

/// How long a file that is not there is asked for. Providers have some a few seconds after they speak of them
/// (providers §1.7); ten minutes outlive most of their troubles, and an agent does not wait longer.
const FETCH_FOR: Duration = Duration::from_mins(10);

/// How long after the first failure a file is asked for again; it doubles each time.
const FIRST_RETRY: Duration = Duration::from_secs(2);

/// The longest wait between two tries.
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// Files that lie with a provider and follow a message that is durable.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Awaited {
    /// The provider's id of the message.
    provider_id: ProviderMessageId,
    /// Whether its words are kept under that.
    has_words: bool,
    media: Vec<MediaReference>,
}

/// What the fetcher is told.
#[derive(Debug)]
pub(crate) enum FetchSignal {
    /// The files of a message are awaited.
    Awaited(MessageId),
    /// Fetch all that is due, and say whether there was anything.
    Settle(oneshot::Sender<bool>),
    /// Stop, when what is being fetched has ended.
    Stop(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(crate) struct Fetcher {
    engine: Weak<Inner>,
    inbox: mpsc::UnboundedReceiver<FetchSignal>,
    drive: Drive,
    /// The messages whose files are awaited: when they are asked for next, and how often they were.
    waiting: BTreeMap<MessageId, (Timestamp, u32)>,
    /// Gives the message, and whether its files are still awaited.
    jobs: JoinSet<(MessageId, u32, bool)>,
}

impl Fetcher {
    /// Goes on with what an earlier process did not come to fetch.
    pub(crate) async fn recover(
        engine: &Arc<Inner>,
        inbox: mpsc::UnboundedReceiver<FetchSignal>,
        drive: Drive,
    ) -> Result<Self, StoreError> {
        let now = engine.now();
        let awaited = engine.store.documents(AWAITED).await?;
        let waiting = awaited.iter().filter_map(|document| document.key.key.parse().ok());
        Ok(Self {
            engine: Arc::downgrade(engine),
            inbox,
            drive,
            waiting: waiting.map(|message| (message, (now, 0))).collect(),
            jobs: JoinSet::new(),
        })
    }

    pub(crate) async fn run(mut self) {
        loop {
            let wait = match (self.drive, self.engine.upgrade()) {
                (_, None) => return,
                (Drive::Manual, Some(_)) => None,
                (Drive::Automatic, Some(engine)) => {
                    self.begin(&engine);
                    let now = engine.now();
                    self.waiting.values().map(|(at, _)| at.since(now)).min()
                }
            };
            let signal = tokio::select! {
                signal = self.inbox.recv() => signal,
                Some(ended) = self.jobs.join_next() => {
                    self.ended(ended.ok());
                    continue;
                }
                () = tokio::time::sleep(wait.unwrap_or(LONGEST_RETRY).max(Duration::from_millis(1))),
                    if wait.is_some() && self.jobs.len() < AT_ONCE => continue,
            };
            match signal {
                None => return,
                Some(FetchSignal::Awaited(message)) => {
                    if let Some(engine) = self.engine.upgrade() {
                        self.waiting.insert(message, (engine.now(), 0));
                    }
                }
                Some(FetchSignal::Settle(done)) => {
                    // Nobody waits any more when it fails.
                    let _ = done.send(self.settle().await);
                }
                Some(FetchSignal::Stop(done)) => {
                    // What has not come by then is fetched by whoever goes on.
                    let _ = tokio::time::timeout(STOP_WITHIN, async {
                        while self.jobs.join_next().await.is_some() {}
                    })
                    .await;
                    let _ = done.send(());
                    return;
                }
            }
        }
    }

    async fn settle(&mut self) -> bool {
        let mut worked = false;
        while let Some(engine) = self.engine.upgrade() {
            self.begin(&engine);
            if self.jobs.is_empty() {
                return worked;
            }
            worked = true;
            while let Some(ended) = self.jobs.join_next().await {
                self.ended(ended.ok());
            }
        }
        worked
    }

    /// Begins to fetch what is due.
    fn begin(&mut self, engine: &Arc<Inner>) {
        let now = engine.now();
        let free = AT_ONCE.saturating_sub(self.jobs.len());
        let due = self.waiting.iter().filter(|(_, (at, _))| *at <= now).take(free);
        for (message, tries) in due.map(|(message, (_, tries))| (*message, *tries)).collect::<Vec<_>>() {
            self.waiting.remove(&message);
            let engine = Engine { inner: Arc::clone(engine) };
            self.jobs.spawn(async move {
                let still = engine.fetch_files(message).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, %message, "the files of a message were not taken in");
                    true
                });
                (message, tries + 1, still)
            });
        }
    }

    fn ended(&mut self, job: Option<(MessageId, u32, bool)>) {
        // A job that panicked is found again when the engine starts next.
        let (Some((message, tries, true)), Some(engine)) = (job, self.engine.upgrade()) else {
            return;
        };
        let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = FIRST_RETRY.saturating_mul(doubled).min(LONGEST_RETRY);
        self.waiting.insert(message, (engine.now() + wait, tries));
    }
}

fn key_of(message: MessageId) -> DocumentKey {
    DocumentKey::new(AWAITED, message.to_string())
}

/// The messages whose files are first spoken of among these documents.
pub(crate) fn awaited_in(documents: &[DocumentWrite]) -> Vec<MessageId> {
    let new = documents.iter().filter(|write| write.key.kind == AWAITED && write.body.is_some());
    new.filter_map(|write| write.key.key.parse().ok()).collect()
}

/// An id for something of a message that is the same each time it is asked for.
fn derived(message: MessageId, what: &str, number: usize) -> MessageId {
    let mut hash = Sha256::new();
    hash.update(message.as_uuid().as_bytes());
    hash.update(what);
    hash.update(number.to_be_bytes());
    id_of(hash)
}

impl Inner {
    /// Notes that the files of a message have to be fetched, in the commit of the message.
    pub(crate) fn await_files(
        draft: &mut Draft,
        session: &ContactSession,
        message: MessageId,
        inbound: &Inbound,
    ) -> Result<(), StoreError> {
        if inbound.media.is_empty() {
            return Ok(());
        }
        let awaited = Awaited {
            provider_id: inbound.external_id.clone(),
            has_words: !matches!(inbound.content, Content::System { .. }),
            media: inbound.media.clone(),
        };
        let body = serde_json::to_string(&awaited).map_err(StoreError::backend)?;
        let key = key_of(message);
        draft.changes.documents.push(DocumentWrite {
            key: key.clone(),
            expected_version: Some(0),
            body: Some(body),
        });
        draft.changes.document_owners.push(DocumentOwner {
            key,
            contact: session.contact,
            message: Some(message),
            blobs: Vec::new(),
        });
        Ok(())
    }

    fn media_source(&self, session: &ContactSession) -> Option<Arc<dyn MediaSource>> {
        let account = self.directory.channel(&session.channel)?.account.as_ref()?;
        self.media_sources.get(account).cloned()
    }
}

impl Engine {
    /// Fetches the files of a message and takes them in; gives whether some of them may come later.
    async fn fetch_files(&self, message: MessageId) -> Result<bool, EngineError> {
        let key = key_of(message);
        let Some(document) = self.inner.store.document(&key).await? else {
            return Ok(false);
        };
        let awaited: Awaited = serde_json::from_str(&document.body).map_err(StoreError::backend)?;
        let Some(first) = self.inner.store.message(message).await? else {
            return Ok(false);
        };
        let Some(session) = self.session_of(first.thread).await? else {
            return Ok(false);
        };
        let entry = derived(message, "files", 0);
        if self.inner.store.message(entry).await?.is_some() {
            // They came; only the note of them was left.
            self.forget_awaited(document).await?;
            return Ok(false);
        }
        let age = self.inner.now().since(first.at);
        let (patient, hopeless) = (age < FETCH_FOR, age >= FETCH_FOR * 2);
        let mut uploads = Vec::new();
        let mut rejected = Vec::new();
        let mut later = false;
        for (number, media) in awaited.media.iter().enumerate() {
            let client = ClientId(derived(message, "file", number).as_uuid());
            let fetched = match self.fetch_file(&session, client, number, media).await {
                // Something of ours fails it again and again.
                Err(error) if hopeless => {
                    tracing::error!(%error, %message, "a file was not taken in");
                    Err(MediaFetchError::Gone)
                }
                fetched => fetched?,
            };
            match fetched {
                Ok(()) => uploads.push(client),
                Err(MediaFetchError::Later) if patient => later = true,
                Err(error) => rejected.push(RejectedAttachment {
                    name: media.name.clone(),
                    reason: match error {
                        MediaFetchError::TooLarge => RejectReason::TooLarge,
                        // Whatever else it is, we have not got it.
                        _ => RejectReason::Unavailable,
                    },
                }),
            }
        }
        if later {
            return Ok(true);
        }
        let mut inbound = Inbound::with_uploads(awaited.provider_id, None, uploads);
        inbound.provider_time = first.provider_time;
        inbound.rejected = rejected;
        inbound.follows = Some(Follows { message: entry, has_words: awaited.has_words });
        self.receive_files(&session, &inbound).await?;
        self.forget_awaited(document).await?;
        Ok(false)
    }

    /// Fetches one file, unless an earlier try has; the inner error is the network's.
    async fn fetch_file(
        &self,
        session: &ContactSession,
        client: ClientId,
        number: usize,
        media: &MediaReference,
    ) -> Result<Result<(), MediaFetchError>, EngineError> {
        let Some(source) = self.inner.media_source(session) else {
            return Ok(Err(MediaFetchError::Gone));
        };
        let most = self.inner.file_rules(&session.channel).map_or(0, |rules| rules.largest);
        let name =
            media.name.clone().unwrap_or_else(|| FileName::clean(&format!("attachment {}", number + 1)));
        let mut writer = match self.contact_uploads(session, client, name).await {
            Ok(Uploading::There(_)) | Err(EngineError::Rejected { .. }) => return Ok(Ok(())),
            Ok(Uploading::Begun(writer)) => writer,
            Err(EngineError::NotPlugged { .. }) => return Ok(Err(MediaFetchError::Gone)),
            Err(other) => return Err(other),
        };
        let bytes = match source.fetch(media, most).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        let written = async {
            writer.write(Bytes::from(bytes)).await?;
            writer.finish().await
        };
        match written.await {
            // What was looked into and not taken is kept as such, and told with the message.
            Ok(_) | Err(EngineError::Media(_) | EngineError::Rejected { .. }) => Ok(Ok(())),
            Err(other) => Err(other),
        }
    }

    /// Takes in files that follow their message; once, however often they are fetched.
    async fn receive_files(&self, session: &ContactSession, inbound: &Inbound) -> Result<(), EngineError> {
        match until_decided!(self.inner.try_receive(session, inbound).await) {
            Ok(_) | Err(Attempt::Duplicate(Duplicate::Message(_))) => Ok(()),
            Err(other) => Err(other.into_error()),
        }
    }

    async fn forget_awaited(&self, document: Document) -> Result<(), EngineError> {
        let mut draft = Draft::new(self.inner.now());
        draft.changes.documents.push(DocumentWrite {
            key: document.key,
            expected_version: Some(document.version),
            body: None,
        });
        match self.inner.attempt(draft).await {
            // Somebody else was faster, or it was erased.
            Ok(_) | Err(Attempt::Again) => Ok(()),
            Err(other) => Err(other.into_error()),
        }
    }

    /// The contact of a thread, as whoever writes in it.
    async fn session_of(&self, thread: parlor_model::ThreadId) -> Result<Option<ContactSession>, StoreError> {
        let Some(info) = self.inner.thread(thread).await? else {
            return Ok(None);
        };
        Ok(match (&info.thread.subject, info.contact) {
            (Subject::Direct(point), Some(contact)) => {
                Some(ContactSession { channel: info.thread.channel.clone(), thread, point: *point, contact })
            }
            (Subject::Direct(_), None) | (Subject::Post(_), _) => None,
        })
    }
}
