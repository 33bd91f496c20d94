use std::time::Duration;

use parlor_model::Timestamp;
use serde::Serialize;

use crate::TranscriptError;

/// After how long without an answer the pending-response timer changes its colour (r42, r43).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    warning: Duration,
    overdue: Duration,
}

impl Thresholds {
    /// Checks `0 < warning <= overdue`. When both are equal the timer goes from green to red.
    pub const fn new(warning: Duration, overdue: Duration) -> Result<Self, TranscriptError> {
        if warning.is_zero() || overdue.is_zero() {
            Err(TranscriptError::ThresholdZero)
        } else if warning.as_nanos() > overdue.as_nanos() {
            Err(TranscriptError::ThresholdOrder)
        } else {
            Ok(Self { warning, overdue })
        }
    }

    /// From when on the timer is yellow.
    pub const fn warning(&self) -> Duration {
        self.warning
    }

    /// From when on the timer is red and flashes.
    pub const fn overdue(&self) -> Duration {
        self.overdue
    }
}

impl Default for Thresholds {
    /// 60 s and 180 s: the manuals give no value (r42); these are the reference configuration's.
    fn default() -> Self {
        Self { warning: Duration::from_mins(1), overdue: Duration::from_mins(3) }
    }
}

/// How urgent an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// There is time (r41).
    Green,
    /// The warning threshold is reached (r42).
    Yellow,
    /// The overdue threshold is reached (r43).
    Red,
}

impl Colour {
    /// The name as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// A contact waits for an answer.
///
/// Derived from a stored moment and `now`, never counted up: a restart or a suspended machine shows what it would
/// have shown anyway (r47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingResponse {
    /// Since when (r40, r44).
    pub since: Timestamp,
    /// For how long; zero when the clock was set back behind `since`.
    pub elapsed: Duration,
    /// How urgent it is.
    pub colour: Colour,
    /// Whether the timer flashes: exactly while it is red (r43).
    pub flashing: bool,
    /// When the colour changes next, if nobody answers; `None` once it is red. A user interface is told then, and
    /// only then.
    pub next_change: Option<Timestamp>,
}

impl PendingResponse {
    /// The timer of an interaction that has been unanswered since the given moment; `None` while nothing waits.
    pub fn of(unanswered_since: Option<Timestamp>, thresholds: Thresholds, now: Timestamp) -> Option<Self> {
        let since = unanswered_since?;
        let elapsed = now.since(since);
        let (colour, next) = if elapsed >= thresholds.overdue {
            (Colour::Red, None)
        } else if elapsed >= thresholds.warning {
            (Colour::Yellow, Some(thresholds.overdue))
        } else {
            (Colour::Green, Some(thresholds.warning))
        };
        Some(Self {
            since,
            elapsed,
            colour,
            flashing: colour == Colour::Red,
            next_change: next.map(|threshold| since + threshold),
        })
    }
}

/// Whether the agent's window should ask for attention: a response is pending and the window is not in front,
/// whatever the colour (r45).
pub const fn needs_attention(pending: bool, focused: bool) -> bool {
    pending && !focused
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn after(millis: u64) -> PendingResponse {
        PendingResponse::of(Some(START), Thresholds::default(), START + Duration::from_millis(millis))
            .unwrap()
    }

    #[test]
    fn r40_it_counts_from_the_moment_given() {
        assert_eq!(after(5_000).elapsed, Duration::from_secs(5));
        assert_eq!(after(5_000).since, START);
        assert_eq!(PendingResponse::of(None, Thresholds::default(), START), None);
    }

    #[test]
    fn r41_r42_r43_each_colour_begins_exactly_at_its_threshold() {
        let table = [
            (0, Colour::Green, Some(60_000)),
            (59_999, Colour::Green, Some(60_000)),
            (60_000, Colour::Yellow, Some(180_000)),
            (179_999, Colour::Yellow, Some(180_000)),
            (180_000, Colour::Red, None),
            (86_400_000, Colour::Red, None),
        ];
        for (millis, colour, next) in table {
            let pending = after(millis);
            assert_eq!(pending.colour, colour, "after {millis} ms");
            assert_eq!(pending.flashing, colour == Colour::Red, "after {millis} ms");
            assert_eq!(
                pending.next_change,
                next.map(|next| START + Duration::from_millis(next)),
                "after {millis} ms"
            );
        }
    }

    #[test]
    fn r45_attention_does_not_depend_on_the_colour() {
        for millis in [0, 60_000, 180_000] {
            let pending = PendingResponse::of(
                Some(START),
                Thresholds::default(),
                START + Duration::from_millis(millis),
            );
            assert!(needs_attention(pending.is_some(), false));
            assert!(!needs_attention(pending.is_some(), true));
        }
        assert!(!needs_attention(false, false));
    }

    #[test]
    fn thresholds_are_checked() {
        let second = Duration::from_secs(1);
        assert_eq!(Thresholds::new(Duration::ZERO, second), Err(TranscriptError::ThresholdZero));
        assert_eq!(Thresholds::new(second * 2, second), Err(TranscriptError::ThresholdOrder));
        let equal = Thresholds::new(second, second).unwrap();
        let pending = PendingResponse::of(Some(START), equal, START + second).unwrap();
        assert_eq!(pending.colour, Colour::Red);
        assert_eq!(
            Thresholds::new(Thresholds::default().warning(), Thresholds::default().overdue()),
            Ok(Thresholds::default())
        );
    }

    #[test]
    fn a_clock_that_was_set_back_shows_green_and_says_when_it_changes() {
        let pending =
            PendingResponse::of(Some(START), Thresholds::default(), START - Duration::from_hours(1)).unwrap();
        assert_eq!((pending.colour, pending.elapsed), (Colour::Green, Duration::ZERO));
        assert_eq!(pending.next_change, Some(START + Duration::from_mins(1)));
    }

    proptest! {
        /// What is shown at a moment does not depend on having been asked before: a restart changes nothing.
        #[test]
        fn r47_the_colour_changes_at_next_change_and_at_no_other_moment(
            warning in 1_u64..5_000, more in 0_u64..5_000, at in 0_u64..12_000,
        ) {
            let thresholds =
                Thresholds::new(Duration::from_millis(warning), Duration::from_millis(warning + more)).unwrap();
            let now = START + Duration::from_millis(at);
            let pending = PendingResponse::of(Some(START), thresholds, now).unwrap();
            if let Some(next) = pending.next_change {
                prop_assert!(next > now);
                let just_before = PendingResponse::of(Some(START), thresholds, next - Duration::from_micros(1)).unwrap();
                let then = PendingResponse::of(Some(START), thresholds, next).unwrap();
                prop_assert_eq!(just_before.colour, pending.colour);
                prop_assert!(then.colour > pending.colour);
            } else {
                prop_assert_eq!(pending.colour, Colour::Red);
            }
        }
    }
}
