use std::borrow::Cow;

use parlor_channel::{Confidence, Limit, MediaRefusal, Unit};
use parlor_model::{Dimensions, Label};

/// When the numbers below were last compared with what they guard against.
const CHECKED: &str = "2026-11-21";

/// What is limited when a picture is looked into. The bytes of a file are limited by the channel, not here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most pixels of a picture. 40 million: more than any telephone takes, and 160 MB when decoded.
    pub pixels: u64,
    /// The most pixels along one side. 16,384: more is beyond what browsers and graphics cards show.
    pub side: u32,
    /// The most pictures in a moving one. 64: decoding one that moves costs as often as it has pictures.
    pub frames: u64,
    /// The most memory that decoding may take, in bytes. 256 MiB: what the pixels above need, and room to work.
    pub decode_bytes: u64,
    /// The longer side of a thumbnail, in pixels. 320: sharp in a transcript on a dense screen.
    pub thumbnail_side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pixels: 40_000_000,
            side: 16_384,
            frames: 64,
            decode_bytes: 256 * 1024 * 1024,
            thumbnail_side: 320,
        }
    }
}

impl Limits {
    /// Refuses a picture that would be dangerous to decode.
    pub(crate) fn check(&self, dimensions: Dimensions) -> Result<(), MediaRefusal> {
        let longer = dimensions.width.max(dimensions.height);
        hold("picture_side", "pixels", u64::from(self.side), u64::from(longer))?;
        hold("picture_pixels", "pixels", self.pixels, dimensions.pixels())
    }

    /// Refuses a picture that would take too much memory.
    pub(crate) fn check_decoded(&self, bytes: u64) -> Result<(), MediaRefusal> {
        hold("decoded_bytes", "decoded_bytes", self.decode_bytes, bytes)
    }

    /// Refuses a moving picture of too many pictures.
    pub(crate) fn check_frames(&self, frames: u64) -> Result<(), MediaRefusal> {
        hold("picture_frames", "frames", self.frames, frames)
    }
}

fn hold(name: &'static str, unit: &str, value: u64, actual: u64) -> Result<(), MediaRefusal> {
    if actual <= value {
        return Ok(());
    }
    let limit = Limit {
        name: Cow::Borrowed(name),
        value,
        unit: Label::new(unit).map_or(Unit::Items, Unit::Other),
        source: Cow::Borrowed("docs/adr/0060-attachments.md, limits"),
        read_on: Cow::Borrowed(CHECKED),
        confidence: Confidence::Primary,
    };
    Err(MediaRefusal::OverLimit { limit: Box::new(limit), actual })
}
