//! Every link inside the documents leads somewhere.

use std::collections::BTreeSet;

use crate::support::{TextFile, assert_caught, assert_none, root, text_files};

/// The link targets of a document with the lines they stand in. Code is not looked into.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            // Every second part between backticks is code.
            let prose: Vec<_> = line.split('`').step_by(2).collect();
            let prose = prose.join("`");
            for rest in prose.split("](").skip(1) {
                if let Some((target, _)) = rest.split_once(')') {
                    found.push((number, target.trim().to_owned()));
                }
            }
        }
    }
    found
}

/// The anchors that the headings of a document make, in the way that code hosts make them.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// The path that a link names, from the top of the repository.
fn resolve(document: &str, target: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Which links lead nowhere, by a function that reads a path of the repository: `None` when it does not exist, and
/// nothing to read in a folder.
fn broken(documents: &[TextFile], read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for document in documents {
        for (number, target) in targets(&document.text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let text = if path.is_empty() {
                Some(document.text.clone())
            } else {
                read(&resolve(&document.path, path))
            };
            let leads = text.is_some_and(|text| anchor.is_empty() || anchors(&text).contains(anchor));
            if !leads {
                findings.push(format!("{}:{number}: {target}", document.path));
            }
        }
    }
    findings
}

/// What a path of this repository says.
fn read(path: &str) -> Option<String> {
    let path = root().join(path);
    if path.is_dir() {
        return Some(String::new());
    }
    path.is_file().then(|| std::fs::read_to_string(path).unwrap_or_default())
}

#[test]
fn every_link_leads_somewhere() {
    let documents: Vec<_> = ["docs", "crates", "examples", "README.md", "CHANGELOG.md"]
        .into_iter()
        .flat_map(text_files)
        .filter(|file| file.has_extension("md"))
        .collect();
    assert!(documents.len() > 2, "no documents were found");
    assert_none("A link leads nowhere:", &broken(&documents, read));
}

#[test]
fn a_broken_link_is_caught() {
    let documents = [
        TextFile::planted(
            "docs/a.md",
            "# A page: two\n[up](../README.md) [gone](gone.md)\n[here](#a-page-two) [not](#a-page)\n\
             `[code](no.md)`\n```\n[code](no.md)\n```\n[far](https://example.org/x)\n",
        ),
        TextFile::planted("README.md", "[a](docs/a.md#a-page-two)\n[b](docs/a.md#b)\n[c](./docs/)"),
    ];
    let read = |path: &str| match path {
        "docs" => Some(String::new()),
        _ => documents.iter().find(|document| document.path == path).map(|document| document.text.clone()),
    };
    assert_caught(
        &broken(&documents, read),
        &["docs/a.md:2: gone.md", "docs/a.md:3: #a-page", "README.md:2: docs/a.md#b"],
    );
}
