use parlor_model::{Message, Timestamp};

/// The place of a message where it is displayed: the provider's time, or ours where it gave none, then the commit
/// position, so that two messages never share a place.
pub fn display_key(message: &Message) -> (Timestamp, u64) {
    (message.display_time(), message.position)
}

/// The messages in the order in which they are displayed (r96).
#[must_use]
pub fn in_display_order(mut messages: Vec<Message>) -> Vec<Message> {
    messages.sort_by_key(display_key);
    messages
}

/// Flags the messages that arrived late: those displayed before one that was committed earlier.
///
/// Give it the messages of a thread, or of a conversation, in order of position. A page that begins in the
/// middle starts [`after`](Self::after) the latest display time of what lies before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LateMarker {
    latest: Option<Timestamp>,
}

impl LateMarker {
    /// Goes on after messages of which `latest` is the latest display time.
    pub const fn after(latest: Timestamp) -> Self {
        Self { latest: Some(latest) }
    }

    /// Whether this message, the next in order of position, arrived late.
    pub fn is_late(&mut self, message: &Message) -> bool {
        let shown = message.display_time();
        let late = self.latest.is_some_and(|latest| shown < latest);
        if !late {
            self.latest = Some(shown);
        }
        late
    }

    /// The flags of messages in order of position.
    pub fn flags<'a>(self, messages: impl IntoIterator<Item = &'a Message>) -> Vec<bool> {
        let mut marker = self;
        messages.into_iter().map(|message| marker.is_late(message)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use parlor_model::{Author, Content, Id, MessageId, MessageText, ThreadId, Visibility};
    use proptest::prelude::*;

    use super::*;

    /// A message of Parlor itself, taken in at `at` milliseconds.
    pub(crate) fn message(position: u64, at: i64, provider_time: Option<i64>) -> Message {
        Message {
            id: MessageId::from_uuid(uuid::Uuid::from_u128(u128::from(position))),
            thread: ThreadId::from_uuid(uuid::Uuid::nil()),
            interaction: None,
            segment: 1,
            sequence: position,
            position,
            author: Author::System,
            parent: None,
            visibility: Visibility::Private,
            content: Content::Text { text: MessageText::new(format!("message {position}")).unwrap() },
            at: Timestamp::from_millis(at),
            provider_time: provider_time.map(Timestamp::from_millis),
            provider_id: None,
        }
    }

    #[test]
    fn r96_the_providers_time_decides_the_order_and_ours_stands_in_for_it() {
        let shown = in_display_order(vec![
            message(1, 100, None),
            message(2, 200, Some(50)),
            message(3, 300, Some(100)),
        ]);
        assert_eq!(shown.iter().map(|m| m.position).collect::<Vec<_>>(), [2, 1, 3]);
    }

    #[test]
    fn a_message_from_before_an_earlier_one_is_late() {
        let messages = [
            message(1, 100, None),
            message(2, 200, Some(50)),
            message(3, 300, Some(60)),
            message(4, 400, None),
            message(5, 500, Some(400)),
        ];
        assert_eq!(LateMarker::default().flags(&messages), [false, true, true, false, false]);
        assert_eq!(
            LateMarker::after(Timestamp::from_millis(100)).flags(&messages[1..]),
            [true, true, false, false]
        );
    }

    proptest! {
        #[test]
        fn late_is_exactly_shown_before_one_with_a_lower_position(times in prop::collection::vec(0_i64..20, 0..12)) {
            let messages: Vec<_> = (1..).zip(&times).map(|(position, at)| message(position, *at, None)).collect();
            let expected: Vec<_> = messages
                .iter()
                .enumerate()
                .map(|(i, m)| messages[..i].iter().any(|earlier| m.display_time() < earlier.display_time()))
                .collect();
            prop_assert_eq!(LateMarker::default().flags(&messages), expected);
        }

        #[test]
        fn display_order_does_not_depend_on_the_order_given(
            messages in prop::collection::vec((0_i64..5, prop::option::of(0_i64..5)), 0..10)
                .prop_map(|times| {
                    (1..).zip(times).map(|(position, (at, theirs))| message(position, at, theirs)).collect::<Vec<_>>()
                })
                .prop_shuffle(),
        ) {
            let mut by_position = messages.clone();
            by_position.sort_by_key(|m| m.position);
            prop_assert_eq!(in_display_order(messages), in_display_order(by_position));
        }
    }
}
