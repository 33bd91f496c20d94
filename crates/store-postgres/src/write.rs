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

use parlor_model::{AgentName, ContactId, Timestamp};
use parlor_store::{ChangeSet, CommitError, Duplicate, InboxEntry, JournalEntry, JournalRecord};
use tokio_postgres::Row;

pub(crate) use self::inbox::acquire_lease;
pub(crate) use self::outbox::claim;
pub(crate) use self::personal::{erase, expire};
use crate::code;
use crate::pipeline::{Applied, Pipeline, Question, Refusal, given, invalid};
use crate::row::{Read, count, get, key, number};
use crate::session::Asks;

/// What is counted and kept once, as it is at this point of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// Keys the hash of inbox keys, so that nobody outside can make two of them collide.
    inbox_secret: [u8; 16],
    position: u64,
    messages: u64,
    inbox: u64,
    dead_letters: u64,
}

impl Workspace {
    /// Locks the workspace until the end of the transaction, and tells how it is.
    pub(crate) const LOCK: &'static str =
        "SELECT inbox_secret, position, messages, inbox, dead_letters FROM workspace FOR NO KEY UPDATE";

    pub(crate) fn read(row: &Row) -> Read<Self> {
        let secret: Vec<u8> = get(row, 0)?;
        Ok(Self {
            inbox_secret: secret.try_into().map_err(|_| crate::row::Unreadable("secret"))?,
            position: count(row, 1)?,
            messages: count(row, 2)?,
            inbox: count(row, 3)?,
            dead_letters: count(row, 4)?,
        })
    }

    /// The newest position, and the numbers of messages, inbound events and dead letters, as they stand in columns.
    pub(crate) fn columns(&self) -> [i64; 4] {
        [self.position, self.messages, self.inbox, self.dead_letters].map(number)
    }
}

/// A change that is being applied.
struct Change<'p, 'a> {
    pipeline: &'p mut Pipeline<'a>,
    workspace: &'p mut Workspace,
    at: Option<Timestamp>,
    journaled_contacts: BTreeSet<ContactId>,
    journaled_agents: BTreeSet<&'a AgentName>,
}

/// Sends what a change does. What it is worth is known when the pipeline has settled; after a refusal the caller takes
/// back what was written, and the workspace as it was.
pub(crate) async fn apply<'a>(
    pipeline: &mut Pipeline<'a>,
    workspace: &mut Workspace,
    changes: &'a ChangeSet,
) -> Applied {
    Change::new(pipeline, workspace, changes.at).apply(changes).await
}

/// The answer to a change that was refused and of which nothing is left.
///
/// A repetition is answered as such even when it can no longer be carried out. Inbox keys and requests come first of all
/// parts, so only messages are left to be looked at.
pub(crate) async fn answer_to_refused(
    session: &impl Asks,
    workspace: &Workspace,
    changes: &ChangeSet,
    refusal: Refusal,
) -> Result<CommitError, Refusal> {
    match refusal {
        Refusal::Own(error @ CommitError::Duplicate(_)) => Ok(error),
        Refusal::Own(error) => {
            let ids: Vec<_> = changes.messages.iter().map(|message| key(message.id)).collect();
            if ids.is_empty() {
                return Ok(error);
            }
            let sql = "SELECT id FROM messages WHERE id = ANY($1::uuid[])";
            let rows = session.rows(sql, &[&ids]).await.map_err(Refusal::Database)?;
            let known: Vec<uuid::Uuid> = rows.iter().map(|row| get(row, 0)).collect::<Read<_>>()?;
            let earlier = changes.messages.iter().find(|message| known.contains(&key(message.id)));
            Ok(earlier.map_or(error, |message| Duplicate::Message(message.id).into()))
        }
        Refusal::Inbox(inbox_key) => {
            let message = match inbox::taken_by(session, workspace, &inbox_key).await? {
                Some(taken) => taken,
                // Taken by the change itself, which names it twice.
                None => changes
                    .inbox
                    .iter()
                    .find(|InboxEntry { key, .. }| *key == inbox_key)
                    .and_then(|entry| entry.message),
            };
            Ok(Duplicate::Inbox { key: inbox_key, message }.into())
        }
        Refusal::Database(error) => Err(Refusal::Database(error)),
    }
}

impl<'p, 'a> Change<'p, 'a> {
    fn new(pipeline: &'p mut Pipeline<'a>, workspace: &'p mut Workspace, at: Option<Timestamp>) -> Self {
        pipeline.begin_change();
        let (journaled_contacts, journaled_agents) = (BTreeSet::new(), BTreeSet::new());
        Self { pipeline, workspace, at, journaled_contacts, journaled_agents }
    }
}

impl<'a> Change<'_, 'a> {
    async fn apply(&mut self, changes: &'a ChangeSet) -> Applied {
        for part in &changes.inbox {
            self.take_inbox(part).await;
        }
        if let Some(request) = &changes.request {
            self.enter_request(request).await;
        }
        if let Some(fence) = &changes.fence {
            self.check_fence(fence).await;
        }
        for part in &changes.contacts {
            self.write_contact(part).await?;
        }
        for part in &changes.points {
            self.write_point(part).await?;
        }
        for part in &changes.aliases {
            self.write_alias(part).await?;
        }
        for part in &changes.threads {
            self.make_thread(part).await;
        }
        for part in &changes.interactions {
            self.write_interaction(part).await?;
        }
        for part in &changes.offers {
            self.make_offer(part).await;
        }
        for part in &changes.messages {
            self.append_message(part).await?;
        }
        for part in &changes.observations {
            self.observe(part).await?;
        }
        for part in &changes.acknowledged {
            self.acknowledge(part).await?;
        }
        for part in &changes.outbox {
            self.write_outbox(part).await;
        }
        for part in &changes.timers {
            self.write_timer(part).await?;
        }
        for part in &changes.agents {
            self.write_agent(part).await?;
        }
        for part in &changes.loads {
            self.change_load(part).await?;
        }
        for part in &changes.read_markers {
            self.read_on(part).await?;
        }
        for part in &changes.assignments {
            self.assign(part).await?;
        }
        for part in &changes.alerts {
            self.alert(part).await?;
        }
        for part in &changes.documents {
            self.write_document(part).await;
        }
        for part in &changes.document_owners {
            self.own_document(part).await?;
        }
        for part in &changes.consent {
            self.enter_consent(part).await;
        }
        for part in &changes.dead_letters {
            self.bury(part).await;
        }
        for part in &changes.audit {
            self.enter_audit(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, question: Question<'a>) {
        self.pipeline.send(question).await;
    }

    /// The one row of a statement that decides what follows: everything before it is settled first.
    async fn row(
        &mut self,
        sql: &'static str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Applied<Option<Row>> {
        self.pipeline.settle().await?;
        Ok(self.pipeline.session.rows(sql, parameters).await?.into_iter().next())
    }

    /// When the change was decided. Whatever is shown in the journal needs a time.
    async fn at(&mut self) -> Applied<Timestamp> {
        if let Some(at) = self.at {
            return Ok(at);
        }
        // Something before it may refuse the change for another reason.
        self.pipeline.settle().await?;
        Err(invalid("the change has no time").into())
    }

    /// Gives a journal record its place, and says which record of the change it is.
    fn journal(&mut self, at: Timestamp, entry: JournalEntry) -> usize {
        self.workspace.position += 1;
        self.pipeline.record(JournalRecord { position: self.workspace.position, at, entry })
    }

    /// The place that the next journal record gets, and its time, as they stand in columns.
    async fn next(&mut self) -> Applied<(i64, Timestamp)> {
        let at = self.at().await?;
        Ok((number(self.workspace.position + 1), at))
    }

    /// One record a contact and change, however many of its parts are written.
    async fn journal_contact(&mut self, contact: ContactId) -> Applied {
        if self.journaled_contacts.insert(contact) {
            let (position, at) = self.next().await?;
            let sql = "INSERT INTO journal (position, at, kind, contact) VALUES ($1, $2, $3, $4)";
            let values = given![position, at.as_micros(), code::journal::CONTACT, key(contact)];
            self.send(Question::new(sql, values)).await;
            self.journal(at, JournalEntry::Contact(contact));
        }
        Ok(())
    }

    /// One record an agent and change.
    async fn journal_agent(&mut self, agent: &'a AgentName) -> Applied {
        if self.journaled_agents.insert(agent) {
            let (position, at) = self.next().await?;
            let sql = "INSERT INTO journal (position, at, kind, agent) VALUES ($1, $2, $3, $4)";
            let values = given![position, at.as_micros(), code::journal::AGENT, agent.as_str()];
            self.send(Question::new(sql, values)).await;
            self.journal(at, JournalEntry::Agent(agent.clone()));
        }
        Ok(())
    }

    /// Refuses the change unless the row exists.
    async fn must_exist(&mut self, sql: &'static str, id: uuid::Uuid, what: &str) {
        self.send(Question::new(sql, given![id]).or_missing(what)).await;
    }
}
