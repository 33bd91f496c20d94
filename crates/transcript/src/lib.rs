//! The conversation as data.
//!
//! Everything here is a pure function of what is stored and of the moment that it is given: in which order
//! messages are shown, what counts as unread, how far a message has come, how long a contact has been waiting for
//! an answer, what a search finds, what the figures of the desk are. Stores and the engine share these rules, so that two stores answer alike and
//! a restart changes nothing.

mod alert;
mod assignments;
mod delivery;
mod display_name;
mod error;
pub mod kpi;
mod normalise;
mod order;
mod pending;
mod preview;
mod search;
mod tail;
mod unread;

pub use alert::alert_due;
pub use assignments::{AssignmentRow, Assignments};
pub use delivery::{delivery, join, mailbox_delivery};
pub use display_name::display_name;
pub use error::TranscriptError;
pub use normalise::normalise;
pub use order::{LateMarker, display_key, in_display_order};
pub use pending::{Colour, PendingResponse, Thresholds, needs_attention};
pub use preview::{Preview, preview};
pub use search::{SearchQuery, contact_search_text, content_search_text, message_search_text};
pub use tail::{TailLine, tail};
pub use unread::counts_as_unread;
