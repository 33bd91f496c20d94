//! Each row of the manuals that is built has a test that is named after it.

use std::collections::BTreeSet;

use crate::support::{TextFile, assert_caught, assert_none, text_files};

/// The rows that are built, in ranges.
const BUILT: &[(u16, u16)] = &[(1, 35), (37, 68), (70, 80), (84, 86), (94, 103), (107, 131)];

/// Whether tests stand in a file.
fn may_have_tests(file: &TextFile) -> bool {
    let parts: Vec<_> = file.path.split('/').collect();
    file.has_extension("rs")
        && matches!(
            parts[..],
            ["tests", "scenarios", ..]
                | ["crates", _, "tests" | "src", ..]
                | ["examples", "agent-desktop", "tests", ..]
        )
}

/// The rows after which tests are named.
fn tested(files: &[TextFile]) -> BTreeSet<u16> {
    let mut rows = BTreeSet::new();
    for file in files.iter().filter(|file| may_have_tests(file)) {
        let mut is_test = false;
        for line in file.text.lines().map(str::trim) {
            if line.starts_with("#[") {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            } else if !line.starts_with("//") {
                if is_test {
                    rows.extend(row(line));
                }
                is_test = false;
            }
        }
    }
    rows
}

/// The row after which the function that is declared in a line is named.
fn row(line: &str) -> Option<u16> {
    let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn r")?;
    name.split_once('_')?.0.parse().ok()
}

/// Which of the rows have no test.
fn untested(files: &[TextFile], built: &[(u16, u16)]) -> Vec<String> {
    let tested = tested(files);
    built
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .filter(|row| !tested.contains(row))
        .map(|row| format!("r{row}"))
        .collect()
}

#[test]
fn every_row_that_is_built_has_a_test_of_its_name() {
    let files: Vec<_> = ["tests", "crates", "examples"].into_iter().flat_map(text_files).collect();
    assert_none("Rows of the manuals without a test:", &untested(&files, BUILT));
}

#[test]
fn a_row_without_a_test_is_caught() {
    let files = [
        TextFile::planted(
            "tests/scenarios/a.rs",
            "#[tokio::test]\nasync fn r1_is_tested() {}\nfn r2_helps() {}",
        ),
        TextFile::planted("crates/model/src/b.rs", "    /// Words.\n    #[test]\n    fn r3_is_tested() {}"),
        TextFile::planted("crates/model/benches/c.rs", "#[test]\nfn r4_is_elsewhere() {}"),
        TextFile::planted("crates/model/tests/d.md", "#[test]\nfn r5_is_prose() {}"),
        TextFile::planted(
            "crates/model/tests/e.rs",
            "#[test]\nfn r66_is_another() {}\n#[test]\n#[cfg(unix)]\nfn r7_() {}",
        ),
    ];
    assert_caught(&untested(&files, &[(1, 7)]), &["r2", "r4", "r5", "r6"]);
}
