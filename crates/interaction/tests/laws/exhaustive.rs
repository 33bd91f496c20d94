//! Every state that can be reached with three agents, one of each kind of id, and every command in each of them.
//!
//! Two moments are enough: before and after the one deadline that everything has. What only counts (version, epoch,
//! segment, when something happened) is levelled, and agents are renamed, because no rule asks for it: otherwise
//! there would be no end of states.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::OnceLock;

use parlor_interaction::{CommandName, Event, EventName, Interaction, Origin, Refusal, State, StateName};
use parlor_model::AgentName;

use crate::check;
use crate::levelled::{level, names_a_stranger, questions};
use crate::questions::{Answer, NOW};
use crate::support::{agent, at, start};

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many states there are.
    pub(crate) states: usize,
    /// Every answer of every command in every state.
    pub(crate) answers: BTreeMap<(CommandName, StateName), BTreeSet<Answer>>,
    /// Every event that happened.
    pub(crate) events: BTreeSet<EventName>,
    /// Every refusal that was given.
    pub(crate) refusals: BTreeSet<Refusal>,
}

/// Explores everything, once for all tests.
pub(crate) fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(explore)
}

fn agents() -> [AgentName; 3] {
    ["a", "b", "c"].map(agent)
}

fn explore() -> Found {
    let mut found = Found::default();
    found.events.insert(EventName::Started);
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::new();
    for origin in [Origin::Inbound, Origin::Outbound { agent: agent("a") }] {
        let (started, _) = check::start(start(origin, 2), at(NOW));
        enqueue(&started.interaction, &mut seen, &mut open);
    }
    let questions = questions(&agents());
    while let Some(interaction) = open.pop_front() {
        for (command, cx) in &questions {
            let answer = match check::command(&interaction, command, cx.context()) {
                Err(error) => {
                    found.refusals.insert(error.refusal);
                    Answer::Refused(error.refusal.as_str())
                }
                Ok(transition) if transition.events.is_empty() => Answer::Nothing,
                Ok(transition) => {
                    if !names_a_stranger(command) {
                        enqueue(&transition.interaction, &mut seen, &mut open);
                    }
                    // The laws have checked that repeating it changes nothing.
                    let repeated = (command.name(), transition.interaction.state.name());
                    found.answers.entry(repeated).or_default().insert(Answer::Nothing);
                    let names: Vec<_> =
                        transition.events.iter().map(|recorded| recorded.event.name()).collect();
                    found.events.extend(&names);
                    Answer::Happens(names, transition.interaction.state.name())
                }
            };
            let pair = (command.name(), interaction.state.name());
            found.answers.entry(pair).or_default().insert(answer);
        }
    }
    found.states = seen.len();
    found
}

fn enqueue(interaction: &Interaction, seen: &mut BTreeSet<String>, open: &mut VecDeque<Interaction>) {
    let json = rename(&serde_json::to_string(&alone(level(interaction))).unwrap());
    if seen.contains(&json) {
        return;
    }
    let renamed = serde_json::from_str(&json).unwrap();
    check::state(&renamed);
    open.push_back(renamed);
    seen.insert(json);
}

/// Silence asks for nothing but itself: it is followed where nobody else has a part, so that it does not multiply
/// everything else.
fn alone(mut interaction: Interaction) -> Interaction {
    if let State::Active(active) = &mut interaction.state {
        let alone = active.members.is_empty()
            && active.invitations.is_empty()
            && active.supervisors.is_empty()
            && active.consults.is_empty();
        active.idle = active.idle.filter(|_| alone);
    }
    interaction
}

/// Renames the agents in the order in which they are named. Whatever it is called, the state is the same.
fn rename(json: &str) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut renamed = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(quote) = rest.find('"') {
        let (before, from) = rest.split_at(quote);
        renamed.push_str(before);
        let Some(name) = ["\"a\"", "\"b\"", "\"c\""].into_iter().find(|name| from.starts_with(name)) else {
            renamed.push('"');
            rest = &from[1..];
            continue;
        };
        let place = order.iter().position(|known| *known == name).unwrap_or_else(|| {
            order.push(name);
            order.len() - 1
        });
        renamed.push_str(["\"a\"", "\"b\"", "\"c\""][place]);
        rest = &from[name.len()..];
    }
    renamed.push_str(rest);
    renamed
}

#[test]
fn every_reachable_state_answers_every_command_by_the_laws() {
    // The laws are checked with every single answer; this asks whether everything has been there.
    let found = found();
    assert!(found.states > 10_000, "only {} states were reached", found.states);
    for command in CommandName::ALL {
        for state in StateName::ALL {
            assert!(
                found.answers.contains_key(&(*command, *state)),
                "{command} was never given while {state}"
            );
        }
    }
}

#[test]
fn every_event_can_happen() {
    let never: Vec<_> = EventName::ALL.iter().filter(|event| !found().events.contains(event)).collect();
    assert_eq!(never, [] as [&EventName; 0]);
}

#[test]
fn a_recorded_event_that_does_not_fit_is_an_error() {
    let (started, _) = check::start(start(Origin::Inbound, 1), at(NOW));
    let stray = parlor_interaction::Recorded { at: at(NOW), event: Event::AgentWrote { agent: agent("a") } };
    let journal = [started.events[0].clone(), stray.clone()];
    let error = Interaction::replay(&journal).unwrap_err();
    assert_eq!(error.to_string(), "event 2 (agent_wrote) cannot have happened while queued");
    let error = Interaction::replay([&stray]).unwrap_err();
    assert_eq!(error.to_string(), "an interaction begins with started, not agent_wrote");
    assert_eq!(Interaction::replay([]).unwrap_err().to_string(), "an interaction has at least one event");
}
