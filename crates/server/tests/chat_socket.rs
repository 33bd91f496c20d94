//! The web-chat socket over a real connection.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use common::visitor::{Listening, Visitor};
use common::{ADMIN, ALICE, BASE, World, config, server_config, text, uuid, website};
use futures_util::SinkExt;
use parlor_server::{Limits, Origin};
use parlor_store::{MemoryStore, Store};
use parlor_testkit::{FaultyStore, ManualClock};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

async fn listening() -> (World, Listening) {
    let world = World::new().await;
    let server = Listening::new(&world.server).await;
    (world, server)
}

fn says(id: u128, text: &str) -> Value {
    json!({"type": "message", "id": uuid(id), "text": text})
}

#[tokio::test]
async fn a_contact_and_an_agent_talk() {
    let (world, server) = listening().await;
    world.ready(ALICE).await;
    let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello", "name": " Ann\n"})).await;
    assert_eq!((&welcome["contact"], &welcome["latest"]), (&json!("Ann"), &json!(0)));
    assert_eq!(welcome["state"], "none");
    assert_eq!(text(&welcome["token"]).len(), 64);
    ann.say(says(1, "Hello?")).await;
    let accepted = ann.hear_a("accepted").await;
    assert_eq!((&accepted["id"], &accepted["sequence"]), (&json!(uuid(1)), &json!(1)));
    world.engine.settle().await;
    let offer = world.offer(ALICE).await;
    assert_eq!(offer["interaction"]["contact"]["display_name"], "Ann");
    assert_eq!(offer["interaction"]["connection"], "connected");
    let accept = format!("/api/offers/{}/accept", text(&offer["id"]));
    let mine = world.post(&accept, ALICE, json!({})).await.expect(200).json();
    let at = |what: &str| format!("/api/interactions/{}/{what}", text(&mine["interaction"]["id"]));
    world.post(&at("typing"), ALICE, json!({"on": true})).await.expect(204);
    world.post(&at("messages"), ALICE, json!({"id": uuid(2), "text": "Hi Ann"})).await.expect(201);
    world.post(&at("notes"), ALICE, json!({"id": uuid(3), "text": "Secret"})).await.expect(201);
    world.post(&at("end"), ALICE, json!({})).await.expect(200);
    let mut heard = Vec::new();
    loop {
        let frame = ann.hear().await;
        let ended = frame["type"] == "state" && frame["state"] == "ended";
        heard.push(frame);
        if ended {
            break;
        }
    }
    let messages: Vec<&Value> = heard.iter().filter(|frame| frame["type"] == "message").collect();
    let sequences: Vec<u64> = messages.iter().map(|frame| frame["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.windows(2).all(|two| two[0] < two[1]), "{sequences:?}");
    assert!(messages.iter().all(|frame| !frame.to_string().contains("Secret")));
    let said = messages.iter().find(|frame| frame["author"]["kind"] == "agent").unwrap();
    assert_eq!(said["author"]["name"], "alice");
    let own = messages.iter().find(|frame| frame["author"]["kind"] == "me");
    assert!(own.is_none_or(|own| own["id"] == json!(uuid(1))));
    let states: Vec<&Value> =
        heard.iter().filter(|frame| frame["type"] == "state").map(|frame| &frame["state"]).collect();
    assert_eq!(states[states.len() - 2..], ["active", "ended"], "an offer is still queued");
    let typing: Vec<&Value> = heard.iter().filter(|frame| frame["type"] == "typing").collect();
    assert_eq!((&typing[0]["on"], &typing[0]["name"]), (&json!(true), &json!("alice")));

    ann.say(json!({"type": "typing", "on": true, "text": "Not to be seen"})).await;
    ann.say(json!({"type": "seen", "delivered": 99, "read": 99})).await;
    ann.say(json!({"type": "end"})).await;
    ann.say(says(4, "Wait")).await;
    ann.hear_a("accepted").await;
    let conversation = format!("/api/contacts/{}/conversation", text(&mine["interaction"]["contact"]["id"]));
    let page = world.get(&conversation, ALICE).await.expect(200).json();
    let sent = page["messages"].as_array().unwrap().iter().find(|message| message["id"] == json!(uuid(2)));
    assert_eq!(sent.unwrap()["delivery"], "read");
}

#[tokio::test]
async fn a_message_that_is_repeated_is_answered_the_same_way() {
    let (world, server) = listening().await;
    let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
    ann.say(says(1, "Hello?")).await;
    let first = ann.hear_a("accepted").await;
    ann.say(says(1, "Hello?")).await;
    assert_eq!(ann.hear_a("accepted").await, first);
    let hello = json!({"type": "hello", "token": welcome["token"], "after": 0});
    let (mut again, welcome) = Visitor::hello(&server, hello).await;
    assert_eq!((&welcome["latest"], &welcome["state"]), (&json!(1), &json!("queued")));
    again.say(says(1, "Hello?")).await;
    assert_eq!(again.hear_a("accepted").await, first);
    let counters = world.get("/admin/counters", ADMIN).await.json();
    assert_eq!(counters, json!({"received": 3, "appended": 1, "duplicate": 2, "dead": 0}));
}

#[tokio::test]
async fn two_sockets_of_one_contact_hear_the_same() {
    let (world, server) = listening().await;
    let (mut first, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
    let hello = json!({"type": "hello", "token": welcome["token"]});
    let (mut second, again) = Visitor::hello(&server, hello).await;
    assert_eq!(welcome["token"], again["token"]);
    first.say(says(1, "From the first")).await;
    second.say(says(2, "From the second")).await;
    let mut heard = Vec::new();
    for visitor in [&mut first, &mut second] {
        let mut messages = Vec::new();
        while messages.len() < 2 {
            let message = visitor.hear_a("message").await;
            assert_eq!(message["author"]["kind"], "me");
            messages.push(message);
        }
        heard.push(messages);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(world.engine.totals().await.unwrap().messages, 2);
}

#[tokio::test]
async fn r11_a_browser_that_was_here_is_the_contact_that_it_was_and_any_other_is_a_new_one() {
    let (world, server) = listening().await;
    let mut tokens = Vec::new();
    // Two who say that they are Ann, and the first of them once more.
    for (number, token) in [(1, None), (2, None), (3, Some(0))] {
        let mut hello = json!({"type": "hello", "name": "Ann"});
        if let Some(earlier) = token {
            let tokens: &Vec<String> = &tokens;
            hello["token"] = json!(tokens[earlier]);
        }
        let (mut browser, welcome) = Visitor::hello(&server, hello).await;
        tokens.push(text(&welcome["token"]));
        browser.say(says(number, &format!("Number {number}"))).await;
        browser.hear_a("accepted").await;
    }
    world.engine.settle().await;
    let list = world.get("/api/contacts?scope=all", ALICE).await.expect(200).json();
    let mut said = Vec::new();
    for contact in list["contacts"].as_array().unwrap() {
        assert_eq!(contact["display_name"], "Ann");
        let path = format!("/api/contacts/{}/conversation", text(&contact["id"]));
        let read = world.get(&path, ALICE).await.expect(200).json();
        let texts = read["messages"].as_array().unwrap().iter();
        said.push(texts.map(|message| text(&message["content"]["text"])).collect::<Vec<_>>());
    }
    assert_eq!(said, [vec!["Number 1", "Number 3"], vec!["Number 2"]], "a name proves nothing");
}

#[tokio::test]
async fn a_browser_resumes_where_it_was() {
    let mut limits = Limits::default();
    // Several pages, so that what is read and what happens meanwhile meet.
    limits.backlog_page = 3;
    let world = World::limited(limits).await;
    let server = Listening::new(&world.server).await;
    let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
    for number in 1..=20 {
        ann.say(says(number, &format!("Number {number}"))).await;
        ann.hear_a("accepted").await;
        world.clock.advance(Duration::from_secs(1));
    }
    drop(ann);
    for after in [0_u64, 1, 7, 19, 20, 99] {
        let hello = json!({"type": "hello", "token": welcome["token"], "after": after});
        let (mut ann, welcome) = Visitor::hello(&server, hello).await;
        assert_eq!(welcome["latest"], 20);
        for sequence in after.min(20) + 1..=20 {
            let message = ann.hear_a("message").await;
            assert_eq!(message["sequence"], sequence);
            assert_eq!(message["id"], json!(uuid(sequence.into())));
        }
        ann.say(json!({"type": "nonsense"})).await;
        assert_eq!(ann.hear().await["code"], "bad_frame", "nothing else came after {after}");
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_and_belongs_to_one_channel() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut config = config();
    let mut other = config.channels[0].clone();
    other.name = parlor_model::ChannelName::new("shop").unwrap();
    config.channels.push(other);
    let clock = ManualClock::new();
    let token = {
        let world = World::over(Arc::clone(&store), clock.clone(), config.clone(), server_config()).await;
        let server = Listening::new(&world.server).await;
        let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
        ann.say(says(1, "Hello?")).await;
        ann.hear_a("accepted").await;
        world.engine.stop().await;
        text(&welcome["token"])
    };
    let sessions = store.documents("webchat_session").await.unwrap();
    assert!(!format!("{sessions:?}{}", sessions[0].body).contains(&token), "only its hash is stored");
    let ids = parlor_testkit::SeededIds::new(8);
    let world = World::with_ids(store, clock, ids, config, server_config()).await;
    let server = Listening::new(&world.server).await;
    let hello = json!({"type": "hello", "token": token});
    let (mut ann, welcome) = Visitor::hello(&server, hello.clone()).await;
    assert_eq!(welcome["latest"], 1);
    assert_eq!(ann.hear_a("message").await["content"]["text"], "Hello?");
    let mut elsewhere = Visitor::open(&server, "shop", Some(BASE)).await.unwrap();
    elsewhere.say(hello).await;
    assert_eq!(elsewhere.hear().await["code"], "unknown_token");
}

#[tokio::test]
async fn closed_work_is_over_to_the_contact_and_not_absent() {
    let (world, server) = listening().await;
    world.ready(ALICE).await;
    let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
    ann.say(says(1, "Hello?")).await;
    ann.hear_a("accepted").await;
    world.engine.settle().await;
    let offer = world.offer(ALICE).await;
    let accept = format!("/api/offers/{}/accept", text(&offer["id"]));
    world.post(&accept, ALICE, json!({})).await.expect(200);
    let hello = json!({"type": "hello", "token": welcome["token"], "after": 2});
    let (mut second, welcome_active) = Visitor::hello(&server, hello.clone()).await;
    assert_eq!(welcome_active["state"], "active");
    let state = second.hear_a("state").await;
    assert_eq!(state["agent"], "alice", "the welcome does not say who has it");
    let id = text(&offer["interaction"]["id"]);
    for what in ["end", "done"] {
        world.post(&format!("/api/interactions/{id}/{what}"), ALICE, json!({})).await.expect(200);
    }
    let (_, welcome) = Visitor::hello(&server, hello).await;
    assert_eq!(welcome["state"], "ended");
}

#[tokio::test]
async fn only_pages_that_are_named_may_chat() {
    let mut server = server_config();
    server.chat_origins.insert(website(), vec![Origin::parse("https://shop.example").unwrap()]);
    let world = World::with(config(), server).await;
    let server = Listening::new(&world.server).await;
    for origin in [BASE, "https://shop.example"] {
        let mut visitor = Visitor::open(&server, "website", Some(origin)).await.unwrap();
        visitor.say(json!({"type": "hello"})).await;
        visitor.hear_a("welcome").await;
    }
    for origin in [
        None,
        Some("null"),
        Some("http://shop.example"),
        Some("https://shop.example.evil.example"),
        Some("https://evilshop.example"),
        Some("https://shop.example:8443"),
    ] {
        match Visitor::open(&server, "website", origin).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403, "{origin:?}"),
            other => panic!("{origin:?}: {:?}", other.err()),
        }
    }
    // What is allowed for one channel is not for another.
    assert!(Visitor::open(&server, "elsewhere", Some("https://shop.example")).await.is_err());
}

#[tokio::test]
async fn the_handshake_must_be_one() {
    let world = World::new().await;
    let get = |headers: &[(&str, &str)]| {
        let mut request = axum::http::Request::get("/chat/website/socket").header("origin", BASE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(axum::body::Body::empty()).unwrap()
    };
    world.send(get(&[])).await.refused(426, "upgrade_required");
    let upgrade = [("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")];
    world.send(get(&upgrade)).await.refused(400, "bad_handshake");
    let old = [upgrade[0], upgrade[1], ("sec-websocket-version", "8")];
    world.send(get(&old)).await.refused(400, "bad_handshake");
    let short = [upgrade[0], upgrade[1], ("sec-websocket-version", "13"), ("sec-websocket-key", "short")];
    world.send(get(&short)).await.refused(400, "bad_handshake");
    let path = "/chat/website/socket";
    world.call(Method::POST, path, None, None).await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_is_worse_closes() {
    let (_world, server) = listening().await;
    let open = async || Visitor::open(&server, "website", Some(BASE)).await.unwrap();

    let mut early = open().await;
    early.say(says(1, "Hello?")).await;
    assert_eq!(early.hear().await["code"], "hello_first");
    assert_eq!(u16::from(early.closed().await.unwrap().code), 1008);

    for token in ["0".repeat(64), "short".to_owned()] {
        let mut stranger = open().await;
        stranger.say(json!({"type": "hello", "token": token})).await;
        let refused = stranger.hear().await;
        assert_eq!(refused["code"], "unknown_token");
        assert!(!refused.to_string().contains(&token));
        assert_eq!(u16::from(stranger.closed().await.unwrap().code), 1008);
    }

    let mut lost = Visitor::open(&server, "elsewhere", Some(BASE)).await.unwrap();
    lost.say(json!({"type": "hello"})).await;
    assert_eq!(lost.hear().await["code"], "unknown_channel");
    assert_eq!(u16::from(lost.closed().await.unwrap().code), 1008);

    let (mut clumsy, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
    for frame in ["swordfish", "[]", "{\"type\":\"swordfish\"}", "{\"type\":\"hello\"}"] {
        clumsy.socket.send(Message::text(frame)).await.unwrap();
        let refused = clumsy.hear().await;
        assert_eq!(refused["code"], "bad_frame", "{frame}");
        assert!(!refused.to_string().contains("swordfish"));
    }
    clumsy.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(clumsy.hear().await["code"], "bad_frame");
    clumsy.say(says(1, " ")).await;
    let empty = clumsy.hear().await;
    assert_eq!((&empty["code"], &empty["id"]), (&json!("text_empty"), &json!(uuid(1))));
    clumsy.say(says(2, &"x".repeat(65_537))).await;
    assert_eq!(clumsy.hear().await["code"], "text_too_long");
    clumsy.say(says(3, "At last")).await;
    clumsy.hear_a("accepted").await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_closes_however_large_it_is() {
    let (_world, server) = listening().await;
    // A little too large for the protocol, and too large for the socket to read at all.
    for size in [128 * 1024 + 1, 200 * 1024, 4 * 1024 * 1024] {
        let (mut visitor, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
        // The server may close before it has read everything.
        let _ = visitor.socket.send(Message::text("x".repeat(size))).await;
        assert_eq!(visitor.hear_a("error").await["code"], "frame_too_large", "{size}");
        assert_eq!(u16::from(visitor.closed().await.unwrap().code), 1009, "{size}");
    }
}

#[tokio::test]
async fn who_says_nothing_or_no_hello_is_closed() {
    let mut server = server_config();
    server.chat.hello_within = Duration::from_millis(50);
    server.chat.ping_every = Duration::from_millis(20);
    let world = World::with(config(), server).await;
    let server = Listening::new(&world.server).await;
    let mut silent = Visitor::open(&server, "website", Some(BASE)).await.unwrap();
    assert_eq!(silent.hear().await["code"], "hello_first");
    assert_eq!(u16::from(silent.closed().await.unwrap().code), 1008);
    // Whoever answers pings stays; reading is answering.
    let (mut alive, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
    let mut pings = 0;
    while pings < 5 {
        use futures_util::StreamExt;
        if matches!(alive.socket.next().await.unwrap().unwrap(), Message::Ping(_)) {
            pings += 1;
        }
    }
    alive.say(says(1, "Still here")).await;
    alive.hear_a("accepted").await;
}

#[tokio::test]
async fn a_dropped_connection_ends_nothing() {
    let (world, server) = listening().await;
    let (interaction, session) = {
        world.ready(ALICE).await;
        let (mut ann, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
        ann.say(says(1, "Hello?")).await;
        ann.hear_a("accepted").await;
        world.engine.settle().await;
        let offer = world.offer(ALICE).await;
        let accept = format!("/api/offers/{}/accept", text(&offer["id"]));
        world.post(&accept, ALICE, json!({})).await.expect(200);
        ann.socket.close(None).await.unwrap();
        ann.closed().await;
        (text(&offer["interaction"]["id"]), welcome["token"].clone())
    };
    let path = format!("/api/interactions/{interaction}/messages");
    let sent =
        world.post(&path, ALICE, json!({"id": uuid(2), "text": "Are you there?"})).await.expect(201).json();
    assert_eq!(sent["interaction"]["state"], "active");
    let hello = json!({"type": "hello", "token": session, "after": 1});
    let (mut ann, _) = Visitor::hello(&server, hello).await;
    let heard = loop {
        let message = ann.hear_a("message").await;
        if message["content"]["type"] == "text" {
            break message;
        }
    };
    assert_eq!(heard["content"]["text"], "Are you there?");
}

#[tokio::test]
async fn an_address_may_open_so_many_sockets_and_begin_so_many_chats() {
    let mut limits = Limits::default();
    limits.sockets_per_address = 4;
    limits.sessions_per_address = 2;
    let world = World::limited(limits).await;
    let server = Listening::new(&world.server).await;
    let (first, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
    let (_second, welcome) = Visitor::hello(&server, json!({"type": "hello"})).await;
    let (mut third, busy) = Visitor::hello(&server, json!({"type": "hello"})).await;
    assert_eq!((&busy["code"], &busy["retry_after_ms"]), (&json!("busy"), &json!(30_000)));
    assert_eq!(u16::from(third.closed().await.unwrap().code), 1013);
    // Who comes back begins nothing.
    let hello = json!({"type": "hello", "token": welcome["token"]});
    let (_third, welcome) = Visitor::hello(&server, hello).await;
    assert_eq!(welcome["type"], "welcome");
    let _fourth = Visitor::open(&server, "website", Some(BASE)).await;
    let mut refused = false;
    for _ in 0..2 {
        if let Err(Error::Http(response)) = Visitor::open(&server, "website", Some(BASE)).await {
            assert_eq!(response.status(), 429);
            refused = true;
        }
    }
    assert!(refused);
    drop(first);
    world.clock.advance(Duration::from_secs(30));
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_is_not_accepted() {
    let (faults, store) = FaultyStore::over(Arc::new(MemoryStore::new()));
    let world = World::over(store, ManualClock::new(), config(), server_config()).await;
    let server = Listening::new(&world.server).await;
    let (mut ann, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
    faults.fail_before(1);
    ann.say(says(1, "Hello?")).await;
    let refused = ann.hear().await;
    assert_eq!((&refused["code"], &refused["id"]), (&json!("busy"), &json!(uuid(1))));
    ann.say(says(1, "Hello?")).await;
    ann.hear_a("accepted").await;
    // Kept, but nobody was told: repeating finds it.
    faults.fail_after(1);
    ann.say(says(2, "Anybody?")).await;
    loop {
        let frame = ann.hear().await;
        if frame["type"] == "error" {
            break;
        }
    }
    ann.say(says(2, "Anybody?")).await;
    assert_eq!(ann.hear_a("accepted").await["sequence"], 2);
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let (_world, server) = listening().await;
    let (mut ann, _) = Visitor::hello(&server, json!({"type": "hello"})).await;
    let (closed, ()) = tokio::join!(ann.closed(), server.stop());
    assert_eq!(u16::from(closed.unwrap().code), 1012);
}
