//! From the end of a session to Done: what may still be done, by whom, and what closes it.

use futures_util::FutureExt;
use parlor::engine::{ContactItem, Disposition, EngineError, FeedEvent};
use parlor::interaction::{DispositionCode, Refusal, State, StateName};
use parlor::model::{Content, QueueName, Visibility};

use crate::world::{World, agent, name, seconds, text, words_in};

fn refusal(result: Result<impl std::fmt::Debug, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused(error)) => error.refusal,
        other => panic!("expected a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn r14_work_that_an_agent_begins_is_theirs_without_an_offer() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let mut desks = [world.desk("alice").await, world.desk("bob").await];
    world.ready("bob").await;
    let work = world.opens("alice", &ann).await.unwrap();
    assert_eq!((work.state, work.owner), (StateName::Active, Some(name("alice"))));
    for desk in &mut desks {
        assert!(desk.events_named("offer").await.is_empty(), "nobody is asked");
    }
    let history = world.store.history(work.id).await.unwrap();
    assert_eq!(history.len(), 1, "it begins active: {history:?}");
}

#[test]
fn r20_there_is_exactly_one_done_and_it_is_not_the_end() {
    let names: Vec<&str> = StateName::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.contains("done") || name.contains("close")).count(), 1);
    assert_ne!(StateName::Ended, StateName::Done);
    assert_eq!(names.iter().filter(|name| **name == "ended").count(), 1);
}

#[tokio::test]
async fn r21_what_ended_may_stay_open_as_long_as_the_agent_likes() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    for _ in 0..3 {
        world.skip(seconds(24 * 3_600)).await;
    }
    assert_eq!(world.state(&ann).await, StateName::Ended, "nothing closes it by itself");
    world.note("alice", work.id, "she called back").await;
    let given = world.engine.set_disposition(&name("alice"), work.id, "resolved", world.once()).await;
    assert_eq!(given.unwrap().disposition.unwrap().as_str(), "resolved");
}

#[tokio::test]
async fn r22_what_ended_closes_by_itself_at_the_moment_the_rules_say() {
    let limit = seconds(600);
    let world = World::with(|config| config.rules.interaction.auto_done = Some(limit)).await;
    let _present = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    let ended_at = world.clock_now();
    world.skip(limit - seconds(1)).await;
    assert_eq!(world.state(&ann).await, StateName::Ended);
    world.skip(seconds(1)).await;
    match world.latest(&ann).await.state {
        State::Done(done) => {
            assert_eq!(done.by, parlor::interaction::Actor::System);
            assert_eq!(done.at, ended_at + limit);
        }
        other => panic!("expected that it is Done: {other:?}"),
    }
    assert_eq!(world.load("alice").await, 0);

    // What is continued in time is not closed, also not at the old moment.
    world.says(&ann, "hello again").await;
    let next = world.takes("alice").await;
    world.ends("alice", next.id).await.unwrap();
    world.skip(seconds(300)).await;
    world.answers("alice", next.id, "one more thing").await.unwrap();
    world.skip(limit * 2).await;
    assert_eq!(world.state(&ann).await, StateName::Active);
}

#[tokio::test]
async fn r23_a_chat_is_continued_only_where_that_is_enabled() {
    let world = World::with(|config| agent(config, "alice").flags.async_enabled = false).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let ended = world.ends("alice", work.id).await.unwrap();
    let refused = world.answers("alice", work.id, "one more thing").await;
    assert!(matches!(refused, Err(EngineError::AsyncDisabled)), "{refused:?}");
    assert_eq!(world.heard_by(&ann).await, ["hello"], "nothing was sent");
    assert_eq!(world.see("alice", work.id).await.version, ended.version, "nothing moved");

    world.answers("bob", work.id, "I may").await.unwrap();
    assert_eq!(world.see("bob", work.id).await.owner, Some(name("bob")));
}

#[tokio::test]
async fn r24_time_alone_takes_nobody_the_right_to_continue() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    world.skip(seconds(30 * 24 * 3_600)).await;
    world.answers("alice", work.id, "it is decided").await.unwrap();
    assert_eq!(world.heard_by(&ann).await, ["hello", "it is decided"]);
    assert_eq!(world.state(&ann).await, StateName::Active);
}

#[tokio::test]
async fn r28_any_agent_can_continue_what_another_had() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.answers("alice", work.id, "I am Alice").await.unwrap();
    world.leaves(&ann).await;
    let message = world.answers("bob", work.id, "I am Bob").await.unwrap();
    assert_eq!(message.interaction, Some(work.id));
    assert_eq!(message.author.name.as_deref(), Some("bob"));
    let now = world.see("bob", work.id).await;
    assert_eq!((now.state, now.owner), (StateName::Active, Some(name("bob"))));
    assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1), "the room goes with it");
}

#[tokio::test]
async fn r29_those_who_come_once_and_those_who_continue_are_handled_alike() {
    let world = World::new().await;
    let steps = |again: bool| {
        let world = &world;
        async move {
            let visitor = world.visitor(if again { "ann" } else { "ben" }).await;
            if again {
                let first = world.talks("alice", &visitor, "the first time").await;
                world.ends("alice", first.id).await.unwrap();
                world.done("alice", first.id).await.unwrap();
            }
            let work = world.talks("alice", &visitor, "hello").await;
            world.answers("alice", work.id, "good day").await.unwrap();
            world.ends("alice", work.id).await.unwrap();
            world.done("alice", work.id).await.unwrap();
            let history = world.store.history(work.id).await.unwrap();
            history.iter().map(|recorded| recorded.event.name()).collect::<Vec<_>>()
        }
    };
    assert_eq!(steps(false).await, steps(true).await);
}

#[tokio::test]
async fn r30_work_is_not_closed_without_a_disposition_where_one_is_required() {
    let world = World::with(|config| {
        config.rules.interaction.disposition_mandatory = true;
        let sold = Disposition { code: DispositionCode::new("sold").unwrap(), name: "Sold".to_owned() };
        config.dispositions.push(sold);
    })
    .await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    assert_eq!(refusal(world.done("alice", work.id).await), Refusal::DispositionRequired);
    assert_eq!(world.state(&ann).await, StateName::Ended, "nothing moved");
    let unknown = world.engine.set_disposition(&name("alice"), work.id, "lost", world.once()).await;
    assert!(matches!(unknown, Err(EngineError::UnknownDisposition(_))), "{unknown:?}");
    world.engine.set_disposition(&name("alice"), work.id, "resolved", world.once()).await.unwrap();
    assert_eq!(world.done("alice", work.id).await.unwrap().state, StateName::Done);
    let late = world.engine.set_disposition(&name("alice"), work.id, "sold", world.once()).await;
    assert_eq!(refusal(late), Refusal::AlreadyDone);
}

#[tokio::test]
async fn r31_a_note_is_for_agents_only() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let mut browser = world.engine.contact_connects(&ann);
    let work = world.talks("alice", &ann, "hello").await;
    let note = world.note("alice", work.id, "speaks slowly").await;
    assert_eq!(note.visibility, Visibility::Internal);
    let seen = world.reads("bob", &ann).await;
    assert!(
        seen.iter().any(
            |message| matches!(&message.content, Content::Note { text } if text.as_str() == "speaks slowly")
        ),
        "colleagues read it"
    );
    assert_eq!(world.heard_by(&ann).await, ["hello"]);
    while let Some(item) = browser.next().now_or_never() {
        if let Some(ContactItem::Message(message)) = item {
            let is_note = message.content.text() == Some("speaks slowly");
            let frame = parlor::webchat::visible(&message, ToString::to_string);
            assert!(!is_note || frame.is_none(), "the contact is never told");
        }
    }

    world.ends("alice", work.id).await.unwrap();
    world.note("alice", work.id, "after the end").await;
    world.done("alice", work.id).await.unwrap();
    let late = world.engine.note(&name("alice"), work.id, world.client_id(), text("too late")).await;
    assert_eq!(refusal(late), Refusal::AlreadyDone);
    assert_eq!(words_in(&world.reads("bob", &ann).await).last(), Some(&"after the end"));
}

#[tokio::test]
async fn of_two_who_close_at_once_both_are_right_and_it_is_closed_once() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let mut desk = world.desk("alice").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    desk.events().await;
    let (first, second) = tokio::join!(world.done("alice", work.id), world.done("alice", work.id));
    assert_eq!(first.unwrap().version, second.unwrap().version);
    let told = desk.events().await;
    let gone = told.iter().filter(|event| matches!(event, FeedEvent::InteractionGone { .. })).count();
    assert_eq!(gone, 1, "{told:?}");
}

#[tokio::test]
async fn what_a_colleague_has_is_named_and_not_shown() {
    let world = World::with(|config| {
        config.queues.push(QueueName::new("sales").unwrap().into());
        agent(config, "carol").queues = [QueueName::new("sales").unwrap()].into();
    })
    .await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let foreign = world.opens("carol", &ann).await;
    assert!(matches!(foreign, Err(EngineError::Denied(_))), "she does not serve that queue: {foreign:?}");
    assert_eq!(world.state(&ann).await, StateName::Queued, "nothing moved");

    let work = world.opens("alice", &ann).await.unwrap();
    assert_eq!((work.state, work.owner.as_ref()), (StateName::Active, Some(&name("alice"))));
    assert_eq!(world.opens("alice", &ann).await.unwrap().id, work.id, "her own is given again");
    match world.opens("bob", &ann).await {
        Err(EngineError::HeldBy { agent }) => assert_eq!(agent, name("alice")),
        other => panic!("expected that it is Alice's: {other:?}"),
    }
    let seen = |agent: &'static str| {
        let (engine, agent) = (world.engine.clone(), name(agent));
        async move { engine.contact(&agent, ann.contact).await.unwrap().interactions.len() }
    };
    assert_eq!((seen("alice").await, seen("bob").await), (1, 0));

    world.ends("alice", work.id).await.unwrap();
    assert_eq!(
        world.opens("bob", &ann).await.unwrap().id,
        work.id,
        "what is over anybody may continue (r28)"
    );
    assert_eq!(world.state(&ann).await, StateName::Ended, "and it is not continued by looking");
    assert_eq!(seen("bob").await, 1);
}

#[tokio::test]
async fn r44_an_answer_from_the_communication_view_is_an_answer() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    assert!(world.see("alice", work.id).await.pending.is_some());
    let beside = world.writes("bob", &ann, "a word from Bob").await.unwrap();
    assert_eq!(beside.interaction, None, "he has no part in it");
    assert!(world.see("alice", work.id).await.pending.is_some());

    let answer = world.writes("alice", &ann, "good day").await.unwrap();
    assert_eq!((answer.interaction, answer.segment), (Some(work.id), 1));
    assert!(world.see("alice", work.id).await.pending.is_none());
}
