//! Law: the pure crates can read neither the time nor randomness, and no runtime or database reaches them.
//!
//! Each is resolved alone: in the whole workspace another crate may switch on a feature for all of them.

use super::plan::PURE;
use super::workspace::{cargo, packages};
use crate::support::{assert_caught, assert_none};

/// Packages that must not be reached at all, however far away.
const NEVER_REACHED: &[&str] = &[
    "axum",
    "deadpool-postgres",
    "getrandom",
    "hyper",
    "object_store",
    "rand",
    "reqwest",
    "rusqlite",
    "tokio",
    "tokio-postgres",
];

/// Features that would let a crate read the time or invent an id.
const NEVER_ON: &[(&str, &[&str])] =
    &[("chrono", &["clock", "now"]), ("uuid", &["v1", "v4", "v6", "v7", "rng", "fast-rng"])];

/// What a pure crate must not have, in the listing of what it is built from: `name version|feature,feature` a line.
fn impure(crate_name: &str, listing: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for line in listing.lines() {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        if NEVER_REACHED.contains(&name) {
            findings.push(format!("{crate_name} is built with {name}"));
        }
        for &(_, banned) in NEVER_ON.iter().filter(|&&(of, _)| of == name) {
            let on = features
                .trim_end_matches("(*)")
                .split(',')
                .map(str::trim)
                .filter(|feature| banned.contains(feature));
            findings.extend(on.map(|feature| format!("{crate_name} is built with {name}/{feature}")));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

/// The pure crates that are here already.
fn pure_crates() -> Vec<String> {
    packages().into_iter().map(|package| package.name).filter(|name| PURE.contains(&name.as_str())).collect()
}

#[test]
fn pure_crates_are_told_everything() {
    let pure = pure_crates();
    assert!(!pure.is_empty(), "no pure crates were found");
    for name in pure {
        let listing = cargo(&["tree", "-p", &name, "-e", "normal", "--prefix", "none", "-f", "{p}|{f}"]);
        assert!(
            listing.starts_with(&name),
            "the listing of {name} is not what this test expects:\n{listing}"
        );
        assert_none(
            "A pure crate can read the time, randomness or the outside world:",
            &impure(&name, &listing),
        );
    }
}

#[test]
fn an_impure_crate_is_caught() {
    let listing = "parlor-model v0.1.0 (/somewhere)|\n\
                   chrono v0.4.45|alloc,clock,std\n\
                   chrono v0.4.45|alloc,clock,std (*)\n\
                   serde v1.0.229|default,derive\n\
                   tokio v1.48.0|sync\n\
                   uuid v1.18.0|serde,std,v7\n";
    assert_caught(&impure("parlor-model", listing), &["chrono/clock", "with tokio", "uuid/v7"]);
    let clean =
        "parlor-model v0.1.0|\nchrono v0.4.45|serde,std\ntokio-stream v0.1.0|\nuuid v1.18.0|serde,std\n";
    assert_none("", &impure("parlor-model", clean));
}
