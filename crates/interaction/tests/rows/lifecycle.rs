use std::time::Duration;

use parlor_interaction::{
    Actor, Command, DispositionCode, Effect, EndedBy, EndedHolds, Event, Interaction, Outcome, Policy,
    Refusal, State, StateName, Timer,
};
use parlor_model::{AgentName, MediaClass};

use crate::desk::Desk;
use crate::support::{agent, at, id};

fn end_by(name: &str) -> Command {
    Command::End { by: EndedBy::Agent(agent(name)) }
}

fn done_by(name: &str) -> Command {
    Command::MarkDone { by: Actor::Agent(agent(name)) }
}

const CONTACT_LEAVES: Command = Command::End { by: EndedBy::Contact };

fn disposition(name: &str, code: &str) -> Command {
    Command::SetDisposition { agent: agent(name), code: DispositionCode::new(code).unwrap() }
}

#[test]
fn r017_an_interaction_goes_from_the_queue_to_done() {
    let mut desk = Desk::ended("ann");
    desk.does(&done_by("ann"));
    let names: Vec<_> = desk.journal.iter().map(|recorded| recorded.event.name().as_str()).collect();
    assert_eq!(names, ["started", "offered", "accepted", "ended", "marked_done"]);
    assert_eq!(Interaction::replay(&desk.journal).as_ref(), Ok(&desk.interaction));
}

#[test]
fn r018_the_agent_ends_it_and_then_marks_it_done() {
    let mut desk = Desk::inbound();
    assert_eq!(desk.refuses(&done_by("ann")), Refusal::MustEndFirst);
    let mut desk = Desk::active("ann");
    assert_eq!(desk.refuses(&done_by("ann")), Refusal::MustEndFirst);
    assert_eq!(desk.refuses(&end_by("bob")), Refusal::NotOwner);
    desk.does(&end_by("ann"));
    assert_eq!(desk.state(), "ended");
    desk.ignores(&end_by("ann"));
    assert_eq!(desk.refuses(&done_by("bob")), Refusal::NotOwner);
    desk.does(&done_by("ann"));
    assert_eq!(desk.state(), "done");
    desk.ignores(&done_by("ann"));
}

#[test]
fn r018_nobody_ends_what_nobody_has() {
    assert_eq!(Desk::inbound().refuses(&end_by("ann")), Refusal::NotTaken);
}

#[test]
fn r018_a_supervisor_closes_it_for_the_last_owner() {
    let mut desk = Desk::ended("ann");
    desk.policy.disposition_mandatory = true;
    let close = Command::MarkDone { by: Actor::Supervisor(agent("sue")) };
    assert_eq!(desk.refuses(&close), Refusal::DispositionRequired);
    desk.policy.disposition_mandatory = false;
    desk.does(&close);
    assert_eq!(desk.state(), "done");
}

#[test]
fn r019_the_contact_ends_it_too() {
    let mut desk = Desk::active("ann");
    desk.at(5).does(&CONTACT_LEAVES);
    let State::Ended(ended) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((&ended.by, ended.at, ended.outcome), (&EndedBy::Contact, at(5), Outcome::Handled));
    assert_eq!(desk.interaction.last_owner, Some(agent("ann")));
    desk.ignores(&CONTACT_LEAVES);
}

#[test]
fn a_contact_who_leaves_before_anybody_came_has_abandoned_it() {
    for offered in [false, true] {
        let mut desk = Desk::inbound();
        if offered {
            desk.offer(1, "ann");
        }
        let events = desk.at(9).does(&CONTACT_LEAVES);
        assert!(
            matches!(&events[..], [Event::Ended { .. }, Event::MarkedDone { by: Actor::System }]),
            "{events:?}"
        );
        let State::Done(done) = &desk.interaction.state else { panic!("{}", desk.state()) };
        assert_eq!((done.outcome, done.ended_at), (Outcome::Abandoned, at(9)));
        assert!(desk.held_by().is_empty());
        assert_eq!(desk.effects.contains(&Effect::LeaveQueue), !offered);
        assert_eq!(desk.effects.contains(&Effect::CancelTimer { timer: Timer::Offer(id(1)) }), offered);
    }
}

#[test]
fn an_abandoned_interaction_stays_for_anybody_where_the_policy_says_so() {
    let mut desk = Desk::inbound();
    desk.policy.auto_done_abandoned = false;
    desk.does(&CONTACT_LEAVES);
    assert_eq!(desk.state(), "ended");
    assert!(desk.held_by().is_empty());
    desk.does(&disposition("bob", "spam"));
    desk.does(&done_by("cid"));
}

#[test]
fn r020_there_is_one_done_and_it_is_not_ended() {
    let named_done = StateName::ALL.iter().filter(|name| name.as_str().contains("done")).count();
    assert_eq!((named_done, StateName::ALL.len()), (1, 5));
    let mut desk = Desk::ended("ann");
    assert!(desk.interaction.is_open());
    desk.does(&done_by("ann"));
    assert!(!desk.interaction.is_open());
}

#[test]
fn r020_done_never_changes() {
    let mut desk = Desk::ended("ann");
    desk.does(&done_by("ann"));
    let closed = desk.interaction.clone();
    assert_eq!(desk.refuses(&Command::ContactWrote), Refusal::AlreadyDone);
    assert_eq!(desk.refuses(&Command::AgentWrote { agent: agent("ann") }), Refusal::AlreadyDone);
    assert_eq!(desk.refuses(&disposition("ann", "late")), Refusal::AlreadyDone);
    assert_eq!(desk.refuses(&Command::Pull { agent: agent("bob") }), Refusal::AlreadyDone);
    desk.ignores(&CONTACT_LEAVES);
    desk.ignores(&Command::AutoDone);
    assert_eq!(desk.interaction, closed);
}

#[test]
fn r021_an_ended_interaction_may_stay_open_as_long_as_it_likes() {
    let mut desk = Desk::ended("ann");
    assert!(desk.interaction.timers().is_empty());
    desk.at(72 * 3_600).ignores(&Command::AutoDone);
    desk.does(&disposition("ann", "resolved"));
    assert_eq!(desk.state(), "ended");
}

#[test]
fn r022_it_closes_by_itself_when_the_policy_says_so() {
    let mut desk = Desk::active("ann");
    desk.policy.auto_done = Some(Duration::from_mins(10));
    desk.policy.disposition_mandatory = true;
    desk.at(100).does(&end_by("ann"));
    assert!(desk.effects.contains(&Effect::SetTimer { timer: Timer::AutoDone, at: at(700) }));
    desk.at(699).ignores(&Timer::AutoDone.command());
    desk.at(700).does(&Timer::AutoDone.command());
    let State::Done(done) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((&done.by, done.at), (&Actor::System, at(700)));
}

#[test]
fn r022_a_reactivation_stops_the_clock_and_the_next_end_starts_it_anew() {
    let mut desk = Desk::active("ann");
    desk.policy.auto_done = Some(Duration::from_mins(10));
    desk.at(100).does(&end_by("ann"));
    desk.at(600).does(&Command::AgentWrote { agent: agent("ann") });
    assert!(desk.effects.contains(&Effect::CancelTimer { timer: Timer::AutoDone }));
    desk.at(650).does(&end_by("ann"));
    desk.at(700).ignores(&Timer::AutoDone.command());
    desk.at(1_250).does(&Timer::AutoDone.command());
}

#[test]
fn r013_an_ended_interaction_weighs_what_the_policy_said_at_its_end() {
    for (holds, weight, left) in [
        (EndedHolds::Full, 3, Some(3)),
        (EndedHolds::Half, 3, Some(2)),
        (EndedHolds::Half, 1, Some(1)),
        (EndedHolds::Zero, 3, None),
    ] {
        let mut desk = Desk::active("ann");
        desk.interaction.weight = weight;
        desk.policy.ended_holds = holds;
        desk.does(&end_by("ann"));
        assert_eq!(desk.interaction.holdings().get("ann").copied(), left, "{holds:?} of {weight}");
        let released = weight - left.unwrap_or(0);
        let expected = Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight: released };
        assert_eq!(desk.effects.contains(&expected), released > 0);

        // Another policy later on changes nothing: what is held is given back, not more and not less.
        desk.policy = Policy { ended_holds: EndedHolds::Full, ..Policy::default() };
        desk.does(&done_by("ann"));
        let given_back: Vec<_> = desk.effects.clone();
        let expected =
            left.map(|weight| Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight });
        assert_eq!(given_back, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn r030_a_disposition_can_be_required_before_done() {
    let mut desk = Desk::ended("ann");
    desk.policy.disposition_mandatory = true;
    assert_eq!(desk.refuses(&done_by("ann")), Refusal::DispositionRequired);
    assert_eq!(desk.refuses(&disposition("bob", "resolved")), Refusal::NotOwner);
    desk.does(&disposition("ann", "resolved"));
    desk.ignores(&disposition("ann", "resolved"));
    desk.does(&disposition("ann", "spam"));
    assert_eq!(desk.interaction.disposition.as_ref().map(DispositionCode::as_str), Some("spam"));
    desk.does(&done_by("ann"));
    desk.ignores(&disposition("ann", "spam"));
}

#[test]
fn r030_whoever_takes_part_may_set_the_disposition() {
    let mut desk = Desk::inbound();
    assert_eq!(desk.refuses(&disposition("ann", "resolved")), Refusal::NotTaken);
    let mut desk = Desk::active("ann");
    desk.does(&disposition("ann", "resolved"));
    assert_eq!(desk.refuses(&disposition("bob", "spam")), Refusal::NotAMember);
    desk.does(&Command::AddMember { by: agent("ann"), agent: agent("bob") });
    desk.does(&disposition("bob", "spam"));
}

#[test]
fn a_refusal_says_where_what_and_why() {
    let mut desk = Desk::active("ann");
    desk.refuses(&done_by("ann"));
    let cx = parlor_interaction::Context { now: desk.now, policy: &desk.policy };
    let error = desk.interaction.handle(&done_by("ann"), cx).unwrap_err();
    assert_eq!(error.to_string(), "mark_done is refused while active: it has to be ended first");
    assert_eq!(error.refusal.as_str(), "must_end_first");
    assert_eq!(desk.interaction.owner().map(AgentName::as_str), Some("ann"));
}
