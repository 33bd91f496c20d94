//! What holds for every journal, against figures that were counted in another way: second by second.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_interaction::{Command, EndedBy, Event, Interaction, Recorded, State, TransferTarget};
use parlor_model::{AgentName, Author, InteractionId, QueueName, Visibility};
use parlor_transcript::kpi::{KpiFold, KpiReport};
use proptest::prelude::*;

use crate::log::{Line, Log, agent, at, fold, id};

const AGENTS: [&str; 3] = ["ann", "bob", "cid"];

/// The longest pause between two steps, in seconds.
const PAUSE: u64 = 12;

/// One step: how long after the one before, in which interaction, what, and by and with whom.
type Step = (u64, u32, u8, usize, usize);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..PAUSE, 1_u32..4, 0_u8..20, 0_usize..3, 0_usize..3), 0..40)
}

fn play(steps: &[Step]) -> (Log, u64) {
    let mut log = Log::default();
    let mut now = 0;
    for (pause, number, what, one, other) in steps {
        now += pause;
        log.at(now);
        let open = log.interactions.get(number).is_some_and(Interaction::is_open);
        if !open {
            if !log.interactions.contains_key(number) {
                log.inbound(*number);
            }
            continue;
        }
        let (by, to) = (agent(AGENTS[*one]), agent(AGENTS[*other]));
        let owner = log.interactions[number].owner().cloned().unwrap_or_else(|| by.clone());
        let transfer = id(20 + u32::try_from(log.lines.len()).unwrap());
        let open_transfer = match &log.interactions[number].state {
            State::Active(active) => active.transfer.clone(),
            _ => None,
        };
        let expires_at = at(1_000_000);
        let command = match what {
            0..=2 => Command::Pull { agent: by },
            3..=5 => Command::ContactWrote,
            6..=8 => {
                if log.tries(*number, &Command::AgentWrote { agent: owner.clone() }) {
                    log.says(Author::Agent(owner), Some(*number), Visibility::Private);
                }
                continue;
            }
            9 => Command::End { by: EndedBy::Contact },
            10 => Command::MarkDone { by: parlor_interaction::Actor::System },
            11 | 12 => Command::RequestTransfer {
                transfer,
                by: owner,
                target: TransferTarget::Agent(to),
                expires_at,
            },
            13 | 14 => match open_transfer {
                Some(open) => Command::AcceptTransfer { transfer: open.id, agent: open.to },
                None => continue,
            },
            15 => {
                let target = TransferTarget::Queue(QueueName::new("billing").unwrap());
                Command::RequestTransfer { transfer, by: owner, target, expires_at }
            }
            17 => Command::Park { agent: owner },
            18 => Command::Unpark { agent: owner, room: one == other },
            16 => Command::AddMember { by: owner, agent: to },
            _ => Command::RemoveMember { agent: to },
        };
        log.tries(*number, &command);
    }
    (log, now)
}

/// Who has what in a window at the end of every second, and so for the next one.
fn second_by_second(lines: &[Line], until: u64) -> BTreeMap<AgentName, (u64, u64)> {
    let mut journals: BTreeMap<InteractionId, Vec<Recorded>> = BTreeMap::new();
    for line in lines {
        if let Line::Event { interaction, recorded } = line {
            journals.entry(*interaction).or_default().push(recorded.clone());
        }
    }
    let mut figures: BTreeMap<AgentName, (u64, u64)> = BTreeMap::new();
    for second in 0..until {
        let mut busy = BTreeSet::new();
        for journal in journals.values() {
            let so_far: Vec<&Recorded> = journal.iter().filter(|one| one.at <= at(second)).collect();
            let Ok(interaction) = Interaction::replay(so_far) else { continue };
            if let State::Active(active) = &interaction.state
                && active.parked.is_none()
            {
                for agent in std::iter::once(&active.owner).chain(&active.members) {
                    figures.entry(agent.clone()).or_default().0 += 1;
                    busy.insert(agent.clone());
                }
            }
        }
        for agent in busy {
            figures.entry(agent).or_default().1 += 1;
        }
    }
    figures
}

fn times(report: &KpiReport) -> BTreeMap<AgentName, (u64, u64)> {
    let times = report
        .agents
        .iter()
        .map(|(agent, figures)| (agent.clone(), (figures.handle.as_secs(), figures.busy.as_secs())));
    times.filter(|(_, time)| *time != (0, 0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_may_be_cut_anywhere(script in steps(), cut in 0.0_f64..1.0) {
        let (log, now) = play(&script);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a place in a short list"
        )]
        let cut = (log.lines.len() as f64 * cut) as usize;
        let whole = fold(&log.lines);
        let first = serde_json::to_string(&fold(&log.lines[..cut])).unwrap();
        let mut rest: KpiFold = serde_json::from_str(&first).unwrap();
        for line in &log.lines[cut..] {
            rest.take(line.entry()).unwrap();
        }
        prop_assert_eq!(&rest, &whole);
        prop_assert_eq!(rest.report(at(now)), whole.report(at(now)));
    }

    #[test]
    fn time_is_what_is_counted_second_by_second(script in steps()) {
        let (log, now) = play(&script);
        let until = now + 17;
        let report = log.report(until);
        prop_assert_eq!(times(&report), second_by_second(&log.lines, until));
        let together: Duration = report.agents.values().map(|figures| figures.handle).sum();
        prop_assert_eq!(report.desk.handle, together);
        for figures in report.agents.values() {
            prop_assert!(figures.busy <= figures.handle);
            prop_assert!(figures.occupancy.is_none_or(|share| (0.0..=1.0).contains(&share)));
            prop_assert!(figures.first_response.count <= figures.response.count);
        }
        let desk = &report.desk;
        prop_assert!(desk.handled + desk.abandoned <= desk.sessions);
        prop_assert!(desk.first_response.count <= desk.sessions);
    }

    #[test]
    fn counts_are_the_numbers_of_their_events(script in steps()) {
        let (log, now) = play(&script);
        let count = |wanted: fn(&Event) -> bool| {
            let events = log.lines.iter().filter(|line| match line {
                Line::Event { recorded, .. } => wanted(&recorded.event),
                Line::Message(_) => false,
            });
            u64::try_from(events.count()).unwrap()
        };
        let report = log.report(now);
        prop_assert_eq!(report.desk.started, count(|event| matches!(event, Event::Started(_))));
        prop_assert_eq!(report.desk.response.count, count(|event| matches!(event, Event::AgentWrote { .. })));
        let handed = |event: &Event| {
            matches!(event, Event::TransferAccepted { .. } | Event::TransferredToQueue { .. })
        };
        prop_assert_eq!(report.desk.transfers, count(handed));
        let out: u64 = report.agents.values().map(|figures| figures.transfers_out).sum();
        prop_assert_eq!(out, report.desk.transfers);
    }
}
