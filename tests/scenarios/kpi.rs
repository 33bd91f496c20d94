//! The figures of the desk (r118, r119).

use parlor::model::Role;

use crate::world::{World, agent, name, seconds};

#[tokio::test]
async fn r118_time_is_recorded_only_in_an_interaction_window() {
    let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.says(&ben, "hello").await;
    world.leaves(&ben).await;
    for _ in 0..5 {
        world.writes("alice", &ben, "by the way").await.unwrap();
        world.skip(seconds(120)).await;
    }
    let own = world.engine.kpi(&name("alice")).await.unwrap();
    let alice = &own.agents[&name("alice")];
    assert_eq!(
        (alice.handle, alice.average_handle),
        (seconds(0), None),
        "ten minutes without an interaction"
    );

    let work = world.talks("alice", &ann, "hello").await;
    for _ in 0..5 {
        world.answers("alice", work.id, "a moment").await.unwrap();
        world.skip(seconds(120)).await;
    }
    world.ends("alice", work.id).await.unwrap();
    world.skip(seconds(3_600)).await;
    world.done("alice", work.id).await.unwrap();
    let own = world.engine.kpi(&name("alice")).await.unwrap();
    let alice = &own.agents[&name("alice")];
    assert_eq!((alice.handle, alice.average_handle), (seconds(600), Some(seconds(600))));
    assert_eq!((own.desk, own.agents.len()), (None, 1), "an agent sees their own figures");

    let all = world.engine.kpi(&name("carol")).await.unwrap();
    let desk = all.desk.unwrap();
    assert_eq!((desk.started, desk.abandoned, desk.handled), (2, 1, 1));
    assert_eq!(desk.handle, seconds(600));
    assert!(all.agents.contains_key(&name("alice")));

    let world = world.restarted(|config| agent(config, "carol").role = Role::Supervisor).await;
    let again = world.engine.kpi(&name("carol")).await.unwrap();
    assert_eq!((again.desk, again.agents), (Some(desk), all.agents), "a restart counts the same");
}

#[tokio::test]
async fn r119_messages_without_an_interaction_are_history_and_no_time() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.leaves(&ann).await;
    world.writes("alice", &ann, "by the way").await.unwrap();
    world.skip(seconds(600)).await;
    let own = world.engine.kpi(&name("alice")).await.unwrap();
    let alice = &own.agents[&name("alice")];
    assert_eq!((alice.messages_outside, alice.messages, alice.handle), (1, 0, seconds(0)));
    assert_eq!(world.heard_by(&ann).await, ["hello", "by the way"]);
}

#[tokio::test]
async fn r118_the_window_closes_with_the_end_and_not_with_the_view() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.skip(seconds(600)).await;
    world.ends("alice", work.id).await.unwrap();
    // The view stays open, and something is written down in it.
    world.skip(seconds(300)).await;
    world.note("alice", work.id, "wants a refund").await;
    world.skip(seconds(300)).await;
    let figures = || async { world.engine.kpi(&name("alice")).await.unwrap().agents[&name("alice")].clone() };
    let ended = figures().await;
    assert_eq!((ended.handle, ended.busy, ended.occupancy), (seconds(600), seconds(600), Some(0.5)));
    assert_eq!(world.load("alice").await, 1, "it holds its room all the same");

    world.answers("alice", work.id, "one more thing").await.unwrap();
    world.skip(seconds(300)).await;
    world.writes("alice", &ann, "typed elsewhere").await.unwrap();
    let again = figures().await;
    assert_eq!((again.handle, again.sessions, again.occupancy), (seconds(900), 2, Some(0.6)));
    assert_eq!((again.messages, again.messages_outside), (2, 0), "both were said in the interaction");
}
