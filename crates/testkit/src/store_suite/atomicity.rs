//! All or nothing.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::slice::from_ref;
use std::sync::Arc;

use parlor_interaction::Timer;
use parlor_model::{Contact, ContactAlias, DeliveryStage, MediaClass, Observation, Timestamp};
use parlor_store::{
    AUDIT_START, Acknowledged, AgentState, AgentWrite, Assignment, AuditRecord, ChangeSet, CommitError,
    Conflict, ContactWrite, ConversationPage, Document, DocumentWrite, Fence, LeaseName, Load, LoadChange,
    OfferRecord, OutboxEntry, OutboxWrite, ReadMarker, Store, StoreError, TimerKey, TimerWrite, Totals,
};

use super::everything::{Everything, Fixture, spoilers, state};
use super::expect::{Read, keep, refuse, refused};
use super::sample::{Sample, agent};

/// Whatever part makes a change impossible, none of its parts is kept, and no place is used up.
pub async fn a_refused_change_keeps_none_of_its_parts(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    let before = fixture.ask(&*store).await;
    assert_eq!(before.totals, Totals::default(), "the store must be empty");

    for (what, spoil) in spoilers() {
        let mut changes = fixture.changes.clone();
        spoil(&sample, &fixture, &mut changes);
        assert!(store.commit(changes).await.is_err(), "{what} must be refused");
        let after = fixture.ask(&*store).await;
        assert_eq!(after, before, "refused because of {what}, but something was kept");
    }
    let mut fenced = fixture.changes.clone();
    fenced.fence = Some(Fence { lease: LeaseName::routing(), epoch: 1 });
    refuse(&*store, fenced).await;
    assert_eq!(fixture.ask(&*store).await, before, "refused because of a lost lease, but something was kept");

    let committed = keep(&*store, fixture.changes.clone()).await;
    let places: Vec<_> = committed.records.iter().map(|record| record.position).collect();
    let expected: Vec<_> = (1..=committed.records.len() as u64).collect();
    assert_eq!(places, expected, "a refused change used up positions");
    let sequences: Vec<_> = committed.messages().map(|message| message.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4], "a refused change used up sequences");
}

/// A refused change also leaves alone what was there before it.
pub async fn a_refused_change_leaves_earlier_ones_as_they_were(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    keep(&*store, fixture.changes.clone()).await;
    let before = fixture.ask(&*store).await;

    // Every part that can write over something does so; the last one is refused.
    let mut changes = sample.change();
    let known = before.contacts[0].clone().expect("the contact was committed");
    let mut renamed = known.clone();
    renamed.display_name = Some("Somebody else".to_owned());
    changes.contacts.push(ContactWrite { contact: renamed, expected_version: known.version });
    let mut point = fixture.visitor.point.clone();
    point.display_name = Some("else".to_owned());
    changes.points.push(point);
    changes.aliases.push(ContactAlias { from: fixture.other.contact.id, into: None, at: sample.now() });
    let interaction = before.open[0].clone();
    changes.interactions.push(sample.abandoned(&interaction));
    for message in &fixture.changes.messages[..2] {
        changes.observations.push(Observation {
            message: message.id,
            stage: DeliveryStage::Read,
            at: sample.now(),
            reason: None,
        });
    }
    changes.messages.push(sample.says(&fixture.visitor, "more"));
    let thread = fixture.visitor.thread.id;
    changes.acknowledged.push(Acknowledged { thread, delivered: 4, read: 4 });
    let entry = before.outbox[0].clone();
    changes.outbox.push(OutboxWrite { expected_version: entry.version, entry });
    changes.timers.push(TimerWrite { key: before.timers[0].0.clone(), at: None });
    changes.agents.push(AgentWrite { state: state(&sample, &fixture.alice), expected_version: 1 });
    changes.loads.push(LoadChange {
        agent: fixture.alice.clone(),
        class: MediaClass::Live,
        delta: -1,
        limit: 3,
    });
    changes.read_markers.push(ReadMarker { agent: fixture.alice.clone(), thread, upto: 4 });
    changes.assignments.push(Assignment {
        agent: fixture.alice.clone(),
        contact: fixture.visitor.contact.id,
        assigned: false,
    });
    changes.documents.push(DocumentWrite {
        key: fixture.document.clone(),
        expected_version: Some(1),
        body: None,
    });
    changes.documents.push(DocumentWrite {
        key: fixture.document.clone(),
        expected_version: Some(99),
        body: None,
    });
    refused!(store, changes, CommitError::Conflict(Conflict::Document(key)) if key == fixture.document);
    assert_eq!(fixture.ask(&*store).await, before);
}

/// A change without parts is kept and makes no records.
pub async fn an_empty_change_is_kept(store: Arc<dyn Store>) {
    let sample = Sample::new();
    assert!(keep(&*store, ChangeSet::default()).await.records.is_empty());
    assert!(keep(&*store, sample.change()).await.records.is_empty());
    assert_eq!(store.totals().await.read().position, 0);
}

/// Records have a time, so a change that makes any must have one.
pub async fn a_change_that_is_journaled_needs_a_time(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let position = store.totals().await.read().position;
    let mut changes = ChangeSet::default();
    changes.messages.push(sample.says(&visitor, "hello"));
    refused!(store, changes, CommitError::Store(StoreError::Invalid { .. }));
    assert_eq!(store.totals().await.read().position, position);
}

/// A change may name only what exists or is made before it in the same change.
pub async fn a_change_names_only_what_exists(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let visitor = sample.visitor_in(&*store).await;
    let stranger = sample.visitor();
    let before = store.totals().await.read();

    let mut dangling: Vec<(&str, ChangeSet)> = Vec::new();
    let mut add = |what, fill: &dyn Fn(&mut ChangeSet)| {
        let mut changes = sample.change();
        fill(&mut changes);
        dangling.push((what, changes));
    };
    add("a point of an unknown contact", &|changes| changes.points.push(stranger.point.clone()));
    add("an alias of an unknown contact", &|changes| {
        changes.aliases.push(ContactAlias {
            from: stranger.contact.id,
            into: Some(visitor.contact.id),
            at: Timestamp::UNIX_EPOCH,
        });
    });
    add("an alias to an unknown contact", &|changes| {
        changes.aliases.push(ContactAlias {
            from: visitor.contact.id,
            into: Some(stranger.contact.id),
            at: Timestamp::UNIX_EPOCH,
        });
    });
    add("a thread with an unknown point", &|changes| changes.threads.push(stranger.thread.clone()));
    add("an interaction in an unknown thread", &|changes| {
        changes.interactions.push(sample.started(&stranger));
    });
    add("an offer of an unknown interaction", &|changes| {
        let (offer, interaction) = (sample.id(), sample.id());
        changes.offers.push(OfferRecord { offer, interaction, agent: agent("alice") });
    });
    add("a message in an unknown thread", &|changes| {
        changes.messages.push(sample.answer(&stranger, &agent("alice"), "hello"));
    });
    add("a message by an unknown point", &|changes| {
        changes.messages.push(sample.text(visitor.thread.id, stranger.author(), "hello"));
    });
    add("a message in an unknown interaction", &|changes| {
        let mut message = sample.says(&visitor, "hello");
        message.interaction = Some(sample.id());
        changes.messages.push(message);
    });
    add("a timer of an unknown interaction", &|changes| {
        let key = TimerKey { interaction: sample.id(), timer: Timer::AutoDone };
        changes.timers.push(TimerWrite { key, at: Some(sample.now()) });
    });
    for (what, changes) in dangling {
        match refuse(&*store, changes).await {
            CommitError::Store(StoreError::Invalid { .. }) => {}
            other => panic!("{what} is refused for another reason: {other:?}"),
        }
        assert_eq!(store.totals().await.read(), before, "{what}");
    }
    assert_eq!(store.contact(stranger.contact.id).await.read(), None);
}

/// What is not there is `None` or an empty list, never an error.
pub async fn absent_is_none(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    let nothing = fixture.ask(&*store).await;
    let (thread, contact) = (fixture.visitor.thread.id, fixture.visitor.contact.id);
    assert_eq!(
        nothing,
        Everything {
            contacts: vec![None, None],
            resolved: vec![contact, fixture.other.contact.id],
            points: vec![None, None],
            points_by_key: vec![None, None],
            points_of: vec![],
            threads: vec![None, None],
            threads_by_subject: vec![None, None],
            threads_of: vec![],
            interactions: vec![None],
            open: vec![],
            open_in_thread: None,
            of_thread: vec![],
            histories: vec![vec![]],
            offers: vec![None],
            messages: vec![None; 4],
            in_thread: vec![],
            last: vec![],
            conversation: ConversationPage::default(),
            observations: vec![vec![]; 4],
            acknowledged: Acknowledged { thread, delivered: 0, read: 0 },
            read_marker: 0,
            unread: 0,
            list: vec![],
            assigned: vec![],
            alert: None,
            agents: vec![],
            agent: None,
            timers: vec![],
            request: None,
            document: None,
            documents: vec![],
            outbox: vec![],
            outbox_entries: vec![None],
            consent: vec![],
            dead_letters: vec![],
            audit: vec![],
            journal: vec![],
            totals: Totals::default(),
        }
    );
    assert_eq!(
        store.thread_by_subject("no such channel!", &fixture.visitor.thread.subject).await.read(),
        None
    );
}

/// Every field of every part comes back as it went in, at once.
pub async fn every_part_comes_back_as_it_went_in(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let fixture = Fixture::new(&sample);
    let committed = keep(&*store, fixture.changes.clone()).await;
    let found = fixture.ask(&*store).await;
    let Fixture { changes, visitor, other, alice, document } = &fixture;
    let at = changes.at.expect("the fixture has a time");

    let versioned = |contact: &Contact| Some(Contact { version: 1, ..contact.clone() });
    assert_eq!(found.contacts, [versioned(&visitor.contact), versioned(&other.contact)]);
    assert_eq!(found.resolved, [visitor.contact.id, visitor.contact.id]);
    let points = [Some(visitor.point.clone()), Some(other.point.clone())];
    assert_eq!(found.points, points);
    assert_eq!(found.points_by_key, points);
    assert_eq!(found.points_of, [visitor.point.clone(), other.point.clone()]);
    let threads = [Some(visitor.thread.clone()), Some(other.thread.clone())];
    assert_eq!(found.threads, threads);
    assert_eq!(found.threads_by_subject, threads);
    assert_eq!(found.threads_of, [visitor.thread.clone(), other.thread.clone()]);

    let interaction = changes.interactions[1].interaction.clone();
    assert_eq!(found.interactions, [Some(interaction.clone())]);
    assert_eq!(found.open, from_ref(&interaction));
    assert_eq!(found.open_in_thread, Some(interaction.clone()));
    assert_eq!(found.of_thread, [interaction]);
    let events: Vec<_> = changes.interactions.iter().flat_map(|write| write.events.clone()).collect();
    assert_eq!(found.histories, [events]);
    assert_eq!(found.offers, [Some(changes.offers[0].clone())]);

    let messages: Vec<_> = committed.messages().cloned().collect();
    for (message, new) in messages.iter().zip(&changes.messages) {
        assert_eq!((message.id, message.thread, message.at), (new.id, new.thread, at));
        assert_eq!((message.interaction, message.segment), (new.interaction, new.segment));
        assert_eq!(
            (&message.author, message.parent, message.visibility),
            (&new.author, new.parent, new.visibility)
        );
        assert_eq!(message.content, new.content);
        assert_eq!((message.provider_time, &message.provider_id), (new.provider_time, &new.provider_id));
    }
    assert_eq!(found.messages, messages.iter().cloned().map(Some).collect::<Vec<_>>());
    assert_eq!((&found.in_thread, &found.last), (&messages, &messages));
    assert_eq!(found.conversation.messages, messages);
    assert_eq!(found.observations, [vec![], changes.observations.clone(), vec![], vec![]]);
    assert_eq!(found.acknowledged, changes.acknowledged[0]);
    assert_eq!((found.read_marker, found.unread), (1, 0));
    assert_eq!(found.list.len(), 1, "the other contact is shown as this one");
    assert_eq!(found.list[0].contact.id, visitor.contact.id);
    assert_eq!(found.list[0].last, Some(messages[1].clone()), "the newest text");
    assert_eq!(found.list[0].activity, messages[3].position, "the newest entry of any kind");
    assert_eq!((found.list[0].unread, found.list[0].assigned), (0, true));
    assert_eq!(found.assigned, [visitor.contact.id]);
    assert_eq!(found.alert.as_ref(), changes.alerts.first());

    let load = Load { used: 1, limit: 3 };
    let state = AgentState {
        version: 1,
        idle_since: at,
        load: [(MediaClass::Live, load)].into(),
        ..changes.agents[0].state.clone()
    };
    assert_eq!(found.agents, from_ref(&state));
    assert_eq!((found.agent.as_ref(), &state.name), (Some(&state), alice));
    let TimerWrite { key, at: due } = &changes.timers[0];
    assert_eq!(found.timers, [(key.clone(), due.expect("the fixture sets it"))]);
    assert_eq!(found.request, changes.request);
    let kept = Document {
        key: document.clone(),
        version: 1,
        body: changes.documents[0].body.clone().expect("the fixture writes it"),
    };
    assert_eq!(found.document.as_ref(), Some(&kept));
    assert_eq!(found.documents, [kept]);
    let entry = OutboxEntry { version: 1, ..changes.outbox[0].entry.clone() };
    assert_eq!(found.outbox, from_ref(&entry));
    assert_eq!(found.outbox_entries, [Some(entry)]);
    assert_eq!(found.consent, changes.consent);
    assert_eq!(found.dead_letters, changes.dead_letters);
    let audited = AuditRecord::following(1, AUDIT_START, at, changes.audit[0].clone());
    assert_eq!(found.audit, [audited]);
    assert_eq!(found.journal, committed.records);
    assert_eq!(
        found.totals,
        Totals { inbox: 1, dead_letters: 1, messages: 4, position: committed.records.len() as u64 }
    );
}
