//! The search index: written behind the messages, never trusted alone.

use parlor_model::{ContactId, Message};
use parlor_store::{ChangeSet, ConversationQuery, MemoryStore, MessageSearch, PageStart, SearchPage, Store};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use parlor_testkit::store_suite::{Sample, Visitor};
use proptest::prelude::*;
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

/// Texts that meet: few letters, of all kinds.
fn text() -> impl Strategy<Value = String> {
    "[abAé\"'*^: ß一二\u{e000}\u{e022}-]{0,12}[abé\"ß一.]"
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abé\"'*^:ß一二\u{e022}-]{1,4}", 1 => text(), 1 => Just(String::new())]
}

async fn same_page(one: &dyn Store, two: &dyn Store, query: &MessageSearch) -> SearchPage {
    let page = one.search(query).await.unwrap();
    assert_eq!(two.search(query).await.unwrap(), page, "{:?}", query.words);
    page
}

async fn same_conversations(one: &dyn Store, two: &dyn Store, contact: ContactId, words: &str, at: u64) {
    for start in [PageStart::Newest, PageStart::Before(at), PageStart::After(at)] {
        let search = Some(words.to_owned());
        let query = ConversationQuery { contact, start, limit: 3, visibility: Vec::new(), search };
        assert_eq!(two.conversation(&query).await.unwrap(), one.conversation(&query).await.unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was written and however much of it is indexed, a search finds what the reference store finds.
    #[test]
    fn searches_agree_with_the_reference_store(
        texts in proptest::collection::vec((0_usize..3, text()), 1..60),
        searches in proptest::collection::vec((words(), 1_usize..6), 1..12),
        indexed in 0_usize..60,
        padding in prop_oneof![Just(0_usize), Just(600)],
    ) {
        let place = Place::new();
        run(async {
            let (reference, store) = (MemoryStore::new(), place.open_with(unhurried()));
            let sample = Sample::new();
            let visitors = [sample.visitor(), sample.visitor(), sample.visitor()];
            let mut arrival = sample.change();
            for visitor in &visitors {
                visitor.add_to(&mut arrival);
            }
            // A long conversation is searched through the index, a short one is read.
            arrival.messages.extend((0..padding).map(|_| sample.says(&visitors[0], "padding")));
            reference.commit(arrival.clone()).await.unwrap();
            store.commit(arrival).await.unwrap();
            for (number, (visitor, text)) in texts.iter().enumerate() {
                let change = saying(&sample, &visitors[*visitor], &[text]);
                reference.commit(change.clone()).await.unwrap();
                store.commit(change).await.unwrap();
                if number == indexed {
                    store.finish_index().await.unwrap();
                }
            }
            for (words, limit) in &searches {
                let mut query = MessageSearch::new(words.clone(), *limit);
                let mut pages = 0;
                while let page = same_page(&reference, &*store, &query).await && page.more && pages < 20 {
                    query.before = page.messages.last().map(|message| message.position);
                    pages += 1;
                }
                query.before = None;
                query.contact = Some(visitors[0].contact.id);
                same_page(&reference, &*store, &query).await;
                let somewhere = (padding + texts.len()) as u64;
                same_conversations(&reference, &*store, visitors[0].contact.id, words, somewhere).await;
            }
        });
    }
}
