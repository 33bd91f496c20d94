//! The page about limits is made of the data files of the adapters.

use std::fmt::Write as _;
use std::fs;

use toml::{Table, Value};

use crate::support::{TextFile, root, text_files};

/// Set to 1, the page is written instead of compared.
const BLESS: &str = "PARLOR_BLESS";

const PAGE: &str = "docs/limits.md";

const HEAD: &str = "\
# Limits of networks and providers

This page is generated from the data files of the adapters (`crates/*/limits/*.toml`), which are what is checked before anything is
sent: who is refused is told the limit, its value and its source. A test fails when the page is out of date; write it anew with
`PARLOR_BLESS=1 cargo test -p parlor-tests --test docs limits`.

Confidence: *primary* is the word of whoever enforces the limit, *vendor* that of a company that resells the network, *third party* of
somebody who wrote about it; where sources contradict one another (*disputed*), the strictest counts.
";

/// Every data file with limits.
fn files() -> Vec<TextFile> {
    text_files("crates")
        .into_iter()
        .filter(|file| file.path.contains("/limits/") && file.has_extension("toml"))
        .collect()
}

/// A number in the form in which people read it.
fn grouped(value: i64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What stands behind a name; a file that leaves it out is wrong.
fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} is missing in {entry}"))
}

fn page(files: &[TextFile]) -> String {
    let mut page = String::from(HEAD);
    for file in files {
        let table: Table = file.text.parse().unwrap();
        let (revision, date) = (&table["revision"], table["date"].as_str().unwrap());
        let _ = write!(page, "\n## `{}`\n\nRevision {revision} of {date}.\n\n", file.path);
        page.push_str(
            "| channel | provider | sender | limit | value | unit | source | read on | confidence |\n",
        );
        page.push_str("| --- | --- | --- | --- | ---: | --- | --- | --- | --- |\n");
        for entry in table["limit"].as_array().unwrap() {
            let value = grouped(entry.get("value").and_then(Value::as_integer).unwrap());
            let _ = writeln!(
                page,
                "| {} | {} | {} | `{}` | {value} | {} | {} | {} | {} |",
                text(entry, "channel"),
                text(entry, "provider"),
                text(entry, "sender"),
                text(entry, "name"),
                text(entry, "unit"),
                text(entry, "source").replace('|', "\\|"),
                text(entry, "read_on"),
                text(entry, "confidence").replace('_', " "),
            );
        }
        if let Some(media) = table.get("media") {
            let _ = write!(
                page,
                "\nTypes of files that are taken ({}, {}):\n\n",
                text(media, "source"),
                text(media, "read_on")
            );
            for (kind, types) in media.as_table().unwrap() {
                if let Some(types) = types.as_array() {
                    let types: Vec<_> =
                        types.iter().filter_map(Value::as_str).map(|kind| format!("`{kind}`")).collect();
                    let _ = writeln!(page, "* {kind}: {}", types.join(", "));
                }
            }
        }
    }
    page
}

#[test]
fn the_page_about_limits_is_up_to_date() {
    let files = files();
    assert!(!files.is_empty(), "no adapter has a file of limits");
    let page = page(&files);
    let path = root().join(PAGE);
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "{PAGE} is out of date; write it anew with {BLESS}=1 cargo test -p parlor-tests --test docs limits"
    );
}

#[test]
fn every_number_of_a_file_stands_on_the_page() {
    let file = TextFile::planted(
        "crates/x/limits/y.toml",
        "revision = 3\ndate = \"2026-01-02\"\n[[limit]]\nname = \"text\"\nvalue = 1234567\nunit = \"bytes\"\n\
         channel = \"c\"\nprovider = \"p\"\nsender = \"s\"\nsource = \"a|b\"\nread_on = \"2026-01-01\"\n\
         confidence = \"third_party\"\n[media]\nsome = [\"a/b\"]\nsource = \"there\"\n\
         read_on = \"2026-01-01\"\n",
    );
    let page = page(&[file]);
    assert!(
        page.contains("| c | p | s | `text` | 1,234,567 | bytes | a\\|b | 2026-01-01 | third party |"),
        "{page}"
    );
    assert!(page.contains("Revision 3 of 2026-01-02.") && page.contains("* some: `a/b`"), "{page}");
}
