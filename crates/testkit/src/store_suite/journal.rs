//! The journal.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{ContactAlias, ContactPoint};
use parlor_store::{ContactWrite, JournalEntry, Store, Totals};

use super::everything::{ALL, Fixture};
use super::expect::{Read, keep};
use super::sample::Sample;

/// Positions count the workspace's records from 1 without a gap, in order of commit.
pub async fn positions_are_gapless_in_order_of_commit(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let mut answered = vec![];
    for n in 0..5 {
        let visitor = sample.visitor();
        let mut changes = sample.change();
        visitor.add_to(&mut changes);
        changes.messages.extend((0..n).map(|n| sample.says(&visitor, &format!("{n}"))));
        answered.extend(keep(&*store, changes).await.records);
    }
    let positions: Vec<_> = answered.iter().map(|record| record.position).collect();
    assert_eq!(positions, (1..=answered.len() as u64).collect::<Vec<_>>());
    assert_eq!(store.journal(0, ALL).await.read(), answered);
    for record in &answered {
        if let JournalEntry::Message(message) = &record.entry {
            assert_eq!(message.position, record.position, "a message stands at its position");
        }
    }
    assert_eq!(store.totals().await.read().position, answered.len() as u64);
}

/// The journal is read on from any position, a page at a time.
pub async fn the_journal_is_read_from_any_position(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    keep(&*store, sample.writing((0..9).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    for (after, limit, expected) in [
        (0, 3, &[1, 2, 3][..]),
        (3, 4, &[4, 5, 6, 7]),
        (7, 9, &[8, 9, 10]),
        (10, 9, &[]),
        (u64::MAX, 9, &[]),
        (2, 0, &[]),
    ] {
        let found: Vec<_> =
            store.journal(after, limit).await.read().iter().map(|record| record.position).collect();
        assert_eq!(found, expected, "{limit} after {after}");
    }
}

/// Everything that people are told is journaled, in the order of the parts of a change, with its time.
pub async fn the_journal_tells_every_part_in_order(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    let committed = keep(&*store, fixture.changes.clone()).await;
    let kinds: Vec<_> = committed
        .records
        .iter()
        .map(|record| match &record.entry {
            JournalEntry::Message(_) => "message",
            JournalEntry::Interaction { .. } => "interaction",
            JournalEntry::Observation(_) => "observation",
            JournalEntry::Acknowledged(_) => "acknowledged",
            JournalEntry::Agent(_) => "agent",
            JournalEntry::Contact(_) => "contact",
            JournalEntry::Read(_) => "read",
            JournalEntry::Assignment(_) => "assignment",
            JournalEntry::Alert(_) => "alert",
            other => panic!("unknown to the suite: {other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "contact",
            "contact",
            "interaction",
            "interaction",
            "message",
            "message",
            "message",
            "message",
            "observation",
            "acknowledged",
            "agent",
            "read",
            "assignment",
            "alert",
        ]
    );
    assert!(committed.records.iter().all(|record| Some(record.at) == fixture.changes.at));
}

/// However many parts of a change touch a contact, the journal tells it once.
pub async fn a_contact_is_journaled_once_a_change(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let told = async |changes| {
        let records = keep(&*store, changes).await.records;
        records.into_iter().map(|record| record.entry).collect::<Vec<_>>()
    };
    let mut changes = sample.change();
    changes.contacts.push(ContactWrite { contact: ann.contact.clone(), expected_version: 1 });
    changes.points.push(sample.point(bob.contact.id));
    changes.points.push(ContactPoint { display_name: Some("ann".to_owned()), ..ann.point.clone() });
    assert_eq!(
        told(changes).await,
        [JournalEntry::Contact(ann.contact.id), JournalEntry::Contact(bob.contact.id)]
    );
    let alias = |into| {
        let mut changes = sample.change();
        changes.aliases.push(ContactAlias { from: bob.contact.id, into, at: sample.now() });
        changes
    };
    let news = [JournalEntry::Contact(bob.contact.id)];
    assert_eq!(told(alias(Some(ann.contact.id))).await, news);
    assert_eq!(told(alias(Some(ann.contact.id))).await, [], "said before: no news");
    assert_eq!(told(alias(None)).await, news);
    assert_eq!(told(alias(None)).await, []);
}

/// The totals count what is there.
pub async fn totals_count_what_is_there(store: Arc<dyn Store>) {
    let sample = Sample::new();
    assert_eq!(store.totals().await.read(), Totals::default());
    let visitor = sample.visitor_in(&*store).await;
    for n in 1..=3 {
        keep(&*store, sample.receiving(&sample.inbox_key(), sample.says(&visitor, "hello"))).await;
        let totals = store.totals().await.read();
        assert_eq!(totals, Totals { inbox: n, dead_letters: 0, messages: n, position: n + 1 });
    }
}
