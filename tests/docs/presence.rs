//! Documents that must exist once what they describe exists.

use crate::support::{assert_none, root};

/// A folder of code and the document that is owed for it.
const OWED: &[(&str, &str)] = &[
    ("crates/interaction", "docs/interaction-states.md"),
    ("crates/webchat", "docs/specs/web-chat.md"),
    ("crates/server", "docs/specs/agent-api.md"),
    ("crates/testkit/src/codec_suite.rs", "docs/specs/codec.md"),
    ("crates/testkit/src/transport_suite.rs", "docs/specs/transport.md"),
    ("crates", "docs/manual-decisions.md"),
];

/// Which documents are missing, by a check whether a path exists.
fn missing(exists: impl Fn(&str) -> bool) -> Vec<String> {
    OWED.iter()
        .filter(|(code, document)| exists(code) && !exists(document))
        .map(|(code, document)| format!("{document} is missing; it describes {code}"))
        .collect()
}

#[test]
fn what_exists_is_described() {
    assert_none("A document is missing:", &missing(|path| root().join(path).exists()));
}

#[test]
fn a_missing_document_is_caught() {
    let there = ["crates", "docs/manual-decisions.md", "crates/interaction"];
    let findings = missing(|path| there.contains(&path));
    crate::support::assert_caught(&findings, &["docs/interaction-states.md is missing"]);
}
