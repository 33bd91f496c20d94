//! What a page shows is compiled and run: its blocks of Rust are doctests of the facade.

use crate::support::{TextFile, assert_caught, assert_none, text_files};

/// Where every block has to be a test.
const PAGE: &str = "docs/embedding.md";

/// What would make a block of Rust no test.
const EXCUSES: &[&str] = &["ignore", "no_run", "text", "compile_fail", "should_panic"];

/// Which blocks are not run.
fn not_run(page: &TextFile) -> Vec<String> {
    let mut findings = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(page.text.lines()) {
        let Some(words) = line.strip_prefix("```") else { continue };
        inside = !inside;
        if inside && words.split(',').any(|word| EXCUSES.contains(&word.trim())) {
            findings.push(format!("{}:{number}: ```{words}", page.path));
        }
    }
    findings
}

#[test]
fn every_block_about_embedding_is_run() {
    let pages = text_files(PAGE);
    let page = pages.first().expect("the page is there");
    assert!(page.text.contains("```rust"), "there is something to run");
    assert_none("A block is not run:", &not_run(page));
    let facade = text_files("crates/parlor/src/lib.rs");
    assert!(facade.iter().any(|file| file.text.contains("docs/embedding.md\")")), "the facade runs them");
}

#[test]
fn a_block_that_is_not_run_is_caught() {
    let page = TextFile::planted("a.md", "```rust\nfn a() {}\n```\n\n```rust,ignore\nnonsense\n```\n");
    assert_caught(&not_run(&page), &["a.md:5: ```rust,ignore"]);
}
