//! The page of the agent API and the code say the same.

use std::collections::BTreeMap;

use parlor_server::Code;

const PAGE: &str = include_str!("../../../docs/specs/agent-api.md");

/// The codes of the page with their statuses.
fn written() -> BTreeMap<&'static str, Vec<u16>> {
    let mut codes: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    let table = PAGE.split_once("## Errors").expect("the page has errors").1;
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (status, code) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        if let Ok(status) = status.parse() {
            codes.entry(code.trim_matches('`')).or_default().push(status);
        }
    }
    codes
}

#[test]
fn every_code_of_the_page_is_given_with_its_status() {
    let written = written();
    assert!(written.len() > 30, "{written:?}");
    for (code, statuses) in &written {
        let given: Vec<u16> =
            Code::ALL.iter().filter(|known| known.as_str() == *code).map(|known| known.status()).collect();
        assert_eq!(&given, statuses, "{code}");
    }
}

#[test]
fn every_code_that_can_be_given_today_stands_on_the_page() {
    let written = written();
    let document: serde_json::Value = serde_json::from_slice(parlor_server::openapi_document()).unwrap();
    let shown = document["paths"].to_string();
    for code in Code::ALL {
        let used = shown.contains(&format!("`{}`", code.as_str()));
        let told = written.contains_key(code.as_str());
        assert!(!used || told, "{} is given and not explained", code.as_str());
    }
}
