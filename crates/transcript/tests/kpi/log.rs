//! A journal in the making: several interactions, driven command by command, and what was written meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor_interaction::{Command, Context, Interaction, Origin, Policy, Recorded, Start};
use parlor_model::{
    AgentName, Author, ChannelName, Content, Id, InteractionId, Label, MediaClass, Message, MessageText,
    Needs, QueueName, Timestamp, Visibility,
};
use parlor_transcript::kpi::{KpiEntry, KpiFold, KpiReport};
use serde::{Deserialize, Serialize};

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a log of a test is short")]
pub(crate) enum Line {
    Event { interaction: InteractionId, recorded: Recorded },
    Message(Box<Message>),
}

impl Line {
    pub(crate) fn entry(&self) -> KpiEntry<'_> {
        match self {
            Self::Event { interaction, recorded } => {
                KpiEntry::Interaction { interaction: *interaction, recorded }
            }
            Self::Message(message) => KpiEntry::Message(message),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) lines: Vec<Line>,
    pub(crate) interactions: BTreeMap<u32, Interaction>,
    pub(crate) policy: Policy,
    second: u64,
}

pub(crate) fn agent(name: &str) -> AgentName {
    AgentName::new(name).unwrap()
}

pub(crate) fn id<I: Id>(number: u32) -> I {
    format!("00000000-0000-7000-8000-{number:012}").parse().unwrap_or_else(|_| panic!("{number}"))
}

pub(crate) fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(second)
}

impl Log {
    /// Moves the clock.
    pub(crate) fn at(&mut self, second: u64) -> &mut Self {
        assert!(second >= self.second, "a log goes forward");
        self.second = second;
        self
    }

    pub(crate) fn begins(&mut self, number: u32, origin: Origin) -> &mut Self {
        let start = Start {
            id: id(number),
            thread: id(1_000 + number),
            channel: ChannelName::new("website").unwrap(),
            point: None,
            queue: QueueName::new("support").unwrap(),
            class: MediaClass::Live,
            weight: 1,
            origin,
            preferred: None,
            needs: Needs::default(),
        };
        let transition = Interaction::start(start, at(self.second));
        self.record(number, transition.interaction, transition.events);
        self
    }

    /// The contact begins it.
    pub(crate) fn inbound(&mut self, number: u32) -> &mut Self {
        self.begins(number, Origin::Inbound)
    }

    /// Gives a command that is not refused.
    pub(crate) fn does(&mut self, number: u32, command: &Command) -> &mut Self {
        assert!(self.tries(number, command), "{command:?}");
        self
    }

    /// Gives a command; says whether it was not refused.
    pub(crate) fn tries(&mut self, number: u32, command: &Command) -> bool {
        let cx = Context { now: at(self.second), policy: &self.policy };
        let Ok(transition) = self.interactions[&number].handle(command, cx) else { return false };
        self.record(number, transition.interaction, transition.events);
        true
    }

    fn record(&mut self, number: u32, interaction: Interaction, events: Vec<Recorded>) {
        self.lines
            .extend(events.into_iter().map(|recorded| Line::Event { interaction: id(number), recorded }));
        self.interactions.insert(number, interaction);
    }

    pub(crate) fn pull(&mut self, number: u32, name: &str) -> &mut Self {
        self.does(number, &Command::Pull { agent: agent(name) })
    }

    pub(crate) fn contact_writes(&mut self, number: u32) -> &mut Self {
        self.does(number, &Command::ContactWrote)
    }

    /// The agent writes to the contact in the interaction.
    pub(crate) fn answers(&mut self, number: u32, name: &str) -> &mut Self {
        self.does(number, &Command::AgentWrote { agent: agent(name) });
        self.says(Author::Agent(agent(name)), Some(number), Visibility::Private)
    }

    /// A message stands in the transcript.
    pub(crate) fn says(&mut self, author: Author, number: Option<u32>, visibility: Visibility) -> &mut Self {
        let count = u32::try_from(self.lines.len()).unwrap();
        self.lines.push(Line::Message(Box::new(Message {
            id: id(500_000 + count),
            thread: id(1_000 + number.unwrap_or(0)),
            interaction: number.map(id),
            segment: 1,
            sequence: u64::from(count) + 1,
            position: u64::from(count) + 1,
            author,
            parent: None,
            visibility,
            content: Content::Text { text: MessageText::new("words").unwrap() },
            at: at(self.second),
            provider_time: None,
            provider_id: None,
        })));
        self
    }

    pub(crate) fn bot(&mut self, number: u32) -> &mut Self {
        self.says(Author::Bot(Label::new("helper").unwrap()), Some(number), Visibility::Private)
    }

    pub(crate) fn report(&self, second: u64) -> KpiReport {
        fold(&self.lines).report(at(second))
    }
}

pub(crate) fn fold(lines: &[Line]) -> KpiFold {
    let mut fold = KpiFold::default();
    for line in lines {
        fold.take(line.entry()).unwrap();
    }
    fold
}
