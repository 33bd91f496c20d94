//! A day, replayed under other rules.

use parlor::engine::{EngineError, RuleChanges};
use parlor::model::{QueueName, Role, SkillName};
use parlor::routing::{QueueRule, RoutingError};

use crate::world::{World, agent, name, seconds};

fn queue(text: &str) -> QueueName {
    QueueName::new(text).unwrap()
}

fn changed(rule: QueueRule) -> RuleChanges {
    let mut changes = RuleChanges::default();
    changes.queues = vec![rule];
    changes
}

#[tokio::test]
async fn a_day_under_other_rules_tells_which_offers_would_differ_and_changes_nothing() {
    let spanish = SkillName::new("spanish").unwrap();
    let world = World::with(|config| {
        agent(config, "alice").role = Role::Supervisor;
        agent(config, "bob").skills = [(spanish.clone(), 1)].into();
    })
    .await;
    world.ready("alice").await;
    world.pass(seconds(1)).await;
    world.ready("bob").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.offers("alice").await.len(), 1, "she is idle longest");
    let ask = async |rule: QueueRule| world.engine.what_if(&name("alice"), changed(rule)).await;

    let support = QueueRule::new(queue("support"));
    let same = ask(support.clone()).await.unwrap();
    assert_eq!((same.offers, same.offers_would_be, same.differing), (1, 1, 0), "{same:?}");

    let in_spanish = QueueRule { skills: [(spanish, 1)].into(), ..support };
    let other = ask(in_spanish).await.unwrap();
    assert_eq!(other.differing, 1, "{other:?}");
    let difference = &other.differences[0];
    assert_eq!(difference.interaction, world.latest(&ann).await.id);
    assert_eq!(difference.was.as_ref().map(|was| &was.agent), Some(&name("alice")));
    assert_eq!(difference.would_be.as_ref().map(|would_be| &would_be.agent), Some(&name("bob")));
    assert!(world.offers("bob").await.is_empty(), "nothing was changed by asking");

    let refused = ask(QueueRule::new(queue("night"))).await;
    assert!(matches!(refused, Err(EngineError::Rules(RoutingError::NotConfigured { .. }))), "{refused:?}");
    let denied = world.engine.what_if(&name("bob"), RuleChanges::default()).await;
    assert!(matches!(denied, Err(EngineError::Denied(_))), "{denied:?}");
}
