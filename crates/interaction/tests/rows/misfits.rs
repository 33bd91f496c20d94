//! Events that cannot have happened where a journal says that they did.

use parlor_interaction::{
    Actor, CaseValue, Command, DispositionCode, EndedBy, Event, Outcome, ReactivatedBy, Recorded,
};
use parlor_model::Label;

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id, queue};

fn refuses(desk: &Desk, event: Event) {
    let recorded = Recorded { at: at(50), event };
    let applied = desk.interaction.apply(&recorded);
    assert!(applied.is_err(), "{:?} while {}", recorded.event, desk.state());
}

#[test]
fn an_event_that_cannot_have_happened_is_an_error_and_not_a_guess() {
    let ended = Event::Ended { by: EndedBy::System, outcome: Outcome::Handled, holds: 0, done_at: None };
    let moved = Event::TransferredToQueue { transfer: id(20), by: agent("ann"), queue: queue("billing") };
    let accepted = |offer| Event::Accepted { offer: id(offer), agent: agent("ann") };
    let coded =
        Event::DispositionSet { agent: agent("ann"), code: DispositionCode::new("resolved").unwrap() };
    let value = Some(CaseValue::new("17").unwrap());
    let noted = Event::CaseDataSet { agent: agent("ann"), key: Label::new("order").unwrap(), value };

    let waiting = Desk::inbound();
    for event in [
        accepted(1),
        Event::AgentWrote { agent: agent("ann") },
        Event::Reactivated { by: ReactivatedBy::Contact },
        moved.clone(),
        Event::MarkedDone { by: Actor::System },
    ] {
        refuses(&waiting, event);
    }

    let mut asked = Desk::inbound();
    asked.offer(1, "ann");
    refuses(&asked, accepted(2));
    refuses(&asked, Event::Accepted { offer: id(1), agent: agent("bob") });
    refuses(&asked, Event::Pulled { agent: agent("bob") });

    let mut active = Desk::active("ann");
    refuses(&active, accepted(1));
    refuses(&active, Event::Pulled { agent: agent("ann") });
    refuses(&active, Event::Reactivated { by: ReactivatedBy::Agent(agent("ann")) });
    active.does(&Command::RequestTransfer {
        transfer: id(20),
        by: agent("ann"),
        target: parlor_interaction::TransferTarget::Agent(agent("bob")),
        expires_at: at(DEADLINE),
    });
    refuses(&active, Event::TransferExpired { transfer: id(21) });

    let mut over = Desk::ended("ann");
    for event in
        [Event::ContactWrote, Event::AgentWrote { agent: agent("ann") }, ended.clone(), moved.clone()]
    {
        refuses(&over, event);
    }
    over.does(&Command::MarkDone { by: Actor::System });
    for event in [Event::ContactWrote, ended, moved, coded, noted, Event::MarkedDone { by: Actor::System }] {
        refuses(&over, event);
    }
}
