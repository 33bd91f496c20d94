//! Applies the parts of a change, in the order of their declaration.

mod agent;
mod contact;
mod inbox;
mod interaction;
mod ledger;
mod message;
mod outbox;
mod personal;
mod thread;

use std::collections::BTreeSet;

use parlor_model::{AgentName, ContactId, InteractionId, MessageId, Timestamp};
use parlor_store::{
    ChangeSet, CommitError, Committed, Conflict, Duplicate, JournalEntry, JournalRecord, StoreError,
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, ToSql};

pub(crate) use self::inbox::acquire_lease;
pub(crate) use self::outbox::claim;
use crate::error::{is_loose_end, is_of_the_statement, write_error};
use crate::row::{key, number};

/// Why a change is not kept.
pub(crate) enum Refusal {
    /// For a reason of its own.
    Own(CommitError),
    /// The database failed, for everybody.
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        if is_of_the_statement(&error) { Self::Own(write_error(error).into()) } else { Self::Database(error) }
    }
}

impl From<Conflict> for Refusal {
    fn from(conflict: Conflict) -> Self {
        Self::Own(conflict.into())
    }
}

impl From<Duplicate> for Refusal {
    fn from(duplicate: Duplicate) -> Self {
        Self::Own(duplicate.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Own(error.into())
    }
}

type Applied<T = ()> = Result<T, Refusal>;

/// What is counted and kept once, as it is at this point of the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// Keys the hash of inbox keys, so that nobody outside can make two of them collide.
    inbox_secret: [u8; 16],
    position: u64,
    messages: u64,
    inbox: u64,
    dead_letters: u64,
}

impl Workspace {
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT inbox_secret, position, messages, inbox, dead_letters FROM workspace";
        connection.query_row(sql, [], |row| {
            Ok(Self {
                inbox_secret: row.get(0)?,
                position: row.get(1)?,
                messages: row.get(2)?,
                inbox: row.get(3)?,
                dead_letters: row.get(4)?,
            })
        })
    }

    pub(crate) fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "UPDATE workspace SET position = ?1, messages = ?2, inbox = ?3, dead_letters = ?4";
        let counts = [self.position, self.messages, self.inbox, self.dead_letters].map(number);
        connection.prepare_cached(sql)?.execute(counts).map(|_| ())
    }

    /// Applies a change. After a refusal the caller takes back what was written; the counts are as they were.
    pub(crate) fn apply(&mut self, connection: &Connection, changes: &ChangeSet) -> Applied<Committed> {
        let mut change = Change::new(connection, self, changes.at);
        match change.apply(changes) {
            Ok(()) => Ok(Committed { records: change.keep(self) }),
            // A repetition is answered as such even when it can no longer be carried out. Inbox keys and requests
            // come first of all parts, so only messages are left to be looked at.
            Err(Refusal::Own(error)) if !matches!(error, CommitError::Duplicate(_)) => {
                let mut messages = changes.messages.iter();
                let earlier = messages.find_map(|message| change.exists_before(message.id).transpose());
                Err(earlier.transpose()?.map_or(Refusal::Own(error), |id| Duplicate::Message(id).into()))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// A change that is being applied.
struct Change<'a> {
    connection: &'a Connection,
    workspace: Workspace,
    at: Option<Timestamp>,
    records: Vec<JournalRecord>,
    /// The rows of the interactions that it writes: other parts of it refer to them.
    interactions: Vec<(InteractionId, i64)>,
    journaled_contacts: BTreeSet<ContactId>,
    journaled_agents: BTreeSet<AgentName>,
}

impl<'a> Change<'a> {
    fn new(connection: &'a Connection, workspace: &Workspace, at: Option<Timestamp>) -> Self {
        Self {
            connection,
            workspace: workspace.clone(),
            at,
            records: Vec::new(),
            interactions: Vec::new(),
            journaled_contacts: BTreeSet::new(),
            journaled_agents: BTreeSet::new(),
        }
    }

    /// Keeps what was counted, and gives what was journaled.
    fn keep(self, workspace: &mut Workspace) -> Vec<JournalRecord> {
        *workspace = self.workspace;
        self.records
    }
}

impl Change<'_> {
    fn apply(&mut self, changes: &ChangeSet) -> Applied {
        self.take_inbox(&changes.inbox)?;
        if let Some(request) = &changes.request {
            self.enter_request(request)?;
        }
        if let Some(fence) = &changes.fence {
            self.check_fence(fence)?;
        }
        each(&changes.contacts, |part| self.write_contact(part))?;
        each(&changes.points, |part| self.write_point(part))?;
        each(&changes.aliases, |part| self.write_alias(part))?;
        each(&changes.threads, |part| self.make_thread(part))?;
        each(&changes.interactions, |part| self.write_interaction(part))?;
        each(&changes.offers, |part| self.make_offer(part))?;
        each(&changes.messages, |part| self.append_message(part))?;
        each(&changes.observations, |part| self.observe(part))?;
        each(&changes.acknowledged, |part| self.acknowledge(part))?;
        each(&changes.outbox, |part| self.write_outbox(part))?;
        each(&changes.timers, |part| self.write_timer(part))?;
        each(&changes.agents, |part| self.write_agent(part))?;
        each(&changes.loads, |part| self.change_load(part))?;
        each(&changes.read_markers, |part| self.read_on(part))?;
        each(&changes.assignments, |part| self.assign(part))?;
        each(&changes.alerts, |part| self.alert(part))?;
        each(&changes.documents, |part| self.write_document(part))?;
        each(&changes.document_owners, |part| self.own_document(part))?;
        each(&changes.consent, |part| self.enter_consent(part))?;
        each(&changes.dead_letters, |part| self.bury(part))?;
        each(&changes.audit, |part| self.enter_audit(part.clone()))
    }

    /// A statement, prepared once a connection.
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    /// How many rows a statement wrote.
    fn execute(&self, sql: &str, parameters: impl Params) -> rusqlite::Result<usize> {
        self.statement(sql)?.execute(parameters)
    }

    /// The one row of a statement, if there is one.
    fn row<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.statement(sql)?.query_row(parameters, read).optional()
    }

    /// The only column of the one row of a statement.
    fn number(&self, sql: &str, parameter: impl ToSql) -> rusqlite::Result<Option<i64>> {
        self.row(sql, [parameter], |row| row.get(0))
    }

    /// When the change was decided. Whatever is shown in the journal needs a time.
    fn at(&self) -> Result<Timestamp, StoreError> {
        self.at.ok_or_else(|| invalid("the change has no time"))
    }

    /// Gives a journal record its place.
    fn journal(&mut self, entry: JournalEntry) -> Result<(), StoreError> {
        let at = self.at()?;
        self.workspace.position += 1;
        self.records.push(JournalRecord { position: self.workspace.position, at, entry });
        Ok(())
    }

    /// The place that the next journal record gets, and its time, as they stand in columns.
    fn next(&self) -> Result<(i64, i64), StoreError> {
        Ok((number(self.workspace.position + 1), self.at()?.as_micros()))
    }

    /// One record a contact and change, however many of its parts are written.
    fn journal_contact(&mut self, contact: ContactId) -> Applied {
        if self.journaled_contacts.insert(contact) {
            let (position, at) = self.next()?;
            let sql = "INSERT INTO journal (position, at, kind, contact) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (position, at, crate::code::journal::CONTACT, key(contact)))?;
            self.journal(JournalEntry::Contact(contact))?;
        }
        Ok(())
    }

    /// One record an agent and change.
    fn journal_agent(&mut self, agent: &AgentName) -> Applied {
        if self.journaled_agents.insert(agent.clone()) {
            let (position, at) = self.next()?;
            let sql = "INSERT INTO journal (position, at, kind, agent) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (position, at, crate::code::journal::AGENT, agent.as_str()))?;
            self.journal(JournalEntry::Agent(agent.clone()))?;
        }
        Ok(())
    }

    /// The message, when an earlier change made it.
    fn exists_before(&self, id: MessageId) -> Applied<Option<MessageId>> {
        let position = self.number("SELECT position FROM messages WHERE id = ?1", key(id))?;
        let ours = self.records.first().map_or(i64::MAX, |first| number(first.position));
        Ok(position.filter(|position| *position < ours).map(|_| id))
    }
}

fn each<'a, T>(parts: &'a [T], apply: impl FnMut(&'a T) -> Applied) -> Applied {
    parts.iter().try_for_each(apply)
}

fn invalid(detail: &str) -> StoreError {
    StoreError::Invalid { detail: detail.to_owned() }
}

/// What a row must refer to, or the change is the caller's mistake.
fn must_exist<T>(found: Option<T>, what: &str) -> Result<T, StoreError> {
    found.ok_or_else(|| invalid(&format!("{what} does not exist")))
}

/// The same where SQLite has found out that it does not.
fn or_loose_end<T>(result: rusqlite::Result<T>, what: &str) -> Applied<T> {
    result.map_err(|error| {
        if is_loose_end(&error) { invalid(&format!("{what} does not exist")).into() } else { error.into() }
    })
}
