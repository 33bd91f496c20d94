//! The whole application as its users meet it: start, memory, and messages from socket to socket.
//!
//! Starts the release binary over a fresh SQLite file, and prints each figure with what it is compared to in the same run.
//! Run it with `cargo bench -p agent-desktop`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints figures and stops when it cannot"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const IDLE: usize = 2_000;
const WRITERS: usize = 64;
const MESSAGES_EACH: usize = 300;
const PINGS: u128 = 500;

/// The workspace of the demonstration, without its limits on how fast one visitor writes: the server is measured here, not
/// its patience.
const CONFIG: &str = r#"
[[agents]]
name = "alice"
token = "bench-alice"
queues = ["support"]
[[queues]]
name = "support"
[[channels]]
name = "website"
kind = "web_chat"
queue = "support"
[chat]
messages_per_second = 1000000
message_burst = 1000000
[limits]
sockets = 10000
sockets_per_address = 10000
new_chats_per_minute = 1000000
agent_requests_per_second = 1000000
"#;

struct Desk {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
    wal: std::path::PathBuf,
    started_in: Duration,
}

impl Desk {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.db");
        let config = folder.path().join("desk.toml");
        std::fs::write(&config, CONFIG).unwrap();
        let begin = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_agent-desktop"))
            .args(["--listen", "127.0.0.1:0", "--store", &format!("sqlite:{}", file.display())])
            .args(["--config".as_ref(), config.as_os_str()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let started_in = begin.elapsed();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = ready["ready"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let wal = folder.path().join("desk.db-wal");
        Self { process, address, _folder: folder, wal, started_in }
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    async fn visitor(&self) -> Socket {
        let mut request = format!("ws://{}/chat/website/socket", self.address).into_client_request().unwrap();
        request.headers_mut().insert("origin", format!("http://{}", self.address).parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        socket.send(Message::text(r#"{"type":"hello"}"#)).await.unwrap();
        until(&mut socket, "welcome").await;
        socket
    }

    async fn post(&self, method: &str, route: &str, body: &str) -> serde_json::Value {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!(
            "{method} {route} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer bench-alice\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(
            body.get(body.find('{').unwrap_or(0)..=body.rfind('}').unwrap_or(0)).unwrap_or("null"),
        )
        .unwrap_or_default()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn until(socket: &mut Socket, kind: &str) -> serde_json::Value {
    loop {
        let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
        let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_ne!(frame["type"], "error", "{frame}");
        if frame["type"] == kind {
            return frame;
        }
    }
}

fn message(number: u128) -> Message {
    let id = uuid::Uuid::from_u128(number);
    Message::text(format!(
        r#"{{"type":"message","id":"{id}","text":"Where is my order? It should be here by now."}}"#
    ))
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `cargo test --benches` and friends only ask whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut starts: Vec<Duration> = (0..5).map(|_| Desk::start().started_in).collect();
    starts.sort();
    println!("start to first line        {:>8.1} ms", starts[2].as_secs_f64() * 1e3);

    idle().await;
    throughput().await;
    latency().await;
}

async fn idle() {
    let desk = Desk::start();
    let base = desk.memory();
    println!("memory, nobody there       {:>8.1} MiB  (aim: 30)", to_f64(base) / 1024.0);
    // Warm up what is made once.
    let mut sockets = Vec::with_capacity(IDLE + 50);
    for _ in 0..50 {
        sockets.push(desk.visitor().await);
    }
    let before = desk.memory();
    for _ in 0..IDLE {
        sockets.push(desk.visitor().await);
    }
    let each = to_f64(desk.memory().saturating_sub(before)) / to_f64(IDLE as u64);
    println!(
        "memory per idle contact    {each:>8.1} KiB  (aim: 12; each with a session, a contact and a thread on disk)"
    );
}

async fn throughput() {
    let desk = Desk::start();
    let mut sockets = Vec::new();
    for _ in 0..WRITERS {
        sockets.push(desk.visitor().await);
    }
    let mut latencies = Vec::new();
    let mut largest_wal = 0;
    let begin = Instant::now();
    let tasks: Vec<_> = (0_u128..)
        .zip(sockets)
        .map(|(writer, mut socket)| {
            tokio::spawn(async move {
                let mut took = Vec::with_capacity(MESSAGES_EACH);
                for number in 0..MESSAGES_EACH as u128 {
                    let sent = Instant::now();
                    socket.send(message((writer << 32) + number)).await.unwrap();
                    until(&mut socket, "accepted").await;
                    took.push(sent.elapsed());
                }
                took
            })
        })
        .collect();
    for task in tasks {
        latencies.extend(task.await.unwrap());
        largest_wal = largest_wal.max(std::fs::metadata(&desk.wal).map_or(0, |file| file.len()));
    }
    let busy = begin.elapsed();
    latencies.sort();
    let (p50, p99) = (percentile(&latencies, 50), percentile(&latencies, 99));
    println!(
        "durable messages           {:>8.0} /s   ({WRITERS} sockets, closed loop, {} messages)",
        to_f64(latencies.len() as u64) / busy.as_secs_f64(),
        latencies.len()
    );
    println!(
        "sent to accepted           {:>8.2} ms p50, {:.2} ms p99, p99/p50 {:.1} (aim: 3)",
        p50.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3,
        p99.as_secs_f64() / p50.as_secs_f64()
    );
    println!("largest write-ahead log    {:>8.1} MiB  (limit: 256)", to_f64(largest_wal) / 1_048_576.0);
}

/// From the moment a message is acknowledged as durable to the other side: to the agent's feed, and to the contact's socket.
async fn latency() {
    let desk = Desk::start();
    desk.post("PUT", "/api/me/readiness", r#"{"medium":"chat","ready":true}"#).await;
    let mut visitor = desk.visitor().await;
    visitor.send(message(1)).await.unwrap();
    until(&mut visitor, "accepted").await;
    let offer = loop {
        let mine = desk.post("GET", "/api/me/interactions", "").await;
        if let Some(id) = mine["offers"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    let taken = desk.post("POST", &format!("/api/offers/{offer}/accept"), "{}").await;
    let interaction = taken["interaction"]["id"].as_str().unwrap().to_owned();
    let feed = TcpStream::connect(&desk.address).await.unwrap();
    let (reader, mut writer) = feed.into_split();
    let request = format!(
        "GET /api/feed HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer bench-alice\r\n\r\n",
        desk.address
    );
    writer.write_all(request.as_bytes()).await.unwrap();
    let mut lines = tokio::io::BufReader::new(reader).lines();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "event: message" {
                let _ = told.send(Instant::now());
            }
        }
    });
    let (mut accepted, mut after) = (Vec::new(), Vec::new());
    for number in 2..PINGS + 2 {
        let sent = Instant::now();
        visitor.send(message(number)).await.unwrap();
        until(&mut visitor, "accepted").await;
        let durable = Instant::now();
        let seen = heard.recv().await.unwrap();
        accepted.push(durable - sent);
        after.push(seen.saturating_duration_since(durable));
    }
    print_latency("durable to agent's feed", accepted, after);
    back(&desk, visitor, &interaction).await;
}

/// From the agent's answer that a message is durable to the contact's socket.
async fn back(desk: &Desk, visitor: Socket, interaction: &str) {
    let (_, mut frames) = visitor.split();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(frame)) = frames.next().await {
            let at = Instant::now();
            if frame.to_text().is_ok_and(|text| text.contains("On its way.")) {
                let _ = told.send(at);
            }
        }
    });
    let (mut accepted, mut after) = (Vec::new(), Vec::new());
    for number in 0..PINGS {
        let id = uuid::Uuid::from_u128((1 << 64) + number);
        let sent = Instant::now();
        let body = format!(r#"{{"id":"{id}","text":"On its way."}}"#);
        desk.post("POST", &format!("/api/interactions/{interaction}/messages"), &body).await;
        let durable = Instant::now();
        let seen = heard.recv().await.unwrap();
        accepted.push(durable - sent);
        after.push(seen.saturating_duration_since(durable));
    }
    print_latency("durable to contact's socket", accepted, after);
}

fn print_latency(what: &str, mut accepted: Vec<Duration>, mut after: Vec<Duration>) {
    accepted.sort();
    after.sort();
    println!(
        "{what:<27}{:>7.2} ms p50, {:.2} ms p99 (aim: 1 ms p50); acknowledged itself after {:.2} ms p50",
        percentile(&after, 50).as_secs_f64() * 1e3,
        percentile(&after, 99).as_secs_f64() * 1e3,
        percentile(&accepted, 50).as_secs_f64() * 1e3
    );
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
const fn to_f64(number: u64) -> f64 {
    number as f64
}
