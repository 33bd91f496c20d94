//! The live feed over a real connection.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::visitor::Listening;
use common::{ALICE, BASE, World, name, schema, text, uuid};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A client of the feed.
struct Feed {
    lines: BufReader<TcpStream>,
    head: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

impl Feed {
    async fn open(server: &Listening, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = server.connect().await;
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: desk.example\r\n");
        request.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        Self { lines, head }
    }

    async fn of_alice(server: &Listening, path: &str) -> Self {
        Self::open(server, path, &[("authorization", &format!("Bearer {ALICE}"))]).await
    }

    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// The next event; `None` when the feed is over. Comments and the framing of chunks are skipped.
    async fn next(&mut self) -> Option<Event> {
        let (mut name, mut id, mut data) = (None, None, None);
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).await.unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("event: ") {
                name = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("id: ") {
                id = Some(value.parse().unwrap());
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(value).unwrap());
            } else if line == "0" {
                // The last chunk: the answer is over, whatever becomes of the connection.
                return None;
            } else if line.is_empty()
                && let (Some(name), Some(data)) = (name.take(), data.take())
            {
                let schema = &schema::DOCUMENT["components"]["schemas"]["FeedEvents"]["properties"][&name];
                assert!(schema.is_object(), "{name} is not in the document");
                schema::check(schema, &data, &name);
                return Some(Event { name, id, data });
            }
        }
    }

    /// The next event of a name; the others, in order, before it.
    async fn until(&mut self, name: &str) -> (Vec<Event>, Event) {
        let mut before = Vec::new();
        loop {
            let event = self.next().await.expect("the feed goes on");
            if event.name == name {
                return (before, event);
            }
            before.push(event);
        }
    }
}

#[tokio::test]
async fn an_agent_hears_of_work_from_the_offer_to_the_answer() {
    let world = World::new().await;
    let server = Listening::new(&world.server).await;
    world.ready(ALICE).await;
    let mut feed = Feed::of_alice(&server, "/api/feed").await;
    assert_eq!(feed.status(), "200");
    assert!(feed.head.contains("content-type: text/event-stream"), "{}", feed.head);
    let hello = feed.next().await.unwrap();
    assert_eq!((hello.name.as_str(), hello.id), ("hello", None));
    assert_eq!(hello.data["me"]["agent"], "alice");

    let session = world.contact_writes("ann", 1, "Hello?").await;
    let (_, offer) = feed.until("offer").await;
    assert!(offer.id.is_some());
    assert_eq!(offer.data["interaction"]["tail"][0]["text"], "Hello?");
    let accept = format!("/api/offers/{}/accept", text(&offer.data["id"]));
    world.post(&accept, ALICE, json!({})).await.expect(200);
    let (_, gone) = feed.until("offer_gone").await;
    assert_eq!(gone.data["reason"], "accepted");
    let (_, mine) = feed.until("interaction").await;
    assert_eq!(mine.data["state"], "active");
    world.contact_writes("ann", 2, "Are you there?").await;
    let message = loop {
        let (_, message) = feed.until("message").await;
        if message.data["content"]["type"] == "text" {
            break message;
        }
    };
    assert_eq!(message.data["content"]["text"], "Are you there?");
    let _connection = world.engine.contact_connects(&session);
    world.engine.contact_typing(&session, true);
    let (_, typing) = feed.until("typing").await;
    assert_eq!((typing.id, &typing.data["on"]), (None, &json!(true)));
    server.stop().await;
    while feed.next().await.is_some() {}
}

#[tokio::test]
async fn a_feed_is_resumed_without_a_gap() {
    let world = World::new().await;
    let server = Listening::new(&world.server).await;
    let (interaction, session) = world.alices_interaction().await;
    let mut whole = Feed::of_alice(&server, "/api/feed").await;
    let position = whole.next().await.unwrap().data["position"].as_u64().unwrap();
    for number in 10..20 {
        let path = format!("/api/interactions/{interaction}/messages");
        let body = json!({"id": uuid(number), "text": format!("Number {number}")});
        world.post(&path, ALICE, body).await.expect(201);
        world.contact_writes("ann", number + 100, "And?").await;
    }
    world.engine.contact_ends(&session).await.unwrap();
    // What somebody hears who was there all the time.
    let mut heard = Vec::new();
    loop {
        let event = whole.next().await.unwrap();
        let ended = event.name == "interaction" && event.data["state"] == "ended";
        heard.push(event);
        if ended {
            break;
        }
    }
    let messages = |events: &[Event]| -> Vec<u64> {
        let of = |event: &Event| event.data["sequence"].as_u64().unwrap();
        events.iter().filter(|event| event.name == "message").map(of).collect()
    };
    let all = messages(&heard);
    assert!(all.len() >= 20 && all.windows(2).all(|two| two[0] < two[1]), "{all:?}");
    // And somebody who was away since any of those moments, by the header or by the address.
    let ids: Vec<u64> = heard.iter().filter_map(|event| event.id).collect();
    for &id in ids.iter().step_by(7).chain([&position]) {
        let last = ids.last().unwrap();
        let mut resumed = if id % 2 == 0 {
            Feed::of_alice(&server, &format!("/api/feed?after={id}")).await
        } else {
            let token = format!("Bearer {ALICE}");
            let headers = [("authorization", token.as_str()), ("last-event-id", &id.to_string())];
            // The header is newer than the address, which stays as it was when the page was opened.
            Feed::open(&server, &format!("/api/feed?after={position}"), &headers).await
        };
        let mut again = Vec::new();
        while again.last().and_then(|event: &Event| event.id) != Some(*last) && id != *last {
            again.push(resumed.next().await.unwrap());
        }
        let missed: Vec<u64> = {
            let after = heard.iter().position(|event| event.id == Some(id)).map_or(0, |at| at + 1);
            messages(&heard[after..])
        };
        assert_eq!(messages(&again), missed, "after {id}");
    }
}

#[tokio::test]
async fn a_position_that_was_never_given_is_gone() {
    let world = World::new().await;
    for path in ["/api/feed?after=999", "/api/feed?after=yesterday"] {
        world.get(path, ALICE).await.refused(410, "cursor_unknown");
    }
    world.get("/api/feed?after=0", ALICE).await.expect(200);
    world.get("/api/feed?after=", ALICE).await.expect(200);
}

#[tokio::test]
async fn a_feed_ends_with_its_session() {
    let world = World::new().await;
    let server = Listening::new(&world.server).await;
    let request = axum::http::Request::post("/api/session")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(json!({"token": ALICE}).to_string()))
        .unwrap();
    let reply = world.send(request).await.expect(200);
    let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let mut feed = Feed::open(&server, "/api/feed", &[("cookie", &cookie)]).await;
    assert_eq!(feed.next().await.unwrap().name, "hello");
    let mut other = Feed::of_alice(&server, "/api/feed").await;
    assert_eq!(other.next().await.unwrap().name, "hello");
    let request =
        axum::http::Request::delete("/api/session").header("cookie", &cookie).header("origin", BASE);
    world.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(204);
    while feed.next().await.is_some() {}
    // The program's token is not a session; it hears that alice has logged out.
    let (_, me) = other.until("me").await;
    assert_eq!(me.data["signed_in"], false);
    let refused = Feed::open(&server, "/api/feed", &[("cookie", &cookie)]).await;
    assert_eq!(refused.status(), "401");
}

#[tokio::test]
async fn a_feed_keeps_its_agent_present_and_its_end_does_not() {
    let world = World::new().await;
    let server = Listening::new(&world.server).await;
    world.ready(ALICE).await;
    let mut feed = Feed::of_alice(&server, "/api/feed").await;
    assert_eq!(feed.next().await.unwrap().name, "hello");
    world.clock.advance(std::time::Duration::from_mins(5));
    world.engine.settle().await;
    let signed_in = async || world.engine.me(&name("alice")).await.unwrap().signed_in;
    assert!(signed_in().await);
    let Feed { lines, .. } = feed;
    let mut stream = lines.into_inner();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    // The server has let go when it has nothing more to say.
    stream.read_to_end(&mut rest).await.unwrap();
    world.clock.advance(std::time::Duration::from_mins(5));
    world.engine.settle().await;
    assert!(!signed_in().await);
}
