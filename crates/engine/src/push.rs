//! Web addresses that an agent offers to a contact (r58-r64).

use std::sync::Arc;

use parlor_composer::{AddressPreview, PushedAddresses, invitation, web_address};
use parlor_model::{Agent, AgentName, ClientId, Content, InteractionId, WebAddress};

use crate::decide::Attempt;
use crate::desk::{Ask, Once, Writing};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};
use crate::view::{InteractionView, MessageView};

/// The documents in which an agent's sent addresses are kept, one for each agent.
pub(crate) const PUSHED: &str = "pushed_urls";

impl Engine {
    /// Invites the contact to open a web address (r59, r64). It is written like a message, and counts as an answer.
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] without the flag `push_url` (r58), [`EngineError::Address`] when it is no address that can
    /// be offered, and whatever refuses a message. Nothing is sent then.
    pub async fn push_url(
        &self,
        agent: &AgentName,
        id: InteractionId,
        client: ClientId,
        typed: &str,
    ) -> Result<(MessageView, InteractionView), EngineError> {
        self.touch(agent);
        let address = web_address(typed)?.address;
        let ask = Ask::new(Once(Some(client)), "push url", &[&id.to_string(), address.as_str()]);
        let message = self.write(agent, &ask, client, Writing::PushedUrl { id, address }).await?;
        let interaction = self.interaction(agent, id).await?;
        Ok((message, interaction))
    }

    /// How an address would be sent, so that the agent can look at it before (r60). Nothing is looked up or sent.
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] without the flag, and [`EngineError::Address`] when it cannot be offered.
    pub fn preview_url(&self, agent: &AgentName, typed: &str) -> Result<AddressPreview, EngineError> {
        self.inner.may_push(agent)?;
        Ok(web_address(typed)?)
    }

    /// The addresses that an agent has sent, the last first and each once; empty while there is none (r61).
    ///
    /// # Errors
    ///
    /// [`EngineError::Denied`] without the flag.
    pub async fn pushed_urls(&self, agent: &AgentName) -> Result<Vec<WebAddress>, EngineError> {
        self.inner.may_push(agent)?;
        let pushed = self.inner.remembered::<PushedAddresses>(PUSHED, agent).await?;
        Ok(pushed.it.menu().unwrap_or_default().to_vec())
    }
}

impl Inner {
    fn may_push(&self, agent: &AgentName) -> Result<(), EngineError> {
        may(Actor::Agent(self.configured_agent(agent)?), Verb::PushUrl, Object::Workspace)?;
        Ok(())
    }

    /// Puts the address into the agent's menu, with the message that sends it.
    pub(crate) async fn remember_pushed(
        self: &Arc<Self>,
        draft: &mut Draft,
        agent: &Agent,
        address: &WebAddress,
    ) -> Result<(), Attempt> {
        let mut pushed = self.remembered::<PushedAddresses>(PUSHED, &agent.name).await?;
        pushed.it.sent(address.clone());
        draft.changes.documents.push(pushed.written()?);
        Ok(())
    }

    /// The invitation as it stands in the transcript.
    pub(crate) fn invitation(&self, address: &WebAddress) -> Result<Content, EngineError> {
        let text = invitation(&self.directory.rules.invitation, address)?;
        Ok(Content::PushedUrl { url: address.clone(), text })
    }
}
