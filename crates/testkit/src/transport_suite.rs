//! The conformance suite of transports: what sends to a network.
//!
//! A transport is tested against a network that its harness plays: one that accepts, refuses, breaks off or answers
//! nonsense, and that knows what it really accepted. Each case takes the harness and panics when the transport does not keep
//! the contract, which is `docs/specs/transport.md`. The cases stand in one list,
//! [`for_each_transport_case!`](crate::for_each_transport_case), which
//! [`transport_conformance!`](crate::transport_conformance) expands to tests and [`transport_cases`] to values.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use parlor_channel::Transport;
use parlor_model::{OutboxId, PointKey, ProviderMessageId};

/// What the network does with every message that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NetworkMode {
    /// It accepts it and says so.
    Accepts,
    /// It says that it has not accepted it and never will, because of the recipient.
    Refuses,
    /// It says that it has not accepted it, because there are too many at the time.
    RateLimits,
    /// It cannot be reached: not one byte gets there.
    Unreachable,
    /// It accepts it, and the answer is lost.
    LosesTheAnswer,
    /// It accepts it and answers something that nobody can read.
    AnswersNonsense,
    /// It accepts it and says that something is wrong on its side.
    FailsAfterAccepting,
}

/// A message that the network really accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMessage {
    /// The network's id of it.
    pub id: ProviderMessageId,
    /// Whom it goes to, as the network was told.
    pub to: String,
    /// What it says, as the network was told.
    pub words: String,
    /// Our token with it, where the network takes one.
    pub token: Option<OutboxId>,
}

/// The network behind a transport, as only it can see itself.
pub trait PlayedNetwork: fmt::Debug + Send + Sync {
    /// What it accepted, in order.
    fn accepted(&self) -> Vec<AcceptedMessage>;

    /// How often it was asked to take something, or would have been had it been reachable.
    fn attempts(&self) -> usize;
}

/// A transport with the network behind it.
#[derive(Clone, Debug)]
pub struct TransportBench {
    /// The transport.
    pub transport: Arc<dyn Transport>,
    /// The network.
    pub network: Arc<dyn PlayedNetwork>,
}

/// How the suite gets at a transport that pushes, and at its network.
#[async_trait]
pub trait TransportHarness: Send + Sync {
    /// A new transport before a new network that behaves like this.
    ///
    /// # Panics
    ///
    /// Panics when there is none to be had: a case that cannot run has not passed.
    async fn open(&self, mode: NetworkMode) -> TransportBench;

    /// Our address there.
    fn from(&self) -> String;

    /// Two contacts there.
    fn contacts(&self) -> [PointKey; 2];

    /// Whether the network takes our token and gives it back with receipts.
    fn takes_tokens(&self) -> bool;

    /// Whether the network can be asked what it accepted.
    fn can_be_asked(&self) -> bool;
}

/// A case that runs; it panics when the transport does not keep the contract.
pub type TransportCaseRun<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct TransportCase {
    /// The sentence that it checks.
    pub name: &'static str,
    /// Checks it, panicking when it does not hold.
    pub run: for<'a> fn(&'a dyn TransportHarness) -> TransportCaseRun<'a>,
}

/// The one list of cases: a case named here is run by everybody. Expands to `callback! { case case … }`.
#[macro_export]
macro_rules! for_each_transport_case {
    ($($callback:tt)+) => {
        $($callback)+! {
            what_is_accepted_is_named_as_the_network_names_it
            words_arrive_as_they_were_written
            it_goes_to_whom_it_is_for
            our_token_goes_along
            a_send_is_one_attempt
            what_is_refused_was_not_sent
            too_many_may_be_tried_again_later
            what_never_left_was_not_sent
            an_answer_that_is_lost_leaves_it_uncertain
            an_answer_that_nobody_can_read_leaves_it_uncertain
            a_network_that_failed_leaves_it_uncertain
            sends_at_the_same_time_do_not_mix
            what_was_accepted_can_be_found_again
            nothing_is_found_that_was_not_accepted
            what_others_must_not_see_is_not_sent_to_them
            what_never_leaves_the_house_stays_there
            it_is_always_the_same_network
            every_limit_says_where_it_was_read
            it_waits_for_a_receipt_before_it_asks_a_person
            nothing_of_a_message_is_in_an_error
        }
    };
}

/// Expands the suite to tests: give it a value that implements
/// [`TransportHarness`](crate::transport_suite::TransportHarness).
///
/// Use it once in a module.
#[macro_export]
macro_rules! transport_conformance {
    ($harness:expr) => {
        fn transport_conformance_harness() -> impl $crate::transport_suite::TransportHarness {
            $harness
        }

        mod transport_conformance {
            $crate::for_each_transport_case!($crate::transport_conformance_tests);
        }
    };
}

/// Part of [`transport_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! transport_conformance_tests {
    ($($case:ident)+) => {$(
        #[test]
        fn $case() {
            let harness = super::transport_conformance_harness();
            $crate::transport_suite::run($crate::transport_suite::cases::$case(&harness));
        }
    )+};
}

macro_rules! as_values {
    ($($case:ident)+) => {
        /// The cases as values: for running them under other conditions than `#[test]`.
        pub fn transport_cases() -> Vec<TransportCase> {
            vec![$(TransportCase { name: stringify!($case), run: |harness| Box::pin(cases::$case(harness)) },)+]
        }
    };
}
crate::for_each_transport_case!(as_values);

/// Runs a case on a runtime with two threads.
///
/// # Panics
///
/// Panics when the case does, or when the system gives no threads.
pub fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system has threads to give");
    runtime.block_on(case);
}

/// The cases. Their names are sentences about the behaviour that they check.
pub mod cases {
    #![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

    use std::error::Error;
    use std::fmt::Write as _;
    use std::time::Duration;

    use parlor_channel::{
        Certainty, Delivery, DeliverySide, Feature, Outbound, Push, Retry, SendReceipt, Support, Transport,
        TransportError,
    };
    use parlor_model::{
        ChannelName, Content, Id, MessageId, MessageText, OutboxId, PointKey, Timestamp, Visibility,
    };
    use uuid::Uuid;

    use super::{NetworkMode, TransportBench, TransportHarness};

    /// Words that go wrong somewhere in most systems.
    const WORDS: [&str; 7] = [
        "Hello",
        "  space at both ends ",
        "Grüße, 你好, مرحبا",
        "👩‍👩‍👧 and 🇪🇺",
        "one\r\ntwo\n\tthree",
        "<b>&amp;</b> 100% a+b=c; \"quoted\" \\ /",
        "e\u{301} is not é",
    ];

    /// A moment before everything that is sent here.
    const BEFORE: Timestamp = Timestamp::UNIX_EPOCH;

    fn push(transport: &dyn Transport) -> &dyn Push {
        match transport.delivery() {
            DeliverySide::Push(push) => push,
            DeliverySide::Mailbox => panic!("this suite is for transports that push"),
        }
    }

    /// A message of a number of its own.
    fn outbound(
        harness: &dyn TransportHarness,
        bench: &TransportBench,
        number: u128,
        words: &str,
    ) -> Outbound {
        let [to, _] = harness.contacts();
        addressed(harness, bench, number, to, words)
    }

    fn addressed(
        harness: &dyn TransportHarness,
        bench: &TransportBench,
        number: u128,
        to: PointKey,
        words: &str,
    ) -> Outbound {
        Outbound::new(
            OutboxId::from_uuid(Uuid::from_u128(number)),
            MessageId::from_uuid(Uuid::from_u128(number + 1_000)),
            ChannelName::new("conformance").expect("it is a name"),
            harness.from(),
            to,
            bench.transport.profile().visibility,
            Content::Text { text: MessageText::new(words).expect("there are words") },
        )
    }

    async fn send(bench: &TransportBench, outbound: &Outbound) -> Result<SendReceipt, TransportError> {
        push(&*bench.transport).send(outbound).await
    }

    /// Sends one message to a network in that mode, which has to fail.
    async fn fails(harness: &dyn TransportHarness, mode: NetworkMode) -> (TransportBench, TransportError) {
        let bench = harness.open(mode).await;
        let error = send(&bench, &outbound(harness, &bench, 1, "Hello")).await.expect_err("it was not taken");
        (bench, error)
    }

    /// The ids of the receipt are those under which the network has the message.
    pub async fn what_is_accepted_is_named_as_the_network_names_it(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        for number in 1..=3 {
            let receipt =
                send(&bench, &outbound(harness, &bench, number, "Hello")).await.expect("it is taken");
            let accepted = bench.network.accepted();
            let last = accepted.last().expect("it was accepted");
            assert_eq!(receipt.provider_ids.last(), Some(&last.id));
        }
        assert_eq!(bench.network.accepted().len(), 3);
    }

    /// Every character.
    pub async fn words_arrive_as_they_were_written(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        for (number, words) in (1..).zip(WORDS) {
            send(&bench, &outbound(harness, &bench, number, words)).await.expect("it is taken");
        }
        let arrived: Vec<_> = bench.network.accepted().into_iter().map(|message| message.words).collect();
        assert_eq!(arrived, WORDS);
    }

    /// And to nobody else.
    pub async fn it_goes_to_whom_it_is_for(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        for (number, to) in (1..).zip(harness.contacts()) {
            let address = to.address.as_str().to_owned();
            send(&bench, &addressed(harness, &bench, number, to, "Hello")).await.expect("it is taken");
            assert_eq!(bench.network.accepted().last().map(|message| message.to.clone()), Some(address));
        }
    }

    /// By it the network recognises a repetition, or a receipt is recognised here.
    pub async fn our_token_goes_along(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        for number in 1..=2 {
            let outbound = outbound(harness, &bench, number, "Hello");
            send(&bench, &outbound).await.expect("it is taken");
            let token = bench.network.accepted().last().and_then(|message| message.token);
            assert_eq!(token, harness.takes_tokens().then_some(outbound.outbox));
        }
    }

    /// Whether a repetition may make a second copy is not for the transport to say.
    pub async fn a_send_is_one_attempt(harness: &dyn TransportHarness) {
        for mode in [
            NetworkMode::Accepts,
            NetworkMode::Refuses,
            NetworkMode::RateLimits,
            NetworkMode::LosesTheAnswer,
            NetworkMode::AnswersNonsense,
            NetworkMode::FailsAfterAccepting,
        ] {
            let bench = harness.open(mode).await;
            let _ = send(&bench, &outbound(harness, &bench, 1, "Hello")).await;
            assert_eq!(bench.network.attempts(), 1, "{mode:?}");
        }
    }

    /// The agent can be told so, and nothing is tried again.
    pub async fn what_is_refused_was_not_sent(harness: &dyn TransportHarness) {
        let (bench, error) = fails(harness, NetworkMode::Refuses).await;
        assert_eq!((error.certainty, error.retry), (Certainty::NotSent, Retry::Never));
        assert_eq!(bench.network.accepted(), []);
    }

    /// It was not sent, and it may go through later.
    pub async fn too_many_may_be_tried_again_later(harness: &dyn TransportHarness) {
        let (bench, error) = fails(harness, NetworkMode::RateLimits).await;
        assert_eq!(error.certainty, Certainty::NotSent);
        assert_ne!(error.retry, Retry::Never);
        assert_eq!(bench.network.accepted(), []);
    }

    /// And it may be tried again.
    pub async fn what_never_left_was_not_sent(harness: &dyn TransportHarness) {
        let (bench, error) = fails(harness, NetworkMode::Unreachable).await;
        assert_eq!(error.certainty, Certainty::NotSent);
        assert_ne!(error.retry, Retry::Never);
        assert_eq!(bench.network.accepted(), []);
    }

    async fn is_uncertain(harness: &dyn TransportHarness, mode: NetworkMode) {
        let (bench, error) = fails(harness, mode).await;
        assert_eq!(bench.network.accepted().len(), 1, "the network has it");
        assert_eq!(error.certainty, Certainty::Uncertain, "nobody here can know that");
    }

    /// A repetition would be a second copy.
    pub async fn an_answer_that_is_lost_leaves_it_uncertain(harness: &dyn TransportHarness) {
        is_uncertain(harness, NetworkMode::LosesTheAnswer).await;
    }

    /// What is not understood is not a refusal.
    pub async fn an_answer_that_nobody_can_read_leaves_it_uncertain(harness: &dyn TransportHarness) {
        is_uncertain(harness, NetworkMode::AnswersNonsense).await;
    }

    /// Who failed does not know what it did before.
    pub async fn a_network_that_failed_leaves_it_uncertain(harness: &dyn TransportHarness) {
        is_uncertain(harness, NetworkMode::FailsAfterAccepting).await;
    }

    /// Each has its own answer.
    pub async fn sends_at_the_same_time_do_not_mix(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let sends = (1..=16).map(|number| {
            let words = format!("number {number}");
            let (bench, outbound) = (bench.clone(), outbound(harness, &bench, number, &words));
            tokio::spawn(async move { (words, send(&bench, &outbound).await) })
        });
        let mut sent = Vec::new();
        for send in sends.collect::<Vec<_>>() {
            let (words, receipt) = send.await.expect("it does not panic");
            sent.push((words, receipt.expect("it is taken").provider_ids));
        }
        let accepted = bench.network.accepted();
        assert_eq!(accepted.len(), sent.len());
        for (words, ids) in sent {
            let known = accepted.iter().find(|message| message.words == words).expect("it was accepted");
            assert_eq!(ids.last(), Some(&known.id), "{words}");
        }
    }

    /// An uncertain message is found in what the network has accepted, where that can be asked.
    pub async fn what_was_accepted_can_be_found_again(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::LosesTheAnswer).await;
        let outbound = outbound(harness, &bench, 1, "Hello");
        send(&bench, &outbound).await.expect_err("the answer is lost");
        let found = push(&*bench.transport).look_up(&outbound, BEFORE).await.expect("it can be asked");
        let accepted = bench.network.accepted().into_iter().next().map(|message| message.id);
        assert_eq!(found, accepted.filter(|_| harness.can_be_asked()));
    }

    /// Another message is not taken for it.
    pub async fn nothing_is_found_that_was_not_accepted(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let [_, other] = harness.contacts();
        send(&bench, &addressed(harness, &bench, 1, other, "Hello")).await.expect("it is taken");
        send(&bench, &outbound(harness, &bench, 2, "Good bye")).await.expect("it is taken");
        let never_sent = outbound(harness, &bench, 3, "Hello");
        let found = push(&*bench.transport).look_up(&never_sent, BEFORE).await.expect("it can be asked");
        assert_eq!(found, None);
    }

    async fn is_refused_at_home(bench: &TransportBench, outbound: &Outbound) {
        let error = send(bench, outbound).await.expect_err("it has no form there");
        assert_eq!(error.certainty, Certainty::NotSent);
        assert_eq!(bench.network.attempts(), 0, "{outbound:?}");
    }

    /// A private message is never posted, a public one is never whispered, and what agents say among themselves is neither.
    pub async fn what_others_must_not_see_is_not_sent_to_them(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let usual = bench.transport.profile().visibility;
        for visibility in [Visibility::Private, Visibility::Public, Visibility::Internal] {
            if visibility != usual {
                let mut outbound = outbound(harness, &bench, 1, "Hello");
                outbound.visibility = visibility;
                is_refused_at_home(&bench, &outbound).await;
            }
        }
    }

    /// Notes, whispers and what was erased have no form on any network.
    pub async fn what_never_leaves_the_house_stays_there(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let text = MessageText::new("between us").expect("there are words");
        for content in [Content::Note { text: text.clone() }, Content::Whisper { text }, Content::Erased] {
            let mut outbound = outbound(harness, &bench, 1, "Hello");
            outbound.content = content;
            is_refused_at_home(&bench, &outbound).await;
        }
    }

    /// What it says about itself never changes, and agrees with itself.
    pub async fn it_is_always_the_same_network(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let (profile, id) = (bench.transport.profile().clone(), bench.transport.capabilities().id().clone());
        assert_eq!(profile.delivery, Delivery::Push);
        assert_eq!(bench.transport.delivery().kind(), Delivery::Push);
        assert!(!profile.readiness.is_empty(), "somebody has to be ready on something");
        send(&bench, &outbound(harness, &bench, 1, "Hello")).await.expect("it is taken");
        assert_eq!((bench.transport.profile(), bench.transport.capabilities().id()), (&profile, &id));
    }

    /// A limit that nobody can look up cannot be argued with.
    pub async fn every_limit_says_where_it_was_read(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let capabilities = bench.transport.capabilities();
        assert_ne!(capabilities.support(Feature::Text), Support::Rejected, "words can be sent");
        assert!(capabilities.support(Feature::Text).arrives(), "words can be sent");
        for limit in capabilities.limits().chain(capabilities.media().iter().map(|rule| &rule.limit)) {
            assert!(!limit.source.trim().is_empty(), "{limit}");
            assert_eq!(limit.read_on.len(), "YYYY-MM-DD".len(), "{limit}");
            assert!(limit.value > 0, "{limit}");
        }
    }

    /// But not forever.
    pub async fn it_waits_for_a_receipt_before_it_asks_a_person(harness: &dyn TransportHarness) {
        let bench = harness.open(NetworkMode::Accepts).await;
        let wait = push(&*bench.transport).uncertain_wait();
        assert!((Duration::from_secs(1)..=Duration::from_hours(1)).contains(&wait), "{wait:?}");
    }

    /// Neither the words nor whom they are for get into a log.
    pub async fn nothing_of_a_message_is_in_an_error(harness: &dyn TransportHarness) {
        let words = "between the two of us";
        for mode in [
            NetworkMode::Refuses,
            NetworkMode::RateLimits,
            NetworkMode::Unreachable,
            NetworkMode::LosesTheAnswer,
            NetworkMode::AnswersNonsense,
            NetworkMode::FailsAfterAccepting,
        ] {
            let bench = harness.open(mode).await;
            let outbound = outbound(harness, &bench, 1, words);
            let error = send(&bench, &outbound).await.expect_err("it was not taken");
            let mut shown = format!("{error} {error:?} {:?} {outbound:?}", bench.transport);
            let mut source = error.source();
            while let Some(error) = source {
                let _ = write!(shown, "{error} {error:?}");
                source = error.source();
            }
            for hidden in [words, "between", outbound.to.address.as_str()] {
                assert!(!shown.contains(hidden), "{mode:?}: {hidden} is shown in {shown}");
            }
        }
    }
}
