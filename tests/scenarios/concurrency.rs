//! Everybody at once.

use parlor::engine::{Arrival, Inbound};
use parlor::interaction::StateName;
use parlor::model::ProviderMessageId;

use crate::truth;
use crate::world::{World, channel, everybody_holds, key, name, text, words_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_messages_of_a_contact_make_one_interaction() {
    for _ in 0..20 {
        let world = World::new().await;
        world.ready("alice").await;
        let mut tasks = Vec::new();
        let mut said = Vec::new();
        for n in 0..50 {
            let engine = world.engine.clone();
            let id = ProviderMessageId::new(n.to_string());
            said.push(id.clone());
            tasks.push(tokio::spawn(async move {
                let ann = engine.arrive(Arrival::new(channel("website"), key("ann"))).await.unwrap();
                let inbound = Inbound::new(id, words_of(&format!("word {n}")));
                (ann.clone(), engine.receive(&ann, inbound).await.unwrap())
            }));
        }
        let mut sequences = Vec::new();
        let mut sessions = Vec::new();
        for task in tasks {
            let (session, received) = task.await.unwrap();
            assert!(!received.repeated);
            sequences.push(received.sequence);
            sessions.push(session);
        }
        world.engine.settle().await;
        sessions.dedup();
        assert_eq!(sessions.len(), 1, "one contact, one thread");
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=50).collect::<Vec<_>>());
        assert_eq!(world.store.interactions_of(sessions[0].thread, 10).await.unwrap().len(), 1);
        assert_eq!(world.state(&sessions[0]).await, StateName::Offered);
        assert_eq!(truth::findings(&world, &said).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_that_comes_twenty_times_at_once_is_there_once() {
    for _ in 0..20 {
        let world = World::new().await;
        let ann = world.visitor("ann").await;
        let id = ProviderMessageId::new("1");
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (engine, ann, id) = (world.engine.clone(), ann.clone(), id.clone());
                tokio::spawn(async move { engine.receive(&ann, Inbound::new(id, words_of("hello"))).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
        assert!(answers.iter().all(|answer| answer.message == answers[0].message && answer.sequence == 1));
        world.engine.settle().await;
        assert_eq!(truth::findings(&world, &[id]).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_comes_twenty_times_at_once_is_carried_out_once() {
    for _ in 0..20 {
        let world = World::new().await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let client = world.client_id();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let engine = world.engine.clone();
                tokio::spawn(
                    async move { engine.send(&name("alice"), work.id, client, text("an answer")).await },
                )
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap().0.content.text(), Some("an answer"));
        }
        assert_eq!(world.heard_by(&ann).await, ["hello", "an answer"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_writes_takes_ends_and_leaves_at_once() {
    for round in 0..10 {
        let world = World::with(|config| everybody_holds(config, 2)).await;
        for agent in ["alice", "bob", "carol"] {
            world.ready(agent).await;
        }
        let mut tasks = Vec::new();
        let mut said = Vec::new();
        for contact in 0..8 {
            let visitor = world.visitor(&format!("visitor {contact}")).await;
            let messages: Vec<_> = (0..6).map(|n| world.inbound(&format!("word {n}"))).collect();
            said.extend(messages.iter().map(|inbound| inbound.external_id.clone()));
            let engine = world.engine.clone();
            tasks.push(tokio::spawn(async move {
                for (n, inbound) in messages.into_iter().enumerate() {
                    engine.receive(&visitor, inbound).await.unwrap();
                    if (n + contact) % 4 == 3 {
                        engine.contact_ends(&visitor).await.unwrap();
                    }
                    tokio::task::yield_now().await;
                }
            }));
        }
        for agent in ["alice", "bob", "carol"] {
            let engine = world.engine.clone();
            let ids: Vec<_> = (0..60).map(|_| world.client_id()).collect();
            tasks.push(tokio::spawn(async move {
                let agent = name(agent);
                for client in ids {
                    let (work, offers) = engine.my_work(&agent).await.unwrap();
                    // Each of these may come too late; what they leave behind is looked at below.
                    for offer in offers {
                        let _ = engine.accept(&agent, offer.id, parlor::engine::Once(None)).await;
                    }
                    if let Some(first) = work.first() {
                        let _ = engine.send(&agent, first.id, client, text("an answer")).await;
                        let _ = engine.end(&agent, first.id, parlor::engine::Once(None)).await;
                        let _ = engine.mark_done(&agent, first.id, parlor::engine::Once(None)).await;
                    }
                    tokio::task::yield_now().await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        world.engine.settle().await;
        assert_eq!(truth::findings(&world, &said).await, [""; 0], "round {round}");
    }
}
