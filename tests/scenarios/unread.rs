//! How many messages an agent has not read.

use parlor::engine::FeedEvent;
use parlor::model::Role;

use crate::world::{World, agent, name, page};

#[tokio::test]
async fn r107_what_the_contact_wrote_counts_and_nothing_else() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "one").await;
    world.says(&ann, "two").await;
    world.says(&ann, "three").await;
    assert_eq!(world.unread("alice", &ann).await, Some(3));
    world.answers("alice", work.id, "an answer").await.unwrap();
    world.writes("bob", &ann, "by the way").await.unwrap();
    world.note("alice", work.id, "a note").await;
    world.ends("alice", work.id).await.unwrap();
    assert_eq!(world.unread("alice", &ann).await, Some(3));
    assert_eq!(world.unread("bob", &ann).await, Some(3), "each agent has a count of their own");
    let view = world.engine.contact(&name("alice"), ann.contact).await.unwrap();
    assert_eq!(view.unread, Some(3));
}

#[tokio::test]
async fn r108_there_is_no_number_when_everything_is_read() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "one").await;
    desk.events().await;
    world.engine.mark_read(&name("alice"), ann.contact, None).await.unwrap();
    assert_eq!(world.unread("alice", &ann).await, None);
    assert_eq!(world.unread("bob", &ann).await, Some(1));
    let told = desk.events_named("contact").await;
    let FeedEvent::Contact(summary) = told.last().unwrap() else { panic!("{told:?}") };
    assert_eq!((summary.id, summary.unread), (ann.contact, None));
    let json = serde_json::to_value(summary).unwrap();
    assert!(json["unread"].is_null(), "absent, not 0: {json}");
}

#[tokio::test]
async fn r109_the_marker_never_moves_backwards() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let mut positions = Vec::new();
    for n in 0..5 {
        let received = world.says(&ann, &format!("word {n}")).await;
        positions.push(world.store.message(received.message).await.unwrap().unwrap().position);
    }
    let mut left = Vec::new();
    for upto in [positions[1], positions[3], positions[0], positions[2], positions[3], positions[4] + 1_000] {
        world.engine.mark_read(&name("alice"), ann.contact, Some(upto)).await.unwrap();
        left.push(world.unread("alice", &ann).await);
    }
    assert_eq!(left, [Some(3), Some(1), Some(1), Some(1), Some(1), None]);
    world.says(&ann, "one more").await;
    assert_eq!(world.unread("alice", &ann).await, Some(1), "what is yet to be written is not read");
}

#[tokio::test]
async fn r109_looking_on_moves_nobodys_marker() {
    let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let mut request = page(50);
    request.in_interaction = true;
    world.engine.conversation(&name("carol"), ann.contact, &request).await.unwrap();
    world.see("carol", work.id).await;
    world.reads("carol", &ann).await;
    world.reads("alice", &ann).await;
    assert_eq!(world.unread("alice", &ann).await, Some(1));
    assert_eq!(world.unread("carol", &ann).await, Some(1), "only saying so marks it as read");
}
