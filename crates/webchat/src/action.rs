use parlor_model::{ClientId, MessageText};

use crate::{Acknowledged, ContactName, ServerFrame, SessionToken};

/// What whoever holds the socket has to do next, in the given order and one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin a session, or go on with the one of this token, and answer with
    /// [`Welcome`](ServerFrame::Welcome) and every visible entry after `after`. When nobody has such a token, give
    /// [`UnknownToken`](crate::ErrorCode::UnknownToken) to [`Session::refuse`](crate::Session::refuse).
    Begin {
        /// The token that the browser kept.
        token: Option<SessionToken>,
        /// The last sequence that the browser has; always 0 without a token.
        after: u64,
        /// What the contact calls themselves.
        name: Option<ContactName>,
    },
    /// Write a message and answer with [`Accepted`](ServerFrame::Accepted) once it is durable. The same `id` again
    /// changes nothing and is answered the same way.
    Write {
        /// The browser's own id of the message. It is unique only among the messages of this contact.
        id: ClientId,
        /// What was written; `None` only where there are files.
        text: Option<MessageText>,
        /// The files that go with it, by the browser's own ids.
        attachments: Vec<ClientId>,
    },
    /// Tell the agents that the contact types, or has stopped. There is no text to tell (r39).
    Typing {
        /// Whether they type.
        on: bool,
    },
    /// Take note of what the contact has seen; see [`Acknowledged::advanced`].
    Seen {
        /// How far.
        seen: Acknowledged,
    },
    /// End the session for the contact.
    End,
    /// Send this frame.
    Reply(ServerFrame),
    /// Send a ping of the WebSocket protocol.
    Ping,
    /// Close the connection. Nothing more comes from the session. The interaction goes on (r35).
    Close(CloseReason),
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseReason {
    /// A frame was refused for good; the error frame before it says why.
    Refused,
    /// A frame was too large.
    TooLarge,
    /// The browser does not answer pings.
    Unresponsive,
    /// The browser reads too slowly; it resumes where it was (r98).
    TooSlow,
    /// The server stops; the browser comes back a little later.
    Stopping,
}

impl CloseReason {
    /// The status code of the WebSocket protocol (RFC 6455, section 7.4, and its registry).
    pub const fn code(self) -> u16 {
        match self {
            Self::Unresponsive => 1001,
            Self::Refused => 1008,
            Self::TooLarge => 1009,
            Self::Stopping => 1012,
            Self::TooSlow => 1013,
        }
    }

    /// The reason in words, for the close frame.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TooLarge => "too large",
            Self::Unresponsive => "unresponsive",
            Self::TooSlow => "too slow",
            Self::Stopping => "stopping",
        }
    }
}
