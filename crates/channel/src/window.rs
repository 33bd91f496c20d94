use std::borrow::Cow;
use std::time::Duration;

use parlor_model::Timestamp;
use serde::Serialize;

/// How long after the contact's last message free text may be sent (r24).
///
/// Only messages of the contact open it; ours never do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyWindow {
    /// Its length; `None` is a window that never closes.
    pub length: Option<Duration>,
    /// Where the length was read.
    pub source: Cow<'static, str>,
}

/// Whether free text may be sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowState {
    /// At any time: the network has no such rule.
    AlwaysOpen,
    /// Until this moment, not including it.
    OpenUntil(Timestamp),
    /// Not since this moment.
    ClosedSince(Timestamp),
    /// Not yet: the contact never wrote.
    NeverOpened,
}

impl ReplyWindow {
    /// The window of a network without such a rule.
    pub const ALWAYS_OPEN: Self = Self { length: None, source: Cow::Borrowed("no limit") };

    /// A window of this length, and where that was read.
    pub fn lasting(length: Duration, source: impl Into<Cow<'static, str>>) -> Self {
        Self { length: Some(length), source: source.into() }
    }

    /// The state at `now`, when the contact wrote last at `last_inbound`.
    pub fn open_at(&self, last_inbound: Option<Timestamp>, now: Timestamp) -> WindowState {
        let Some(length) = self.length else {
            return WindowState::AlwaysOpen;
        };
        let Some(last_inbound) = last_inbound else {
            return WindowState::NeverOpened;
        };
        let end = last_inbound + length;
        if now < end { WindowState::OpenUntil(end) } else { WindowState::ClosedSince(end) }
    }
}

impl WindowState {
    /// Whether free text may be sent.
    pub const fn is_open(self) -> bool {
        match self {
            Self::AlwaysOpen | Self::OpenUntil(_) => true,
            Self::ClosedSince(_) | Self::NeverOpened => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn r24_thirty_days_later_one_may_write_where_there_is_no_window_and_not_where_there_is_one() {
        let wrote = Timestamp::from_millis(1_000);
        let now = wrote + 30 * DAY;
        assert!(ReplyWindow::ALWAYS_OPEN.open_at(Some(wrote), now).is_open());
        assert!(ReplyWindow::ALWAYS_OPEN.open_at(None, now).is_open());
        let day = ReplyWindow::lasting(DAY, "the network's manual");
        assert_eq!(day.open_at(Some(wrote), now), WindowState::ClosedSince(wrote + DAY));
        assert!(!day.open_at(Some(wrote), now).is_open());
    }

    #[test]
    fn a_window_closes_exactly_at_its_end() {
        let wrote = Timestamp::from_millis(1_000);
        let day = ReplyWindow::lasting(DAY, "the network's manual");
        let end = wrote + DAY;
        assert_eq!(day.open_at(Some(wrote), end - Duration::from_micros(1)), WindowState::OpenUntil(end));
        assert_eq!(day.open_at(Some(wrote), end), WindowState::ClosedSince(end));
    }

    #[test]
    fn a_contact_who_never_wrote_opened_nothing() {
        let day = ReplyWindow::lasting(DAY, "the network's manual");
        assert_eq!(day.open_at(None, Timestamp::UNIX_EPOCH), WindowState::NeverOpened);
        assert!(!WindowState::NeverOpened.is_open());
    }
}
