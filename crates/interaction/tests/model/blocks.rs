//! States of one interaction that nobody can tell apart, taken together.
//!
//! Two states are in one block when they look the same, and when every step of the one is, by its effects and its faults
//! and the block it leads to, a step of the other. The blocks are found by taking apart what can be told apart until
//! nothing more can be (partition refinement), so what holds for all blocks holds for all states: nothing is argued here.

use std::collections::BTreeMap;

use crate::canon::AGENTS;
use crate::graph::{Effects, Faults, Graph, Looks, Step, timers_of};

/// A block, and every way on from it.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) looks: Looks,
    pub(crate) steps: Vec<Step>,
}

/// Everything one interaction can be.
#[derive(Debug)]
pub(crate) struct Blocks {
    pub(crate) all: Vec<Block>,
    /// Where an interaction begins, with the effects of that.
    pub(crate) starts: Vec<(u32, Effects)>,
    /// Every order in which the agents can be named.
    pub(crate) orders: Vec<Order>,
}

/// Other names for the agents.
#[derive(Debug)]
pub(crate) struct Order {
    /// Which place the agent of each place takes.
    pub(crate) places: Vec<usize>,
    /// Which block is like each block then.
    blocks: Vec<u32>,
}

impl Order {
    /// The block that is like this one.
    pub(crate) fn block(&self, block: u32) -> u32 {
        self.blocks[block as usize]
    }

    /// The timers that are like these.
    pub(crate) fn timers(&self, timers: u16) -> u16 {
        timers_of(timers, &self.places)
    }
}

/// What can be seen of a step: where it leads, its effects and its faults.
type Way = (u32, Effects, Faults);

impl Step {
    const fn way(&self) -> Way {
        (self.to, self.effects, self.faults)
    }
}

impl Blocks {
    /// The blocks of a graph.
    pub(crate) fn of(graph: &Graph) -> Self {
        let of = refined(graph);
        let count = of.iter().max().map_or(0, |last| *last as usize + 1);
        let mut all: Vec<Option<Block>> = vec![None; count];
        for (number, node) in graph.nodes.iter().enumerate() {
            let block = of[number];
            let mut steps: BTreeMap<Way, Step> = BTreeMap::new();
            for step in &node.steps {
                let to = of[step.to as usize];
                if let Some(way) = way(block, step, to) {
                    steps.entry(way).or_insert(Step { to, ..*step });
                }
            }
            let known = all[block as usize]
                .get_or_insert_with(|| Block { looks: node.looks, steps: steps.values().copied().collect() });
            // What the blocks rest on: each state of a block looks like the others and can do what they can.
            assert_eq!(known.looks, node.looks);
            assert!(known.steps.iter().map(Step::way).eq(steps.into_keys()));
        }
        let starts = graph.starts.iter().map(|(node, effects)| (of[*node as usize], *effects)).collect();
        let orders = orders(graph.size.agents).into_iter().map(|places| order(graph, &of, count, places));
        Self {
            all: all.into_iter().map(|block| block.expect("no number is left out")).collect(),
            starts,
            orders: orders.collect(),
        }
    }
}

/// What can be seen of a step; `None` when nothing can.
fn way(from: u32, step: &Step, to: u32) -> Option<Way> {
    let seen = from != to || step.effects != Effects::default() || step.faults != Faults::default();
    seen.then_some((to, step.effects, step.faults))
}

/// The block of each state.
fn refined(graph: &Graph) -> Vec<u32> {
    let mut known: BTreeMap<Looks, u32> = BTreeMap::new();
    let mut of: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let next = next(&known);
        of.push(*known.entry(node.looks).or_insert(next));
    }
    let mut count = known.len();
    loop {
        let mut known: BTreeMap<(u32, Vec<Way>), u32> = BTreeMap::new();
        let mut finer = Vec::with_capacity(of.len());
        for (number, node) in graph.nodes.iter().enumerate() {
            let ways = node.steps.iter().filter_map(|step| way(of[number], step, of[step.to as usize]));
            let mut ways: Vec<Way> = ways.collect();
            ways.sort_unstable();
            ways.dedup();
            let next = next(&known);
            finer.push(*known.entry((of[number], ways)).or_insert(next));
        }
        let found = known.len();
        of = finer;
        if found == count {
            return of;
        }
        count = found;
    }
}

fn next<K, V>(known: &BTreeMap<K, V>) -> u32 {
    u32::try_from(known.len()).unwrap()
}

/// Every order of so many places.
fn orders(agents: usize) -> Vec<Vec<usize>> {
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for place in 0..agents {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, place);
                    longer
                })
            })
            .collect();
    }
    orders
}

fn order(graph: &Graph, of: &[u32], count: usize, places: Vec<usize>) -> Order {
    let names: Vec<&str> = places.iter().map(|place| AGENTS[*place]).collect();
    let mut blocks: Vec<Option<u32>> = vec![None; count];
    for (node, renamed) in graph.with_agents(&names).into_iter().enumerate() {
        let like = *blocks[of[node] as usize].get_or_insert(of[renamed as usize]);
        assert_eq!(like, of[renamed as usize], "agents are told apart by their names");
    }
    Order { blocks: blocks.into_iter().map(|block| block.expect("each has a state")).collect(), places }
}
