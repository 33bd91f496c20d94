use crate::SearchQuery;

/// Why a value of this crate cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// A search of more than [`SearchQuery::MAX_BYTES`].
    #[error("the search has {bytes} bytes; the limit is {}", SearchQuery::MAX_BYTES)]
    SearchTooLong {
        /// How many bytes were given.
        bytes: usize,
    },
    /// A search of more than [`SearchQuery::MAX_WORDS`].
    #[error("the search has {words} words; the limit is {}", SearchQuery::MAX_WORDS)]
    SearchTooManyWords {
        /// How many words were given.
        words: usize,
    },
    /// A threshold of the pending-response timer that would be reached at once.
    #[error("a threshold of the pending-response timer must be above 0")]
    ThresholdZero,
    /// The timer would turn red before it turns yellow.
    #[error("the warning threshold must not be above the overdue threshold")]
    ThresholdOrder,
}
