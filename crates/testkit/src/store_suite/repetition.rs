//! What was taken before.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_store::{
    CommitError, Conflict, ContactWrite, Duplicate, Fence, InboxEntry, InboxKey, LeaseName, Request,
    RequestKey, Store,
};

use super::expect::{Read, keep, refused};
use super::sample::{Sample, agent};

/// An inbound event that was taken before fails the commit, which names the message made from it (G2).
pub async fn a_duplicate_inbound_keeps_nothing_and_names_the_message(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let key = sample.inbox_key();
    let first = sample.says(&visitor, "hello");
    let known = first.id;
    keep(&*store, sample.receiving(&key, first)).await;
    let before = store.totals().await.read();

    let mut again = sample.receiving(&key, sample.says(&visitor, "hello"));
    let mut renamed = visitor.contact.clone();
    renamed.display_name = Some("Ann".to_owned());
    again.contacts.push(ContactWrite { contact: renamed, expected_version: 1 });
    refused!(store, again, CommitError::Duplicate(Duplicate::Inbox { key: taken, message })
        if taken == key && message == Some(known));
    assert_eq!(store.totals().await.read(), before);
    assert_eq!(store.contact(visitor.contact.id).await.read(), Some(visitor.contact));
}

/// An event is known by all parts of its key, forever.
pub async fn inbound_events_differ_in_every_part_of_their_key(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let key = sample.inbox_key();
    let others = [
        InboxKey { scope: "other".to_owned(), ..key.clone() },
        InboxKey { kind: "reaction".to_owned(), ..key.clone() },
        InboxKey { provider_time: Some(sample.now()), ..key.clone() },
        InboxKey { external_id: sample.uuid().to_string(), ..key.clone() },
    ];
    for key in [&key].into_iter().chain(&others) {
        let mut changes = sample.change();
        changes.inbox.push(InboxEntry { key: key.clone(), message: None });
        keep(&*store, changes).await;
    }
    assert_eq!(store.totals().await.read().inbox, 5);
    for key in [&key].into_iter().chain(&others) {
        let mut changes = sample.change();
        changes.inbox.push(InboxEntry { key: key.clone(), message: None });
        refused!(store, changes, CommitError::Duplicate(Duplicate::Inbox { message: None, .. }));
    }
    assert_eq!(store.totals().await.read().inbox, 5);
}

/// Of many deliveries of one event at the same time, exactly one is taken.
pub async fn one_of_many_concurrent_deliveries_is_taken(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let key = sample.inbox_key();
    let deliveries: Vec<_> = (0..32)
        .map(|_| {
            let changes = sample.receiving(&key, sample.says(&visitor, "hello"));
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(changes).await })
        })
        .collect();
    let mut taken = vec![];
    let mut repeated = vec![];
    for delivery in deliveries {
        match delivery.await.expect("a commit does not panic") {
            Ok(committed) => taken.extend(committed.messages().map(|message| Some(message.id))),
            Err(CommitError::Duplicate(Duplicate::Inbox { message, .. })) => repeated.push(message),
            Err(other) => panic!("refused for another reason: {other:?}"),
        }
    }
    assert_eq!((taken.len(), repeated.len()), (1, 31));
    assert!(repeated.iter().all(|message| *message == taken[0]), "every repetition names the one message");
    assert_eq!(store.messages(visitor.thread.id, 0, 10).await.read().len(), 1);
}

/// A request is carried out once; its first answer can be found.
pub async fn a_repeated_request_finds_its_first_answer(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let request = sample.request(&alice);
    let mut changes = sample.writing([sample.answer(&visitor, &alice, "hello")]);
    changes.request = Some(request.clone());
    keep(&*store, changes).await;
    let before = store.totals().await.read();

    let mut again = sample.writing([sample.answer(&visitor, &alice, "hello")]);
    again.request = Some(Request { resource: sample.uuid(), at: sample.now(), ..request.clone() });
    refused!(store, again, CommitError::Duplicate(Duplicate::Request(key)) if key == request.key);
    assert_eq!(store.totals().await.read(), before);
    assert_eq!(store.request(&request.key).await.read(), Some(request.clone()));

    let of_bob = RequestKey { agent: agent("bob"), id: request.key.id };
    assert_eq!(store.request(&of_bob).await.read(), None, "another agent's id is another id");
    let mut changes = sample.change();
    changes.request = Some(Request { key: of_bob.clone(), ..request });
    keep(&*store, changes).await;
    assert!(store.request(&of_bob).await.read().is_some());
}

/// Whoever repeats finds the earlier answer, not a conflict with its own effects.
pub async fn a_repetition_is_reported_before_a_conflict(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let request = sample.request(&alice);
    let key = sample.inbox_key();
    let message = sample.says(&visitor, "hello");
    let mut first = sample.receiving(&key, message.clone());
    first.request = Some(request.clone());
    first.contacts.push(ContactWrite { contact: visitor.contact.clone(), expected_version: 1 });
    keep(&*store, first.clone()).await;

    // Its own write of the contact, and a lease that nobody holds, are conflicts for the repetition.
    let conflict = |changes: &mut parlor_store::ChangeSet| {
        changes.fence = Some(Fence { lease: LeaseName::routing(), epoch: 9 });
        changes.contacts.push(ContactWrite { contact: visitor.contact.clone(), expected_version: 1 });
    };
    let mut again = sample.change();
    again.inbox.push(InboxEntry { key: key.clone(), message: None });
    conflict(&mut again);
    refused!(store, again, CommitError::Duplicate(Duplicate::Inbox { message: Some(known), .. }) if known == message.id);
    let mut again = sample.change();
    again.request = Some(request.clone());
    conflict(&mut again);
    refused!(store, again, CommitError::Duplicate(Duplicate::Request(key)) if key == request.key);
    let mut again = sample.writing([message.clone()]);
    conflict(&mut again);
    refused!(store, again, CommitError::Duplicate(Duplicate::Message(id)) if id == message.id);
    let mut alone = sample.change();
    alone.contacts.push(ContactWrite { contact: visitor.contact.clone(), expected_version: 1 });
    refused!(store, alone, CommitError::Conflict(Conflict::Contact(_)));
}

/// A message id is taken once, whatever the message says.
pub async fn a_message_id_is_taken_once(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let message = sample.says(&visitor, "hello");
    keep(&*store, sample.writing([message.clone()])).await;
    let mut other = sample.says(&visitor, "something else");
    other.id = message.id;
    let new = sample.says(&visitor, "kept with it or not at all");
    refused!(store, sample.writing([new, other]), CommitError::Duplicate(Duplicate::Message(id)) if id == message.id);
    let entries = store.messages(visitor.thread.id, 0, 10).await.read();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].content, message.content);
}
