use std::time::Duration;

use parlor_model::Timestamp;

use crate::bucket::Bucket;
use crate::{Action, ClientFrame, CloseReason, ErrorCode, FrameRefusal, Limits};

/// One connection of a browser: it is told what came in and says what to do.
///
/// It holds no socket and no clock and does nothing itself. Whoever drives it carries out the actions of one call
/// before making the next one, calls [`on_hello_timeout`](Self::on_hello_timeout) once after
/// [`Limits::hello_within`], and [`on_ping_timer`](Self::on_ping_timer) every [`Limits::ping_every`].
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    phase: Phase,
    messages: Bucket,
    signals: Bucket,
    unanswered_pings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The hello has not come.
    Waiting,
    /// The hello has come.
    Begun,
    /// Nothing more is taken or said.
    Closed,
}

impl Session {
    /// A connection that was just made.
    pub fn new(limits: Limits) -> Self {
        Self {
            phase: Phase::Waiting,
            messages: Bucket::new(limits.messages),
            signals: Bucket::new(limits.signals),
            unanswered_pings: 0,
            limits,
        }
    }

    /// A text frame came in.
    pub fn on_frame(&mut self, text: &str, now: Timestamp) -> Vec<Action> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        self.unanswered_pings = 0;
        let action =
            self.limit(ClientFrame::parse(text, &self.limits), now).and_then(|frame| self.take(frame));
        match action {
            Ok(action) => vec![action],
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// A binary frame came in: there are none.
    pub fn on_binary(&mut self, now: Timestamp) -> Vec<Action> {
        // No frame of the specification is empty, so this goes the way of every other bad frame.
        self.on_frame("", now)
    }

    /// The browser answered a ping.
    pub fn on_pong(&mut self) {
        self.unanswered_pings = 0;
    }

    /// It is time to see whether the browser is still there.
    pub fn on_ping_timer(&mut self) -> Vec<Action> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        if self.unanswered_pings >= self.limits.missed_pings {
            self.phase = Phase::Closed;
            return vec![Action::Close(CloseReason::Unresponsive)];
        }
        self.unanswered_pings += 1;
        vec![Action::Ping]
    }

    /// The time for the hello is over.
    pub fn on_hello_timeout(&mut self) -> Vec<Action> {
        match self.phase {
            Phase::Waiting => self.refuse(FrameRefusal::new(ErrorCode::HelloFirst, "no hello came in time")),
            Phase::Begun | Phase::Closed => Vec::new(),
        }
    }

    /// Refuses what only the outside can judge: an unknown token or channel, a server that is busy, a message too
    /// large to be read at all. Also says what follows for the connection.
    pub fn refuse(&mut self, refusal: FrameRefusal) -> Vec<Action> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        let closes = refusal.code.closes();
        let mut actions = vec![Action::Reply(refusal.into())];
        if let Some(reason) = closes {
            self.phase = Phase::Closed;
            actions.push(Action::Close(reason));
        }
        actions
    }

    /// Whether the connection is over.
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Holds a frame against the rates. Messages have one of their own; everything else, including what was
    /// refused, shares the other, so that neither eats up the other's.
    fn limit(
        &mut self,
        frame: Result<ClientFrame, FrameRefusal>,
        now: Timestamp,
    ) -> Result<ClientFrame, FrameRefusal> {
        let (taken, id) = match &frame {
            Ok(ClientFrame::Message { id, .. }) => (self.messages.take(now), Some(*id)),
            // Nothing comes after it, so there is nothing to hold back.
            Err(refusal) if refusal.code.closes().is_some() => return frame,
            Err(refusal) => (self.signals.take(now), refusal.id),
            Ok(
                ClientFrame::Hello { .. }
                | ClientFrame::Typing { .. }
                | ClientFrame::Seen(_)
                | ClientFrame::End,
            ) => (self.signals.take(now), None),
        };
        match taken {
            Ok(()) => frame,
            Err(wait) => Err(too_many(wait, id)),
        }
    }

    fn take(&mut self, frame: ClientFrame) -> Result<Action, FrameRefusal> {
        match (self.phase, frame) {
            (Phase::Waiting, ClientFrame::Hello { token, after, name }) => {
                self.phase = Phase::Begun;
                Ok(Action::Begin { token, after, name })
            }
            (_, ClientFrame::Hello { .. }) => {
                Err(FrameRefusal::new(ErrorCode::BadFrame, "hello is said once in a connection"))
            }
            (
                Phase::Waiting,
                ClientFrame::Message { .. }
                | ClientFrame::Typing { .. }
                | ClientFrame::Seen(_)
                | ClientFrame::End,
            ) => Err(FrameRefusal::new(ErrorCode::HelloFirst, "the first frame of a connection is hello")),
            (_, ClientFrame::Message { id, text, attachments }) => {
                Ok(Action::Write { id, text, attachments })
            }
            (_, ClientFrame::Typing { on }) => Ok(Action::Typing { on }),
            (_, ClientFrame::Seen(seen)) => Ok(Action::Seen { seen }),
            (_, ClientFrame::End) => Ok(Action::End),
        }
    }
}

fn too_many(wait: Duration, id: Option<parlor_model::ClientId>) -> FrameRefusal {
    FrameRefusal {
        id,
        ..FrameRefusal::new(ErrorCode::TooManyMessages, "too many frames in too little time")
            .retry_after(wait)
    }
}
