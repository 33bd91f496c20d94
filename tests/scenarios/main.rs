//! Given, when, then: what the manuals say, played through the whole engine with the in-memory store and a clock of
//! our own. A test that is named after a row of the manuals asserts what that row promises.
#![expect(clippy::unwrap_used, reason = "in a scenario a failure is the result")]

mod conversation;
mod world;
