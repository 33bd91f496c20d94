//! What a file is by its first bytes.

use file_format::FileFormat;
use parlor_channel::MediaRefusal;
use parlor_model::{FileName, MediaType};

/// How many of the first bytes are looked at. The marks of all formats below stand in the first few hundred; the rest is
/// for telling a text.
pub(crate) const HEAD_BYTES: usize = 8 * 1024;

/// Formats, the endings that they go by (the usual one first), and what to call them. A file with one of these endings
/// must be of that format, and a file of the format must have one of these endings or none. All others are unknown.
const KNOWN: &[(FileFormat, &str, &[&str])] = &[
    (FileFormat::PortableNetworkGraphics, "image/png", &["png"]),
    (FileFormat::AnimatedPortableNetworkGraphics, "image/png", &["png", "apng"]),
    (FileFormat::JointPhotographicExpertsGroup, "image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    (FileFormat::GraphicsInterchangeFormat, "image/gif", &["gif"]),
    (FileFormat::Webp, "image/webp", &["webp"]),
    (FileFormat::HighEfficiencyImageCoding, "image/heic", &["heic", "heif"]),
    (FileFormat::HighEfficiencyImageFileFormat, "image/heif", &["heif", "heic"]),
    (FileFormat::ScalableVectorGraphics, "image/svg+xml", &["svg", "svgz"]),
    (FileFormat::PortableDocumentFormat, "application/pdf", &["pdf"]),
    (FileFormat::HypertextMarkupLanguage, "text/html", &["html", "htm", "xhtml"]),
    (FileFormat::ExtensibleMarkupLanguage, "application/xml", &["xml", "xhtml", "xsl"]),
    (FileFormat::Mpeg4Part14, "video/mp4", &["mp4", "m4v"]),
    (FileFormat::ThirdGenerationPartnershipProject, "video/3gpp", &["3gp", "3gpp"]),
    (FileFormat::Webm, "video/webm", &["webm"]),
    (FileFormat::Mpeg12AudioLayer3, "audio/mpeg", &["mp3"]),
    (FileFormat::AdvancedAudioCoding, "audio/aac", &["aac"]),
    (FileFormat::AdaptiveMultiRate, "audio/amr", &["amr"]),
    (FileFormat::OggVorbis, "audio/ogg", &["ogg", "oga"]),
    (FileFormat::OggOpus, "audio/ogg", &["ogg", "oga", "opus"]),
    (FileFormat::Zip, "application/zip", &["zip"]),
    (FileFormat::Vcard, "text/vcard", &["vcf"]),
];

/// The endings of what is nothing but text.
const TEXTS: &[&str] = &["txt", "text", "log", "csv", "md"];

/// What a text is called, whatever its ending.
const TEXT: &str = "text/plain";

/// What a file is. Its bytes decide; its name must not say something else.
pub(crate) fn media_type(name: &FileName, head: &[u8]) -> Result<MediaType, MediaRefusal> {
    if head.is_empty() {
        return Err(MediaRefusal::Empty);
    }
    let found = FileFormat::from_bytes(head);
    let extension = name.extension();
    let extension = extension.as_deref();
    let known = KNOWN.iter().find(|(format, ..)| *format == found);
    if let Some((_, kind, endings)) = known {
        let kind = of(kind);
        return match extension {
            Some(extension) if means_something(extension) && !endings.contains(&extension) => {
                Err(MediaRefusal::Mismatch { extension: extension.to_owned(), found: kind })
            }
            Some(_) | None => Ok(kind),
        };
    }
    match extension {
        Some(extension) if TEXTS.contains(&extension) && is_text(head) => Ok(of(TEXT)),
        Some(extension) if means_something(extension) => {
            Err(MediaRefusal::Mismatch { extension: extension.to_owned(), found: of(MediaType::UNKNOWN) })
        }
        Some(_) | None => Ok(of(MediaType::UNKNOWN)),
    }
}

/// Whether a name with this ending promises one of the formats that are known here.
fn means_something(extension: &str) -> bool {
    TEXTS.contains(&extension) || KNOWN.iter().any(|(_, _, endings)| endings.contains(&extension))
}

/// Whether it reads as text: UTF-8 with nothing in it that only machines write. The last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let readable = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() >= HEAD_BYTES,
    };
    readable && !head.iter().any(|byte| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127))
}

/// One of the types in this file.
fn of(text: &'static str) -> MediaType {
    MediaType::new(text).unwrap_or_else(|_| unreachable!("{text} is a media type"))
}
