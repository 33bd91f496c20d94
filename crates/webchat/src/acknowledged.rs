use std::ops::RangeInclusive;

/// How far a contact has received the transcript and been shown it, as sequences; 0 is nothing.
///
/// What was shown was received, so `read` is never beyond `delivered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    delivered: u64,
    read: u64,
}

/// The sequences about which there is something new to note.
///
/// They are every entry between two marks, whoever wrote it. Observations are noted for those that are messages
/// *to* the contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewlySeen {
    /// Now on the contact's device; empty when there is nothing new.
    pub delivered: RangeInclusive<u64>,
    /// Now shown to the contact; empty when there is nothing new.
    pub read: RangeInclusive<u64>,
}

impl Acknowledged {
    /// A mark from what a browser says.
    pub const fn new(delivered: u64, read: u64) -> Self {
        Self { delivered: if delivered < read { read } else { delivered }, read }
    }

    /// The highest sequence on the contact's device.
    pub const fn delivered(self) -> u64 {
        self.delivered
    }

    /// The highest sequence shown to the contact.
    pub const fn read(self) -> u64 {
        self.read
    }

    /// This mark moved on by what a browser now says.
    ///
    /// It never moves backwards, and never beyond `latest`, the last sequence of the transcript: nobody has seen
    /// what is yet to be written.
    #[must_use]
    pub fn advanced(self, seen: Self, latest: u64) -> Self {
        Self {
            delivered: self.delivered.max(seen.delivered.min(latest)),
            read: self.read.max(seen.read.min(latest)),
        }
    }

    /// What is new in this mark since `previous`.
    pub fn newly_seen_since(self, previous: Self) -> NewlySeen {
        NewlySeen {
            delivered: after(previous.delivered, self.delivered),
            read: after(previous.read, self.read),
        }
    }
}

/// The sequences above `previous` up to `current`.
fn after(previous: u64, current: u64) -> RangeInclusive<u64> {
    // An empty range is `1..=0`: at the far end of the numbers there is no `previous + 1`.
    match previous.checked_add(1) {
        Some(first) if first <= current => first..=current,
        _ => RangeInclusive::new(1, 0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks() -> impl Strategy<Value = Acknowledged> {
        (0_u64..30, 0_u64..30).prop_map(|(delivered, read)| Acknowledged::new(delivered, read))
    }

    #[test]
    fn what_was_shown_was_received() {
        assert_eq!(Acknowledged::new(3, 7), Acknowledged::new(7, 7));
    }

    #[test]
    fn nobody_has_seen_what_is_yet_to_be_written() {
        let seen = Acknowledged::new(u64::MAX, u64::MAX);
        assert_eq!(Acknowledged::default().advanced(seen, 14), Acknowledged::new(14, 14));
    }

    #[test]
    fn what_is_new_lies_between_the_marks() {
        let seen = Acknowledged::new(14, 12).newly_seen_since(Acknowledged::new(10, 10));
        assert_eq!((seen.delivered, seen.read), (11..=14, 11..=12));
        let seen = Acknowledged::new(u64::MAX, 0).newly_seen_since(Acknowledged::new(u64::MAX, 0));
        assert!(seen.delivered.is_empty() && seen.read.is_empty());
    }

    proptest! {
        #[test]
        fn a_mark_never_moves_backwards_and_stays_a_mark(mark in marks(), seen in marks(), latest in 0_u64..30) {
            let next = mark.advanced(seen, latest);
            prop_assert!(next.delivered() >= mark.delivered() && next.read() >= mark.read());
            prop_assert!(next.read() <= next.delivered());
            prop_assert!(next.delivered() <= latest.max(mark.delivered()));
            prop_assert_eq!(next.advanced(seen, latest), next, "saying it again changes nothing");
        }

        #[test]
        fn the_order_of_acknowledgements_does_not_matter(a in marks(), b in marks()) {
            let none = Acknowledged::default();
            prop_assert_eq!(none.advanced(a, 99).advanced(b, 99), none.advanced(b, 99).advanced(a, 99));
        }

        #[test]
        fn every_sequence_is_new_exactly_once(seen in proptest::collection::vec(marks(), 0..10), latest in 0_u64..30) {
            let mut mark = Acknowledged::default();
            let (mut delivered, mut read) = (Vec::new(), Vec::new());
            for seen in seen {
                let next = mark.advanced(seen, latest);
                let new = next.newly_seen_since(mark);
                delivered.extend(new.delivered);
                read.extend(new.read);
                mark = next;
            }
            prop_assert_eq!(delivered, (1..=mark.delivered()).collect::<Vec<_>>());
            prop_assert_eq!(read, (1..=mark.read()).collect::<Vec<_>>());
        }
    }
}
