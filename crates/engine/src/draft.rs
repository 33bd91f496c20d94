//! A change in the making: what is written, and who must hear of it once it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use parlor_interaction::{Effect, EndedBy, Event, Interaction, ReactivatedBy, Transition};
use parlor_model::{
    AgentName, Author, Content, InteractionId, LifecycleNotice, MediaClass, MessageId, SystemNotice,
    Timestamp, Visibility,
};
use parlor_store::{ChangeSet, InteractionWrite, LoadChange, NewMessage, TimerKey, TimerWrite};

use crate::conductor::Changed;
use crate::config::Directory;

#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) changes: ChangeSet,
    snapshots: Vec<Arc<Interaction>>,
}

/// What happens after a draft was committed.
#[derive(Debug)]
pub(crate) struct Aftermath {
    /// The interactions as they are now.
    pub(crate) snapshots: Vec<Arc<Interaction>>,
    /// What the conductor is told.
    pub(crate) changed: Vec<Changed>,
    /// Whether something waits to be sent.
    pub(crate) sends: bool,
    /// The messages whose files have to be fetched.
    pub(crate) awaited: Vec<MessageId>,
}

impl Draft {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { changes: ChangeSet::at(now), snapshots: Vec::new() }
    }

    /// Writes a transition with everything that follows from it: room, timers, and what the transcript says of it.
    pub(crate) fn transition(
        &mut self,
        directory: &Directory,
        before: Option<&Interaction>,
        transition: &Transition,
        new_id: impl FnMut() -> MessageId,
    ) {
        let after = &transition.interaction;
        self.changes.interactions.push(InteractionWrite {
            interaction: after.clone(),
            expected_version: before.map_or(0, |before| before.version),
            events: transition.events.clone(),
        });
        for effect in &transition.effects {
            self.effect(directory, after.id, effect);
        }
        self.notices(transition, new_id);
        self.snapshots.push(Arc::new(after.clone()));
    }

    /// Makes the commit fail unless the interaction is still what was decided from.
    pub(crate) fn unchanged(&mut self, interaction: &Interaction) {
        self.changes.interactions.push(InteractionWrite {
            interaction: interaction.clone(),
            expected_version: interaction.version,
            events: Vec::new(),
        });
    }

    fn effect(&mut self, directory: &Directory, interaction: InteractionId, effect: &Effect) {
        match effect {
            Effect::Hold { agent, class, weight } => self.load(directory, agent, *class, i64::from(*weight)),
            Effect::Release { agent, class, weight } => {
                self.load(directory, agent, *class, -i64::from(*weight));
            }
            Effect::SetTimer { timer, at } => {
                let key = TimerKey { interaction, timer: timer.clone() };
                self.changes.timers.push(TimerWrite { key, at: Some(*at) });
            }
            Effect::CancelTimer { timer } => {
                let key = TimerKey { interaction, timer: timer.clone() };
                self.changes.timers.push(TimerWrite { key, at: None });
            }
            // Routing follows the state of the interaction itself.
            Effect::EnterQueue | Effect::LeaveQueue => {}
        }
    }

    fn load(&mut self, directory: &Directory, agent: &AgentName, class: MediaClass, delta: i64) {
        let limit = directory.agent(agent).map_or(0, |agent| agent.capacity.limit(class));
        self.changes.loads.push(LoadChange { agent: agent.clone(), class, delta, limit });
    }

    fn notices(&mut self, transition: &Transition, mut new_id: impl FnMut() -> MessageId) {
        let after = &transition.interaction;
        for recorded in &transition.events {
            if let Some((change, visibility)) = notice(&recorded.event) {
                self.changes.messages.push(NewMessage {
                    id: new_id(),
                    thread: after.thread,
                    interaction: Some(after.id),
                    segment: after.segment,
                    author: Author::System,
                    parent: None,
                    visibility,
                    content: Content::System {
                        notice: SystemNotice::Lifecycle { interaction: after.id, change },
                    },
                    provider_time: None,
                    provider_id: None,
                });
            }
        }
    }

    pub(crate) fn split(self) -> (ChangeSet, Aftermath) {
        let mut agents: BTreeSet<AgentName> = BTreeSet::new();
        agents.extend(self.changes.loads.iter().map(|load| load.agent.clone()));
        agents.extend(self.changes.agents.iter().map(|write| write.state.name.clone()));
        // Agents before interactions: when work arrives, routing knows of the room that the same change made.
        let mut changed: Vec<_> = agents.into_iter().map(Changed::Agent).collect();
        changed.extend(self.snapshots.iter().map(|snapshot| Changed::Interaction(snapshot.id)));
        // What ended may have held up what waits.
        let sends = !self.changes.outbox.is_empty();
        let awaited = crate::fetch::awaited_in(&self.changes.documents);
        (self.changes, Aftermath { snapshots: self.snapshots, changed, sends, awaited })
    }

    /// Whether committing it would only check that an interaction is unchanged.
    pub(crate) fn writes_nothing(&self) -> bool {
        let ChangeSet {
            interactions,
            request,
            inbox,
            contacts,
            points,
            messages,
            agents,
            loads,
            timers,
            read_markers,
            assignments,
            alerts,
            documents,
            ..
        } = &self.changes;
        interactions.iter().all(|write| write.events.is_empty())
            && request.is_none()
            && inbox.is_empty()
            && contacts.is_empty()
            && points.is_empty()
            && messages.is_empty()
            && agents.is_empty()
            && loads.is_empty()
            && timers.is_empty()
            && read_markers.is_empty()
            && assignments.is_empty()
            && alerts.is_empty()
            && documents.is_empty()
    }
}

/// What a transcript says of an event, and to whom.
fn notice(event: &Event) -> Option<(LifecycleNotice, Visibility)> {
    use Visibility::{Internal, Private};
    match event {
        Event::Accepted { agent, .. }
        | Event::Pulled { agent }
        | Event::TransferAccepted { agent, .. }
        | Event::ConsultCompleted { to: agent, .. }
        | Event::MemberJoined { agent, .. } => {
            Some((LifecycleNotice::Joined { agent: agent.clone() }, Private))
        }
        Event::MemberLeft { agent } | Event::TransferredToQueue { by: agent, .. } => {
            Some((LifecycleNotice::Left { agent: agent.clone() }, Private))
        }
        Event::Reactivated { by: ReactivatedBy::Contact | ReactivatedBy::Agent(_) } => {
            Some((LifecycleNotice::Reactivated, Private))
        }
        Event::Ended { by, .. } => Some((
            match by {
                EndedBy::Agent(agent) => LifecycleNotice::EndedByAgent { agent: agent.clone() },
                EndedBy::Contact => LifecycleNotice::EndedByContact,
                EndedBy::System => LifecycleNotice::EndedBySystem,
            },
            Private,
        )),
        Event::MarkedDone { .. } => Some((LifecycleNotice::Done, Internal)),
        Event::IdleNoticed { .. } => Some((LifecycleNotice::ContactSilent, Internal)),
        Event::Parked { agent } => Some((LifecycleNotice::Parked { agent: agent.clone() }, Internal)),
        Event::Unparked { .. } => Some((LifecycleNotice::Unparked, Internal)),
        // The contact hears of a change of hands when there is one.
        Event::TransferRequested { by, to, .. } => {
            Some((LifecycleNotice::TransferRequested { by: by.clone(), to: to.clone() }, Internal))
        }
        Event::TransferDeclined { agent, .. } => {
            Some((LifecycleNotice::TransferDeclined { agent: agent.clone() }, Internal))
        }
        Event::TransferExpired { .. } => Some((LifecycleNotice::TransferExpired, Internal)),
        Event::TransferCancelled { by, .. } => {
            Some((LifecycleNotice::TransferCancelled { agent: by.clone() }, Internal))
        }
        Event::Started { .. }
        | Event::Offered { .. }
        | Event::Declined { .. }
        | Event::Expired { .. }
        | Event::Withdrawn { .. }
        | Event::ContactWrote
        | Event::AgentWrote { .. }
        | Event::DispositionSet { .. }
        | Event::CaseDataSet { .. }
        | Event::IdleReset { .. }
        | Event::ConsultStarted { .. }
        | Event::ConsultJoined { .. }
        | Event::ConsultEnded { .. }
        | Event::ConsultExpired { .. }
        | Event::Invited { .. }
        | Event::InvitationDeclined { .. }
        | Event::InvitationExpired { .. }
        | Event::InvitationCancelled { .. }
        | Event::SupervisionStarted { .. }
        | Event::SupervisionStopped { .. } => None,
    }
}
