//! What this store promises beyond the contract of every store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod closing;
mod crash;
mod failure;
mod files;
mod group;
mod log;
mod search;
mod support;
