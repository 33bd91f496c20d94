//! Two interactions and what their effects have made of the world.

use parlor_interaction::StateName;
use stateright::{Model, Property};

use crate::graph::{Amounts, Effects, Graph, Node, Step};

/// How much each agent may hold.
const LIMIT: u8 = 1;

/// One holder for each interaction.
pub(crate) const I2: &str = "I2: each interaction has exactly one holder";
/// Capacity is what is held.
pub(crate) const I3: &str = "I3: an agent's load is the sum of what they hold, and never above the limit";
/// Timers belong to their states.
pub(crate) const I7: &str = "I7: the timers that run are those of the states";
/// Done is final.
pub(crate) const I8: &str = "I8: Done never changes";

/// An interaction in the world: its state, and the timers that its effects have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Placed {
    node: u32,
    timers: u16,
}

/// The world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    interactions: [Placed; 2],
    load: Amounts,
    /// Whether a step released what was not held.
    released_too_much: bool,
    /// Whether Done changed.
    done_changed: bool,
}

impl World {
    /// The world after a step; `None` when somebody has no room for it, so that nothing is committed.
    fn after(&self, which: usize, step: &Step) -> Option<Self> {
        let mut next = *self;
        next.interactions[which].node = step.to;
        next.carry_out(which, step.effects)?;
        next.done_changed |= step.changes_done;
        // Which of the two it is makes no difference.
        next.interactions.sort_unstable();
        Some(next)
    }

    fn carry_out(&mut self, which: usize, effects: Effects) -> Option<()> {
        for agent in 0..self.load.len() {
            let released = self.load[agent].checked_sub(effects.release[agent]);
            self.released_too_much |= released.is_none();
            self.load[agent] = released.unwrap_or(0) + effects.hold[agent];
            if effects.hold[agent] > 0 && self.load[agent] > LIMIT {
                return None;
            }
        }
        let timers = &mut self.interactions[which].timers;
        *timers = *timers & !effects.cancel | effects.set;
        Some(())
    }
}

/// Two agents and two interactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk {
    graph: &'static Graph,
}

/// Which step of which interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    which: usize,
    step: usize,
}

impl Desk {
    pub(crate) const fn of(graph: &'static Graph) -> Self {
        Self { graph }
    }

    fn node(&self, placed: Placed) -> &Node {
        &self.graph.nodes[placed.node as usize]
    }

    fn nodes(&self, world: &World) -> [&Node; 2] {
        world.interactions.map(|placed| self.node(placed))
    }

    fn both(self, world: &World, wanted: impl Fn(&Node) -> bool) -> bool {
        self.nodes(world).into_iter().all(wanted)
    }

    fn either(self, world: &World, wanted: impl Fn(&Node) -> bool) -> bool {
        self.nodes(world).into_iter().any(wanted)
    }
}

impl Model for Desk {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let (inbound, _) = self.graph.starts[0];
        let nothing = Placed { node: inbound, timers: 0 };
        let starts = self.graph.starts.iter().filter_map(|(node, effects)| {
            let mut world = World {
                interactions: [Placed { node: *node, timers: 0 }, nothing],
                load: [0; 2],
                released_too_much: false,
                done_changed: false,
            };
            world.carry_out(0, *effects)?;
            world.interactions.sort_unstable();
            Some(world)
        });
        starts.collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (which, node) in self.nodes(world).into_iter().enumerate() {
            actions.extend((0..node.steps.len()).map(|step| Action { which, step }));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        world.after(action.which, &self.node(world.interactions[action.which]).steps[action.step])
    }

    fn format_action(&self, action: &Action) -> String {
        format!("{action:?}")
    }

    fn format_step(&self, world: &World, action: Action) -> Option<String> {
        let node = self.node(world.interactions[action.which]);
        Some(format!("{} while {}", node.steps[action.step].command, node.state))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(I2, |desk: &Self, world| desk.both(world, |node| node.one_holder)),
            Property::always(I3, |desk: &Self, world: &World| {
                let held = desk.nodes(world).map(|node| node.holdings);
                let sum = [held[0][0] + held[1][0], held[0][1] + held[1][1]];
                !world.released_too_much && sum == world.load && sum.iter().all(|held| *held <= LIMIT)
            }),
            Property::always(I7, |desk: &Self, world: &World| {
                world.interactions.iter().all(|placed| desk.node(*placed).timers == placed.timers)
            }),
            Property::always(I8, |_: &Self, world: &World| !world.done_changed),
            // A world in which nothing happens keeps every law.
            Property::sometimes("both are Done", |desk, world| {
                desk.both(world, |node| node.state == StateName::Done)
            }),
            Property::sometimes("both agents are full", |_: &Self, world: &World| world.load == [LIMIT; 2]),
            Property::sometimes("there is a conference", |desk, world| {
                desk.either(world, |node| node.together)
            }),
            Property::sometimes("one is parked and its owner talks in the other", |desk, world| {
                desk.either(world, |node| node.parked)
                    && desk.either(world, |node| node.state == StateName::Active && !node.parked)
            }),
        ]
    }
}
