//! What must hold whenever nothing more follows from what was done (invariants I2, I3, I4, I7, I10 and guarantees G2
//! and G5), read from the store and compared with what the desk shows. Each check gives what it found wrong.

use std::collections::{BTreeMap, BTreeSet};

use parlor::interaction::{ConsultStage, Interaction, State};
use parlor::model::{Agent, AgentName, InteractionId, MediaClass, ProviderMessageId, ThreadId, Timestamp};
use parlor::store::{AgentState, JournalEntry, JournalRecord, Store, TimerKey};

use crate::world::World;

/// Everything that is wrong. `said` is what the contacts wrote.
pub(crate) async fn findings(world: &World, said: &[ProviderMessageId]) -> Vec<String> {
    let store = &*world.store;
    let (all, journal) = (interactions(store).await, journal(store).await);
    let mut findings = Vec::new();
    findings.extend(once_each(&journal, said));
    findings.extend(gapless(&journal));
    findings.extend(one_open(&all));
    findings.extend(replayed(store, &all).await);
    findings.extend(timers(store, &all, world.clock_now()).await);
    for agent in world.engine.agents() {
        let state = store.agent(&agent.name).await.unwrap();
        let state = state.unwrap_or_else(|| AgentState::unknown(agent.name.clone()));
        findings.extend(loads(agent, &state, &all));
        findings.extend(at_rest(world, agent, &state, &all));
        findings.extend(shown(world, agent, &all).await);
    }
    findings
}

/// The whole journal.
pub(crate) async fn journal(store: &dyn Store) -> Vec<JournalRecord> {
    store.journal(0, usize::MAX).await.unwrap()
}

/// Every interaction there ever was, as it is now, in the order in which they began.
pub(crate) async fn interactions(store: &dyn Store) -> Vec<Interaction> {
    let mut ids: Vec<InteractionId> = Vec::new();
    for record in journal(store).await {
        if let JournalEntry::Interaction { interaction, version: 1, .. } = record.entry {
            ids.push(interaction);
        }
    }
    let mut all = Vec::new();
    for id in ids {
        all.push(store.interaction(id).await.unwrap().unwrap());
    }
    all
}

/// G2: what a contact wrote is in the transcript exactly once.
pub(crate) fn once_each(journal: &[JournalRecord], said: &[ProviderMessageId]) -> Vec<String> {
    let mut times: BTreeMap<&ProviderMessageId, usize> = said.iter().map(|id| (id, 0)).collect();
    let mut findings = Vec::new();
    for record in journal {
        if let JournalEntry::Message(message) = &record.entry
            && let Some(id) = &message.provider_id
        {
            match times.get_mut(id) {
                Some(times) => *times += 1,
                None => findings.push(format!("{id:?} was never written")),
            }
        }
    }
    findings.extend(
        times
            .into_iter()
            .filter(|(_, times)| *times != 1)
            .map(|(id, times)| format!("{id:?} is there {times} times")),
    );
    findings
}

/// G5: places are gapless, in the workspace and in each thread.
fn gapless(journal: &[JournalRecord]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut last: BTreeMap<ThreadId, u64> = BTreeMap::new();
    for (record, position) in journal.iter().zip(1..) {
        if record.position != position {
            findings.push(format!("position {} stands at place {position}", record.position));
        }
        if let JournalEntry::Message(message) = &record.entry {
            let last = last.entry(message.thread).or_default();
            if message.sequence != *last + 1 {
                findings.push(format!("sequence {} follows {last} in {}", message.sequence, message.thread));
            }
            *last = message.sequence;
        }
    }
    findings
}

/// I2 and G4: a thread has at most one open interaction. That each has exactly one holder follows from its state.
fn one_open(all: &[Interaction]) -> Vec<String> {
    let mut threads = BTreeSet::new();
    all.iter()
        .filter(|interaction| interaction.is_open() && !threads.insert(interaction.thread))
        .map(|interaction| format!("{} is a second open one of its thread", interaction.id))
        .collect()
}

/// I10: the snapshot is what the journal leads to.
async fn replayed(store: &dyn Store, all: &[Interaction]) -> Vec<String> {
    let mut findings = Vec::new();
    for interaction in all {
        let history = store.history(interaction.id).await.unwrap();
        if Interaction::replay(&history).as_ref() != Ok(interaction) {
            findings.push(format!("{} is not what its history leads to", interaction.id));
        }
    }
    findings
}

/// I7: the timers that are set are those of the states, and none of them is overdue.
async fn timers(store: &dyn Store, all: &[Interaction], now: Timestamp) -> Vec<String> {
    let set: BTreeMap<TimerKey, Timestamp> = store.timers().await.unwrap().into_iter().collect();
    let owed: BTreeMap<TimerKey, Timestamp> = all
        .iter()
        .flat_map(|interaction| {
            interaction
                .timers()
                .into_iter()
                .map(|(timer, at)| (TimerKey { interaction: interaction.id, timer }, at))
        })
        .collect();
    let mut findings = Vec::new();
    if set != owed {
        findings.push(format!("the timers {set:?} are set, not {owed:?}"));
    }
    findings.extend(
        owed.into_iter().filter(|(_, at)| *at <= now).map(|(key, at)| format!("{key:?} was due at {at}")),
    );
    findings
}

/// I3: what is kept as an agent's load is what they hold, and not more than they may.
fn loads(agent: &Agent, state: &AgentState, all: &[Interaction]) -> Vec<String> {
    let mut findings = Vec::new();
    for class in MediaClass::ALL {
        let held: u32 = all
            .iter()
            .filter(|interaction| interaction.class == class)
            .filter_map(|interaction| interaction.holdings().get(&agent.name).copied())
            .sum();
        let (used, limit) = (state.used(class), agent.capacity.limit(class));
        if used != held {
            findings.push(format!("{} holds {held} {class}, and {used} are counted", agent.name));
        }
        if held > limit {
            findings.push(format!("{} holds {held} {class}, of {limit}", agent.name));
        }
    }
    findings
}

/// I4: no work waits beside an agent who could take it.
fn at_rest(world: &World, agent: &Agent, state: &AgentState, all: &[Interaction]) -> Vec<String> {
    let mut findings = Vec::new();
    for interaction in all {
        let State::Queued(queued) = &interaction.state else {
            continue;
        };
        let media = &world.engine.channel(&interaction.channel).unwrap().readiness;
        let ready = agent.queues.contains(&interaction.queue) && media.iter().all(|one| state.is_ready(one));
        let room =
            state.used(interaction.class) + interaction.weight <= agent.capacity.limit(interaction.class);
        let cools = queued.passed.get(&agent.name).is_some_and(|passed_at| {
            let said_ready_again = media
                .iter()
                .filter_map(|one| state.readiness.get(one))
                .any(|readiness| readiness.since > *passed_at);
            !said_ready_again && world.clock_now() < *passed_at + world.offer_ttl()
        });
        if ready && room && !cools {
            findings.push(format!("{} waits, and {} could take it", interaction.id, agent.name));
        }
    }
    findings
}

/// The desk shows what is kept.
async fn shown(world: &World, agent: &Agent, all: &[Interaction]) -> Vec<String> {
    let (work, offers) = world.engine.my_work(&agent.name).await.unwrap();
    let work: BTreeMap<_, _> = work.iter().map(|view| (view.id, view.version)).collect();
    let offers: BTreeMap<_, _> =
        offers.iter().map(|view| (view.interaction.id, view.interaction.version)).collect();
    let expected = |holds: &dyn Fn(&Interaction) -> bool| -> BTreeMap<InteractionId, u64> {
        let theirs = all.iter().filter(|interaction| holds(interaction));
        theirs.map(|interaction| (interaction.id, interaction.version)).collect()
    };
    let is = |other: Option<&AgentName>| other == Some(&agent.name);
    let owed_offers = expected(&|one| is(one.offer().map(|offered| &offered.agent)));
    let owed_work = expected(&|one| match &one.state {
        State::Active(active) => {
            active.takes_part(&agent.name)
                || active.supervisors.contains_key(&agent.name)
                || active.consults.values().any(|consult| {
                    is(consult.target.agent()) && matches!(consult.stage, ConsultStage::Joined { .. })
                })
        }
        State::Ended(_) => is(one.last_owner.as_ref()),
        State::Queued(_) | State::Offered(_) | State::Done(_) => false,
    });
    let mut findings = Vec::new();
    if work != owed_work {
        findings.push(format!("{} is shown the work {work:?}, not {owed_work:?}", agent.name));
    }
    if offers != owed_offers {
        findings.push(format!("{} is shown the offers {offers:?}, not {owed_offers:?}", agent.name));
    }
    findings
}
