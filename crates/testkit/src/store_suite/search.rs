//! Searches in everything that was written.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{ContactAlias, Message, Visibility};
use parlor_store::{MessageSearch, Store};

use super::everything::ALL;
use super::expect::{Read, keep};
use super::sample::{Sample, agent};

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.content.text()).collect()
}

async fn found(store: &dyn Store, words: &str) -> Vec<String> {
    let page = store.search(&MessageSearch::new(words, ALL)).await.read();
    assert!(!page.more, "nothing is left out below the limit");
    texts(&page.messages).into_iter().map(str::to_owned).collect()
}

/// A search looks through the conversations of everybody, ignores case and accents, finds words inside others, needs
/// every word, and gives the newest message first (r80).
pub async fn r80_a_search_finds_in_every_conversation(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let (alice, post) = (agent("alice"), sample.post());
    let mut below = sample.writing([sample.text(post.id, bob.author(), "REUNIONS below a post")]);
    below.threads.push(post);
    let first = [
        sample.says(&ann, "La réunion est à midi"),
        sample.says(&bob, "the re-union"),
        sample.note(bob.thread.id, &alice, "wants a Reunion tomorrow"),
        sample.notice(ann.thread.id),
    ];
    keep(&*store, sample.writing(first)).await;
    keep(&*store, below).await;
    keep(&*store, sample.writing([sample.answer(&ann, &alice, "Réunion: demain, à midi")])).await;

    let everywhere = [
        "Réunion: demain, à midi",
        "REUNIONS below a post",
        "wants a Reunion tomorrow",
        "La réunion est à midi",
    ];
    assert_eq!(found(&*store, "reunion").await, everywhere);
    assert_eq!(found(&*store, "RÉUNION").await, everywhere);
    assert_eq!(found(&*store, "union").await.len(), 5, "inside a word too");
    assert_eq!(found(&*store, "midi reunion").await, [everywhere[0], everywhere[3]]);
    assert_eq!(found(&*store, "à").await, everywhere);
    assert_eq!(found(&*store, "po be").await, [everywhere[1]], "words of any length");
    assert_eq!(found(&*store, "reunion dinner").await, [""; 0]);
    let all = store.search(&MessageSearch::new(" ", ALL)).await.read().messages;
    assert_eq!(all.len(), 6, "without a word, every entry");
}

/// A search sees every commit that was answered, however many there were just before.
pub async fn a_search_sees_every_answered_commit(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    for number in 0..60 {
        keep(&*store, sample.writing([sample.says(&ann, &format!("needle {number}"))])).await;
        let newest = store.search(&MessageSearch::new(format!("needle {number}"), 1)).await.read();
        assert_eq!(texts(&newest.messages), [format!("needle {number}")]);
    }
    assert_eq!(found(&*store, "needle").await.len(), 60);
}

/// Pages of a search follow the position: nothing is skipped or repeated while messages arrive.
pub async fn a_search_goes_on_before_a_position(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    for number in 0..9 {
        let words = if number % 3 == 0 { "straw" } else { "needle" };
        keep(&*store, sample.writing([sample.says(&ann, &format!("{words} {number}"))])).await;
    }
    let mut query = MessageSearch::new("needle", 4);
    let first = store.search(&query).await.read();
    assert_eq!(texts(&first.messages), ["needle 8", "needle 7", "needle 5", "needle 4"]);
    assert!(first.more);
    keep(&*store, sample.writing([sample.says(&ann, "needle 9")])).await;
    query.before = first.messages.last().map(|message| message.position);
    let second = store.search(&query).await.read();
    assert_eq!(texts(&second.messages), ["needle 2", "needle 1"]);
    assert!(!second.more);
    query.limit = 2;
    assert!(!store.search(&query).await.read().more, "a page that is just full is the last one");
    query.limit = 0;
    let none = store.search(&query).await.read();
    assert!(none.messages.is_empty() && none.more);
    query.before = Some(0);
    assert_eq!(store.search(&query).await.read(), parlor_store::SearchPage::default());
}

/// A search of one contact finds what stands in its threads and in those of the contacts that are shown as it, and
/// nothing else; a contact who never wrote is no error.
pub async fn r80_a_search_keeps_to_a_contact(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let zoe = sample.visitor_in(&*store).await;
    let said = [&ann, &bob, &zoe, &ann].map(|visitor| sample.says(visitor, "needle"));
    let ids = said.clone().map(|message| message.id);
    keep(&*store, sample.writing(said)).await;
    let of = async |contact| {
        let query = MessageSearch { contact: Some(contact), ..MessageSearch::new("needle", ALL) };
        let messages = store.search(&query).await.read().messages;
        messages.into_iter().map(|message| message.id).collect::<Vec<_>>()
    };
    assert_eq!(of(ann.contact.id).await, [ids[3], ids[0]]);
    assert_eq!(of(sample.id()).await, []);
    let mut merge = sample.change();
    let (from, into) = (bob.contact.id, Some(ann.contact.id));
    merge.aliases.push(ContactAlias { from, into, at: sample.now() });
    keep(&*store, merge).await;
    assert_eq!(of(ann.contact.id).await, [ids[3], ids[1], ids[0]]);
    assert_eq!(of(bob.contact.id).await, [ids[1]]);
}

/// A search keeps to what may be seen.
pub async fn r87_a_search_is_filtered_by_visibility(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let kinds = [Visibility::Private, Visibility::Public, Visibility::Internal];
    let said = kinds.map(|visibility| {
        let mut message = sample.says(&ann, "needle");
        message.visibility = visibility;
        message
    });
    keep(&*store, sample.writing(said)).await;
    let of = async |visibility: &[Visibility]| {
        let query = MessageSearch { visibility: visibility.to_vec(), ..MessageSearch::new("needle", ALL) };
        let messages = store.search(&query).await.read().messages;
        messages.into_iter().map(|message| message.visibility).collect::<Vec<_>>()
    };
    for kind in kinds {
        assert_eq!(of(&[kind]).await, [kind]);
    }
    assert_eq!(of(&kinds[..2]).await, [kinds[1], kinds[0]]);
    assert_eq!(of(&[]).await.len(), 3);
}

/// What means something to a database means nothing in a search.
pub async fn a_search_takes_operators_as_text(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let odd = [
        "\"quoted",
        "it's",
        "a*b",
        "100%",
        "under_score",
        "NOT this",
        "near(x",
        "col:umn",
        "^first",
        "{b}",
        "a+b",
        "x-ray",
        "c\\d",
        "'; DROP TABLE messages; --",
        "(\"a\" OR \"b\")",
        "\u{e000}\u{e100}1",
        "\u{202e}rtl",
        "<b>",
        "1 AND 1",
        "$1",
        "?1",
        "😀👍🏽",
    ];
    for text in odd {
        keep(&*store, sample.writing([sample.says(&ann, text)])).await;
    }
    for text in odd {
        let found = found(&*store, text).await;
        assert!(found.iter().any(|found| found == text), "{text} is not found by itself, only {found:?}");
        assert!(found.len() < 5, "{text} finds {found:?}");
    }
    for nothing in ["\"\"\"", "** *", "zz*", "a_b", "%%", "rowid:1", "x\u{0}y"] {
        assert_eq!(found(&*store, nothing).await, [""; 0], "{nothing}");
    }
}
