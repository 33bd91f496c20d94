//! What agents do.

use std::sync::Arc;

use parlor_channel::{permitted, preflight};
use parlor_interaction::{
    Active, Actor as ClosedBy, CaseValue, Command, CommandName, Consult, ConsultStage, ConsultTarget,
    Context, DispositionCode, EndedBy, Interaction, Offered, Origin, Policy, Refusal, State, Supervision,
    Transition, TransitionError,
};
use parlor_model::{
    Agent, AgentName, Author, ChannelName, ClientId, ConsultId, ContactId, ContactPointId, Content, FlagName,
    Id, InteractionId, Label, Medium, MessageId, MessageText, NotReadyReason, OfferId, Readiness,
    ReadinessState, Role, Subject, ThreadId, Timestamp, Visibility, WebAddress,
};
use parlor_store::personal::erased_address;
use parlor_store::{
    AgentState, AgentWrite, Assignment, Committed, ContactWrite, Duplicate, NewMessage, ReadMarker, Request,
    RequestKey, StoreError,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::attachments::Said;
use crate::conductor::Signal;
use crate::contact_side::{Arrival, ContactSession, message_id};
use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::emoji::typed;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::hub::ForContact;
use crate::open::{involved, is_among_own};
use crate::permission::{Actor, Denial, Missing, Object, Part, Verb, may};
use crate::view::{ContactView, InteractionView, Me, MessageView};

/// The longest name of a contact, in bytes. A choice of ours: long enough for any name, short enough for a list.
const CONTACT_NAME_BYTES: usize = 256;

/// The longest free field of a contact, name and value each, in bytes. A choice of ours.
const CONTACT_FIELD_BYTES: usize = 4_096;

/// The client-made id of a write, with which it may be repeated. Without one it may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Once(pub Option<ClientId>);

/// On which of our channels a contact is written to, and at which of their addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    channel: ChannelName,
    point: Option<ContactPointId>,
}

impl On {
    /// At one of the contact's addresses, where they have several.
    #[must_use]
    pub fn at(channel: ChannelName, point: ContactPointId) -> Self {
        Self { channel, point: Some(point) }
    }

    fn is_at(&self, point: ContactPointId) -> bool {
        self.point.is_none_or(|named| named == point)
    }

    /// What is asked, for the fingerprint of a request.
    fn named(&self, contact: ContactId) -> Vec<String> {
        let mut parts = vec![contact.to_string(), self.channel.to_string()];
        parts.extend(self.point.map(|point| point.to_string()));
        parts
    }
}

/// At the address of the last exchange there; else at the last that is on file.
impl From<&ChannelName> for On {
    fn from(channel: &ChannelName) -> Self {
        Self { channel: channel.clone(), point: None }
    }
}

/// A write that may be repeated: its id, and a hash over what is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    id: Option<ClientId>,
    fingerprint: [u8; 32],
}

impl Ask {
    pub(crate) fn new(once: Once, verb: &str, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(&verb).chain(parts) {
            // With its length before it, so that no two lists of parts look alike.
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self { id: once.0, fingerprint: hash.finalize().into() }
    }

    pub(crate) fn request(&self, agent: &AgentName, resource: Uuid, at: Timestamp) -> Option<Request> {
        let id = self.id?;
        let key = RequestKey { agent: agent.clone(), id };
        Some(Request { key, fingerprint: self.fingerprint, resource, at })
    }
}

impl Engine {
    /// Logs an agent in: they are present, and the media of `auto_ready` become Ready (r5). One who is logged in
    /// stays as they are.
    pub async fn sign_in(&self, agent: &AgentName) -> Result<Me, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        until_decided!(self.inner.try_sign_in(configured).await).map_err(Attempt::into_error)?;
        self.me(agent).await
    }

    /// Logs an agent out: what they were offered goes back to the queue, what they own stays theirs.
    pub async fn sign_out(&self, agent: &AgentName) -> Result<(), EngineError> {
        self.inner.configured_agent(agent)?;
        self.inner.sign_out(agent).await
    }

    /// Renews an agent's presence: to be called whenever they do anything. One whose lease had run out is back where
    /// they were; one who logged out stays so.
    pub fn touch(&self, agent: &AgentName) {
        let lease = self.inner.directory.timing.presence_lease;
        if self.inner.presence.touch(agent, self.inner.now(), lease) {
            self.inner.is_back(agent);
        }
    }

    /// Says whether an agent takes work on a medium (r1). It logs them in if they are not. Saying Ready again
    /// lifts the pause after an offer they let pass.
    pub async fn set_readiness(
        &self,
        agent: &AgentName,
        medium: &Medium,
        ready: bool,
        reason: Option<Label>,
    ) -> Result<Me, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        if !self.inner.directory.media().contains(medium) {
            return Err(EngineError::NotFound { what: "medium" });
        }
        self.touch(agent);
        until_decided!(self.inner.try_set_readiness(configured, medium, ready, reason.as_ref()).await)
            .map_err(Attempt::into_error)?;
        self.me(agent).await
    }

    /// Takes an offer (r7). Taking it again gives the same answer.
    pub async fn accept(
        &self,
        agent: &AgentName,
        offer: OfferId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "accept", &[&offer.to_string()]);
        let id = self.inner.offered_interaction(offer).await?;
        let command = Command::Accept { offer, agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerOffer, command).await
    }

    /// Does not take an offer: it goes to the next agent.
    pub async fn decline(&self, agent: &AgentName, offer: OfferId, once: Once) -> Result<(), EngineError> {
        let ask = Ask::new(once, "decline", &[&offer.to_string()]);
        let id = self.inner.offered_interaction(offer).await?;
        let command = Command::Decline { offer, agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::AnswerOffer, command).await.map(|_| ())
    }

    /// Ends the session of an interaction (r18). It stays open for notes, a disposition and reactivation.
    pub async fn end(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "end", &[&id.to_string()]);
        let command = Command::End { by: EndedBy::Agent(agent.clone()) };
        self.carry_out(agent, &ask, id, Verb::FinishInteraction, command).await
    }

    /// Closes an interaction for good (r18).
    pub async fn mark_done(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "done", &[&id.to_string()]);
        let command = Command::MarkDone { by: ClosedBy::Agent(agent.clone()) };
        self.carry_out(agent, &ask, id, Verb::FinishInteraction, command).await
    }

    /// Says how an interaction came out (r30).
    pub async fn set_disposition(
        &self,
        agent: &AgentName,
        id: InteractionId,
        code: &str,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let known = self.inner.directory.dispositions.iter().find(|known| known.code.as_str() == code);
        let Some(code) = known.map(|known| DispositionCode::clone(&known.code)) else {
            return Err(EngineError::UnknownDisposition(code.to_owned()));
        };
        if !self.inner.directory.is_leaf(&code) {
            return Err(EngineError::DispositionGroup(code));
        }
        let ask = Ask::new(once, "disposition", &[&id.to_string(), code.as_str()]);
        let command = Command::SetDisposition { agent: agent.clone(), code };
        self.carry_out(agent, &ask, id, Verb::FinishInteraction, command).await
    }

    /// Writes down something about the case of an interaction, or takes it away (r32).
    pub async fn set_case_data(
        &self,
        agent: &AgentName,
        id: InteractionId,
        key: Label,
        value: Option<CaseValue>,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let said = value.as_ref().map_or("", CaseValue::as_str);
        let ask = Ask::new(once, "case", &[&id.to_string(), key.as_str(), said]);
        let command = Command::SetCaseData { agent: agent.clone(), key, value };
        self.carry_out(agent, &ask, id, Verb::FinishInteraction, command).await
    }

    /// Puts an interaction aside: it stays the agent's and weighs nothing, until the contact writes or the agent takes
    /// it up.
    pub async fn park(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "park", &[&id.to_string()]);
        let command = Command::Park { agent: agent.clone() };
        self.carry_out(agent, &ask, id, Verb::FinishInteraction, command).await
    }

    /// Takes up an interaction that was put aside. An agent who has no room for it is preferred when it is offered: it
    /// waits in its queue then.
    pub async fn unpark(
        &self,
        agent: &AgentName,
        id: InteractionId,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let ask = Ask::new(once, "unpark", &[&id.to_string()]);
        let taken = Command::Unpark { agent: agent.clone(), room: true };
        match self.carry_out(agent, &ask, id, Verb::FinishInteraction, taken).await {
            Err(EngineError::AtCapacity { .. }) => {
                let queued = Command::Unpark { agent: agent.clone(), room: false };
                self.carry_out(agent, &ask, id, Verb::FinishInteraction, queued).await
            }
            decided => decided,
        }
    }

    /// Writes to the contact in an interaction, words, files that were uploaded (r84), or both. While it is Ended this
    /// reactivates the same interaction, now the writer's (r25, r28), if they have room.
    pub async fn send(
        &self,
        agent: &AgentName,
        id: InteractionId,
        client: ClientId,
        said: impl Into<Said>,
    ) -> Result<(MessageView, InteractionView), EngineError> {
        self.touch(agent);
        let said = said.into();
        let ask = asked("send", vec![id.to_string()], &said, client);
        let message = self.write(agent, &ask, client, Writing::ToContact { id, said }).await?;
        self.stop_typing(agent, id);
        let interaction = self.interaction(agent, id).await?;
        Ok((message, interaction))
    }

    /// Leaves a note that only agents see (r31).
    pub async fn note(
        &self,
        agent: &AgentName,
        id: InteractionId,
        client: ClientId,
        text: MessageText,
    ) -> Result<MessageView, EngineError> {
        self.touch(agent);
        let ask = Ask::new(Once(Some(client)), "note", &[&id.to_string(), text.as_str()]);
        self.write(agent, &ask, client, Writing::Note { id, text }).await
    }

    /// Writes to a contact without an interaction (r27). It is delivered at once or when the contact comes back
    /// (r98); the answer comes as an alert (r101).
    pub async fn write_to_contact(
        &self,
        agent: &AgentName,
        contact: ContactId,
        on: impl Into<On>,
        client: ClientId,
        said: impl Into<Said>,
    ) -> Result<MessageView, EngineError> {
        self.touch(agent);
        let (on, said) = (on.into(), said.into());
        let ask = asked("write", on.named(contact), &said, client);
        let writing = Writing::WithoutInteraction { contact, on, said };
        self.write(agent, &ask, client, writing).await
    }

    /// An agent types to the contact, or stopped.
    pub async fn agent_typing(
        &self,
        agent: &AgentName,
        id: InteractionId,
        on: bool,
    ) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let interaction = self.inner.visible_interaction(configured, id, Verb::WriteInInteraction).await?;
        let item = ForContact::Typing { agent: agent.clone(), on };
        self.inner.hub.tell_contact(interaction.thread, item);
        Ok(())
    }

    fn stop_typing(&self, agent: &AgentName, id: InteractionId) {
        if let Some(interaction) = self.inner.open.get(id) {
            let item = ForContact::Typing { agent: agent.clone(), on: false };
            self.inner.hub.tell_contact(interaction.thread, item);
        }
    }

    /// Opens an interaction with a contact, owned by the agent from the start (r14); the one that is open is given
    /// instead of a second one (r103).
    pub async fn open_interaction(
        &self,
        agent: &AgentName,
        contact: ContactId,
        on: impl Into<On>,
        once: Once,
    ) -> Result<InteractionView, EngineError> {
        let on = on.into();
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::OpenInteraction, Object::Contact)?;
        let named = on.named(contact);
        let named: Vec<_> = named.iter().map(String::as_str).collect();
        let ask = Ask::new(once, "open", &named);
        let id = match self.inner.repeated(agent, &ask).await? {
            Some(resource) => InteractionId::from_uuid(resource),
            None => match until_decided!(self.inner.try_open(configured, contact, &on, &ask).await) {
                Ok(id) => id,
                Err(Attempt::Duplicate(Duplicate::Request(_))) => {
                    let resource = self.inner.repeated(agent, &ask).await?.ok_or(EngineError::Contended)?;
                    InteractionId::from_uuid(resource)
                }
                Err(other) => return Err(other.into_error()),
            },
        };
        let interaction =
            self.inner.interaction(id).await?.ok_or(EngineError::NotFound { what: "interaction" })?;
        self.inner.interaction_view(&interaction).await.map_err(EngineError::from)
    }

    /// Says that an agent has read a contact's messages up to and with a position; without one, all there are.
    /// Never moves backwards (r109).
    pub async fn mark_read(
        &self,
        agent: &AgentName,
        contact: ContactId,
        upto: Option<u64>,
    ) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::ReadContacts, self.inner.contact_object(agent, contact).await?)?;
        self.inner.known_contact(contact).await?;
        let mut draft = Draft::new(self.inner.now());
        for thread in self.inner.store.threads_of(contact).await? {
            let upto = self.inner.sequence_at(thread.id, upto).await?;
            if upto > self.inner.store.read_marker(agent, thread.id).await? {
                draft.changes.read_markers.push(ReadMarker { agent: agent.clone(), thread: thread.id, upto });
            }
        }
        if !draft.writes_nothing() {
            self.inner.attempt(draft).await.map_err(Attempt::into_error)?;
        }
        Ok(())
    }

    /// Puts a contact into an agent's list, or takes them out of it (r106).
    pub async fn set_assigned(
        &self,
        agent: &AgentName,
        contact: ContactId,
        assigned: bool,
    ) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::EditContact, self.inner.contact_object(agent, contact).await?)?;
        self.inner.known_contact(contact).await?;
        let mut draft = Draft::new(self.inner.now());
        draft.changes.assignments.push(Assignment { agent: agent.clone(), contact, assigned });
        self.inner.attempt(draft).await.map_err(Attempt::into_error)?;
        Ok(())
    }

    /// Changes what is known of a contact (r92). `version` is the one the change was made from.
    pub async fn edit_contact(
        &self,
        agent: &AgentName,
        edit: ContactEdit,
    ) -> Result<ContactView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        let object = self.inner.contact_object(agent, edit.contact).await?;
        may(Actor::Agent(configured), Verb::EditContact, object)?;
        edit.check()?;
        let mut contact =
            self.inner.store.contact(edit.contact).await?.ok_or(EngineError::NotFound { what: "contact" })?;
        if contact.version != edit.version {
            return Err(EngineError::StaleVersion);
        }
        if let Some(name) = edit.display_name {
            contact.display_name = Some(name).filter(|name| !name.trim().is_empty());
        }
        if let Some(fields) = edit.fields {
            contact.fields = fields;
        }
        let id = contact.id;
        let mut draft = Draft::new(self.inner.now());
        draft.changes.contacts.push(ContactWrite { contact, expected_version: edit.version });
        match self.inner.attempt(draft).await {
            Ok(_) => self.contact(agent, id).await,
            Err(Attempt::Again) => Err(EngineError::StaleVersion),
            Err(other) => Err(other.into_error()),
        }
    }

    /// Which contact an agent looks at in the Communication view: its messages come by the feed, whether or not
    /// the contact stands in their list.
    pub fn watch(&self, agent: &AgentName, contact: Option<ContactId>) -> Result<(), EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::ReadCommunication, Object::Contact)?;
        self.inner.presence.watch(agent, contact);
        Ok(())
    }

    pub(crate) async fn carry_out(
        &self,
        agent: &AgentName,
        ask: &Ask,
        id: InteractionId,
        verb: Verb,
        command: Command,
    ) -> Result<InteractionView, EngineError> {
        self.carry_out_with(agent, ask, id, verb, &command, |_, _| {}).await
    }

    /// The same together with what `add` puts into the commit.
    pub(crate) async fn carry_out_with(
        &self,
        agent: &AgentName,
        ask: &Ask,
        id: InteractionId,
        verb: Verb,
        command: &Command,
        add: impl Fn(&mut Draft, &Transition) + Send + Sync,
    ) -> Result<InteractionView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        if self.inner.repeated(agent, ask).await?.is_none() {
            let known =
                self.inner.interaction(id).await?.ok_or(EngineError::NotFound { what: "interaction" })?;
            // Who answers too late has no part any more; the machine tells them why.
            if !matches!(verb, Verb::AnswerOffer | Verb::AnswerRequest) {
                allowed(configured, &known, verb)?;
            }
            match until_decided!(self.inner.try_carry_out(configured, ask, id, command, &add).await) {
                Ok(()) => {}
                // The same request in two connections at once: both get the answer.
                Err(Attempt::Duplicate(Duplicate::Request(_))) => {
                    self.inner.repeated(agent, ask).await?;
                }
                Err(other) => return Err(other.into_error()),
            }
        }
        let interaction =
            self.inner.interaction(id).await?.ok_or(EngineError::NotFound { what: "interaction" })?;
        self.inner.interaction_view(&interaction).await.map_err(EngineError::from)
    }

    pub(crate) async fn write(
        &self,
        agent: &AgentName,
        ask: &Ask,
        client: ClientId,
        writing: Writing,
    ) -> Result<MessageView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        let id = message_id(client);
        if self.inner.repeated(agent, ask).await?.is_none() {
            match until_decided!(self.inner.try_write(configured, ask, id, &writing).await) {
                Ok(_) => {}
                Err(Attempt::Duplicate(Duplicate::Request(_))) => {
                    self.inner.repeated(agent, ask).await?;
                }
                Err(other) => return Err(other.into_error()),
            }
        }
        let message = self.inner.store.message(id).await?.ok_or(EngineError::NotFound { what: "message" })?;
        self.inner.message_view(&message, Some(agent)).await.map_err(EngineError::from)
    }
}

/// A message to a contact that may be repeated.
fn asked(verb: &str, mut parts: Vec<String>, said: &Said, client: ClientId) -> Ask {
    parts.extend(said.parts());
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ask::new(Once(Some(client)), verb, &parts)
}

/// What an agent writes, and where.
#[derive(Debug)]
pub(crate) enum Writing {
    ToContact { id: InteractionId, said: Said },
    PushedUrl { id: InteractionId, address: WebAddress },
    Note { id: InteractionId, text: MessageText },
    Consult { id: InteractionId, consult: ConsultId, text: MessageText },
    Whisper { id: InteractionId, text: MessageText },
    WithoutInteraction { contact: ContactId, on: On, said: Said },
}

/// A change of what is known of a contact.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContactEdit {
    /// Whom.
    pub contact: ContactId,
    /// The version the change was made from.
    pub version: u64,
    /// The new name; blank takes it away.
    pub display_name: Option<String>,
    /// The new fields, all of them.
    pub fields: Option<std::collections::BTreeMap<String, String>>,
}

impl ContactEdit {
    /// An edit that changes nothing yet.
    pub fn new(contact: ContactId, version: u64) -> Self {
        Self { contact, version, display_name: None, fields: None }
    }

    fn check(&self) -> Result<(), EngineError> {
        let check = |field, limit, text: &str| {
            let actual = text.len();
            if actual > limit { Err(EngineError::FieldTooLong { field, limit, actual }) } else { Ok(()) }
        };
        if let Some(name) = &self.display_name {
            check("display_name", CONTACT_NAME_BYTES, name)?;
        }
        for (name, value) in self.fields.iter().flatten() {
            check("fields", CONTACT_FIELD_BYTES, name)?;
            check("fields", CONTACT_FIELD_BYTES, value)?;
        }
        Ok(())
    }
}

impl Inner {
    /// The resource of a request that was carried out before; an error when the id was used for something else.
    pub(crate) async fn repeated(&self, agent: &AgentName, ask: &Ask) -> Result<Option<Uuid>, EngineError> {
        let Some(id) = ask.id else {
            return Ok(None);
        };
        let key = RequestKey { agent: agent.clone(), id };
        match self.store.request(&key).await? {
            None => Ok(None),
            Some(earlier) if earlier.is_same(id, &ask.fingerprint) => Ok(Some(earlier.resource)),
            Some(_) => Err(EngineError::IdReused),
        }
    }

    async fn try_sign_in(self: &Arc<Self>, agent: &Agent) -> Result<(), Attempt> {
        let now = self.now();
        let mut state = self.agent_state(&agent.name).await?;
        if state.signed_in {
            return Ok(());
        }
        let expected_version = state.version;
        self.log_in(agent, &mut state, now);
        let mut draft = Draft::new(now);
        draft.changes.agents.push(AgentWrite { state, expected_version });
        self.attempt(draft).await?;
        Ok(())
    }

    fn log_in(&self, agent: &Agent, state: &mut AgentState, now: Timestamp) {
        state.signed_in = true;
        state.idle_since = now;
        for medium in self.directory.media() {
            let auto = agent.flags.is_on(FlagName::AutoReadyAtLogin) && agent.auto_ready.contains(medium);
            let readiness =
                if auto { Readiness::Ready } else { Readiness::NotReady(NotReadyReason::LoggedIn) };
            state.readiness.insert(medium.clone(), ReadinessState { readiness, since: now });
        }
    }

    async fn try_set_readiness(
        self: &Arc<Self>,
        agent: &Agent,
        medium: &Medium,
        ready: bool,
        reason: Option<&Label>,
    ) -> Result<(), Attempt> {
        let now = self.now();
        let mut state = self.agent_state(&agent.name).await?;
        let expected_version = state.version;
        if !comes_back(&mut state, now) {
            self.log_in(agent, &mut state, now);
        }
        let readiness = if ready {
            Readiness::Ready
        } else {
            Readiness::NotReady(NotReadyReason::Chosen(reason.cloned()))
        };
        state.readiness.insert(medium.clone(), ReadinessState { readiness, since: now });
        let mut draft = Draft::new(now);
        draft.changes.agents.push(AgentWrite { state, expected_version });
        self.attempt(draft).await?;
        Ok(())
    }

    /// Logs an agent out, whoever asks for it.
    pub(crate) async fn sign_out(self: &Arc<Self>, agent: &AgentName) -> Result<(), EngineError> {
        self.presence.signed_out(agent);
        until_decided!(self.try_sign_out(agent).await).map_err(Attempt::into_error)
    }

    async fn try_sign_out(self: &Arc<Self>, agent: &AgentName) -> Result<(), Attempt> {
        let mut state = self.agent_state(agent).await?;
        if !state.signed_in && state.readiness.is_empty() {
            return Ok(());
        }
        let expected_version = state.version;
        state.signed_in = false;
        state.readiness.clear();
        let mut draft = Draft::new(self.now());
        draft.changes.agents.push(AgentWrite { state, expected_version });
        self.attempt(draft).await?;
        Ok(())
    }

    /// The lease of an agent has run out: they are offered nothing more. What they were Ready for is kept for when
    /// they come back.
    pub(crate) async fn let_go(self: &Arc<Self>, agent: &AgentName) -> Result<(), EngineError> {
        until_decided!(self.try_presence(agent, false).await).map_err(Attempt::into_error)
    }

    /// An agent whose lease had run out is there again. Changes nothing for one who logged out, or never logged in.
    pub(crate) async fn come_back(self: &Arc<Self>, agent: &AgentName) -> Result<(), EngineError> {
        until_decided!(self.try_presence(agent, true).await).map_err(Attempt::into_error)
    }

    async fn try_presence(self: &Arc<Self>, agent: &AgentName, there: bool) -> Result<(), Attempt> {
        let now = self.now();
        let mut state = self.agent_state(agent).await?;
        let expected_version = state.version;
        if state.signed_in == there || there && !comes_back(&mut state, now) {
            return Ok(());
        }
        state.signed_in = there;
        let mut draft = Draft::new(now);
        draft.changes.agents.push(AgentWrite { state, expected_version });
        self.attempt(draft).await?;
        Ok(())
    }

    /// Tells the conductor that an agent who had no lease is there.
    pub(crate) fn is_back(&self, agent: &AgentName) {
        // An error means that the conductor has stopped; another engine will go on from the store.
        let _ = self.signals.send(Signal::Back(agent.clone()));
    }

    pub(crate) async fn agent_state(&self, name: &AgentName) -> Result<AgentState, StoreError> {
        Ok(self.store.agent(name).await?.unwrap_or_else(|| AgentState::unknown(name.clone())))
    }

    async fn offered_interaction(&self, offer: OfferId) -> Result<InteractionId, EngineError> {
        let record = self.store.offer(offer).await?.ok_or(EngineError::NotFound { what: "offer" })?;
        Ok(record.interaction)
    }

    async fn try_carry_out(
        self: &Arc<Self>,
        agent: &Agent,
        ask: &Ask,
        id: InteractionId,
        command: &Command,
        add: &(impl Fn(&mut Draft, &Transition) + Send + Sync),
    ) -> Result<(), Attempt> {
        let interaction = self.interaction(id).await?.ok_or(EngineError::NotFound { what: "interaction" })?;
        let now = self.now();
        let policy = self.policy_for(agent);
        let transition = interaction.handle(command, Context { now, policy: &policy })?;
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(&agent.name, id.as_uuid(), now);
        self.put(&mut draft, &interaction, &transition);
        self.after_work(&mut draft, &interaction, &transition.interaction).await?;
        if let Some(owner) = transition.interaction.owner().filter(|owner| interaction.owner() != Some(owner))
        {
            self.assign(&mut draft, owner, interaction.thread).await;
        }
        add(&mut draft, &transition);
        if !draft.writes_nothing() {
            self.attempt(draft).await?;
        }
        Ok(())
    }

    fn put(&self, draft: &mut Draft, interaction: &Interaction, transition: &Transition) {
        if transition.events.is_empty() {
            draft.unchanged(interaction);
        } else {
            draft.transition(&self.directory, Some(interaction), transition, || self.new_id());
        }
    }

    /// The rules as they are for an agent.
    pub(crate) fn policy_for(&self, agent: &Agent) -> Policy {
        let mut policy = self.directory.rules.interaction.clone();
        policy.async_enabled &= agent.flags.is_on(FlagName::AsyncEnabled);
        policy
    }

    async fn try_write(
        self: &Arc<Self>,
        agent: &Agent,
        ask: &Ask,
        message: MessageId,
        writing: &Writing,
    ) -> Result<Committed, Attempt> {
        let now = self.now();
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(&agent.name, message.as_uuid(), now);
        let new = match writing {
            Writing::ToContact { id, said } => {
                let interaction = self.visible_interaction(agent, *id, Verb::WriteInInteraction).await?;
                self.precheck(agent, &interaction.channel, interaction.thread, said.is_anyway()).await?;
                let (content, taken) = self.agents_content(&agent.name, said).await?;
                let contact = self.thread(interaction.thread).await?.and_then(|info| info.contact);
                taken.bind(&mut draft, message, interaction.thread, contact, &content)?;
                self.say(agent, &interaction, message, content, &mut draft).await?
            }
            Writing::PushedUrl { id, address } => {
                let interaction = self.visible_interaction(agent, *id, Verb::PushUrl).await?;
                self.precheck(agent, &interaction.channel, interaction.thread, false).await?;
                self.remember_pushed(&mut draft, agent, address).await?;
                let content = self.invitation(address)?;
                self.say(agent, &interaction, message, content, &mut draft).await?
            }
            Writing::Note { id, text } => {
                let interaction = self.visible_interaction(agent, *id, Verb::WriteNote).await?;
                if !interaction.is_open() {
                    return Err(EngineError::Refused(closed(&interaction)).into());
                }
                draft.unchanged(&interaction);
                let content = Content::Note { text: text.clone() };
                let place = Some((*id, interaction.segment));
                new_message(message, interaction.thread, place, agent, Visibility::Internal, content)
            }
            Writing::Consult { id, consult, text } => {
                let interaction = self.visible_interaction(agent, *id, Verb::WriteInternally).await?;
                may_write_in_consult(&interaction, *consult, &agent.name)?;
                draft.unchanged(&interaction);
                let content = Content::Consult { consult: *consult, text: text.clone() };
                let place = Some((*id, interaction.segment));
                new_message(message, interaction.thread, place, agent, Visibility::Internal, content)
            }
            Writing::Whisper { id, text } => {
                let interaction = self.visible_interaction(agent, *id, Verb::WriteInternally).await?;
                may_whisper(&interaction, &agent.name)?;
                draft.unchanged(&interaction);
                let content = Content::Whisper { text: text.clone() };
                let place = Some((*id, interaction.segment));
                new_message(message, interaction.thread, place, agent, Visibility::Internal, content)
            }
            Writing::WithoutInteraction { contact, on, said } => {
                match may(Actor::Agent(agent), Verb::WriteWithoutInteraction, Object::Contact) {
                    Ok(()) => {}
                    Err(denial) if denial.missing == Missing::Flag(FlagName::ComposeFromCommunication) => {
                        return Err(EngineError::MustOpenInteraction.into());
                    }
                    Err(denial) => return Err(denial.into()),
                }
                let session = self.session_on(*contact, on).await?;
                self.precheck(agent, &session.channel, session.thread, said.is_anyway()).await?;
                let (content, taken) = self.agents_content(&agent.name, said).await?;
                let visibility = self.check_content(agent, &on.channel, &content)?;
                taken.bind(&mut draft, message, session.thread, Some(session.contact), &content)?;
                self.remember_emoji(&mut draft, agent, &content).await?;
                self.assign(&mut draft, &agent.name, session.thread).await;
                let place = self.goes_on(agent, session.thread, &mut draft)?;
                new_message(message, session.thread, place, agent, visibility, content)
            }
        };
        draft.changes.messages.push(new);
        self.attempt(draft).await
    }

    /// What an agent says to the contact in an interaction.
    async fn say(
        self: &Arc<Self>,
        agent: &Agent,
        interaction: &Interaction,
        message: MessageId,
        content: Content,
        draft: &mut Draft,
    ) -> Result<NewMessage, Attempt> {
        let visibility = self.check_content(agent, &interaction.channel, &content)?;
        self.remember_emoji(draft, agent, &content).await?;
        let command = Command::AgentWrote { agent: agent.name.clone() };
        let policy = self.policy_for(agent);
        let transition = interaction.handle(&command, Context { now: self.now(), policy: &policy })?;
        self.put(draft, interaction, &transition);
        self.after_work(draft, interaction, &transition.interaction).await?;
        if matches!(interaction.state, State::Ended(_)) {
            self.assign(draft, &agent.name, interaction.thread).await;
        }
        let place = Some((interaction.id, transition.interaction.segment));
        Ok(new_message(message, interaction.thread, place, agent, visibility, content))
    }

    /// What an agent writes to somebody with whom they are just talking is part of that, wherever they typed it: the
    /// contact is answered (r44), and the interaction's transcript has it (r78).
    fn goes_on(
        &self,
        agent: &Agent,
        thread: ThreadId,
        draft: &mut Draft,
    ) -> Result<Option<(InteractionId, u32)>, Attempt> {
        let Some(open) = self.open_in_thread(thread) else {
            return Ok(None);
        };
        match &open.state {
            State::Active(active) if active.holders().contains(&agent.name) => {
                let command = Command::AgentWrote { agent: agent.name.clone() };
                let policy = self.policy_for(agent);
                let transition = open.handle(&command, Context { now: self.now(), policy: &policy })?;
                self.put(draft, &open, &transition);
                Ok(Some((open.id, transition.interaction.segment)))
            }
            State::Queued(_) | State::Offered(_) | State::Active(_) | State::Ended(_) | State::Done(_) => {
                Ok(None)
            }
        }
    }

    /// Refuses what the agent may not send or the channel would not take, before anything is written; gives who will
    /// see it.
    fn check_content(
        &self,
        agent: &Agent,
        channel: &ChannelName,
        content: &Content,
    ) -> Result<Visibility, EngineError> {
        if may(Actor::Agent(agent), Verb::SendEmoji, Object::Workspace).is_err()
            && let Some(text) = typed(content)
            && let Some(found) = parlor_composer::emoji(text).next()
        {
            return Err(EngineError::EmojiNotAllowed { start: found.start, end: found.end });
        }
        let configured = self.directory.channel(channel).ok_or(EngineError::NotFound { what: "channel" })?;
        let transport = self.transport(configured).ok_or(EngineError::NotFound { what: "channel" })?;
        permitted(content, transport.profile())?;
        preflight(content, transport.capabilities())?;
        Ok(transport.profile().visibility)
    }

    /// The thread of a contact on a channel; the last one there where no address of theirs was named.
    async fn session_on(
        self: &Arc<Self>,
        contact: ContactId,
        on: &On,
    ) -> Result<ContactSession, EngineError> {
        self.known_contact(contact).await?;
        let threads = self.threads_by_use(contact).await?;
        let found = threads.into_iter().rev().find_map(|thread| match thread.subject {
            Subject::Direct(point) if thread.channel == on.channel && on.is_at(point) => {
                Some((thread.id, point))
            }
            Subject::Direct(_) | Subject::Post(_) => None,
        });
        let Some((thread, point)) = found else {
            return self.first_session_on(contact, on).await;
        };
        let known = self.store.point(point).await?;
        if known.is_some_and(|known| known.key.address == erased_address(point)) {
            return Err(EngineError::NotFound { what: "contact" });
        }
        Ok(ContactSession { channel: on.channel.clone(), thread, point, contact })
    }

    /// The thread of a contact on a channel on which they and we have not met: one can be written to first where we are the
    /// ones who call (r129), at an address that is on file.
    async fn first_session_on(
        self: &Arc<Self>,
        contact: ContactId,
        on: &On,
    ) -> Result<ContactSession, EngineError> {
        let none = || EngineError::NotOnChannel(on.channel.clone());
        let configured = self.directory.channel(&on.channel).ok_or_else(none)?;
        if !self.pushes_on(configured) {
            return Err(none());
        }
        let points = self.store.points_of(contact).await?;
        let mut theirs = points.iter().rev().filter(|point| on.is_at(point.id));
        let point = theirs
            .find(|point| point.key.kind == configured.kind && point.key.address != erased_address(point.id))
            .ok_or_else(none)?;
        let arrival = Arrival::new(on.channel.clone(), point.key.clone());
        let session = until_decided!(self.try_arrive(&arrival).await).map_err(Attempt::into_error)?;
        Ok(session)
    }

    async fn try_open(
        self: &Arc<Self>,
        agent: &Agent,
        contact: ContactId,
        on: &On,
        ask: &Ask,
    ) -> Result<InteractionId, Attempt> {
        let session = self.session_on(contact, on).await?;
        let now = self.now();
        let mut draft = Draft::new(now);
        let id = if let Some(open) = self.open_in_thread(session.thread) {
            let policy = self.policy_for(agent);
            match (&open.state, part(agent, &open)) {
                // One's own is shown as it is; one that is over stays so until somebody writes.
                (State::Offered(_), Part::Offered)
                | (State::Active(_), Part::Takes)
                | (State::Ended(_) | State::Done(_), _) => {}
                // One that waits is picked, by those whom it could be offered to or who lead them.
                (State::Queued(_), Part::Serves) => self.pull(agent, &open, &mut draft, &policy)?,
                (State::Queued(_), _) if agent.role == Role::Supervisor => {
                    self.pull(agent, &open, &mut draft, &policy)?;
                }
                (State::Queued(_), _) => {
                    return Err(Denial { verb: Verb::OpenInteraction, missing: Missing::Part }.into());
                }
                (
                    State::Offered(Offered { agent: holder, .. })
                    | State::Active(Active { owner: holder, .. }),
                    _,
                ) => {
                    return Err(EngineError::HeldBy { agent: holder.clone() }.into());
                }
            }
            open.id
        } else {
            let start = self.start(&session, Origin::Outbound { agent: agent.name.clone() })?;
            let transition = Interaction::start(start, now);
            draft.transition(&self.directory, None, &transition, || self.new_id());
            transition.interaction.id
        };
        draft.changes.request = ask.request(&agent.name, id.as_uuid(), now);
        self.assign(&mut draft, &agent.name, session.thread).await;
        self.attempt(draft).await?;
        Ok(id)
    }

    fn pull(
        &self,
        agent: &Agent,
        open: &Interaction,
        draft: &mut Draft,
        policy: &Policy,
    ) -> Result<(), Attempt> {
        let command = Command::Pull { agent: agent.name.clone() };
        let transition = open.handle(&command, Context { now: self.now(), policy })?;
        draft.transition(&self.directory, Some(open), &transition, || self.new_id());
        Ok(())
    }

    /// Puts the contact of a thread into an agent's list: they have to do with each other now (r106).
    pub(crate) async fn assign(&self, draft: &mut Draft, agent: &AgentName, thread: ThreadId) {
        if let Ok(Some(info)) = self.thread(thread).await
            && let Some(contact) = info.contact
        {
            draft.changes.assignments.push(Assignment { agent: agent.clone(), contact, assigned: true });
        }
    }

    /// The last sequence of a thread whose position is not above `upto`.
    async fn sequence_at(&self, thread: ThreadId, upto: Option<u64>) -> Result<u64, StoreError> {
        let last = self.store.last_messages(thread, 1).await?.last().map_or(0, |message| message.sequence);
        let Some(upto) = upto else {
            return Ok(last);
        };
        // Positions grow with sequences, so the boundary is found by halving.
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let found = self.store.messages(thread, middle - 1, 1).await?;
            match found.first() {
                Some(message) if message.position <= upto => low = message.sequence,
                _ => high = middle - 1,
            }
        }
        Ok(low)
    }

    pub(crate) async fn known_contact(&self, contact: ContactId) -> Result<(), EngineError> {
        match self.store.contact(contact).await? {
            Some(_) => Ok(()),
            None => Err(EngineError::NotFound { what: "contact" }),
        }
    }

    /// An interaction to which an agent may do something.
    pub(crate) async fn visible_interaction(
        &self,
        agent: &Agent,
        id: InteractionId,
        verb: Verb,
    ) -> Result<Arc<Interaction>, EngineError> {
        let interaction = self.interaction(id).await?.ok_or(EngineError::NotFound { what: "interaction" })?;
        allowed(agent, &interaction, verb)?;
        Ok(interaction)
    }
}

/// Whether an agent is logged in; one whose lease had run out is so again.
fn comes_back(state: &mut AgentState, now: Timestamp) -> bool {
    if !state.signed_in && !state.readiness.is_empty() {
        state.signed_in = true;
        state.idle_since = now;
    }
    state.signed_in
}

pub(crate) fn new_message(
    id: MessageId,
    thread: ThreadId,
    place: Option<(InteractionId, u32)>,
    agent: &Agent,
    visibility: Visibility,
    content: Content,
) -> NewMessage {
    NewMessage {
        id,
        thread,
        interaction: place.map(|(interaction, _)| interaction),
        segment: place.map_or(0, |(_, segment)| segment),
        author: Author::Agent(agent.name.clone()),
        parent: None,
        visibility,
        content,
        provider_time: None,
        provider_id: None,
    }
}

fn closed(interaction: &Interaction) -> TransitionError {
    cannot_write(interaction, Refusal::AlreadyDone)
}

fn cannot_write(interaction: &Interaction, refusal: Refusal) -> TransitionError {
    TransitionError { state: interaction.state.name(), command: CommandName::AgentWrote, refusal }
}

/// The refusal of a command that the machine itself would let through.
pub(crate) fn refused(interaction: &Interaction, command: &Command, refusal: Refusal) -> EngineError {
    TransitionError { state: interaction.state.name(), command: command.name(), refusal }.into()
}

/// Only who asked and, once they have joined, who was asked write in a consult; a call has nothing to write in.
fn may_write_in_consult(
    interaction: &Interaction,
    consult: ConsultId,
    agent: &AgentName,
) -> Result<(), EngineError> {
    let known = match &interaction.state {
        State::Active(active) => active.consults.get(&consult),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
    };
    let refusal = match known {
        None => Refusal::ConsultGone,
        Some(known) if !matches!(known.target, ConsultTarget::Chat { .. }) => Refusal::NotAMember,
        Some(known) if known.by == *agent => return Ok(()),
        Some(known) if known.target.agent() != Some(agent) => Refusal::NotInvited,
        Some(Consult { stage: ConsultStage::Asked { .. }, .. }) => Refusal::ConsultNotJoined,
        Some(Consult { stage: ConsultStage::Joined { .. }, .. }) => return Ok(()),
    };
    Err(cannot_write(interaction, refusal).into())
}

/// Only a supervisor who helps whispers; one who only reads along does not.
fn may_whisper(interaction: &Interaction, agent: &AgentName) -> Result<(), EngineError> {
    let mode = match &interaction.state {
        State::Active(active) => active.supervisors.get(agent),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
    };
    match mode {
        Some(Supervision::Whisper | Supervision::Barge) => Ok(()),
        Some(Supervision::Monitor) | None => Err(cannot_write(interaction, Refusal::NotAMember).into()),
    }
}

/// How an agent stands to an interaction.
fn part(agent: &Agent, interaction: &Interaction) -> Part {
    match &interaction.state {
        State::Offered(offered) if offered.agent == agent.name => Part::Offered,
        State::Active(active) => {
            if active.may_write(&agent.name) {
                Part::Takes
            } else if is_among_own(interaction, &agent.name) {
                Part::Beside
            } else if involved(interaction).contains(&agent.name) {
                Part::Offered
            } else {
                Part::None
            }
        }
        State::Ended(_) | State::Done(_) if interaction.last_owner.as_ref() == Some(&agent.name) => {
            Part::Takes
        }
        State::Queued(_) | State::Offered(_) if agent.queues.contains(&interaction.queue) => Part::Serves,
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => Part::None,
    }
}

pub(crate) fn allowed(agent: &Agent, interaction: &Interaction, verb: Verb) -> Result<(), EngineError> {
    let ended = matches!(interaction.state, State::Ended(_) | State::Done(_));
    let object = Object::Interaction { part: part(agent, interaction), ended };
    let actor = Actor::Agent(agent);
    match may(actor, verb, object) {
        Ok(()) => Ok(()),
        // What somebody may not know of does not exist for them.
        Err(_) if may(actor, Verb::ReadInteraction, object).is_err() => {
            Err(EngineError::NotFound { what: "interaction" })
        }
        Err(denial) => Err(denial.into()),
    }
}
