//! Chats between colleagues: consults without an interaction.

use parlor::engine::permission::Actor;
use parlor::engine::{ContactsRequest, EngineError, FeedEvent, InvalidTarget, Once, StartError};
use parlor::model::{Agent, Content, Role, Visibility};

use crate::truth;
use crate::world::{World, channel, name, text};

#[tokio::test]
async fn r54_a_chat_with_a_colleague_is_a_consult_and_needs_no_interaction() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.comes("alice").await, world.comes("bob").await);
    let mut carol = world.comes("carol").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let engine = &world.engine;
    for desk in [&mut alice, &mut bob, &mut carol] {
        desk.news().await;
    }
    let consult = engine.begin_consult(&name("alice"), &name("bob"), world.once()).await.unwrap();
    for (agent, words) in [("alice", "lunch?"), ("bob", "in five minutes")] {
        let written =
            engine.write_to_colleague(&name(agent), consult.id, world.client_id(), text(words)).await;
        let written = written.unwrap();
        assert_eq!(
            (written.visibility, written.contact, written.delivery),
            (Visibility::Internal, None, None)
        );
        assert!(matches!(&written.content, Content::Consult { consult: of, .. } if *of == consult.id));
    }
    engine.settle().await;
    for desk in [&mut alice, &mut bob] {
        let events = desk.events().await;
        let heard: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                FeedEvent::Message(message) => message.content.text(),
                _ => None,
            })
            .collect();
        assert_eq!(heard, ["lunch?", "in five minutes"]);
        assert!(matches!(&events[0], FeedEvent::Consult(begun) if begun.id == consult.id));
    }
    assert!(carol.events().await.is_empty(), "it is between the two of them");
    for agent in ["alice", "bob", "carol"] {
        assert_eq!(world.load(agent).await, 0, "no capacity");
        let list = engine.contacts(&name(agent), &ContactsRequest::default()).await.unwrap().contacts;
        assert_eq!(list.len(), 1, "only ann is a contact");
        assert_eq!(list[0].unread, Some(1), "and only what she wrote is unread");
    }
    assert_eq!(world.heard_by(&ann).await, ["hello"]);
    assert!(world.reads("alice", &ann).await.iter().all(|message| message.thread == ann.thread));
    let (rows, _) = engine.exports(Actor::Operator).unwrap().transcript(0).await.unwrap();
    let inside: Vec<_> = rows.iter().filter(|row| row.thread == consult.thread).collect();
    assert_eq!(inside.len(), 3);
    assert!(inside.iter().all(|row| row.visibility == Visibility::Internal && row.direction == "none"));
    assert!(inside.iter().all(|row| row.contact.is_none()));
    let said = truth::journal(&*world.store).await;
    assert!(!said.is_empty());

    engine.finish_consult(&name("bob"), consult.id).await.unwrap();
    engine.finish_consult(&name("alice"), consult.id).await.unwrap();
    let late = engine.write_to_colleague(&name("alice"), consult.id, world.client_id(), text("?")).await;
    assert!(matches!(late, Err(EngineError::ConsultOver)), "{late:?}");
    assert!(engine.my_consults(&name("alice")).await.unwrap().is_empty());
    let (over, kept) = engine.consult_messages(&name("alice"), consult.id, 0).await.unwrap();
    assert_eq!((over.ended_by, kept.len()), (Some(name("bob")), 4), "what was written stays");
}

#[tokio::test]
async fn r54_it_is_nobody_elses_business_and_takes_one_who_is_there() {
    let world = World::with(|config| {
        config.agents.push(Agent { role: Role::Admin, ..Agent::new(name("adam")) });
    })
    .await;
    let _bob = world.comes("bob").await;
    let engine = &world.engine;
    let before = world.kept().await;
    let begin = |agent: &'static str, with: &'static str| async move {
        engine.begin_consult(&name(agent), &name(with), Once(None)).await
    };
    let invalid = |result| match result {
        Err(EngineError::InvalidTarget { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(invalid(begin("alice", "alice").await), InvalidTarget::Oneself);
    assert_eq!(invalid(begin("alice", "nobody").await), InvalidTarget::UnknownAgent);
    assert_eq!(invalid(begin("alice", "adam").await), InvalidTarget::SeesNoContent);
    assert!(matches!(begin("alice", "carol").await, Err(EngineError::AgentAway { .. })));
    assert!(matches!(begin("adam", "bob").await, Err(EngineError::Denied(_))));
    assert_eq!(world.kept().await, before);

    let once = world.once();
    let first = engine.begin_consult(&name("alice"), &name("bob"), once).await.unwrap();
    let again = engine.begin_consult(&name("alice"), &name("bob"), once).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(engine.my_consults(&name("bob")).await.unwrap(), std::slice::from_ref(&first));
    assert!(engine.my_consults(&name("carol")).await.unwrap().is_empty());
    let is_unknown =
        |error: Option<EngineError>| matches!(error, Some(EngineError::NotFound { what: "consult" }));
    let carol = name("carol");
    assert!(is_unknown(engine.consult_messages(&carol, first.id, 0).await.err()));
    assert!(is_unknown(
        engine.write_to_colleague(&carol, first.id, world.client_id(), text("me too")).await.err()
    ));
    assert!(is_unknown(engine.finish_consult(&carol, first.id).await.err()));
}

#[tokio::test]
async fn what_is_written_to_a_colleague_again_is_there_once() {
    let world = World::new().await;
    let _bob = world.comes("bob").await;
    let alice = name("alice");
    let engine = &world.engine;
    let consult = engine.begin_consult(&alice, &name("bob"), world.once()).await.unwrap();
    let client = world.client_id();
    let first = engine.write_to_colleague(&alice, consult.id, client, text("lunch?")).await.unwrap();
    let again = engine.write_to_colleague(&alice, consult.id, client, text("lunch?")).await.unwrap();
    assert_eq!(first, again);
    let other = engine.write_to_colleague(&alice, consult.id, client, text("dinner?")).await;
    assert!(matches!(other, Err(EngineError::IdReused)), "{other:?}");
    engine.finish_consult(&name("bob"), consult.id).await.unwrap();
    let late = engine.write_to_colleague(&alice, consult.id, client, text("lunch?")).await.unwrap();
    assert_eq!(first, late, "it was written before it was over");
    let (_, kept) = engine.consult_messages(&alice, consult.id, 0).await.unwrap();
    assert_eq!(kept.iter().filter(|message| message.content.text().is_some()).count(), 1);
}

#[tokio::test]
async fn its_channel_is_nobody_elses() {
    let taken = parlor::Builder::new().queue("support").web_chat("consult", "support").start().await;
    let reserved = parlor::engine::ConfigError::Reserved { channel: channel("consult") };
    match taken {
        Err(parlor::BuildError::Start(StartError::Config(error))) => assert_eq!(error, reserved),
        other => panic!("{other:?}"),
    }
}
