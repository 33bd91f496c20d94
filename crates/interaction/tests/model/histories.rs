//! That the canonical form leaves out nothing that counts: random histories as they are, with ids that are new each time,
//! deadlines of every length and names that the model does not know, and beside each its canonical form. Every question
//! is put to both; both must answer the same, with the same effects, and lead to the same canonical form again.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor_interaction::{
    Command, CommandName, ConsultTarget, Context, EventName, Idle, Interaction, Origin, Policy, State,
    TransferTarget, Transition,
};
use parlor_model::{Id, Timestamp};
use proptest::prelude::*;

use crate::canon::{Names, canon, names};
use crate::graph::{Effects, Graph, consults, effects, looks};
use crate::questioning::{CONSULTS, questions};
use crate::questions::{DEADLINE, LATE, Setting, asks_for_the_time};
use crate::shipped;
use crate::support::{agent, at, id, queue, start};

/// An answer, as far as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Refused(&'static str),
    Led(Vec<EventName>, Effects, Box<Interaction>),
}

fn said(interaction: &Interaction, command: &Command, cx: Context<'_>) -> (Said, Option<Transition>) {
    match interaction.handle(command, cx) {
        Err(error) => (Said::Refused(error.refusal.as_str()), None),
        Ok(transition) => {
            let events = transition.events.iter().map(|recorded| recorded.event.name()).collect();
            let after = Box::new(canon(&transition.interaction));
            (Said::Led(events, effects(&transition.effects), after), Some(transition))
        }
    }
}

/// Turns questions to the canonical form into questions to the interaction itself.
struct Asker<'a> {
    interaction: &'a Interaction,
    names: Names,
    /// New ids are numbered on from here.
    next: u32,
    /// When what is begun now is over.
    deadline: Timestamp,
    /// Before every deadline, and when all of them are over.
    moments: [Timestamp; 2],
}

impl<'a> Asker<'a> {
    fn of(interaction: &'a Interaction, now: Timestamp, next: u32, deadline: Timestamp) -> Self {
        let timers = interaction.timers();
        let early = timers.values().min().map_or(now, |first| *first - Duration::from_micros(1));
        let late = timers.values().max().copied().unwrap_or(now);
        Self { interaction, names: names(interaction), next, deadline, moments: [early, late] }
    }

    /// The id that has this name in the canonical form, or one that nobody has heard of.
    fn named<I: Id>(&self, names: &BTreeMap<I, I>, canonical: I) -> I {
        let known = names.iter().find(|(_, name)| **name == canonical);
        known.map_or_else(|| id(self.next), |(known, _)| *known)
    }

    fn command(&self, command: &Command) -> Command {
        let mut command = command.clone();
        let Names { offers, transfers, consults } = &self.names;
        match &mut command {
            Command::Offer { offer, expires_at, .. } => {
                (*offer, *expires_at) = (self.named(offers, *offer), self.deadline);
            }
            Command::Accept { offer, .. }
            | Command::Decline { offer, .. }
            | Command::Expire { offer }
            | Command::Withdraw { offer } => *offer = self.named(offers, *offer),
            Command::RequestTransfer { transfer, expires_at, target, .. } => {
                (*transfer, *expires_at) = (self.named(transfers, *transfer), self.deadline);
                if let TransferTarget::Queue(to) = target {
                    *to = queue(["billing", "sales"][self.next as usize % 2]);
                }
            }
            Command::AcceptTransfer { transfer, .. }
            | Command::DeclineTransfer { transfer, .. }
            | Command::ExpireTransfer { transfer }
            | Command::CancelTransfer { transfer, .. } => *transfer = self.named(transfers, *transfer),
            Command::StartConsult { consult, expires_at, target, .. } => {
                (*consult, *expires_at) = (self.named(consults, *consult), self.deadline);
                match target {
                    ConsultTarget::Chat { agent } if self.next.is_multiple_of(2) => {
                        *target = ConsultTarget::VoiceAgent { agent: agent.clone() };
                    }
                    ConsultTarget::Chat { .. } | ConsultTarget::VoiceAgent { .. } => {}
                    ConsultTarget::VoiceContact { point } => *point = id(self.next),
                }
            }
            Command::JoinConsult { consult, .. }
            | Command::ConsultAnswered { consult }
            | Command::EndConsult { consult, .. }
            | Command::ExpireConsult { consult }
            | Command::CompleteConsult { consult, .. } => *consult = self.named(consults, *consult),
            Command::Invite { expires_at, .. } => *expires_at = self.deadline,
            Command::Pull { .. }
            | Command::ContactWrote
            | Command::AgentWrote { .. }
            | Command::End { .. }
            | Command::MarkDone { .. }
            | Command::AutoDone
            | Command::NoticeIdle
            | Command::EndIdle
            | Command::Park { .. }
            | Command::Unpark { .. }
            | Command::SetDisposition { .. }
            | Command::SetCaseData { .. }
            | Command::AcceptInvitation { .. }
            | Command::DeclineInvitation { .. }
            | Command::ExpireInvitation { .. }
            | Command::CancelInvitation { .. }
            | Command::AddMember { .. }
            | Command::RemoveMember { .. }
            | Command::Supervise { .. }
            | Command::StopSupervising { .. } => {}
        }
        command
    }

    fn setting(&self, setting: &Setting) -> Setting {
        let late = setting.now >= at(LATE);
        let now = self.moments[usize::from(late)];
        let mut policy = setting.policy.clone();
        let watched_until = match &self.interaction.state {
            State::Active(active) => match active.idle {
                Some(Idle::Watched { notice_at }) => Some(notice_at),
                Some(Idle::Noticed { .. }) | None => None,
            },
            State::Queued(_) | State::Offered(_) | State::Ended(_) | State::Done(_) => None,
        };
        if let (Some(until), Some(after)) = (watched_until, policy.idle_notice) {
            // A time that ends when the one that runs does is another matter than one that ends later.
            let same = setting.now + after == at(DEADLINE);
            let on = until.since(now) + Duration::from_secs(u64::from(!same));
            policy.idle_notice = Some(on);
        }
        Setting { now, policy }
    }
}

/// Puts every question to both; gives what happened in the history itself, by command.
fn compare(
    graph: &Graph,
    questions: &[(Command, Setting)],
    asker: &Asker<'_>,
) -> BTreeMap<CommandName, Vec<Interaction>> {
    let (interaction, canonical) = (asker.interaction, canon(asker.interaction));
    assert!(graph.find(&canonical).is_some(), "the model never reached {canonical:?}");
    assert_eq!(looks(interaction), looks(&canonical));
    let mut next: BTreeMap<CommandName, Vec<Interaction>> = BTreeMap::new();
    let mut timed: Vec<(Command, Policy, Vec<Said>)> = Vec::new();
    for (command, setting) in questions {
        let question = asker.command(command);
        let now = asker.setting(setting);
        let (expected, _) = said(&canonical, command, setting.context());
        let (given, transition) = said(interaction, &question, now.context());
        assert_eq!(given, expected, "{question:?} to {interaction:?}");
        if let Some(transition) = transition
            && !transition.events.is_empty()
            && consults(&transition.interaction) <= CONSULTS
        {
            next.entry(command.name()).or_default().push(transition.interaction);
        }
        if asks_for_the_time(command.name()) {
            match timed.last_mut() {
                Some((last, policy, said)) if *last == question && *policy == now.policy => said.push(given),
                Some(_) | None => timed.push((question, now.policy, vec![given])),
            }
        }
    }
    // At each single deadline everything is as before all of them or as after all of them.
    for deadline in interaction.timers().into_values() {
        for now in [deadline - Duration::from_micros(1), deadline] {
            for (command, policy, known) in &timed {
                let (given, _) = said(interaction, command, Context { now, policy });
                assert!(known.contains(&given), "{command:?} at {now:?} to {interaction:?}");
            }
        }
    }
    next
}

proptest! {
    // Each case asks thousands of questions.
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_and_its_canonical_form_answer_every_question_alike(
        outbound in any::<bool>(),
        steps in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u64..30, 1_u64..90),
            1..50,
        ),
    ) {
        let graph = shipped();
        let questions = questions(graph.size);
        let origin = if outbound { Origin::Outbound { agent: agent("b") } } else { Origin::Inbound };
        let mut now = at(0);
        let mut interaction = Interaction::start(start(origin, 2), now).interaction;
        for (number, (which, instance, passes, lasts)) in (1_000..).zip(steps) {
            now = now + Duration::from_secs(passes);
            let asker = Asker::of(&interaction, now, number, now + Duration::from_secs(lasts));
            let next = compare(graph, &questions, &asker);
            if next.is_empty() {
                break;
            }
            let commands: Vec<_> = next.into_values().collect();
            interaction = which.get(&commands)[instance.index(which.get(&commands).len())].clone();
        }
    }
}
