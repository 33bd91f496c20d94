//! What is remembered of an agent between sessions: one document each, written with what it follows from.

use parlor_model::AgentName;
use parlor_store::{DocumentKey, DocumentWrite, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Inner;

/// Something that is remembered of an agent, and the version of the document that says so.
#[derive(Debug)]
pub(crate) struct Remembered<T> {
    key: DocumentKey,
    version: u64,
    pub(crate) it: T,
}

impl Inner {
    /// What is remembered under a kind of documents; nothing yet where there is none.
    pub(crate) async fn remembered<T: DeserializeOwned + Default>(
        &self,
        kind: &str,
        agent: &AgentName,
    ) -> Result<Remembered<T>, StoreError> {
        let key = DocumentKey::new(kind, agent.as_str());
        let Some(document) = self.store.document(&key).await? else {
            return Ok(Remembered { key, version: 0, it: T::default() });
        };
        let it = serde_json::from_str(&document.body)
            .map_err(|error| StoreError::Corrupt { detail: format!("{kind} of {agent}: {error}") })?;
        Ok(Remembered { key, version: document.version, it })
    }
}

impl<T: Serialize> Remembered<T> {
    /// What has to be committed; it conflicts with whatever was remembered meanwhile.
    pub(crate) fn written(self) -> Result<DocumentWrite, StoreError> {
        let body = serde_json::to_string(&self.it).map_err(StoreError::backend)?;
        Ok(DocumentWrite { key: self.key, expected_version: Some(self.version), body: Some(body) })
    }
}
