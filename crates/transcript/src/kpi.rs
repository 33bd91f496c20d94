//! The figures of the desk, folded from the journal (r118, r119). The formulas stand in `docs/kpi.md`.

mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_interaction::{Event, Interaction, Origin, Outcome, ReactivatedBy, Recorded, ReplayError, State};
use parlor_model::{AgentName, Author, InteractionId, Message, Timestamp};
use serde::{Deserialize, Serialize};

pub use report::{AgentKpi, DeskKpi, KpiReport, Mean};

/// One entry of the journal, as far as the figures ask for it. Entries of other kinds are left out.
#[derive(Clone, Copy, Debug)]
pub enum KpiEntry<'a> {
    /// Something happened to an interaction.
    Interaction {
        /// Which.
        interaction: InteractionId,
        /// What, and when.
        recorded: &'a Recorded,
    },
    /// A transcript entry was written.
    Message(&'a Message),
}

/// The figures of the desk as a fold over its journal: give it every entry in order, and ask for a report at any time.
///
/// It can be written down and read back between any two entries; the journal may be cut anywhere. It remembers the
/// interactions that are not Done and one row an agent, whatever the length of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KpiFold {
    open: BTreeMap<InteractionId, Tracked>,
    desk: Desk,
    agents: BTreeMap<AgentName, Row>,
}

/// An interaction that is not Done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tracked {
    now: Interaction,
    /// Since when the contact has waited for the first word of this session; `None` once it was said, or is not due.
    asked_since: Option<Timestamp>,
    /// Who has it in a window, and since when.
    windows: BTreeMap<AgentName, Timestamp>,
    /// Who has had it in this session.
    had: BTreeSet<AgentName>,
}

/// What is counted of the whole desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Desk {
    started: u64,
    sessions: u64,
    handled: u64,
    abandoned: u64,
    transfers: u64,
    first_response: Mean,
    response: Mean,
}

/// What is counted of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    /// When they first had an interaction.
    since: Option<Timestamp>,
    handled: Duration,
    sessions: u64,
    windows: u64,
    /// Since when they have had at least one.
    busy_since: Option<Timestamp>,
    busy: Duration,
    transfers_out: u64,
    transfers_in: u64,
    first_response: Mean,
    response: Mean,
    messages: u64,
    messages_outside: u64,
}

impl KpiFold {
    /// Takes the next entry of the journal. An error means that the journal is broken; nothing has changed then.
    pub fn take(&mut self, entry: KpiEntry<'_>) -> Result<(), ReplayError> {
        match entry {
            KpiEntry::Interaction { interaction, recorded } => self.event(interaction, recorded),
            KpiEntry::Message(message) => {
                self.message(message);
                Ok(())
            }
        }
    }

    /// The figures at `until`, as if every window were closed then.
    pub fn report(&self, until: Timestamp) -> KpiReport {
        report::of(self, until)
    }

    fn event(&mut self, id: InteractionId, recorded: &Recorded) -> Result<(), ReplayError> {
        let before = self.open.get(&id);
        let next = match before {
            Some(tracked) => tracked.now.apply(recorded)?,
            None => Interaction::replay([recorded])?,
        };
        let before = before.map(|tracked| tracked.now.clone());
        self.count(before.as_ref(), &next, recorded);

        let tracked = self.open.entry(id).or_insert_with(|| Tracked {
            now: next.clone(),
            asked_since: None,
            windows: BTreeMap::new(),
            had: BTreeSet::new(),
        });
        tracked.follow(before.as_ref(), &next, recorded, &mut self.agents);
        tracked.first_word(recorded, &mut self.desk, &mut self.agents);
        tracked.now = next;
        if !tracked.now.is_open() {
            self.open.remove(&id);
        }
        Ok(())
    }

    /// What an event adds to the counts.
    fn count(&mut self, before: Option<&Interaction>, next: &Interaction, recorded: &Recorded) {
        let owner = before.and_then(Interaction::owner);
        match &recorded.event {
            Event::Started(_) => {
                self.desk.started += 1;
                self.desk.sessions += 1;
            }
            Event::Reactivated { .. } => self.desk.sessions += 1,
            Event::Ended { outcome: Outcome::Handled, .. } => self.desk.handled += 1,
            Event::Ended { outcome: Outcome::Abandoned, .. } => self.desk.abandoned += 1,
            Event::TransferAccepted { .. }
            | Event::ConsultCompleted { .. }
            | Event::TransferredToQueue { .. } => {
                self.desk.transfers += 1;
                if let Some(owner) = owner {
                    self.row(owner).transfers_out += 1;
                }
                if let Some(owner) = next.owner() {
                    self.row(owner).transfers_in += 1;
                }
            }
            Event::AgentWrote { agent } => {
                if let Some(asked) = before.and_then(|before| before.unanswered_since) {
                    let took = recorded.at.since(asked);
                    self.desk.response.add(took);
                    self.row(agent).response.add(took);
                }
            }
            Event::Offered { .. }
            | Event::Accepted { .. }
            | Event::Declined { .. }
            | Event::Expired { .. }
            | Event::Withdrawn { .. }
            | Event::Pulled { .. }
            | Event::ContactWrote
            | Event::MarkedDone { .. }
            | Event::DispositionSet { .. }
            | Event::IdleReset { .. }
            | Event::IdleNoticed { .. }
            | Event::Parked { .. }
            | Event::Unparked { .. }
            | Event::CaseDataSet { .. }
            | Event::TransferRequested { .. }
            | Event::TransferDeclined { .. }
            | Event::TransferExpired { .. }
            | Event::TransferCancelled { .. }
            | Event::ConsultStarted { .. }
            | Event::ConsultJoined { .. }
            | Event::ConsultEnded { .. }
            | Event::ConsultExpired { .. }
            | Event::Invited { .. }
            | Event::InvitationDeclined { .. }
            | Event::InvitationExpired { .. }
            | Event::InvitationCancelled { .. }
            | Event::MemberJoined { .. }
            | Event::MemberLeft { .. }
            | Event::SupervisionStarted { .. }
            | Event::SupervisionStopped { .. } => {}
        }
    }

    fn row(&mut self, agent: &AgentName) -> &mut Row {
        self.agents.entry(agent.clone()).or_default()
    }

    /// What agents wrote to contacts is counted, in an interaction or not; it takes no time (r119). Notes, bots and
    /// Parlor itself do not count.
    fn message(&mut self, message: &Message) {
        if let Author::Agent(agent) = &message.author
            && message.visibility.reaches_contact()
        {
            let row = self.row(agent);
            match message.interaction {
                Some(_) => row.messages += 1,
                None => row.messages_outside += 1,
            }
        }
    }
}

impl Tracked {
    /// Opens and closes windows: who has the interaction now and had it not, or the other way round.
    fn follow(
        &mut self,
        before: Option<&Interaction>,
        next: &Interaction,
        recorded: &Recorded,
        agents: &mut BTreeMap<AgentName, Row>,
    ) {
        if before.is_some_and(|before| before.segment != next.segment) {
            self.had.clear();
        }
        let have = handlers(next);
        let gone: Vec<AgentName> =
            self.windows.keys().filter(|agent| !have.contains(agent)).cloned().collect();
        for agent in gone {
            if let Some(since) = self.windows.remove(&agent) {
                agents.entry(agent).or_default().closes(since, recorded.at);
            }
        }
        for agent in have {
            if !self.windows.contains_key(agent) {
                self.windows.insert(agent.clone(), recorded.at);
                let first = self.had.insert(agent.clone());
                agents.entry(agent.clone()).or_default().opens(recorded.at, first);
            }
        }
    }

    /// How long the contact waited for the first word of a session that they began.
    fn first_word(&mut self, recorded: &Recorded, desk: &mut Desk, agents: &mut BTreeMap<AgentName, Row>) {
        let event = &recorded.event;
        if let Event::Started(start) = event {
            self.asked_since = match start.origin {
                Origin::Inbound => Some(recorded.at),
                Origin::Outbound { .. } => None,
            };
        } else if let Event::Reactivated { by } = event {
            self.asked_since = match by {
                ReactivatedBy::Contact => Some(recorded.at),
                ReactivatedBy::Agent(_) => None,
            };
        } else if let Event::AgentWrote { agent } = event
            && let Some(asked) = self.asked_since.take()
        {
            let took = recorded.at.since(asked);
            desk.first_response.add(took);
            agents.entry(agent.clone()).or_default().first_response.add(took);
        } else if let Event::Ended { .. } = event {
            self.asked_since = None;
        }
    }
}

impl Row {
    fn opens(&mut self, at: Timestamp, first_of_session: bool) {
        self.since.get_or_insert(at);
        self.windows += 1;
        self.sessions += u64::from(first_of_session);
        self.busy_since.get_or_insert(at);
    }

    fn closes(&mut self, since: Timestamp, at: Timestamp) {
        self.handled += at.since(since);
        self.windows = self.windows.saturating_sub(1);
        if self.windows == 0
            && let Some(busy) = self.busy_since.take()
        {
            self.busy += at.since(busy);
        }
    }
}

/// Who has an interaction in a window that counts: its owner and the members of its conference, while it is
/// Active and not parked. Being offered, invited, consulted or watching is not handling; after the end nothing counts.
fn handlers(interaction: &Interaction) -> BTreeSet<&AgentName> {
    match &interaction.state {
        State::Active(active) if active.parked.is_some() => BTreeSet::new(),
        State::Active(active) => std::iter::once(&active.owner).chain(&active.members).collect(),
        State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => BTreeSet::new(),
    }
}
