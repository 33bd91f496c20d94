//! Contacts, contact points, aliases and threads.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::slice::from_ref;
use std::sync::Arc;

use parlor_model::{
    ChannelKind, ContactAlias, ContactId, ContactPoint, PointAddress, PointKey, Subject, Thread,
};
use parlor_store::{ChangeSet, CommitError, Conflict, ContactWrite, Store};

use super::expect::{Read, keep, refused};
use super::sample::{Sample, channel};

fn saying(sample: &Sample, from: ContactId, into: Option<ContactId>) -> ChangeSet {
    let mut changes = sample.change();
    changes.aliases.push(ContactAlias { from, into, at: sample.now() });
    changes
}

/// An update made from an older version is refused, not lost (r92).
pub async fn r92_a_stale_contact_keeps_nothing(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let id = visitor.contact.id;
    let named = |name: &str, expected_version| {
        let mut contact = visitor.contact.clone();
        contact.display_name = Some(name.to_owned());
        contact.version = 77;
        let mut changes = sample.change();
        changes.contacts.push(ContactWrite { contact, expected_version });
        changes
    };
    keep(&*store, named("Ann", 1)).await;
    let ann = store.contact(id).await.read().expect("it was committed");
    assert_eq!((ann.display_name.as_deref(), ann.version), (Some("Ann"), 2), "the store counts the versions");
    for stale in [0, 1, 3] {
        refused!(store, named("Bob", stale), CommitError::Conflict(Conflict::Contact(known)) if known == id);
    }
    assert_eq!(store.contact(id).await.read(), Some(ann));
    let mut unknown = sample.change();
    let contact = sample.contact();
    unknown.contacts.push(ContactWrite { contact: contact.clone(), expected_version: 1 });
    refused!(store, unknown, CommitError::Conflict(Conflict::Contact(id)) if id == contact.id);
}

/// Of many updates made from the same version at the same time, one is kept.
pub async fn one_of_many_concurrent_updates_is_kept(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let updates: Vec<_> = (0..32)
        .map(|n| {
            let mut contact = visitor.contact.clone();
            contact.display_name = Some(format!("name {n}"));
            let mut changes = sample.change();
            changes.contacts.push(ContactWrite { contact, expected_version: 1 });
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(changes).await })
        })
        .collect();
    let mut kept = vec![];
    for (n, update) in updates.into_iter().enumerate() {
        match update.await.expect("a commit does not panic") {
            Ok(_) => kept.push(format!("name {n}")),
            Err(CommitError::Conflict(Conflict::Contact(_))) => {}
            Err(other) => panic!("refused for another reason: {other:?}"),
        }
    }
    assert_eq!(kept.len(), 1);
    let contact = store.contact(visitor.contact.id).await.read().expect("it was committed");
    assert_eq!((contact.display_name.as_ref(), contact.version), (kept.first(), 2));
}

/// An address exists once in its network and scope (r11).
pub async fn r11_an_address_belongs_to_one_contact_point(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let second = |key: PointKey| {
        let point = ContactPoint { key, ..sample.point(visitor.contact.id) };
        let mut changes = sample.change();
        changes.points.push(point.clone());
        (point, changes)
    };
    let key = &visitor.point.key;
    let (_, changes) = second(key.clone());
    refused!(store, changes, CommitError::Conflict(Conflict::Identity));
    assert_eq!(store.point_by_key(key).await.read().as_ref(), Some(&visitor.point));

    for other in [
        PointKey { kind: ChannelKind::Messenger, ..key.clone() },
        PointKey { scope: "another site".to_owned(), ..key.clone() },
        PointKey { address: PointAddress::new("x"), ..key.clone() },
        PointKey { address: PointAddress::new("X"), ..key.clone() },
    ] {
        let (point, changes) = second(other.clone());
        keep(&*store, changes).await;
        assert_eq!(store.point_by_key(&other).await.read(), Some(point), "{other:?}");
    }
}

/// A contact point is renamed by its id; whose it is and its address stay (r158).
pub async fn r158_a_contact_point_may_change_its_name_only(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let writing = |point: ContactPoint| {
        let mut changes = sample.change();
        changes.points.push(point);
        changes
    };
    let renamed = ContactPoint { display_name: Some("@ann".to_owned()), ..visitor.point.clone() };
    keep(&*store, writing(renamed.clone())).await;
    assert_eq!(store.point(renamed.id).await.read().as_ref(), Some(&renamed));
    assert_eq!(store.point_by_key(&renamed.key).await.read().as_ref(), Some(&renamed));

    let moved = ContactPoint { contact: other.contact.id, ..renamed.clone() };
    refused!(store, writing(moved), CommitError::Conflict(Conflict::Identity));
    let key = PointKey { address: PointAddress::new("elsewhere"), ..renamed.key.clone() };
    refused!(
        store,
        writing(ContactPoint { key, ..renamed.clone() }),
        CommitError::Conflict(Conflict::Identity)
    );
    assert_eq!(store.points_of(visitor.contact.id).await.read(), [renamed]);
}

/// Contact points come in the order in which they were first seen.
pub async fn contact_points_come_oldest_first(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor();
    let mut points: Vec<_> = (0..5).map(|_| sample.point(visitor.contact.id)).collect();
    let mut changes = sample.change();
    visitor.add_to(&mut changes);
    changes.points.extend(points.iter().rev().cloned());
    keep(&*store, changes).await;
    points.insert(0, visitor.point);
    assert_eq!(store.points_of(visitor.contact.id).await.read(), points);
}

/// A merge moves nothing, so taking it back restores exactly what was (I12).
pub async fn a_merge_can_be_taken_back(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let cid = sample.visitor_in(&*store).await;
    for visitor in [&ann, &bob, &cid] {
        keep(&*store, sample.writing([sample.says(visitor, "hello")])).await;
    }
    let resolved = async |visitor: &super::Visitor| store.resolve_contact(visitor.contact.id).await.read();
    let points = async |visitor: &super::Visitor| store.points_of(visitor.contact.id).await.read();
    let threads = async |visitor: &super::Visitor| store.threads_of(visitor.contact.id).await.read();

    // Bob is shown as Ann, and Cid as Bob, so Cid is shown as Ann too.
    keep(&*store, saying(&sample, bob.contact.id, Some(ann.contact.id))).await;
    keep(&*store, saying(&sample, cid.contact.id, Some(bob.contact.id))).await;
    for visitor in [&ann, &bob, &cid] {
        assert_eq!(resolved(visitor).await, ann.contact.id);
        assert!(store.contact(visitor.contact.id).await.read().is_some(), "a contact is found by its own id");
    }
    assert_eq!(points(&ann).await, [ann.point.clone(), bob.point.clone(), cid.point.clone()]);
    assert_eq!(threads(&ann).await, [ann.thread.clone(), bob.thread.clone(), cid.thread.clone()]);
    assert_eq!(
        points(&bob).await,
        [bob.point.clone(), cid.point.clone()],
        "of those shown as it, not as whom it is"
    );

    // Shown as somebody else.
    keep(&*store, saying(&sample, cid.contact.id, Some(ann.contact.id))).await;
    assert_eq!(points(&bob).await, from_ref(&bob.point));
    assert_eq!(points(&ann).await.len(), 3);

    for visitor in [&bob, &cid] {
        keep(&*store, saying(&sample, visitor.contact.id, None)).await;
    }
    for visitor in [&ann, &bob, &cid] {
        assert_eq!(resolved(visitor).await, visitor.contact.id);
        assert_eq!(points(visitor).await, from_ref(&visitor.point));
        assert_eq!(threads(visitor).await, from_ref(&visitor.thread));
    }
}

/// Nobody is shown as themselves, through whatever others.
pub async fn aliases_never_close_a_circle(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let [one, two, three] = [
        sample.visitor_in(&*store).await.contact.id,
        sample.visitor_in(&*store).await.contact.id,
        sample.visitor_in(&*store).await.contact.id,
    ];
    refused!(store, saying(&sample, one, Some(one)), CommitError::Conflict(Conflict::Contact(id)) if id == one);
    keep(&*store, saying(&sample, one, Some(two))).await;
    refused!(store, saying(&sample, two, Some(one)), CommitError::Conflict(Conflict::Contact(id)) if id == two);
    keep(&*store, saying(&sample, two, Some(three))).await;
    refused!(store, saying(&sample, three, Some(one)), CommitError::Conflict(Conflict::Contact(id)) if id == three);
    // Nor when what it is shown as so far would have to change for that.
    refused!(store, saying(&sample, two, Some(one)), CommitError::Conflict(Conflict::Contact(id)) if id == two);
    refused!(store, saying(&sample, two, Some(two)), CommitError::Conflict(Conflict::Contact(id)) if id == two);
    assert_eq!(store.resolve_contact(one).await.read(), three);
    keep(&*store, saying(&sample, one, Some(three))).await;
    keep(&*store, saying(&sample, two, Some(one))).await;
    assert_eq!(store.resolve_contact(two).await.read(), three);
}

/// A channel has one thread about a subject.
pub async fn a_subject_has_one_thread_in_a_channel(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let making = |thread: &Thread| {
        let mut changes = sample.change();
        changes.threads.push(thread.clone());
        changes
    };
    let second = sample.direct(visitor.point.id);
    refused!(store, making(&second), CommitError::Conflict(Conflict::Identity));
    keep(&*store, making(&visitor.thread)).await;
    assert_eq!(
        store.threads_of(visitor.contact.id).await.read(),
        from_ref(&visitor.thread),
        "made again: no change"
    );

    let reused = Thread { subject: sample.post().subject, ..visitor.thread.clone() };
    refused!(store, making(&reused), CommitError::Conflict(Conflict::Identity));
    assert_eq!(store.thread(visitor.thread.id).await.read().as_ref(), Some(&visitor.thread));

    let elsewhere = Thread { channel: channel("shop"), ..second };
    keep(&*store, making(&elsewhere)).await;
    let found = store.thread_by_subject("shop", &Subject::Direct(visitor.point.id)).await.read();
    assert_eq!(found, Some(elsewhere.clone()));
    assert_eq!(store.threads_of(visitor.contact.id).await.read(), [visitor.thread, elsewhere]);
}

/// A contact takes part below the posts under which it wrote, and below no others.
pub async fn threads_of_a_contact_include_the_posts_it_wrote_below(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let (post, silent) = (sample.post(), sample.post());
    let mut changes = sample.change();
    changes.threads.extend([post.clone(), silent]);
    changes.messages.push(sample.text(post.id, ann.author(), "nice"));
    changes.messages.push(sample.text(post.id, ann.author(), "really"));
    keep(&*store, changes).await;
    assert_eq!(store.threads_of(ann.contact.id).await.read(), [ann.thread, post]);
    assert_eq!(store.threads_of(bob.contact.id).await.read(), [bob.thread]);
}

/// Somebody who is known by a telephone number, by an id that a business has for them, by both, or by another number
/// than before: each becomes known in its time, joins the contact it belongs to, and can be parted from it again.
pub async fn identities_join_late_and_part_again(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let at = |kind: ChannelKind, scope: &str, address: &str, contact: ContactId| ContactPoint {
        key: PointKey { kind, scope: scope.to_owned(), address: PointAddress::new(address) },
        ..sample.point(contact)
    };
    // By number alone, and by the business's id alone: nobody knows that they are one.
    let (by_number, by_id) = (sample.contact(), sample.contact());
    let number = at(ChannelKind::Sms, "", "+15550001111", by_number.id);
    let id = at(ChannelKind::WhatsApp, "business-1", "US.1234", by_id.id);
    let mut changes = sample.change();
    for contact in [&by_number, &by_id] {
        changes.contacts.push(ContactWrite { contact: contact.clone(), expected_version: 0 });
    }
    changes.points.extend([number.clone(), id.clone()]);
    changes.threads.extend([sample.direct(number.id), sample.direct(id.id)]);
    let threads = [changes.threads[0].clone(), changes.threads[1].clone()];
    keep(&*store, changes).await;

    // Later an event names both, so they are one.
    keep(&*store, saying(&sample, by_id.id, Some(by_number.id))).await;
    assert_eq!(store.points_of(by_number.id).await.read(), [number.clone(), id.clone()]);
    assert_eq!(store.threads_of(by_number.id).await.read(), threads);

    // The same id means somebody else to another business, and another number is another address of the same contact.
    let elsewhere = at(ChannelKind::WhatsApp, "business-2", "US.1234", by_number.id);
    let another = at(ChannelKind::Sms, "", "+15550002222", by_number.id);
    let mut more = sample.change();
    more.points.extend([elsewhere.clone(), another.clone()]);
    keep(&*store, more).await;
    for (point, contact) in
        [(&number, by_number.id), (&id, by_id.id), (&elsewhere, by_number.id), (&another, by_number.id)]
    {
        let found = store.point_by_key(&point.key).await.read().expect("it was committed");
        assert_eq!((found.id, found.contact), (point.id, contact), "an address stays with its own contact");
    }
    assert_eq!(store.points_of(by_number.id).await.read().len(), 4);

    // It was a mistake: what each had before and got since stays with it.
    keep(&*store, saying(&sample, by_id.id, None)).await;
    assert_eq!(store.points_of(by_number.id).await.read(), [number, elsewhere, another]);
    assert_eq!(store.points_of(by_id.id).await.read(), from_ref(&id));
    assert_eq!(store.threads_of(by_id.id).await.read(), threads[1..]);
}
