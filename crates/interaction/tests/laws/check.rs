//! The laws themselves: what must be true of every state and of every transition.

use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{
    Active, Command, Context, Effect, Holder, Interaction, Outcome, Policy, Start, State, Timer, Transition,
    TransitionError,
};
use parlor_model::{AgentName, Timestamp};

/// What the effects of an interaction have made of the world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct World {
    held: BTreeMap<AgentName, u32>,
    timers: BTreeMap<Timer, Timestamp>,
    waits: bool,
}

impl World {
    /// The world as it has to be for this interaction.
    pub(crate) fn of(interaction: &Interaction) -> Self {
        Self {
            held: interaction.holdings(),
            timers: interaction.timers(),
            waits: matches!(interaction.state, State::Queued(_)),
        }
    }

    /// Carries out effects; fails on what a store could not carry out.
    pub(crate) fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Hold { agent, class: _, weight } => {
                    assert!(*weight > 0, "nothing is held");
                    *self.held.entry(agent.clone()).or_default() += weight;
                }
                Effect::Release { agent, class: _, weight } => {
                    assert!(*weight > 0, "nothing is released");
                    let held = self.held.get_mut(agent).expect("released without having been held");
                    *held = held.checked_sub(*weight).expect("more released than was held");
                }
                Effect::SetTimer { timer, at } => {
                    assert_ne!(self.timers.insert(timer.clone(), *at), Some(*at), "set twice: {timer:?}");
                }
                Effect::CancelTimer { timer } => {
                    self.timers.remove(timer).unwrap_or_else(|| panic!("not set: {timer:?}"));
                }
                Effect::EnterQueue => assert!(!std::mem::replace(&mut self.waits, true), "waits already"),
                Effect::LeaveQueue => assert!(std::mem::take(&mut self.waits), "did not wait"),
            }
        }
        self.held.retain(|_, weight| *weight > 0);
    }
}

/// Starts an interaction and checks it.
pub(crate) fn start(start: Start, now: Timestamp) -> (Transition, World) {
    let transition = Interaction::start(start, now);
    let mut world = World::default();
    world.carry_out(&transition.effects);
    assert_eq!(world, World::of(&transition.interaction));
    assert_eq!(transition.interaction.version, 1);
    (transition, world)
}

/// Gives a command and checks everything that must be true of the answer.
pub(crate) fn command(
    before: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    let transition = match before.handle(command, cx) {
        Ok(transition) => transition,
        Err(error) => {
            assert_eq!((error.state, error.command), (before.state.name(), command.name()));
            return Err(error);
        }
    };
    let after = &transition.interaction;

    // The events alone lead to the snapshot, and each counts.
    let mut applied = before.clone();
    for recorded in &transition.events {
        let next = applied.apply(recorded).expect("an event fits where it was decided");
        let changed_hands = next.holder() != applied.holder();
        assert_eq!(next.version, applied.version + 1);
        assert_eq!(next.epoch, applied.epoch + u64::from(changed_hands), "{recorded:?}");
        applied = next;
    }
    assert_eq!(&applied, after);

    if transition.events.is_empty() {
        assert!(transition.effects.is_empty(), "nothing happened, yet {:?}", transition.effects);
        return Ok(transition);
    }

    // Done never changes.
    assert!(before.is_open(), "{command:?} changed Done");

    // The effects lead from the world before to the world after.
    let mut world = World::of(before);
    world.carry_out(&transition.effects);
    assert_eq!(world, World::of(after), "{command:?}");

    // What has succeeded may be repeated.
    let again = after.handle(command, cx).map(|again| again.events);
    assert_eq!(again, Ok(Vec::new()), "{command:?} repeated");

    pending(before, command, after, cx.now);
    Ok(transition)
}

/// The timer of r40 and r44, said once more in terms of commands.
fn pending(before: &Interaction, command: &Command, after: &Interaction, now: Timestamp) {
    let was_ended = matches!(before.state, State::Ended(_));
    let first_owner = before.last_owner.is_none() && after.last_owner.is_some();
    let expected = match (&after.state, command) {
        (State::Ended(_) | State::Done(_), _) | (State::Active(_), Command::AgentWrote { .. }) => None,
        (_, Command::ContactWrote) if was_ended => Some(now),
        (_, Command::ContactWrote) => before.unanswered_since.or(Some(now)),
        (State::Active(_), _) if first_owner => before.unanswered_since.or(Some(now)),
        (State::Queued(_) | State::Offered(_) | State::Active(_), _) => before.unanswered_since,
    };
    assert_eq!(after.unanswered_since, expected, "{command:?}");
}

/// What must be true of every state.
pub(crate) fn state(interaction: &Interaction) {
    // Exactly one holder, and the state agrees on who it is.
    match (&interaction.state, interaction.holder()) {
        (State::Queued(_), Holder::Queue(queue)) => assert_eq!(*queue, interaction.queue),
        (State::Offered(offered), Holder::Offer { offer, agent }) => {
            assert_eq!((offer, agent), (offered.offer, &offered.agent));
        }
        (State::Active(active), Holder::Owner(owner)) => {
            assert!(active.transfer.is_none());
            assert_eq!(*owner, active.owner);
        }
        (State::Active(active), Holder::Transfer { transfer, owner, to }) => {
            let pending = active.transfer.as_ref().expect("a pending transfer");
            assert_eq!((transfer, owner, to), (pending.id, &active.owner, &pending.to));
        }
        (State::Ended(ended), Holder::LastOwner(owner)) => {
            assert_eq!(ended.outcome, Outcome::Handled);
            assert_eq!(Some(owner), interaction.last_owner.as_ref());
        }
        (State::Ended(ended), Holder::Nobody) => {
            assert_eq!((ended.outcome, ended.holds), (Outcome::Abandoned, 0));
        }
        (State::Done(_), Holder::Nobody) => {}
        (state, holder) => panic!("{} held by {holder:?}", state.name()),
    }
    room(interaction);
    if let State::Active(active) = &interaction.state {
        session(interaction, active);
    }
    timers(interaction);
    let json = serde_json::to_string(interaction).unwrap();
    assert_eq!(&serde_json::from_str::<Interaction>(&json).unwrap(), interaction);
}

/// Who is weighed down, said once more by state.
fn room(interaction: &Interaction) {
    let holdings = interaction.holdings();
    assert!(holdings.values().all(|weight| (1..=interaction.weight).contains(weight)), "{holdings:?}");
    if interaction.weight == 0 {
        return;
    }
    let held: BTreeSet<&AgentName> = holdings.keys().collect();
    match &interaction.state {
        State::Queued(_) | State::Done(_) => assert!(held.is_empty()),
        State::Offered(offered) => assert_eq!(held, BTreeSet::from([&offered.agent])),
        State::Active(active) => {
            // A place is kept for those who are asked; supervisors and consults weigh nothing.
            let mut expected =
                if active.parked.is_some() { BTreeSet::new() } else { BTreeSet::from([&active.owner]) };
            expected.extend(&active.members);
            expected.extend(active.invitations.keys());
            expected.extend(active.transfer.as_ref().map(|transfer| &transfer.to));
            assert_eq!(held, expected);
        }
        State::Ended(_) => {
            assert!(held.into_iter().all(|agent| interaction.last_owner.as_ref() == Some(agent)));
        }
    }
}

/// Nobody stands in two places, and what is parked is its owner's alone.
fn session(interaction: &Interaction, active: &Active) {
    assert_eq!(interaction.last_owner.as_ref(), Some(&active.owner));
    assert!(!active.members.contains(&active.owner));
    assert!(
        !active.invitations.keys().chain(active.supervisors.keys()).any(|agent| active.takes_part(agent))
    );
    assert!(active.consults.values().all(|consult| active.takes_part(&consult.by)));
    assert!(active.consults.values().all(|consult| consult.target.agent() != Some(&consult.by)));
    if active.parked.is_some() {
        assert!(active.members.is_empty() && active.invitations.is_empty() && active.consults.is_empty());
        assert!(active.transfer.is_none() && active.idle.is_none());
    }
    if active.idle.is_some() {
        assert_eq!(interaction.unanswered_since, None, "the silence is the agents'");
    }
    if let Some(transfer) = &active.transfer {
        assert_eq!(transfer.by, active.owner);
        assert_ne!(transfer.to, active.owner);
    }
}

/// A timer does nothing before it is due, and is gone after it.
fn timers(interaction: &Interaction) {
    let policy = Policy::default();
    for (timer, due) in interaction.timers() {
        let just_before = Context { now: due - std::time::Duration::from_micros(1), policy: &policy };
        let early = interaction.handle(&timer.command(), just_before).expect("early is harmless");
        assert_eq!(early.events, []);
        let fired =
            interaction.handle(&timer.command(), Context { now: due, policy: &policy }).expect("is due");
        assert_eq!(fired.events.len(), 1, "{timer:?}");
        assert!(!fired.interaction.timers().contains_key(&timer), "{timer:?}");
    }
}
