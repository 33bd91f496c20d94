//! Agents come and go: by the door, or without a word.

use parlor::engine::{FeedEvent, OfferGone};
use parlor::interaction::{State, StateName};
use parlor::model::Medium;

use crate::world::{World, everybody_holds, name, seconds};

#[tokio::test]
async fn who_is_gone_without_a_word_gives_back_what_they_were_asked_in_its_order() {
    let world = World::with(|config| {
        config.timing.presence_lease = seconds(5);
        everybody_holds(config, 3);
    })
    .await;
    let _bob = world.desk("bob").await;
    world.ready("alice").await;
    let (ann, ben, cleo) =
        (world.visitor("ann").await, world.visitor("ben").await, world.visitor("cleo").await);
    let mut since = Vec::new();
    for visitor in [&ann, &ben] {
        since.push(world.says(visitor, "hello").await.at);
        world.pass(seconds(1)).await;
    }
    let taken = world.offers("alice").await.into_iter().find(|offer| offer.interaction.thread == ann.thread);
    world.accept("alice", taken.unwrap().id).await.unwrap();
    since.push(world.says(&cleo, "hello").await.at);
    assert_eq!(world.offers("alice").await.len(), 2);
    assert_eq!(world.load("alice").await, 3);

    world.pass(seconds(5)).await;
    assert!(!world.signed_in("alice").await);
    assert!(world.offers("alice").await.is_empty());
    assert_eq!(world.load("alice").await, 1, "what she owns stays hers");
    assert_eq!(world.latest(&ann).await.owner(), Some(&name("alice")));
    for (visitor, since) in [(&ben, since[1]), (&cleo, since[2])] {
        match world.latest(visitor).await.state {
            State::Queued(queued) => {
                assert_eq!(queued.since, since);
                assert!(queued.passed.is_empty(), "she did not let it pass: she was not there");
            }
            other => panic!("expected that it waits: {other:?}"),
        }
    }

    world.ready("bob").await;
    let offered: Vec<_> = world.offers("bob").await.iter().map(|offer| offer.interaction.thread).collect();
    assert_eq!(offered, [ben.thread, cleo.thread]);
}

#[tokio::test]
async fn an_open_feed_keeps_an_agent_present() {
    let world = World::new().await;
    let desk = world.desk("alice").await;
    world.ready("alice").await;
    world.pass(seconds(600)).await;
    assert!(world.signed_in("alice").await);
    drop(desk);
    world.pass(seconds(29)).await;
    assert!(world.signed_in("alice").await);
    world.pass(seconds(1)).await;
    assert!(!world.signed_in("alice").await);
}

#[tokio::test]
async fn who_comes_back_is_where_they_were() {
    let world = World::new().await;
    world.ready("alice").await;
    world.pass(seconds(60)).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert!(world.offers("alice").await.is_empty());

    let _desk = world.desk("alice").await;
    world.engine.settle().await;
    let me = world.engine.me(&name("alice")).await.unwrap();
    assert!(me.signed_in && me.readiness[&Medium::Chat].ready);
    assert_eq!(world.offers("alice").await.len(), 1);
}

#[tokio::test]
async fn who_logged_out_stays_so_until_they_log_in() {
    let world = World::new().await;
    let desk = world.desk("alice").await;
    world.ready("alice").await;
    world.engine.sign_out(&name("alice")).await.unwrap();
    drop(desk);
    let _desk = world.desk("alice").await;
    world.engine.touch(&name("alice"));
    world.engine.settle().await;
    assert!(!world.signed_in("alice").await);
    let me = world.engine.sign_in(&name("alice")).await.unwrap();
    assert!(me.signed_in && !me.readiness[&Medium::Chat].ready, "a new day begins NotReady");
}

#[tokio::test]
async fn an_agent_who_logs_out_gives_back_what_they_were_asked_and_keeps_what_they_own() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let _bob = world.desk("bob").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let owned = world.talks("alice", &ann, "hello").await;
    world.says(&ben, "hello").await;
    let offer = world.offer("alice").await;
    world.ready("bob").await;
    desk.news().await;

    world.engine.sign_out(&name("alice")).await.unwrap();
    world.engine.settle().await;
    let gone: Vec<_> = desk.events_named("offer_gone").await;
    assert!(
        matches!(&gone[..], [FeedEvent::OfferGone(gone)] if gone.id == offer.id && gone.reason == OfferGone::Withdrawn),
        "{gone:?}"
    );
    assert_eq!(world.offer("bob").await.interaction.thread, ben.thread);
    assert_eq!(world.see("alice", owned.id).await.state, StateName::Active);
    assert_eq!(world.work("alice").await.len(), 1);
    world.answers("alice", owned.id, "still here").await.unwrap();
}
