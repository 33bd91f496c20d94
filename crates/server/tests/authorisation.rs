//! Every route with every kind of caller (threat T20). A route that is missing here fails the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use axum::http::Method;
use common::schema::routes;
use common::visitor::{Listening, Visitor};
use common::{ADMIN, ALICE, BOB, CAROL, World, name, text, uuid, with_carol};
use parlor_model::{Agent, Role};
use secrecy::SecretString;
use serde_json::{Value, json};

/// A supervisor who has no part in anything yet.
const DORA: &str = "dora-secret";
/// An agent who configures, and sees nothing of what contacts write.
const ADAM: &str = "adam-secret";

/// Who calls, in the order of the columns. What a wrong token is answered, a contact's is answered too.
const CALLERS: [(&str, Option<&str>); 7] = [
    ("nobody", None),
    ("a wrong token", Some("nobody-secret")),
    ("an agent without a part", Some(BOB)),
    ("the owner", Some(ALICE)),
    ("a supervisor", Some(DORA)),
    ("an administrator", Some(ADAM)),
    ("the operator", Some(ADMIN)),
];

/// The column of those whose token is nobody's at the desk.
const STRANGER: usize = 1;

/// A route, what is sent, and the status for each caller.
type Row = (&'static str, &'static str, Option<Value>, [u16; CALLERS.len()]);

#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<Row> {
    let message = json!({"id": uuid(9), "text": "Hello"});
    let open = [200; 7];
    let own = [401, 401, 200, 200, 200, 200, 403];
    let quiet = [401, 401, 204, 204, 204, 204, 403];
    // Whoever configures sees nothing of contacts.
    let desk = [401, 401, 200, 200, 200, 403, 403];
    let unseen = [401, 401, 204, 204, 204, 403, 403];
    let export = [401, 401, 403, 403, 403, 403, 200];
    vec![
        ("GET", "/healthz", None, open),
        ("GET", "/readyz", None, open),
        ("GET", "/metrics", None, [404; 7]),
        ("GET", "/openapi.json", None, open),
        ("GET", "/api/session/options", None, open),
        ("POST", "/api/session", Some(json!({"token": "guessed"})), [401; 7]),
        ("DELETE", "/api/session", None, quiet),
        ("GET", "/api/me", None, own),
        ("PUT", "/api/me/readiness", Some(json!({"medium": "chat", "ready": true})), own),
        ("GET", "/api/me/interactions", None, own),
        ("PUT", "/api/me/watching", Some(json!({"contact": null})), unseen),
        ("PUT", "/api/me/contacts/{contact}", None, unseen),
        ("DELETE", "/api/me/contacts/{contact}", None, unseen),
        ("GET", "/api/feed", None, own),
        ("POST", "/api/offers/{offer}/accept", None, [401, 401, 409, 200, 409, 409, 403]),
        ("POST", "/api/offers/{offer}/decline", None, [401, 401, 409, 204, 409, 409, 403]),
        // What somebody may not know of does not exist for them.
        ("GET", "/api/interactions/{interaction}", None, [401, 401, 404, 200, 200, 404, 403]),
        ("GET", "/api/interactions/{interaction}/explain", None, [401, 401, 404, 200, 200, 404, 403]),
        ("GET", "/api/interactions/{interaction}/targets", None, [401, 401, 404, 200, 403, 404, 403]),
        (
            "POST",
            "/api/interactions/{interaction}/messages",
            Some(message.clone()),
            [401, 401, 404, 201, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/typing",
            Some(json!({"on": true})),
            [401, 401, 404, 204, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/notes",
            Some(message.clone()),
            [401, 401, 404, 201, 201, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/push-url",
            Some(json!({"id": uuid(9), "url": "https://example.com/"})),
            [401, 401, 404, 201, 403, 404, 403],
        ),
        ("POST", "/api/pushed-urls/preview", Some(json!({"url": "example.com"})), desk),
        ("GET", "/api/pushed-urls", None, desk),
        ("GET", "/api/emoji", None, desk),
        ("GET", "/api/emoji/recent", None, desk),
        // Without saying what for; who may upload what is tested beside the files.
        ("POST", "/api/attachments", None, [401, 401, 400, 400, 400, 400, 403]),
        // The Communication view shows every agent what this contact sent.
        ("GET", "/api/attachments/{attachment}", None, [401, 401, 200, 200, 200, 404, 403]),
        ("GET", "/api/attachments/{attachment}/thumbnail", None, [401, 401, 200, 200, 200, 404, 403]),
        ("GET", "/api/attachments/{attachment}/save", None, [401, 401, 200, 200, 200, 404, 403]),
        ("PUT", "/chat/{channel}/attachments/{attachment}", None, [401; 7]),
        ("GET", "/chat/{channel}/attachments/{attachment}", None, [401; 7]),
        ("GET", "/chat/{channel}/attachments/{attachment}/thumbnail", None, [401; 7]),
        ("POST", "/api/interactions/{interaction}/end", None, [401, 401, 404, 200, 403, 404, 403]),
        // It has to be ended first.
        ("POST", "/api/interactions/{interaction}/done", None, [401, 401, 404, 409, 403, 404, 403]),
        (
            "POST",
            "/api/interactions/{interaction}/disposition",
            Some(json!({"code": "resolved"})),
            [401, 401, 404, 200, 403, 404, 403],
        ),
        ("GET", "/api/contacts", None, desk),
        ("GET", "/api/contacts/{contact}", None, desk),
        ("PATCH", "/api/contacts/{contact}", Some(json!({"version": 1, "display_name": "Ann"})), desk),
        ("GET", "/api/contacts/{contact}/conversation", None, desk),
        ("GET", "/api/search", None, desk),
        (
            "POST",
            "/api/contacts/{contact}/messages",
            Some(json!({"id": uuid(9), "channel": "website", "text": "Hello"})),
            [401, 401, 201, 201, 201, 403, 403],
        ),
        // It is alice's at the moment.
        (
            "POST",
            "/api/contacts/{contact}/interactions",
            Some(json!({"channel": "website"})),
            [401, 401, 409, 200, 409, 403, 403],
        ),
        ("POST", "/api/contacts/{contact}/read", None, unseen),
        ("POST", "/api/contacts/{contact}/export", None, export),
        // It has to be confirmed.
        (
            "POST",
            "/api/contacts/{contact}/erase",
            Some(json!({"confirm": uuid(9)})),
            [401, 401, 403, 403, 403, 422, 422],
        ),
        // The socket asks where a page comes from, not who somebody is.
        ("GET", "/chat/{channel}/socket", None, [403; 7]),
        ("GET", "/admin/transcript.ndjson", None, export),
        ("GET", "/admin/outbox.ndjson", None, export),
        ("GET", "/admin/assignments.ndjson", None, export),
        ("GET", "/admin/dead-letters.ndjson", None, export),
        ("GET", "/admin/counters", None, export),
    ]
}

/// The routes on which colleagues have to do with each other, likewise.
#[expect(clippy::too_many_lines, reason = "a table")]
fn colleagues() -> Vec<Row> {
    let message = json!({"id": uuid(9), "text": "Hello"});
    let quiet = [401, 401, 204, 204, 204, 204, 403];
    // Whoever configures sees nothing of contacts.
    let desk = [401, 401, 200, 200, 200, 403, 403];
    vec![
        (
            "POST",
            "/api/interactions/{interaction}/transfer",
            Some(json!({"to": {"queue": "support"}})),
            [401, 401, 404, 200, 403, 404, 403],
        ),
        // Only supervisors pick and watch. Who may not know of it is told that it does not exist.
        ("POST", "/api/interactions/{interaction}/pull", None, [401, 401, 404, 403, 409, 404, 403]),
        (
            "POST",
            "/api/interactions/{interaction}/monitor",
            Some(json!({"mode": "barge"})),
            [401, 401, 404, 403, 200, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/monitor/messages",
            Some(message.clone()),
            [401, 401, 404, 409, 403, 404, 403],
        ),
        ("POST", "/api/transfers/{transfer}/accept", None, [401, 401, 409, 409, 409, 409, 403]),
        ("POST", "/api/transfers/{transfer}/decline", None, [401, 401, 409, 409, 409, 409, 403]),
        ("POST", "/api/transfers/{transfer}/cancel", None, [401, 401, 409, 204, 409, 409, 403]),
        (
            "POST",
            "/api/interactions/{interaction}/conference",
            Some(json!({"agent": "carol"})),
            [401, 401, 404, 200, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/conference/accept",
            None,
            [401, 401, 409, 200, 409, 409, 403],
        ),
        ("POST", "/api/interactions/{interaction}/conference/decline", None, quiet),
        (
            "POST",
            "/api/interactions/{interaction}/conference/leave",
            None,
            [401, 401, 204, 409, 204, 204, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/conference/remove",
            Some(json!({"agent": "carol"})),
            [401, 401, 404, 200, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/consult",
            Some(json!({"agent": "carol"})),
            [401, 401, 404, 201, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/consult/{consult}/join",
            None,
            [401, 401, 409, 409, 409, 409, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/consult/{consult}/complete",
            None,
            [401, 401, 404, 409, 403, 404, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/consult/{consult}/cancel",
            None,
            [401, 401, 409, 204, 409, 409, 403],
        ),
        (
            "POST",
            "/api/interactions/{interaction}/consult/{consult}/messages",
            Some(message.clone()),
            [401, 401, 404, 201, 403, 404, 403],
        ),
        (
            "PUT",
            "/api/interactions/{interaction}/case",
            Some(json!({"key": "order", "value": "17"})),
            [401, 401, 404, 200, 403, 404, 403],
        ),
        ("POST", "/api/interactions/{interaction}/park", None, [401, 401, 404, 200, 403, 404, 403]),
        ("POST", "/api/interactions/{interaction}/unpark", None, [401, 401, 404, 200, 403, 404, 403]),
        ("GET", "/api/kpi", None, desk),
        ("GET", "/api/team", None, [401, 401, 403, 403, 200, 403, 403]),
        ("GET", "/api/colleagues", None, desk),
        // Only supervisors ask, what_if.rs says how.
        ("POST", "/api/routing/what-if", Some(json!({"queues": []})), [401, 401, 403, 403, 200, 403, 403]),
        // A chat between alice and carol: to everybody else it does not exist.
        ("GET", "/api/consults", None, desk),
        ("POST", "/api/consults", Some(json!({"agent": "carol"})), [401, 401, 201, 201, 201, 403, 403]),
        ("GET", "/api/consults/{consult}/messages", None, [401, 401, 404, 200, 404, 403, 403]),
        (
            "POST",
            "/api/consults/{consult}/messages",
            Some(message.clone()),
            [401, 401, 404, 201, 404, 403, 403],
        ),
        ("POST", "/api/consults/{consult}/end", None, [401, 401, 404, 204, 404, 403, 403]),
        // Nothing of hers was sent by a provider.
        (
            "POST",
            "/api/messages/{message}/resolve",
            Some(json!({"id": uuid(9), "resolution": "discard"})),
            [401, 401, 404, 409, 403, 404, 403],
        ),
        // Nobody is asked about numbers.
        ("POST", "/api/points/{point}/validate", None, [401, 401, 501, 501, 501, 403, 403]),
        (
            "POST",
            "/api/contacts/{contact}/points",
            Some(json!({"kind": "sms", "address": "+12125550123"})),
            [401, 401, 200, 200, 200, 403, 403],
        ),
        (
            "POST",
            "/api/compose",
            Some(json!({"channel": "website", "text": "https://shop.example"})),
            [401, 401, 200, 200, 200, 200, 403],
        ),
        // Only who has a link opens these.
        ("GET", "/files/{attachment}", None, [404; 7]),
        // Only a provider opens these.
        ("GET", "/webhooks/{account}", None, [403; 7]),
        ("POST", "/webhooks/{account}", None, [403; 7]),
        ("GET", "/api/contacts/{contact}/actions", None, desk),
        // No launcher is plugged in.
        (
            "POST",
            "/api/contacts/{contact}/actions",
            Some(json!({"id": uuid(9), "action": "call", "address": "+15550001111"})),
            [401, 401, 501, 501, 501, 403, 403],
        ),
    ]
}

/// A workspace in which alice owns an interaction with one contact and is offered one with another.
async fn world(template: &str) -> (World, String) {
    let (mut config, mut server) = with_carol(Role::Agent);
    for (agent, role, token) in [("dora", Role::Supervisor, DORA), ("adam", Role::Admin, ADAM)] {
        config.agents.push(Agent { role, ..Agent::new(name(agent)) });
        server.agent_tokens.insert(name(agent), SecretString::from(token));
    }
    let world = World::with(config, server).await;
    let (interaction, session) = world.alices_interaction().await;
    world.contact_writes("ben", 2, "Me too").await;
    let offer = text(&world.offer(ALICE).await["id"]);
    let at = |what: &str| format!("/api/interactions/{interaction}/{what}");
    let (mut transfer, mut consult) = (String::new(), String::new());
    if template.contains("{transfer}") {
        world.sign_in(CAROL).await;
        let body = json!({"to": {"agent": "carol"}});
        let asked = world.post(&at("transfer"), ALICE, body).await.expect(200).json();
        transfer = text(&asked["interaction"]["transfer"]["id"]);
    } else if template.contains("consult") || template.contains("conference") {
        world.sign_in(CAROL).await;
    }
    if template.starts_with("/api/consults/") {
        let begun = world.post("/api/consults", ALICE, json!({"agent": "carol"})).await.expect(201).json();
        consult = text(&begun["consult"]["id"]);
    } else if template.contains("{consult}") {
        let begun = world.post(&at("consult"), ALICE, json!({"agent": "carol"})).await.expect(201).json();
        consult = text(&begun["consult"]);
    }
    let attachment = if template.contains("{attachment}") {
        world.contact_sends_picture(&session, 3).await
    } else {
        String::new()
    };
    let said = world.store.messages(session.thread, 0, 1).await.unwrap().remove(0).id.to_string();
    let path = template
        .replace("{message}", &said)
        .replace("{point}", &session.point.to_string())
        .replace("{account}", "twilio")
        .replace("{attachment}", &attachment)
        .replace("{interaction}", &interaction)
        .replace("{transfer}", &transfer)
        .replace("{consult}", &consult)
        .replace("{contact}", &session.contact.to_string())
        .replace("{offer}", &offer)
        .replace("{channel}", "website");
    (world, path)
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_table_says() {
    let mut wrong = Vec::new();
    for (method, template, body, expected) in table().into_iter().chain(colleagues()) {
        for ((who, token), expected) in CALLERS.into_iter().zip(expected) {
            let (world, path) = world(template).await;
            let method: Method = method.parse().unwrap();
            let reply = world.call(method.clone(), &path, token, body.clone()).await;
            let status = reply.status.as_u16();
            if status != expected {
                let said = String::from_utf8_lossy(&reply.body);
                wrong.push(format!("{method} {template} by {who}: {status}, not {expected}: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_token_of_a_contact_opens_nothing_at_the_desk() {
    let is_the_desks = |row: &Row| !row.1.starts_with("/chat/{channel}/attachments");
    for (method, template, body, expected) in table().into_iter().chain(colleagues()).filter(is_the_desks) {
        let (world, path) = world(template).await;
        let listening = Listening::new(&world.server).await;
        let (browser, welcome) = Visitor::hello(&listening, json!({"type": "hello"})).await;
        let token = text(&welcome["token"]);
        let reply = world.call(method.parse().unwrap(), &path, Some(&token), body).await;
        assert_eq!(reply.status.as_u16(), expected[STRANGER], "{method} {template}");
        // A server that stops gives those who are still there some time.
        drop(browser);
        listening.stop().await;
    }
}

#[test]
fn no_route_is_missing() {
    let tested: BTreeSet<(String, String)> = table()
        .into_iter()
        .chain(colleagues())
        .map(|(method, path, ..)| (method.to_owned(), path.to_owned()))
        .collect();
    let known: BTreeSet<(String, String)> =
        routes().into_iter().map(|(method, path)| (method.to_string(), path)).collect();
    assert_eq!(known.difference(&tested).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    assert_eq!(tested.difference(&known).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[tokio::test]
async fn what_one_may_not_know_of_looks_like_what_does_not_exist() {
    let (world, path) = world("/api/interactions/{interaction}").await;
    let hidden = world.get(&path, BOB).await.refused(404, "not_found").json();
    let absent =
        world.get(&format!("/api/interactions/{}", uuid(77)), BOB).await.refused(404, "not_found").json();
    assert_eq!(hidden, absent);
    let malformed = world.get("/api/interactions/seven", BOB).await.refused(404, "not_found");
    assert_eq!(malformed.status, 404);
}

#[tokio::test]
async fn a_token_must_be_a_bearer_token() {
    let world = World::new().await;
    for value in [ALICE.to_owned(), format!("Basic {ALICE}"), "Bearer".to_owned(), "Bearer ".to_owned()] {
        let request = axum::http::Request::get("/api/me").header("authorization", &value);
        let reply = world.send(request.body(axum::body::Body::empty()).unwrap()).await;
        let reply = reply.refused(401, "not_signed_in");
        assert_eq!(reply.headers["www-authenticate"], "Bearer", "{value}");
    }
    let request = axum::http::Request::get("/api/me").header("authorization", format!("bearer {ALICE}"));
    world.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200);
}
