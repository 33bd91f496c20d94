use parlor_interaction::{
    Actor, Command, Effect, EndedBy, Event, GoneReason, Interaction, Origin, ReactivatedBy, Refusal, Start,
    State,
};
use parlor_model::MediaClass;

use crate::desk::Desk;
use crate::support::{agent, at, id, start};

fn writes(name: &str) -> Command {
    Command::AgentWrote { agent: agent(name) }
}

#[test]
fn r023_going_on_after_the_end_can_be_switched_off() {
    let mut desk = Desk::ended("ann");
    desk.policy.async_enabled = false;
    assert_eq!(desk.refuses(&writes("ann")), Refusal::AsyncDisabled);
    assert_eq!(desk.refuses(&Command::ContactWrote), Refusal::AsyncDisabled);
    desk.policy.disposition_mandatory = true;
    // What the engine does with the contact's message: it closes this one by rule, and starts a new one.
    desk.does(&Command::MarkDone { by: Actor::System });
}

#[test]
fn r025_an_agent_who_writes_after_the_end_reactivates_the_same_interaction() {
    let mut desk = Desk::ended("ann");
    let before = desk.interaction.clone();
    let events = desk.at(9).does(&writes("ann"));
    assert_eq!(events, [Event::Reactivated { by: ReactivatedBy::Agent(agent("ann")) }]);
    let now = &desk.interaction;
    assert_eq!((now.id, now.thread), (before.id, before.thread));
    assert_eq!((before.segment, now.segment), (1, 2));
    assert_eq!((desk.owner(), desk.session().since), (Some("ann"), at(9)));
    assert_eq!(desk.effects, [], "it weighed on her all the time");
    desk.ignores(&writes("ann"));
}

#[test]
fn r025_a_message_of_the_contact_queues_the_same_interaction_and_prefers_the_last_owner() {
    let mut desk = Desk::ended("ann");
    desk.at(9).does(&Command::ContactWrote);
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((queued.since, &queued.preferred), (at(9), &Some(agent("ann"))));
    assert_eq!((desk.interaction.id, desk.interaction.segment), (id(1), 2));
    let released = Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight: 1 };
    assert_eq!(desk.effects, [released, Effect::EnterQueue]);
    desk.ignores(&Command::ContactWrote);
    // Preferred, not forced.
    desk.offer(2, "bob");
    desk.does(&Command::Accept { offer: id(2), agent: agent("bob") });
    assert_eq!((desk.owner(), desk.interaction.segment), (Some("bob"), 2));
}

#[test]
fn r025_the_accept_of_an_earlier_session_counts_for_nothing() {
    let mut desk = Desk::ended("ann");
    desk.does(&Command::ContactWrote);
    let stale = Command::Accept { offer: id(1), agent: agent("ann") };
    let gone = Refusal::OfferGone { reason: GoneReason::Withdrawn };
    assert_eq!(desk.refuses(&stale), gone);
    desk.offer(2, "bob");
    assert_eq!(desk.refuses(&stale), gone);
    desk.does(&Command::End { by: EndedBy::Contact });
    assert_eq!(desk.refuses(&stale), gone, "nobody had it when it ended");
}

#[test]
fn r026_what_goes_on_after_done_is_a_new_interaction() {
    let mut desk = Desk::ended("ann");
    desk.does(&Command::MarkDone { by: Actor::Agent(agent("ann")) });
    let old = desk.interaction.clone();
    assert_eq!(desk.refuses(&writes("ann")), Refusal::AlreadyDone);
    let again = Start { id: id(50), ..start(Origin::Outbound { agent: agent("ann") }, 1) };
    let new = Interaction::start(again, at(20)).interaction;
    assert_ne!(new.id, old.id);
    assert_eq!(new.thread, old.thread);
    assert_eq!(desk.interaction, old);
}

#[test]
fn r026_a_new_interaction_may_prefer_somebody() {
    let start = Start { preferred: Some(agent("ann")), ..start(Origin::Inbound, 1) };
    let State::Queued(queued) = Interaction::start(start, at(0)).interaction.state else {
        panic!("not queued")
    };
    assert_eq!(queued.preferred, Some(agent("ann")));
}

#[test]
fn r028_any_agent_may_go_on_after_the_end() {
    let mut desk = Desk::ended("ann");
    desk.does(&writes("bob"));
    assert_eq!((desk.owner(), desk.held_by()), (Some("bob"), vec!["bob".to_owned()]));
    assert_eq!(
        desk.effects,
        [
            Effect::Release { agent: agent("ann"), class: MediaClass::Live, weight: 1 },
            Effect::Hold { agent: agent("bob"), class: MediaClass::Live, weight: 1 },
        ]
    );
    let mut desk = Desk::active("ann");
    desk.does(&Command::End { by: EndedBy::Contact });
    desk.does(&writes("bob"));
    assert_eq!(desk.owner(), Some("bob"));
}
