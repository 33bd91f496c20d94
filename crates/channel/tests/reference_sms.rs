//! Counts SMS against vectors of other implementations.
//!
//! They are not part of the repository. `PARLOR_REFERENCE_DIR` names the folder that has them below `specs/sms`;
//! without it nothing is compared, which is said, and which fails where `PARLOR_REQUIRE_ALL=1`.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::{env, fs};

    use parlor_channel::{SmsAlphabet, SmsLength, SmsParts};
    use serde::Deserialize;

    /// One text with the answers of three implementations; what is not read here is left out.
    #[derive(Deserialize)]
    struct Vector {
        text: String,
        /// The provider's own calculator.
        twilio_calc: Calculated,
        /// Parts in Unicode scalar values.
        split_sms: Split,
    }

    #[derive(Deserialize)]
    struct Calculated {
        encoding: String,
        segments: usize,
    }

    #[derive(Deserialize)]
    struct Split {
        segments: usize,
        remaining: usize,
        parts: Vec<usize>,
    }

    /// The folder with the vectors, or `None` when there is none and none is required.
    fn folder(what: &str) -> Option<PathBuf> {
        if let Some(folder) = env::var_os("PARLOR_REFERENCE_DIR") {
            return Some(PathBuf::from(folder).join("specs").join("sms"));
        }
        assert!(
            env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|value| value != "1"),
            "PARLOR_REFERENCE_DIR is not set, so {what} cannot be compared"
        );
        println!("not run: {what} (PARLOR_REFERENCE_DIR is not set)");
        None
    }

    #[test]
    fn parts_are_those_of_other_implementations() {
        let Some(folder) = folder("the lengths of SMS texts") else {
            return;
        };
        let json = fs::read_to_string(folder.join("segmentation_vectors.json")).unwrap();
        let vectors: BTreeMap<String, Vector> = serde_json::from_str(&json).unwrap();
        assert!(vectors.len() > 50, "{} vectors", vectors.len());
        for (name, vector) in vectors {
            let length = SmsLength::of(&vector.text);
            assert_eq!(length.alphabet.as_str(), vector.twilio_calc.encoding, "{name}");
            assert_eq!(length.segments, vector.twilio_calc.segments, "{name}");
            assert_eq!(length.segments, vector.split_sms.segments, "{name}");
            assert_eq!(length.remaining, vector.split_sms.remaining, "{name}");
            let parts: Vec<usize> = SmsParts::of(&vector.text).map(|part| part.chars().count()).collect();
            assert_eq!(parts, vector.split_sms.parts, "{name}");
        }
    }

    #[test]
    fn the_alphabet_is_that_of_other_implementations() {
        let Some(folder) = folder("the alphabet of SMS texts") else {
            return;
        };
        let json = fs::read_to_string(folder.join("gsm7_table.json")).unwrap();
        let table: BTreeMap<u32, Vec<u8>> = serde_json::from_str(&json).unwrap();
        for character in '\0'..=char::MAX {
            let length = SmsLength::of(character.encode_utf8(&mut [0; 4]));
            match table.get(&u32::from(character)) {
                Some(septets) => assert_eq!(
                    (length.alphabet, length.units),
                    (SmsAlphabet::Gsm7, septets.len()),
                    "{character:?}"
                ),
                None => assert_eq!(length.alphabet, SmsAlphabet::Ucs2, "{character:?}"),
            }
        }
    }
}
