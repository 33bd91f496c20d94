//! Asking a colleague, or somebody outside, for advice during an interaction; the contact does not notice (r50 to r53).

use std::collections::BTreeSet;
use std::sync::Arc;

use parlor_channel::{VoiceCall, VoiceEndpoint, outside_means};
use parlor_interaction::{Command, ConsultTarget, Interaction, State};
use parlor_model::{
    AgentName, ClientId, ConsultId, ContactPointId, InteractionId, MessageText, OutsideMeans,
};

use crate::desk::{Ask, Once, Writing};
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, InvalidTarget, Plug};
use crate::permission::Verb;
use crate::requests::ConsultBy;
use crate::view::{InteractionView, MessageView};

/// Who is asked for advice, and how. By chat only an agent can be: there is no way to say otherwise (r51).
///
/// ```compile_fail
/// use parlor_engine::Consulted;
/// use parlor_model::ContactPointId;
///
/// fn by_chat(contact: ContactPointId) -> Consulted {
///     Consulted::Chat(contact)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consulted {
    /// A colleague, by chat.
    Chat(AgentName),
    /// A colleague, by telephone.
    Voice(AgentName),
    /// Somebody outside, by telephone (r50).
    VoiceContact(ContactPointId),
}

impl From<Consulted> for ConsultTarget {
    fn from(consulted: Consulted) -> Self {
        match consulted {
            Consulted::Chat(agent) => Self::Chat { agent },
            Consulted::Voice(agent) => Self::VoiceAgent { agent },
            Consulted::VoiceContact(point) => Self::VoiceContact { point },
        }
    }
}

impl Engine {
    /// Asks for advice. A colleague may think about it for `transfer_ttl`. A call is begun by the voice gateway; one that
    /// does not come about ends the consult.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotPlugged`] for a call when the engine has no voice gateway.
    pub async fn consult(
        &self,
        agent: &AgentName,
        id: InteractionId,
        consulted: Consulted,
        once: Once,
    ) -> Result<(ConsultId, InteractionView), EngineError> {
        let (kind, name) = match &consulted {
            Consulted::Chat(agent) => ("chat", agent.to_string()),
            Consulted::Voice(agent) => ("voice", agent.to_string()),
            Consulted::VoiceContact(point) => ("point", point.to_string()),
        };
        let target = ConsultTarget::from(consulted);
        let ask = Ask::new(once, "consult", &[&id.to_string(), kind, &name]);
        let fresh = self.inner.new_id();
        // The consult of a request that may be repeated carries its id, so that the repetition names it again.
        let consult = once.0.map_or(fresh, |client| parlor_model::Id::from_uuid(client.0));
        let command = Command::StartConsult {
            consult,
            by: agent.clone(),
            target: target.clone(),
            expires_at: self.inner.now() + self.inner.directory.timing.transfer_ttl,
        };
        if self.inner.repeated(agent, &ask).await?.is_some() {
            return Ok((consult, self.carry_out(agent, &ask, id, Verb::Consult, command).await?));
        }
        self.check(agent, id, Verb::Consult, &command).await?;
        let endpoint = self.inner.endpoint(&target, id).await?;
        let call = match endpoint {
            None => None,
            Some(endpoint) => {
                let gateway = self.inner.voice.clone();
                let gateway = gateway.ok_or(EngineError::NotPlugged { plug: Plug::VoiceGateway })?;
                Some((gateway, VoiceCall::new(consult, id, agent.clone(), endpoint)))
            }
        };
        let view = self.carry_out(agent, &ask, id, Verb::Consult, command).await?;
        if let Some((gateway, call)) = call
            && let Err(error) = gateway.call(&call).await
        {
            tracing::warn!(%error, %consult, "a call did not come about");
            self.call_ended(id, consult).await?;
            return Err(EngineError::NotCarried { plug: Plug::VoiceGateway });
        }
        Ok((consult, view))
    }

    /// Answers a colleague who asks for advice.
    pub async fn join_consult(
        &self,
        agent: &AgentName,
        id: InteractionId,
        consult: ConsultId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "join consult", &[&id.to_string(), &consult.to_string()]);
        let command = Command::JoinConsult { consult, agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await
    }

    /// Ends a consult, or declines it. Whoever asked, whoever is asked and the owner may.
    pub async fn end_consult(
        &self,
        agent: &AgentName,
        id: InteractionId,
        consult: ConsultId,
        once: Once,
    ) -> Result<(), EngineError> {
        let ask = Ask::new(once, "end consult", &[&id.to_string(), &consult.to_string()]);
        let command = Command::EndConsult { consult, by: Some(agent.clone()) };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await.map(drop)
    }

    /// Hands the interaction to the colleague who was consulted: the second step of a warm transfer (r52).
    pub async fn complete_consult(
        &self,
        agent: &AgentName,
        id: InteractionId,
        consult: ConsultId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "complete consult", &[&id.to_string(), &consult.to_string()]);
        let command = Command::CompleteConsult { consult, by: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::HandOver, command).await
    }

    /// Writes in a consult. Nobody but agents ever reads it (r53).
    pub async fn write_in_consult(
        &self,
        agent: &AgentName,
        id: InteractionId,
        consult: ConsultId,
        client: ClientId,
        text: MessageText,
    ) -> Result<MessageView, EngineError> {
        self.touch(agent);
        let parts = [&id.to_string(), &consult.to_string(), text.as_str()];
        let ask = Ask::new(Once(Some(client)), "write in consult", &parts.map(|part| part as &str));
        self.write(agent, &ask, client, Writing::Consult { id, consult, text }).await
    }

    /// Somebody outside took the call of a consult; to be called by whoever carries it.
    pub async fn call_answered(&self, id: InteractionId, consult: ConsultId) -> Result<(), EngineError> {
        let policy = &self.inner.directory.rules.interaction;
        self.inner.command(id, &Command::ConsultAnswered { consult }, policy, |_, _| {}).await.map(drop)
    }

    /// The call of a consult ended by itself, or did not come about; to be called by whoever carries it.
    pub async fn call_ended(&self, id: InteractionId, consult: ConsultId) -> Result<(), EngineError> {
        let policy = &self.inner.directory.rules.interaction;
        self.inner.command(id, &Command::EndConsult { consult, by: None }, policy, |_, _| {}).await.map(drop)
    }
}

impl Inner {
    /// Who a consult calls; `None` for a chat. Refuses who cannot be asked.
    async fn endpoint(
        &self,
        target: &ConsultTarget,
        interaction: InteractionId,
    ) -> Result<Option<VoiceEndpoint>, EngineError> {
        match target {
            ConsultTarget::Chat { agent } => {
                self.colleague(agent, Some(interaction)).await?;
                Ok(None)
            }
            ConsultTarget::VoiceAgent { agent } => {
                self.colleague(agent, Some(interaction)).await?;
                Ok(Some(VoiceEndpoint::Agent(agent.clone())))
            }
            ConsultTarget::VoiceContact { point } => {
                let invalid = |reason| EngineError::InvalidTarget { reason };
                let known = self.store.point(*point).await?;
                let known = known.ok_or(invalid(InvalidTarget::UnknownPoint))?;
                if outside_means(&known.key) != Some(OutsideMeans::Call) {
                    return Err(invalid(InvalidTarget::NoNumber));
                }
                Ok(Some(VoiceEndpoint::Contact { point: *point, number: known.key.address }))
            }
        }
    }

    /// The calls that are over once these snapshots hold.
    pub(crate) fn calls_over(&self, snapshots: &[Arc<Interaction>]) -> BTreeSet<ConsultId> {
        let mut over = BTreeSet::new();
        if self.voice.is_some() {
            for after in snapshots {
                if let Some(before) = self.open.get(after.id) {
                    over.extend(calls(&before).difference(&calls(after)));
                }
            }
        }
        over
    }

    /// Hangs up calls. What it takes keeps nobody waiting.
    pub(crate) fn hang_up(&self, over: BTreeSet<ConsultId>) {
        let Some(gateway) = self.voice.clone().filter(|_| !over.is_empty()) else {
            return;
        };
        tokio::spawn(async move {
            for consult in over {
                gateway.hang_up(consult).await;
            }
        });
    }
}

/// The calls of an interaction.
fn calls(interaction: &Interaction) -> BTreeSet<ConsultId> {
    match &interaction.state {
        State::Active(active) => active
            .consults
            .iter()
            .filter(|(_, consult)| ConsultBy::of(&consult.target) == ConsultBy::Voice)
            .map(|(id, _)| *id)
            .collect(),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => BTreeSet::new(),
    }
}
