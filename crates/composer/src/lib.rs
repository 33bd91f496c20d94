//! What a person's message box and transcript need, without any user interface.
//!
//! So far: what in a text can be clicked ([`spans`], r57), and what a whole value is ([`whole`], r55).

mod phone;
mod span;

pub use span::{Span, SpanKind, spans, whole};
