//! The process dies in the middle of a conversation, and another one goes on.

use parlor::engine::{EngineError, Inbound, OfferGone};
use parlor::interaction::{State, StateName};
use parlor::model::ProviderMessageId;

use crate::desk::Desk;
use crate::truth;
use crate::world::{World, name, seconds, text, words_of};

#[tokio::test]
async fn a_second_engine_goes_on_where_the_first_one_stopped() {
    let world = World::new().await;
    let (ann, ben, cleo) =
        (world.visitor("ann").await, world.visitor("ben").await, world.visitor("cleo").await);
    let repeated = || Inbound::new(ProviderMessageId::new("1"), words_of("hello"));
    let first = world.engine.receive(&ann, repeated()).await.unwrap();
    world.ready("alice").await;
    let active = world.takes("alice").await;
    let client = world.client_id();
    world.engine.send(&name("alice"), active.id, client, text("an answer")).await.unwrap();
    world.says(&ben, "hello").await;
    let offer = world.offer("alice").await;
    world.not_ready("alice").await;
    world.pass(seconds(5)).await;
    world.says(&cleo, "hello").await;

    let world = world.restarted(|_| {}).await;
    let _desks = (world.desk("alice").await, world.desk("bob").await);
    assert_eq!(world.offer("alice").await.id, offer.id, "the offer is still open");
    assert_eq!(world.state(&cleo).await, StateName::Queued);
    assert_eq!(world.see("alice", active.id).await.state, StateName::Active);
    assert_eq!(world.load("alice").await, 2);
    let again = world.engine.receive(&ann, repeated()).await.unwrap();
    assert!(again.repeated && again.message == first.message);
    world.engine.send(&name("alice"), active.id, client, text("an answer")).await.unwrap();
    assert_eq!(world.heard_by(&ann).await, ["hello", "an answer"]);

    world.pass(seconds(15) - std::time::Duration::from_millis(1)).await;
    assert_eq!(world.offer("alice").await.id, offer.id);
    world.skip(std::time::Duration::from_millis(1)).await;
    assert!(world.offers("alice").await.is_empty(), "it expires when it would have expired anyway");
    let late = world.accept("alice", offer.id).await;
    assert!(matches!(late, Err(EngineError::OfferGone { reason: OfferGone::Expired })), "{late:?}");
    world.ready("bob").await;
    let offered: Vec<_> = world.offers("bob").await.iter().map(|offer| offer.interaction.thread).collect();
    assert_eq!(offered, [ben.thread, cleo.thread], "in the order in which they came");
    let said = truth::journal(&*world.store).await;
    assert_eq!(truth::findings(&world, &ids_of(&said)).await, [""; 0]);
}

fn ids_of(journal: &[parlor::store::JournalRecord]) -> Vec<ProviderMessageId> {
    let mut ids: Vec<_> = journal
        .iter()
        .filter_map(|record| match &record.entry {
            parlor::store::JournalEntry::Message(message) => message.provider_id.clone(),
            _ => None,
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[tokio::test]
async fn an_offer_that_expired_while_nobody_ran_goes_on_at_once() {
    let world = World::new().await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    let since = world.says(&ann, "hello").await.at;
    world.clock.advance(seconds(3_600));
    let world = world.restarted(|_| {}).await;
    match world.latest(&ann).await.state {
        // An hour later the agent is asked again; the contact keeps their place.
        State::Queued(queued) => assert_eq!(queued.since, since),
        State::Offered(offered) => {
            assert_eq!(offered.queued.since, since);
            assert!(offered.expires_at > world.clock_now());
        }
        other => panic!("unexpected: {other:?}"),
    }
    assert_eq!(truth::findings(&world, &ids_of(&truth::journal(&*world.store).await)).await, [""; 0]);
}

#[tokio::test]
async fn agents_have_one_lease_to_come_back_in() {
    let world = World::new().await;
    world.ready("alice").await;
    world.ready("bob").await;
    world.clock.advance(seconds(600));
    let world = world.restarted(|_| {}).await;
    let _desk = world.desk("alice").await;
    world.pass(seconds(31)).await;
    assert!(world.signed_in("alice").await);
    assert!(!world.signed_in("bob").await);
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.offers("alice").await.len(), 1);
}

#[tokio::test]
async fn a_feed_goes_on_over_a_restart() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let cursor = desk.news().await.iter().rev().find_map(|item| item.position).unwrap();
    drop(desk);
    world.answers("alice", work.id, "before").await.unwrap();
    let world = world.restarted(|_| {}).await;
    let mut desk = Desk::open(&world.engine, "alice", Some(cursor)).await;
    world.answers("alice", work.id, "after").await.unwrap();
    let told: Vec<_> = desk
        .events_named("message")
        .await
        .into_iter()
        .map(|event| match event {
            parlor::engine::FeedEvent::Message(message) => message.content.text().unwrap().to_owned(),
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    assert_eq!(told, ["before", "after"]);
    let beyond = world.engine.feed(&name("alice"), Some(1_000_000)).await;
    assert!(matches!(beyond, Err(EngineError::CursorUnknown)));
}

#[tokio::test]
async fn an_engine_that_is_stopped_does_nothing_more() {
    let world = World::new().await;
    let _desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.engine.stop().await;
    world.says(&ann, "hello").await;
    assert_eq!(world.state(&ann).await, StateName::Queued, "it is kept for the next one");
    world.engine.stop().await;
    let world = world.restarted(|_| {}).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}
