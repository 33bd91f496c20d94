//! Agents come and go: by the door, or without a word.

use parlor::engine::{ContactEdit, ContactSession, EngineError, FeedEvent, OfferGone};
use parlor::interaction::{State, StateName, Supervision};
use parlor::model::{AgentName, ConsultId, InteractionId, Label, Medium, OutsideMeans, PointAddress, Role};

use crate::world::{World, agent, everybody_holds, name, seconds, text};

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
async fn who_does_something_after_a_silence_is_back_where_they_were() {
    let world = World::new().await;
    world.ready("alice").await;
    world.pass(seconds(60)).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert!(!world.signed_in("alice").await && world.offers("alice").await.is_empty());

    world.engine.mark_read(&name("alice"), ann.contact, None).await.unwrap();
    world.engine.settle().await;
    assert!(world.signed_in("alice").await);
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
async fn who_comes_back_is_idle_only_from_then_on() {
    let world = World::with(|config| config.timing.presence_lease = seconds(5)).await;
    world.ready("alice").await;
    world.pass(seconds(10)).await;
    assert!(!world.signed_in("alice").await);
    let _bob = world.desk("bob").await;
    world.ready("bob").await;
    world.pass(seconds(10)).await;
    let ann = world.visitor("ann").await;
    world.engine.mark_read(&name("alice"), ann.contact, None).await.unwrap();
    world.pass(seconds(1)).await;
    assert!(world.signed_in("alice").await, "she is back");
    world.says(&ann, "hello").await;
    assert_eq!(world.offers("bob").await.len(), 1, "bob has been idle for longer");
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

/// What there is to do something with.
struct Given {
    ann: ContactSession,
    work: InteractionId,
    consult: ConsultId,
}

/// Everything an agent can do to somebody or something. What is only asked for tells nothing about who is there.
const DEEDS: [&str; 20] = [
    "logs in",
    "says Ready",
    "answers",
    "notes",
    "writes without an interaction",
    "types",
    "opens an interaction",
    "reads",
    "takes into the list",
    "edits the contact",
    "looks at the contact",
    "writes down the case",
    "pushes an address",
    "calls",
    "begins a chat with a colleague",
    "writes to a colleague",
    "ends a chat with a colleague",
    "asks for the figures",
    "looks at the team",
    "whispers",
];

async fn does(deed: &str, world: &World, who: &AgentName, given: &Given) -> Result<(), EngineError> {
    let (engine, client, once) = (&world.engine, world.client_id(), world.once());
    let Given { ann, work, consult } = given;
    match deed {
        "logs in" => engine.sign_in(who).await.map(drop),
        "says Ready" => engine.set_readiness(who, &Medium::Chat, true, None).await.map(drop),
        "answers" => engine.send(who, *work, client, text("an answer")).await.map(drop),
        "notes" => engine.note(who, *work, client, text("a note")).await.map(drop),
        "writes without an interaction" => {
            let written = engine.write_to_contact(who, ann.contact, &ann.channel, client, text("hello"));
            written.await.map(drop)
        }
        "types" => engine.agent_typing(who, *work, true).await,
        "opens an interaction" => {
            engine.open_interaction(who, ann.contact, &ann.channel, once).await.map(drop)
        }
        "reads" => engine.mark_read(who, ann.contact, None).await,
        "takes into the list" => engine.set_assigned(who, ann.contact, true).await,
        "edits the contact" => engine.edit_contact(who, ContactEdit::new(ann.contact, 1)).await.map(drop),
        "looks at the contact" => engine.watch(who, Some(ann.contact)),
        "writes down the case" => {
            engine.set_case_data(who, *work, Label::new("order").unwrap(), None, once).await.map(drop)
        }
        "pushes an address" => engine.push_url(who, *work, client, "https://example.org/").await.map(drop),
        "calls" => {
            let number = PointAddress::new("+15550001111");
            let refused = engine.launch(who, ann.contact, OutsideMeans::Call, &number, client).await;
            assert!(matches!(refused, Err(EngineError::NotPlugged { .. })), "it counts all the same");
            Ok(())
        }
        "begins a chat with a colleague" => engine.begin_consult(who, &name("bob"), once).await.map(drop),
        "writes to a colleague" => {
            engine.write_to_colleague(who, *consult, client, text("lunch?")).await.map(drop)
        }
        "ends a chat with a colleague" => engine.finish_consult(who, *consult).await,
        "asks for the figures" => engine.kpi(who).await.map(drop),
        "looks at the team" => engine.watch_team(who, true),
        "whispers" => engine.whisper(who, *work, client, text("be kind")).await.map(drop),
        other => panic!("nobody {other}"),
    }
}

#[tokio::test]
async fn whatever_an_agent_does_shows_that_they_are_there() {
    for deed in DEEDS.into_iter().map(Some).chain([None]) {
        let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
        let _bob = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await.id;
        world.engine.sign_in(&name("carol")).await.unwrap();
        let whispers = Some(Supervision::Whisper);
        world.engine.supervise(&name("carol"), work, whispers, world.once()).await.unwrap();
        let consult =
            world.engine.begin_consult(&name("alice"), &name("bob"), world.once()).await.unwrap().id;
        let who = match deed {
            Some("looks at the team" | "whispers") => "carol",
            Some(_) | None => "alice",
        };
        // Without a feed they are there for half a minute.
        world.skip(seconds(20)).await;
        if let Some(deed) = deed {
            let done = does(deed, &world, &name(who), &Given { ann, work, consult }).await;
            done.unwrap_or_else(|error| panic!("{who} {deed}: {error}"));
        }
        world.skip(seconds(20)).await;
        assert_eq!(world.signed_in(who).await, deed.is_some(), "{who} {deed:?}");
    }
}

#[tokio::test]
async fn what_an_agent_was_ready_for_is_over_with_the_logout() {
    let world = World::new().await;
    let _desk = world.comes("alice").await;
    world.ready("alice").await;
    world.engine.sign_out(&name("alice")).await.unwrap();
    world.engine.settle().await;
    let me = world.engine.me(&name("alice")).await.unwrap();
    assert!(!me.signed_in && !me.readiness.values().any(|medium| medium.ready), "{me:?}");
    let kept = world.store.agent(&name("alice")).await.unwrap().unwrap();
    assert!(kept.readiness.is_empty(), "nothing is kept for when she comes back");
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    assert_eq!(world.state(&ann).await, StateName::Queued);
}

#[tokio::test]
async fn who_is_logged_in_and_logs_in_again_stays_as_they_are() {
    let world = World::new().await;
    let _desk = world.comes("alice").await;
    world.ready("alice").await;
    let before = world.store.agent(&name("alice")).await.unwrap();
    world.skip(seconds(5)).await;
    let me = world.engine.sign_in(&name("alice")).await.unwrap();
    assert!(me.signed_in && me.readiness[&Medium::Chat].ready);
    assert_eq!(world.store.agent(&name("alice")).await.unwrap(), before);
}

#[tokio::test]
async fn what_an_agent_looked_at_is_forgotten_with_the_logout() {
    let world = World::new().await;
    let mut desk = world.comes("alice").await;
    let ann = world.visitor("ann").await;
    world.engine.watch(&name("alice"), Some(ann.contact)).unwrap();
    desk.news().await;
    world.says(&ann, "hello").await;
    assert_eq!(desk.events_named("message").await.len(), 1);
    world.engine.sign_out(&name("alice")).await.unwrap();
    world.engine.sign_in(&name("alice")).await.unwrap();
    world.says(&ann, "and another thing").await;
    assert_eq!(desk.events_named("message").await.len(), 0, "she has not opened it again");
}

#[tokio::test]
async fn who_is_not_configured_neither_comes_nor_goes() {
    let world = World::new().await;
    let nobody = name("nobody");
    let engine = &world.engine;
    let chat = Medium::Chat;
    for result in [
        engine.sign_in(&nobody).await.map(drop),
        engine.sign_out(&nobody).await,
        engine.set_readiness(&nobody, &chat, true, None).await.map(drop),
    ] {
        assert!(matches!(result, Err(EngineError::NotFound { what: "agent" })), "{result:?}");
    }
    assert!(world.store.agent(&nobody).await.unwrap().is_none());
}
