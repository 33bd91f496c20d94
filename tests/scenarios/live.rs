//! What is told at once: messages, and that somebody types.

use std::time::Duration;

use futures_util::FutureExt;
use parlor::engine::{ContactItem, FeedEvent};
use parlor::model::{ContactId, ThreadId, Timestamp};
use parlor::webchat::{ClientFrame, Limits};

use crate::world::{World, name, seconds, text};

#[tokio::test]
async fn r37_both_sides_are_told_before_the_writer_is_answered() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let mut browser = world.engine.contact_connects(&ann);
    desk.events().await;

    world.engine.receive(&ann, world.inbound("a question")).await.unwrap();
    let told = desk.events_named("message").await;
    assert!(
        matches!(&told[..], [FeedEvent::Message(message)] if message.content.text() == Some("a question")),
        "{told:?}"
    );
    world.engine.send(&name("alice"), work.id, world.client_id(), text("an answer")).await.unwrap();
    let mut heard = Vec::new();
    while let Some(item) = browser.next().now_or_never() {
        if let Some(ContactItem::Message(message)) = item {
            heard.push(message.content.text().unwrap().to_owned());
        }
    }
    assert_eq!(heard, ["a question", "an answer"]);
}

/// What the feed said of typing: on until when, or off.
async fn typing(desk: &mut crate::desk::Desk) -> Vec<Option<Timestamp>> {
    let told = desk.events_named("typing").await;
    told.into_iter()
        .map(|event| match event {
            FeedEvent::Typing { on, until, .. } => {
                assert_eq!(on, until.is_some());
                until
            }
            other => panic!("unexpected: {other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn r38_typing_is_shown_and_ends_by_itself() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    desk.events().await;

    world.engine.contact_typing(&ann, true);
    assert_eq!(typing(&mut desk).await, [Some(world.clock_now() + seconds(10))]);
    world.skip(seconds(10) - Duration::from_micros(1)).await;
    assert!(typing(&mut desk).await.is_empty());
    world.skip(Duration::from_micros(1)).await;
    assert_eq!(typing(&mut desk).await, [None]);
    world.skip(seconds(60)).await;
    assert!(typing(&mut desk).await.is_empty(), "it is said once");

    world.engine.contact_typing(&ann, true);
    world.skip(seconds(6)).await;
    world.engine.contact_typing(&ann, true);
    world.skip(seconds(6)).await;
    assert_eq!(typing(&mut desk).await.last(), Some(&Some(world.clock_now() + seconds(4))), "they go on");
    world.says(&ann, "there").await;
    assert_eq!(typing(&mut desk).await, [None], "what was written is no longer being typed");
}

#[tokio::test]
async fn r38_the_contact_is_told_too() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let mut browser = world.engine.contact_connects(&ann);
    world.engine.agent_typing(&name("alice"), work.id, true).await.unwrap();
    world.answers("alice", work.id, "there").await.unwrap();
    let mut told = Vec::new();
    while let Some(item) = browser.next().now_or_never() {
        if let Some(ContactItem::Typing { agent, on }) = item {
            assert_eq!(agent, name("alice"));
            told.push(on);
        }
    }
    assert_eq!(told, [true, false]);
}

#[tokio::test]
async fn r39_nobody_sees_what_is_being_typed() {
    // The event is taken apart completely: a field for the text could not be added without stopping here.
    fn parts(event: FeedEvent) -> Option<(ThreadId, ContactId, bool, Option<Timestamp>)> {
        match event {
            FeedEvent::Typing { thread, contact, on, until } => Some((thread, contact, on, until)),
            _ => None,
        }
    }
    let preview = r#"{"type":"typing","on":true,"text":"I am so angr","preview":"I am so angr"}"#;
    match ClientFrame::parse(preview, &Limits::default()).unwrap() {
        ClientFrame::Typing { on } => assert!(on),
        other => panic!("unexpected: {other:?}"),
    }

    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    desk.events().await;
    world.engine.contact_typing(&ann, true);
    let told = desk.events_named("typing").await;
    let json = serde_json::to_value(&told[0]).unwrap();
    let fields: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["contact", "on", "thread", "until"]);
    let (thread, contact, on, _) = parts(told[0].clone()).unwrap();
    assert_eq!((thread, contact, on), (ann.thread, ann.contact, true));
}
