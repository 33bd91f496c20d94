//! `apalis-peer URL COUNT FILE`: keeps COUNT jobs in FILE, then posts each of them to URL, at most 64 at once, and prints how
//! many seconds that took until all were marked as done in the file.
//!
//! As durable as the other side: WAL and `synchronous=FULL`. Its own set-up would switch syncing off.

use std::error::Error;
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqliteStorage};
use futures::stream;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

const AT_ONCE: usize = 64;

/// The same body as the other sides send.
const BODY: &str = "To=%2B15550002222&From=%2B15550001111&Body=reply+number+12345&\
    StatusCallback=http%3A%2F%2F127.0.0.1%3A1%2Fwebhooks%2Fexchange%3Fob%3D01900000-0000-7000-8000-000000000001";

type Job = String;

async fn post(
    body: Job,
    client: Data<reqwest::Client>,
    url: Data<String>,
) -> Result<(), BoxDynError> {
    let answer = client
        .post(url.as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await?
        .error_for_status()?;
    answer.bytes().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, count, file] = &arguments[..] else {
        return Err("apalis-peer URL COUNT FILE".into());
    };
    let count: i64 = count.parse()?;
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let setting_up = SqlitePool::connect_with(options.clone()).await?;
    SqliteStorage::setup(&setting_up).await?;
    setting_up.close().await;
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let pool = SqlitePool::connect_with(options).await?;
    let config = Config::default().queue("outbox").batch_size(AT_ONCE);
    let mut backend = SqliteStorage::<Job>::new(&pool).with_config(config);
    let mut jobs = stream::iter((0..count).map(|_| TaskBuilder::new(BODY.to_owned()).build()));
    backend.push_all(&mut jobs).await?;

    let begun = Instant::now();
    let worker = WorkerBuilder::new("sender")
        .backend(backend)
        .data(reqwest::Client::builder().no_proxy().build()?)
        .data(url.clone())
        .concurrency(AT_ONCE)
        .build(post);
    let done = async {
        loop {
            let done: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM Jobs WHERE status = 'Done'").fetch_one(&pool).await?;
            if done >= count {
                return Ok::<_, sqlx::Error>(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let took = tokio::select! {
        ended = worker.run() => return Err(format!("the worker ended: {ended:?}").into()),
        done = done => done?,
    };
    println!("{}", took.as_secs_f64());
    Ok(())
}
