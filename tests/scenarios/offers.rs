//! Offers: answered, declined, let pass, taken back. Work that nobody takes is never lost and keeps its place.

use parlor::engine::{EngineError, FeedEvent, OfferGone};
use parlor::interaction::{Outcome, State, StateName};

use crate::world::{World, everybody_holds, name, seconds};

fn gone(result: Result<impl std::fmt::Debug, EngineError>) -> OfferGone {
    match result {
        Err(EngineError::OfferGone { reason }) => reason,
        other => panic!("expected that the offer is gone: {other:?}"),
    }
}

#[tokio::test]
async fn r7_the_first_answer_takes_it_and_every_other_one_is_told() {
    let world = World::new().await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let offer = world.offer("alice").await;
    assert_eq!(gone(world.accept("bob", offer.id).await), OfferGone::Taken, "it is not his to take");
    let taken = world.accept("alice", offer.id).await.unwrap();
    assert_eq!((taken.state, taken.owner.clone()), (StateName::Active, Some(name("alice"))));

    let again = world.accept("alice", offer.id).await.unwrap();
    assert_eq!((again.id, again.version), (taken.id, taken.version), "the same answer, and nothing changed");
    assert_eq!(gone(world.accept("bob", offer.id).await), OfferGone::Taken);
    assert_eq!(gone(world.decline("alice", offer.id).await), OfferGone::Taken);
    assert_eq!(world.see("alice", taken.id).await.version, taken.version);
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_who_answer_one_offer_at_once_one_wins() {
    for round in 0..50 {
        let world = World::new().await;
        world.ready("alice").await;
        let ann = world.visitor("ann").await;
        world.says(&ann, "hello").await;
        let offer = world.offer("alice").await.id;
        let answer = |agent: &str| {
            let (engine, agent, once) = (world.engine.clone(), name(agent), world.once());
            tokio::spawn(async move { engine.accept(&agent, offer, once).await })
        };
        let (first, second, other) = (answer("alice"), answer("alice"), answer("bob"));
        let won = [first.await.unwrap().unwrap(), second.await.unwrap().unwrap()];
        assert_eq!(won[0].version, won[1].version, "round {round}");
        assert_eq!(gone(other.await.unwrap()), OfferGone::Taken, "round {round}");
        assert_eq!(world.load("alice").await, 1, "round {round}");
    }
}

#[tokio::test]
async fn r8_an_offer_that_nobody_answers_goes_to_the_next_agent() {
    let world = World::new().await;
    world.ready("alice").await;
    world.ready("bob").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let first = world.offer("alice").await;
    world.pass(seconds(20) - std::time::Duration::from_millis(1)).await;
    assert_eq!(world.offers("alice").await.len(), 1, "not a moment too early");

    world.skip(std::time::Duration::from_millis(1)).await;
    assert!(world.offers("alice").await.is_empty());
    let second = world.offer("bob").await;
    assert_ne!(second.id, first.id);
    assert_eq!(second.interaction.id, first.interaction.id);
    assert_eq!(gone(world.accept("alice", first.id).await), OfferGone::Expired);
    assert_eq!(world.offer("bob").await, second, "the late answer changed nothing");
    assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1));
    world.accept("bob", second.id).await.unwrap();
}

#[tokio::test]
async fn r8_an_answer_at_the_last_moment_does_not_depend_on_whether_the_timer_has_run() {
    let world = World::new().await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let offer = world.offer("alice").await;
    world.clock.set(offer.expires_at);
    let late = world.engine.accept(&name("alice"), offer.id, world.once()).await;
    assert_eq!(gone(late), OfferGone::Expired);
}

#[tokio::test]
async fn r8_work_that_nobody_takes_goes_round_and_keeps_its_time() {
    let world = World::new().await;
    let _desks = (world.desk("alice").await, world.desk("bob").await);
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    let since = world.says(&ann, "hello").await.at;
    let asked = |world: &World| {
        let world = world.engine.clone();
        async move {
            let mut asked = Vec::new();
            for agent in ["alice", "bob", "carol"] {
                if !world.my_work(&name(agent)).await.unwrap().1.is_empty() {
                    asked.push(agent);
                }
            }
            asked
        }
    };
    assert_eq!(asked(&world).await, ["alice"]);
    world.pass(seconds(20)).await;
    assert!(asked(&world).await.is_empty(), "there is nobody else: back to the queue");
    match world.latest(&ann).await.state {
        State::Queued(queued) => assert_eq!(queued.since, since),
        other => panic!("expected that it waits: {other:?}"),
    }

    world.pass(seconds(5)).await;
    world.ready("bob").await;
    assert_eq!(asked(&world).await, ["bob"]);
    for _ in 0..6 {
        world.pass(seconds(20)).await;
        let latest = world.latest(&ann).await;
        let waits_since = match &latest.state {
            State::Queued(queued) => queued.since,
            State::Offered(offered) => offered.queued.since,
            other => panic!("it was lost: {other:?}"),
        };
        assert_eq!(waits_since, since, "whatever offers there were");
        assert_eq!(asked(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn r8_what_was_let_pass_keeps_its_place_before_what_came_later() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let _desks = (world.desk("alice").await, world.desk("bob").await);
    world.ready("alice").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let first = world.says(&ann, "hello").await;
    world.pass(seconds(1)).await;
    world.says(&ben, "hello").await;
    let offer = world.offer("alice").await;
    assert_eq!(offer.interaction.thread, ann.thread);
    world.decline("alice", offer.id).await.unwrap();
    assert_eq!(world.offer("alice").await.interaction.thread, ben.thread, "hers cools down for her");

    world.decline("alice", world.offer("alice").await.id).await.unwrap();
    assert!(world.offers("alice").await.is_empty());
    world.ready("bob").await;
    let offer = world.offer("bob").await;
    assert_eq!(offer.interaction.thread, ann.thread, "she has waited longer");
    assert_eq!(offer.interaction.created_at, first.at);
}

#[tokio::test]
async fn r8_a_declined_offer_goes_to_the_next_agent_at_once() {
    let world = World::new().await;
    world.ready("alice").await;
    world.ready("bob").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let offer = world.offer("alice").await;
    world.decline("alice", offer.id).await.unwrap();
    assert!(world.offers("alice").await.is_empty());
    assert_eq!(world.offer("bob").await.interaction.id, offer.interaction.id);
    assert_eq!(world.load("alice").await, 0);
    world.decline("alice", offer.id).await.unwrap();
    assert_eq!(gone(world.accept("alice", offer.id).await), OfferGone::Declined);
    assert_eq!(world.offers("bob").await.len(), 1, "her second answer changed nothing");
}

#[tokio::test]
async fn r9_all_work_is_assigned_and_none_of_it_twice() {
    let world = World::with(|config| everybody_holds(config, 10)).await;
    for agent in ["alice", "bob", "carol"] {
        world.ready(agent).await;
    }
    let mut threads = Vec::new();
    for n in 0..30 {
        let visitor = world.visitor(&format!("visitor {n}")).await;
        world.says(&visitor, "hello").await;
        threads.push(visitor.thread);
    }
    let mut assigned = Vec::new();
    for agent in ["alice", "bob", "carol"] {
        for offer in world.offers(agent).await {
            world.accept(agent, offer.id).await.unwrap();
        }
        let work = world.work(agent).await;
        assert_eq!(work.len(), 10, "everybody gets their share");
        assigned.extend(work.into_iter().map(|work| work.thread));
    }
    assigned.sort();
    threads.sort();
    assert_eq!(assigned, threads);
}

#[tokio::test]
async fn a_contact_who_leaves_while_waiting_is_abandoned() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.leaves(&ann).await;
    match world.latest(&ann).await.state {
        State::Done(done) => {
            assert_eq!(done.outcome, Outcome::Abandoned);
            assert_eq!(done.by, parlor::interaction::Actor::System);
            assert_eq!(done.ended_by, parlor::interaction::EndedBy::Contact);
        }
        other => panic!("expected that it is closed: {other:?}"),
    }
    world.ready("alice").await;
    assert!(world.offers("alice").await.is_empty());
}

#[tokio::test]
async fn a_contact_who_leaves_while_an_agent_is_asked_frees_the_agent() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let offer = world.offer("alice").await;
    desk.news().await;
    world.leaves(&ann).await;

    assert_eq!(world.state(&ann).await, StateName::Done);
    assert_eq!(world.latest(&ann).await.last_owner, None);
    assert_eq!(world.load("alice").await, 0);
    let told: Vec<_> = desk
        .events_named("offer_gone")
        .await
        .into_iter()
        .map(|event| match event {
            FeedEvent::OfferGone(gone) => (gone.id, gone.reason),
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    assert_eq!(told, [(offer.id, OfferGone::Withdrawn)]);
    assert_eq!(gone(world.accept("alice", offer.id).await), OfferGone::Withdrawn);
}
