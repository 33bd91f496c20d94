//! The search index: written behind the messages, never trusted alone.

use std::time::Duration;

use parlor_model::Message;
use parlor_store::{ChangeSet, MessageSearch, Store};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use parlor_testkit::store_suite::{Sample, Visitor};

use crate::server::{Server, patient};
use crate::support::{open, run};

/// A schema in which nothing is indexed unless the test asks for it.
fn unhurried() -> PostgresOptions {
    let mut options = patient(Server::fresh_schema());
    options.index_pause = None;
    options
}

fn saying(sample: &Sample, visitor: &Visitor, texts: &[&str]) -> ChangeSet {
    sample.writing(texts.iter().map(|text| sample.says(visitor, text)))
}

async fn search(store: &PostgresStore, words: &str) -> Vec<Message> {
    store.search(&MessageSearch::new(words, usize::MAX)).await.unwrap().messages
}

/// How many messages are in the index.
fn indexed(server: &Server, options: &PostgresOptions) -> String {
    server.sql(&format!("SELECT count(*) FROM {}.message_search", options.schema))
}

#[test]
fn what_is_written_is_indexed_a_moment_later() {
    let Some(server) = Server::shared() else { return };
    let mut options = unhurried();
    options.index_pause = Some(Duration::ZERO);
    run(async {
        let store = open(&server.address(), &options).await;
        let sample = Sample::new();
        let ann = sample.visitor_in(&*store).await;
        // Each commit gives the other task time.
        for _ in 0..10_000 {
            store.commit(saying(&sample, &ann, &["Réunion à midi"])).await.unwrap();
            if store.stats().indexed > 0 {
                break;
            }
        }
        assert!(store.stats().indexed > 0, "it is never indexed");
    });
    assert_ne!(indexed(server, &options), "0");
}

#[test]
fn an_index_that_is_behind_hides_nothing_and_is_finished_by_the_next_node() {
    let Some(server) = Server::shared() else { return };
    let options = unhurried();
    run(async {
        let sample = Sample::new();
        let store = open(&server.address(), &options).await;
        let ann = sample.visitor_in(&*store).await;
        store.commit(saying(&sample, &ann, &["first needle"])).await.unwrap();
        store.finish_index().await.unwrap();
        store.commit(saying(&sample, &ann, &["second needle", "straw"])).await.unwrap();
        assert_eq!(store.stats().indexed, 1);
        assert_eq!(search(&store, "needle").await.len(), 2);
        store.close().await.unwrap();

        let store = open(&server.address(), &options).await;
        assert_eq!(search(&store, "needle").await.len(), 2);
        store.finish_index().await.unwrap();
        assert_eq!(store.stats().indexed, 2, "only what was not in it yet");
        store.finish_index().await.unwrap();
        assert_eq!(store.stats().indexed, 2);
        assert_eq!(search(&store, "needle").await.len(), 2);
    });
    assert_eq!(indexed(server, &options), "3");
}

#[test]
fn nodes_that_index_at_once_index_nothing_twice() {
    let Some(server) = Server::shared() else { return };
    let options = unhurried();
    run(async {
        let sample = Sample::new();
        let stores = [open(&server.address(), &options).await, open(&server.address(), &options).await];
        let ann = sample.visitor_in(&*stores[0]).await;
        for _ in 0..5 {
            store_some(&stores[0], &sample, &ann).await;
            let (one, two) = tokio::join!(stores[0].finish_index(), stores[1].finish_index());
            one.unwrap();
            two.unwrap();
        }
        assert_eq!(stores.iter().map(|store| store.stats().indexed).sum::<u64>(), 500);
        assert_eq!(search(&stores[1], "needle").await.len(), 500);
    });
    assert_eq!(indexed(server, &options), "500");
}

async fn store_some(store: &PostgresStore, sample: &Sample, visitor: &Visitor) {
    store.commit(saying(sample, visitor, &["needle"; 100])).await.unwrap();
}

#[test]
fn pages_through_many_matches_leave_out_nothing() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let sample = Sample::new();
        let store = open(&server.address(), &unhurried()).await;
        let ann = sample.visitor_in(&*store).await;
        for _ in 0..20 {
            store_some(&store, &sample, &ann).await;
        }
        store.finish_index().await.unwrap();
        let (mut query, mut found) = (MessageSearch::new("eedl", 300), Vec::new());
        loop {
            let page = store.search(&query).await.unwrap();
            query.before = page.messages.last().map(|message| message.position);
            found.extend(page.messages.into_iter().map(|message| message.sequence));
            if !page.more {
                break;
            }
        }
        assert_eq!(found, (1..=2_000).rev().collect::<Vec<_>>());
    });
}
