//! Addresses at which a provider fetches what an agent attached (r85): whoever has one can open the file, for a while.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use parlor_model::{Attachment, AttachmentId, Id, Timestamp};
use parlor_store::{CommitError, DocumentKey, DocumentWrite, StoreError};
use sha2::Sha256;
use url::Url;

use crate::attachments::{OpenAttachment, Opening, no_attachment};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;

/// The document with the key that signs links: one for the workspace, so that any node opens what another one signed.
const KEY: &str = "file_link_key";

/// As long as a block of the hash, so that the key is taken as it is.
const KEY_BYTES: usize = 64;

pub(crate) type LinkKey = [u8; KEY_BYTES];

/// How long a link opens its file. Decided: as long as a message may wait to be sent; a provider fetches when it takes the
/// message, and keeps a copy of its own.
const OPEN_FOR: Duration = Duration::from_hours(24);

/// What a link says beside the name of its file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileLink {
    /// Until when it opens the file, in milliseconds of Unix time.
    pub until: u64,
    /// That we made it.
    pub signature: String,
}

// Whoever has the signature has the file.
impl std::fmt::Debug for FileLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileLink").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the file of a message for whoever has a link to it: `GET {files_at}/{attachment}?until=…&signature=…`, given to
    /// the provider that brings the message.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotFound`] for a link that is not ours or whose time is over, as for a file that is not there.
    pub async fn linked_attachment(
        &self,
        attachment: AttachmentId,
        link: &FileLink,
    ) -> Result<OpenAttachment, EngineError> {
        let key = self.inner.link_key().await?;
        let signature = BASE64URL_NOPAD.decode(link.signature.as_bytes()).map_err(|_| no_attachment())?;
        signed(&key, attachment, link.until).verify_slice(&signature).map_err(|_| no_attachment())?;
        if self.now().unix_millis() >= link.until {
            return Err(no_attachment());
        }
        self.inner.open_sent(attachment, Opening::Save).await
    }
}

impl Inner {
    /// Where a provider finds files, in their order; `None` when they are not served.
    pub(crate) async fn file_links(&self, files: &[Attachment]) -> Result<Option<Vec<Url>>, StoreError> {
        let Some(base) = &self.files_at else { return Ok(None) };
        let key = self.link_key().await?;
        let until = self.now() + OPEN_FOR;
        Ok(files.iter().map(|file| link(base, &key, file.id, until)).collect())
    }

    /// The key that signs links, made when it is asked for first.
    async fn link_key(&self) -> Result<LinkKey, StoreError> {
        self.link_key.get_or_try_init(async || self.read_or_make_key().await).await.copied()
    }

    async fn read_or_make_key(&self) -> Result<LinkKey, StoreError> {
        let name = DocumentKey::new(KEY, "");
        let corrupt = || StoreError::Corrupt { detail: format!("a document of kind {KEY}") };
        loop {
            if let Some(document) = self.store.document(&name).await? {
                let bytes = BASE64URL_NOPAD.decode(document.body.as_bytes()).map_err(|_| corrupt())?;
                return bytes.try_into().map_err(|_| corrupt());
            }
            let mut key = [0; KEY_BYTES];
            self.ids.fill(&mut key);
            let mut draft = Draft::new(self.now());
            draft.changes.documents.push(DocumentWrite {
                key: name.clone(),
                expected_version: Some(0),
                body: Some(BASE64URL_NOPAD.encode(&key)),
            });
            match self.store.commit(draft.changes).await {
                Ok(_) => return Ok(key),
                // Another node made one at the same time.
                Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => {}
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
    }
}

fn link(base: &Url, key: &LinkKey, file: AttachmentId, until: Timestamp) -> Option<Url> {
    let until = until.unix_millis();
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push(&file.to_string());
    let signature = BASE64URL_NOPAD.encode(&signed(key, file, until).finalize().into_bytes());
    url.query_pairs_mut().append_pair("until", &until.to_string()).append_pair("signature", &signature);
    Some(url)
}

fn signed(key: &LinkKey, file: AttachmentId, until: u64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(file.as_uuid().as_bytes());
    mac.update(&until.to_be_bytes());
    mac
}
