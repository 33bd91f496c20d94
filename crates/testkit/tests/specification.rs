//! The pages that describe the contracts, and the suites that check them, say the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use parlor_testkit::codec_suite::codec_cases;
use parlor_testkit::store_suite::store_cases;
use parlor_testkit::transport_suite::transport_cases;

macro_rules! names {
    ($($case:ident)+) => {
        [$(stringify!($case)),+]
    };
}

/// Every case that somebody may be asked to pass.
fn cases() -> BTreeSet<String> {
    let durable = parlor_testkit::for_each_durable_store_case!(names);
    let all = store_cases().into_iter().map(|case| case.name);
    all.chain(durable).map(str::to_owned).collect()
}

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/specs").join(name);
    fs::read_to_string(path).unwrap()
}

/// The cases that stand behind a rule: what is in backticks in the parentheses at its end.
fn behind(rule: &str) -> BTreeSet<String> {
    let Some((_, list)) = rule.trim_end().trim_end_matches(')').rsplit_once(" (`") else {
        return BTreeSet::new();
    };
    list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

/// What is wrong with a page.
fn findings(page: &str, cases: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut named = BTreeSet::new();
    let rules = page.lines().filter(|line| line.starts_with("* "));
    for rule in rules {
        let behind = behind(rule);
        if !rule.contains("MUST") || behind.is_empty() {
            findings.push(format!("no rule, or nothing checks it: {rule}"));
        }
        for unknown in behind.difference(cases) {
            findings.push(format!("there is no case {unknown}"));
        }
        named.extend(behind);
    }
    for line in page.lines().skip_while(|line| !line.starts_with("## ")) {
        if line.contains("MUST") && !line.starts_with("* ") {
            findings.push(format!("a rule that is no item of a list: {line}"));
        }
    }
    findings.extend(cases.difference(&named).map(|case| format!("no rule says why there is {case}")));
    findings
}

#[test]
fn every_rule_has_a_case_and_every_case_a_rule() {
    assert_eq!(findings(&page("store.md"), &cases()), Vec::<String>::new());
    let codec = codec_cases().into_iter().map(|case| case.name.to_owned()).collect();
    assert_eq!(findings(&page("codec.md"), &codec), Vec::<String>::new());
    let transport = transport_cases().into_iter().map(|case| case.name.to_owned()).collect();
    assert_eq!(findings(&page("transport.md"), &transport), Vec::<String>::new());
}

#[test]
fn a_page_that_differs_is_found_out() {
    let cases: BTreeSet<String> = ["one", "two"].map(str::to_owned).into();
    let right = "## A\n* It MUST be. (`one`, `two`)\n";
    assert_eq!(findings(right, &cases), Vec::<String>::new());
    for wrong in [
        "## A\n* It MUST be. (`one`)\n",
        "## A\n* It MUST be. (`one`, `two`, `three`)\n",
        "## A\n* It MUST be. (`one`, `two`)\n* It MUST also be.\n",
        "## A\n* It MUST be. (`one`, `two`)\nIt MUST also be. (`one`)\n",
        "## A\n* It is. (`one`, `two`)\n",
    ] {
        assert_eq!(findings(wrong, &cases).len(), 1, "{wrong}");
    }
}
