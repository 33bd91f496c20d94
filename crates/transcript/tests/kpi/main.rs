//! The figures of the desk (r118, r119): by example, as golden logs, and by law.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod examples;
mod golden;
mod laws;
mod log;
