//! Files: what a network takes of them, and the facet that looks into them.

use std::fmt;

use parlor_model::{Dimensions, FileName, MediaType, RejectReason};
use serde::Serialize;

use crate::Limit;

/// The name of the limit on how many files one message may have.
pub const ATTACHMENTS_PER_MESSAGE: &str = "attachments";

/// A type of files that a network takes, and how large they may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MediaRule {
    /// The type.
    pub media_type: MediaType,
    /// How many bytes a file of it may have.
    pub limit: Limit,
}

/// Looks into files of strangers, so that nobody else has to.
///
/// It is given bytes and says what they are. It is not asked for more than one thing at a time, because each is more
/// dangerous than the one before: the first bytes tell the type, the head of a picture its size, and only decoding it
/// gives a thumbnail. All three may take long and must be called where that holds nobody up.
///
/// It never panics, whatever the bytes, and takes no more memory than its own limits say.
pub trait MediaInspector: fmt::Debug + Send + Sync {
    /// How many of the first bytes of a file [`media_type`](Self::media_type) wants to see.
    fn head_bytes(&self) -> usize;

    /// What a file is by its first bytes. They must agree with its name where that has an ending that means something.
    ///
    /// # Errors
    ///
    /// [`MediaRefusal::Mismatch`] when they do not, [`MediaRefusal::Empty`] when there is nothing.
    fn media_type(&self, name: &FileName, head: &[u8]) -> Result<MediaType, MediaRefusal>;

    /// The size of a picture, read from its head; nothing is decoded.
    ///
    /// # Errors
    ///
    /// [`MediaRefusal::Damaged`] when it has none that can be read, [`MediaRefusal::OverLimit`] when it would be
    /// dangerous to decode it.
    fn dimensions(&self, media_type: &MediaType, bytes: &[u8]) -> Result<Dimensions, MediaRefusal>;

    /// A small picture of a picture, made from its pixels alone: nothing that was written into the file stays.
    ///
    /// # Errors
    ///
    /// Whatever [`dimensions`](Self::dimensions) refuses, and [`MediaRefusal::Damaged`] when it cannot be decoded.
    fn thumbnail(&self, media_type: &MediaType, bytes: &[u8]) -> Result<SmallPicture, MediaRefusal>;
}

/// A small picture with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SmallPicture {
    /// What it is.
    pub media_type: MediaType,
    /// How large it is.
    pub dimensions: Dimensions,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SmallPicture {
    /// Hides the picture.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmallPicture")
            .field("media_type", &self.media_type)
            .field("dimensions", &self.dimensions)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaRefusal {
    /// There is nothing in it.
    #[error("there is nothing in the file")]
    Empty,
    /// Its bytes are something else than its name says.
    #[error("the file is called .{extension}, and its bytes are {found}")]
    Mismatch {
        /// The ending of its name.
        extension: String,
        /// What the bytes are.
        found: MediaType,
    },
    /// The network does not take files of its type.
    #[error("files of type {media_type} are not taken there")]
    NotAllowed {
        /// What it is.
        media_type: MediaType,
    },
    /// It is too large, in one way or another.
    #[error("{actual} {} are over the limit of {limit}", limit.unit)]
    OverLimit {
        /// The limit with its value and source.
        limit: Box<Limit>,
        /// How much it has.
        actual: u64,
    },
    /// It is no whole file of its type.
    #[error("the picture cannot be read")]
    Damaged,
}

impl MediaRefusal {
    /// The same in the words of a transcript.
    pub fn reason(&self) -> RejectReason {
        match self {
            Self::Empty => RejectReason::Empty,
            Self::Mismatch { .. } => RejectReason::TypeMismatch,
            Self::NotAllowed { .. } => RejectReason::TypeNotAllowed,
            Self::OverLimit { limit, .. } if limit.unit == crate::Unit::Bytes => RejectReason::TooLarge,
            Self::OverLimit { limit, .. } if limit.name == ATTACHMENTS_PER_MESSAGE => RejectReason::TooMany,
            Self::OverLimit { .. } => RejectReason::TooManyPixels,
            Self::Damaged => RejectReason::Damaged,
        }
    }
}
