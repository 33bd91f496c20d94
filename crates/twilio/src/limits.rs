//! What the network and the provider hold us to, read from data files.

use std::sync::LazyLock;

use parlor_channel::{
    Capabilities, CapabilitiesId, CharacterCount, Confidence, Feature, Limit, MediaRule, SegmentCount,
    Support, TextLimit, TextMeasure, Unit,
};
use parlor_model::{Attachment, Label, MediaType};
use serde::Deserialize;

const SMS: &str = include_str!("../limits/sms.toml");
const MMS: &str = include_str!("../limits/mms.toml");

/// The limit on all files of a message together.
const ALL_FILES: &str = "all_files";

/// The limit on a file that the provider does not make smaller for the recipient.
const OTHER_FILE: &str = "other_file";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    revision: u32,
    date: String,
    limit: Vec<Entry>,
    #[serde(default)]
    media: Types,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    value: u64,
    unit: String,
    #[expect(dead_code, reason = "for whoever edits the file, and for the page that is made of it")]
    channel: String,
    #[expect(dead_code, reason = "for whoever edits the file, and for the page that is made of it")]
    provider: String,
    #[expect(dead_code, reason = "for whoever edits the file, and for the page that is made of it")]
    sender: String,
    source: String,
    read_on: String,
    confidence: Trust,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Trust {
    Primary,
    Vendor,
    ThirdParty,
    Disputed,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Types {
    adapted: Vec<String>,
    other: Vec<String>,
    #[expect(dead_code, reason = "for whoever edits the file")]
    source: String,
    #[expect(dead_code, reason = "for whoever edits the file")]
    read_on: String,
}

/// Counts units of UTF-16, as the provider does: `é` is one, an emoji two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16Count;

/// What [`Utf16Count`] counts.
const UTF16_UNITS: &str = "utf16_units";

impl TextMeasure for Utf16Count {
    fn unit(&self) -> Unit {
        unit(UTF16_UNITS)
    }

    fn count(&self, text: &str) -> u64 {
        u64::try_from(text.encode_utf16().count()).unwrap_or(u64::MAX)
    }
}

fn unit(name: &str) -> Unit {
    match name {
        "bytes" => Unit::Bytes,
        "characters" => Unit::Characters,
        "items" => Unit::Items,
        "milliseconds" => Unit::Milliseconds,
        // The names in the files are labels: a test reads both.
        other => Label::new(other).map_or(Unit::Items, Unit::Other),
    }
}

impl Entry {
    fn limit(&self) -> Limit {
        Limit {
            name: self.name.clone().into(),
            value: self.value,
            unit: unit(&self.unit),
            source: self.source.clone().into(),
            read_on: self.read_on.clone().into(),
            confidence: match self.confidence {
                Trust::Primary => Confidence::Primary,
                Trust::Vendor => Confidence::Vendor,
                Trust::ThirdParty => Confidence::ThirdParty,
                Trust::Disputed => Confidence::Disputed,
            },
        }
    }
}

/// The two files; nothing when they cannot be read, which a test finds out.
static FILES: LazyLock<Vec<File>> =
    LazyLock::new(|| [SMS, MMS].iter().filter_map(|text| toml::from_str(text).ok()).collect());

static CAPABILITIES: LazyLock<Capabilities> = LazyLock::new(|| {
    let revision = FILES.iter().map(|file| file.revision).sum();
    let date = FILES.iter().map(|file| file.date.clone()).max().unwrap_or_default();
    let mut capabilities = Capabilities::new(CapabilitiesId { name: "twilio.sms".into(), date: date.into(), revision })
            .with_feature(Feature::Text, Support::Full)
            .with_parts(SegmentCount)
            // By MMS, which is made smaller on its way and does not exist in every country.
            .with_feature(Feature::Image, Support::Partial)
            .with_feature(Feature::File, Support::Partial)
            // Not every carrier tells.
            .with_feature(Feature::DeliveryReceipts, Support::Partial);
    for entry in FILES.iter().flat_map(|file| &file.limit) {
        capabilities = match entry.name.as_str() {
            "text" if entry.unit == UTF16_UNITS => {
                capabilities.with_text_limit(TextLimit::new(entry.limit(), Utf16Count))
            }
            "text" => capabilities.with_text_limit(TextLimit::new(entry.limit(), CharacterCount)),
            _ => capabilities.with_limit(entry.limit()),
        };
    }
    let Some(all) = capabilities.limit(ALL_FILES).cloned() else {
        return capabilities;
    };
    let types = FILES.iter().flat_map(|file| file.media.adapted.iter().chain(&file.media.other));
    let types: Vec<_> = types.filter_map(|name| MediaType::new(name).ok()).collect();
    types.into_iter().fold(capabilities, |capabilities, media_type| {
        capabilities.with_media(MediaRule { media_type, limit: all.clone() })
    })
});

/// What SMS and MMS over Twilio can carry. Whether agents may send files is a matter of the profile.
pub fn sms_capabilities() -> &'static Capabilities {
    &CAPABILITIES
}

/// Whether files are small enough to go in one message: all together, and each that the provider does not make smaller.
pub(crate) fn fit_into_one_message(files: &[Attachment]) -> bool {
    let most = |name: &str| CAPABILITIES.limit(name).map_or(0, |limit| limit.value);
    let adapted = |kind: &MediaType| {
        FILES.iter().any(|file| file.media.adapted.iter().any(|name| name == kind.as_str()))
    };
    let all = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    all <= most(ALL_FILES)
        && files.iter().all(|file| adapted(&file.media_type) || file.bytes <= most(OTHER_FILE))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use parlor_channel::{ATTACHMENTS_PER_MESSAGE, SmsAlphabet};

    use super::*;

    #[test]
    fn both_files_are_read_and_every_limit_in_them_is_held() {
        for text in [SMS, MMS] {
            toml::from_str::<File>(text).unwrap();
        }
        let mut names = BTreeSet::new();
        for entry in FILES.iter().flat_map(|file| &file.limit) {
            let held = sms_capabilities().limit(&entry.name).unwrap();
            assert!(names.insert(&entry.name), "{} stands there twice", entry.name);
            assert_eq!(*held, entry.limit());
            assert_eq!(held.unit.as_str(), entry.unit);
            assert!(!held.source.is_empty() && held.read_on.len() == 10, "{held}");
        }
        assert_eq!(sms_capabilities().limits().count(), names.len());
        assert_eq!(sms_capabilities().limit("text").unwrap().value, 1600);
        assert_eq!(sms_capabilities().limit(ATTACHMENTS_PER_MESSAGE).unwrap().value, 10);
        assert_eq!(sms_capabilities().largest_file(), 5 * 1024 * 1024);
        let types: usize = FILES.iter().map(|file| file.media.adapted.len() + file.media.other.len()).sum();
        assert_eq!(sms_capabilities().media().len(), types, "each is a type, and none stands there twice");
    }

    #[test]
    fn the_lengths_of_parts_are_those_that_are_counted_with() {
        for (name, counted) in [
            ("gsm7_single", SmsAlphabet::Gsm7.single()),
            ("gsm7_part", SmsAlphabet::Gsm7.per_part()),
            ("ucs2_single", SmsAlphabet::Ucs2.single()),
            ("ucs2_part", SmsAlphabet::Ucs2.per_part()),
        ] {
            let limit = sms_capabilities().limit(name).unwrap();
            assert_eq!(usize::try_from(limit.value), Ok(counted), "{name}");
        }
    }

    #[test]
    fn an_emoji_is_two_units() {
        assert_eq!(Utf16Count.count("né😀"), 4);
    }
}
