//! Nobody holds more than they may, whatever way the work comes.

use parlor::engine::EngineError;
use parlor::interaction::{EndedHolds, StateName};

use crate::world::{World, everybody_holds, name};

/// alice holds one chat and may hold no more; bob's with Ann is over.
async fn full_and_ended() -> (World, parlor::engine::ContactSession, parlor::engine::view::InteractionView) {
    let world = World::with(|config| {
        everybody_holds(config, 1);
        config.rules.interaction.ended_holds = EndedHolds::Zero;
    })
    .await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let ended = world.talks("bob", &ann, "hello").await;
    world.ends("bob", ended.id).await.unwrap();
    world.not_ready("bob").await;
    world.talks("alice", &ben, "hello").await;
    (world, ann, ended)
}

fn is_full(result: Result<impl std::fmt::Debug, EngineError>) {
    match result {
        Err(EngineError::AtCapacity { agent }) => assert_eq!(agent, name("alice")),
        other => panic!("expected that there is no room: {other:?}"),
    }
}

#[tokio::test]
async fn an_agent_without_room_cannot_continue_what_ended_and_nothing_moves() {
    let (world, ann, ended) = full_and_ended().await;
    let before = (world.latest(&ann).await, world.store.totals().await.unwrap());
    is_full(world.answers("alice", ended.id, "hello again").await);
    assert_eq!((world.latest(&ann).await, world.store.totals().await.unwrap()), before);
    assert_eq!(world.heard_by(&ann).await, ["hello"]);
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0));
    world.answers("bob", ended.id, "hello again").await.unwrap();
    assert_eq!(world.see("bob", ended.id).await.owner, Some(name("bob")));
}

#[tokio::test]
async fn an_agent_without_room_can_neither_pick_nor_open() {
    let (world, ann, ended) = full_and_ended().await;
    let cleo = world.visitor("cleo").await;
    is_full(world.opens("alice", &cleo).await);
    assert!(world.store.interactions_of(cleo.thread, 10).await.unwrap().is_empty());
    world.says(&cleo, "hello").await;
    is_full(world.opens("alice", &cleo).await);
    assert_eq!(world.state(&cleo).await, StateName::Queued);
    assert_eq!(
        world.opens("alice", &ann).await.unwrap().state,
        StateName::Ended,
        "looking at what is over takes no room"
    );
    assert_eq!(world.see("bob", ended.id).await.state, StateName::Ended);
}

#[tokio::test]
async fn what_ended_holds_its_room_until_done_and_the_next_one_is_offered_then() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.says(&ben, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    assert!(world.offers("alice").await.is_empty());
    world.done("alice", work.id).await.unwrap();
    assert_eq!(world.offer("alice").await.interaction.thread, ben.thread);
}

#[tokio::test]
async fn what_the_contact_continues_waits_for_room_like_everything_else() {
    let (world, ann, ended) = full_and_ended().await;
    world.says(&ann, "one more thing").await;
    assert_eq!(world.state(&ann).await, StateName::Queued, "bob is not Ready, alice is full");
    let other = world.work("alice").await[0].id;
    world.ends("alice", other).await.unwrap();
    assert_eq!(world.offer("alice").await.interaction.id, ended.id);
}
