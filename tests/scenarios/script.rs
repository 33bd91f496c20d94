//! Random days at the desk: three agents, six contacts, anything in any order.

use std::sync::Arc;

use parlor::engine::{Consulted, EngineError, HandTo, Once, RequestKind};
use parlor::interaction::StateName;
use parlor::model::{AgentName, ClientId, Id, InteractionId, Medium, ProviderMessageId, QueueName};
use parlor::store::MemoryStore;
use proptest::prelude::*;

use crate::truth;
use crate::world::{World, everybody_holds, name, seconds, text};

pub(crate) const AGENTS: [&str; 3] = ["alice", "bob", "carol"];
pub(crate) const CONTACTS: [&str; 6] = ["ann", "ben", "cleo", "dan", "eve", "fay"];

/// Something that somebody does: agents and contacts by their place in the lists above.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The contact writes.
    Says(usize),
    /// The contact ends the session.
    Leaves(usize),
    Ready(usize),
    NotReady(usize),
    SignOut(usize),
    /// The agent takes the first offer to them.
    Accept(usize),
    /// The agent tries to take the first offer to another one.
    Grab(usize, usize),
    /// The agent declines the first offer to them.
    Decline(usize),
    /// The agent answers in the first of their interactions, Ended ones included.
    Answer(usize),
    /// The agent writes into the newest interaction of a contact, whoever has it.
    AnswerIn(usize, usize),
    Note(usize),
    Disposition(usize),
    /// The agent ends the first of their interactions.
    End(usize),
    /// The agent closes the last of their interactions.
    Done(usize),
    /// The agent opens an interaction with a contact who was here before.
    Open(usize, usize),
    /// The agent writes to a contact without an interaction.
    Write(usize, usize),
    /// The agent hands the first of their interactions to another one.
    HandTo(usize, usize),
    /// The agent puts the first of their interactions back into its queue.
    HandBack(usize),
    /// The agent asks another one to join the first of their interactions.
    Invite(usize, usize),
    /// The agent asks another one for advice in the first of their interactions.
    Consult(usize, usize),
    /// The agent says yes to the first thing that a colleague asks, or no.
    Agree(usize, bool),
    /// The agent hands the first of their interactions to whom they consult in it, or drops the consult.
    Complete(usize, bool),
    /// The agent leaves the last of their interactions.
    Leave(usize),
    /// Seconds go by.
    Pass(u64),
}

/// Scripts of up to so many steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let agent = || 0..AGENTS.len();
    let contact = || 0..CONTACTS.len();
    let step = prop_oneof![
        6 => contact().prop_map(Step::Says),
        2 => contact().prop_map(Step::Leaves),
        4 => agent().prop_map(Step::Ready),
        1 => agent().prop_map(Step::NotReady),
        1 => agent().prop_map(Step::SignOut),
        6 => agent().prop_map(Step::Accept),
        1 => (agent(), agent()).prop_map(|(thief, owner)| Step::Grab(thief, owner)),
        2 => agent().prop_map(Step::Decline),
        3 => agent().prop_map(Step::Answer),
        2 => (agent(), contact()).prop_map(|(agent, contact)| Step::AnswerIn(agent, contact)),
        1 => agent().prop_map(Step::Note),
        1 => agent().prop_map(Step::Disposition),
        3 => agent().prop_map(Step::End),
        3 => agent().prop_map(Step::Done),
        1 => (agent(), contact()).prop_map(|(agent, contact)| Step::Open(agent, contact)),
        1 => (agent(), contact()).prop_map(|(agent, contact)| Step::Write(agent, contact)),
        2 => (agent(), agent()).prop_map(|(from, to)| Step::HandTo(from, to)),
        1 => agent().prop_map(Step::HandBack),
        2 => (agent(), agent()).prop_map(|(from, to)| Step::Invite(from, to)),
        2 => (agent(), agent()).prop_map(|(from, to)| Step::Consult(from, to)),
        6 => (agent(), prop::bool::weighted(0.8)).prop_map(|(agent, yes)| Step::Agree(agent, yes)),
        2 => (agent(), any::<bool>()).prop_map(|(agent, completes)| Step::Complete(agent, completes)),
        1 => agent().prop_map(Step::Leave),
        3 => prop_oneof![Just(1), Just(7), Just(21)].prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..most)
}

/// What came of a script.
pub(crate) struct Outcome {
    pub(crate) world: World,
    /// What could not be done, and why.
    pub(crate) errors: Vec<(Step, EngineError)>,
    /// What the contacts wrote.
    pub(crate) said: Vec<ProviderMessageId>,
}

/// Plays a script in a world of its own, in which everybody holds two chats.
pub(crate) async fn play(script: &[Step]) -> Outcome {
    let world = World::on(Arc::new(MemoryStore::new()), |config| everybody_holds(config, 2)).await;
    let mut outcome = Outcome { world, errors: Vec::new(), said: Vec::new() };
    for step in script {
        outcome.play(step).await;
    }
    outcome
}

/// The same, and whatever is wrong after any of the steps.
pub(crate) async fn play_and_check(script: &[Step]) -> Vec<String> {
    let mut outcome = play(&[]).await;
    for (place, step) in script.iter().enumerate() {
        outcome.play(step).await;
        let findings = truth::findings(&outcome.world, &outcome.said).await;
        if !findings.is_empty() {
            return findings.into_iter().map(|finding| format!("after step {place}: {finding}")).collect();
        }
    }
    Vec::new()
}

impl Outcome {
    /// Plays one more step.
    pub(crate) async fn play(&mut self, step: &Step) {
        if let Err(error) = self.attempt(step).await {
            self.errors.push((step.clone(), error));
        }
        self.world.engine.settle().await;
    }

    async fn attempt(&mut self, step: &Step) -> Result<(), EngineError> {
        let world = &self.world;
        let engine = &world.engine;
        let once = || world.once();
        match *step {
            Step::Says(contact) => {
                let inbound = world.inbound(&format!("word {}", self.said.len()));
                self.said.push(inbound.external_id.clone());
                let visitor = world.visitor(CONTACTS[contact]).await;
                engine.receive(&visitor, inbound).await.map(drop)
            }
            Step::Leaves(contact) => engine.contact_ends(&world.visitor(CONTACTS[contact]).await).await,
            Step::Ready(agent) => {
                engine.set_readiness(&name(AGENTS[agent]), &Medium::Chat, true, None).await.map(drop)
            }
            Step::NotReady(agent) => {
                engine.set_readiness(&name(AGENTS[agent]), &Medium::Chat, false, None).await.map(drop)
            }
            Step::SignOut(agent) => engine.sign_out(&name(AGENTS[agent])).await,
            Step::Accept(agent) => self.accept(agent, agent).await,
            Step::Grab(thief, owner) => self.accept(thief, owner).await,
            Step::Decline(agent) => match world.offers(AGENTS[agent]).await.first() {
                Some(offer) => engine.decline(&name(AGENTS[agent]), offer.id, once()).await,
                None => Ok(()),
            },
            Step::Answer(agent) => match self.first(agent).await {
                Some(id) => self.send(agent, id).await,
                None => Ok(()),
            },
            Step::AnswerIn(agent, contact) => {
                let visitor = world.visitor(CONTACTS[contact]).await;
                match world.store.interactions_of(visitor.thread, 1).await.unwrap().first() {
                    Some(interaction) => self.send(agent, interaction.id).await,
                    None => Ok(()),
                }
            }
            Step::Note(agent) => match self.first(agent).await {
                Some(id) => {
                    let ClientId(client) = world.client_id();
                    engine.note(&name(AGENTS[agent]), id, ClientId(client), text("a note")).await.map(drop)
                }
                None => Ok(()),
            },
            Step::Disposition(agent) => match self.first(agent).await {
                Some(id) => {
                    engine.set_disposition(&name(AGENTS[agent]), id, "resolved", once()).await.map(drop)
                }
                None => Ok(()),
            },
            Step::End(agent) => match self.first(agent).await {
                Some(id) => engine.end(&name(AGENTS[agent]), id, once()).await.map(drop),
                None => Ok(()),
            },
            Step::Done(agent) => match world.work(AGENTS[agent]).await.last() {
                Some(work) => engine.mark_done(&name(AGENTS[agent]), work.id, once()).await.map(drop),
                None => Ok(()),
            },
            Step::Open(agent, contact) => {
                let visitor = world.visitor(CONTACTS[contact]).await;
                let agent = name(AGENTS[agent]);
                engine.open_interaction(&agent, visitor.contact, &visitor.channel, once()).await.map(drop)
            }
            Step::Write(agent, contact) => {
                let visitor = world.visitor(CONTACTS[contact]).await;
                world.writes(AGENTS[agent], &visitor, "by the way").await.map(drop)
            }
            Step::HandTo(..)
            | Step::HandBack(_)
            | Step::Invite(..)
            | Step::Consult(..)
            | Step::Agree(..)
            | Step::Complete(..)
            | Step::Leave(_) => self.work_together(step).await,
            Step::Pass(time) => {
                world.pass(seconds(time)).await;
                Ok(())
            }
        }
    }

    /// Plays a step in which colleagues have to do with each other.
    async fn work_together(&self, step: &Step) -> Result<(), EngineError> {
        let world = &self.world;
        let engine = &world.engine;
        let once = || world.once();
        match *step {
            Step::HandTo(from, to) => match self.first(from).await {
                Some(id) => {
                    let to = HandTo::Agent(name(AGENTS[to]));
                    engine.transfer(&name(AGENTS[from]), id, to, None, once()).await.map(drop)
                }
                None => Ok(()),
            },
            Step::HandBack(agent) => match self.first(agent).await {
                Some(id) => {
                    let queue = HandTo::Queue(QueueName::new("support").unwrap());
                    engine.transfer(&name(AGENTS[agent]), id, queue, None, once()).await.map(drop)
                }
                None => Ok(()),
            },
            Step::Invite(from, to) => match self.first(from).await {
                Some(id) => engine.invite(&name(AGENTS[from]), id, &name(AGENTS[to]), once()).await.map(drop),
                None => Ok(()),
            },
            Step::Consult(from, to) => match self.first(from).await {
                Some(id) => {
                    let consulted = Consulted::Chat(name(AGENTS[to]));
                    engine.consult(&name(AGENTS[from]), id, consulted, once()).await.map(drop)
                }
                None => Ok(()),
            },
            Step::Agree(agent, yes) => self.agree(&name(AGENTS[agent]), yes).await,
            Step::Complete(agent, completes) => {
                let consulting = world.work(AGENTS[agent]).await.into_iter().find_map(|work| {
                    let consult = work.consults.first()?.id;
                    Some((work.id, consult))
                });
                let agent = name(AGENTS[agent]);
                match consulting {
                    Some((id, consult)) if completes => {
                        engine.complete_consult(&agent, id, consult, once()).await.map(drop)
                    }
                    Some((id, consult)) => engine.end_consult(&agent, id, consult, once()).await,
                    None => Ok(()),
                }
            }
            Step::Leave(agent) => match world.work(AGENTS[agent]).await.last() {
                Some(work) => engine.leave(&name(AGENTS[agent]), work.id, once()).await,
                None => Ok(()),
            },
            ref other => panic!("nobody else is in {other:?}"),
        }
    }

    async fn accept(&self, agent: usize, offered_to: usize) -> Result<(), EngineError> {
        match self.world.offers(AGENTS[offered_to]).await.first() {
            Some(offer) => self
                .world
                .engine
                .accept(&name(AGENTS[agent]), offer.id, Once(None))
                .await
                .map(|taken| assert_eq!(taken.state, StateName::Active)),
            None => Ok(()),
        }
    }

    async fn agree(&self, agent: &AgentName, yes: bool) -> Result<(), EngineError> {
        let (engine, once) = (&self.world.engine, self.world.once());
        let requests = engine.my_requests(agent).await?;
        let Some(request) = requests.first() else {
            return Ok(());
        };
        let (id, of) = (request.interaction.id, request.id);
        match (request.kind, yes) {
            (RequestKind::Transfer, true) => {
                engine.accept_transfer(agent, Id::from_uuid(of), once).await.map(drop)
            }
            (RequestKind::Transfer, false) => engine.decline_transfer(agent, Id::from_uuid(of), once).await,
            (RequestKind::Conference, true) => engine.join(agent, id, once).await.map(drop),
            (RequestKind::Conference, false) => engine.decline_invitation(agent, id, once).await,
            (RequestKind::Consult, true) => {
                engine.join_consult(agent, id, Id::from_uuid(of), once).await.map(drop)
            }
            (RequestKind::Consult, false) => engine.end_consult(agent, id, Id::from_uuid(of), once).await,
        }
    }

    async fn first(&self, agent: usize) -> Option<InteractionId> {
        self.world.work(AGENTS[agent]).await.first().map(|work| work.id)
    }

    async fn send(&self, agent: usize, id: InteractionId) -> Result<(), EngineError> {
        self.world
            .engine
            .send(&name(AGENTS[agent]), id, self.world.client_id(), text("an answer"))
            .await
            .map(drop)
    }
}
