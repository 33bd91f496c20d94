//! Emoji: where they may be chosen, and which were sent last.

use parlor::composer::EmojiLocale;
use parlor::engine::EngineError;
use parlor::engine::permission::{Denial, Missing};
use parlor::model::{AgentName, FlagName};

use crate::world::{World, agent, name};

impl World {
    async fn recent(&self, of: &str) -> Vec<String> {
        self.engine.recent_emoji(&name(of)).await.unwrap()
    }

    fn finds(&self, who: &AgentName) -> Result<Vec<&'static str>, EngineError> {
        let found = self.engine.search_emoji(who, EmojiLocale::English, "thumbs")?;
        Ok(found.into_iter().map(|one| one.emoji).collect())
    }
}

fn missing<T: std::fmt::Debug>(answer: Result<T, EngineError>) -> FlagName {
    match answer {
        Err(EngineError::Denied(Denial { missing: Missing::Flag(flag), .. })) => flag,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn r66_without_a_picker_emoji_can_be_pasted() {
    let world = World::with(|config| agent(config, "alice").flags.emoji_picker = false).await;
    let alice = name("alice");
    assert_eq!(missing(world.finds(&alice)), FlagName::EmojiPicker);
    assert_eq!(missing(world.engine.emoji(&alice, EmojiLocale::English)), FlagName::EmojiPicker);
    assert_eq!(missing(world.engine.recent_emoji(&alice).await), FlagName::EmojiPicker);
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    assert!(world.answers("alice", work.id, "pasted 👍").await.is_ok());
}

#[tokio::test]
async fn r67_with_a_picker_they_can_be_chosen_and_pasted() {
    let world = World::with(|config| agent(config, "bob").flags.emoji_allowed = false).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let chosen = world.finds(&name("alice")).unwrap()[0];
    assert!(world.answers("alice", work.id, chosen).await.is_ok());
    assert!(world.answers("alice", work.id, "👍").await.is_ok());
    assert_eq!(
        missing(world.finds(&name("bob"))),
        FlagName::EmojiAllowed,
        "where none may be sent, none is chosen"
    );
}

#[tokio::test]
async fn r68_what_is_stored_is_what_was_sent_whatever_pictures_are_shown() {
    for pictures in [false, true] {
        let world = World::with(|config| agent(config, "alice").flags.vendor_emoji_images = pictures).await;
        let ann = world.visitor("ann").await;
        let work = world.talks("alice", &ann, "hello").await;
        let sent = "👩‍👩‍👧‍👦 ❤️ 1️⃣";
        world.answers("alice", work.id, sent).await.unwrap();
        assert_eq!(world.heard_by(&ann).await, ["hello", sent]);
    }
}

#[tokio::test]
async fn r72_recent_and_all_are_there_after_one_was_sent() {
    let world = World::new().await;
    let all = || world.engine.emoji(&name("alice"), EmojiLocale::English).unwrap();
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    assert!(world.recent("alice").await.is_empty());
    world.answers("alice", work.id, "😀").await.unwrap();
    assert_eq!(world.recent("alice").await, ["😀"]);
    assert_eq!(all(), all());
    assert!(all().iter().any(|one| one.emoji == "😀"));
}

#[tokio::test]
async fn r73_the_recent_ones_are_the_last_that_the_agent_sent() {
    let world = World::with(|config| config.rules.recent_emoji = 3).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello 🎉").await;
    world.note("alice", work.id, "not sent to anybody 🙈").await;
    world.finds(&name("alice")).unwrap();
    assert!(
        world.recent("alice").await.is_empty(),
        "neither what the contact wrote, nor a note, nor what was looked at"
    );
    world.answers("alice", work.id, "😀 and 👍🏽").await.unwrap();
    world.answers("alice", work.id, "no emoji").await.unwrap();
    world.writes("alice", &ann, "❤️ 😀").await.unwrap();
    assert_eq!(world.recent("alice").await, ["😀", "❤️", "👍🏽"]);
    world.answers("alice", work.id, "🎉").await.unwrap();
    assert_eq!(world.recent("alice").await, ["🎉", "😀", "❤️"], "one more, and the oldest is forgotten");
    assert!(world.recent("bob").await.is_empty());
    let world = world.restarted(|config| config.rules.recent_emoji = 2).await;
    assert_eq!(world.recent("alice").await, ["🎉", "😀"]);
}
