use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{AgentName, InteractionId, MediaClass, QueueName, SkillName, Timestamp};

use crate::abilities::SharedAbilities;
use crate::agent::{AgentId, AgentSlot};
use crate::explain::{Explanation, KnownAbilities, Question, Verdict};
use crate::flow::{Flow, QueuePosition};
use crate::hold::Holds;
use crate::index::{ClassId, Index};
use crate::names::Names;
use crate::queue_rule::{Asks, Openings};
use crate::work::{Location, Needs, Particulars, Place};
use crate::works::{Found, InFlight, WorkNumber, Works};
use crate::{AgentSnapshot, Decision, Input, QueueRule, RoutingRules, Work};

/// Decides who is offered which work; see the [crate](crate) for the rules and the protocol.
///
/// A decision costs O(log n) in waiting work and in agents, times the number of different abilities (for work that
/// arrives) or of different needs (for an agent who gets room), plus the cool-downs of that very work or agent, plus
/// what is held for that very agent. When a queue opens, all that waits in it is looked at once.
#[derive(Clone, Debug)]
pub struct Matcher {
    rules: RoutingRules,
    openings: Openings,
    /// The latest time that was told.
    now: Timestamp,
    agents: Vec<AgentSlot>,
    names: Names,
    abilities: SharedAbilities,
    works: Works,
    /// When time alone changes something for waiting work: a cool-down or a hold ends, a ring is reached. Only what lies
    /// ahead.
    due: BTreeSet<(Timestamp, WorkNumber)>,
    holds: Holds,
    flows: BTreeMap<QueueName, Flow>,
    index: Index,
}

/// Whom an input can have made a decision possible for.
///
/// At rest no waiting work has an eligible agent, so after an input only what it touched must be looked at.
#[derive(Debug, Default)]
struct Touched {
    /// Work that is new, or that something no longer keeps from somebody.
    work: BTreeSet<Place>,
    /// The agent who may have got room or abilities, or may have lifted a cool-down by saying Ready. The index does
    /// not show their room until it is decided what of it is left.
    agent: Option<AgentId>,
    /// Work that is new and not put in yet, because most work finds somebody at once.
    arrived: Option<Arrived>,
    /// Who gets it, if nothing else is touched.
    first_agent: Option<AgentId>,
}

#[derive(Debug)]
struct Arrived {
    at: Location,
    particulars: Option<Box<Particulars>>,
}

impl Matcher {
    /// A matcher that knows nobody and nothing.
    pub fn new(rules: impl Into<RoutingRules>) -> Self {
        Self {
            rules: rules.into(),
            openings: Openings::default(),
            now: Timestamp::from_micros(i64::MIN),
            agents: Vec::new(),
            names: Names::default(),
            abilities: SharedAbilities::default(),
            works: Works::default(),
            due: BTreeSet::new(),
            holds: Holds::default(),
            flows: BTreeMap::new(),
            index: Index::default(),
        }
    }

    /// Takes in what happened and answers with every decision that it makes possible, in the order of the work.
    ///
    /// When it returns, no waiting work has an eligible agent (I4). Each decision is in flight until it is settled.
    pub fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        self.now = self.now.max(now);
        let opened = self.look_at_hours();
        let mut touched = match input {
            Input::Started { agents, work } => self.start(agents, work),
            Input::AgentChanged(snapshot) => self.change_agent(snapshot),
            Input::LoadChanged { agent, load, idle_since } => self.change_load(agent, load, *idle_since),
            Input::AgentLeft(name) => self.remove_agent(name),
            Input::WorkArrived(work) => self.take_in(work),
            Input::WorkLeft(interaction) => self.let_go(*interaction),
            Input::OfferSettled { interaction, agent } => self.settle(*interaction, agent),
            Input::TimePassed => Touched::default(),
        };
        touched.work.extend(opened);
        self.pass_time(&mut touched);
        self.decide(touched)
    }

    /// When the next cool-down or hold ends, ring is reached or queue opens or closes, and [`Input::TimePassed`] may
    /// bring decisions; always later than the latest time told. `None` if only other inputs can.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.due.first().map(|&(until, _)| until).into_iter().chain(self.openings.next()).min()
    }

    /// Where waiting work stands in its queue; `None` if it does not wait. An earlier `now` counts as the latest time
    /// told. Unlike a decision, this looks at every kind of work that waits in the queue, and at all that is held.
    pub fn position(&self, interaction: InteractionId, now: Timestamp) -> Option<QueuePosition> {
        let (_, at) = self.works.find_waiting(interaction)?;
        let queue = &self.index.needs(at.class).queue;
        let in_queue = |class: &ClassId| self.index.needs(*class).queue == *queue;
        let (mut before, mut of) = (0, 0);
        for class in self.index.classes().filter(in_queue) {
            of += self.index.waiting(class);
            before += self.index.waiting_before(class, at.place);
        }
        for (place, _) in self.holds.all().filter(|(_, class)| in_queue(class)) {
            of += 1;
            before += usize::from(place < at.place);
        }
        let position = before + 1;
        let flow = self.flows.get(queue);
        let expected_wait = flow.and_then(|flow| flow.expected_wait(position, self.now.max(now)));
        Some(QueuePosition { position, of, expected_wait })
    }

    /// How much work waits. What is in flight does not.
    pub const fn waiting(&self) -> usize {
        self.works.waiting()
    }

    /// Whether a piece of work waits.
    pub(crate) fn waits(&self, interaction: InteractionId) -> bool {
        self.works.find_waiting(interaction).is_some()
    }

    /// Why waiting work is where it is: what stands between it and each agent who is known. `None` if the work does
    /// not wait. An earlier `now` counts as the latest time told; a later one shows what would hold then.
    pub fn explain(&self, interaction: InteractionId, now: Timestamp) -> Option<Explanation> {
        let (number, at) = self.works.find_waiting(interaction)?;
        let now = self.now.max(now);
        let (needs, rule) = (self.index.needs(at.class), self.index.rule(at.class));
        // As if the time were told, which may have brought the work further and opened or closed queues.
        let ring = rule.rings_reached(now.since(at.place.since));
        let mut openings = self.openings.clone();
        openings.look(&self.rules.queues, now);
        let asks = |ring| asks(&self.rules, &openings, rule, &needs.skills, ring);
        let particulars = self.particulars(number, at);
        let ring_begins = |ring| rule.ring_begins(ring).map(|waited| at.place.since + waited);
        let later = (ring + 1..).map_while(|ring| Some((ring, ring_begins(ring)?, asks(ring))));
        let if_open = self.rules.queues.asked(rule, ring, |_| true);
        let closed = if_open.into_iter().filter(|queue| !openings.is_open(queue));
        let held = particulars.and_then(|particulars| self.holder(at, particulars, now));
        let question = Question {
            needs,
            asks: asks(ring),
            closed: closed.map(|queue| (queue.clone(), openings.opens_at(&queue))).collect(),
            later: later.collect(),
            preferred: particulars.and_then(|particulars| preferred(rule, particulars, now)),
            held: held.map(|(agent, until)| (self.agents[agent.index()].name().clone(), until)),
        };
        Some(Explanation {
            interaction,
            at: now,
            queue: needs.queue.clone(),
            position: self.position(interaction, now)?,
            ring,
            next_ring_at: ring_begins(ring + 1),
            opens_at: openings.opens_at(&needs.queue),
            verdicts: self.verdicts(&question, particulars, now),
        })
    }

    /// Candidates first, and both in the order in which they would be asked.
    fn verdicts(
        &self,
        question: &Question<'_>,
        particulars: Option<&Particulars>,
        now: Timestamp,
    ) -> Vec<Verdict> {
        let needs = question.needs;
        let present = self.agents.len();
        let (mut verdicts, mut order) = (Vec::with_capacity(present), Vec::with_capacity(present));
        let mut known = KnownAbilities::default();
        for agent in self.agents.iter().filter(|agent| agent.abilities().is_some()) {
            let until =
                particulars.and_then(|particulars| self.cooling_until(needs, particulars, agent, now));
            let Some(verdict) = question.verdict(agent, until, &mut known) else { continue };
            let rank = agent.rank(needs.demand.class);
            order.push((!verdict.is_candidate(), !verdict.score.preferred, rank, verdicts.len()));
            verdicts.push(Some(verdict));
        }
        order.sort_unstable();
        order.into_iter().filter_map(|(.., verdict)| verdicts[verdict].take()).collect()
    }

    fn start(&mut self, agents: &[AgentSnapshot], work: &[Work]) -> Touched {
        self.works = Works::default();
        self.due.clear();
        self.holds.clear();
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
            if let Some(agent) = self.change_agent(snapshot).agent {
                self.index.show_room(&mut self.agents[agent.index()]);
            }
        }
        touched
    }

    /// Takes in what is told of an agent; their room is not shown yet.
    fn change_agent(&mut self, snapshot: &AgentSnapshot) -> Touched {
        let id = self.agent_id(&snapshot.name);
        let agent = &mut self.agents[id.index()];
        self.index.hide_room(agent);
        let before = agent.abilities();
        let (same, arrives) =
            (before.is_some_and(|abilities| abilities.are_those_of(snapshot)), before.is_none());
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
        let mut touched = Touched { agent: Some(id), ..Touched::default() };
        if arrives {
            // What is to be held for them is held from now on. Some of it may just have reached a ring instead.
            touched.work = self.put_again(self.holds.concerning(id));
        }
        touched
    }

    /// Takes in what an agent holds; their room is not shown yet.
    fn change_load(
        &mut self,
        name: &AgentName,
        load: &BTreeMap<MediaClass, u32>,
        idle_since: Timestamp,
    ) -> Touched {
        let present = self.agent(name).filter(|id| self.agents[id.index()].abilities().is_some());
        if let Some(id) = present {
            let agent = &mut self.agents[id.index()];
            self.index.hide_room(agent);
            agent.hold(load, idle_since);
        }
        Touched { agent: present, ..Touched::default() }
    }

    fn remove_agent(&mut self, name: &AgentName) -> Touched {
        let Some(id) = self.agent(name) else {
            return Touched::default();
        };
        let agent = &mut self.agents[id.index()];
        self.index.hide_room(agent);
        self.index.remove_agent(agent);
        if let Some(abilities) = agent.leave() {
            self.abilities.give_back(&abilities);
        }
        // What was held for them is for everybody now.
        Touched { work: self.put_again(self.holds.concerning(id)), ..Touched::default() }
    }

    fn take_in(&mut self, work: &Work) -> Touched {
        let class = self.class(work);
        let rule = self.index.rule(class);
        let at = Location { class, place: work.place(&self.rules.policy, rule.priority) };
        let arrived = self.in_its_ring(Arrived { at, particulars: work.particulars() });
        let first_agent = self.first_agent(arrived.at, arrived.particulars.as_deref());
        // Last: neither this nor a look at that agent, who is rarely in the processor's cache, has to wait for the other.
        if let Some(number) = self.works.number(work.interaction) {
            if self.works.is_in_flight(number) {
                self.works.set_again(number, Some(work.clone()));
                return Touched::default();
            }
            self.take_out(number);
        }
        Touched { arrived: Some(arrived), first_agent, ..Touched::default() }
    }

    /// Lets work wait that is not known.
    fn put_in(&mut self, arrived: Option<Arrived>) -> Option<Place> {
        let arrived = arrived?;
        let number = self.works.add(arrived.at);
        Some(self.line_up(number, arrived))
    }

    /// Puts known work where it waits.
    fn line_up(&mut self, number: WorkNumber, arrived: Arrived) -> Place {
        let Arrived { at, particulars } = arrived;
        for until in self.deadlines(at, particulars.as_deref()) {
            if until > self.now {
                self.due.insert((until, number));
            }
        }
        let hold = particulars.as_deref().and_then(|particulars| self.hold(at, particulars, self.now));
        match hold.map(|(name, _)| self.agent_id(name)) {
            Some(agent) if self.agents[agent.index()].abilities().is_some() => {
                self.holds.keep(agent, number, at, particulars);
            }
            Some(agent) => {
                self.holds.hope(agent, number);
                self.index.add_work(number, at, particulars);
            }
            None => self.index.add_work(number, at, particulars),
        }
        at.place
    }

    /// Takes known work from where it waits.
    fn call_up(&mut self, number: WorkNumber, at: Location) -> Arrived {
        let particulars = match self.holds.take(number, at.place) {
            Some(held) => held.particulars,
            None => self.index.remove_work(at),
        };
        let preferred = particulars.as_ref().and_then(|particulars| particulars.preferred.as_ref());
        if let Some(agent) = preferred.and_then(|preferred| self.agent(&preferred.agent)) {
            self.holds.give_up(agent, number);
        }
        for until in self.deadlines(at, particulars.as_deref()) {
            self.due.remove(&(until, number));
        }
        Arrived { at, particulars }
    }

    /// Takes out waiting work, and forgets it.
    fn take_out(&mut self, number: WorkNumber) -> Option<Arrived> {
        let (at, _) = self.works.remove(number)?;
        Some(self.call_up(number, at))
    }

    /// Puts waiting work where it belongs now, and gives its places.
    fn put_again(&mut self, work: Vec<WorkNumber>) -> BTreeSet<Place> {
        let again = |number| {
            let at = self.works.location(number)?;
            let arrived = self.call_up(number, at);
            let arrived = self.in_its_ring(arrived);
            self.works.set_location(number, arrived.at);
            Some(self.line_up(number, arrived))
        };
        work.into_iter().filter_map(again).collect()
    }

    /// The same work, asking for what it asks for after so much waiting.
    fn in_its_ring(&mut self, arrived: Arrived) -> Arrived {
        let Arrived { mut at, particulars } = arrived;
        if !self.index.rule(at.class).rings.is_empty() {
            let reached = self.index.rule(at.class).rings_reached(self.now.since(at.place.since));
            while self.index.ring(at.class) < reached {
                at.class = self.next_ring(at.class);
            }
        }
        Arrived { at, particulars }
    }

    fn next_ring(&mut self, class: ClassId) -> ClassId {
        if let Some(next) = self.index.next_ring(class) {
            return next;
        }
        let (needs, rule, ring) = (self.index.needs(class), self.index.rule(class), self.index.ring(class));
        let asks = asks(&self.rules, &self.openings, rule, &needs.skills, ring + 1);
        self.index.add_next_ring(class, asks)
    }

    /// When time alone changes something for waiting work, past moments included.
    fn deadlines(&self, at: Location, particulars: Option<&Particulars>) -> Vec<Timestamp> {
        let rule = self.index.rule(at.class);
        if particulars.is_none() && rule.rings.is_empty() {
            return Vec::new();
        }
        let since = at.place.since;
        let ring = rule.ring_begins(self.index.ring(at.class) + 1).map(|waited| since + waited);
        let cool_downs = particulars.iter().flat_map(|particulars| particulars.passed.values());
        let cool_downs = cool_downs.map(|&passed_at| passed_at + self.rules.policy.reoffer_after());
        // In the beginning of time nothing is over, so this names every hold that there ever was.
        let hold = particulars.and_then(|it| self.hold(at, it, Timestamp::from_micros(i64::MIN)));
        cool_downs.chain(ring).chain(hold.map(|(_, until)| until)).collect()
    }

    /// For whom work is held as long as they are logged in, and until when.
    fn hold<'a>(
        &self,
        at: Location,
        particulars: &'a Particulars,
        now: Timestamp,
    ) -> Option<(&'a AgentName, Timestamp)> {
        let rule = self.index.rule(at.class);
        let name = preferred(rule, particulars, now)?;
        if rule.sticky.hold.is_zero() || particulars.passed.contains_key(name) {
            return None;
        }
        let expires = rule.sticky.expires_after.zip(particulars.preferred.as_ref());
        let expires = expires.map(|(expires_after, preferred)| preferred.last_with + expires_after);
        let until = expires.into_iter().fold(at.place.since + rule.sticky.hold, Timestamp::min);
        (now < until).then_some((name, until))
    }

    /// Who alone is offered work because it is held for them, and until when.
    fn holder(
        &self,
        at: Location,
        particulars: &Particulars,
        now: Timestamp,
    ) -> Option<(AgentId, Timestamp)> {
        let (name, until) = self.hold(at, particulars, now)?;
        let agent = self.agent(name)?;
        self.agents[agent.index()].abilities().is_some().then_some((agent, until))
    }

    fn particulars(&self, number: WorkNumber, at: Location) -> Option<&Particulars> {
        let held = self.holds.particulars(number, at.place);
        held.or_else(|| self.index.particulars(at))
    }

    fn let_go(&mut self, interaction: InteractionId) -> Touched {
        if let Some(number) = self.works.number(interaction) {
            if self.works.is_in_flight(number) {
                self.works.set_again(number, None);
            } else if let Some(left) = self.take_out(number) {
                self.moved_on(left.at.class);
            }
        }
        Touched::default()
    }

    /// Counts that work has left a queue for good.
    fn moved_on(&mut self, class: ClassId) {
        let queue = &self.index.needs(class).queue;
        if let Some(flow) = self.flows.get_mut(queue) {
            flow.leave(self.now);
        } else {
            let queue = queue.clone();
            self.flows.entry(queue).or_default().leave(self.now);
        }
    }

    fn settle(&mut self, interaction: InteractionId, agent: &AgentName) -> Touched {
        let Some((number, agent)) = self.works.number(interaction).zip(self.agent(agent)) else {
            return Touched::default();
        };
        if self.works.in_flight_mut(number).is_none_or(|in_flight| in_flight.agent != agent) {
            return Touched::default();
        }
        self.index.hide_room(&mut self.agents[agent.index()]);
        self.unlink(number, agent);
        let mut touched = match self.works.remove(number) {
            Some((_, Some(again))) => self.take_in(&again),
            Some((at, None)) => {
                self.moved_on(at.class);
                Touched::default()
            }
            None => Touched::default(),
        };
        touched.agent = Some(agent);
        touched
    }

    /// A decision weighs no more on an agent, whose room is not shown.
    fn unlink(&mut self, settled: WorkNumber, agent: AgentId) {
        let slot = &mut self.agents[agent.index()];
        let mut rest = slot.clear_in_flight();
        while let Some(number) = rest {
            let Some((at, in_flight)) = self.works.location(number).zip(self.works.in_flight_mut(number))
            else {
                return;
            };
            rest = in_flight.next;
            if number != settled {
                in_flight.next = slot.first_in_flight;
                slot.add_in_flight(number, self.index.needs(at.class).demand, in_flight.decided_at);
            }
        }
    }

    /// Touches the work for which time has changed something.
    fn pass_time(&mut self, touched: &mut Touched) {
        while let Some(&(until, number)) = self.due.first()
            && until <= self.now
        {
            self.due.pop_first();
            touched.work.extend(self.put_again(vec![number]));
        }
    }

    /// Asks the agents of the queues that are open now; gives the work for which that makes some more.
    fn look_at_hours(&mut self) -> Vec<Place> {
        if !self.openings.is_due(self.now) || !self.openings.look(&self.rules.queues, self.now) {
            return Vec::new();
        }
        let mut opened = BTreeSet::new();
        for class in self.index.classes() {
            let (rule, ring) = (self.index.rule(class), self.index.ring(class));
            let asked = asked(&self.rules, &self.openings, rule, ring);
            if self.index.ask(class, asked) {
                opened.insert(class);
            }
        }
        let held = self.holds.all().filter(|(_, class)| opened.contains(class)).map(|(place, _)| place);
        opened.iter().flat_map(|&class| self.index.places(class)).chain(held).collect()
    }

    /// Gives out what can be given out, first work first. Nearly always one agent or one piece of work is all.
    fn decide(&mut self, touched: Touched) -> Vec<Decision> {
        match touched {
            Touched { work, agent: Some(agent), arrived: None, .. } if work.is_empty() => self.fill(agent),
            Touched { work, agent: None, arrived: Some(arrived), first_agent } if work.is_empty() => {
                self.place(arrived, first_agent).into_iter().collect()
            }
            Touched { work, agent, arrived, .. } => self.match_up(work, agent, arrived),
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
            self.index.show_room(&mut self.agents[agent.index()]);
        }
        work.extend(self.put_in(arrived));
        let mut decisions = Vec::new();
        loop {
            let for_agent = agent.and_then(|agent| Some((self.first_work(agent)?, agent)));
            let first = work.first().copied();
            let touched = first.filter(|first| for_agent.is_none_or(|(found, _)| *first <= found.at.place));
            let given = match (touched, for_agent) {
                (Some(place), _) => {
                    work.remove(&place);
                    // It may have been told anew in the same input, and have another place now.
                    let waits =
                        self.works.find_waiting(place.interaction).filter(|(_, at)| at.place == place);
                    waits.and_then(|(number, at)| {
                        Some((number, at, self.first_agent(at, self.particulars(number, at))?))
                    })
                }
                // Untouched work had no eligible agent before the input, so the touched agent is the only one.
                (None, Some((found, agent))) => Some((found.number, found.at, agent)),
                (None, None) => return decisions,
            };
            if let Some((number, at, agent)) = given {
                self.index.hide_room(&mut self.agents[agent.index()]);
                decisions.push(self.offer_waiting(number, at, agent));
                self.index.show_room(&mut self.agents[agent.index()]);
            }
        }
    }

    /// Gives an agent, whose room is not shown, all that they can take, and shows what is left of it.
    fn fill(&mut self, agent: AgentId) -> Vec<Decision> {
        let mut decisions = Vec::new();
        while let Some(Found { number, at }) = self.first_work(agent) {
            decisions.push(self.offer_waiting(number, at, agent));
        }
        self.index.show_room(&mut self.agents[agent.index()]);
        decisions
    }

    /// Gives new work to the first agent, or lets it wait.
    fn place(&mut self, arrived: Arrived, first_agent: Option<AgentId>) -> Option<Decision> {
        let Some(agent) = first_agent else {
            self.put_in(Some(arrived));
            return None;
        };
        self.index.hide_room(&mut self.agents[agent.index()]);
        let number = self.works.add(arrived.at);
        let decision = self.offer(number, arrived.at, agent);
        self.index.show_room(&mut self.agents[agent.index()]);
        Some(decision)
    }

    /// Makes a decision about work that waits, for an agent whose room is not shown.
    fn offer_waiting(&mut self, number: WorkNumber, at: Location, agent: AgentId) -> Decision {
        // Nothing here needs what the other has read, so that both read at the same time.
        let decision = self.offer(number, at, agent);
        self.call_up(number, at);
        decision
    }

    /// Makes a decision about known work, for an agent whose room is not shown.
    fn offer(&mut self, number: WorkNumber, at: Location, agent: AgentId) -> Decision {
        let slot = &mut self.agents[agent.index()];
        let in_flight = InFlight { agent, decided_at: self.now, next: slot.first_in_flight };
        slot.add_in_flight(number, self.index.needs(at.class).demand, self.now);
        let agent_name = slot.name().clone();
        self.works.give_out(number, in_flight);
        Decision::Offer { interaction: at.place.interaction, agent: agent_name }
    }

    /// The first agent for work, in the order of the [crate](crate).
    fn first_agent(&self, at: Location, particulars: Option<&Particulars>) -> Option<AgentId> {
        let class = at.class;
        let Some(particulars) = particulars else {
            return self.index.first_agent(class);
        };
        let needs = self.index.needs(class);
        let is_open = |agent: &AgentId| self.index.is_open_to(&self.agents[agent.index()], class);
        if let Some((holder, _)) = self.holder(at, particulars, self.now) {
            return Some(holder).filter(is_open);
        }
        let cools = |agent: AgentId| {
            let agent = &self.agents[agent.index()];
            self.cooling_until(needs, particulars, agent, self.now).is_some()
        };
        let preferred = preferred(self.index.rule(class), particulars, self.now);
        preferred
            .and_then(|name| self.agent(name))
            .filter(|agent| is_open(agent) && !cools(*agent))
            .or_else(|| self.index.first_agent_but(class, cools))
    }

    /// The first waiting work for an agent.
    fn first_work(&self, agent: AgentId) -> Option<Found> {
        let agent = &self.agents[agent.index()];
        let first = self.index.first_work(agent, |needs, particulars| {
            self.cooling_until(needs, particulars, agent, self.now).is_some()
        });
        let mut held = self.holds.of(agent.id());
        let held = held.find(|found| self.index.is_open_to(agent, found.at.class));
        first.into_iter().chain(held).min_by_key(|found| found.at.place)
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
        let until = passed_at + self.rules.policy.reoffer_after();
        let ready_again = agent.last_ready(&needs.media).is_some_and(|since| since > passed_at);
        (now < until && !ready_again).then_some(until)
    }

    /// The class of work that has reached no ring yet.
    fn class(&mut self, work: &Work) -> ClassId {
        if let Some(class) = self.index.class(work) {
            return class;
        }
        let rule = self.rules.queues.get(&work.queue).cloned();
        let rule = Arc::new(rule.unwrap_or_else(|| QueueRule::new(work.queue.clone())));
        let (demand, grades) = (work.demand(), rule.grades(&work.required_skills));
        if self.index.moves_agents(demand, &grades) {
            let mut shown = Vec::new();
            for agent in &mut self.agents {
                if self.index.hide_room(agent) {
                    shown.push(agent.id());
                }
                self.index.remove_agent(agent);
            }
            self.index.prepare(demand, grades);
            for agent in &mut self.agents {
                self.index.add_agent(agent);
            }
            for agent in shown {
                self.index.show_room(&mut self.agents[agent.index()]);
            }
        }
        let asks = asks(&self.rules, &self.openings, &rule, &work.required_skills, 0);
        self.index.add_class(work, rule, asks)
    }

    fn agent(&self, name: &AgentName) -> Option<AgentId> {
        self.names.get(name, |agent| self.agents[agent.index()].name() == name)
    }

    fn agent_id(&mut self, name: &AgentName) -> AgentId {
        if let Some(id) = self.agent(name) {
            return id;
        }
        let id = AgentId::at(self.agents.len());
        let name_of = |agent: AgentId| self.agents.get(agent.index()).map(AgentSlot::name);
        let (order, all_are_new) = self.names.add(name, id, name_of);
        self.agents.push(AgentSlot::new(id, name.clone(), order));
        if all_are_new {
            for (agent, order) in self.names.places() {
                let agent = &mut self.agents[agent.index()];
                let was_shown = self.index.hide_room(agent);
                agent.set_name_order(order);
                if was_shown {
                    self.index.show_room(agent);
                }
            }
        }
        id
    }
}

/// Whom work prefers at a moment, whether they are there or not.
fn preferred<'a>(rule: &QueueRule, particulars: &'a Particulars, now: Timestamp) -> Option<&'a AgentName> {
    let preferred = particulars.preferred.as_ref()?;
    let lasts = rule.sticky.expires_after.is_none_or(|lasts| now < preferred.last_with + lasts);
    lasts.then_some(&preferred.agent)
}

/// What work asks for in a ring of its queue.
fn asks(
    rules: &RoutingRules,
    openings: &Openings,
    rule: &QueueRule,
    own: &BTreeMap<SkillName, u8>,
    ring: usize,
) -> Asks {
    Asks { queues: asked(rules, openings, rule, ring), skills: rule.skills_in(own, ring) }
}

/// The open queues whose agents are asked for work in a ring of its queue.
fn asked(rules: &RoutingRules, openings: &Openings, rule: &QueueRule, ring: usize) -> BTreeSet<QueueName> {
    rules.queues.asked(rule, ring, |queue| openings.is_open(queue))
}
