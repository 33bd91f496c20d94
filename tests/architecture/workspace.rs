//! The packages of the workspace, as Cargo sees them.

use std::process::Command;

use serde_json::Value;

use crate::support::root;

/// What a dependency is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EdgeKind {
    Normal,
    Build,
    Dev,
}

impl EdgeKind {
    /// Whether users of the package get it too.
    pub(super) const fn ships(self) -> bool {
        match self {
            Self::Normal | Self::Build => true,
            Self::Dev => false,
        }
    }
}

/// An arrow from a package to another.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// The package it points at.
    pub(super) to: String,
    /// What for.
    pub(super) kind: EdgeKind,
}

/// A member of the workspace.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) name: String,
    /// Its folder from the top of the repository, such as `crates/model`.
    pub(super) folder: String,
    pub(super) licence: Option<String>,
    pub(super) description: Option<String>,
    /// Whether it may be published.
    pub(super) published: bool,
    pub(super) edges: Vec<Edge>,
}

impl Package {
    /// Whether it is an example: a program that shows how to use Parlor.
    pub(super) fn is_example(&self) -> bool {
        self.folder.starts_with("examples/")
    }

    /// Whether it is a crate of the plan's table.
    pub(super) fn is_crate(&self) -> bool {
        self.folder.starts_with("crates/")
    }

    /// A package that does not exist, to show a law something that is wrong on purpose.
    pub(super) fn planted(name: &str, folder: &str, edges: &[(&str, EdgeKind)]) -> Self {
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            licence: Some("MIT OR Apache-2.0".to_owned()),
            description: Some("planted".to_owned()),
            published: true,
            edges: edges.iter().map(|&(to, kind)| Edge { to: to.to_owned(), kind }).collect(),
        }
    }
}

/// Runs Cargo without touching the network and gives what it printed.
pub(super) fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).arg("--offline").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every member of this workspace.
pub(super) fn packages() -> Vec<Package> {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    let top = metadata["workspace_root"].as_str().unwrap();
    metadata["packages"].as_array().unwrap().iter().map(|package| read_package(package, top)).collect()
}

fn read_package(package: &Value, top: &str) -> Package {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    let manifest = package["manifest_path"].as_str().unwrap();
    let folder = manifest.strip_prefix(top).and_then(|below| below.strip_suffix("Cargo.toml")).unwrap();
    Package {
        name: text("name").unwrap(),
        folder: folder.trim_matches(['/', '\\']).replace('\\', "/"),
        licence: text("license"),
        description: text("description"),
        published: package["publish"].is_null(),
        edges: package["dependencies"].as_array().unwrap().iter().map(read_edge).collect(),
    }
}

fn read_edge(dependency: &Value) -> Edge {
    Edge {
        to: dependency["name"].as_str().unwrap().to_owned(),
        kind: match dependency["kind"].as_str() {
            None => EdgeKind::Normal,
            Some("build") => EdgeKind::Build,
            Some("dev") => EdgeKind::Dev,
            Some(other) => panic!("Cargo names a kind of dependency that this test does not know: {other}"),
        },
    }
}

#[test]
fn this_very_package_is_read_as_it_is() {
    let packages = packages();
    let tests = packages.iter().find(|package| package.name == "parlor-tests").unwrap();
    assert_eq!(tests.folder, "tests");
    assert_eq!(tests.licence.as_deref(), Some("MIT OR Apache-2.0"));
    assert!(!tests.published);
    assert!(tests.edges.iter().any(|edge| edge.to == "serde_json" && edge.kind == EdgeKind::Dev));
}
