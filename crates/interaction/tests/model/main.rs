//! Model checking of the shipped transition function: two agents with room for one each, two interactions, everything
//! that can be asked of them in every order, with capacity and timers as the effects make them. No bound on the depth.
//!
//! The short form follows neither what only watches nor what only counts down to an end of its own; those commands are
//! given in every state all the same, and their answers checked. `PARLOR_DEEP=1` follows everything.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod graph;
mod planted;
#[path = "../support/questions.rs"]
mod questions;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod world;

use std::sync::OnceLock;

use parlor_interaction::{Command, Interaction};
use stateright::{Checker, Model};

use crate::graph::Graph;
use crate::world::Desk;

/// Whether the long form was asked for.
fn deep() -> bool {
    std::env::var_os("PARLOR_DEEP").is_some_and(|value| value == "1")
}

/// Whether what a command leads to is followed in the short form.
fn in_short_form(command: &Command) -> bool {
    !matches!(
        command,
        Command::Supervise { .. }
            | Command::NoticeIdle
            | Command::SetDisposition { .. }
            | Command::SetCaseData { .. }
            | Command::StartConsult { target: parlor_interaction::ConsultTarget::VoiceContact { .. }, .. }
    )
}

fn shipped() -> &'static Graph {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    GRAPH.get_or_init(|| Graph::explore(Interaction::handle, |command| deep() || in_short_form(command)))
}

#[test]
fn every_reachable_state_of_the_desk_keeps_the_invariants() {
    let checker = Desk::of(shipped()).checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done());
    checker.assert_properties();
    let least = if deep() { 100_000 } else { 5_000 };
    assert!(checker.unique_state_count() > least, "only {} states", checker.unique_state_count());
}

#[test]
fn every_command_in_every_state_is_answered_as_the_table_says() {
    let table = table::read();
    let answers = &shipped().answers;
    assert_eq!(answers.len(), table.len(), "a pair was never given, or is not in the table");
    for (pair, given) in answers {
        for answer in given {
            assert!(table[pair].contains(&answer.line()), "{pair:?} answers {}", answer.line());
        }
    }
}
