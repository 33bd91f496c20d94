//! What the end of a session does to the readiness of its owner, where the rules say that it does something (r13).

use parlor_interaction::{Interaction, Outcome, State};
use parlor_model::{AgentName, Medium, NotReadyReason, Readiness, ReadinessState};
use parlor_store::{AgentState, AgentWrite, StoreError};

use crate::draft::Draft;
use crate::engine::Inner;

impl Inner {
    /// Adds to a change what follows from it for whoever works on what has ended: the media of the channel that they
    /// are Ready on become NotReady until the work is closed or goes on.
    ///
    /// Only what was Ready is taken, so whatever is NotReady for this reason was Ready before. The agent's version
    /// guards it: two changes at once are decided one after the other.
    pub(crate) async fn after_work(
        &self,
        draft: &mut Draft,
        before: &Interaction,
        after: &Interaction,
    ) -> Result<(), StoreError> {
        let (was, is) = (works_after(before), works_after(after));
        if !self.directory.rules.ended_sets_not_ready || was == is {
            return Ok(());
        }
        if let Some(agent) = was {
            let mut state = self.agent_state(agent).await?;
            let held = self.media_after_work(agent, before).await?;
            let since = self.now();
            let freed = self.media_of(before).into_iter().filter(|medium| !held.contains(medium));
            for medium in freed.collect::<Vec<_>>() {
                if reads(&state, &medium) == Some(&Readiness::NotReady(NotReadyReason::AfterWork)) {
                    let ready = ReadinessState { readiness: Readiness::Ready, since };
                    state.readiness.insert(medium, ready);
                }
            }
            // Written even when nothing is freed, so that whoever closes the other work at once looks again.
            draft.changes.agents.push(AgentWrite { expected_version: state.version, state });
        }
        if let Some(agent) = is {
            let mut state = self.agent_state(agent).await?;
            let since = self.now();
            for medium in self.media_of(after) {
                if reads(&state, &medium) == Some(&Readiness::Ready) {
                    let readiness = Readiness::NotReady(NotReadyReason::AfterWork);
                    state.readiness.insert(medium, ReadinessState { readiness, since });
                }
            }
            draft.changes.agents.push(AgentWrite { expected_version: state.version, state });
        }
        Ok(())
    }

    fn media_of(&self, interaction: &Interaction) -> Vec<Medium> {
        let channel = self.directory.channel(&interaction.channel);
        channel.into_iter().flat_map(|channel| channel.readiness.iter().cloned()).collect()
    }

    /// The media for which other work holds an agent, as the store has it: what is in memory may be a moment old.
    async fn media_after_work(
        &self,
        agent: &AgentName,
        except: &Interaction,
    ) -> Result<Vec<Medium>, StoreError> {
        let mut media = Vec::new();
        for other in self.open.of_agent(agent).iter().filter(|other| other.id != except.id) {
            if let Some(other) = self.store.interaction(other.id).await?
                && works_after(&other) == Some(agent)
            {
                media.extend(self.media_of(&other));
            }
        }
        Ok(media)
    }
}

fn reads<'a>(state: &'a AgentState, medium: &Medium) -> Option<&'a Readiness> {
    state.readiness.get(medium).map(|state| &state.readiness)
}

/// Who works on what has ended.
fn works_after(interaction: &Interaction) -> Option<&AgentName> {
    match &interaction.state {
        State::Ended(ended) => match ended.outcome {
            Outcome::Handled => interaction.last_owner.as_ref(),
            Outcome::Abandoned => None,
        },
        State::Queued(_) | State::Offered(_) | State::Active(_) | State::Done(_) => None,
    }
}
