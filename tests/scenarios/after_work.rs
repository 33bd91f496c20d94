//! What the end of a session does to the readiness of its owner (r13).

use std::time::Duration;

use parlor::engine::{Config, view};
use parlor::interaction::{EndedHolds, StateName};
use parlor::model::Medium;

use crate::world::{World, everybody_holds, name};

fn readiness(me: &view::Me) -> (bool, Option<&str>) {
    let chat = &me.readiness[&Medium::Chat];
    (chat.ready, chat.reason.as_deref())
}

async fn chat(world: &World, agent: &str) -> (bool, Option<String>) {
    let me = world.engine.me(&name(agent)).await.unwrap();
    let (ready, reason) = readiness(&me);
    (ready, reason.map(str::to_owned))
}

const READY: (bool, Option<String>) = (true, None);

fn after_work() -> (bool, Option<String>) {
    (false, Some("after_work".to_owned()))
}

/// Ended work takes no room, so that readiness alone keeps new work away.
fn sets_not_ready(config: &mut Config) {
    everybody_holds(config, 3);
    config.rules.ended_sets_not_ready = true;
    config.rules.interaction.ended_holds = EndedHolds::Zero;
}

#[tokio::test]
async fn r13_ended_work_keeps_its_room_or_gives_it_back_by_policy() {
    for (holds, offered) in [(EndedHolds::Full, 0), (EndedHolds::Zero, 1)] {
        let world = World::with(|config| {
            everybody_holds(config, 1);
            config.rules.interaction.ended_holds = holds;
        })
        .await;
        let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
        let work = world.talks("alice", &ann, "hello").await;
        world.ends("alice", work.id).await.unwrap();
        assert_eq!(chat(&world, "alice").await, READY, "readiness is left alone");
        world.says(&ben, "hello").await;
        assert_eq!(world.offers("alice").await.len(), offered, "{holds:?}");
        world.done("alice", work.id).await.unwrap();
        assert_eq!(world.offers("alice").await.len(), 1, "{holds:?}");
    }
}

#[tokio::test]
async fn r13_with_the_option_the_channel_is_not_ready_until_done_and_says_why() {
    let world = World::with(sets_not_ready).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    assert_eq!(chat(&world, "alice").await, READY);
    world.ends("alice", work.id).await.unwrap();
    assert_eq!(chat(&world, "alice").await, after_work());
    world.says(&ben, "hello").await;
    assert_eq!(world.offers("alice").await.len(), 0);
    world.done("alice", work.id).await.unwrap();
    assert_eq!(chat(&world, "alice").await, READY);
    assert_eq!(world.offers("alice").await.len(), 1, "what waited is offered");
}

#[tokio::test]
async fn r13_the_contacts_leaving_and_coming_back_count_too() {
    let world = World::with(sets_not_ready).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.leaves(&ann).await;
    assert_eq!(chat(&world, "alice").await, after_work());
    world.says(&ann, "one more thing").await;
    assert_eq!(chat(&world, "alice").await, READY);
    assert_eq!(world.takes("alice").await.id, work.id);
    world.leaves(&ann).await;
    world.answers("alice", work.id, "are you there?").await.unwrap();
    assert_eq!(chat(&world, "alice").await, READY, "writing reactivates it");
}

#[tokio::test]
async fn r13_the_last_of_several_makes_ready_again() {
    let world = World::with(sets_not_ready).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let first = world.talks("alice", &ann, "hello").await;
    let second = world.talks("alice", &ben, "hello").await;
    world.ends("alice", first.id).await.unwrap();
    world.ends("alice", second.id).await.unwrap();
    world.done("alice", first.id).await.unwrap();
    assert_eq!(chat(&world, "alice").await, after_work());
    world.done("alice", second.id).await.unwrap();
    assert_eq!(chat(&world, "alice").await, READY);
}

#[tokio::test]
async fn r13_two_that_are_closed_at_once_do_not_leave_each_other_not_ready() {
    let world = World::with(sets_not_ready).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let first = world.talks("alice", &ann, "hello").await;
    let second = world.talks("alice", &ben, "hello").await;
    world.ends("alice", first.id).await.unwrap();
    world.ends("alice", second.id).await.unwrap();
    let alice = name("alice");
    let (one, other) = tokio::join!(
        world.engine.mark_done(&alice, first.id, world.once()),
        world.engine.mark_done(&alice, second.id, world.once())
    );
    assert_eq!((one.unwrap().state, other.unwrap().state), (StateName::Done, StateName::Done));
    assert_eq!(chat(&world, "alice").await, READY);
}

#[tokio::test]
async fn r13_what_the_agent_chose_meanwhile_stays() {
    let world = World::with(sets_not_ready).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    world.not_ready("alice").await;
    world.done("alice", work.id).await.unwrap();
    assert!(!chat(&world, "alice").await.0, "by choice");

    let work = world.talks("alice", &ben, "hello").await;
    world.not_ready("alice").await;
    world.ends("alice", work.id).await.unwrap();
    assert_ne!(chat(&world, "alice").await, after_work(), "it was not Ready before");
    world.ready("alice").await;
    world.done("alice", work.id).await.unwrap();
    assert_eq!(chat(&world, "alice").await, READY);
}

#[tokio::test]
async fn r13_closing_by_rule_makes_ready_again() {
    let world = World::with(|config| {
        sets_not_ready(config);
        config.rules.interaction.auto_done = Some(Duration::from_mins(1));
    })
    .await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    world.leaves(&ann).await;
    assert_eq!(chat(&world, "alice").await, after_work());
    world.pass(Duration::from_mins(1)).await;
    assert_eq!(world.latest(&ann).await.state.name(), StateName::Done);
    assert_eq!(chat(&world, "alice").await, READY);
}
