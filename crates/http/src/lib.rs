//! HTTP for adapters: a [`Client`] that sends a request once and says honestly whether it may have arrived, and a
//! [`MediaFetcher`] that fetches files which strangers name without being led anywhere else (threats T11 and T22).

mod address;
mod client;
mod media;

pub use address::is_public;
pub use client::{Client, ClientError, ClientLimits};
pub use media::{FetchLimits, MediaFetcher};
