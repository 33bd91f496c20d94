//! What the rules of a queue make of its work.

#[path = "support/build.rs"]
mod build;

use std::collections::BTreeMap;
use std::time::Duration;

use parlor_model::{CapacityRule, MediaClass, Medium, Timestamp};
use parlor_routing::{
    AgentSnapshot, Decision, Exclusion, Input, Matcher, Preferred, QueueRule, Ring, RoutingError,
    RoutingPolicy, RoutingRules, Sticky, Work,
};

use build::{agent, at, interaction, named, offer, prefer, queue, skill, work};

const CHAT: &[Medium] = &[Medium::Chat];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn support() -> QueueRule {
    QueueRule::new(queue("support"))
}

fn matcher(rules: impl IntoIterator<Item = QueueRule>) -> Matcher {
    Matcher::new(RoutingRules::new(RoutingPolicy::default(), rules).expect("valid rules"))
}

fn arrive(matcher: &mut Matcher, work: Work, now: Timestamp) -> Vec<Decision> {
    matcher.handle(&Input::WorkArrived(work), now)
}

fn change(matcher: &mut Matcher, agent: AgentSnapshot, now: Timestamp) -> Vec<Decision> {
    matcher.handle(&Input::AgentChanged(agent), now)
}

fn pass(matcher: &mut Matcher, now: Timestamp) -> Vec<Decision> {
    matcher.handle(&Input::TimePassed, now)
}

fn exclusions(matcher: &Matcher, number: u32, agent: &str, now: Timestamp) -> Vec<Exclusion> {
    let explanation = matcher.explain(interaction(number), now).expect("it waits");
    let mut verdicts = explanation.verdicts.into_iter();
    verdicts.find(|verdict| verdict.agent == named(agent)).expect("they are here").exclusions
}

fn one(name: &str) -> AgentSnapshot {
    AgentSnapshot { limits: CapacityRule::new([(MediaClass::Live, 1)]), ..agent(name, CHAT) }
}

fn skilled(name: &str, skills: &[(&str, u8)]) -> AgentSnapshot {
    AgentSnapshot { skills: skills.iter().map(|&(name, grade)| (skill(name), grade)).collect(), ..one(name) }
}

fn of_queue(agent: AgentSnapshot, served: &str) -> AgentSnapshot {
    AgentSnapshot { queues: [queue(served)].into(), ..agent }
}

#[test]
fn r010_what_a_classification_asks_for_goes_to_who_has_it_even_if_another_is_idler() {
    let mut matcher = matcher([support()]);
    let idler = AgentSnapshot { idle_since: at(-100), ..one("ann") };
    change(&mut matcher, idler, at(1));
    change(&mut matcher, skilled("bea", &[("calming", 1)]), at(1));
    let upset = Work { required_skills: [(skill("calming"), 1)].into(), ..work(1, CHAT) };
    assert_eq!(arrive(&mut matcher, upset, at(2)), [offer(1, "bea")]);
    assert_eq!(arrive(&mut matcher, work(2, CHAT), at(2)), [offer(2, "ann")]);
}

#[test]
fn r010_skills_of_the_queue_and_of_the_work_are_asked_for_with_the_higher_grade() {
    let rule = QueueRule { skills: [(skill("spanish"), 2)].into(), ..support() };
    let mut matcher = matcher([rule]);
    change(&mut matcher, skilled("ann", &[("spanish", 2)]), at(1));
    let fluent = Work { required_skills: [(skill("spanish"), 3)].into(), ..work(1, CHAT) };
    assert_eq!(arrive(&mut matcher, fluent, at(2)), []);
    let missing = Exclusion::MissingSkill { skill: skill("spanish"), required: 3, has_grade: Some(2) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [missing]);
    assert_eq!(arrive(&mut matcher, work(2, CHAT), at(2)), [offer(2, "ann")]);
}

#[test]
fn a_step_of_priority_is_worth_a_minute_of_waiting_and_no_more() {
    let urgent = |number, since| Work { priority: 2, since: at(since), ..work(number, CHAT) };
    let mut matcher = matcher([support(), QueueRule { priority: 1, ..QueueRule::new(queue("vip")) }]);
    arrive(&mut matcher, Work { since: at(0), ..work(1, CHAT) }, at(200));
    arrive(&mut matcher, urgent(2, 121), at(200));
    arrive(&mut matcher, urgent(3, 119), at(200));
    arrive(&mut matcher, Work { queue: queue("vip"), since: at(59), ..work(4, CHAT) }, at(200));
    let everybody = AgentSnapshot {
        limits: CapacityRule::new([(MediaClass::Live, 9)]),
        queues: [queue("support"), queue("vip")].into(),
        ..agent("ann", CHAT)
    };
    let order = [4, 3, 1, 2].map(|number| offer(number, "ann"));
    assert_eq!(change(&mut matcher, everybody, at(201)), order);
}

#[test]
fn rings_relax_what_is_asked_for_as_work_waits() {
    let rings = vec![
        Ring { after: seconds(10), lowers: [(skill("spanish"), 1)].into(), ..Ring::default() },
        Ring { after: seconds(20), drops: [skill("spanish")].into(), ..Ring::default() },
        Ring { after: seconds(30), also: [queue("sales")].into(), ..Ring::default() },
    ];
    let rule = QueueRule { skills: [(skill("spanish"), 3)].into(), rings, ..support() };
    let mut matcher = matcher([rule, QueueRule::new(queue("sales"))]);
    change(&mut matcher, skilled("ann", &[("spanish", 1)]), at(0));
    change(&mut matcher, one("bea"), at(0));
    change(&mut matcher, of_queue(one("cy"), "sales"), at(0));
    for number in 1..=4 {
        assert_eq!(arrive(&mut matcher, work(number, CHAT), at(0)), []);
    }
    let missing = Exclusion::MissingSkill { skill: skill("spanish"), required: 3, has_grade: None };
    let not_yet = Exclusion::RingNotReached { ring: 2, at: at(30) };
    assert_eq!(exclusions(&matcher, 1, "bea", at(0)), [missing, not_yet]);

    assert_eq!(matcher.next_wakeup(), Some(at(10)));
    assert_eq!(pass(&mut matcher, at(10)), [offer(1, "ann")]);
    assert_eq!(matcher.next_wakeup(), Some(at(30)));
    assert_eq!(pass(&mut matcher, at(29)), []);
    assert_eq!(pass(&mut matcher, at(30)), [offer(2, "bea")]);
    let explained = matcher.explain(interaction(3), at(30)).unwrap();
    assert_eq!((explained.ring, explained.next_ring_at), (2, Some(at(60))));
    assert_eq!(pass(&mut matcher, at(60)), [offer(3, "cy")]);
    assert_eq!(matcher.next_wakeup(), None);

    let late = Work { since: at(50), ..work(5, CHAT) };
    assert_eq!(arrive(&mut matcher, late, at(70)), []);
    assert_eq!(matcher.explain(interaction(5), at(70)).unwrap().ring, 1, "by when it began to wait");
    change(&mut matcher, of_queue(one("dan"), "sales"), at(71));
    assert_eq!(matcher.waiting(), 1, "what waited longest went to them");
}

#[test]
fn a_skill_that_nobody_has_is_explained() {
    let rule = QueueRule { skills: [(skill("klingon"), 1)].into(), ..support() };
    let mut matcher = matcher([rule]);
    change(&mut matcher, one("ann"), at(1));
    assert_eq!(arrive(&mut matcher, work(1, CHAT), at(2)), []);
    let missing = Exclusion::MissingSkill { skill: skill("klingon"), required: 1, has_grade: None };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [missing]);
}

/// Open in the second minute of 1970.
#[test]
fn capacity_that_makes_no_sense_is_refused_or_is_no_room() {
    let snapshot = serde_json::to_value(one("ann")).unwrap();
    let read = |capacity: i64| {
        let mut snapshot = snapshot.clone();
        snapshot["limits"]["live"] = capacity.into();
        serde_json::from_value::<AgentSnapshot>(snapshot)
    };
    assert!(read(-1).is_err(), "negative");
    assert!(read(1 << 40).is_err(), "more than fits");
    let mut matcher = matcher([support()]);
    change(&mut matcher, read(0).unwrap(), at(0));
    assert_eq!(arrive(&mut matcher, work(1, CHAT), at(0)), []);
    let no_room = Exclusion::AtCapacity { class: MediaClass::Live, load: 0, limit: 0, weight: 1 };
    assert_eq!(exclusions(&matcher, 1, "ann", at(0)), [no_room]);

    let work = serde_json::to_value(work(2, CHAT)).unwrap();
    for weight in [0, -1] {
        let mut work = work.clone();
        work["weight"] = weight.into();
        assert!(serde_json::from_value::<Work>(work).is_err(), "a weight of {weight}");
    }
}

#[test]
fn rules_are_changed_queue_by_queue_and_as_a_whole() {
    let circle = [
        QueueRule { overflow: Some(queue("sales")), ..support() },
        QueueRule { overflow: Some(queue("support")), ..QueueRule::new(queue("sales")) },
    ];
    let refused = RoutingRules::new(RoutingPolicy::default(), circle.clone());
    assert_eq!(refused, Err(RoutingError::CyclicOverflow { queue: queue("sales") }));

    let rules =
        || RoutingRules::new(RoutingPolicy::default(), [support(), QueueRule::new(queue("sales"))]).unwrap();
    let urgent = QueueRule { priority: 1, ..support() };
    let expected = RoutingRules::new(
        RoutingPolicy::default().with_priority_step(seconds(5)).unwrap(),
        [urgent.clone(), QueueRule::new(queue("sales"))],
    );
    let step = rules().policy().clone().with_priority_step(seconds(5)).unwrap();
    assert_eq!(rules().with_policy(step).with_queues([urgent]), expected);
    assert_eq!(rules().with_queues([]), Ok(rules()));
    let refusals = [
        (vec![QueueRule::new(queue("night"))], RoutingError::NotConfigured { queue: queue("night") }),
        (vec![support(), support()], RoutingError::QueueTwice { queue: queue("support") }),
        (circle.to_vec(), RoutingError::CyclicOverflow { queue: queue("sales") }),
    ];
    for (changed, refused) in refusals {
        assert_eq!(rules().with_queues(changed), Err(refused));
    }
}

fn minute_hours() -> parlor_routing::Hours {
    "UTC; thu 00:01-00:02".parse().expect("valid hours")
}

#[test]
fn work_in_a_closed_queue_waits_until_it_opens() {
    let mut matcher = matcher([QueueRule { hours: Some(minute_hours()), ..support() }]);
    change(&mut matcher, agent("ann", CHAT), at(1));
    assert_eq!(arrive(&mut matcher, work(1, CHAT), at(2)), []);
    let closed = |until| Exclusion::QueueClosed { queue: queue("support"), until: Some(until) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(2)), [closed(at(60))]);
    assert_eq!(matcher.explain(interaction(1), at(2)).unwrap().opens_at, Some(at(60)));
    assert_eq!(matcher.next_wakeup(), Some(at(60)));
    assert_eq!(pass(&mut matcher, at(60)), [offer(1, "ann")]);
    assert_eq!(arrive(&mut matcher, work(2, CHAT), at(61)), [offer(2, "ann")], "while it is open");
    assert_eq!(matcher.next_wakeup(), Some(at(120)));
    assert_eq!(arrive(&mut matcher, work(3, CHAT), at(120)), [], "closed again, though nobody told the time");
    let a_week = 7 * 24 * 60 * 60;
    assert_eq!(exclusions(&matcher, 3, "ann", at(120)), [closed(at(a_week + 60))]);
}

#[test]
fn a_closed_queue_overflows_and_so_on() {
    let closed = |name: &str, to: &str| QueueRule {
        hours: Some(minute_hours()),
        overflow: Some(queue(to)),
        ..QueueRule::new(queue(name))
    };
    let mut matcher =
        matcher([closed("support", "second"), closed("second", "third"), QueueRule::new(queue("third"))]);
    change(&mut matcher, of_queue(agent("bob", CHAT), "second"), at(1));
    change(&mut matcher, of_queue(agent("cy", CHAT), "third"), at(1));
    assert_eq!(arrive(&mut matcher, work(1, CHAT), at(2)), [offer(1, "cy")]);
    change(&mut matcher, of_queue(one("cy"), "third"), at(3));
    arrive(&mut matcher, work(2, CHAT), at(3));
    assert_eq!(pass(&mut matcher, at(60)), [], "it is open again, and nobody serves it");
    let not_in_queue = Exclusion::NotInQueue { queue: queue("support") };
    assert_eq!(exclusions(&matcher, 2, "bob", at(60)), [not_in_queue]);
    assert_eq!(pass(&mut matcher, at(120)), [], "closed, and cy is full");
    assert_eq!(change(&mut matcher, of_queue(agent("cy", CHAT), "third"), at(121)), [offer(2, "cy")]);
}

fn sticky(expires_after: Option<u64>, hold: u64) -> QueueRule {
    let sticky = Sticky { expires_after: expires_after.map(seconds), hold: seconds(hold) };
    QueueRule { sticky, ..support() }
}

#[test]
fn the_last_agent_is_preferred_until_it_is_long_ago() {
    let mut matcher = matcher([sticky(Some(100), 0)]);
    let busy = AgentSnapshot { idle_since: at(50), ..agent("zoe", CHAT) };
    change(&mut matcher, busy, at(50));
    change(&mut matcher, agent("ann", CHAT), at(50));
    let with_zoe = |number, last_with| Work {
        preferred: Some(Preferred { agent: named("zoe"), last_with: at(last_with) }),
        ..work(number, CHAT)
    };
    assert_eq!(arrive(&mut matcher, with_zoe(1, 0), at(99)), [offer(1, "zoe")]);
    assert_eq!(arrive(&mut matcher, with_zoe(2, 0), at(100)), [offer(2, "ann")]);
}

#[test]
fn work_is_held_for_the_last_agent_and_then_for_nobody() {
    let mut matcher = matcher([sticky(None, 30)]);
    let full = AgentSnapshot { load: [(MediaClass::Live, 1)].into(), ..one("zoe") };
    change(&mut matcher, full, at(1));
    change(&mut matcher, agent("ann", CHAT), at(1));
    let held = Work { preferred: Some(prefer("zoe")), since: at(10), ..work(1, CHAT) };
    assert_eq!(arrive(&mut matcher, held.clone(), at(10)), []);
    let for_zoe = Exclusion::HeldFor { agent: named("zoe"), until: at(40) };
    assert_eq!(exclusions(&matcher, 1, "ann", at(10)), [for_zoe]);
    assert_eq!(matcher.position(interaction(1), at(10)).unwrap().of, 1);
    assert_eq!(matcher.next_wakeup(), Some(at(40)));
    assert_eq!(pass(&mut matcher, at(39)), []);
    assert_eq!(pass(&mut matcher, at(40)), [offer(1, "ann")], "zoe has no room and is not forced");

    let held = Work { since: at(50), ..held };
    let held = |number| Work { interaction: interaction(number), ..held.clone() };
    assert_eq!(arrive(&mut matcher, held(2), at(50)), []);
    assert_eq!(change(&mut matcher, one("zoe"), at(51)), [offer(2, "zoe")], "she has room in time");
}

#[test]
fn a_hold_ends_with_a_logout_or_a_decline_and_begins_with_a_login() {
    let mut matcher = matcher([sticky(None, 30)]);
    change(&mut matcher, one("ann"), at(1));
    let full = |name| AgentSnapshot { load: [(MediaClass::Live, 1)].into(), ..one(name) };
    change(&mut matcher, full("ann"), at(1));
    let held = Work { preferred: Some(prefer("zoe")), since: at(10), ..work(1, CHAT) };
    arrive(&mut matcher, held.clone(), at(10));
    change(&mut matcher, full("zoe"), at(11));
    assert_eq!(change(&mut matcher, one("ann"), at(12)), [], "held since zoe is there");
    assert_eq!(
        matcher.handle(&Input::AgentLeft(named("zoe")), at(13)),
        [offer(1, "ann")],
        "and no longer than that"
    );
    matcher.handle(&Input::OfferSettled { interaction: interaction(1), agent: named("ann") }, at(14));

    change(&mut matcher, full("zoe"), at(15));
    let passed = Work { passed: BTreeMap::from([(named("zoe"), at(15))]), ..held };
    assert_eq!(arrive(&mut matcher, passed, at(16)), [offer(1, "ann")], "zoe let it pass");
}

/// The login looks at the work that was to be held, and so finds it in its new ring.
#[test]
fn a_ring_that_is_reached_in_the_moment_of_a_login_asks_others() {
    let spanish = QueueRule {
        skills: [(skill("spanish"), 1)].into(),
        rings: vec![Ring { after: seconds(10), drops: [skill("spanish")].into(), ..Ring::default() }],
        ..sticky(None, 5)
    };
    let mut matcher = matcher([spanish]);
    change(&mut matcher, one("cy"), at(0));
    let for_bea = Work { preferred: Some(prefer("bea")), ..work(1, CHAT) };
    assert_eq!(arrive(&mut matcher, for_bea, at(0)), []);
    let not_ready = AgentSnapshot { ready: BTreeMap::new(), ..one("bea") };
    assert_eq!(change(&mut matcher, not_ready, at(10)), [offer(1, "cy")]);
}

#[test]
fn a_place_in_the_queue_and_an_expected_wait_are_given() {
    let mut matcher = matcher([support(), QueueRule::new(queue("sales"))]);
    for number in 1..=6 {
        let since = at(i64::from(number));
        arrive(&mut matcher, Work { since, ..work(number, CHAT) }, at(10));
    }
    arrive(&mut matcher, Work { queue: queue("sales"), ..work(9, CHAT) }, at(10));
    let place = |matcher: &Matcher, number, now| {
        let position = matcher.position(interaction(number), now);
        position.map(|place| (place.position, place.of, place.expected_wait))
    };
    assert_eq!(place(&matcher, 6, at(10)), Some((6, 6, None)), "nothing has left yet");
    assert_eq!(place(&matcher, 9, at(10)), Some((1, 1, None)));
    for (number, now) in [(1, 20), (2, 30), (3, 40)] {
        matcher.handle(&Input::WorkLeft(interaction(number)), at(now));
    }
    assert_eq!(place(&matcher, 6, at(40)), Some((3, 3, Some(seconds(30)))), "one every ten seconds");
    assert_eq!(place(&matcher, 4, at(40)), Some((1, 3, Some(seconds(10)))));
    assert_eq!(place(&matcher, 1, at(40)), None);
    let explained = matcher.explain(interaction(4), at(40)).unwrap();
    assert_eq!((explained.queue, explained.position.position), (queue("support"), 1));
}
