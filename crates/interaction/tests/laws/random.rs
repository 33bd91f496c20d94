//! Random histories with changing policies and a clock that sometimes goes backwards.

use std::time::Duration;

use parlor_interaction::{
    Actor, Command, ConsultTarget, Context, DispositionCode, EndedBy, EndedHolds, Interaction, Origin,
    Policy, Supervision, TransferTarget,
};
use parlor_model::{AgentName, ConsultId, OfferId, Timestamp, TransferId};
use proptest::prelude::*;

use crate::check;
use crate::support::{agent, at, id, queue, start};

fn agents() -> impl Strategy<Value = AgentName> {
    prop::sample::select(vec!["ann", "bob", "cid", "dee"]).prop_map(agent)
}

fn offers() -> impl Strategy<Value = OfferId> {
    (10_u32..14).prop_map(id)
}

fn transfers() -> impl Strategy<Value = TransferId> {
    (20_u32..23).prop_map(id)
}

fn consults() -> impl Strategy<Value = ConsultId> {
    (30_u32..33).prop_map(id)
}

fn deadlines() -> impl Strategy<Value = Timestamp> {
    (0_u64..400).prop_map(at)
}

fn policies() -> impl Strategy<Value = Policy> {
    let holds = prop::sample::select(vec![EndedHolds::Full, EndedHolds::Half, EndedHolds::Zero]);
    let auto_done = prop::option::of((0_u64..60).prop_map(Duration::from_secs));
    (any::<bool>(), holds, any::<bool>(), auto_done, any::<bool>()).prop_map(
        |(async_enabled, ended_holds, disposition_mandatory, auto_done, auto_done_abandoned)| Policy {
            async_enabled,
            ended_holds,
            disposition_mandatory,
            auto_done,
            auto_done_abandoned,
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
        1 => (agents(), codes).prop_map(|(agent, code)| {
            Command::SetDisposition { agent, code: DispositionCode::new(code).unwrap() }
        }),
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

proptest! {
    // `PROPTEST_CASES` sets another number.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_laws(
        origin in origins(),
        weight in 0_u32..4,
        first in policies(),
        steps in prop::collection::vec((0_u64..400, prop::option::weighted(0.1, policies()), commands()), 0..120),
    ) {
        let (started, mut world) = check::start(start(origin, weight), at(0));
        let mut journal = started.events;
        let mut interaction = started.interaction;
        check::state(&interaction);
        let mut policy = first;
        for (second, change, command) in steps {
            policy = change.unwrap_or(policy);
            let cx = Context { now: at(second), policy: &policy };
            let Ok(transition) = check::command(&interaction, &command, cx) else { continue };
            // One world over the whole history: what was taken is given back once, whatever the policy is by then.
            world.carry_out(&transition.effects);
            prop_assert_eq!(&world, &check::World::of(&transition.interaction));
            journal.extend(transition.events);
            interaction = transition.interaction;
            check::state(&interaction);
            prop_assert_eq!(interaction.version, u64::try_from(journal.len()).unwrap());
        }
        let replayed = Interaction::replay(&journal).unwrap();
        prop_assert_eq!(
            serde_json::to_vec(&replayed).unwrap(),
            serde_json::to_vec(&interaction).unwrap()
        );
    }
}
