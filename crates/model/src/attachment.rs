use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{AttachmentId, BlobId};

/// A file that came or went with a message: what is known of it, never its bytes. Those are kept under
/// [`blob`](Self::blob), in a store of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Identity.
    pub id: AttachmentId,
    /// Under what its bytes are kept.
    pub blob: BlobId,
    /// What it is called; only ever shown, never the name of anything.
    pub name: FileName,
    /// What it is, by its bytes.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// The hash of its bytes, so that what is opened can be held against what came (r125).
    pub sha256: ContentHash,
    /// How large it is, when it is a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// A small picture of it. Never needed: what could not be made is not there (r124).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Thumbnail>,
}

/// A small picture of an attachment, made anew from its pixels and of nothing else in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Under what its bytes are kept.
    pub blob: BlobId,
    /// What it is.
    pub media_type: MediaType,
    /// How large it is.
    pub dimensions: Dimensions,
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// How many pixels wide.
    pub width: u32,
    /// How many pixels high.
    pub height: u32,
}

impl Dimensions {
    /// How many pixels it has.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// What a file is called, fit to be shown in one line and to stand in a header (threat T13).
///
/// It is still whatever somebody liked to write: it proves nothing about what is in the file and is never the name of a
/// file of ours. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The longest name, in bytes of UTF-8 (threat T13).
    pub const MAX_BYTES: usize = 255;

    /// What a file is called of whose name nothing is left.
    const NAMELESS: &str = "file";

    /// The longest ending that is kept when a name is cut, in bytes.
    const LONGEST_ENDING: usize = 16;

    /// Cleans a name: composed (NFC), one line, without control characters, marks that turn the direction of text and
    /// separators of paths, and cut to [`MAX_BYTES`](Self::MAX_BYTES) with its ending kept. Of a path the last part is
    /// taken.
    pub fn clean(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
        let composed: String = last.nfc().collect();
        let mut clean = String::new();
        for word in composed.split_whitespace() {
            let word: String = word.chars().filter(|&character| !is_harmful(character)).collect();
            if word.is_empty() {
                continue;
            }
            if !clean.is_empty() {
                clean.push(' ');
            }
            clean.push_str(&word);
        }
        // A name of dots alone means a folder to a file system.
        let clean = clean.trim_matches(' ').trim_start_matches('.').trim_start();
        if clean.is_empty() {
            return Self(Self::NAMELESS.to_owned());
        }
        Self(cut(clean))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot, in lower case; `None` where there is no dot inside.
    pub fn extension(&self) -> Option<String> {
        let (stem, ending) = self.0.rsplit_once('.')?;
        (!stem.is_empty() && !ending.is_empty()).then(|| ending.to_lowercase())
    }
}

/// Cuts a name to its longest, at a character and with its ending kept.
fn cut(name: &str) -> String {
    if name.len() <= FileName::MAX_BYTES {
        return name.to_owned();
    }
    let ending = name
        .rfind('.')
        .map(|dot| &name[dot..])
        .filter(|ending| ending.len() <= FileName::LONGEST_ENDING)
        .unwrap_or_default();
    let mut end = FileName::MAX_BYTES - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    // A letter must not lose its accents, or gain those of another, by being cut: composing is stable under this, but a
    // name that ends in a space is not one.
    format!("{}{ending}", name[..end].trim_end())
}

/// Control characters, separators of paths, marks that turn the direction of text, and characters that are nothing but
/// invisible.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '/' | '\\'
                | '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

impl From<String> for FileName {
    fn from(name: String) -> Self {
        Self::clean(&name)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}

/// What a file is, such as `image/png`: in lower case and without parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaType(String);

impl MediaType {
    /// What nothing is known of.
    pub const UNKNOWN: &str = "application/octet-stream";

    /// The longest one, in bytes: two names of at most 127 (RFC 6838, section 4.2) and what stands between them.
    const MAX_BYTES: usize = 255;

    /// The pictures that every browser shows and that are made of pixels alone: nothing in them can act.
    const RASTERS: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

    /// Reads a type; its letters become small.
    pub fn new(text: &str) -> Result<Self, MediaTypeError> {
        let text = text.to_ascii_lowercase();
        let is_name = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
        };
        match text.split_once('/') {
            Some((kind, sub)) if text.len() <= Self::MAX_BYTES && is_name(kind) && is_name(sub) => {
                Ok(Self(text))
            }
            Some(_) | None => Err(MediaTypeError),
        }
    }

    /// The type.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a picture of pixels that browsers show: nothing else is ever shown in one of our pages.
    pub fn is_raster(&self) -> bool {
        Self::RASTERS.contains(&self.0.as_str())
    }

    /// Whether it is a picture of any kind.
    pub fn is_image(&self) -> bool {
        self.0.starts_with("image/")
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, MediaTypeError> {
        Self::new(text)
    }
}

impl TryFrom<String> for MediaType {
    type Error = MediaTypeError;

    fn try_from(text: String) -> Result<Self, MediaTypeError> {
        Self::new(&text)
    }
}

impl From<MediaType> for String {
    fn from(kind: MediaType) -> Self {
        kind.0
    }
}

/// A text that is no media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a media type has the form `type/subtype`")]
pub struct MediaTypeError;

/// The SHA-256 of a file; as text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Wraps a hash that was calculated.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = ContentHashError;

    fn from_str(text: &str) -> Result<Self, ContentHashError> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(ContentHashError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ContentHashError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ContentHashError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ContentHash {
    type Error = ContentHashError;

    fn try_from(text: String) -> Result<Self, ContentHashError> {
        text.parse()
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

/// A text that is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct ContentHashError;

/// A file that was not taken (r127).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedAttachment {
    /// What it was called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<FileName>,
    /// Why.
    pub reason: RejectReason,
}

/// Why a file was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectReason {
    /// There is nothing in it.
    Empty,
    /// It has more bytes than the channel takes.
    TooLarge,
    /// The channel does not take files of its type.
    TypeNotAllowed,
    /// Its bytes are something else than its name says.
    TypeMismatch,
    /// It is no whole picture of its type.
    Damaged,
    /// The picture has too many pixels, or too many pictures in it.
    TooManyPixels,
    /// There were too many in one message.
    TooMany,
    /// The contact has sent more than there is room for.
    NoRoom,
    /// The network did not give it to us.
    Unavailable,
}

impl RejectReason {
    /// The reason as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::TypeNotAllowed => "type_not_allowed",
            Self::TypeMismatch => "type_mismatch",
            Self::Damaged => "damaged",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooMany => "too_many",
            Self::NoRoom => "no_room",
            Self::Unavailable => "unavailable",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(name: &str) -> String {
        FileName::clean(name).as_str().to_owned()
    }

    #[test]
    fn a_name_is_a_name_and_no_path() {
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("C:\\Users\\ann\\photo.png"), "photo.png");
        assert_eq!(clean("photos/"), "photos");
        assert_eq!(clean(".."), "file");
        assert_eq!(clean(".htaccess"), "htaccess");
        assert_eq!(clean(""), "file");
    }

    #[test]
    fn a_name_has_no_tricks() {
        assert_eq!(clean("invoice\u{202e}gpj.exe"), "invoicegpj.exe");
        assert_eq!(clean("a\r\nContent-Type: text/html"), "html");
        assert_eq!(clean("a\0b.png"), "ab.png");
        assert_eq!(clean("  my   photo .png "), "my photo .png");
        assert_eq!(clean("e\u{301}.png"), "\u{e9}.png");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = clean(&format!("{}.jpeg", "é".repeat(200)));
        assert!(long.len() <= 255 && long.ends_with("é.jpeg"), "{long}");
        assert_eq!(FileName::clean(&long).extension().as_deref(), Some("jpeg"));
        assert!(clean(&format!("a.{}", "b".repeat(300))).len() <= 255);
    }

    #[test]
    fn an_extension_is_what_stands_behind_the_last_dot() {
        assert_eq!(FileName::clean("a.tar.GZ").extension().as_deref(), Some("gz"));
        assert_eq!(FileName::clean("readme").extension(), None);
        assert_eq!(FileName::clean("readme.").extension(), None);
    }

    #[test]
    fn a_media_type_has_two_names() {
        assert_eq!(MediaType::new("Image/PNG").unwrap().as_str(), "image/png");
        for wrong in ["", "image", "/png", "image/", "image/png; q=1", "image/p ng", "a/b/c", "image/\r\n"] {
            assert_eq!(MediaType::new(wrong), Err(MediaTypeError), "{wrong:?}");
        }
        assert!(MediaType::new("image/webp").unwrap().is_raster());
        let svg = MediaType::new("image/svg+xml").unwrap();
        assert!(svg.is_image() && !svg.is_raster());
    }

    #[test]
    fn a_hash_reads_back_as_itself() {
        let hash = ContentHash::new(std::array::from_fn(|at| u8::try_from(at * 7).unwrap()));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<ContentHash>(), Err(ContentHashError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_clean_name_stays_as_it_is_and_has_nothing_harmful(name in any::<String>()) {
            let once = FileName::clean(&name);
            prop_assert!((1..=FileName::MAX_BYTES).contains(&once.as_str().len()));
            prop_assert!(!once.as_str().chars().any(is_harmful));
            prop_assert!(!once.as_str().starts_with('.'));
            prop_assert_eq!(FileName::clean(once.as_str()), once);
        }
    }
}
