//! The search index: written behind the messages, never trusted alone.

use parlor_model::Message;
use parlor_store::{ChangeSet, MessageSearch, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use rusqlite::Connection;

use crate::support::{Place, run};

/// Nothing is indexed unless the test asks for it.
fn unhurried() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.index_pause = None;
    options
}

fn saying(sample: &Sample, visitor: &Visitor, texts: &[&str]) -> ChangeSet {
    sample.writing(texts.iter().map(|text| sample.says(visitor, text)))
}

async fn search(store: &SqliteStore, words: &str) -> Vec<Message> {
    store.search(&MessageSearch::new(words, usize::MAX)).await.unwrap().messages
}

/// What the index itself finds.
fn indexed(place: &Place, expression: &str) -> Vec<i64> {
    let file = Connection::open(place.file()).unwrap();
    let sql = "SELECT rowid FROM message_search WHERE message_search MATCH ?1 ORDER BY rowid";
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([expression], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_is_written_is_indexed_a_moment_later() {
    let place = Place::new();
    let mut options = SqliteOptions::default();
    options.index_pause = Some(std::time::Duration::ZERO);
    let store = place.open_with(options);
    run(async {
        let sample = Sample::new();
        let ann = sample.visitor_in(&*store).await;
        // Each commit gives the other threads time.
        for _ in 0..100_000 {
            store.commit(saying(&sample, &ann, &["Réunion à midi"])).await.unwrap();
            if store.stats().indexed > 0 {
                break;
            }
        }
    });
    assert!(store.stats().indexed > 0, "it is never indexed");
    assert!(!indexed(&place, "\"reu\"").is_empty());
}

#[test]
fn an_index_that_is_behind_hides_nothing_and_is_finished_by_the_next_run() {
    let place = Place::new();
    run(async {
        let sample = Sample::new();
        let store = place.open_with(unhurried());
        let ann = sample.visitor_in(&*store).await;
        store.commit(saying(&sample, &ann, &["first needle"])).await.unwrap();
        store.finish_index().await.unwrap();
        store.commit(saying(&sample, &ann, &["second needle", "straw"])).await.unwrap();
        assert_eq!(store.stats().indexed, 1);
        assert_eq!(search(&store, "needle").await.len(), 2);
        store.close().await.unwrap();

        let store = place.open_with(unhurried());
        assert_eq!(search(&store, "needle").await.len(), 2);
        store.finish_index().await.unwrap();
        assert_eq!(store.stats().indexed, 2, "only what was not in it yet");
        store.finish_index().await.unwrap();
        assert_eq!(store.stats().indexed, 2);
        assert_eq!(search(&store, "needle").await.len(), 2);
        store.close().await.unwrap();
    });
    assert_eq!(indexed(&place, "\"nee\"").len(), 2);
}

#[test]
fn an_index_of_another_form_is_made_anew() {
    let place = Place::new();
    run(async {
        let sample = Sample::new();
        let store = place.open_with(unhurried());
        let ann = sample.visitor_in(&*store).await;
        store.commit(saying(&sample, &ann, &["needle", "straw"])).await.unwrap();
        store.finish_index().await.unwrap();
        store.close().await.unwrap();
        Connection::open(place.file()).unwrap().execute("UPDATE search_index SET form = 999", []).unwrap();
        let store = place.open_with(unhurried());
        assert_eq!(search(&store, "needle").await.len(), 1);
        store.finish_index().await.unwrap();
        assert_eq!(store.stats().indexed, 2);
        assert_eq!(search(&store, "needle").await.len(), 1);
        store.close().await.unwrap();
    });
    assert_eq!(indexed(&place, "\"nee\"").len(), 1);
}
