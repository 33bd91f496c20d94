//! The lifecycle of an interaction: one total, pure transition function.
//!
//! An [`Interaction`] is one handled piece of work in a thread. It waits in a queue, is offered to an agent, is
//! talked through, ended, and closed for good:
//!
//! ```text
//!            offer            accept              end              mark done
//!   Queued --------> Offered --------> Active --------> Ended ----------------> Done
//!     ^ |  <--------    |                |  ^            | |                     ^
//!     | |   decline,    | the contact    |  |  an agent  | |                     |
//!     | |   expire,     | leaves         |  |  writes    | |                     |
//!     | |   withdraw    +----------------+--+--> Ended --+-+---- (abandoned) ----+
//!     | +------------------------------->|  +------------+ |
//!     |           pull                   |                 |
//!     +----------------------------------+-----------------+
//!          transfer to a queue             the contact writes
//! ```
//!
//! [`Interaction::handle`] answers every [`Command`] in every [`State`] with what happened ([`Event`]s), what the
//! interaction is now, and what the world has to do ([`Effect`]s); or with a typed [`Refusal`]. Late and repeated
//! commands change nothing and succeed; only the impossible is refused. Every pair is listed in
//! `docs/interaction-states.md`, which is generated from the function.
//!
//! The crate is told the time, reads no message text and knows no store. Four laws hold, and are tested:
//!
//! * there is exactly one [`Holder`] at every step;
//! * [`Interaction::replay`] of the events gives the snapshot, byte for byte;
//! * Done never changes;
//! * room and timers are the difference between two snapshots, so room is given back exactly once and no timer
//!   outlives its state.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//!
//! use parlor_interaction::{Command, Context, Interaction, Origin, Policy, Start, StateName};
//! use parlor_model::{
//!     AgentName, ChannelName, Id, InteractionId, MediaClass, Needs, OfferId, QueueName, ThreadId, Timestamp,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let policy = Policy::default();
//! let alice = AgentName::new("alice")?;
//! # let (id, thread, offer): (InteractionId, ThreadId, OfferId) = {
//! #     let id = "018bcfe5-687b-7000-8000-000000000001";
//! #     (id.parse()?, id.parse()?, id.parse()?)
//! # };
//! let started = Interaction::start(
//!     Start {
//!         id,
//!         thread,
//!         channel: ChannelName::new("website")?,
//!         point: None,
//!         queue: QueueName::new("support")?,
//!         class: MediaClass::Live,
//!         weight: 1,
//!         origin: Origin::Inbound,
//!         preferred: None,
//!         needs: Needs::default(),
//!     },
//!     now,
//! );
//! let expires_at = now + Duration::from_secs(20);
//! let command = Command::Offer { offer, agent: alice.clone(), expires_at, auto: false };
//! let offered = started.interaction.handle(&command, Context { now, policy: &policy })?;
//! let accept = Command::Accept { offer, agent: alice.clone() };
//! let accepted = offered.interaction.handle(&accept, Context { now, policy: &policy })?;
//! assert_eq!(accepted.interaction.state.name(), StateName::Active);
//! assert_eq!(accepted.interaction.owner(), Some(&alice));
//!
//! // A second click on "accept" is no error, and nothing happens.
//! let again = accepted.interaction.handle(&accept, Context { now, policy: &policy })?;
//! assert!(again.events.is_empty());
//! # Ok(())
//! # }
//! ```

mod active;
mod case;
mod command;
mod disposition;
mod effect;
mod event;
mod interaction;
mod name;
mod pending;
mod policy;
mod refusal;
mod replay;
mod state;
mod transition;

pub use active::{
    Active, Consult, ConsultStage, ConsultTarget, Idle, Invitation, Limits, Supervision, Transfer,
    TransferTarget,
};
pub use case::{CaseLimits, CaseValue, CaseValueError};
pub use command::{Command, CommandName};
pub use disposition::{DispositionCode, DispositionCodeError};
pub use effect::{Effect, Timer};
pub use event::{Event, EventName, Origin, ReactivatedBy, Recorded, UnparkedBy};
pub use interaction::{Handover, Holder, Interaction, Start};
pub use policy::{EndedHolds, Policy};
pub use refusal::{GoneReason, Refusal, TransitionError};
pub use replay::ReplayError;
pub use state::{Actor, Done, Ended, EndedBy, Lapsed, Offered, Outcome, Queued, State, StateName};
pub use transition::{Context, Transition};
