//! Faults that other desks have had, planted around the shipped function: each must turn the check of its name red.

use parlor_interaction::{Command, Context, Effect, Interaction, Queued, State, Transition, TransitionError};
use stateright::{Checker, HasDiscoveries, Model};

use crate::blocks::Blocks;
use crate::graph::{Decider, Graph};
use crate::questioning::Size;
use crate::world::{Desk, G9, I3, I7, I8, I9, LAWS, TIGHT};

/// Enough of a world for each of them.
const SMALL: Size = Size { agents: 2, full: false };

/// The checks that are red for a decider.
fn red(decide: Decider) -> Vec<&'static str> {
    let blocks: &'static Blocks = Box::leak(Box::new(Blocks::of(&Graph::explore(decide, SMALL))));
    let desk = Desk::<2>::of(blocks, TIGHT);
    let checker = desk.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    LAWS.into_iter().filter(|law| checker.discovery(law).is_some()).collect()
}

/// Whoever accepts gets what is open, whichever offer they answer.
fn accept_ignores_the_epoch(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    match (command, interaction.offer()) {
        (Command::Accept { agent, .. }, Some(open)) if *agent == open.agent => {
            interaction.handle(&Command::Accept { offer: open.offer, agent: agent.clone() }, cx)
        }
        _ => interaction.handle(command, cx),
    }
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

/// It changes hands under the same epoch, so that what was decided for the one before still counts.
fn the_epoch_stays(
    interaction: &Interaction,
    command: &Command,
    cx: Context<'_>,
) -> Result<Transition, TransitionError> {
    let mut transition = interaction.handle(command, cx)?;
    if matches!(command, Command::CompleteConsult { .. }) {
        transition.interaction.epoch = interaction.epoch;
    }
    Ok(transition)
}

#[test]
fn planted_an_accept_that_ignores_the_epoch_is_found() {
    assert!(red(accept_ignores_the_epoch).contains(&G9));
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
fn planted_an_epoch_that_stays_is_found() {
    assert!(red(the_epoch_stays).contains(&I9));
}

#[test]
fn the_shipped_function_is_green_by_the_same_checks() {
    assert_eq!(red(Interaction::handle), [] as [&str; 0]);
}
