//! Web addresses that an agent asks a contact to open, and emoji where they are not allowed.

use parlor::composer::AddressRefusal;
use parlor::engine::permission::Missing;
use parlor::engine::view::MessageView;
use parlor::engine::{ContactSession, EngineError};
use parlor::model::{Content, FlagName, InteractionId};
use parlor::webchat::{FrameContent, ServerFrame, visible};

use crate::world::{World, agent, name, text};

impl World {
    async fn pushes(&self, id: InteractionId, url: &str) -> Result<MessageView, EngineError> {
        let pushed = self.engine.push_url(&name("alice"), id, self.client_id(), url).await;
        self.engine.settle().await;
        pushed.map(|(message, _)| message)
    }

    async fn menu(&self) -> Vec<String> {
        let urls = self.engine.pushed_urls(&name("alice")).await.unwrap();
        urls.iter().map(ToString::to_string).collect()
    }
}

async fn talking(world: &World) -> (ContactSession, InteractionId) {
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "Where do I pay?").await;
    (ann, work.id)
}

#[tokio::test]
async fn r58_who_may_not_push_an_address_sends_nothing() {
    let world = World::with(|config| agent(config, "alice").flags.push_url = false).await;
    let (_, work) = talking(&world).await;
    let kept = world.kept().await;
    let refused = world.pushes(work, "https://example.com/").await;
    let missing = Missing::Flag(FlagName::PushUrl);
    assert!(matches!(refused, Err(EngineError::Denied(denial)) if denial.missing == missing), "{refused:?}");
    let preview = world.engine.preview_url(&name("alice"), "https://example.com/");
    assert!(matches!(preview, Err(EngineError::Denied(denial)) if denial.missing == missing), "{preview:?}");
    assert!(world.engine.pushed_urls(&name("alice")).await.is_err());
    assert_eq!(world.kept().await, kept);
    assert!(world.answers("alice", work, "At the desk.").await.is_ok(), "everything else goes on");
}

#[tokio::test]
async fn r59_only_web_addresses_are_pushed() {
    let world = World::new().await;
    let (_, work) = talking(&world).await;
    let kept = world.kept().await;
    for (typed, expected) in [
        ("javascript:alert(1)", AddressRefusal::NotWeb),
        ("", AddressRefusal::Unreadable),
        ("https://example.com@evil.example/", AddressRefusal::Credentials),
    ] {
        let refused = world.pushes(work, typed).await;
        assert!(matches!(&refused, Err(EngineError::Address(why)) if *why == expected), "{refused:?}");
    }
    assert_eq!(world.kept().await, kept, "nothing is sent, and nothing remembered");
    assert!(world.menu().await.is_empty());
    assert!(world.pushes(work, "pay.example/42").await.is_ok());
}

#[tokio::test]
async fn r60_an_address_is_looked_at_before_it_is_sent() {
    let world = World::new().await;
    let (ann, work) = talking(&world).await;
    let kept = world.kept().await;
    let preview = world.engine.preview_url(&name("alice"), " HTTPS://Pay.Example/42 ").unwrap();
    assert_eq!(
        (preview.address.as_str(), preview.host.as_str(), preview.secure),
        ("https://pay.example/42", "pay.example", true)
    );
    assert_eq!(world.kept().await, kept);
    assert_eq!(world.heard_by(&ann).await, ["Where do I pay?"]);
    let sent = world.pushes(work, " HTTPS://Pay.Example/42 ").await.unwrap();
    assert!(
        matches!(&sent.content, Content::PushedUrl { url, .. } if *url == preview.address),
        "as it was shown"
    );
}

#[tokio::test]
async fn r61_the_menu_has_what_was_sent_and_appears_only_then() {
    let world = World::new().await;
    let (_, work) = talking(&world).await;
    assert!(world.menu().await.is_empty());
    for url in ["a.example", "b.example", "https://a.example/"] {
        world.pushes(work, url).await.unwrap();
    }
    assert_eq!(world.menu().await, ["https://a.example/", "https://b.example/"]);
    assert!(world.engine.pushed_urls(&name("bob")).await.unwrap().is_empty(), "each has their own");
    let world = world.restarted(|_| {}).await;
    assert_eq!(world.menu().await, ["https://a.example/", "https://b.example/"]);
}

#[tokio::test]
async fn r62_one_from_the_menu_is_sent_as_it_stands_there() {
    let world = World::new().await;
    let (_, work) = talking(&world).await;
    world.pushes(work, "bücher.example/ä b".replace(' ', "%20").as_str()).await.unwrap();
    let [remembered] = &world.menu().await[..] else { panic!("one") };
    let sent = world.pushes(work, remembered).await.unwrap();
    assert!(matches!(&sent.content, Content::PushedUrl { url, .. } if url.as_str() == remembered));
    assert_eq!(world.menu().await.len(), 1);
}

#[tokio::test]
async fn r64_the_contact_is_invited_to_open_the_address() {
    let world = World::with(|config| config.rules.invitation = "Hier bezahlen:".to_owned()).await;
    let (ann, work) = talking(&world).await;
    let client = world.client_id();
    let alice = name("alice");
    let push = || world.engine.push_url(&alice, work, client, "pay.example/42");
    let (sent, interaction) = push().await.unwrap();
    assert_eq!(push().await.unwrap().0.id, sent.id, "once, however often it is asked");
    assert_eq!(interaction.pending, None, "the contact is answered");
    assert_eq!(world.heard_by(&ann).await, ["Where do I pay?", "Hier bezahlen: https://pay.example/42"]);
    let kept = world.store.message(sent.id).await.unwrap().unwrap();
    let frame = visible(&kept, ToString::to_string);
    let Some(ServerFrame::Message { content: FrameContent::PushedUrl { url, text }, .. }) = frame else {
        panic!("{frame:?}");
    };
    assert_eq!(
        (url.as_str(), text.as_str()),
        ("https://pay.example/42", "Hier bezahlen: https://pay.example/42")
    );
    let last = &world.see("alice", work).await.tail;
    assert_eq!(last.last().unwrap().text, "Hier bezahlen: https://pay.example/42");
}

#[tokio::test]
async fn r65_emoji_are_refused_where_they_are_not_allowed() {
    let world = World::with(|config| agent(config, "alice").flags.emoji_allowed = false).await;
    let (ann, work) = talking(&world).await;
    let kept = world.kept().await;
    let refused = world.answers("alice", work, "Thanks 👍🏽!").await;
    assert!(matches!(refused, Err(EngineError::EmojiNotAllowed { start: 7, end: 15 })), "{refused:?}");
    let refused = world.writes("alice", &ann, "👍").await;
    assert!(matches!(refused, Err(EngineError::EmojiNotAllowed { start: 0, end: 4 })), "{refused:?}");
    assert_eq!(world.kept().await, kept);
    assert!(world.answers("alice", work, "© 2026, #1 ✓").await.is_ok(), "what is shown as text is text");
    world.note("alice", work, "she is happy 😀").await;
    world.says(&ann, "👍").await;
    assert_eq!(world.heard_by(&ann).await, ["Where do I pay?", "© 2026, #1 ✓", "👍"], "the contact may");
    let client = world.client_id();
    let (bob, contact) = (name("bob"), ann.contact);
    let allowed = world.engine.write_to_contact(&bob, contact, &ann.channel, client, text("👍")).await;
    assert!(allowed.is_ok(), "{allowed:?}");
}
