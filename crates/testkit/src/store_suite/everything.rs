use parlor_interaction::{Interaction, Recorded, Timer};
use parlor_model::{
    AgentName, Author, Contact, ContactAlias, ContactId, ContactPoint, DeliveryStage, MediaClass, Medium,
    Message, NotReadyReason, Observation, ProviderMessageId, Readiness, ReadinessState, Thread, ThreadId,
    Timestamp,
};
use parlor_store::{
    Acknowledged, AgentState, AgentWrite, Alert, AlertKind, Assignment, AuditEntry, AuditRecord, ChangeSet,
    ConsentEntry, ConsentState, ContactListItem, ContactQuery, ContactScope, ContactWrite, ConversationPage,
    ConversationQuery, DeadLetter, Document, DocumentKey, DocumentWrite, InboxEntry, JournalRecord,
    LoadChange, OfferRecord, OutboxEntry, OutboxState, OutboxWrite, PageStart, ReadMarker, Request, Store,
    TimerKey, TimerWrite, Totals,
};

use super::expect::Read;
use super::sample::{Sample, Visitor, agent, words};

/// More than any case writes.
pub(super) const ALL: usize = 10_000;

/// A change with every part there is, made for an empty store, and the questions that show all of it.
pub(super) struct Fixture {
    pub(super) changes: ChangeSet,
    pub(super) visitor: Visitor,
    pub(super) other: Visitor,
    pub(super) alice: AgentName,
    pub(super) document: DocumentKey,
}

/// What a store answers about a [`Fixture`].
#[derive(Debug, PartialEq)]
pub(super) struct Everything {
    pub(super) contacts: Vec<Option<Contact>>,
    pub(super) resolved: Vec<ContactId>,
    pub(super) points: Vec<Option<ContactPoint>>,
    pub(super) points_by_key: Vec<Option<ContactPoint>>,
    pub(super) points_of: Vec<ContactPoint>,
    pub(super) threads: Vec<Option<Thread>>,
    pub(super) threads_by_subject: Vec<Option<Thread>>,
    pub(super) threads_of: Vec<Thread>,
    pub(super) interactions: Vec<Option<Interaction>>,
    pub(super) open: Vec<Interaction>,
    pub(super) open_in_thread: Option<Interaction>,
    pub(super) of_thread: Vec<Interaction>,
    pub(super) histories: Vec<Vec<Recorded>>,
    pub(super) offers: Vec<Option<OfferRecord>>,
    pub(super) messages: Vec<Option<Message>>,
    pub(super) in_thread: Vec<Message>,
    pub(super) last: Vec<Message>,
    pub(super) conversation: ConversationPage,
    pub(super) observations: Vec<Vec<Observation>>,
    pub(super) acknowledged: Acknowledged,
    pub(super) read_marker: u64,
    pub(super) unread: u64,
    pub(super) list: Vec<ContactListItem>,
    pub(super) assigned: Vec<ContactId>,
    pub(super) alert: Option<Alert>,
    pub(super) agents: Vec<AgentState>,
    pub(super) agent: Option<AgentState>,
    pub(super) timers: Vec<(TimerKey, Timestamp)>,
    pub(super) request: Option<Request>,
    pub(super) document: Option<Document>,
    pub(super) documents: Vec<Document>,
    pub(super) outbox: Vec<OutboxEntry>,
    pub(super) outbox_entries: Vec<Option<OutboxEntry>>,
    pub(super) consent: Vec<ConsentEntry>,
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) audit: Vec<AuditRecord>,
    pub(super) journal: Vec<JournalRecord>,
    pub(super) totals: Totals,
}

impl Fixture {
    pub(super) fn new(sample: &Sample) -> Self {
        let alice = agent("alice");
        let mut visitor = sample.visitor();
        visitor.contact.display_name = Some("Zoë".to_owned());
        visitor.contact.fields = [("company".to_owned(), "Café Lumière".to_owned())].into();
        visitor.point.display_name = Some("zo".to_owned());
        let other = sample.visitor();
        let thread = visitor.thread.id;
        let document = DocumentKey::new("greeting", "en");

        let mut changes = sample.change();
        visitor.add_to(&mut changes);
        other.add_to(&mut changes);
        changes.aliases.push(ContactAlias {
            from: other.contact.id,
            into: Some(visitor.contact.id),
            at: sample.now(),
        });

        let started = sample.started(&visitor);
        let offer = sample.id();
        let offered = sample.offered(&started.interaction, offer, &alice);
        let interaction = started.interaction.id;
        changes.offers.push(OfferRecord { offer, interaction, agent: alice.clone() });
        let due = sample.now();
        changes
            .timers
            .push(TimerWrite { key: TimerKey { interaction, timer: Timer::Offer(offer) }, at: Some(due) });
        changes.interactions.extend([started, offered]);

        let mut said = sample.says(&visitor, "Bonjour, ça va ? 👋");
        said.interaction = Some(interaction);
        said.segment = 3;
        said.provider_time = Some(sample.now());
        said.provider_id = Some(ProviderMessageId::new("browser-1"));
        let mut answered = sample.answer(&visitor, &alice, "Très bien");
        answered.parent = Some(said.id);
        let note = sample.note(thread, &alice, "called before");
        let notice = sample.notice(thread);
        changes.inbox.push(InboxEntry { key: sample.inbox_key(), message: Some(said.id) });
        changes.request = Some(sample.request(&alice));
        changes.observations.push(Observation {
            message: answered.id,
            stage: DeliveryStage::Failed,
            at: sample.now(),
            reason: Some("30006".to_owned()),
        });
        changes.acknowledged.push(Acknowledged { thread, delivered: 2, read: 1 });
        changes.outbox.push(OutboxWrite {
            entry: OutboxEntry {
                id: sample.id(),
                message: answered.id,
                thread,
                channel: visitor.thread.channel.clone(),
                state: OutboxState::Uncertain,
                attempts: 2,
                not_before: sample.now(),
                provider_id: Some(ProviderMessageId::new("SM1")),
                reason: Some("timeout".to_owned()),
                lease: None,
                version: 0,
            },
            expected_version: 0,
        });
        changes.alerts.push(Alert {
            id: sample.id(),
            agent: alice.clone(),
            kind: AlertKind::ReplyArrived,
            contact: visitor.contact.id,
            thread,
            message: said.id,
            at: sample.now(),
        });
        changes.messages.extend([said, answered, note, notice]);

        changes.agents.push(AgentWrite { state: state(sample, &alice), expected_version: 0 });
        changes.loads.push(LoadChange { agent: alice.clone(), class: MediaClass::Live, delta: 1, limit: 3 });
        changes.read_markers.push(ReadMarker { agent: alice.clone(), thread, upto: 1 });
        changes.assignments.push(Assignment {
            agent: alice.clone(),
            contact: visitor.contact.id,
            assigned: true,
        });
        changes.documents.push(DocumentWrite {
            key: document.clone(),
            expected_version: Some(0),
            body: Some("{\"text\":\"Hello\"}".to_owned()),
        });
        changes.consent.push(ConsentEntry {
            point: visitor.point.id,
            purpose: "messages".to_owned(),
            state: ConsentState::Withdrawn,
            evidence: "STOP".to_owned(),
            at: sample.now(),
        });
        changes.dead_letters.push(dead_letter(sample, b"{\xFF\0"));
        changes.audit.push(audit_entry(sample, visitor.contact.id));
        Self { changes, visitor, other, alice, document }
    }

    /// Everything that a store says about the fixture.
    pub(super) async fn ask(&self, store: &dyn Store) -> Everything {
        let Self { changes, visitor, other, alice, document } = self;
        let contact = visitor.contact.id;
        let thread = visitor.thread.id;
        let mut interactions: Vec<_> =
            changes.interactions.iter().map(|write| write.interaction.id).collect();
        interactions.dedup();
        let conversation = ConversationQuery {
            contact,
            start: PageStart::Newest,
            limit: ALL,
            visibility: vec![],
            search: None,
        };
        let list = ContactQuery {
            agent: alice.clone(),
            scope: ContactScope::All,
            search: None,
            before: None,
            limit: ALL,
        };

        /// The answers to one question about each of several things.
        macro_rules! each {
            ($things:expr, |$thing:ident| $question:expr) => {{
                let mut answers = Vec::new();
                for $thing in $things {
                    answers.push($question.await.read());
                }
                answers
            }};
        }

        Everything {
            contacts: each!([contact, other.contact.id], |id| store.contact(id)),
            resolved: each!([contact, other.contact.id], |id| store.resolve_contact(id)),
            points: each!([visitor.point.id, other.point.id], |id| store.point(id)),
            points_by_key: each!([&visitor.point.key, &other.point.key], |key| store.point_by_key(key)),
            points_of: store.points_of(contact).await.read(),
            threads: each!([thread, other.thread.id], |id| store.thread(id)),
            threads_by_subject: each!([&visitor.thread, &other.thread], |known| {
                store.thread_by_subject(known.channel.as_str(), &known.subject)
            }),
            threads_of: store.threads_of(contact).await.read(),
            interactions: each!(&interactions, |id| store.interaction(*id)),
            open: store.open_interactions(None, ALL).await.read(),
            open_in_thread: store.open_interaction(thread).await.read(),
            of_thread: store.interactions_of(thread, ALL).await.read(),
            histories: each!(&interactions, |id| store.history(*id)),
            offers: each!(&changes.offers, |offer| store.offer(offer.offer)),
            messages: each!(&changes.messages, |message| store.message(message.id)),
            in_thread: store.messages(thread, 0, ALL).await.read(),
            last: store.last_messages(thread, ALL).await.read(),
            conversation: store.conversation(&conversation).await.read(),
            observations: each!(&changes.messages, |message| store.observations(message.id)),
            acknowledged: store.acknowledged(thread).await.read(),
            read_marker: store.read_marker(alice, thread).await.read(),
            unread: store.unread(alice, contact).await.read(),
            list: store.contacts(&list).await.read(),
            assigned: store.assigned(alice).await.read(),
            alert: store.last_alert(alice, thread).await.read(),
            agents: store.agents().await.read(),
            agent: store.agent(alice).await.read(),
            timers: store.timers().await.read(),
            request: match &changes.request {
                Some(request) => store.request(&request.key).await.read(),
                None => None,
            },
            document: store.document(document).await.read(),
            documents: store.documents(&document.kind).await.read(),
            outbox: store.outbox(None, ALL).await.read(),
            outbox_entries: each!(&changes.outbox, |write| store.outbox_entry(write.entry.id)),
            consent: store.consent(visitor.point.id).await.read(),
            dead_letters: store.dead_letters(0, ALL).await.read(),
            audit: store.audit(0, ALL).await.read(),
            journal: store.journal(0, ALL).await.read(),
            totals: store.totals().await.read(),
        }
    }
}

/// An agent who is logged in, Ready on chat and not on SMS.
pub(super) fn state(sample: &Sample, name: &AgentName) -> AgentState {
    let since = sample.now();
    let readiness =
        [(Medium::Chat, Readiness::Ready), (Medium::Sms, Readiness::NotReady(NotReadyReason::MissedOffer))];
    AgentState {
        signed_in: true,
        readiness: readiness.map(|(medium, readiness)| (medium, ReadinessState { readiness, since })).into(),
        idle_since: sample.now(),
        ..AgentState::unknown(name.clone())
    }
}

fn audit_entry(sample: &Sample, contact: ContactId) -> AuditEntry {
    AuditEntry {
        actor: "alice".to_owned(),
        verb: "contact.edit".to_owned(),
        object: "contact".to_owned(),
        contact: Some(contact),
        salt: sample.uuid().into_bytes(),
        before: None,
        after: Some([7; 32]),
    }
}

pub(super) fn dead_letter(sample: &Sample, raw: &[u8]) -> DeadLetter {
    DeadLetter {
        account: parlor_model::AccountName::new("twilio-main").expect("the suite's names are valid"),
        reason: "not JSON".to_owned(),
        at: sample.now(),
        raw: raw.to_vec(),
    }
}

/// Adds something to a change because of which all of it must be refused.
pub(super) type Spoiler = fn(&Sample, &Fixture, &mut ChangeSet);

/// Ways to spoil the change of a fixture, each in another part.
pub(super) fn spoilers() -> Vec<(&'static str, Spoiler)> {
    vec![
        ("an inbound event twice", |_, _, changes| changes.inbox.extend(changes.inbox.clone())),
        ("a stale contact", |sample, _, changes| {
            changes.contacts.push(ContactWrite { contact: sample.contact(), expected_version: 7 });
        }),
        ("a contact point that exists", |sample, fixture, changes| {
            let id = sample.id();
            changes.points.push(ContactPoint { id, ..fixture.visitor.point.clone() });
        }),
        ("an alias in a circle", |sample, fixture, changes| {
            changes.aliases.push(ContactAlias {
                from: fixture.visitor.contact.id,
                into: Some(fixture.other.contact.id),
                at: sample.now(),
            });
        }),
        ("a thread that exists", |sample, fixture, changes| {
            changes.threads.push(Thread { id: sample.id(), ..fixture.visitor.thread.clone() });
        }),
        ("a second open interaction", |sample, fixture, changes| {
            changes.interactions.push(sample.started(&fixture.visitor));
        }),
        ("an offer of nothing", |sample, fixture, changes| {
            let (offer, interaction) = (sample.id(), sample.id());
            changes.offers.push(OfferRecord { offer, interaction, agent: fixture.alice.clone() });
        }),
        ("a message twice", |_, _, changes| changes.messages.extend(changes.messages.clone())),
        ("an observation of nothing", |sample, _, changes| {
            changes.observations.push(Observation {
                message: sample.id(),
                stage: DeliveryStage::Read,
                at: sample.now(),
                reason: None,
            });
        }),
        ("an acknowledgement of nothing", |sample, _, changes| {
            changes.acknowledged.push(Acknowledged { thread: sample.id(), delivered: 1, read: 1 });
        }),
        ("a stale outbox entry", |_, _, changes| changes.outbox.extend(changes.outbox.clone())),
        ("a timer of nothing", |sample, _, changes| {
            let key = TimerKey { interaction: sample.id(), timer: Timer::AutoDone };
            changes.timers.push(TimerWrite { key, at: Some(sample.now()) });
        }),
        ("a stale agent", |_, _, changes| changes.agents.extend(changes.agents.clone())),
        ("too much load", |_, fixture, changes| {
            let agent = fixture.alice.clone();
            changes.loads.push(LoadChange { agent, class: MediaClass::Live, delta: 3, limit: 3 });
        }),
        ("a read marker of nothing", |sample, fixture, changes| {
            let agent = fixture.alice.clone();
            changes.read_markers.push(ReadMarker { agent, thread: sample.id::<ThreadId>(), upto: 1 });
        }),
        ("an assignment of nobody", |sample, fixture, changes| {
            let agent = fixture.alice.clone();
            changes.assignments.push(Assignment { agent, contact: sample.id(), assigned: true });
        }),
        ("an alert about nothing", |sample, fixture, changes| {
            changes.alerts.push(Alert {
                id: sample.id(),
                agent: fixture.alice.clone(),
                kind: AlertKind::ReplyArrived,
                contact: fixture.visitor.contact.id,
                thread: fixture.visitor.thread.id,
                message: sample.id(),
                at: sample.now(),
            });
        }),
        ("a stale document", |_, _, changes| changes.documents.extend(changes.documents.clone())),
        ("a consent of nobody", |sample, _, changes| {
            changes.consent.push(ConsentEntry {
                point: sample.id(),
                purpose: "messages".to_owned(),
                state: ConsentState::Given,
                evidence: "form".to_owned(),
                at: sample.now(),
            });
        }),
        ("a message of nobody", |sample, fixture, changes| {
            let author = Author::Contact(sample.id());
            changes.messages.push(sample.entry(
                fixture.visitor.thread.id,
                author,
                parlor_model::Visibility::Private,
                parlor_model::Content::Text { text: words("hello") },
            ));
        }),
    ]
}
