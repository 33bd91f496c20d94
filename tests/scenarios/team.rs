//! The desk as its supervisors see it.

use std::time::Duration;

use parlor::engine::permission::{Denial, Missing};
use parlor::engine::{Config, EngineError};
use parlor::interaction::{StateName, Supervision};
use parlor::model::{Agent, MediaClass, QueueName, Role};

use crate::world::{World, agent, everybody_holds, name};

fn supervised(config: &mut Config) {
    agent(config, "carol").role = Role::Supervisor;
    everybody_holds(config, 1);
    config.agents.push(Agent { role: Role::Admin, ..Agent::new(name("adam")) });
    config.queues.push(QueueName::new("sales").unwrap().into());
    agent(config, "bob").queues.insert(QueueName::new("sales").unwrap());
}

#[tokio::test]
async fn a_supervisor_sees_who_is_there_what_they_have_and_what_waits() {
    let world = World::with(supervised).await;
    let (ann, ben, eve) =
        (world.visitor("ann").await, world.visitor("ben").await, world.visitor("eve").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.ready("bob").await;
    world.says(&ben, "me too").await;
    world.skip(Duration::from_secs(3)).await;
    world.says(&eve, "and me").await;
    let team = world.engine.team(&name("carol")).await.unwrap();

    let agents: Vec<_> =
        team.agents.iter().map(|at| (at.agent.as_str(), at.signed_in, at.open, at.role)).collect();
    assert_eq!(
        agents,
        [
            ("alice", true, 1, Role::Agent),
            ("bob", true, 0, Role::Agent),
            ("carol", false, 0, Role::Supervisor)
        ],
        "who only configures is not among them"
    );
    let alice = &team.agents[0];
    assert_eq!(alice.interactions[0].id, work.id);
    assert_eq!((alice.load[&MediaClass::Live].used, alice.load[&MediaClass::Live].limit), (1, 1));
    assert!(alice.readiness.values().all(|medium| medium.ready));

    let queues: Vec<_> =
        team.queues.iter().map(|at| (at.queue.as_str(), at.ready_agents, at.waiting)).collect();
    assert_eq!(queues, [("sales", 1, 0), ("support", 2, 2)]);
    let waits = &team.queues[1].work;
    let offered: Vec<_> = waits.iter().map(|waits| (&waits.offered_to, waits.interaction.state)).collect();
    assert_eq!(offered, [(&Some(name("bob")), StateName::Offered), (&None, StateName::Queued)]);
    assert_eq!(waits[1].interaction.thread, eve.thread);
    assert_eq!(waits[1].since.since(waits[0].since), Duration::from_secs(3));

    // Whoever has waited longest stays the first, whatever becomes of the offer.
    world.decline("bob", world.offer("bob").await.id).await.unwrap();
    let team = world.engine.team(&name("carol")).await.unwrap();
    let again: Vec<_> =
        team.queues[1].work.iter().map(|waits| (waits.since, waits.interaction.thread)).collect();
    assert_eq!(again, [(waits[0].since, ben.thread), (waits[1].since, eve.thread)]);
}

#[tokio::test]
async fn only_supervisors_see_the_team() {
    let world = World::with(supervised).await;
    for stranger in ["alice", "adam"] {
        let seen = world.engine.team(&name(stranger)).await.map(drop);
        for refused in [seen, world.engine.watch_team(&name(stranger), true)] {
            let Err(EngineError::Denied(Denial { missing, .. })) = refused else {
                panic!("{stranger}: {refused:?}");
            };
            assert_eq!(missing, Missing::Role(Role::Supervisor));
        }
    }
}

#[tokio::test]
async fn who_looks_at_the_team_is_told_that_it_has_changed_and_only_while_they_look() {
    let world = World::with(supervised).await;
    let (mut carol, mut alice) = (world.comes("carol").await, world.comes("alice").await);
    carol.events().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(carol.events_named("team").await.len(), 0, "nobody asked");

    world.engine.watch_team(&name("carol"), true).unwrap();
    world.ready("alice").await;
    let events = carol.events().await;
    assert!(events.iter().any(|event| event.name() == "team"), "{events:?}");
    let work = world.takes("alice").await;
    let changes = carol.news().await;
    assert!(
        changes.iter().any(|item| item.event.name() == "team" && item.position.is_some()),
        "it can be resumed"
    );
    world.engine.supervise(&name("carol"), work.id, Some(Supervision::Monitor), world.once()).await.unwrap();
    assert!(!carol.events_named("team").await.is_empty());
    assert_eq!(alice.events_named("team").await.len(), 0, "alice did not ask");

    world.engine.watch_team(&name("carol"), false).unwrap();
    world.not_ready("alice").await;
    assert_eq!(carol.events_named("team").await.len(), 0);
}

#[tokio::test]
async fn r54_everybody_knows_whom_they_can_write_to() {
    let world = World::with(supervised).await;
    world.ready("carol").await;
    world.ready("alice").await;
    world.not_ready("alice").await;
    let seen = world.engine.colleagues(&name("bob")).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|at| (at.agent.as_str(), at.signed_in, at.ready)).collect();
    assert_eq!(seen, [("alice", true, false), ("carol", true, true)]);
    assert!(world.engine.colleagues(&name("adam")).await.is_err(), "nor is adam a colleague");
    let seen = world.engine.colleagues(&name("alice")).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|at| (at.agent.as_str(), at.signed_in)).collect();
    assert_eq!(seen, [("carol", true), ("bob", false)]);
}
