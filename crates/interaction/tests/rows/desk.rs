//! One interaction and its journal, driven command by command.

use parlor_interaction::{
    Active, Command, Context, Effect, Event, Interaction, Origin, Policy, Recorded, Refusal, State,
};
use parlor_model::{OfferId, Timestamp};

use crate::support::{agent, at, id, start};

/// The deadline of everything in these tests, unless they are about it.
pub(crate) const DEADLINE: u64 = 1_000;

pub(crate) struct Desk {
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) interaction: Interaction,
    pub(crate) journal: Vec<Recorded>,
    /// The effects of the last command.
    pub(crate) effects: Vec<Effect>,
}

impl Desk {
    /// The contact wrote at second 0.
    pub(crate) fn inbound() -> Self {
        Self::begin(Origin::Inbound)
    }

    /// The agent began at second 0.
    pub(crate) fn outbound(name: &str) -> Self {
        Self::begin(Origin::Outbound { agent: agent(name) })
    }

    fn begin(origin: Origin) -> Self {
        let started = Interaction::start(start(origin, 1), at(0));
        Self {
            policy: Policy::default(),
            now: at(0),
            interaction: started.interaction,
            journal: started.events,
            effects: started.effects,
        }
    }

    /// The contact wrote at second 0, and the agent accepted at second 1.
    pub(crate) fn active(name: &str) -> Self {
        let mut desk = Self::inbound();
        desk.at(1).offer(1, name);
        desk.does(&Command::Accept { offer: id(1), agent: agent(name) });
        desk
    }

    /// As `active`, and the agent ended the session at second 2.
    pub(crate) fn ended(name: &str) -> Self {
        let mut desk = Self::active(name);
        desk.at(2).does(&Command::End { by: parlor_interaction::EndedBy::Agent(agent(name)) });
        desk
    }

    /// Moves the clock.
    pub(crate) fn at(&mut self, second: u64) -> &mut Self {
        self.now = at(second);
        self
    }

    /// Offers it until the deadline.
    pub(crate) fn offer(&mut self, number: u32, name: &str) {
        let (offer, agent): (OfferId, _) = (id(number), agent(name));
        self.does(&Command::Offer { offer, agent, expires_at: at(DEADLINE), auto: false });
    }

    /// Gives a command that makes something happen.
    pub(crate) fn does(&mut self, command: &Command) -> Vec<Event> {
        let events = self.give(command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        assert!(!events.is_empty(), "{command:?} changed nothing");
        events
    }

    /// Gives a command that changes nothing and succeeds.
    pub(crate) fn ignores(&mut self, command: &Command) {
        assert_eq!(self.give(command), Ok(Vec::new()), "{command:?}");
    }

    /// Gives a command that is refused, and tells why.
    pub(crate) fn refuses(&mut self, command: &Command) -> Refusal {
        let before = self.interaction.clone();
        let refusal = self.give(command).expect_err("a refusal");
        assert_eq!(self.interaction, before);
        refusal
    }

    fn give(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let cx = Context { now: self.now, policy: &self.policy };
        let transition = self.interaction.handle(command, cx).map_err(|error| error.refusal)?;
        self.interaction = transition.interaction;
        self.journal.extend(transition.events.iter().cloned());
        self.effects = transition.effects;
        Ok(transition.events.into_iter().map(|recorded| recorded.event).collect())
    }

    /// The session that goes on.
    pub(crate) fn session(&self) -> &Active {
        match &self.interaction.state {
            State::Active(active) => active,
            other => panic!("it is {}", other.name()),
        }
    }

    /// Who owns it.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.interaction.owner().map(parlor_model::AgentName::as_str)
    }

    /// The name of its state.
    pub(crate) fn state(&self) -> &'static str {
        self.interaction.state.name().as_str()
    }

    /// On whom it weighs.
    pub(crate) fn held_by(&self) -> Vec<String> {
        self.interaction.holdings().into_keys().map(|agent| agent.to_string()).collect()
    }
}
