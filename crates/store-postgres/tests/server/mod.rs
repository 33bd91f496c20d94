//! A PostgreSQL server of a test's own, made from the installed programs.
//!
//! It lives in a temporary folder and listens on a Unix socket there. The folder is in memory where there is room: a server
//! that is killed loses nothing of what it wrote to a file, and none of these tests cuts the power. As root it runs as the
//! user `postgres`, because it refuses to run as root. It ends with the process that started it, however that ends: a small
//! shell waits for it and stops the server by its own process id.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use parlor_store_postgres::PostgresOptions;
use tempfile::TempDir;

/// What takes longer hangs, on any machine: a test fails then, instead of waiting for ever.
pub(crate) const DEADLINE: Duration = Duration::from_mins(5);

/// How long is waited before a server is started again whose processes have not all ended.
const STILL_ENDING: Duration = Duration::from_millis(50);

/// Names the socket, nothing else.
const PORT: u16 = 5432;

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

/// How much room there must be in it, in units of 1,024 bytes.
const ROOM: u64 = 2 << 20;

/// What is installed, and as whom it runs.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// The user and the group, when we are root.
    user: Option<(u32, u32)>,
}

impl Programs {
    /// The installed programs. Without them one line says what is not run, once; with `PARLOR_REQUIRE_ALL=1` it fails.
    pub(crate) fn find() -> Option<Self> {
        static FOUND: OnceLock<Option<Programs>> = OnceLock::new();
        FOUND
            .get_or_init(|| {
                let found = Self::look();
                if found.is_none() {
                    assert!(
                        env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|all| all != "1"),
                        "the tests of the PostgreSQL store need its server programs: apt-get install postgresql"
                    );
                    eprintln!(
                        "not run: the tests of the PostgreSQL store (they need its server programs: apt-get install postgresql)"
                    );
                }
                found
            })
            .clone()
    }

    fn look() -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<_> = versions
            .filter_map(|version| Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path())))
            .filter(|(version, _)| *version >= 14)
            .collect();
        folders.sort();
        let installed = folders.into_iter().rev().map(|(_, path)| path.join("bin"));
        let path = env::var_os("PATH").unwrap_or_default();
        let folder =
            installed.chain(env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())?;
        let is_root = fs::metadata("/proc/self").map(|own| own.uid()).ok()? == 0;
        let user = if is_root { Some(user_postgres()?) } else { None };
        Some(Self { folder, user })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn own(&self, path: &Path) {
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

fn user_postgres() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<_> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

/// The folder in memory, if there is one with enough room.
pub(crate) fn memory() -> Option<PathBuf> {
    let output = Command::new("df").args(["-P", "-k", MEMORY]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let available: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    (available >= ROOM).then(|| MEMORY.into())
}

/// A server, stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    programs: Programs,
    folder: TempDir,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    server: Child,
    /// Ends the server when our end of its input is closed, that is when we end.
    guard: Child,
}

impl Server {
    /// A new server. The lines are added to its configuration.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        Self::start_in(&memory().unwrap_or_else(env::temp_dir), settings)
    }

    /// The same in a folder.
    pub(crate) fn start_in(folder: &Path, settings: &[&str]) -> Option<Self> {
        let server = Self::prepare(Programs::find()?, folder);
        let data = server.data();
        let arguments = [
            "-D",
            data.to_str().unwrap(),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ];
        server.programs.run("initdb", &arguments);
        let access = "local all locked scram-sha-256\nlocal all all trust\nlocal replication all trust\n";
        fs::write(data.join("pg_hba.conf"), access).unwrap();
        server.configure(settings);
        Some(server.up())
    }

    /// The one server of this process.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[])).as_ref()
    }

    /// A standby of this server, running.
    pub(crate) fn standby(&self) -> Self {
        let folder = self.folder.path().parent().unwrap();
        let standby = Self::prepare(self.programs.clone(), folder);
        let (data, socket) = (standby.data(), self.socket());
        let port = PORT.to_string();
        let arguments = [
            "-D",
            data.to_str().unwrap(),
            "-h",
            socket.to_str().unwrap(),
            "-p",
            &port,
            "-U",
            "postgres",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ];
        standby.programs.run("pg_basebackup", &arguments);
        standby.configure(&[]);
        standby.up()
    }

    fn prepare(programs: Programs, within: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("parlor-pg-").tempdir_in(within).unwrap();
        programs.own(folder.path());
        Self { programs, folder, running: None }
    }

    /// Where the files of the database are.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of the socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Adds lines to the configuration; they count from the next start on.
    pub(crate) fn configure(&self, settings: &[&str]) {
        let file = self.data().join("postgresql.conf");
        let mut text = fs::read_to_string(&file).unwrap();
        let socket = self.socket();
        let socket = socket.to_str().unwrap();
        let ours = format!(
            "\nlisten_addresses = ''\nunix_socket_directories = '{socket}'\nport = {PORT}\nmax_connections = 300\n\
             shared_buffers = 128MB\nlogging_collector = off\nlog_min_messages = log\n"
        );
        text.push_str(&ours);
        for line in settings {
            text.push_str(line);
            text.push('\n');
        }
        fs::write(&file, text).unwrap();
        self.programs.own(&file);
    }

    fn up(mut self) -> Self {
        self.run();
        self
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn run(&mut self) {
        // The processes of a server that was killed end by and by; no other starts before they have.
        let began = Instant::now();
        loop {
            match self.try_run() {
                Ok(()) => return,
                Err(log) if began.elapsed() < DEADLINE && is_still_ending(&log) => {
                    thread::sleep(STILL_ENDING);
                }
                Err(log) => panic!("the server did not start:\n{log}"),
            }
        }
    }

    fn try_run(&mut self) -> Result<(), String> {
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.data()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (said, lines) = mpsc::channel();
        let output = BufReader::new(server.stderr.take().unwrap());
        // To the end: it would stop when nobody reads what it says.
        thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| {
                // Nobody listens once it is ready.
                let _nobody = said.send(line);
            });
        });
        let mut log = String::new();
        loop {
            match lines.recv_timeout(DEADLINE) {
                Ok(line) if line.contains("ready to accept") => break,
                Ok(line) => {
                    log.push_str(&line);
                    log.push('\n');
                }
                Err(RecvTimeoutError::Disconnected) => {
                    server.wait().unwrap();
                    return Err(log);
                }
                Err(RecvTimeoutError::Timeout) => {
                    server.kill().unwrap();
                    server.wait().unwrap();
                    panic!("the server says nothing more:\n{log}");
                }
            }
        }
        let script = r#"cat >/dev/null; kill -INT "$1" 2>/dev/null
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do kill -0 "$1" 2>/dev/null || break; sleep 0.2; done
            kill -KILL "$1" 2>/dev/null; rm -rf "$2""#;
        let guard = Command::new("sh")
            .args(["-c", script, "sh", &server.id().to_string()])
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        self.running = Some(Running { server, guard });
        Ok(())
    }

    /// Ends it as the loss of its machine would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Its children end when they notice, which a server that starts again waits for.
            running.server.kill().unwrap();
            running.server.wait().unwrap();
            running.guard.kill().unwrap();
            running.guard.wait().unwrap();
        }
    }

    /// Makes a standby the primary, and waits until it is.
    pub(crate) fn promote(&self) {
        let data = self.data();
        self.programs.run("pg_ctl", &["promote", "-w", "-D", data.to_str().unwrap()]);
    }

    /// Carries out SQL as the superuser, and gives what it prints.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let socket = self.socket();
        let output = self
            .programs
            .command("psql")
            .env("PGCONNECT_TIMEOUT", DEADLINE.as_secs().to_string())
            .env("PGOPTIONS", format!("-c statement_timeout={}", DEADLINE.as_millis()))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "postgres",
                "-p",
                &PORT.to_string(),
            ])
            .arg("-h")
            .arg(&socket)
            .args(["-c", sql, "postgres"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// How it is reached.
    pub(crate) fn address(&self) -> String {
        address_at(&self.socket())
    }

    /// Asks until the answer to some SQL is this one.
    pub(crate) fn wait_for(&self, sql: &str, answer: &str) {
        let began = Instant::now();
        while self.sql(sql) != answer {
            assert!(began.elapsed() < DEADLINE, "{sql}: never {answer}");
        }
    }

    /// A name that no schema of this process has.
    pub(crate) fn fresh_schema() -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        format!("case_{}", MADE.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether a server cannot start because processes of the one before it are there.
fn is_still_ending(log: &str) -> bool {
    log.contains("still in use") || log.contains("lock file")
}

/// Options for a schema, for tests that are not about the limits: on a machine that is busy with something else each step may
/// take seconds, and it is not its speed that is tested.
pub(crate) fn patient(schema: impl Into<String>) -> PostgresOptions {
    let mut options = PostgresOptions::in_schema(schema);
    options.connect_timeout = DEADLINE;
    options.reader_wait = DEADLINE;
    options.statement_timeout = DEADLINE;
    options.lock_timeout = DEADLINE;
    options.idle_in_transaction_timeout = DEADLINE;
    options.transaction_timeout = DEADLINE;
    options
}

/// How a server is reached whose socket is in a folder.
pub(crate) fn address_at(socket: &Path) -> String {
    format!("host={} port={PORT} user=postgres dbname=postgres", socket.display())
}

/// The name of the socket in its folder.
pub(crate) fn socket_file() -> String {
    format!(".s.PGSQL.{PORT}")
}
