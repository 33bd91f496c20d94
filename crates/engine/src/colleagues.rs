//! Chats between colleagues: consults without an interaction (r54). There is no other way for agents to write to each
//! other, no contact has anything to do with them, and they take no room.

use std::sync::Arc;

use parlor_model::{
    AgentName, Author, ChannelName, ClientId, ConsultId, ConsultNotice, Content, Id, Message, MessageId,
    MessageText, ProviderPostId, Subject, SystemNotice, Thread, ThreadId, Timestamp, Visibility,
};
use parlor_store::{Document, DocumentKey, DocumentWrite, Duplicate, NewMessage};
use serde::{Deserialize, Serialize};

use crate::decide::{Attempt, until_decided};
use crate::desk::{Ask, Once};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, InvalidTarget};
use crate::permission::{Actor, Object, Verb, may};
use crate::view::{ConsultThreadView, MessageView};

/// The channel under which their threads are kept. No channel may be configured with this name.
pub(crate) const CHANNEL: &str = "consult";

/// The documents of those that go on, and of those that are over: moving one is what ends it.
const OPEN: &str = "consult_open";
const OVER: &str = "consult_over";

/// The most entries that are read at a time.
const PAGE: usize = 200;

/// A consult without an interaction, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConsultThread {
    pub(crate) id: ConsultId,
    pub(crate) thread: ThreadId,
    pub(crate) by: AgentName,
    pub(crate) agent: AgentName,
    pub(crate) started_at: Timestamp,
    /// Who ended it, and when.
    pub(crate) ended: Option<(AgentName, Timestamp)>,
}

impl ConsultThread {
    pub(crate) fn is_of(&self, agent: &AgentName) -> bool {
        self.by == *agent || self.agent == *agent
    }

    fn view(&self) -> ConsultThreadView {
        ConsultThreadView {
            id: self.id,
            thread: self.thread,
            by: self.by.clone(),
            agent: self.agent.clone(),
            started_at: self.started_at,
            ended_by: self.ended.as_ref().map(|(by, _)| by.clone()),
            ended_at: self.ended.as_ref().map(|(_, at)| *at),
        }
    }

    fn read(document: &Document) -> Result<Self, EngineError> {
        serde_json::from_str(&document.body).map_err(|error| {
            let detail = format!("consult {}: {error}", document.key.key);
            EngineError::Store(parlor_store::StoreError::Corrupt { detail })
        })
    }

    fn written(&self) -> Result<Option<String>, EngineError> {
        let written = serde_json::to_string(self).map_err(parlor_store::StoreError::backend)?;
        Ok(Some(written))
    }

    fn entry(&self, id: MessageId, author: Author, content: Content) -> NewMessage {
        NewMessage {
            id,
            thread: self.thread,
            interaction: None,
            segment: 0,
            author,
            parent: None,
            visibility: Visibility::Internal,
            content,
            provider_time: None,
            provider_id: None,
        }
    }

    fn notice(&self, id: MessageId, change: ConsultNotice) -> NewMessage {
        let notice = SystemNotice::Consult { consult: self.id, change };
        self.entry(id, Author::System, Content::System { notice })
    }
}

impl Engine {
    /// Begins a chat with a colleague who is logged in (r54). Neither has to accept, and either ends it.
    pub async fn begin_consult(
        &self,
        agent: &AgentName,
        colleague: &AgentName,
        once: Once,
    ) -> Result<ConsultThreadView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::ConsultColleague, Object::Workspace)?;
        let ask = Ask::new(once, "begin consult", &[colleague.as_str()]);
        let resource = match self.inner.repeated(agent, &ask).await? {
            Some(resource) => Some(resource),
            None if colleague == agent => {
                return Err(EngineError::InvalidTarget { reason: InvalidTarget::Oneself });
            }
            None => {
                self.inner.colleague(colleague, None).await?;
                match until_decided!(self.inner.try_begin_consult(agent, colleague, &ask).await) {
                    Ok(id) => Some(id.as_uuid()),
                    Err(Attempt::Duplicate(Duplicate::Request(_))) => {
                        self.inner.repeated(agent, &ask).await?
                    }
                    Err(other) => return Err(other.into_error()),
                }
            }
        };
        let id = ConsultId::from_uuid(resource.ok_or(EngineError::Contended)?);
        Ok(self.inner.consult_of(agent, id).await?.0.view())
    }

    /// The chats with colleagues that an agent takes part in and that are not over, in the order in which they began.
    pub async fn my_consults(&self, agent: &AgentName) -> Result<Vec<ConsultThreadView>, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ConsultColleague, Object::Workspace)?;
        let mut mine = Vec::new();
        for document in self.inner.store.documents(OPEN).await? {
            let consult = ConsultThread::read(&document)?;
            if consult.is_of(agent) {
                mine.push(consult.view());
            }
        }
        mine.sort_by_key(|consult| (consult.started_at, consult.id));
        Ok(mine)
    }

    /// What was written in a chat with a colleague, after a sequence; at most 200 entries. Also when it is over.
    pub async fn consult_messages(
        &self,
        agent: &AgentName,
        id: ConsultId,
        after: u64,
    ) -> Result<(ConsultThreadView, Vec<MessageView>), EngineError> {
        let (consult, _) = self.inner.consult_of(agent, id).await?;
        let mut messages = Vec::new();
        for message in self.inner.store.messages(consult.thread, after, PAGE).await? {
            messages.push(self.inner.message_view(&message, Some(agent)).await?);
        }
        Ok((consult.view(), messages))
    }

    /// Writes in a chat with a colleague.
    pub async fn write_to_colleague(
        &self,
        agent: &AgentName,
        id: ConsultId,
        client: ClientId,
        text: MessageText,
    ) -> Result<MessageView, EngineError> {
        self.touch(agent);
        let ask = Ask::new(Once(Some(client)), "write to colleague", &[&id.to_string(), text.as_str()]);
        let message = MessageId::from_uuid(client.0);
        if self.inner.repeated(agent, &ask).await?.is_none() {
            match until_decided!(self.inner.try_write_to_colleague(agent, id, &ask, message, &text).await) {
                Ok(()) => {}
                Err(Attempt::Duplicate(Duplicate::Request(_))) => {
                    self.inner.repeated(agent, &ask).await?;
                }
                Err(other) => return Err(other.into_error()),
            }
        }
        let written = self.inner.store.message(message).await?;
        let written = written.ok_or(EngineError::NotFound { what: "message" })?;
        Ok(self.inner.message_view(&written, Some(agent)).await?)
    }

    /// Ends a chat with a colleague; what was written stays readable. Ending it again changes nothing.
    pub async fn finish_consult(&self, agent: &AgentName, id: ConsultId) -> Result<(), EngineError> {
        self.touch(agent);
        until_decided!(self.inner.try_finish_consult(agent, id).await).map_err(Attempt::into_error)
    }
}

impl Inner {
    async fn try_begin_consult(
        self: &Arc<Self>,
        agent: &AgentName,
        colleague: &AgentName,
        ask: &Ask,
    ) -> Result<ConsultId, Attempt> {
        let now = self.now();
        let id: ConsultId = self.new_id();
        let consult = ConsultThread {
            id,
            thread: self.new_id(),
            by: agent.clone(),
            agent: colleague.clone(),
            started_at: now,
            ended: None,
        };
        let channel = ChannelName::new(CHANNEL).map_err(|_| EngineError::NotFound { what: "channel" })?;
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(agent, id.as_uuid(), now);
        draft.changes.threads.push(Thread {
            id: consult.thread,
            channel,
            subject: Subject::Post(ProviderPostId::new(id.to_string())),
            created_at: now,
        });
        let (by, agent) = (agent.clone(), colleague.clone());
        let notice = consult.notice(self.new_id(), ConsultNotice::Started { by, agent });
        draft.changes.messages.push(notice);
        draft.changes.documents.push(DocumentWrite {
            key: key(OPEN, id),
            expected_version: Some(0),
            body: consult.written()?,
        });
        self.attempt(draft).await?;
        Ok(id)
    }

    async fn try_write_to_colleague(
        self: &Arc<Self>,
        agent: &AgentName,
        id: ConsultId,
        ask: &Ask,
        message: MessageId,
        text: &MessageText,
    ) -> Result<(), Attempt> {
        let (consult, version) = self.consult_of(agent, id).await?;
        if consult.ended.is_some() {
            return Err(EngineError::ConsultOver.into());
        }
        let now = self.now();
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(agent, message.as_uuid(), now);
        let content = Content::Consult { consult: id, text: text.clone() };
        draft.changes.messages.push(consult.entry(message, Author::Agent(agent.clone()), content));
        // Written as it is: the commit fails when it was ended meanwhile.
        draft.changes.documents.push(DocumentWrite {
            key: key(OPEN, id),
            expected_version: Some(version),
            body: consult.written()?,
        });
        self.attempt(draft).await?;
        Ok(())
    }

    async fn try_finish_consult(self: &Arc<Self>, agent: &AgentName, id: ConsultId) -> Result<(), Attempt> {
        let (mut consult, version) = self.consult_of(agent, id).await?;
        if consult.ended.is_some() {
            return Ok(());
        }
        let now = self.now();
        consult.ended = Some((agent.clone(), now));
        let mut draft = Draft::new(now);
        let notice = consult.notice(self.new_id(), ConsultNotice::Ended { by: agent.clone() });
        draft.changes.messages.push(notice);
        let body = consult.written()?;
        let (open, over) = (key(OPEN, id), key(OVER, id));
        draft.changes.documents.extend([
            DocumentWrite { key: open, expected_version: Some(version), body: None },
            DocumentWrite { key: over, expected_version: Some(0), body },
        ]);
        self.attempt(draft).await?;
        Ok(())
    }

    /// A consult that an agent takes part in, and the version of its document. To everybody else there is none.
    async fn consult_of(
        &self,
        agent: &AgentName,
        id: ConsultId,
    ) -> Result<(ConsultThread, u64), EngineError> {
        let configured = self.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ConsultColleague, Object::Workspace)?;
        match self.consult_thread(id).await? {
            Some(found) if found.0.is_of(agent) => Ok(found),
            Some(_) | None => Err(EngineError::NotFound { what: "consult" }),
        }
    }

    async fn consult_thread(&self, id: ConsultId) -> Result<Option<(ConsultThread, u64)>, EngineError> {
        // The open one is looked for again: it may have been moved between the two looks.
        for kind in [OPEN, OVER, OPEN] {
            if let Some(document) = self.store.document(&key(kind, id)).await? {
                return Ok(Some((ConsultThread::read(&document)?, document.version)));
            }
        }
        Ok(None)
    }

    /// The consult without an interaction in which a message was written, if the agent takes part in it.
    pub(crate) async fn consult_with_message(
        &self,
        agent: &AgentName,
        message: &Message,
    ) -> Result<Option<ConsultThreadView>, parlor_store::StoreError> {
        let id = match &message.content {
            _ if message.interaction.is_some() => return Ok(None),
            Content::Consult { consult, .. }
            | Content::System { notice: SystemNotice::Consult { consult, .. } } => *consult,
            _ => return Ok(None),
        };
        match self.consult_thread(id).await {
            Ok(found) => Ok(found
                .map(|(consult, _)| consult)
                .filter(|consult| consult.is_of(agent))
                .map(|consult| consult.view())),
            Err(EngineError::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

fn key(kind: &str, id: ConsultId) -> DocumentKey {
    DocumentKey::new(kind, id.to_string())
}
