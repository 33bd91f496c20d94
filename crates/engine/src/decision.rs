//! What becomes of a message that may have been sent: a person says so.

use std::sync::Arc;

use parlor_model::{Agent, AgentName, Id, Message, MessageId, OutboxId, SendOutcome, Subject};
use parlor_store::{AuditEntry, Duplicate, OutboxState, OutboxWrite, seal};

use crate::decide::{Attempt, until_decided};
use crate::desk::{Ask, Once};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::outbox::{SendContext, SendEvent, after};
use crate::permission::{Actor, Verb, may};
use crate::view::MessageView;

/// What becomes of a message that may have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendDecision {
    /// It is sent once more: the contact may get it twice.
    SendAgain,
    /// It is given up: the contact may not have got it.
    Discard,
}

impl SendDecision {
    /// The name as it stands in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendAgain => "send_again",
            Self::Discard => "discard",
        }
    }
}

impl Engine {
    /// Says what becomes of a message that may have been sent. The transcript and the audit chain say who said so.
    ///
    /// # Errors
    ///
    /// [`EngineError::NothingToDecide`] when nobody has to say so, any more or yet: a receipt may have come meanwhile.
    pub async fn decide_send(
        &self,
        agent: &AgentName,
        message: MessageId,
        decision: SendDecision,
        once: Once,
    ) -> Result<MessageView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let not_found = || EngineError::NotFound { what: "message" };
        let said = self.inner.store.message(message).await?.ok_or_else(not_found)?;
        self.inner.may_decide(configured, &said, decision).await?;
        let ask = Ask::new(once, "decide_send", &[&message.to_string(), decision.as_str()]);
        if self.inner.repeated(agent, &ask).await?.is_none() {
            match until_decided!(self.inner.try_decide_send(configured, &ask, &said, decision).await) {
                Ok(()) | Err(Attempt::Duplicate(Duplicate::Request(_))) => {}
                Err(other) => return Err(other.into_error()),
            }
        }
        Ok(self.inner.message_view(&said, Some(agent)).await?)
    }
}

impl Inner {
    /// Whoever could write to the contact where the message stands; who may only read there may only give it up.
    async fn may_decide(
        &self,
        agent: &Agent,
        said: &Message,
        decision: SendDecision,
    ) -> Result<(), EngineError> {
        if let Some(open) = self.open_in_thread(said.thread) {
            self.visible_interaction(agent, open.id, Verb::WriteInInteraction).await?;
            return Ok(());
        }
        let contact = self.thread(said.thread).await?.and_then(|info| info.contact);
        let contact = contact.ok_or(EngineError::NotFound { what: "message" })?;
        let object = self.contact_object(&agent.name, contact).await?;
        let verb = match decision {
            SendDecision::SendAgain => Verb::WriteWithoutInteraction,
            SendDecision::Discard => Verb::ReadCommunication,
        };
        may(Actor::Agent(agent), verb, object)?;
        Ok(())
    }

    async fn try_decide_send(
        self: &Arc<Self>,
        agent: &Agent,
        ask: &Ask,
        said: &Message,
        decision: SendDecision,
    ) -> Result<(), Attempt> {
        let now = self.now();
        let entry = self.store.outbox_entry(OutboxId::from_uuid(said.id.as_uuid())).await?;
        let entry = entry.filter(|entry| entry.state == OutboxState::NeedsDecision);
        let entry = entry.ok_or(EngineError::NothingToDecide)?;
        let policy = self.directory.rules.sending;
        if decision == SendDecision::SendAgain && now >= said.at + policy.max_age_again() {
            return Err(EngineError::TooOldToSend.into());
        }
        if decision == SendDecision::SendAgain
            && let Some(info) = self.thread(said.thread).await?
            && let Subject::Direct(point) = info.thread.subject
            && self.has_opted_out(point).await?
        {
            return Err(EngineError::OptedOut.into());
        }
        let cx = SendContext { now, policy, provider_wait: std::time::Duration::ZERO, jitter: 0 };
        let by = agent.name.clone();
        let (event, outcome) = match decision {
            SendDecision::SendAgain => (SendEvent::SendAgain, SendOutcome::SentAgain { by }),
            SendDecision::Discard => (SendEvent::Discard, SendOutcome::Discarded { by }),
        };
        let next = after(&entry, &event, &cx).ok_or(EngineError::NothingToDecide)?;
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(&agent.name, said.id.as_uuid(), now);
        let mut salt = [0; 16];
        self.ids.fill(&mut salt);
        let words = said.content.text().unwrap_or_default();
        draft.changes.audit.push(AuditEntry {
            actor: agent.name.to_string(),
            verb: format!("message.{}", decision.as_str()),
            object: format!("message:{}", said.id),
            contact: self.thread(said.thread).await?.and_then(|info| info.contact),
            salt,
            before: None,
            after: Some(seal(&salt, words.as_bytes())),
        });
        self.tell_agents_of_send(&mut draft, &entry, outcome, None).await?;
        draft.changes.outbox.push(OutboxWrite { entry: next, expected_version: entry.version });
        self.attempt(draft).await?;
        Ok(())
    }
}
