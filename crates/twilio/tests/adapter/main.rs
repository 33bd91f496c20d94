//! The adapter as an embedder uses it: nothing but its public side.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what is not run is said")]

mod lookups;
mod reference;
mod sending;
mod signatures;
mod support;
mod webhooks;
