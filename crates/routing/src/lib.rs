//! Who gets which work.
//!
//! A [`Matcher`] holds in memory which agents could take work and which work waits. One task owns it, builds it
//! from the store at start, tells it of every committed change as an [`Input`], and turns the [`Decision`]s it
//! gets back into commits. The matcher itself does no I/O, reads no clock and draws no random number: the same
//! inputs give the same decisions again, so that a recorded day can be replayed and explained.
//!
//! # Who may get what
//!
//! Work is offered to an agent who is logged in, serves its queue while that is open, has its skills and those of the
//! queue, is enabled for and Ready on *every* medium it asks for (r1 to r4), has room for its weight in its media
//! class, and has not let it pass a short while ago (r8). [`Matcher::explain`] names, for every agent, whatever of this
//! fails.
//!
//! What a queue asks for may be relaxed as work waits, one [`Ring`] after another: fewer skills, lower grades, further
//! queues. While a queue is closed, work in it waits, or the agents of the queue it overflows to are asked. Work may
//! be held for the agent who had the conversation last, for a time and while they are logged in ([`Sticky`]).
//!
//! # Which work comes first
//!
//! Longer waiting, where each step of priority counts as so much more of it
//! ([`RoutingPolicy::priority_step`]), then longer waiting in fact, then the smaller id. Two pieces of work keep their
//! order however long they wait. Work that an agent let pass keeps the time since which it waits.
//!
//! # Which agent comes first
//!
//! The agent whom the work prefers, if eligible: preferred, not forced. Then the agent who is idle longest, then
//! the one who is filled less in the work's media class, then the smaller name. Preference chooses the agent for a
//! piece of work, not the work for an agent: an agent who gets room takes the first work of the order above,
//! whomever it prefers.
//!
//! # The protocol
//!
//! The matcher is always a little ahead of the store, because a decision still has to be committed. Between the
//! two the decision is *in flight*: its work no longer waits, its weight counts on the agent, and the agent counts
//! as idle only since the decision. A burst therefore never gives an agent more than they may hold, however late
//! the answers come.
//!
//! 1. Every decision is answered exactly once with [`Input::OfferSettled`], whether its commit succeeded or not.
//! 2. Before that answer, tell what is true now: [`Input::AgentChanged`] with the agent as the store has them
//!    (after a success, with the new load), and [`Input::WorkArrived`] if the work still waits. The answer only
//!    ends what the matcher assumed in the meantime. In this order weight may count twice for a moment, never zero
//!    times.
//! 3. Work that arrives while a decision on it is in flight is held back until the answer, so that one piece of
//!    work never has two decisions in flight. [`Input::WorkLeft`] takes back what is held.
//! 4. A snapshot replaces what was known of the agent, and arriving work replaces what was known of it, so saying
//!    something again is harmless. What is said about one agent must not go back in time; a caller that reads the
//!    row when told that it changed gets this for free.
//! 5. Refused commits are not tried again by the matcher itself: whoever saw the reason reports what is true now,
//!    after a pause of its own if the store was at fault.
//!
//! At start, [`Input::Started`] gives everything at once, so that the first decisions see all agents and all work.
//!
//! Time moves only with inputs and never backwards: an earlier `now` counts as the latest one seen. When nothing else
//! happens, [`Matcher::next_wakeup`] says when [`Input::TimePassed`] is worth sending.

mod abilities;
mod agent;
mod classify;
mod decision;
mod error;
mod explain;
mod flow;
mod hold;
mod hours;
mod index;
mod input;
mod line;
mod matcher;
mod names;
mod number;
mod policy;
mod queue_rule;
mod record;
mod rules;
mod table;
mod work;
mod works;

pub use agent::AgentSnapshot;
pub use classify::{Classification, Classifier, Keyword, KeywordClassifier};
pub use decision::Decision;
pub use error::RoutingError;
pub use explain::{Exclusion, Explanation, Score, Verdict};
pub use flow::QueuePosition;
pub use hours::Hours;
pub use input::Input;
pub use matcher::Matcher;
pub use policy::RoutingPolicy;
pub use queue_rule::{QueueRule, Ring, Sticky};
pub use record::{Decided, Difference, Recorder, Recording, Step, difference, replay};
pub use rules::RoutingRules;
pub use work::{Preferred, Work};
