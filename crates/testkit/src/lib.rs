//! Tests for what plugs into Parlor, ours or a third party's.
//!
//! # A store of your own
//!
//! Say how to open an empty store, and how to open it again, and expand the suite in a test file of yours:
//!
//! ```
//! use std::sync::Arc;
//!
//! use parlor_store::{MemoryStore, Store};
//! use parlor_testkit::store_suite::StoreHarness;
//!
//! struct InMemory;
//!
//! #[async_trait::async_trait]
//! impl StoreHarness for InMemory {
//!     async fn open(&self) -> Arc<dyn Store> {
//!         Arc::new(MemoryStore::new())
//!     }
//! }
//!
//! parlor_testkit::store_conformance!(volatile InMemory);
//! # fn main() {}
//! ```
//!
//! Each case becomes a test of its own, named by the sentence that it checks, with a fresh store. A store that keeps
//! what it was given implements [`DurableHarness`](store_suite::DurableHarness) and leaves out the word `volatile`; the
//! cases about reopening are then expanded too. A store that passes works with the engine.
//!
//! # Bytes of attachments
//!
//! [`blob_conformance!`] does the same for a [`BlobStore`](parlor_store::BlobStore), through
//! [`BlobHarness`](blob_suite::BlobHarness).
//!
//! # Codecs and transports
//!
//! [`codec_conformance!`] does it for what reads the webhooks of a provider, through
//! [`CodecHarness`](codec_suite::CodecHarness), and [`transport_conformance!`] for what sends to a network, through
//! [`TransportHarness`](transport_suite::TransportHarness).
//!
//! # For tests of your own
//!
//! [`ManualClock`] and [`SeededIds`] make a test the same on every run. [`FaultyStore`] fails the commit that you name,
//! before or after keeping it; it is a [`Layer`], as are stores that count, forget or lie.
//! [`Sample`](store_suite::Sample) makes values that fit together.

pub mod blob_suite;
mod clock;
pub mod codec_suite;
mod faulty_store;
mod ids;
mod layer;
#[cfg(feature = "simulators")]
pub mod simulators;
pub mod store_suite;
pub mod transport_suite;

pub use clock::ManualClock;
pub use faulty_store::{FaultyStore, InjectedFault};
pub use ids::SeededIds;
pub use layer::{Layer, Layered};
