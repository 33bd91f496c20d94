//! Law: one word for one thing. Types carry the terms of the plan, not their synonyms.

use super::sources::{rust_files, tokens};
use crate::support::{TextFile, assert_caught, assert_none};

/// Words that no type of ours may be named with, and the term to use. Only those that mean nothing else here:
/// `Case`, `Session` or `Handle` have honest other uses.
const FORBIDDEN: &[(&[&str], &str)] = &[
    (&["Customer"], "Contact"),
    (&["Lead"], "Contact"),
    (&["End", "User"], "Contact"),
    (&["Operator"], "Agent"),
    (&["Ticket"], "Interaction"),
    (&["Chat", "Room"], "Thread"),
    (&["Canned", "Response"], "StandardResponse"),
    (&["Hsm"], "Template"),
    (&["Wrap", "Up"], "Disposition, or Ended for the state"),
    (&["Escalation"], "Transfer"),
    (&["Tenant"], "a workspace: one engine is one workspace"),
];

/// The words that declare a type.
const DECLARES: &[&str] = &["struct", "enum", "trait", "type", "union"];

/// The parts of a name: `ReplyWindow` is `Reply`, `Window`.
fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut after_lower = false;
    for c in name.chars() {
        match parts.last_mut() {
            Some(part) if !(c.is_uppercase() && after_lower) => part.push(c),
            _ => parts.push(c.to_string()),
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    parts
}

/// Which types are named with a word that the plan has another term for.
fn synonyms(files: &[TextFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let tokens = match tokens(file) {
            Ok(tokens) => tokens,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        for (declares, name) in tokens.iter().zip(tokens.iter().skip(1)) {
            if !DECLARES.contains(&declares.text.as_str()) {
                continue;
            }
            let parts = parts(&name.text);
            for (words, term) in FORBIDDEN {
                if parts.windows(words.len()).any(|window| window == *words) {
                    findings.push(format!("{}:{}: {}; say {term}", file.path, name.line, name.text));
                }
            }
        }
    }
    findings
}

#[test]
fn types_carry_the_terms_of_the_plan() {
    assert_none("A type is named with a synonym of one of our terms:", &synonyms(&rust_files()));
}

#[test]
fn a_synonym_is_caught() {
    let wrong = [
        TextFile::planted("a.rs", "/// A customer.\npub struct CustomerId(u8);"),
        TextFile::planted("b.rs", "enum EndUserKind { A }\ntype OpenTicket = u8;"),
        TextFile::planted(
            "c.rs",
            "struct LeaderLease; trait Operation {} enum Friend { Ender, User }\nfn customer() {}",
        ),
    ];
    assert_caught(&synonyms(&wrong), &["a.rs:2: CustomerId", "b.rs:1: EndUserKind", "b.rs:2: OpenTicket"]);
}
