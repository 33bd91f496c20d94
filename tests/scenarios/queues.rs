//! Queues with rules, channels that ask for more than one medium, and agents who may not have some work.

use std::collections::BTreeSet;
use std::sync::Arc;

use parlor::engine::{Config, ConfigError};
use parlor::interaction::{EndedHolds, StateName};
use parlor::model::{Label, Medium, QueueName, SkillName};
use parlor::routing::{Exclusion, Keyword, KeywordClassifier, QueueRule, Ring, RoutingError};

use crate::world::{World, agent, everybody_holds, name, seconds};

fn queue(text: &str) -> QueueName {
    QueueName::new(text).unwrap()
}

fn skill(text: &str) -> SkillName {
    SkillName::new(text).unwrap()
}

/// Work of the web site asks for two media, as that of Twitter does.
fn both(config: &mut Config) {
    config.channels[0].readiness = BTreeSet::from([Medium::Chat, Medium::Twitter]);
}

async fn ready_on(world: &World, who: &str, medium: &Medium) {
    world.engine.set_readiness(&name(who), medium, true, None).await.unwrap();
    world.engine.settle().await;
}

#[tokio::test]
async fn r3_an_agent_must_be_ready_on_every_medium_that_the_channel_asks_for() {
    let world = World::with(both).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.ready("alice").await;
    assert!(world.offers("alice").await.is_empty(), "Ready on chat alone");
    ready_on(&world, "alice", &Medium::Twitter).await;
    assert_eq!(world.offers("alice").await.len(), 1);

    let overridden = World::new().await;
    overridden.ready("alice").await;
    overridden.says(&overridden.visitor("ann").await, "hello").await;
    assert_eq!(overridden.offers("alice").await.len(), 1, "a channel that asks for chat alone");
}

#[tokio::test]
async fn r4_an_agent_who_is_not_enabled_for_a_medium_is_never_offered_its_work_and_why_is_told() {
    let world = World::with(|config| {
        both(config);
        agent(config, "alice").flags.twitter_enabled = false;
    })
    .await;
    world.ready("alice").await;
    ready_on(&world, "alice", &Medium::Twitter).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert!(world.offers("alice").await.is_empty());
    let work = world.latest(&ann).await;
    let why = world.engine.explain(&name("alice"), work.id).await.unwrap().expect("it waits");
    let verdict = why.verdicts.iter().find(|verdict| verdict.agent == name("alice")).unwrap();
    let disabled = Exclusion::FlagDisabled { media: BTreeSet::from([Medium::Twitter]) };
    assert_eq!(verdict.exclusions, [disabled]);
}

fn classify(config: &mut Config) {
    config.classifier = Some(Arc::new(KeywordClassifier {
        rules: vec![Keyword {
            words: vec!["terrible".to_owned()],
            sentiment: Some(Label::new("negative").unwrap()),
            skills: [(skill("calming"), 1)].into(),
            ..Keyword::default()
        }],
    }));
    agent(config, "bob").skills = [(skill("calming"), 1)].into();
}

#[tokio::test]
async fn r10_a_negative_message_goes_to_who_can_calm_even_if_another_is_idler_and_after_a_restart() {
    let world = World::with(classify).await;
    world.ready("alice").await;
    world.pass(seconds(5)).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "This is TERRIBLE!").await;
    assert!(world.offers("alice").await.is_empty(), "she is idle longest");
    let needs = world.latest(&ann).await.needs;
    assert_eq!(needs.attributes.get("sentiment").map(Label::as_str), Some("negative"));

    let world = world.restarted(classify).await;
    world.ready("alice").await;
    world.ready("bob").await;
    assert!(world.offers("alice").await.is_empty());
    assert_eq!(world.offers("bob").await.len(), 1, "what was found out is kept with the interaction");
    world.says(&world.visitor("ben").await, "hello").await;
    assert_eq!(world.offers("alice").await.len(), 1);
}

#[tokio::test]
async fn r13_what_ended_keeps_the_next_away_or_not_as_the_policy_says() {
    for (holds, offered) in [(EndedHolds::Full, 0), (EndedHolds::Zero, 1)] {
        let world = World::with(|config| {
            everybody_holds(config, 1);
            config.rules.interaction.ended_holds = holds;
        })
        .await;
        let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
        let work = world.talks("alice", &ann, "hello").await;
        world.says(&ben, "hello").await;
        world.ends("alice", work.id).await.unwrap();
        assert_eq!(world.offers("alice").await.len(), offered, "{holds:?}");
        world.done("alice", work.id).await.unwrap();
        assert_eq!(world.offers("alice").await.len(), 1, "{holds:?}");
    }
}

#[tokio::test]
async fn a_queue_asks_for_less_as_work_waits() {
    let world = World::with(|config| {
        config.queues[0].skills = [(skill("spanish"), 1)].into();
        config.queues[0].rings =
            vec![Ring { after: seconds(30), drops: [skill("spanish")].into(), ..Ring::default() }];
    })
    .await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let desk = world.desk("alice").await;
    world.pass(seconds(29)).await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    world.pass(seconds(1)).await;
    assert_eq!(world.offers("alice").await.len(), 1);
    drop(desk);
}

#[tokio::test]
async fn a_closed_queue_overflows_or_waits_until_it_opens() {
    for overflow in [None, Some(queue("others"))] {
        let offered = usize::from(overflow.is_some());
        let world = World::with(|config| {
            config.queues.push(QueueRule::new(queue("others")));
            // The story plays on a Thursday.
            config.queues[0].hours = Some("UTC; mon 00:00-00:01".parse().unwrap());
            config.queues[0].overflow = overflow;
            agent(config, "bob").queues = [queue("others")].into();
        })
        .await;
        world.ready("alice").await;
        world.ready("bob").await;
        world.says(&world.visitor("ann").await, "hello").await;
        assert!(world.offers("alice").await.is_empty());
        assert_eq!(world.offers("bob").await.len(), offered);
    }
}

#[tokio::test]
async fn queues_that_overflow_in_a_circle_are_refused() {
    let mut config = Config::default();
    config.queues = ["support", "others"].map(|name| QueueRule::new(queue(name))).into();
    config.queues[0].overflow = Some(queue("others"));
    config.queues[1].overflow = Some(queue("support"));
    let refused = config.check();
    assert!(matches!(refused, Err(ConfigError::Routing(RoutingError::CyclicOverflow { .. }))), "{refused:?}");
}
