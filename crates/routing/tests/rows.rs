//! The feature rows of routing, one test or more each.

#[path = "support/build.rs"]
mod build;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_model::{CapacityRule, MediaClass, Medium, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Exclusion, Input, Matcher, RoutingPolicy, Work};

use build::{agent, at, interaction, named, offer, prefer, queue, skill, work};

const COOL_DOWN: Duration = RoutingPolicy::DEFAULT_REOFFER_AFTER;

fn matcher() -> Matcher {
    Matcher::new(RoutingPolicy::default())
}

fn arrive(matcher: &mut Matcher, work: Work, now: Timestamp) -> Vec<Decision> {
    matcher.handle(&Input::WorkArrived(work), now)
}

fn change(matcher: &mut Matcher, agent: AgentSnapshot, now: Timestamp) -> Vec<Decision> {
    matcher.handle(&Input::AgentChanged(agent), now)
}

fn settle(matcher: &mut Matcher, number: u32, agent: &str, now: Timestamp) -> Vec<Decision> {
    let (interaction, agent) = (interaction(number), named(agent));
    matcher.handle(&Input::OfferSettled { interaction, agent }, now)
}

/// What keeps a piece of work from an agent.
fn exclusions(matcher: &Matcher, number: u32, agent: &str, now: Timestamp) -> Vec<Exclusion> {
    let explanation = matcher.explain(interaction(number), now).expect("it waits");
    let mut verdicts = explanation.verdicts.into_iter();
    verdicts.find(|verdict| verdict.agent == named(agent)).expect("they are here").exclusions
}

#[test]
fn r001_only_ready_agents_are_offered_work() {
    let mut matcher = matcher();
    assert_eq!(change(&mut matcher, agent("ann", &[]), at(1)), []);
    assert_eq!(arrive(&mut matcher, work(1, &[Medium::Chat]), at(2)), []);
    assert_eq!(matcher.waiting(), 1);
    let not_ready = Exclusion::NotReady { media: BTreeSet::from([Medium::Chat]) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [not_ready]);

    let ready = agent("ann", &[Medium::Chat]);
    assert_eq!(change(&mut matcher, ready, at(3)), [offer(1, "ann")]);
    assert_eq!(matcher.waiting(), 0);
    assert_eq!(matcher.explain(interaction(1), at(3)), None);
}

#[test]
fn r001_work_that_asks_for_no_medium_is_offered_to_nobody() {
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", &[Medium::Chat]), at(1));
    assert_eq!(arrive(&mut matcher, work(1, &[]), at(2)), []);
    let not_ready = Exclusion::NotReady { media: BTreeSet::new() };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [not_ready]);
}

#[test]
fn r001_an_agent_who_left_is_offered_nothing() {
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", &[Medium::Chat]), at(1));
    matcher.handle(&Input::AgentLeft(named("ann")), at(2));
    assert_eq!(arrive(&mut matcher, work(1, &[Medium::Chat]), at(3)), []);
    assert_eq!(matcher.explain(interaction(1), at(3)).unwrap().verdicts, [], "who is not named is offline");
}

#[test]
fn r002_each_medium_has_a_readiness_of_its_own() {
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", &[Medium::Chat]), at(1));
    assert_eq!(arrive(&mut matcher, work(1, &[Medium::Sms]), at(2)), []);
    assert_eq!(arrive(&mut matcher, work(2, &[Medium::Chat]), at(2)), [offer(2, "ann")]);
}

#[test]
fn r003_an_agent_must_be_ready_on_every_medium_asked_for() {
    let twitter = [Medium::Chat, Medium::Twitter];
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", &[Medium::Chat]), at(1));
    assert_eq!(arrive(&mut matcher, work(1, &twitter), at(2)), []);
    let not_ready = Exclusion::NotReady { media: BTreeSet::from([Medium::Twitter]) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [not_ready]);
    assert_eq!(change(&mut matcher, agent("ann", &twitter), at(3)), [offer(1, "ann")]);

    change(&mut matcher, agent("bea", &[Medium::Chat]), at(4));
    let overridden = [offer(2, "bea")];
    matcher.handle(&Input::AgentLeft(named("ann")), at(4));
    assert_eq!(
        arrive(&mut matcher, work(2, &[Medium::Chat]), at(5)),
        overridden,
        "a channel that asks for chat alone"
    );
}

#[test]
fn r004_an_agent_who_is_not_enabled_for_a_medium_is_not_offered_its_work() {
    let twitter = [Medium::Chat, Medium::Twitter];
    let disabled = AgentSnapshot { disabled: BTreeSet::from([Medium::Twitter]), ..agent("ann", &twitter) };
    let mut matcher = matcher();
    change(&mut matcher, disabled, at(1));
    assert_eq!(arrive(&mut matcher, work(1, &twitter), at(2)), []);
    let flag = Exclusion::FlagDisabled { media: BTreeSet::from([Medium::Twitter]) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [flag]);
    assert_eq!(
        arrive(&mut matcher, work(2, &[Medium::Chat]), at(3)),
        [offer(2, "ann")],
        "other media are not affected"
    );
}

#[test]
fn r008_what_an_agent_lets_pass_goes_to_the_next_and_comes_back_after_the_cool_down() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", chat), at(1));
    change(&mut matcher, agent("bea", chat), at(1));
    assert_eq!(arrive(&mut matcher, work(1, chat), at(10)), [offer(1, "ann")]);

    let mut passed = work(1, chat);
    passed.passed.insert(named("ann"), at(30));
    assert_eq!(arrive(&mut matcher, passed.clone(), at(30)), [], "still in flight");
    assert_eq!(settle(&mut matcher, 1, "ann", at(30)), [offer(1, "bea")]);

    passed.passed.insert(named("bea"), at(45));
    settle(&mut matcher, 1, "bea", at(45));
    assert_eq!(arrive(&mut matcher, passed, at(45)), [], "back in the queue: both have let it pass");
    assert_eq!(matcher.next_wakeup(), Some(at(30) + COOL_DOWN));
    let cooling = Exclusion::CoolingDown { until: at(45) + COOL_DOWN };
    assert_eq!(exclusions(&matcher, 1, "bea", at(45)), [cooling]);

    let just_before = at(30) + COOL_DOWN - Duration::from_micros(1);
    assert_eq!(matcher.handle(&Input::TimePassed, just_before), []);
    assert_eq!(matcher.handle(&Input::TimePassed, at(30) + COOL_DOWN), [offer(1, "ann")]);
    assert_eq!(matcher.next_wakeup(), None, "what is in flight does not wait");
}

#[test]
fn r008_saying_ready_again_ends_the_cool_down() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", chat), at(1));
    let mut passed = work(1, chat);
    passed.passed.insert(named("ann"), at(30));
    assert_eq!(arrive(&mut matcher, passed, at(31)), []);
    assert_eq!(change(&mut matcher, agent("ann", chat), at(32)), [], "any other change does not");
    let mut again = agent("ann", chat);
    again.ready.insert(Medium::Chat, at(33));
    assert_eq!(change(&mut matcher, again, at(33)), [offer(1, "ann")]);
}

#[test]
fn r008_work_that_comes_back_keeps_its_place() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    for (number, since) in [(1, 5), (2, 6), (3, 4)] {
        let waiting = Work { since: at(since), ..work(number, chat) };
        assert_eq!(arrive(&mut matcher, waiting, at(10)), []);
    }
    let urgent = Work { priority: 1, since: at(9), ..work(4, chat) };
    arrive(&mut matcher, urgent, at(10));
    let everything =
        AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 10)]), ..agent("ann", chat) };
    assert_eq!(
        change(&mut matcher, everything, at(11)),
        [4, 3, 1, 2].map(|number| offer(number, "ann")),
        "priority, then waiting time"
    );
}

#[test]
fn r009_thirty_arrivals_are_spread_over_three_agents_and_none_is_given_twice() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    for name in ["ann", "bea", "cy"] {
        let roomy =
            AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 10)]), ..agent(name, chat) };
        change(&mut matcher, roomy, at(1));
    }
    let mut given = BTreeMap::new();
    let mut count = BTreeMap::new();
    for number in 0..30 {
        for Decision::Offer { interaction, agent } in arrive(&mut matcher, work(number, chat), at(2)) {
            *count.entry(agent.clone()).or_insert(0) += 1;
            assert_eq!(given.insert(interaction, agent), None, "given twice");
        }
    }
    assert_eq!(given.len(), 30);
    assert_eq!(
        count.into_values().collect::<Vec<_>>(),
        [10, 10, 10],
        "nobody gets the whole burst, though nothing was committed yet"
    );
    assert_eq!(arrive(&mut matcher, work(30, chat), at(3)), [], "all are full");
}

#[test]
fn r013_what_an_agent_holds_counts_until_it_is_released() {
    let chat = &[Medium::Chat];
    let one = |load| AgentSnapshot {
        limits: CapacityRule::new([(MediaClass::Live, 1)]),
        load: BTreeMap::from([(MediaClass::Live, load)]),
        ..agent("ann", chat)
    };
    let mut matcher = matcher();
    change(&mut matcher, one(1), at(1));
    assert_eq!(arrive(&mut matcher, work(1, chat), at(2)), []);
    let full = Exclusion::AtCapacity { class: MediaClass::Live, load: 1, limit: 1, weight: 1 };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [full]);
    let released = |name| Input::LoadChanged { agent: named(name), load: BTreeMap::new(), idle_since: at(3) };
    assert_eq!(matcher.handle(&released("bea"), at(3)), [], "bea is not here");
    assert_eq!(matcher.handle(&released("ann"), at(3)), [offer(1, "ann")]);

    assert_eq!(arrive(&mut matcher, work(2, chat), at(4)), [], "what is in flight counts");
    assert_eq!(change(&mut matcher, one(1), at(5)), [], "twice for a moment, never not at all");
    assert_eq!(settle(&mut matcher, 1, "ann", at(5)), [], "now the committed load counts");
    assert_eq!(change(&mut matcher, one(0), at(6)), [offer(2, "ann")]);
}

#[test]
fn r013_a_decision_in_flight_outlives_a_logout() {
    let chat = &[Medium::Chat];
    let one = AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 1)]), ..agent("ann", chat) };
    let mut matcher = matcher();
    change(&mut matcher, one.clone(), at(1));
    assert_eq!(arrive(&mut matcher, work(1, chat), at(2)), [offer(1, "ann")]);
    matcher.handle(&Input::AgentLeft(named("ann")), at(3));
    arrive(&mut matcher, work(2, chat), at(3));
    assert_eq!(change(&mut matcher, one, at(4)), []);
    assert_eq!(settle(&mut matcher, 1, "ann", at(5)), [offer(2, "ann")]);
}

#[test]
fn r013_an_answer_that_matches_no_decision_changes_nothing() {
    let chat = &[Medium::Chat];
    let one =
        |name| AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 1)]), ..agent(name, chat) };
    let mut matcher = matcher();
    change(&mut matcher, one("ann"), at(1));
    assert_eq!(arrive(&mut matcher, work(1, chat), at(2)), [offer(1, "ann")]);
    arrive(&mut matcher, work(2, chat), at(2));
    assert_eq!(settle(&mut matcher, 1, "bea", at(3)), []);
    assert_eq!(settle(&mut matcher, 2, "ann", at(3)), []);
    assert_eq!(settle(&mut matcher, 1, "ann", at(3)), [offer(2, "ann")]);
}

#[test]
fn work_that_left_while_a_decision_was_in_flight_does_not_come_back() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", chat), at(1));
    assert_eq!(arrive(&mut matcher, work(1, chat), at(2)), [offer(1, "ann")]);
    arrive(&mut matcher, work(1, chat), at(3));
    matcher.handle(&Input::WorkLeft(interaction(1)), at(3));
    assert_eq!(settle(&mut matcher, 1, "ann", at(4)), []);
    assert_eq!(matcher.waiting(), 0);
}

#[test]
fn the_preferred_agent_is_asked_first_but_nobody_waits_for_them() {
    let chat = &[Medium::Chat];
    let busy_since = AgentSnapshot { idle_since: at(100), ..agent("zoe", chat) };
    let for_zoe = |number| Work { preferred: Some(prefer("zoe")), ..work(number, chat) };
    let mut matcher = matcher();
    change(&mut matcher, agent("ann", chat), at(101));
    change(&mut matcher, busy_since.clone(), at(101));
    assert_eq!(arrive(&mut matcher, for_zoe(1), at(102)), [offer(1, "zoe")], "though ann is idle longer");
    let not_ready = AgentSnapshot { ready: BTreeMap::new(), ..busy_since };
    change(&mut matcher, not_ready, at(103));
    assert_eq!(arrive(&mut matcher, for_zoe(2), at(104)), [offer(2, "ann")]);
}

#[test]
fn the_longest_idle_is_asked_first_then_the_less_filled_then_by_name() {
    let chat = &[Medium::Chat];
    let who = |name: &str, idle: i64, load: u32, limit: u32| AgentSnapshot {
        idle_since: at(idle),
        load: BTreeMap::from([(MediaClass::Live, load)]),
        limits: CapacityRule::new([(MediaClass::Live, limit)]),
        ..agent(name, chat)
    };
    let mut matcher = matcher();
    for snapshot in [
        who("eve", 5, 2, 6),
        who("dan", 5, 2, 6),
        who("cy", 5, 2, 5),
        who("bea", 4, 4, 5),
        who("ann", 6, 0, 1),
    ] {
        change(&mut matcher, snapshot, at(10));
    }
    let mut asked = Vec::new();
    for number in 0..5 {
        asked.extend(arrive(&mut matcher, work(number, chat), at(11)));
    }
    let expected = [(0, "bea"), (1, "dan"), (2, "eve"), (3, "cy"), (4, "ann")];
    assert_eq!(asked, expected.map(|(number, name)| offer(number, name)));
}

/// Each name stands between the one before and the last: there soon is no number between theirs.
#[test]
fn agents_alike_are_asked_by_name_however_many_come_in_between() {
    let mut matcher = matcher();
    let numbered = |number: u32| format!("b-{number:03}");
    let names: Vec<String> =
        ["a".to_owned(), "z".to_owned()].into_iter().chain((0..300).map(numbered)).collect();
    for name in &names {
        change(&mut matcher, agent(name, &[Medium::Chat]), at(1));
    }
    let mut in_order = names;
    in_order.sort();
    for (number, name) in (0..).zip(&in_order) {
        assert_eq!(arrive(&mut matcher, work(number, &[Medium::Chat]), at(2)), [offer(number, name)]);
    }
}

#[test]
fn queue_and_skills_are_asked_for_and_explained() {
    let chat = &[Medium::Chat];
    let spanish = skill("spanish");
    let skilled = |name: &str, grade| AgentSnapshot {
        skills: BTreeMap::from([(spanish.clone(), grade)]),
        ..agent(name, chat)
    };
    let elsewhere = AgentSnapshot { queues: BTreeSet::from([queue("sales")]), ..agent("ann", chat) };
    let mut matcher = matcher();
    change(&mut matcher, elsewhere, at(1));
    change(&mut matcher, skilled("bea", 1), at(1));
    let in_spanish = Work { required_skills: BTreeMap::from([(spanish.clone(), 2)]), ..work(1, chat) };
    assert_eq!(arrive(&mut matcher, in_spanish, at(2)), []);
    let missing = |has_grade| Exclusion::MissingSkill { skill: spanish.clone(), required: 2, has_grade };
    let not_in_queue = Exclusion::NotInQueue { queue: queue("support") };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [not_in_queue, missing(None)]);
    assert_eq!(exclusions(&matcher, 1, "bea", at(2)), [missing(Some(1))]);
    assert_eq!(
        change(&mut matcher, skilled("cy", 2), at(3)),
        [offer(1, "cy")],
        "an agent who came after the work"
    );
    assert_eq!(change(&mut matcher, skilled("bea", 3), at(4)), [], "given once, however many could take it");
}

#[test]
fn an_explanation_says_who_would_be_next_before_time_is_told() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    for (name, idle) in [("ann", 2), ("bea", 1), ("cy", 3)] {
        let snapshot = AgentSnapshot { idle_since: at(idle), ..agent(name, chat) };
        change(&mut matcher, snapshot, at(5));
    }
    let mut passed = Work { preferred: Some(prefer("cy")), ..work(1, chat) };
    for (name, when) in [("ann", 10), ("bea", 10), ("cy", 15)] {
        passed.passed.insert(named(name), at(when));
    }
    assert_eq!(arrive(&mut matcher, passed, at(16)), []);
    let explanation = matcher.explain(interaction(1), at(10) + COOL_DOWN).unwrap();
    let candidates: Vec<_> = explanation.candidates().map(|verdict| verdict.agent.as_str()).collect();
    assert_eq!(candidates, ["bea", "ann"]);
    let all: Vec<_> = explanation.verdicts.iter().map(|verdict| verdict.agent.as_str()).collect();
    assert_eq!(all, ["bea", "ann", "cy"]);

    let json = serde_json::to_string(&explanation).unwrap();
    assert!(json.contains(r#""reason":"cooling_down""#), "{json}");
    assert_eq!(serde_json::from_str::<parlor_routing::Explanation>(&json).unwrap(), explanation);
    assert_eq!(matcher.handle(&Input::TimePassed, at(10) + COOL_DOWN), [offer(1, "bea")]);
}

#[test]
fn at_start_the_first_decisions_see_everything() {
    let chat = &[Medium::Chat];
    let one = |name: &str, idle| AgentSnapshot {
        idle_since: at(idle),
        limits: CapacityRule::new([(MediaClass::Live, 1)]),
        ..agent(name, chat)
    };
    let late = Work { since: at(9), ..work(1, chat) };
    let urgent = Work { since: at(9), priority: 7, ..work(2, chat) };
    let mut matcher = matcher();
    change(&mut matcher, agent("gone", chat), at(1));
    arrive(&mut matcher, work(9, chat), at(1));
    let decisions = matcher.handle(
        &Input::Started {
            agents: vec![one("ann", 8), one("bea", 7)],
            work: vec![late, work(3, chat), urgent],
        },
        at(10),
    );
    assert_eq!(decisions, [offer(2, "bea"), offer(3, "ann")]);
    assert_eq!(matcher.waiting(), 1);
    assert_eq!(settle(&mut matcher, 9, "gone", at(11)), [], "what was in flight before is forgotten");
}

#[test]
fn a_clock_that_was_set_back_does_not_bring_a_cool_down_back() {
    let chat = &[Medium::Chat];
    let mut matcher = matcher();
    let mut passed = work(1, chat);
    passed.passed.insert(named("ann"), at(10));
    arrive(&mut matcher, passed, at(10));
    matcher.handle(&Input::TimePassed, at(10) + COOL_DOWN);
    assert_eq!(
        change(&mut matcher, agent("ann", chat), at(11)),
        [offer(1, "ann")],
        "time moves only forwards"
    );
}
