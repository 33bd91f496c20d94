//! Asking for advice: the contact does not notice, and keeps whom they have.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use parlor::channel::{OutsideError, VoiceCall, VoiceEndpoint, VoiceGateway};
use parlor::engine::permission::Actor;
use parlor::engine::{Consulted, EngineError, InvalidTarget, Once, Plug, RequestGone, RequestKind};
use parlor::interaction::Refusal;
use parlor::model::{ChannelKind, ConsultId, ContactPointId, InteractionId, PointAddress, PointKey};

use crate::hand_over::{refusal, told};
use crate::world::{World, everybody_holds, name, seconds, text, words_in};

impl World {
    async fn asks(&self, agent: &str, id: InteractionId, whom: &str) -> Result<ConsultId, EngineError> {
        let consulted = Consulted::Chat(name(whom));
        let begun = self.engine.consult(&name(agent), id, consulted, self.once()).await;
        self.engine.settle().await;
        begun.map(|(consult, _)| consult)
    }

    async fn advises(&self, agent: &str, id: InteractionId, consult: ConsultId) -> Result<(), EngineError> {
        let joined = self.engine.join_consult(&name(agent), id, consult, self.once()).await;
        self.engine.settle().await;
        joined.map(drop)
    }

    async fn confides(
        &self,
        agent: &str,
        id: InteractionId,
        consult: ConsultId,
        words: &str,
    ) -> Result<parlor::engine::view::MessageView, EngineError> {
        let client = self.client_id();
        let written = self.engine.write_in_consult(&name(agent), id, consult, client, text(words)).await;
        self.engine.settle().await;
        written
    }
}

#[tokio::test]
async fn r52_a_warm_transfer_is_a_consult_that_is_completed() {
    let world = World::new().await;
    let mut desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    desk.news().await;
    let consult = world.asks("alice", work.id, "bob").await.unwrap();
    assert_eq!(told(&mut desk).await, [(RequestKind::Consult, None)]);
    assert_eq!(world.load("bob").await, 0, "advice weighs nothing");
    let early = world.engine.complete_consult(&name("alice"), work.id, consult, Once(None)).await;
    assert_eq!(refusal(early), Refusal::ConsultNotJoined);
    world.advises("bob", work.id, consult).await.unwrap();
    assert_eq!(told(&mut desk).await, [(RequestKind::Consult, Some(RequestGone::Accepted))]);
    world.confides("alice", work.id, consult, "can you take this?").await.unwrap();
    world.confides("bob", work.id, consult, "yes").await.unwrap();
    world.says(&ann, "still there").await;
    assert_eq!(world.see("alice", work.id).await.owner, Some(name("alice")), "she keeps it so long");

    let handed = world.engine.complete_consult(&name("alice"), work.id, consult, world.once()).await.unwrap();
    world.engine.settle().await;
    assert_eq!(handed.owner, Some(name("bob")));
    assert_eq!((world.load("alice").await, world.load("bob").await), (0, 1));
    assert_eq!(world.heard_by(&ann).await, ["hello", "still there"]);
    let kept = world.reads("bob", &ann).await;
    assert_eq!(words_in(&kept), ["hello", "can you take this?", "yes", "still there"]);
    let tagged = kept.iter().filter(|message| {
        matches!(&message.content, parlor::model::Content::Consult { consult: of, .. } if *of == consult)
    });
    assert_eq!(tagged.count(), 2);
    let late = world.engine.end_consult(&name("alice"), work.id, consult, Once(None)).await;
    assert_eq!(refusal(late), Refusal::ConsultGone);
}

#[tokio::test]
async fn r52_a_consult_that_comes_to_nothing_leaves_everything_as_it_was() {
    for end in ["drop", "decline", "let pass", "log out"] {
        let world = World::new().await;
        let _alice = world.comes("alice").await;
        let mut desk = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let consult = world.asks("alice", work.id, "bob").await.unwrap();
        desk.news().await;
        let end_by = |agent: &'static str| {
            let (engine, once) = (world.engine.clone(), world.once());
            async move { engine.end_consult(&name(agent), work.id, consult, once).await.unwrap() }
        };
        let reason = match end {
            "drop" => {
                end_by("alice").await;
                RequestGone::Cancelled
            }
            "decline" => {
                end_by("bob").await;
                RequestGone::Declined
            }
            "let pass" => {
                world.pass(seconds(30)).await;
                RequestGone::Expired
            }
            _ => {
                world.engine.sign_out(&name("bob")).await.unwrap();
                RequestGone::Declined
            }
        };
        world.engine.settle().await;
        assert_eq!(told(&mut desk).await, [(RequestKind::Consult, Some(reason))], "{end}");
        let after = world.see("alice", work.id).await;
        assert_eq!((after.owner, after.consults.len()), (Some(name("alice")), 0), "{end}");
        assert_eq!(refusal(world.advises("bob", work.id, consult).await), Refusal::ConsultGone, "{end}");
        let late = world.confides("alice", work.id, consult, "hello?").await;
        assert_eq!(refusal(late), Refusal::ConsultGone, "{end}");
    }
}

#[tokio::test]
async fn r53_nothing_of_a_consult_reaches_the_contact() {
    let world = World::new().await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let before = world.heard_by(&ann).await;
    let state = world.engine.contact_state(&ann);
    let unread = world.unread("carol", &ann).await;
    let consult = world.asks("alice", work.id, "bob").await.unwrap();
    world.advises("bob", work.id, consult).await.unwrap();
    for (agent, words) in [("alice", "she wants money"), ("bob", "give her none")] {
        world.confides(agent, work.id, consult, words).await.unwrap();
    }
    assert_eq!(world.heard_by(&ann).await, before);
    assert_eq!(world.engine.contact_state(&ann), state);
    assert_eq!(world.unread("carol", &ann).await, unread);
    let messages = world.engine.contact_messages(&ann, 0, 100).await.unwrap();
    let frames = messages.iter().filter_map(|message| parlor::webchat::visible(message, ToString::to_string));
    assert!(!frames.map(|frame| serde_json::to_string(&frame).unwrap()).any(|frame| frame.contains("money")));
    let (rows, _) = world.engine.exports(Actor::Operator).unwrap().transcript(0).await.unwrap();
    let consults: Vec<_> = rows.iter().filter(|row| row.kind == "consult").collect();
    assert_eq!(consults.len(), 2);
    assert!(consults.iter().all(|row| row.direction == "none" && row.visibility.as_str() == "internal"));
    let mut request = parlor::engine::ContactsRequest::default();
    request.search = Some("ann".to_owned());
    let list = world.engine.contacts(&name("carol"), &request).await.unwrap().contacts;
    assert_eq!(list[0].last.as_ref().unwrap().text, "hello", "the list shows no consult");
    let mut desk = world.comes("carol").await;
    world.engine.set_assigned(&name("carol"), ann.contact, true).await.unwrap();
    match &desk.events_named("contact").await[..] {
        [parlor::engine::FeedEvent::Contact(told)] => {
            assert_eq!(told.last, list[0].last, "nor does the feed");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn r51_by_chat_only_an_agent_is_asked_and_only_one_who_is_there() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let _desk = world.comes("carol").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let before = world.kept().await;
    assert_eq!(refusal(world.asks("alice", work.id, "alice").await), Refusal::SelfConsult);
    let away = world.asks("alice", work.id, "bob").await;
    assert!(matches!(away, Err(EngineError::AgentAway { .. })), "{away:?}");
    // A contact has no name among the agents, and `Consulted::Chat` takes nothing else.
    let contact = world.asks("alice", work.id, "ann").await;
    assert!(
        matches!(contact, Err(EngineError::InvalidTarget { reason: InvalidTarget::UnknownAgent })),
        "{contact:?}"
    );
    assert_eq!(world.kept().await, before);
    let consult = world.asks("alice", work.id, "carol").await.unwrap();
    assert_eq!(
        refusal(world.confides("carol", work.id, consult, "hello").await.map_err(part)),
        Refusal::NotAMember
    );
    assert_eq!(refusal(world.advises("bob", work.id, consult).await), Refusal::NotInvited);
}

/// One who is only asked has no part yet.
fn part(error: EngineError) -> EngineError {
    match error {
        EngineError::Denied(_) => EngineError::Refused(parlor::interaction::TransitionError {
            state: parlor::interaction::StateName::Active,
            command: parlor::interaction::CommandName::AgentWrote,
            refusal: Refusal::NotAMember,
        }),
        other => other,
    }
}

/// A telephone exchange that does what it is told, or nothing at all.
#[derive(Debug, Default)]
struct Exchange {
    broken: bool,
    calls: Mutex<Vec<VoiceCall>>,
    over: Mutex<Vec<ConsultId>>,
}

#[async_trait]
impl VoiceGateway for Exchange {
    async fn call(&self, call: &VoiceCall) -> Result<(), OutsideError> {
        if self.broken {
            return Err(OutsideError::new("the exchange is out of order"));
        }
        self.calls.lock().unwrap().push(call.clone());
        Ok(())
    }

    async fn hang_up(&self, consult: ConsultId) {
        self.over.lock().unwrap().push(consult);
    }
}

impl Exchange {
    fn called(&self) -> Vec<VoiceCall> {
        self.calls.lock().unwrap().clone()
    }

    /// The calls that were ended; what ends them does not wait for it.
    async fn over(&self) -> Vec<ConsultId> {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        self.over.lock().unwrap().clone()
    }
}

async fn with_exchange(broken: bool) -> (World, Arc<Exchange>) {
    let exchange = Arc::new(Exchange { broken, ..Exchange::default() });
    let world = World::building(|builder| builder.voice_gateway(Arc::clone(&exchange) as _)).await;
    (world, exchange)
}

/// A contact with a telephone number.
async fn with_number(world: &World) -> ContactPointId {
    let key =
        PointKey { kind: ChannelKind::Sms, scope: String::new(), address: PointAddress::new("+15550001111") };
    world.knows(key).await
}

#[tokio::test]
async fn r50_a_colleague_and_somebody_outside_can_be_called() {
    let (world, exchange) = with_exchange(false).await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let (engine, alice) = (&world.engine, name("alice"));
    let (with_bob, _) =
        engine.consult(&alice, work.id, Consulted::Voice(name("bob")), world.once()).await.unwrap();
    let number = with_number(&world).await;
    let consulted = Consulted::VoiceContact(number);
    let (outside, view) = engine.consult(&alice, work.id, consulted, world.once()).await.unwrap();
    let called: Vec<_> = exchange.called().into_iter().map(|call| (call.consult, call.to)).collect();
    let endpoint = VoiceEndpoint::Contact { point: number, number: PointAddress::new("+15550001111") };
    assert_eq!(called, [(with_bob, VoiceEndpoint::Agent(name("bob"))), (outside, endpoint)]);
    assert_eq!(view.consults.len(), 2);

    world.advises("bob", work.id, with_bob).await.unwrap();
    engine.call_answered(work.id, outside).await.unwrap();
    assert!(world.see("alice", work.id).await.consults.iter().all(|consult| consult.joined));
    let complete = engine.complete_consult(&alice, work.id, outside, Once(None)).await;
    assert_eq!(refusal(complete), Refusal::NotAnAgent);
    assert_eq!(refusal(world.confides("alice", work.id, with_bob, "hm").await), Refusal::NotAMember);
    engine.call_ended(work.id, outside).await.unwrap();
    world.leaves(&ann).await;
    assert_eq!(exchange.over().await, [outside, with_bob], "whatever ends the consult hangs up");
}

#[tokio::test]
async fn r50_a_call_that_nobody_can_carry_is_refused_and_says_what_is_missing() {
    let world = World::new().await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let before = world.kept().await;
    let consulted = Consulted::Voice(name("bob"));
    let refused = world.engine.consult(&name("alice"), work.id, consulted, world.once()).await;
    assert!(matches!(refused, Err(EngineError::NotPlugged { plug: Plug::VoiceGateway })), "{refused:?}");
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn r50_a_call_that_does_not_come_about_ends_the_consult() {
    let (world, _) = with_exchange(true).await;
    let _desk = world.comes("bob").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let consulted = Consulted::Voice(name("bob"));
    let failed = world.engine.consult(&name("alice"), work.id, consulted, world.once()).await;
    assert!(matches!(failed, Err(EngineError::NotCarried { plug: Plug::VoiceGateway })), "{failed:?}");
    assert!(world.see("alice", work.id).await.consults.is_empty());
    assert!(world.requests("bob").await.is_empty());
}

#[tokio::test]
async fn r50_only_a_telephone_number_is_called() {
    let (world, exchange) = with_exchange(false).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let before = world.kept().await;
    for (point, reason) in [
        (ann.point, InvalidTarget::NoNumber),
        (parlor::model::Id::from_uuid(uuid::Uuid::from_u128(77)), InvalidTarget::UnknownPoint),
    ] {
        let consulted = Consulted::VoiceContact(point);
        match world.engine.consult(&name("alice"), work.id, consulted, world.once()).await {
            Err(EngineError::InvalidTarget { reason: given }) => assert_eq!(given, reason),
            other => panic!("{other:?}"),
        }
    }
    assert!(exchange.called().is_empty());
    assert_eq!(world.kept().await, before);
}
