//! Readiness, login and the way in which work is offered.

use std::collections::BTreeSet;

use parlor::engine::MissedOffer;
use parlor::interaction::StateName;
use parlor::model::{Medium, OfferMode};

use crate::world::{World, agent, name, seconds};

#[tokio::test]
async fn r1_only_an_agent_who_is_ready_is_offered_work() {
    let world = World::new().await;
    world.not_ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert!(world.offers("alice").await.is_empty());
    assert_eq!(world.state(&ann).await, StateName::Queued);

    world.ready("alice").await;
    assert_eq!(world.offers("alice").await.len(), 1);
    assert_eq!(world.state(&ann).await, StateName::Offered);
}

#[tokio::test]
async fn r1_readiness_holds_for_one_agent_and_one_medium() {
    let world = World::with(|config| config.channels[0].readiness = BTreeSet::from([Medium::Sms])).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let refused = world.engine.set_readiness(&name("alice"), &Medium::Chat, true, None).await;
    assert!(refused.is_err(), "no channel asks for that medium");
    assert!(world.offers("alice").await.is_empty());
    world.engine.set_readiness(&name("bob"), &Medium::Sms, true, None).await.unwrap();
    world.engine.settle().await;
    assert!(world.offers("alice").await.is_empty());
    assert_eq!(world.offers("bob").await.len(), 1);
}

#[tokio::test]
async fn r2_readiness_on_one_network_says_nothing_about_another() {
    let world = World::with_channels_that(&["texts"], |config| {
        let texts = config.channels.iter_mut().find(|channel| channel.name.as_str() == "texts").unwrap();
        texts.readiness = BTreeSet::from([Medium::Sms]);
    })
    .await;
    let (chat, texts) = (world.visitor_on("website", "ann").await, world.visitor_on("texts", "ben").await);
    world.ready("alice").await;
    world.says(&texts, "a text").await;
    world.says(&chat, "a chat").await;
    assert_eq!(world.state(&texts).await, StateName::Queued);
    assert_eq!(world.offer("alice").await.interaction.thread, chat.thread);

    world.engine.set_readiness(&name("alice"), &Medium::Sms, true, None).await.unwrap();
    world.engine.settle().await;
    assert_eq!(world.state(&texts).await, StateName::Offered);
    world.not_ready("alice").await;
    let me = world.engine.me(&name("alice")).await.unwrap();
    assert!(me.readiness[&Medium::Sms].ready && !me.readiness[&Medium::Chat].ready);
}

#[tokio::test]
async fn r5_work_is_offered_with_the_login_that_makes_ready() {
    let world = World::with(|config| {
        for name in ["alice", "carol"] {
            agent(config, name).auto_ready = BTreeSet::from([Medium::Chat]);
        }
        agent(config, "carol").flags.auto_ready_at_login = false;
    })
    .await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    for manual in ["bob", "carol"] {
        let me = world.engine.sign_in(&name(manual)).await.unwrap();
        world.engine.settle().await;
        assert!(!me.readiness[&Medium::Chat].ready, "{manual} says so themselves");
        assert!(world.offers(manual).await.is_empty());
    }

    let me = world.engine.sign_in(&name("alice")).await.unwrap();
    world.engine.settle().await;
    assert!(me.readiness[&Medium::Chat].ready);
    assert_eq!(world.offers("alice").await.len(), 1, "no time has passed since the login");
}

#[tokio::test]
async fn r6_work_is_accepted_for_the_agent_where_the_channel_says_so() {
    let world = World::with(|config| config.channels[0].offer = OfferMode::Auto).await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let work = world.work("alice").await;
    assert_eq!((work.len(), work[0].state), (1, StateName::Active));
    assert!(world.offers("alice").await.is_empty());
}

#[tokio::test]
async fn r6_work_is_accepted_for_the_agent_whose_account_says_so_and_nobody_else() {
    let world = World::with(|config| agent(config, "bob").flags.auto_answer = true).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.ready("alice").await;
    world.says(&ann, "hello").await;
    world.pass(seconds(19)).await;
    assert_eq!(world.state(&ann).await, StateName::Offered, "it stays so until she answers");
    world.not_ready("alice").await;
    world.takes("alice").await;
    assert_eq!(world.state(&ann).await, StateName::Active);

    world.ready("bob").await;
    world.says(&ben, "hello").await;
    assert_eq!(world.state(&ben).await, StateName::Active);
    assert_eq!(world.work("bob").await[0].owner, Some(name("bob")));
}

#[tokio::test]
async fn an_agent_who_lets_an_offer_pass_becomes_not_ready_where_the_rules_say_so() {
    let world = World::with(|config| config.rules.missed_offer = MissedOffer::NotReady).await;
    let _desks = (world.desk("alice").await, world.desk("bob").await);
    world.ready("alice").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.says(&ann, "hello").await;
    world.pass(seconds(20)).await;
    let chat = world.engine.me(&name("alice")).await.unwrap().readiness[&Medium::Chat].clone();
    assert_eq!((chat.ready, chat.reason.as_deref()), (false, Some("missed_offer")));
    assert_eq!(world.load("alice").await, 0);

    world.says(&ben, "hello").await;
    world.pass(seconds(60)).await;
    assert!(world.offers("alice").await.is_empty(), "nothing, until she says Ready again");
    world.ready("bob").await;
    let offer = world.offers("bob").await[0].id;
    world.decline("bob", offer).await.unwrap();
    assert!(
        world.engine.me(&name("bob")).await.unwrap().readiness[&Medium::Chat].ready,
        "who declines has seen it"
    );
    world.ready("alice").await;
    assert!(!world.offers("alice").await.is_empty());
}
