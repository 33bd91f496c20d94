//! How fast waiting work is given to agents and kept, beside a router that is a SQL statement.
//!
//! `cargo bench -p agent-desktop --bench assign`. Work waits, then the agents say Ready and answer by themselves; what is
//! measured ends when all of it is theirs in the SQLite file at `synchronous=FULL`. The other side takes the first
//! waiting row with `FOR UPDATE SKIP LOCKED LIMIT 1`, gives it to an agent, counts it, and writes an event, in one
//! transaction of PostgreSQL with `synchronous_commit=on`; who gets it is settled in advance, so that it does less.
//! Its client is `pgbench`. Each side has one core, and the client of PostgreSQL has another. They take turns in one
//! run, because only the ratio carries over to other machines. Without PostgreSQL on the machine only the first is run.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use parlor::engine::{Arrival, Config, EngineBuilder, Inbound};
use parlor::model::{
    Agent, AgentName, CapacityRule, Channel, ChannelKind, ChannelName, Content, MediaClass, Medium,
    MessageText, OfferMode, PointAddress, PointKey, ProviderMessageId, QueueName,
};
use parlor::sqlite::{SqliteOptions, SqliteStore};
use parlor::store::Store;
use parlor::webchat::WebChat;

const WORK: usize = 4_000;
const AGENTS: usize = 40;
const ROUNDS: usize = 3;
/// Connections that take work at the same time; the better one counts.
const CLIENTS: [usize; 2] = [1, 8];
/// Asks a copy of this program to be one side.
const OURS: &str = "PARLOR_BENCH_OURS";

fn main() {
    // `cargo test --benches` and friends only ask whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if std::env::var_os(OURS).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        println!("{}", runtime.block_on(ours()).as_secs_f64());
        return;
    }
    let postgres = Postgres::start();
    if postgres.is_none() {
        println!(
            "PostgreSQL was not run: no pgbench and postgres in /usr/lib/postgresql, or no user to run it"
        );
    }
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let ours = per_second(on_core("1", &std::env::current_exe().unwrap()).env(OURS, "1"));
        println!("round {round}: {ours:.0} assignments a second, durable");
        let Some(postgres) = &postgres else { continue };
        let theirs = CLIENTS.map(|clients| {
            let rate = postgres.router(clients);
            println!("round {round}: SKIP LOCKED router with {clients} connections: {rate:.0} a second");
            rate
        });
        ratios.push(ours / theirs.into_iter().fold(0.0, f64::max));
    }
    ratios.sort_by(f64::total_cmp);
    if let Some(ratio) = ratios.get(ratios.len() / 2) {
        println!("{ratio:.1} times the better SKIP LOCKED router (middle of {ROUNDS})");
    }
}

fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a copy that prints how many seconds it took.
fn per_second(command: &mut Command) -> f64 {
    let seconds: f64 = output(command).trim().parse().unwrap();
    f64::from(u32::try_from(WORK).unwrap()) / seconds
}

fn config() -> Config {
    let support = QueueName::new("support").unwrap();
    let mut config = Config::default();
    config.queues = vec![support.clone().into()];
    let room = u32::try_from(WORK / AGENTS).unwrap();
    config.agents = (0..AGENTS)
        .map(|number| Agent {
            queues: [support.clone()].into(),
            capacity: CapacityRule::new([(MediaClass::Live, room)]),
            ..Agent::new(agent(number))
        })
        .collect();
    config.channels = vec![Channel {
        name: ChannelName::new("website").unwrap(),
        kind: ChannelKind::WebChat,
        account: None,
        address: "*".to_owned(),
        queue: support,
        readiness: [Medium::Chat].into(),
        media_class: MediaClass::Live,
        offer: OfferMode::Auto,
    }];
    // All of it arrives before anybody is there, however slow the machine is.
    config.timing.presence_lease = Duration::from_mins(10);
    config
}

fn agent(number: usize) -> AgentName {
    AgentName::new(format!("agent-{number}")).unwrap()
}

/// From Ready to everything assigned.
async fn ours() -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SqliteOptions::default()).unwrap());
    let engine = EngineBuilder::new(config(), Arc::clone(&store))
        .transport(ChannelKind::WebChat, Arc::new(WebChat::default()))
        .start()
        .await
        .unwrap();
    let website = ChannelName::new("website").unwrap();
    let numbers: Vec<usize> = (0..WORK).collect();
    for some in numbers.chunks(64) {
        join_all(some.iter().map(async |number| {
            let key = PointKey {
                kind: ChannelKind::WebChat,
                scope: "website".to_owned(),
                address: PointAddress::new(format!("contact-{number}")),
            };
            let session = engine.arrive(Arrival::new(website.clone(), key)).await.unwrap();
            let content = Content::Text { text: MessageText::new("Hello").unwrap() };
            let inbound = Inbound::new(ProviderMessageId::new(format!("m-{number}")), content);
            engine.receive(&session, inbound).await.unwrap();
        }))
        .await;
    }
    engine.settle().await;
    let begun = Instant::now();
    let ready = (0..AGENTS).map(agent);
    join_all(ready.map(async |name| engine.set_readiness(&name, &Medium::Chat, true, None).await.unwrap()))
        .await;
    engine.settle().await;
    let took = begun.elapsed();
    // What the file says, not what the engine remembers.
    let kept = store.agents().await.unwrap();
    let load: u32 = kept.iter().flat_map(|agent| agent.load.values()).map(|load| load.used).sum();
    assert_eq!(usize::try_from(load).unwrap(), WORK, "everything is assigned");
    engine.stop().await;
    took
}

/// A server of our own in a temporary folder, reached through a socket in it.
struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// `None` where it cannot be run.
    fn start() -> Option<Self> {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        versions.sort();
        let programs = versions.pop().filter(|programs| programs.join("pgbench").exists())?;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let postgres = Self { folder, programs };
        let data = postgres.folder.path().join("data");
        let made = postgres
            .as_its_user("1", "initdb")
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres"])
            .output()
            .ok()?;
        if !made.status.success() {
            return None;
        }
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c synchronous_commit=on -c fsync=on",
            postgres.folder.path().display()
        );
        let log = postgres.folder.path().join("log");
        let mut start = postgres.as_its_user("1", "pg_ctl");
        let start = start.arg("-D").arg(&data).arg("-l").arg(log).arg("-w").args(["-o", &settings, "start"]);
        let started = start.stdout(Stdio::null()).status().ok()?;
        started.success().then_some(postgres)
    }

    /// PostgreSQL does not run as root.
    fn as_its_user(&self, core: &str, program: &str) -> Command {
        let mut command = on_core(core, Path::new("runuser"));
        command
            .args(["-u", "postgres", "--"])
            .arg(self.programs.join(program))
            .current_dir(self.folder.path());
        command
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.as_its_user("0", program);
        command.arg("-h").arg(self.folder.path()).args(["-U", "postgres"]);
        command
    }

    /// Assignments a second with so many connections.
    fn router(&self, clients: usize) -> f64 {
        let schema = format!(
            "DROP TABLE IF EXISTS work, agent, event;
             CREATE TABLE work (id bigint PRIMARY KEY, queue text NOT NULL, state text NOT NULL, owner int,
                 priority int NOT NULL, since timestamptz NOT NULL, version bigint NOT NULL DEFAULT 1);
             CREATE INDEX waiting ON work (queue, priority DESC, since) WHERE state = 'queued';
             CREATE TABLE agent (id int PRIMARY KEY, load int NOT NULL, cap int NOT NULL, CHECK (load <= cap));
             CREATE TABLE event (id bigserial PRIMARY KEY, work bigint NOT NULL, kind text NOT NULL, agent int NOT NULL,
                 at timestamptz NOT NULL);
             INSERT INTO work (id, queue, state, priority, since)
                 SELECT n, 'support', 'queued', 0, now() + n * interval '1 microsecond' FROM generate_series(1, {WORK}) n;
             INSERT INTO agent SELECT n, 0, {WORK} FROM generate_series(1, {AGENTS}) n;
             VACUUM ANALYZE work; VACUUM ANALYZE agent; CHECKPOINT;"
        );
        for statement in schema.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            output(self.client("psql").args(["-q", "-c", statement]));
        }
        let script = self.folder.path().join("router.sql");
        fs::write(
            &script,
            format!(
                "\\set agent random(1, {AGENTS})\n\
                 BEGIN;\n\
                 SELECT id FROM work WHERE state = 'queued' AND queue = 'support' ORDER BY priority DESC, since \
                     FOR UPDATE SKIP LOCKED LIMIT 1 \\gset\n\
                 UPDATE work SET state = 'active', owner = :agent, version = version + 1 WHERE id = :id;\n\
                 UPDATE agent SET load = load + 1 WHERE id = :agent;\n\
                 INSERT INTO event (work, kind, agent, at) VALUES (:id, 'accepted', :agent, now());\n\
                 COMMIT;\n"
            ),
        )
        .unwrap();
        let each = (WORK / clients).to_string();
        let clients = clients.to_string();
        let printed = output(
            self.client("pgbench")
                .args(["-n", "-M", "prepared", "-c", &clients, "-t", &each, "-f"])
                .arg(&script)
                .arg("postgres"),
        );
        let given = output(self.client("psql").args(["-At", "-c", "SELECT count(*) FROM event"]));
        assert_eq!(given.trim(), WORK.to_string(), "everything is assigned");
        let rate = printed.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
        rate.split(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let mut stop = self.as_its_user("1", "pg_ctl");
        let stop = stop.arg("-D").arg(data).args(["-m", "immediate", "stop"]).stdout(Stdio::null());
        // If it does not stop, there is nothing more that a benchmark can do about it.
        let _ = stop.status();
    }
}
