//! Timers, documents, the outbox, consent and dead letters.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use parlor_interaction::Timer;
use parlor_model::{ChannelName, ProviderMessageId, Timestamp};
use parlor_store::{
    ChangeSet, CommitError, Conflict, ConsentEntry, ConsentState, Document, DocumentKey, DocumentWrite,
    OutboxEntry, OutboxState, OutboxWrite, Store, TimerKey, TimerWrite,
};

use super::everything::{ALL, dead_letter};
use super::expect::{Read, keep, refused};
use super::sample::{Sample, agent};

/// Timers are set, moved and cancelled, and come earliest first.
pub async fn timers_are_set_moved_and_cancelled(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let mut keys = vec![];
    for timer in [Timer::AutoDone, Timer::Offer(sample.id()), Timer::Invitation(agent("alice"))] {
        let visitor = sample.visitor_in(&*store).await;
        let interaction = sample.started_in(&*store, &visitor).await.id;
        keys.push(TimerKey { interaction, timer });
    }
    let start = sample.now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let setting = |key: &TimerKey, at: Option<Timestamp>| {
        let mut changes = sample.change();
        changes.timers.push(TimerWrite { key: key.clone(), at });
        changes
    };
    for (key, seconds) in keys.iter().zip([30, 10, 20]) {
        assert!(keep(&*store, setting(key, Some(at(seconds)))).await.records.is_empty());
    }
    let due = async || store.timers().await.read();
    let [one, two, three] = &keys[..] else { panic!("three were made") };
    assert_eq!(due().await, [(two.clone(), at(10)), (three.clone(), at(20)), (one.clone(), at(30))]);
    keep(&*store, setting(two, Some(at(40)))).await;
    assert_eq!(due().await, [(three.clone(), at(20)), (one.clone(), at(30)), (two.clone(), at(40))]);
    keep(&*store, setting(one, None)).await;
    assert_eq!(due().await, [(three.clone(), at(20)), (two.clone(), at(40))]);
    keep(&*store, setting(one, None)).await;
    let never_set = TimerKey { interaction: sample.id(), timer: Timer::AutoDone };
    keep(&*store, setting(&never_set, None)).await;
    assert_eq!(due().await.len(), 2, "cancelling what is not set is no error");

    // Of one moment: in order of key. Two timers of one interaction are two.
    let second = TimerKey { interaction: three.interaction, timer: Timer::AutoDone };
    let mut changes = setting(&second, Some(at(20)));
    changes.timers.push(TimerWrite { key: one.clone(), at: Some(at(20)) });
    keep(&*store, changes).await;
    let mut together = [one.clone(), three.clone(), second];
    together.sort();
    let found: Vec<_> = due().await.into_iter().take(3).map(|(key, _)| key).collect();
    assert_eq!(found, together);
}

fn document(key: &DocumentKey, expected_version: Option<u64>, body: Option<&str>) -> ChangeSet {
    let mut changes = ChangeSet::default();
    changes.documents.push(DocumentWrite {
        key: key.clone(),
        expected_version,
        body: body.map(str::to_owned),
    });
    changes
}

/// A document is written only by whoever knows its version.
pub async fn documents_have_versions(store: Arc<dyn Store>) {
    let key = DocumentKey::new("session", "Zoë/1?x=%");
    let now = async || store.document(&key).await.read();
    let is = |version, body: &str| Some(Document { key: key.clone(), version, body: body.to_owned() });
    let conflict = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Document(known)) if *known == key);
    refused!(store, document(&key, Some(1), Some("a")), error if conflict(&error));
    refused!(store, document(&key, Some(1), None), error if conflict(&error));
    keep(&*store, document(&key, Some(0), Some("a"))).await;
    assert_eq!(now().await, is(1, "a"));
    refused!(store, document(&key, Some(0), Some("b")), error if conflict(&error));
    keep(&*store, document(&key, Some(1), Some("b"))).await;
    assert_eq!(now().await, is(2, "b"));
    refused!(store, document(&key, Some(1), Some("c")), error if conflict(&error));
    refused!(store, document(&key, Some(1), None), error if conflict(&error));
    keep(&*store, document(&key, None, Some(""))).await;
    assert_eq!(now().await, is(3, ""), "whatever stands there; an empty body is a body");
    keep(&*store, document(&key, Some(3), None)).await;
    assert_eq!(now().await, None);
    keep(&*store, document(&key, None, None)).await;
    keep(&*store, document(&key, Some(0), Some("again"))).await;
    assert_eq!(now().await, is(1, "again"), "a new one begins with 1");
}

/// Documents of a kind come in order of key, and those of other kinds not at all.
pub async fn documents_of_a_kind_come_in_order_of_key(store: Arc<dyn Store>) {
    for (kind, key) in [("b", "2"), ("b", "10"), ("a", "1"), ("bb", "1"), ("b", ""), ("c", "1"), ("b", "é")]
    {
        keep(&*store, document(&DocumentKey::new(kind, key), Some(0), Some("x"))).await;
    }
    let found: Vec<_> =
        store.documents("b").await.read().into_iter().map(|document| document.key.key).collect();
    assert_eq!(found, ["", "10", "2", "é"]);
    assert_eq!(store.documents("d").await.read(), []);
}

/// Outbox entries keep what they say and are written only from their newest version.
pub async fn outbox_entries_have_versions(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let mut written = vec![];
    let message = sample.answer(&visitor, &agent("alice"), "hello");
    let mut changes = sample.writing([message.clone()]);
    for state in OutboxState::ALL {
        let entry = OutboxEntry {
            id: sample.id(),
            message: message.id,
            thread: visitor.thread.id,
            channel: visitor.thread.channel.clone(),
            state,
            attempts: 0,
            not_before: sample.now(),
            provider_id: None,
            reason: None,
            lease: None,
            version: 99,
        };
        changes.outbox.push(OutboxWrite { entry: entry.clone(), expected_version: 0 });
        written.push(OutboxEntry { version: 1, ..entry });
    }
    keep(&*store, changes).await;
    written.sort_by_key(|entry| entry.id);
    assert_eq!(store.outbox(None, ALL).await.read(), written);
    assert_eq!(store.outbox(None, 3).await.read(), written[..3]);
    assert_eq!(store.outbox(Some(written[2].id), 3).await.read(), written[3..6]);
    let unfinished: Vec<_> = written.iter().filter(|entry| !entry.state.is_final()).cloned().collect();
    assert_eq!(unfinished.len(), 4);
    assert_eq!(store.unfinished_outbox(None, ALL).await.read(), unfinished);
    assert_eq!(store.unfinished_outbox(Some(unfinished[0].id), 2).await.read(), unfinished[1..3]);

    let accepted = OutboxEntry {
        state: OutboxState::Accepted,
        attempts: 2,
        provider_id: Some(ProviderMessageId::new("SM1")),
        reason: Some("late".to_owned()),
        ..written[0].clone()
    };
    let writing = |expected_version| {
        let mut changes = sample.change();
        changes.outbox.push(OutboxWrite { entry: accepted.clone(), expected_version });
        changes
    };
    for stale in [0, 2] {
        refused!(store, writing(stale), CommitError::Conflict(Conflict::Outbox { id, present })
            if id == accepted.id && present.as_deref() == Some(&written[0]));
    }
    keep(&*store, writing(1)).await;
    let stored = store.outbox_entry(accepted.id).await.read();
    assert_eq!(stored, Some(OutboxEntry { version: 2, ..accepted }));
}

/// A receipt finds what it is about by the provider's id, on its own channel alone.
pub async fn outbox_entries_are_found_by_the_providers_id(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let message = sample.answer(&visitor, &agent("alice"), "hello");
    let mut changes = sample.writing([message.clone()]);
    let channel = visitor.thread.channel.clone();
    let entry = |provider_id: Option<&str>| OutboxEntry {
        id: sample.id(),
        message: message.id,
        thread: visitor.thread.id,
        channel: channel.clone(),
        state: OutboxState::Accepted,
        attempts: 1,
        not_before: sample.now(),
        provider_id: provider_id.map(ProviderMessageId::new),
        reason: None,
        lease: None,
        version: 1,
    };
    let sent = [entry(Some("SM1")), entry(Some("sm1")), entry(None)];
    for entry in &sent {
        changes.outbox.push(OutboxWrite { entry: entry.clone(), expected_version: 0 });
    }
    keep(&*store, changes).await;
    let find = async |channel: &str, id: &str| {
        let channel = ChannelName::new(channel).expect("a name");
        store.sent_as(&channel, &ProviderMessageId::new(id)).await.read()
    };
    assert_eq!(find(channel.as_str(), "SM1").await, Some(sent[0].clone()));
    assert_eq!(find(channel.as_str(), "sm1").await, Some(sent[1].clone()));
    assert_eq!(find(channel.as_str(), "SM2").await, None);
    assert_eq!(find("elsewhere", "SM1").await, None);
}

/// Consent is a ledger: entries are added, never replaced.
pub async fn consent_is_a_ledger(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let later = sample.now();
    let entry = |purpose: &str, state, at| ConsentEntry {
        point: visitor.point.id,
        purpose: purpose.to_owned(),
        state,
        evidence: "keyword".to_owned(),
        at,
    };
    let entries = [
        entry("messages", ConsentState::Given, later),
        entry("messages", ConsentState::Withdrawn, crate::ManualClock::START),
        entry("marketing", ConsentState::Given, later),
        entry("messages", ConsentState::Given, later),
    ];
    for entries in entries.chunks(2) {
        let mut changes = sample.change();
        changes.consent.extend(entries.iter().cloned());
        keep(&*store, changes).await;
    }
    assert_eq!(
        store.consent(visitor.point.id).await.read(),
        entries,
        "in order of commit, whatever their times"
    );
    assert_eq!(store.consent(other.point.id).await.read(), []);
}

/// Dead letters keep their bytes, whatever they are (G3).
pub async fn dead_letters_keep_their_bytes(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let letters: Vec<_> = [&b""[..], b"\0\xFF\xFE", "é👋".as_bytes(), &vec![7; 100_000]]
        .iter()
        .map(|raw| dead_letter(&sample, raw))
        .collect();
    for letters in letters.chunks(3) {
        let mut changes = sample.change();
        changes.dead_letters.extend(letters.iter().cloned());
        assert!(keep(&*store, changes).await.records.is_empty());
    }
    assert_eq!(store.dead_letters(0, ALL).await.read(), letters);
    assert_eq!(store.dead_letters(1, 2).await.read(), letters[1..3]);
    assert_eq!(store.dead_letters(4, 2).await.read(), []);
    assert_eq!(store.totals().await.read().dead_letters, 4);
}
