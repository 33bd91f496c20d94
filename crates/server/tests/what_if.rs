//! What routing would have done under other rules, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ALICE, BOB, CAROL, World, name, with_carol};
use parlor_model::{Role, SkillName};
use serde_json::{Value, json};

const WHAT_IF: &str = "/api/routing/what-if";

/// Carol supervises; bob speaks Spanish; alice is idle longest.
async fn world() -> World {
    let (mut config, server) = with_carol(Role::Supervisor);
    let bob = config.agents.iter_mut().find(|agent| agent.name == name("bob")).unwrap();
    bob.skills = [(SkillName::new("spanish").unwrap(), 1)].into();
    World::with(config, server).await
}

fn in_spanish() -> Value {
    json!({"queues": [{"name": "support", "skills": {"spanish": 1}}]})
}

#[tokio::test]
async fn a_supervisor_sees_who_would_have_been_offered_what() {
    let world = world().await;
    world.sign_in(CAROL).await;
    for who in [ALICE, BOB] {
        world.sign_in(who).await;
        world.ready(who).await;
    }
    world.contact_writes("ann", 1, "my secret").await;
    let offer = world.offer(ALICE).await;
    let same = world.post(WHAT_IF, CAROL, json!({})).await.expect(200).json();
    assert_eq!(
        (&same["offers"], &same["offers_would_be"], &same["differing"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert!(same["since"].is_string() && same["until"].is_string());

    let reply = world.post(WHAT_IF, CAROL, in_spanish()).await.expect(200);
    assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
    let other = reply.json();
    assert_eq!(other["differing"], 1, "{other}");
    let difference = &other["differences"][0];
    assert_eq!(difference["interaction"], offer["interaction"]["id"]);
    assert_eq!(
        (&difference["was"]["agent"], &difference["would_be"]["agent"]),
        (&json!("alice"), &json!("bob"))
    );
    assert_eq!(world.offer(ALICE).await["id"], offer["id"], "nothing was changed by asking");
}

#[tokio::test]
async fn only_a_supervisor_may_ask() {
    let world = world().await;
    let denied = world.post(WHAT_IF, ALICE, in_spanish()).await.refused(403, "denied").json();
    assert_eq!(denied["missing"], "role_supervisor");
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused_by_name() {
    let world = world().await;
    let queues = |queues: Value| json!({ "queues": queues });
    let cases = [
        (queues(json!([{"name": "night"}])), "unknown_queue", json!("night")),
        (queues(json!([{"name": "support", "overflow": "night"}])), "unknown_queue", json!("support")),
        (queues(json!([{"name": "support", "overflow": "support"}])), "cyclic_overflow", json!("support")),
        (queues(json!([{"name": "support"}, {"name": "support"}])), "queue_twice", json!("support")),
        (
            queues(json!([{"name": "support", "rings": [{"after_ms": 0, "drops": ["x"]}]}])),
            "no_stay",
            json!("support"),
        ),
        (queues(json!([{"name": "support", "hours": "always"}])), "hours", Value::Null),
        (json!({"priority_step_ms": 0}), "no_priority_step", Value::Null),
        (json!({"reoffer_after_ms": 0}), "no_cool_down", Value::Null),
    ];
    for (body, reason, queue) in cases {
        let refused = world.post(WHAT_IF, CAROL, body.clone()).await.refused(422, "bad_rules").json();
        assert_eq!((&refused["reason"], &refused["queue"]), (&json!(reason), &queue), "{body}");
    }
    for body in [
        json!({"queue": []}),
        queues(json!([{"name": "Support!"}])),
        queues(json!([{"name": "support", "priority": "high"}])),
    ] {
        world.post(WHAT_IF, CAROL, body).await.refused(400, "bad_json");
    }
}
