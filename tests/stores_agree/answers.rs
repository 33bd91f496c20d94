//! The same questions have the same answers, whatever was asked before.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use parlor_model::{
    AgentName, Author, ClientId, ContactAlias, ContactId, Content, DeliveryStage, IdSource, InteractionId,
    Label, MediaClass, Medium, MessageId, Observation, OutboxId, ProviderMessageId, Readiness,
    ReadinessState, Subject, Thread, Visibility,
};
use parlor_store::{
    Acknowledged, AgentState, AgentWrite, Alert, AlertKind, Assignment, AuditEntry, ChangeSet, CommitError,
    ConsentEntry, ConsentState, ContactQuery, ContactScope, ContactWrite, ConversationQuery, DeadLetter,
    DocumentKey, DocumentOwner, DocumentWrite, Erased, Erasure, Expiry, InboxEntry, InboxKey,
    InteractionWrite, LoadChange, MemoryStore, MessageSearch, OutboxClaim, OutboxEntry, OutboxState,
    OutboxWrite, PageStart, ReadMarker, Request, RequestKey, Store, StoreError, TimerKey, TimerWrite,
};
use parlor_testkit::SeededIds;
use parlor_testkit::store_suite::{Sample, Visitor};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::stores::{Stores, run};

/// How many changes are made to the stores at the most.
const CHANGES: usize = 150;

/// After how many changes everything is asked.
const QUESTIONS: usize = 50;

/// Everything that a change may name: few of each, so that changes meet.
struct World {
    dice: SeededIds,
    sample: Sample,
    visitors: Vec<Visitor>,
    posts: Vec<Thread>,
    agents: Vec<AgentName>,
    /// What may happen to the interactions of each visitor, in the order in which it would make sense.
    writes: Vec<InteractionWrite>,
    messages: Vec<MessageId>,
    outbox: Vec<OutboxId>,
    kept: Kept,
}

/// The versions of what the stores kept, as far as the changes tell: so most changes can be kept, and some cannot.
#[derive(Default)]
struct Kept {
    contacts: BTreeMap<ContactId, u64>,
    interactions: BTreeMap<InteractionId, u64>,
    agents: BTreeMap<AgentName, u64>,
    outbox: BTreeMap<OutboxId, u64>,
}

impl Kept {
    fn note(&mut self, change: &ChangeSet) {
        let contacts = change.contacts.iter().map(|write| (write.contact.id, write.expected_version + 1));
        self.contacts.extend(contacts);
        let interactions = change.interactions.iter();
        self.interactions.extend(interactions.map(|write| (write.interaction.id, write.interaction.version)));
        let agents = change.agents.iter().map(|write| (write.state.name.clone(), write.expected_version + 1));
        self.agents.extend(agents);
        let outbox = change.outbox.iter().map(|write| (write.entry.id, write.expected_version + 1));
        self.outbox.extend(outbox);
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let sample = Sample::new();
        let visitors: Vec<_> = (0..5).map(|_| sample.visitor()).collect();
        let posts = (0..2).map(|_| sample.post()).collect();
        let agents: Vec<_> = ["alice", "bob"].into_iter().map(|name| AgentName::new(name).unwrap()).collect();
        let mut writes = Vec::new();
        for visitor in &visitors {
            for _ in 0..2 {
                let started = sample.started(visitor);
                let offered = sample.offered(&started.interaction, sample.id(), &agents[0]);
                let abandoned = sample.abandoned(&offered.interaction);
                writes.extend([started, offered, abandoned]);
            }
        }
        let outbox = (0..3).map(|_| sample.id()).collect();
        Self {
            dice: SeededIds::new(seed),
            sample,
            visitors,
            posts,
            agents,
            writes,
            messages: Vec::new(),
            outbox,
            kept: Kept::default(),
        }
    }

    /// A number below `sides`.
    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.dice.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }

    fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }

    fn thread(&self) -> &Thread {
        if self.roll(3) == 0 { self.one_of(&self.posts) } else { &self.one_of(&self.visitors).thread }
    }

    fn contact(&self) -> ContactId {
        self.one_of(&self.visitors).contact.id
    }

    /// One that was written, or nearly never one that was not.
    fn message(&self) -> MessageId {
        if self.messages.is_empty() || self.roll(20) == 0 {
            self.sample.id()
        } else {
            *self.one_of(&self.messages)
        }
    }

    fn small(&self) -> u64 {
        self.roll(12) as u64
    }

    /// That version, and now and then another one.
    fn version(&self, kept: Option<&u64>) -> u64 {
        if self.roll(5) > 0 { kept.copied().unwrap_or(0) } else { self.roll(3) as u64 }
    }

    /// An interaction that was begun, and now and then one that was not.
    fn interaction(&self) -> InteractionId {
        let begun: Vec<_> = self.kept.interactions.keys().copied().collect();
        if begun.is_empty() || self.roll(10) == 0 {
            self.one_of(&self.writes).interaction.id
        } else {
            *self.one_of(&begun)
        }
    }

    /// What may happen next to an interaction, and now and then something else.
    fn interaction_write(&self) -> InteractionWrite {
        let is_next = |write: &&InteractionWrite| {
            let kept = self.kept.interactions.get(&write.interaction.id);
            kept.copied().unwrap_or(0) == write.expected_version
        };
        let next: Vec<_> = self.writes.iter().filter(is_next).collect();
        if next.is_empty() || self.roll(5) == 0 {
            self.one_of(&self.writes).clone()
        } else {
            (*self.one_of(&next)).clone()
        }
    }

    /// Some of the visitors and posts are there from the beginning.
    fn arrival(&self) -> ChangeSet {
        let mut change = self.sample.change();
        self.visitors.iter().take(2 + self.roll(4)).for_each(|visitor| visitor.add_to(&mut change));
        change.threads.extend(self.posts.iter().take(self.roll(3)).cloned());
        change
    }

    fn change(&mut self) -> ChangeSet {
        let mut change = self.sample.change();
        for _ in 0..=self.roll(3) {
            self.add_part(&mut change);
        }
        change
    }

    /// Takes note of what became of a change.
    fn note(&mut self, change: &ChangeSet, is_kept: bool) {
        if is_kept {
            self.kept.note(change);
        } else if self.roll(4) > 0 {
            let lost: Vec<_> = change.messages.iter().map(|message| message.id).collect();
            self.messages.retain(|id| !lost.contains(id));
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a part")]
    fn add_part(&mut self, change: &mut ChangeSet) {
        let agent = self.one_of(&self.agents).clone();
        let now = self.sample.now();
        match self.roll(24) {
            0 => self.one_of(&self.visitors).add_to(change),
            1 => {
                let mut contact = self.one_of(&self.visitors).contact.clone();
                contact.display_name = [None, Some("Zoé")][self.roll(2)].map(str::to_owned);
                contact.fields.insert("language".to_owned(), "français".to_owned());
                let expected_version = self.version(self.kept.contacts.get(&contact.id));
                change.contacts.push(ContactWrite { contact, expected_version });
            }
            2 => {
                let mut point = self.one_of(&self.visitors).point.clone();
                point.display_name = Some("Z.".to_owned());
                if self.roll(6) == 0 {
                    point.id = self.sample.id();
                }
                change.points.push(point);
            }
            3 => {
                let into = (self.roll(3) > 0).then(|| self.contact());
                change.aliases.push(ContactAlias { from: self.contact(), into, at: now });
            }
            4 => change.threads.push(self.one_of(&self.posts).clone()),
            5 | 6 => change.interactions.push(self.interaction_write()),
            7..=12 => self.add_message(change),
            13 => change.observations.push(Observation {
                message: self.message(),
                stage: *self.one_of(&[DeliveryStage::Sent, DeliveryStage::Failed, DeliveryStage::Read]),
                at: self.visitors[self.roll(2)].contact.created_at,
                reason: [None, Some(String::new()), Some("no".to_owned())][self.roll(3)].clone(),
            }),
            14 => change.acknowledged.push(Acknowledged {
                thread: self.thread().id,
                delivered: self.small(),
                read: self.small(),
            }),
            15 => {
                let id = *self.one_of(&self.outbox);
                change.outbox.push(OutboxWrite {
                    entry: OutboxEntry {
                        id,
                        message: self.message(),
                        thread: self.thread().id,
                        channel: self.visitors[0].thread.channel.clone(),
                        state: *self.one_of(&OutboxState::ALL),
                        attempts: 1,
                        not_before: now,
                        provider_id: None,
                        reason: None,
                        lease: None,
                        version: 9,
                    },
                    expected_version: self.version(self.kept.outbox.get(&id)),
                });
            }
            16 => change.timers.push(TimerWrite {
                key: TimerKey { interaction: self.interaction(), timer: parlor_interaction::Timer::AutoDone },
                at: (self.roll(2) == 0).then_some(now),
            }),
            17 => {
                let expected_version = self.version(self.kept.agents.get(&agent));
                let mut state = AgentState::unknown(agent);
                state.signed_in = self.roll(2) == 0;
                state
                    .readiness
                    .insert(Medium::Chat, ReadinessState { readiness: Readiness::Ready, since: now });
                state.idle_since = now;
                change.agents.push(AgentWrite { state, expected_version });
            }
            18 => change.loads.push(LoadChange {
                agent,
                class: *self.one_of(&MediaClass::ALL),
                delta: [1, 2, -1, 0, i64::MAX, i64::MIN][self.roll(6)],
                limit: [1, 3][self.roll(2)],
            }),
            19 => {
                change.read_markers.push(ReadMarker { agent, thread: self.thread().id, upto: self.small() });
            }
            20 => {
                let assigned = self.roll(3) > 0;
                change.assignments.push(Assignment { agent, contact: self.contact(), assigned });
            }
            21 => change.alerts.push(Alert {
                id: self.sample.id(),
                agent,
                kind: AlertKind::ReplyArrived,
                contact: self.contact(),
                thread: self.thread().id,
                message: self.message(),
                at: now,
            }),
            22 => {
                let key = DocumentKey::new("kind", ["a", "é", "b"][self.roll(3)]);
                change.documents.push(DocumentWrite {
                    key: key.clone(),
                    expected_version: [None, Some(0), Some(1)][self.roll(3)],
                    body: [None, Some("body".to_owned())][self.roll(2)].clone(),
                });
                if self.roll(2) == 0 {
                    let message = (self.roll(3) == 0).then(|| self.message());
                    let blobs = vec![self.sample.id()];
                    change.document_owners.push(DocumentOwner {
                        key,
                        contact: self.contact(),
                        message,
                        blobs,
                    });
                }
                change.audit.push(self.audit());
            }
            _ => {
                change.consent.push(ConsentEntry {
                    point: self.one_of(&self.visitors).point.id,
                    purpose: "messages".to_owned(),
                    state: [ConsentState::Given, ConsentState::Withdrawn][self.roll(2)],
                    evidence: "keyword".to_owned(),
                    at: now,
                });
                change.dead_letters.push(DeadLetter {
                    account: "meta".parse().unwrap(),
                    reason: "not understood".to_owned(),
                    at: now,
                    raw: vec![0, 255, 7],
                });
                change.request = Some(Request {
                    key: RequestKey { agent, id: ClientId(uuid::Uuid::from_u128(self.roll(20) as u128)) },
                    fingerprint: [7; 32],
                    resource: self.sample.uuid(),
                    at: now,
                });
            }
        }
    }

    fn audit(&self) -> AuditEntry {
        AuditEntry {
            actor: "alice".to_owned(),
            verb: "document.write".to_owned(),
            object: "kind".to_owned(),
            contact: (self.roll(2) == 0).then(|| self.contact()),
            salt: self.sample.uuid().into_bytes(),
            before: None,
            after: Some([9; 32]),
        }
    }

    fn claim(&self) -> OutboxClaim {
        OutboxClaim {
            worker: "worker".to_owned(),
            now: self.sample.now(),
            ttl: Duration::from_micros(self.small()),
            limit: [1, 9][self.roll(2)],
        }
    }

    fn erasure(&self) -> Erasure {
        Erasure {
            contact: self.contact(),
            at: self.sample.now(),
            audit: vec![self.audit()],
            pending: Some(DocumentKey::new("pending", "blobs")),
        }
    }

    fn expiry(&self) -> Expiry {
        Expiry {
            dead_letters_before: Some(self.sample.now()),
            messages_before: Some(self.sample.now()),
            after: self.small(),
            limit: 9,
            pending: Some(DocumentKey::new("pending", "blobs")),
        }
    }

    fn add_message(&mut self, change: &mut ChangeSet) {
        let visitor = self.one_of(&self.visitors).clone();
        // Nearly always in a thread of its own, or below a post; now and then in somebody else's.
        let thread = if self.roll(3) > 0 { visitor.thread.id } else { self.thread().id };
        let author = match self.roll(6) {
            0 => Author::Agent(self.agents[0].clone()),
            1 => Author::Bot(Label::new("greeter").unwrap()),
            2 => Author::System,
            _ => visitor.author(),
        };
        let visibility = *self.one_of(&[Visibility::Private, Visibility::Public, Visibility::Internal]);
        let mut message = match self.roll(4) {
            0 => self.sample.notice(thread),
            1 => self.sample.note(thread, &self.agents[1], "Très important"),
            _ => self.sample.text(thread, author.clone(), ["hello", "Où est ma commande ?"][self.roll(2)]),
        };
        message.visibility = visibility;
        if !matches!(message.content, Content::Note { .. }) {
            message.author = author;
        }
        if self.roll(3) == 0 {
            message.interaction = Some(self.interaction());
            message.parent = Some(self.message());
            message.provider_time = Some(visitor.contact.created_at);
            message.provider_id = Some(ProviderMessageId::new(self.sample.uuid().to_string()));
        }
        if self.roll(15) == 0 && change.messages.is_empty() {
            message.id = self.message();
        }
        if self.roll(4) == 0 && change.inbox.is_empty() {
            let key = InboxKey {
                scope: "website".to_owned(),
                kind: "message".to_owned(),
                provider_time: [None, Some(visitor.contact.created_at)][self.roll(2)],
                external_id: self.roll(10).to_string(),
            };
            change.inbox.push(InboxEntry { key, message: Some(message.id) });
        }
        self.messages.push(message.id);
        change.messages.push(message);
    }

    /// Asks both stores everything.
    async fn compare(&self, one: &dyn Store, two: &dyn Store) {
        let end = one.totals().await.unwrap().position;
        for visitor in &self.visitors {
            let (contact, point) = (visitor.contact.id, &visitor.point);
            same(one.contact(contact).await, two.contact(contact).await);
            same(one.resolve_contact(contact).await, two.resolve_contact(contact).await);
            same(one.point(point.id).await, two.point(point.id).await);
            same(one.point_by_key(&point.key).await, two.point_by_key(&point.key).await);
            same(one.points_of(contact).await, two.points_of(contact).await);
            same(one.threads_of(contact).await, two.threads_of(contact).await);
            same(one.consent(point.id).await, two.consent(point.id).await);
            same(one.export(contact).await, two.export(contact).await);
            for agent in &self.agents {
                same(one.unread(agent, contact).await, two.unread(agent, contact).await);
            }
            self.compare_conversation(one, two, contact, end).await;
        }
        for thread in self.visitors.iter().map(|visitor| &visitor.thread).chain(&self.posts) {
            self.compare_thread(one, two, thread).await;
        }
        for write in &self.writes {
            let id = write.interaction.id;
            same(one.interaction(id).await, two.interaction(id).await);
            same(one.history(id).await, two.history(id).await);
            same(one.open_interactions(Some(id), 2).await, two.open_interactions(Some(id), 2).await);
        }
        for id in &self.messages {
            same(one.message(*id).await, two.message(*id).await);
            let (mut a, mut b) = (one.observations(*id).await.unwrap(), two.observations(*id).await.unwrap());
            a.sort();
            b.sort();
            assert_eq!(a, b);
        }
        for agent in &self.agents {
            same(one.agent(agent).await, two.agent(agent).await);
            same(one.assigned(agent).await, two.assigned(agent).await);
            self.compare_lists(one, two, agent, end).await;
        }
        for words in ["commande ou", "import", "el", "%", ""] {
            let before = [None, Some(self.small())][self.roll(2)];
            let limit = [0, 2, usize::MAX][self.roll(3)];
            let contact = [None, Some(self.contact())][self.roll(2)];
            let query = MessageSearch { before, contact, ..MessageSearch::new(words, limit) };
            same(one.search(&query).await, two.search(&query).await);
        }
        same(one.agents().await, two.agents().await);
        same(one.timers().await, two.timers().await);
        for kind in ["kind", "pending"] {
            same(one.documents(kind).await, two.documents(kind).await);
        }
        same(one.audit(0, usize::MAX).await, two.audit(0, usize::MAX).await);
        same(one.outbox(None, 2).await, two.outbox(None, 2).await);
        same(one.unfinished_outbox(None, 2).await, two.unfinished_outbox(None, 2).await);
        same(one.dead_letters(1, 3).await, two.dead_letters(1, 3).await);
        same(one.journal(0, usize::MAX).await, two.journal(0, usize::MAX).await);
        same(one.journal(end / 2, 7).await, two.journal(end / 2, 7).await);
        same(one.totals().await, two.totals().await);
    }

    async fn compare_thread(&self, one: &dyn Store, two: &dyn Store, thread: &Thread) {
        let id = thread.id;
        let channel = thread.channel.as_str();
        let none = Subject::Direct(self.sample.id());
        same(one.thread(id).await, two.thread(id).await);
        for subject in [&thread.subject, &none] {
            same(
                one.thread_by_subject(channel, subject).await,
                two.thread_by_subject(channel, subject).await,
            );
        }
        same(one.open_interaction(id).await, two.open_interaction(id).await);
        same(one.interactions_of(id, 2).await, two.interactions_of(id, 2).await);
        same(one.messages(id, 2, 5).await, two.messages(id, 2, 5).await);
        same(one.last_messages(id, 3).await, two.last_messages(id, 3).await);
        same(one.acknowledged(id).await, two.acknowledged(id).await);
        for agent in &self.agents {
            same(one.read_marker(agent, id).await, two.read_marker(agent, id).await);
            same(one.last_alert(agent, id).await, two.last_alert(agent, id).await);
        }
    }

    async fn compare_conversation(&self, one: &dyn Store, two: &dyn Store, contact: ContactId, end: u64) {
        let somewhere = self.roll(usize::try_from(end).unwrap() + 2) as u64;
        let starts = [
            PageStart::Newest,
            PageStart::Before(somewhere),
            PageStart::After(somewhere),
            PageStart::Before(u64::MAX),
        ];
        for start in starts {
            for search in [None, Some("ou commande"), Some("important")] {
                let query = ConversationQuery {
                    contact,
                    start,
                    limit: [0, 1, 3, 50, usize::MAX][self.roll(5)],
                    visibility: [
                        vec![],
                        vec![Visibility::Private],
                        vec![Visibility::Public, Visibility::Internal],
                    ][self.roll(3)]
                    .clone(),
                    search: search.map(str::to_owned),
                };
                same(one.conversation(&query).await, two.conversation(&query).await);
            }
        }
    }

    async fn compare_lists(&self, one: &dyn Store, two: &dyn Store, agent: &AgentName, end: u64) {
        for scope in [ContactScope::All, ContactScope::Assigned, ContactScope::Unassigned] {
            for search in [None, Some("zoe francais"), Some("z.")] {
                for before in [None, Some(end / 2), Some(1), Some(0)] {
                    let query = ContactQuery {
                        agent: agent.clone(),
                        scope,
                        search: search.map(str::to_owned),
                        before,
                        limit: [0, 1, 2, 50][self.roll(4)],
                    };
                    same(one.contacts(&query).await, two.contacts(&query).await);
                }
            }
        }
    }
}

#[track_caller]
fn same<T: Debug + PartialEq>(one: Result<T, StoreError>, two: Result<T, StoreError>) {
    assert_eq!(one.unwrap(), two.unwrap());
}

/// The answer without the words in which a mistake of the caller is explained.
fn outline<T>(answer: Result<T, CommitError>) -> Result<T, String> {
    answer.map_err(|error| match error {
        CommitError::Store(StoreError::Invalid { .. }) => "invalid".to_owned(),
        other => format!("{other:?}"),
    })
}

/// What was erased; an error when work was not done.
fn outcome_of(erased: Result<Option<Erased>, StoreError>) -> Result<Option<Erased>, String> {
    match erased {
        Err(StoreError::InWork) => Err("in work".to_owned()),
        other => Ok(other.unwrap()),
    }
}

/// What came of the changes of all cases.
#[derive(Debug, Default)]
struct Outcome {
    kept: Cell<usize>,
    refused: Cell<usize>,
}

impl Outcome {
    fn count(&self, kept: bool) {
        let count = if kept { &self.kept } else { &self.refused };
        count.set(count.get() + 1);
    }
}

/// Makes the same changes to all stores, and asks all of them the same.
async fn compare_all(seed: u64, changes: usize, outcome: &Outcome) {
    let (reference, stores) = (MemoryStore::new(), Stores::open().await);
    let mut world = World::new(seed);
    for number in 0..=changes {
        let change = if number == 0 { world.arrival() } else { world.change() };
        let expected = outline(reference.commit(change.clone()).await);
        outcome.count(expected.is_ok());
        world.note(&change, expected.is_ok());
        for (name, store) in stores.all() {
            let found = outline(store.commit(change.clone()).await);
            assert_eq!(found, expected, "{name}: change {number} of seed {seed}");
        }
        if number % QUESTIONS == 20 {
            stores.finish_index().await;
        }
        if number % 7 == 1 {
            let claim = world.claim();
            let given = reference.claim_outbox(&claim).await.unwrap();
            for (name, store) in stores.all() {
                assert_eq!(store.claim_outbox(&claim).await.unwrap(), given, "{name}: after {number}");
            }
        }
        if number % QUESTIONS == 40 {
            let (erasure, expiry) = (world.erasure(), world.expiry());
            let erased = outcome_of(reference.erase(&erasure).await);
            let expired = reference.expire(&expiry).await.unwrap();
            for (name, store) in stores.all() {
                assert_eq!(outcome_of(store.erase(&erasure).await), erased, "{name}: after {number}");
                assert_eq!(store.expire(&expiry).await.unwrap(), expired, "{name}: after {number}");
            }
        }
        if number % QUESTIONS == QUESTIONS - 1 || number == changes {
            for (_, store) in stores.all() {
                world.compare(&reference, store).await;
            }
        }
    }
}

#[test]
fn every_answer_is_that_of_the_reference_store() {
    let cases = std::env::var("PARLOR_AGREEMENT_CASES").map_or(10, |cases| cases.parse().unwrap());
    let outcome = Outcome::default();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    // Of what fails, the fewest changes are found that do.
    let strategy = (any::<u64>().no_shrink(), CHANGES / 2..=CHANGES);
    let compared = runner.run(&strategy, |(seed, changes)| {
        run(compare_all(seed, changes, &outcome));
        Ok(())
    });
    compared.unwrap();
    let least = 10 * usize::try_from(cases).unwrap();
    assert!(
        outcome.kept.get() > least && outcome.refused.get() > least,
        "{outcome:?}: not much was compared"
    );
}
