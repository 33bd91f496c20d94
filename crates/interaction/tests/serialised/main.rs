//! The written form of what stores and journals keep. It may be added to, and is never changed.
//!
//! Ids are written short here: `#7` stands for `00000000-0000-7000-8000-000000000007`, and `@5` for five seconds
//! after the beginning of the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod states;
#[path = "../support/mod.rs"]
mod support;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Checks both ways: what is written, and that what was written reads back.
fn written<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, expected: &str) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(shorten(&json), expected);
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
}

fn shorten(json: &str) -> String {
    let mut short = json.to_owned();
    for number in 0..100_u32 {
        let long = format!("00000000-0000-7000-8000-{number:012}");
        short = short.replace(&long, &format!("#{number}"));
    }
    for second in 0..60 {
        let long = support::at(second).to_string();
        short = short.replace(&long, &format!("@{second}"));
    }
    short
}
