mod active;
mod case;
mod conference;
mod consult;
mod done;
mod ended;
mod idle;
mod offered;
mod park;
mod queued;
mod transfer;

use parlor_model::{AgentName, OfferId, Timestamp};

use crate::effect::difference;
use crate::{
    Command, Effect, Event, GoneReason, Handover, Interaction, Policy, Queued, Recorded, Refusal, Start,
    State, TransitionError, replay,
};

/// What a decision may depend on besides the interaction and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The current moment. A deadline is over from its own moment on.
    pub now: Timestamp,
    /// The rules of the desk.
    pub policy: &'a Policy,
}

/// What a command leads to.
///
/// `interaction` is `events` applied, and `effects` are the difference it makes to the world. All three are
/// written in one commit or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The interaction afterwards.
    pub interaction: Interaction,
    /// What happened; empty when the command changed nothing.
    pub events: Vec<Recorded>,
    /// What the world has to do.
    pub effects: Vec<Effect>,
}

/// What is to happen, or why nothing can.
type Decision = Result<Vec<Event>, Refusal>;

/// The command is late or repeated: all it asks for is so already, or no longer matters.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the three answers of a decision, next to `one` and `Err`"
)]
const fn nothing() -> Decision {
    Ok(Vec::new())
}

/// One thing happens.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the three answers of a decision, next to `nothing` and `Err`"
)]
fn one(event: Event) -> Decision {
    Ok(vec![event])
}

impl Interaction {
    /// Begins an interaction: in its queue, or with the agent who opens it (r14).
    pub fn start(start: Start, now: Timestamp) -> Transition {
        let interaction = replay::begin(&start, now);
        Transition {
            effects: difference(None, &interaction),
            interaction,
            events: vec![Recorded { at: now, event: Event::Started(start) }],
        }
    }

    /// Decides what a command leads to. There is an answer for every state and command.
    ///
    /// A command that is late or repeated changes nothing and succeeds, with no events. A refused command changes
    /// nothing either.
    pub fn handle(&self, command: &Command, cx: Context<'_>) -> Result<Transition, TransitionError> {
        let decision = match &self.state {
            State::Queued(queued) => queued::decide(self, queued, command, cx),
            State::Offered(offered) => offered::decide(self, offered, command, cx),
            State::Active(active) => active::decide(self, active, command, cx),
            State::Ended(ended) => ended::decide(self, ended, command, cx),
            State::Done(done) => done::decide(self, done, command),
        };
        let events = decision.map_err(|refusal| TransitionError {
            state: self.state.name(),
            command: command.name(),
            refusal,
        })?;
        Ok(self.follow(events, cx.now))
    }

    /// Applies what was decided.
    fn follow(&self, events: Vec<Event>, at: Timestamp) -> Transition {
        let mut interaction = self.clone();
        if events.is_empty() {
            return Transition { interaction, events: Vec::new(), effects: Vec::new() };
        }
        let mut recorded = Vec::with_capacity(events.len());
        for event in events {
            let event = Recorded { at, event };
            match interaction.apply(&event) {
                Ok(next) => {
                    interaction = next;
                    recorded.push(event);
                }
                // A decision names only events that fit. Should one ever not, journal and snapshot still agree.
                Err(error) => debug_assert!(false, "{error}"),
            }
        }
        Transition { effects: difference(Some(self), &interaction), interaction, events: recorded }
    }

    /// Whether `agent` has it, or had it when the session ended, because of this change of hands.
    fn went_to(&self, agent: &AgentName, handover: Handover) -> bool {
        self.handover == Some(handover) && self.last_owner.as_ref() == Some(agent)
    }
}

/// The answer to an offer that is not, or no longer, the agent's to accept.
const fn offer_gone(reason: GoneReason) -> Decision {
    Err(Refusal::OfferGone { reason })
}

/// Why an agent's offer is gone while it waits for another one.
fn lapse_reason(queued: &Queued, offer: OfferId, agent: &AgentName) -> GoneReason {
    match queued.lapsed.get(agent) {
        Some(lapsed) if lapsed.offer == offer => lapsed.reason,
        Some(_) | None => GoneReason::Withdrawn,
    }
}
