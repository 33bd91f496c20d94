//! The rows of the manuals that the machine answers for, each by a test of its name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod after_the_end;
mod case;
mod desk;
mod lifecycle;
mod misfits;
mod offers;
mod pending;
mod silence;
#[path = "../support/mod.rs"]
mod support;
mod together;
