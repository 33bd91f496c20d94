//! Every order in which things can happen around the matcher, tried out: nodes of which one routes at a time, work
//! that comes, waits, leaves, is offered, accepted, declined or left to expire, and finished, agents who become Ready
//! and stop being so, commits that come late, nodes that die or lose the lease without knowing.
//!
//! The matcher is the shipped one. What it decides depends on what it was told alone (`laws.rs` compares it with a
//! reference that has nothing else to go by), so a state holds what it was told, and for each step a matcher is made
//! that was told just that. Making it is a check too: a matcher at rest has nothing left to decide. Every decision is
//! checked against what was told.
//!
//! # What is the same
//!
//! Agents who can do the same and work that asks for the same differ in their order alone: who is idle longest, what
//! waits longest. The model does not know it. It tries every order at every step, which is more than can happen, and
//! so two states that are the same but for the names of agents or of work are one state (`Desk::canonical`).
//!
//! A node that has lost the lease goes on for a while with what it decided. The model does not remember what that was:
//! anything that such a node could commit, and any late answer to an offer that is over, may come at any time, which
//! is more than can happen again. The store refuses it for its epoch, so that it makes no new states.
//!
//! Time only counts where a cool-down ends; one outlasts a commit. The state has no clock, and nothing in it grows:
//! there is no bound on how often anything happens, and the search ends because it has seen everything.
//!
//! The caller behaves as the engine does: told of a change, it reads what is true by then; it commits decisions while
//! other things happen, and before it settles one it tells what came of it.
//!
//! `PARLOR_DEEP=1` takes larger sizes.

#[expect(dead_code, reason = "other tests build more than this one")]
#[path = "support/build.rs"]
mod build;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use parlor_model::{CapacityRule, MediaClass, Medium, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Input, Matcher, RoutingPolicy, Work};
use stateright::{Checker as _, HasDiscoveries, Model, Property};

use build::{agent, at, interaction, named, work};

/// The largest world.
const AGENTS: usize = 3;
const ITEMS: usize = 4;
const NAMES: [&str; AGENTS] = ["ann", "bea", "cy"];
/// In which they could stand.
const ORDERS: [[u8; AGENTS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
const COOL_DOWN: Duration = RoutingPolicy::DEFAULT_REOFFER_AFTER;

/// The size of the world, and what is wrong with it.
#[derive(Debug)]
struct World {
    size: Size,
    bug: Option<Bug>,
    decided: Mutex<BTreeMap<(Told, Asked), BTreeSet<Outcome>>>,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    items: usize,
    agents: usize,
    capacity: u8,
    /// What else can happen while a decision is carried out.
    between: Between,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// Between its commit and its end, nothing.
    Nothing,
    /// Anything.
    Anything,
    /// Anything; and every change reaches the matcher late, in any order.
    AndLate,
}

/// Something wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    /// What becomes possible when an agent changes is forgotten.
    NoSweepWhenReady,
    /// The store takes what a node commits that has lost the lease.
    CommitIgnoresEpoch,
    /// The store takes an answer to an offer that is over.
    AcceptIgnoresEpoch,
    /// What an agent finishes still weighs on them.
    CapacityLeaks,
    /// A decision is settled before it is told what came of it.
    SettledFirst,
}

/// A set of agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Who(u8);

impl Who {
    fn with(self, who: u8) -> Self {
        Self(self.0 | 1 << who)
    }

    fn contains(self, who: u8) -> bool {
        self.0 & 1 << who != 0
    }

    fn all(self) -> impl Iterator<Item = u8> {
        (0..).take(AGENTS).filter(move |&who| self.contains(who))
    }

    fn renamed(self, names: [u8; AGENTS]) -> Self {
        self.all().fold(Self::default(), |all, who| all.with(names[usize::from(who)]))
    }
}

/// The store, and what the node that routes knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Desk {
    agents: [Person; AGENTS],
    items: [Item; ITEMS],
    /// What the matcher did that it must not.
    fault: Option<Fault>,
}

/// An agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Person {
    is: Presence,
    /// The counter of the store.
    load: u8,
    told: Presence,
    told_load: u8,
    /// Something changed that the matcher was not told yet.
    changed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Presence {
    /// Not part of this world.
    #[default]
    Absent,
    NotReady,
    Ready,
}

/// A piece of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Item {
    is: Place,
    /// Told to wait, with those who let it pass a short while ago.
    told: Option<Who>,
    /// Told to wait while a decision is in flight.
    again: Option<Who>,
    flight: Option<(u8, Flight)>,
    changed: bool,
}

/// Where work is, in the store. Those who let it pass a short while ago go with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    /// Finished, gone, or not part of this world.
    #[default]
    Done,
    Fresh,
    Waiting(Who),
    Offered(u8, Who),
    Held(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Flight {
    Decided,
    /// The store has answered.
    Answered,
    /// Forgotten by the caller, which is a bug.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Fault {
    DoesNotWait,
    CannotTakeIt,
    LeftUndone,
}

/// What the matcher was told: all that its decisions depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    /// Ready or not, and what they hold.
    agents: [(Presence, u8); AGENTS],
    items: [ToldItem; ITEMS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct ToldItem {
    waits: Option<Who>,
    flies_to: Option<u8>,
    again: Option<Who>,
}

/// What it is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Started,
    Agent(u8, Presence, u8),
    Waits(u8, Who),
    Left(u8),
    Settled(u8),
    TimePassed,
}

/// Which work it offers to whom.
type Outcome = Vec<(u8, u8)>;

/// Something that happens, and what comes of it.
#[derive(Clone, Copy, PartialEq)]
struct Step {
    happening: Happening,
    to: Desk,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.happening.fmt(f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Arrive(u8),
    /// The contact goes while it waits.
    Leave(u8),
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
    /// The node that routes dies, or loses the lease to another and does not know it yet: another starts.
    TakeOver,
    /// A node that has lost the lease commits an offer.
    LateCommit(u8, u8),
    /// An agent accepts what is not offered to them any more.
    LateAccept(u8, u8),
}

/// Every order of some things.
fn orders(things: &[u8]) -> Vec<Vec<u8>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let first = |&first: &u8| {
        let rest: Vec<u8> = things.iter().copied().filter(|&other| other != first).collect();
        orders(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    things.iter().flat_map(first).collect()
}

impl Told {
    fn of(desk: &Desk) -> Self {
        Self {
            agents: desk.agents.map(|person| (person.told, person.told_load)),
            items: desk.items.map(|item| ToldItem {
                waits: item.told,
                flies_to: item.flight.map(|(who, _)| who),
                again: item.again,
            }),
        }
    }

    fn snapshot(&self, who: u8, capacity: u8, idle_since: i64) -> AgentSnapshot {
        let (is, load) = self.agents[usize::from(who)];
        snapshot(who, is, load, capacity, idle_since)
    }

    /// A matcher that was told this, where agents are idle and work waits in these orders. At rest, so that telling
    /// it makes no decision but those in flight.
    fn matcher(&self, capacity: u8, agents: &[u8], items: &[u8], now: Timestamp) -> Option<Matcher> {
        let mut matcher = Matcher::new(RoutingPolicy::default());
        let flights = (0..).zip(&self.items).filter_map(|(item, known)| Some((item, known.flies_to?)));
        for (item, who) in flights {
            matcher.handle(&Input::AgentChanged(snapshot(who, Presence::Ready, 0, u8::MAX, 0)), now);
            let decided = matcher.handle(&Input::WorkArrived(waiting(item, Who::default(), 0, now)), now);
            assert_eq!(decided.len(), 1, "it is offered to the only one who is there");
            matcher.handle(&Input::AgentLeft(named(NAMES[usize::from(who)])), now);
        }
        let mut at_rest = true;
        for (since, &item) in (0..).zip(items) {
            let known = &self.items[usize::from(item)];
            for waits in known.waits.into_iter().chain(known.again) {
                at_rest &=
                    matcher.handle(&Input::WorkArrived(waiting(item, waits, since, now)), now).is_empty();
            }
        }
        for (idle_since, &who) in (0..).zip(agents) {
            let snapshot = self.snapshot(who, capacity, idle_since);
            at_rest &= matcher.handle(&Input::AgentChanged(snapshot), now).is_empty();
        }
        at_rest.then_some(matcher)
    }

    /// What a matcher that was told this decides when it is asked, in whatever order agents and work stand. `None` if
    /// it had something left to decide before.
    fn decided(&self, asked: Asked, capacity: u8, all: &[u8]) -> Option<BTreeSet<Outcome>> {
        let now = at(100);
        let items: Vec<u8> = (0..).take(ITEMS).collect();
        // At rest, an agent who changes is the only one who can be given something, and work that is told is all
        // that can be given.
        let agent_orders = match asked {
            Asked::Agent(..) | Asked::Left(_) => vec![all.to_vec()],
            Asked::Started | Asked::Waits(..) | Asked::Settled(_) | Asked::TimePassed => orders(all),
        };
        let waits = |item: &u8| {
            let known = self.items[usize::from(*item)];
            known.waits.is_some() || known.again.is_some()
        };
        let (waiting_items, others): (Vec<u8>, Vec<u8>) = items.into_iter().partition(waits);
        let item_orders = match asked {
            Asked::Waits(..) | Asked::Left(_) => vec![waiting_items],
            Asked::Started | Asked::Agent(..) | Asked::Settled(_) | Asked::TimePassed => {
                orders(&waiting_items)
            }
        };
        let mut outcomes = BTreeSet::new();
        for agents in &agent_orders {
            for items in &item_orders {
                let items = [items.as_slice(), others.as_slice()].concat();
                outcomes.insert(self.decided_in(asked, capacity, agents, &items, now)?);
            }
        }
        Some(outcomes)
    }

    fn decided_in(
        &self,
        asked: Asked,
        capacity: u8,
        agents: &[u8],
        items: &[u8],
        now: Timestamp,
    ) -> Option<Outcome> {
        let nth = |of: &[u8], one: u8| {
            (0..).zip(of).find(|&(_, &other)| other == one).map_or(0, |(nth, _): (i64, _)| nth)
        };
        let at_rest = || self.matcher(capacity, agents, items, now);
        let flies_to = |item: u8| self.items[usize::from(item)].flies_to;
        let (matcher, input) = match asked {
            Asked::Started => {
                let agents = agents.iter().zip(0..);
                let work = items.iter().zip(0..).filter_map(|(&item, since)| {
                    Some(waiting(item, self.items[usize::from(item)].waits?, since, now))
                });
                let agents = agents.map(|(&who, idle_since)| self.snapshot(who, capacity, idle_since));
                let input = Input::Started { agents: agents.collect(), work: work.collect() };
                (Some(Matcher::new(RoutingPolicy::default())), input)
            }
            Asked::Agent(who, is, load) => {
                let snapshot = snapshot(who, is, load, capacity, nth(agents, who));
                (at_rest(), Input::AgentChanged(snapshot))
            }
            Asked::Waits(item, cooling) => {
                (at_rest(), Input::WorkArrived(waiting(item, cooling, nth(items, item), now)))
            }
            Asked::Left(item) => (at_rest(), Input::WorkLeft(interaction(item.into()))),
            Asked::Settled(item) => {
                let agent = named(NAMES[usize::from(flies_to(item)?)]);
                (at_rest(), Input::OfferSettled { interaction: interaction(item.into()), agent })
            }
            Asked::TimePassed => (at_rest(), Input::TimePassed),
        };
        let mut matcher = matcher?;
        let now = if asked == Asked::TimePassed { now + COOL_DOWN } else { now };
        let decided =
            matcher.handle(&input, now).into_iter().map(|Decision::Offer { interaction: id, agent }| {
                let item = (0..).take(ITEMS).find(|&item| interaction(item.into()) == id);
                let who = (0..).take(AGENTS).find(|&who| named(NAMES[usize::from(who)]) == agent);
                (item.expect("known work"), who.expect("a known agent"))
            });
        Some(decided.collect())
    }
}

fn snapshot(who: u8, is: Presence, load: u8, capacity: u8, idle_since: i64) -> AgentSnapshot {
    let media: &[Medium] = if is == Presence::Ready { &[Medium::Chat] } else { &[] };
    AgentSnapshot {
        load: [(MediaClass::Live, load.into())].into(),
        limits: CapacityRule::new([(MediaClass::Live, capacity.into())]),
        idle_since: at(idle_since),
        ..agent(NAMES[usize::from(who)], media)
    }
}

fn waiting(item: u8, cooling: Who, since: i64, now: Timestamp) -> Work {
    let passed = cooling.all().map(|who| (named(NAMES[usize::from(who)]), now));
    Work { passed: passed.collect(), since: at(since), ..work(item.into(), &[Medium::Chat]) }
}

impl Desk {
    /// The same desk for all that differ in the names of agents and of work.
    fn canonical(&self) -> Self {
        let renamed = ORDERS.into_iter().filter_map(|order| {
            let agents = order.map(|who| self.agents[usize::from(who)]);
            agents.is_sorted().then(|| {
                let mut names = [0; AGENTS];
                for (new, old) in (0..).zip(order) {
                    names[usize::from(old)] = new;
                }
                let mut items = self.items.map(|item| item.renamed(names));
                items.sort_unstable();
                Self { agents, items, fault: self.fault }
            })
        });
        renamed.min().unwrap_or(*self)
    }

    fn item(&mut self, item: u8) -> &mut Item {
        &mut self.items[usize::from(item)]
    }

    fn agent(&mut self, who: u8) -> &mut Person {
        &mut self.agents[usize::from(who)]
    }

    /// What agents hold, by looking at all work.
    fn held_by(&self, who: u8) -> usize {
        let theirs = |item: &&Item| match item.is {
            Place::Offered(by, _) | Place::Held(by) => by == who,
            Place::Done | Place::Fresh | Place::Waiting(_) => false,
        };
        self.items.iter().filter(theirs).count()
    }

    /// Whether the store counts what agents hold.
    fn is_counted(&self) -> bool {
        (0..).zip(&self.agents).all(|(who, person)| usize::from(person.load) == self.held_by(who))
    }

    /// Who is part of this world.
    fn who(&self) -> Vec<u8> {
        let present = (0..).zip(&self.agents).filter(|(_, person)| person.is != Presence::Absent);
        present.map(|(who, _)| who).collect()
    }

    fn is_at_rest(&self) -> bool {
        let flies = |item: &Item| matches!(item.flight, Some((_, Flight::Decided | Flight::Answered)));
        !self.items.iter().any(|item| item.changed || flies(item))
            && !self.agents.iter().any(|person| person.changed)
    }
}

impl Item {
    fn renamed(self, names: [u8; AGENTS]) -> Self {
        let name = |who: u8| names[usize::from(who)];
        Self {
            is: match self.is {
                Place::Done | Place::Fresh => self.is,
                Place::Waiting(cooling) => Place::Waiting(cooling.renamed(names)),
                Place::Offered(who, cooling) => Place::Offered(name(who), cooling.renamed(names)),
                Place::Held(who) => Place::Held(name(who)),
            },
            told: self.told.map(|cooling| cooling.renamed(names)),
            again: self.again.map(|cooling| cooling.renamed(names)),
            flight: self.flight.map(|(who, flight)| (name(who), flight)),
            changed: self.changed,
        }
    }

    fn cools(&self) -> bool {
        let (Place::Waiting(cooling) | Place::Offered(_, cooling)) = self.is else { return false };
        cooling != Who::default()
    }
}

impl World {
    fn new(size: Size) -> Self {
        Self { size, bug: None, decided: Mutex::default() }
    }

    fn with(bug: Bug, size: Size) -> Self {
        Self { bug: Some(bug), ..Self::new(size) }
    }

    fn is_late(&self) -> bool {
        self.size.between == Between::AndLate
    }

    /// Tells the matcher, and gives every desk that may come of it.
    fn tell(&self, desk: Desk, asked: Asked) -> Vec<Desk> {
        if desk.fault.is_some() {
            return vec![desk];
        }
        let told = Told::of(&desk);
        // What is decided follows from what was told, so it is worked out once.
        let known = self.decided.lock().expect("nobody panicked").get(&(told, asked)).cloned();
        let outcomes = known.or_else(|| {
            let outcomes = told.decided(asked, self.size.capacity, &desk.who())?;
            self.decided.lock().expect("nobody panicked").insert((told, asked), outcomes.clone());
            Some(outcomes)
        });
        let Some(outcomes) = outcomes else {
            return vec![Desk { fault: Some(Fault::LeftUndone), ..desk }];
        };
        let mut desk = desk;
        Self::learn(&mut desk, asked);
        outcomes.iter().map(|outcome| self.take_up(desk, asked, outcome)).collect()
    }

    /// What was told is known.
    fn learn(desk: &mut Desk, asked: Asked) {
        match asked {
            Asked::Started => {}
            Asked::Agent(who, is, load) => (desk.agent(who).told, desk.agent(who).told_load) = (is, load),
            Asked::Waits(item, cooling) => {
                let item = desk.item(item);
                let to = if item.flight.is_some() { &mut item.again } else { &mut item.told };
                *to = Some(cooling);
            }
            Asked::Left(item) => (desk.item(item).told, desk.item(item).again) = (None, None),
            Asked::Settled(item) => {
                let item = desk.item(item);
                item.flight = None;
                item.told = item.again.take();
            }
            Asked::TimePassed => {
                for item in &mut desk.items {
                    for cooling in item.told.iter_mut().chain(&mut item.again) {
                        *cooling = Who::default();
                    }
                }
            }
        }
    }

    /// Takes up what was decided.
    fn take_up(&self, desk: Desk, asked: Asked, outcome: &Outcome) -> Desk {
        let mut desk = desk;
        for &(item, who) in outcome {
            let Some(cooling) = desk.item(item).told.take() else {
                desk.fault = Some(Fault::DoesNotWait);
                return desk;
            };
            let flies = |item: &&Item| item.flight.is_some_and(|(to, _)| to == who);
            let in_flight = u8::try_from(desk.items.iter().filter(flies).count()).expect("a small world");
            let person = desk.agent(who);
            let is_full = person.told_load + in_flight >= self.size.capacity;
            if person.told != Presence::Ready || is_full || cooling.contains(who) {
                desk.fault = Some(Fault::CannotTakeIt);
                return desk;
            }
            let is_lost = self.bug == Some(Bug::NoSweepWhenReady) && matches!(asked, Asked::Agent(..));
            desk.item(item).flight = Some((who, if is_lost { Flight::Lost } else { Flight::Decided }));
        }
        desk
    }

    fn tell_all(&self, desks: Vec<Desk>, ask: impl Fn(&mut Desk) -> Asked) -> Vec<Desk> {
        let tell = |mut desk: Desk| {
            let asked = ask(&mut desk);
            self.tell(desk, asked)
        };
        desks.into_iter().flat_map(tell).collect()
    }

    fn tell_item(&self, desks: Vec<Desk>, item: u8) -> Vec<Desk> {
        self.tell_all(desks, |desk| {
            desk.item(item).changed = false;
            match desk.item(item).is {
                Place::Waiting(cooling) => Asked::Waits(item, cooling),
                Place::Done | Place::Fresh | Place::Offered(..) | Place::Held(_) => Asked::Left(item),
            }
        })
    }

    fn tell_agent(&self, desks: Vec<Desk>, who: u8) -> Vec<Desk> {
        self.tell_all(desks, |desk| {
            let person = desk.agent(who);
            person.changed = false;
            Asked::Agent(who, person.is, person.load)
        })
    }

    /// Something was committed: the node that routes will read it.
    fn changed(&self, mut desk: Desk, item: Option<u8>, who: Option<u8>) -> Vec<Desk> {
        if self.is_late() {
            if let Some(item) = item {
                desk.item(item).changed = true;
            }
            if let Some(who) = who {
                desk.agent(who).changed = true;
            }
            return vec![desk];
        }
        let mut desks = vec![desk];
        if let Some(who) = who {
            desks = self.tell_agent(desks, who);
        }
        if let Some(item) = item {
            desks = self.tell_item(desks, item);
        }
        desks
    }

    /// A node begins to route: it tells everything.
    fn start(&self, mut desk: Desk) -> Vec<Desk> {
        for person in &mut desk.agents {
            (person.told, person.told_load, person.changed) = (person.is, person.load, false);
        }
        for item in &mut desk.items {
            let told = match item.is {
                Place::Waiting(cooling) => Some(cooling),
                Place::Done | Place::Fresh | Place::Offered(..) | Place::Held(_) => None,
            };
            *item = Item { is: item.is, told, ..Item::default() };
        }
        self.tell(desk, Asked::Started)
    }

    /// The store takes an offer if the work still waits.
    fn commit(mut desk: Desk, item: u8, who: u8) -> Option<Desk> {
        let Place::Waiting(cooling) = desk.item(item).is else { return None };
        desk.item(item).is = Place::Offered(who, cooling);
        desk.agent(who).load += 1;
        Some(desk)
    }

    fn carry_out(&self, desk: Desk, item: u8) -> Vec<Desk> {
        let Some((who, Flight::Decided)) = desk.items[usize::from(item)].flight else { return Vec::new() };
        let answered = |mut desk: Desk| {
            desk.item(item).flight = Some((who, Flight::Answered));
            desk
        };
        let committed = Self::commit(desk, item, who);
        let desks = match committed {
            Some(desk) => self.changed(answered(desk), Some(item), Some(who)),
            None => vec![answered(desk)],
        };
        match self.size.between {
            Between::Nothing => desks.into_iter().flat_map(|desk| self.settle(desk, item)).collect(),
            Between::Anything | Between::AndLate => desks,
        }
    }

    /// Tells what came of a decision, and that it is settled.
    fn settle(&self, desk: Desk, item: u8) -> Vec<Desk> {
        let Some((who, Flight::Answered)) = desk.items[usize::from(item)].flight else { return vec![desk] };
        let tell = |desks| self.tell_item(self.tell_agent(desks, who), item);
        let settle = |desks| self.tell_all(desks, |_| Asked::Settled(item));
        if self.bug == Some(Bug::SettledFirst) { tell(settle(vec![desk])) } else { settle(tell(vec![desk])) }
    }

    fn pass(&self, mut desk: Desk, item: u8) -> Vec<Desk> {
        let Place::Offered(who, cooling) = desk.item(item).is else { return Vec::new() };
        desk.item(item).is = Place::Waiting(cooling.with(who));
        desk.agent(who).load -= 1;
        self.changed(desk, Some(item), Some(who))
    }

    fn finish(&self, mut desk: Desk, item: u8) -> Vec<Desk> {
        let Place::Held(who) = desk.item(item).is else { return Vec::new() };
        desk.item(item).is = Place::Done;
        if self.bug != Some(Bug::CapacityLeaks) {
            desk.agent(who).load -= 1;
        }
        self.changed(desk, Some(item), Some(who))
    }

    /// An agent accepts; the store takes it if what it answers is still open.
    fn accept(&self, mut desk: Desk, item: u8, who: u8) -> Vec<Desk> {
        let is_open = matches!(desk.item(item).is, Place::Offered(to, _) if to == who);
        let exists = !matches!(desk.item(item).is, Place::Fresh | Place::Done);
        if !is_open && (self.bug != Some(Bug::AcceptIgnoresEpoch) || !exists) {
            return vec![desk];
        }
        desk.item(item).is = Place::Held(who);
        self.changed(desk, Some(item), Some(who))
    }

    /// Cool-downs end, for the store and for who routes.
    fn let_time_pass(&self, mut desk: Desk) -> Vec<Desk> {
        for item in &mut desk.items {
            if let Place::Waiting(cooling) | Place::Offered(_, cooling) = &mut item.is {
                *cooling = Who::default();
            }
        }
        self.tell(desk, Asked::TimePassed)
    }

    fn outcomes(&self, desk: &Desk, happening: Happening) -> Vec<Desk> {
        let mut desk = *desk;
        match happening {
            Happening::Arrive(item) => {
                desk.item(item).is = Place::Waiting(Who::default());
                self.changed(desk, Some(item), None)
            }
            Happening::Leave(item) => {
                desk.item(item).is = Place::Done;
                self.changed(desk, Some(item), None)
            }
            Happening::ReadyOrNot(who) => {
                let person = desk.agent(who);
                person.is = if person.is == Presence::Ready { Presence::NotReady } else { Presence::Ready };
                self.changed(desk, None, Some(who))
            }
            Happening::Accept(item) => match desk.item(item).is {
                Place::Offered(who, _) => self.accept(desk, item, who),
                Place::Done | Place::Fresh | Place::Waiting(_) | Place::Held(_) => Vec::new(),
            },
            Happening::LateAccept(item, who) => self.accept(desk, item, who),
            Happening::Pass(item) => self.pass(desk, item),
            Happening::Finish(item) => self.finish(desk, item),
            Happening::TimePasses => self.let_time_pass(desk),
            Happening::TellItem(item) => self.tell_item(vec![desk], item),
            Happening::TellAgent(who) => self.tell_agent(vec![desk], who),
            Happening::Commit(item) => self.carry_out(desk, item),
            Happening::Settle(item) => self.settle(desk, item),
            Happening::TakeOver => self.start(desk),
            Happening::LateCommit(item, who) => {
                // Refused for its epoch, whatever it is.
                let taken = self.bug == Some(Bug::CommitIgnoresEpoch);
                let committed = taken.then(|| Self::commit(desk, item, who)).flatten();
                committed.map_or(vec![desk], |desk| self.changed(desk, Some(item), Some(who)))
            }
        }
    }

    fn happenings(desk: &Desk) -> Vec<Happening> {
        let mut all = vec![Happening::TakeOver];
        for (item, state) in (0..).zip(&desk.items) {
            match state.is {
                Place::Fresh => all.push(Happening::Arrive(item)),
                Place::Waiting(_) => all.push(Happening::Leave(item)),
                Place::Done => {}
                Place::Offered(..) => all.extend([Happening::Accept(item), Happening::Pass(item)]),
                Place::Held(_) => all.push(Happening::Finish(item)),
            }
            all.extend(state.changed.then_some(Happening::TellItem(item)));
            all.extend(state.flight.and_then(|(_, flight)| match flight {
                Flight::Decided => Some(Happening::Commit(item)),
                Flight::Answered => Some(Happening::Settle(item)),
                Flight::Lost => None,
            }));
        }
        for who in desk.who() {
            all.push(Happening::ReadyOrNot(who));
            all.extend(desk.agents[usize::from(who)].changed.then_some(Happening::TellAgent(who)));
            for item in (0..).take(ITEMS) {
                all.extend([Happening::LateCommit(item, who), Happening::LateAccept(item, who)]);
            }
        }
        // A commit does not take so long.
        if desk.items.iter().any(Item::cools) && desk.items.iter().all(|item| item.flight.is_none()) {
            all.push(Happening::TimePasses);
        }
        all
    }
}

impl Model for World {
    type State = Desk;
    type Action = Step;

    fn init_states(&self) -> Vec<Desk> {
        let mut desk =
            Desk { agents: [Person::default(); AGENTS], items: [Item::default(); ITEMS], fault: None };
        for person in desk.agents.iter_mut().take(self.size.agents) {
            person.is = Presence::NotReady;
        }
        for item in desk.items.iter_mut().take(self.size.items) {
            item.is = Place::Fresh;
        }
        self.start(desk.canonical())
    }

    fn actions(&self, desk: &Desk, actions: &mut Vec<Step>) {
        // What follows from something wrong says nothing more.
        if desk.fault.is_some() || !desk.is_counted() {
            return;
        }
        let mut seen = BTreeSet::from([*desk]);
        for happening in Self::happenings(desk) {
            for to in self.outcomes(desk, happening) {
                let to = to.canonical();
                if seen.insert(to) {
                    actions.push(Step { happening, to });
                }
            }
        }
    }

    fn next_state(&self, _: &Desk, step: Step) -> Option<Desk> {
        Some(step.to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(I2, |_, desk: &Desk| desk.fault.is_none()),
            Property::always(I3, |world: &Self, desk: &Desk| {
                desk.is_counted() && desk.agents.iter().all(|person| person.load <= world.size.capacity)
            }),
            Property::always(I4, |world: &Self, desk: &Desk| {
                let free = |who: u8, cooling: Who| {
                    let person = desk.agents[usize::from(who)];
                    person.is == Presence::Ready
                        && person.load < world.size.capacity
                        && !cooling.contains(who)
                };
                let is_stranded = |item: &Item| match item.is {
                    Place::Waiting(cooling) => desk.who().iter().any(|&who| free(who, cooling)),
                    Place::Fresh | Place::Offered(..) | Place::Held(_) | Place::Done => false,
                };
                !desk.is_at_rest() || !desk.items.iter().any(is_stranded)
            }),
            Property::always(I7, |_, desk: &Desk| {
                desk.items.iter().all(|item| {
                    if item.flight.is_some() { item.told.is_none() } else { item.again.is_none() }
                })
            }),
            Property::sometimes("everything gets done", |_, desk: &Desk| {
                desk.items.iter().all(|item| item.is == Place::Done)
            }),
            Property::sometimes("everybody is full while work waits", |world: &Self, desk: &Desk| {
                let waits = desk.items.iter().any(|item| matches!(item.is, Place::Waiting(_)));
                let is_full = |who: &u8| desk.agents[usize::from(*who)].load == world.size.capacity;
                // With less work than room, somebody.
                let room = world.size.agents * usize::from(world.size.capacity);
                let mut agents = desk.who().into_iter();
                waits
                    && if room < world.size.items {
                        agents.all(|who| is_full(&who))
                    } else {
                        agents.any(|who| is_full(&who))
                    }
            }),
            Property::sometimes("several decisions are in flight", |world: &Self, desk: &Desk| {
                let flies = desk.items.iter().filter(|item| item.flight.is_some()).count();
                flies == world.size.items.min(world.size.agents * usize::from(world.size.capacity))
            }),
        ]
    }
}

const I2: &str = "the matcher offers what waits to who can take it, and leaves nothing undone (I2)";
const I3: &str = "what agents hold is counted and no more than they may (I3)";
const I4: &str = "at rest nothing waits beside somebody free (I4)";
const I7: &str = "an offer in flight is kept until it is settled (I7)";

fn deep() -> bool {
    std::env::var("PARLOR_DEEP").is_ok_and(|deep| deep == "1")
}

/// Tries everything out, to the end: no depth and no number of states is a limit.
#[track_caller]
#[expect(clippy::print_stdout, reason = "the figures of a proof")]
fn holds(size: Size) {
    let begun = Instant::now();
    let checker = World::new(size).checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done());
    println!("{size:?}: {} states, {:?}", checker.unique_state_count(), begun.elapsed());
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
const LATE: Size = Size { items: 2, agents: 1, capacity: 1, between: Between::AndLate };
/// More work than one agent may have.
const ONE_AGENT: Size = Size { items: 3, agents: 1, capacity: 2, between: Between::Anything };
const TWO_AGENTS: Size = Size { items: 2, agents: 2, capacity: 1, between: Between::Anything };
/// The size that is aimed at.
const FULL: Size = Size { items: 4, agents: 3, capacity: 2, between: Between::Nothing };

#[test]
fn routing_keeps_its_promises_however_late_it_is_told() {
    holds(if deep() { Size { agents: 2, ..LATE } } else { LATE });
}

#[test]
fn routing_keeps_its_promises_with_more_work_than_room() {
    holds(ONE_AGENT);
    holds(if deep() { Size { items: 4, ..TWO_AGENTS } } else { TWO_AGENTS });
}

#[test]
fn routing_keeps_its_promises_with_several_agents_and_nodes() {
    holds(FULL);
    if deep() {
        holds(Size { items: 3, between: Between::Anything, ..FULL });
    }
}

#[test]
fn a_missing_sweep_when_an_agent_becomes_ready_is_caught() {
    is_caught(World::with(Bug::NoSweepWhenReady, TWO_AGENTS), &[I4]);
}

#[test]
fn a_commit_that_ignores_the_epoch_is_caught() {
    is_caught(World::with(Bug::CommitIgnoresEpoch, TWO_AGENTS), &[I3]);
}

#[test]
fn an_accept_that_ignores_the_epoch_is_caught() {
    is_caught(World::with(Bug::AcceptIgnoresEpoch, TWO_AGENTS), &[I3]);
}

#[test]
fn a_leak_of_capacity_is_caught() {
    is_caught(World::with(Bug::CapacityLeaks, TWO_AGENTS), &[I3]);
}

#[test]
fn settling_before_telling_is_caught() {
    is_caught(World::with(Bug::SettledFirst, LATE), &[I2, I3, I4]);
}
