//! Law: a decision is written down with its reasons, in one form.

use crate::support::{TextFile, assert_caught, assert_none, text_files};

/// What every decision has to say.
const SECTIONS: &[&str] = &["## Context", "## Decision", "## Rejected"];

/// The number and the title of `NNNN-title.md`.
fn number(file_name: &str) -> Option<&str> {
    let (number, title) = file_name.strip_suffix(".md")?.split_once('-')?;
    let numbered = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let titled = !title.is_empty()
        && title.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (numbered && titled).then_some(number)
}

/// Which decisions are misnamed, share a number or leave out a part.
fn malformed(files: &[TextFile]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut taken = Vec::new();
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let Some(number) = number(name) else {
            findings.push(format!("{}: is not named NNNN-title.md", file.path));
            continue;
        };
        if taken.contains(&number) {
            findings.push(format!("{}: the number is taken", file.path));
        }
        taken.push(number);
        if !file.text.starts_with(&format!("# {number}. ")) {
            findings.push(format!("{}: does not begin with `# {number}. `", file.path));
        }
        for section in SECTIONS {
            if !has_section(&file.text, section) {
                findings.push(format!("{}: has no `{section}`, or says nothing in it", file.path));
            }
        }
    }
    findings
}

/// Whether a section is there and is followed by something other than the next heading.
fn has_section(text: &str, heading: &str) -> bool {
    let mut lines = text.lines().skip_while(|line| *line != heading).skip(1);
    lines.find(|line| !line.trim().is_empty()).is_some_and(|line| !line.starts_with('#'))
}

#[test]
fn every_decision_is_written_in_one_form() {
    let decisions = text_files("docs/adr");
    assert!(!decisions.is_empty(), "there are no decisions in docs/adr");
    assert_none("A decision is malformed:", &malformed(&decisions));
}

#[test]
fn a_malformed_decision_is_caught() {
    let good = "# 0001. Good\n\n## Context\n\nA.\n\n## Decision\n\nB.\n\n## Rejected\n\nC.\n";
    let wrong = [
        TextFile::planted("docs/adr/0001-good.md", good),
        TextFile::planted("docs/adr/0001-again.md", good),
        TextFile::planted("docs/adr/3-short.md", good),
        TextFile::planted("docs/adr/0002-Title.md", good),
        TextFile::planted("docs/adr/0004-empty.md", "# 4. Empty\n\n## Context\n\n## Decision\n\nB.\n"),
    ];
    assert_caught(
        &malformed(&wrong),
        &[
            "0001-again.md: the number is taken",
            "3-short.md: is not named",
            "0002-Title.md: is not named",
            "0004-empty.md: does not begin",
            "0004-empty.md: has no `## Context`",
            "0004-empty.md: has no `## Rejected`",
        ],
    );
}
