//! Emoji as agents choose and send them (r65-r75).

use std::sync::Arc;

use parlor_composer::{EmojiCatalogue, EmojiLocale, NamedEmoji, RecentEmoji};
use parlor_model::{Agent, AgentName, Content};

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
        let recent = self.inner.remembered::<RecentEmoji>(RECENT, agent).await?;
        let most = self.inner.directory.rules.recent_emoji;
        Ok(recent.it.as_slice().iter().take(most).cloned().collect())
    }
}

impl Inner {
    fn may_pick(&self, agent: &AgentName) -> Result<(), EngineError> {
        may(Actor::Agent(self.configured_agent(agent)?), Verb::PickEmoji, Object::Workspace)?;
        Ok(())
    }

    /// Remembers the emoji of what an agent says, with the message that says it.
    pub(crate) async fn remember_emoji(
        self: &Arc<Self>,
        draft: &mut Draft,
        agent: &Agent,
        content: &Content,
    ) -> Result<(), Attempt> {
        let Some(text) = typed(content) else {
            return Ok(());
        };
        // Most messages have none, and cost nothing.
        if text.is_ascii() || parlor_composer::emoji(text).next().is_none() {
            return Ok(());
        }
        let mut recent = self.remembered::<RecentEmoji>(RECENT, &agent.name).await?;
        if recent.it.sent(text, self.directory.rules.recent_emoji) {
            draft.changes.documents.push(recent.written()?);
        }
        Ok(())
    }
}

/// What the agent typed of what is sent to a contact.
pub(crate) fn typed(content: &Content) -> Option<&str> {
    match content {
        Content::Text { .. } | Content::Attached { .. } => content.text(),
        // An invitation is ours, and the others are not sent to contacts.
        _ => None,
    }
}
