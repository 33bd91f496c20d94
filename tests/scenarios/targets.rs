//! To whom work could be handed.

use parlor::engine::{EngineError, Obstacle};
use parlor::model::{Agent, QueueName, Role};

use crate::world::{World, everybody_holds, name};

#[tokio::test]
async fn those_who_could_take_it_come_first_and_the_others_with_the_reason() {
    let world = World::with(|config| {
        everybody_holds(config, 1);
        config.agents.push(Agent { role: Role::Admin, ..Agent::new(name("adam")) });
        config.queues.push(QueueName::new("sales").unwrap().into());
        config.agents[1].queues.insert(QueueName::new("sales").unwrap());
    })
    .await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.ready("carol").await;
    let targets = async |agent: &str| world.engine.targets(&name(agent), work.id).await;

    let found = targets("alice").await.unwrap();
    let agents: Vec<_> =
        found.agents.iter().map(|at| (at.agent.as_str(), at.ready, at.room, &at.obstacles[..])).collect();
    assert_eq!(agents, [("carol", true, 1, &[][..]), ("bob", false, 1, &[Obstacle::SignedOut])]);
    let queues: Vec<_> =
        found.queues.iter().map(|to| (to.queue.as_str(), to.waiting, to.ready_agents)).collect();
    assert_eq!(queues, [("sales", 0, 0), ("support", 0, 2)]);

    world.says(&ben, "me too").await;
    world.takes("carol").await;
    world.ready("bob").await;
    world.not_ready("bob").await;
    let found = targets("alice").await.unwrap();
    let agents: Vec<_> =
        found.agents.iter().map(|at| (at.agent.as_str(), at.ready, at.room, &at.obstacles[..])).collect();
    assert_eq!(agents, [("bob", false, 1, &[][..]), ("carol", true, 0, &[Obstacle::NoRoom])]);
    let hidden = targets("bob").await;
    assert!(matches!(hidden, Err(EngineError::NotFound { what: "interaction" })), "{hidden:?}");
}
