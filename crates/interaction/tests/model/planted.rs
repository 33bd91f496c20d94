//! Faults that other desks have had, planted around the shipped function: each must turn the check of its name red.

use parlor_interaction::{Command, Context, Effect, Interaction, Queued, State, Transition, TransitionError};
use stateright::{Checker, HasDiscoveries, Model};

use crate::graph::{Decider, Graph};
use crate::in_short_form;
use crate::world::{Desk, I2, I3, I7, I8};

/// The checks that are red for a decider.
fn red(decide: Decider) -> Vec<&'static str> {
    let graph: &'static Graph = Box::leak(Box::new(Graph::explore(decide, in_short_form)));
    let checker = Desk::of(graph).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    [I2, I3, I7, I8].into_iter().filter(|law| checker.discovery(law).is_some()).collect()
}

/// The end gives back the room of the owner and forgets that of the conference.
fn a_conference_leg_leaks(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    let mut transition = interaction.handle(command, cx)?;
    if let (Command::End { .. }, State::Active(active)) = (command, &interaction.state) {
        transition.effects.retain(
            |effect| !matches!(effect, Effect::Release { agent, .. } if active.members.contains(agent)),
        );
    }
    Ok(transition)
}

/// A transfer that is answered leaves its timer running.
fn the_timer_survives_its_state(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    let mut transition = interaction.handle(command, cx)?;
    if matches!(command, Command::AcceptTransfer { .. }) {
        transition.effects.retain(|effect| !matches!(effect, Effect::CancelTimer { .. }));
    }
    Ok(transition)
}

/// What the contact writes brings closed work back.
fn done_changes(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    if let (Command::ContactWrote, State::Done(_)) = (command, &interaction.state) {
        let (passed, lapsed) = Default::default();
        let queued = Queued { since: cx.now, preferred: None, passed, lapsed };
        let interaction = Interaction { state: State::Queued(queued), ..interaction.clone() };
        return Ok(Transition { interaction, events: Vec::new(), effects: vec![Effect::EnterQueue] });
    }
    interaction.handle(command, cx)
}

/// What was parked is taken up without asking whether there is room.
fn unparking_passes_the_gate_by(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    let mut transition = interaction.handle(command, cx)?;
    if matches!(command, Command::Unpark { room: true, .. }) {
        transition.effects.retain(|effect| !matches!(effect, Effect::Hold { .. }));
    }
    Ok(transition)
}

#[test]
fn planted_a_conference_leg_that_leaks_capacity_is_found() {
    assert!(red(a_conference_leg_leaks).contains(&I3));
}

#[test]
fn planted_a_timer_that_survives_its_state_is_found() {
    assert!(red(the_timer_survives_its_state).contains(&I7));
}

#[test]
fn planted_a_done_that_changes_is_found() {
    assert!(red(done_changes).contains(&I8));
}

#[test]
fn planted_an_unparking_beside_the_gate_is_found() {
    assert!(red(unparking_passes_the_gate_by).contains(&I3));
}

#[test]
fn the_shipped_function_is_green_by_the_same_checks() {
    assert_eq!(red(Interaction::handle), [] as [&str; 0]);
}
