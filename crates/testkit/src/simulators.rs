//! Providers that are not there: each speaks the real wire format on loopback, does to requests what it is told to, and knows
//! what it really did. Behind the feature `simulators`.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use parlor_testkit::ManualClock;
//! use parlor_testkit::simulators::{Twilio, TwilioOptions};
//!
//! # async fn example() -> std::io::Result<()> {
//! let mut options = TwilioOptions::new(Arc::new(ManualClock::new()));
//! options.webhook_url = Some("http://127.0.0.1:8080/webhooks/twilio-main".to_owned());
//! let twilio = Twilio::start(options).await?;
//! println!("the API is at {}", twilio.api_url());
//! twilio.text("+14155550100", "+15550001111", "Hello", &[]).await.expect("the webhook took it");
//! # Ok(())
//! # }
//! ```

mod loopback;
mod twilio;

pub use loopback::LoopbackClient;
pub use twilio::{
    AcceptedSend, Phone, PhoneFile, PhoneMessage, PhoneState, ReceiptPlan, SendMode, Twilio, TwilioOptions,
    WebhookOutcome,
};
