//! Pages of a contact's messages.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{ContactAlias, ContactId, Content, Message, Visibility};
use parlor_store::{ConversationPage, ConversationQuery, PageStart, Store};

use super::everything::ALL;
use super::expect::{Read, keep};
use super::sample::{Sample, agent, words};

fn asking(contact: ContactId, start: PageStart, limit: usize) -> ConversationQuery {
    ConversationQuery { contact, start, limit, visibility: vec![], search: None }
}

fn positions(page: &ConversationPage) -> Vec<u64> {
    page.messages.iter().map(|message| message.position).collect()
}

fn texts(page: &ConversationPage) -> Vec<&str> {
    page.messages.iter().filter_map(|message| message.content.text()).collect()
}

/// Paging through a conversation gives each message once, in order, while 1,000 more arrive (r79).
pub async fn r79_pages_are_exact_while_messages_arrive(store: Arc<dyn Store>) {
    const BEFORE: usize = 40;
    const ARRIVING: usize = 1_000;
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let contact = visitor.contact.id;
    let known =
        keep(&*store, sample.writing((0..BEFORE).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    let known: Vec<_> = known.messages().cloned().collect();

    let arriving: Vec<_> =
        (0..ARRIVING).map(|n| sample.writing([sample.says(&visitor, &format!("new {n}"))])).collect();
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            // Some at a time: a store may group commits that wait together.
            for group in arriving.chunks(20) {
                let waiting: Vec<_> = group
                    .iter()
                    .cloned()
                    .map(|changes| {
                        let store = Arc::clone(&store);
                        tokio::spawn(async move { keep(&*store, changes).await })
                    })
                    .collect();
                for commit in waiting {
                    commit.await.expect("a commit does not panic");
                }
            }
        })
    };

    // Back from what was the newest when the reader began, while messages arrive at the other end.
    let mut back: Vec<Message> = vec![];
    let mut start = PageStart::Before(known[BEFORE - 1].position + 1);
    loop {
        let page = store.conversation(&asking(contact, start, 7)).await.read();
        let more = page.more_before;
        back.splice(0..0, page.messages);
        match back.first() {
            Some(oldest) if more => start = PageStart::Before(oldest.position),
            Some(_) | None => break,
        }
    }
    assert_eq!(back, known, "going back, each of the earlier messages comes once and in order");

    // On from there, until everything has arrived.
    let mut on = known;
    while on.len() < BEFORE + ARRIVING {
        let last = on.last().map_or(0, |last| last.position);
        let page = store.conversation(&asking(contact, PageStart::After(last), 33)).await.read();
        assert!(page.messages.len() <= 33, "a page is no longer than asked for");
        on.extend(page.messages);
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer does not panic");
    assert_eq!(on, store.messages(visitor.thread.id, 0, ALL).await.read(), "the union of the pages is exact");
}

/// Every page says whether there is something on either side of it.
pub async fn pages_say_whether_there_is_more(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let contact = visitor.contact.id;
    let committed =
        keep(&*store, sample.writing((0..5).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    let p: Vec<_> = committed.messages().map(|message| message.position).collect();
    let table = [
        (PageStart::Newest, 2, &p[3..], true, false),
        (PageStart::Newest, 5, &p[..], false, false),
        (PageStart::Newest, 9, &p[..], false, false),
        (PageStart::Before(p[3]), 2, &p[1..3], true, true),
        (PageStart::Before(p[3]), 3, &p[..3], false, true),
        (PageStart::Before(p[0]), 3, &p[..0], false, true),
        (PageStart::Before(u64::MAX), 1, &p[4..], true, false),
        (PageStart::After(p[0]), 2, &p[1..3], true, true),
        (PageStart::After(p[2]), 2, &p[3..], true, false),
        (PageStart::After(p[4]), 2, &p[5..], true, false),
        (PageStart::After(0), 9, &p[..], false, false),
    ];
    for (start, limit, expected, more_before, more_after) in table {
        let page = store.conversation(&asking(contact, start, limit)).await.read();
        assert_eq!(positions(&page), expected, "{limit} from {start:?}");
        assert_eq!((page.more_before, page.more_after), (more_before, more_after), "{limit} from {start:?}");
    }
}

/// A conversation spans all threads of the contact and of those shown as it, in order of position (r77, r96).
pub async fn r77_a_conversation_spans_all_threads(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let merged = sample.visitor_in(&*store).await;
    let stranger = sample.visitor_in(&*store).await;
    let post = sample.post();
    let alice = agent("alice");
    let mut changes = sample.change();
    changes.threads.push(post.clone());
    changes.messages.extend([
        sample.says(&ann, "chat"),
        sample.text(post.id, ann.author(), "post"),
        sample.says(&stranger, "somebody else's"),
        sample.says(&merged, "other chat"),
        sample.text(post.id, stranger.author(), "below the same post"),
        sample.answer(&ann, &alice, "answer"),
    ]);
    changes.aliases.push(ContactAlias {
        from: merged.contact.id,
        into: Some(ann.contact.id),
        at: sample.now(),
    });
    keep(&*store, changes).await;
    let page = store.conversation(&asking(ann.contact.id, PageStart::Newest, ALL)).await.read();
    assert_eq!(texts(&page), ["chat", "post", "other chat", "below the same post", "answer"]);
    let page = store.conversation(&asking(ann.contact.id, PageStart::Newest, 2)).await.read();
    assert_eq!(texts(&page), ["below the same post", "answer"]);
}

/// Only private, or only public messages (r87, r88).
pub async fn r87_r88_a_conversation_is_filtered_by_visibility(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let post = sample.post();
    let mut changes = sample.change();
    changes.threads.push(post.clone());
    changes.messages.push(sample.says(&ann, "private"));
    changes.messages.push(sample.note(ann.thread.id, &agent("alice"), "internal"));
    let content = Content::Text { text: words("public") };
    changes.messages.push(sample.entry(post.id, ann.author(), Visibility::Public, content));
    changes.messages.push(sample.says(&ann, "private too"));
    keep(&*store, changes).await;
    for (visibility, expected) in [
        (vec![], vec!["private", "internal", "public", "private too"]),
        (vec![Visibility::Private], vec!["private", "private too"]),
        (vec![Visibility::Public], vec!["public"]),
        (vec![Visibility::Internal, Visibility::Public], vec!["internal", "public"]),
    ] {
        let query = ConversationQuery { visibility, ..asking(ann.contact.id, PageStart::Newest, ALL) };
        assert_eq!(texts(&store.conversation(&query).await.read()), expected);
    }
    let last = ConversationQuery {
        visibility: vec![Visibility::Private],
        ..asking(ann.contact.id, PageStart::Newest, 1)
    };
    let page = store.conversation(&last).await.read();
    assert_eq!((texts(&page), page.more_before), (vec!["private too"], true));
    let before = ConversationQuery { start: PageStart::Before(page.messages[0].position), ..last };
    let page = store.conversation(&before).await.read();
    let found = (texts(&page), page.more_before, page.more_after);
    assert_eq!(found, (vec!["private"], false, true), "what is filtered out is no more to come");
}

/// A search finds every word, whatever the case and the accents (r80).
pub async fn r80_a_search_ignores_case_and_accents(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let said =
        ["La RÉUNION est à midi", "la re\u{301}union de demain", "Straße 100%", "100 _ percent", "nothing"];
    let mut changes = sample.writing(said.iter().map(|text| sample.says(&ann, text)));
    changes.messages.push(sample.says(&bob, "réunion of somebody else"));
    changes.messages.push(sample.notice(ann.thread.id));
    keep(&*store, changes).await;
    for (search, expected) in [
        ("reunion", vec![0, 1]),
        ("Réunion MIDI", vec![0]),
        ("union", vec![0, 1]),
        ("demain midi", vec![]),
        ("strasse", vec![2]),
        ("100%", vec![2]),
        ("_", vec![3]),
        ("%", vec![2]),
        ("\"'*", vec![]),
        ("lifecycle", vec![]),
    ] {
        let query = ConversationQuery {
            search: Some(search.to_owned()),
            ..asking(ann.contact.id, PageStart::Newest, ALL)
        };
        let expected: Vec<_> = expected.into_iter().map(|n: usize| said[n]).collect();
        assert_eq!(texts(&store.conversation(&query).await.read()), expected, "{search:?}");
    }
    let everything =
        ConversationQuery { search: Some(" ".to_owned()), ..asking(ann.contact.id, PageStart::Newest, ALL) };
    assert_eq!(store.conversation(&everything).await.read().messages.len(), 6, "no word, no condition");
    let newest = ConversationQuery {
        search: Some("reunion".to_owned()),
        ..asking(ann.contact.id, PageStart::Newest, 1)
    };
    let page = store.conversation(&newest).await.read();
    assert_eq!((texts(&page), page.more_before, page.more_after), (vec![said[1]], true, false));
}
