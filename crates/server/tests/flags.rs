//! The flags of an account: each shown, and each that has something to switch switches it, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use axum::http::Method;
use common::{ALICE, World, config, name, server_config, uuid};
use parlor_engine::Config;
use parlor_model::{Deployment, FlagName, Flags, Medium};
use serde_json::{Value, json};

/// A workspace in which alice has these flags.
async fn world(flags: Flags, change: impl FnOnce(&mut Config)) -> World {
    let mut config = config();
    let alice = config.agents.iter_mut().find(|agent| agent.name == name("alice")).unwrap();
    alice.flags = flags;
    alice.auto_ready = [Medium::Chat].into();
    change(&mut config);
    World::with(config, server_config()).await
}

fn with(flag: FlagName, on: bool) -> Flags {
    Flags::default().with(&[(flag, on)].into())
}

async fn shown(world: &World) -> Value {
    world.get("/api/me", ALICE).await.expect(200).json()["flags"].clone()
}

#[tokio::test]
async fn every_flag_is_shown_as_it_is() {
    for flag in FlagName::ALL {
        for on in [true, false] {
            let world = world(with(*flag, on), |_| {}).await;
            assert_eq!(shown(&world).await[flag.as_str()], on, "{}", flag.as_str());
        }
    }
    let flags = Flags { deployment: Deployment::OnPremises, ..Flags::default() };
    assert_eq!(shown(&world(flags, |_| {}).await).await["deployment"], "on_premises");
}

/// What a flag switches, as it shows over HTTP.
async fn effect(flag: FlagName, on: bool) -> Value {
    let flags = with(flag, on);
    match flag {
        FlagName::TwitterEnabled => {
            let world = world(flags, |config| {
                config.channels[0].readiness = [Medium::Chat, Medium::Twitter].into();
            })
            .await;
            world.ready(ALICE).await;
            let ready = json!({"medium": "twitter", "ready": true});
            world.put("/api/me/readiness", ALICE, ready).await.expect(200);
            world.contact_writes("ann", 1, "Hello?").await;
            json!(world.offer(ALICE).await.is_object())
        }
        FlagName::AsyncEnabled => {
            let world = world(flags, |_| {}).await;
            let (id, _) = world.alices_interaction().await;
            world.post(&format!("/api/interactions/{id}/end"), ALICE, json!({})).await.expect(200);
            let body = json!({"id": uuid(9), "text": "One more thing"});
            let sent = world.post(&format!("/api/interactions/{id}/messages"), ALICE, body).await;
            json!([sent.status.as_u16(), sent.json()["code"]])
        }
        FlagName::ConversationView => view(flags, "conversation").await,
        FlagName::CommunicationView => view(flags, "communication").await,
        FlagName::AutoReadyAtLogin => {
            let world = world(flags, |_| {}).await;
            let body = json!({"token": ALICE});
            let me = world.call(Method::POST, "/api/session", None, Some(body)).await.expect(200).json();
            me["readiness"]["chat"]["ready"].clone()
        }
        FlagName::AutoAnswer => {
            let world = world(flags, |_| {}).await;
            world.ready(ALICE).await;
            world.contact_writes("ann", 1, "Hello?").await;
            let work = world.get("/api/me/interactions", ALICE).await.expect(200).json();
            work["interactions"][0]["state"].clone()
        }
        FlagName::ComposeFromCommunication => {
            let world = world(flags, |_| {}).await;
            let session = world.contact_writes("ann", 1, "Hello?").await;
            let body = json!({"id": uuid(9), "channel": "website", "text": "Hello"});
            let path = format!("/api/contacts/{}/messages", session.contact);
            let written = world.post(&path, ALICE, body).await;
            json!([written.status.as_u16(), written.json()["missing"]])
        }
        FlagName::ClickableEndpointsInText => {
            let world = world(flags, |_| {}).await;
            let session = world.contact_writes("ann", 1, "👍 call +1 555 000 1111").await;
            let path = format!("/api/contacts/{}/conversation", session.contact);
            let page = world.get(&path, ALICE).await.expect(200).json();
            page["messages"][0]["spans"].clone()
        }
        FlagName::SaveAttachment => {
            let world = world(flags, |_| {}).await;
            let (_, session) = world.alices_interaction().await;
            let id = world.contact_sends_picture(&session, 2).await;
            let shown = world.get(&format!("/api/attachments/{id}"), ALICE).await;
            let saved = world.get(&format!("/api/attachments/{id}/save"), ALICE).await;
            let missing = if saved.status == 200 { Value::Null } else { saved.json()["missing"].clone() };
            json!([shown.status.as_u16(), saved.status.as_u16(), missing])
        }
        FlagName::PushUrl | FlagName::EmojiAllowed | FlagName::EmojiPicker | FlagName::VendorEmojiImages => {
            composing(flag, flags).await
        }
        other => panic!("what does {} switch?", other.as_str()),
    }
}

/// The same of what belongs to writing a message.
async fn composing(flag: FlagName, flags: Flags) -> Value {
    match flag {
        FlagName::PushUrl => {
            let world = world(flags, |_| {}).await;
            let (id, _) = world.alices_interaction().await;
            let body = json!({"id": uuid(9), "url": "example.com"});
            let sent = world.post(&format!("/api/interactions/{id}/push-url"), ALICE, body).await;
            let menu = world.get("/api/pushed-urls", ALICE).await;
            let preview = world.post("/api/pushed-urls/preview", ALICE, json!({"url": "example.com"})).await;
            json!([
                sent.status.as_u16(),
                sent.json()["missing"],
                menu.status.as_u16(),
                preview.status.as_u16()
            ])
        }
        FlagName::EmojiAllowed => {
            let world = world(flags, |_| {}).await;
            let (id, session) = world.alices_interaction().await;
            let body = json!({"id": uuid(9), "text": "Done 👍🏽!"});
            let sent = world.post(&format!("/api/interactions/{id}/messages"), ALICE, body.clone()).await;
            let body = json!({"id": uuid(10), "channel": "website", "text": "👍"});
            let beside =
                world.post(&format!("/api/contacts/{}/messages", session.contact), ALICE, body).await;
            let problem = sent.json();
            json!([
                sent.status.as_u16(),
                problem["code"],
                problem["start"],
                problem["end"],
                beside.status.as_u16()
            ])
        }
        FlagName::EmojiPicker => {
            let world = world(flags, |_| {}).await;
            let found = world.get("/api/emoji?search=joie&locale=fr", ALICE).await;
            let recent = world.get("/api/emoji/recent", ALICE).await;
            let (id, _) = world.alices_interaction().await;
            let body = json!({"id": uuid(9), "text": "Pasted 👍"});
            let sent = world.post(&format!("/api/interactions/{id}/messages"), ALICE, body).await;
            json!([
                found.status.as_u16(),
                found.json()["missing"],
                recent.status.as_u16(),
                sent.status.as_u16()
            ])
        }
        // A hint for whoever draws: what is stored and sent is the same (r68).
        FlagName::VendorEmojiImages => {
            let world = world(flags, |_| {}).await;
            let (id, _) = world.alices_interaction().await;
            let body = json!({"id": uuid(9), "text": "❤️"});
            let sent = world.post(&format!("/api/interactions/{id}/messages"), ALICE, body).await;
            json!([shown(&world).await[flag.as_str()], sent.json()["message"]["content"]["text"]])
        }
        other => panic!("what does {} switch?", other.as_str()),
    }
}

async fn view(flags: Flags, view: &str) -> Value {
    let world = world(flags, |_| {}).await;
    let session = world.contact_writes("ann", 1, "Hello?").await;
    let path = format!("/api/contacts/{}/conversation?view={view}", session.contact);
    let read = world.get(&path, ALICE).await;
    json!([read.status.as_u16(), read.json()["missing"]])
}

#[tokio::test]
async fn every_flag_that_has_something_to_switch_switches_it() {
    for flag in FlagName::ALL {
        let phone = json!([{"start": 10, "end": 25, "kind": "phone", "href": "tel:+15550001111"}]);
        let (on, off) = match flag {
            FlagName::TwitterEnabled | FlagName::AutoReadyAtLogin => (json!(true), json!(false)),
            FlagName::AsyncEnabled => (json!([201, null]), json!([409, "async_disabled"])),
            FlagName::SaveAttachment => (json!([200, 200, null]), json!([200, 403, flag.as_str()])),
            FlagName::AutoAnswer => (json!("active"), Value::Null),
            FlagName::EmojiPicker => (json!([200, null, 200, 201]), json!([403, flag.as_str(), 403, 201])),
            FlagName::VendorEmojiImages => (json!([true, "❤️"]), json!([false, "❤️"])),
            FlagName::PushUrl => (json!([201, null, 200, 200]), json!([403, flag.as_str(), 403, 403])),
            FlagName::EmojiAllowed => {
                (json!([201, null, null, null, 201]), json!([403, "emoji_not_allowed", 5, 13, 403]))
            }
            FlagName::ComposeFromCommunication => (json!([201, null]), json!([403, flag.as_str()])),
            FlagName::ClickableEndpointsInText => (phone, json!([])),
            _ => (json!([200, null]), json!([403, flag.as_str()])),
        };
        assert_eq!(effect(*flag, true).await, on, "{} on", flag.as_str());
        assert_eq!(effect(*flag, false).await, off, "{} off", flag.as_str());
    }
}

#[tokio::test]
async fn on_premises_the_two_views_are_not_there() {
    let flags = Flags { deployment: Deployment::OnPremises, ..Flags::default() };
    for of in ["conversation", "communication"] {
        let answer = view(flags.clone(), of).await;
        assert_eq!(answer, json!([403, format!("{of}_view")]));
    }
    for of in ["conversation", "communication"] {
        assert_eq!(view(Flags::default(), of).await, json!([200, null]));
    }
}
