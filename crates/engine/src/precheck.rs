//! Whether a number can be written to at all, asked before the first message goes there (r130).

use std::sync::Arc;
use std::time::Duration;

use parlor_channel::{LineKind, MayReceive, NumberFacts, NumberLookup};
use parlor_model::{
    Agent, AgentName, ChannelName, ContactPoint, ContactPointId, PointKey, Subject, ThreadId, Timestamp,
};
use parlor_store::{DocumentKey, DocumentOwner, DocumentWrite, StoreError};
use serde::{Deserialize, Serialize};

use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, Plug};
use crate::permission::{Actor, Verb, may};
use crate::view::PointCheck;

/// The kind of documents that say what is known of a number. Each belongs to its contact.
const FACTS: &str = "number_facts";

/// How long a lookup may keep an agent waiting who wants to write.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);

/// How long what was found out counts. Decided: numbers change hands and lines, and a lookup costs money; a quarter of a year
/// is long after the first message, for which it is asked.
const COUNTS_FOR: Duration = Duration::from_hours(90 * 24);

/// How many entries of a thread are read to see whether anything was said there: lines for agents alone may come before.
const FIRST_ENTRIES: usize = 50;

/// What was found out about a number.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    line: LineKind,
    carrier: Option<String>,
    country: Option<String>,
    checked_at: Timestamp,
}

impl Known {
    fn new(facts: NumberFacts, checked_at: Timestamp) -> Self {
        Self { line: facts.line, carrier: facts.carrier, country: facts.country, checked_at }
    }

    fn check(self) -> PointCheck {
        PointCheck {
            state: self.line.may_receive_texts(),
            line: self.line,
            carrier: self.carrier,
            country: self.country,
            checked_at: self.checked_at,
        }
    }
}

fn key_of(point: ContactPointId) -> DocumentKey {
    DocumentKey::new(FACTS, point.to_string())
}

impl Engine {
    /// Asks the provider whether one of a contact's numbers can be written to, and remembers the answer (r130). It may cost
    /// money.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotPlugged`] where nobody can be asked about numbers of its network, and
    /// [`EngineError::NotCarried`] when nothing could be found out; what was known before stays.
    pub async fn validate_point(
        &self,
        agent: &AgentName,
        point: ContactPointId,
    ) -> Result<PointCheck, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let none = || EngineError::NotFound { what: "contact point" };
        let known = self.inner.store.point(point).await?.ok_or_else(none)?;
        let object = self.inner.contact_object(agent, known.contact).await?;
        may(Actor::Agent(configured), Verb::OpenInteraction, object)?;
        let lookup = self.inner.lookup_for(&known.key);
        let lookup = lookup.ok_or(EngineError::NotPlugged { plug: Plug::NumberLookup })?;
        let facts = self.inner.look_up(&lookup, &known).await?;
        facts.map(Known::check).ok_or(EngineError::NotCarried { plug: Plug::NumberLookup })
    }
}

impl Inner {
    /// Who can be asked about an address: whoever serves an account of ours on its network.
    fn lookup_for(&self, key: &PointKey) -> Option<Arc<dyn NumberLookup>> {
        let mut ours = self.directory.channels().filter(|channel| channel.kind == key.kind);
        ours.find_map(|channel| self.number_lookups.get(channel.account.as_ref()?)).cloned()
    }

    /// What was found out about a contact point, where it still counts.
    pub(crate) async fn point_check(&self, point: &ContactPoint) -> Result<Option<PointCheck>, StoreError> {
        if self.lookup_for(&point.key).is_none() {
            return Ok(None);
        }
        Ok(self.known_of(point.id).await?.map(Known::check))
    }

    async fn known_of(&self, point: ContactPointId) -> Result<Option<Known>, StoreError> {
        let document = self.store.document(&key_of(point)).await?;
        let known = document.and_then(|document| serde_json::from_str::<Known>(&document.body).ok());
        Ok(known.filter(|known| self.now() < known.checked_at + COUNTS_FOR))
    }

    /// Asks, and remembers; `None` when nothing could be found out.
    async fn look_up(
        self: &Arc<Self>,
        lookup: &Arc<dyn NumberLookup>,
        point: &ContactPoint,
    ) -> Result<Option<Known>, EngineError> {
        let asked = tokio::time::timeout(LOOK_UP_WITHIN, lookup.look_up_number(&point.key.address));
        let facts = match asked.await {
            Ok(Ok(facts)) => facts,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a number was not looked up");
                return Ok(None);
            }
            Err(_) => {
                tracing::warn!("a number was not looked up in time");
                return Ok(None);
            }
        };
        let known = Known::new(facts, self.now());
        until_decided!(self.try_remember(point, &known).await).map_err(Attempt::into_error)?;
        Ok(Some(known))
    }

    async fn try_remember(self: &Arc<Self>, point: &ContactPoint, known: &Known) -> Result<(), Attempt> {
        // Held until it is committed: an erasure waits for it, and it does not follow one.
        let erased = self.erased.read().await;
        let known_point = self.store.point(point.id).await?;
        let is_there = known_point.is_some_and(|known| known.key == point.key);
        if !is_there || erased.contains(&point.id) {
            return Err(EngineError::NotFound { what: "contact point" }.into());
        }
        let key = key_of(point.id);
        let before = self.store.document(&key).await?;
        let body = serde_json::to_string(known).map_err(StoreError::backend)?;
        let mut draft = Draft::new(self.now());
        draft.changes.documents.push(DocumentWrite {
            key: key.clone(),
            expected_version: Some(before.map_or(0, |document| document.version)),
            body: Some(body),
        });
        draft.changes.document_owners.push(DocumentOwner {
            key,
            contact: point.contact,
            message: None,
            blobs: Vec::new(),
        });
        self.attempt(draft).await?;
        Ok(())
    }

    /// Warns before the first message to a number that cannot receive it, unless the agent said that it goes out anyway
    /// (r130). Where something was said before there is nothing to warn of; what cannot be found out is no reason either.
    pub(crate) async fn precheck(
        self: &Arc<Self>,
        agent: &Agent,
        channel: &ChannelName,
        thread: ThreadId,
        anyway: bool,
    ) -> Result<(), EngineError> {
        let account = self.directory.channel(channel).and_then(|channel| channel.account.as_ref());
        let Some(lookup) = account.and_then(|account| self.number_lookups.get(account)) else {
            return Ok(());
        };
        if anyway || self.was_used(thread).await? {
            return Ok(());
        }
        let Some(info) = self.thread(thread).await? else { return Ok(()) };
        let Subject::Direct(point) = info.thread.subject else { return Ok(()) };
        let Some(point) = self.store.point(point).await? else { return Ok(()) };
        let known = match self.known_of(point.id).await? {
            Some(known) => Some(known),
            None => self.look_up(lookup, &point).await?,
        };
        match known.map(|known| known.line) {
            Some(line) if line.may_receive_texts() == MayReceive::No => {
                tracing::info!(agent = %agent.name, line = line.as_str(), "an agent was warned of a number");
                Err(EngineError::NotSmsCapable { line })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether anything was said in a thread.
    async fn was_used(&self, thread: ThreadId) -> Result<bool, StoreError> {
        let first = self.store.messages(thread, 0, FIRST_ENTRIES).await?;
        Ok(first.iter().any(|message| message.content.is_said() && message.visibility.reaches_contact()))
    }
}
