//! What is older than the workspace keeps it is ended, by and by.

use std::sync::Arc;
use std::time::Duration;

use parlor_model::Timestamp;
use parlor_store::{DocumentKey, Expiry};

use crate::engine::{Engine, Inner};
use crate::erasure::ERASED_FILES;
use crate::error::EngineError;

/// How often what is too old is looked for. A choice of ours: what is kept for days may be kept for some hours more.
const LOOK_EVERY: Duration = Duration::from_hours(6);

/// How many messages are looked at in one transaction: a few milliseconds, in which others wait.
const STEP: usize = 200;

/// The document that names the bytes of files that ended with their messages.
const TOO_OLD: &str = "too-old";

/// What was ended because it was too old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Messages that were emptied.
    pub messages: u64,
    /// Dead letters whose bytes were removed.
    pub dead_letters: u64,
    /// Files that were deleted.
    pub files: usize,
}

impl Engine {
    /// Ends what is older than [`Retention`](crate::Retention) says; the engine does so by itself a few times a day. Messages
    /// keep their places. Those of work that is not Done are kept until it is.
    ///
    /// # Errors
    ///
    /// When the store fails, or where files are kept. What was ended until then stays so.
    pub async fn end_what_is_too_old(&self) -> Result<Ended, EngineError> {
        self.inner.end_what_is_too_old().await
    }
}

impl Inner {
    async fn end_what_is_too_old(self: &Arc<Self>) -> Result<Ended, EngineError> {
        let retention = self.directory.rules.retention;
        let now = self.now();
        let mut ended = Ended::default();
        let mut expiry = Expiry {
            dead_letters_before: retention.dead_letters.map(|kept| now - kept),
            messages_before: retention.messages.map(|kept| now - kept),
            after: 0,
            limit: STEP,
            pending: Some(DocumentKey::new(ERASED_FILES, TOO_OLD)),
        };
        loop {
            let expired = self.store.expire(&expiry).await?;
            ended.messages += expired.messages;
            ended.dead_letters += expired.dead_letters;
            if expired.dead_letters < STEP as u64 {
                expiry.dead_letters_before = None;
            }
            match expired.reached {
                Some(reached) => expiry.after = reached,
                None => expiry.messages_before = None,
            }
            if expiry.dead_letters_before.is_none() && expiry.messages_before.is_none() {
                break;
            }
        }
        ended.files = self.delete_erased_files().await?;
        Ok(ended)
    }

    /// Called whenever time passes.
    pub(crate) fn end_what_is_too_old_now_and_then(self: &Arc<Self>, now: Timestamp) {
        if !self.directory.rules.retention.ends_anything() {
            return;
        }
        if !self.looked_for_old.is_due(now, LOOK_EVERY) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            match inner.end_what_is_too_old().await {
                Ok(ended) if ended == Ended::default() => {}
                Ok(ended) => tracing::info!(?ended, "what was too old was ended"),
                Err(error) => tracing::warn!(%error, "what is too old was not ended"),
            }
        });
    }
}
