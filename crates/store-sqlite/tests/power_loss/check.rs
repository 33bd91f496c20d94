//! Whether a store holds whole changes, all that were answered, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{InteractionId, MessageId, OutboxId, ThreadId};
use parlor_sqlite_vfs::{Disk, VFS};
use parlor_store::{ChangeSet, JournalEntry, MessageSearch, RequestKey, Store, StoreError, TimerKey};
use parlor_store_sqlite::SqliteStore;
use rusqlite::{Connection, OpenFlags};

use crate::FILE;
use crate::history::{History, MARK, alice, mark};

/// More than any history writes.
const ALL: usize = 100_000;

/// What the changes that are there amount to.
#[derive(Debug, Default, PartialEq)]
struct Content {
    messages: BTreeMap<ThreadId, Vec<MessageId>>,
    inbox: u64,
    requests: BTreeSet<RequestKey>,
    contacts: BTreeMap<usize, u64>,
    interactions: BTreeMap<InteractionId, u64>,
    timers: BTreeSet<TimerKey>,
    outbox: BTreeMap<OutboxId, u64>,
    observations: usize,
    alerts: usize,
    load: i64,
    assigned: usize,
    consents: usize,
    dead_letters: Vec<Vec<u8>>,
    /// Messages that a search finds, however far the index has come.
    stories: BTreeSet<MessageId>,
    /// Messages, sequences and positions as they are counted, and whether none is missing.
    places: (u64, bool),
}

impl Content {
    fn add(&mut self, writer: usize, changes: &ChangeSet) {
        for message in &changes.messages {
            self.messages.entry(message.thread).or_default().push(message.id);
            let is_story = message.content.text().is_some_and(|text| text.contains("story"));
            self.stories.extend(is_story.then_some(message.id));
        }
        self.inbox += changes.inbox.len() as u64;
        self.requests.extend(changes.request.iter().map(|request| request.key.clone()));
        for write in &changes.contacts {
            self.contacts.insert(writer, write.expected_version + 1);
        }
        for write in &changes.interactions {
            self.interactions.insert(write.interaction.id, write.interaction.version);
        }
        for timer in &changes.timers {
            if timer.at.is_some() {
                self.timers.insert(timer.key.clone());
            } else {
                self.timers.remove(&timer.key);
            }
        }
        self.outbox.extend(changes.outbox.iter().map(|write| (write.entry.id, write.expected_version + 1)));
        self.observations += changes.observations.len();
        self.alerts += changes.alerts.len();
        self.load += changes.loads.iter().map(|load| load.delta).sum::<i64>();
        self.consents += changes.consent.len();
        self.dead_letters.extend(changes.dead_letters.iter().map(|letter| letter.raw.clone()));
    }

    /// What should be there when these many changes of each writer are.
    fn expected(history: &History, there: &[usize]) -> Self {
        let mut content = Self::default();
        for (writer, there) in history.writers.iter().zip(there) {
            for asked in &writer.asked[..*there] {
                content.add(writer.number, &asked.changes);
            }
            // Assigning a contact again changes nothing.
            let assigns = writer.asked[..*there].iter().any(|asked| !asked.changes.assignments.is_empty());
            content.assigned += usize::from(assigns);
        }
        content.dead_letters.sort();
        content.places = (content.messages.values().map(|messages| messages.len() as u64).sum(), true);
        content
    }

    /// What is there.
    async fn found(history: &History, store: &SqliteStore) -> Result<Self, StoreError> {
        let mut content = Self::default();
        let mut gapless = true;
        for writer in &history.writers {
            let thread = writer.visitor.thread.id;
            let messages = store.messages(thread, 0, ALL).await?;
            gapless &= messages.iter().map(|message| message.sequence).eq(1..=messages.len() as u64);
            if !messages.is_empty() {
                content.messages.insert(thread, messages.into_iter().map(|message| message.id).collect());
            }
            if let Some(contact) = store.contact(writer.contact()).await? {
                content.contacts.insert(writer.number, contact.version);
            }
            for interaction in store.interactions_of(thread, ALL).await? {
                content.interactions.insert(interaction.id, interaction.version);
            }
            content.consents += store.consent(writer.visitor.point.id).await?.len();
            for request in writer.asked.iter().filter_map(|asked| asked.changes.request.as_ref()) {
                let found = store.request(&request.key).await?;
                content.requests.extend(found.map(|request| request.key));
            }
        }
        content.timers = store.timers().await?.into_iter().map(|(key, _)| key).collect();
        let outbox = store.outbox(None, ALL).await?;
        content.outbox = outbox.into_iter().map(|entry| (entry.id, entry.version)).collect();
        let stories = store.search(&MessageSearch::new("story", ALL)).await?;
        content.stories = stories.messages.into_iter().map(|message| message.id).collect();
        let totals = store.totals().await?;
        let journal = store.journal(0, ALL).await?;
        gapless &= journal.iter().map(|record| record.position).eq(1..=totals.position);
        for record in journal {
            content.observations += usize::from(matches!(record.entry, JournalEntry::Observation(_)));
            content.alerts += usize::from(matches!(record.entry, JournalEntry::Alert(_)));
        }
        let agent = store.agent(&alice()).await?;
        content.load = agent.map_or(0, |agent| agent.load.values().map(|load| i64::from(load.used)).sum());
        content.assigned = store.assigned(&alice()).await?.len();
        content.dead_letters =
            store.dead_letters(0, ALL).await?.into_iter().map(|letter| letter.raw).collect();
        content.dead_letters.sort();
        content.inbox = totals.inbox;
        content.places = (totals.messages, gapless);
        Ok(content)
    }
}

/// How many changes of each writer are there.
///
/// # Errors
///
/// What is wrong: a change that was answered before the disk was changed `upto` times is not there, one is there and an
/// earlier one of the same writer is not, one is there in part, or a place is missing.
pub(crate) async fn check(history: &History, store: &SqliteStore, upto: u64) -> Result<Vec<usize>, String> {
    let failed = |error: StoreError| format!("{error:?}");
    let marks = store.documents(MARK).await.map_err(failed)?;
    let marks: BTreeSet<_> = marks.into_iter().map(|document| document.key).collect();
    let mut there = Vec::new();
    for writer in &history.writers {
        let is_there = |number: &usize| marks.contains(&mark(writer.number, *number));
        let number = (0..writer.asked.len()).take_while(is_there).count();
        let lost = writer.asked[number..].iter().filter(|asked| asked.answered.is_some_and(|at| at <= upto));
        let lost = lost.count();
        if lost > 0 {
            return Err(format!("{lost} changes of writer {} were answered and are lost", writer.number));
        }
        there.push(number);
    }
    if marks.len() != there.iter().sum::<usize>() {
        return Err(format!("{there:?} changes are there in order, and others: {marks:?}"));
    }
    let found = Content::found(history, store).await.map_err(failed)?;
    let expected = Content::expected(history, &there);
    if found != expected {
        return Err(format!("{there:?} are there, so\n{expected:?}\nis expected, and there is\n{found:?}"));
    }
    Ok(there)
}

/// Whether SQLite finds the file, of which no store is open, in order.
pub(crate) fn check_file(disk: &Disk) -> Result<(), String> {
    let failed = |error: rusqlite::Error| error.to_string();
    let connection =
        Connection::open_with_flags_and_vfs(disk.path(FILE), OpenFlags::SQLITE_OPEN_READ_WRITE, VFS)
            .map_err(failed)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed)?;
    let mut loose = connection.prepare("PRAGMA foreign_key_check").map_err(failed)?;
    match verdict.as_str() {
        "ok" if !loose.exists([]).map_err(failed)? => Ok(()),
        "ok" => Err("a row refers to nothing".to_owned()),
        _ => Err(verdict),
    }
}
