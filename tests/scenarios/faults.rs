//! The store fails at each place in turn, before or after keeping what it was given. Nobody can tell which; nothing
//! is lost or doubled, and the work goes on.

use std::sync::Arc;

use parlor::engine::EngineError;
use parlor::interaction::StateName;
use parlor::model::Medium;
use parlor::store::{MemoryStore, Store};
use parlor_testkit::FaultyStore;

use crate::truth;
use crate::world::{World, name, seconds, text};

/// Asks again, with the same ids, until the store answers: what every client does. Anything else is an answer.
macro_rules! until_answered {
    ($world:expr, $ask:expr) => {
        loop {
            match $ask.await {
                Err(EngineError::Store(_)) => $world.pass(seconds(1)).await,
                answer => break answer,
            }
        }
    };
}

/// A conversation from the first word to Done, with an offer that is let pass and one that is declined. Gives the
/// number of commits it took.
async fn a_conversation(world: &World) -> Vec<String> {
    let engine = &world.engine;
    let (alice, bob) = (name("alice"), name("bob"));
    let _desks = (world.desk("alice").await, world.desk("bob").await);
    let ann = until_answered!(world, async {
        let arrival =
            parlor::engine::Arrival::new(crate::world::channel("website"), crate::world::key("ann"));
        engine.arrive(arrival).await
    })
    .unwrap();
    let mut said = Vec::new();
    for words in ["hello", "anybody there?"] {
        let inbound = world.inbound(words);
        said.push(inbound.external_id.clone());
        until_answered!(world, engine.receive(&ann, inbound.clone())).unwrap();
    }
    until_answered!(world, engine.set_readiness(&alice, &Medium::Chat, true, None)).unwrap();
    until_answered!(world, engine.set_readiness(&bob, &Medium::Chat, true, None)).unwrap();
    // Nobody answers for a while.
    world.pass(seconds(23)).await;
    let declines = world.once();
    let (decliner, offer) = asked(world).await;
    until_answered!(world, engine.decline(&name(decliner), offer, declines)).unwrap();
    world.pass(seconds(1)).await;
    let taken = loop {
        let (taker, offer) = asked(world).await;
        let takes = world.once();
        match until_answered!(world, engine.accept(&name(taker), offer, takes)) {
            Ok(taken) => break taken,
            // While it was not known whether it was taken its time was up; it is offered again.
            Err(EngineError::OfferGone { .. }) => world.pass(seconds(1)).await,
            Err(error) => panic!("{error}"),
        }
    };
    let owner = taken.owner.clone().unwrap();
    let client = world.client_id();
    until_answered!(world, engine.send(&owner, taken.id, client, text("hello Ann"))).unwrap();
    let inbound = world.inbound("thank you");
    said.push(inbound.external_id.clone());
    until_answered!(world, engine.receive(&ann, inbound.clone())).unwrap();
    until_answered!(world, engine.contact_ends(&ann)).unwrap();
    let client = world.client_id();
    until_answered!(world, engine.send(&owner, taken.id, client, text("one more thing"))).unwrap();
    let ends = world.once();
    until_answered!(world, engine.end(&owner, taken.id, ends)).unwrap();
    let done = world.once();
    until_answered!(world, engine.mark_done(&owner, taken.id, done)).unwrap();
    until_answered!(world, engine.mark_read(&owner, ann.contact, None)).unwrap();
    until_answered!(world, engine.sign_out(&bob)).unwrap();
    let inbound = world.inbound("back again");
    said.push(inbound.external_id.clone());
    until_answered!(world, engine.receive(&ann, inbound.clone())).unwrap();
    world.pass(seconds(1)).await;

    let mut findings = truth::findings(world, &said).await;
    let heard = world.heard_by(&ann).await;
    let expected = ["hello", "anybody there?", "hello Ann", "thank you", "one more thing", "back again"];
    if heard != expected {
        findings.push(format!("{heard:?}"));
    }
    if world.see(owner.as_str(), taken.id).await.state != StateName::Done {
        findings.push("it is not Done".to_owned());
    }
    if world.store.interactions_of(ann.thread, 10).await.unwrap().len() != 2 {
        findings.push("there are not two interactions".to_owned());
    }
    findings
}

/// The agent who is asked at the moment, and the offer to them.
async fn asked(world: &World) -> (&'static str, parlor::model::OfferId) {
    for _ in 0..60 {
        for agent in ["alice", "bob"] {
            if let Some(offer) = world.offers(agent).await.first() {
                return (agent, offer.id);
            }
        }
        world.pass(seconds(1)).await;
    }
    panic!("the work is lost: nobody is asked for a minute");
}

async fn faulty() -> (FaultyStore, World) {
    let (faults, store) = FaultyStore::over(Arc::new(MemoryStore::new()));
    let store: Arc<dyn Store> = store;
    (faults, World::on(store, |_| {}).await)
}

#[tokio::test]
async fn the_store_may_fail_anywhere() {
    let (faults, world) = faulty().await;
    assert_eq!(a_conversation(&world).await, [""; 0]);
    let commits = faults.commits();
    assert!(commits > 15, "{commits}");
    for n in 1..=commits {
        let (faults, world) = faulty().await;
        faults.fail_before(n);
        assert_eq!(
            a_conversation(&world).await,
            [""; 0],
            "commit {n} of {commits} failed before it was kept"
        );
        let (faults, world) = faulty().await;
        faults.fail_after(n);
        assert_eq!(a_conversation(&world).await, [""; 0], "commit {n} of {commits} failed after it was kept");
    }
}

#[tokio::test]
async fn routing_tries_again_until_the_store_works() {
    let (faults, world) = faulty().await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    faults.fail_before(2);
    world.says(&ann, "hello").await;
    for _ in 0..5 {
        faults.fail_before(1);
        world.skip(seconds(1)).await;
        assert_eq!(world.state(&ann).await, StateName::Queued);
    }
    world.skip(seconds(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn an_offer_of_which_nobody_knew_that_it_was_made_is_shown_and_expires() {
    let (faults, world) = faulty().await;
    let mut desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    faults.fail_after(2);
    world.says(&ann, "hello").await;
    assert_eq!(world.state(&ann).await, StateName::Offered);
    world.pass(seconds(1)).await;
    assert_eq!(world.offers("alice").await.len(), 1);
    assert_eq!(desk.events_named("offer").await.len(), 1);
    world.pass(seconds(20)).await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
    assert_eq!(desk.events_named("offer_gone").await.len(), 1);
}

#[tokio::test]
async fn what_was_kept_though_the_store_failed_is_told() {
    let (faults, world) = faulty().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    desk.events().await;
    faults.fail_after(1);
    let inbound = world.inbound("a question");
    assert!(world.engine.receive(&ann, inbound.clone()).await.is_err());
    world.skip(seconds(1)).await;
    assert_eq!(desk.events_named("message").await.len(), 1, "whether or not anything else happens");
    assert!(world.engine.receive(&ann, inbound).await.unwrap().repeated);
    assert_eq!(world.see("alice", work.id).await.tail.last().unwrap().text, "a question");
}
