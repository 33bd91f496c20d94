//! Searches find the same, whatever was written and however much of it is indexed.

use parlor_model::ContactId;
use parlor_store::{ChangeSet, ConversationQuery, MemoryStore, MessageSearch, PageStart, Store};
use parlor_testkit::store_suite::{Sample, Visitor};
use proptest::prelude::*;

use super::stores::{Stores, run};

fn saying(sample: &Sample, visitor: &Visitor, text: &str) -> ChangeSet {
    sample.writing([sample.says(visitor, text)])
}

/// Keeps a change in all stores.
async fn keep(reference: &MemoryStore, stores: &Stores, change: ChangeSet) {
    for (_, store) in stores.all() {
        store.commit(change.clone()).await.unwrap();
    }
    reference.commit(change).await.unwrap();
}

/// Texts that meet: few letters, of all kinds.
fn text() -> impl Strategy<Value = String> {
    "[abAé\"'*^: ß一二\u{e000}\u{e022}-]{0,12}[abé\"ß一.]"
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abé\"'*^:ß一二\u{e022}-]{1,4}", 1 => text(), 1 => Just(String::new())]
}

/// The position of the last message, when there are more.
async fn same_page(reference: &MemoryStore, stores: &Stores, query: &MessageSearch) -> Option<u64> {
    let page = reference.search(query).await.unwrap();
    for (name, store) in stores.all() {
        assert_eq!(store.search(query).await.unwrap(), page, "{name}: {:?}", query.words);
    }
    page.messages.last().map(|message| message.position).filter(|_| page.more)
}

async fn same_conversations(
    reference: &MemoryStore,
    stores: &Stores,
    contact: ContactId,
    words: &str,
    at: u64,
) {
    for start in [PageStart::Newest, PageStart::Before(at), PageStart::After(at)] {
        let search = Some(words.to_owned());
        let query = ConversationQuery { contact, start, limit: 3, visibility: Vec::new(), search };
        let page = reference.conversation(&query).await.unwrap();
        for (name, store) in stores.all() {
            assert_eq!(store.conversation(&query).await.unwrap(), page, "{name}: {words:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_search_finds_what_the_reference_store_finds(
        texts in proptest::collection::vec((0_usize..3, text()), 1..60),
        searches in proptest::collection::vec((words(), 1_usize..6), 1..12),
        indexed in 0_usize..60,
        padding in prop_oneof![Just(0_usize), Just(600)],
    ) {
        run(async {
            let (reference, stores) = (MemoryStore::new(), Stores::open().await);
            let sample = Sample::new();
            let visitors = [sample.visitor(), sample.visitor(), sample.visitor()];
            let mut arrival = sample.change();
            for visitor in &visitors {
                visitor.add_to(&mut arrival);
            }
            // A long conversation may be searched through the index, a short one is read.
            arrival.messages.extend((0..padding).map(|_| sample.says(&visitors[0], "padding")));
            keep(&reference, &stores, arrival).await;
            for (number, (visitor, text)) in texts.iter().enumerate() {
                keep(&reference, &stores, saying(&sample, &visitors[*visitor], text)).await;
                if number == indexed {
                    stores.finish_index().await;
                }
            }
            for (words, limit) in &searches {
                let mut query = MessageSearch::new(words.clone(), *limit);
                let mut pages = 0;
                while let Some(before) = same_page(&reference, &stores, &query).await
                    && pages < 20
                {
                    query.before = Some(before);
                    pages += 1;
                }
                query.before = None;
                query.contact = Some(visitors[0].contact.id);
                same_page(&reference, &stores, &query).await;
                let somewhere = (padding + texts.len()) as u64;
                same_conversations(&reference, &stores, visitors[0].contact.id, words, somewhere).await;
            }
        });
    }
}
