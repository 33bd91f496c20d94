//! Sessions of agents' browsers, kept as documents: a restart signs nobody out, and every node knows them.
//!
//! Written by hand and not with a session middleware: those keep the token itself as the key (here only its hash may
//! be stored), keep a bag of values (here there is one name), and read the wall clock by themselves.

use std::sync::PoisonError;

use parlor_model::{AgentName, Timestamp};
use parlor_store::{ChangeSet, CommitError, Document, DocumentKey, DocumentWrite, StoreError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::shared::Shared;
use crate::token::{TokenHash, new_token};

/// The kind of their documents; the key is the hash of the token.
const SESSION: &str = "agent_session";

/// The kind of the documents of one-time sign-in links; the key is the hash of the token in the link.
const LINK: &str = "sign_in_link";

/// What a session is.
#[derive(Debug, Serialize, Deserialize)]
struct Session {
    agent: AgentName,
    began_at: Timestamp,
    used_at: Timestamp,
}

/// What a link opens.
#[derive(Debug, Serialize, Deserialize)]
struct Link {
    agent: AgentName,
    until: Timestamp,
}

/// Names a session without being able to open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionKey(String);

impl SessionKey {
    fn document(&self) -> DocumentKey {
        DocumentKey::new(SESSION, self.0.clone())
    }
}

impl Shared {
    /// Begins a session; gives what the browser keeps.
    pub(crate) async fn begin_session(&self, agent: &AgentName) -> Result<SecretString, StoreError> {
        let now = self.engine.now();
        self.forget_old_sessions(now).await?;
        let token = new_token(&**self.engine.ids());
        let session = Session { agent: agent.clone(), began_at: now, used_at: now };
        let key = key_of(SESSION, &token);
        self.write(key, Some(0), Some(body(&session)?)).await?;
        Ok(token)
    }

    /// Whose session a token opens. Using it keeps it from running out.
    pub(crate) async fn open_session(
        &self,
        token: &str,
    ) -> Result<Option<(AgentName, SessionKey)>, StoreError> {
        let key = SessionKey(TokenHash::of(token).as_key());
        Ok(self.use_session(&key).await?.map(|agent| (agent, key)))
    }

    /// Whose session this is, if it still is one.
    pub(crate) async fn use_session(&self, key: &SessionKey) -> Result<Option<AgentName>, StoreError> {
        let Some(document) = self.engine.store().document(&key.document()).await? else {
            return Ok(None);
        };
        let mut session: Session = read(&document)?;
        let now = self.engine.now();
        if self.is_over(&session, now) || self.engine.agent(&session.agent).is_none() {
            return Ok(None);
        }
        if now.since(session.used_at) >= self.limits.session_touch {
            session.used_at = now;
            let body = body(&session)?;
            // Whoever ended or used it meanwhile is right: a session must not come back by being used.
            self.write(document.key, Some(document.version), Some(body)).await?;
        }
        Ok(Some(session.agent))
    }

    /// Ends a session, on every node.
    pub(crate) async fn end_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.write(key.document(), None, None).await?;
        // An error only says that no feed listens.
        let _ = self.ended_sessions.send(key.clone());
        Ok(())
    }

    /// A token that signs an agent in once.
    pub(crate) async fn make_link(&self, agent: &AgentName) -> Result<SecretString, StoreError> {
        let now = self.engine.now();
        for document in self.engine.store().documents(LINK).await? {
            let link: Link = read(&document)?;
            if link.until <= now {
                self.write(document.key, Some(document.version), None).await?;
            }
        }
        let token = new_token(&**self.engine.ids());
        let link = Link { agent: agent.clone(), until: now + self.limits.link_lifetime };
        self.write(key_of(LINK, &token), Some(0), Some(body(&link)?)).await?;
        Ok(token)
    }

    /// Whom a link signs in. It works once: of two who use it at the same moment one is told that there is none.
    pub(crate) async fn take_link(&self, token: &str) -> Result<Option<AgentName>, StoreError> {
        let key = DocumentKey::new(LINK, TokenHash::of(token).as_key());
        let Some(document) = self.engine.store().document(&key).await? else {
            return Ok(None);
        };
        let link: Link = read(&document)?;
        let was_there = self.write(key, Some(document.version), None).await?;
        Ok((was_there && link.until > self.engine.now()).then_some(link.agent))
    }

    fn is_over(&self, session: &Session, now: Timestamp) -> bool {
        now.since(session.began_at) >= self.limits.session_lifetime
            || now.since(session.used_at) >= self.limits.session_idle
    }

    /// Removes the sessions that ran out, now and then: nobody will ask for them again.
    async fn forget_old_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        {
            let mut swept_at = self.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
            if swept_at.is_some_and(|at| now.since(at) < self.limits.session_idle) {
                return Ok(());
            }
            *swept_at = Some(now);
        }
        for document in self.engine.store().documents(SESSION).await? {
            if self.is_over(&read(&document)?, now) {
                self.write(document.key, Some(document.version), None).await?;
            }
        }
        Ok(())
    }

    /// Writes a document; gives whether it was as expected.
    async fn write(
        &self,
        key: DocumentKey,
        expected_version: Option<u64>,
        body: Option<String>,
    ) -> Result<bool, StoreError> {
        let mut changes = ChangeSet::at(self.engine.now());
        changes.documents.push(DocumentWrite { key, expected_version, body });
        match self.engine.store().commit(changes).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

fn key_of(kind: &str, token: &SecretString) -> DocumentKey {
    use secrecy::ExposeSecret;
    DocumentKey::new(kind, TokenHash::of(token.expose_secret()).as_key())
}

fn body<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::backend)
}

fn read<T: for<'de> Deserialize<'de>>(document: &Document) -> Result<T, StoreError> {
    serde_json::from_str(&document.body)
        .map_err(|_| StoreError::Corrupt { detail: format!("a document of kind {}", document.key.kind) })
}
