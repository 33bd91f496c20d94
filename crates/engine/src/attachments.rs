//! Files: uploaded first, sent with a message then, opened and saved by those who may see it.
//!
//! The bytes are durable before a commit speaks of them. Until a message takes it, an upload is a document of its own;
//! the commit of the message turns it into one that says which message it came with. What no message takes is removed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parlor_channel::{DeliverySide, MediaInspector, MediaRefusal, SmallPicture, Transport};
use parlor_model::{
    Agent, AgentName, Attachment, AttachmentId, BlobId, ChannelName, ClientId, ContactId, ContactPointId,
    Content, ContentHash, FileName, InteractionId, MediaType, Message, MessageId, MessageText, RejectReason,
    RejectedAttachment, ThreadId, Thumbnail, Timestamp,
};
use parlor_store::{
    BlobError, BlobReader, BlobStore, BlobWriter, Document, DocumentKey, DocumentOwner, DocumentWrite,
    StoreError,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;

use crate::contact_side::ContactSession;
use crate::decide::{Attempt, until_decided};
use crate::desk::allowed;
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, Plug};
use crate::permission::{Actor, Object, Verb, may};

/// The documents of uploads that no message has taken yet; the key is the id of the attachment.
const UPLOAD: &str = "upload";

/// The documents that say which message an attachment came with; likewise.
const ATTACHMENT: &str = "attachment";

/// The documents that count what contacts uploaded; the key is the contact point.
const UPLOADED: &str = "uploaded";

/// How often what no message took is looked for, at most. A choice of ours: it is read as a whole.
const SWEEP_EVERY: Duration = Duration::from_mins(15);

/// How long a picture may be looked into; then it goes without a thumbnail (reliability limit "worker with 5 s").
const PICTURE_WITHIN: Duration = Duration::from_secs(5);

/// How many pictures are looked into at once: each may take a few hundred megabytes.
pub(crate) const PICTURES_AT_ONCE: usize = 2;

/// What stands before the parts from which the id of an attachment is made.
const ID_OF: &[u8] = b"parlor attachment";

/// What an engine needs to take files: where their bytes go, and who looks into them.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) inspector: Arc<dyn MediaInspector>,
}

/// What is said of files in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRules {
    /// The types that are taken.
    pub types: Vec<MediaType>,
    /// The most bytes of a file of any of them.
    pub largest: u64,
    /// The most files of one message; `None` where nothing says.
    pub most: Option<u64>,
}

/// Who uploads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Owner {
    Contact(ContactPointId),
    Agent(AgentName),
}

/// An upload that no message has taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Upload {
    owner: Owner,
    /// For whom it is, or whose: it is erased with them. Unknown where an agent uploads before they say to whom.
    #[serde(default)]
    contact: Option<ContactId>,
    began_at: Timestamp,
    name: FileName,
    /// Everything that was begun for it, so that nothing is left behind.
    blobs: Vec<BlobId>,
    state: UploadState,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UploadState {
    /// Bytes are on their way, or were when the process ended.
    Begun,
    /// It can be sent.
    Ready(Attachment),
    /// It was not taken.
    Refused(RejectReason),
}

/// An attachment that came with a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sent {
    message: MessageId,
    thread: ThreadId,
    attachment: Attachment,
}

/// What a contact uploaded, by day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Uploaded {
    days: Vec<(i64, u64)>,
}

/// How an upload began.
#[derive(Debug)]
pub enum Uploading {
    /// It was there already, whole: the same upload, repeated.
    There(Attachment),
    /// Its bytes are awaited.
    Begun(Box<UploadWriter>),
}

/// Takes the bytes of an upload. One that is dropped leaves nothing that could be sent.
pub struct UploadWriter {
    engine: Engine,
    files: Files,
    transport: Arc<dyn Transport>,
    id: AttachmentId,
    blob: BlobId,
    upload: Upload,
    version: u64,
    head: BytesMut,
    below: Box<dyn BlobWriter>,
}

impl fmt::Debug for UploadWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadWriter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What of an attachment is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The whole picture, to be shown. Nothing but pictures made of pixels is shown.
    Picture,
    /// Its small picture.
    Thumbnail,
    /// The file as it came, to be kept.
    Save,
}

/// An attachment and the bytes that were asked for.
pub struct OpenAttachment {
    /// What is known of it.
    pub attachment: Attachment,
    /// What the bytes are.
    pub media_type: MediaType,
    /// How many there are, where that is known.
    pub bytes: Option<u64>,
    /// The bytes.
    pub reader: Box<dyn BlobReader>,
}

impl fmt::Debug for OpenAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAttachment").field("attachment", &self.attachment).finish_non_exhaustive()
    }
}

/// What is written to the other side: words, files, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    text: Option<MessageText>,
    files: Vec<ClientId>,
    anyway: bool,
}

impl Said {
    /// Words, files by the ids under which they were uploaded, or both; `None` when there is neither.
    pub fn new(text: Option<MessageText>, files: Vec<ClientId>) -> Option<Self> {
        (text.is_some() || !files.is_empty()).then_some(Self { text, files, anyway: false })
    }

    /// It is sent even where the number cannot receive texts, as far as is known (r130).
    #[must_use]
    pub const fn anyway(mut self) -> Self {
        self.anyway = true;
        self
    }

    /// Whether a warning was heeded already.
    pub(crate) const fn is_anyway(&self) -> bool {
        self.anyway
    }

    /// The same for comparing what was asked: equal for what is equal, and nothing else. Heeding a warning makes it no other
    /// message.
    pub(crate) fn parts(&self) -> Vec<String> {
        let text = self.text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        std::iter::once(text).chain(self.files.iter().map(ToString::to_string)).collect()
    }
}

impl From<MessageText> for Said {
    fn from(text: MessageText) -> Self {
        Self { text: Some(text), files: Vec::new(), anyway: false }
    }
}

/// Files that a message takes.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) rejected: Vec<RejectedAttachment>,
    documents: Vec<DocumentKeyAndVersion>,
    /// The message that has them already.
    pub(crate) sent_with: Option<MessageId>,
}

type DocumentKeyAndVersion = (DocumentKey, u64);

impl Taken {
    /// Writes which message has the files of a content; those that waited for it wait no more.
    pub(crate) fn bind(
        &self,
        draft: &mut Draft,
        message: MessageId,
        thread: ThreadId,
        contact: Option<ContactId>,
        content: &Content,
    ) -> Result<(), StoreError> {
        for (key, version) in &self.documents {
            let key = key.clone();
            draft.changes.documents.push(DocumentWrite { key, expected_version: Some(*version), body: None });
        }
        for attachment in content.attachments() {
            let sent = Sent { message, thread, attachment: attachment.clone() };
            let key = key(ATTACHMENT, attachment.id);
            draft.changes.document_owners.extend(contact.map(|contact| DocumentOwner {
                key: key.clone(),
                contact,
                message: Some(message),
                blobs: Vec::new(),
            }));
            draft.changes.documents.push(DocumentWrite {
                key,
                expected_version: Some(0),
                body: Some(written(&sent)?),
            });
        }
        Ok(())
    }
}

fn key(kind: &str, id: AttachmentId) -> DocumentKey {
    DocumentKey::new(kind, id.to_string())
}

fn written(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::backend)
}

fn read<T: for<'de> Deserialize<'de>>(document: &Document) -> Result<T, StoreError> {
    serde_json::from_str(&document.body)
        .map_err(|_| StoreError::Corrupt { detail: format!("a document of kind {}", document.key.kind) })
}

/// The id of an attachment: made from who uploads it and the id that they gave it, so that a repeated upload is found, and
/// nobody finds another's by guessing ids of their own.
fn attachment_id(owner: &Owner, client: ClientId) -> AttachmentId {
    let owner = match owner {
        Owner::Contact(point) => format!("contact {point}"),
        Owner::Agent(name) => format!("agent {name}"),
    };
    let mut hash = Sha256::new();
    hash.update(ID_OF);
    hash.update(owner.len().to_be_bytes());
    hash.update(owner.as_bytes());
    hash.update(client.0.as_bytes());
    crate::source::id_of(hash)
}

impl Engine {
    /// What is taken of files on a channel, from contacts and from agents; `None` where none are.
    pub fn file_rules(&self, channel: &ChannelName) -> Option<FileRules> {
        self.inner.file_rules(channel)
    }

    /// A contact begins to upload a file. Doing so again under the same id finds what was uploaded.
    ///
    /// # Errors
    ///
    /// [`EngineError::Media`] and [`EngineError::Rejected`] when it cannot be taken, [`EngineError::NotPlugged`] where
    /// no files are.
    pub async fn contact_uploads(
        &self,
        session: &ContactSession,
        id: ClientId,
        name: FileName,
    ) -> Result<Uploading, EngineError> {
        let (owner, contact) = (Owner::Contact(session.point), Some(session.contact));
        self.upload(owner, contact, &session.channel, id, name).await
    }

    /// An agent begins to upload a file for an interaction. Likewise.
    ///
    /// # Errors
    ///
    /// Likewise, and [`EngineError::Preflight`] where agents may not attach anything (r85).
    pub async fn agent_uploads(
        &self,
        agent: &AgentName,
        interaction: InteractionId,
        id: ClientId,
        name: FileName,
    ) -> Result<Uploading, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let known = self
            .inner
            .interaction(interaction)
            .await?
            .ok_or(EngineError::NotFound { what: "interaction" })?;
        allowed(configured, &known, Verb::WriteInInteraction)?;
        self.inner.may_attach(&known.channel)?;
        let contact = self.inner.thread(known.thread).await?.and_then(|info| info.contact);
        self.upload(Owner::Agent(agent.clone()), contact, &known.channel, id, name).await
    }

    /// The same for a message without an interaction (r27).
    ///
    /// # Errors
    ///
    /// Likewise.
    pub async fn agent_uploads_without_interaction(
        &self,
        agent: &AgentName,
        channel: &ChannelName,
        id: ClientId,
        name: FileName,
    ) -> Result<Uploading, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::WriteWithoutInteraction, Object::Contact)?;
        self.inner.may_attach(channel)?;
        self.upload(Owner::Agent(agent.clone()), None, channel, id, name).await
    }

    async fn upload(
        &self,
        owner: Owner,
        contact: Option<ContactId>,
        channel: &ChannelName,
        client: ClientId,
        name: FileName,
    ) -> Result<Uploading, EngineError> {
        let files = self.inner.files()?.clone();
        let transport = self.inner.transport_of(channel)?;
        self.sweep_now_and_then();
        let id = attachment_id(&owner, client);
        if let Some(document) = self.inner.store.document(&key(ATTACHMENT, id)).await? {
            return Ok(Uploading::There(read::<Sent>(&document)?.attachment));
        }
        let known = self.inner.store.document(&key(UPLOAD, id)).await?;
        let (version, mut blobs) = match known {
            None => (0, Vec::new()),
            Some(document) => {
                let upload: Upload = read(&document)?;
                match upload.state {
                    UploadState::Ready(attachment) => return Ok(Uploading::There(attachment)),
                    UploadState::Refused(reason) => return Err(EngineError::Rejected { reason }),
                    UploadState::Begun => (document.version, upload.blobs),
                }
            }
        };
        let room = self.inner.room(&owner).await?;
        if room == 0 {
            let upload =
                Upload { owner, contact, began_at: self.inner.now(), name, blobs, state: UploadState::Begun };
            return Err(self.inner.refuse(id, version, &upload, RejectReason::NoRoom).await);
        }
        let blob = self.inner.new_id::<BlobId>();
        blobs.push(blob);
        let limit = transport.capabilities().largest_file().min(room);
        let upload =
            Upload { owner, contact, began_at: self.inner.now(), name, blobs, state: UploadState::Begun };
        self.inner.write_upload(id, version, &upload, None).await?;
        let below = files.blobs.begin(blob, limit).await?;
        Ok(Uploading::Begun(Box::new(UploadWriter {
            engine: self.clone(),
            files,
            transport,
            id,
            blob,
            upload,
            version: version + 1,
            head: BytesMut::new(),
            below,
        })))
    }

    /// Opens an attachment for an agent who may see the message that it came with (r125, r126).
    ///
    /// # Errors
    ///
    /// [`EngineError::NotFound`] when there is none that they may know of, [`EngineError::Denied`] when they may look
    /// and not save, [`EngineError::NotShown`] when it is nothing that can be shown.
    pub async fn open_attachment(
        &self,
        agent: &AgentName,
        id: AttachmentId,
        opening: Opening,
    ) -> Result<OpenAttachment, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let sent = self.inner.sent(id).await?;
        let message = self.inner.store.message(sent.message).await?.ok_or_else(no_attachment)?;
        if !self.inner.may_see(configured, &message).await? {
            return Err(no_attachment());
        }
        if opening == Opening::Save {
            let decision = may(Actor::Agent(configured), Verb::SaveAttachment, Object::Workspace);
            // Files leave the house here, so who took which, and who tried to, is written down.
            tracing::info!(
                target: "parlor::audit",
                verb = "save_attachment",
                %agent,
                attachment = %id,
                message = %sent.message,
                allowed = decision.is_ok(),
            );
            metrics::counter!("parlor_attachment_save_total", "allowed" => if decision.is_ok() { "yes" } else { "no" })
                .increment(1);
            decision?;
        }
        self.inner.open(sent.attachment, opening).await
    }

    /// Opens an attachment of a contact's own thread for them.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotFound`] when there is none in what they may see, [`EngineError::NotShown`] likewise.
    pub async fn contact_attachment(
        &self,
        session: &ContactSession,
        id: AttachmentId,
        opening: Opening,
    ) -> Result<OpenAttachment, EngineError> {
        let sent = self.inner.sent(id).await?;
        let message = self.inner.store.message(sent.message).await?;
        if !message
            .is_some_and(|message| message.thread == session.thread && message.visibility.reaches_contact())
        {
            return Err(no_attachment());
        }
        self.inner.open(sent.attachment, opening).await
    }

    /// Removes uploads that no message took in time, with their bytes. Gives how many there were.
    pub async fn sweep_uploads(&self) -> Result<usize, EngineError> {
        let files = self.inner.files()?;
        let now = self.inner.now();
        let kept = self.inner.directory.rules.uploads.kept;
        let mut swept = 0;
        for document in self.inner.store.documents(UPLOAD).await? {
            let upload: Upload = read(&document)?;
            if now.since(upload.began_at) < kept {
                continue;
            }
            let mut draft = Draft::new(now);
            draft.changes.documents.push(DocumentWrite {
                key: document.key,
                expected_version: Some(document.version),
                body: None,
            });
            // Taken by a message at this moment: then its bytes are not ours to remove. Should the process end between
            // the two, bytes are left that nobody can find, never a message without its bytes.
            match self.inner.attempt(draft).await {
                Ok(_) => {}
                Err(Attempt::Again) => continue,
                Err(other) => return Err(other.into_error()),
            }
            for blob in upload.blobs {
                files.blobs.delete(blob).await?;
            }
            swept += 1;
        }
        Ok(swept)
    }

    fn sweep_now_and_then(&self) {
        if !self.inner.swept_uploads.is_due(self.inner.now(), SWEEP_EVERY) {
            return;
        }
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(error) = engine.sweep_uploads().await {
                tracing::warn!(%error, "uploads that nobody sent were not removed");
            }
            engine.inner.delete_erased_files_later().await;
        });
    }
}

impl UploadWriter {
    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`EngineError::Media`] when there are too many: nothing more is taken then.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), EngineError> {
        let wanted = self.files.inspector.head_bytes().saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(wanted)]);
        match self.below.write(bytes).await {
            Ok(()) => Ok(()),
            Err(BlobError::TooLarge { .. }) => {
                let reason = self.too_large().await?;
                Err(self.refuse(reason).await)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Looks into what came and keeps it, ready to be sent.
    ///
    /// # Errors
    ///
    /// [`EngineError::Media`] when it is not what the channel takes.
    pub async fn finish(mut self: Box<Self>) -> Result<Attachment, EngineError> {
        let below = std::mem::replace(&mut self.below, Box::new(Spent));
        let digest = match below.finish().await {
            Ok(digest) => digest,
            Err(BlobError::TooLarge { .. }) => {
                let reason = self.too_large().await?;
                return Err(self.refuse(reason).await);
            }
            Err(other) => return Err(other.into()),
        };
        let looked = match self.files.inspector.media_type(&self.upload.name, &self.head) {
            Ok(media_type) => match self.transport.capabilities().admit(&media_type, digest.bytes) {
                Ok(()) => self.look(media_type, digest.bytes, digest.sha256).await?,
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        let attachment = match looked {
            Ok(attachment) => attachment,
            Err(refusal) => {
                let reason = refusal.reason();
                self.refuse(reason).await;
                return Err(refusal.into());
            }
        };
        self.upload.state = UploadState::Ready(attachment.clone());
        let counted = Some(digest.bytes);
        match self.engine.inner.write_upload(self.id, self.version, &self.upload, counted).await {
            Ok(()) => Ok(attachment),
            // The same upload in another connection was faster.
            Err(EngineError::Contended) => {
                if let Some(attachment) = self.engine.inner.ready(self.id).await? {
                    return Ok(attachment);
                }
                self.give_up_if_forgotten().await?;
                Err(EngineError::Contended)
            }
            Err(EngineError::Rejected { reason }) => Err(self.refuse(reason).await),
            Err(other) => Err(other),
        }
    }

    /// Looks into a picture where that does no harm, and makes its thumbnail.
    async fn look(
        &mut self,
        media_type: MediaType,
        bytes: u64,
        sha256: ContentHash,
    ) -> Result<Result<Attachment, MediaRefusal>, EngineError> {
        let mut attachment = Attachment {
            id: self.id,
            blob: self.blob,
            name: self.upload.name.clone(),
            media_type: media_type.clone(),
            bytes,
            sha256,
            dimensions: None,
            thumbnail: None,
        };
        if !media_type.is_raster() {
            return Ok(Ok(attachment));
        }
        let inner = Arc::clone(&self.engine.inner);
        // Waits for its turn before it takes memory, and keeps it until it is done, also when nobody waits any more.
        let turn = Arc::clone(&inner.pictures).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let Some(reader) = self.files.blobs.read(self.blob).await? else {
            return Err(BlobError::backend("what was just written is not there").into());
        };
        let whole = gather(reader, bytes).await?;
        let inspector = Arc::clone(&self.files.inspector);
        let looking = tokio::task::spawn_blocking(move || {
            let dimensions = inspector.dimensions(&media_type, &whole)?;
            Ok((dimensions, media_type, whole, turn))
        });
        let (dimensions, media_type, whole, turn) = match looking.await {
            Ok(Ok(looked)) => looked,
            Ok(Err(refusal)) => return Ok(Err(refusal)),
            Err(_) => return Ok(Err(MediaRefusal::Damaged)),
        };
        attachment.dimensions = Some(dimensions);
        attachment.thumbnail = self.thumbnail(media_type, whole, turn).await?;
        Ok(Ok(attachment))
    }

    /// A thumbnail, where one can be made in time: it is never needed (r124).
    async fn thumbnail(
        &mut self,
        media_type: MediaType,
        whole: Vec<u8>,
        turn: OwnedSemaphorePermit,
    ) -> Result<Option<Thumbnail>, EngineError> {
        let inner = Arc::clone(&self.engine.inner);
        let inspector = Arc::clone(&self.files.inspector);
        let drawing = tokio::task::spawn_blocking(move || {
            let small = inspector.thumbnail(&media_type, &whole);
            drop(turn);
            small
        });
        let small: SmallPicture = match tokio::time::timeout(PICTURE_WITHIN, drawing).await {
            Ok(Ok(Ok(small))) => small,
            Ok(Ok(Err(refusal))) => {
                tracing::debug!(%refusal, "there is no thumbnail");
                return Ok(None);
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("a thumbnail was not made in time");
                return Ok(None);
            }
        };
        let blob = inner.new_id::<BlobId>();
        self.upload.blobs.push(blob);
        let limit = u64::try_from(small.bytes.len()).unwrap_or(u64::MAX);
        let kept = async {
            let mut writer = self.files.blobs.begin(blob, limit).await?;
            writer.write(Bytes::from(small.bytes)).await?;
            writer.finish().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a thumbnail was not kept");
            return Ok(None);
        }
        Ok(Some(Thumbnail { blob, media_type: small.media_type, dimensions: small.dimensions }))
    }

    /// Removes the bytes when nothing speaks of the upload any more, because it was erased while they came.
    async fn give_up_if_forgotten(&mut self) -> Result<(), EngineError> {
        if self.engine.inner.store.document(&key(UPLOAD, self.id)).await?.is_none() {
            for blob in &self.upload.blobs {
                self.files.blobs.delete(*blob).await?;
            }
        }
        Ok(())
    }

    /// Whether the file is too large for the channel, or for what the contact has left.
    async fn too_large(&mut self) -> Result<RejectReason, EngineError> {
        let room = self.engine.inner.room(&self.upload.owner).await?;
        let largest = self.transport.capabilities().largest_file();
        Ok(if room < largest { RejectReason::NoRoom } else { RejectReason::TooLarge })
    }

    /// Notes that it was not taken, removes its bytes, and gives the error.
    async fn refuse(&mut self, reason: RejectReason) -> EngineError {
        self.engine.inner.refuse(self.id, self.version, &self.upload, reason).await
    }
}

/// Stands where a writer was that has finished.
struct Spent;

#[async_trait::async_trait]
impl BlobWriter for Spent {
    async fn write(&mut self, _: Bytes) -> Result<(), BlobError> {
        Err(BlobError::backend("it has finished"))
    }

    async fn finish(self: Box<Self>) -> Result<parlor_store::BlobDigest, BlobError> {
        Err(BlobError::backend("it has finished"))
    }
}

/// All bytes of a file whose size is known and was allowed.
async fn gather(mut reader: Box<dyn BlobReader>, bytes: u64) -> Result<Vec<u8>, BlobError> {
    let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    while let Some(part) = reader.next().await? {
        whole.extend_from_slice(&part);
    }
    Ok(whole)
}

pub(crate) fn no_attachment() -> EngineError {
    EngineError::NotFound { what: "attachment" }
}

impl Inner {
    pub(crate) fn files(&self) -> Result<&Files, EngineError> {
        self.files.as_ref().ok_or(EngineError::NotPlugged { plug: Plug::Attachments })
    }

    pub(crate) fn transport_of(&self, channel: &ChannelName) -> Result<Arc<dyn Transport>, EngineError> {
        let configured = self.directory.channel(channel).ok_or(EngineError::NotFound { what: "channel" })?;
        self.transport(configured).cloned().ok_or(EngineError::NotFound { what: "channel" })
    }

    pub(crate) fn file_rules(&self, channel: &ChannelName) -> Option<FileRules> {
        self.files.as_ref()?;
        let transport = self.transport_of(channel).ok()?;
        let capabilities = transport.capabilities();
        let types: Vec<_> = capabilities.media().iter().map(|rule| rule.media_type.clone()).collect();
        (!types.is_empty()).then(|| FileRules {
            types,
            largest: capabilities.largest_file(),
            most: capabilities.limit(parlor_channel::ATTACHMENTS_PER_MESSAGE).map(|limit| limit.value),
        })
    }

    /// What agents may attach on a channel; `None` where they may not (r84, r85).
    pub(crate) fn outbound_files(&self, channel: &ChannelName) -> Option<FileRules> {
        self.may_attach(channel).ok()?;
        self.file_rules(channel)
    }

    fn may_attach(&self, channel: &ChannelName) -> Result<(), EngineError> {
        self.files()?;
        let transport = self.transport_of(channel)?;
        // Who brings messages has to be able to fetch what is in them.
        let fetched = matches!(transport.delivery(), DeliverySide::Push(_));
        // Any file stands for all: what is asked is whether there is an attach action.
        if transport.profile().outbound_image && (!fetched || self.files_at.is_some()) {
            Ok(())
        } else {
            Err(parlor_channel::PreflightRefusal::SwitchedOff { feature: parlor_channel::Feature::Image }
                .into())
        }
    }

    /// How many bytes somebody may still upload.
    async fn room(&self, owner: &Owner) -> Result<u64, StoreError> {
        let Owner::Contact(point) = owner else {
            return Ok(u64::MAX);
        };
        let (uploaded, _) = self.uploaded(*point).await?;
        Ok(self.directory.rules.uploads.per_contact.saturating_sub(self.counted(&uploaded)))
    }

    async fn uploaded(&self, point: ContactPointId) -> Result<(Uploaded, u64), StoreError> {
        let key = DocumentKey::new(UPLOADED, point.to_string());
        match self.store.document(&key).await? {
            None => Ok((Uploaded::default(), 0)),
            Some(document) => Ok((read(&document)?, document.version)),
        }
    }

    fn counted(&self, uploaded: &Uploaded) -> u64 {
        let first = self.first_day();
        uploaded.days.iter().filter(|(day, _)| *day >= first).map(|(_, bytes)| bytes).sum()
    }

    fn today(&self) -> i64 {
        i64::try_from(self.now().unix_millis() / MILLISECONDS_A_DAY).unwrap_or(i64::MAX)
    }

    fn first_day(&self) -> i64 {
        let days = self.directory.rules.uploads.within.as_millis() / u128::from(MILLISECONDS_A_DAY);
        self.today().saturating_sub(i64::try_from(days).unwrap_or(i64::MAX)).saturating_add(1)
    }

    /// Writes how an upload stands and, once it is whole, counts its bytes. [`EngineError::Contended`] when another
    /// connection did so first, [`EngineError::Rejected`] when there is no room for it any more.
    async fn write_upload(
        self: &Arc<Self>,
        id: AttachmentId,
        version: u64,
        upload: &Upload,
        counted: Option<u64>,
    ) -> Result<(), EngineError> {
        until_decided!(self.try_write_upload(id, version, upload, counted).await).map_err(Attempt::into_error)
    }

    async fn try_write_upload(
        self: &Arc<Self>,
        id: AttachmentId,
        version: u64,
        upload: &Upload,
        counted: Option<u64>,
    ) -> Result<(), Attempt> {
        let mut draft = Draft::new(self.now());
        let key = key(UPLOAD, id);
        if self.store.document(&key).await?.map_or(0, |document| document.version) != version {
            return Err(EngineError::Contended.into());
        }
        draft.changes.document_owners.extend(upload.contact.map(|contact| DocumentOwner {
            key: key.clone(),
            contact,
            message: None,
            blobs: upload.blobs.clone(),
        }));
        draft.changes.documents.push(DocumentWrite {
            key,
            expected_version: Some(version),
            body: Some(written(upload)?),
        });
        if let (Owner::Contact(point), Some(bytes)) = (&upload.owner, counted) {
            let (mut uploaded, version) = self.uploaded(*point).await?;
            if self.counted(&uploaded).saturating_add(bytes) > self.directory.rules.uploads.per_contact {
                return Err(EngineError::Rejected { reason: RejectReason::NoRoom }.into());
            }
            let (today, first) = (self.today(), self.first_day());
            uploaded.days.retain(|(day, _)| *day >= first);
            match uploaded.days.iter_mut().find(|(day, _)| *day == today) {
                Some((_, sum)) => *sum = sum.saturating_add(bytes),
                None => uploaded.days.push((today, bytes)),
            }
            let key = DocumentKey::new(UPLOADED, point.to_string());
            draft.changes.document_owners.extend(upload.contact.map(|contact| DocumentOwner {
                key: key.clone(),
                contact,
                message: None,
                blobs: Vec::new(),
            }));
            draft.changes.documents.push(DocumentWrite {
                key,
                expected_version: Some(version),
                body: Some(written(&uploaded)?),
            });
        }
        self.attempt(draft).await?;
        Ok(())
    }

    /// Notes that an upload was not taken, removes its bytes, and gives the error. What fails meanwhile is left to the
    /// sweep.
    async fn refuse(
        self: &Arc<Self>,
        id: AttachmentId,
        version: u64,
        upload: &Upload,
        reason: RejectReason,
    ) -> EngineError {
        if let Ok(files) = self.files() {
            for blob in &upload.blobs {
                if let Err(error) = files.blobs.delete(*blob).await {
                    tracing::warn!(%error, "the bytes of a refused file were not removed");
                }
            }
        }
        metrics::counter!("parlor_attachment_rejected_total", "reason" => reason.as_str()).increment(1);
        let state = UploadState::Refused(reason);
        let upload = Upload { began_at: self.now(), state, ..upload.clone() };
        match self.write_upload(id, version, &upload, None).await {
            Ok(()) | Err(EngineError::Contended) => EngineError::Rejected { reason },
            Err(other) => other,
        }
    }

    /// An upload that can be sent.
    async fn ready(&self, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
        let Some(document) = self.store.document(&key(UPLOAD, id)).await? else {
            return Ok(None);
        };
        Ok(match read::<Upload>(&document)?.state {
            UploadState::Ready(attachment) => Some(attachment),
            UploadState::Begun | UploadState::Refused(_) => None,
        })
    }

    /// The files that a contact sends, those among them that were not taken apart.
    pub(crate) async fn contact_files(
        &self,
        point: ContactPointId,
        files: &[ClientId],
    ) -> Result<Taken, EngineError> {
        self.take(&Owner::Contact(point), files).await
    }

    /// What an agent says, with the files that they uploaded for it.
    pub(crate) async fn agents_content(
        &self,
        agent: &AgentName,
        said: &Said,
    ) -> Result<(Content, Taken), EngineError> {
        let taken = self.take(&Owner::Agent(agent.clone()), &said.files).await?;
        // An agent was told when it was refused; nothing of theirs is sent without.
        if taken.sent_with.is_some() || !taken.rejected.is_empty() {
            return Err(no_attachment());
        }
        let content = content(said.text.clone(), taken.attachments.clone()).ok_or_else(no_attachment)?;
        Ok((content, taken))
    }

    async fn take(&self, owner: &Owner, files: &[ClientId]) -> Result<Taken, EngineError> {
        let mut taken = Taken::default();
        for file in files {
            let id = attachment_id(owner, *file);
            let key_of_upload = key(UPLOAD, id);
            if let Some(document) = self.store.document(&key_of_upload).await? {
                let upload: Upload = read(&document)?;
                match upload.state {
                    UploadState::Begun => return Err(no_attachment()),
                    // The same file twice in a message is one file.
                    UploadState::Ready(attachment) => {
                        if !taken.attachments.iter().any(|known| known.id == id) {
                            taken.attachments.push(attachment);
                            taken.documents.push((key_of_upload, document.version));
                        }
                    }
                    // It stays until it is swept, so that the message can be repeated.
                    UploadState::Refused(reason) => {
                        taken.rejected.push(RejectedAttachment { name: Some(upload.name), reason });
                    }
                }
            } else if let Some(document) = self.store.document(&key(ATTACHMENT, id)).await? {
                taken.sent_with = Some(read::<Sent>(&document)?.message);
            } else {
                return Err(no_attachment());
            }
        }
        Ok(taken)
    }

    /// Opens the file of a message, whoever asks.
    pub(crate) async fn open_sent(
        &self,
        id: AttachmentId,
        opening: Opening,
    ) -> Result<OpenAttachment, EngineError> {
        let sent = self.sent(id).await?;
        self.open(sent.attachment, opening).await
    }

    async fn sent(&self, id: AttachmentId) -> Result<Sent, EngineError> {
        let document = self.store.document(&key(ATTACHMENT, id)).await?.ok_or_else(no_attachment)?;
        Ok(read(&document)?)
    }

    /// Whether an agent may see a message: in its interaction, or among everything of its contact.
    async fn may_see(&self, agent: &Agent, message: &Message) -> Result<bool, EngineError> {
        if let Some(id) = message.interaction
            && let Some(interaction) = self.interaction(id).await?
            && allowed(agent, &interaction, Verb::ReadInteraction).is_ok()
        {
            return Ok(true);
        }
        let contact: Option<ContactId> = self.thread(message.thread).await?.and_then(|info| info.contact);
        let Some(contact) = contact else {
            return Ok(false);
        };
        let object = self.contact_object(&agent.name, contact).await?;
        let actor = Actor::Agent(agent);
        Ok([Verb::ReadConversation, Verb::ReadCommunication]
            .into_iter()
            .any(|verb| may(actor, verb, object).is_ok()))
    }

    async fn open(&self, attachment: Attachment, opening: Opening) -> Result<OpenAttachment, EngineError> {
        let files = self.files()?;
        let (blob, media_type, bytes) = match opening {
            Opening::Save => (attachment.blob, attachment.media_type.clone(), Some(attachment.bytes)),
            Opening::Picture if attachment.media_type.is_raster() => {
                (attachment.blob, attachment.media_type.clone(), Some(attachment.bytes))
            }
            Opening::Picture => return Err(EngineError::NotShown),
            Opening::Thumbnail => {
                let small = attachment.thumbnail.as_ref().ok_or(EngineError::NotShown)?;
                (small.blob, small.media_type.clone(), files.blobs.size(small.blob).await?)
            }
        };
        let reader = files.blobs.read(blob).await?.ok_or_else(no_attachment)?;
        Ok(OpenAttachment { attachment, media_type, bytes, reader })
    }
}

/// What a message says: files make it another content than words alone; `None` when there is neither.
pub(crate) fn content(text: Option<MessageText>, attachments: Vec<Attachment>) -> Option<Content> {
    match (text, attachments.is_empty()) {
        (Some(text), true) => Some(Content::Text { text }),
        (None, true) => None,
        (text, false) => Some(Content::Attached { text, attachments }),
    }
}

/// The unit of what a contact may upload.
const MILLISECONDS_A_DAY: u64 = 24 * 60 * 60 * 1_000;
