//! A history: what several writers asked a store to keep, and what they were answered.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use parlor_interaction::{Interaction, Timer};
use parlor_model::{
    AccountName, AgentName, ContactId, DeliveryStage, InteractionId, MediaClass, Observation,
};
use parlor_sqlite_vfs::{Disk, Image};
use parlor_store::{
    Alert, AlertKind, Assignment, ChangeSet, ConsentEntry, ConsentState, ContactWrite, DeadLetter,
    DocumentKey, DocumentWrite, LoadChange, OutboxEntry, OutboxState, OutboxWrite, ReadMarker, Store,
    TimerKey, TimerWrite,
};
use parlor_store_sqlite::SqliteStore;
use parlor_testkit::store_suite::{Sample, Visitor};
use tokio::task::LocalSet;

use crate::{open, run};

/// The kind of the document that each change writes beside everything else: it tells which changes are there.
pub(crate) const MARK: &str = "change";

/// How many write at the same time.
pub(crate) const WRITERS: usize = 4;

/// How many changes each of them asks for, the first of which makes its visitor.
const CHANGES: usize = 8;

/// One change that was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) changes: Arc<ChangeSet>,
    /// How often the disk had been changed when the answer was there.
    pub(crate) answered: Option<u64>,
}

/// What the writers asked for, each in its order; none asks before the answer to its last change is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) sample: Sample,
    pub(crate) writers: Vec<Writer>,
}

/// What one writer asked for.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) number: usize,
    pub(crate) visitor: Visitor,
    pub(crate) asked: Vec<Arc<Asked>>,
    contact_version: u64,
    waiting: Option<Interaction>,
}

/// The agent of the writers.
pub(crate) fn alice() -> AgentName {
    AgentName::new("alice").unwrap()
}

/// The document by which a change is found again.
pub(crate) fn mark(writer: usize, number: usize) -> DocumentKey {
    DocumentKey::new(MARK, format!("{writer:02}-{number:04}"))
}

impl Writer {
    fn new(number: usize, sample: &Sample) -> Self {
        Self { number, visitor: sample.visitor(), asked: Vec::new(), contact_version: 0, waiting: None }
    }

    /// The next change: several parts, in several tables, some larger than a page.
    pub(crate) fn next(&mut self, sample: &Sample) -> ChangeSet {
        let number = self.asked.len();
        let mut changes = sample.change();
        let random = sample.uuid().as_u128();
        changes.documents.push(DocumentWrite {
            key: mark(self.number, number),
            expected_version: Some(0),
            body: Some("x".repeat(usize::try_from(random % 600).unwrap())),
        });
        if number == 0 {
            self.visitor.add_to(&mut changes);
            self.contact_version = 1;
            return changes;
        }
        match random / 600 % 6 {
            0 => self.receive(sample, &mut changes, "hello"),
            1 => self.receive(sample, &mut changes, &"a long story ".repeat(400)),
            2 => self.reply(sample, &mut changes),
            3 => self.open_or_close(sample, &mut changes),
            4 => self.note_down(sample, &mut changes),
            _ => self.rename(sample, &mut changes),
        }
        changes
    }

    fn receive(&self, sample: &Sample, changes: &mut ChangeSet, text: &str) {
        let message = sample.says(&self.visitor, text);
        let received = sample.receiving(&sample.inbox_key(), message);
        changes.inbox = received.inbox;
        changes.messages = received.messages;
    }

    fn reply(&self, sample: &Sample, changes: &mut ChangeSet) {
        let message = sample.answer(&self.visitor, &alice(), "Good morning");
        let observed = |stage| Observation { message: message.id, stage, at: sample.now(), reason: None };
        changes.observations.extend([observed(DeliveryStage::Sent), observed(DeliveryStage::Delivered)]);
        changes.outbox.push(OutboxWrite {
            entry: OutboxEntry {
                id: sample.id(),
                message: message.id,
                thread: message.thread,
                channel: self.visitor.thread.channel.clone(),
                state: OutboxState::Pending,
                attempts: 0,
                not_before: sample.now(),
                provider_id: None,
                reason: None,
                lease: None,
                version: 0,
            },
            expected_version: 0,
        });
        changes.request = Some(sample.request(&alice()));
        changes.messages.push(message);
    }

    fn open_or_close(&mut self, sample: &Sample, changes: &mut ChangeSet) {
        let timer = |interaction: InteractionId, at| TimerWrite {
            key: TimerKey { interaction, timer: Timer::AutoDone },
            at,
        };
        if let Some(waiting) = self.waiting.take() {
            changes.timers.push(timer(waiting.id, None));
            changes.interactions.push(sample.abandoned(&waiting));
        } else {
            let started = sample.started(&self.visitor);
            changes.timers.push(timer(started.interaction.id, Some(sample.now())));
            self.waiting = Some(started.interaction.clone());
            changes.interactions.push(started);
        }
    }

    fn note_down(&self, sample: &Sample, changes: &mut ChangeSet) {
        changes.consent.push(ConsentEntry {
            point: self.visitor.point.id,
            purpose: "messages".to_owned(),
            state: ConsentState::Given,
            evidence: "form".to_owned(),
            at: sample.now(),
        });
        changes.dead_letters.push(DeadLetter {
            account: AccountName::new("main").unwrap(),
            reason: "not JSON".to_owned(),
            at: sample.now(),
            raw: sample.uuid().into_bytes().repeat(200),
        });
        changes.read_markers.push(ReadMarker { agent: alice(), thread: self.visitor.thread.id, upto: 1 });
        let contact = self.visitor.contact.id;
        changes.assignments.push(Assignment { agent: alice(), contact, assigned: true });
    }

    fn rename(&mut self, sample: &Sample, changes: &mut ChangeSet) {
        let mut contact = self.visitor.contact.clone();
        contact.display_name = Some(format!("version {}", self.contact_version));
        changes.contacts.push(ContactWrite { contact, expected_version: self.contact_version });
        self.contact_version += 1;
        changes.loads.push(LoadChange { agent: alice(), class: MediaClass::Live, delta: 1, limit: 10_000 });
        let message = sample.says(&self.visitor, "I am back");
        changes.alerts.push(Alert {
            id: sample.id(),
            agent: alice(),
            kind: AlertKind::ReplyArrived,
            contact: self.visitor.contact.id,
            thread: message.thread,
            message: message.id,
            at: sample.now(),
        });
        changes.messages.push(message);
    }
}

impl History {
    /// Writers who have asked for nothing yet.
    pub(crate) fn new() -> Self {
        let sample = Sample::new();
        let writers = (0..WRITERS).map(|number| Writer::new(number, &sample)).collect();
        Self { sample, writers }
    }

    /// The history as whoever opens the store finds it: what is there was there before everything that follows.
    pub(crate) fn continued(&self, there: &[usize]) -> Self {
        let mut history = self.clone();
        for (writer, there) in history.writers.iter_mut().zip(there) {
            writer.asked.truncate(*there);
            for asked in &mut writer.asked {
                *asked = Arc::new(Asked { changes: Arc::clone(&asked.changes), answered: Some(0) });
            }
            // What was lost may have been the writer's own idea of the contact and of what waits.
            writer.contact_version = writer.contact_versions();
            writer.waiting = writer.left_waiting();
        }
        history
    }

    /// A change that was asked for, and when it was answered as kept.
    pub(crate) fn expect(&mut self, writer: usize, changes: ChangeSet, answered: Option<u64>) {
        self.writers[writer].asked.push(Arc::new(Asked { changes: Arc::new(changes), answered }));
    }

    /// One writer asks for one more change and waits for the answer; `true` when it was kept.
    pub(crate) async fn ask(&mut self, writer: usize, store: &SqliteStore, disk: &Disk) -> bool {
        let changes = self.writers[writer].next(&self.sample);
        let kept = store.commit(changes.clone()).await.is_ok();
        self.expect(writer, changes, kept.then(|| disk.changes()));
        kept
    }
}

impl Writer {
    pub(crate) fn contact(&self) -> ContactId {
        self.visitor.contact.id
    }

    fn contact_versions(&self) -> u64 {
        self.asked.iter().map(|asked| asked.changes.contacts.len() as u64).sum()
    }

    fn left_waiting(&self) -> Option<Interaction> {
        let last = self.asked.iter().flat_map(|asked| &asked.changes.interactions).last()?;
        (last.expected_version == 0).then(|| last.interaction.clone())
    }
}

/// Writes a history, from the making of the file to its closing, with images of about one in so many moments.
pub(crate) fn write(disk: &Disk, one_in: u64, seed: u64) -> (History, Vec<Image>) {
    disk.record(one_in, seed);
    // Another seed, another history: the sample gives other numbers after some were taken.
    let history = History::new();
    for _ in 0..seed % 1_000 {
        history.sample.uuid();
    }
    let history = run(async {
        let store = open(disk).unwrap();
        let History { sample, writers } = history;
        let together = LocalSet::new();
        let done = Rc::new(RefCell::new(Vec::new()));
        for mut writer in writers {
            let (store, disk, sample) = (Arc::clone(&store), disk.clone(), sample.clone());
            let done = Rc::clone(&done);
            together.spawn_local(async move {
                for _ in 0..CHANGES {
                    let changes = writer.next(&sample);
                    store.commit(changes.clone()).await.unwrap();
                    let answered = Some(disk.changes());
                    writer.asked.push(Arc::new(Asked { changes: Arc::new(changes), answered }));
                }
                done.borrow_mut().push(writer);
            });
        }
        together.await;
        store.close().await.unwrap();
        let mut writers = done.take();
        writers.sort_by_key(|writer| writer.number);
        History { sample, writers }
    });
    let mut images = disk.recorded();
    images.push(disk.image());
    (history, images)
}
