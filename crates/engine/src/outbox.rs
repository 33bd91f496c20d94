//! How far a send through a provider gets: one pure, total function, which the relay runs and a model checks.
//!
//! A provider without a key against repetitions makes "exactly once" impossible. What is promised is (guarantees G6 and
//! G7): a message ends in exactly one final state that is told; it is never said to be refused when the provider took it;
//! and the provider takes it at most once more than the number of repetitions that were allowed.

use std::time::Duration;

use parlor_channel::{Certainty, Retry, TransportError};
use parlor_model::{ProviderMessageId, Timestamp};
use parlor_store::{OutboxEntry, OutboxState, SENDER_LOST};

/// The rules of sending. The defaults are ours where no manual gives a number; each stands in `docs/manual-decisions.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendPolicy {
    /// How long to wait for a receipt after a send that may have happened; `None`: as the provider says.
    pub uncertain_wait: Option<Duration>,
    /// How often a send that may have happened is repeated without asking (guarantee G7). Every try but the first counts, so
    /// that there are never more. Default 0.
    pub resends: u32,
    /// How long a message may wait to be sent, from when it was written. Default 24 hours.
    pub max_age: Duration,
    /// How long after the first failure the second try comes; it doubles each time. Default one second.
    pub first_retry: Duration,
    /// The longest wait between two tries, and the longest that a provider can ask for. Default one hour.
    pub longest_retry: Duration,
}

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            uncertain_wait: None,
            resends: 0,
            max_age: Duration::from_hours(24),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_hours(1),
        }
    }
}

/// How many times as old as another message one may be that is said to be sent again: a weekend and a holiday pass before
/// somebody decides, and a week later nobody waits for it any more.
const AGAIN_AGES: u32 = 7;

impl SendPolicy {
    /// How old a message may be that a person, or a rule, says is to be sent again.
    pub const fn max_age_again(&self) -> Duration {
        self.max_age.saturating_mul(AGAIN_AGES)
    }
}

/// What is known of an entry beyond what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendContext {
    /// The moment.
    pub now: Timestamp,
    /// The rules.
    pub policy: SendPolicy,
    /// How long to wait for a receipt, where the policy does not say.
    pub provider_wait: Duration,
    /// Randomness for the wait before the next try, so that senders do not all come back at once.
    pub jitter: u16,
}

/// Something that is learned about a send.
#[derive(Debug)]
pub enum SendEvent<'a> {
    /// The provider has taken it: by its answer, by a receipt, or because it stands in the provider's list.
    Taken(Option<&'a ProviderMessageId>),
    /// The try of this version of the entry failed.
    Failed(&'a TransportError),
    /// Nobody has said what became of it for as long as there was reason to hope for it.
    WaitIsOver,
    /// A person says that it be sent, once more.
    SendAgain,
    /// A person gives it up.
    Discard,
    /// The message is older than may be sent; said by who has the entry, before the first byte.
    TooOld,
    /// Time has passed.
    Time,
}

impl SendContext {
    /// When a send that may have happened is given up.
    fn give_up_at(&self) -> Timestamp {
        self.now + self.policy.uncertain_wait.unwrap_or(self.provider_wait)
    }

    /// How long to wait after so many tries: twice as long each time, and up to half of that less or more.
    fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = self.policy.first_retry.saturating_mul(doubled).min(self.policy.longest_retry);
        (wait / 2 + wait * u32::from(self.jitter) / u32::from(u16::MAX)).min(self.policy.longest_retry)
    }
}

/// Why an entry is [`Pending`](OutboxState::Pending), or on its way, that may have been sent before: a rule or a person said
/// that it be sent again.
pub const SENT_AGAIN: &str = "sent_again";

/// Why an entry is [`Uncertain`](OutboxState::Uncertain) that its sender has not spoken of: known since, and waited for.
const INTERRUPTED: &str = "interrupted";

/// Why an entry is [`Expired`](OutboxState::Expired).
const TOO_OLD: &str = "too_old";

/// What follows for an entry; `None` when nothing does. Total: whatever comes late or twice changes nothing.
///
/// A final state is never left. After a try of which nobody knows how it ended, nothing is
/// [`Pending`](OutboxState::Pending) again but by a rule or a person that says so, and nothing is
/// [`Rejected`](OutboxState::Rejected).
pub fn after(entry: &OutboxEntry, event: &SendEvent<'_>, cx: &SendContext) -> Option<OutboxEntry> {
    use OutboxState::{Accepted, Discarded, Expired, NeedsDecision, Pending, Rejected, Sending, Uncertain};
    let to = |state, not_before, reason: Option<String>| {
        Some(OutboxEntry { state, not_before, reason, lease: None, ..entry.clone() })
    };
    let same = || entry.reason.clone();
    let may_have_been_sent = entry.reason.as_deref() == Some(SENT_AGAIN);
    let again = |wait, error: &TransportError| {
        let reason = if may_have_been_sent { SENT_AGAIN.to_owned() } else { error.reason() };
        to(Pending, cx.now + wait, Some(reason))
    };
    match (entry.state, event) {
        (Pending | Sending | Uncertain | NeedsDecision, SendEvent::Taken(id)) => {
            let provider_id = id.cloned().or_else(|| entry.provider_id.clone());
            to(Accepted, entry.not_before, None).map(|entry| OutboxEntry { provider_id, ..entry })
        }
        // The answer was lost, and a receipt tells what stood in it.
        (Accepted, SendEvent::Taken(Some(id))) if entry.provider_id.is_none() => {
            Some(OutboxEntry { provider_id: Some((*id).clone()), ..entry.clone() })
        }
        (Sending, SendEvent::Failed(error)) => match (error.certainty, error.retry) {
            (Certainty::Uncertain, _) => to(Uncertain, cx.give_up_at(), Some(error.reason())),
            // This try was refused; an earlier one may have been taken.
            (Certainty::NotSent, Retry::Never) if may_have_been_sent => {
                to(NeedsDecision, entry.not_before, Some(error.reason()))
            }
            (Certainty::NotSent, Retry::Never) => to(Rejected, entry.not_before, Some(error.reason())),
            (Certainty::NotSent, Retry::Backoff) => again(cx.backoff(entry.attempts), error),
            (Certainty::NotSent, Retry::After(wait)) => {
                again(wait.min(cx.policy.longest_retry).max(cx.policy.first_retry), error)
            }
        },
        (Sending, SendEvent::TooOld) if may_have_been_sent => {
            to(NeedsDecision, entry.not_before, Some(TOO_OLD.to_owned()))
        }
        (Sending, SendEvent::TooOld) => to(Expired, entry.not_before, Some(TOO_OLD.to_owned())),
        // The store gave it up when the lease of its sender ran out; from now on a receipt is waited for.
        (Uncertain, SendEvent::Time) if entry.reason.as_deref() == Some(SENDER_LOST) => {
            to(Uncertain, cx.give_up_at(), Some(INTERRUPTED.to_owned()))
        }
        (Uncertain, SendEvent::WaitIsOver)
            if cx.now >= entry.not_before && entry.reason.as_deref() != Some(SENDER_LOST) =>
        {
            // The first try is no repetition.
            if entry.attempts <= cx.policy.resends {
                to(Pending, cx.now, Some(SENT_AGAIN.to_owned()))
            } else {
                to(NeedsDecision, entry.not_before, same())
            }
        }
        (NeedsDecision, SendEvent::SendAgain) => to(Pending, cx.now, Some(SENT_AGAIN.to_owned())),
        (NeedsDecision, SendEvent::Discard) => to(Discarded, entry.not_before, same()),
        // What comes late, twice, or to the wrong state.
        (Accepted | Rejected | Expired | Discarded, _)
        | (
            Pending | Sending | Uncertain | NeedsDecision,
            SendEvent::Failed(_)
            | SendEvent::WaitIsOver
            | SendEvent::SendAgain
            | SendEvent::Discard
            | SendEvent::TooOld
            | SendEvent::Time,
        ) => None,
    }
}
