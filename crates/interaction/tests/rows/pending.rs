use parlor_interaction::{Command, EndedBy, Supervision, TransferTarget};

use crate::desk::{DEADLINE, Desk};
use crate::support::{agent, at, id, queue};

fn writes(name: &str) -> Command {
    Command::AgentWrote { agent: agent(name) }
}

fn pending(desk: &Desk) -> Option<parlor_model::Timestamp> {
    desk.interaction.unanswered_since
}

#[test]
fn r040_the_timer_starts_when_the_request_is_accepted() {
    let mut desk = Desk::inbound();
    assert_eq!(pending(&desk), None, "nobody is there who could answer");
    desk.at(3).offer(1, "ann");
    desk.at(4).ignores(&Command::ContactWrote);
    desk.at(5).does(&Command::Accept { offer: id(1), agent: agent("ann") });
    assert_eq!(pending(&desk), Some(at(5)));
    assert_eq!(at(10).since(at(5)).as_secs(), 5);
}

#[test]
fn r040_picking_it_starts_the_timer_as_well() {
    let mut desk = Desk::inbound();
    desk.at(5).does(&Command::Pull { agent: agent("ann") });
    assert_eq!(pending(&desk), Some(at(5)));
}

/// One line of the table: from where, what happens, and since when the contact waits afterwards.
struct Line {
    kind: &'static str,
    from: fn() -> Desk,
    then: fn(&mut Desk),
    pending: Option<u64>,
}

fn answered() -> Desk {
    let mut desk = Desk::active("ann");
    desk.at(2).does(&writes("ann"));
    desk
}

#[test]
fn r044_table_of_what_starts_and_clears_the_timer() {
    for Line { kind, from, then, pending: expected } in table() {
        let mut desk = from();
        then(&mut desk);
        assert_eq!(pending(&desk), expected.map(at), "{kind}");
    }
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn table() -> [Line; 13] {
    [
        Line {
            kind: "an agent's message clears it",
            from: || Desk::active("ann"),
            then: |desk| {
                desk.at(10).does(&writes("ann"));
            },
            pending: None,
        },
        Line {
            kind: "the next message of the contact starts it from its own time",
            from: answered,
            then: |desk| {
                desk.at(10).does(&Command::ContactWrote);
            },
            pending: Some(10),
        },
        Line {
            kind: "several unanswered messages keep the first one's time",
            from: answered,
            then: |desk| {
                desk.at(10).does(&Command::ContactWrote);
                desk.at(12).ignores(&Command::ContactWrote);
                desk.at(14).ignores(&Command::ContactWrote);
            },
            pending: Some(10),
        },
        Line {
            kind: "what an agent begins is not pending",
            from: || Desk::outbound("ann"),
            then: |desk| desk.at(10).ignores(&writes("ann")),
            pending: None,
        },
        Line {
            kind: "a reactivation by the contact is pending from that message, through the queue and on",
            from: || Desk::ended("ann"),
            then: |desk| {
                desk.at(10).does(&Command::ContactWrote);
                desk.at(12).ignores(&Command::ContactWrote);
                desk.at(14).offer(2, "bob");
                desk.at(16).does(&Command::Accept { offer: id(2), agent: agent("bob") });
            },
            pending: Some(10),
        },
        Line {
            kind: "a transfer keeps the time",
            from: || Desk::active("ann"),
            then: |desk| {
                let (transfer, by, target) = (id(20), agent("ann"), TransferTarget::Agent(agent("bob")));
                let expires_at = at(DEADLINE);
                desk.at(10).does(&Command::RequestTransfer { transfer, by, target, expires_at });
                desk.at(12).does(&Command::AcceptTransfer { transfer, agent: agent("bob") });
            },
            pending: Some(1),
        },
        Line {
            kind: "Ended is never pending",
            from: || Desk::active("ann"),
            then: |desk| {
                desk.at(10).does(&Command::End { by: EndedBy::Contact });
            },
            pending: None,
        },
        Line {
            kind: "auto-answer counts from activation",
            from: Desk::inbound,
            then: |desk| {
                let (offer, agent, expires_at) = (id(1), agent("ann"), at(DEADLINE));
                desk.at(10).does(&Command::Offer { offer, agent, expires_at, auto: true });
            },
            pending: Some(10),
        },
        Line {
            kind: "a reactivation by an agent is not pending",
            from: || Desk::ended("ann"),
            then: |desk| {
                desk.at(10).does(&writes("bob"));
            },
            pending: None,
        },
        Line {
            kind: "an answered interaction stays so through a queue",
            from: answered,
            then: |desk| {
                to_queue(desk, 10);
                desk.at(12).does(&Command::Pull { agent: agent("bob") });
            },
            pending: None,
        },
        Line {
            kind: "a message while it waits in a second queue starts the timer",
            from: answered,
            then: |desk| {
                to_queue(desk, 10);
                desk.at(11).does(&Command::ContactWrote);
                desk.at(12).does(&Command::Pull { agent: agent("bob") });
            },
            pending: Some(11),
        },
        Line {
            kind: "whispering and watching clear nothing",
            from: || Desk::active("ann"),
            then: |desk| {
                desk.at(10).does(&Command::Supervise { agent: agent("sue"), mode: Supervision::Whisper });
                desk.refuses(&writes("sue"));
            },
            pending: Some(1),
        },
        Line {
            kind: "a supervisor who has barged in answers like an agent",
            from: || Desk::active("ann"),
            then: |desk| {
                desk.at(10).does(&Command::Supervise { agent: agent("sue"), mode: Supervision::Barge });
                desk.does(&writes("sue"));
            },
            pending: None,
        },
    ]
}

fn to_queue(desk: &mut Desk, second: u64) {
    let (transfer, by, target) = (id(20), agent("ann"), TransferTarget::Queue(queue("billing")));
    desk.at(second).does(&Command::RequestTransfer { transfer, by, target, expires_at: at(DEADLINE) });
}
