//! Contacts who are silent, and work that is put aside (r22).

use std::time::Duration;

use parlor_interaction::{
    Active, Command, Effect, EndedBy, Event, Idle, Policy, Refusal, State, StateName, Timer, TransferTarget,
    UnparkedBy,
};
use parlor_model::MediaClass;

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id, queue};

/// After a minute the agents are told, after half a minute more the session ends.
fn strict() -> Policy {
    Policy {
        idle_notice: Some(Duration::from_mins(1)),
        idle_end: Some(Duration::from_secs(30)),
        ..Policy::default()
    }
}

fn answered(second: u64) -> Desk {
    let mut desk = Desk::active("ann");
    desk.policy = strict();
    desk.at(second).does(&Command::AgentWrote { agent: agent("ann") });
    desk
}

fn wrote(name: &str) -> Command {
    Command::AgentWrote { agent: agent(name) }
}

#[test]
fn r22_by_default_nobody_is_too_silent() {
    let mut desk = Desk::active("ann");
    desk.at(10).does(&wrote("ann"));
    assert_eq!(desk.session().idle, None);
    desk.at(100_000).ignores(&Command::NoticeIdle);
    desk.ignores(&Command::EndIdle);
}

#[test]
fn r22_a_silent_contact_is_noticed_and_then_the_session_ends() {
    let mut desk = answered(10);
    assert_eq!(desk.effects, [Effect::SetTimer { timer: Timer::IdleNotice, at: at(70) }]);
    desk.at(69).ignores(&Command::NoticeIdle);
    desk.at(70).ignores(&Command::EndIdle);
    assert_eq!(desk.does(&Command::NoticeIdle), [Event::IdleNoticed { end_at: Some(at(100)) }]);
    desk.ignores(&Command::NoticeIdle);
    desk.at(99).ignores(&Command::EndIdle);
    desk.at(100).does(&Command::EndIdle);
    let State::Ended(ended) = &desk.interaction.state else { panic!("it is over") };
    assert_eq!((ended.by.clone(), ended.at), (EndedBy::System, at(100)));
    desk.ignores(&Command::EndIdle);
}

#[test]
fn r22_any_message_starts_the_silence_anew() {
    let mut desk = answered(10);
    desk.at(50).does(&wrote("ann"));
    assert_eq!(desk.session().idle, Some(Idle::Watched { notice_at: at(110) }));
    desk.at(110).does(&Command::NoticeIdle);
    desk.at(120).does(&Command::ContactWrote);
    assert_eq!(desk.session().idle, None);
    assert_eq!(desk.effects, [Effect::CancelTimer { timer: Timer::IdleEnd }]);
    desk.at(9_000).ignores(&Command::EndIdle);
    desk.does(&wrote("ann"));
    assert_eq!(desk.session().idle, Some(Idle::Watched { notice_at: at(9_060) }));
}

#[test]
fn r22_whoever_waits_for_an_answer_is_not_silent() {
    let mut desk = Desk::active("ann");
    desk.policy = strict();
    desk.at(9_000).ignores(&Command::NoticeIdle);
    assert_eq!(desk.session().idle, None, "nobody has said a word to them");
    desk.does(&wrote("ann"));
    desk.at(9_001).does(&Command::ContactWrote);
    desk.at(20_000).ignores(&Command::NoticeIdle);
    desk.ignores(&Command::EndIdle);
}

#[test]
fn r22_silence_survives_a_transfer_and_belongs_to_the_session() {
    let mut desk = answered(10);
    let target = TransferTarget::Agent(agent("bob"));
    let (transfer, by, expires_at) = (id(20), agent("ann"), at(DEADLINE));
    desk.at(20).does(&Command::RequestTransfer { transfer, by, target, expires_at });
    desk.at(30).does(&Command::AcceptTransfer { transfer, agent: agent("bob") });
    assert_eq!(desk.session().idle, Some(Idle::Watched { notice_at: at(70) }));
    desk.at(40).does(&Command::End { by: EndedBy::Contact });
    assert!(desk.effects.contains(&Effect::CancelTimer { timer: Timer::IdleNotice }));
    desk.at(50).does(&wrote("bob"));
    assert_eq!(desk.session().idle, Some(Idle::Watched { notice_at: at(110) }));
}

#[test]
fn r22_after_an_outage_the_contact_still_has_the_time_of_the_second_rule() {
    let mut desk = answered(10);
    desk.at(5_000).does(&Command::NoticeIdle);
    assert_eq!(desk.session().idle, Some(Idle::Noticed { end_at: Some(at(5_030)) }));
}

#[test]
fn r22_the_policy_counts_when_an_agent_writes() {
    let mut desk = answered(10);
    desk.policy = Policy::default();
    assert_eq!(desk.at(20).does(&wrote("ann")), [Event::IdleReset { notice_at: None }]);
    assert_eq!(desk.session().idle, None);
    desk.ignores(&wrote("ann"));
    let mut told = answered(10);
    told.policy.idle_end = None;
    told.at(70).does(&Command::NoticeIdle);
    assert_eq!(told.interaction.timers().len(), 0, "told, and nothing more");
}

fn park() -> Command {
    Command::Park { agent: agent("ann") }
}

fn unpark(room: bool) -> Command {
    Command::Unpark { agent: agent("ann"), room }
}

fn parked() -> Desk {
    let mut desk = Desk::active("ann");
    desk.at(10).does(&wrote("ann"));
    desk.at(20).does(&park());
    desk
}

#[test]
fn what_is_parked_weighs_nothing_and_stays_its_owners() {
    let mut desk = parked();
    let released = Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight: 1 };
    assert_eq!(desk.effects, [released]);
    assert_eq!((desk.owner(), desk.session().parked), (Some("ann"), Some(at(20))));
    desk.ignores(&park());
    assert_eq!(desk.refuses(&Command::Park { agent: agent("bob") }), Refusal::NotOwner);
    assert_eq!(desk.refuses(&Command::Pull { agent: agent("bob") }), Refusal::AlreadyTaken);
}

#[test]
fn the_owner_takes_up_what_is_parked() {
    let mut desk = parked();
    assert_eq!(desk.refuses(&Command::Unpark { agent: agent("bob"), room: true }), Refusal::NotOwner);
    desk.at(30).does(&unpark(true));
    assert_eq!(desk.effects, [Effect::Hold { agent: agent("ann"), class: MediaClass::Live, weight: 1 }]);
    assert_eq!(desk.session().parked, None);
    desk.ignores(&unpark(true));

    let mut desk = parked();
    desk.at(30).does(&unpark(false));
    let State::Queued(queued) = &desk.interaction.state else { panic!("it waits") };
    assert_eq!((queued.preferred.clone(), queued.since), (Some(agent("ann")), at(30)));
    assert_eq!(desk.effects, [Effect::EnterQueue], "it weighed nothing, and weighs nothing");
    desk.ignores(&unpark(false));
    assert_eq!(desk.refuses(&Command::Unpark { agent: agent("bob"), room: true }), Refusal::NotTaken);
}

#[test]
fn by_writing_its_owner_takes_it_up() {
    let mut desk = parked();
    assert_eq!(desk.at(30).does(&wrote("ann")), [Event::Unparked { by: UnparkedBy::Owner }]);
    assert_eq!(desk.effects, [Effect::Hold { agent: agent("ann"), class: MediaClass::Live, weight: 1 }]);
    assert_eq!(desk.refuses(&wrote("bob")), Refusal::NotAMember);
}

#[test]
fn the_contacts_message_puts_what_is_parked_into_its_queue() {
    let mut desk = parked();
    assert_eq!(
        desk.at(30).does(&Command::ContactWrote),
        [Event::ContactWrote, Event::Unparked { by: UnparkedBy::Contact }]
    );
    let State::Queued(queued) = &desk.interaction.state else { panic!("it waits") };
    assert_eq!(queued.preferred, Some(agent("ann")));
    assert_eq!(desk.interaction.unanswered_since, Some(at(30)));
    assert_eq!(desk.interaction.segment, 1, "the session goes on");
    desk.ignores(&Command::ContactWrote);

    // Whoever was waiting for an answer when it was put aside has waited since then.
    let mut desk = Desk::active("ann");
    desk.at(5).does(&park());
    assert_eq!(desk.at(30).does(&Command::ContactWrote), [Event::Unparked { by: UnparkedBy::Contact }]);
    assert_eq!(desk.interaction.unanswered_since, Some(at(1)));
}

#[test]
fn parking_sends_everybody_else_away_and_brings_nobody_in() {
    let mut desk = Desk::active("ann");
    desk.policy = strict();
    let (by, expires_at) = (agent("ann"), at(DEADLINE));
    desk.at(5).does(&wrote("ann"));
    desk.does(&Command::AddMember { by: by.clone(), agent: agent("bob") });
    desk.does(&Command::Invite { by: by.clone(), agent: agent("cid"), expires_at });
    let target = TransferTarget::Agent(agent("dee"));
    desk.does(&Command::RequestTransfer {
        transfer: id(20),
        by: by.clone(),
        target: target.clone(),
        expires_at,
    });
    desk.does(&park());
    assert_eq!(desk.interaction.holdings().len(), 0);
    assert_eq!(desk.interaction.timers().len(), 0);
    let Active { members, invitations, transfer, idle, .. } = desk.session();
    assert!(members.is_empty() && invitations.is_empty() && transfer.is_none() && idle.is_none());

    for command in [
        Command::AddMember { by: by.clone(), agent: agent("bob") },
        Command::Invite { by: by.clone(), agent: agent("bob"), expires_at },
        Command::RequestTransfer { transfer: id(21), by: by.clone(), target, expires_at },
        Command::StartConsult {
            consult: id(30),
            by: by.clone(),
            target: parlor_interaction::ConsultTarget::Chat { agent: agent("bob") },
            expires_at,
        },
    ] {
        assert_eq!(desk.refuses(&command), Refusal::Parked, "{command:?}");
    }
    let target = TransferTarget::Queue(queue("billing"));
    desk.does(&Command::RequestTransfer { transfer: id(22), by, target, expires_at });
    assert_eq!(desk.interaction.state.name(), StateName::Queued);
}

#[test]
fn what_is_parked_can_end_without_room_for_it() {
    let mut desk = parked();
    desk.does(&Command::End { by: EndedBy::Contact });
    assert_eq!(desk.effects, [], "an end is never refused for want of room");
    assert_eq!(desk.interaction.holdings().len(), 0);
}
