//! Sessions of browsers: what opens them, what protects them, when they are over.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use common::{ADMIN, ALICE, BASE, Reply, World, config, name, server_config};
use parlor_server::{Limits, Origin, ServerConfigError};
use parlor_store::{MemoryStore, Store};
use parlor_testkit::{ManualClock, SeededIds};
use serde_json::{Value, json};

/// A browser: what it sends along by itself.
#[derive(Clone, Debug, Default)]
struct Browser {
    cookie: Option<String>,
    origin: Option<&'static str>,
}

impl Browser {
    fn at_home() -> Self {
        Self { cookie: None, origin: Some(BASE) }
    }

    async fn send(&self, world: &World, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(origin) = self.origin {
            request = request.header("origin", origin);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        world.send(request.body(body).unwrap()).await
    }

    async fn sign_in(&mut self, world: &World, credentials: Value) -> Reply {
        let reply = self.send(world, Method::POST, "/api/session", Some(credentials)).await;
        if let Some(cookie) = reply.headers.get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        }
        reply
    }

    async fn me(&self, world: &World) -> Reply {
        self.send(world, Method::GET, "/api/me", None).await
    }

    async fn get_ready(&self, world: &World) -> Reply {
        let body = json!({"medium": "chat", "ready": true});
        self.send(world, Method::PUT, "/api/me/readiness", Some(body)).await
    }
}

#[tokio::test]
async fn a_token_signs_in_and_the_cookie_is_all_that_is_needed_then() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    let reply = browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    assert_eq!(reply.json()["agent"], "alice");
    assert_eq!(reply.json()["signed_in"], true);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
    assert_eq!(pair.split_once('=').unwrap().1.len(), 64, "256 bits");
    browser.me(&world).await.expect(200);
    browser.get_ready(&world).await.expect(200);
}

#[tokio::test]
async fn over_https_the_cookie_is_for_https_only() {
    let mut server = server_config();
    server.public_base_url = "https://desk.example".parse().unwrap();
    let world = World::with(config(), server).await;
    let mut browser = Browser { cookie: None, origin: Some("https://desk.example") };
    let reply = browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-parlor_session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    assert_eq!(reply.headers["strict-transport-security"], "max-age=31536000");
    browser.me(&world).await.expect(200);
}

#[tokio::test]
async fn only_the_hash_of_a_session_is_stored() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let token = browser.cookie.unwrap().split_once('=').unwrap().1.to_owned();
    let stored = world.store.documents("agent_session").await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_ne!(stored[0].key.key, token);
    assert!(!stored[0].body.contains(&token));
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_use_a_session() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    for origin in [
        None,
        Some("null"),
        Some("http://evil.example"),
        Some("http://desk.example.evil.example"),
        Some("https://desk.example"),
        Some("http://desk.example:8080"),
    ] {
        let elsewhere = Browser { origin, ..browser.clone() };
        elsewhere.get_ready(&world).await.refused(403, "origin_refused");
        let delete = elsewhere.send(&world, Method::DELETE, "/api/session", None).await;
        delete.refused(403, "origin_refused");
        elsewhere.me(&world).await.expect(200);
    }
    browser.me(&world).await.expect(200);
}

#[tokio::test]
async fn every_address_of_the_server_itself_is_its_own() {
    let mut server = server_config();
    server.own_origins = vec![Origin::parse("http://127.0.0.1:8080").unwrap()];
    let world = World::with(config(), server).await;
    for origin in [BASE, "http://127.0.0.1:8080"] {
        let mut browser = Browser { cookie: None, origin: Some(origin) };
        browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
        browser.get_ready(&world).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_is_signed_in_from_a_page_of_somebody_else() {
    let world = World::new().await;
    let mut browser = Browser { cookie: None, origin: Some("http://evil.example") };
    browser.sign_in(&world, json!({"token": ALICE})).await.refused(403, "origin_refused");
    // A program is no page: it says nothing about where it comes from.
    Browser::default().sign_in(&world, json!({"token": ALICE})).await.expect(200);
}

#[tokio::test]
async fn what_opens_nothing_is_refused_in_one_way() {
    let mut limits = Limits::default();
    limits.sign_in_failures = 10;
    let world = World::limited(limits).await;
    let mut answers = Vec::new();
    for credentials in [
        json!({"token": "guessed"}),
        json!({"token": ""}),
        json!({"token": ADMIN}),
        json!({"link": "guessed"}),
        json!({"agent": "alice"}),
    ] {
        let reply = Browser::at_home().sign_in(&world, credentials).await.refused(401, "sign_in_refused");
        answers.push(reply.json());
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
    for credentials in [json!({}), json!({"token": ALICE, "agent": "alice"})] {
        Browser::at_home().sign_in(&world, credentials).await.refused(400, "bad_json");
    }
}

#[tokio::test]
async fn after_five_failures_an_address_has_to_wait() {
    let world = World::new().await;
    for _ in 0..5 {
        Browser::at_home().sign_in(&world, json!({"token": "guessed"})).await.expect(401);
        world.clock.advance(Duration::from_mins(1));
    }
    let right = json!({"token": ALICE});
    let reply = Browser::at_home().sign_in(&world, right.clone()).await.refused(429, "too_many_attempts");
    assert_eq!(reply.headers["retry-after"], "600");
    world.clock.advance(Duration::from_mins(10));
    Browser::at_home().sign_in(&world, right).await.expect(200);
}

#[tokio::test]
async fn a_session_is_over_after_an_hour_without_use_and_twelve_with() {
    let world = World::new().await;
    let mut idle = Browser::at_home();
    idle.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    world.clock.advance(Duration::from_mins(59));
    idle.me(&world).await.expect(200);
    world.clock.advance(Duration::from_mins(59));
    idle.me(&world).await.expect(200);
    world.clock.advance(Duration::from_hours(1));
    idle.me(&world).await.refused(401, "not_signed_in");

    let mut busy = Browser::at_home();
    busy.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    for _ in 0..23 {
        world.clock.advance(Duration::from_mins(30));
        busy.me(&world).await.expect(200);
    }
    world.clock.advance(Duration::from_mins(30));
    busy.me(&world).await.refused(401, "not_signed_in");
}

#[tokio::test]
async fn using_a_session_is_written_down_at_most_every_minute() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let version = async || world.store.documents("agent_session").await.unwrap()[0].version;
    world.clock.advance(Duration::from_secs(59));
    browser.me(&world).await.expect(200);
    assert_eq!(version().await, 1);
    world.clock.advance(Duration::from_secs(1));
    browser.me(&world).await.expect(200);
    browser.me(&world).await.expect(200);
    assert_eq!(version().await, 2);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_logs_the_agent_out() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let reply = browser.send(&world, Method::DELETE, "/api/session", None).await.expect(204);
    assert!(reply.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    browser.me(&world).await.refused(401, "not_signed_in");
    let me = world.get("/api/me", ALICE).await.json();
    assert_eq!(me["signed_in"], false);
}

#[tokio::test]
async fn signing_in_again_makes_a_new_session_and_ends_the_old_one() {
    let world = World::new().await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let before = browser.clone();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    assert_ne!(before.cookie, browser.cookie);
    before.me(&world).await.expect(401);
    browser.me(&world).await.expect(200);
}

#[tokio::test]
async fn a_session_and_a_link_survive_a_restart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = ManualClock::new();
    let mut browser = Browser::at_home();
    let link;
    {
        let world = World::over(Arc::clone(&store), clock.clone(), config(), server_config()).await;
        browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
        link = world.server.sign_in_link(&name("bob")).await.unwrap().unwrap();
        world.engine.stop().await;
    }
    let ids = SeededIds::new(8);
    let world = World::with_ids(store, clock, ids, config(), server_config()).await;
    assert_eq!(browser.me(&world).await.expect(200).json()["agent"], "alice");
    let token = link.expose().split_once("link=").unwrap().1.to_owned();
    let me = Browser::at_home().sign_in(&world, json!({"link": token})).await.expect(200).json();
    assert_eq!(me["agent"], "bob");
}

#[tokio::test]
async fn a_link_works_once_and_for_a_day() {
    let world = World::new().await;
    let token = async || {
        let link = world.server.sign_in_link(&name("alice")).await.unwrap().unwrap();
        let (address, token) = link.expose().split_once("?link=").unwrap();
        assert_eq!(address, "http://desk.example/");
        assert!(!format!("{link:?}").contains(token));
        token.to_owned()
    };
    let used = token().await;
    Browser::at_home().sign_in(&world, json!({"link": used})).await.expect(200);
    Browser::at_home().sign_in(&world, json!({"link": used})).await.expect(401);
    let old = token().await;
    world.clock.advance(Duration::from_hours(24));
    Browser::at_home().sign_in(&world, json!({"link": old})).await.expect(401);
    assert!(world.server.sign_in_link(&name("nobody")).await.unwrap().is_none());
}

#[tokio::test]
async fn in_a_demonstration_a_name_is_enough() {
    let mut server = server_config();
    server.demo_sign_in = true;
    let world = World::with(config(), server).await;
    let options = world.call(Method::GET, "/api/session/options", None, None).await.expect(200).json();
    assert_eq!(options, json!({"demo": true, "agents": ["alice", "bob"]}));
    Browser::at_home().sign_in(&world, json!({"agent": "bob"})).await.expect(200);
    Browser::at_home().sign_in(&world, json!({"agent": "nobody"})).await.expect(401);
    Browser::at_home().sign_in(&world, json!({"agent": "../bob"})).await.expect(401);
}

#[tokio::test]
async fn there_is_no_demonstration_in_public() {
    let world = World::new().await;
    let mut server = server_config();
    server.demo_sign_in = true;
    server.listens_on = "0.0.0.0:80".parse().unwrap();
    let refused = server.check(&world.engine).unwrap_err();
    assert!(matches!(refused, ServerConfigError::DemoInPublic), "{refused}");
    let mut server = server_config();
    server.agent_tokens.insert(name("bob"), ALICE.into());
    assert!(matches!(server.check(&world.engine), Err(ServerConfigError::TokenTwice { .. })));
    let mut server = server_config();
    server.agent_tokens.insert(name("bob"), " ".into());
    assert!(matches!(server.check(&world.engine), Err(ServerConfigError::EmptyToken { .. })));
}

#[tokio::test]
async fn an_agent_who_asks_too_often_has_to_wait() {
    let mut limits = Limits::default();
    limits.agent_requests_per_second = 2;
    limits.agent_request_burst = 3;
    let world = World::limited(limits).await;
    for _ in 0..3 {
        world.get("/api/me", ALICE).await.expect(200);
    }
    let reply = world.get("/api/me", ALICE).await.refused(429, "too_many_requests");
    assert_eq!(reply.headers["retry-after"], "1");
    world.get("/api/me", common::BOB).await.expect(200);
    world.clock.advance(Duration::from_millis(500));
    world.get("/api/me", ALICE).await.expect(200);
}

#[tokio::test]
async fn secrets_never_show_in_debug_output() {
    let mut server = server_config();
    server.demo_sign_in = true;
    let shown = format!("{server:?}");
    let world = World::with(config(), server).await;
    let mut browser = Browser::at_home();
    browser.sign_in(&world, json!({"token": ALICE})).await.expect(200);
    let token = browser.cookie.as_deref().unwrap().split_once('=').unwrap().1.to_owned();
    let shown = format!("{shown}{:?}", world.server);
    for secret in [ALICE, common::BOB, ADMIN, token.as_str()] {
        assert!(!shown.contains(secret), "{secret} stands in {shown}");
    }
}
