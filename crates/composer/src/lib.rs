//! What a person's message box and transcript need, without any user interface.
//!
//! So far: what in a text can be clicked ([`spans`], r57), and what a whole value is ([`whole`], r55); web addresses
//! that are offered to a contact ([`web_address`], r58-r64); where a text has emoji ([`emoji`], r65); and all of them, to
//! look through and to find ([`EmojiCatalogue`], r66-r75); on which network a message goes out, and how the ways to reach a contact
//! are listed ([`ChannelOrder`], r113, r114).

mod catalogue;
mod channel_order;
mod emoji;
mod insert;
mod phone;
mod pushed;
mod span;

pub use catalogue::{EmojiCatalogue, EmojiLocale, NamedEmoji, RecentEmoji};
pub use channel_order::ChannelOrder;
pub use emoji::emoji;
pub use insert::insert;
pub use pushed::{AddressPreview, AddressRefusal, ListCursor, PushedAddresses, invitation, web_address};
pub use span::{Span, SpanKind, spans, whole};
