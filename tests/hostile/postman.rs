//! Who brings receipts: in any order, any number of times, late or never.

use futures_util::StreamExt;
use futures_util::stream;
use parlor::model::IdSource;
use parlor_testkit::SeededIds;
use parlor_testkit::simulators::Twilio;

/// How many receipts are brought at once.
const AT_ONCE: usize = 16;

/// How late a receipt comes at the most, in steps of time: beyond what is waited for.
const LATEST: u64 = 5;

/// Randomness that is the same in every run.
#[derive(Debug)]
pub(crate) struct Dice(SeededIds);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededIds::new(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }
}

/// A receipt on its way.
#[derive(Debug)]
struct Receipt {
    sid: String,
    status: &'static str,
    code: Option<u32>,
    /// How many steps it takes yet.
    in_steps: u64,
}

#[derive(Debug)]
pub(crate) struct Postman {
    dice: Dice,
    /// How many of what was accepted it has seen.
    seen: usize,
    on_the_way: Vec<Receipt>,
}

impl Postman {
    /// Brings receipts of what is accepted after so much.
    pub(crate) fn new(dice: Dice, seen: usize) -> Self {
        Self { dice, seen, on_the_way: Vec::new() }
    }

    pub(crate) fn has_any(&self) -> bool {
        !self.on_the_way.is_empty()
    }

    /// Brings what has come as far by now.
    pub(crate) async fn goes(&mut self, twilio: &Twilio) {
        let accepted = twilio.accepted();
        for send in accepted.iter().skip(self.seen).filter(|send| !send.failed_at_once) {
            // Of every fourth nobody ever hears.
            if self.dice.below(4) == 0 {
                continue;
            }
            let last = match self.dice.below(4) {
                0 => ("undelivered", Some(30_003)),
                _ => ("delivered", None),
            };
            for (status, code) in [("sent", None), last] {
                for _ in 0..=self.dice.below(3) {
                    let in_steps = if self.dice.below(2) == 0 { 0 } else { self.dice.below(LATEST) };
                    self.on_the_way.push(Receipt { sid: send.sid.clone(), status, code, in_steps });
                }
            }
        }
        self.seen = accepted.len();
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for mut receipt in self.on_the_way.drain(..) {
            match receipt.in_steps.checked_sub(1) {
                None => now.push(receipt),
                Some(left) => {
                    receipt.in_steps = left;
                    later.push(receipt);
                }
            }
        }
        self.on_the_way = later;
        for last in (1..now.len()).rev() {
            let other = self.dice.below(u64::try_from(last).unwrap() + 1);
            now.swap(last, usize::try_from(other).unwrap());
        }
        let told: Vec<_> = stream::iter(now)
            .map(|receipt| async move { twilio.report(&receipt.sid, receipt.status, receipt.code).await })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        assert!(told.iter().all(Result::is_ok), "every receipt is taken: {told:?}");
    }
}
