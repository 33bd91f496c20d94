//! Laws: the top of the repository holds only what the plan names, and an example of a flow is short.

use std::fs;

use crate::support::{TextFile, assert_caught, assert_none, root, text_files};

/// What stands at the top.
const PLANNED: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".deny.toml",
    ".gitignore",
    ".rustfmt.toml",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "docs",
    "examples",
    "tests",
];

/// What is there besides: kept by Git, or built and ignored by it.
const BESIDES: &[&str] = &[".git", "target"];

/// What does not belong at the top.
fn strangers(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !PLANNED.contains(&name.as_str()) && !BESIDES.contains(&name.as_str()))
        .cloned()
        .collect()
}

#[test]
fn the_top_holds_only_what_is_planned() {
    let names: Vec<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_none("The top of the repository holds something that the plan does not name:", &strangers(&names));
}

#[test]
fn a_stranger_at_the_top_is_caught() {
    let names = ["Cargo.toml", "xtask", ".git", "crates", "build.sh"].map(str::to_owned);
    assert_caught(&strangers(&names), &["xtask", "build.sh"]);
}

/// The application, and an implementation of a whole trait; everything else below `examples` shows one flow.
const LARGER: &[&str] = &["examples/agent-desktop/", "examples/custom-store/", "examples/custom-transport/"];

/// How many lines an example of a flow may have, in all its sources: whoever reads it should see it whole.
const EXAMPLE_LINES: usize = 150;

/// Examples that are too long.
fn too_long(files: &[TextFile]) -> Vec<String> {
    let mut lines = std::collections::BTreeMap::<&str, usize>::new();
    for file in files.iter().filter(|file| !LARGER.iter().any(|larger| file.path.starts_with(larger))) {
        if let Some((example, _)) = file.path.split_once("/src/") {
            *lines.entry(example).or_default() += file.text.lines().count();
        }
    }
    let long = lines.into_iter().filter(|(_, lines)| *lines >= EXAMPLE_LINES);
    long.map(|(example, lines)| format!("{example}: {lines} lines")).collect()
}

#[test]
fn an_example_of_a_flow_is_short() {
    assert_none("An example has too many lines to be read whole:", &too_long(&text_files("examples")));
}

#[test]
fn a_long_example_is_caught() {
    let (short, long) = ("line\n".repeat(149), "line\n".repeat(75));
    let files = [
        TextFile::planted("examples/short/src/main.rs", &short),
        TextFile::planted("examples/long/src/main.rs", &long),
        TextFile::planted("examples/long/src/part.rs", &long),
        TextFile::planted("examples/agent-desktop/src/run.rs", &short.repeat(2)),
    ];
    assert_caught(&too_long(&files), &["examples/long: 150 lines"]);
}
