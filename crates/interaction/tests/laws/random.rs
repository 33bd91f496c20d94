//! Random histories with changing policies and a clock that sometimes goes backwards.

use std::time::Duration;

use parlor_interaction::{
    Active, Actor, CaseValue, Command, ConsultTarget, Context, DispositionCode, EndedBy, EndedHolds,
    Interaction, Offered, Origin, Policy, Recorded, State, Supervision, TransferTarget,
};
use parlor_model::{AgentName, ConsultId, Label, OfferId, Timestamp, TransferId};
use proptest::prelude::*;

use crate::check;
use crate::support::{agent, at, id, queue, start};

fn agents() -> impl Strategy<Value = AgentName> {
    prop::sample::select(vec!["ann", "bob", "cid"]).prop_map(agent)
}

fn offers() -> impl Strategy<Value = OfferId> {
    (10_u32..13).prop_map(id)
}

fn transfers() -> impl Strategy<Value = TransferId> {
    (20_u32..22).prop_map(id)
}

fn consults() -> impl Strategy<Value = ConsultId> {
    (30_u32..32).prop_map(id)
}

fn deadlines() -> impl Strategy<Value = Timestamp> {
    // Mostly later than the step itself, which is some time before 400.
    (0_u64..2_000).prop_map(at)
}

fn policies() -> impl Strategy<Value = Policy> {
    let holds = prop::sample::select(vec![EndedHolds::Full, EndedHolds::Half, EndedHolds::Zero]);
    let idle = prop::option::of((0_u64..60).prop_map(Duration::from_secs));
    let idle_end = prop::option::of((0_u64..60).prop_map(Duration::from_secs));
    let auto_done = prop::option::of((0_u64..60).prop_map(Duration::from_secs));
    (any::<bool>(), holds, any::<bool>(), auto_done, any::<bool>(), any::<bool>(), idle, idle_end).prop_map(
        |(
            async_enabled,
            ended_holds,
            disposition_mandatory,
            auto_done,
            auto_done_abandoned,
            case_editable,
            idle_notice,
            idle_end,
        )| Policy {
            async_enabled,
            ended_holds,
            disposition_mandatory,
            auto_done,
            auto_done_abandoned,
            idle_notice,
            idle_end,
            case_editable,
        },
    )
}

fn ways_to_end() -> impl Strategy<Value = EndedBy> {
    prop_oneof![Just(EndedBy::Contact), agents().prop_map(EndedBy::Agent), Just(EndedBy::System)]
}

fn actors() -> impl Strategy<Value = Actor> {
    prop_oneof![agents().prop_map(Actor::Agent), agents().prop_map(Actor::Supervisor), Just(Actor::System)]
}

fn targets() -> impl Strategy<Value = TransferTarget> {
    prop_oneof![
        3 => agents().prop_map(TransferTarget::Agent),
        1 => Just(TransferTarget::Queue(queue("billing")))
    ]
}

fn advisers() -> impl Strategy<Value = ConsultTarget> {
    prop_oneof![
        agents().prop_map(|agent| ConsultTarget::Chat { agent }),
        agents().prop_map(|agent| ConsultTarget::VoiceAgent { agent }),
        Just(ConsultTarget::VoiceContact { point: id(4) })
    ]
}

fn modes() -> impl Strategy<Value = Supervision> {
    prop::sample::select(vec![Supervision::Monitor, Supervision::Whisper, Supervision::Barge])
}

/// What happens between a queue and its agents.
fn routing() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (offers(), agents(), deadlines(), prop::bool::weighted(0.2))
            .prop_map(|(offer, agent, expires_at, auto)| Command::Offer { offer, agent, expires_at, auto }),
        4 => (offers(), agents()).prop_map(|(offer, agent)| Command::Accept { offer, agent }),
        2 => (offers(), agents()).prop_map(|(offer, agent)| Command::Decline { offer, agent }),
        2 => offers().prop_map(|offer| Command::Expire { offer }),
        1 => offers().prop_map(|offer| Command::Withdraw { offer }),
        1 => agents().prop_map(|agent| Command::Pull { agent }),
    ]
}

/// What happens in a session and after it.
fn talking() -> impl Strategy<Value = Command> {
    let codes = prop::sample::select(vec!["resolved", "spam"]);
    prop_oneof![
        4 => Just(Command::ContactWrote),
        4 => agents().prop_map(|agent| Command::AgentWrote { agent }),
        2 => ways_to_end().prop_map(|by| Command::End { by }),
        1 => actors().prop_map(|by| Command::MarkDone { by }),
        1 => Just(Command::AutoDone),
        2 => Just(Command::NoticeIdle),
        2 => Just(Command::EndIdle),
        2 => agents().prop_map(|agent| Command::Park { agent }),
        1 => (agents(), any::<bool>()).prop_map(|(agent, room)| Command::Unpark { agent, room }),
        1 => (agents(), codes).prop_map(|(agent, code)| {
            Command::SetDisposition { agent, code: DispositionCode::new(code).unwrap() }
        }),
        1 => (agents(), prop::sample::select(vec!["order", "city"]), prop::option::of("[a-z]{1,9}")).prop_map(
            |(agent, key, value)| {
                let value = value.map(|value| CaseValue::new(value).unwrap());
                Command::SetCaseData { agent, key: Label::new(key).unwrap(), value }
            }
        ),
    ]
}

/// What happens between agents.
fn handing_over() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => (transfers(), agents(), targets(), deadlines()).prop_map(|(transfer, by, target, expires_at)| {
            Command::RequestTransfer { transfer, by, target, expires_at }
        }),
        3 => (transfers(), agents()).prop_map(|(transfer, agent)| Command::AcceptTransfer { transfer, agent }),
        1 => (transfers(), agents()).prop_map(|(transfer, agent)| Command::DeclineTransfer { transfer, agent }),
        1 => transfers().prop_map(|transfer| Command::ExpireTransfer { transfer }),
        1 => (transfers(), agents()).prop_map(|(transfer, by)| Command::CancelTransfer { transfer, by }),
        3 => (consults(), agents(), advisers(), deadlines()).prop_map(|(consult, by, target, expires_at)| {
            Command::StartConsult { consult, by, target, expires_at }
        }),
        3 => (consults(), agents()).prop_map(|(consult, agent)| Command::JoinConsult { consult, agent }),
        1 => consults().prop_map(|consult| Command::ConsultAnswered { consult }),
        1 => (consults(), prop::option::of(agents())).prop_map(|(consult, by)| Command::EndConsult { consult, by }),
        1 => consults().prop_map(|consult| Command::ExpireConsult { consult }),
        2 => (consults(), agents()).prop_map(|(consult, by)| Command::CompleteConsult { consult, by }),
    ]
}

/// What happens around the owner.
fn taking_part() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => (agents(), agents(), deadlines())
            .prop_map(|(by, agent, expires_at)| Command::Invite { by, agent, expires_at }),
        2 => agents().prop_map(|agent| Command::AcceptInvitation { agent }),
        1 => agents().prop_map(|agent| Command::DeclineInvitation { agent }),
        1 => agents().prop_map(|agent| Command::ExpireInvitation { agent }),
        1 => (agents(), agents()).prop_map(|(by, agent)| Command::CancelInvitation { by, agent }),
        2 => (agents(), agents()).prop_map(|(by, agent)| Command::AddMember { by, agent }),
        1 => agents().prop_map(|agent| Command::RemoveMember { agent }),
        2 => (agents(), modes()).prop_map(|(agent, mode)| Command::Supervise { agent, mode }),
        1 => agents().prop_map(|agent| Command::StopSupervising { agent }),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![3 => routing(), 3 => talking(), 2 => handing_over(), 2 => taking_part()]
}

fn origins() -> impl Strategy<Value = Origin> {
    prop_oneof![Just(Origin::Inbound), agents().prop_map(|agent| Origin::Outbound { agent })]
}

/// The same command from the one who may give it, about what is open. Without it a history would seldom get far.
fn steer(command: Command, interaction: &Interaction) -> Command {
    match &interaction.state {
        State::Queued(_) | State::Done(_) => command,
        State::Offered(open) => answer(command, open),
        State::Active(active) => take_part(command, active),
        State::Ended(_) => match (command, &interaction.last_owner) {
            (Command::MarkDone { by: Actor::Agent(_) }, Some(last)) => {
                Command::MarkDone { by: Actor::Agent(last.clone()) }
            }
            (other, _) => other,
        },
    }
}

fn answer(command: Command, open: &Offered) -> Command {
    let (offer, agent) = (open.offer, open.agent.clone());
    match command {
        Command::Accept { .. } => Command::Accept { offer, agent },
        Command::Decline { .. } => Command::Decline { offer, agent },
        Command::Expire { .. } => Command::Expire { offer },
        Command::Withdraw { .. } => Command::Withdraw { offer },
        other => other,
    }
}

fn take_part(command: Command, active: &Active) -> Command {
    let by = active.owner.clone();
    let consulted = active.consults.iter().next().map(|(consult, asked)| (*consult, asked.target.agent()));
    match command {
        Command::AgentWrote { .. } => Command::AgentWrote { agent: by },
        Command::Park { .. } => Command::Park { agent: by },
        Command::Unpark { agent: _, room } => Command::Unpark { agent: by, room },
        Command::End { by: EndedBy::Agent(_) } => Command::End { by: EndedBy::Agent(by) },
        Command::RequestTransfer { transfer, by: _, target, expires_at } => {
            Command::RequestTransfer { transfer, by, target, expires_at }
        }
        Command::StartConsult { consult, by: _, target, expires_at } => {
            Command::StartConsult { consult, by, target, expires_at }
        }
        Command::Invite { by: _, agent, expires_at } => Command::Invite { by, agent, expires_at },
        Command::AddMember { by: _, agent } => Command::AddMember { by, agent },
        other => match (other, &active.transfer, consulted) {
            (Command::AcceptTransfer { .. }, Some(open), _) => {
                Command::AcceptTransfer { transfer: open.id, agent: open.to.clone() }
            }
            (Command::DeclineTransfer { .. }, Some(open), _) => {
                Command::DeclineTransfer { transfer: open.id, agent: open.to.clone() }
            }
            (Command::JoinConsult { .. }, _, Some((consult, Some(asked)))) => {
                Command::JoinConsult { consult, agent: asked.clone() }
            }
            (Command::CompleteConsult { .. }, _, Some((consult, _))) => {
                Command::CompleteConsult { consult, by }
            }
            (other, _, _) => other,
        },
    }
}

/// One step: when, the policy from now on, the command, and whether it comes from the one who may give it.
fn steps() -> impl Strategy<Value = (u64, Option<Policy>, Command, bool)> {
    (0_u64..400, prop::option::weighted(0.1, policies()), commands(), prop::bool::weighted(0.7))
}

/// The journal alone leads to the snapshot, byte for byte.
fn replays(journal: &[Recorded], interaction: &Interaction) {
    let replayed = Interaction::replay(journal).expect("a journal replays");
    assert_eq!(serde_json::to_vec(&replayed).unwrap(), serde_json::to_vec(interaction).unwrap());
    assert_eq!(interaction.version, u64::try_from(journal.len()).unwrap());
}

proptest! {
    // `PROPTEST_CASES` sets another number than 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_laws(
        origin in origins(),
        weight in 0_u32..4,
        first in policies(),
        steps in prop::collection::vec(steps(), 0..200),
    ) {
        let start = start(origin, weight);
        let (begun, mut world) = check::start(start.clone(), at(0));
        let (mut interaction, mut journal, mut policy) = (begun.interaction, begun.events, first);
        check::state(&interaction);
        for (second, change, command, steered) in steps {
            policy = change.unwrap_or(policy);
            let command = if steered { steer(command, &interaction) } else { command };
            let cx = Context { now: at(second), policy: &policy };
            let Ok(transition) = check::command(&interaction, &command, cx) else { continue };
            // One world over the whole history: what was taken is given back once, whatever the policy is by then.
            world.carry_out(&transition.effects);
            prop_assert_eq!(&world, &check::World::of(&transition.interaction));
            journal.extend(transition.events);
            interaction = transition.interaction;
            check::state(&interaction);
            if !interaction.is_open() && steered {
                // It goes on with a new one, in a world in which nothing of the old one is left.
                prop_assert_eq!(&world, &check::World::default());
                replays(&journal, &interaction);
                let (begun, after) = check::start(start.clone(), at(second));
                (interaction, journal, world) = (begun.interaction, begun.events, after);
            }
        }
        replays(&journal, &interaction);
    }
}
