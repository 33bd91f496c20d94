//! Rules that make no sense: refused before anything begins. What is refused to agents is tested over HTTP.

use parlor::engine::ConfigError;
use parlor::interaction::StateName;
use parlor::model::{CapacityRule, MediaClass, QueueName, SkillName};
use parlor::routing::{Exclusion, QueueRule, RoutingError};
use parlor::{BuildError, Builder};

use crate::world::{World, everybody_holds, name};

#[tokio::test]
async fn queues_that_overflow_into_each_other_start_nothing() {
    let queue = |name: &str| QueueName::new(name).unwrap();
    let overflowing = |from: &str, to: &str| {
        let mut rule = QueueRule::new(queue(from));
        rule.overflow = Some(queue(to));
        rule
    };
    for ring in [&["a"][..], &["a", "b"], &["a", "b", "c"]] {
        let started = Builder::new()
            .configure(|config| {
                let next = ring.iter().cycle().skip(1);
                config.queues = ring.iter().zip(next).map(|(from, to)| overflowing(from, to)).collect();
            })
            .start()
            .await;
        let Err(BuildError::Start(parlor::engine::StartError::Config(ConfigError::Routing(
            RoutingError::CyclicOverflow { queue },
        )))) = started.map(drop)
        else {
            panic!("{ring:?}");
        };
        assert!(ring.contains(&queue.as_str()), "it names one of them");
    }
}

#[tokio::test]
async fn a_skill_that_nobody_has_is_named_and_its_work_waits() {
    let klingon = SkillName::new("klingon").unwrap();
    let world = World::with(|config| config.queues[0].skills = [(klingon.clone(), 1)].into()).await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "nuqneH").await;
    let before = world.kept().await;
    let id = world.latest(&ann).await.id;
    let why = world.engine.explain(&name("alice"), id).await.unwrap().expect("it waits");
    let missing = Exclusion::MissingSkill { skill: klingon, required: 1, has_grade: None };
    let of_alice = why.verdicts.iter().find(|verdict| verdict.agent == name("alice")).unwrap();
    assert_eq!(of_alice.exclusions, [missing]);
    world.engine.settle().await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn an_agent_who_may_hold_nothing_is_given_nothing_by_any_path() {
    let negative = parlor::model::CapacityRule::new([(MediaClass::Live, 0)]);
    assert_eq!(negative.limit(MediaClass::Live), 0);
    assert!(serde_json::from_str::<CapacityRule>(r#"{"live":-1}"#).is_err(), "there is no negative room");
    assert!(serde_json::from_str::<CapacityRule>(r#"{"live":0.5}"#).is_err());
    assert!(serde_json::from_str::<CapacityRule>(r#"{"lively":1}"#).is_err());

    let world = World::with(|config| everybody_holds(config, 0)).await;
    world.ready("alice").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.says(&ann, "hello").await;
    let before = world.kept().await;
    assert!(world.offers("alice").await.is_empty());
    for visitor in [&ann, &ben] {
        let opened = world.opens("alice", visitor).await;
        assert!(matches!(opened, Err(parlor::engine::EngineError::AtCapacity { .. })), "{opened:?}");
    }
    assert_eq!(world.kept().await, before);
}
