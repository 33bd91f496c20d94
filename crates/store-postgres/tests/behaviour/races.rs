//! Nodes that want the same work and the same room: nothing is given twice and nobody gets more than they can hold
//! (guarantees G9, G10 and G15).

use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::io::{BufRead, BufReader, Read, Write, stdin};
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use parlor_interaction::{Interaction, Recorded};
use parlor_model::{AgentName, InteractionId, MediaClass};
use parlor_store::{ChangeSet, CommitError, Committed, Conflict, LoadChange, Store};
use parlor_testkit::store_suite::Sample;
use parlor_testkit::{Layer, Layered};
use tokio::task::JoinSet;

use crate::server::{Server, patient};
use crate::support::{open, run};

/// What an agent can hold.
const ROOM: u32 = 60;
const AGENTS: usize = 100;
/// How many interactions are assigned together, to one agent: all of them or none.
const BATCH: usize = 20;
/// What a batch takes of an agent's room.
const WEIGHT: i64 = 20;
/// How many tasks of one connection want work at the same time.
const TASKS: usize = 8;

/// What each process tells the other before the race.
const READY: &str = "ready\n";

/// Where the second process finds what it joins in.
const RACE: &str = "PARLOR_POSTGRES_RACE";

fn agent(number: usize) -> AgentName {
    AgentName::new(format!("agent-{}", number % AGENTS)).unwrap()
}

/// The same work in each process: each interaction is assigned again and again, one version after the other.
#[derive(Clone)]
struct Work {
    interactions: Vec<Interaction>,
    recorded: Recorded,
    rounds: u64,
}

impl Work {
    /// Puts the work into a workspace.
    async fn make(store: &dyn Store, interactions: usize, rounds: u64) -> Self {
        let sample = Sample::new();
        let (mut made, mut recorded) = (Vec::new(), None);
        for _ in 0..interactions.div_ceil(100) {
            let mut change = sample.change();
            for _ in 0..100.min(interactions - made.len()) {
                let visitor = sample.visitor();
                visitor.add_to(&mut change);
                let write = sample.started(&visitor);
                recorded = write.events.last().cloned();
                made.push(write.interaction.clone());
                change.interactions.push(write);
            }
            store.commit(change).await.unwrap();
        }
        Self { interactions: made, recorded: recorded.unwrap(), rounds }
    }

    /// The same, as another process finds it.
    async fn find(store: &dyn Store, rounds: u64) -> Self {
        let interactions = store.open_interactions(None, usize::MAX).await.unwrap();
        let history = store.history(interactions[0].id).await.unwrap();
        Self { interactions, recorded: history.last().cloned().unwrap(), rounds }
    }

    fn assignments(&self) -> u64 {
        self.interactions.len() as u64 * self.rounds
    }

    /// Assigns a batch for the `round`th time, to an agent who must have room; and gives back what another one had.
    fn assign(
        &self,
        batch: &[Interaction],
        round: u64,
        agent: &AgentName,
        back: Option<&AgentName>,
    ) -> ChangeSet {
        let mut change = ChangeSet::at(self.recorded.at);
        change.interactions.extend(batch.iter().map(|interaction| {
            let mut assigned = interaction.clone();
            assigned.version += round + 1;
            parlor_store::InteractionWrite {
                expected_version: interaction.version + round,
                interaction: assigned,
                events: vec![self.recorded.clone()],
            }
        }));
        change.loads.extend(back.map(|back| load(back, -WEIGHT)));
        change.loads.push(load(agent, WEIGHT));
        change
    }
}

fn load(agent: &AgentName, delta: i64) -> LoadChange {
    LoadChange { agent: agent.clone(), class: MediaClass::Live, delta, limit: ROOM }
}

/// What the racers believe they have.
#[derive(Debug, Default)]
struct Tally {
    /// How often each interaction was assigned.
    won: BTreeMap<InteractionId, u64>,
    /// What each agent was left with.
    held: BTreeMap<String, i64>,
}

impl Tally {
    fn join(&mut self, other: Self) {
        for (id, number) in other.won {
            *self.won.entry(id).or_default() += number;
        }
        for (agent, number) in other.held {
            *self.held.entry(agent).or_default() += number;
        }
    }

    /// One line for each fact, for the other process.
    fn lines(&self) -> String {
        let won = self.won.iter().map(|(id, number)| format!("won {id} {number}\n"));
        let held = self.held.iter().map(|(agent, number)| format!("held {agent} {number}\n"));
        won.chain(held).collect()
    }

    fn read(text: &str) -> Self {
        let mut tally = Self::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["won", id, number] => {
                    tally.won.insert(id.parse().unwrap(), number.parse().unwrap());
                }
                ["held", agent, number] => {
                    tally.held.insert(agent.to_owned(), number.parse().unwrap());
                }
                _ => {}
            }
        }
        tally
    }

    /// How often something was given twice, and how much more agents hold than they can.
    fn wrongs(&self, work: &Work) -> (u64, i64) {
        let double = self.won.values().map(|number| number.saturating_sub(work.rounds)).sum();
        let over = self.held.values().map(|held| (held - i64::from(ROOM)).max(0)).sum();
        (double, over)
    }
}

/// Every task of every store tries to make every assignment that is its own to try: two of all tasks try each. Whoever wins
/// keeps the room for one or two more and then gives it back.
async fn race(stores: &[Arc<dyn Store>], work: &Work, first: usize, of: usize) -> Tally {
    let mut racers = JoinSet::new();
    for (number, store) in stores.iter().enumerate() {
        for task in 0..TASKS {
            let racer = first + number * TASKS + task;
            racers.spawn(run_as(Arc::clone(store), work.clone(), racer, of));
        }
    }
    let mut tally = Tally::default();
    while let Some(one) = racers.join_next().await {
        tally.join(one.unwrap());
    }
    tally
}

async fn run_as(store: Arc<dyn Store>, work: Work, racer: usize, of: usize) -> Tally {
    let mut tally = Tally::default();
    let mut holding: VecDeque<AgentName> = VecDeque::new();
    let most = 1 + racer % 2;
    // After a defeat it looks before it tries: who began late would otherwise come too late to the end.
    let mut is_behind = false;
    for round in 0..work.rounds {
        for (number, batch) in work.interactions.chunks(BATCH).enumerate() {
            // Half of the racers are in each process: one of each wants this one.
            if number % (of / 2) != racer % (of / 2) {
                continue;
            }
            is_behind = is_behind && is_assigned(&*store, batch, round).await;
            if is_behind {
                continue;
            }
            let mut next = number + usize::try_from(round).unwrap() * 7 + racer;
            loop {
                let chosen = agent(next);
                let back = holding.front().filter(|_| holding.len() >= most);
                match store.commit(work.assign(batch, round, &chosen, back)).await {
                    Ok(_) => {
                        if back.is_some() {
                            let left = holding.pop_front().unwrap();
                            *tally.held.entry(left.to_string()).or_default() -= WEIGHT;
                        }
                        for interaction in batch {
                            *tally.won.entry(interaction.id).or_default() += 1;
                        }
                        *tally.held.entry(chosen.to_string()).or_default() += WEIGHT;
                        holding.push_back(chosen);
                        break;
                    }
                    // The other one was faster.
                    Err(CommitError::Conflict(Conflict::Interaction(_))) => {
                        is_behind = true;
                        break;
                    }
                    Err(CommitError::Conflict(Conflict::Capacity { .. })) => next += 1,
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    }
    tally
}

/// Whether somebody has made an assignment.
async fn is_assigned(store: &dyn Store, batch: &[Interaction], round: u64) -> bool {
    let now = store.interaction(batch[0].id).await.unwrap().unwrap();
    now.version > batch[0].version + round
}

/// Eight connections for writing.
async fn connections(address: &str, schema: &str, number: usize) -> Vec<Arc<dyn Store>> {
    let mut stores: Vec<Arc<dyn Store>> = Vec::new();
    for _ in 0..number {
        let mut options = patient(schema);
        options.readers = 2;
        stores.push(open(address, &options).await);
    }
    stores
}

/// How often the race is run when one of the two processes took no part: on a machine that is busy with something else it may
/// begin when the other one is through. That says nothing about the store.
const STARTS: usize = 5;

/// The race of both processes in a workspace of its own: what each of them won.
async fn both_race(server: &Server, rounds: u64) -> (Vec<Arc<dyn Store>>, Work, [Tally; 2]) {
    let schema = Server::fresh_schema();
    let stores = connections(&server.address(), &schema, 8).await;
    let work = Work::make(&*stores[0], 1_500, rounds).await;
    let mut other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "races::the_second_process", "--nocapture"])
        .env(RACE, format!("{}|{schema}|{rounds}", server.address()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Both begin when both are ready.
    let mut lines = BufReader::new(other.stdout.take().unwrap());
    let mut line = String::new();
    while line != READY {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the other process ended");
    }
    other.stdin.take().unwrap().write_all(READY.as_bytes()).unwrap();
    let of = 2 * 8 * TASKS;
    let ours = race(&stores, &work, 0, of).await;
    let mut text = String::new();
    lines.read_to_string(&mut text).unwrap();
    assert!(other.wait().unwrap().success());
    (stores, work, [ours, Tally::read(&text)])
}

#[test]
fn sixteen_connections_of_two_processes_give_nothing_twice_and_overfill_nobody() {
    let Some(server) = Server::shared() else { return };
    let long = env::var("PARLOR_RACE_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    run(async {
        let (mut stores, mut work, mut tallies) = both_race(server, long).await;
        for _ in 1..STARTS {
            if tallies.iter().all(|tally| !tally.won.is_empty()) {
                break;
            }
            (stores, work, tallies) = both_race(server, long).await;
        }
        let [mut tally, others] = tallies;
        assert!(!others.won.is_empty() && !tally.won.is_empty(), "nobody raced");
        tally.join(others);

        assert_eq!(tally.wrongs(&work), (0, 0));
        assert_eq!(tally.won.values().sum::<u64>(), work.assignments(), "each was made");
        assert!(work.assignments() >= 30_000);
        for state in stores[0].agents().await.unwrap() {
            let held = tally.held.get(&state.name.to_string()).copied().unwrap_or(0);
            assert_eq!(i64::from(state.used(MediaClass::Live)), held, "what {} holds", state.name);
        }
        let end = stores[0].totals().await.unwrap().position;
        let places = stores[0].journal(end - 5_000, 5_000).await.unwrap();
        let places: Vec<_> = places.iter().map(|record| record.position).collect();
        assert_eq!(places, (end - 4_999..=end).collect::<Vec<_>>());
    });
}

/// Joins in when it is started by the test above; otherwise there is nothing to do.
#[test]
fn the_second_process() {
    let Ok(race_of) = env::var(RACE) else { return };
    let parts: Vec<_> = race_of.split('|').collect();
    let [address, schema, rounds] = parts[..] else { panic!("{race_of}") };
    run(async {
        let stores = connections(address, schema, 8).await;
        let work = Work::find(&*stores[0], rounds.parse().unwrap()).await;
        // The versions may have moved on since.
        let first = work.interactions.iter().map(|interaction| (interaction, 1));
        let interactions = first.map(|(interaction, version)| Interaction { version, ..interaction.clone() });
        let work = Work { interactions: interactions.collect(), ..work };
        let of = 2 * 8 * TASKS;
        print!("\n{READY}");
        stdin().read_line(&mut String::new()).unwrap();
        println!("\n{}", race(&stores, &work, of / 2, of).await.lines());
    });
}

/// A store that looks first and then writes without a guard, as one would with a `SELECT` before an `UPDATE`.
#[derive(Debug)]
struct Unguarded(Arc<dyn Store>);

#[async_trait]
impl Layer for Unguarded {
    fn below(&self) -> &dyn Store {
        &*self.0
    }

    async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
        for write in &changes.interactions {
            let known = self.0.interaction(write.interaction.id).await?;
            if known.map_or(0, |known| known.version) != write.expected_version {
                return Err(Conflict::Interaction(write.interaction.id).into());
            }
        }
        for change in &mut changes.loads {
            let used = self.0.agent(&change.agent).await?.map_or(0, |agent| agent.used(change.class));
            if i64::from(used) + change.delta.max(0) > i64::from(change.limit) {
                return Err(Conflict::Capacity { agent: change.agent.clone(), class: change.class }.into());
            }
            change.limit = u32::MAX;
        }
        loop {
            match self.0.commit(changes.clone()).await {
                Err(CommitError::Conflict(Conflict::Interaction(id))) => {
                    let known = self.0.interaction(id).await?.map_or(0, |known| known.version);
                    for write in &mut changes.interactions {
                        write.expected_version = known;
                        write.interaction.version = known + 1;
                    }
                }
                answer => return answer,
            }
        }
    }
}

#[test]
fn a_store_without_guards_is_found_out() {
    let Some(server) = Server::shared() else { return };
    run(async {
        let below = connections(&server.address(), &Server::fresh_schema(), 4).await;
        let work = Work::make(&*below[0], 300, 1).await;
        let stores: Vec<Arc<dyn Store>> =
            below.into_iter().map(|store| Arc::new(Layered(Unguarded(store))) as _).collect();
        let tally = race(&stores, &work, 0, 4 * TASKS).await;
        let (double, over) = tally.wrongs(&work);
        assert!(double > 0 || over > 0, "{double} given twice, {over} too much held: the check sees nothing");
    });
}
