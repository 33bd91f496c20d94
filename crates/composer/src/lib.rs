//! What a person's message box and transcript need, without any user interface.
//!
//! So far: what in a text can be clicked ([`spans`], r57), and what a whole value is ([`whole`], r55); web addresses
//! that are offered to a contact ([`web_address`], r58-r64); and where a text has emoji ([`emoji`], r65).

mod emoji;
mod phone;
mod pushed;
mod span;

pub use emoji::emoji;
pub use pushed::{AddressPreview, AddressRefusal, ListCursor, PushedAddresses, invitation, web_address};
pub use span::{Span, SpanKind, spans, whole};
