//! Law: a runtime, a database driver and an HTTP client are known only where they are needed.

use super::plan::CONFINED;
use super::workspace::{EdgeKind, Package, packages};
use crate::support::{assert_caught, assert_none};

/// Which package uses a library that is not for it.
fn misplaced(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        for edge in package.edges.iter().filter(|edge| edge.kind.ships()) {
            let Some(confined) = CONFINED.iter().find(|confined| confined.library == edge.to) else {
                continue;
            };
            let allowed = confined.homes.contains(&package.name.as_str())
                || (confined.examples && package.is_example());
            if !allowed {
                findings
                    .push(format!("{} uses {}, which is for {:?}", package.name, edge.to, confined.homes));
            }
        }
    }
    findings
}

#[test]
fn libraries_are_used_only_where_they_belong() {
    assert_none(
        "A library is used outside the crates it is for (the table is in tests/architecture/plan.rs):",
        &misplaced(&packages()),
    );
}

#[test]
fn a_misplaced_library_is_caught() {
    let wrong = [
        Package::planted("parlor-webchat", "crates/webchat", &[("tokio", EdgeKind::Normal)]),
        Package::planted("parlor-engine", "crates/engine", &[("tokio", EdgeKind::Normal)]),
        Package::planted("parlor-engine", "crates/engine", &[("rusqlite", EdgeKind::Normal)]),
        Package::planted("parlor-model", "crates/model", &[("tokio", EdgeKind::Dev)]),
        Package::planted("quickstart", "examples/quickstart", &[("tokio", EdgeKind::Normal)]),
        Package::planted("quickstart", "examples/quickstart", &[("reqwest", EdgeKind::Normal)]),
        Package::planted("parlor-store", "crates/store", &[("tokio-postgres", EdgeKind::Build)]),
        Package::planted("parlor-media", "crates/media", &[("object_store", EdgeKind::Normal)]),
    ];
    assert_caught(
        &misplaced(&wrong),
        &[
            "parlor-webchat uses tokio",
            "parlor-engine uses rusqlite",
            "quickstart uses reqwest",
            "parlor-store uses tokio-postgres",
            "parlor-media uses object_store",
        ],
    );
}
