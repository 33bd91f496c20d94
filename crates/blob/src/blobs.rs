use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use parlor_model::{BlobId, ContentHash, Id};
use parlor_store::{BlobDigest, BlobError, BlobReader, BlobStore, BlobWriter};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

/// How many bytes are held before they are passed on, in bytes: what S3 wants a part to have at least.
const PART: usize = 5 * 1024 * 1024;

/// Keeps bytes in an object store.
#[derive(Clone, Debug)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    /// Where they are files.
    folder: Option<PathBuf>,
}

impl Blobs {
    /// Files in a folder, which is made when it is not there. A file and its name are on the disk before it is said to be
    /// there.
    pub fn folder(folder: impl AsRef<FilePath>) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let files = LocalFileSystem::new_with_prefix(&folder).map_err(io::Error::other)?;
        let folder = Some(folder.as_ref().to_owned());
        Ok(Self { objects: Arc::new(files.with_fsync(true)), folder })
    }

    /// In memory, gone with it: for tests.
    pub fn memory() -> Self {
        Self { objects: Arc::new(InMemory::new()), folder: None }
    }

    /// In any object store. It must have made durable what it acknowledges.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, folder: None }
    }
}

/// The name of the bytes of an id. Ids begin with the time, so the last two digits spread them evenly over folders.
fn path(id: BlobId) -> Path {
    let name = id.as_uuid().hyphenated().to_string();
    let spread = name[name.len() - 2..].to_owned();
    Path::from_iter([spread, name])
}

fn failed(error: Error) -> BlobError {
    BlobError::backend(error)
}

#[async_trait]
impl BlobStore for Blobs {
    async fn begin(&self, id: BlobId, limit: u64) -> Result<Box<dyn BlobWriter>, BlobError> {
        let below = BufWriter::with_capacity(Arc::clone(&self.objects), path(id), PART);
        Ok(Box::new(Writer { below, hash: Sha256::new(), bytes: 0, limit }))
    }

    async fn read(&self, id: BlobId) -> Result<Option<Box<dyn BlobReader>>, BlobError> {
        match self.objects.get(&path(id)).await {
            Ok(found) => Ok(Some(Box::new(Reader { below: found.into_stream() }))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(other) => Err(failed(other)),
        }
    }

    async fn size(&self, id: BlobId) -> Result<Option<u64>, BlobError> {
        match self.objects.head(&path(id)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(other) => Err(failed(other)),
        }
    }

    async fn delete(&self, id: BlobId) -> Result<(), BlobError> {
        match self.objects.delete(&path(id)).await {
            // Also what is not there: it may have been removed, and that not be on the disk yet.
            Ok(()) | Err(Error::NotFound { .. }) => self.sync_folder_of(id).await.map_err(BlobError::backend),
            Err(other) => Err(failed(other)),
        }
    }
}

impl Blobs {
    /// The name of a file is gone for good when its folder is on the disk, which the object store sees to only for new ones.
    #[cfg(unix)]
    async fn sync_folder_of(&self, id: BlobId) -> io::Result<()> {
        let Some(spread) = self
            .folder
            .as_ref()
            .zip(path(id).parts().next())
            .map(|(folder, part)| folder.join(part.as_ref()))
        else {
            return Ok(());
        };
        match tokio::fs::File::open(spread).await {
            Ok(folder) => folder.sync_all().await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Other systems write the folder with the file.
    #[cfg(not(unix))]
    async fn sync_folder_of(&self, _: BlobId) -> io::Result<()> {
        Ok(())
    }
}

struct Writer {
    below: BufWriter,
    hash: Sha256,
    bytes: u64,
    limit: u64,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        // What was refused once counts, so that nothing smaller gets through behind it.
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        self.hash.update(&bytes);
        self.below.put(bytes).await.map_err(failed)
    }

    async fn finish(mut self: Box<Self>) -> Result<BlobDigest, BlobError> {
        if self.bytes > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        self.below.shutdown().await.map_err(BlobError::backend)?;
        Ok(BlobDigest { bytes: self.bytes, sha256: ContentHash::new(self.hash.finalize().into()) })
    }
}

struct Reader {
    below: BoxStream<'static, object_store::Result<Bytes>>,
}

#[async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        while let Some(bytes) = self.below.next().await {
            let bytes = bytes.map_err(failed)?;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}
