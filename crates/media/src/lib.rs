//! What an attachment is, and whether it is safe to look at.
//!
//! [`Inspector`] is the [`MediaInspector`](parlor_channel::MediaInspector) that engines are given. It says what a file is
//! by its bytes, never by what somebody called it; reads the size of a picture from its head before anything is decoded;
//! and makes thumbnails anew from pixels, so that nothing else that was in a file reaches a page. Every number is in
//! [`Limits`], with the place where it was read.
//!
//! Only four formats are ever decoded: PNG, JPEG, GIF and WebP. Documents, archives and drawings made of instructions
//! (SVG, HTML, XML, PDF) are never opened.

mod frames;
mod inspector;
mod limits;
mod sniff;

pub use inspector::Inspector;
pub use limits::Limits;
