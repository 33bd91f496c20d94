//! Webhooks of providers: verified before they are read, answered when all of it is durable.

#![expect(clippy::unwrap_used, reason = "in a test a failure is the result")]

mod common;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use axum::http::{HeaderValue, Method, StatusCode};
use common::{ADMIN, ALICE, BASE, World, config, server_config};
use parlor_channel::{
    DecodeIssue, Decoded, Endpoint, Forged, Happening, InboundMessage, VerifiedWebhook, WebhookAnswer,
    WebhookCodec, WebhookEvent, WebhookLimits, WebhookRequest,
};
use parlor_model::{AccountName, ChannelKind, PointAddress, PointKey, ProviderMessageId};
use serde_json::json;

/// A provider that signs the address with a header, and tells one message a line: `id from words`.
#[derive(Debug)]
struct Lines;

impl WebhookCodec for Lines {
    fn limits(&self) -> WebhookLimits {
        WebhookLimits { bytes: 1_000, elements: 10 }
    }

    fn handshake(&self, request: &WebhookRequest<'_>) -> Option<Result<WebhookAnswer, Forged>> {
        let challenge = request.query().strip_prefix("challenge=")?;
        Some(if challenge == "42" {
            Ok(WebhookAnswer::text(StatusCode::OK, "42"))
        } else {
            Err(Forged::WrongToken)
        })
    }

    fn authenticate(&self, request: &WebhookRequest<'_>) -> Result<(), Forged> {
        match request.only_header("x-signed") {
            Some(signed) if signed == request.url => Ok(()),
            Some(_) => Err(Forged::WrongSignature),
            None => Err(Forged::Unsigned),
        }
    }

    fn decode(&self, webhook: &VerifiedWebhook<'_>) -> Decoded {
        let mut decoded = Decoded::default();
        for line in String::from_utf8_lossy(webhook.request().body).lines() {
            let raw = line.as_bytes().to_vec();
            let mut words = line.splitn(3, ' ');
            let (Some(id), Some(from), Some(text)) = (words.next(), words.next(), words.next()) else {
                decoded.issues.push(DecodeIssue { reason: "no message".to_owned(), raw });
                continue;
            };
            let from = PointKey {
                kind: ChannelKind::WebChat,
                scope: String::new(),
                address: PointAddress::new(from),
            };
            let mut message = InboundMessage::new(ProviderMessageId::new(id), from);
            message.content = InboundMessage::words(text);
            decoded.events.push(WebhookEvent {
                endpoint: Endpoint { kind: ChannelKind::WebChat, addresses: Vec::new() },
                happening: Happening::Message(Box::new(message)),
                raw,
            });
        }
        decoded
    }

    fn taken(&self) -> WebhookAnswer {
        WebhookAnswer { status: StatusCode::OK, content_type: "text/xml", body: "<Response/>".to_owned() }
    }
}

async fn world() -> World {
    let (mut config, mut server) = (config(), server_config());
    config.channels[0].account = Some(AccountName::new("lines").unwrap());
    server.webhooks.insert(AccountName::new("lines").unwrap(), Arc::new(Lines));
    World::with(config, server).await
}

async fn raw(world: &World, path: &str, headers: &[(&str, HeaderValue)], body: &str) -> common::Reply {
    let mut request = Request::builder().method(Method::POST).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn tell(world: &World, path: &str, signed: Option<&str>, body: &str) -> common::Reply {
    let mut headers = vec![];
    if let Some(signed) = signed {
        headers.push(("x-signed", HeaderValue::from_str(signed).unwrap()));
    }
    raw(world, path, &headers, body).await
}

#[tokio::test]
async fn g01_all_of_a_webhook_is_durable_when_it_is_answered() {
    let world = world().await;
    let at = format!("{BASE}/webhooks/lines?a=1");
    let body = "1 ann Hello\nnonsense\n2 ben Good morning\n1 ann Hello";
    let reply = tell(&world, "/webhooks/lines?a=1", Some(&at), body).await.expect(200);
    assert_eq!(reply.headers["content-type"], "text/xml");
    assert_eq!(reply.body, b"<Response/>");
    let counters = world.get("/admin/counters", ADMIN).await.expect(200).json();
    assert_eq!(counters, json!({"received": 4, "appended": 2, "duplicate": 1, "dead": 1}));
    tell(&world, "/webhooks/lines?a=1", Some(&at), body).await.expect(200);
    let counters = world.get("/admin/counters", ADMIN).await.expect(200).json();
    assert_eq!(counters, json!({"received": 8, "appended": 2, "duplicate": 4, "dead": 2}));
    let dead = world.get("/admin/dead-letters.ndjson", ADMIN).await.expect(200);
    assert!(String::from_utf8_lossy(&dead.body).contains("bm9uc2Vuc2U="), "its bytes are kept");
}

#[tokio::test]
async fn t01_whatever_is_not_the_providers_is_told_nothing_and_changes_nothing() {
    let world = world().await;
    let before = world.store.totals().await.unwrap();
    let body = "1 ann Hello";
    let other = format!("{BASE}/webhooks/lines?a=2");
    for (path, signed) in [
        ("/webhooks/lines?a=1", None),
        ("/webhooks/lines?a=1", Some(other.as_str())),
        ("/webhooks/lines", Some("http://evil.example/webhooks/lines")),
        ("/webhooks/nobody", Some(&format!("{BASE}/webhooks/nobody")[..])),
        ("/webhooks/%2e%2e", Some("x")),
        ("/webhooks/lines?challenge=41", None),
    ] {
        let reply = tell(&world, path, signed, body).await.refused(403, "not_the_provider");
        assert_eq!(reply.json()["detail"], "this is not from a provider that is known here", "{path}");
    }
    assert_eq!(world.store.totals().await.unwrap(), before);
    assert_eq!(tell(&world, "/webhooks/lines?challenge=42", None, "").await.expect(200).body, b"42");
}

#[tokio::test]
async fn t07_a_body_that_is_packed_or_too_large_is_not_read() {
    let world = world().await;
    let at = format!("{BASE}/webhooks/lines");
    tell(&world, "/webhooks/lines", Some(&at), &"a".repeat(1_001)).await.refused(413, "body_too_large");
    // To a stranger, an account that there is and one that there is not are the same.
    for account in ["lines", "nobody"] {
        let path = format!("/webhooks/{account}");
        tell(&world, &path, Some("x"), &"a".repeat(1_001)).await.refused(403, "not_the_provider");
        tell(&world, &path, Some("x"), &"a".repeat((4 << 20) + 1)).await.refused(413, "body_too_large");
        let packed = [("content-encoding", HeaderValue::from_static("gzip"))];
        raw(&world, &path, &packed, "x").await.refused(415, "unsupported_media_type");
    }
    let headers = [
        ("x-signed", HeaderValue::from_str(&at).unwrap()),
        ("content-encoding", HeaderValue::from_static("gzip")),
    ];
    let reply = raw(&world, "/webhooks/lines", &headers, "1 ann Hello").await;
    reply.refused(415, "unsupported_media_type");
    // What a proxy says of the address is not believed.
    let forwarded = [
        ("x-signed", HeaderValue::from_static("https://evil.example/webhooks/lines")),
        ("host", HeaderValue::from_static("evil.example")),
        ("x-forwarded-host", HeaderValue::from_static("evil.example")),
        ("x-forwarded-proto", HeaderValue::from_static("https")),
    ];
    let reply = raw(&world, "/webhooks/lines", &forwarded, "1 ann Hello").await;
    reply.refused(403, "not_the_provider");
}

#[tokio::test]
async fn nothing_is_to_be_decided_about_what_was_not_sent() {
    let world = World::new().await;
    let (_, session) = world.alices_interaction().await;
    let said = world.store.messages(session.thread, 0, 1).await.unwrap().remove(0).id;
    let path = format!("/api/messages/{said}/resolve");
    world.post(&path, ALICE, json!({"resolution": "discard"})).await.refused(409, "nothing_to_decide");
    let nobodys = "/api/messages/01900000-0000-7000-8000-000000000000/resolve";
    world.post(nobodys, ALICE, json!({"resolution": "send_again"})).await.expect(404);
}
