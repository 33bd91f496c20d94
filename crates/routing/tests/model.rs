//! Every order in which things can happen around the matcher, tried out: two nodes, one of which routes at a time,
//! work that comes, is offered, accepted, declined or left to expire, and finished, agents who become Ready and stop
//! being so, commits that come late, nodes that die or lose the lease without knowing.
//!
//! The matcher is the shipped one. Two states are the same when the store is the same and the matcher was told the
//! same, which its decisions depend on alone: `laws.rs` compares them with those of a reference that has nothing else
//! to go by. Here too, every decision is checked against what was told.
//!
//! The caller behaves as the engine does: told of a change, it reads what is true by then; it commits decisions while
//! other things happen, and before it settles one it tells what came of it. A cool-down outlasts a commit.
//!
//! `PARLOR_DEEP=1` takes the full size.

#[expect(dead_code, reason = "other tests build more than this one")]
#[path = "support/build.rs"]
mod build;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use parlor_model::{CapacityRule, MediaClass, Medium, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Input, Matcher, RoutingPolicy, Work};
use stateright::{Checker as _, HasDiscoveries, Model, Property};

use build::{agent, at, interaction, named, work};

const NAMES: [&str; 3] = ["ann", "bea", "cy"];

/// The size of the world, and what is wrong with it.
#[derive(Clone, Debug)]
struct World {
    items: u8,
    agents: u8,
    capacity: u8,
    /// Whether changes reach the matcher late, in any order. If not, only commits and their answers do.
    late: bool,
    bug: Option<Bug>,
}

/// Something wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    /// What becomes possible when an agent changes is forgotten.
    NoSweepWhenReady,
    /// The store takes what a node commits that has lost the lease.
    EpochIgnored,
    /// A decision is settled before it is told what came of it.
    SettledFirst,
}

/// The store, and the nodes over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Desk {
    items: Vec<Item>,
    ready: Vec<bool>,
    leader: Option<Leader>,
    /// Decisions of a node that does not know yet that it has lost the lease.
    stale: BTreeMap<u8, u8>,
    /// What the matcher did that it must not.
    fault: Option<&'static str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Item {
    #[default]
    Fresh,
    /// With those who let it pass a short while ago.
    Waiting(BTreeSet<u8>),
    Offered(u8, BTreeSet<u8>),
    Held(u8),
    Done,
}

/// The node that routes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Leader {
    matcher: Shipped,
    told: Told,
    /// Decisions in flight: whom they are for, and whether they were committed.
    flights: BTreeMap<u8, (u8, Option<Outcome>)>,
    /// What has changed and was not told yet.
    changed_items: BTreeSet<u8>,
    changed_agents: BTreeSet<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Made,
    Changed,
}

/// What the matcher was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Told {
    /// Ready or not, and what they hold.
    agents: BTreeMap<u8, (bool, u8)>,
    waiting: BTreeMap<u8, BTreeSet<u8>>,
    again: BTreeMap<u8, BTreeSet<u8>>,
}

/// The matcher and its time. What they decide follows from what was told, so they make no state another one.
#[derive(Clone, Debug)]
struct Shipped {
    matcher: Arc<Matcher>,
    now: Timestamp,
}

impl PartialEq for Shipped {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shipped {}

impl Hash for Shipped {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Arrive(u8),
    ReadyOrNot(u8),
    Accept(u8),
    /// Declined, or not answered in time.
    Pass(u8),
    Finish(u8),
    /// Cool-downs end.
    TimePasses,
    TellItem(u8),
    TellAgent(u8),
    Commit(u8),
    Settle(u8),
    /// The other node takes the lease; the first one goes on for a while.
    TakeOver,
    /// The node that routes is gone; one starts.
    Crash,
    CommitStale(u8),
}

const COOL_DOWN: Duration = RoutingPolicy::DEFAULT_REOFFER_AFTER;

impl World {
    fn names(&self) -> std::ops::Range<u8> {
        0..self.agents
    }

    fn load(desk: &Desk, agent: u8) -> u8 {
        let theirs = |item: &&Item| matches!(item, Item::Offered(who, _) | Item::Held(who) if *who == agent);
        u8::try_from(desk.items.iter().filter(theirs).count()).expect("a small world")
    }

    fn snapshot(&self, desk: &Desk, who: u8) -> AgentSnapshot {
        let media: &[Medium] = if desk.ready[usize::from(who)] { &[Medium::Chat] } else { &[] };
        AgentSnapshot {
            load: [(MediaClass::Live, Self::load(desk, who).into())].into(),
            limits: CapacityRule::new([(MediaClass::Live, self.capacity.into())]),
            ..agent(NAMES[usize::from(who)], media)
        }
    }

    fn waiting(item: u8, cooling: &BTreeSet<u8>, now: Timestamp) -> Work {
        let passed = cooling.iter().map(|&who| (named(NAMES[usize::from(who)]), now));
        Work { passed: passed.collect(), ..work(item.into(), &[Medium::Chat]) }
    }

    /// A node begins to route: it tells everything.
    fn start(&self, desk: &mut Desk, now: Timestamp) {
        let mut told = Told::default();
        for who in self.names() {
            told.agents.insert(who, (desk.ready[usize::from(who)], Self::load(desk, who)));
        }
        let mut waits = Vec::new();
        for (item, state) in (0..).zip(&desk.items) {
            if let Item::Waiting(cooling) = state {
                told.waiting.insert(item, cooling.clone());
                waits.push(Self::waiting(item, cooling, now));
            }
        }
        let agents = self.names().map(|who| self.snapshot(desk, who)).collect();
        let matcher = Arc::new(Matcher::new(RoutingPolicy::default()));
        desk.leader = Some(Leader {
            matcher: Shipped { matcher, now },
            told,
            flights: BTreeMap::new(),
            changed_items: BTreeSet::new(),
            changed_agents: BTreeSet::new(),
        });
        self.tell(desk, &Input::Started { agents, work: waits });
    }

    /// Tells the matcher and takes up what it decides.
    fn tell(&self, desk: &mut Desk, input: &Input) {
        let Some(leader) = &mut desk.leader else { return };
        let now = leader.matcher.now;
        let decisions = Arc::make_mut(&mut leader.matcher.matcher).handle(input, now);
        if self.bug == Some(Bug::NoSweepWhenReady) && matches!(input, Input::AgentChanged(_)) {
            return;
        }
        for Decision::Offer { interaction: id, agent } in decisions {
            let item = (0..self.items).find(|&item| interaction(item.into()) == id).expect("known work");
            let who =
                self.names().find(|&who| named(NAMES[usize::from(who)]) == agent).expect("a known agent");
            let Some(cooling) = leader.told.waiting.remove(&item) else {
                desk.fault = Some("offered what does not wait");
                return;
            };
            let (ready, load) = leader.told.agents[&who];
            let in_flight = leader.flights.values().filter(|(of, _)| *of == who).count();
            let used = load + u8::try_from(in_flight).expect("a small world");
            if !ready || used >= self.capacity || cooling.contains(&who) {
                desk.fault = Some("offered to somebody who cannot take it");
            }
            leader.flights.insert(item, (who, None));
        }
    }

    fn tell_item(&self, desk: &mut Desk, item: u8) {
        let state = desk.items[usize::from(item)].clone();
        let Some(leader) = &mut desk.leader else { return };
        leader.changed_items.remove(&item);
        let now = leader.matcher.now;
        let in_flight = leader.flights.contains_key(&item);
        if let Item::Waiting(cooling) = state {
            let input = Input::WorkArrived(Self::waiting(item, &cooling, now));
            let to = if in_flight { &mut leader.told.again } else { &mut leader.told.waiting };
            to.insert(item, cooling);
            self.tell(desk, &input);
        } else {
            leader.told.waiting.remove(&item);
            leader.told.again.remove(&item);
            self.tell(desk, &Input::WorkLeft(interaction(item.into())));
        }
    }

    fn tell_agent(&self, desk: &mut Desk, who: u8) {
        let (snapshot, known) =
            (self.snapshot(desk, who), (desk.ready[usize::from(who)], Self::load(desk, who)));
        let Some(leader) = &mut desk.leader else { return };
        leader.changed_agents.remove(&who);
        leader.told.agents.insert(who, known);
        self.tell(desk, &Input::AgentChanged(snapshot));
    }

    /// Something was committed: the node that routes will read it.
    fn changed(&self, desk: &mut Desk, item: Option<u8>, who: Option<u8>) {
        let Some(leader) = &mut desk.leader else { return };
        leader.changed_items.extend(item);
        leader.changed_agents.extend(who);
        if !self.late {
            if let Some(who) = who {
                self.tell_agent(desk, who);
            }
            if let Some(item) = item {
                self.tell_item(desk, item);
            }
        }
    }

    /// The store takes an offer if the work still waits.
    fn commit(&self, desk: &mut Desk, item: u8, who: u8) -> Outcome {
        let state = &mut desk.items[usize::from(item)];
        let Item::Waiting(cooling) = state else {
            return Outcome::Changed;
        };
        *state = Item::Offered(who, std::mem::take(cooling));
        self.changed(desk, Some(item), Some(who));
        Outcome::Made
    }

    fn settle(&self, desk: &mut Desk, item: u8) {
        let flight = desk.leader.as_ref().and_then(|leader| leader.flights.get(&item));
        let Some(&(who, Some(outcome))) = flight else { return };
        let tell = |desk: &mut Desk| {
            let changed = desk.leader.as_ref().is_some_and(|leader| {
                leader.changed_agents.contains(&who) || leader.changed_items.contains(&item)
            });
            if changed || outcome == Outcome::Changed {
                self.tell_agent(desk, who);
                self.tell_item(desk, item);
            }
        };
        let first = self.bug == Some(Bug::SettledFirst);
        if !first {
            tell(desk);
        }
        if let Some(leader) = &mut desk.leader {
            leader.flights.remove(&item);
            if let Some(cooling) = leader.told.again.remove(&item) {
                leader.told.waiting.insert(item, cooling);
            }
        }
        let (interaction, agent) = (interaction(item.into()), named(NAMES[usize::from(who)]));
        self.tell(desk, &Input::OfferSettled { interaction, agent });
        if first {
            tell(desk);
        }
    }

    /// Cool-downs end, for the store and for who routes.
    fn let_time_pass(&self, desk: &mut Desk) {
        for item in &mut desk.items {
            if let Item::Waiting(cooling) | Item::Offered(_, cooling) = item {
                cooling.clear();
            }
        }
        if let Some(leader) = &mut desk.leader {
            leader.matcher.now = leader.matcher.now + COOL_DOWN;
            leader.told.waiting.values_mut().chain(leader.told.again.values_mut()).for_each(BTreeSet::clear);
        }
        self.tell(desk, &Input::TimePassed);
    }
}

impl Model for World {
    type State = Desk;
    type Action = Happening;

    fn init_states(&self) -> Vec<Desk> {
        let mut desk = Desk {
            items: vec![Item::Fresh; self.items.into()],
            ready: vec![false; self.agents.into()],
            ..Desk::default()
        };
        self.start(&mut desk, at(100));
        vec![desk]
    }

    fn actions(&self, desk: &Desk, actions: &mut Vec<Happening>) {
        let Some(leader) = &desk.leader else { return };
        for (item, state) in (0..).zip(&desk.items) {
            match state {
                Item::Fresh => actions.push(Happening::Arrive(item)),
                Item::Waiting(_) | Item::Done => {}
                Item::Offered(..) => actions.extend([Happening::Accept(item), Happening::Pass(item)]),
                Item::Held(_) => actions.push(Happening::Finish(item)),
            }
        }
        actions.extend(self.names().map(Happening::ReadyOrNot));
        let cools = |item: &Item| matches!(item, Item::Waiting(cooling) | Item::Offered(_, cooling) if !cooling.is_empty());
        if leader.flights.is_empty() && desk.items.iter().any(cools) {
            actions.push(Happening::TimePasses);
        }
        actions.extend(leader.changed_items.iter().map(|&item| Happening::TellItem(item)));
        actions.extend(leader.changed_agents.iter().map(|&who| Happening::TellAgent(who)));
        actions.extend(leader.flights.iter().map(|(&item, (_, outcome))| match outcome {
            None => Happening::Commit(item),
            Some(_) => Happening::Settle(item),
        }));
        actions.extend(desk.stale.keys().map(|&item| Happening::CommitStale(item)));
        if desk.stale.is_empty() {
            actions.push(Happening::TakeOver);
        }
        actions.push(Happening::Crash);
    }

    fn next_state(&self, before: &Desk, action: Happening) -> Option<Desk> {
        let mut desk = before.clone();
        let now = before.leader.as_ref()?.matcher.now;
        match action {
            Happening::Arrive(item) => {
                desk.items[usize::from(item)] = Item::Waiting(BTreeSet::new());
                self.changed(&mut desk, Some(item), None);
            }
            Happening::ReadyOrNot(who) => {
                let ready = &mut desk.ready[usize::from(who)];
                *ready = !*ready;
                self.changed(&mut desk, None, Some(who));
            }
            Happening::Accept(item) => {
                let Item::Offered(who, _) = desk.items[usize::from(item)] else { return None };
                desk.items[usize::from(item)] = Item::Held(who);
                self.changed(&mut desk, Some(item), Some(who));
            }
            Happening::Pass(item) => {
                let Item::Offered(who, cooling) = &mut desk.items[usize::from(item)] else { return None };
                let (who, mut cooling) = (*who, std::mem::take(cooling));
                cooling.insert(who);
                desk.items[usize::from(item)] = Item::Waiting(cooling);
                self.changed(&mut desk, Some(item), Some(who));
            }
            Happening::Finish(item) => {
                let Item::Held(who) = desk.items[usize::from(item)] else { return None };
                desk.items[usize::from(item)] = Item::Done;
                self.changed(&mut desk, Some(item), Some(who));
            }
            Happening::TimePasses => self.let_time_pass(&mut desk),
            Happening::TellItem(item) => self.tell_item(&mut desk, item),
            Happening::TellAgent(who) => self.tell_agent(&mut desk, who),
            Happening::Commit(item) => {
                let &(who, _) = before.leader.as_ref()?.flights.get(&item)?;
                let outcome = self.commit(&mut desk, item, who);
                desk.leader.as_mut()?.flights.insert(item, (who, Some(outcome)));
            }
            Happening::Settle(item) => self.settle(&mut desk, item),
            Happening::TakeOver => {
                let flights = before.leader.iter().flat_map(|leader| &leader.flights);
                let open = flights.filter(|(_, (_, outcome))| outcome.is_none());
                desk.stale = open.map(|(&item, &(who, _))| (item, who)).collect();
                self.start(&mut desk, now);
            }
            Happening::Crash => self.start(&mut desk, now),
            Happening::CommitStale(item) => {
                let who = desk.stale.remove(&item)?;
                if self.bug == Some(Bug::EpochIgnored) {
                    self.commit(&mut desk, item, who);
                } else {
                    // Refused for its epoch: the node stops routing.
                    desk.stale.clear();
                }
            }
        }
        (desk != *before).then_some(desk)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the matcher offers what waits to who can take it (I2)", |_, desk: &Desk| {
                desk.fault.is_none()
            }),
            Property::always("nobody has more than they may (I3)", |world: &Self, desk: &Desk| {
                world.names().all(|who| Self::load(desk, who) <= world.capacity)
            }),
            Property::always(
                "at rest nothing waits beside somebody free (I4)",
                |world: &Self, desk: &Desk| {
                    let at_rest = |leader: &Leader| {
                        leader.flights.is_empty()
                            && leader.changed_items.is_empty()
                            && leader.changed_agents.is_empty()
                    };
                    let free = |who: u8, cooling: &BTreeSet<u8>| {
                        desk.ready[usize::from(who)]
                            && Self::load(desk, who) < world.capacity
                            && !cooling.contains(&who)
                    };
                    !desk.leader.as_ref().is_some_and(at_rest)
                        || desk.items.iter().all(|item| match item {
                            Item::Waiting(cooling) => !world.names().any(|who| free(who, cooling)),
                            Item::Fresh | Item::Offered(..) | Item::Held(_) | Item::Done => true,
                        })
                },
            ),
            Property::always("an offer in flight is kept until it is settled (I7)", |_, desk: &Desk| {
                let leader = desk.leader.as_ref();
                leader.is_some_and(|leader| {
                    leader.flights.keys().all(|item| !leader.told.waiting.contains_key(item))
                        && leader.told.again.keys().all(|item| leader.flights.contains_key(item))
                })
            }),
            Property::sometimes("everything gets done", |_, desk: &Desk| {
                desk.items.iter().all(|item| *item == Item::Done)
            }),
            Property::sometimes("somebody is full while work waits", |world: &Self, desk: &Desk| {
                let waits = desk.items.iter().any(|item| matches!(item, Item::Waiting(_)));
                waits && world.names().any(|who| Self::load(desk, who) == world.capacity)
            }),
            Property::sometimes("a node commits that has lost the lease", |_, desk: &Desk| {
                !desk.stale.is_empty()
            }),
        ]
    }
}

const I2: &str = "the matcher offers what waits to who can take it (I2)";
const I3: &str = "nobody has more than they may (I3)";
const I4: &str = "at rest nothing waits beside somebody free (I4)";

fn deep() -> bool {
    std::env::var("PARLOR_DEEP").is_ok_and(|deep| deep == "1")
}

/// Tries everything out, to the end: no depth and no number of states is a limit.
#[track_caller]
#[expect(clippy::print_stdout, reason = "the figures of a proof")]
fn holds(world: World) {
    let size = format!("{world:?}");
    let begun = std::time::Instant::now();
    let checker = world.checker().threads(if deep() { 2 } else { 1 }).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done());
    println!("{size}: {} states, {:?}", checker.unique_state_count(), begun.elapsed());
}

/// A bug turns one of these checks red.
#[track_caller]
fn is_caught(world: World, by: &[&'static str]) {
    assert!(world.bug.is_some());
    let red = HasDiscoveries::AnyOf(by.iter().copied().collect());
    let checker = world.checker().finish_when(red).spawn_bfs().join();
    let found = checker.discoveries();
    assert!(by.iter().any(|check| found.contains_key(check)), "{by:?} did not notice");
}

/// Changes reach the matcher late and in any order.
fn late() -> World {
    let size = World { items: 2, agents: 1, capacity: 1, late: true, bug: None };
    if deep() { World { agents: 2, ..size } } else { size }
}

/// More work than one agent may have; only commits and their answers are late.
fn one_agent() -> World {
    World { items: 3, agents: 1, capacity: 2, late: false, bug: None }
}

/// More agents.
fn two_agents() -> World {
    World { items: 2, agents: 2, capacity: 1, ..one_agent() }
}

/// The size that is aimed at.
fn full() -> World {
    World { items: 4, agents: 3, ..one_agent() }
}

#[test]
fn routing_keeps_its_promises_however_late_it_is_told() {
    holds(late());
}

#[test]
fn routing_keeps_its_promises_with_more_work_than_room() {
    holds(one_agent());
}

#[test]
fn routing_keeps_its_promises_with_several_agents() {
    holds(if deep() { full() } else { two_agents() });
}

#[test]
fn a_missing_sweep_when_an_agent_becomes_ready_is_caught() {
    is_caught(World { bug: Some(Bug::NoSweepWhenReady), ..two_agents() }, &[I4]);
}

#[test]
fn an_accept_that_ignores_the_epoch_is_caught() {
    is_caught(World { bug: Some(Bug::EpochIgnored), ..two_agents() }, &[I3]);
}

#[test]
fn settling_before_telling_is_caught() {
    is_caught(World { bug: Some(Bug::SettledFirst), ..late() }, &[I2, I3, I4]);
}
