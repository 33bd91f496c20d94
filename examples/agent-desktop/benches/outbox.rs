//! How fast what waits in the outbox is brought to a provider over HTTP and marked as sent, beside two job queues.
//!
//! `tests/peers/bench/run install`, then `cargo bench -p agent-desktop --bench outbox`. Messages wait, then the engine starts, and
//! what is measured ends when all of them are `accepted` in the SQLite file at `synchronous=FULL`: by the relay as it is
//! shipped, the adapter of Twilio and the HTTP client, to contacts who each get one message at a time. The others are `BullMQ`
//! over Redis with `appendfsync always`, and apalis-sqlite over WAL with `synchronous=FULL`; both post the same body with a job
//! each, 64 at once, in no order. All post to the same server, which answers at once. Each side has one core, its database
//! included, and the server has another. They take turns in one run, because only the ratio carries over to other machines.
//! What is not installed is said and passed over.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use parlor::channel::ProviderTransport;
use parlor::engine::{Arrival, Config, Drive, Engine, EngineBuilder, Inbound};
use parlor::http::{Client, ClientLimits};
use parlor::model::{
    Agent, AgentName, CapacityRule, Channel, ChannelKind, ChannelName, ClientId, Content, MediaClass, Medium,
    MessageText, OfferMode, PointAddress, PointKey, ProviderMessageId, QueueName,
};
use parlor::sqlite::{SqliteOptions, SqliteStore};
use parlor::store::{OutboxState, Store};
use parlor::twilio::{TwilioAccount, TwilioSettings, sms_capabilities};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONTACTS: usize = 200;
const EACH: usize = 50;
const MESSAGES: usize = CONTACTS * EACH;
const ROUNDS: usize = 3;

/// Asks a copy of this program to be one side, with the address of the server.
const OURS: &str = "PARLOR_BENCH_OURS";
/// Asks a copy of this program to be the server.
const SERVER: &str = "PARLOR_BENCH_SERVER";

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const NUMBER: &str = "+15550001111";

fn main() {
    // `cargo test --benches` and friends only ask whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::var_os(SERVER).is_some() {
        runtime.block_on(serve());
        return;
    }
    if let Ok(server) = std::env::var(OURS) {
        println!("{}", runtime.block_on(ours(&server)).as_secs_f64());
        return;
    }
    let (server, address) = server();
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/bench");
    let mut ratios: [Vec<f64>; 2] = Default::default();
    for round in 1..=ROUNDS {
        let this = std::env::current_exe().unwrap();
        let ours = per_second(on_core("1", &this).env(OURS, &address));
        println!("round {round}: the outbox: {ours:.0} messages a second, durable");
        let theirs = [("BullMQ", bullmq(&peers, &address)), ("apalis-sqlite", apalis(&peers, &address))];
        for ((name, theirs), ratios) in theirs.into_iter().zip(&mut ratios) {
            match theirs {
                Some(theirs) => {
                    ratios.push(ours / theirs);
                    println!(
                        "round {round}: {name}: {theirs:.0} a second; the outbox {:.2} times",
                        ours / theirs
                    );
                }
                None => println!("{name} was not run (tests/peers/bench/run install)"),
            }
        }
    }
    for (name, mut ratios) in ["BullMQ", "apalis-sqlite"].into_iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        if let (Some(least), Some(most)) = (ratios.first(), ratios.last()) {
            let middle = ratios[ratios.len() / 2];
            println!("{middle:.2} times {name} (middle of {ROUNDS}; {least:.2} to {most:.2})");
        }
    }
    drop(server);
}

fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// Runs a program that prints how many seconds it took.
fn per_second(command: &mut Command) -> f64 {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    let seconds: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    f64::from(u32::try_from(MESSAGES).unwrap()) / seconds
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // If it does not end, there is nothing more that a benchmark can do about it.
        let _ = self.0.kill().and_then(|()| self.0.wait().map(drop));
    }
}

/// `BullMQ` over a Redis of its own, in a temporary folder and reached through a socket in it; `None` where it cannot be run.
fn bullmq(peers: &Path, address: &str) -> Option<f64> {
    if !peers.join("node_modules/bullmq").exists() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis");
    let mut redis = on_core("1", Path::new("redis-server"));
    redis
        .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--unixsocket"])
        .arg(&socket)
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null());
    let mut redis = Running(redis.spawn().ok()?);
    while !socket.exists() {
        // There is none on this machine.
        if redis.0.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut node = on_core("1", Path::new("node"));
    node.current_dir(peers).arg("bullmq.mjs").arg(&socket).args([address, &MESSAGES.to_string()]);
    Some(per_second(&mut node))
}

/// apalis-sqlite in a temporary file; `None` where it is not built.
fn apalis(peers: &Path, address: &str) -> Option<f64> {
    let program = peers.join("apalis/target/release/apalis-peer");
    if !program.exists() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut peer = on_core("1", &program);
    peer.args([address, &MESSAGES.to_string()]).arg(folder.path().join("jobs.db"));
    Some(per_second(&mut peer))
}

/// The server in a process of its own, and the address where messages are posted.
fn server() -> (Running, String) {
    let mut command = on_core("0", &std::env::current_exe().unwrap());
    let mut child = command.env(SERVER, "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Running(child), address.trim().to_owned())
}

/// Answers every request at once, as the provider answers for a message that it took.
async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    println!("http://{address}/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    let taken = Arc::<AtomicU64>::default();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(answer(stream, Arc::clone(&taken)));
    }
}

async fn answer(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    let mut read = Vec::with_capacity(4_096);
    loop {
        while let Some(length) = request(&read) {
            read.drain(..length);
            let number = taken.fetch_add(1, Ordering::Relaxed);
            let body = format!(
                "{{\"sid\":\"SM{number:032x}\",\"status\":\"queued\",\"num_segments\":\"1\",\"error_code\":null}}"
            );
            let answer = format!(
                "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut read).await, Ok(bytes) if bytes > 0) {
            return;
        }
    }
}

/// How long the first request is, if all of it is there.
fn request(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).unwrap().to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let whole = head + length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
    (read.len() >= whole).then_some(whole)
}

fn config() -> Config {
    let support = QueueName::new("support").unwrap();
    let mut config = Config::default();
    config.queues = vec![support.clone().into()];
    config.agents = vec![Agent {
        queues: [support.clone()].into(),
        capacity: CapacityRule::new([(MediaClass::Messaging, u32::try_from(CONTACTS).unwrap())]),
        ..Agent::new(alice())
    }];
    config.channels = vec![Channel {
        name: phone(),
        kind: ChannelKind::Sms,
        account: None,
        address: NUMBER.to_owned(),
        queue: support,
        readiness: [Medium::Sms].into(),
        media_class: MediaClass::Messaging,
        offer: OfferMode::Auto,
    }];
    // Everything is written before it is measured, however slow the machine is.
    config.timing.presence_lease = Duration::from_mins(10);
    config
}

fn alice() -> AgentName {
    AgentName::new("alice").unwrap()
}

fn phone() -> ChannelName {
    ChannelName::new("phone").unwrap()
}

async fn engine(store: &Arc<dyn Store>, server: &str, drive: Drive) -> Engine {
    let webhook = "http://127.0.0.1:1/webhooks/exchange".parse().unwrap();
    let mut settings = TwilioSettings::new(ACCOUNT, "a token".into(), webhook).unwrap();
    settings.base_url = server.parse::<url::Url>().unwrap().join("/").unwrap();
    let account = Arc::new(TwilioAccount::new(settings).unwrap());
    let client = Client::new(ClientLimits::default()).unwrap();
    let transport =
        ProviderTransport::new(account.profile(), sms_capabilities().clone(), account, Arc::new(client));
    EngineBuilder::new(config(), Arc::clone(store))
        .transport(ChannelKind::Sms, Arc::new(transport))
        .drive(drive)
        .start()
        .await
        .unwrap()
}

/// From the start of the engine to everything marked as sent.
async fn ours(server: &str) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SqliteOptions::default()).unwrap());
    let waiting = engine(&store, server, Drive::Manual).await;
    write_everything(&waiting).await;
    waiting.stop().await;
    let begun = Instant::now();
    let sending = engine(&store, server, Drive::Automatic).await;
    while !store.unfinished_outbox(None, 1).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = begun.elapsed();
    let sent = store.outbox(None, MESSAGES + 1).await.unwrap();
    let accepted = sent.iter().filter(|entry| entry.state == OutboxState::Accepted).count();
    assert!(
        sent.len() == accepted && accepted > 0,
        "everything is marked as sent: {accepted} of {}",
        sent.len()
    );
    sending.stop().await;
    took
}

/// Everybody has written, and alice has answered everybody; nothing is sent yet.
async fn write_everything(engine: &Engine) {
    engine.sign_in(&alice()).await.unwrap();
    engine.set_readiness(&alice(), &Medium::Sms, true, None).await.unwrap();
    join_all((0..CONTACTS).map(async |number| {
        let address = PointAddress::new(format!("+1555{number:07}"));
        let key = PointKey { kind: ChannelKind::Sms, scope: String::new(), address };
        let session = engine.arrive(Arrival::new(phone(), key)).await.unwrap();
        let content = Content::Text { text: MessageText::new("Hello").unwrap() };
        let inbound = Inbound::new(ProviderMessageId::new(format!("in-{number}")), content);
        engine.receive(&session, inbound).await.unwrap();
    }))
    .await;
    engine.settle().await;
    let work = engine.my_work(&alice()).await.unwrap().0;
    assert_eq!(work.len(), CONTACTS);
    let agent = alice();
    join_all(work.iter().enumerate().map(async |(contact, interaction)| {
        for number in 0..EACH {
            let id = u128::try_from(number * CONTACTS + contact).unwrap();
            let client = ClientId(uuid::Uuid::from_u128(0xC11E_0000_0000_7000_8000_0000_0000_0000 | id));
            let words = MessageText::new(format!("reply number {id}")).unwrap();
            engine.send(&agent, interaction.id, client, words).await.unwrap();
        }
    }))
    .await;
}
