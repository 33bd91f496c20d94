//! Random days at the desk: agents come, go and change; work arrives, is taken, passed over and released.
//!
//! The universe is small on purpose, so that agents and work meet, limits are reached and orders tie.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use parlor_model::{
    AgentName, CapacityRule, InteractionId, MediaClass, Medium, QueueName, SkillName, Timestamp,
};
use parlor_routing::{AgentSnapshot, Input, Preferred, Work};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::build::{at, interaction, named, queue};
use crate::checks::{Script, Subject as _};
use crate::reference::Reference;

const AGENTS: [&str; 4] = ["ann", "bea", "cy", "dan"];
const QUEUES: [&str; 3] = ["support", "sales", "night"];
const INTERACTIONS: u32 = 10;
const MEDIA: [Medium; 3] = [Medium::Chat, Medium::Sms, Medium::Twitter];
const CLASSES: [MediaClass; 2] = [MediaClass::Live, MediaClass::Messaging];
/// Enough for cool-downs to end in the middle of a script.
const SECONDS: i64 = 60;

/// One thing that happens. What it means exactly depends on what was decided before.
#[derive(Clone, Debug)]
enum Happening {
    Started(Vec<AgentSnapshot>, Vec<Work>),
    Changed(AgentSnapshot),
    /// Also of agents who are not logged in.
    Loaded(AgentName, BTreeMap<MediaClass, u32>, Timestamp),
    Left(AgentName),
    Arrived(Work),
    WorkLeft(InteractionId),
    /// A decision in flight is committed: the agent holds it.
    Committed(Index),
    /// A decision in flight is refused, and its work waits again.
    Refused(Index),
    /// A decision in flight is committed, and the agent lets the offer pass before that is told.
    Passed(Index),
    /// An agent is done with one piece of work.
    Released(Index, MediaClass),
    /// An agent says Ready again on all their media.
    ReadyAgain(Index),
    TimePassed,
}

/// Scripts, with the inputs that a well-behaved caller gives to the reference.
pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    vec((0_i64..8, happenings()), 1..60).prop_map(|happenings| {
        let mut reference = crate::checks::reference();
        let mut script = Script::new();
        let mut now = at(0);
        for (pause, happening) in happenings {
            now = now + Duration::from_secs(pause.unsigned_abs());
            for input in inputs(&reference, happening, now) {
                reference.handle(&input, now);
                script.push((now, input));
            }
        }
        script
    })
}

fn happenings() -> impl Strategy<Value = Happening> {
    let class = select(&CLASSES[..]);
    let load = btree_map(select(&CLASSES[..]), 0_u32..3, 0..=CLASSES.len());
    prop_oneof![
        1 => (vec(agents(), 0..5), vec(works(), 0..8)).prop_map(|(a, w)| Happening::Started(a, w)),
        6 => agents().prop_map(Happening::Changed),
        2 => (names(), load, moments()).prop_map(|(who, load, idle)| Happening::Loaded(who, load, idle)),
        1 => names().prop_map(Happening::Left),
        10 => works().prop_map(Happening::Arrived),
        1 => interactions().prop_map(Happening::WorkLeft),
        6 => any::<Index>().prop_map(Happening::Committed),
        1 => any::<Index>().prop_map(Happening::Refused),
        3 => any::<Index>().prop_map(Happening::Passed),
        4 => (any::<Index>(), class).prop_map(|(who, class)| Happening::Released(who, class)),
        1 => any::<Index>().prop_map(Happening::ReadyAgain),
        2 => Just(Happening::TimePassed),
    ]
}

fn names() -> impl Strategy<Value = AgentName> {
    select(&AGENTS[..]).prop_map(named)
}

fn queues() -> impl Strategy<Value = QueueName> {
    select(&QUEUES[..]).prop_map(queue)
}

fn interactions() -> impl Strategy<Value = InteractionId> {
    (0..INTERACTIONS).prop_map(interaction)
}

fn moments() -> impl Strategy<Value = Timestamp> {
    (0..SECONDS).prop_map(at)
}

fn skills(grades: std::ops::Range<u8>) -> impl Strategy<Value = BTreeMap<SkillName, u8>> {
    let skill =
        select(&["spanish", "billing"][..]).prop_map(|name| SkillName::new(name).expect("a valid name"));
    btree_map(skill, grades, 0..2)
}

fn agents() -> impl Strategy<Value = AgentSnapshot> {
    let disabled = prop_oneof![9 => Just(BTreeSet::new()), 1 => btree_set(select(&MEDIA[..]), 1..2)];
    (
        names(),
        subsequence(MEDIA.to_vec(), 0..=MEDIA.len()),
        moments(),
        btree_set(queues(), 1..=3),
        skills(1..4),
        vec((0_u32..3, 0_u32..5), CLASSES.len()),
        0_i64..4,
        disabled,
    )
        .prop_map(|(name, ready, ready_since, queues, skills, room, idle_since, disabled)| {
            AgentSnapshot {
                name,
                ready: ready.into_iter().map(|medium| (medium, ready_since)).collect(),
                queues,
                skills,
                load: CLASSES.into_iter().zip(room.iter().map(|&(load, _)| load)).collect(),
                limits: CapacityRule::new(CLASSES.into_iter().zip(room.iter().map(|&(_, limit)| limit))),
                idle_since: at(idle_since),
                disabled,
            }
        })
}

fn works() -> impl Strategy<Value = Work> {
    let media = prop_oneof![
        20 => subsequence(MEDIA.to_vec(), 1..=2),
        1 => Just(Vec::new()),
    ];
    let required = prop_oneof![3 => Just(BTreeMap::new()), 1 => skills(0..4)];
    let passed = prop_oneof![3 => Just(BTreeMap::new()), 1 => btree_map(names(), moments(), 1..3)];
    (
        interactions(),
        queues(),
        media,
        select(&CLASSES[..]),
        select(vec![NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(1)]),
        required,
        (-1..2, moments()),
        proptest::option::weighted(0.3, (names(), moments())),
        passed,
    )
        .prop_map(
            |(
                interaction,
                queue,
                media,
                class,
                weight,
                required_skills,
                (priority, since),
                preferred,
                passed,
            )| Work {
                interaction,
                queue,
                media: media.into_iter().collect(),
                class,
                weight,
                required_skills,
                priority,
                since,
                preferred: preferred.map(|(agent, last_with)| Preferred { agent, last_with }),
                passed,
            },
        )
}

/// What the caller tells, given what is known so far.
fn inputs(known: &Reference, happening: Happening, now: Timestamp) -> Vec<Input> {
    match happening {
        Happening::Started(agents, work) => {
            let (agents, work) =
                (once(agents, |agent| agent.name.clone()), once(work, |work| work.interaction));
            vec![Input::Started { agents, work }]
        }
        Happening::Changed(agent) => vec![Input::AgentChanged(agent)],
        Happening::Loaded(agent, load, idle_since) => vec![Input::LoadChanged { agent, load, idle_since }],
        Happening::Left(name) => vec![Input::AgentLeft(name)],
        Happening::Arrived(work) => vec![Input::WorkArrived(work)],
        Happening::WorkLeft(interaction) => vec![Input::WorkLeft(interaction)],
        Happening::Committed(which) => settled(known, which, |agent, work| {
            *agent.load.entry(work.class).or_insert(0) += work.weight.get();
            agent.idle_since = now;
            None
        }),
        Happening::Refused(which) => settled(known, which, |_, work| Some(work)),
        Happening::Passed(which) => settled(known, which, |agent, mut work| {
            work.passed.insert(agent.name.clone(), now);
            Some(work)
        }),
        Happening::Released(who, class) => changed(known, who, |mut agent| {
            let load = agent.load.entry(class).or_insert(0);
            *load = load.saturating_sub(1);
            Input::LoadChanged { agent: agent.name, load: agent.load, idle_since: agent.idle_since }
        }),
        Happening::ReadyAgain(who) => changed(known, who, |mut agent| {
            agent.ready.values_mut().for_each(|since| *since = now);
            Input::AgentChanged(agent)
        }),
        Happening::TimePassed => vec![Input::TimePassed],
    }
}

/// A decision in flight ends as the protocol asks: first what is true now, then the answer.
fn settled(
    known: &Reference,
    which: Index,
    outcome: impl FnOnce(&mut AgentSnapshot, Work) -> Option<Work>,
) -> Vec<Input> {
    let flights: Vec<_> = known.in_flight().values().collect();
    let Some(flight) = (!flights.is_empty()).then(|| which.get(&flights)) else {
        return Vec::new();
    };
    let mut inputs = Vec::new();
    if let Some(agent) = known.agents().get(&flight.agent) {
        let mut agent = agent.clone();
        let again = outcome(&mut agent, flight.work.clone());
        inputs.push(Input::AgentChanged(agent));
        inputs.extend(again.map(Input::WorkArrived));
    }
    inputs.push(Input::OfferSettled { interaction: flight.work.interaction, agent: flight.agent.clone() });
    inputs
}

fn changed(known: &Reference, who: Index, change: impl FnOnce(AgentSnapshot) -> Input) -> Vec<Input> {
    let agents: Vec<_> = known.agents().values().collect();
    let Some(agent) = (!agents.is_empty()).then(|| who.get(&agents)) else {
        return Vec::new();
    };
    vec![change((*agent).clone())]
}

/// The first of each key: a store has no row twice.
fn once<T, K: Ord>(all: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|one| seen.insert(key(one))).collect()
}
