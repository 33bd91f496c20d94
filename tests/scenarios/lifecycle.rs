//! The life of an interaction: taken, ended, continued, closed, begun anew.

use parlor::engine::{Arrival, EngineError, FeedEvent};
use parlor::interaction::{Interaction, Refusal, StateName};
use parlor::model::{Content, LifecycleNotice, SystemNotice};
use proptest::prelude::*;

use crate::script::{Step, play, steps};
use crate::truth;
use crate::world::{World, channel, key, name, page, words_in};

#[tokio::test]
async fn r12_whoever_is_asked_may_read_all_that_was_written_before() {
    let world = World::with_channels(&["shop"]).await;
    let (site, shop) = (world.visitor_on("website", "ann").await, world.visitor_on("shop", "ann").await);
    assert_eq!(site.contact, shop.contact);
    let first = world.talks("alice", &site, "on the site").await;
    world.answers("alice", first.id, "answered there").await.unwrap();
    let second = world.talks("alice", &shop, "in the shop").await;
    world.answers("alice", second.id, "answered here").await.unwrap();
    for id in [first.id, second.id] {
        world.ends("alice", id).await.unwrap();
        world.done("alice", id).await.unwrap();
    }
    world.not_ready("alice").await;
    world.ready("bob").await;
    world.says(&site, "again").await;
    let offer = world.offer("bob").await;
    let mut request = page(50);
    request.in_interaction = true;
    let history =
        world.engine.conversation(&name("bob"), offer.interaction.contact.id, &request).await.unwrap();
    assert_eq!(
        words_in(&history.messages),
        ["on the site", "answered there", "in the shop", "answered here", "again"]
    );
    assert_eq!(world.see("bob", offer.interaction.id).await.state, StateName::Offered);
}

proptest! {
    /// Whatever is done in whatever order, it leads to a lawful state or to an error that says why it cannot be.
    #[test]
    fn r17_every_order_of_doing_things_is_answered(script in steps(40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let outcome = play(&script).await;
            for (step, error) in &outcome.errors {
                let lawful = matches!(
                    error,
                    EngineError::Refused(_)
                        | EngineError::OfferGone { .. }
                        | EngineError::Denied(_)
                        | EngineError::NotFound { what: "interaction" }
                        | EngineError::AtCapacity { .. }
                        | EngineError::HeldBy { .. }
                        | EngineError::AgentAway { .. }
                );
                assert!(lawful, "{step:?}: {error}");
            }
            for interaction in truth::interactions(&*outcome.world.store).await {
                let history = outcome.world.store.history(interaction.id).await.unwrap();
                let mut states = Vec::new();
                for length in 1..=history.len() {
                    states.push(Interaction::replay(&history[..length]).unwrap().state.name());
                }
                for pair in states.windows(2) {
                    assert!(follows(pair[0], pair[1]), "{} after {}", pair[1], pair[0]);
                }
            }
        });
    }
}

/// Which state may come after which, by the manuals.
fn follows(before: StateName, after: StateName) -> bool {
    use StateName::{Active, Done, Ended, Offered, Queued};
    // Work that is handed into a queue waits again.
    before != Done && before == after
        || matches!(
            (before, after),
            (Queued, Offered | Active | Ended)
                | (Offered, Queued | Active | Ended)
                | (Active, Ended | Queued)
                | (Ended, Active | Queued | Done)
        )
}

#[tokio::test]
async fn r17_the_steps_of_the_manual_lead_through_every_state() {
    let script = [
        Step::Says(0),
        Step::Ready(0),
        Step::Accept(0),
        Step::Answer(0),
        Step::End(0),
        Step::Answer(0),
        Step::End(0),
        Step::Done(0),
    ];
    let outcome = play(&script).await;
    assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
    let all = truth::interactions(&*outcome.world.store).await;
    assert_eq!((all.len(), all[0].state.name(), all[0].segment), (1, StateName::Done, 2));
}

#[tokio::test]
async fn r18_ending_and_closing_are_two_steps() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    match world.done("alice", work.id).await {
        Err(EngineError::Refused(error)) => assert_eq!(error.refusal, Refusal::MustEndFirst),
        other => panic!("expected a refusal: {other:?}"),
    }
    assert_eq!(world.see("alice", work.id).await.state, StateName::Active, "nothing happens by implication");
    let ended = world.ends("alice", work.id).await.unwrap();
    assert_eq!(ended.state, StateName::Ended);
    let by = ended.ended.unwrap();
    assert_eq!((by.by, by.agent), ("agent", Some(name("alice"))));
    assert_eq!(world.done("alice", work.id).await.unwrap().state, StateName::Done);
}

#[tokio::test]
async fn r19_the_contact_can_end_it_too() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.leaves(&ann).await;
    let ended = world.see("alice", work.id).await;
    assert_eq!((ended.state, ended.ended.as_ref().unwrap().by), (StateName::Ended, "contact"));
    world.leaves(&ann).await;
    assert_eq!(world.see("alice", work.id).await.version, ended.version, "ending it again changes nothing");

    world.answers("alice", work.id, "one more thing").await.unwrap();
    let again = world.see("alice", work.id).await;
    assert_eq!((again.id, again.state, again.segment), (work.id, StateName::Active, 2));
}

#[tokio::test]
async fn r25_writing_after_the_end_continues_the_same_interaction() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    let message = world.answers("alice", work.id, "one more thing").await.unwrap();
    assert_eq!((message.interaction, message.segment), (Some(work.id), 2));
    world.ends("alice", work.id).await.unwrap();
    world.says(&ann, "thank you").await;
    assert_eq!(world.takes("alice").await.id, work.id);

    let transcript = world.reads("bob", &ann).await;
    let shape: Vec<String> = transcript
        .iter()
        .map(|message| match &message.content {
            Content::Text { text } => format!("{} {}", message.segment, text.as_str()),
            Content::System { notice: SystemNotice::Lifecycle { change, .. } } => match change {
                LifecycleNotice::Reactivated => format!("{} --", message.segment),
                LifecycleNotice::EndedByAgent { .. } => format!("{} ended", message.segment),
                LifecycleNotice::Joined { agent } => format!("{} {agent}", message.segment),
                other => panic!("unexpected: {other:?}"),
            },
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    assert_eq!(
        shape,
        [
            "1 hello",
            "1 alice",
            "1 ended",
            "2 --",
            "2 one more thing",
            "2 ended",
            "3 --",
            "3 thank you",
            "3 alice"
        ],
        "each session has its boundary before its first words"
    );
    assert!(transcript.iter().all(|message| message.interaction == Some(work.id)));
}

#[tokio::test]
async fn r26_after_done_the_work_begins_anew_in_the_same_thread() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let first = world.talks("alice", &ann, "hello").await;
    world.ends("alice", first.id).await.unwrap();
    world.done("alice", first.id).await.unwrap();
    match world.answers("alice", first.id, "one more thing").await {
        Err(EngineError::Refused(error)) => assert_eq!(error.refusal, Refusal::AlreadyDone),
        other => panic!("expected a refusal: {other:?}"),
    }

    let second = world.opens("bob", &ann).await.unwrap();
    assert_ne!(second.id, first.id);
    assert_eq!(
        (second.thread, second.state, second.owner),
        (first.thread, StateName::Active, Some(name("bob")))
    );
    world.answers("bob", second.id, "one more thing").await.unwrap();
    world.ends("bob", second.id).await.unwrap();
    let done = world.see("alice", first.id).await;
    assert_eq!((done.state, done.segment), (StateName::Done, 1), "it stays so for ever");
    assert_eq!(world.heard_by(&ann).await, ["hello", "one more thing"]);
}

#[tokio::test]
async fn r27_a_message_can_be_written_without_an_interaction() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    world.done("alice", work.id).await.unwrap();
    let before = world.load("alice").await;

    let written = world.writes("alice", &ann, "by the way").await.unwrap();
    assert_eq!((written.interaction, written.segment), (None, 0));
    assert_eq!(world.heard_by(&ann).await, ["hello", "by the way"]);
    assert!(world.work("alice").await.is_empty());
    assert!(world.store.open_interactions(None, 10).await.unwrap().is_empty());
    assert_eq!(world.load("alice").await, before);
}

#[tokio::test]
async fn r33_what_was_seen_live_is_what_is_kept() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello \u{1F600}").await;
    let work = world.takes("alice").await;
    let mut live = messages_of(desk.events().await);
    for round in 0..5 {
        world.says(&ann, &format!("question {round}")).await;
        world.answers("alice", work.id, &format!("answer {round}")).await.unwrap();
        world.note("alice", work.id, &format!("note {round}")).await;
    }
    world.ends("alice", work.id).await.unwrap();
    world.answers("alice", work.id, "one more thing").await.unwrap();
    live.extend(messages_of(desk.events().await));

    let kept: Vec<_> = world.reads("alice", &ann).await.into_iter().map(Box::new).collect();
    assert_eq!(serde_json::to_vec(&live).unwrap(), serde_json::to_vec(&kept).unwrap());
    let replayed = messages_of(crate::desk::Desk::open(&world.engine, "alice", Some(0)).await.events().await);
    assert_eq!(serde_json::to_vec(&replayed).unwrap(), serde_json::to_vec(&kept).unwrap());
    let history = world.store.history(work.id).await.unwrap();
    assert_eq!(Interaction::replay(&history).unwrap(), world.latest(&ann).await);
}

fn messages_of(events: Vec<FeedEvent>) -> Vec<Box<parlor::engine::view::MessageView>> {
    events
        .into_iter()
        .filter_map(|event| match event {
            FeedEvent::Message(message) => Some(message),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn r34_the_contact_has_a_name_from_the_first_moment() {
    let world = World::new().await;
    world.ready("alice").await;
    let arrives = |address: &'static str, name: Option<&'static str>| {
        let mut arrival = Arrival::new(channel("website"), key(address));
        arrival.display_name = name.map(str::to_owned);
        world.engine.arrive(arrival)
    };
    let table = [("1", Some("Ann"), Some("Ann")), ("2", None, None), ("3", Some(" \u{200B}"), None)];
    for (address, given, expected) in table {
        let visitor = arrives(address, given).await.unwrap();
        world.says(&visitor, "hello").await;
        let offer = world.offer("alice").await;
        let shown = &offer.interaction.contact.display_name;
        match expected {
            Some(expected) => assert_eq!(shown, expected),
            None => assert!(shown.starts_with("Visitor ") && shown.len() > 8, "{shown:?}"),
        }
        let taken = world.accept("alice", offer.id).await.unwrap();
        assert_eq!(&taken.contact.display_name, shown);
    }
}

#[tokio::test]
async fn r35_a_dropped_connection_is_shown_and_ends_nothing() {
    use parlor::channel::ConnectionState;

    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let browser = world.engine.contact_connects(&ann);
    let work = world.talks("alice", &ann, "hello").await;
    assert_eq!(work.connection, ConnectionState::Connected);
    desk.events().await;

    drop(browser);
    let now = world.see("alice", work.id).await;
    assert_eq!((now.connection, now.state), (ConnectionState::Disconnected, StateName::Active));
    world.pass(crate::world::seconds(3_600)).await;
    assert_eq!(world.see("alice", work.id).await.state, StateName::Active);
    let tab = (world.engine.contact_connects(&ann), world.engine.contact_connects(&ann));
    drop(tab.0);
    assert_eq!(
        world.see("alice", work.id).await.connection,
        ConnectionState::Connected,
        "a second tab is open"
    );
    world.leaves(&ann).await;
    let told: Vec<_> = desk
        .events()
        .await
        .into_iter()
        .filter_map(|event| match event {
            FeedEvent::Connection { thread, connection, .. } => {
                assert_eq!(thread, ann.thread);
                Some(connection)
            }
            _ => None,
        })
        .collect();
    assert_eq!(told.first(), Some(&ConnectionState::Disconnected));
    assert_eq!(told.last(), Some(&ConnectionState::Left));
    assert_eq!(world.see("alice", work.id).await.state, StateName::Ended, "that is something else");
}
