use std::time::Duration;

use parlor_model::{MediaType, MessageText};

/// Everything that is limited on the web-chat socket. The defaults are those of the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest frame from a browser, in bytes as it travels (rule 2): twice the longest text, because quotation
    /// marks and line breaks are escaped on the way.
    pub frame_bytes: usize,
    /// The longest text of a message, in bytes (rule 2). More than [`MessageText::MAX_BYTES`] has no effect.
    pub text_bytes: usize,
    /// The most files of one message (rule 9).
    pub attachments: usize,
    /// The most bytes of one file (rule 9).
    pub file_bytes: u64,
    /// The types of files that are taken (rule 9).
    pub file_types: Vec<MediaType>,
    /// How often a browser may upload a file (rule 9).
    pub uploads: Rate,
    /// How often a browser may write (rule 2).
    pub messages: Rate,
    /// How often a browser may send anything else, and anything that is refused (rule 2).
    pub signals: Rate,
    /// The longest name that a contact may give themselves, in characters; longer ones are cut (rule 8).
    pub name_characters: usize,
    /// How long a connection may stay without a hello (rule 6).
    pub hello_within: Duration,
    /// How often the server pings (rule 3).
    pub ping_every: Duration,
    /// After how many pings without any sign of life the connection is closed (rule 3).
    pub missed_pings: u32,
    /// How many frames wait for a slow browser before it is disconnected (rule 4).
    pub buffered_frames: usize,
}

/// How often something may happen: so many in a second, and so many at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many in a second, in the long run; 0 counts as 1.
    pub per_second: u32,
    /// How many at once; 0 counts as 1.
    pub burst: u32,
}

/// What browsers send by themselves: photographs, drawings of pixels, documents and texts. All else is the operator's to
/// allow.
const FILE_TYPES: [&str; 6] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"];

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 128 * 1024,
            text_bytes: MessageText::MAX_BYTES,
            attachments: 10,
            file_bytes: 20_000_000,
            file_types: FILE_TYPES.iter().filter_map(|kind| MediaType::new(kind).ok()).collect(),
            uploads: Rate { per_second: 1, burst: 30 },
            messages: Rate { per_second: 5, burst: 20 },
            signals: Rate { per_second: 20, burst: 100 },
            name_characters: 80,
            hello_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(20),
            missed_pings: 2,
            buffered_frames: 256,
        }
    }
}
