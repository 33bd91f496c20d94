//! Model checking of the shipped transition function, over every reachable state and without a bound on the depth.
//!
//! 1. One interaction (`graph`): every state that can be reached, up to what decides nothing (`canon`, shown to be
//!    sound by `histories`), and every command in each of them: with every agent, every id that is open, was open or
//!    was never heard of, before and after the deadline, under every policy that can matter.
//! 2. Its states taken together as far as nobody can tell them apart (`blocks`).
//! 3. Several interactions beside each other (`world`), every step of each in every order, with the capacity of the
//!    agents and the timers as the effects make them. A step for which there is no room does not happen, as in a store.
//!
//! Two agents with two and with three interactions; `PARLOR_DEEP=1` adds room for more, and a fourth interaction.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocks;
mod canon;
mod graph;
mod histories;
mod planted;
mod questioning;
#[path = "../support/questions.rs"]
mod questions;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Instant;

use parlor_interaction::Interaction;
use stateright::{Checker, Model};

use crate::blocks::Blocks;
use crate::graph::Graph;
use crate::questioning::Size;
use crate::world::{Desk, TIGHT, WIDE};

/// Whether the long form was asked for.
fn deep() -> bool {
    std::env::var_os("PARLOR_DEEP").is_some_and(|value| value == "1")
}

/// Everything that one interaction can become with so many agents, and how long it took to find out, in seconds.
fn explored(size: Size) -> (Graph, f64) {
    let begun = Instant::now();
    let graph = Graph::explore(Interaction::handle, size);
    (graph, begun.elapsed().as_secs_f64())
}

/// With two agents, and everything there is.
fn two_agents() -> &'static (Graph, f64) {
    static GRAPH: OnceLock<(Graph, f64)> = OnceLock::new();
    GRAPH.get_or_init(|| explored(Size { agents: 2, full: true }))
}

/// The states of one interaction.
fn shipped() -> &'static Graph {
    &two_agents().0
}

/// The blocks of a graph, which is then no longer needed.
fn blocks((graph, seconds): &(Graph, f64)) -> &'static Blocks {
    let begun = Instant::now();
    let blocks: &'static Blocks = Box::leak(Box::new(Blocks::of(graph)));
    eprintln!(
        "{} agents: {} questions in {} states of one interaction, {seconds:.1} s; {} blocks, {:.1} s",
        graph.size.agents,
        graph.asked,
        graph.nodes.len(),
        blocks.all.len(),
        begun.elapsed().as_secs_f64()
    );
    blocks
}

/// Checks a world of so many interactions, and says how large it is.
fn check<const WORK: usize>(blocks: &'static Blocks, limit: u8, at_least: usize) {
    let begun = Instant::now();
    let checker = Desk::<WORK>::of(blocks, limit).checker().threads(1).spawn_bfs().join();
    eprintln!(
        "{WORK} interactions, room for {limit} each: {} states of the world, {} steps, {} deep, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begun.elapsed().as_secs_f64()
    );
    assert!(checker.is_done());
    checker.assert_properties();
    let states = checker.unique_state_count();
    assert!(states >= at_least, "only {states} states");
}

#[test]
fn every_reachable_state_of_the_desk_keeps_the_invariants() {
    let two = blocks(two_agents());
    check::<2>(two, TIGHT, 2_500);
    check::<2>(two, WIDE, 10_000);
    check::<3>(two, TIGHT, 10_000);
    if deep() {
        check::<3>(two, WIDE, 400_000);
        check::<4>(two, TIGHT, 20_000);
    }
}

#[test]
fn every_command_in_every_state_is_answered_as_the_table_says() {
    let table = table::read();
    let answers = &shipped().answers;
    let never: Vec<_> = table.keys().filter(|pair| !answers.contains_key(pair)).collect();
    assert!(never.is_empty(), "never given: {never:?}");
    let mut unseen: BTreeMap<_, BTreeSet<String>> = table.clone();
    for (pair, given) in answers {
        for answer in given {
            assert!(table[pair].contains(&answer.line()), "{pair:?} answers {}", answer.line());
            unseen.get_mut(pair).unwrap().remove(&answer.line());
        }
    }
    unseen.retain(|_, lines| !lines.is_empty());
    assert_eq!(unseen, BTreeMap::new(), "in the table, and never answered");
}
