//! The page about states and commands, written from what the function answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use parlor_interaction::{CaseLimits, CommandName, Limits, Refusal, StateName};

use crate::exhaustive::found;
use crate::questions::Answer;

/// Set to 1, the page is written instead of compared.
const BLESS: &str = "PARLOR_BLESS";

const HEAD: &str = "\
# Interaction: every command in every state

This page is generated from the transition function of `crates/interaction` by its tests, which give every command
in every state that can be reached with three agents, before and after every deadline and under policies that allow
and forbid. A test fails when it is out of date; write it anew with
`PARLOR_BLESS=1 cargo test -p parlor-interaction --test laws page`.

How to read a cell: a line with an arrow is what happens and the state it leads to; *nothing* means that the command
is late or repeated, changes nothing and succeeds; a code after ✗ is a refusal, which changes nothing either. Which
line it is depends on who gives the command, on what is still open, on the time and on the policy.

";

const TAIL: &str = "
## Rules that a table cannot show

* **Deadlines** hold by themselves: from its moment on an answer is too late, whether the timer has run or not. A timer
  that runs too early or too late changes nothing.
* **The place in the queue** survives every offer: an offer that is declined, expires or is withdrawn puts the
  interaction back with the time since which it has waited. Who declined or let it pass is remembered; an agent from
  whom it was withdrawn did not let it pass.
* **Room** is what weighs on an agent: the one it is offered to, owner, members, who is invited, who is to take it
  over, and after the end the last owner as far as the policy says. However many places an agent has in one
  interaction, it weighs once. Supervisors and consults weigh nothing.
* **Transfer to an agent** leaves the owner in charge until it is accepted; declined, expired or cancelled it was
  nothing. Supervisors and the conference stay, what the old owner had asked others ends. **Transfer to a queue** takes
  effect at once: everybody leaves, the interaction waits there from that moment, and the contact's unanswered message
  stays unanswered.
* **The owner cannot simply leave** a conference: nobody becomes owner without having been asked. They end it, or hand
  it over.
* **Silence** is the contact's from an agent's answer on, while the policy asks for it: any message starts it anew or ends
  it, a transfer to an agent changes nothing, and while the contact waits for an answer nothing is measured. The
  agents are told when the first time is over; the session ends when the second is, counted from then.
* **Parked** work stays its owner's and weighs nothing. The conference ends with it, and nobody is brought in. It
  comes back through the gate of capacity: to its owner, who takes it up or writes and has room; otherwise, and when
  the contact writes, to its queue, its owner preferred.
* **After the end** the last owner closes the work and sets the disposition; anybody may when it ended while nobody had
  it. Any agent may write, and becomes owner by it. A message of the contact puts it into its queue, the last owner
  preferred. Where going on after the end is switched off, both are refused; for the contact's message the engine
  closes the interaction by rule and starts a new one, so that no message is lost.
* **The policy counts when something happens.** How much an ended interaction weighs and when it closes by itself is
  fixed when it ends.
* **A disposition** stays when an interaction is reactivated and can be changed until it is Done. So does the case
  information, which whoever takes part may change, where the policy lets them.
";

#[test]
fn the_page_about_states_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/interaction-states.md");
    let page = page();
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let first = page.lines().zip(committed.lines()).find(|(expected, is)| expected != is);
    assert!(
        committed == page,
        "docs/interaction-states.md is out of date; write it anew with {BLESS}=1 cargo test -p parlor-interaction \
         --test laws page\nfirst difference (new, committed): {first:#?}"
    );
}

fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("| command |");
    for state in StateName::ALL {
        let _ = write!(page, " {state} |");
    }
    page.push_str("\n| --- |");
    page.push_str(&" --- |".repeat(StateName::ALL.len()));
    page.push('\n');
    for command in CommandName::ALL {
        let _ = write!(page, "| `{command}` |");
        for state in StateName::ALL {
            let _ = write!(page, " {} |", cell(*command, *state));
        }
        page.push('\n');
    }
    page.push_str("\n## Refusals\n\n| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in refusals() {
        let _ = writeln!(page, "| `{code}` | {meaning} |");
    }
    page.push_str(TAIL);
    page
}

fn cell(command: CommandName, state: StateName) -> String {
    let answers = &found().answers[&(command, state)];
    let lines: Vec<String> = answers.iter().map(Answer::line).collect();
    lines.join("<br>")
}

/// Every refusal that was given, and those that three agents cannot run into.
fn refusals() -> BTreeMap<&'static str, String> {
    let mut meanings: BTreeMap<&str, String> = BTreeMap::new();
    for refusal in &found().refusals {
        let meaning = match refusal {
            Refusal::OfferGone { .. } => {
                "the offer is gone: expired, withdrawn, declined or taken".to_owned()
            }
            other => other.to_string(),
        };
        meanings.insert(refusal.as_str(), meaning);
    }
    let too_many = format!(
        "no more are possible: {} members and invitations, {} supervisors, {} consults, {} entries about the case",
        Limits::MEMBERS,
        Limits::SUPERVISORS,
        Limits::CONSULTS,
        CaseLimits::ENTRIES
    );
    meanings.insert(Refusal::TooMany { limit: 0 }.as_str(), too_many);
    let too_large = Refusal::CaseTooLarge { limit: CaseLimits::TOTAL_BYTES };
    meanings.insert(too_large.as_str(), too_large.to_string());
    meanings
}
