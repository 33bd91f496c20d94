//! The laws of the repository.
//!
//! Each law is a function over data that lists what breaks it. One test applies it to this repository; another
//! shows it something that is wrong on purpose, so that a law which has stopped looking is noticed.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own repository must fail")]

mod support;

mod architecture {
    mod decisions;
    mod edges;
    mod layout;
    mod libraries;
    mod manifests;
    mod plan;
    mod purity;
    mod sources;
    mod words;
    mod workspace;
}
