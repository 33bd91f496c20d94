//! The laws of routing over random scripts, and proof that each law notices a matcher that breaks it.

#[path = "support/build.rs"]
mod build;
#[path = "support/checks.rs"]
mod checks;
#[path = "support/reference.rs"]
mod reference;
#[path = "support/rules.rs"]
mod rules;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/what_if.rs"]
mod what_if;

use std::collections::BTreeMap;

use parlor_model::{CapacityRule, MediaClass, Medium, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Input, Matcher, RoutingPolicy, Work};
use proptest::prelude::*;

use build::{agent, at, interaction, named, offer, work};
use checks::{Script, Subject};
use rules::matcher;

type Law = fn(&mut dyn Subject, &Script) -> Result<(), String>;

const LAWS: [(&str, Law); 5] = [
    ("decides like the reference", checks::decides_like_the_reference),
    ("offers what waits, once", checks::offers_what_waits_once),
    ("keeps capacity", checks::keeps_capacity),
    ("asks the eligible", checks::asks_the_eligible),
    ("strands nothing", checks::strands_nothing),
];

proptest! {
        #[test]
    fn the_matcher_keeps_every_law(script in scripts::scripts()) {
        for (name, law) in LAWS {
            let kept = law(&mut matcher(), &script);
            prop_assert!(kept.is_ok(), "{}: {:?}", name, kept);
        }
        let kept = checks::ignores_the_order_of_agents(&|| Box::new(matcher()), &script);
        prop_assert!(kept.is_ok(), "ignores the order of agents: {:?}", kept);
    }

    #[test]
    fn a_recorded_script_gives_the_same_decisions_again(script in scripts::scripts()) {
        let recorded = serde_json::to_string(&script).unwrap();
        let read: Script = serde_json::from_str(&recorded).unwrap();
        prop_assert_eq!(&read, &script);
        prop_assert_eq!(run(&read), run(&script));
    }

    #[test]
    fn an_explanation_agrees_with_the_reference(script in scripts::scripts()) {
        let mut matcher = matcher();
        let mut reference = checks::reference();
        let mut later = at(0);
        for (now, input) in script {
            matcher.handle(&input, now);
            reference.handle(&input, now);
            later = now + RoutingPolicy::DEFAULT_REOFFER_AFTER;
        }
        // As if time had been told, so that some work has candidates.
        reference.learn(&Input::TimePassed, later);
        prop_assert_eq!(matcher.waiting(), reference.waiting().len());
        for work in reference.waiting().values() {
            let explanation = matcher.explain(work.interaction, later).unwrap();
            prop_assert_eq!(explanation.verdicts.len(), reference.agents().len());
            for verdict in &explanation.verdicts {
                let agent = &reference.agents()[&verdict.agent];
                prop_assert_eq!(verdict.is_candidate(), reference.is_eligible(work, agent), "{:?}", verdict);
            }
        }
        let first = reference.next().map(|Decision::Offer { interaction, agent }| {
            let explanation = matcher.explain(interaction, later).unwrap();
            (explanation.candidates().next().map(|verdict| verdict.agent.clone()), Some(agent))
        });
        if let Some((explained, decided)) = first {
            prop_assert_eq!(explained, decided);
        }
    }

    #[test]
    fn a_wake_up_always_lies_ahead(script in scripts::scripts()) {
        let mut matcher = matcher();
        for (now, input) in script {
            matcher.handle(&input, now);
            prop_assert!(matcher.next_wakeup().is_none_or(|wakeup| wakeup > now));
        }
    }
}

fn run(script: &Script) -> Vec<Decision> {
    let mut matcher = matcher();
    script.iter().flat_map(|(now, input)| matcher.handle(input, *now)).collect()
}

/// A matcher with a fault put between it and the world.
struct Faulty<F>(Matcher, F);

impl<F: FnMut(&mut Matcher, &Input, Timestamp) -> Vec<Decision>> Subject for Faulty<F> {
    fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        (self.1)(&mut self.0, input, now)
    }
}

/// Asserts that a law notices a fault, and that it was the fault: the matcher without it keeps the law.
#[track_caller]
fn assert_caught(
    law: Law,
    script: &Script,
    fault: impl FnMut(&mut Matcher, &Input, Timestamp) -> Vec<Decision>,
) {
    assert_eq!(law(&mut matcher(), script), Ok(()));
    let caught = law(&mut Faulty(matcher(), fault), script);
    assert!(caught.is_err(), "the law did not notice");
}

/// Changes agents on their way in.
fn agents_changed(
    mut change: impl FnMut(&mut AgentSnapshot),
) -> impl FnMut(&mut Matcher, &Input, Timestamp) -> Vec<Decision> {
    move |matcher, input, now| {
        let mut input = input.clone();
        if let Input::AgentChanged(agent) = &mut input {
            change(agent);
        }
        matcher.handle(&input, now)
    }
}

/// Changes work on its way in.
fn work_changed(
    mut change: impl FnMut(&mut Work),
) -> impl FnMut(&mut Matcher, &Input, Timestamp) -> Vec<Decision> {
    move |matcher, input, now| {
        let mut input = input.clone();
        if let Input::WorkArrived(work) = &mut input {
            change(work);
        }
        matcher.handle(&input, now)
    }
}

fn script(inputs: impl IntoIterator<Item = Input>) -> Script {
    (1..).map(at).zip(inputs).collect()
}

const CHAT: &[Medium] = &[Medium::Chat];

/// Ann may hold one.
fn ann() -> AgentSnapshot {
    AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 1)]), ..agent("ann", CHAT) }
}

fn changed(agent: AgentSnapshot) -> Input {
    Input::AgentChanged(agent)
}

fn arrived(number: u32) -> Input {
    Input::WorkArrived(work(number, CHAT))
}

#[test]
fn forgetting_the_work_when_an_agent_becomes_ready_is_caught() {
    let not_ready = AgentSnapshot { ready: BTreeMap::new(), ..ann() };
    let script = script([changed(not_ready), arrived(1), changed(ann())]);
    assert_caught(checks::strands_nothing, &script, |matcher, input, now| {
        let forgets = matches!(input, Input::AgentChanged(_));
        let decisions = matcher.handle(input, now);
        if forgets { Vec::new() } else { decisions }
    });
}

#[test]
fn forgetting_that_time_passed_is_caught() {
    let mut passed = work(1, CHAT);
    passed.passed.insert(named("ann"), at(1));
    let mut script = script([changed(ann()), Input::WorkArrived(passed)]);
    script.push((at(1) + RoutingPolicy::DEFAULT_REOFFER_AFTER, Input::TimePassed));
    assert_caught(checks::strands_nothing, &script, |matcher, input, _| matcher.handle(input, at(1)));
}

#[test]
fn ignoring_capacity_is_caught() {
    let script = script([changed(ann()), arrived(1), arrived(2)]);
    let boundless =
        |agent: &mut AgentSnapshot| agent.limits = CapacityRule::new([(MediaClass::Live, u32::MAX)]);
    assert_caught(checks::keeps_capacity, &script, agents_changed(boundless));
}

#[test]
fn forgetting_what_is_in_flight_is_caught() {
    let script = script([changed(ann()), arrived(1), arrived(2)]);
    assert_caught(checks::keeps_capacity, &script, |matcher, input, now| {
        let decisions = matcher.handle(input, now);
        for Decision::Offer { interaction, agent } in decisions.clone() {
            matcher.handle(&Input::OfferSettled { interaction, agent }, now);
        }
        decisions
    });
}

#[test]
fn offering_twice_is_caught() {
    let script = script([changed(ann()), arrived(1)]);
    assert_caught(checks::offers_what_waits_once, &script, |matcher, input, now| {
        let decisions = matcher.handle(input, now);
        [decisions.clone(), decisions].concat()
    });
}

#[test]
fn asking_another_than_was_decided_is_caught() {
    let script = script([changed(ann()), changed(agent("bea", CHAT)), arrived(1)]);
    let law = checks::decides_like_the_reference;
    assert_caught(law, &script, |matcher, input, now| {
        let decisions = matcher.handle(input, now);
        decisions.into_iter().map(|_| offer(1, "bea")).collect()
    });
}

#[test]
fn ignoring_a_load_that_is_told_alone_is_caught() {
    let load = BTreeMap::from([(MediaClass::Live, 1)]);
    let full = Input::LoadChanged { agent: named("ann"), load, idle_since: at(0) };
    let script = script([changed(ann()), full, arrived(1)]);
    assert_caught(checks::keeps_capacity, &script, |matcher, input, now| {
        if matches!(input, Input::LoadChanged { .. }) {
            return Vec::new();
        }
        matcher.handle(input, now)
    });
}

#[test]
fn offering_what_left_is_caught() {
    let script = script([arrived(1), Input::WorkLeft(interaction(1)), changed(ann())]);
    assert_caught(checks::offers_what_waits_once, &script, |matcher, input, now| {
        if matches!(input, Input::WorkLeft(_)) {
            return Vec::new();
        }
        matcher.handle(input, now)
    });
}

#[test]
fn ignoring_readiness_flags_queues_or_skills_is_caught() {
    let unfit = [
        AgentSnapshot { ready: BTreeMap::new(), ..ann() },
        AgentSnapshot { disabled: [Medium::Chat].into(), ..ann() },
        AgentSnapshot { queues: [build::queue("sales")].into(), ..ann() },
    ];
    for agent in unfit {
        let script = script([changed(agent), arrived(1)]);
        let pretend = agents_changed(|agent| *agent = ann());
        assert_caught(checks::asks_the_eligible, &script, pretend);
    }
    let mut skilled = work(1, CHAT);
    skilled.required_skills.insert(build::skill("spanish"), 1);
    let script = script([changed(ann()), Input::WorkArrived(skilled)]);
    let unskilled = work_changed(|work| work.required_skills.clear());
    assert_caught(checks::asks_the_eligible, &script, unskilled);
}

#[test]
fn ignoring_cool_downs_is_caught() {
    let mut passed = work(1, CHAT);
    passed.passed.insert(named("ann"), at(1));
    let script = script([changed(ann()), Input::WorkArrived(passed)]);
    let forgiving = work_changed(|work| work.passed.clear());
    assert_caught(checks::asks_the_eligible, &script, forgiving);
}

#[test]
fn ignoring_the_order_of_work_is_caught() {
    let urgent = Work { priority: 1, ..work(2, CHAT) };
    let older = Work { since: at(-1), ..work(2, CHAT) };
    for first in [urgent, older] {
        let script = script([arrived(1), Input::WorkArrived(first), changed(ann())]);
        let flat = work_changed(|work| (work.priority, work.since) = (0, at(0)));
        assert_caught(checks::decides_like_the_reference, &script, flat);
    }
}

#[test]
fn ignoring_the_order_of_agents_or_preference_is_caught() {
    let bea = AgentSnapshot { idle_since: at(-1), ..agent("bea", CHAT) };
    let idle_longer = script([changed(ann()), changed(bea), arrived(1)]);
    let all_alike = agents_changed(|agent| agent.idle_since = at(0));
    assert_caught(checks::decides_like_the_reference, &idle_longer, all_alike);

    let for_bea = Work { preferred: Some(build::prefer("bea")), ..work(1, CHAT) };
    let preferring = script([changed(ann()), changed(agent("bea", CHAT)), Input::WorkArrived(for_bea)]);
    let indifferent = work_changed(|work| work.preferred = None);
    assert_caught(checks::decides_like_the_reference, &preferring, indifferent);
}

#[test]
fn depending_on_the_order_of_logins_is_caught() {
    /// Thinks that whoever came first is idle longest.
    fn first_come() -> Box<dyn Subject> {
        let mut arrivals = 0;
        let mut seen = BTreeMap::new();
        Box::new(Faulty(
            matcher(),
            agents_changed(move |agent| {
                arrivals += 1;
                agent.idle_since = at(*seen.entry(agent.name.clone()).or_insert(arrivals));
            }),
        ))
    }
    let script = script([changed(ann()), changed(agent("bea", CHAT)), arrived(1)]);
    let law = checks::ignores_the_order_of_agents;
    assert_eq!(law(&|| Box::new(matcher()), &script), Ok(()));
    assert!(law(&first_come, &script).is_err(), "the law did not notice");
}
