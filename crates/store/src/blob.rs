//! Where bytes are kept that are too many for a store: those of attachments.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use parlor_model::{BlobId, ContentHash};

/// Keeps bytes by id.
///
/// Bytes come first and the commit that speaks of them second, so what a transcript names is always there. What was
/// written and never spoken of is found by whoever began it and deleted: this trait has no list.
///
/// An id is made for one content and used once; what happens to the bytes of an id that is begun twice is not said.
/// Nobody sees bytes of a writer that has not finished.
#[async_trait]
pub trait BlobStore: fmt::Debug + Send + Sync {
    /// Begins to write under a new id. More than `limit` bytes are refused as soon as they come.
    async fn begin(&self, id: BlobId, limit: u64) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// The bytes of an id, from the first on; `None` when there are none.
    async fn read(&self, id: BlobId) -> Result<Option<Box<dyn BlobReader>>, BlobError>;

    /// How many bytes an id has; `None` when there are none.
    async fn size(&self, id: BlobId) -> Result<Option<u64>, BlobError>;

    /// Removes the bytes of an id. When it returns, a loss of power does not bring them back. Removing what is not there is
    /// no error.
    async fn delete(&self, id: BlobId) -> Result<(), BlobError>;
}

/// Writes the bytes of one id. One that is dropped before it has finished leaves nothing that could be read.
#[async_trait]
pub trait BlobWriter: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`BlobError::TooLarge`] when there are more than the limit: nothing more is taken then, and nothing is kept.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError>;

    /// Makes everything durable and readable. When it returns, the bytes outlive a loss of power.
    async fn finish(self: Box<Self>) -> Result<BlobDigest, BlobError>;
}

/// Reads the bytes of one id.
#[async_trait]
pub trait BlobReader: Send {
    /// The next bytes, never none of them; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError>;
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobDigest {
    /// How many bytes.
    pub bytes: u64,
    /// Their hash.
    pub sha256: ContentHash,
}

/// Why bytes were not written, read or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// More than may be written.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// How many may be.
        limit: u64,
    },
    /// Where the bytes are kept failed.
    #[error("where the bytes are kept failed: {source}")]
    Backend {
        /// What went wrong there.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl BlobError {
    /// A failure of where the bytes are kept.
    pub fn backend(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Backend { source: source.into() }
    }
}
