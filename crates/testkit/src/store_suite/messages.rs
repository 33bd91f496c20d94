//! Messages and their places.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{
    Author, Content, DeliveryStage, Label, LifecycleNotice, Message, MessageText, Observation,
    ProviderMessageId, SystemNotice, Timestamp, Visibility,
};
use parlor_store::{NewMessage, Store};

use super::everything::ALL;
use super::expect::{Read, keep};
use super::sample::{Sample, agent, words};

fn sequences(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.sequence).collect()
}

/// Each thread counts its entries from 1 without a gap (G5).
pub async fn sequences_are_gapless_in_each_thread(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let first = [sample.says(&ann, "1"), sample.says(&bob, "1"), sample.answer(&ann, &alice, "2")];
    let committed = keep(&*store, sample.writing(first)).await;
    assert_eq!(sequences(&committed.messages().cloned().collect::<Vec<_>>()), [1, 1, 2]);
    keep(&*store, sample.writing([sample.note(ann.thread.id, &alice, "3"), sample.says(&bob, "2")])).await;
    keep(&*store, sample.writing([sample.notice(ann.thread.id)])).await;
    assert_eq!(sequences(&store.messages(ann.thread.id, 0, ALL).await.read()), [1, 2, 3, 4]);
    assert_eq!(sequences(&store.messages(bob.thread.id, 0, ALL).await.read()), [1, 2]);
}

/// The same while many commit at once (G5).
pub async fn sequences_are_gapless_under_concurrency(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let commits: Vec<_> = (0..50)
        .map(|n| {
            let mut messages = vec![sample.says(&ann, &format!("{n}"))];
            if n % 2 == 0 {
                messages.push(sample.says(&bob, &format!("{n}")));
            }
            let changes = sample.writing(messages);
            let store = Arc::clone(&store);
            tokio::spawn(async move { keep(&*store, changes).await })
        })
        .collect();
    let mut given = vec![];
    for commit in commits {
        given.extend(commit.await.expect("a commit does not panic").messages().cloned());
    }
    given.sort_by_key(|message| (message.thread, message.sequence));
    for (visitor, count) in [(&ann, 50), (&bob, 25)] {
        let stored = store.messages(visitor.thread.id, 0, ALL).await.read();
        assert_eq!(sequences(&stored), (1..=count).collect::<Vec<_>>());
        assert!(stored.is_sorted_by_key(|message| message.position), "both orders agree in a thread");
        let answered: Vec<_> =
            given.iter().filter(|message| message.thread == visitor.thread.id).cloned().collect();
        assert_eq!(answered, stored, "the places that were answered are those that are read");
    }
}

/// While others write, a reader never sees a place while a lower one is missing (G5).
pub async fn a_reader_never_sees_a_place_before_a_lower_one(store: Arc<dyn Store>) {
    const COMMITS: u64 = 60;
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let thread = visitor.thread.id;
    let begin = store.totals().await.read().position;
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (mut sequence, mut position) = (0, begin);
                while sequence < COMMITS || position < begin + COMMITS {
                    for message in store.messages(thread, sequence, ALL).await.read() {
                        assert_eq!(message.sequence, sequence + 1, "a sequence was skipped");
                        sequence = message.sequence;
                    }
                    for record in store.journal(position, ALL).await.read() {
                        assert_eq!(record.position, position + 1, "a position was skipped");
                        position = record.position;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..COMMITS)
        .map(|n| {
            let changes = sample.writing([sample.says(&visitor, &format!("{n}"))]);
            let store = Arc::clone(&store);
            tokio::spawn(async move { keep(&*store, changes).await })
        })
        .collect();
    for task in writers {
        task.await.expect("a commit does not panic");
    }
    for task in readers {
        task.await.expect("a reader sees every place in order");
    }
}

/// Entries are read after a sequence, or from the end; both in order.
pub async fn messages_are_read_after_a_sequence_and_from_the_end(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let thread = visitor.thread.id;
    keep(&*store, sample.writing((0..7).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    for (after, limit, expected) in [
        (0, ALL, vec![1, 2, 3, 4, 5, 6, 7]),
        (0, 3, vec![1, 2, 3]),
        (3, 3, vec![4, 5, 6]),
        (6, 3, vec![7]),
        (7, 3, vec![]),
        (u64::MAX, 3, vec![]),
        (2, 0, vec![]),
    ] {
        let found = store.messages(thread, after, limit).await.read();
        assert_eq!(sequences(&found), expected, "{limit} after {after}");
    }
    for (limit, expected) in [(ALL, vec![1, 2, 3, 4, 5, 6, 7]), (3, vec![5, 6, 7]), (0, vec![])] {
        let found = store.last_messages(thread, limit).await.read();
        assert_eq!(sequences(&found), expected, "the last {limit}");
    }
}

/// Text comes back byte for byte, whatever it says.
pub async fn texts_come_back_as_they_went_in(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let long = "é".repeat(MessageText::MAX_BYTES / 2);
    let texts = [
        "👩‍👩‍👧‍👦 🏴\u{E0067}\u{E0062}\u{E007F} ❤️",
        "שלום \u{202E}abc\u{202C} مرحبا",
        "nul was here: \0",
        "\u{FFFD}\u{FEFF}\u{10FFFF}\u{E000}",
        "e\u{301} and é are not the same",
        "'; DROP TABLE message; -- \" \\ % _ $1 ?1 {{7*7}}",
        "<script>alert(1)</script>",
        " \t leading and trailing \r\n",
        "\u{1}\u{7F}\u{85}",
        &long,
    ];
    keep(&*store, sample.writing(texts.iter().map(|text| sample.says(&visitor, text)))).await;
    let found = store.messages(visitor.thread.id, 0, ALL).await.read();
    assert_eq!(found.len(), texts.len());
    for (message, text) in found.iter().zip(texts) {
        assert_eq!(message.content.text(), Some(words(text).as_str()));
    }
}

/// Moments keep their microseconds, also those before 1970 and far from now.
pub async fn moments_keep_their_microseconds(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let moments =
        [0, 1, -1, 999_999, 1_767_225_600_123_457, -62_135_596_800_000_000, 253_402_300_799_999_999]
            .map(Timestamp::from_micros);
    for moment in moments {
        let mut message = sample.says(&visitor, "hello");
        message.provider_time = Some(moment);
        let mut changes = sample.writing([message.clone()]);
        changes.at = Some(moment);
        let observation =
            Observation { message: message.id, stage: DeliveryStage::Sent, at: moment, reason: None };
        changes.observations.push(observation.clone());
        let committed = keep(&*store, changes).await;
        let found = store.message(message.id).await.read().expect("it was committed");
        assert_eq!((found.at, found.provider_time), (moment, Some(moment)));
        assert_eq!(store.observations(message.id).await.read(), [observation]);
        let position = committed.records[0].position;
        assert_eq!(store.journal(position - 1, 1).await.read()[0].at, moment);
    }
}

/// Every kind of author, content and visibility comes back.
pub async fn every_kind_of_entry_comes_back(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let thread = visitor.thread.id;
    let alice = agent("alice");
    let interaction = sample.id();
    let notices = [
        LifecycleNotice::Joined { agent: alice.clone() },
        LifecycleNotice::Left { agent: alice.clone() },
        LifecycleNotice::EndedByAgent { agent: alice.clone() },
        LifecycleNotice::EndedByContact,
        LifecycleNotice::EndedBySystem,
        LifecycleNotice::Reactivated,
        LifecycleNotice::Done,
    ];
    let mut entries: Vec<NewMessage> = notices
        .into_iter()
        .map(|change| {
            let notice = SystemNotice::Lifecycle { interaction, change };
            sample.entry(thread, Author::System, Visibility::Private, Content::System { notice })
        })
        .collect();
    let unsupported = Content::Unsupported { kind: "hologram".to_owned(), raw: words("{\"x\":1}") };
    let bot = Author::Bot(Label::new("greeter").expect("the suite's names are valid"));
    entries.extend([
        sample.entry(thread, visitor.author(), Visibility::Public, unsupported),
        sample.entry(thread, bot, Visibility::Private, Content::Text { text: words("hi") }),
        sample.note(thread, &alice, "a note"),
    ]);
    for (number, entry) in entries.iter_mut().enumerate() {
        entry.provider_id = Some(ProviderMessageId::new(format!("wamid.{number}")));
        entry.parent = Some(sample.id());
    }
    keep(&*store, sample.writing(entries.clone())).await;
    let found = store.messages(thread, 0, ALL).await.read();
    assert_eq!(found.len(), entries.len());
    for (message, entry) in found.iter().zip(entries) {
        assert_eq!((&message.author, &message.content), (&entry.author, &entry.content));
        assert_eq!((message.visibility, message.parent), (entry.visibility, entry.parent));
        assert_eq!(message.provider_id, entry.provider_id);
    }
}
