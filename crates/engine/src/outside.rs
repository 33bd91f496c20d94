//! Calling a contact, or writing them an e-mail, outside Parlor (r55, r56).

use std::collections::BTreeSet;
use std::sync::Arc;

use parlor_channel::{Launch, Launched, OutsideLauncher, outside_means};
use parlor_composer::SpanKind;
use parlor_model::{
    Agent, AgentName, Author, ClientId, Contact, ContactId, ContactPoint, Content, Id, InteractionId,
    MessageId, OutsideMeans, OutsideStage, PointAddress, SystemNotice, ThreadId, Visibility,
};
use parlor_store::personal::erased_address;
use parlor_store::{Duplicate, NewMessage};
use sha2::{Digest, Sha256};

use crate::decide::{Attempt, until_decided};
use crate::desk::{Ask, Once};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, InvalidTarget, Plug};
use crate::open::is_among_own;
use crate::permission::{Actor, Object, Verb, may};
use crate::source::id_of;
use crate::view::{ActionView, MessageView};

/// The transcript in which a launch leaves its lines.
#[derive(Clone, Copy, Debug)]
struct Place {
    thread: ThreadId,
    interaction: Option<(InteractionId, u32)>,
}

impl Engine {
    /// What an agent can start outside Parlor to reach a contact: one action for each number and address on file, in
    /// their contact points first and then in their fields.
    pub async fn available_actions(
        &self,
        agent: &AgentName,
        contact: ContactId,
    ) -> Result<Vec<ActionView>, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::LaunchOutside, Object::Contact)?;
        self.inner.actions(contact).await
    }

    /// Starts one of the [`available_actions`](Self::available_actions). The transcript says that it was started, and
    /// what came of it; agents only. Starting it again under the same id starts nothing.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotPlugged`] when the engine has no launcher, and [`EngineError::NotCarried`] when it could not
    /// start it.
    pub async fn launch(
        &self,
        agent: &AgentName,
        contact: ContactId,
        means: OutsideMeans,
        address: &PointAddress,
        client: ClientId,
    ) -> Result<MessageView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        self.touch(agent);
        may(Actor::Agent(configured), Verb::LaunchOutside, Object::Contact)?;
        let name = match means {
            OutsideMeans::Call => "call",
            OutsideMeans::Email => "email",
        };
        let ask = Ask::new(Once(Some(client)), "launch", &[&contact.to_string(), name, address.as_str()]);
        let started = MessageId::from_uuid(client.0);
        if self.inner.repeated(agent, &ask).await?.is_some() {
            return self.launched(agent, started).await;
        }
        let launcher = self.inner.launcher.clone();
        let launcher = launcher.ok_or(EngineError::NotPlugged { plug: Plug::OutsideLauncher })?;
        let on_file = self.inner.actions(contact).await?;
        let on_file = on_file.into_iter().find(|action| action.means == means && action.address == *address);
        let action = on_file.ok_or(EngineError::InvalidTarget { reason: InvalidTarget::NotOnFile })?;
        let place = self.inner.place_of_launch(agent, contact).await?;
        let launch = Launch::new(client, agent.clone(), means, contact, address.clone()).at(action.point);
        match until_decided!(self.inner.try_start_launch(configured, &ask, place, &launch).await) {
            Ok(()) => {}
            Err(Attempt::Duplicate(Duplicate::Request(_))) => return self.launched(agent, started).await,
            Err(other) => return Err(other.into_error()),
        }
        // A caller who goes away must not leave a launch without a word of what came of it.
        let inner = Arc::clone(&self.inner);
        let carried = tokio::spawn(async move { inner.carry(launcher, place, &launch).await });
        carried.await.unwrap_or(Err(EngineError::NotCarried { plug: Plug::OutsideLauncher }))?;
        self.launched(agent, started).await
    }

    /// The last line about a launch; an error when it failed.
    async fn launched(&self, agent: &AgentName, started: MessageId) -> Result<MessageView, EngineError> {
        let result = self.inner.store.message(result_of(started)).await?;
        let line = match result {
            Some(result) => result,
            None => {
                self.inner.store.message(started).await?.ok_or(EngineError::NotFound { what: "message" })?
            }
        };
        match &line.content {
            Content::System { notice: SystemNotice::Outside { stage: OutsideStage::Failed, .. } } => {
                Err(EngineError::NotCarried { plug: Plug::OutsideLauncher })
            }
            _ => Ok(self.inner.message_view(&line, Some(agent)).await?),
        }
    }
}

impl Inner {
    async fn actions(&self, contact: ContactId) -> Result<Vec<ActionView>, EngineError> {
        let known = self.store.contact(contact).await?.ok_or(EngineError::NotFound { what: "contact" })?;
        Ok(on_file(&known, &self.store.points_of(contact).await?))
    }

    /// The agent's own interaction with the contact, or the thread in which they last had to do with each other.
    async fn place_of_launch(&self, agent: &AgentName, contact: ContactId) -> Result<Place, EngineError> {
        let threads = self.store.threads_of(contact).await?;
        let mut open = threads.iter().filter_map(|thread| self.open_in_thread(thread.id));
        if let Some(own) = open.find(|open| is_among_own(open, agent)) {
            return Ok(Place { thread: own.thread, interaction: Some((own.id, own.segment)) });
        }
        let last = threads.last().ok_or(EngineError::NotFound { what: "thread" })?;
        Ok(Place { thread: last.id, interaction: None })
    }

    async fn try_start_launch(
        self: &Arc<Self>,
        agent: &Agent,
        ask: &Ask,
        place: Place,
        launch: &Launch,
    ) -> Result<(), Attempt> {
        let now = self.now();
        let started = MessageId::from_uuid(launch.id.0);
        let mut draft = Draft::new(now);
        draft.changes.request = ask.request(&agent.name, started.as_uuid(), now);
        draft.changes.messages.push(line(started, place, launch, OutsideStage::Started));
        self.attempt(draft).await?;
        Ok(())
    }

    /// Lets a launch be carried out, and writes down what came of it.
    async fn carry(
        self: &Arc<Self>,
        launcher: Arc<dyn OutsideLauncher>,
        place: Place,
        launch: &Launch,
    ) -> Result<(), EngineError> {
        let stage = match launcher.launch(launch).await {
            Ok(Launched::Started) => return Ok(()),
            Ok(Launched::Sent) => OutsideStage::Sent,
            Err(error) => {
                tracing::warn!(%error, "a launch did not come about");
                OutsideStage::Failed
            }
        };
        let result = result_of(MessageId::from_uuid(launch.id.0));
        let mut draft = Draft::new(self.now());
        draft.changes.messages.push(line(result, place, launch, stage));
        self.attempt(draft).await.map(drop).map_err(Attempt::into_error)
    }
}

/// The id of the line that says what came of a launch, from that of the line that says that it was started: so it is found
/// again, and written once.
fn result_of(started: MessageId) -> MessageId {
    let mut hash = Sha256::new();
    hash.update(b"what came of a launch");
    hash.update(started.as_uuid().as_bytes());
    id_of(hash)
}

fn line(id: MessageId, place: Place, launch: &Launch, stage: OutsideStage) -> NewMessage {
    let (agent, by, address) = (launch.agent.clone(), launch.means, launch.address.clone());
    NewMessage {
        id,
        thread: place.thread,
        interaction: place.interaction.map(|(interaction, _)| interaction),
        segment: place.interaction.map_or(0, |(_, segment)| segment),
        author: Author::System,
        parent: None,
        visibility: Visibility::Internal,
        content: Content::System { notice: SystemNotice::Outside { agent, by, address, stage } },
        provider_time: None,
        provider_id: None,
    }
}

/// One action for each number and address. One that stands in two places is one.
pub(crate) fn on_file(contact: &Contact, points: &[ContactPoint]) -> Vec<ActionView> {
    let known = points.iter().filter(|point| point.key.address != erased_address(point.id));
    let of_points = known.filter_map(|point| {
        let means = outside_means(&point.key)?;
        Some(ActionView { means, address: point.key.address.clone(), point: Some(point.id), field: None })
    });
    let of_fields = contact.fields.iter().filter_map(|(name, value)| {
        let means = match parlor_composer::whole(value)?.kind {
            SpanKind::Phone => OutsideMeans::Call,
            SpanKind::Email => OutsideMeans::Email,
            SpanKind::Url => return None,
        };
        let address = PointAddress::new(value.trim());
        Some(ActionView { means, address, point: None, field: Some(name.clone()) })
    });
    let mut seen = BTreeSet::new();
    of_points.chain(of_fields).filter(|action| seen.insert((action.means, plain(action)))).collect()
}

/// A number or address without the ways in which the same one can be written.
fn plain(action: &ActionView) -> String {
    let address = action.address.as_str();
    match action.means {
        OutsideMeans::Call => address.chars().filter(char::is_ascii_digit).collect(),
        OutsideMeans::Email => address.trim().to_lowercase(),
    }
}
