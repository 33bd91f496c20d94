//! People at their browsers: headless Chromium drives the desk and the widget against the real binary.
//!
//! The stories stand in `tests/browser/*.mjs`. They need Node.js, Chromium and the packages of
//! `tests/browser/package-lock.json`; without them nothing is run, one line says so, and with `PARLOR_REQUIRE_ALL=1` the
//! test fails instead.

#![expect(clippy::unwrap_used, reason = "a test says what it did and stops when it cannot")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

const HOW: &str = "install Node.js and Chromium and run `npm ci` in examples/agent-desktop/tests/browser";

/// Stories that wait for each other: with more than two browsers at a time a small machine misses the colours that a story
/// waits for. The two lanes take about as long as each other.
static LANES: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// What is missing to run a story.
fn missing() -> Option<&'static str> {
    let chromium =
        std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    if Command::new("node").arg("--version").output().is_err() {
        Some("Node.js")
    } else if !chromium.exists() {
        Some("Chromium")
    } else if !folder().join("node_modules/playwright-core").exists() {
        Some("playwright-core")
    } else {
        None
    }
}

fn story(name: &str, lane: usize) {
    if let Some(missing) = missing() {
        assert!(
            std::env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|all| all != "1"),
            "{missing} is missing: {HOW}"
        );
        // Not `eprintln!`: what a passing test prints is captured.
        let mut errors = std::io::stderr();
        writeln!(errors, "not run: the browser story {name}, because {missing} is missing; to run it, {HOW}")
            .unwrap();
        return;
    }
    let _turn = LANES[lane].lock().unwrap_or_else(PoisonError::into_inner);
    let output = Command::new("node")
        .arg(format!("{name}.mjs"))
        .current_dir(folder())
        .env("AGENT_DESKTOP", env!("CARGO_BIN_EXE_agent-desktop"))
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("ok   nothing went wrong in any window"), "{printed}");
}

#[test]
fn a_contact_and_an_agent_hold_a_conversation() {
    story("conversation", 0);
}

#[test]
fn an_offer_has_one_winner_and_is_never_lost() {
    story("offers", 0);
}

#[test]
fn bad_input_is_text_or_refused() {
    story("inert", 1);
}

#[test]
fn everybody_can_use_it() {
    story("accessible", 1);
}

#[test]
fn agents_hand_over_consult_and_confer() {
    story("together", 0);
}

#[test]
fn agents_send_addresses_and_emoji() {
    story("composing", 1);
}

#[test]
fn a_supervisor_sees_the_team_and_helps() {
    story("team", 0);
}

#[test]
fn colleagues_write_and_call() {
    story("colleagues", 0);
}

#[test]
fn flags_decide_and_restarts_do_not() {
    story("flags", 0);
}

#[test]
fn a_killed_server_loses_and_doubles_nothing() {
    story("crash", 1);
}

#[test]
fn files_go_both_ways_and_bad_ones_harm_nobody() {
    story("attachments", 1);
}

#[test]
fn a_person_texts_the_desk_from_a_telephone() {
    story("texting", 1);
}

#[test]
fn who_is_erased_is_gone() {
    story("erasing", 0);
}
