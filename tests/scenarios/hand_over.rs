//! Handing an interaction over: somebody has it at every moment, and only one.

use parlor::engine::permission::Missing;
use parlor::engine::{EngineError, FeedEvent, HandTo, InvalidTarget, Once, RequestGone, RequestKind};
use parlor::interaction::{Holder, Refusal, StateName};
use parlor::model::{
    Content, FlagName, InteractionId, LifecycleNotice, Medium, QueueName, Role, SystemNotice, TransferId,
    Visibility,
};

use crate::desk::Desk;
use crate::truth;
use crate::world::{World, agent, everybody_holds, name, seconds, text, words_in};

fn to(agent: &str) -> HandTo {
    HandTo::Agent(name(agent))
}

fn into(queue: &str) -> HandTo {
    HandTo::Queue(QueueName::new(queue).unwrap())
}

impl World {
    async fn hands(&self, from: &str, id: InteractionId, to: HandTo) -> Result<TransferId, EngineError> {
        let view = self.engine.transfer(&name(from), id, to, None, self.once()).await?;
        self.engine.settle().await;
        Ok(view.transfer.expect("it waits for an answer").id)
    }
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused(error)) => error.refusal,
        other => panic!("expected a refusal: {other:?}"),
    }
}

fn invalid<T: std::fmt::Debug>(result: Result<T, EngineError>) -> InvalidTarget {
    match result {
        Err(EngineError::InvalidTarget { reason }) => reason,
        other => panic!("expected an invalid target: {other:?}"),
    }
}

/// What a desk was told of requests.
pub(crate) async fn told(desk: &mut Desk) -> Vec<(RequestKind, Option<RequestGone>)> {
    desk.events()
        .await
        .into_iter()
        .filter_map(|event| match event {
            FeedEvent::Request(request) => Some((request.kind, None)),
            FeedEvent::RequestGone(gone) => Some((gone.kind, Some(gone.reason))),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn r48_a_colleague_is_asked_and_the_owner_keeps_it_until_they_accept() {
    let world = World::new().await;
    let mut desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    desk.news().await;
    let transfer = world.hands("alice", work.id, to("bob")).await.unwrap();

    let kept = world.latest(&ann).await;
    let (alice, bob) = (name("alice"), name("bob"));
    assert_eq!(kept.holder(), Holder::Transfer { transfer, owner: &alice, to: &bob });
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 1), "a place is kept for him");
    world.answers("alice", work.id, "one moment").await.unwrap();
    let asked = world.requests("bob").await.remove(0);
    assert_eq!((asked.kind, asked.by, asked.interaction.id), (RequestKind::Transfer, name("alice"), work.id));
    assert!(world.work("bob").await.is_empty(), "it is not his yet");
    assert_eq!(refusal(world.answers("bob", work.id, "hello").await.map_err(denied)), Refusal::NotAMember);
    assert_eq!(told(&mut desk).await, [(RequestKind::Transfer, None)]);
    assert_eq!(truth::findings(&world, &[]).await.iter().filter(|one| one.contains("holds")).count(), 0);

    let taken = world.engine.accept_transfer(&name("bob"), transfer, world.once()).await.unwrap();
    world.engine.settle().await;
    assert_eq!((taken.owner, taken.state), (Some(name("bob")), StateName::Active));
    assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1));
    assert!(world.work("alice").await.is_empty());
    assert_eq!(world.work("bob").await.len(), 1);
    assert!(world.requests("bob").await.is_empty());
    assert_eq!(told(&mut desk).await, [(RequestKind::Transfer, Some(RequestGone::Accepted))]);
    let again = world.engine.accept_transfer(&name("bob"), transfer, Once(None)).await.unwrap();
    assert_eq!(again.version, taken.version, "the same answer, and nothing changed");
    let late = world.engine.cancel_transfer(&name("alice"), transfer, Once(None)).await;
    assert_eq!(refusal(late), Refusal::TransferGone);
}

/// What the transcript says of transfers, with whether the contact may see it.
async fn lines_of(world: &World, of: &parlor::engine::ContactSession) -> Vec<(LifecycleNotice, Visibility)> {
    let all = world.reads("alice", of).await.into_iter();
    let changes = all.filter_map(|message| match message.content {
        Content::System { notice: SystemNotice::Lifecycle { change, .. } } => {
            Some((change, message.visibility))
        }
        _ => None,
    });
    // Whoever took it first.
    changes.skip(1).collect()
}

#[tokio::test]
async fn r48_the_transcript_says_what_came_of_a_transfer_and_the_contact_hears_of_a_change_only() {
    for end in ["accept", "decline", "cancel", "let pass"] {
        let world = World::new().await;
        let _desks = (world.comes("alice").await, world.comes("bob").await);
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let transfer = world.hands("alice", work.id, to("bob")).await.unwrap();
        let (alice, bob) = (name("alice"), name("bob"));
        let asked = LifecycleNotice::TransferRequested { by: alice.clone(), to: bob.clone() };
        assert_eq!(lines_of(&world, &ann).await, [(asked.clone(), Visibility::Internal)], "while it is open");
        let came = match end {
            "accept" => {
                world.engine.accept_transfer(&bob, transfer, world.once()).await.unwrap();
                (LifecycleNotice::Joined { agent: bob }, Visibility::Private)
            }
            "decline" => {
                world.engine.decline_transfer(&bob, transfer, world.once()).await.unwrap();
                (LifecycleNotice::TransferDeclined { agent: bob }, Visibility::Internal)
            }
            "cancel" => {
                world.engine.cancel_transfer(&alice, transfer, world.once()).await.unwrap();
                (LifecycleNotice::TransferCancelled { agent: alice }, Visibility::Internal)
            }
            _ => {
                world.pass(seconds(30)).await;
                (LifecycleNotice::TransferExpired, Visibility::Internal)
            }
        };
        world.engine.settle().await;
        let seen = usize::from(came.1 != Visibility::Internal);
        assert_eq!(lines_of(&world, &ann).await, [(asked, Visibility::Internal), came], "{end}");
        let frames = world.engine.contact_messages(&ann, 0, 100).await.unwrap();
        let shown = frames
            .iter()
            .filter_map(|message| parlor::webchat::visible(message, ToString::to_string))
            .count();
        assert_eq!(shown, 2 + seen, "{end}: her word, who took it, and a change of hands if there was one");
    }
}

/// An agent who is asked may read, and is denied for want of a part; the machine would say the same.
fn denied(error: EngineError) -> EngineError {
    match error {
        EngineError::Denied(denial) => {
            assert_eq!(denial.missing, Missing::Part);
            EngineError::Refused(parlor::interaction::TransitionError {
                state: StateName::Active,
                command: parlor::interaction::CommandName::AgentWrote,
                refusal: Refusal::NotAMember,
            })
        }
        other => other,
    }
}

#[tokio::test]
async fn r48_what_nobody_takes_stays_with_its_owner() {
    for end in ["let pass", "decline", "cancel", "log out"] {
        let world = World::new().await;
        let _alice = world.comes("alice").await;
        let mut desk = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let transfer = world.hands("alice", work.id, to("bob")).await.unwrap();
        desk.news().await;
        let reason = match end {
            "let pass" => {
                world.pass(seconds(30) - std::time::Duration::from_millis(1)).await;
                assert_eq!(world.requests("bob").await.len(), 1, "not a moment too early");
                world.skip(std::time::Duration::from_millis(1)).await;
                RequestGone::Expired
            }
            "decline" => {
                world.engine.decline_transfer(&name("bob"), transfer, world.once()).await.unwrap();
                RequestGone::Declined
            }
            "cancel" => {
                world.engine.cancel_transfer(&name("alice"), transfer, world.once()).await.unwrap();
                RequestGone::Cancelled
            }
            _ => {
                world.engine.sign_out(&name("bob")).await.unwrap();
                RequestGone::Declined
            }
        };
        world.engine.settle().await;
        let kept = world.latest(&ann).await;
        assert_eq!(kept.holder(), Holder::Owner(&name("alice")), "{end}");
        assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0), "{end}");
        assert!(world.requests("bob").await.is_empty(), "{end}");
        assert_eq!(told(&mut desk).await, [(RequestKind::Transfer, Some(reason))], "{end}");
        let late = world.engine.accept_transfer(&name("bob"), transfer, Once(None)).await;
        assert_eq!(refusal(late), Refusal::TransferGone, "{end}");
        world.answers("alice", work.id, "I am still here").await.unwrap();
    }
}

#[tokio::test]
async fn r48_the_end_of_the_session_takes_the_request_with_it() {
    let world = World::new().await;
    let mut desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.hands("alice", work.id, to("bob")).await.unwrap();
    desk.news().await;
    world.leaves(&ann).await;
    assert_eq!(told(&mut desk).await, [(RequestKind::Transfer, Some(RequestGone::Withdrawn))]);
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0), "alice has to close it");
    assert_eq!(world.latest(&ann).await.holder(), Holder::LastOwner(&name("alice")));
}

#[tokio::test]
async fn r48_into_a_queue_it_goes_at_once() {
    let world = World::with(|config| {
        let second = QueueName::new("second").unwrap();
        config.queues.push(second.clone().into());
        agent(config, "bob").queues = [second].into();
    })
    .await;
    let mut desk = world.comes("alice").await;
    world.ready("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    desk.news().await;
    let note = Some(text("wants a refund"));
    let moved =
        world.engine.transfer(&name("alice"), work.id, into("second"), note, world.once()).await.unwrap();
    world.engine.settle().await;
    assert_eq!((moved.queue.as_str(), moved.owner), ("second", None));
    assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1));
    let offer = world.offer("bob").await;
    assert_eq!(offer.interaction.id, work.id, "the same interaction");
    assert!(offer.interaction.tail.iter().any(|line| line.text == "wants a refund"));
    assert!(desk.events_named("interaction_gone").await.len() == 1, "it is no longer hers");
    assert_eq!(world.heard_by(&ann).await, ["hello"], "the note is not for the contact");
    world.takes("bob").await;
    assert_eq!(world.see("bob", work.id).await.owner, Some(name("bob")));
}

#[tokio::test]
async fn r48_a_transfer_that_cannot_be_asked_leaves_no_trace() {
    let world = World::with(|config| {
        everybody_holds(config, 1);
        config
            .agents
            .push(parlor::model::Agent { role: Role::Admin, ..parlor::model::Agent::new(name("adam")) });
    })
    .await;
    let _carol = world.comes("carol").await;
    let _adam = world.comes("adam").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.not_ready("alice").await;
    world.talks("carol", &ben, "hello").await;
    let before = world.kept().await;
    let hand = |to| world.hands("alice", work.id, to);
    assert_eq!(refusal(hand(to("alice")).await), Refusal::SelfTransfer);
    assert!(matches!(hand(to("bob")).await, Err(EngineError::AgentAway { agent }) if agent == name("bob")));
    assert_eq!(invalid(hand(to("nobody")).await), InvalidTarget::UnknownAgent);
    assert_eq!(invalid(hand(to("adam")).await), InvalidTarget::SeesNoContent);
    assert_eq!(invalid(hand(into("nowhere")).await), InvalidTarget::UnknownQueue);
    assert!(
        matches!(hand(to("carol")).await, Err(EngineError::AtCapacity { agent }) if agent == name("carol"))
    );
    assert_eq!(world.kept().await, before);

    // Somebody else's, somebody unknown.
    let stranger = world.hands("bob", work.id, to("carol")).await;
    assert!(matches!(stranger, Err(EngineError::NotFound { what: "interaction" })), "{stranger:?}");
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn r48_while_one_is_open_there_is_no_second_and_nobody_else_answers_it() {
    let world = World::new().await;
    let _desks = (world.comes("bob").await, world.comes("carol").await);
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let transfer = world.hands("alice", work.id, to("bob")).await.unwrap();
    let before = world.kept().await;
    for target in [to("carol"), to("bob"), into("support")] {
        assert_eq!(refusal(world.hands("alice", work.id, target).await), Refusal::TransferPending);
    }
    let engine = &world.engine;
    assert_eq!(
        refusal(engine.accept_transfer(&name("carol"), transfer, Once(None)).await),
        Refusal::NotInvited
    );
    assert_eq!(
        refusal(engine.decline_transfer(&name("carol"), transfer, Once(None)).await),
        Refusal::NotInvited
    );
    assert_eq!(refusal(engine.cancel_transfer(&name("bob"), transfer, Once(None)).await), Refusal::NotOwner);
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn a_transfer_that_is_asked_for_twice_is_one() {
    let world = World::new().await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let once = world.once();
    let first = world.engine.transfer(&name("alice"), work.id, to("bob"), None, once).await.unwrap();
    let second = world.engine.transfer(&name("alice"), work.id, to("bob"), None, once).await.unwrap();
    assert_eq!(first.transfer, second.transfer);
    let other = world.engine.transfer(&name("alice"), work.id, to("carol"), None, once).await;
    assert!(matches!(other, Err(EngineError::IdReused)), "{other:?}");
    let transfer = first.transfer.unwrap().id;
    world.engine.accept_transfer(&name("bob"), transfer, world.once()).await.unwrap();
    let late = world.engine.transfer(&name("alice"), work.id, to("bob"), None, once).await.unwrap();
    assert_eq!(late.owner, Some(name("bob")), "it was carried out, and this is what came of it");
}

#[tokio::test]
async fn r12_a_colleague_who_is_asked_reads_what_was_said_before() {
    let world = World::new().await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let earlier = world.talks("alice", &ann, "yesterday").await;
    world.ends("alice", earlier.id).await.unwrap();
    world.done("alice", earlier.id).await.unwrap();
    world.says(&ann, "today").await;
    let work = world.takes("alice").await;
    let unknown = world.engine.interaction(&name("bob"), work.id).await;
    assert!(matches!(unknown, Err(EngineError::NotFound { .. })), "not before he is asked");
    world.hands("alice", work.id, to("bob")).await.unwrap();
    world.engine.interaction(&name("bob"), work.id).await.unwrap();
    assert_eq!(words_in(&world.reads("bob", &ann).await), ["yesterday", "today"]);
}

#[tokio::test]
async fn r14_what_an_agent_opens_is_theirs_without_an_offer() {
    let world = World::new().await;
    let mut desk = world.comes("alice").await;
    let ann = world.visitor("ann").await;
    desk.news().await;
    let opened = world.opens("alice", &ann).await.unwrap();
    assert_eq!((opened.state, opened.owner), (StateName::Active, Some(name("alice"))));
    assert!(desk.events_named("offer").await.is_empty());
    let history = world.store.history(opened.id).await.unwrap();
    assert_eq!(history.len(), 1, "it began, and nothing else happened");
}

#[tokio::test]
async fn r28_whoever_left_another_agent_continues() {
    for contact_left in [true, false] {
        let world = World::new().await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        if contact_left {
            world.leaves(&ann).await;
        } else {
            world.ends("alice", work.id).await.unwrap();
        }
        let message = world.answers("bob", work.id, "I go on").await.unwrap();
        assert_eq!(message.author.name.as_deref(), Some("bob"));
        let goes_on = world.see("bob", work.id).await;
        assert_eq!((goes_on.id, goes_on.owner, goes_on.segment), (work.id, Some(name("bob")), 2));
        assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1));
    }
}

#[tokio::test]
async fn only_a_supervisor_picks_from_a_queue() {
    let world = World::with(|config| {
        everybody_holds(config, 1);
        agent(config, "carol").role = Role::Supervisor;
    })
    .await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    world.says(&ann, "hello").await;
    world.says(&ben, "hello").await;
    let (first, second) = (world.latest(&ann).await.id, world.latest(&ben).await.id);
    let engine = &world.engine;
    let before = world.kept().await;
    let denied = engine.pull(&name("bob"), first, Once(None)).await;
    assert!(
        matches!(&denied, Err(EngineError::Denied(denial)) if denial.missing == Missing::Role(Role::Supervisor)),
        "{denied:?}"
    );
    assert_eq!(world.kept().await, before);
    let pulled = engine.pull(&name("carol"), first, world.once()).await.unwrap();
    assert_eq!((pulled.state, pulled.owner), (StateName::Active, Some(name("carol"))));
    assert_eq!(world.load("carol").await, 1);
    let full = engine.pull(&name("carol"), second, world.once()).await;
    assert!(matches!(full, Err(EngineError::AtCapacity { .. })), "{full:?}");
    assert_eq!(world.state(&ben).await, StateName::Queued);
}

#[tokio::test]
async fn nobody_gets_work_of_a_network_they_are_not_enabled_for_by_a_side_door() {
    let world = World::with(|config| {
        config.channels[0].readiness = [Medium::Chat, Medium::Twitter].into();
        agent(config, "bob").flags.twitter_enabled = false;
        agent(config, "bob").role = Role::Supervisor;
    })
    .await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    world.says(&ann, "hello").await;
    let id = world.latest(&ann).await.id;
    let pulled = world.engine.pull(&name("bob"), id, Once(None)).await;
    let flag = Missing::Flag(FlagName::TwitterEnabled);
    assert!(matches!(&pulled, Err(EngineError::Denied(denial)) if denial.missing == flag), "{pulled:?}");
    let work = world.opens("alice", &ann).await.unwrap();
    assert_eq!(invalid(world.hands("alice", work.id, to("bob")).await), InvalidTarget::NotEnabled);
}
