//! What the operator takes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, ALICE, World, uuid};
use parlor_model::{AccountName, Content, MessageText, ProviderMessageId};
use parlor_store::{ChangeSet, DeadLetter};
use serde_json::{Value, json};

async fn lines(world: &World, path: &str) -> Vec<Value> {
    let reply = world.get(path, ADMIN).await.expect(200);
    assert_eq!(reply.headers["content-type"], "application/x-ndjson");
    let text = String::from_utf8(reply.body).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_transcript_is_whole_and_in_order() {
    let world = World::new().await;
    let (id, session) = world.alices_interaction().await;
    world
        .post(&format!("/api/interactions/{id}/messages"), ALICE, json!({"id": uuid(3), "text": "Hi"}))
        .await
        .expect(201);
    world
        .post(&format!("/api/interactions/{id}/notes"), ALICE, json!({"id": uuid(4), "text": "Polite"}))
        .await
        .expect(201);
    // More than one page of the journal.
    for number in 100..1_300 {
        let content = Content::Text { text: MessageText::new(format!("Number {number}")).unwrap() };
        let inbound = parlor_engine::Inbound::new(ProviderMessageId::new(uuid(number)), content);
        world.engine.receive(&session, inbound).await.unwrap();
    }
    let rows = lines(&world, "/admin/transcript.ndjson").await;
    assert_eq!(rows.len(), 1_204);
    let sequences: Vec<u64> = rows.iter().map(|row| row["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=1_204).collect::<Vec<_>>());
    let directions: Vec<&str> = rows[..4].iter().map(|row| row["direction"].as_str().unwrap()).collect();
    assert_eq!(directions, ["in", "none", "out", "none"]);
    assert_eq!(rows[0]["provider_id"], Value::from(uuid(1)));
    let assignments = lines(&world, "/admin/assignments.ndjson").await;
    assert_eq!(assignments.len(), 1);
    assert_eq!((&assignments[0]["agent"], &assignments[0]["to"]), (&json!("alice"), &Value::Null));
    assert_eq!(lines(&world, "/admin/outbox.ndjson").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_came_in_is_counted_and_the_counts_add_up() {
    let world = World::new().await;
    let session = world.contact_writes("ann", 1, "Hello?").await;
    world.contact_writes("ben", 1, "Another contact may use the same id").await;
    let mut changes = ChangeSet::at(world.engine.now());
    changes.dead_letters.push(DeadLetter {
        account: AccountName::new("twilio-main").unwrap(),
        reason: "not a form".to_owned(),
        at: world.engine.now(),
        raw: vec![0, 159, 146, 150],
    });
    world.store.commit(changes).await.unwrap();
    let counters = world.get("/admin/counters", ADMIN).await.expect(200).json();
    assert_eq!(counters, json!({"received": 3, "appended": 2, "duplicate": 0, "dead": 1}));
    let letters = lines(&world, "/admin/dead-letters.ndjson").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["raw"], "AJ+Slg==");
    assert_eq!(letters[0]["account"], "twilio-main");
    assert_eq!(session.channel, common::website());
}
