//! The Conversation and the Communication view.

use std::collections::BTreeSet;

use parlor::engine::permission::{Denial, Missing};
use parlor::engine::{ContactEdit, ContactsRequest, EngineError, FeedEvent, Inbound};
use parlor::model::{FlagName, ProviderMessageId};

use crate::world::{World, agent, name, page, seconds, words_in, words_of};

fn missing_flag(result: Result<impl std::fmt::Debug, EngineError>) -> FlagName {
    match result {
        Err(EngineError::Denied(Denial { missing: Missing::Flag(flag), .. })) => flag,
        other => panic!("expected that a feature is disabled: {other:?}"),
    }
}

/// Row 16: what is not there says so, by name, and changes nothing.
#[tokio::test]
async fn r16_what_is_switched_off_is_refused_by_its_name_and_never_silently() {
    let world = World::with(|config| {
        let flags = &mut agent(config, "alice").flags;
        (flags.conversation_view, flags.communication_view) = (false, false);
    })
    .await;
    let ann = world.visitor("ann").await;
    let before = world.says(&ann, "hello").await.sequence;
    let mut request = page(50);
    request.in_interaction = true;
    let engine = &world.engine;
    let read = engine.conversation(&name("alice"), ann.contact, &request).await;
    assert_eq!(missing_flag(read), FlagName::ConversationView);
    let read = engine.conversation(&name("alice"), ann.contact, &page(50)).await;
    assert_eq!(missing_flag(read), FlagName::CommunicationView);
    assert_eq!(missing_flag(world.writes("alice", &ann, "hello").await), FlagName::CommunicationView);
    assert_eq!(missing_flag(engine.watch(&name("alice"), Some(ann.contact))), FlagName::CommunicationView);
    assert_eq!(world.store.last_messages(ann.thread, 1).await.unwrap()[0].sequence, before);

    assert!(engine.conversation(&name("bob"), ann.contact, &request).await.is_ok(), "others have it");
    assert!(engine.conversation(&name("bob"), ann.contact, &page(50)).await.is_ok());
}

#[tokio::test]
async fn r76_the_conversation_view_is_there_only_with_asynchronous_chat() {
    let world = World::with(|config| {
        agent(config, "alice").flags.async_enabled = false;
        agent(config, "bob").flags.conversation_view = false;
    })
    .await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let mut request = page(50);
    request.in_interaction = true;
    let read = |agent: &'static str| {
        let (engine, agent) = (world.engine.clone(), name(agent));
        let request = request.clone();
        async move { engine.conversation(&agent, ann.contact, &request).await }
    };
    assert_eq!(missing_flag(read("alice").await), FlagName::AsyncEnabled);
    assert_eq!(missing_flag(read("bob").await), FlagName::ConversationView);
    assert_eq!(words_in(&read("carol").await.unwrap().messages), ["hello"]);
}

#[tokio::test]
async fn r77_the_conversation_has_what_every_agent_wrote_on_every_channel() {
    let world = World::with_channels(&["shop"]).await;
    let (site, shop) = (world.visitor_on("website", "ann").await, world.visitor_on("shop", "ann").await);
    let first = world.talks("alice", &site, "hello").await;
    world.answers("alice", first.id, "I am Alice").await.unwrap();
    world.ends("alice", first.id).await.unwrap();
    world.done("alice", first.id).await.unwrap();
    world.not_ready("alice").await;
    let second = world.talks("bob", &shop, "and here").await;
    world.answers("bob", second.id, "I am Bob").await.unwrap();
    let mut request = page(50);
    request.in_interaction = true;
    let seen = world.engine.conversation(&name("bob"), second.contact.id, &request).await.unwrap().messages;
    assert_eq!(words_in(&seen), ["hello", "I am Alice", "and here", "I am Bob"]);
    let authors: Vec<_> = seen.iter().filter_map(|message| message.author.name.as_deref()).collect();
    assert_eq!(authors, ["alice", "bob"]);
}

#[tokio::test]
async fn r78_the_transcript_is_the_same_in_both_areas() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let earlier = world.talks("alice", &ann, "yesterday").await;
    world.ends("alice", earlier.id).await.unwrap();
    world.done("alice", earlier.id).await.unwrap();
    world.says(&ann, "today").await;
    desk.events().await;
    let current = world.takes("alice").await;
    world.answers("alice", current.id, "an answer").await.unwrap();
    world.says(&ann, "a question").await;
    world.note("alice", current.id, "a note").await;
    world.ends("alice", current.id).await.unwrap();
    world.answers("alice", current.id, "one more thing").await.unwrap();

    let area: Vec<_> = desk
        .events()
        .await
        .into_iter()
        .filter_map(|event| match event {
            FeedEvent::Message(message) if message.interaction == Some(current.id) => Some(*message),
            _ => None,
        })
        .collect();
    assert!(area.len() > 6, "{area:?}");
    let mut request = page(50);
    request.in_interaction = true;
    let tab = world.engine.conversation(&name("alice"), ann.contact, &request).await.unwrap().messages;
    assert!(words_in(&tab).contains(&"yesterday"), "the tab has more");
    let common: Vec<_> =
        tab.into_iter().filter(|message| area.iter().any(|one| one.id == message.id)).collect();
    assert_eq!(common, area);
}

#[tokio::test]
async fn r79_paging_skips_and_repeats_nothing_while_messages_arrive() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    for n in 0..300 {
        world.engine.receive(&ann, world.inbound(&format!("old {n}"))).await.unwrap();
    }
    let mut new = 0;
    let mut request = page(13);
    let first = world.engine.conversation(&name("alice"), ann.contact, &request).await.unwrap();
    let mut back = words_in(&first.messages).into_iter().map(str::to_owned).collect::<Vec<_>>();
    request.before.clone_from(&first.before);
    while request.before.is_some() {
        for _ in 0..40 {
            world.engine.receive(&ann, world.inbound(&format!("new {new}"))).await.unwrap();
            new += 1;
        }
        let page = world.engine.conversation(&name("alice"), ann.contact, &request).await.unwrap();
        let mut older: Vec<_> = words_in(&page.messages).into_iter().map(str::to_owned).collect();
        older.append(&mut back);
        back = older;
        request.before = page.before;
    }
    assert_eq!(back, (0..300).map(|n| format!("old {n}")).collect::<Vec<_>>());
    while new < 1_000 {
        world.engine.receive(&ann, world.inbound(&format!("new {new}"))).await.unwrap();
        new += 1;
    }

    let mut on = Vec::new();
    let mut request = page(97);
    request.after = Some(first.after);
    loop {
        let page = world.engine.conversation(&name("alice"), ann.contact, &request).await.unwrap();
        if page.messages.is_empty() {
            assert_eq!(Some(page.after), request.after, "the cursor may be asked again later");
            break;
        }
        on.extend(words_in(&page.messages).into_iter().map(str::to_owned));
        request.after = Some(page.after);
    }
    assert_eq!(on, (0..1_000).map(|n| format!("new {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn r94_an_agent_reads_and_continues_what_others_had() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.answers("alice", work.id, "I am Alice").await.unwrap();
    world.ends("alice", work.id).await.unwrap();
    assert_eq!(words_in(&world.reads("bob", &ann).await), ["hello", "I am Alice"]);
    let message = world.answers("bob", work.id, "and I am Bob").await.unwrap();
    assert_eq!(message.author.name.as_deref(), Some("bob"));
    assert_eq!(world.see("bob", work.id).await.owner, Some(name("bob")));
}

#[tokio::test]
async fn r95_the_list_and_the_transcript_are_asked_for_separately() {
    let world = World::new().await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.says(&ann, "I am Ann").await;
    world.says(&ben, "I am Ben").await;
    let list = world.engine.contacts(&name("alice"), &ContactsRequest::default()).await.unwrap().contacts;
    let listed: Vec<_> =
        list.iter().map(|contact| (contact.id, contact.last.as_ref().unwrap().text.as_str())).collect();
    assert_eq!(listed, [(ben.contact, "I am Ben"), (ann.contact, "I am Ann")], "the newest first");
    assert_eq!(words_in(&world.reads("alice", &ann).await), ["I am Ann"]);
    assert_eq!(words_in(&world.reads("alice", &ben).await), ["I am Ben"]);
}

#[tokio::test]
async fn r96_a_contact_shows_what_was_written_on_all_channels_in_one_order() {
    let world = World::with_channels(&["shop", "app"]).await;
    let mut on = Vec::new();
    for channel in ["website", "shop", "app"] {
        on.push(world.visitor_on(channel, "ann").await);
    }
    assert!(on.iter().all(|one| one.contact == on[0].contact));
    let mut expected = Vec::new();
    for n in 0..12 {
        let visitor = &on[n * 7 % 3];
        world.says(visitor, &format!("word {n}")).await;
        expected.push((visitor.channel.clone(), format!("word {n}")));
        world.pass(seconds(1)).await;
    }
    let seen: Vec<_> = world
        .reads("alice", &on[0])
        .await
        .into_iter()
        .map(|message| (message.channel.clone(), message.content.text().unwrap().to_owned()))
        .collect();
    assert_eq!(seen, expected);

    // What arrives late is committed last and says when it was written, so that it is displayed at its place.
    let mut late = Inbound::new(ProviderMessageId::new("late"), words_of("word 5.5"));
    late.provider_time = Some(world.clock_now() - seconds(6) - std::time::Duration::from_millis(500));
    world.engine.receive(&on[1], late).await.unwrap();
    let mut messages = world.reads("alice", &on[0]).await;
    assert!(messages.is_sorted_by_key(|message| message.position));
    assert_eq!(messages.last().unwrap().content.text(), Some("word 5.5"));
    messages.sort_by_key(|message| (message.provider_time.unwrap_or(message.at), message.position));
    assert_eq!(words_in(&messages)[5..8], ["word 5", "word 5.5", "word 6"]);
    let view = world.engine.contact(&name("alice"), on[0].contact).await.unwrap();
    assert_eq!(view.threads.len(), 3);
}

#[tokio::test]
async fn r97_where_the_view_has_no_message_field_an_interaction_must_be_opened() {
    let world = World::with(|config| agent(config, "alice").flags.compose_from_communication = false).await;
    let ann = world.visitor("ann").await;
    let before = world.store.totals().await.unwrap();
    let refused = world.writes("alice", &ann, "hello").await;
    assert!(matches!(refused, Err(EngineError::MustOpenInteraction)), "{refused:?}");
    assert_eq!(world.store.totals().await.unwrap(), before, "nothing was written");
    let work = world.opens("alice", &ann).await.unwrap();
    world.answers("alice", work.id, "hello").await.unwrap();
    world.writes("bob", &ann, "others have the field").await.unwrap();
    assert_eq!(world.heard_by(&ann).await, ["hello", "others have the field"]);
}

#[tokio::test]
async fn r110_a_contact_is_active_on_the_channels_where_they_are() {
    let world = World::with_channels(&["shop"]).await;
    let (site, shop) = (world.visitor_on("website", "ann").await, world.visitor_on("shop", "ann").await);
    world.says(&site, "hello").await;
    let is = |on: &[&str]| on.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let active = || async {
        let list = world.engine.contacts(&name("alice"), &ContactsRequest::default()).await.unwrap();
        let view = world.engine.contact(&name("alice"), site.contact).await.unwrap();
        assert_eq!(list.contacts[0].active_channels, view.active_channels);
        view.active_channels.iter().map(ToString::to_string).collect::<BTreeSet<_>>()
    };
    assert!(active().await.is_empty());
    let first = world.engine.contact_connects(&site);
    assert_eq!(active().await, is(&["website"]));
    let second = world.engine.contact_connects(&shop);
    assert_eq!(active().await, is(&["website", "shop"]));
    drop(first);
    assert_eq!(active().await, is(&["shop"]));
    world.leaves(&shop).await;
    assert!(active().await.is_empty(), "who has said goodbye is not there");
    drop(second);
    assert!(active().await.is_empty());
}

#[tokio::test]
async fn r111_who_does_not_have_the_communication_view_is_told_so() {
    let world = World::with(|config| agent(config, "alice").flags.communication_view = false).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let alice = name("alice");
    let engine = &world.engine;
    let view = FlagName::CommunicationView;
    assert_eq!(missing_flag(engine.contacts(&alice, &ContactsRequest::default()).await), view);
    assert_eq!(missing_flag(engine.conversation(&alice, ann.contact, &page(50)).await), view);
    assert_eq!(missing_flag(world.writes("alice", &ann, "hello").await), view);
    assert_eq!(missing_flag(engine.watch(&alice, Some(ann.contact))), view);
    // What one view does not show cannot be had by asking from the other one, nor by taking the contact into the list.
    let mut request = page(50);
    request.in_interaction = true;
    assert_eq!(missing_flag(engine.conversation(&alice, ann.contact, &request).await), view);
    assert_eq!(missing_flag(engine.contact(&alice, ann.contact).await), view);
    assert_eq!(missing_flag(engine.set_assigned(&alice, ann.contact, true).await), view);
    assert_eq!(missing_flag(engine.mark_read(&alice, ann.contact, None).await), view);
    let edit = ContactEdit::new(ann.contact, 1);
    assert_eq!(missing_flag(engine.edit_contact(&alice, edit).await), view);
    assert_eq!(words_in(&world.reads("bob", &ann).await), ["hello"]);

    // Of their own work they see everything, from the offer on (r12).
    let mut desk = world.desk("alice").await;
    world.ready("alice").await;
    let seen = engine.conversation(&alice, ann.contact, &request).await.unwrap();
    assert_eq!(words_in(&seen.messages), ["hello"]);
    let work = world.takes("alice").await;
    assert_eq!(engine.contact(&alice, ann.contact).await.unwrap().interactions.len(), 1);
    world.ends("alice", work.id).await.unwrap();
    world.done("alice", work.id).await.unwrap();
    world.not_ready("alice").await;
    desk.events().await;
    world.writes("bob", &ann, "by the way").await.unwrap();
    world.says(&ann, "thank you").await;
    let told = desk.events_named("message").await;
    assert!(told.is_empty(), "she has known the contact, and has nothing to do with them now: {told:?}");
    assert_eq!(missing_flag(engine.conversation(&alice, ann.contact, &request).await), view);
}

#[tokio::test]
async fn r111_on_premises_there_are_neither_of_the_two_views() {
    use parlor::model::Deployment;

    let world = World::with(|config| agent(config, "alice").flags.deployment = Deployment::OnPremises).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    for in_interaction in [true, false] {
        let mut request = page(50);
        request.in_interaction = in_interaction;
        let refused = world.engine.conversation(&name("alice"), ann.contact, &request).await;
        assert!(matches!(refused, Err(EngineError::Denied(_))), "{refused:?}");
    }
    assert!(world.engine.contacts(&name("alice"), &ContactsRequest::default()).await.is_err());
}
