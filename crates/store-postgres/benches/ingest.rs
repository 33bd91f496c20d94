//! How much a durable commit costs beside the same rows written by hand.
//!
//! `cargo bench -p parlor-store-postgres`. Web-chat messages, each with its inbox key: one after the other through the
//! store, one after the other with bare statements over the same client library, and by 64 writers through the store, whose
//! changes share transactions. All three take turns in one run on a server of their own, because only the ratio carries over
//! to other machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures and fails by panicking"
)]

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/server/mod.rs"]
mod server;

use std::sync::Arc;
use std::time::Instant;

use parlor_model::{Id, ProviderMessageId};
use parlor_store::{ChangeSet, Store};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use self::server::Server;

const WRITERS: usize = 64;
const VISITORS: usize = 500;
const ONE_BY_ONE: usize = 2_000;
const GROUPED: usize = 12_000;
const ROUNDS: usize = 5;
/// 108 bytes: the length of the reference measurements.
const BODY: &str = "Hello, I would like to know whether my order has left; the tracking page has shown nothing since yesterday..";

fn main() {
    let Some(server) = Server::start_in(&std::env::temp_dir(), &[]) else { return };
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for number in 1..=ROUNDS {
        let (ours, _) = through_store(&server, 1, ONE_BY_ONE);
        let bare = by_hand(&server);
        let (grouped, group) = through_store(&server, WRITERS, GROUPED);
        alone.push(ours / bare);
        together.push(grouped / bare);
        println!(
            "round {number}: one by one {ours:.0}/s, bare statements {bare:.0}/s, ratio {:.2}; \
             {WRITERS} writers {grouped:.0}/s, {group} a transaction, ratio {:.2}",
            ours / bare,
            grouped / bare
        );
    }
    for (what, mut ratios) in [("one by one", alone), ("grouped", together)] {
        ratios.sort_by(f64::total_cmp);
        println!(
            "{what}: {:.2} of bare statements one by one (median of {ROUNDS}; {:.2} to {:.2})",
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1]
        );
    }
}

/// An empty workspace with its visitors.
async fn prepare(server: &Server) -> (Arc<PostgresStore>, String, Sample, Vec<Visitor>) {
    let schema = Server::fresh_schema();
    let store = PostgresStore::open(&server.address(), PostgresOptions::in_schema(&schema)).await.unwrap();
    let sample = Sample::new();
    let visitors: Vec<_> = (0..VISITORS).map(|_| sample.visitor()).collect();
    let mut change = sample.change();
    for visitor in &visitors {
        visitor.add_to(&mut change);
    }
    store.commit(change).await.unwrap();
    (Arc::new(store), schema, sample, visitors)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Threads take turns in an order that is the same every time and never the order of their rows.
fn visitor_of(message: usize) -> usize {
    message * 7_919 % VISITORS
}

/// Messages a second, and how many shared a transaction.
fn through_store(server: &Server, writers: usize, messages: usize) -> (f64, u64) {
    runtime().block_on(async {
        let (store, _, sample, visitors) = prepare(server).await;
        let mut work: Vec<Vec<ChangeSet>> = vec![Vec::new(); writers];
        for number in 0..messages {
            let mut message = sample.says(&visitors[visitor_of(number)], BODY);
            let key = sample.inbox_key();
            message.provider_id = Some(ProviderMessageId::new(key.external_id.clone()));
            work[number % writers].push(sample.receiving(&key, message));
        }
        let before = store.stats().transactions;
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for changes in work {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                for change in changes {
                    store.commit(change).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        let rate = rate(messages, begin);
        (rate, messages as u64 / (store.stats().transactions - before))
    })
}

#[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
fn rate(messages: usize, begin: Instant) -> f64 {
    messages as f64 / begin.elapsed().as_secs_f64()
}

/// The same rows, each message in a transaction of five statements, each of which is waited for.
fn by_hand(server: &Server) -> f64 {
    runtime().block_on(async {
        let (store, schema, sample, visitors) = prepare(server).await;
        store.close().await.unwrap();
        let (client, connection) = tokio_postgres::connect(&server.address(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("SET search_path TO {schema}")).await.unwrap();
        let inbox = client
            .prepare("INSERT INTO inbox VALUES (0, $1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1")
            .await
            .unwrap();
        let message = client
            .prepare(
                "WITH place AS (
                     UPDATE threads SET sequence = sequence + 1, contact_messages = contact_messages + 1,
                         activity = $2, last_text = $2
                     WHERE id = $1 RETURNING key, sequence, contact_messages)
                 INSERT INTO messages (position, id, thread, sequence, segment, visibility, author, contact_messages, at,
                     provider_id, kind, body)
                 SELECT $2, $3::uuid, key, sequence, 1, 0, 0, contact_messages, $4::bigint, $5::text, 0, $6::text
                 FROM place RETURNING sequence",
            )
            .await
            .unwrap();
        let counts =
            client.prepare("UPDATE workspace SET position = $1, messages = $1, inbox = $1").await.unwrap();
        let mut position = i64::try_from(VISITORS).unwrap();
        let rows: Vec<_> = (0..ONE_BY_ONE)
            .map(|number| {
                let (high, low) = sample.uuid().as_u64_pair();
                let key = sample.inbox_key().external_id;
                (visitors[visitor_of(number)].thread.id.as_uuid(), sample.uuid(), high, low, key)
            })
            .collect();
        let begin = Instant::now();
        for (thread, id, high, low, key) in rows {
            position += 1;
            let at = position + 1_700_000_000_000_000;
            client.batch_execute("BEGIN").await.unwrap();
            client.query(&inbox, &[&high.cast_signed(), &low.cast_signed(), &id]).await.unwrap();
            client.query(&message, &[&thread, &position, &id, &at, &key, &BODY]).await.unwrap();
            client.execute(&counts, &[&position]).await.unwrap();
            client.batch_execute("COMMIT").await.unwrap();
        }
        rate(ONE_BY_ONE, begin)
    })
}
