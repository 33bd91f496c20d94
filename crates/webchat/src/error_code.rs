use std::fmt;

use serde::{Serialize, Serializer};

use crate::CloseReason;

/// Why a frame is refused; part of the wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// It is none of the frames of the specification.
    BadFrame,
    /// It has more than [`Limits::frame_bytes`](crate::Limits::frame_bytes).
    FrameTooLarge,
    /// Something else came before the hello, or no hello came in time.
    HelloFirst,
    /// Nobody has a session of that token.
    UnknownToken,
    /// The message says nothing.
    TextEmpty,
    /// The message has more than [`Limits::text_bytes`](crate::Limits::text_bytes).
    TextTooLong,
    /// The message has more than [`Limits::attachments`](crate::Limits::attachments).
    TooManyAttachments,
    /// The message names a file that this contact has not uploaded, or that another message has.
    UnknownAttachment,
    /// Too many in too little time.
    TooManyMessages,
    /// There is no such channel.
    UnknownChannel,
    /// The server cannot take it now; try again later.
    Busy,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::BadFrame,
        Self::FrameTooLarge,
        Self::HelloFirst,
        Self::UnknownToken,
        Self::TextEmpty,
        Self::TextTooLong,
        Self::TooManyAttachments,
        Self::UnknownAttachment,
        Self::TooManyMessages,
        Self::UnknownChannel,
        Self::Busy,
    ];

    /// The code as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::FrameTooLarge => "frame_too_large",
            Self::HelloFirst => "hello_first",
            Self::UnknownToken => "unknown_token",
            Self::TextEmpty => "text_empty",
            Self::TextTooLong => "text_too_long",
            Self::TooManyAttachments => "too_many_attachments",
            Self::UnknownAttachment => "unknown_attachment",
            Self::TooManyMessages => "too_many_messages",
            Self::UnknownChannel => "unknown_channel",
            Self::Busy => "busy",
        }
    }

    /// The reason with which the connection is closed after it, `None` when it goes on.
    pub const fn closes(self) -> Option<CloseReason> {
        match self {
            Self::FrameTooLarge => Some(CloseReason::TooLarge),
            Self::HelloFirst | Self::UnknownToken | Self::UnknownChannel => Some(CloseReason::Refused),
            Self::BadFrame
            | Self::TextEmpty
            | Self::TextTooLong
            | Self::TooManyAttachments
            | Self::UnknownAttachment
            | Self::TooManyMessages
            | Self::Busy => None,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
