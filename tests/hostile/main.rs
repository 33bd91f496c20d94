//! Replies of agents through everything that is shipped, over sockets, to a provider that behaves as badly as it may.
//!
//! The provider is simulated on loopback: it takes messages and says so, refuses them, takes them and loses the answer, is slow,
//! answers nonsense, fails before and after, and asks to be left alone; its receipts come before the answer, twice, backwards,
//! late or never. It knows what it really took. At the end everything that is told is held against that (guarantees G5 to G8).
//!
//! 2,000 replies; with `PARLOR_DEEP=1` 20,000. Time is virtual, so that waiting for two minutes or a day takes none.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod postman;
mod truth;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use parlor::channel::{Certainty, HttpClient, HttpError, HttpRequest, HttpResponse};
use parlor::http::{Client, ClientLimits};
use parlor::store::OutboxState;
use parlor_testkit::simulators::{ReceiptPlan, SendMode};

use crate::desk::Desk;
use crate::postman::{Dice, Postman};
use crate::truth::{Reported, findings};

/// How large a run is.
#[derive(Clone, Copy, Debug)]
struct Size {
    contacts: usize,
    /// How many replies each contact gets while the provider is hostile.
    replies: usize,
    /// How many wait in vain for a provider that asks to be left alone for longer than a message may wait.
    in_vain: usize,
}

impl Size {
    fn of_this_run() -> Self {
        if std::env::var("PARLOR_DEEP").is_ok_and(|deep| deep == "1") {
            Self { contacts: 200, replies: 100, in_vain: 200 }
        } else {
            Self { contacts: 40, replies: 50, in_vain: 40 }
        }
    }

    const fn hostile(self) -> usize {
        self.contacts * self.replies
    }
}

/// How long everything may take that takes no virtual time.
const SOON: Duration = Duration::from_mins(2);

/// How much virtual time passes between two looks.
const STEP: Duration = Duration::from_mins(1);

/// After how many steps everything has ended that ever will: every reply may be waited for, one after the other.
const MOST_STEPS: usize = 5_000;

/// What the provider does with an attempt.
fn mode(dice: &mut Dice) -> SendMode {
    match dice.below(20) {
        0..6 => SendMode::Accept,
        6 => SendMode::Refuse { status: 400, code: 21_614 },
        7 => SendMode::Refuse { status: 400, code: 21_606 },
        8 => SendMode::RateLimit { retry_after: None },
        9 => SendMode::RateLimit { retry_after: Some(3) },
        10..13 => SendMode::LoseAnswer,
        13 => SendMode::LoseRequest,
        14 => SendMode::Delay(Duration::from_millis(10)),
        15 => SendMode::Nonsense,
        16 => SendMode::FailAfter,
        17 => SendMode::FailBefore,
        18 => SendMode::FailAtOnce { code: 30_006 },
        _ => SendMode::Refuse { status: 503, code: 20_500 },
    }
}

/// Plays a whole run and gives what was reported of it, and what is wrong with that.
async fn play(size: Size, http: impl HttpClient) -> (Reported, Vec<String>) {
    let mut dice = Dice::new(20_261_122);
    let desk = Desk::open(size.contacts, http).await;
    let replies = size.replies / 2;

    // Receipts come by themselves as soon as something is taken: before the answer, twice and backwards.
    desk.twilio.plan((0..size.contacts * replies).map(|_| mode(&mut dice)));
    let mut receipts = ReceiptPlan::default();
    (receipts.repeat, receipts.backwards) = (2, true);
    desk.twilio.set_receipts(receipts.clone());
    desk.answers(replies).await;
    desk.until_all_has_ended(None).await;

    // Receipts come in any order, any number of times, late or never.
    receipts.automatic = false;
    desk.twilio.set_receipts(receipts);
    desk.twilio.plan((0..size.contacts * (size.replies - replies)).map(|_| mode(&mut dice)));
    let mut postman = Postman::new(dice, desk.twilio.accepted().len());
    desk.answers(size.replies - replies).await;
    desk.until_all_has_ended(Some(&mut postman)).await;

    // Nothing is taken for longer than a message may wait.
    desk.twilio.set_mode(SendMode::RateLimit { retry_after: Some(3_600) });
    desk.some_answer(size.in_vain).await;
    for _ in 0..26 {
        desk.skip(Duration::from_hours(1)).await;
    }
    desk.until_all_has_ended(None).await;

    let reported = desk.reported().await;
    let findings = findings(&desk.twilio.accepted(), &reported);
    desk.close().await;
    (reported, findings)
}

fn client() -> Client {
    Client::new(ClientLimits::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g06_g07_what_is_reported_of_replies_is_what_a_hostile_provider_did() {
    let size = Size::of_this_run();
    let begun = std::time::Instant::now();
    let (reported, findings) = play(size, client()).await;
    let states = reported.states();
    println!("{} replies in {:.1} s: {states:?}", reported.replies(), begun.elapsed().as_secs_f64());
    assert!(findings.is_empty(), "{} things are not as reported:\n{}", findings.len(), findings.join("\n"));
    assert_eq!(reported.replies(), size.hostile() + size.in_vain);
    let reached: Vec<_> = states.keys().copied().collect();
    let ends =
        [OutboxState::NeedsDecision, OutboxState::Accepted, OutboxState::Rejected, OutboxState::Expired];
    assert_eq!(reached, ends, "every end that needs nobody is met");
}

/// Takes whatever goes wrong for proof that nothing was sent: wrong on purpose.
struct Hopeful(Client);

impl fmt::Debug for Hopeful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hopeful")
    }
}

#[async_trait]
impl HttpClient for Hopeful {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.send(request).await.map_err(|_| HttpError::new(Certainty::NotSent))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_a_lost_answer_for_proof_that_nothing_was_sent_is_caught() {
    let size = Size { contacts: 10, replies: 40, in_vain: 4 };
    let (_, findings) = play(size, Hopeful(client())).await;
    let twice = findings.iter().filter(|finding| finding.contains("was taken 2 times")).count();
    assert!(twice > 0, "{findings:?}");
}

#[test]
fn a_report_that_is_not_true_is_caught() {
    for (wrong, findings) in truth::planted() {
        assert_eq!(findings.is_empty(), wrong == "nothing", "{wrong}: {findings:?}");
    }
}
