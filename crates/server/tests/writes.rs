//! Writes of agents: repeating them, refusing them, and what is wrong with a request.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use axum::body::Body;
use axum::http::{Method, Request};
use common::{ALICE, BASE, BOB, World, config, name, server_config, text, uuid};
use parlor_interaction::Policy;
use parlor_model::{CapacityRule, FlagName, MediaClass};
use serde_json::{Value, json};

async fn end(world: &World, interaction: &str) {
    world.post(&format!("/api/interactions/{interaction}/end"), ALICE, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_conversation_goes_from_offer_to_done() {
    let world = World::new().await;
    let (id, session) = world.alices_interaction().await;
    let at = |what: &str| format!("/api/interactions/{id}/{what}");
    let sent =
        world.post(&at("messages"), ALICE, json!({"id": uuid(3), "text": "Hi"})).await.expect(201).json();
    assert_eq!(sent["message"]["content"], json!({"type": "text", "text": "Hi"}));
    assert_eq!(sent["message"]["delivery"], "sent");
    assert_eq!(sent["interaction"]["pending"], Value::Null);
    world.post(&at("notes"), ALICE, json!({"id": uuid(4), "text": "Polite"})).await.expect(201);
    world.post(&at("typing"), ALICE, json!({"on": true})).await.expect(204);
    world.post(&at("done"), ALICE, json!({})).await.refused(409, "must_end_first");
    let ended = world.post(&at("end"), ALICE, json!({})).await.expect(200).json();
    assert_eq!(ended["interaction"]["state"], "ended");
    let resolved = world.post(&at("disposition"), ALICE, json!({"code": "resolved"})).await.expect(200);
    assert_eq!(resolved.json()["interaction"]["disposition"], "resolved");
    let done = world.post(&at("done"), ALICE, json!({})).await.expect(200).json();
    assert_eq!(done["interaction"]["state"], "done");
    let again = json!({"id": uuid(5), "text": "One more"});
    world.post(&at("messages"), ALICE, again).await.refused(409, "interaction_done");

    let contact = session.contact;
    let page = world.get(&format!("/api/contacts/{contact}/conversation"), ALICE).await.expect(200).json();
    let kinds: Vec<&str> = page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["text", "system", "text", "note", "system", "system"]);
    let detail = world.get(&format!("/api/contacts/{contact}"), ALICE).await.expect(200).json();
    assert_eq!(detail["points"][0]["channel"], "website");
    assert_eq!(detail["interactions"][0]["id"], Value::from(id.clone()));
}

#[tokio::test]
async fn case_information_and_parking_go_by_http() {
    let world = World::new().await;
    let (id, _) = world.alices_interaction().await;
    let at = |what: &str| format!("/api/interactions/{id}/{what}");
    let entry = json!({"id": uuid(3), "key": "order", "value": "A 17"});
    let set = world.put(&at("case"), ALICE, entry.clone()).await.expect(200).json();
    assert_eq!(set["interaction"]["case"], json!({"order": "A 17"}));
    let again = world.put(&at("case"), ALICE, entry).await.expect(200).json();
    assert_eq!(again["interaction"]["version"], set["interaction"]["version"]);
    let other = json!({"id": uuid(3), "key": "order", "value": "A 18"});
    world.put(&at("case"), ALICE, other).await.refused(409, "id_reused");
    for wrong in [
        json!({"key": "Order!", "value": "A 17"}),
        json!({"key": "order", "value": " "}),
        json!({"key": "order", "value": "x".repeat(1_025)}),
        json!({"value": "A 17"}),
    ] {
        world.put(&at("case"), ALICE, wrong).await.refused(400, "bad_json");
    }
    let away = world.put(&at("case"), ALICE, json!({"key": "order", "value": null})).await.expect(200).json();
    assert_eq!(away["interaction"]["case"], json!({}));

    let parked = world.post(&at("park"), ALICE, json!({})).await.expect(200).json();
    assert_eq!(parked["interaction"]["state"], "active");
    assert!(parked["interaction"]["parked"].is_string());
    assert_eq!(world.get("/api/me", ALICE).await.expect(200).json()["load"]["live"]["used"], 0);
    let taken = world.post(&at("unpark"), ALICE, json!({})).await.expect(200).json();
    assert_eq!(taken["interaction"]["parked"], Value::Null);
    assert_eq!(world.get("/api/me", ALICE).await.expect(200).json()["load"]["live"]["used"], 1);
    end(&world, &id).await;
    world.post(&at("park"), ALICE, json!({})).await.refused(409, "session_ended");
    world.post(&at("unpark"), ALICE, json!({})).await.refused(409, "session_ended");
}

#[tokio::test]
async fn figures_are_ones_own_unless_one_supervises() {
    let mut config = config();
    config.agents[1].role = parlor_model::Role::Supervisor;
    let world = World::with(config, server_config()).await;
    let (id, _) = world.alices_interaction().await;
    let hello = json!({"id": uuid(3), "text": "Hi"});
    world.post(&format!("/api/interactions/{id}/messages"), ALICE, hello).await.expect(201);
    let own = world.get("/api/kpi", ALICE).await.expect(200).json();
    assert_eq!(own["desk"], Value::Null);
    assert_eq!(own["agents"]["alice"]["messages"], 1);
    assert_eq!(own["agents"]["alice"]["first_response_ms"]["count"], 1);
    let all = world.get("/api/kpi", BOB).await.expect(200).json();
    assert_eq!((&all["desk"]["started"], &all["desk"]["sessions"]), (&json!(1), &json!(1)));
    assert_eq!(all["agents"]["alice"]["sessions"], 1);
}

#[tokio::test]
async fn a_disposition_that_stands_for_several_is_refused() {
    let mut config = config();
    for (code, name) in [("sales", "Sales"), ("sales/won", "Won")] {
        let code = parlor_interaction::DispositionCode::new(code).unwrap();
        config.dispositions.push(parlor_engine::Disposition { code, name: name.to_owned() });
    }
    let world = World::with(config, server_config()).await;
    let (id, _) = world.alices_interaction().await;
    let path = format!("/api/interactions/{id}/disposition");
    world.post(&path, ALICE, json!({"code": "sales"})).await.refused(422, "disposition_group");
    let set = world.post(&path, ALICE, json!({"code": "sales/won"})).await.expect(200).json();
    assert_eq!(set["interaction"]["disposition"], "sales/won");
}

#[tokio::test]
async fn repeating_a_write_gives_the_same_answer_and_changes_nothing() {
    let world = World::new().await;
    let (id, session) = world.alices_interaction().await;
    let path = format!("/api/interactions/{id}/messages");
    let body = json!({"id": uuid(3), "text": "Hi"});
    let first = world.post(&path, ALICE, body.clone()).await.expect(201).json();
    let second = world.post(&path, ALICE, body).await.expect(201).json();
    assert_eq!(first["message"], second["message"]);
    let other = json!({"id": uuid(3), "text": "Ho"});
    world.post(&path, ALICE, other.clone()).await.refused(409, "id_reused");
    world.post(&format!("/api/interactions/{id}/notes"), ALICE, other).await.refused(409, "id_reused");
    let messages = world.engine.contact_messages(&session, 0, 100).await.unwrap();
    let texts = messages.iter().filter(|message| message.content.kind() == "text").count();
    assert_eq!(texts, 2, "the contact's and one of alice's");

    let end = format!("/api/interactions/{id}/end");
    world.post(&end, ALICE, json!({"id": uuid(4)})).await.expect(200);
    world.post(&end, ALICE, json!({"id": uuid(4)})).await.expect(200);
    let done = format!("/api/interactions/{id}/done");
    world.post(&done, ALICE, json!({"id": uuid(4)})).await.refused(409, "id_reused");
}

#[tokio::test]
async fn an_offer_that_is_gone_says_why() {
    let world = World::new().await;
    world.ready(ALICE).await;
    world.contact_writes("ann", 1, "Hello?").await;
    let offer = world.offer(ALICE).await;
    let path = format!("/api/offers/{}/accept", text(&offer["id"]));
    world.clock.advance(std::time::Duration::from_secs(20));
    world.engine.settle().await;
    let gone = world.post(&path, ALICE, json!({})).await.refused(409, "offer_gone").json();
    assert_eq!(gone["reason"], "expired");
    let unknown = format!("/api/offers/{}/accept", uuid(77));
    world.post(&unknown, ALICE, json!({})).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_agent_without_room_is_told_so() {
    let mut config = config();
    for agent in &mut config.agents {
        agent.capacity = CapacityRule::new([(MediaClass::Live, 1)]);
    }
    let world = World::with(config, server_config()).await;
    let (first, _) = world.alices_interaction().await;
    end(&world, &first).await;
    world.post(&format!("/api/interactions/{first}/done"), ALICE, json!({})).await.expect(200);
    world.not_ready(ALICE).await;
    world.ready(BOB).await;
    world.contact_writes("ben", 5, "And me?").await;
    let offer = world.offer(BOB).await;
    let accept = format!("/api/offers/{}/accept", text(&offer["id"]));
    let bobs = text(&world.post(&accept, BOB, json!({})).await.expect(200).json()["interaction"]["id"]);
    world.post(&format!("/api/interactions/{bobs}/end"), BOB, json!({})).await.expect(200);
    world.ready(ALICE).await;
    world.not_ready(BOB).await;
    world.contact_writes("cat", 6, "And me??").await;
    let offer = world.offer(ALICE).await;
    let accept = format!("/api/offers/{}/accept", text(&offer["id"]));
    world.post(&accept, ALICE, json!({})).await.expect(200);
    let body = json!({"id": uuid(8), "text": "I take it from here"});
    let path = format!("/api/interactions/{bobs}/messages");
    let full = world.post(&path, ALICE, body).await.refused(409, "at_capacity").json();
    assert_eq!(full["agent"], "alice");
}

#[tokio::test]
async fn what_is_switched_off_names_the_switch() {
    let mut config = config();
    for agent in &mut config.agents {
        agent.flags = agent
            .flags
            .clone()
            .with(&[(FlagName::ConversationView, false), (FlagName::ComposeFromCommunication, false)].into());
    }
    let world = World::with(config, server_config()).await;
    let session = world.contact_writes("ann", 1, "Hello?").await;
    let at = |what: &str| format!("/api/contacts/{}/{what}", session.contact);
    let off = world.get(&at("conversation"), ALICE).await.refused(403, "feature_disabled").json();
    assert_eq!(off["missing"], "conversation_view");
    world.get(&at("conversation?view=conversation"), ALICE).await.expect(403);
    world.get(&at("conversation?view=communication"), ALICE).await.expect(200);
    let body = json!({"id": uuid(3), "channel": "website", "text": "Hi"});
    let off = world.post(&at("messages"), ALICE, body).await.refused(403, "must_open_interaction").json();
    assert_eq!(off["missing"], "compose_from_communication");
}

#[tokio::test]
async fn continuing_and_closing_follow_the_rules_of_the_desk() {
    let mut config = config();
    config.rules.interaction =
        Policy { async_enabled: false, disposition_mandatory: true, ..Policy::default() };
    let world = World::with(config, server_config()).await;
    let (id, _) = world.alices_interaction().await;
    end(&world, &id).await;
    let at = |what: &str| format!("/api/interactions/{id}/{what}");
    let body = json!({"id": uuid(3), "text": "Still there?"});
    world.post(&at("messages"), ALICE, body).await.refused(409, "async_disabled");
    world.post(&at("done"), ALICE, json!({})).await.refused(409, "disposition_required");
    world
        .post(&at("disposition"), ALICE, json!({"code": "no_such"}))
        .await
        .refused(422, "unknown_disposition");
}

#[tokio::test]
async fn contacts_are_changed_from_the_version_that_was_read() {
    let world = World::new().await;
    let session = world.contact_writes("ann", 1, "Hello?").await;
    let path = format!("/api/contacts/{}", session.contact);
    let version = world.get(&path, ALICE).await.expect(200).json()["contact"]["version"].clone();
    let change = async |body: Value| world.call(Method::PATCH, &path, Some(ALICE), Some(body)).await;
    let body = json!({"version": version, "display_name": "Ann", "fields": {"company": "Oak"}});
    let changed = change(body.clone()).await.expect(200).json();
    assert_eq!(changed["contact"]["display_name"], "Ann");
    change(body).await.refused(409, "stale_version");
    let version = changed["contact"]["version"].clone();
    let kept = change(json!({"version": version, "fields": {}})).await.expect(200).json();
    assert_eq!(kept["contact"]["display_name"], "Ann");
    assert_eq!(kept["contact"]["fields"], json!({}));
    let version = kept["contact"]["version"].clone();
    let gone = change(json!({"version": version, "display_name": null})).await.expect(200).json();
    assert!(text(&gone["contact"]["display_name"]).starts_with("Visitor"), "{gone}");
    let version = gone["contact"]["version"].clone();
    let long = json!({"version": version, "display_name": "x".repeat(257)});
    let refused = change(long).await.refused(422, "field_too_long").json();
    assert_eq!((&refused["limit"], &refused["actual"]), (&json!(256), &json!(257)));
}

#[tokio::test]
async fn contacts_are_listed_written_to_and_read() {
    let world = World::new().await;
    let session = world.contact_writes("ann", 1, "Hello?").await;
    let at = |what: &str| format!("/api/contacts/{}/{what}", session.contact);
    let listed = world.get("/api/contacts?scope=unassigned&limit=1", ALICE).await.expect(200).json();
    assert_eq!(listed["contacts"][0]["unread"], 1);
    world.post(&at("read"), ALICE, json!({})).await.expect(204);
    world.put(&format!("/api/me/contacts/{}", session.contact), ALICE, json!({})).await.expect(204);
    let listed = world.get("/api/contacts?scope=assigned", ALICE).await.expect(200).json();
    assert_eq!(listed["contacts"][0]["unread"], Value::Null);
    let body = json!({"id": uuid(3), "channel": "elsewhere", "text": "Hi"});
    world.post(&at("messages"), ALICE, body).await.refused(409, "not_on_channel");
    let body = json!({"id": uuid(3), "channel": "website", "text": "Hi"});
    let written = world.post(&at("messages"), ALICE, body).await.expect(201).json();
    assert_eq!(written["message"]["interaction"], Value::Null);
    let opened = world.post(&at("interactions"), ALICE, json!({"channel": "website"})).await.expect(200);
    assert_eq!(opened.json()["interaction"]["owner"], "alice");
    let found = world.get(&at("conversation?search=HELLO&filter=private"), ALICE).await.expect(200).json();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    world.get(&at("conversation?before=yesterday"), ALICE).await.refused(400, "cursor_unknown");
    world.get("/api/contacts?limit=many", ALICE).await.refused(400, "bad_query");
    world.get("/api/contacts?scope=mine", ALICE).await.refused(400, "bad_query");
}

#[tokio::test]
async fn readiness_is_for_media_that_channels_ask_for() {
    let world = World::new().await;
    let path = "/api/me/readiness";
    for medium in ["twitter", "smoke-signals", "", "No Medium"] {
        world.put(path, ALICE, json!({"medium": medium, "ready": true})).await.refused(422, "unknown_medium");
    }
    world
        .put(path, ALICE, json!({"medium": "chat", "ready": false, "reason": "Out To Lunch"}))
        .await
        .refused(422, "bad_reason");
    let me = world
        .put(path, ALICE, json!({"medium": "chat", "ready": false, "reason": "lunch"}))
        .await
        .expect(200)
        .json();
    assert_eq!(me["readiness"]["chat"]["reason"], "lunch");
    assert_eq!(world.engine.agent(&name("alice")).unwrap().name, name("alice"));
}

#[tokio::test]
async fn texts_have_limits() {
    let world = World::new().await;
    let (id, _) = world.alices_interaction().await;
    let path = format!("/api/interactions/{id}/messages");
    let text = |text: &str| json!({"id": uuid(3), "text": text});
    world.post(&path, ALICE, text(" \n ")).await.refused(422, "text_empty");
    let long = world.post(&path, ALICE, text(&"x".repeat(65_537))).await.refused(422, "text_too_long").json();
    assert_eq!((&long["limit"], &long["actual"]), (&json!(65_536), &json!(65_537)));
    world.post(&path, ALICE, text(&"x".repeat(65_536))).await.expect(201);
    let body = world.post(&path, ALICE, text(&"x".repeat(300_000))).await.refused(413, "body_too_large");
    assert_eq!(body.json()["limit"], 262_144);
}

#[tokio::test]
async fn a_body_that_is_wrong_is_never_repeated() {
    let world = World::new().await;
    let (id, _) = world.alices_interaction().await;
    let path = format!("/api/interactions/{id}/messages");
    for body in [
        "",
        "swordfish",
        "{\"id\":\"swordfish\",\"text\":\"hi\"}",
        "{\"id\":\"00000000-0000-0000-0000-000000000001\",\"text\":{\"swordfish\":1}}",
        "{\"text\":\"swordfish\"}",
        "[\"swordfish\"]",
    ] {
        let request = Request::post(&path)
            .header("authorization", format!("Bearer {ALICE}"))
            .header("content-type", "application/json; charset=utf-8")
            .body(Body::from(body))
            .unwrap();
        let reply = world.send(request).await.refused(400, "bad_json");
        assert!(!String::from_utf8_lossy(&reply.body).contains("swordfish"), "{body}");
    }
    let request = Request::post(&path)
        .header("authorization", format!("Bearer {ALICE}"))
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    world.send(request).await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let world = World::new().await;
    world.get("/api/nothing", ALICE).await.refused(404, "not_found");
    world.get("/", ALICE).await.refused(404, "not_found");
    let reply = world.call(Method::POST, "/api/me", Some(ALICE), None).await;
    let reply = reply.refused(405, "method_not_allowed");
    assert!(reply.headers["allow"].to_str().unwrap().contains("GET"));
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_doing_what_nobody_asked_for() {
    let world = World::new().await;
    for path in ["/api/me", "/healthz", "/nothing"] {
        let reply = world.get(path, ALICE).await;
        assert_eq!(
            reply.headers["content-security-policy"],
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        );
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["referrer-policy"], "no-referrer");
        assert_eq!(reply.headers["cross-origin-resource-policy"], "same-origin");
        assert_eq!(reply.headers["cache-control"], "no-store");
    }
    assert!(BASE.starts_with("http:"), "without https there is nothing to be strict about");
    assert!(!world.get("/healthz", ALICE).await.headers.contains_key("strict-transport-security"));
}
