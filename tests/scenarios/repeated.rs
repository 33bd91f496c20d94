//! Requests and messages that come again: the same answer, and nothing happens twice.

use parlor::engine::{EngineError, Inbound, Once};
use parlor::model::ProviderMessageId;

use crate::world::{World, message_id, name, text, words_of};

fn is_reused(result: Result<impl std::fmt::Debug, EngineError>) {
    match result {
        Err(error @ EngineError::IdReused) => {
            let said = format!("{error} {error:?}");
            assert!(!said.contains("secret"), "{said}");
        }
        other => panic!("expected that the id was used before: {other:?}"),
    }
}

#[tokio::test]
async fn a_repeated_write_gives_the_same_answer() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let alice = name("alice");
    let client = world.client_id();
    let (first, _) = world.engine.send(&alice, work.id, client, text("an answer")).await.unwrap();
    let (again, _) = world.engine.send(&alice, work.id, client, text("an answer")).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(first.id, message_id(client));
    let note = world.client_id();
    let first = world.engine.note(&alice, work.id, note, text("a note")).await.unwrap();
    assert_eq!(world.engine.note(&alice, work.id, note, text("a note")).await.unwrap(), first);
    let written = world.client_id();
    let write =
        || world.engine.write_to_contact(&alice, ann.contact, &ann.channel, written, text("by the way"));
    assert_eq!(write().await.unwrap(), write().await.unwrap());
    assert_eq!(world.heard_by(&ann).await, ["hello", "an answer", "by the way"]);

    let end = world.once();
    let ended = world.engine.end(&alice, work.id, end).await.unwrap();
    world.answers("alice", work.id, "one more thing").await.unwrap();
    world.engine.end(&alice, work.id, end).await.unwrap();
    let now = world.see("alice", work.id).await;
    assert_eq!(
        (now.segment, now.owner),
        (2, Some(alice.clone())),
        "the old request does not end the new session"
    );
    assert_eq!(now.state, parlor::interaction::StateName::Active);
    assert!(now.version > ended.version);
}

#[tokio::test]
async fn an_id_that_was_used_for_something_else_is_refused() {
    let world = World::new().await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let first = world.talks("alice", &ann, "hello").await;
    let second = world.talks("alice", &ben, "hello").await;
    let alice = name("alice");
    let client = world.client_id();
    world.engine.send(&alice, first.id, client, text("a secret")).await.unwrap();
    is_reused(world.engine.send(&alice, first.id, client, text("another answer")).await);
    is_reused(world.engine.send(&alice, second.id, client, text("a secret")).await);
    is_reused(world.engine.note(&alice, first.id, client, text("a secret")).await);
    is_reused(world.engine.end(&alice, first.id, Once(Some(client))).await);
    assert_eq!(world.heard_by(&ann).await, ["hello", "a secret"]);
    assert_eq!(world.heard_by(&ben).await, ["hello"]);
}

#[tokio::test]
async fn the_id_of_another_agents_message_is_refused_and_says_nothing_of_it() {
    let world = World::new().await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let hers = world.talks("alice", &ann, "hello").await;
    world.not_ready("alice").await;
    let his = world.talks("bob", &ben, "hello").await;
    let client = world.client_id();
    world.engine.send(&name("alice"), hers.id, client, text("a secret")).await.unwrap();
    let before = world.store.totals().await.unwrap();
    is_reused(world.engine.send(&name("bob"), his.id, client, text("a secret")).await);
    is_reused(world.engine.note(&name("bob"), his.id, client, text("x")).await);
    let (to, on) = (ben.contact, &ben.channel);
    is_reused(world.engine.write_to_contact(&name("bob"), to, on, client, text("x")).await);
    assert_eq!(world.store.totals().await.unwrap(), before);
    assert_eq!(world.heard_by(&ben).await, ["hello"]);
}

#[tokio::test]
async fn the_id_of_a_contacts_message_is_refused_too() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let theirs = world.says(&ann, "a secret").await.message;
    let client = parlor::model::ClientId(parlor::model::Id::as_uuid(&theirs));
    is_reused(world.engine.send(&name("alice"), work.id, client, text("a secret")).await);
}

#[tokio::test]
async fn a_contacts_message_that_comes_again_is_answered_as_before() {
    let world = World::new().await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let same = || Inbound::new(ProviderMessageId::new("1"), words_of("hello"));
    let first = world.engine.receive(&ann, same()).await.unwrap();
    world.pass(crate::world::seconds(5)).await;
    world.talks("alice", &ann, "and").await;
    let again = world.engine.receive(&ann, same()).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!((again.message, again.sequence, again.at), (first.message, first.sequence, first.at));
    let other = world.engine.receive(&ben, same()).await.unwrap();
    assert!(!other.repeated, "the ids of two browsers have nothing to do with each other");
    assert_eq!(world.heard_by(&ann).await, ["hello", "and"]);
}
