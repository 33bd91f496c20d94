//! Law: only the arrows of the plan.

use super::plan::{EXAMPLES_MAY_USE, planned};
use super::workspace::{EdgeKind, Package, packages};
use crate::support::{assert_caught, assert_none};

/// Whether a package is one of ours.
fn is_ours(name: &str) -> bool {
    name == "parlor" || name.starts_with("parlor-")
}

/// What breaks the plan: an unplanned crate, a crate in the wrong folder, an unplanned arrow.
fn unplanned(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(unplanned_in).collect()
}

fn unplanned_in(package: &Package) -> Vec<String> {
    let mut findings = Vec::new();
    let may_use = if package.is_crate() {
        let folder = package.name.strip_prefix("parlor-").unwrap_or(&package.name);
        if package.folder != format!("crates/{folder}") {
            findings
                .push(format!("{} is in {}; its folder is crates/{folder}", package.name, package.folder));
        }
        let planned = planned(&package.name);
        if planned.is_none() {
            findings.push(format!("{} is not a crate of the plan", package.name));
        }
        planned.map_or(&[][..], |planned| planned.may_use)
    } else if package.is_example() {
        EXAMPLES_MAY_USE
    } else {
        &[]
    };
    let unplanned = package
        .edges
        .iter()
        .filter(|edge| edge.kind.ships() && is_ours(&edge.to) && !may_use.contains(&edge.to.as_str()))
        .map(|edge| format!("{} uses {} ({:?}); it may use {may_use:?}", package.name, edge.to, edge.kind));
    findings.extend(unplanned);
    findings
}

#[test]
fn crates_use_each_other_only_as_planned() {
    assert_none(
        "A crate knows another that the plan keeps from it (the table is in tests/architecture/plan.rs):",
        &unplanned(&packages()),
    );
}

#[test]
fn an_unplanned_arrow_is_caught() {
    let wrong = [
        Package::planted(
            "parlor-routing",
            "crates/routing",
            &[("parlor-model", EdgeKind::Normal), ("parlor-interaction", EdgeKind::Normal)],
        ),
        Package::planted("parlor-webchat", "crates/webchat", &[("parlor-engine", EdgeKind::Build)]),
        Package::planted(
            "parlor-store",
            "crates/store",
            &[
                ("parlor-testkit", EdgeKind::Dev),
                ("serde", EdgeKind::Normal),
                ("parlor-sqlite-vfs", EdgeKind::Dev),
            ],
        ),
        Package::planted(
            "quickstart",
            "examples/quickstart",
            &[("parlor", EdgeKind::Normal), ("parlor-engine", EdgeKind::Normal)],
        ),
    ];
    assert_caught(
        &unplanned(&wrong),
        &[
            "parlor-routing uses parlor-interaction",
            "parlor-webchat uses parlor-engine (Build)",
            "quickstart uses parlor-engine",
        ],
    );
}

#[test]
fn an_unplanned_crate_and_a_wrong_folder_are_caught() {
    let wrong = [
        Package::planted("parlor-utils", "crates/utils", &[]),
        Package::planted("parlor-model", "crates/vocabulary", &[]),
        Package::planted("parlor", "crates/parlor", &[]),
    ];
    assert_caught(
        &unplanned(&wrong),
        &["parlor-utils is not a crate of the plan", "its folder is crates/model"],
    );
}
