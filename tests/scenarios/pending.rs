//! How long the contact has waited for an answer.

use std::time::Duration;

use parlor::engine::{ChannelRules, FeedEvent, view};
use parlor::interaction::{Command, Context, Policy, State, StateName, TransferTarget};
use parlor::model::{Id, InteractionId, OfferMode, Timestamp, TransferId};
use parlor::transcript::{Colour, Thresholds, needs_attention};

use crate::desk::Desk;
use crate::world::{World, channel, name, seconds};

const MILLISECOND: Duration = Duration::from_millis(1);

async fn pending(world: &World, id: InteractionId) -> Option<view::PendingView> {
    world.see("alice", id).await.pending
}

async fn since(world: &World, id: InteractionId) -> Option<Timestamp> {
    pending(world, id).await.map(|pending| pending.since)
}

/// The colours that the feed told, each with the moment it was told for.
async fn colours(desk: &mut Desk) -> Vec<Option<(Colour, bool, Duration)>> {
    let told = desk.events_named("pending").await;
    told.into_iter()
        .map(|event| match event {
            FeedEvent::Pending { pending, .. } => {
                pending.map(|pending| (pending.colour, pending.flashing, pending.elapsed))
            }
            other => panic!("unexpected: {other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn r40_it_counts_from_acceptance() {
    let world = World::new().await;
    world.ready("alice").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.pass(seconds(7)).await;
    let offer = world.offer("alice").await;
    assert_eq!(offer.interaction.pending, None, "nobody has it yet");
    let taken = world.accept("alice", offer.id).await.unwrap();
    let accepted_at = world.clock_now();
    world.pass(seconds(5)).await;
    let pending = pending(&world, taken.id).await.unwrap();
    assert_eq!((pending.since, pending.elapsed), (accepted_at, seconds(5)));
}

#[tokio::test]
async fn r41_it_is_green_at_first() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let pending = world.talks("alice", &ann, "hello").await.pending.unwrap();
    assert_eq!((pending.colour, pending.flashing, pending.elapsed), (Colour::Green, false, Duration::ZERO));
}

#[tokio::test]
async fn r42_it_is_yellow_from_the_first_limit_on() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.skip(seconds(60) - MILLISECOND).await;
    assert_eq!(pending(&world, work.id).await.unwrap().colour, Colour::Green);
    world.skip(MILLISECOND).await;
    let pending = pending(&world, work.id).await.unwrap();
    assert_eq!((pending.colour, pending.flashing), (Colour::Yellow, false));
}

#[tokio::test]
async fn r42_a_channel_may_have_limits_of_its_own() {
    let world = World::with_channels_that(&["shop"], |config| {
        let mut rules = ChannelRules::default();
        rules.pending = Some(Thresholds::new(seconds(5), seconds(9)).unwrap());
        config.channel_rules.insert(channel("shop"), rules);
    })
    .await;
    let (site, shop) = (world.visitor_on("website", "ann").await, world.visitor_on("shop", "ben").await);
    let _present = world.desk("alice").await;
    let slow = world.talks("alice", &site, "hello").await;
    let quick = world.talks("alice", &shop, "hello").await;
    world.pass(seconds(5)).await;
    assert_eq!(pending(&world, slow.id).await.unwrap().colour, Colour::Green);
    assert_eq!(pending(&world, quick.id).await.unwrap().colour, Colour::Yellow);
    world.pass(seconds(4)).await;
    assert_eq!(pending(&world, quick.id).await.unwrap().colour, Colour::Red);
}

#[tokio::test]
async fn r43_it_is_red_and_flashes_from_the_second_limit_on_and_each_change_is_told_once() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.skip(seconds(180) - MILLISECOND).await;
    assert_eq!(pending(&world, work.id).await.unwrap().colour, Colour::Yellow);
    world.skip(MILLISECOND).await;
    let red = pending(&world, work.id).await.unwrap();
    assert_eq!((red.colour, red.flashing), (Colour::Red, true));
    desk.events().await;

    world.answers("alice", work.id, "sorry").await.unwrap();
    world.says(&ann, "well?").await;
    desk.events().await;
    world.pass(seconds(600)).await;
    assert_eq!(
        colours(&mut desk).await,
        [Some((Colour::Yellow, false, seconds(60))), Some((Colour::Red, true, seconds(180)))],
        "two limits, two events"
    );
}

#[tokio::test]
async fn r44_an_agents_message_stops_it_and_the_contacts_next_one_starts_it() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.pass(seconds(1)).await;
    world.answers("alice", work.id, "hello Ann").await.unwrap();
    assert_eq!(pending(&world, work.id).await, None);

    world.pass(seconds(1)).await;
    let first = world.says(&ann, "a question").await.at;
    assert_eq!(since(&world, work.id).await, Some(first));
    world.pass(seconds(1)).await;
    world.says(&ann, "hello?").await;
    assert_eq!(since(&world, work.id).await, Some(first), "the first of several counts");
}

#[tokio::test]
async fn r44_what_is_no_answer_does_not_stop_it() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let started = since(&world, work.id).await;
    assert!(started.is_some());
    world.pass(seconds(1)).await;
    world.engine.agent_typing(&name("alice"), work.id, true).await.unwrap();
    world.engine.contact_typing(&ann, true);
    world.note("alice", work.id, "call back").await;
    world.engine.set_disposition(&name("alice"), work.id, "resolved", world.once()).await.unwrap();
    assert_eq!(since(&world, work.id).await, started);
}

#[tokio::test]
async fn r44_what_an_agent_begins_waits_for_nobody() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.opens("alice", &ann).await.unwrap();
    assert_eq!((work.state, work.pending), (StateName::Active, None));
    let at = world.says(&ann, "yes?").await.at;
    assert_eq!(since(&world, work.id).await, Some(at));
}

#[tokio::test]
async fn r44_the_end_stops_it_and_what_the_contact_writes_then_starts_it() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    assert_eq!(world.ends("alice", work.id).await.unwrap().pending, None);
    world.pass(seconds(1)).await;
    let at = world.says(&ann, "one more thing").await.at;
    assert_eq!(pending(&world, work.id).await, None, "nobody has it");
    world.pass(seconds(3)).await;
    let again = world.takes("alice").await;
    assert_eq!((again.id, again.pending.unwrap().since), (work.id, at));

    world.ends("alice", work.id).await.unwrap();
    world.answers("alice", work.id, "by the way").await.unwrap();
    assert_eq!(pending(&world, work.id).await, None, "an agent went on: nobody waits");
}

#[tokio::test]
async fn r44_an_automatic_answer_counts_from_its_moment() {
    let world = World::with(|config| config.channels[0].offer = OfferMode::Auto).await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    world.pass(seconds(5)).await;
    world.ready("alice").await;
    let work = world.work("alice").await.remove(0);
    assert_eq!(work.pending.unwrap().since, world.clock_now());
}

#[tokio::test]
async fn r44_a_transfer_keeps_it() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    let before = world.latest(&ann).await;
    let policy = Policy::default();
    let cx = Context { now: world.clock_now() + seconds(9), policy: &policy };
    let transfer = TransferId::from_uuid(world.client_id().0);
    let ask = Command::RequestTransfer {
        transfer,
        by: name("alice"),
        target: TransferTarget::Agent(name("bob")),
        expires_at: cx.now + seconds(20),
    };
    let asked = before.handle(&ask, cx).unwrap().interaction;
    let accept = Command::AcceptTransfer { transfer, agent: name("bob") };
    let after = asked.handle(&accept, cx).unwrap().interaction;
    assert_eq!(after.owner(), Some(&name("bob")));
    assert!(before.unanswered_since.is_some());
    assert_eq!(after.unanswered_since, before.unanswered_since);
    assert!(matches!(after.state, State::Active(_)));
}

#[tokio::test]
async fn r45_attention_is_asked_for_whatever_the_colour_while_the_window_is_behind() {
    let world = World::new().await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    for colour in [Colour::Green, Colour::Yellow, Colour::Red] {
        let pending = pending(&world, work.id).await;
        assert_eq!(pending.as_ref().map(|pending| pending.colour), Some(colour));
        assert!(needs_attention(pending.is_some(), false));
        assert!(!needs_attention(pending.is_some(), true));
        world.skip(seconds(90)).await;
    }
    world.answers("alice", work.id, "sorry").await.unwrap();
    assert!(!needs_attention(pending(&world, work.id).await.is_some(), false));
}

#[tokio::test]
async fn r46_the_time_and_the_last_lines_are_shown() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "one").await;
    world.answers("alice", work.id, "two").await.unwrap();
    world.says(&ann, "three").await;
    world.pass(seconds(5)).await;
    world.answers("alice", work.id, "four").await.unwrap();
    let now = world.see("alice", work.id).await;
    let lines: Vec<_> = now.tail.iter().map(|line| (line.author.kind, line.text.as_str())).collect();
    assert_eq!(lines, [("agent", "two"), ("contact", "three"), ("agent", "four")]);
    assert_eq!(now.elapsed, seconds(5));
    assert_eq!(now.tail[2].at.since(now.tail[1].at), seconds(5));
    let ended = world.ends("alice", work.id).await.unwrap();
    assert_eq!(ended.tail, now.tail, "what the engine says is no line of anybody's");
}

#[tokio::test]
async fn r47_it_goes_on_over_a_restart_as_if_nothing_had_stopped() {
    let world = World::new().await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let first = world.talks("alice", &ann, "hello").await;
    world.skip(seconds(150)).await;
    let second = world.talks("alice", &ben, "hello").await;
    world.skip(seconds(20)).await;
    let before = pending(&world, first.id).await.unwrap();
    world.clock.advance(seconds(10) - MILLISECOND);

    let world = world.restarted(|_| {}).await;
    let mut desk = world.desk("alice").await;
    let after = pending(&world, first.id).await.unwrap();
    assert_eq!(after.since, before.since);
    assert_eq!((after.colour, after.elapsed), (Colour::Yellow, seconds(180) - MILLISECOND));
    assert_eq!(pending(&world, second.id).await.unwrap().colour, Colour::Green);
    desk.events().await;
    world.skip(MILLISECOND).await;
    world.skip(seconds(30)).await;
    let told: Vec<_> = colours(&mut desk).await.into_iter().flatten().map(|(colour, ..)| colour).collect();
    assert_eq!(told, [Colour::Red, Colour::Yellow], "and each limit is told when it is reached");

    world.clock.advance(seconds(600));
    let world = world.restarted(|_| {}).await;
    for id in [first.id, second.id] {
        assert_eq!(pending(&world, id).await.unwrap().colour, Colour::Red, "ten minutes later");
    }
}
