//! Handing an interaction over: to a colleague, who is asked, or into a queue (r48); and picking one from a queue.

use parlor_interaction::{Command, Context, Interaction, TransferTarget};
use parlor_model::{
    Agent, AgentName, Content, FlagName, Id, InteractionId, Medium, MessageText, OfferId, QueueName, Role,
    TransferId, Visibility,
};
use parlor_store::{NewMessage, OfferRecord};

use crate::desk::{Ask, Once};
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, InvalidTarget};
use crate::permission::{Denial, Missing, Verb};
use crate::view::InteractionView;

/// Where an agent hands an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandTo {
    /// To a colleague, who has to accept; until then it stays where it is.
    Agent(AgentName),
    /// Into a queue, at once.
    Queue(QueueName),
}

impl Engine {
    /// Hands an interaction over (r48). A colleague is asked and may think about it for `transfer_ttl`; when they
    /// decline, let it pass or leave, it stays with its owner. They can read the history from now on (r12). A queue
    /// takes it at once. What is said with it becomes a note.
    pub async fn transfer(
        &self,
        agent: &AgentName,
        id: InteractionId,
        to: HandTo,
        note: Option<MessageText>,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let (kind, name) = match &to {
            HandTo::Agent(to) => ("agent", to.as_str()),
            HandTo::Queue(queue) => ("queue", queue.as_str()),
        };
        let said = note.as_ref().map_or("", MessageText::as_str);
        let ask = Ask::new(once, "transfer", &[&id.to_string(), kind, name, said]);
        let transfer: TransferId = self.inner.new_id();
        let (target, colleague) = match to {
            HandTo::Agent(to) => (TransferTarget::Agent(to.clone()), Some(to)),
            HandTo::Queue(queue) => (TransferTarget::Queue(queue), None),
        };
        let command = Command::RequestTransfer {
            transfer,
            by: agent.clone(),
            target: target.clone(),
            expires_at: self.inner.now() + self.inner.directory.timing.transfer_ttl,
        };
        if self.inner.repeated(agent, &ask).await?.is_none() {
            self.check(agent, id, Verb::HandOver, &command).await?;
            match &target {
                TransferTarget::Agent(to) => self.inner.colleague(to, Some(id)).await?,
                TransferTarget::Queue(queue) if self.inner.directory.has_queue(queue) => {}
                TransferTarget::Queue(_) => {
                    return Err(EngineError::InvalidTarget { reason: InvalidTarget::UnknownQueue });
                }
            }
        }
        let note_id = self.inner.new_id();
        self.carry_out_with(agent, &ask, id, Verb::HandOver, &command, |draft, transition| {
            if transition.events.is_empty() {
                return;
            }
            if let Some(to) = &colleague {
                // By this a late answer finds the interaction, as that to an offer does.
                let offer = OfferId::from_uuid(transfer.as_uuid());
                draft.changes.offers.push(OfferRecord { offer, interaction: id, agent: to.clone() });
            }
            if let Some(text) = &note {
                draft.changes.messages.push(NewMessage {
                    id: note_id,
                    thread: transition.interaction.thread,
                    interaction: Some(id),
                    segment: transition.interaction.segment,
                    author: parlor_model::Author::Agent(agent.clone()),
                    parent: None,
                    visibility: Visibility::Internal,
                    content: Content::Note { text: text.clone() },
                    provider_time: None,
                    provider_id: None,
                });
            }
        })
        .await
    }

    /// Takes over what a colleague hands over. Taking it again gives the same answer.
    pub async fn accept_transfer(
        &self,
        agent: &AgentName,
        transfer: TransferId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "accept transfer", &[&transfer.to_string()]);
        let id = self.inner.transferred_interaction(transfer).await?;
        let command = Command::AcceptTransfer { transfer, agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await
    }

    /// Does not take it over: it stays with its owner.
    pub async fn decline_transfer(
        &self,
        agent: &AgentName,
        transfer: TransferId,
        once: Once,
    ) -> Result<(), EngineError> {
        let ask = Ask::new(once, "decline transfer", &[&transfer.to_string()]);
        let id = self.inner.transferred_interaction(transfer).await?;
        let command = Command::DeclineTransfer { transfer, agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await.map(drop)
    }

    /// Keeps what was to be handed over. Too late once it was taken.
    pub async fn cancel_transfer(
        &self,
        agent: &AgentName,
        transfer: TransferId,
        once: Once,
    ) -> Result<(), EngineError> {
        let ask = Ask::new(once, "cancel transfer", &[&transfer.to_string()]);
        let id = self.inner.transferred_interaction(transfer).await?;
        let command = Command::CancelTransfer { transfer, by: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await.map(drop)
    }

    /// Picks an interaction from its queue, for who may choose their work: a supervisor.
    pub async fn pull(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "pull", &[&id.to_string()]);
        let command = Command::Pull { agent: agent.clone() };
        let configured = self.inner.configured_agent(agent)?;
        let interaction = self.inner.visible_interaction(configured, id, Verb::Pull).await?;
        if !self.inner.is_enabled_for(configured, &interaction) {
            return Err(Denial { verb: Verb::Pull, missing: Missing::Flag(FlagName::TwitterEnabled) }.into());
        }
        self.carry_out(agent, &ask, id, Verb::Pull, command).await
    }

    /// Whether an agent may do it and the interaction would take it; changes nothing.
    pub(crate) async fn check(
        &self,
        agent: &AgentName,
        id: InteractionId,
        verb: Verb,
        command: &Command,
    ) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        let interaction = self.inner.visible_interaction(configured, id, verb).await?;
        let policy = self.inner.policy_for(configured);
        interaction.handle(command, Context { now: self.inner.now(), policy: &policy })?;
        Ok(())
    }
}

impl Inner {
    /// Whether an agent may be asked to take part: known, allowed to read what contacts write, enabled for the channel,
    /// and there.
    pub(crate) async fn colleague(
        &self,
        name: &AgentName,
        interaction: Option<InteractionId>,
    ) -> Result<(), EngineError> {
        let invalid = |reason| Err(EngineError::InvalidTarget { reason });
        let Some(agent) = self.directory.agent(name) else {
            return invalid(InvalidTarget::UnknownAgent);
        };
        if agent.role == Role::Admin {
            return invalid(InvalidTarget::SeesNoContent);
        }
        if let Some(id) = interaction
            && let Some(interaction) = self.interaction(id).await?
            && !self.is_enabled_for(agent, &interaction)
        {
            return invalid(InvalidTarget::NotEnabled);
        }
        if !self.agent_state(name).await?.signed_in {
            return Err(EngineError::AgentAway { agent: name.clone() });
        }
        Ok(())
    }

    /// Whether the account of an agent takes part in the network of an interaction (r4).
    fn is_enabled_for(&self, agent: &Agent, interaction: &Interaction) -> bool {
        let channel = self.directory.channel(&interaction.channel);
        agent.flags.is_on(FlagName::TwitterEnabled)
            || !channel.is_some_and(|channel| channel.readiness.contains(&Medium::Twitter))
    }

    async fn transferred_interaction(&self, transfer: TransferId) -> Result<InteractionId, EngineError> {
        let record = self.store.offer(OfferId::from_uuid(transfer.as_uuid())).await?;
        Ok(record.ok_or(EngineError::NotFound { what: "transfer" })?.interaction)
    }
}
