//! Files over HTTP, both ways: uploaded, sent, shown, saved and refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use axum::body::Body;
use axum::http::{Method, Request};
use common::visitor::{Listening, Visitor};
use common::{ALICE, BOB, World, config, picture, server_config, text, uuid, website};
use parlor_channel::{ATTACHMENTS_PER_MESSAGE, ChannelProfile};
use parlor_engine::{Config, Drive, EngineBuilder};
use parlor_model::{ChannelKind, Deployment, FlagName, Flags};
use parlor_server::{Origin, Server};
use parlor_store::MemoryStore;
use parlor_testkit::{ManualClock, SeededIds};
use parlor_webchat::WebChat;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a browser is that a script hides in.
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

/// A contact at the site with their token, and an agent who has their chat.
struct Chat {
    world: World,
    listening: Listening,
    browser: Visitor,
    welcome: Value,
    token: String,
}

impl Chat {
    async fn new() -> Self {
        Self::with(World::new().await).await
    }

    async fn with(world: World) -> Self {
        let listening = Listening::new(&world.server).await;
        let (browser, welcome) = Visitor::hello(&listening, json!({"type": "hello", "name": "Ann"})).await;
        let token = text(&welcome["token"]);
        Self { world, listening, browser, welcome, token }
    }

    /// Uploads a file as the contact.
    async fn put(&self, id: u128, name: &str, bytes: &[u8]) -> common::Reply {
        let path = format!("/chat/website/attachments/{}?name={name}", uuid(id));
        self.world.upload(Method::PUT, &path, &self.token, bytes).await
    }

    /// Sends a message with uploads; gives the sequence.
    async fn send(&mut self, id: u128, words: Option<&str>, uploads: &[u128]) -> u64 {
        let uploads: Vec<String> = uploads.iter().map(|id| uuid(*id)).collect();
        self.browser
            .say(json!({"type": "message", "id": uuid(id), "text": words, "attachments": uploads}))
            .await;
        self.browser.hear_a("accepted").await["sequence"].as_u64().unwrap()
    }

    /// The transcript as alice reads it: she takes the chat first.
    async fn transcript(&self) -> Vec<Value> {
        let interaction = self.taken().await;
        let path = format!("/api/contacts/{}/conversation", text(&interaction["contact"]["id"]));
        let page = self.world.get(&path, ALICE).await.expect(200).json();
        page["messages"].as_array().unwrap().clone()
    }

    /// Alice's interaction with the contact.
    async fn taken(&self) -> Value {
        let work = self.world.get("/api/me/interactions", ALICE).await.expect(200).json();
        if work["interactions"][0].is_object() {
            return work["interactions"][0].clone();
        }
        self.world.ready(ALICE).await;
        let offer = text(&self.world.offer(ALICE).await["id"]);
        let path = format!("/api/offers/{offer}/accept");
        let taken = self.world.call(Method::POST, &path, Some(ALICE), None).await.expect(200).json();
        self.world.engine.settle().await;
        taken["interaction"].clone()
    }

    async fn over(self) {
        drop(self.browser);
        self.listening.stop().await;
    }
}

fn attachments(message: &Value) -> Vec<Value> {
    message["content"]["attachments"].as_array().cloned().unwrap_or_default()
}

fn with_content(messages: &[Value], kind: &str) -> Vec<Value> {
    messages.iter().filter(|message| message["content"]["type"] == kind).cloned().collect()
}

#[tokio::test]
async fn r123_two_images_are_one_message_in_their_order() {
    let mut chat = Chat::new().await;
    assert_eq!(chat.welcome["attachments"]["most"], 10);
    assert_eq!(chat.welcome["attachments"]["largest"], 20_000_000);
    let second = chat.put(12, "second.png", &picture(12)).await.expect(201).json();
    let first = chat.put(11, "first.png", &picture(11)).await.expect(201).json();
    let sequence = chat.send(1, Some("These two"), &[11, 12]).await;
    let messages = with_content(&chat.transcript().await, "attached");
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0]["sequence"].as_u64(), &messages[0]["content"]["text"]),
        (Some(sequence), &json!("These two"))
    );
    let names: Vec<_> = attachments(&messages[0]).iter().map(|file| text(&file["name"])).collect();
    assert_eq!(names, ["first.png", "second.png"]);
    assert_eq!(attachments(&messages[0])[1]["id"], second["attachment"]["id"]);
    // The browser hears what it sent, in the same order.
    let hello = json!({"type": "hello", "token": chat.token});
    let (mut tab, _) = Visitor::hello(&chat.listening, hello).await;
    let heard = tab.hear_a("message").await;
    drop(tab);
    assert_eq!(heard["content"]["attachments"][0], first["attachment"]);
    assert_eq!(heard["content"]["attachments"][0]["dimensions"], json!({"width": 400, "height": 300}));
    // Said again, it is the same message.
    assert_eq!(chat.send(1, Some("These two"), &[11, 12]).await, sequence);
    assert_eq!(with_content(&chat.transcript().await, "attached").len(), 1);
    chat.over().await;
}

#[tokio::test]
async fn r125_what_is_opened_is_what_came_to_the_last_byte() {
    let mut chat = Chat::new().await;
    let original = picture(11);
    let uploaded = chat.put(11, "chair.png", &original).await.expect(201).json();
    let again = chat.put(11, "chair.png", &original).await.expect(201).json();
    assert_eq!(uploaded, again, "a repeated upload is the same");
    chat.send(1, None, &[11]).await;
    chat.taken().await;
    let id = text(&uploaded["attachment"]["id"]);
    for path in [format!("/api/attachments/{id}"), format!("/api/attachments/{id}/save")] {
        let reply = chat.world.get(&path, ALICE).await.expect(200);
        assert!(reply.body == original, "{path}");
    }
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&original));
    assert_eq!(uploaded["attachment"]["sha256"], sha256);
    // The contact has their own, and nobody else's.
    let own = format!("/chat/website/attachments/{id}");
    assert!(chat.world.get(&own, &chat.token).await.expect(200).body == original);
    let (other, welcome) = Visitor::hello(&chat.listening, json!({"type": "hello"})).await;
    chat.world.get(&own, &text(&welcome["token"])).await.refused(404, "not_found");
    drop(other);
    chat.over().await;
}

#[tokio::test]
async fn files_are_served_so_that_no_browser_runs_them() {
    let mut chat = Chat::new().await;
    let uploaded = chat.put(11, "St%C3%BChle%20%22neu%22.png", &picture(11)).await.expect(201).json();
    let note = chat.put(12, "note.txt", b"Call me").await.expect(201).json();
    chat.send(1, None, &[11, 12]).await;
    chat.taken().await;
    let id = text(&uploaded["attachment"]["id"]);
    for (path, kind, how) in [
        (format!("/api/attachments/{id}"), "image/png", "inline; "),
        (format!("/api/attachments/{id}/thumbnail"), "image/jpeg", "inline; "),
        (format!("/api/attachments/{id}/save"), "application/octet-stream", "attachment; "),
    ] {
        let reply = chat.world.get(&path, ALICE).await.expect(200);
        assert_eq!(reply.headers["content-type"], kind);
        assert_eq!(reply.headers["content-security-policy"], "sandbox; default-src 'none'");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["cross-origin-resource-policy"], "same-origin");
        assert_eq!(reply.headers["cache-control"], "no-store");
        let disposition = reply.headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with(how), "{disposition}");
        assert!(disposition.ends_with("filename*=UTF-8''St%C3%BChle%20%22neu%22.png"), "{disposition}");
        assert_eq!(reply.headers["content-length"], reply.body.len().to_string());
    }
    // What is no picture is only ever saved.
    let id = text(&note["attachment"]["id"]);
    chat.world.get(&format!("/api/attachments/{id}"), ALICE).await.refused(422, "not_shown");
    chat.world.get(&format!("/api/attachments/{id}/thumbnail"), ALICE).await.refused(422, "not_shown");
    let saved = chat.world.get(&format!("/api/attachments/{id}/save"), ALICE).await.expect(200);
    assert_eq!(saved.body, b"Call me");
    chat.over().await;
}

#[tokio::test]
async fn r124_a_picture_without_a_thumbnail_is_still_there() {
    let mut chat = Chat::new().await;
    // Its head is whole and its pixels are cut off.
    let mut broken = picture(11);
    broken.truncate(broken.len() / 2);
    let uploaded = chat.put(11, "chair.png", &broken).await.expect(201).json();
    assert_eq!(uploaded["attachment"]["thumbnail"], false);
    chat.send(1, None, &[11]).await;
    chat.taken().await;
    let id = text(&uploaded["attachment"]["id"]);
    assert!(chat.world.get(&format!("/api/attachments/{id}"), ALICE).await.expect(200).body == broken);
    chat.world.get(&format!("/api/attachments/{id}/thumbnail"), ALICE).await.refused(422, "not_shown");
    chat.over().await;
}

#[tokio::test]
async fn r126_who_may_look_and_not_save_is_told_what_is_missing() {
    let mut config = config();
    for agent in &mut config.agents {
        agent.flags = Flags::default().with(&[(FlagName::SaveAttachment, false)].into());
    }
    let mut chat = Chat::with(World::with(config, server_config()).await).await;
    let uploaded = chat.put(11, "chair.png", &picture(11)).await.expect(201).json();
    chat.send(1, None, &[11]).await;
    chat.taken().await;
    let id = text(&uploaded["attachment"]["id"]);
    let log = Audit::default();
    let listening = tracing::subscriber::set_default(log.clone());
    chat.world.get(&format!("/api/attachments/{id}"), ALICE).await.expect(200);
    assert_eq!(log.lines(), Vec::<String>::new(), "looking is not saving");
    let denied = chat.world.get(&format!("/api/attachments/{id}/save"), ALICE).await;
    drop(listening);
    let [line] = &log.lines()[..] else { panic!("{:?}", log.lines()) };
    for part in ["verb=\"save_attachment\"", "agent=alice", &format!("attachment={id}"), "allowed=false"] {
        assert!(line.contains(part), "{line} does not say {part}");
    }
    assert_eq!(denied.refused(403, "feature_disabled").json()["missing"], "save_attachment");
    chat.over().await;
}

#[tokio::test]
async fn r127_a_bad_file_is_told_to_the_agent_and_the_words_arrive() {
    let mut chat = Chat::new().await;
    chat.put(11, "chair.png", &picture(11)).await.expect(201);
    let refused = chat.put(12, "drawing.svg", SVG).await.refused(422, "file_rejected").json();
    assert!(["type_not_allowed", "type_mismatch"].contains(&text(&refused["reason"]).as_str()), "{refused}");
    let repeated = chat.put(12, "drawing.svg", SVG).await.refused(422, "file_rejected").json();
    assert_eq!(repeated["reason"], refused["reason"], "it stays refused");
    let sequence = chat.send(1, Some("See these"), &[11, 12]).await;
    let messages = chat.transcript().await;
    let said = with_content(&messages, "attached");
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["content"]["text"], "See these");
    assert_eq!(attachments(&said[0]).len(), 1);
    let told = with_content(&messages, "system");
    let notice = told.iter().find(|message| message["content"]["notice"]["attachment_rejected"].is_object());
    let notice = notice.expect("the agent is told");
    let rejected = &notice["content"]["notice"]["attachment_rejected"];
    assert_eq!(rejected["name"], "drawing.svg");
    assert_eq!(rejected["reason"], refused["reason"]);
    assert_eq!(notice["visibility"], "internal");
    assert_eq!(chat.send(1, Some("See these"), &[11, 12]).await, sequence, "said again, nothing is added");
    assert_eq!(chat.transcript().await.len(), messages.len());
    // A bad file alone: words arrive as a plain text.
    chat.put(13, "drawing.svg", SVG).await.refused(422, "file_rejected");
    chat.send(2, Some("Only words"), &[13]).await;
    let messages = chat.transcript().await;
    assert!(with_content(&messages, "text").iter().any(|message| message["content"]["text"] == "Only words"));
    chat.over().await;
}

#[tokio::test]
async fn r84_an_agent_sends_an_image_in_a_chat() {
    let mut chat = Chat::new().await;
    chat.browser.say(json!({"type": "message", "id": uuid(1), "text": "Show me"})).await;
    chat.browser.hear_a("accepted").await;
    chat.world.engine.settle().await;
    let interaction = text(&chat.taken().await["id"]);
    let me = chat.world.get("/api/me", ALICE).await.expect(200).json();
    assert_eq!(me["channels"][0]["attachments"]["most"], 10);
    let path = format!("/api/attachments?id={}&interaction={interaction}&name=chair.png", uuid(21));
    let uploaded = chat.world.upload(Method::POST, &path, ALICE, &picture(21)).await.expect(201).json();
    let repeated = chat.world.upload(Method::POST, &path, ALICE, &picture(21)).await.expect(201).json();
    assert_eq!(uploaded, repeated);
    let body = json!({"id": uuid(22), "text": "Here", "attachments": [uuid(21)]});
    let messages = format!("/api/interactions/{interaction}/messages");
    let sent = chat.world.post(&messages, ALICE, body.clone()).await.expect(201).json();
    assert_eq!(sent["message"]["content"]["attachments"][0], uploaded["attachment"]);
    assert_eq!(chat.world.post(&messages, ALICE, body).await.expect(201).json()["message"], sent["message"]);
    let other = json!({"id": uuid(23), "attachments": [uuid(21)]});
    chat.world.post(&messages, ALICE, other).await.refused(404, "not_found");
    // The contact sees it, and fetches both sizes with their token.
    let heard = loop {
        let frame = chat.browser.hear_a("message").await;
        if frame["content"]["type"] == "attached" {
            break frame;
        }
    };
    assert_eq!(heard["author"], json!({"kind": "agent", "name": "alice"}));
    let id = text(&heard["content"]["attachments"][0]["id"]);
    let fetched = chat.world.get(&format!("/chat/website/attachments/{id}"), &chat.token).await.expect(200);
    assert!(fetched.body == picture(21));
    chat.world.get(&format!("/chat/website/attachments/{id}/thumbnail"), &chat.token).await.expect(200);
    chat.over().await;
}

/// What is written to the log for those who look into what was done.
#[derive(Clone, Debug, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl Audit {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// The fields of a line.
struct Line(String);

impl tracing::field::Visit for Line {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write;
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl tracing::Subscriber for Audit {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "parlor::audit"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// A workspace whose web chat has other rules.
async fn ruled(change: impl FnOnce(&mut ChannelProfile)) -> World {
    let mut profile = ChannelProfile::of(&ChannelKind::WebChat);
    change(&mut profile);
    let (clock, store) = (ManualClock::new(), Arc::new(MemoryStore::new()));
    let engine = EngineBuilder::new(config(), store.clone())
        .clock(Arc::new(clock.clone()))
        .ids(Arc::new(SeededIds::new(7)))
        .drive(Drive::Manual)
        .transport(ChannelKind::WebChat, Arc::new(WebChat::default().with_profile(profile)))
        .attachments(Arc::new(parlor_blob::Blobs::memory()), Arc::new(parlor_media::Inspector::default()))
        .start()
        .await
        .unwrap();
    let server = Server::new(engine.clone(), server_config()).unwrap();
    let router = server.router();
    World { engine, server, router, clock, store }
}

#[tokio::test]
async fn r85_where_the_profile_has_no_attach_action_there_is_none() {
    let chat = Chat::with(ruled(|profile| profile.outbound_image = false).await).await;
    chat.world.contact_writes("ben", 1, "Hello?").await;
    let interaction = text(&chat.taken().await["id"]);
    let me = chat.world.get("/api/me", ALICE).await.expect(200).json();
    assert_eq!(me["channels"][0]["attachments"], Value::Null);
    let path = format!("/api/attachments?id={}&interaction={interaction}&name=chair.png", uuid(21));
    let refused = chat.world.upload(Method::POST, &path, ALICE, &picture(21)).await;
    assert_eq!(refused.refused(422, "unsupported_content").json()["feature"], "image");
    // What contacts send is another matter.
    chat.put(11, "chair.png", &picture(11)).await.expect(201);
    chat.over().await;
}

#[tokio::test]
async fn an_agent_uploads_only_where_they_may_write() {
    let world = World::new().await;
    let (interaction, _) = world.alices_interaction().await;
    let path = |id: u128| format!("/api/attachments?id={}&interaction={interaction}&name=a.png", uuid(id));
    world.upload(Method::POST, &path(1), BOB, &picture(1)).await.refused(404, "not_found");
    let by_channel = format!("/api/attachments?id={}&channel=website&name=a.png", uuid(2));
    world.upload(Method::POST, &by_channel, BOB, &picture(1)).await.expect(201);
    let nowhere = format!("/api/attachments?id={}&name=a.png", uuid(3));
    world.upload(Method::POST, &nowhere, ALICE, &picture(1)).await.refused(400, "bad_query");
    // What one agent uploaded is nobody else's to send.
    let body = json!({"id": uuid(9), "attachments": [uuid(2)]});
    let messages = format!("/api/interactions/{interaction}/messages");
    world.post(&messages, ALICE, body).await.refused(404, "not_found");
    world.post(&messages, ALICE, json!({"id": uuid(10)})).await.refused(422, "text_empty");
}

#[tokio::test]
async fn a_message_has_so_many_files_and_a_file_so_many_bytes() {
    let mut server = server_config();
    server.chat.file_bytes = 3_000;
    server.chat.attachments = 2;
    let mut chat = Chat::with(World::with(config(), server).await).await;
    let refused = chat.put(11, "notes.txt", &[b'a'; 3_001]).await.refused(422, "file_rejected").json();
    assert_eq!(refused["reason"], "too_large");
    for id in 21..24 {
        chat.put(id, "notes.txt", &[b'a'; 3_000]).await.expect(201);
    }
    let uploads: Vec<String> = (21..24).map(uuid).collect();
    chat.browser.say(json!({"type": "message", "id": uuid(1), "attachments": uploads})).await;
    assert_eq!(chat.browser.hear_a("error").await["code"], "too_many_attachments");
    chat.browser.say(json!({"type": "message", "id": uuid(2), "attachments": [uuid(99)]})).await;
    let error = chat.browser.hear_a("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("unknown_attachment"), &json!(uuid(2))));
    chat.send(3, None, &[21, 22]).await;
    let interaction = text(&chat.taken().await["id"]);
    for id in 31..34 {
        let path = format!("/api/attachments?id={}&interaction={interaction}&name=a.txt", uuid(id));
        chat.world.upload(Method::POST, &path, ALICE, b"a").await.expect(201);
    }
    let body = json!({"id": uuid(40), "attachments": [uuid(31), uuid(32), uuid(33)]});
    let messages = format!("/api/interactions/{interaction}/messages");
    let refused = chat.world.post(&messages, ALICE, body).await.refused(422, "over_limit").json();
    assert_eq!((&refused["name"], &refused["limit"]), (&json!(ATTACHMENTS_PER_MESSAGE), &json!(2)));
    chat.over().await;
}

#[tokio::test]
async fn a_contact_has_so_much_room_and_text_is_taken_on() {
    let mut config = config();
    config.rules.uploads.per_contact = 5_000;
    let mut chat = Chat::with(World::with(config, server_config()).await).await;
    chat.put(11, "a.txt", &[b'a'; 3_000]).await.expect(201);
    let refused = chat.put(12, "b.txt", &[b'a'; 3_000]).await.refused(422, "file_rejected").json();
    assert_eq!(refused["reason"], "no_room");
    chat.put(13, "c.txt", &[b'a'; 2_000]).await.expect(201);
    chat.put(14, "d.txt", b"a").await.refused(422, "file_rejected");
    chat.send(1, Some("Words go on"), &[11, 12]).await;
    // Next month there is room again.
    chat.world.clock.advance(Duration::from_hours(24 * 30));
    chat.put(15, "e.txt", &[b'a'; 5_000]).await.expect(201);
    chat.over().await;
}

#[tokio::test]
async fn what_no_message_took_is_removed_and_what_one_took_stays() {
    let mut chat = Chat::new().await;
    let sent = chat.put(11, "sent.png", &picture(11)).await.expect(201).json();
    chat.put(12, "left.png", &picture(12)).await.expect(201);
    chat.send(1, None, &[11]).await;
    chat.taken().await;
    assert_eq!(chat.world.engine.sweep_uploads().await.unwrap(), 0);
    chat.world.clock.advance(Duration::from_hours(24));
    assert_eq!(chat.world.engine.sweep_uploads().await.unwrap(), 1);
    chat.browser.say(json!({"type": "message", "id": uuid(2), "attachments": [uuid(12)]})).await;
    assert_eq!(chat.browser.hear_a("error").await["code"], "unknown_attachment");
    let id = text(&sent["attachment"]["id"]);
    chat.world.get(&format!("/chat/website/attachments/{id}"), &chat.token).await.expect(200);
    chat.over().await;
}

#[tokio::test]
async fn a_guest_page_may_read_the_answers_and_a_stranger_may_not() {
    let mut server = server_config();
    server.chat_origins.insert(website(), vec![Origin::parse("https://shop.example").unwrap()]);
    let chat = Chat::with(World::with(config(), server).await).await;
    let path = format!("/chat/website/attachments/{}", uuid(11));
    let ask = |origin: &str, path: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .body(Body::empty())
            .unwrap()
    };
    let allowed = chat.world.router.clone();
    let told = tower::ServiceExt::oneshot(allowed, ask("https://shop.example", &path)).await.unwrap();
    assert_eq!(told.status(), 204);
    assert_eq!(told.headers()["access-control-allow-origin"], "https://shop.example");
    assert_eq!(told.headers()["access-control-allow-headers"], "authorization, content-type");
    for (origin, path) in [
        ("https://shop.example.evil", path.as_str()),
        ("https://shop.example", "/api/me"),
        ("null", path.as_str()),
    ] {
        let router = chat.world.router.clone();
        let told = tower::ServiceExt::oneshot(router, ask(origin, path)).await.unwrap();
        assert_eq!(told.status(), 405, "{origin} {path}");
        assert!(!told.headers().contains_key("access-control-allow-origin"), "{origin} {path}");
    }
    chat.over().await;
}

#[tokio::test]
async fn an_agent_without_the_views_opens_only_what_is_their_work() {
    let mut config: Config = config();
    for agent in &mut config.agents {
        agent.flags = Flags { deployment: Deployment::OnPremises, ..Flags::default() };
    }
    let world = World::with(config, server_config()).await;
    let (_, session) = world.alices_interaction().await;
    let id = world.contact_sends_picture(&session, 5).await;
    world.get(&format!("/api/attachments/{id}"), ALICE).await.expect(200);
    world.get(&format!("/api/attachments/{id}"), BOB).await.refused(404, "not_found");
    world.get(&format!("/api/attachments/{}", uuid(77)), ALICE).await.refused(404, "not_found");
}
