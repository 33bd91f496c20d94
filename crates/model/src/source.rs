use std::fmt;

use crate::Timestamp;

/// Where the current time comes from.
///
/// Only the outermost layers hold a clock; pure crates take `now` as an argument. An implementation may go
/// backwards (a machine's clock is set), so callers compare with [`Timestamp::since`], which never goes negative.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current moment, cut to microseconds.
    fn now(&self) -> Timestamp;
}

/// Where randomness for ids and tokens comes from.
///
/// An implementation for production MUST be cryptographically strong: contact session tokens are made from it.
pub trait IdSource: fmt::Debug + Send + Sync + 'static {
    /// Fills `bytes` with randomness.
    fn fill(&self, bytes: &mut [u8]);
}
