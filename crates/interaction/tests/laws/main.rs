//! The laws of the machine, on random histories and on every state that can be reached with three agents.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod exhaustive;
mod levelled;
mod page;
#[path = "../support/questions.rs"]
mod questions;
mod random;
#[path = "../support/mod.rs"]
mod support;
