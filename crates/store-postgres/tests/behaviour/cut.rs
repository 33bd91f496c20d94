//! The connection is lost while a change is committed: the store finds out what became of it (guarantee G14).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use parlor_store::{CommitError, Store};
use parlor_store_postgres::{PostgresError, PostgresOptions, PostgresStore};
use parlor_testkit::store_suite::Sample;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::server::{Server, address_at, patient, socket_file};
use crate::support::{cause, run};

/// What the proxy does.
const PASS: u8 = 0;
/// The next commit reaches the server; its answer does not come back, and both connections end.
const LOSE_ANSWER: u8 = 1;
/// The next commit does not reach the server, and both connections end.
const LOSE_COMMIT: u8 = 2;
/// As before, and nobody can connect any more.
const LOSE_ALL: u8 = 3;
/// Nobody can connect.
const CLOSED: u8 = 4;

/// How long the store looks for the outcome of a commit where the test waits for it to give up: longer than everything up to
/// the commit takes on a machine that is busy.
const HURRY: Duration = Duration::from_secs(2);

/// What the server says when a transaction has ended: ready, and idle.
const IDLE: &[u8] = &[b'Z', 0, 0, 0, 5, b'I'];

/// Stands between the store and the server.
struct Proxy {
    folder: TempDir,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    fn start(server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(socket_file())).unwrap();
        let mode = Arc::new(AtomicU8::new(PASS));
        let (shared, target) = (Arc::clone(&mode), server.socket().join(socket_file()));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.load(Ordering::SeqCst) != CLOSED {
                    tokio::spawn(carry(client, target.clone(), Arc::clone(&shared)));
                }
            }
        });
        Self { folder, mode }
    }

    fn address(&self) -> String {
        address_at(self.folder.path())
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

/// Whether a message of the client asks for a commit.
fn commits(bytes: &[u8]) -> bool {
    bytes.windows(7).any(|window| window == b"COMMIT\0")
}

async fn carry(mut client: UnixStream, target: PathBuf, mode: Arc<AtomicU8>) {
    let mut server = UnixStream::connect(target).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &asked[..length];
                match mode.load(Ordering::SeqCst) {
                    LOSE_ANSWER if commits(bytes) => {
                        mode.store(PASS, Ordering::SeqCst);
                        server.write_all(bytes).await.unwrap();
                        let mut all = Vec::new();
                        while !all.windows(IDLE.len()).any(|window| window == IDLE) {
                            let length = server.read(&mut answered).await.unwrap();
                            all.extend_from_slice(&answered[..length]);
                        }
                        return;
                    }
                    LOSE_COMMIT if commits(bytes) => return mode.store(PASS, Ordering::SeqCst),
                    LOSE_ALL if commits(bytes) => return mode.store(CLOSED, Ordering::SeqCst),
                    _ => {
                        if server.write_all(bytes).await.is_err() {
                            return;
                        }
                    }
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn through(proxy: &Proxy, mut options: PostgresOptions) -> PostgresStore {
    // The commits of the index are none of those that are looked at here.
    options.index_pause = None;
    PostgresStore::open(&proxy.address(), options).await.unwrap()
}

#[test]
fn a_commit_whose_answer_is_lost_is_read_back_as_kept() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let proxy = Proxy::start(server);
        let store = through(&proxy, patient(Server::fresh_schema())).await;
        let sample = Sample::new();
        let visitor = sample.visitor_in(&store).await;
        for number in 1..=20 {
            proxy.set(LOSE_ANSWER);
            let committed = store.commit(sample.writing([sample.says(&visitor, "hello")])).await.unwrap();
            assert_eq!(committed.messages().next().unwrap().sequence, number);
            let stats = store.stats();
            assert_eq!((stats.read_back, stats.repeated), (number, 0));
        }
        assert_eq!(store.totals().await.unwrap().messages, 20);
    });
}

#[test]
fn a_commit_that_never_arrived_is_read_back_as_lost_and_made_again() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let proxy = Proxy::start(server);
        let store = through(&proxy, patient(Server::fresh_schema())).await;
        let sample = Sample::new();
        let visitor = sample.visitor_in(&store).await;
        for number in 1..=20 {
            proxy.set(LOSE_COMMIT);
            let committed = store.commit(sample.writing([sample.says(&visitor, "hello")])).await.unwrap();
            assert_eq!(committed.messages().next().unwrap().sequence, number);
            let stats = store.stats();
            assert_eq!((stats.read_back, stats.repeated), (number, number));
        }
        assert_eq!(store.totals().await.unwrap().messages, 20);
    });
}

#[test]
fn a_commit_of_which_nothing_can_be_found_out_says_so() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let proxy = Proxy::start(server);
        let options = patient(Server::fresh_schema());
        let sample = Sample::new();
        // By a store that is in no hurry.
        let visitor = sample.visitor_in(&through(&proxy, options.clone()).await).await;
        let mut hurried = options.clone();
        hurried.transaction_timeout = HURRY;
        let store = through(&proxy, hurried).await;
        proxy.set(LOSE_ALL);
        let change = sample.writing([sample.says(&visitor, "hello")]);
        match store.commit(change.clone()).await {
            Err(CommitError::Store(error)) => {
                assert!(matches!(cause(&error), PostgresError::OutcomeUnknown(_)), "{error:?}");
            }
            other => panic!("{other:?}"),
        }
        // Nobody can be reached: that is known to be not kept.
        match store.commit(change.clone()).await {
            Err(CommitError::Store(error)) => {
                assert!(matches!(cause(&error), PostgresError::NotKept(_)), "{error:?}");
            }
            other => panic!("{other:?}"),
        }
        proxy.set(PASS);
        let store = through(&proxy, options).await;
        store.commit(change).await.unwrap();
        assert_eq!(store.totals().await.unwrap().messages, 1);
    });
}

#[test]
fn reads_go_on_over_a_new_connection() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let (store, _) = crate::support::fresh(server).await;
        assert_eq!(store.totals().await.unwrap().messages, 0);
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE application_name = 'parlor' AND query LIKE '%FROM workspace%'";
        server.sql(others);
        assert_eq!(store.totals().await.unwrap().messages, 0);
        let sample = Sample::new();
        sample.visitor_in(&*store).await;
    });
}
