//! The case information (r32) and what a classification asks for (r10): kept with the interaction.

use std::collections::BTreeMap;

use parlor_interaction::{
    Actor, CaseLimits, CaseValue, CaseValueError, Command, EndedBy, Event, Interaction, Origin, Policy,
    Refusal, Start, TransferTarget,
};
use parlor_model::{Label, Needs, SkillName};

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id, queue, start};

fn key(name: &str) -> Label {
    Label::new(name).unwrap()
}

fn set(name: &str, entry: &str, value: &str) -> Command {
    Command::SetCaseData { agent: agent(name), key: key(entry), value: Some(CaseValue::new(value).unwrap()) }
}

fn entries(desk: &Desk) -> Vec<(&str, &str)> {
    desk.interaction.case.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[test]
fn r32_case_information_is_set_changed_and_taken_away() {
    let mut desk = Desk::active("ann");
    desk.does(&set("ann", "order", "17"));
    desk.does(&set("ann", "city", "Lyon"));
    assert_eq!(entries(&desk), [("city", "Lyon"), ("order", "17")]);
    desk.ignores(&set("ann", "order", "17"));
    desk.does(&set("ann", "order", "18"));
    let away = Command::SetCaseData { agent: agent("ann"), key: key("city"), value: None };
    assert_eq!(desk.does(&away), [Event::CaseDataSet { agent: agent("ann"), key: key("city"), value: None }]);
    desk.ignores(&away);
    assert_eq!(entries(&desk), [("order", "18")]);
    assert_eq!(desk.effects, []);
}

#[test]
fn r32_case_information_survives_transfers_and_reactivation() {
    let mut desk = Desk::active("ann");
    desk.does(&set("ann", "order", "17"));
    let to_bob = TransferTarget::Agent(agent("bob"));
    desk.does(&Command::RequestTransfer {
        transfer: id(20),
        by: agent("ann"),
        target: to_bob,
        expires_at: at(DEADLINE),
    });
    desk.does(&Command::AcceptTransfer { transfer: id(20), agent: agent("bob") });
    assert_eq!(desk.refuses(&set("ann", "order", "18")), Refusal::NotAMember);
    desk.does(&set("bob", "order", "18"));
    let billing = TransferTarget::Queue(queue("billing"));
    desk.does(&Command::RequestTransfer {
        transfer: id(21),
        by: agent("bob"),
        target: billing,
        expires_at: at(DEADLINE),
    });
    assert_eq!(desk.refuses(&set("bob", "order", "19")), Refusal::NotTaken);
    desk.does(&Command::Pull { agent: agent("cid") });
    desk.does(&Command::End { by: EndedBy::Contact });
    desk.does(&set("cid", "order", "19"));
    assert_eq!(desk.refuses(&set("bob", "order", "20")), Refusal::NotOwner);
    desk.does(&Command::ContactWrote);
    assert_eq!(entries(&desk), [("order", "19")]);
    assert_eq!(Interaction::replay(&desk.journal).unwrap(), desk.interaction);
}

#[test]
fn r32_case_information_is_closed_with_the_work() {
    let mut desk = Desk::ended("ann");
    desk.does(&set("ann", "order", "17"));
    desk.does(&Command::MarkDone { by: Actor::Agent(agent("ann")) });
    desk.ignores(&set("ann", "order", "17"));
    assert_eq!(desk.refuses(&set("ann", "order", "18")), Refusal::AlreadyDone);
    assert_eq!(entries(&desk), [("order", "17")]);
}

#[test]
fn r32_who_may_change_case_information_is_a_policy() {
    let mut desk = Desk::active("ann");
    desk.policy = Policy { case_editable: false, ..Policy::default() };
    assert_eq!(desk.refuses(&set("ann", "order", "17")), Refusal::CaseReadOnly);
    assert_eq!(desk.refuses(&set("bob", "order", "17")), Refusal::NotAMember);
}

#[test]
fn r32_case_information_is_bounded() {
    let mut desk = Desk::active("ann");
    for number in 0..CaseLimits::ENTRIES {
        desk.does(&set("ann", &format!("k{number}"), "v"));
    }
    let limit = CaseLimits::ENTRIES;
    assert_eq!(desk.refuses(&set("ann", "more", "v")), Refusal::TooMany { limit });
    desk.does(&set("ann", "k0", "an entry that is there may change"));

    let mut desk = Desk::active("ann");
    // Keys of two bytes: eight such entries are the limit exactly.
    let value = "v".repeat(CaseLimits::TOTAL_BYTES / 8 - 2);
    for number in 0..8 {
        desk.does(&set("ann", &format!("k{number}"), &value));
    }
    let limit = CaseLimits::TOTAL_BYTES;
    assert_eq!(desk.refuses(&set("ann", "a", "v")), Refusal::CaseTooLarge { limit });
    assert_eq!(desk.refuses(&set("ann", "k0", &format!("{value}v"))), Refusal::CaseTooLarge { limit });
    desk.does(&set("ann", "k0", "v"));
    desk.does(&set("ann", "a", "v"));

    assert_eq!(CaseValue::new(" "), Err(CaseValueError::Empty));
    assert!(CaseValue::new("v".repeat(CaseLimits::VALUE_BYTES)).is_ok());
    let bytes = CaseLimits::VALUE_BYTES + 1;
    assert_eq!(CaseValue::new("v".repeat(bytes)), Err(CaseValueError::TooLong { bytes }));
    assert_eq!(CaseValue::new("a\0b").unwrap().as_str(), "a\u{FFFD}b");
}

#[test]
fn what_is_said_about_a_case_does_not_show_in_debug_output() {
    assert!(!format!("{:?}", set("ann", "card", "4111")).contains("4111"));
}

#[test]
fn r10_what_a_classification_asked_for_stays_with_the_interaction() {
    let needs = Needs {
        skills: BTreeMap::from([(SkillName::new("calming").unwrap(), 2)]),
        priority: 10,
        attributes: BTreeMap::from([(key("sentiment"), key("negative"))]),
    };
    let started = Interaction::start(Start { needs: needs.clone(), ..start(Origin::Inbound, 1) }, at(0));
    assert_eq!(started.interaction.needs, needs);
    let mut desk = Desk { interaction: started.interaction, journal: started.events, ..Desk::inbound() };
    desk.does(&Command::Pull { agent: agent("ann") });
    let billing = TransferTarget::Queue(queue("billing"));
    desk.does(&Command::RequestTransfer {
        transfer: id(21),
        by: agent("ann"),
        target: billing,
        expires_at: at(DEADLINE),
    });
    assert_eq!(desk.interaction.needs, needs);
    assert_eq!(Interaction::replay(&desk.journal).unwrap(), desk.interaction);
}
