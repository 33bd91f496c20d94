//! The main job: a contact and an agent hold a conversation.

use parlor::interaction::StateName;

use crate::world::World;

#[tokio::test]
async fn a_contact_and_an_agent_talk_end_reactivate_and_close() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert!(world.offers("alice").await.is_empty(), "nobody is Ready");

    world.ready("alice").await;
    let first = world.takes("alice").await;
    assert_eq!(first.state, StateName::Active);
    world.answers("alice", first.id, "hello Ann").await.unwrap();
    world.says(&ann, "a question").await;
    world.ends("alice", first.id).await.unwrap();
    assert_eq!(world.see("alice", first.id).await.state, StateName::Ended);

    world.answers("alice", first.id, "one more thing").await.unwrap();
    let again = world.see("alice", first.id).await;
    assert_eq!((again.state, again.segment), (StateName::Active, 2));
    world.ends("alice", first.id).await.unwrap();
    world.done("alice", first.id).await.unwrap();

    world.says(&ann, "back again").await;
    let second = world.takes("alice").await;
    assert_ne!(second.id, first.id);
    assert_eq!(second.thread, first.thread);
    assert_eq!(
        world.heard_by(&ann).await,
        ["hello", "hello Ann", "a question", "one more thing", "back again"]
    );
}
