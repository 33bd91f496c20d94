//! Where the bytes of attachments are kept.
//!
//! [`Blobs::folder`] is the default: files in a folder, each on the disk with its name before it is said to be there.
//! [`Blobs::memory`] is for tests. [`Blobs::over`] takes any [`ObjectStore`](object_store::ObjectStore), such as one that
//! speaks the S3 protocol.
//!
//! Names are made from ids and from nothing that a stranger wrote.

mod blobs;

pub use blobs::Blobs;
pub use object_store;
