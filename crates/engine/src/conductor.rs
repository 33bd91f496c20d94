//! The one task that makes things happen by themselves: it routes, lets time pass, and notices who is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parlor_interaction::{Command, Context, Interaction, State, Timer};
use parlor_model::{
    AgentName, FlagName, Id, InteractionId, Medium, NotReadyReason, OfferId, OfferMode, Readiness,
    ReadinessState, Timestamp,
};
use parlor_routing::{
    AgentSnapshot, Decision, Explanation, Input, Matcher, Preferred, Recorder, Recording, Work,
};
use parlor_store::{
    AgentState, AgentWrite, CommitError, Conflict, Fence, Lease, LeaseName, OfferRecord, StoreError, TimerKey,
};
use parlor_transcript::PendingResponse;
use tokio::sync::{mpsc, oneshot};

use crate::config::MissedOffer;
use crate::draft::Draft;
use crate::engine::{Drive, Inner};
use crate::error::EngineError;
use crate::hub::Live;
use crate::requests::{RequestKind, asked, requests_to};

/// The longest sleep: a machine's clock may be set, and a deadline by the old one must not be waited for.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long routing waits after the store has failed it.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// How many open interactions are read at a time when starting.
const RECOVERY_PAGE: usize = 1_000;

/// How many inputs of routing are kept to be replayed under other rules: some minutes of a large desk, and days of a
/// small one. Each is a row of an agent or of an interaction as routing sees it, without any text; half a kibibyte.
const STEPS_KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// What the conductor is told.
#[derive(Debug)]
pub(crate) enum Signal {
    /// Something that routing follows is no longer as it was.
    Changed(Changed),
    /// An agent who was gone is there again.
    Back(AgentName),
    /// The store failed while it was given a change; these are what it would have led to.
    Unsure(Vec<Changed>),
    /// Something may be due earlier than before.
    Wake,
    /// Answer when nothing more follows from what was told before.
    Settle(oneshot::Sender<()>),
    /// Why is this work where it is?
    Explain(InteractionId, oneshot::Sender<Option<Explanation>>),
    /// What was routing told, and what did it decide? Nothing where another node routes.
    Recall(oneshot::Sender<Recording>),
    /// Stop.
    Stop(oneshot::Sender<()>),
}

/// What routing follows.
#[derive(Debug)]
pub(crate) enum Changed {
    /// An interaction.
    Interaction(InteractionId),
    /// An agent's state or load.
    Agent(AgentName),
}

#[derive(Debug)]
pub(crate) struct Conductor {
    engine: Weak<Inner>,
    inbox: mpsc::UnboundedReceiver<Signal>,
    node: String,
    drive: Drive,
    lease: Option<Lease>,
    matcher: Matcher,
    recorder: Recorder,
    /// What the matcher was last told that each agent who is logged in is Ready on, and since when.
    ready: BTreeMap<AgentName, BTreeMap<Medium, Timestamp>>,
    decisions: Vec<Decision>,
    timers: Timers,
    /// When the pending-response indicator of an interaction changes next.
    pending: BTreeMap<InteractionId, Timestamp>,
    /// Work whose offer the store failed to keep, and when to try again.
    retries: BTreeMap<InteractionId, Timestamp>,
    unsure: Unsure,
    settling: Vec<oneshot::Sender<()>>,
    stopping: Option<oneshot::Sender<()>>,
}

/// What must be read again, because it is not known whether it changed or because it could not be read.
#[derive(Debug, Default)]
struct Unsure {
    interactions: BTreeSet<InteractionId>,
    agents: BTreeSet<AgentName>,
    /// Agents who came back and may not have been let in.
    back: BTreeSet<AgentName>,
    /// When to try.
    at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Timers {
    due: BTreeSet<(Timestamp, TimerKey)>,
    set: BTreeMap<TimerKey, Timestamp>,
}

impl Timers {
    fn set(&mut self, key: TimerKey, at: Timestamp) {
        if let Some(before) = self.set.insert(key.clone(), at) {
            self.due.remove(&(before, key.clone()));
        }
        self.due.insert((at, key));
    }

    fn cancel(&mut self, key: TimerKey) {
        if let Some(at) = self.set.remove(&key) {
            self.due.remove(&(at, key));
        }
    }

    /// Sets the timers of an interaction as its state has them; `None` when it is closed.
    fn follow(&mut self, id: InteractionId, interaction: Option<&Interaction>) {
        let runs = interaction.map(Interaction::timers).unwrap_or_default();
        // The first timer there can be.
        let first = TimerKey { interaction: id, timer: Timer::Offer(OfferId::from_uuid(uuid::Uuid::nil())) };
        let of_it = self.set.range(first..).take_while(|(key, _)| key.interaction == id);
        let over: Vec<TimerKey> =
            of_it.filter(|(key, _)| !runs.contains_key(&key.timer)).map(|(key, _)| key.clone()).collect();
        for key in over {
            self.cancel(key);
        }
        for (timer, at) in runs {
            self.set(TimerKey { interaction: id, timer }, at);
        }
    }

    fn take_due(&mut self, now: Timestamp) -> Option<TimerKey> {
        let first = self.due.first()?;
        if first.0 > now {
            return None;
        }
        let (_, key) = self.due.pop_first()?;
        self.set.remove(&key);
        Some(key)
    }

    fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }
}

impl Conductor {
    /// Reads from the store what is open, so that the engine goes on where it, or another, stopped.
    pub(crate) async fn recover(
        engine: &Arc<Inner>,
        inbox: mpsc::UnboundedReceiver<Signal>,
        node: String,
        drive: Drive,
    ) -> Result<Self, StoreError> {
        let mut after = None;
        loop {
            let page = engine.store.open_interactions(after, RECOVERY_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for interaction in page {
                engine.open.update(Arc::new(interaction));
            }
        }
        let now = engine.now();
        for agent in engine.store.agents().await? {
            if agent.signed_in {
                engine.presence.touch(&agent.name, now, engine.directory.timing.presence_lease);
            }
        }
        let mut conductor = Self {
            engine: Arc::downgrade(engine),
            inbox,
            node,
            drive,
            lease: None,
            matcher: Matcher::new(engine.directory.routing.clone()),
            recorder: Recorder::new(STEPS_KEPT),
            ready: BTreeMap::new(),
            decisions: Vec::new(),
            timers: Timers::default(),
            pending: BTreeMap::new(),
            retries: BTreeMap::new(),
            unsure: Unsure::default(),
            settling: Vec::new(),
            stopping: None,
        };
        for (key, at) in engine.store.timers().await? {
            conductor.timers.set(key, at);
        }
        for interaction in engine.open.all() {
            conductor.watch_pending(engine, &interaction, now);
        }
        // Somebody has to say the first word, or nothing happens until something else does.
        let _ = engine.signals.send(Signal::Wake);
        Ok(conductor)
    }

    pub(crate) async fn run(mut self) {
        while self.wait().await {
            // Held only while there is something to do: when every handle is gone, so is the engine.
            let Some(engine) = self.engine.upgrade() else {
                return;
            };
            self.work(&engine).await;
            for settled in self.settling.drain(..) {
                let _ = settled.send(());
            }
            if let Some(stopped) = self.stopping.take() {
                let _ = stopped.send(());
                return;
            }
        }
    }

    /// Waits for a signal or for the next deadline; gives false when the engine is gone.
    async fn wait(&mut self) -> bool {
        let sleep = match (self.drive, self.engine.upgrade()) {
            (_, None) => return false,
            (Drive::Manual, Some(_)) => None,
            (Drive::Automatic, Some(engine)) => Some(self.sleep_time(&engine)),
        };
        let signal = match sleep {
            None => self.inbox.recv().await,
            Some(sleep) => match tokio::time::timeout(sleep, self.inbox.recv()).await {
                Ok(signal) => signal,
                Err(_) => return true,
            },
        };
        match signal {
            None => false,
            Some(signal) => {
                let Some(engine) = self.engine.upgrade() else {
                    return false;
                };
                self.take(&engine, signal).await;
                true
            }
        }
    }

    fn sleep_time(&self, engine: &Inner) -> Duration {
        let now = engine.now();
        let renewal =
            self.lease.as_ref().map(|lease| lease.until - engine.directory.timing.routing_lease / 2);
        [
            self.timers.next(),
            self.pending.values().min().copied(),
            self.retries.values().min().copied(),
            self.unsure.at,
            self.matcher.next_wakeup(),
            engine.presence.next_expiry(),
            engine.presence.next_silence(),
            renewal,
        ]
        .into_iter()
        .flatten()
        .map(|at| at.since(now))
        .min()
        .map_or(LONGEST_SLEEP, |sleep| sleep.min(LONGEST_SLEEP))
        // A deadline in the microsecond that is just ending must not spin.
        .max(Duration::from_millis(1))
    }

    /// Takes in one signal.
    async fn take(&mut self, engine: &Arc<Inner>, signal: Signal) {
        match signal {
            Signal::Changed(Changed::Interaction(id)) => {
                self.interaction_changed(engine, id);
                self.take_back_from_absent(engine, id).await;
            }
            Signal::Changed(Changed::Agent(name)) => self.agent_changed(engine, &name).await,
            Signal::Back(name) => self.let_in(engine, name).await,
            Signal::Unsure(changed) => self.doubt(changed, engine.now()),
            Signal::Wake => {}
            Signal::Settle(settled) => self.settling.push(settled),
            Signal::Stop(stopped) => self.stopping = Some(stopped),
            Signal::Explain(id, answer) => {
                let _ = answer.send(self.matcher.explain(id, engine.now()));
            }
            Signal::Recall(answer) => {
                let recording = self.leads().then(|| self.recorder.recording());
                let _ = answer.send(recording.unwrap_or_default());
            }
        }
    }

    async fn take_all(&mut self, engine: &Arc<Inner>) {
        // A burst changes few agents many times: each is read once, after the last of it.
        let mut agents = BTreeSet::new();
        while let Ok(signal) = self.inbox.try_recv() {
            match signal {
                Signal::Changed(Changed::Agent(name)) => {
                    agents.insert(name);
                }
                Signal::Changed(Changed::Interaction(_)) => self.take(engine, signal).await,
                Signal::Back(_)
                | Signal::Unsure(_)
                | Signal::Wake
                | Signal::Settle(_)
                | Signal::Explain(..)
                | Signal::Recall(_)
                | Signal::Stop(_) => {
                    self.take_agents(engine, &mut agents).await;
                    self.take(engine, signal).await;
                }
            }
        }
        self.take_agents(engine, &mut agents).await;
    }

    async fn take_agents(&mut self, engine: &Arc<Inner>, agents: &mut BTreeSet<AgentName>) {
        for name in std::mem::take(agents) {
            self.agent_changed(engine, &name).await;
        }
    }

    /// Does everything that is to be done now, and what follows from it.
    async fn work(&mut self, engine: &Arc<Inner>) {
        loop {
            self.take_all(engine).await;
            self.keep_lease(engine).await;
            let now = engine.now();
            let mut busy = self.fire_timers(engine, now).await;
            busy |= self.let_agents_go(engine, now).await;
            notice_silence(engine, now);
            self.notice_colours(engine, now);
            self.find_out(engine, now).await;
            self.retry(engine, now);
            if self.matcher.next_wakeup().is_some_and(|at| at <= now) {
                self.tell(Input::TimePassed, now);
            }
            busy |= self.carry_out(engine).await;
            if !busy && self.inbox.is_empty() {
                break;
            }
        }
        engine.end_what_is_too_old_now_and_then(engine.now());
        let (published, waiting) = engine.hub.progress();
        if waiting {
            tracing::debug!(published, "a gap in the journal is read from the store");
            if let Err(error) = engine.fill_gap().await {
                tracing::warn!(%error, "the journal could not be read");
            }
        }
    }

    /// Tells of an agent who is logged in. What they are Ready on is all that can change about them besides what they
    /// hold: the rest is configured.
    fn tell_agent(&mut self, snapshot: AgentSnapshot, now: Timestamp) {
        if self.ready.get(&snapshot.name) == Some(&snapshot.ready) {
            let AgentSnapshot { name: agent, load, idle_since, .. } = snapshot;
            self.tell(Input::LoadChanged { agent, load, idle_since }, now);
        } else {
            self.ready.insert(snapshot.name.clone(), snapshot.ready.clone());
            self.tell(Input::AgentChanged(snapshot), now);
        }
    }

    fn tell(&mut self, input: Input, now: Timestamp) {
        let decisions = self.matcher.handle(&input, now);
        self.recorder.record(input, now, &decisions);
        self.decisions.extend(decisions);
    }

    /// Whether this node routes.
    const fn leads(&self) -> bool {
        self.lease.is_some()
    }

    async fn keep_lease(&mut self, engine: &Arc<Inner>) {
        let now = engine.now();
        let ttl = engine.directory.timing.routing_lease;
        if self.lease.as_ref().is_some_and(|lease| now < lease.until - ttl / 2) {
            return;
        }
        let epoch = self.lease.as_ref().map(|lease| lease.epoch);
        match engine.store.acquire_lease(&LeaseName::routing(), &self.node, now, ttl).await {
            Ok(Some(lease)) => {
                let new = epoch != Some(lease.epoch);
                self.lease = Some(lease);
                if new {
                    self.start_routing(engine).await;
                }
            }
            Ok(None) => self.lease = None,
            Err(error) => {
                tracing::warn!(%error, "the routing lease could not be renewed");
                if self.lease.as_ref().is_some_and(|lease| lease.until <= now) {
                    self.lease = None;
                }
            }
        }
    }

    /// Tells the matcher everything, as the store has it.
    async fn start_routing(&mut self, engine: &Arc<Inner>) {
        let agents = match engine.store.agents().await {
            Ok(agents) => agents,
            Err(error) => {
                tracing::warn!(%error, "routing could not start");
                self.lease = None;
                return;
            }
        };
        let (there, gone): (Vec<AgentState>, Vec<AgentState>) =
            agents.into_iter().partition(|state| state.signed_in);
        let agents: Vec<_> = there.iter().filter_map(|state| snapshot(engine, state)).collect();
        self.ready = agents.iter().map(|agent| (agent.name.clone(), agent.ready.clone())).collect();
        let work = engine.open.all().iter().filter_map(|interaction| work(engine, interaction)).collect();
        self.decisions.clear();
        self.retries.clear();
        self.tell(Input::Started { agents, work }, engine.now());
        for state in gone {
            // Whoever let them go may not have got as far as taking this back.
            self.withdraw_from(engine, &state.name).await;
        }
    }

    fn interaction_changed(&mut self, engine: &Arc<Inner>, id: InteractionId) {
        let now = engine.now();
        let open = engine.open.get(id);
        self.timers.follow(id, open.as_deref());
        let Some(interaction) = open else {
            self.pending.remove(&id);
            self.tell(Input::WorkLeft(id), now);
            return;
        };
        self.watch_pending(engine, &interaction, now);
        self.retries.remove(&id);
        match work(engine, &interaction) {
            Some(work) => self.tell(Input::WorkArrived(work), now),
            None => self.tell(Input::WorkLeft(id), now),
        }
    }

    async fn agent_changed(&mut self, engine: &Arc<Inner>, name: &AgentName) {
        let state = match engine.store.agent(name).await {
            Ok(state) => state.unwrap_or_else(|| AgentState::unknown(name.clone())),
            Err(error) => {
                tracing::warn!(%error, agent = %name, "the state of an agent could not be read");
                self.doubt(vec![Changed::Agent(name.clone())], engine.now());
                return;
            }
        };
        let now = engine.now();
        if let Some(snapshot) = snapshot(engine, &state) {
            self.tell_agent(snapshot, now);
        } else {
            self.ready.remove(name);
            self.tell(Input::AgentLeft(name.clone()), now);
            self.withdraw_from(engine, name).await;
        }
    }

    /// Takes back what an agent who is gone was asked.
    async fn withdraw_from(&mut self, engine: &Arc<Inner>, name: &AgentName) {
        for interaction in engine.open.of_agent(name) {
            for command in taken_back(&interaction, name) {
                self.give(engine, interaction.id, &command).await;
            }
        }
        if let Err(error) = engine.pass_on_replies(name).await {
            tracing::warn!(%error, agent = %name, "answers to an agent who is gone were not passed on");
            self.doubt(vec![Changed::Agent(name.clone())], engine.now());
        }
    }

    /// Takes back what an agent is asked who left at the moment of being asked: whoever asked still saw them there, and
    /// when they left there was nothing to take back yet.
    async fn take_back_from_absent(&mut self, engine: &Arc<Inner>, id: InteractionId) {
        let Some(interaction) = engine.open.get(id) else { return };
        for name in asked(&interaction) {
            match engine.store.agent(&name).await {
                Ok(Some(state)) if state.signed_in => {}
                Ok(_) => {
                    for command in taken_back(&interaction, &name) {
                        self.give(engine, id, &command).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, agent = %name, "the state of an agent could not be read");
                    self.doubt(vec![Changed::Interaction(id)], engine.now());
                }
            }
        }
    }

    async fn give(&mut self, engine: &Arc<Inner>, id: InteractionId, command: &Command) {
        let policy = &engine.directory.rules.interaction;
        if let Err(error) = engine.command(id, command, policy, |_, _| {}).await {
            tracing::warn!(%error, interaction = %id, "a command of the engine itself was not carried out");
        }
    }

    async fn fire_timers(&mut self, engine: &Arc<Inner>, now: Timestamp) -> bool {
        let mut fired = false;
        while let Some(key) = self.timers.take_due(now) {
            fired = true;
            let command = key.timer.command();
            let missed = self.missed_offer(engine, key.interaction, &command).await;
            let policy = &engine.directory.rules.interaction;
            let result = engine
                .command(key.interaction, &command, policy, |draft, transition| {
                    if !transition.events.is_empty() {
                        draft.changes.agents.extend(missed.clone());
                    }
                })
                .await;
            match result {
                Ok(transition) => {
                    let runs = transition.interaction.timers().get(&key.timer).copied();
                    // It runs on when the clock was set back meanwhile.
                    if let Some(at) = runs.filter(|at| *at > engine.now()) {
                        self.timers.set(key, at);
                    }
                }
                Err(EngineError::NotFound { .. } | EngineError::Refused(_)) => {}
                Err(error) => {
                    tracing::warn!(%error, interaction = %key.interaction, "a timer will be tried again");
                    self.timers.set(key, now + RETRY_AFTER);
                }
            }
        }
        fired
    }

    /// What becomes of the agent who lets an offer pass, where the rules say that something does.
    async fn missed_offer(&self, engine: &Inner, id: InteractionId, command: &Command) -> Option<AgentWrite> {
        if engine.directory.rules.missed_offer == MissedOffer::StayReady
            || !matches!(command, Command::Expire { .. })
        {
            return None;
        }
        let interaction = engine.open.get(id)?;
        let agent = &interaction.offer()?.agent;
        let channel = engine.directory.channel(&interaction.channel)?;
        let mut state = engine.store.agent(agent).await.ok().flatten()?;
        for medium in &channel.readiness {
            let readiness = Readiness::NotReady(NotReadyReason::MissedOffer);
            state.readiness.insert(medium.clone(), ReadinessState { readiness, since: engine.now() });
        }
        Some(AgentWrite { expected_version: state.version, state })
    }

    async fn let_agents_go(&mut self, engine: &Arc<Inner>, now: Timestamp) -> bool {
        let expired = engine.presence.take_expired(now);
        for name in &expired {
            if let Err(error) = engine.let_go(name).await {
                tracing::warn!(%error, agent = %name, "an agent who is gone could not be let go");
                engine.presence.touch(name, now, RETRY_AFTER);
            }
        }
        !expired.is_empty()
    }

    fn watch_pending(&mut self, engine: &Inner, interaction: &Interaction, now: Timestamp) {
        let pending = pending_response(engine, interaction, now);
        match pending.and_then(|pending| pending.next_change) {
            Some(at) => self.pending.insert(interaction.id, at),
            None => self.pending.remove(&interaction.id),
        };
    }

    fn notice_colours(&mut self, engine: &Inner, now: Timestamp) {
        let due: Vec<InteractionId> =
            self.pending.iter().filter(|(_, at)| **at <= now).map(|(interaction, _)| *interaction).collect();
        for id in due {
            self.pending.remove(&id);
            if let Some(interaction) = engine.open.get(id) {
                self.watch_pending(engine, &interaction, now);
                if let Some(pending) = engine.pending_view(&interaction, now) {
                    engine.hub.tell_agents(Live::Pending { interaction: id, pending });
                }
            }
        }
    }

    async fn let_in(&mut self, engine: &Arc<Inner>, name: AgentName) {
        if let Err(error) = engine.come_back(&name).await {
            tracing::warn!(%error, agent = %name, "an agent who came back could not be let in");
            self.unsure.back.insert(name);
            self.unsure.at.get_or_insert(engine.now() + RETRY_AFTER);
        }
    }

    /// Notes what must be read again, after a pause: the store has just failed.
    fn doubt(&mut self, changed: Vec<Changed>, now: Timestamp) {
        for changed in changed {
            match changed {
                Changed::Interaction(id) => {
                    self.unsure.interactions.insert(id);
                }
                Changed::Agent(name) => {
                    self.unsure.agents.insert(name);
                }
            }
        }
        self.unsure.at.get_or_insert(now + RETRY_AFTER);
    }

    /// Reads what it is not known of whether it changed, and tells whoever was not told. What cannot be read now is
    /// read later.
    async fn find_out(&mut self, engine: &Arc<Inner>, now: Timestamp) {
        if self.unsure.at.is_none_or(|at| at > now) {
            return;
        }
        let Unsure { interactions, agents, back, at: _ } = std::mem::take(&mut self.unsure);
        for name in back {
            self.let_in(engine, name).await;
        }
        for name in agents {
            self.agent_changed(engine, &name).await;
        }
        for id in interactions {
            match engine.reload(id).await {
                Ok(known) => {
                    match known {
                        Some(known) => engine.tell_contact_state(known.thread),
                        None => engine.open.forget(id),
                    }
                    self.interaction_changed(engine, id);
                    self.take_back_from_absent(engine, id).await;
                }
                Err(error) => {
                    tracing::warn!(%error, interaction = %id, "an interaction could not be read");
                    self.doubt(vec![Changed::Interaction(id)], now);
                }
            }
        }
        if let Err(error) = engine.fill_gap().await {
            tracing::warn!(%error, "the journal could not be read");
            self.doubt(Vec::new(), now);
        }
    }

    fn retry(&mut self, engine: &Arc<Inner>, now: Timestamp) {
        let due: Vec<InteractionId> =
            self.retries.iter().filter(|(_, at)| **at <= now).map(|(interaction, _)| *interaction).collect();
        for id in due {
            self.retries.remove(&id);
            self.interaction_changed(engine, id);
        }
    }

    /// Commits the offers that were decided; gives whether there were any.
    async fn carry_out(&mut self, engine: &Arc<Inner>) -> bool {
        let decisions = std::mem::take(&mut self.decisions);
        let Some(lease) = self.lease.clone().filter(|_| self.leads()) else {
            return false;
        };
        let busy = !decisions.is_empty();
        let offers = decisions
            .iter()
            .map(|Decision::Offer { interaction, agent }| offer(engine, &lease, *interaction, agent));
        let results = futures_util::future::join_all(offers).await;
        // What came of the offers is told before that they are settled.
        self.take_all(engine).await;
        for (Decision::Offer { interaction, agent }, result) in decisions.into_iter().zip(results) {
            match result {
                OfferResult::Made => {}
                OfferResult::Changed => {
                    self.agent_changed(engine, &agent).await;
                    self.interaction_changed(engine, interaction);
                }
                OfferResult::Failed => {
                    self.retries.insert(interaction, engine.now() + RETRY_AFTER);
                }
                OfferResult::NotLeading => self.lease = None,
            }
            self.tell(Input::OfferSettled { interaction, agent }, engine.now());
        }
        busy
    }
}

/// What takes back everything that an agent who is gone is asked in an interaction.
fn taken_back(interaction: &Interaction, name: &AgentName) -> Vec<Command> {
    match &interaction.state {
        State::Offered(offered) if offered.agent == *name => vec![Command::Withdraw { offer: offered.offer }],
        State::Active(_) => requests_to(interaction, name)
            .into_iter()
            .map(|request| match request.kind {
                RequestKind::Transfer => {
                    Command::DeclineTransfer { transfer: Id::from_uuid(request.id), agent: name.clone() }
                }
                RequestKind::Conference => Command::DeclineInvitation { agent: name.clone() },
                RequestKind::Consult => {
                    Command::EndConsult { consult: Id::from_uuid(request.id), by: Some(name.clone()) }
                }
            })
            .collect(),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => Vec::new(),
    }
}

/// Tells that contacts who have not gone on typing have stopped.
fn notice_silence(engine: &Inner, now: Timestamp) {
    for (thread, typing) in engine.presence.take_silent(now) {
        engine.hub.tell_agents(Live::Typing { thread, contact: typing.contact, until: None });
    }
}

#[derive(Debug)]
enum OfferResult {
    Made,
    /// It was decided from something that is no longer so.
    Changed,
    /// The store failed.
    Failed,
    /// Another node routes.
    NotLeading,
}

async fn offer(engine: &Arc<Inner>, lease: &Lease, id: InteractionId, agent: &AgentName) -> OfferResult {
    let interaction = match engine.interaction(id).await {
        Ok(Some(interaction)) => interaction,
        Ok(None) => return OfferResult::Changed,
        Err(error) => {
            tracing::warn!(%error, interaction = %id, "an offer could not be made");
            return OfferResult::Failed;
        }
    };
    let (Some(channel), Some(configured)) =
        (engine.directory.channel(&interaction.channel), engine.directory.agent(agent))
    else {
        return OfferResult::Changed;
    };
    let now = engine.now();
    let offer = engine.new_id();
    let command = Command::Offer {
        offer,
        agent: agent.clone(),
        expires_at: now + engine.directory.timing.offer_ttl,
        auto: channel.offer == OfferMode::Auto || configured.flags.is_on(FlagName::AutoAnswer),
    };
    let policy = &engine.directory.rules.interaction;
    let transition = match interaction.handle(&command, Context { now, policy }) {
        Ok(transition) if !transition.events.is_empty() => transition,
        Ok(_) | Err(_) => return OfferResult::Changed,
    };
    let mut draft = Draft::new(now);
    draft.changes.fence = Some(Fence { lease: lease.name.clone(), epoch: lease.epoch });
    draft.changes.offers.push(OfferRecord { offer, interaction: id, agent: agent.clone() });
    if transition.interaction.owner().is_some() {
        engine.assign(&mut draft, agent, interaction.thread).await;
    }
    draft.transition(&engine.directory, Some(&interaction), &transition, || engine.new_id());
    match engine.commit(draft).await {
        Ok(_) => OfferResult::Made,
        Err(CommitError::Conflict(Conflict::Fence(_))) => OfferResult::NotLeading,
        Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => match engine.reload(id).await {
            Ok(_) => OfferResult::Changed,
            Err(_) => OfferResult::Failed,
        },
        Err(CommitError::Store(error)) => {
            tracing::warn!(%error, interaction = %id, "an offer could not be made");
            OfferResult::Failed
        }
    }
}

/// What routing must know of an agent; `None` while they are not logged in.
fn snapshot(engine: &Inner, state: &AgentState) -> Option<AgentSnapshot> {
    let agent = engine.directory.agent(&state.name).filter(|_| state.signed_in)?;
    let ready = state
        .readiness
        .iter()
        .filter(|(_, state)| state.readiness.is_ready())
        .map(|(medium, state)| (medium.clone(), state.since))
        .collect();
    let mut disabled = BTreeSet::new();
    if !agent.flags.is_on(FlagName::TwitterEnabled) {
        disabled.insert(Medium::Twitter);
    }
    Some(AgentSnapshot {
        name: agent.name.clone(),
        ready,
        queues: agent.queues.clone(),
        skills: agent.skills.clone(),
        load: state.load.iter().map(|(class, load)| (*class, load.used)).collect(),
        limits: agent.capacity.clone(),
        idle_since: state.idle_since,
        disabled,
    })
}

/// What routing must know of an interaction; `None` while it does not wait.
fn work(engine: &Inner, interaction: &Interaction) -> Option<Work> {
    let State::Queued(queued) = &interaction.state else {
        return None;
    };
    let channel = engine.directory.channel(&interaction.channel)?;
    Some(Work {
        interaction: interaction.id,
        queue: interaction.queue.clone(),
        media: channel.readiness.clone(),
        class: interaction.class,
        weight: NonZeroU32::new(interaction.weight).unwrap_or(NonZeroU32::MIN),
        required_skills: interaction.needs.skills.clone(),
        priority: interaction.needs.priority,
        since: queued.since,
        // Its state does not say when they last had it, only since when it is without them.
        preferred: queued.preferred.clone().map(|agent| Preferred { agent, last_with: queued.since }),
        passed: queued.passed.clone(),
    })
}

/// The pending response of an interaction; only what an agent has can be pending.
pub(crate) fn pending_response(
    engine: &Inner,
    interaction: &Interaction,
    now: Timestamp,
) -> Option<PendingResponse> {
    interaction.owner()?;
    let of_channel = engine.directory.channel_rules(&interaction.channel).pending;
    let thresholds = of_channel.unwrap_or(engine.directory.timing.pending);
    PendingResponse::of(interaction.unanswered_since, thresholds, now)
}
