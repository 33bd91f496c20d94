use parlor_model::{AgentName, Message};

use crate::{ServerFrame, visible};

/// How far one connection has been given the transcript of its thread (rules 4 and 5).
///
/// Entries may come from the store and from the live feed, one after the other or mixed, some of them twice: each
/// is let through once, in order. What would leave something out is held back, so that it can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    after: u64,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Send this.
    Show(ServerFrame),
    /// It was next, and it is not for the contact's eyes.
    Hidden,
    /// It was let through before.
    Repeated,
    /// Something is missing between [`Cursor::after`] and this entry. Read the thread from there; this entry is
    /// among what comes.
    Gap,
}

impl Cursor {
    /// A connection whose browser has everything up to `after`. `latest` is the last sequence of the thread: a
    /// browser cannot have more than there is.
    pub fn new(after: u64, latest: u64) -> Self {
        Self { after: after.min(latest) }
    }

    /// The last sequence that was let through; the thread is read from here.
    pub const fn after(self) -> u64 {
        self.after
    }

    /// Takes an entry of the thread; `agent_name` gives the name under which contacts know an agent.
    pub fn take(&mut self, message: &Message, agent_name: impl Fn(&AgentName) -> String) -> Taken {
        if message.sequence <= self.after {
            return Taken::Repeated;
        }
        if message.sequence - self.after > 1 {
            return Taken::Gap;
        }
        self.after = message.sequence;
        visible(message, agent_name).map_or(Taken::Hidden, Taken::Show)
    }
}
