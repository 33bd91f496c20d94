//! Laws about the manifests.

use toml::Table;

use super::plan::UNSAFE_CRATE;
use super::workspace::{Package, packages};
use crate::support::{TextFile, assert_caught, assert_none, text_files};

/// A member of the workspace with the manifest as it is written.
struct Member {
    package: Package,
    manifest: Table,
}

/// Every member of this workspace.
fn members() -> Vec<Member> {
    packages()
        .into_iter()
        .map(|package| {
            let path = format!("{}/Cargo.toml", package.folder);
            let manifest = text_files(&path).first().unwrap().text.parse().unwrap();
            Member { package, manifest }
        })
        .collect()
}

/// What a manifest lacks, or says that it must not.
fn incomplete(members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for Member { package, manifest } in members {
        let mut finding = |what: &str| findings.push(format!("{}: {what}", package.name));
        let shares_lints =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        // The workspace forbids `unsafe`, so the one crate that is for it cannot share the lints.
        if shares_lints != Some(true) && package.name != UNSAFE_CRATE {
            finding("has no `[lints] workspace = true`");
        }
        if package.licence.is_none() {
            finding("has no licence");
        }
        if package.description.is_none() {
            finding("has no description");
        }
        let for_users = package.is_crate() && package.name != UNSAFE_CRATE;
        if package.published && !for_users {
            finding("is not for users and must say `publish = false`");
        }
    }
    findings
}

/// Which libraries of the workspace do not say what they are for.
fn unexplained(manifest: &TextFile) -> Vec<String> {
    let mut findings = Vec::new();
    let mut inside = false;
    let mut explained = false;
    for (number, line) in (1..).zip(manifest.text.lines().map(str::trim)) {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            // Our own crates explain themselves.
            let ours = line.starts_with("parlor ") || line.starts_with("parlor-");
            if !ours && !explained {
                findings.push(format!("{}:{number}: {line}", manifest.path));
            }
        }
        explained = line.starts_with('#');
    }
    findings
}

#[test]
fn every_manifest_is_complete() {
    assert_none("A manifest is incomplete:", &incomplete(&members()));
}

#[test]
fn an_incomplete_manifest_is_caught() {
    let member = |package: Package, manifest: &str| Member { package, manifest: manifest.parse().unwrap() };
    let mut bare = Package::planted("parlor-store", "crates/store", &[]);
    bare.licence = None;
    bare.description = None;
    let wrong = [
        member(Package::planted("parlor-model", "crates/model", &[]), "[lints]\nworkspace = true"),
        member(bare, "[lints.rust]\nmissing_docs = \"allow\""),
        member(Package::planted("quickstart", "examples/quickstart", &[]), "[lints]\nworkspace = true"),
    ];
    assert_caught(
        &incomplete(&wrong),
        &[
            "parlor-store: has no `[lints]",
            "parlor-store: has no licence",
            "parlor-store: has no description",
            "quickstart: is not for users",
        ],
    );
}

#[test]
fn every_library_of_the_workspace_says_what_it_is_for() {
    let manifests = text_files("Cargo.toml");
    assert_none(
        "A line of [workspace.dependencies] has no comment line right above it:",
        &unexplained(manifests.first().unwrap()),
    );
}

#[test]
fn an_unexplained_library_is_caught() {
    let wrong = TextFile::planted(
        "Cargo.toml",
        "[workspace]\nmembers = []\n[workspace.dependencies]\nparlor-model = { path = \"x\" }\n\n\
         # Serialised forms.\nserde = \"1\"\nserde_json = \"1\"\n\n# Far above.\n\ntoml = \"1\"\n[profile.dev]\ndebug = false\n",
    );
    assert_caught(&unexplained(&wrong), &["Cargo.toml:8: serde_json", "Cargo.toml:12: toml"]);
}

#[test]
fn unsafe_code_is_forbidden_for_the_whole_workspace() {
    let manifest: Table = text_files("Cargo.toml").first().unwrap().text.parse().unwrap();
    let level = &manifest["workspace"]["lints"]["rust"]["unsafe_code"];
    assert_eq!(level.as_str(), Some("forbid"));
}
