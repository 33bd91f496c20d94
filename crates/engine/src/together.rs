//! Several agents in one interaction: conferences (r49), and supervisors who watch, whisper and barge in.

use parlor_interaction::{Command, Refusal, State, Supervision};
use parlor_model::{AgentName, ClientId, InteractionId, MessageText};

use crate::desk::{Ask, Once, Writing, refused};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::permission::Verb;
use crate::view::{InteractionView, MessageView};

impl Engine {
    /// Asks a colleague to join the conversation (r49). They may think about it for `transfer_ttl`.
    pub async fn invite(
        &self,
        agent: &AgentName,
        id: InteractionId,
        colleague: &AgentName,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "invite", &[&id.to_string(), colleague.as_str()]);
        let command = Command::Invite {
            by: agent.clone(),
            agent: colleague.clone(),
            expires_at: self.inner.now() + self.inner.directory.timing.transfer_ttl,
        };
        if self.inner.repeated(agent, &ask).await?.is_none() {
            self.check(agent, id, Verb::HandOver, &command).await?;
            self.inner.colleague(colleague, Some(id)).await?;
        }
        self.carry_out(agent, &ask, id, Verb::HandOver, command).await
    }

    /// Joins a conversation to which a colleague has asked the agent.
    pub async fn join(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "join", &[&id.to_string()]);
        let command = Command::AcceptInvitation { agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await
    }

    /// Does not join.
    pub async fn decline_invitation(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<(), EngineError> {
        let ask = Ask::new(once, "decline invitation", &[&id.to_string()]);
        let command = Command::DeclineInvitation { agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await.map(drop)
    }

    /// Leaves a conversation that one had joined; it goes on without one.
    pub async fn leave(&self, agent: &AgentName, id: InteractionId, once: Once) -> Result<(), EngineError> {
        let ask = Ask::new(once, "leave", &[&id.to_string()]);
        let command = Command::RemoveMember { agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerRequest, command).await.map(drop)
    }

    /// Takes a colleague out of a conversation, or takes the invitation back. Only its owner does that.
    pub async fn remove(
        &self,
        agent: &AgentName,
        id: InteractionId,
        colleague: &AgentName,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "remove", &[&id.to_string(), colleague.as_str()]);
        let interaction = self.inner.interaction(id).await?;
        let (owned, invited) = match interaction.as_deref().map(|interaction| &interaction.state) {
            Some(State::Active(active)) => {
                (active.owner == *agent, active.invitations.contains_key(colleague))
            }
            Some(State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_)) | None => {
                (true, false)
            }
        };
        let command = if invited || !owned {
            Command::CancelInvitation { by: agent.clone(), agent: colleague.clone() }
        } else {
            Command::RemoveMember { agent: colleague.clone() }
        };
        if let Some(interaction) = interaction.filter(|_| !owned) {
            // The machine lets every member leave; that nobody else sends them away is known here only.
            self.check(agent, id, Verb::HandOver, &command).await?;
            return Err(refused(&interaction, &command, Refusal::NotOwner));
        }
        self.carry_out(agent, &ask, id, Verb::HandOver, command).await
    }

    /// Watches an interaction, helps in it, or stops; `None` stops. Only supervisors do that, and every change is kept
    /// in the interaction's history. Watching moves nobody's unread marker and shows the contact nothing.
    pub async fn supervise(
        &self,
        agent: &AgentName,
        id: InteractionId,
        mode: Option<Supervision>,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let name = match mode {
            None => "stop",
            Some(Supervision::Monitor) => "monitor",
            Some(Supervision::Whisper) => "whisper",
            Some(Supervision::Barge) => "barge",
        };
        let ask = Ask::new(once, "supervise", &[&id.to_string(), name]);
        let agent_name = agent.clone();
        let command = match mode {
            None => Command::StopSupervising { agent: agent_name },
            Some(mode) => Command::Supervise { agent: agent_name, mode },
        };
        self.carry_out(agent, &ask, id, Verb::Supervise, command).await
    }

    /// Tells the agents of an interaction something that its contact never sees; for a supervisor who whispers or has
    /// barged in.
    pub async fn whisper(
        &self,
        agent: &AgentName,
        id: InteractionId,
        client: ClientId,
        text: MessageText,
    ) -> Result<MessageView, EngineError> {
        self.touch(agent);
        let ask = Ask::new(Once(Some(client)), "whisper", &[&id.to_string(), text.as_str()]);
        self.write(agent, &ask, client, Writing::Whisper { id, text }).await
    }
}
