//! Recorded days, replayed under the same rules and under others.

use std::num::NonZeroUsize;

use parlor_model::Medium;
use parlor_routing::{
    Decision, Difference, Input, Matcher, QueueRule, Recorder, Recording, RoutingPolicy, RoutingRules, Work,
    difference, replay,
};
use proptest::prelude::*;

use crate::build::{agent, at, interaction, named, queue, skill, work};
use crate::checks::Script;
use crate::{rules, scripts};

const CHAT: &[Medium] = &[Medium::Chat];

fn limit(steps: usize) -> NonZeroUsize {
    NonZeroUsize::new(steps).expect("above zero")
}

/// Runs a script with a caller who tells the time when asked to.
fn record(mut matcher: Matcher, script: &Script, limit: NonZeroUsize) -> Recording {
    let mut recorder = Recorder::new(limit);
    for (now, input) in script {
        while let Some(wakeup) = matcher.next_wakeup().filter(|wakeup| wakeup < now) {
            let decisions = matcher.handle(&Input::TimePassed, wakeup);
            recorder.record(Input::TimePassed, wakeup, &decisions);
        }
        let decisions = matcher.handle(input, *now);
        recorder.record(input.clone(), *now, &decisions);
    }
    recorder.recording()
}

fn the_rules() -> RoutingRules {
    RoutingRules::new(RoutingPolicy::default(), rules::queue_rules()).expect("valid rules")
}

proptest! {
    #[test]
    fn under_the_same_rules_the_same_is_decided(script in scripts::scripts()) {
        let recording = record(rules::matcher(), &script, limit(10_000));
        let written = serde_json::to_string(&recording).unwrap();
        let read: Recording = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(difference(&recording.decided(), &replay(&read, the_rules())), []);
    }

    #[test]
    fn a_recorder_keeps_no_more_than_it_should(script in scripts::scripts(), steps in 1..20_usize) {
        let recording = record(rules::matcher(), &script, limit(steps));
        // What everything started from is one more.
        prop_assert!(recording.steps.len() <= steps + 1);
    }
}

/// Ann and the idler Bea; 20 chats of which some are in Spanish, which Bea speaks; each is settled at once.
fn a_day() -> Script {
    let mut matcher = Matcher::new(RoutingPolicy::default());
    let bea = parlor_routing::AgentSnapshot { skills: [(skill("spanish"), 1)].into(), ..agent("bea", CHAT) };
    let mut script =
        vec![(at(0), Input::AgentChanged(agent("ann", CHAT))), (at(0), Input::AgentChanged(bea))];
    for (now, input) in &script {
        matcher.handle(input, *now);
    }
    for number in 0..20 {
        let now = at(10 + i64::from(number));
        let arrived = Input::WorkArrived(Work { since: now, ..work(number, CHAT) });
        let decisions = matcher.handle(&arrived, now);
        script.push((now, arrived));
        for Decision::Offer { interaction, agent } in decisions {
            let left = Input::WorkLeft(interaction);
            let settled = Input::OfferSettled { interaction, agent };
            for input in [left, settled] {
                matcher.handle(&input, now);
                script.push((now, input));
            }
        }
    }
    script
}

#[test]
fn other_rules_show_who_would_have_got_what() {
    let recording = record(Matcher::new(RoutingPolicy::default()), &a_day(), limit(1_000));
    let was = recording.decided();
    assert_eq!(was.len(), 20);
    assert!(was.iter().any(|decided| decided.agent == named("ann")));
    let in_spanish = QueueRule { skills: [(skill("spanish"), 1)].into(), ..QueueRule::new(queue("support")) };
    let rules = RoutingRules::new(RoutingPolicy::default(), [in_spanish]).unwrap();
    let would_be = replay(&recording, rules);
    assert!(would_be.iter().all(|decided| decided.agent == named("bea")), "{would_be:?}");
    let differences = difference(&was, &would_be);
    let of_ann = was.iter().filter(|decided| decided.agent == named("ann")).count();
    assert_eq!(differences.len(), of_ann);
    let Difference { was: Some(was), would_be: Some(would_be), .. } = &differences[0] else {
        panic!("{differences:?}");
    };
    assert_eq!((&was.agent, &would_be.agent), (&named("ann"), &named("bea")));
}

#[test]
fn what_would_have_waited_is_told_too() {
    let recording = record(Matcher::new(RoutingPolicy::default()), &a_day(), limit(1_000));
    let closed = QueueRule {
        hours: Some("UTC; fri 09:00-17:00".parse().unwrap()),
        ..QueueRule::new(queue("support"))
    };
    let rules = RoutingRules::new(RoutingPolicy::default(), [closed]).unwrap();
    let differences = difference(&recording.decided(), &replay(&recording, rules));
    assert_eq!(differences.len(), 20);
    assert!(differences.iter().all(|it| it.would_be.is_none()));
}

#[test]
fn a_recording_that_forgot_its_beginning_goes_on_from_what_was_true_then() {
    let script = a_day();
    let whole = record(Matcher::new(RoutingPolicy::default()), &script, limit(1_000));
    let kept = record(Matcher::new(RoutingPolicy::default()), &script, limit(12));
    assert!(kept.steps.len() <= 13);
    assert!(matches!(&kept.steps[0].input, Input::Started { agents, .. } if agents.len() == 2));
    let replayed = replay(&kept, RoutingPolicy::default());
    assert!(!replayed.is_empty());
    assert!(whole.decided().ends_with(&replayed));
    assert_eq!(replayed.last().unwrap().interaction, interaction(19));
}
