use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use parlor_model::Timestamp;

/// When something was done last that is done now and then, beside other work.
#[derive(Debug, Default)]
pub(crate) struct NowAndThen(Mutex<Option<Timestamp>>);

impl NowAndThen {
    /// Whether it is time again. Who is told so does it: the next is told so after that long.
    pub(crate) fn is_due(&self, now: Timestamp, every: Duration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.since(last) >= every);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}
