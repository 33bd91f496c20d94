//! Law: the top of the repository holds only what the plan names.

use std::fs;

use crate::support::{assert_caught, assert_none, root};

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
