//! What this store promises beyond the contract of every store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod crash;
mod erasure;
mod failure;
mod files;
mod full_disk;
mod group;
mod log;
mod search;
mod support;
