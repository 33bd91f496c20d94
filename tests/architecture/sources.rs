//! Laws about what stands in the source files.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::plan::UNSAFE_CRATE;
use crate::support::{TextFile, assert_caught, assert_none, text_files};

/// The folders that hold what people wrote.
const WRITTEN: &[&str] = &["crates", "examples", "tests", "docs", ".ci", ".cargo"];

/// Files at the top of the repository that hold text of ours.
const WRITTEN_AT_TOP: &[&str] =
    &["Cargo.toml", "README.md", "CHANGELOG.md", ".clippy.toml", ".rustfmt.toml", ".deny.toml", ".gitignore"];

/// Crates that must treat every network alike, so that one they have never heard of works too.
const BLIND_TO_CHANNEL_KIND: &[&str] =
    &["crates/engine/src/", "crates/interaction/src/", "crates/routing/src/"];

/// One token of a Rust file: a word, a sign, a literal or a bracket. Comments are none; a documentation comment is
/// a literal.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// The tokens of a Rust file.
pub(super) fn tokens(file: &TextFile) -> Result<Vec<Token>, String> {
    let stream: TokenStream =
        file.text.parse().map_err(|error| format!("{}: not Rust: {error}", file.path))?;
    let mut found = Vec::new();
    flatten(stream, &mut found);
    Ok(found)
}

fn flatten(stream: TokenStream, found: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let token = |text: &str| Token { text: text.to_owned(), line };
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                found.push(token(open));
                flatten(group.stream(), found);
                found.push(token(close));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
                found.push(token(&tree.to_string()));
            }
        }
    }
}

/// Every Rust file of the repository.
pub(super) fn rust_files() -> Vec<TextFile> {
    let files: Vec<_> = ["crates", "examples", "tests"]
        .into_iter()
        .flat_map(text_files)
        .filter(|file| file.has_extension("rs"))
        .collect();
    assert!(!files.is_empty(), "no Rust files were found");
    files
}

/// Where a sequence of tokens stands in a file; a file that is not Rust is a finding too.
fn places(file: &TextFile, sequences: &[&[&str]]) -> Vec<String> {
    let tokens = match tokens(file) {
        Ok(tokens) => tokens,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    for (at, first) in tokens.iter().enumerate() {
        for sequence in sequences {
            let stands = tokens
                .get(at..at + sequence.len())
                .is_some_and(|window| window.iter().zip(*sequence).all(|(token, text)| token.text == *text));
            if stands {
                findings.push(format!("{}:{}: {}", file.path, first.line, sequence.concat()));
            }
        }
    }
    findings
}

/// Where an engine crate names a kind of channel.
fn channel_kinds(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| BLIND_TO_CHANNEL_KIND.iter().any(|below| file.path.starts_with(below)))
        // Renaming the type on import would hide the second form from the first.
        .flat_map(|file| places(file, &[&["ChannelKind", ":", ":"], &["ChannelKind", "as"]]))
        .collect()
}

/// Where `unsafe` stands outside the one crate that is for it.
fn unsafe_code(files: &[TextFile]) -> Vec<String> {
    let home = format!("crates/{}/", UNSAFE_CRATE.trim_start_matches("parlor-"));
    files
        .iter()
        .filter(|file| !file.path.starts_with(&home))
        .flat_map(|file| places(file, &[&["unsafe"]]))
        .collect()
}

/// Where code is unfinished or a test is skipped.
fn unfinished(files: &[TextFile]) -> Vec<String> {
    let forms: &[&[&str]] = &[
        &["todo", "!", "("],
        &["todo", "!", "{"],
        &["todo", "!", "["],
        &["unimplemented", "!", "("],
        &["unimplemented", "!", "{"],
        &["unimplemented", "!", "["],
        &["#", "[", "ignore"],
    ];
    files.iter().flat_map(|file| places(file, forms)).collect()
}

/// Text that names a place outside the repository, which nobody else has: a folder of one machine, or the host of a
/// package registry (the crate registry is always meant by its role).
fn foreign_places(files: &[TextFile]) -> Vec<String> {
    // Written in parts, so that this file does not contain what it looks for.
    let machine = ["home", "Users", "root", "work", "farm"].map(|folder| format!("/{folder}/"));
    let registries =
        [("crates", ".io"), ("pypi", ".org"), ("npmjs", ".org"), ("npmjs", ".com"), ("python", "hosted")]
            .map(|(name, rest)| format!("{name}{rest}"));
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !is_lock(&file.path)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let folder = machine.iter().find(|folder| begins_a_path(line, folder));
            let host = registries.iter().find(|host| line.contains(host.as_str()));
            for found in folder.into_iter().chain(host) {
                findings.push(format!("{}:{number}: {found}", file.path));
            }
        }
    }
    findings
}

/// Whether a folder stands in a line as the beginning of a path, not inside one, and is followed by a name.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + folder.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| c.is_alphanumeric() || "_.})*-".contains(c))
            && after.is_some_and(|c| c.is_alphanumeric() || c == '.')
    })
}

/// Lock files are written by tools and name the registry they resolved from.
fn is_lock(path: &str) -> bool {
    path.ends_with("Cargo.lock") || path.ends_with("package-lock.json")
}

/// Everything that people wrote.
fn written_files() -> Vec<TextFile> {
    WRITTEN.iter().chain(WRITTEN_AT_TOP).flat_map(|below| text_files(below)).collect()
}

#[test]
fn engine_routing_and_interaction_never_ask_which_network_it_is() {
    assert_none(
        "What differs between networks is data (capabilities, profiles), never a branch on the kind:",
        &channel_kinds(&rust_files()),
    );
}

#[test]
fn a_branch_on_the_network_is_caught() {
    let wrong = [
        TextFile::planted(
            "crates/engine/src/a.rs",
            "// ChannelKind::Sms in a comment\n/// ChannelKind::Sms in documentation\nfn f(k: &ChannelKind) -> bool {\n    *k == ChannelKind::Sms\n}",
        ),
        TextFile::planted("crates/routing/src/b.rs", "use parlor_model::ChannelKind as Network;"),
        TextFile::planted("crates/interaction/src/c.rs", "use parlor_model::ChannelKind::*;"),
        TextFile::planted("crates/channel/src/d.rs", "const K: ChannelKind = ChannelKind::Sms;"),
        TextFile::planted("crates/engine/src/e.rs", "const TEXT: &str = \"ChannelKind::Sms\";"),
    ];
    assert_caught(
        &channel_kinds(&wrong),
        &["crates/engine/src/a.rs:4", "crates/routing/src/b.rs:1", "crates/interaction/src/c.rs:1"],
    );
}

#[test]
fn only_one_crate_is_unsafe() {
    assert_none("`unsafe` stands outside the crate that is for it:", &unsafe_code(&rust_files()));
}

#[test]
fn unsafe_code_is_caught() {
    let wrong = [
        TextFile::planted("crates/store/src/a.rs", "#![forbid(unsafe_code)]\nfn f() { unsafe { g() } }"),
        TextFile::planted("crates/sqlite-vfs/src/lib.rs", "unsafe fn f() {}"),
        TextFile::planted("tests/b.rs", "// unsafe in a comment"),
        TextFile::planted("crates/store/src/c.rs", "fn f() { ("),
    ];
    assert_caught(&unsafe_code(&wrong), &["crates/store/src/a.rs:2", "crates/store/src/c.rs: not Rust"]);
}

#[test]
fn nothing_is_unfinished_or_skipped() {
    assert_none("Code is unfinished or a test is skipped:", &unfinished(&rust_files()));
}

#[test]
fn unfinished_code_is_caught() {
    let wrong = [
        TextFile::planted("crates/a.rs", concat!("fn f() { ", "to", "do!() }")),
        TextFile::planted("crates/b.rs", concat!("fn f() { unimpl", "emented!(\"later\") }")),
        TextFile::planted("crates/c.rs", concat!("#[test]\n#[ig", "nore]\nfn f() {}")),
        TextFile::planted("crates/d.rs", "fn f(todo: u8, x: u8) -> bool { todo != x }"),
    ];
    assert_caught(&unfinished(&wrong), &["a.rs:1", "b.rs:1", "c.rs:2"]);
}

#[test]
fn nothing_names_a_place_that_only_one_machine_has() {
    assert_none(
        "A folder of one machine, or the host of a package registry, is named:",
        &foreign_places(&written_files()),
    );
}

#[test]
fn a_foreign_place_is_caught() {
    let wrong = [
        TextFile::planted("a.md", concat!("see /ho", "me/ann/notes")),
        TextFile::planted("b.rs", concat!("\"/wo", "rk/main\"")),
        TextFile::planted("c.md", concat!("from crates", ".io")),
        TextFile::planted("d.js", concat!("fetch(`${base}/wo", "rk/list`); x = a/wo", "rk/b")),
        TextFile::planted("Cargo.lock", concat!("source = \"crates", ".io\"")),
    ];
    assert_caught(&foreign_places(&wrong), &["a.md:1", "b.rs:1", "c.md:1"]);
}
