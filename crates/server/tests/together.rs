//! Handing over and working together, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ALICE, BOB, CAROL, World, text, uuid, with_carol};
use parlor_model::Role;
use serde_json::{Value, json};

/// Alice has an interaction, bob is there, carol is a supervisor.
async fn desk() -> (World, String) {
    let (config, server) = with_carol(Role::Supervisor);
    let world = World::with(config, server).await;
    let (interaction, _) = world.alices_interaction().await;
    world.sign_in(BOB).await;
    world.sign_in(CAROL).await;
    (world, interaction)
}

fn at(interaction: &str, what: &str) -> String {
    format!("/api/interactions/{interaction}/{what}")
}

async fn work(world: &World, token: &str) -> Value {
    world.engine.settle().await;
    world.get("/api/me/interactions", token).await.expect(200).json()
}

#[tokio::test]
async fn r48_a_transfer_is_asked_seen_and_accepted() {
    let (world, id) = desk().await;
    let body = json!({"id": uuid(20), "to": {"agent": "bob"}, "note": "speaks Spanish"});
    let asked = world.post(&at(&id, "transfer"), ALICE, body.clone()).await.expect(200).json();
    let again = world.post(&at(&id, "transfer"), ALICE, body).await.expect(200).json();
    assert_eq!(asked["interaction"]["transfer"], again["interaction"]["transfer"]);
    let bobs = work(&world, BOB).await;
    assert_eq!(bobs["requests"][0]["kind"], "transfer");
    assert_eq!(bobs["requests"][0]["interaction"]["tail"][1]["text"], "speaks Spanish");
    assert_eq!(bobs["interactions"], json!([]));
    world.get(&format!("/api/interactions/{id}"), BOB).await.expect(200);
    let transfer = text(&asked["interaction"]["transfer"]["id"]);
    let accept = format!("/api/transfers/{transfer}/accept");
    let taken = world.post(&accept, BOB, json!({"id": uuid(21)})).await.expect(200).json();
    assert_eq!(taken["interaction"]["owner"], "bob");
    assert_eq!(work(&world, ALICE).await["interactions"], json!([]));
    let late = format!("/api/transfers/{transfer}/cancel");
    world.post(&late, ALICE, json!({})).await.refused(409, "transfer_gone");
    world
        .post(&format!("/api/transfers/{}/accept", uuid(77)), BOB, json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn r48_what_cannot_be_asked_says_why() {
    let (world, id) = desk().await;
    let path = at(&id, "transfer");
    let to = |to: Value| world.post(&path, ALICE, json!({"to": to}));
    to(json!({"agent": "alice"})).await.refused(409, "self_transfer");
    for (target, reason) in [
        (json!({"agent": "nobody"}), "unknown_agent"),
        (json!({"agent": "No Name!"}), "unknown_agent"),
        (json!({"queue": "nowhere"}), "unknown_queue"),
    ] {
        let problem = to(target).await.refused(422, "invalid_target").json();
        assert_eq!(problem["reason"], reason);
    }
    to(json!({"agent": "bob", "queue": "support"})).await.refused(400, "bad_json");
    to(json!({})).await.refused(400, "bad_json");
    world.call(axum::http::Method::DELETE, "/api/session", Some(BOB), None).await.expect(204);
    world.engine.settle().await;
    let away = to(json!({"agent": "bob"})).await.refused(409, "agent_away").json();
    assert_eq!(away["agent"], "bob");
    assert_eq!(work(&world, ALICE).await["interactions"][0]["transfer"], Value::Null);
}

#[tokio::test]
async fn r49_a_conference_is_joined_and_left() {
    let (world, id) = desk().await;
    world.post(&at(&id, "conference"), ALICE, json!({"agent": "bob"})).await.expect(200);
    let request = work(&world, BOB).await["requests"][0].clone();
    assert_eq!((&request["kind"], &request["id"]), (&json!("conference"), &json!(id)));
    let joined = world.post(&at(&id, "conference/accept"), BOB, json!({})).await.expect(200).json();
    assert_eq!(joined["interaction"]["members"], json!(["bob"]));
    world.post(&at(&id, "messages"), BOB, json!({"id": uuid(30), "text": "Hi"})).await.expect(201);
    world.post(&at(&id, "conference/leave"), BOB, json!({})).await.expect(204);
    world.post(&at(&id, "conference/leave"), ALICE, json!({})).await.refused(409, "owner_cannot_leave");
    let alices = work(&world, ALICE).await;
    assert_eq!(alices["interactions"][0]["members"], json!([]));
    assert_eq!(alices["interactions"][0]["state"], "active");
}

#[tokio::test]
async fn r51_a_contact_is_not_consulted_by_chat() {
    let (world, id) = desk().await;
    for body in [json!({"contact": uuid(1)}), json!({"agent": "bob", "point": uuid(1)})] {
        let problem =
            world.post(&at(&id, "consult"), ALICE, body).await.refused(422, "invalid_target").json();
        assert_eq!(problem["reason"], "contact_by_chat");
    }
    world.post(&at(&id, "consult"), ALICE, json!({})).await.refused(400, "bad_json");
}

#[tokio::test]
async fn r50_a_call_without_a_gateway_names_what_is_missing() {
    let (world, id) = desk().await;
    let body = json!({"voice": {"agent": "bob"}});
    let problem = world.post(&at(&id, "consult"), ALICE, body).await.refused(501, "not_plugged").json();
    assert_eq!(problem["missing"], "voice_gateway");
}

#[tokio::test]
async fn r52_a_warm_transfer_goes_from_consult_to_owner() {
    let (world, id) = desk().await;
    let begun = world.post(&at(&id, "consult"), ALICE, json!({"id": uuid(40), "agent": "bob"})).await;
    let consult = text(&begun.expect(201).json()["consult"]);
    let at = |what: &str| at(&id, &format!("consult/{consult}/{what}"));
    let words = json!({"id": uuid(41), "text": "Can you?"});
    let written = world.post(&at("messages"), ALICE, words).await.expect(201).json();
    assert_eq!(written["message"]["visibility"], "internal");
    assert_eq!(
        written["message"]["content"],
        json!({"type": "consult", "consult": consult, "text": "Can you?"})
    );
    world.post(&at("complete"), ALICE, json!({})).await.refused(409, "consult_not_joined");
    world.post(&at("join"), BOB, json!({})).await.expect(200);
    let handed = world.post(&at("complete"), ALICE, json!({})).await.expect(200).json();
    assert_eq!(handed["interaction"]["owner"], "bob");
    world.post(&at("cancel"), ALICE, json!({})).await.refused(409, "consult_gone");
}

#[tokio::test]
async fn a_supervisor_watches_whispers_and_barges_in() {
    let (world, id) = desk().await;
    let (monitor, aside) = (at(&id, "monitor"), at(&id, "monitor/messages"));
    let mode = |mode: Value| world.post(&monitor, CAROL, json!({"mode": mode}));
    let whisper = |n: u128| world.post(&aside, CAROL, json!({"id": uuid(n), "text": "psst"}));
    let watched = mode(json!("monitor")).await.expect(200).json();
    assert_eq!(watched["interaction"]["supervisors"], json!([{"agent": "carol", "mode": "monitor"}]));
    whisper(50).await.refused(409, "not_a_member");
    mode(json!("whisper")).await.expect(200);
    assert_eq!(whisper(51).await.expect(201).json()["message"]["visibility"], "internal");
    let to_contact = json!({"id": uuid(52), "text": "I am the manager"});
    world.post(&at(&id, "messages"), CAROL, to_contact.clone()).await.refused(403, "denied");
    mode(json!("barge")).await.expect(200);
    world.post(&at(&id, "messages"), CAROL, to_contact).await.expect(201);
    let stopped = mode(Value::Null).await.expect(200).json();
    assert_eq!(stopped["interaction"]["supervisors"], json!([]));
    world.post(&at(&id, "monitor"), ALICE, json!({"mode": "loud"})).await.refused(400, "bad_json");
}

#[tokio::test]
async fn a_supervisor_sees_the_team_and_is_told_of_its_changes() {
    let (world, id) = desk().await;
    let team = world.get("/api/team", CAROL).await.expect(200).json();
    let alice = team["agents"].as_array().unwrap().iter().find(|at| at["agent"] == "alice").unwrap().clone();
    assert_eq!((&alice["signed_in"], &alice["open"]), (&json!(true), &json!(1)));
    assert_eq!(alice["interactions"][0]["id"], json!(id));
    assert_eq!(team["queues"][0]["waiting"], 0);
    let denied = world.get("/api/team", ALICE).await.refused(403, "denied").json();
    assert_eq!(denied["missing"], "role_supervisor");
    let watch = |token: &'static str, body: Value| {
        world.call(axum::http::Method::PUT, "/api/me/watching", Some(token), Some(body))
    };
    watch(CAROL, json!({"team": true})).await.expect(204);
    watch(CAROL, json!({"contact": null, "team": false})).await.expect(204);
    watch(ALICE, json!({"team": true})).await.refused(403, "denied");
    watch(ALICE, json!({"contact": null})).await.expect(204);
    let colleagues = world.get("/api/colleagues", ALICE).await.expect(200).json();
    assert_eq!(
        colleagues["colleagues"],
        json!([
            {"agent": "bob", "signed_in": true, "ready": false},
            {"agent": "carol", "signed_in": true, "ready": false}
        ])
    );
}

#[tokio::test]
async fn r54_colleagues_chat_without_an_interaction() {
    let (world, _) = desk().await;
    let begun = world.post("/api/consults", ALICE, json!({"id": uuid(60), "agent": "bob"})).await.expect(201);
    let id = text(&begun.json()["consult"]["id"]);
    let at = |what: &str| format!("/api/consults/{id}/{what}");
    let words = json!({"id": uuid(61), "text": "Lunch? https://example.org/menu"});
    let written = world.post(&at("messages"), BOB, words).await.expect(201).json();
    assert_eq!(written["message"]["spans"][0]["href"], "https://example.org/menu");
    assert_eq!(written["message"]["visibility"], "internal");
    let bobs = world.get("/api/consults", BOB).await.expect(200).json();
    assert_eq!(bobs["consults"][0]["by"], "alice");
    let read = world.get(&format!("{}?after=1", at("messages")), ALICE).await.expect(200).json();
    assert_eq!(read["messages"].as_array().unwrap().len(), 1);
    world.post(&at("end"), ALICE, json!({})).await.expect(204);
    let late = json!({"id": uuid(62), "text": "Hello?"});
    world.post(&at("messages"), BOB, late).await.refused(409, "consult_gone");
    assert_eq!(world.get("/api/consults", BOB).await.expect(200).json()["consults"], json!([]));
}

#[tokio::test]
async fn r55_actions_are_what_is_on_file_and_need_a_launcher() {
    let (world, id) = desk().await;
    let contact = text(&world.get(&format!("/api/interactions/{id}"), ALICE).await.json()["contact"]["id"]);
    let path = format!("/api/contacts/{contact}/actions");
    assert_eq!(world.get(&path, ALICE).await.expect(200).json()["actions"], json!([]));
    let fields = json!({"version": 1, "fields": {"phone": "+1 555 000 1111", "note": "friendly"}});
    let contact = format!("/api/contacts/{contact}");
    world.call(axum::http::Method::PATCH, &contact, Some(ALICE), Some(fields)).await.expect(200);
    let actions = world.get(&path, ALICE).await.expect(200).json()["actions"].clone();
    let call = json!({"action": "call", "address": "+1 555 000 1111", "point": null, "field": "phone"});
    assert_eq!(actions, json!([call]));
    let body = json!({"id": uuid(70), "action": "call", "address": "+1 555 000 1111"});
    let problem = world.post(&path, ALICE, body).await.refused(501, "not_plugged").json();
    assert_eq!(problem["missing"], "outside_launcher");
}
