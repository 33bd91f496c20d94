use std::collections::{BTreeMap, BTreeSet};

use parlor_model::{AgentName, InteractionId, Timestamp};

use crate::abilities::SharedAbilities;
use crate::agent::{AgentId, AgentSlot, Pending};
use crate::explain::{self, Explanation};
use crate::index::{ClassId, Index};
use crate::names::Names;
use crate::work::{Location, Locations, Needs, Particulars, Place};
use crate::{AgentSnapshot, Decision, Input, RoutingPolicy, Work};

/// Decides who is offered which work; see the [crate](crate) for the rules and the protocol.
///
/// A decision costs O(log n) in waiting work and in agents, times the number of different abilities (for work that
/// arrives) or of different needs (for an agent who gets room), plus the cool-downs of that very work or agent.
#[derive(Debug)]
pub struct Matcher {
    policy: RoutingPolicy,
    /// The latest time that was told.
    now: Timestamp,
    agents: Vec<AgentSlot>,
    names: Names,
    abilities: SharedAbilities,
    waiting: Locations,
    in_flight: BTreeMap<InteractionId, InFlight>,
    /// When cool-downs of waiting work end; only those that lie ahead.
    cool_downs: BTreeSet<(Timestamp, InteractionId)>,
    index: Index,
}

/// A decision that is not settled yet.
#[derive(Debug)]
struct InFlight {
    agent: AgentId,
    /// The work, if it arrived again in the meantime.
    again: Option<Box<Work>>,
}

/// Whom an input can have made a decision possible for.
///
/// At rest no waiting work has an eligible agent, so after an input only what it touched must be looked at.
#[derive(Debug, Default)]
struct Touched {
    /// Work that is new, or that a cool-down no longer keeps from somebody.
    work: BTreeSet<Place>,
    /// The agent who may have got room or abilities, or may have lifted a cool-down by saying Ready. The index does
    /// not show their room until it is decided what of it is left.
    agent: Option<AgentId>,
    /// Work that is new and not put in yet, because most work finds somebody at once.
    arrived: Option<Arrived>,
}

#[derive(Debug)]
struct Arrived {
    at: Location,
    particulars: Option<Box<Particulars>>,
}

impl Matcher {
    /// A matcher that knows nobody and nothing.
    pub fn new(policy: RoutingPolicy) -> Self {
        Self {
            policy,
            now: Timestamp::from_micros(i64::MIN),
            agents: Vec::new(),
            names: Names::default(),
            abilities: SharedAbilities::default(),
            waiting: Locations::default(),
            in_flight: BTreeMap::new(),
            cool_downs: BTreeSet::new(),
            index: Index::default(),
        }
    }

    /// Takes in what happened and answers with every decision that it makes possible, in the order of the work.
    ///
    /// When it returns, no waiting work has an eligible agent (I4). Each decision is in flight until it is settled.
    pub fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        self.now = self.now.max(now);
        let mut touched = match input {
            Input::Started { agents, work } => self.start(agents, work),
            Input::AgentChanged(snapshot) => Touched::by_agent(self.change_agent(snapshot)),
            Input::AgentLeft(name) => self.remove_agent(name),
            Input::WorkArrived(work) => self.take_in(work),
            Input::WorkLeft(interaction) => self.let_go(*interaction),
            Input::OfferSettled { interaction, agent } => self.settle(*interaction, agent),
            Input::TimePassed => Touched::default(),
        };
        self.end_cool_downs(&mut touched);
        self.decide(touched)
    }

    /// When the next cool-down ends and [`Input::TimePassed`] may bring decisions; always later than the latest
    /// time told. `None` if only other inputs can.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.cool_downs.first().map(|&(until, _)| until)
    }

    /// How much work waits. What is in flight does not.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Why waiting work is where it is: what stands between it and each agent who is known. `None` if the work does
    /// not wait. An earlier `now` counts as the latest time told.
    pub fn explain(&self, interaction: InteractionId, now: Timestamp) -> Option<Explanation> {
        let at = self.waiting.get(interaction)?;
        let now = self.now.max(now);
        let needs = self.index.needs(at.class);
        let particulars = self.index.particulars(at);
        let preferred = particulars.and_then(|particulars| particulars.preferred.as_ref());
        let verdicts = self.agents.iter().filter_map(|agent| {
            let until =
                particulars.and_then(|particulars| self.cooling_until(needs, particulars, agent, now));
            explain::verdict(needs, preferred, agent, until)
        });
        Some(Explanation::new(interaction, now, verdicts.collect()))
    }

    fn start(&mut self, agents: &[AgentSnapshot], work: &[Work]) -> Touched {
        self.waiting.clear();
        self.in_flight.clear();
        self.cool_downs.clear();
        self.index = Index::default();
        self.abilities = SharedAbilities::default();
        self.agents.iter_mut().for_each(AgentSlot::forget);
        let mut touched = Touched::default();
        // Work first: its classes then exist before there are agents to regroup.
        for work in work {
            let arrived = self.take_in(work).arrived;
            touched.work.extend(self.put_in(arrived));
        }
        for snapshot in agents {
            let agent = self.change_agent(snapshot);
            self.index.show_room(&self.agents[agent.0]);
        }
        touched
    }

    /// Takes in what is told of an agent; their room is not shown yet.
    fn change_agent(&mut self, snapshot: &AgentSnapshot) -> AgentId {
        let id = self.agent_id(&snapshot.name);
        let agent = &mut self.agents[id.0];
        self.index.hide_room(agent);
        let same = agent.abilities().is_some_and(|abilities| abilities.are_those_of(snapshot));
        if same {
            agent.update(snapshot);
        } else {
            let abilities = self.abilities.share(snapshot);
            self.index.remove_agent(agent);
            let before = agent.leave();
            agent.arrive(snapshot, abilities);
            self.index.add_agent(agent);
            if let Some(before) = before {
                self.abilities.give_back(&before);
            }
        }
        id
    }

    fn remove_agent(&mut self, name: &AgentName) -> Touched {
        if let Some(id) = self.names.get(name) {
            let agent = &mut self.agents[id.0];
            self.index.hide_room(agent);
            self.index.remove_agent(agent);
            if let Some(abilities) = agent.leave() {
                self.abilities.give_back(&abilities);
            }
        }
        Touched::default()
    }

    fn take_in(&mut self, work: &Work) -> Touched {
        if let Some(in_flight) = self.in_flight.get_mut(&work.interaction) {
            in_flight.again = Some(Box::new(work.clone()));
            return Touched::default();
        }
        self.take_out(work.interaction);
        let (place, particulars) = (work.place(), work.particulars());
        let at = Location { class: self.class(work), place };
        Touched { arrived: Some(Arrived { at, particulars }), ..Touched::default() }
    }

    /// Lets work wait.
    fn put_in(&mut self, arrived: Option<Arrived>) -> Option<Place> {
        let Arrived { at, particulars } = arrived?;
        let interaction = at.place.interaction;
        for &passed_at in particulars.iter().flat_map(|particulars| particulars.passed.values()) {
            let until = passed_at + self.policy.reoffer_after();
            if until > self.now {
                self.cool_downs.insert((until, interaction));
            }
        }
        self.index.add_work(at, particulars);
        self.waiting.insert(at);
        Some(at.place)
    }

    fn let_go(&mut self, interaction: InteractionId) -> Touched {
        if let Some(in_flight) = self.in_flight.get_mut(&interaction) {
            in_flight.again = None;
        }
        self.take_out(interaction);
        Touched::default()
    }

    fn settle(&mut self, interaction: InteractionId, agent: &AgentName) -> Touched {
        let matches = self.in_flight.get(&interaction).map(|known| known.agent);
        if matches.is_none() || matches != self.names.get(agent) {
            return Touched::default();
        }
        let Some(settled) = self.in_flight.remove(&interaction) else {
            return Touched::default();
        };
        let slot = &mut self.agents[settled.agent.0];
        self.index.hide_room(slot);
        slot.remove_pending(interaction);
        let mut touched = settled.again.map_or_else(Touched::default, |work| self.take_in(&work));
        touched.agent = Some(settled.agent);
        touched
    }

    /// Touches the work whose cool-downs are over.
    fn end_cool_downs(&mut self, touched: &mut Touched) {
        while let Some(&(until, interaction)) = self.cool_downs.first()
            && until <= self.now
        {
            self.cool_downs.pop_first();
            touched.work.extend(self.waiting.get(interaction).map(|at| at.place));
        }
    }

    /// Gives out what can be given out, first work first. Nearly always one agent or one piece of work is all.
    fn decide(&mut self, touched: Touched) -> Vec<Decision> {
        match touched {
            Touched { work, agent: Some(agent), arrived: None } if work.is_empty() => self.fill(agent),
            Touched { work, agent: None, arrived: Some(arrived) } if work.is_empty() => {
                self.place(arrived).into_iter().collect()
            }
            Touched { work, agent, arrived } => self.match_up(work, agent, arrived),
        }
    }

    /// Gives out what can be given out of several pieces of work, and to an agent whose room is not shown yet.
    fn match_up(
        &mut self,
        mut work: BTreeSet<Place>,
        agent: Option<AgentId>,
        arrived: Option<Arrived>,
    ) -> Vec<Decision> {
        if let Some(agent) = agent {
            self.index.show_room(&self.agents[agent.0]);
        }
        work.extend(self.put_in(arrived));
        let mut decisions = Vec::new();
        loop {
            let for_agent = agent.and_then(|agent| self.first_work(agent));
            let Some(place) = work.first().copied().into_iter().chain(for_agent).min() else {
                return decisions;
            };
            let first_agent = if work.remove(&place) {
                self.first_agent_for_waiting(place.interaction)
            } else {
                // Untouched work had no eligible agent before the input, so the touched agent is the only one.
                agent
            };
            let Some(agent) = first_agent else { continue };
            if let Some(at) = self.take_out(place.interaction) {
                self.index.hide_room(&self.agents[agent.0]);
                decisions.push(self.offer(at, agent));
                self.index.show_room(&self.agents[agent.0]);
            }
        }
    }

    /// Gives an agent, whose room is not shown, all that they can take, and shows what is left of it.
    fn fill(&mut self, agent: AgentId) -> Vec<Decision> {
        let mut decisions = Vec::new();
        while let Some(place) = self.first_work(agent)
            && let Some(at) = self.take_out(place.interaction)
        {
            decisions.push(self.offer(at, agent));
        }
        self.index.show_room(&self.agents[agent.0]);
        decisions
    }

    /// Gives new work to the first agent, or lets it wait.
    fn place(&mut self, arrived: Arrived) -> Option<Decision> {
        let Some(agent) = self.first_agent(arrived.at.class, arrived.particulars.as_deref()) else {
            self.put_in(Some(arrived));
            return None;
        };
        self.index.hide_room(&self.agents[agent.0]);
        let decision = self.offer(arrived.at, agent);
        self.index.show_room(&self.agents[agent.0]);
        Some(decision)
    }

    /// Makes a decision about work that does not wait any more, for an agent whose room is not shown.
    fn offer(&mut self, at: Location, agent: AgentId) -> Decision {
        let interaction = at.place.interaction;
        let slot = &mut self.agents[agent.0];
        slot.add_pending(Pending {
            interaction,
            demand: self.index.needs(at.class).demand,
            decided_at: self.now,
        });
        let agent_name = slot.name().clone();
        self.in_flight.insert(interaction, InFlight { agent, again: None });
        Decision::Offer { interaction, agent: agent_name }
    }

    fn first_agent_for_waiting(&self, interaction: InteractionId) -> Option<AgentId> {
        let at = self.waiting.get(interaction)?;
        self.first_agent(at.class, self.index.particulars(at))
    }

    /// The first agent for work, in the order of the [crate](crate).
    fn first_agent(&self, class: ClassId, particulars: Option<&Particulars>) -> Option<AgentId> {
        let Some(particulars) = particulars else {
            return self.index.first_agent(class, |_| false).map(|rank| rank.agent);
        };
        let needs = self.index.needs(class);
        let cools = |agent: AgentId| {
            let agent = &self.agents[agent.0];
            self.cooling_until(needs, particulars, agent, self.now).is_some()
        };
        let preferred = particulars.preferred.as_ref().and_then(|name| self.names.get(name));
        preferred
            .filter(|&agent| self.index.is_open_to(&self.agents[agent.0], class) && !cools(agent))
            .or_else(|| {
                let first = self.index.first_agent(class, |rank| cools(rank.agent));
                first.map(|rank| rank.agent)
            })
    }

    /// The first waiting work for an agent.
    fn first_work(&self, agent: AgentId) -> Option<Place> {
        let agent = &self.agents[agent.0];
        self.index.first_work(agent, |needs, particulars| {
            self.cooling_until(needs, particulars, agent, self.now).is_some()
        })
    }

    /// Until when work is not offered to an agent because they let it pass, unless they say Ready again before.
    fn cooling_until(
        &self,
        needs: &Needs,
        particulars: &Particulars,
        agent: &AgentSlot,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let passed_at = *particulars.passed.get(agent.name())?;
        let until = passed_at + self.policy.reoffer_after();
        let ready_again = agent.last_ready(&needs.media).is_some_and(|since| since > passed_at);
        (now < until && !ready_again).then_some(until)
    }

    fn take_out(&mut self, interaction: InteractionId) -> Option<Location> {
        let at = self.waiting.remove(interaction)?;
        let particulars = self.index.remove_work(at);
        for &passed_at in particulars.iter().flat_map(|particulars| particulars.passed.values()) {
            let until = passed_at + self.policy.reoffer_after();
            self.cool_downs.remove(&(until, interaction));
        }
        Some(at)
    }

    fn class(&mut self, work: &Work) -> ClassId {
        if let Some(class) = self.index.class(work) {
            return class;
        }
        let moves = self.index.moves_agents(work);
        if moves {
            for agent in &mut self.agents {
                self.index.hide_room(agent);
                self.index.remove_agent(agent);
            }
        }
        let class = self.index.add_class(work);
        if moves {
            for agent in &mut self.agents {
                self.index.add_agent(agent);
                self.index.show_room(agent);
            }
        }
        class
    }

    fn agent_id(&mut self, name: &AgentName) -> AgentId {
        if let Some(id) = self.names.get(name) {
            return id;
        }
        let id = AgentId(self.agents.len());
        self.agents.push(AgentSlot::new(id, name.clone()));
        self.names.insert(name, id);
        id
    }
}

impl Touched {
    fn by_agent(agent: AgentId) -> Self {
        Self { agent: Some(agent), ..Self::default() }
    }
}
