use std::fmt;

use parlor_model::{Author, Message, Timestamp};
use serde::Serialize;

use crate::{display_key, preview};

/// One of the last lines of a transcript, as it is shown when hovering over an interaction (r46).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TailLine {
    /// Who wrote it.
    pub author: Author,
    /// The [`preview`] of what they wrote.
    pub text: String,
    /// The time by which it is displayed.
    pub at: Timestamp,
}

impl fmt::Debug for TailLine {
    /// Hides the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailLine").field("author", &self.author).field("at", &self.at).finish_non_exhaustive()
    }
}

/// The last `n` entries that show a person's or an automaton's words, in display order, oldest of them first (r46).
///
/// Notes of agents are among them: only agents see a tail. `messages` may come in any order.
pub fn tail(messages: &[Message], n: usize) -> Vec<TailLine> {
    let mut entries: Vec<_> = messages
        .iter()
        .filter(|message| message.author != Author::System)
        .filter_map(|message| Some((display_key(message), message, message.content.headline()?)))
        .collect();
    entries.sort_by_key(|(key, ..)| *key);
    let from = entries.len().saturating_sub(n);
    entries
        .into_iter()
        .skip(from)
        .map(|((at, _), message, text)| TailLine { author: message.author.clone(), text: preview(text), at })
        .collect()
}

#[cfg(test)]
mod tests {
    use parlor_model::{
        AgentName, Content, Id, InteractionId, LifecycleNotice, MessageText, SystemNotice, Visibility,
    };

    use super::*;
    use crate::order::tests::message;

    fn by_alice(position: u64, at: i64) -> Message {
        Message { author: Author::Agent(AgentName::new("alice").unwrap()), ..message(position, at, None) }
    }

    #[test]
    fn r46_the_tail_is_the_last_entries_that_show_text() {
        let system = Message {
            content: Content::System {
                notice: SystemNotice::Lifecycle {
                    interaction: InteractionId::from_uuid(uuid::Uuid::nil()),
                    change: LifecycleNotice::EndedByContact,
                },
            },
            ..message(5, 50, None)
        };
        let note = Message {
            content: Content::Note { text: MessageText::new("call back").unwrap() },
            visibility: Visibility::Internal,
            ..by_alice(4, 40)
        };
        let messages =
            [by_alice(1, 10), by_alice(2, 30), by_alice(3, 20), note, system, message(6, 60, None)];
        let lines = tail(&messages, 3);
        assert_eq!(
            lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(),
            ["message 3", "message 2", "call back"]
        );
        assert_eq!(lines[0].at, Timestamp::from_millis(20));
        assert_eq!(tail(&messages, 0), []);
        assert_eq!(tail(&messages, 99).len(), 4);
        assert!(!format!("{lines:?}").contains("call back"), "what people wrote stays out of logs");
    }
}
