//! The suite of transports is tested: those that are wrong on purpose fail, each at the case for its fault.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use parlor_channel::{
    Capabilities, CapabilitiesId, Certainty, ChannelProfile, Confidence, Delivery, DeliverySide, Feature,
    Limit, Outbound, Push, Retry, SendReceipt, Support, Transport, TransportError, TransportErrorKind, Unit,
};
use parlor_model::{ChannelKind, Content, PointAddress, PointKey, ProviderMessageId, Timestamp, Visibility};
use parlor_testkit::transport_suite::{
    AcceptedMessage, NetworkMode, PlayedNetwork, TransportBench, TransportHarness, run, transport_cases,
};

/// What is wrong with a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Makes up the ids.
    OwnIds,
    /// Cuts off space.
    Trims,
    /// Sends everything to the first it ever sent to.
    OneRecipient,
    /// Keeps our token for itself.
    NoToken,
    /// Tries again what failed.
    TriesAgain,
    /// Takes a refusal for something that nobody knows.
    RefusalUncertain,
    /// Gives up when there are too many.
    GivesUp,
    /// Takes everything that fails for something that nobody knows.
    AllUncertain,
    /// Takes an answer that was lost for a refusal.
    LostIsRefused,
    /// Takes nonsense for a refusal.
    NonsenseIsRefused,
    /// Takes a failure for a refusal.
    FailureIsRefused,
    /// Answers every send with the newest id.
    Mixes,
    /// Does not look.
    LooksNowhere,
    /// Takes any message for the one that it looks for.
    FindsAnything,
    /// Posts whatever it is given.
    Indiscreet,
    /// Sends notes.
    SendsNotes,
    /// Has changed after the first send.
    Changes,
    /// Has a limit from nowhere.
    Sourceless,
    /// Waits for a week.
    Patient,
    /// Says whom it was for.
    Chatty,
}

/// A network in memory.
#[derive(Debug)]
struct Memory {
    mode: NetworkMode,
    accepted: Mutex<Vec<AcceptedMessage>>,
    attempts: Mutex<usize>,
}

impl PlayedNetwork for Memory {
    fn accepted(&self) -> Vec<AcceptedMessage> {
        self.accepted.lock().unwrap().clone()
    }

    fn attempts(&self) -> usize {
        *self.attempts.lock().unwrap()
    }
}

/// What comes of one attempt, as the wire shows it.
enum Answer {
    Id(ProviderMessageId),
    Refused,
    TooMany,
    Nobody,
    Silence,
    Nonsense,
    Failed,
}

impl Memory {
    fn take(&self, mut message: AcceptedMessage) -> Answer {
        *self.attempts.lock().unwrap() += 1;
        let mut accepted = self.accepted.lock().unwrap();
        message.id = ProviderMessageId::new(format!("n{}", accepted.len()));
        let id = message.id.clone();
        match self.mode {
            NetworkMode::Refuses => return Answer::Refused,
            NetworkMode::RateLimits => return Answer::TooMany,
            NetworkMode::Unreachable => return Answer::Nobody,
            _ => accepted.push(message),
        }
        match self.mode {
            NetworkMode::LosesTheAnswer => Answer::Silence,
            NetworkMode::AnswersNonsense => Answer::Nonsense,
            NetworkMode::FailsAfterAccepting => Answer::Failed,
            _ => Answer::Id(id),
        }
    }
}

struct ToMemory {
    fault: Fault,
    profile: ChannelProfile,
    changed: ChannelProfile,
    capabilities: Capabilities,
    network: Arc<Memory>,
    first: Mutex<Option<String>>,
}

impl fmt::Debug for ToMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToMemory")
    }
}

impl Transport for ToMemory {
    fn profile(&self) -> &ChannelProfile {
        let sent = *self.network.attempts.lock().unwrap() > 0;
        if self.fault == Fault::Changes && sent { &self.changed } else { &self.profile }
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn delivery(&self) -> DeliverySide<'_> {
        DeliverySide::Push(self)
    }
}

impl ToMemory {
    fn words<'a>(&self, outbound: &'a Outbound) -> Option<&'a str> {
        match &outbound.content {
            Content::Text { text } => Some(text.as_str()),
            Content::Note { text } if self.fault == Fault::SendsNotes => Some(text.as_str()),
            _ => None,
        }
    }

    fn error(&self, answer: &Answer, outbound: &Outbound) -> TransportError {
        use Certainty::{NotSent, Uncertain};
        let (kind, certainty, retry) = match answer {
            Answer::Refused if self.fault == Fault::RefusalUncertain => {
                (TransportErrorKind::Recipient, Uncertain, Retry::Never)
            }
            Answer::Id(_) | Answer::Refused => (TransportErrorKind::Recipient, NotSent, Retry::Never),
            Answer::TooMany if self.fault == Fault::GivesUp => {
                (TransportErrorKind::RateLimited, NotSent, Retry::Never)
            }
            Answer::TooMany => (TransportErrorKind::RateLimited, NotSent, Retry::Backoff),
            Answer::Nobody => (TransportErrorKind::Network, NotSent, Retry::Backoff),
            Answer::Silence if self.fault == Fault::LostIsRefused => {
                (TransportErrorKind::Network, NotSent, Retry::Backoff)
            }
            Answer::Nonsense if self.fault == Fault::NonsenseIsRefused => {
                (TransportErrorKind::UnreadableAnswer, NotSent, Retry::Never)
            }
            Answer::Failed if self.fault == Fault::FailureIsRefused => {
                (TransportErrorKind::Provider, NotSent, Retry::Backoff)
            }
            Answer::Silence => (TransportErrorKind::Network, Uncertain, Retry::Never),
            Answer::Nonsense => (TransportErrorKind::UnreadableAnswer, Uncertain, Retry::Never),
            Answer::Failed => (TransportErrorKind::Provider, Uncertain, Retry::Never),
        };
        let certainty = if self.fault == Fault::AllUncertain { Uncertain } else { certainty };
        let error = TransportError::new(kind, certainty).with_retry(retry);
        if self.fault == Fault::Chatty {
            return error.with_source(format!("sending to {} failed", outbound.to.address.as_str()));
        }
        error
    }
}

#[async_trait]
impl Push for ToMemory {
    async fn send(&self, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        let private = outbound.visibility == Visibility::Private || self.fault == Fault::Indiscreet;
        let Some(words) = self.words(outbound).filter(|_| private) else {
            return Err(TransportError::new(TransportErrorKind::Content, Certainty::NotSent));
        };
        let words = if self.fault == Fault::Trims { words.trim() } else { words };
        let to = outbound.to.address.as_str().to_owned();
        let first = self.first.lock().unwrap().get_or_insert(to.clone()).clone();
        let message = AcceptedMessage {
            id: ProviderMessageId::new(""),
            to: if self.fault == Fault::OneRecipient { first } else { to },
            words: words.to_owned(),
            token: Some(outbound.outbox).filter(|_| self.fault != Fault::NoToken),
        };
        let mut answer = self.network.take(message.clone());
        if self.fault == Fault::TriesAgain && !matches!(answer, Answer::Id(_)) {
            answer = self.network.take(message);
        }
        if self.fault == Fault::Mixes {
            // Others come in between, on one processor too.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        }
        match answer {
            Answer::Id(_) if self.fault == Fault::OwnIds => {
                Ok(SendReceipt::new([ProviderMessageId::new(outbound.outbox.to_string())]))
            }
            Answer::Id(_) if self.fault == Fault::Mixes => {
                let newest = self.network.accepted().last().map(|message| message.id.clone());
                Ok(SendReceipt::new(newest))
            }
            Answer::Id(id) => Ok(SendReceipt::new([id])),
            other => Err(self.error(&other, outbound)),
        }
    }

    fn uncertain_wait(&self) -> Duration {
        if self.fault == Fault::Patient { Duration::from_hours(24 * 7) } else { Duration::from_mins(1) }
    }

    async fn look_up(
        &self,
        outbound: &Outbound,
        _: Timestamp,
    ) -> Result<Option<ProviderMessageId>, TransportError> {
        let matches = |message: &&AcceptedMessage| match self.fault {
            Fault::LooksNowhere => false,
            Fault::FindsAnything => true,
            _ => message.token == Some(outbound.outbox),
        };
        Ok(self.network.accepted().iter().find(matches).map(|message| message.id.clone()))
    }
}

struct Harness(Fault);

#[async_trait]
impl TransportHarness for Harness {
    async fn open(&self, mode: NetworkMode) -> TransportBench {
        let limit = Limit {
            name: "text".into(),
            value: 100,
            unit: Unit::Items,
            source: if self.0 == Fault::Sourceless { "" } else { "nobody's manual" }.into(),
            read_on: "2026-11-22".into(),
            confidence: Confidence::Primary,
        };
        let id = CapabilitiesId { name: "test.memory".into(), date: "2026-11-22".into(), revision: 1 };
        let mut changed = ChannelProfile::of(&ChannelKind::Sms);
        changed.delivery = Delivery::Mailbox;
        let network = Arc::new(Memory { mode, accepted: Mutex::default(), attempts: Mutex::default() });
        let transport = Arc::new(ToMemory {
            fault: self.0,
            profile: ChannelProfile::of(&ChannelKind::Sms),
            changed,
            capabilities: Capabilities::new(id).with_feature(Feature::Text, Support::Full).with_limit(limit),
            network: Arc::clone(&network),
            first: Mutex::default(),
        });
        TransportBench { transport, network }
    }

    fn from(&self) -> String {
        "+1".to_owned()
    }

    fn contacts(&self) -> [PointKey; 2] {
        ["+1001", "+1002"].map(|address| PointKey {
            kind: ChannelKind::Sms,
            scope: String::new(),
            address: PointAddress::new(address),
        })
    }

    fn takes_tokens(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

/// The cases that a transport with that fault fails.
fn failures(fault: Fault) -> Vec<&'static str> {
    let harness = Harness(fault);
    let cases = transport_cases().into_iter();
    cases
        .filter(|case| catch_unwind(AssertUnwindSafe(|| run((case.run)(&harness)))).is_err())
        .map(|case| case.name)
        .collect()
}

#[test]
fn a_right_transport_passes_every_case() {
    assert_eq!(failures(Fault::None), Vec::<&str>::new());
}

#[test]
fn every_case_finds_its_fault_out() {
    let faults = [
        (Fault::OwnIds, "what_is_accepted_is_named_as_the_network_names_it"),
        (Fault::Trims, "words_arrive_as_they_were_written"),
        (Fault::OneRecipient, "it_goes_to_whom_it_is_for"),
        (Fault::NoToken, "our_token_goes_along"),
        (Fault::TriesAgain, "a_send_is_one_attempt"),
        (Fault::RefusalUncertain, "what_is_refused_was_not_sent"),
        (Fault::GivesUp, "too_many_may_be_tried_again_later"),
        (Fault::AllUncertain, "what_never_left_was_not_sent"),
        (Fault::LostIsRefused, "an_answer_that_is_lost_leaves_it_uncertain"),
        (Fault::NonsenseIsRefused, "an_answer_that_nobody_can_read_leaves_it_uncertain"),
        (Fault::FailureIsRefused, "a_network_that_failed_leaves_it_uncertain"),
        (Fault::Mixes, "sends_at_the_same_time_do_not_mix"),
        (Fault::LooksNowhere, "what_was_accepted_can_be_found_again"),
        (Fault::FindsAnything, "nothing_is_found_that_was_not_accepted"),
        (Fault::Indiscreet, "what_others_must_not_see_is_not_sent_to_them"),
        (Fault::SendsNotes, "what_never_leaves_the_house_stays_there"),
        (Fault::Changes, "it_is_always_the_same_network"),
        (Fault::Sourceless, "every_limit_says_where_it_was_read"),
        (Fault::Patient, "it_waits_for_a_receipt_before_it_asks_a_person"),
        (Fault::Chatty, "nothing_of_a_message_is_in_an_error"),
    ];
    for (fault, case) in faults {
        let failed = failures(fault);
        assert!(failed.contains(&case), "{fault:?} passes {case}; it fails only {failed:?}");
    }
    for case in transport_cases() {
        assert!(faults.iter().any(|(_, found)| *found == case.name), "nothing is wrong for {}", case.name);
    }
}
