use parlor_interaction::{
    Command, ConsultTarget, Effect, EndedBy, Handover, Holder, Limits, Refusal, State, Supervision, Timer,
    TransferTarget,
};
use parlor_model::{AgentName, ContactPointId, MediaClass, TransferId};

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id, queue};

fn request(by: &str, to: &str) -> Command {
    Command::RequestTransfer {
        transfer: id(20),
        by: agent(by),
        target: TransferTarget::Agent(agent(to)),
        expires_at: at(DEADLINE),
    }
}

fn accept(name: &str) -> Command {
    Command::AcceptTransfer { transfer: id(20), agent: agent(name) }
}

fn consult(number: u32, by: &str, target: ConsultTarget) -> Command {
    Command::StartConsult { consult: id(number), by: agent(by), target, expires_at: at(DEADLINE) }
}

fn chat(name: &str) -> ConsultTarget {
    ConsultTarget::Chat { agent: agent(name) }
}

fn join(name: &str) -> Command {
    Command::JoinConsult { consult: id(30), agent: agent(name) }
}

fn complete(name: &str) -> Command {
    Command::CompleteConsult { consult: id(30), by: agent(name) }
}

fn invite(by: &str, name: &str) -> Command {
    Command::Invite { by: agent(by), agent: agent(name), expires_at: at(DEADLINE) }
}

fn add(by: &str, name: &str) -> Command {
    Command::AddMember { by: agent(by), agent: agent(name) }
}

#[test]
fn r048_the_owner_changes_only_when_the_target_accepts() {
    let mut desk = Desk::active("ann");
    desk.does(&request("ann", "bob"));
    assert_eq!(desk.owner(), Some("ann"));
    let pending = Holder::Transfer { transfer: id(20), owner: &agent("ann"), to: &agent("bob") };
    assert_eq!(desk.interaction.holder(), pending);
    assert_eq!(desk.held_by(), ["ann", "bob"], "a place is kept for the one who is to take it");
    assert_eq!(desk.refuses(&accept("cid")), Refusal::NotInvited);
    desk.does(&accept("bob"));
    assert_eq!((desk.owner(), desk.held_by()), (Some("bob"), vec!["bob".to_owned()]));
    assert_eq!(
        desk.effects,
        [
            Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight: 1 },
            Effect::CancelTimer { timer: Timer::Transfer(id(20)) },
        ],
        "its place was kept for the target"
    );
    desk.ignores(&accept("bob"));
    desk.ignores(&request("ann", "bob"));
    assert_eq!(desk.refuses(&accept("ann")), Refusal::TransferGone);
}

#[test]
fn r048_a_transfer_that_nobody_takes_leaves_the_owner() {
    let transfer: TransferId = id(20);
    for (second, command) in [
        (2, Command::DeclineTransfer { transfer, agent: agent("bob") }),
        (2, Command::CancelTransfer { transfer, by: agent("ann") }),
        (DEADLINE, Command::ExpireTransfer { transfer }),
    ] {
        let mut desk = Desk::active("ann");
        desk.does(&request("ann", "bob"));
        desk.ignores(&Command::ExpireTransfer { transfer });
        desk.at(second).does(&command);
        assert_eq!((desk.owner(), desk.held_by()), (Some("ann"), vec!["ann".to_owned()]), "{command:?}");
        assert!(desk.interaction.timers().is_empty());
        desk.ignores(&command);
        assert_eq!(desk.refuses(&accept("bob")), Refusal::TransferGone, "{command:?}");
    }
}

#[test]
fn r048_an_answer_after_the_deadline_is_too_late_even_before_the_timer() {
    let mut desk = Desk::active("ann");
    desk.does(&request("ann", "bob"));
    desk.at(DEADLINE);
    assert_eq!(desk.refuses(&accept("bob")), Refusal::TransferGone);
    assert_eq!(desk.owner(), Some("ann"));
}

#[test]
fn r048_only_the_owner_hands_over_and_only_once_at_a_time() {
    let mut desk = Desk::active("ann");
    assert_eq!(desk.refuses(&request("bob", "cid")), Refusal::NotOwner);
    assert_eq!(desk.refuses(&request("ann", "ann")), Refusal::SelfTransfer);
    desk.does(&request("ann", "bob"));
    desk.ignores(&request("ann", "bob"));
    let second = Command::RequestTransfer {
        transfer: id(21),
        by: agent("ann"),
        target: TransferTarget::Queue(queue("billing")),
        expires_at: at(DEADLINE),
    };
    assert_eq!(desk.refuses(&second), Refusal::TransferPending);
    let cancel = |name| Command::CancelTransfer { transfer: id(20), by: agent(name) };
    assert_eq!(desk.refuses(&cancel("bob")), Refusal::NotOwner);
    let decline = |name| Command::DeclineTransfer { transfer: id(20), agent: agent(name) };
    assert_eq!(desk.refuses(&decline("cid")), Refusal::NotInvited);
    desk.does(&accept("bob"));
    assert_eq!(
        desk.refuses(&cancel("ann")),
        Refusal::TransferGone,
        "the old owner has to know that it is gone"
    );
    assert_eq!(desk.refuses(&decline("bob")), Refusal::TransferGone);
}

#[test]
fn r048_a_transfer_to_a_queue_takes_effect_at_once() {
    let mut desk = Desk::active("ann");
    desk.does(&add("ann", "bob"));
    let to_queue = Command::RequestTransfer {
        transfer: id(20),
        by: agent("ann"),
        target: TransferTarget::Queue(queue("billing")),
        expires_at: at(DEADLINE),
    };
    desk.at(9).does(&to_queue);
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((queued.since, &queued.preferred), (at(9), &None));
    assert_eq!(desk.interaction.queue, queue("billing"));
    assert_eq!(desk.interaction.unanswered_since, Some(at(1)), "the contact still waits for an answer");
    assert!(desk.held_by().is_empty());
    assert!(desk.effects.contains(&Effect::EnterQueue));
    desk.ignores(&to_queue);
    let another = Command::RequestTransfer {
        transfer: id(21),
        by: agent("ann"),
        target: TransferTarget::Queue(queue("billing")),
        expires_at: at(DEADLINE),
    };
    assert_eq!(desk.refuses(&another), Refusal::NotTaken);
}

#[test]
fn r048_the_end_of_the_session_ends_what_was_open_in_it() {
    let mut desk = Desk::active("ann");
    desk.does(&request("ann", "bob"));
    desk.does(&invite("ann", "cid"));
    desk.does(&consult(30, "ann", chat("dee")));
    desk.does(&Command::End { by: EndedBy::Contact });
    assert_eq!(desk.held_by(), ["ann"]);
    assert!(desk.interaction.timers().is_empty());
    assert_eq!(desk.effects.iter().filter(|effect| matches!(effect, Effect::CancelTimer { .. })).count(), 3);
    assert_eq!(desk.refuses(&accept("bob")), Refusal::TransferGone);
    assert_eq!(desk.refuses(&join("dee")), Refusal::ConsultGone);
    let late = Command::AcceptInvitation { agent: agent("cid") };
    assert_eq!(desk.refuses(&late), Refusal::InvitationGone);
}

#[test]
fn r049_an_agent_joins_the_conference_when_they_accept() {
    let mut desk = Desk::active("ann");
    let accept = |name| Command::AcceptInvitation { agent: agent(name) };
    assert_eq!(desk.refuses(&accept("bob")), Refusal::InvitationGone);
    assert_eq!(desk.refuses(&invite("bob", "cid")), Refusal::NotOwner);
    assert_eq!(desk.refuses(&invite("ann", "ann")), Refusal::TakesPart);
    desk.does(&invite("ann", "bob"));
    desk.ignores(&invite("ann", "bob"));
    assert_eq!(desk.held_by(), ["ann", "bob"]);
    assert_eq!(desk.refuses(&Command::AgentWrote { agent: agent("bob") }), Refusal::NotAMember);
    desk.does(&accept("bob"));
    desk.ignores(&accept("bob"));
    desk.does(&Command::AgentWrote { agent: agent("bob") });
    assert_eq!((desk.owner(), desk.held_by().len()), (Some("ann"), 2));
}

#[test]
fn r049_an_invitation_that_comes_to_nothing_leaves_no_trace() {
    for (second, command) in [
        (2, Command::DeclineInvitation { agent: agent("bob") }),
        (2, Command::CancelInvitation { by: agent("ann"), agent: agent("bob") }),
        (DEADLINE, Command::ExpireInvitation { agent: agent("bob") }),
    ] {
        let mut desk = Desk::active("ann");
        let before = desk.session().clone();
        desk.does(&invite("ann", "bob"));
        desk.ignores(&Command::ExpireInvitation { agent: agent("bob") });
        let by_another = Command::CancelInvitation { by: agent("bob"), agent: agent("bob") };
        assert_eq!(desk.refuses(&by_another), Refusal::NotOwner);
        desk.at(second).does(&command);
        assert_eq!(desk.session(), &before);
        desk.ignores(&command);
        let late = Command::AcceptInvitation { agent: agent("bob") };
        assert_eq!(desk.refuses(&late), Refusal::InvitationGone);
    }
}

#[test]
fn r049_who_leaves_does_not_end_it_and_the_owner_cannot_leave() {
    let remove = |name| Command::RemoveMember { agent: agent(name) };
    let mut desk = Desk::active("ann");
    desk.does(&add("ann", "bob"));
    desk.does(&consult(30, "bob", chat("cid")));
    assert_eq!(desk.refuses(&remove("ann")), Refusal::OwnerCannotLeave);
    desk.does(&remove("bob"));
    assert_eq!((desk.state(), desk.owner(), desk.held_by()), ("active", Some("ann"), vec!["ann".to_owned()]));
    assert!(desk.session().consults.is_empty(), "whom he had asked is not asked any more");
    desk.ignores(&remove("bob"));
}

#[test]
fn r049_a_member_may_become_owner_and_weighs_once() {
    let mut desk = Desk::active("ann");
    desk.does(&add("ann", "bob"));
    desk.does(&add("ann", "cid"));
    desk.does(&request("ann", "bob"));
    assert_eq!(desk.interaction.holdings().get("bob"), Some(&1));
    desk.does(&accept("bob"));
    assert_eq!((desk.owner(), desk.held_by()), (Some("bob"), vec!["bob".to_owned(), "cid".to_owned()]));
    assert!(!desk.session().members.contains("bob"));
}

#[test]
fn r049_a_conference_has_a_limit() {
    let mut desk = Desk::active("ann");
    for number in 0..Limits::MEMBERS {
        desk.does(&invite("ann", &format!("m{number}")));
    }
    let limit = Limits::MEMBERS;
    assert_eq!(desk.refuses(&invite("ann", "late")), Refusal::TooMany { limit });
    assert_eq!(desk.refuses(&add("ann", "late")), Refusal::TooMany { limit });
    // Those who are invited have a place already.
    desk.does(&add("ann", "m0"));
    desk.does(&Command::AcceptInvitation { agent: agent("m1") });
}

#[test]
fn r050_somebody_outside_is_consulted_by_voice() {
    let point: ContactPointId = id(4);
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", ConsultTarget::VoiceContact { point }));
    assert_eq!(desk.refuses(&join("bob")), Refusal::NotInvited);
    desk.does(&Command::ConsultAnswered { consult: id(30) });
    desk.ignores(&Command::ConsultAnswered { consult: id(30) });
    assert_eq!(desk.refuses(&complete("ann")), Refusal::NotAnAgent);
    desk.does(&Command::EndConsult { consult: id(30), by: None });
    assert!(desk.session().consults.is_empty());
}

#[test]
fn r050_an_agent_is_consulted_by_voice_and_answers_alone() {
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", ConsultTarget::VoiceAgent { agent: agent("bob") }));
    assert_eq!(desk.refuses(&Command::ConsultAnswered { consult: id(30) }), Refusal::NotInvited);
    desk.does(&join("bob"));
}

#[test]
fn r051_only_an_agent_can_be_asked_by_chat() {
    // By type: `ConsultTarget::Chat` has no other target. This is all that a client can send.
    let by_chat: Vec<ConsultTarget> =
        serde_json::from_str(r#"[{"chat":{"agent":"bob"}},{"voice_agent":{"agent":"bob"}}]"#).unwrap();
    assert!(by_chat.iter().all(|target| target.agent() == Some(&agent("bob"))));
    let point = r#"{"chat":{"point":"00000000-0000-7000-8000-000000000004"}}"#;
    assert!(serde_json::from_str::<ConsultTarget>(point).is_err());
}

#[test]
fn r052_a_warm_transfer_is_a_consult_that_is_completed() {
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", chat("bob")));
    assert_eq!(desk.held_by(), ["ann"], "a consult weighs nothing");
    assert_eq!(desk.refuses(&complete("ann")), Refusal::ConsultNotJoined);
    desk.does(&join("bob"));
    assert_eq!(desk.refuses(&complete("bob")), Refusal::NotOwner);
    desk.does(&complete("ann"));
    assert_eq!((desk.owner(), desk.held_by()), (Some("bob"), vec!["bob".to_owned()]));
    assert_eq!(desk.interaction.handover, Some(Handover::Consult(id(30))));
    desk.ignores(&complete("ann"));
    desk.ignores(&join("bob"));
    let end = |by| Command::EndConsult { consult: id(30), by };
    assert_eq!(desk.refuses(&end(Some(agent("ann")))), Refusal::ConsultGone);
    desk.ignores(&end(None));
}

#[test]
fn r052_a_consult_that_is_given_up_leaves_the_owner() {
    let end = |name: Option<&str>| Command::EndConsult { consult: id(30), by: name.map(agent) };
    for by in [Some("ann"), Some("bob"), None] {
        let mut desk = Desk::active("ann");
        desk.does(&consult(30, "ann", chat("bob")));
        desk.does(&join("bob"));
        assert_eq!(desk.refuses(&end(Some("cid"))), Refusal::NotAMember);
        desk.does(&end(by));
        desk.ignores(&end(by));
        assert_eq!(desk.refuses(&complete("ann")), Refusal::ConsultGone);
        assert_eq!(desk.owner(), Some("ann"));
    }
}

#[test]
fn r052_a_consult_that_nobody_answers_expires_and_one_that_was_answered_does_not() {
    let expire = Timer::Consult(id(30)).command();
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", chat("bob")));
    desk.ignores(&expire);
    desk.at(DEADLINE);
    assert_eq!(desk.refuses(&join("bob")), Refusal::ConsultGone);
    desk.does(&expire);
    assert!(desk.session().consults.is_empty());

    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", chat("bob")));
    desk.does(&join("bob"));
    assert!(desk.effects.contains(&Effect::CancelTimer { timer: Timer::Consult(id(30)) }));
    desk.at(DEADLINE).ignores(&expire);
}

#[test]
fn r052_a_consult_cannot_be_completed_while_it_is_being_handed_to_another() {
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", chat("bob")));
    desk.does(&join("bob"));
    desk.does(&request("ann", "cid"));
    assert_eq!(desk.refuses(&complete("ann")), Refusal::TransferPending);
}

#[test]
fn r052_a_member_consults_but_only_the_owner_hands_over_and_not_to_themselves() {
    let mut desk = Desk::active("ann");
    assert_eq!(desk.refuses(&consult(30, "bob", chat("cid"))), Refusal::NotAMember);
    assert_eq!(desk.refuses(&consult(30, "ann", chat("ann"))), Refusal::SelfConsult);
    desk.does(&add("ann", "bob"));
    desk.does(&consult(30, "bob", chat("ann")));
    desk.does(&join("ann"));
    assert_eq!(desk.refuses(&complete("bob")), Refusal::NotOwner);
    assert_eq!(desk.refuses(&complete("ann")), Refusal::SelfTransfer);
}

#[test]
fn consults_have_a_limit() {
    let mut desk = Desk::active("ann");
    for number in 0..Limits::CONSULTS {
        desk.does(&consult(30 + u32::try_from(number).unwrap(), "ann", chat("bob")));
    }
    desk.ignores(&consult(30, "ann", chat("bob")));
    let limit = Limits::CONSULTS;
    assert_eq!(desk.refuses(&consult(99, "ann", chat("bob"))), Refusal::TooMany { limit });
}

#[test]
fn a_supervisor_watches_and_only_after_barging_in_writes_to_the_contact() {
    let watch = |name: &str, mode| Command::Supervise { agent: agent(name), mode };
    let wrote = Command::AgentWrote { agent: agent("sue") };
    assert_eq!(Desk::inbound().refuses(&watch("sue", Supervision::Monitor)), Refusal::NotTaken);
    let mut desk = Desk::active("ann");
    assert_eq!(desk.refuses(&watch("ann", Supervision::Monitor)), Refusal::TakesPart);
    for mode in [Supervision::Monitor, Supervision::Whisper] {
        desk.does(&watch("sue", mode));
        desk.ignores(&watch("sue", mode));
        assert_eq!(desk.refuses(&wrote), Refusal::NotAMember);
        assert_eq!(desk.held_by(), ["ann"], "watching weighs nothing");
    }
    desk.does(&watch("sue", Supervision::Barge));
    desk.does(&wrote);
    desk.does(&Command::StopSupervising { agent: agent("sue") });
    desk.ignores(&Command::StopSupervising { agent: agent("sue") });
}

#[test]
fn supervisors_stay_through_a_transfer_and_become_members_by_joining() {
    let mut desk = Desk::active("ann");
    for name in ["sue", "sam", "bob"] {
        desk.does(&Command::Supervise { agent: agent(name), mode: Supervision::Monitor });
    }
    desk.does(&request("ann", "bob"));
    desk.does(&accept("bob"));
    desk.does(&add("bob", "sue"));
    let session = desk.session();
    assert_eq!(session.supervisors.keys().map(AgentName::as_str).collect::<Vec<_>>(), ["sam"]);
    assert!(session.takes_part(&agent("sue")));
}

#[test]
fn supervision_has_a_limit() {
    let watch = |name: String| Command::Supervise { agent: agent(&name), mode: Supervision::Monitor };
    let mut desk = Desk::active("ann");
    for number in 0..Limits::SUPERVISORS {
        desk.does(&watch(format!("s{number}")));
    }
    let limit = Limits::SUPERVISORS;
    assert_eq!(desk.refuses(&watch("late".to_owned())), Refusal::TooMany { limit });
    desk.does(&Command::Supervise { agent: agent("s0"), mode: Supervision::Barge });
}

#[test]
fn r049_an_invitation_is_gone_with_its_time_even_before_the_timer() {
    let mut desk = Desk::active("ann");
    desk.does(&invite("ann", "bob"));
    let joins = Command::AcceptInvitation { agent: agent("bob") };
    assert_eq!(desk.at(DEADLINE).refuses(&joins), Refusal::InvitationGone);
    assert_eq!(desk.held_by(), ["ann", "bob"], "until the timer says so to everybody");
    desk.does(&Timer::Invitation(agent("bob")).command());
    assert_eq!(desk.held_by(), ["ann"]);
}

#[test]
fn r050_a_consult_is_gone_with_its_time_even_before_the_timer() {
    let mut desk = Desk::active("ann");
    desk.does(&consult(30, "ann", chat("bob")));
    assert_eq!(desk.at(DEADLINE).refuses(&join("bob")), Refusal::ConsultGone);
    desk.does(&Timer::Consult(id(30)).command());
    assert_eq!(desk.refuses(&join("bob")), Refusal::ConsultGone, "and after it");
    desk.at(DEADLINE - 1).does(&consult(31, "ann", ConsultTarget::VoiceContact { point: id(4) }));
    let answered = Command::ConsultAnswered { consult: id(31) };
    assert_eq!(desk.at(DEADLINE).refuses(&answered), Refusal::ConsultGone);
}

#[test]
fn r048_the_new_owner_has_it_from_the_moment_of_taking_it() {
    let mut desk = Desk::active("ann");
    desk.does(&request("ann", "bob"));
    desk.at(5).does(&accept("bob"));
    assert_eq!(desk.session().since, at(5));
}

#[test]
fn r052_who_asked_who_was_asked_and_the_owner_may_end_a_consult() {
    for ends in ["ann", "bob", "cid"] {
        let mut desk = Desk::active("ann");
        desk.does(&add("ann", "bob"));
        desk.does(&consult(30, "bob", chat("cid")));
        let end = |by: &str| Command::EndConsult { consult: id(30), by: Some(agent(by)) };
        assert_eq!(desk.refuses(&end("dan")), Refusal::NotAMember);
        desk.does(&end(ends));
        assert!(desk.session().consults.is_empty(), "{ends}");
    }
}

#[test]
fn what_is_given_back_to_the_queue_is_nobodys_by_an_earlier_change_of_hands() {
    let mut desk = Desk::active("ann");
    assert_eq!(desk.interaction.handover, Some(Handover::Offer(id(1))));
    desk.does(&Command::Park { agent: agent("ann") });
    desk.does(&Command::Unpark { agent: agent("ann"), room: false });
    assert_eq!(desk.interaction.handover, None);
}
