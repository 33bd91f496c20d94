use parlor_interaction::{Command, Effect, Event, GoneReason, Origin, Refusal, State, Timer};
use parlor_model::MediaClass;

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id};

fn accept(offer: u32, name: &str) -> Command {
    Command::Accept { offer: id(offer), agent: agent(name) }
}

fn decline(offer: u32, name: &str) -> Command {
    Command::Decline { offer: id(offer), agent: agent(name) }
}

const fn gone(reason: GoneReason) -> Refusal {
    Refusal::OfferGone { reason }
}

#[test]
fn r006_auto_answer_makes_it_active_without_an_accept() {
    let mut desk = Desk::inbound();
    let auto = Command::Offer { offer: id(1), agent: agent("ann"), expires_at: at(DEADLINE), auto: true };
    let events = desk.does(&auto);
    assert_eq!(desk.state(), "active");
    assert!(matches!(&events[..], [Event::Offered { auto: true, .. }, Event::Accepted { .. }]), "{events:?}");
    let hold = Effect::Hold { agent: agent("ann"), class: MediaClass::Live, weight: 1 };
    assert_eq!(
        desk.effects,
        [hold, Effect::LeaveQueue],
        "no timer is set for an offer that nobody has to answer"
    );
}

#[test]
fn r007_accept_opens_it_once() {
    let mut desk = Desk::inbound();
    desk.offer(1, "ann");
    assert_eq!(desk.refuses(&accept(1, "bob")), gone(GoneReason::Taken));
    desk.does(&accept(1, "ann"));
    assert_eq!(desk.owner(), Some("ann"));
    let version = desk.interaction.version;
    desk.ignores(&accept(1, "ann"));
    assert_eq!(desk.refuses(&accept(1, "bob")), gone(GoneReason::Taken));
    assert_eq!(desk.refuses(&accept(2, "bob")), gone(GoneReason::Taken));
    assert_eq!(desk.interaction.version, version);
}

#[test]
fn r007_the_winner_may_repeat_the_accept_even_after_the_end() {
    let mut desk = Desk::ended("ann");
    desk.ignores(&accept(1, "ann"));
    desk.does(&Command::MarkDone { by: parlor_interaction::Actor::System });
    desk.ignores(&accept(1, "ann"));
    assert_eq!(desk.refuses(&accept(1, "bob")), gone(GoneReason::Taken));
}

#[test]
fn r008_an_unanswered_offer_goes_back_with_its_old_place_in_the_queue() {
    let mut desk = Desk::inbound();
    desk.at(5);
    let short = Command::Offer { offer: id(1), agent: agent("ann"), expires_at: at(25), auto: false };
    desk.does(&short);
    assert_eq!(desk.effects.len(), 3, "{:?}", desk.effects);
    assert!(desk.effects.contains(&Effect::SetTimer { timer: Timer::Offer(id(1)), at: at(25) }));
    assert_eq!(desk.held_by(), ["ann"]);

    desk.at(24).ignores(&Command::Expire { offer: id(1) });
    desk.at(25);
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Expired), "too late, even before the timer");
    desk.does(&Command::Expire { offer: id(1) });
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!(queued.since, at(0));
    assert_eq!(queued.passed.get("ann"), Some(&at(25)));
    assert!(desk.held_by().is_empty());
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Expired));
    desk.ignores(&Command::Expire { offer: id(1) });

    desk.offer(2, "bob");
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Expired), "while it is offered to another");
    desk.does(&accept(2, "bob"));
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Taken));
}

#[test]
fn r008_a_declined_offer_goes_back_with_its_old_place_in_the_queue() {
    let mut desk = Desk::inbound();
    desk.at(5).offer(1, "ann");
    assert_eq!(desk.refuses(&decline(1, "bob")), gone(GoneReason::Taken));
    desk.at(7).does(&decline(1, "ann"));
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((queued.since, queued.passed.get("ann")), (at(0), Some(&at(7))));
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Declined));
    desk.ignores(&decline(1, "ann"));
}

#[test]
fn r008_a_withdrawn_offer_was_not_let_pass() {
    let mut desk = Desk::inbound();
    desk.at(5).offer(1, "ann");
    desk.does(&Command::Withdraw { offer: id(1) });
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    assert_eq!((queued.since, queued.passed.len()), (at(0), 0));
    assert_eq!(desk.refuses(&accept(1, "ann")), gone(GoneReason::Withdrawn));
    assert_eq!(
        desk.refuses(&accept(9, "bob")),
        gone(GoneReason::Withdrawn),
        "an offer that nobody remembers"
    );
}

#[test]
fn r008_who_accepted_cannot_decline_any_more() {
    let mut desk = Desk::active("ann");
    assert_eq!(desk.refuses(&decline(1, "ann")), gone(GoneReason::Taken));
    desk.ignores(&decline(1, "bob"));
}

#[test]
fn r008_a_reoffer_keeps_everyone_who_passed_in_mind() {
    let mut desk = Desk::inbound();
    desk.at(1).offer(1, "ann");
    desk.does(&decline(1, "ann"));
    desk.at(2).offer(2, "bob");
    desk.does(&decline(2, "bob"));
    desk.at(3).offer(3, "ann");
    desk.does(&decline(3, "ann"));
    let State::Queued(queued) = &desk.interaction.state else { panic!("{}", desk.state()) };
    let passed: Vec<_> = queued.passed.iter().map(|(agent, when)| (agent.as_str(), *when)).collect();
    assert_eq!(passed, [("ann", at(3)), ("bob", at(2))]);
}

#[test]
fn an_agent_picks_from_the_queue_only_what_nobody_is_asked_about() {
    let pull = |name| Command::Pull { agent: agent(name) };
    let mut desk = Desk::inbound();
    desk.offer(1, "ann");
    assert_eq!(desk.refuses(&pull("bob")), Refusal::AlreadyOffered);
    desk.does(&decline(1, "ann"));
    desk.does(&pull("bob"));
    assert_eq!(desk.owner(), Some("bob"));
    desk.ignores(&pull("bob"));
    assert_eq!(desk.refuses(&pull("ann")), Refusal::AlreadyTaken);
}

#[test]
fn one_offer_at_a_time() {
    let offer = |number, name| Command::Offer {
        offer: id(number),
        agent: agent(name),
        expires_at: at(DEADLINE),
        auto: false,
    };
    let mut desk = Desk::inbound();
    desk.does(&offer(1, "ann"));
    desk.ignores(&offer(1, "ann"));
    assert_eq!(desk.refuses(&offer(2, "bob")), Refusal::AlreadyOffered);
    desk.does(&accept(1, "ann"));
    desk.ignores(&offer(1, "ann"));
    assert_eq!(desk.refuses(&offer(2, "bob")), Refusal::AlreadyTaken);
}

#[test]
fn r014_what_an_agent_begins_is_theirs_without_an_offer() {
    let desk = Desk::outbound("ann");
    assert_eq!(desk.owner(), Some("ann"));
    assert_eq!(desk.interaction.origin, Origin::Outbound { agent: agent("ann") });
    assert_eq!(desk.effects, [Effect::Hold { agent: agent("ann"), class: MediaClass::Live, weight: 1 }]);
    assert_eq!(desk.journal.len(), 1);
}

#[test]
fn the_epoch_counts_changes_of_hands() {
    let mut desk = Desk::inbound();
    let mut epochs = vec![desk.interaction.epoch];
    desk.offer(1, "ann");
    epochs.push(desk.interaction.epoch);
    desk.does(&accept(1, "ann"));
    epochs.push(desk.interaction.epoch);
    desk.does(&Command::AgentWrote { agent: agent("ann") });
    epochs.push(desk.interaction.epoch);
    assert_eq!(epochs, [1, 2, 3, 3]);
    assert_eq!(desk.interaction.version, 4);
}
