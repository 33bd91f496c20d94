//! Interactions side by side, and what their effects have made of the world.

use parlor_interaction::StateName;
use stateright::{Model, Property};

use crate::blocks::{Block, Blocks, Order};
use crate::canon::AGENTS;
use crate::graph::{Amounts, Effects, Faults, Step};

/// What an interaction weighs while somebody has it.
const WEIGHT: u8 = 2;

/// Room for one interaction and half of one that has ended: who is full may not take what would be too much.
pub(crate) const TIGHT: u8 = 3;
/// Room for two interactions.
pub(crate) const WIDE: u8 = 4;

/// One holder for each interaction.
pub(crate) const I2: &str = "I2: each interaction has exactly one holder";
/// Capacity is what is held.
pub(crate) const I3: &str = "I3: an agent's load is the sum of what they hold, and never above the limit";
/// Timers belong to their states.
pub(crate) const I7: &str = "I7: the timers that run are those of the states";
/// Done is final.
pub(crate) const I8: &str = "I8: Done never changes";
/// What counts counts on.
pub(crate) const I9: &str =
    "I9: versions, epochs and sessions never go back, and each change of hands is an epoch";
/// No double offer.
pub(crate) const G9: &str = "G9: only an answer to what is open counts, from who was asked and in time";

/// Every law.
pub(crate) const LAWS: [&str; 6] = [I2, I3, I7, I8, I9, G9];

/// An interaction in the world: what it is, and the timers that its effects have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Placed {
    block: u32,
    timers: u16,
}

/// The world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct World<const WORK: usize> {
    interactions: [Placed; WORK],
    load: Amounts,
    /// Whether a step released what was not held.
    released_too_much: bool,
    /// What was wrong with the steps that led here.
    faults: Faults,
}

impl<const WORK: usize> World<WORK> {
    /// The world after a step; `None` when somebody has no room for it, so that nothing is committed.
    fn after(&self, which: usize, step: &Step, limit: u8) -> Option<Self> {
        let mut next = *self;
        next.interactions[which].block = step.to;
        next.carry_out(which, step.effects, limit)?;
        next.faults = Faults {
            holders: self.faults.holders | step.faults.holders,
            done_changes: self.faults.done_changes | step.faults.done_changes,
            counts_back: self.faults.counts_back | step.faults.counts_back,
            stale: self.faults.stale | step.faults.stale,
        };
        Some(next)
    }

    fn carry_out(&mut self, which: usize, effects: Effects, limit: u8) -> Option<()> {
        for agent in 0..AGENTS.len() {
            let released = self.load[agent].checked_sub(effects.release[agent]);
            self.released_too_much |= released.is_none();
            self.load[agent] = released.unwrap_or(0) + effects.hold[agent];
            if effects.hold[agent] > 0 && self.load[agent] > limit {
                return None;
            }
        }
        let timers = &mut self.interactions[which].timers;
        *timers = *timers & !effects.cancel | effects.set;
        Some(())
    }

    /// The same with other names for the agents, and the interactions in one order.
    fn with(&self, order: &Order) -> Self {
        let mut next = *self;
        for placed in &mut next.interactions {
            *placed = Placed { block: order.block(placed.block), timers: order.timers(placed.timers) };
        }
        for (from, to) in order.places.iter().enumerate() {
            next.load[*to] = self.load[from];
        }
        next.interactions.sort_unstable();
        next
    }
}

/// Agents and interactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<const WORK: usize> {
    blocks: &'static Blocks,
    /// How much each agent may hold.
    limit: u8,
}

/// Which step of which interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    which: usize,
    step: usize,
}

impl<const WORK: usize> Desk<WORK> {
    pub(crate) const fn of(blocks: &'static Blocks, limit: u8) -> Self {
        Self { blocks, limit }
    }

    fn block(&self, placed: Placed) -> &Block {
        &self.blocks.all[placed.block as usize]
    }

    fn every(self, world: &World<WORK>, wanted: impl Fn(&Block) -> bool) -> bool {
        world.interactions.iter().all(|placed| wanted(self.block(*placed)))
    }

    fn some(self, world: &World<WORK>, wanted: impl Fn(&Block) -> bool) -> bool {
        world.interactions.iter().any(|placed| wanted(self.block(*placed)))
    }

    /// One world for all that differ in nothing but the names of agents and the order of interactions.
    fn representative(&self, world: &World<WORK>) -> World<WORK> {
        let mut least = world.with(&self.blocks.orders[0]);
        for order in &self.blocks.orders[1..] {
            least = least.min(world.with(order));
        }
        least
    }

    fn sum(&self, world: &World<WORK>) -> Amounts {
        let mut sum = Amounts::default();
        for placed in world.interactions {
            for (sum, held) in sum.iter_mut().zip(self.block(placed).looks.holdings) {
                *sum += held;
            }
        }
        sum
    }
}

impl<const WORK: usize> Model for Desk<WORK> {
    type State = World<WORK>;
    type Action = Action;

    /// Every choice of how each of the interactions begins.
    fn init_states(&self) -> Vec<World<WORK>> {
        let (inbound, _) = self.blocks.starts[0];
        let nothing = World {
            interactions: [Placed { block: inbound, timers: 0 }; WORK],
            load: Amounts::default(),
            released_too_much: false,
            faults: Faults::default(),
        };
        let mut worlds = vec![nothing];
        for which in 0..WORK {
            let begun = worlds.iter().flat_map(|world| {
                self.blocks.starts.iter().filter_map(move |(block, effects)| {
                    let mut begun = *world;
                    begun.interactions[which].block = *block;
                    begun.carry_out(which, *effects, self.limit)?;
                    Some(begun)
                })
            });
            worlds = begun.collect();
        }
        let mut worlds: Vec<_> = worlds.iter().map(|world| self.representative(world)).collect();
        worlds.sort_unstable();
        worlds.dedup();
        worlds
    }

    fn actions(&self, world: &World<WORK>, actions: &mut Vec<Action>) {
        for (which, placed) in world.interactions.iter().enumerate() {
            actions.extend((0..self.block(*placed).steps.len()).map(|step| Action { which, step }));
        }
    }

    fn next_state(&self, world: &World<WORK>, action: Action) -> Option<World<WORK>> {
        let step = &self.block(world.interactions[action.which]).steps[action.step];
        world.after(action.which, step, self.limit).map(|next| self.representative(&next))
    }

    fn format_action(&self, action: &Action) -> String {
        format!("{action:?}")
    }

    fn format_step(&self, world: &World<WORK>, action: Action) -> Option<String> {
        let block = self.block(world.interactions[action.which]);
        Some(format!("{} while {}", block.steps[action.step].command, block.looks.state))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(I2, |_: &Self, world: &World<WORK>| !world.faults.holders),
            Property::always(I3, |desk: &Self, world: &World<WORK>| {
                let held = desk.sum(world);
                !world.released_too_much && held == world.load && held.iter().all(|held| *held <= desk.limit)
            }),
            Property::always(I7, |desk: &Self, world: &World<WORK>| {
                world.interactions.iter().all(|placed| desk.block(*placed).looks.timers == placed.timers)
            }),
            Property::always(I8, |_: &Self, world: &World<WORK>| !world.faults.done_changes),
            Property::always(I9, |_: &Self, world: &World<WORK>| !world.faults.counts_back),
            Property::always(G9, |_: &Self, world: &World<WORK>| !world.faults.stale),
            // A world in which nothing happens keeps every law.
            Property::sometimes("all are Done", |desk, world| {
                desk.every(world, |block| block.looks.state == StateName::Done)
            }),
            Property::sometimes("two agents hold something", |_: &Self, world: &World<WORK>| {
                world.load.iter().filter(|load| **load >= WEIGHT).count() >= 2
            }),
            Property::sometimes("an agent is full to the limit", |desk: &Self, world: &World<WORK>| {
                world.load.contains(&desk.limit)
            }),
            Property::sometimes("there is a conference with advice and a transfer pending", |desk, world| {
                desk.some(world, |block| block.looks.together && block.looks.advised && block.looks.handed)
            }),
            Property::sometimes("one is watched while its owner asks for advice", |desk, world| {
                desk.some(world, |block| block.looks.watched && block.looks.advised)
            }),
            Property::sometimes("one is parked and somebody talks in another", |desk, world| {
                desk.some(world, |block| block.looks.parked)
                    && desk.some(world, |block| block.looks.state == StateName::Active && !block.looks.parked)
            }),
        ]
    }
}
