//! How long one decision takes as work and agents grow, beside a scan of everything.
//!
//! `cargo bench -p parlor-routing`. First come the percentiles, which divan does not give, and the ratios that do
//! carry over to other machines; then divan's own table.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use divan::Bencher;
use parlor_model::{AgentName, CapacityRule, InteractionId, MediaClass, Medium, QueueName, Timestamp};
use parlor_routing::{AgentSnapshot, Decision, Input, Matcher, RoutingPolicy, Work};

const AGENTS: usize = 10_000;
const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// 40 queues and 3 media make 120 classes of work, and 5 pairs of queues for each make 200 profiles of agents.
const QUEUES: usize = 40;
const MEDIA: [Medium; 3] = [Medium::Chat, Medium::Sms, Medium::WhatsApp];
const LIMIT: u32 = 3;
/// Decisions per figure.
const ROUNDS: usize = 20_000;
/// How many of them make one measurement without the clock.
const IN_A_ROW: usize = 50;
/// Neighbours disturb some of them.
const RUNS: usize = 5;

fn main() {
    report();
    divan::main();
}

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// Before all decisions, so that whoever is given something is not idle longest any more.
fn long_ago(number: usize) -> Timestamp {
    at(i64::try_from(number).unwrap_or(0) - 1_000_000_000)
}

fn queue(number: usize) -> QueueName {
    QueueName::new(format!("queue-{}", number % QUEUES)).expect("a valid name")
}

fn agent(number: usize, load: u32) -> AgentSnapshot {
    AgentSnapshot {
        name: AgentName::new(format!("agent-{number}")).expect("a valid name"),
        ready: MEDIA.map(|medium| (medium, at(0))).into(),
        queues: BTreeSet::from([queue(number), queue(number + 1 + number / QUEUES % 5)]),
        skills: BTreeMap::new(),
        load: BTreeMap::from([(MediaClass::Live, load)]),
        limits: CapacityRule::new([(MediaClass::Live, LIMIT)]),
        // Spread without order, but the same in every run.
        idle_since: long_ago(number * 7_919 % AGENTS),
        disabled: BTreeSet::new(),
    }
}

fn work(number: usize) -> Work {
    let id = format!("018bcfe5-687b-7000-8000-{number:012x}");
    Work {
        interaction: id.parse::<InteractionId>().expect("a valid id"),
        queue: queue(number),
        media: BTreeSet::from([MEDIA[number / QUEUES % MEDIA.len()].clone()]),
        class: MediaClass::Live,
        weight: NonZeroU32::MIN,
        required_skills: BTreeMap::new(),
        priority: 0,
        since: at(number.try_into().unwrap_or(0)),
        preferred: None,
        passed: BTreeMap::new(),
    }
}

fn everything(agents: usize, load: u32, waiting: usize) -> Input {
    Input::Started {
        agents: (0..agents).map(|number| agent(number, load)).collect(),
        work: (0..waiting).map(work).collect(),
    }
}

fn start(everything: &Input) -> Matcher {
    let mut matcher = Matcher::new(RoutingPolicy::default());
    matcher.handle(everything, at(0));
    matcher
}

/// A matcher that makes decisions, and is then brought back to where it was.
///
/// A decision is one call of [`Matcher::handle`], from the input to the offer, and everything the matcher does to
/// remember it. What its caller does with the offer is not in it.
trait Rounds {
    fn new(waiting: usize) -> Self;
    fn matcher(&mut self) -> &mut Matcher;
    /// Brings one decision.
    fn input(&mut self) -> Input;
    fn restore(&mut self, decisions: Vec<Decision>);
}

/// All agents are full, and one after another gets room: each takes the first work they can do.
struct AgentGetsRoom {
    matcher: Matcher,
    inputs: usize,
    works: usize,
}

impl Rounds for AgentGetsRoom {
    fn new(waiting: usize) -> Self {
        let matcher = start(&everything(AGENTS, LIMIT, waiting));
        Self { matcher, inputs: 0, works: waiting }
    }

    fn matcher(&mut self) -> &mut Matcher {
        &mut self.matcher
    }

    fn input(&mut self) -> Input {
        self.inputs += 1;
        let AgentSnapshot { name, load, idle_since, .. } = agent(self.inputs * 31 % AGENTS, LIMIT - 1);
        Input::LoadChanged { agent: name, load, idle_since }
    }

    /// The agents are full again, and the queue as long as before.
    fn restore(&mut self, decisions: Vec<Decision>) {
        for Decision::Offer { agent: name, .. } in &decisions {
            self.matcher.handle(&Input::AgentChanged(agent(number(name), LIMIT)), at(0));
            self.works += 1;
            self.matcher.handle(&Input::WorkArrived(work(self.works)), at(0));
        }
        settle(&mut self.matcher, decisions);
    }
}

/// All agents are free, and work arrives for one after another. What waits is in queues that nobody serves.
struct WorkArrives {
    matcher: Matcher,
    inputs: usize,
    waiting: usize,
    restored: usize,
}

impl Rounds for WorkArrives {
    fn new(waiting: usize) -> Self {
        let mut matcher = start(&everything(AGENTS, 0, 0));
        for number in 0..waiting {
            let queue = QueueName::new(format!("unserved-{}", number % QUEUES)).expect("a valid name");
            let unserved = Work { queue, ..work(number) };
            matcher.handle(&Input::WorkArrived(unserved), at(0));
        }
        Self { matcher, inputs: 0, waiting, restored: 0 }
    }

    fn matcher(&mut self) -> &mut Matcher {
        &mut self.matcher
    }

    fn input(&mut self) -> Input {
        self.inputs += 1;
        Input::WorkArrived(work(self.waiting + self.inputs))
    }

    /// The agents are free again, and the last of their profile.
    fn restore(&mut self, decisions: Vec<Decision>) {
        for Decision::Offer { agent: name, .. } in &decisions {
            self.restored += 1;
            let free =
                AgentSnapshot { idle_since: long_ago(AGENTS + self.restored), ..agent(number(name), 0) };
            self.matcher.handle(&Input::AgentChanged(free), at(0));
        }
        settle(&mut self.matcher, decisions);
    }
}

fn number(name: &AgentName) -> usize {
    name.as_str().trim_start_matches("agent-").parse().expect("a number")
}

fn settle(matcher: &mut Matcher, decisions: Vec<Decision>) {
    for Decision::Offer { interaction, agent } in decisions {
        matcher.handle(&Input::OfferSettled { interaction, agent }, at(0));
    }
}

/// What was measured of one kind of decision.
#[derive(Clone, Copy, Debug)]
struct Figures {
    p50: Duration,
    p99: Duration,
    /// Of decisions made one after another within one measurement, so that the clock does not count.
    mean: Duration,
}

fn report() {
    // First, while nothing was given back that could be used again.
    memory();
    let clock = percentiles(ROUNDS, || Instant::now().elapsed());
    say(&format!("{AGENTS} agents; to read the clock takes {:?}, which is in p50 and p99", clock.0));
    let (mut rooms, mut arrivals) = (Vec::new(), Vec::new());
    let (mut naive_factors, mut scan_factors) = (Vec::new(), Vec::new());
    let mut bares = Vec::new();
    say("decision, waiting, p50, p99, mean in a row; of each run");
    for _ in 0..RUNS {
        let few = measure::<AgentGetsRoom>(FEW);
        let (naive, scan) = (measure_naive(), measure_scan());
        let many = measure::<AgentGetsRoom>(MANY);
        naive_factors.push(ratio(naive.0, many.p50));
        scan_factors.push(ratio(scan.0, many.p50));
        rooms.push((few, many));
        say(&row("agent gets room", FEW, few));
        say(&row("agent gets room", MANY, many));
        say(&format!("naive linear matcher, {MANY}, {:?}, {:?}", naive.0, naive.1));
        say(&format!("scan of numbers, {MANY}, {:?}, {:?}", scan.0, scan.1));
        let (few, many) = (measure::<WorkArrives>(FEW), measure::<WorkArrives>(MANY));
        let bare = measure_bare();
        for (what, (p50, p99)) in ["agent gets room", "work arrives"].into_iter().zip(bare) {
            say(&format!("bare numbers in search trees, {what}, {MANY}, {p50:?}, {p99:?}"));
        }
        bares.push(bare);
        arrivals.push((few, many));
        say(&row("work arrives", FEW, few));
        say(&row("work arrives", MANY, many));
    }
    for (which, (what, runs)) in
        [("agent gets room", rooms), ("work arrives", arrivals)].into_iter().enumerate()
    {
        let beside = |ours: fn(&Figures) -> Duration, bare: fn(&(Duration, Duration)) -> Duration| {
            let of_run = |((_, many), bares): (&(Figures, Figures), &[(Duration, Duration); 2])| {
                ratio(ours(many), bare(&bares[which]))
            };
            middle(runs.iter().zip(&bares).map(of_run).collect())
        };
        say(&format!(
            "{what}, beside bare numbers in search trees: p50 {:.1}, p99 {:.1} times",
            beside(|it| it.p50, |it| it.0),
            beside(|it| it.p99, |it| it.1)
        ));
        let of = |figure: fn(&Figures) -> Duration| {
            let figures: Vec<_> = runs.iter().map(|(_, many)| figure(many)).collect();
            format!("{:?}, best {:?}", middle(figures.clone()), figures.iter().min().expect("a run"))
        };
        let growth = runs.iter().map(|(few, many)| ratio(many.p50, few.p50)).collect();
        say(&format!(
            "{what}, {MANY} wait, middle of {RUNS} runs: p50 {}; p99 {}; mean {}; p50 over p50 at {FEW}: {:.2}",
            of(|it| it.p50),
            of(|it| it.p99),
            of(|it| it.mean),
            middle(growth)
        ));
    }
    say(&format!(
        "a naive linear matcher takes {:.0} times as long, middle of {RUNS} runs",
        middle(naive_factors)
    ));
    say(&format!("a scan of numbers made beforehand {:.0} times", middle(scan_factors)));
    explanations();
}

fn row(what: &str, waiting: usize, Figures { p50, p99, mean }: Figures) -> String {
    format!("{what}, {waiting}, {p50:?}, {p99:?}, {mean:?}")
}

fn middle<T: PartialOrd + Copy>(mut all: Vec<T>) -> T {
    all.sort_unstable_by(|a, b| a.partial_cmp(b).expect("a number"));
    all[all.len() / 2]
}

fn measure_naive() -> (Duration, Duration) {
    let waiting: Vec<Work> = (0..MANY).map(work).collect();
    let mut round = 0;
    percentiles(25, || {
        round += 1;
        let agent = agent(round * 31 % AGENTS, LIMIT - 1);
        let begun = Instant::now();
        assert!(black_box(first_work(&waiting, black_box(&agent))).is_some());
        begun.elapsed()
    })
}

/// The same choice by looking at everything that waits, as it was told.
fn first_work(waiting: &[Work], agent: &AgentSnapshot) -> Option<InteractionId> {
    let has_room = |work: &Work| {
        let load = agent.load.get(&work.class).copied().unwrap_or(0);
        load + work.weight.get() <= agent.limits.limit(work.class)
    };
    let has_skills = |work: &Work| {
        let mut required = work.required_skills.iter();
        required.all(|(skill, grade)| agent.skills.get(skill).is_some_and(|has| has >= grade))
    };
    let can_take = |work: &&Work| {
        agent.queues.contains(&work.queue)
            && work.media.iter().all(|it| agent.ready.contains_key(it) && !agent.disabled.contains(it))
            && has_skills(work)
            && has_room(work)
            && !work.passed.contains_key(&agent.name)
    };
    let first = waiting
        .iter()
        .filter(can_take)
        .min_by_key(|work| (Reverse(work.priority), work.since, work.interaction))?;
    Some(first.interaction)
}

fn measure_scan() -> (Duration, Duration) {
    let scan = Scan::new();
    let mut round = 0;
    percentiles(500, || {
        round += 1;
        // As many classes as an agent of the index can do: two queues of three media.
        let can_do: Vec<_> = (0..QUEUES * MEDIA.len()).map(|class| (class + round) % QUEUES < 2).collect();
        let begun = Instant::now();
        black_box(scan.first_work(black_box(&can_do)));
        begun.elapsed()
    })
}

fn memory() {
    let waiting = everything(0, 0, MANY);
    let before = resident_bytes();
    let full = start(&waiting);
    if let Some(bytes) = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before)) {
        say(&format!("{} bytes for each that waits", bytes / full.waiting()));
    }
    let agents = everything(AGENTS, 0, 0);
    let before = resident_bytes();
    let crowd = start(&agents);
    if let Some(bytes) = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before)) {
        say(&format!("{} bytes for each agent", bytes / AGENTS));
    }
    black_box((full, crowd));
}

fn explanations() {
    let busy = start(&everything(AGENTS, LIMIT, MANY));
    let mut number = 0;
    let explained = percentiles(200, || {
        number += 499;
        let interaction = work(number % MANY).interaction;
        let begun = Instant::now();
        let explanation = black_box(&busy).explain(interaction, at(0)).expect("it waits");
        let took = begun.elapsed();
        assert_eq!(explanation.verdicts.len(), AGENTS);
        took
    });
    say(&format!("to explain one of {MANY} to {AGENTS}: {explained:?}"));
}

#[expect(clippy::print_stdout, reason = "a benchmark's result")]
fn say(line: &str) {
    println!("{line}");
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn measure<R: Rounds>(waiting: usize) -> Figures {
    let mut rounds = R::new(waiting);
    let (p50, p99) = percentiles(ROUNDS, || decide(&mut rounds, 1));
    let (in_row, _) = percentiles(ROUNDS / IN_A_ROW, || decide(&mut rounds, IN_A_ROW));
    Figures { p50, p99, mean: in_row / u32::try_from(IN_A_ROW).expect("a small number") }
}

/// How long some decisions take, one after another.
fn decide<R: Rounds>(rounds: &mut R, some: usize) -> Duration {
    let inputs: Vec<_> = (0..some).map(|_| rounds.input()).collect();
    let mut decisions = Vec::with_capacity(some);
    let matcher = rounds.matcher();
    let begun = Instant::now();
    for input in &inputs {
        decisions.push(matcher.handle(black_box(input), at(0)));
    }
    let took = begun.elapsed();
    let decisions: Vec<_> = decisions.into_iter().flatten().collect();
    assert_eq!(decisions.len(), some, "every input brings a decision");
    rounds.restore(decisions);
    took
}

/// The middle and the 99th percentile.
fn percentiles(rounds: usize, mut measure: impl FnMut() -> Duration) -> (Duration, Duration) {
    let mut took: Vec<_> = (0..rounds).map(|_| measure()).collect();
    took.sort_unstable();
    (took[rounds / 2], took[rounds * 99 / 100])
}

/// The same again, with what work asks for reduced to a number beforehand: a loop that could hardly do less.
struct Scan(Vec<(usize, Reverse<i32>, Timestamp, InteractionId)>);

impl Scan {
    fn new() -> Self {
        let waiting = (0..MANY).map(|number| {
            let class = number % (QUEUES * MEDIA.len());
            let work = work(number);
            (class, Reverse(work.priority), work.since, work.interaction)
        });
        Self(waiting.collect())
    }

    fn first_work(&self, can_do: &[bool]) -> Option<InteractionId> {
        let waiting = self.0.iter().filter(|work| can_do[work.0]);
        let first = waiting.min_by_key(|&&(_, priority, since, interaction)| (priority, since, interaction));
        first.map(|work| work.3)
    }
}

/// The same choice where agents, work and what they can do are numbers already, in the standard library's search trees
/// and with nothing else to remember: what this machine needs for the memory that is visited at the very least. How far
/// a matcher is from it carries over to other machines; what either takes does not.
struct Bare {
    /// By class, what waits: since when, and its number.
    waiting: Vec<BTreeSet<(usize, usize)>>,
    /// By class, the profiles that can do its work.
    able: Vec<Vec<usize>>,
    /// By profile, who has room: load, since when idle, and their number.
    free: Vec<BTreeSet<(u32, usize, usize)>>,
    agents: Vec<(u32, usize)>,
    given: BTreeMap<usize, usize>,
    clock: usize,
}

impl Bare {
    const CLASSES: usize = QUEUES * MEDIA.len();
    const PROFILES: usize = QUEUES * 5;

    fn new(load: u32, waiting: usize) -> Self {
        let mut bare = Self {
            waiting: vec![BTreeSet::new(); Self::CLASSES],
            able: (0..Self::CLASSES).map(Self::able).collect(),
            free: vec![BTreeSet::new(); Self::PROFILES],
            agents: (0..AGENTS).map(|agent| (load, agent * 7_919 % AGENTS)).collect(),
            given: BTreeMap::new(),
            clock: AGENTS,
        };
        for work in 0..waiting {
            bare.waiting[work % Self::CLASSES].insert((work, work));
        }
        for agent in 0..AGENTS {
            bare.show(agent);
        }
        bare
    }

    fn show(&mut self, agent: usize) {
        let (load, idle) = self.agents[agent];
        if load < LIMIT {
            self.free[agent % Self::PROFILES].insert((load, idle, agent));
        }
    }

    fn hide(&mut self, agent: usize) {
        let (load, idle) = self.agents[agent];
        self.free[agent % Self::PROFILES].remove(&(load, idle, agent));
    }

    fn give(&mut self, work: usize, agent: usize) {
        self.clock += 1;
        self.agents[agent] = (self.agents[agent].0 + 1, self.clock);
        self.given.insert(work, agent);
    }

    /// The classes of two queues.
    fn classes(profile: usize) -> [usize; 2 * MEDIA.len()] {
        let queues = [profile % QUEUES, (profile + 1 + profile / QUEUES) % QUEUES];
        std::array::from_fn(|at| queues[at % 2] + QUEUES * (at / 2))
    }

    fn able(class: usize) -> Vec<usize> {
        (0..Self::PROFILES).filter(|&profile| Self::classes(profile).contains(&class)).collect()
    }

    fn agent_gets_room(&mut self, agent: usize) -> Option<usize> {
        self.agents[agent].0 -= 1;
        let heads = Self::classes(agent % Self::PROFILES).map(|class| (self.waiting[class].first(), class));
        let (Some(&first), class) = heads.into_iter().filter(|(head, _)| head.is_some()).min()? else {
            return None;
        };
        self.waiting[class].remove(&first);
        self.give(first.1, agent);
        self.show(agent);
        Some(first.1)
    }

    fn work_arrives(&mut self, work: usize) -> Option<usize> {
        let class = work % Self::CLASSES;
        let first = self.able[class].iter().filter_map(|&profile| self.free[profile].first()).min()?;
        let agent = first.2;
        self.hide(agent);
        self.give(work, agent);
        self.show(agent);
        Some(agent)
    }
}

fn measure_bare() -> [(Duration, Duration); 2] {
    let mut full = Bare::new(LIMIT, MANY);
    let (mut round, mut works) = (0, MANY);
    let room = percentiles(ROUNDS, || {
        round += 1;
        let agent = round * 31 % AGENTS;
        disturb(round);
        let begun = Instant::now();
        let given = black_box(full.agent_gets_room(black_box(agent)));
        let took = begun.elapsed();
        full.given.remove(&given.expect("a decision"));
        full.waiting[works % Bare::CLASSES].insert((works, works));
        works += 1;
        took
    });
    let mut free = Bare::new(0, 0);
    for work in 0..MANY {
        free.given.insert(work, 0);
    }
    let arrives = percentiles(ROUNDS, || {
        works += 1;
        disturb(works);
        let begun = Instant::now();
        let agent = black_box(free.work_arrives(black_box(works))).expect("a decision");
        let took = begun.elapsed();
        free.hide(agent);
        free.agents[agent].0 -= 1;
        free.show(agent);
        free.given.remove(&works);
        took
    });
    [room, arrives]
}

/// What happens between two decisions of the matcher here: inputs are made and thrown away.
fn disturb(number: usize) {
    black_box((
        agent(number % AGENTS, LIMIT),
        agent(number * 31 % AGENTS, 0),
        work(number),
        work(number + 1),
    ));
}

/// Resident memory of this process, where the system tells it.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1_024)
}

#[divan::bench(types = [AgentGetsRoom, WorkArrives], args = [FEW, MANY], sample_count = 1_000, sample_size = 1)]
fn decision<R: Rounds>(bencher: Bencher<'_, '_>, waiting: usize) {
    let rounds = RefCell::new(R::new(waiting));
    let decided = Cell::new(Vec::new());
    // The first round has nothing to bring back.
    decided.set({
        let mut rounds = rounds.borrow_mut();
        let input = rounds.input();
        rounds.matcher().handle(&input, at(0))
    });
    bencher
        .with_inputs(|| {
            let mut rounds = rounds.borrow_mut();
            rounds.restore(decided.take());
            rounds.input()
        })
        .bench_local_refs(|input| decided.set(rounds.borrow_mut().matcher().handle(input, at(0))));
}

/// From nothing to a full queue.
#[divan::bench(args = [FEW, MANY], sample_count = 5, sample_size = 1)]
fn start_with_work(bencher: Bencher<'_, '_>, waiting: usize) {
    bencher.with_inputs(|| everything(0, 0, waiting)).bench_refs(|input| {
        let mut matcher = Matcher::new(RoutingPolicy::default());
        matcher.handle(input, at(0));
        matcher
    });
}
