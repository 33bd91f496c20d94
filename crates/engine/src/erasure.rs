//! What a contact may ask for: everything that is kept of them, and its end (guarantee G23).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_composer::PushedAddresses;
use parlor_model::{
    Attachment, ContactId, ContactPointId, Content, InteractionId, Subject, ThreadId, Timestamp, WebAddress,
};
use parlor_store::personal::{blobs_in, erased_address};
use parlor_store::{
    AuditEntry, BlobReader, ContactExport, DocumentKey, DocumentWrite, Erased, Erasure, PersonalPart,
    StoreError,
};

use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};
use crate::push::PUSHED;

/// The documents that name the bytes of which an erasure left nothing else; the key is the contact, or what else ended. One
/// that is there is finished by whoever finds it.
pub(crate) const ERASED_FILES: &str = "erased_files";

/// How many messages of a contact are read at a time.
const PAGE: usize = 500;

/// What was erased of a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct ErasedContact {
    /// The contact, and those that were shown as it.
    pub contacts: Vec<ContactId>,
    /// How many rows of each part were emptied or removed.
    pub rows: BTreeMap<PersonalPart, u64>,
    /// When.
    pub at: Timestamp,
}

/// A file of a contact, with its bytes.
pub struct ExportedFile {
    /// What is known of it.
    pub attachment: Attachment,
    /// Its bytes; `None` when they are gone.
    pub reader: Option<Box<dyn BlobReader>>,
}

impl std::fmt::Debug for ExportedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportedFile").field("attachment", &self.attachment).finish_non_exhaustive()
    }
}

impl Engine {
    /// Everything that is kept of a contact, and of those that are shown as it. That it was given out is audited first.
    /// The bytes of the files are asked for one by one, by [`exported_file`](Self::exported_file).
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] for everybody but the operator, [`EngineError::NotFound`] when there is no such contact.
    pub async fn export_contact(
        &self,
        actor: Actor<'_>,
        contact: ContactId,
    ) -> Result<(ContactExport, Vec<Attachment>), EngineError> {
        may(actor, Verb::Export, Object::Contact)?;
        let missing = || EngineError::NotFound { what: "contact" };
        self.inner.store.contact(contact).await?.ok_or_else(missing)?;
        let mut draft = Draft::new(self.inner.now());
        draft.changes.audit.push(self.inner.audit(actor, "contact.export", contact));
        self.inner.attempt(draft).await.map_err(Attempt::into_error)?;
        let export = self.inner.store.export(contact).await?.ok_or_else(missing)?;
        let mut files = Vec::new();
        for thread in self.inner.direct_threads(contact).await? {
            self.inner
                .each_content(thread.0, |content| files.extend_from_slice(content.attachments()))
                .await?;
        }
        Ok((export, files))
    }

    /// The bytes of a file of an export.
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] likewise, [`EngineError::Blob`] when they cannot be read.
    pub async fn exported_file(
        &self,
        actor: Actor<'_>,
        attachment: Attachment,
    ) -> Result<ExportedFile, EngineError> {
        may(actor, Verb::Export, Object::Contact)?;
        let reader = match &self.inner.files {
            Some(files) => files.blobs.read(attachment.blob).await?,
            None => None,
        };
        Ok(ExportedFile { attachment, reader })
    }

    /// Erases a contact, and those that are shown as it: names, addresses, messages, notes, case information, files,
    /// sends, sessions, and what stands of them in dead letters (guarantee G23). Their places in transcripts and counts
    /// stay, so that nothing else changes. It is audited, and may be repeated; whoever is told of a failure repeats it.
    ///
    /// When it returns, no byte of it is left where files are kept and in the files of a store that has its own. What a
    /// database server keeps for a while is said by its store.
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] for everybody but the operator and administrators, [`EngineError::NotFound`] when there is
    /// no such contact, [`EngineError::InWork`] while work with them is not Done, and [`EngineError::Blob`] when everything
    /// is erased but bytes of files, which are deleted later.
    pub async fn erase_contact(
        &self,
        actor: Actor<'_>,
        contact: ContactId,
    ) -> Result<ErasedContact, EngineError> {
        may(actor, Verb::EraseContact, Object::Contact)?;
        let audit = self.inner.audit(actor, "contact.erase", contact);
        // In a task of its own: whoever asked may go away, the erasure is finished and published all the same.
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.erase(contact, audit).await });
        task.await.unwrap_or(Err(EngineError::Store(StoreError::Closed)))
    }

    /// Deletes the bytes of files that erasures left, where that was interrupted. The engine does it by itself when it
    /// starts and now and then. Gives how many there were.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotPlugged`] when there is somebody's file to delete and nowhere to delete it.
    pub async fn delete_erased_files(&self) -> Result<usize, EngineError> {
        self.inner.delete_erased_files().await
    }
}

impl Inner {
    /// Who did what, to be kept with it.
    fn audit(&self, actor: Actor<'_>, verb: &str, contact: ContactId) -> AuditEntry {
        let mut salt = [0; 16];
        self.ids.fill(&mut salt);
        AuditEntry {
            actor: actor.agent_name().map_or_else(|| "operator".to_owned(), ToString::to_string),
            verb: verb.to_owned(),
            object: format!("contact:{contact}"),
            contact: Some(contact),
            salt,
            before: None,
            after: None,
        }
    }

    /// The threads with a contact alone, and the points that they are with.
    async fn direct_threads(
        &self,
        contact: ContactId,
    ) -> Result<Vec<(ThreadId, ContactPointId)>, StoreError> {
        let direct = |thread: parlor_model::Thread| match thread.subject {
            Subject::Direct(point) => Some((thread.id, point)),
            Subject::Post(_) => None,
        };
        Ok(self.store.threads_of(contact).await?.into_iter().filter_map(direct).collect())
    }

    async fn each_content(&self, thread: ThreadId, mut look: impl FnMut(&Content)) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let page = self.store.messages(thread, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.sequence;
            for message in &page {
                look(&message.content);
            }
        }
    }

    async fn erase(
        self: &Arc<Self>,
        contact: ContactId,
        audit: AuditEntry,
    ) -> Result<ErasedContact, EngineError> {
        let missing = || EngineError::NotFound { what: "contact" };
        self.store.contact(contact).await?.ok_or_else(missing)?;
        let threads = self.direct_threads(contact).await?;
        // Before they are shut out: while it is refused nothing that they write gets lost.
        self.refuse_open_work(&threads).await?;
        let points: Vec<ContactPointId> =
            self.store.points_of(contact).await?.into_iter().map(|point| point.id).collect();
        // From here on nothing more comes in from them; what is just being taken in is waited for.
        self.erased.write().await.extend(&points);
        let at = self.now();
        let pending = Some(DocumentKey::new(ERASED_FILES, contact.to_string()));
        let erasure = Erasure { contact, at, audit: vec![audit], pending };
        let erased = match self.erase_in_store(&threads, &erasure).await {
            Ok(erased) => erased.ok_or_else(missing)?,
            Err(error) => {
                // It may have been made all the same, and only what follows it have failed.
                if self.let_in_again(&points).await {
                    self.dismiss(&threads);
                }
                return Err(error);
            }
        };
        self.publish(&erased.records).await;
        self.dismiss(&threads);
        self.delete_erased_files().await?;
        Ok(ErasedContact { contacts: erased.contacts, rows: erased.rows, at })
    }

    /// Ends the chats of who was erased.
    fn dismiss(&self, threads: &[(ThreadId, ContactPointId)]) {
        for (thread, _) in threads {
            self.hub.dismiss_contact(*thread);
        }
    }

    /// After a failure: whoever was not erased goes on writing. Gives whether they were erased all the same.
    async fn let_in_again(&self, points: &[ContactPointId]) -> bool {
        let mut erased = false;
        for id in points {
            match self.store.point(*id).await {
                Ok(Some(point)) if point.key.address == erased_address(*id) => erased = true,
                Ok(_) => {
                    self.erased.write().await.remove(id);
                }
                Err(error) => {
                    // Whether they were erased is not known. If they were not, erasing them again lets them in.
                    tracing::warn!(%error, point = %id, "who is being erased stays shut out");
                }
            }
        }
        erased
    }

    async fn refuse_open_work(&self, threads: &[(ThreadId, ContactPointId)]) -> Result<(), EngineError> {
        for (thread, _) in threads {
            if self.store.open_interaction(*thread).await?.is_some() {
                return Err(EngineError::InWork);
            }
        }
        Ok(())
    }

    async fn erase_in_store(
        self: &Arc<Self>,
        threads: &[(ThreadId, ContactPointId)],
        erasure: &Erasure,
    ) -> Result<Option<Erased>, EngineError> {
        let mut interactions: BTreeSet<InteractionId> = BTreeSet::new();
        let mut pushed: BTreeSet<WebAddress> = BTreeSet::new();
        for (thread, _) in threads {
            interactions
                .extend(self.store.interactions_of(*thread, usize::MAX).await?.iter().map(|known| known.id));
            let look = |content: &Content| {
                if let Content::PushedUrl { url, .. } = content {
                    pushed.insert(url.clone());
                }
            };
            self.each_content(*thread, look).await?;
        }
        // Reading took its time, and agents write when they like.
        self.refuse_open_work(threads).await?;
        // An address that was made for somebody may name them. Before the messages, by which it is found.
        self.forget_pushed(&pushed).await?;
        let erased = self.store.erase(erasure).await;
        // What is kept in memory must not be written back, whether the store could finish or not.
        for id in interactions {
            if self.open.get(id).is_some() {
                self.reload(id).await?;
            }
        }
        match erased {
            // Through another node: what it does is seen here a moment later.
            Err(StoreError::InWork) => Err(EngineError::InWork),
            erased => Ok(erased?),
        }
    }

    /// Takes addresses out of the menus of all agents.
    async fn forget_pushed(self: &Arc<Self>, pushed: &BTreeSet<WebAddress>) -> Result<(), EngineError> {
        if pushed.is_empty() {
            return Ok(());
        }
        for document in self.store.documents(PUSHED).await? {
            until_decided!(self.try_forget_pushed(&document.key, pushed).await)
                .map_err(Attempt::into_error)?;
        }
        Ok(())
    }

    async fn try_forget_pushed(
        self: &Arc<Self>,
        key: &DocumentKey,
        pushed: &BTreeSet<WebAddress>,
    ) -> Result<(), Attempt> {
        let Some(document) = self.store.document(key).await? else { return Ok(()) };
        let mut menu: PushedAddresses = serde_json::from_str(&document.body)
            .map_err(|_| StoreError::Corrupt { detail: format!("a document of kind {PUSHED}") })?;
        if !menu.forget(|address| pushed.contains(address)) {
            return Ok(());
        }
        let mut draft = Draft::new(self.now());
        draft.changes.documents.push(DocumentWrite {
            key: key.clone(),
            expected_version: Some(document.version),
            body: Some(serde_json::to_string(&menu).map_err(StoreError::backend)?),
        });
        self.attempt(draft).await?;
        Ok(())
    }

    pub(crate) async fn delete_erased_files(self: &Arc<Self>) -> Result<usize, EngineError> {
        let mut deleted = 0;
        for document in self.store.documents(ERASED_FILES).await? {
            let files = self.files()?;
            for blob in blobs_in(&document.body)? {
                files.blobs.delete(blob).await?;
                deleted += 1;
            }
            let mut draft = Draft::new(self.now());
            draft.changes.documents.push(DocumentWrite {
                key: document.key,
                expected_version: Some(document.version),
                body: None,
            });
            match self.attempt(draft).await {
                // Others added to it, or finished it.
                Ok(_) | Err(Attempt::Again) => {}
                Err(other) => return Err(other.into_error()),
            }
        }
        Ok(deleted)
    }

    /// The same for those who have nobody to tell that it failed.
    pub(crate) async fn delete_erased_files_later(self: &Arc<Self>) {
        if let Err(error) = self.delete_erased_files().await {
            tracing::warn!(%error, "files that were erased are not deleted yet");
        }
    }
}
