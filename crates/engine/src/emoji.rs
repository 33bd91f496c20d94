//! Emoji as agents choose and send them (r65-r75).

use std::sync::Arc;

use parlor_composer::{EmojiCatalogue, EmojiLocale, NamedEmoji, RecentEmoji};
use parlor_model::{Agent, AgentName, Content};
use parlor_store::{DocumentKey, DocumentWrite, StoreError};

use crate::decide::Attempt;
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};

/// The documents in which an agent's recent emoji are kept, one for each agent.
const RECENT: &str = "recent_emoji";

impl Engine {
    /// All emoji with their names in a language, for a picker (r72).
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] where emoji are not allowed (r65), or can only be pasted (r66).
    pub fn emoji(
        &self,
        agent: &AgentName,
        locale: EmojiLocale,
    ) -> Result<&'static [NamedEmoji], EngineError> {
        self.inner.may_pick(agent)?;
        Ok(EmojiCatalogue::of(locale).all())
    }

    /// Emoji by their name or by what they express (r74, r75); none for a word that nothing is named after.
    ///
    /// # Errors
    ///
    /// As for [`Engine::emoji`].
    pub fn search_emoji(
        &self,
        agent: &AgentName,
        locale: EmojiLocale,
        typed: &str,
    ) -> Result<Vec<NamedEmoji>, EngineError> {
        self.inner.may_pick(agent)?;
        Ok(EmojiCatalogue::of(locale).search(typed))
    }

    /// The emoji that the agent sent last, the latest first (r73).
    ///
    /// # Errors
    ///
    /// As for [`Engine::emoji`].
    pub async fn recent_emoji(&self, agent: &AgentName) -> Result<Vec<String>, EngineError> {
        self.inner.may_pick(agent)?;
        let (recent, _) = self.inner.recent_emoji(agent).await?;
        let most = self.inner.directory.rules.recent_emoji;
        Ok(recent.as_slice().iter().take(most).cloned().collect())
    }
}

impl Inner {
    fn may_pick(&self, agent: &AgentName) -> Result<(), EngineError> {
        may(Actor::Agent(self.configured_agent(agent)?), Verb::PickEmoji, Object::Workspace)?;
        Ok(())
    }

    /// What an agent sent, and the version of the document that says so.
    async fn recent_emoji(&self, agent: &AgentName) -> Result<(RecentEmoji, u64), StoreError> {
        let Some(document) = self.store.document(&key(agent)).await? else {
            return Ok((RecentEmoji::default(), 0));
        };
        let recent = serde_json::from_str(&document.body)
            .map_err(|error| StoreError::Corrupt { detail: format!("emoji sent by {agent}: {error}") })?;
        Ok((recent, document.version))
    }

    /// Remembers the emoji of what an agent says, with the message that says it.
    pub(crate) async fn remember_emoji(
        self: &Arc<Self>,
        draft: &mut Draft,
        agent: &Agent,
        content: &Content,
    ) -> Result<(), Attempt> {
        let Content::Text { text } = content else {
            return Ok(());
        };
        // Most messages have none, and cost nothing.
        if text.as_str().is_ascii() || parlor_composer::emoji(text.as_str()).next().is_none() {
            return Ok(());
        }
        let (mut recent, version) = self.recent_emoji(&agent.name).await?;
        if recent.sent(text.as_str(), self.directory.rules.recent_emoji) {
            draft.changes.documents.push(DocumentWrite {
                key: key(&agent.name),
                expected_version: Some(version),
                body: Some(serde_json::to_string(&recent).map_err(StoreError::backend)?),
            });
        }
        Ok(())
    }
}

fn key(agent: &AgentName) -> DocumentKey {
    DocumentKey::new(RECENT, agent.as_str())
}
