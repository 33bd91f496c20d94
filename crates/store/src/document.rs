use serde::{Deserialize, Serialize};

/// Names a document: what only its owner reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentKey {
    /// What it is, such as `webchat_session` or `agent_preferences`. One owner a kind.
    pub kind: String,
    /// Which one.
    pub key: String,
}

impl DocumentKey {
    /// Names a document.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self { kind: kind.into(), key: key.into() }
    }
}

/// A versioned value that the store keeps and does not look into: templates, standard responses, channel links,
/// provider cursors, rotating credentials, sessions, preferences.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its name.
    pub key: DocumentKey,
    /// 1 when it is made, one more with each change.
    pub version: u64,
    /// The value.
    pub body: String,
}

impl std::fmt::Debug for Document {
    /// Hides the body: it may be a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("key", &self.key)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Writes or removes a document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentWrite {
    /// Its name.
    pub key: DocumentKey,
    /// The version it has now: 0 when it must not exist yet; `None` to write whatever stands there.
    pub expected_version: Option<u64>,
    /// The new value; `None` removes it.
    pub body: Option<String>,
}

impl std::fmt::Debug for DocumentWrite {
    /// Hides the body: it may be a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentWrite")
            .field("key", &self.key)
            .field("expected_version", &self.expected_version)
            .field("removes", &self.body.is_none())
            .finish()
    }
}
