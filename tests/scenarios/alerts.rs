//! The contact answers what an agent wrote without an interaction.

use parlor::engine::{FeedEvent, ReplyGoes, view};
use parlor::interaction::StateName;

use crate::desk::Desk;
use crate::world::{World, name};

async fn alerts(desk: &mut Desk) -> Vec<view::AlertView> {
    let told = desk.events_named("alert").await;
    told.into_iter()
        .map(|event| match event {
            FeedEvent::Alert(alert) => *alert,
            other => panic!("unexpected: {other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn r101_the_agent_who_wrote_is_alerted_once_a_burst() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.desk("alice").await, world.desk("bob").await);
    for agent in ["alice", "bob"] {
        world.ready(agent).await;
    }
    let ann = world.visitor("ann").await;
    world.writes("alice", &ann, "your parcel is here").await.unwrap();
    for words in ["thank you", "when do you close?", "today?"] {
        world.says(&ann, words).await;
    }
    let told = alerts(&mut alice).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].kind, told[0].on_show), ("reply_arrived", "communication"));
    assert_eq!((told[0].contact.id, told[0].thread), (ann.contact, ann.thread));
    assert!(alerts(&mut bob).await.is_empty());
    assert!(
        world.store.interactions_of(ann.thread, 10).await.unwrap().is_empty(),
        "it is no work of the queue"
    );
    assert_eq!(world.unread("alice", &ann).await, Some(3));

    world.engine.mark_read(&name("alice"), ann.contact, None).await.unwrap();
    world.says(&ann, "hello?").await;
    assert_eq!(alerts(&mut alice).await.len(), 1, "she had read the others: this is news");
    let work = world.opens("alice", &ann).await.unwrap();
    assert_eq!(work.state, StateName::Active);
    world.says(&ann, "in the interaction").await;
    assert!(alerts(&mut alice).await.is_empty(), "this is part of her work");
}

#[tokio::test]
async fn r101_the_answer_goes_to_the_queue_where_the_agent_is_gone_or_the_rules_say_so() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.writes("alice", &ann, "your parcel is here").await.unwrap();
    world.engine.sign_out(&name("alice")).await.unwrap();
    world.says(&ann, "thank you").await;
    assert_eq!(world.state(&ann).await, StateName::Queued);

    let world = World::with(|config| config.rules.reply = ReplyGoes::ToQueue).await;
    let ann = world.visitor("ann").await;
    world.ready("alice").await;
    world.writes("alice", &ann, "your parcel is here").await.unwrap();
    world.says(&ann, "thank you").await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn r101_an_answer_that_was_not_read_waits_in_the_queue_when_the_agent_leaves() {
    let world = World::new().await;
    let mut alice = world.desk("alice").await;
    world.ready("alice").await;
    for (contact, read) in [("ann", false), ("ben", true)] {
        let contact = world.visitor(contact).await;
        world.writes("alice", &contact, "your parcel is here").await.unwrap();
        world.says(&contact, "thank you").await;
        if read {
            world.engine.mark_read(&name("alice"), contact.contact, None).await.unwrap();
        }
    }
    assert_eq!(alerts(&mut alice).await.len(), 2);
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    assert!(world.store.interactions_of(ann.thread, 10).await.unwrap().is_empty());

    world.engine.sign_out(&name("alice")).await.unwrap();
    world.engine.settle().await;
    assert_eq!(world.state(&ann).await, StateName::Queued, "nobody else was told of it");
    assert!(
        world.store.interactions_of(ben.thread, 10).await.unwrap().is_empty(),
        "she has read it: it is hers to answer"
    );

    world.engine.sign_in(&name("alice")).await.unwrap();
    world.engine.sign_out(&name("alice")).await.unwrap();
    world.engine.settle().await;
    assert_eq!(world.store.interactions_of(ann.thread, 10).await.unwrap().len(), 1, "once is enough");
}
