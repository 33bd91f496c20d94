//! What follows from the events of an interaction.

use std::time::Duration;

use parlor_interaction::{
    Command, Context, EndedBy, Interaction, Origin, Policy, Recorded, Start, TransferTarget,
};
use parlor_model::{
    AgentName, ChannelName, Id, InteractionId, MediaClass, Needs, OfferId, QueueName, ThreadId, Timestamp,
    TransferId,
};
use parlor_transcript::{AssignmentRow, Assignments, Colour, PendingResponse, Thresholds};
use uuid::Uuid;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("a valid name")
}

fn offer(number: u128) -> OfferId {
    OfferId::from_uuid(Uuid::from_u128(number))
}

/// An interaction and everything that happened to it.
struct Story {
    interaction: Interaction,
    history: Vec<Recorded>,
}

impl Story {
    /// A contact wrote at second 0.
    fn begin() -> Self {
        let transition = Interaction::start(
            Start {
                id: InteractionId::from_uuid(Uuid::from_u128(1)),
                thread: ThreadId::from_uuid(Uuid::from_u128(2)),
                channel: ChannelName::new("website").expect("a valid name"),
                point: None,
                queue: QueueName::new("support").expect("a valid name"),
                class: MediaClass::Live,
                weight: 1,
                origin: Origin::Inbound,
                preferred: None,
                needs: Needs::default(),
            },
            at(0),
        );
        Self { interaction: transition.interaction, history: transition.events }
    }

    fn then(&mut self, second: u64, command: &Command) -> &mut Self {
        let context = Context { now: at(second), policy: &Policy::default() };
        let transition = self.interaction.handle(command, context).expect("a legal command");
        self.interaction = transition.interaction;
        self.history.extend(transition.events);
        self
    }

    fn offered_to(&mut self, second: u64, number: u128, name: &str) -> &mut Self {
        let expires_at = at(second + 20);
        self.then(
            second,
            &Command::Offer { offer: offer(number), agent: agent(name), expires_at, auto: false },
        )
    }

    fn accepted_by(&mut self, second: u64, number: u128, name: &str) -> &mut Self {
        self.then(second, &Command::Accept { offer: offer(number), agent: agent(name) })
    }

    /// Seconds and colour of the timer.
    fn pending(&self, second: u64) -> Option<(u64, Colour)> {
        let pending =
            PendingResponse::of(self.interaction.unanswered_since, Thresholds::default(), at(second))?;
        Some((pending.elapsed.as_secs(), pending.colour))
    }
}

#[test]
fn r44_the_timer_follows_who_wrote_last() {
    let mut story = Story::begin();
    assert_eq!(story.pending(500), None, "nobody has it yet");
    story.offered_to(1, 1, "alice");
    assert_eq!(story.pending(500), None, "an offer is no answer owed");
    story.accepted_by(10, 1, "alice");
    assert_eq!(story.pending(15), Some((5, Colour::Green)), "r40: from the acceptance");
    story.then(20, &Command::ContactWrote);
    assert_eq!(story.pending(70), Some((60, Colour::Yellow)), "the first unanswered message counts");
    story.then(80, &Command::AgentWrote { agent: agent("alice") });
    assert_eq!(story.pending(500), None, "answered");
    story.then(100, &Command::ContactWrote);
    assert_eq!(story.pending(280), Some((180, Colour::Red)), "from the next message's own time");
    story.then(300, &Command::End { by: EndedBy::Agent(agent("alice")) });
    assert_eq!(story.pending(900), None, "ended is never pending");
    story.then(1_000, &Command::ContactWrote);
    assert_eq!(story.pending(1_001), Some((1, Colour::Green)), "reactivated by the contact");
}

#[test]
fn ownership_goes_from_acceptance_to_the_end_or_to_the_next_owner() {
    let mut story = Story::begin();
    let transfer = TransferId::from_uuid(Uuid::from_u128(9));
    story.offered_to(1, 1, "alice").then(5, &Command::Decline { offer: offer(1), agent: agent("alice") });
    assert_eq!(Assignments::of(&story.history).unwrap(), [], "an offer is no ownership");
    story.offered_to(6, 2, "bob").accepted_by(10, 2, "bob");
    story.then(
        20,
        &Command::RequestTransfer {
            transfer,
            by: agent("bob"),
            target: TransferTarget::Agent(agent("carol")),
            expires_at: at(60),
        },
    );
    let pending = Assignments::of(&story.history).unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!((&pending[0].agent, pending[0].to), (&agent("bob"), None), "r48: his until she accepts");
    story.then(30, &Command::AcceptTransfer { transfer, agent: agent("carol") });
    story.then(40, &Command::End { by: EndedBy::Contact });
    story.then(50, &Command::AgentWrote { agent: agent("carol") });

    let rows = Assignments::of(&story.history).unwrap();
    let held: Vec<_> = rows.iter().map(|row| (row.agent.as_str(), row.from, row.to)).collect();
    assert_eq!(
        held,
        [("bob", at(10), Some(at(30))), ("carol", at(30), Some(at(40))), ("carol", at(50), None),]
    );
    assert!(rows.is_sorted_by(|one, next| one.epoch < next.epoch));
    assert!(rows.iter().all(|AssignmentRow { interaction, .. }| *interaction == story.interaction.id));
}

#[test]
fn an_impossible_history_is_refused_and_changes_nothing() {
    let mut story = Story::begin();
    story.offered_to(1, 1, "alice").accepted_by(2, 1, "alice");
    let mut assignments = Assignments::default();
    assert!(assignments.record(&story.history[1]).is_err(), "it does not begin with its start");
    for recorded in &story.history {
        assignments.record(recorded).unwrap();
    }
    let before = assignments.rows().to_vec();
    assert!(assignments.record(&story.history[0]).is_err(), "it starts once");
    assert_eq!(assignments.rows(), before);
}
