//! Connections that mean no good, or mean nothing at all (threat T8).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::visitor::Listening;
use common::{ALICE, World};
use parlor_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Short enough for a test, long enough for a request that means well.
const WITHIN: Duration = Duration::from_millis(300);

async fn impatient() -> (World, Listening) {
    let mut limits = Limits::default();
    limits.head_within = WITHIN;
    limits.body_within = WITHIN;
    limits.drain = WITHIN;
    let world = World::limited(limits).await;
    let server = Listening::new(&world.server).await;
    (world, server)
}

/// Everything that comes until the server closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    // A reset is a way to close a connection too.
    let _ = stream.read_to_end(&mut heard).await;
    String::from_utf8(heard).unwrap()
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let (_world, server) = impatient().await;
    assert_eq!(until_closed(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_closed() {
    let (_world, server) = impatient().await;
    for head in ["G", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nhost: a\r\nx-a: b\r\n"] {
        let mut stream = server.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let heard = until_closed(&mut stream).await;
        assert!(!heard.contains("200 OK"), "{heard}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let (_world, server) = impatient().await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let heard = until_closed(&mut stream).await;
    assert!(heard.starts_with("HTTP/1.1 200 OK"), "{heard}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_refused() {
    let (_world, server) = impatient().await;
    let mut stream = server.connect().await;
    let request = format!(
        "PUT /api/me/readiness HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {ALICE}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let heard = until_closed(&mut stream).await;
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    assert!(heard.contains("request_timeout"), "{heard}");
}

#[tokio::test]
async fn too_much_head_is_refused() {
    let (_world, server) = impatient().await;
    let mut many = "GET /healthz HTTP/1.1\r\nhost: a\r\n".to_owned();
    many.extend((0..200).map(|number| format!("x-{number}: y\r\n")));
    many.push_str("\r\n");
    let long = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    for head in [many, long] {
        let mut stream = server.connect().await;
        // The server may close before it has read everything.
        let _ = stream.write_all(head.as_bytes()).await;
        let heard = until_closed(&mut stream).await;
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 431"), "{heard}");
    }
}

#[tokio::test]
async fn hundreds_of_dead_connections_keep_nobody_waiting() {
    let (_world, server) = impatient().await;
    let mut dead = Vec::new();
    for _ in 0..300 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /").await.unwrap();
        dead.push(stream);
    }
    let mut stream = server.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    for mut stream in dead {
        until_closed(&mut stream).await;
    }
}

#[tokio::test]
async fn stopping_waits_for_what_is_being_done_and_not_for_ever() {
    let (_world, server) = impatient().await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /heal").await.unwrap();
    let address = server.address;
    server.stop().await;
    until_closed(&mut stream).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody is accepted any more");
}
