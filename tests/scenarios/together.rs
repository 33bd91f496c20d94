//! Several agents in one interaction: conferences, and supervisors who watch, whisper and barge in.

use parlor::engine::permission::Missing;
use parlor::engine::{EngineError, Once, RequestGone, RequestKind};
use parlor::interaction::{Event, Refusal, StateName, Supervision};
use parlor::model::{InteractionId, Role, Visibility};

use crate::hand_over::{refusal, told};
use crate::truth;
use crate::world::{World, agent, everybody_holds, name, seconds, text, words_in};

impl World {
    async fn invites(&self, from: &str, id: InteractionId, whom: &str) -> Result<(), EngineError> {
        let invited = self.engine.invite(&name(from), id, &name(whom), self.once()).await;
        self.engine.settle().await;
        invited.map(drop)
    }

    async fn joins(&self, agent: &str, id: InteractionId) -> Result<(), EngineError> {
        let joined = self.engine.join(&name(agent), id, self.once()).await;
        self.engine.settle().await;
        joined.map(drop)
    }

    async fn watches(
        &self,
        agent: &str,
        id: InteractionId,
        mode: Option<Supervision>,
    ) -> Result<(), EngineError> {
        let watched = self.engine.supervise(&name(agent), id, mode, self.once()).await;
        self.engine.settle().await;
        watched.map(drop)
    }
}

#[tokio::test]
async fn r49_all_who_take_part_see_and_write_and_it_goes_on_when_one_leaves() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.comes("alice").await, world.comes("bob").await);
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    bob.news().await;
    world.invites("alice", work.id, "bob").await.unwrap();
    assert_eq!(told(&mut bob).await, [(RequestKind::Conference, None)]);
    assert_eq!(world.requests("bob").await.len(), 1);
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 1));
    world.joins("bob", work.id).await.unwrap();
    assert_eq!(told(&mut bob).await, [(RequestKind::Conference, Some(RequestGone::Accepted))]);
    assert_eq!(world.see("alice", work.id).await.members, [name("bob")]);

    world.answers("alice", work.id, "this is Alice").await.unwrap();
    world.answers("bob", work.id, "and this is Bob").await.unwrap();
    world.says(&ann, "hello to both").await;
    let said = ["hello", "this is Alice", "and this is Bob", "hello to both"];
    assert_eq!(world.heard_by(&ann).await, said);
    for desk in [&mut alice, &mut bob] {
        let heard = desk.events_named("message").await;
        let words: Vec<_> = heard
            .iter()
            .filter_map(|event| match event {
                parlor::engine::FeedEvent::Message(message) => message.content.text(),
                _ => None,
            })
            .collect();
        assert!(words.ends_with(&["this is Alice", "and this is Bob", "hello to both"]), "{words:?}");
    }
    assert_eq!(truth::findings(&world, &[]).await.iter().filter(|one| one.contains("shown")).count(), 0);

    world.engine.leave(&name("bob"), work.id, world.once()).await.unwrap();
    world.engine.settle().await;
    let goes_on = world.see("alice", work.id).await;
    assert_eq!(
        (goes_on.state, goes_on.owner, goes_on.members.len()),
        (StateName::Active, Some(name("alice")), 0)
    );
    assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0));
    assert!(world.work("bob").await.is_empty());
    assert!(world.answers("bob", work.id, "and another thing").await.is_err());
    let owner = world.engine.leave(&name("alice"), work.id, Once(None)).await;
    assert_eq!(refusal(owner), Refusal::OwnerCannotLeave);
}

#[tokio::test]
async fn r49_an_invitation_that_nobody_accepts_is_gone_and_nothing_else() {
    for end in ["let pass", "decline", "take back", "log out"] {
        let world = World::new().await;
        let _alice = world.comes("alice").await;
        let mut desk = world.comes("bob").await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        world.invites("alice", work.id, "bob").await.unwrap();
        desk.news().await;
        let reason = match end {
            "let pass" => {
                world.pass(seconds(30)).await;
                RequestGone::Expired
            }
            "decline" => {
                world.engine.decline_invitation(&name("bob"), work.id, world.once()).await.unwrap();
                RequestGone::Declined
            }
            "take back" => {
                world.engine.remove(&name("alice"), work.id, &name("bob"), world.once()).await.unwrap();
                RequestGone::Cancelled
            }
            _ => {
                world.engine.sign_out(&name("bob")).await.unwrap();
                RequestGone::Declined
            }
        };
        world.engine.settle().await;
        assert_eq!(told(&mut desk).await, [(RequestKind::Conference, Some(reason))], "{end}");
        assert_eq!(refusal(world.joins("bob", work.id).await), Refusal::InvitationGone, "{end}");
        assert_eq!((world.load("alice").await, world.load("bob").await), (1, 0), "{end}");
    }
}

#[tokio::test]
async fn r49_the_owner_takes_a_member_out_and_nobody_else_does() {
    let world = World::new().await;
    let _desks = (world.comes("bob").await, world.comes("carol").await);
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    for colleague in ["bob", "carol"] {
        world.invites("alice", work.id, colleague).await.unwrap();
        world.joins(colleague, work.id).await.unwrap();
    }
    let before = world.kept().await;
    let by_member = world.engine.remove(&name("bob"), work.id, &name("carol"), Once(None)).await;
    assert_eq!(refusal(by_member), Refusal::NotOwner);
    assert_eq!(refusal(world.invites("bob", work.id, "alice").await), Refusal::NotOwner);
    assert_eq!(refusal(world.invites("alice", work.id, "alice").await), Refusal::TakesPart);
    assert_eq!(world.kept().await, before);
    let left = world.engine.remove(&name("alice"), work.id, &name("carol"), world.once()).await.unwrap();
    assert_eq!(left.members, [name("bob")]);
    assert_eq!(world.load("carol").await, 0);
}

#[tokio::test]
async fn r49_who_cannot_be_asked_is_not_and_nothing_is_kept_of_it() {
    let world = World::with(|config| everybody_holds(config, 1)).await;
    let _carol = world.comes("carol").await;
    let (ann, ben) = (world.visitor("ann").await, world.visitor("ben").await);
    let work = world.talks("alice", &ann, "hello").await;
    world.not_ready("alice").await;
    world.talks("carol", &ben, "hello").await;
    let before = world.kept().await;
    let away = world.invites("alice", work.id, "bob").await;
    assert!(matches!(away, Err(EngineError::AgentAway { .. })), "{away:?}");
    let full = world.invites("alice", work.id, "carol").await;
    assert!(matches!(full, Err(EngineError::AtCapacity { .. })), "{full:?}");
    let unknown = world.invites("alice", work.id, "nobody").await;
    assert!(matches!(unknown, Err(EngineError::InvalidTarget { .. })), "{unknown:?}");
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn a_supervisor_reads_along_and_nobody_notices() {
    let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let mut desk = world.comes("carol").await;
    desk.news().await;
    world.watches("carol", work.id, Some(Supervision::Monitor)).await.unwrap();
    let (heard, unread) = (world.heard_by(&ann).await, world.unread("alice", &ann).await);
    let seen = world.engine.contact_state(&ann);
    world.says(&ann, "are you there?").await;
    let words: Vec<_> = desk
        .events_named("message")
        .await
        .into_iter()
        .map(|event| match event {
            parlor::engine::FeedEvent::Message(message) => message.content.text().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words, ["are you there?"]);
    world.engine.mark_read(&name("carol"), ann.contact, None).await.unwrap();
    assert_eq!(world.unread("alice", &ann).await, Some(unread.unwrap_or(0) + 1), "hers alone have moved");
    assert_eq!(world.heard_by(&ann).await.len(), heard.len() + 1);
    assert_eq!(world.engine.contact_state(&ann), seen);
    assert_eq!(world.load("carol").await, 0, "watching weighs nothing");

    let silent = world.answers("carol", work.id, "hello").await;
    assert!(matches!(silent, Err(EngineError::Denied(denial)) if denial.missing == Missing::Part));
    let whispers = world.engine.whisper(&name("carol"), work.id, world.client_id(), text("psst")).await;
    assert_eq!(refusal(whispers), Refusal::NotAMember);
    let history = world.store.history(work.id).await.unwrap();
    let audited = history.iter().any(|recorded| {
        matches!(&recorded.event, Event::SupervisionStarted { agent, mode: Supervision::Monitor } if *agent == name("carol"))
    });
    assert!(audited);
    world.watches("carol", work.id, None).await.unwrap();
    assert!(world.work("carol").await.is_empty());
}

#[tokio::test]
async fn a_whisper_reaches_the_agents_and_a_supervisor_who_barges_in_reaches_the_contact() {
    let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
    let mut desk = world.comes("alice").await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let carol = name("carol");
    world.watches("carol", work.id, Some(Supervision::Whisper)).await.unwrap();
    desk.news().await;
    let whisper =
        world.engine.whisper(&carol, work.id, world.client_id(), text("offer a refund")).await.unwrap();
    assert_eq!(
        (whisper.visibility, whisper.content.kind(), whisper.delivery),
        (Visibility::Internal, "whisper", None)
    );
    world.engine.settle().await;
    assert_eq!(desk.events_named("message").await.len(), 1);
    assert_eq!(world.heard_by(&ann).await, ["hello"]);
    assert!(world.answers("carol", work.id, "hello").await.is_err());

    world.watches("carol", work.id, Some(Supervision::Barge)).await.unwrap();
    world.answers("carol", work.id, "I am the manager").await.unwrap();
    assert_eq!(world.heard_by(&ann).await, ["hello", "I am the manager"]);
    assert_eq!(refusal(world.ends("carol", work.id).await), Refusal::NotOwner);
    assert_eq!(words_in(&world.reads("alice", &ann).await), ["hello", "offer a refund", "I am the manager"]);
}

#[tokio::test]
async fn only_supervisors_watch_and_not_what_is_their_own() {
    let world = World::with(|config| agent(config, "carol").role = Role::Supervisor).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let before = world.kept().await;
    let stranger = world.watches("bob", work.id, Some(Supervision::Monitor)).await;
    assert!(matches!(stranger, Err(EngineError::NotFound { .. })), "{stranger:?}");
    let owner = world.watches("alice", work.id, Some(Supervision::Barge)).await;
    let role = Missing::Role(Role::Supervisor);
    assert!(matches!(&owner, Err(EngineError::Denied(denial)) if denial.missing == role), "{owner:?}");
    assert_eq!(world.kept().await, before);
    let ben = world.visitor("ben").await;
    world.not_ready("alice").await;
    let own = world.talks("carol", &ben, "hello").await;
    assert_eq!(refusal(world.watches("carol", own.id, Some(Supervision::Monitor)).await), Refusal::TakesPart);
}

#[tokio::test]
async fn who_has_no_part_in_it_is_told_nothing_by_trying_to_send_somebody_away() {
    let world = World::new().await;
    let (_alice, _bob) = (world.comes("alice").await, world.comes("bob").await);
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.invites("alice", work.id, "bob").await.unwrap();
    world.joins("bob", work.id).await.unwrap();
    let before = world.kept().await;
    for stranger in ["carol", "nobody"] {
        let refused = world.engine.remove(&name(stranger), work.id, &name("bob"), Once(None)).await;
        assert!(matches!(refused, Err(EngineError::Denied(_) | EngineError::NotFound { .. })), "{refused:?}");
    }
    let refused = world.engine.remove(&name("bob"), work.id, &name("alice"), Once(None)).await;
    assert_eq!(refusal(refused), Refusal::NotOwner, "a member is told why");
    assert_eq!(world.kept().await, before);
}
