//! Unread messages, assigned contacts, the contact list and alerts.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::sync::Arc;

use parlor_model::{AgentName, Author, ContactAlias, ContactId, Label, Visibility};
use parlor_store::{
    Alert, AlertKind, Assignment, ChangeSet, ContactListItem, ContactQuery, ContactScope, JournalEntry,
    ReadMarker, Store,
};

use super::Visitor;
use super::everything::ALL;
use super::expect::{Read, keep};
use super::sample::{Sample, agent};

fn reading(sample: &Sample, agent: &AgentName, visitor: &Visitor, upto: u64) -> ChangeSet {
    let mut changes = sample.change();
    changes.read_markers.push(ReadMarker { agent: agent.clone(), thread: visitor.thread.id, upto });
    changes
}

fn assigning(sample: &Sample, agent: &AgentName, contact: ContactId, assigned: bool) -> ChangeSet {
    let mut changes = sample.change();
    changes.assignments.push(Assignment { agent: agent.clone(), contact, assigned });
    changes
}

fn listing(agent: &AgentName, scope: ContactScope) -> ContactQuery {
    ContactQuery { agent: agent.clone(), scope, search: None, before: None, limit: ALL }
}

fn ids(list: &[ContactListItem]) -> Vec<ContactId> {
    list.iter().map(|item| item.contact.id).collect()
}

/// Only what the contact wrote counts as unread, and each agent has their own count (r107, r108).
pub async fn r107_only_what_the_contact_wrote_is_unread(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let (alice, carol) = (agent("alice"), agent("carol"));
    let thread = ann.thread.id;
    let bot = Author::Bot(Label::new("greeter").expect("the suite's names are valid"));
    let mut hidden = sample.says(&ann, "not for the transcript");
    hidden.visibility = Visibility::Internal;
    let messages = [
        sample.says(&ann, "1"),
        sample.answer(&ann, &alice, "2"),
        sample.answer(&ann, &carol, "3"),
        sample.says(&ann, "4"),
        sample.note(thread, &carol, "5"),
        sample.notice(thread),
        sample.text(thread, bot, "7"),
        sample.says(&ann, "8"),
        hidden,
        sample.says(&bob, "somebody else's"),
    ];
    keep(&*store, sample.writing(messages)).await;
    let unread = async |agent: &AgentName| store.unread(agent, ann.contact.id).await.read();
    assert_eq!((unread(&alice).await, unread(&carol).await), (3, 3));
    keep(&*store, reading(&sample, &alice, &ann, 3)).await;
    assert_eq!((unread(&alice).await, unread(&carol).await), (2, 3));
    keep(&*store, reading(&sample, &alice, &ann, 8)).await;
    assert_eq!(unread(&alice).await, 0, "r108");
    keep(&*store, sample.writing([sample.says(&ann, "10")])).await;
    assert_eq!(unread(&alice).await, 1);
    assert_eq!(store.unread(&alice, bob.contact.id).await.read(), 1);
    let list = store.contacts(&listing(&alice, ContactScope::All)).await.read();
    assert_eq!(list.iter().map(|item| item.unread).collect::<Vec<_>>(), [1, 1]);
}

/// A read marker only ever moves on; only then is it news (r109).
pub async fn r109_read_markers_never_move_backwards(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    keep(&*store, sample.writing((0..5).map(|n| sample.says(&visitor, &format!("{n}"))))).await;
    for (upto, expected) in [(3, 3), (1, 3), (3, 3), (5, 5), (4, 5)] {
        let moves = store.read_marker(&alice, visitor.thread.id).await.read() < expected;
        let committed = keep(&*store, reading(&sample, &alice, &visitor, upto)).await;
        assert_eq!(
            store.read_marker(&alice, visitor.thread.id).await.read(),
            expected,
            "after reading up to {upto}"
        );
        let marker = ReadMarker { agent: alice.clone(), thread: visitor.thread.id, upto: expected };
        let news: Vec<_> = committed.records.into_iter().map(|record| record.entry).collect();
        assert_eq!(news, if moves { vec![JournalEntry::Read(marker)] } else { vec![] });
    }
    assert_eq!(store.read_marker(&agent("bob"), visitor.thread.id).await.read(), 0);
}

/// An agent's list holds what was put into it and not taken out (r105, r106).
pub async fn r106_an_agents_list_holds_what_was_put_into_it(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let (alice, bob) = (agent("alice"), agent("bob"));
    let mut visitors = vec![];
    for _ in 0..3 {
        visitors.push(sample.visitor_in(&*store).await.contact.id);
    }
    let [one, two, three] = visitors[..] else { panic!("three were made") };
    for contact in [two, one] {
        keep(&*store, assigning(&sample, &alice, contact, true)).await;
    }
    assert_eq!(store.assigned(&alice).await.read(), [one, two], "in order of id");
    assert_eq!(store.assigned(&bob).await.read(), []);
    assert!(keep(&*store, assigning(&sample, &alice, one, true)).await.records.is_empty(), "no news");
    assert!(keep(&*store, assigning(&sample, &bob, one, false)).await.records.is_empty(), "no news");

    keep(&*store, assigning(&sample, &alice, one, false)).await;
    assert_eq!(store.assigned(&alice).await.read(), [two]);
    let assigned = store.contacts(&listing(&alice, ContactScope::Assigned)).await.read();
    assert_eq!(ids(&assigned), [two]);
    assert!(assigned[0].assigned);
    let unassigned = store.contacts(&listing(&alice, ContactScope::Unassigned)).await.read();
    assert_eq!(ids(&unassigned), [one, three]);
    assert!(unassigned.iter().all(|item| !item.assigned));
    assert_eq!(store.contacts(&listing(&alice, ContactScope::All)).await.read().len(), 3);
    keep(&*store, assigning(&sample, &alice, one, true)).await;
    assert_eq!(store.assigned(&alice).await.read(), [one, two], "put in again");
}

/// Whoever is shown as another contact stands in lists as that one, once.
pub async fn a_merged_contact_stands_in_lists_once(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    keep(&*store, sample.writing([sample.says(&ann, "as Ann"), sample.says(&bob, "as Bob")])).await;
    for visitor in [&ann, &bob] {
        keep(&*store, assigning(&sample, &alice, visitor.contact.id, true)).await;
    }
    let alias = |into| {
        let mut changes = sample.change();
        changes.aliases.push(ContactAlias { from: bob.contact.id, into, at: sample.now() });
        changes
    };
    keep(&*store, alias(Some(ann.contact.id))).await;
    assert_eq!(store.assigned(&alice).await.read(), [ann.contact.id]);
    let list = store.contacts(&listing(&alice, ContactScope::All)).await.read();
    assert_eq!(ids(&list), [ann.contact.id]);
    assert_eq!((list[0].unread, list[0].assigned), (2, true), "unread of both");
    assert_eq!(list[0].last.as_ref().and_then(|last| last.content.text()), Some("as Bob"));

    keep(&*store, alias(None)).await;
    assert_eq!(store.assigned(&alice).await.read(), [ann.contact.id, bob.contact.id], "taken back");
    keep(&*store, alias(Some(ann.contact.id))).await;
    keep(&*store, assigning(&sample, &alice, ann.contact.id, false)).await;
    assert_eq!(store.assigned(&alice).await.read(), [], "taken out with those shown as it");
    let list = store.contacts(&listing(&alice, ContactScope::All)).await.read();
    assert!(!list[0].assigned);
}

/// The contact list begins with the newest activity and is continued before it.
pub async fn contacts_come_with_the_newest_activity_first(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let mut visitors = vec![];
    for _ in 0..5 {
        visitors.push(sample.visitor_in(&*store).await);
    }
    let silent = visitors.pop().expect("five were made");
    for n in [2, 0, 3, 1] {
        let visitor: &Visitor = &visitors[n];
        keep(&*store, sample.writing([sample.says(visitor, "hello"), sample.notice(visitor.thread.id)]))
            .await;
    }
    keep(&*store, sample.writing([sample.note(visitors[2].thread.id, &alice, "a note is activity too")]))
        .await;
    let expected: Vec<_> = [2, 1, 3, 0].map(|n: usize| visitors[n].contact.id).into();
    let list = store.contacts(&listing(&alice, ContactScope::All)).await.read();
    assert_eq!(ids(&list)[..4], expected);
    assert_eq!(list[4].contact.id, silent.contact.id, "without activity, at the end");
    assert_eq!((list[4].activity, &list[4].last), (0, &None));
    for item in &list[..4] {
        let newest = item.last.as_ref().expect("everybody wrote");
        assert_eq!(newest.content.text(), Some("hello"), "notes and notices are no texts");
        assert!(item.activity > newest.position);
    }

    let mut paged = vec![];
    let mut before = None;
    for _ in 0..2 {
        let query = ContactQuery { before, limit: 2, ..listing(&alice, ContactScope::All) };
        let page = store.contacts(&query).await.read();
        assert_eq!(page.len(), 2);
        before = page.last().map(|item| item.activity);
        paged.extend(ids(&page));
    }
    assert_eq!(paged, expected);
}

/// Below a post, where many write, each contact has its own unread messages and its own activity.
pub async fn below_a_post_each_contact_counts_for_itself(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let post = sample.post();
    let mut changes = sample.change();
    changes.threads.push(post.clone());
    changes.messages.extend([
        sample.text(post.id, ann.author(), "Ann 1"),
        sample.text(post.id, bob.author(), "Bob 1"),
        sample.text(post.id, ann.author(), "Ann 2"),
        sample.text(post.id, Author::Agent(alice.clone()), "to both"),
    ]);
    let committed = keep(&*store, changes).await;
    let places: Vec<_> = committed.messages().map(|message| message.position).collect();
    assert_eq!(store.unread(&alice, ann.contact.id).await.read(), 2);
    assert_eq!(store.unread(&alice, bob.contact.id).await.read(), 1);
    let list = store.contacts(&listing(&alice, ContactScope::All)).await.read();
    assert_eq!(ids(&list), [ann.contact.id, bob.contact.id]);
    assert_eq!([list[0].activity, list[1].activity], [places[2], places[1]]);
    let newest: Vec<_> = list.iter().filter_map(|item| item.last.as_ref()?.content.text()).collect();
    assert_eq!(newest, ["Ann 2", "Bob 1"]);
}

/// Contacts are found by name, field, point name or address, whatever the case and the accents.
pub async fn contacts_are_searched_without_case_and_accents(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let alice = agent("alice");
    let mut named = sample.visitor();
    named.contact.display_name = Some("Zoë Müller".to_owned());
    named.contact.fields = [("company".to_owned(), "Café 100%".to_owned())].into();
    let mut addressed = sample.visitor();
    addressed.point.key.address = parlor_model::PointAddress::new("+15550001111");
    addressed.point.display_name = Some("José".to_owned());
    let mut changes = sample.change();
    named.add_to(&mut changes);
    addressed.add_to(&mut changes);
    changes.assignments.push(Assignment { agent: alice.clone(), contact: named.contact.id, assigned: true });
    keep(&*store, changes).await;
    let (zoe, jose) = (named.contact.id, addressed.contact.id);
    for (search, scope, expected) in [
        ("zoe", ContactScope::All, vec![zoe]),
        ("MULLER cafe", ContactScope::All, vec![zoe]),
        ("+1555", ContactScope::All, vec![jose]),
        ("JOSE", ContactScope::All, vec![jose]),
        ("company", ContactScope::All, vec![]),
        ("%", ContactScope::All, vec![zoe]),
        ("zoe", ContactScope::Assigned, vec![zoe]),
        ("zoe", ContactScope::Unassigned, vec![]),
        ("jose", ContactScope::Assigned, vec![]),
    ] {
        let query = ContactQuery { search: Some(search.to_owned()), ..listing(&alice, scope) };
        assert_eq!(ids(&store.contacts(&query).await.read()), expected, "{search:?} in {scope:?}");
    }
}

/// The last alert of an agent about a thread is the one that was committed last (r101).
pub async fn r101_the_last_alert_is_the_one_committed_last(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let other = sample.visitor_in(&*store).await;
    let alice = agent("alice");
    let alerting = |visitor: &Visitor| {
        let message = sample.says(visitor, "hello");
        let alert = Alert {
            id: sample.id(),
            agent: alice.clone(),
            kind: AlertKind::ReplyArrived,
            contact: visitor.contact.id,
            thread: visitor.thread.id,
            message: message.id,
            at: sample.now(),
        };
        let mut changes = sample.writing([message]);
        changes.alerts.push(alert.clone());
        (changes, alert)
    };
    let (later, second) = alerting(&visitor);
    let (earlier, first) = alerting(&visitor);
    let (elsewhere, third) = alerting(&other);
    for (changes, last) in [(earlier, &first), (later, &second), (elsewhere, &second)] {
        let committed = keep(&*store, changes).await;
        assert!(matches!(committed.records.last().map(|record| &record.entry), Some(JournalEntry::Alert(_))));
        assert_eq!(store.last_alert(&alice, visitor.thread.id).await.read().as_ref(), Some(last));
    }
    assert_eq!(store.last_alert(&alice, other.thread.id).await.read(), Some(third));
    assert_eq!(store.last_alert(&agent("bob"), visitor.thread.id).await.read(), None);
}
