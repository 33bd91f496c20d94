//! What this store does beyond the contract: servers that fail, nodes that race, answers that are lost.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cut;
mod erasure;
mod failover;
mod group;
mod races;
mod refusals;
mod search;
#[path = "../server/mod.rs"]
mod server;
mod support;
