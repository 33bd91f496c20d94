//! Every course that a send can take, with the function that is shipped: a provider that has no key against repetitions,
//! answers that are lost, a process that dies, receipts that come when they like, and a person who decides.
//!
//! Guarantees G6 and G7: a message that the provider took is never said to be refused; it is taken at most once more than a
//! rule or a person allowed; and every message comes to a final state once nothing more happens to it.

use std::time::Duration;

use parlor_channel::{Certainty, Retry, TransportError, TransportErrorKind};
use parlor_engine::outbox::{SendContext, SendEvent, SendPolicy, after};
use parlor_model::{ChannelName, Id, MessageId, OutboxId, ProviderMessageId, ThreadId, Timestamp};
use parlor_store::{OutboxEntry, OutboxState, SENDER_LOST};
use stateright::{Checker, Expectation, Model, Property};
use uuid::Uuid;

/// How often the process may die.
const CRASHES: u8 = 3;

/// How often a person says that it be sent again.
const AGAIN: u8 = 1;

/// How often a try may be put off: what comes after is the same as before.
const LATER: u8 = 2;

/// What a step does, wrong on purpose where a test plants a bug.
type Step = fn(&OutboxEntry, &SendEvent<'_>, &SendContext) -> Option<OutboxEntry>;

#[derive(Clone)]
struct Outbox {
    step: Step,
    resends: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    state: OutboxState,
    attempts: u8,
    reason: Option<String>,
    /// A request on its way to the provider, or its answer on its way back, with the number of its try.
    wire: Option<(Wire, u8)>,
    /// How often the provider took the message.
    taken: u8,
    crashes: u8,
    again: u8,
    later: u8,
    /// Whether it is too old to be sent.
    old: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wire {
    Request,
    Taken,
    Refused,
    Busy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    Claim,
    Provider(Wire),
    Answered,
    /// Nobody learns what became of the request, or what was answered.
    Lost,
    /// The process dies; what it sent stays on its way.
    Dies,
    Receipt,
    TimePasses,
    GrowsOld,
    WaitEnds,
    SendAgain,
    GiveUp,
}

impl Outbox {
    fn tell(&self, world: &mut World, event: &SendEvent<'_>) {
        let mut policy = SendPolicy::default();
        policy.resends = self.resends;
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(1);
        let cx = SendContext { now, policy, provider_wait: Duration::ZERO, jitter: 0 };
        let entry = OutboxEntry {
            id: OutboxId::from_uuid(Uuid::nil()),
            message: MessageId::from_uuid(Uuid::nil()),
            thread: ThreadId::from_uuid(Uuid::nil()),
            channel: ChannelName::new("sms").expect("a name"),
            state: world.state,
            attempts: u32::from(world.attempts),
            not_before: Timestamp::UNIX_EPOCH,
            provider_id: None,
            reason: world.reason.clone(),
            lease: None,
            version: 1,
        };
        if let Some(next) = (self.step)(&entry, event, &cx) {
            world.state = next.state;
            world.reason = next.reason;
        }
    }

    fn failed(&self, world: &mut World, kind: TransportErrorKind, certainty: Certainty, retry: Retry) {
        self.tell(world, &SendEvent::Failed(&TransportError::new(kind, certainty).with_retry(retry)));
    }

    fn taken(&self, world: &mut World) {
        self.tell(world, &SendEvent::Taken(Some(&ProviderMessageId::new("SM1"))));
    }
}

impl Model for Outbox {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            state: OutboxState::Pending,
            attempts: 0,
            reason: None,
            wire: None,
            taken: 0,
            crashes: 0,
            again: 0,
            later: 0,
            old: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        match world.wire {
            Some((Wire::Request, _)) => {
                actions.extend([
                    Action::Provider(Wire::Taken),
                    Action::Provider(Wire::Refused),
                    Action::Lost,
                ]);
                if world.later < LATER {
                    actions.push(Action::Provider(Wire::Busy));
                }
            }
            Some((Wire::Taken | Wire::Refused | Wire::Busy, _)) => {
                actions.extend([Action::Answered, Action::Lost]);
            }
            None => {}
        }
        match world.state {
            OutboxState::Pending => actions.push(Action::Claim),
            OutboxState::Sending if world.crashes < CRASHES => actions.push(Action::Dies),
            OutboxState::Uncertain if world.reason.as_deref() == Some(SENDER_LOST) => {
                actions.push(Action::TimePasses);
            }
            OutboxState::Uncertain => actions.push(Action::WaitEnds),
            OutboxState::NeedsDecision => {
                actions.push(Action::GiveUp);
                if world.again < AGAIN {
                    actions.push(Action::SendAgain);
                }
            }
            OutboxState::Sending
            | OutboxState::Accepted
            | OutboxState::Rejected
            | OutboxState::Expired
            | OutboxState::Discarded => {}
        }
        // What is over does not change any more, and what nobody tells us changes nothing.
        if world.taken > 0 && !world.state.is_final() {
            actions.push(Action::Receipt);
        }
        if !world.old && !world.state.is_final() {
            actions.push(Action::GrowsOld);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Claim => {
                // As the store gives it out: it is kept that it is sent before the first byte goes out.
                world.state = OutboxState::Sending;
                world.attempts += 1;
                if world.old {
                    self.tell(&mut world, &SendEvent::TooOld);
                } else {
                    world.wire = Some((Wire::Request, world.attempts));
                }
            }
            Action::Provider(answer) => {
                world.taken += u8::from(answer == Wire::Taken);
                world.later += u8::from(answer == Wire::Busy);
                world.wire = world.wire.map(|(_, attempt)| (answer, attempt));
            }
            Action::Lost => {
                let (_, attempt) = world.wire.take()?;
                if world.state == OutboxState::Sending && attempt == world.attempts {
                    self.failed(&mut world, TransportErrorKind::Network, Certainty::Uncertain, Retry::Never);
                }
            }
            Action::Answered => {
                let (answer, attempt) = world.wire.take()?;
                // That a try failed is written by who has the entry; that it was taken stays true, whoever learns it.
                let is_current = world.state == OutboxState::Sending && attempt == world.attempts;
                let not = Certainty::NotSent;
                match answer {
                    Wire::Taken => self.taken(&mut world),
                    Wire::Refused if is_current => {
                        self.failed(&mut world, TransportErrorKind::Content, not, Retry::Never);
                    }
                    Wire::Busy if is_current => {
                        self.failed(&mut world, TransportErrorKind::RateLimited, not, Retry::Backoff);
                    }
                    Wire::Request | Wire::Refused | Wire::Busy => {}
                }
            }
            Action::Dies => {
                world.crashes += 1;
                world.state = OutboxState::Uncertain;
                world.reason = Some(SENDER_LOST.to_owned());
            }
            Action::Receipt => self.taken(&mut world),
            Action::TimePasses => self.tell(&mut world, &SendEvent::Time),
            Action::WaitEnds => self.tell(&mut world, &SendEvent::WaitIsOver),
            Action::GrowsOld => world.old = true,
            Action::SendAgain => {
                world.again += 1;
                self.tell(&mut world, &SendEvent::SendAgain);
            }
            Action::GiveUp => self.tell(&mut world, &SendEvent::Discard),
        }
        // Where nothing follows, nothing goes on.
        (world != *last).then_some(world)
    }

    fn within_boundary(&self, world: &World) -> bool {
        // Never met by the shipped function, which would not come to an end otherwise.
        world.attempts < u8::MAX / 16
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("never refused while taken", |_, world| {
                world.state != OutboxState::Rejected || world.taken == 0
            }),
            Property::<Self>::always("taken at most once more than was allowed", |model, world| {
                u32::from(world.taken) <= 1 + model.resends + u32::from(world.again)
            }),
            Property::<Self>::always("never pending again without leave", |model, world| {
                let may_be_taken = world.taken > 0 || matches!(world.wire, Some((Wire::Request, _)));
                world.state != OutboxState::Pending || !may_be_taken || model.resends > 0 || world.again > 0
            }),
            Property::<Self>::eventually("every message comes to an end", |_, world| world.state.is_final()),
            Property::<Self>::sometimes("a person gives it up", |_, world| {
                world.state == OutboxState::Discarded
            }),
            Property::<Self>::sometimes("it is taken after the process died", |_, world| {
                world.state == OutboxState::Accepted && world.crashes > 0
            }),
        ]
    }
}

/// The properties that do not hold.
fn broken(step: Step, resends: u32) -> Vec<&'static str> {
    let checker = Outbox { step, resends }.checker().spawn_bfs().join();
    let properties = checker.model().properties();
    let holds = |property: &Property<Outbox>| {
        checker.discovery(property.name).is_some() == matches!(property.expectation, Expectation::Sometimes)
    };
    properties.iter().filter(|property| !holds(property)).map(|property| property.name).collect()
}

#[test]
fn g07_no_course_of_a_send_refuses_what_was_taken_or_repeats_it_without_leave() {
    for resends in [0, 1, 2] {
        assert_eq!(broken(after, resends), Vec::<&str>::new(), "{resends}");
    }
}

#[test]
fn a_sender_that_believes_the_refusal_of_a_second_try_is_found() {
    let wrong: Step = |entry, event, cx| after(&OutboxEntry { reason: None, ..entry.clone() }, event, cx);
    assert!(broken(wrong, 1).contains(&"never refused while taken"));
}

#[test]
fn a_sender_that_sends_again_what_was_being_sent_when_the_process_died_is_found() {
    let wrong: Step = |entry, event, cx| match (entry.state, event) {
        (OutboxState::Uncertain, SendEvent::Time | SendEvent::WaitIsOver) => {
            Some(OutboxEntry { state: OutboxState::Pending, ..entry.clone() })
        }
        _ => after(entry, event, cx),
    };
    assert!(broken(wrong, 0).contains(&"taken at most once more than was allowed"));
}

#[test]
fn a_sender_that_waits_for_ever_is_found() {
    let wrong: Step = |entry, event, cx| match event {
        SendEvent::WaitIsOver => None,
        _ => after(entry, event, cx),
    };
    assert!(broken(wrong, 0).contains(&"every message comes to an end"));
}
