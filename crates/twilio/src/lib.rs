//! SMS and MMS over Twilio.
//!
//! A [`TwilioAccount`] holds the credentials of one account. It reads what the provider sends to the account's webhook (it
//! is a [`WebhookCodec`](parlor_channel::WebhookCodec)) and writes what is asked of the provider's API (it is a
//! [`Provider`](parlor_channel::Provider)). It does no I/O: give it and an [`HttpClient`](parlor_channel::HttpClient) to a
//! [`ProviderTransport`](parlor_channel::ProviderTransport) to send.
//!
//! ```
//! use std::sync::Arc;
//!
//! use parlor_channel::{HttpClient, ProviderTransport};
//! use parlor_twilio::{TwilioAccount, TwilioSettings, sms_capabilities};
//!
//! fn transport(http: Arc<dyn HttpClient>) -> Result<ProviderTransport, Box<dyn std::error::Error>> {
//!     let settings = TwilioSettings::new(
//!         "AC00000000000000000000000000000000",
//!         "the account's auth token".into(),
//!         "https://desk.example/webhooks/twilio-main".parse()?,
//!     )?;
//!     let account = Arc::new(TwilioAccount::new(settings)?);
//!     Ok(ProviderTransport::new(account.profile(), sms_capabilities().clone(), account, http))
//! }
//! # let _ = transport;
//! ```
//!
//! What it is held to stands in `limits/*.toml`, with the place where each number was read; what the provider's codes mean
//! in [`KnownError`].

mod account;
mod errors;
mod form;
mod history;
mod limits;
mod lookup;
mod media;
mod send;
mod sid;
mod signature;
mod webhook;

pub use account::{TwilioAccount, TwilioError, TwilioSettings};
pub use errors::KnownError;
pub use history::{InboxPage, TwilioHistory};
pub use limits::{Utf16Count, sms_capabilities};
pub use lookup::TwilioLookup;
