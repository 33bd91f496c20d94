//! Journals as they were written once, with the figures that they gave then: neither may ever change.

use std::fs;
use std::path::{Path, PathBuf};

use parlor_interaction::{Actor, Command, EndedBy, TransferTarget};
use parlor_model::{Author, QueueName, Visibility};

use crate::log::{Line, Log, agent, at, fold, id};

/// Set to 1, a journal that is not there yet is written, with its figures.
const BLESS: &str = "PARLOR_BLESS";

/// When the figures are asked for.
const UNTIL: u64 = 10_000;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kpi/golden").join(name)
}

fn golden(name: &str, log: &Log) {
    let journal = path(&format!("{name}.jsonl"));
    let figures = path(&format!("{name}.json"));
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") && !journal.exists() {
        let lines: Vec<String> = log.lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        fs::write(&journal, lines.join("\n") + "\n").unwrap();
        let report = serde_json::to_string_pretty(&log.report(UNTIL)).unwrap();
        fs::write(&figures, report + "\n").unwrap();
    }
    let lines: Vec<Line> = fs::read_to_string(&journal)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let report = serde_json::to_string_pretty(&fold(&lines).report(at(UNTIL))).unwrap();
    assert_eq!(report + "\n", fs::read_to_string(&figures).unwrap(), "{name}");
}

/// An afternoon with everything that has made other desks count wrongly: a bot that answers first, a chat that is
/// reopened, one that goes from hand to hand, one that nobody takes, one that stays ended for hours.
#[test]
fn an_afternoon() {
    let mut log = Log::default();
    log.inbound(1).at(1).bot(1).at(20).pull(1, "ann").at(25).answers(1, "ann");
    log.at(60).contact_writes(1).at(75).answers(1, "ann").at(80).says(
        Author::Agent(agent("ann")),
        Some(1),
        Visibility::Internal,
    );
    log.inbound(2).at(200).does(2, &Command::End { by: EndedBy::Contact });
    log.at(300).does(1, &Command::End { by: EndedBy::Agent(agent("ann")) });
    // Hours later the contact comes back, and somebody else takes it.
    log.at(4_000).contact_writes(1).at(4_100).pull(1, "bob").at(4_130).answers(1, "bob");
    let transfer = id(20);
    let target = TransferTarget::Agent(agent("ann"));
    log.at(4_200)
        .does(1, &Command::RequestTransfer { transfer, by: agent("bob"), target, expires_at: at(9_000) });
    log.at(4_260).does(1, &Command::AcceptTransfer { transfer, agent: agent("ann") });
    log.does(1, &Command::AddMember { by: agent("ann"), agent: agent("cid") });
    log.at(4_300).inbound(3).pull(3, "ann").at(4_310).answers(3, "ann");
    let target = TransferTarget::Queue(QueueName::new("billing").unwrap());
    let transfer = id(21);
    log.at(4_400)
        .does(3, &Command::RequestTransfer { transfer, by: agent("ann"), target, expires_at: at(9_000) });
    log.at(4_500).does(1, &Command::End { by: EndedBy::Contact });
    log.does(1, &Command::MarkDone { by: Actor::Agent(agent("ann")) });
    log.at(5_000).pull(3, "bob");
    log.at(6_000).says(Author::Agent(agent("cid")), None, Visibility::Private);
    golden("afternoon", &log);
}
