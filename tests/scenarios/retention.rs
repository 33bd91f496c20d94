//! What is older than the workspace keeps it.

use std::time::Duration;

use parlor::engine::Ended;
use parlor::store::Store;

use crate::world::World;

const DAY: Duration = Duration::from_hours(24);

async fn kinds(store: &dyn Store, thread: parlor::model::ThreadId) -> Vec<&'static str> {
    let messages = store.messages(thread, 0, usize::MAX).await.unwrap();
    messages.iter().map(|message| message.content.kind()).filter(|kind| *kind != "system").collect()
}

#[tokio::test]
async fn what_was_said_long_ago_ends_and_open_work_is_kept() {
    let world = World::with(|config| config.rules.retention.messages = Some(30 * DAY)).await;
    let (ann, bob) = (world.visitor("ann").await, world.visitor("bob").await);
    world.talks("bob", &bob, "still open").await;
    world.not_ready("bob").await;
    let done = world.talks("alice", &ann, "long ago").await;
    world.ends("alice", done.id).await.unwrap();
    world.done("alice", done.id).await.unwrap();
    assert_eq!(world.engine.end_what_is_too_old().await.unwrap(), Ended::default(), "nothing is old yet");

    world.clock.advance(31 * DAY);
    let ended = world.engine.end_what_is_too_old().await.unwrap();
    assert_eq!((ended.messages, ended.dead_letters, ended.files), (1, 0, 0));
    assert_eq!(kinds(&*world.store, ann.thread).await, ["erased"]);
    assert_eq!(kinds(&*world.store, bob.thread).await, ["text"]);
    world.engine.receive(&ann, world.inbound("me again")).await.unwrap();
    assert_eq!(world.engine.end_what_is_too_old().await.unwrap(), Ended::default());
    assert_eq!(kinds(&*world.store, ann.thread).await, ["erased", "text"]);
}

#[tokio::test]
async fn without_a_word_everything_is_kept() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "for ever").await;
    world.clock.advance(10_000 * DAY);
    assert_eq!(world.engine.end_what_is_too_old().await.unwrap(), Ended::default());
    assert_eq!(kinds(&*world.store, ann.thread).await, ["text"]);
}
