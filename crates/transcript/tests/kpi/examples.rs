use std::time::Duration;

use parlor_interaction::{Command, EndedBy, Origin, TransferTarget};
use parlor_model::{Author, Visibility};
use parlor_transcript::kpi::{AgentKpi, KpiReport, Mean};

use crate::log::{Log, agent, at, id};

fn of<'a>(report: &'a KpiReport, name: &str) -> &'a AgentKpi {
    &report.agents[&agent(name)]
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn end() -> Command {
    Command::End { by: EndedBy::Contact }
}

#[test]
fn r118_time_counts_only_in_an_interaction_window() {
    let mut log = Log::default();
    log.says(Author::Agent(agent("ann")), None, Visibility::Private);
    log.at(600).says(Author::Agent(agent("ann")), None, Visibility::Private);
    let report = log.report(600);
    assert_eq!(of(&report, "ann").handle, Duration::ZERO);
    assert_eq!(of(&report, "ann").average_handle, None);

    log.at(1_000).inbound(1).at(1_030).pull(1, "ann").at(1_630).does(1, &end());
    let report = log.report(5_000);
    assert_eq!(of(&report, "ann").handle, seconds(600), "neither the queue nor what came after the end");
    assert_eq!(of(&report, "ann").average_handle, Some(seconds(600)));
    assert_eq!(report.desk.handle, seconds(600));
}

#[test]
fn r119_messages_without_an_interaction_are_counted_and_take_no_time() {
    let mut log = Log::default();
    log.at(5).says(Author::Agent(agent("ann")), None, Visibility::Private);
    let report = log.report(500);
    let ann = of(&report, "ann");
    assert_eq!((ann.messages_outside, ann.messages, ann.handle), (1, 0, Duration::ZERO));
    assert_eq!((ann.sessions, ann.occupancy), (0, None));
}

#[test]
fn a_window_that_is_open_counts_up_to_now() {
    let mut log = Log::default();
    log.inbound(1).at(10).pull(1, "ann");
    assert_eq!(of(&log.report(25), "ann").handle, seconds(15));
    assert_eq!(of(&log.report(70), "ann").handle, seconds(60));
}

#[test]
fn after_a_reactivation_the_new_session_counts_by_itself() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann").at(60).does(1, &end());
    log.at(1_000).contact_writes(1).at(1_100).pull(1, "ann").at(1_160).does(1, &end());
    let report = log.report(9_000);
    let ann = of(&report, "ann");
    assert_eq!((ann.handle, ann.sessions, ann.average_handle), (seconds(120), 2, Some(seconds(60))));
    assert_eq!((report.desk.started, report.desk.sessions, report.desk.handled), (1, 2, 2));
}

#[test]
fn each_agent_has_the_time_that_they_had_it() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann");
    let (transfer, to) = (id(20), TransferTarget::Agent(agent("bob")));
    log.at(40)
        .does(1, &Command::RequestTransfer { transfer, by: agent("ann"), target: to, expires_at: at(900) });
    // Until he accepts, it is hers.
    log.at(100).does(1, &Command::AcceptTransfer { transfer, agent: agent("bob") });
    log.at(130).does(1, &end());
    let report = log.report(1_000);
    assert_eq!((of(&report, "ann").handle, of(&report, "bob").handle), (seconds(100), seconds(30)));
    assert_eq!((of(&report, "ann").transfers_out, of(&report, "bob").transfers_in), (1, 1));
    assert_eq!((of(&report, "ann").transfers_in, of(&report, "bob").transfers_out), (0, 0));
    assert_eq!((report.desk.transfers, report.desk.handled), (1, 1));

    // Back and forth within one session is one session for each.
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann");
    let queue = TransferTarget::Queue(parlor_model::QueueName::new("support").unwrap());
    log.at(10).does(
        1,
        &Command::RequestTransfer { transfer, by: agent("ann"), target: queue, expires_at: at(900) },
    );
    log.at(50).pull(1, "ann").at(60).does(1, &end());
    let report = log.report(60);
    assert_eq!((of(&report, "ann").sessions, of(&report, "ann").handle), (1, seconds(20)));
    assert_eq!((of(&report, "ann").transfers_out, of(&report, "ann").transfers_in), (1, 0));
}

#[test]
fn everybody_in_a_conference_has_their_time() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann");
    log.at(10).does(1, &Command::AddMember { by: agent("ann"), agent: agent("bob") });
    log.at(40).does(1, &Command::RemoveMember { agent: agent("bob") }).at(60).does(1, &end());
    let report = log.report(60);
    assert_eq!((of(&report, "ann").handle, of(&report, "bob").handle), (seconds(60), seconds(30)));
    assert_eq!(report.desk.handle, seconds(90));
}

#[test]
fn what_is_parked_takes_no_time() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann").at(20).does(1, &Command::Park { agent: agent("ann") });
    log.at(500).does(1, &Command::Unpark { agent: agent("ann"), room: true }).at(510).does(1, &end());
    let report = log.report(600);
    let ann = of(&report, "ann");
    assert_eq!((ann.handle, ann.busy, ann.sessions), (seconds(30), seconds(30), 1));
}

#[test]
fn an_answer_is_timed_from_the_first_message_that_it_answers() {
    let mut log = Log::default();
    log.inbound(1).at(30).pull(1, "ann");
    log.at(40).answers(1, "ann");
    log.at(100)
        .contact_writes(1)
        .at(110)
        .contact_writes(1)
        .at(130)
        .answers(1, "ann")
        .at(140)
        .answers(1, "ann");
    let report = log.report(500);
    let ann = of(&report, "ann");
    // The contact waited 40 s for the first word, 10 s of them for this agent to say something.
    assert_eq!(ann.first_response, Mean { count: 1, total: seconds(40) });
    assert_eq!(ann.response, Mean { count: 2, total: seconds(10 + 30) });
    assert_eq!(ann.response.mean(), Some(seconds(20)));
    assert_eq!(ann.messages, 3);
    assert_eq!((report.desk.first_response, report.desk.response), (ann.first_response, ann.response));
}

#[test]
fn bots_notes_and_the_system_answer_nobody() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann").at(5).bot(1);
    log.says(Author::System, Some(1), Visibility::Private);
    log.says(Author::Agent(agent("ann")), Some(1), Visibility::Internal);
    let report = log.report(50);
    let ann = of(&report, "ann");
    assert_eq!((ann.messages, ann.first_response.count, ann.response.count), (0, 0, 0));
    assert_eq!(report.agents.len(), 1);
}

#[test]
fn what_an_agent_begins_has_no_first_response() {
    let mut log = Log::default();
    log.begins(1, Origin::Outbound { agent: agent("ann") }).at(20).answers(1, "ann");
    assert_eq!(of(&log.report(50), "ann").first_response, Mean::default());
    log.at(30).contact_writes(1).at(33).answers(1, "ann");
    let report = log.report(50);
    assert_eq!(of(&report, "ann").first_response, Mean::default());
    assert_eq!(of(&report, "ann").response, Mean { count: 1, total: seconds(3) });
}

#[test]
fn whoever_leaves_before_an_agent_comes_has_abandoned() {
    let mut log = Log::default();
    log.inbound(1).at(9).does(1, &end());
    log.inbound(2).pull(2, "ann").at(20).does(2, &end());
    let report = log.report(50);
    assert_eq!((report.desk.started, report.desk.abandoned, report.desk.handled), (2, 1, 1));
    assert_eq!(report.desk.first_response, Mean::default(), "nobody said a first word");
}

#[test]
fn occupancy_counts_windows_at_the_same_time_once() {
    let mut log = Log::default();
    log.inbound(1).inbound(2).pull(1, "ann").at(10).pull(2, "ann");
    log.at(30).does(1, &end()).at(50).does(2, &end());
    let report = log.report(100);
    let ann = of(&report, "ann");
    assert_eq!((ann.handle, ann.busy), (seconds(30 + 40), seconds(50)));
    assert_eq!(ann.occupancy, Some(0.5));
}

#[test]
fn a_broken_journal_is_an_error_and_changes_nothing() {
    let mut log = Log::default();
    log.inbound(1).pull(1, "ann");
    let mut fold = parlor_transcript::kpi::KpiFold::default();
    assert!(fold.take(log.lines[1].entry()).is_err(), "it does not begin with its start");
    assert_eq!(fold, parlor_transcript::kpi::KpiFold::default());
    fold.take(log.lines[0].entry()).unwrap();
    let before = fold.clone();
    assert!(fold.take(log.lines[0].entry()).is_err(), "it starts once");
    assert_eq!(fold, before);
}
