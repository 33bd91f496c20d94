//! All stores give the same answers to the same questions, whatever was asked of them before.
//!
//! The reference store says what is right. The part of PostgreSQL needs its server programs; without them one line says so,
//! and with `PARLOR_REQUIRE_ALL=1` it fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the tests of the store itself use the rest")]
#[path = "../crates/store-postgres/tests/server/mod.rs"]
mod server;

mod stores_agree {
    mod answers;
    mod searches;
    mod stores;
}
