//! Chat on our own web site, without a web framework.
//!
//! It implements the specification of the web-chat socket (`docs/specs/web-chat.md`) as values and pure functions:
//!
//! * [`ClientFrame`] and [`ServerFrame`] are what travels over the socket;
//! * [`Session`] is one connection: it is given frames and says what to do ([`Action`]), and does none of it;
//! * [`SessionToken`] is how a browser proves that it was here before;
//! * [`visible`], [`Cursor`] and [`Acknowledged`] are the mailbox: what of a transcript the contact sees, in which
//!   order, and what follows from what they have seen;
//! * [`WebChat`] is the transport: delivery is a mailbox, so there is nothing to send.
//!
//! Whoever holds the sockets reads and writes bytes, looks tokens up and carries the actions out.

mod acknowledged;
mod action;
mod bucket;
mod client_frame;
mod contact_name;
mod cursor;
mod error_code;
mod limits;
mod refusal;
mod server_frame;
mod session;
mod token;
mod visible;
mod web_chat;

pub use acknowledged::{Acknowledged, NewlySeen};
pub use action::{Action, CloseReason};
pub use client_frame::ClientFrame;
pub use contact_name::ContactName;
pub use cursor::{Cursor, Taken};
pub use error_code::ErrorCode;
pub use limits::{Limits, Rate};
pub use refusal::FrameRefusal;
pub use server_frame::{
    ContactNotice, ContactState, EndedBy, FrameAttachment, FrameAuthor, FrameContent, FrameFileRules,
    ServerFrame,
};
pub use session::Session;
pub use token::{MalformedToken, SessionToken, TokenHash};
pub use visible::visible;
pub use web_chat::{WebChat, capabilities};
