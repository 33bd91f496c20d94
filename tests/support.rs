//! Reading the repository itself.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub(crate) struct TextFile {
    /// Where it is, from the top of the repository, with `/` between the parts.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl TextFile {
    /// A file that does not exist, to show a checker something that is wrong on purpose.
    pub(crate) fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether its name ends in `.` and this.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the repository")
}

/// Every text file below a folder of the repository, in the order of their paths; none when there is no such folder.
pub(crate) fn text_files(folder: &str) -> Vec<TextFile> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let text = String::from_utf8(fs::read(&path).unwrap()).ok()?;
            let below = path.strip_prefix(root()).unwrap();
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            Some(TextFile { path: parts.join("/"), text })
        })
        .collect()
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        // What was fetched or built is not ours; Cargo marks what it builds with a tag, Python where it installs.
        let fetched = path.ends_with("node_modules") || path.join("pyvenv.cfg").exists();
        if fetched || path.join("CACHEDIR.TAG").exists() {
            return;
        }
        for entry in fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), found);
        }
    } else if path.is_file() {
        found.push(path.to_owned());
    }
}

/// Fails with every finding on a line of its own.
pub(crate) fn assert_none(law: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{law}\n  {}\n", findings.join("\n  "));
}

/// Fails unless the checker caught what was planted, and nothing else.
pub(crate) fn assert_caught(findings: &[String], expected: &[&str]) {
    assert_eq!(findings.len(), expected.len(), "expected {expected:?}, found {findings:?}");
    for (finding, part) in findings.iter().zip(expected) {
        assert!(finding.contains(part), "expected {part:?} in {finding:?}");
    }
}
