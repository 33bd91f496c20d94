//! What makes no sense is refused with its code, over HTTP: no event, and nothing has moved.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use axum::http::Method;
use common::{ALICE, BOB, CAROL, World, config, server_config, text, uuid, with_carol};
use parlor_model::{Role, SkillName};
use serde_json::{Value, json};

/// Alice has an interaction; bob is there; carol, a supervisor, is not.
async fn desk() -> (World, String) {
    let (config, server) = with_carol(Role::Supervisor);
    let world = World::with(config, server).await;
    let (interaction, _) = world.alices_interaction().await;
    world.not_ready(ALICE).await;
    world.sign_in(BOB).await;
    (world, interaction)
}

/// Everything that could have moved: the journal, and what each of them sees.
async fn kept(world: &World) -> (u64, Vec<Value>) {
    world.engine.settle().await;
    let position = world.store.totals().await.unwrap().position;
    let mut views = Vec::new();
    for token in [ALICE, BOB] {
        for path in ["/api/me/interactions", "/api/me", "/api/contacts", "/api/consults"] {
            views.push(world.get(path, token).await.expect(200).json());
        }
    }
    (position, views)
}

/// Who asks for what, below an interaction, and what they are told.
type Bad = (&'static str, &'static str, Value, u16, &'static str);

/// How it is asked for.
fn method(what: &str) -> Method {
    if what == "case" { Method::PUT } else { Method::POST }
}

async fn refuse_all(world: &World, id: &str, bad: impl IntoIterator<Item = Bad>) {
    for (token, what, body, status, code) in bad {
        let before = kept(world).await;
        let path = format!("/api/interactions/{id}/{what}");
        let reply = world.call(method(what), &path, Some(token), Some(body.clone())).await;
        let said = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{what} {body}: {said}");
        assert_eq!(kept(world).await, before, "{what} {body}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_of_active_work_moves_nothing() {
    let (world, id) = desk().await;
    let agent = |name: &str| json!({"agent": name});
    let to = |target: Value| json!({"to": target});
    refuse_all(
        &world,
        &id,
        [
            (ALICE, "transfer", to(agent("alice")), 409, "self_transfer"),
            (ALICE, "transfer", to(agent("carol")), 409, "agent_away"),
            (ALICE, "transfer", to(agent("nobody")), 422, "invalid_target"),
            (ALICE, "transfer", to(json!({"queue": "nowhere"})), 422, "invalid_target"),
            (ALICE, "transfer", to(json!({})), 400, "bad_json"),
            (BOB, "transfer", to(agent("bob")), 404, "not_found"),
            (ALICE, "consult", agent("alice"), 409, "self_consult"),
            (ALICE, "consult", agent("carol"), 409, "agent_away"),
            (ALICE, "consult", json!({"contact": uuid(1)}), 422, "invalid_target"),
            (ALICE, "consult", json!({"voice": {"agent": "bob"}}), 501, "not_plugged"),
            (ALICE, "conference", agent("alice"), 409, "takes_part"),
            (ALICE, "conference", agent("carol"), 409, "agent_away"),
            (ALICE, "conference", agent("nobody"), 422, "invalid_target"),
            (ALICE, "conference/leave", json!({}), 409, "owner_cannot_leave"),
            (BOB, "conference/accept", json!({}), 409, "invitation_gone"),
            (ALICE, "done", json!({}), 409, "must_end_first"),
            (ALICE, "disposition", json!({"code": "no such"}), 422, "unknown_disposition"),
            (BOB, "end", json!({}), 404, "not_found"),
            (BOB, "park", json!({}), 404, "not_found"),
            (ALICE, "pull", json!({}), 403, "denied"),
            (ALICE, "monitor", json!({"mode": "barge"}), 403, "denied"),
        ],
    )
    .await;

    // While one transfer is open there is no other.
    let asked =
        world.post(&format!("/api/interactions/{id}/transfer"), ALICE, to(agent("bob"))).await.expect(200);
    refuse_all(
        &world,
        &id,
        [
            (ALICE, "transfer", to(agent("bob")), 409, "transfer_pending"),
            (ALICE, "transfer", to(json!({"queue": "support"})), 409, "transfer_pending"),
        ],
    )
    .await;
    let transfer = text(&asked.json()["interaction"]["transfer"]["id"]);
    let before = kept(&world).await;
    world
        .post(&format!("/api/transfers/{transfer}/accept"), ALICE, json!({}))
        .await
        .refused(409, "not_invited");
    world.post(&format!("/api/transfers/{transfer}/cancel"), BOB, json!({})).await.refused(409, "not_owner");
    assert_eq!(kept(&world).await, before);
}

#[tokio::test]
async fn what_is_done_stays_done_however_often_it_is_closed() {
    let (world, id) = desk().await;
    let at = |what: &str| format!("/api/interactions/{id}/{what}");
    world.post(&at("end"), ALICE, json!({})).await.expect(200);
    let over = json!({"to": {"agent": "bob"}});
    refuse_all(
        &world,
        &id,
        [
            (ALICE, "transfer", over.clone(), 409, "session_ended"),
            (ALICE, "park", json!({}), 409, "session_ended"),
            (ALICE, "conference", json!({"agent": "bob"}), 409, "session_ended"),
        ],
    )
    .await;
    let before_end = kept(&world).await;
    world.post(&at("end"), ALICE, json!({})).await.expect(200);
    assert_eq!(kept(&world).await, before_end, "ended once");

    let done = world.post(&at("done"), ALICE, json!({"id": uuid(50)})).await.expect(200).json();
    let before = kept(&world).await;
    // Closing it once more is late, not wrong: the same answer, and no event.
    for body in [json!({"id": uuid(50)}), json!({"id": uuid(51)}), json!({})] {
        let again = world.post(&at("done"), ALICE, body).await.expect(200).json();
        assert_eq!(again["interaction"]["version"], done["interaction"]["version"]);
    }
    assert_eq!(kept(&world).await, before, "closed once");
    refuse_all(
        &world,
        &id,
        [
            (ALICE, "messages", json!({"id": uuid(60), "text": "Hello"}), 409, "interaction_done"),
            (ALICE, "notes", json!({"id": uuid(61), "text": "Hello"}), 409, "interaction_done"),
            (ALICE, "disposition", json!({"code": "resolved"}), 409, "interaction_done"),
            (ALICE, "case", json!({"key": "order", "value": "17"}), 409, "interaction_done"),
            (ALICE, "transfer", over, 409, "interaction_done"),
            (ALICE, "consult", json!({"agent": "bob"}), 409, "interaction_done"),
            (ALICE, "conference", json!({"agent": "bob"}), 409, "interaction_done"),
            (ALICE, "unpark", json!({}), 409, "interaction_done"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_skill_that_nobody_has_keeps_the_work_waiting_and_says_so() {
    let (mut config, server) = (config(), server_config());
    let klingon = SkillName::new("klingon").unwrap();
    config.queues[0].skills = [(klingon, 1)].into();
    let world = World::with(config, server).await;
    world.ready(ALICE).await;
    let session = world.contact_writes("ann", 1, "nuqneH").await;
    let waiting = world.store.interactions_of(session.thread, 1).await.unwrap().remove(0);
    let before = world.store.totals().await.unwrap().position;
    let path = format!("/api/interactions/{}/explain", waiting.id);
    let why = world.get(&path, ALICE).await.expect(200).json();
    let alice = why["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["agent"] == "alice");
    assert!(alice.unwrap()["exclusions"].to_string().contains("klingon"), "{why}");
    world.engine.settle().await;
    assert_eq!(world.get("/api/me/interactions", ALICE).await.json()["offers"], json!([]));
    assert_eq!(world.store.totals().await.unwrap().position, before, "nothing moved");
}

#[tokio::test]
async fn what_is_no_request_is_refused_before_anything_is_looked_up() {
    let (world, id) = desk().await;
    let before = kept(&world).await;
    for what in ["transfer", "consult", "conference", "messages", "notes", "case", "monitor"] {
        let path = format!("/api/interactions/{id}/{what}");
        for (token, body) in [(ALICE, json!([-1])), (CAROL, json!("\u{0}"))] {
            world.call(method(what), &path, Some(token), Some(body)).await.refused(400, "bad_json");
        }
    }
    assert_eq!(kept(&world).await, before);
}
