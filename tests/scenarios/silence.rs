//! Contacts who do not answer, and work that is put aside (r22).

use std::time::Duration;

use parlor::engine::{Config, EngineError};
use parlor::interaction::StateName;
use parlor::model::{Content, LifecycleNotice, SystemNotice, Visibility};

use crate::world::{World, everybody_holds, name, seconds};

fn rules(config: &mut Config) {
    config.rules.interaction.idle_notice = Some(seconds(255));
    config.rules.interaction.idle_end = Some(seconds(45));
}

async fn notices(world: &World, of: &parlor::engine::ContactSession) -> Vec<LifecycleNotice> {
    let all = world.reads("alice", of).await.into_iter();
    all.filter_map(|message| match message.content {
        Content::System { notice: SystemNotice::Lifecycle { change, .. } } => {
            assert!(change != LifecycleNotice::ContactSilent || message.visibility == Visibility::Internal);
            Some(change)
        }
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn r22_who_is_silent_is_noticed_and_then_the_session_ends() {
    let world = World::with(rules).await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.pass(seconds(400)).await;
    assert_eq!(world.state(&ann).await, StateName::Active, "the contact waits for the agent");
    world.answers("alice", work.id, "how can I help?").await.unwrap();
    world.pass(seconds(254)).await;
    assert!(!notices(&world, &ann).await.contains(&LifecycleNotice::ContactSilent));
    world.pass(seconds(1)).await;
    assert!(notices(&world, &ann).await.contains(&LifecycleNotice::ContactSilent));
    world.pass(seconds(44)).await;
    assert_eq!(world.state(&ann).await, StateName::Active);
    world.pass(seconds(1)).await;
    assert_eq!(world.see("alice", work.id).await.ended.unwrap().by, "system");
    assert_eq!(world.heard_by(&ann).await, ["hello", "how can I help?"], "the contact is told nothing of it");
}

#[tokio::test]
async fn r22_silence_goes_on_over_a_restart_and_ends_with_a_word() {
    let world = World::with(rules).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.answers("alice", work.id, "how can I help?").await.unwrap();
    world.pass(seconds(200)).await;
    let world = world.restarted(rules).await;
    world.pass(seconds(55)).await;
    assert!(notices(&world, &ann).await.contains(&LifecycleNotice::ContactSilent));
    world.says(&ann, "sorry, I was away").await;
    world.pass(seconds(3_600)).await;
    assert_eq!(world.state(&ann).await, StateName::Active);
}

#[tokio::test]
async fn r22_parked_work_takes_no_room_and_comes_back_through_the_gate() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let _desk = world.desk("alice").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    let alice = name("alice");
    let parked = world.engine.park(&alice, work.id, world.once()).await.unwrap();
    assert_eq!((parked.state, parked.owner.clone()), (StateName::Active, Some(name("alice"))));
    assert_eq!(parked.parked, Some(world.clock_now()));
    assert_eq!(world.load("alice").await, 0);
    assert_eq!(world.work("alice").await.len(), 1, "it stays in her view");

    let other = world.talks("alice", &ben, "hello").await;
    assert_eq!(world.load("alice").await, 1);
    match world.answers("alice", work.id, "back to you").await {
        Err(EngineError::AtCapacity { agent }) => assert_eq!(agent, alice),
        other => panic!("expected that there is no room: {other:?}"),
    }
    assert_eq!(world.heard_by(&ann).await, ["hello"], "nothing was sent");

    world.ends("alice", other.id).await.unwrap();
    world.done("alice", other.id).await.unwrap();
    let taken = world.engine.unpark(&alice, work.id, world.once()).await.unwrap();
    assert_eq!((taken.state, taken.parked), (StateName::Active, None));
    assert_eq!(world.load("alice").await, 1);
}

#[tokio::test]
async fn r22_parked_work_without_room_is_queued_and_never_lost() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    let alice = name("alice");
    world.engine.park(&alice, work.id, world.once()).await.unwrap();
    let other = world.talks("alice", &ben, "hello").await;
    let queued = world.engine.unpark(&alice, work.id, world.once()).await.unwrap();
    world.engine.settle().await;
    assert_eq!(queued.state, StateName::Queued);
    assert_eq!(world.load("alice").await, 1, "no more than she may hold");
    world.ready("bob").await;
    assert_eq!(world.offer("bob").await.interaction.id, work.id, "preferred is not forced");
    world.not_ready("bob").await;
    let offer = world.offer("bob").await.id;
    world.decline("bob", offer).await.unwrap();
    world.ends("alice", other.id).await.unwrap();
    world.done("alice", other.id).await.unwrap();
    assert_eq!(world.takes("alice").await.id, work.id);
}

#[tokio::test]
async fn r22_the_contacts_message_brings_parked_work_back_to_its_owner_first() {
    let world = World::new().await;
    let _desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.engine.park(&name("alice"), work.id, world.once()).await.unwrap();
    world.skip(Duration::from_secs(5)).await;
    world.ready("bob").await;
    let received = world.says(&ann, "one more thing").await;
    assert!(!received.repeated);
    assert_eq!(world.offer("alice").await.interaction.id, work.id);
    assert_eq!(world.offers("bob").await.len(), 0);
    let again = world.takes("alice").await;
    assert_eq!((again.id, again.segment, again.parked), (work.id, 1, None));
    assert_eq!(world.heard_by(&ann).await, ["hello", "one more thing"]);
}
