//! What is reported, held against what the provider really did.

use std::collections::BTreeMap;

use parlor::model::{DeliveryStage, OutboxId, ProviderMessageId};
use parlor::store::OutboxState;
use parlor_testkit::simulators::AcceptedSend;
use url::Url;

/// What agents are told of a send that failed, and of one that may have happened.
const FAILED: &str = "failed";
const MAY_HAVE_BEEN_SENT: &str = "may_have_been_sent";

/// What is reported of one reply.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) state: OutboxState,
    pub(crate) provider_id: Option<ProviderMessageId>,
    /// What was observed of it.
    pub(crate) stages: Vec<DeliveryStage>,
    /// What the agents were told of it.
    pub(crate) told: Vec<String>,
}

/// What is reported of all of them.
#[derive(Debug)]
pub(crate) struct Reported(BTreeMap<OutboxId, Reply>);

impl Reported {
    pub(crate) fn new(replies: BTreeMap<OutboxId, Reply>) -> Self {
        Self(replies)
    }

    pub(crate) fn replies(&self) -> usize {
        self.0.len()
    }

    /// How many ended how.
    pub(crate) fn states(&self) -> BTreeMap<OutboxState, usize> {
        self.0.values().fold(BTreeMap::new(), |mut states, reply| {
            *states.entry(reply.state).or_default() += 1;
            states
        })
    }
}

/// What we sent along with a message, in the address of its receipts.
fn token(send: &AcceptedSend) -> Option<OutboxId> {
    let url: Url = send.status_callback.as_deref()?.parse().ok()?;
    url.query_pairs().find(|(name, _)| name == "ob").and_then(|(_, token)| token.parse().ok())
}

/// What the provider has of one reply.
#[derive(Clone, Debug, Default)]
struct Taken {
    /// The id and the receipts that were told, of each message that it made and did not give up at once.
    live: Vec<(String, Vec<String>)>,
    /// How many it made and gave up at once.
    failed_at_once: usize,
}

/// What is wrong with a report.
pub(crate) fn findings(accepted: &[AcceptedSend], reported: &Reported) -> Vec<String> {
    let mut truth = BTreeMap::<OutboxId, Taken>::new();
    let mut findings = Vec::new();
    let mut last = BTreeMap::new();
    for send in accepted {
        let Some(id) = token(send).filter(|id| reported.0.contains_key(id)) else {
            findings.push(format!("{} was taken and is no reply", send.sid));
            continue;
        };
        let taken = truth.entry(id).or_default();
        if send.failed_at_once {
            taken.failed_at_once += 1;
        } else {
            taken.live.push((send.sid.clone(), send.told.clone()));
        }
        // Ids are in the order of writing.
        if last.insert(&send.to, id).is_some_and(|last| last > id) {
            findings.push(format!("{id} was sent after what was written later to the same contact"));
        }
    }
    for (id, reply) in &reported.0 {
        let taken = truth.remove(id).unwrap_or_default();
        findings.extend(
            wrong_with(reply, &taken).into_iter().map(|wrong| format!("{id} {wrong}: {reply:?}, {taken:?}")),
        );
    }
    findings
}

/// What is wrong with what is reported of one reply.
fn wrong_with(reply: &Reply, taken: &Taken) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut unless = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let times = taken.live.len() + taken.failed_at_once;
    unless(times <= 1, &format!("was taken {times} times, and nobody said that it be sent again"));
    let live = taken.live.first();
    match reply.state {
        OutboxState::Pending | OutboxState::Sending | OutboxState::Uncertain => {
            unless(false, "has not ended");
        }
        OutboxState::Discarded => {
            unless(false, "was given up by nobody");
        }
        OutboxState::Rejected | OutboxState::Expired => {
            unless(live.is_none(), "is said not to have been sent, and was taken");
        }
        OutboxState::Accepted => {
            let id = reply.provider_id.as_ref().map(ProviderMessageId::as_str);
            unless(live.is_some(), "is said to have been taken, and was not");
            unless(live.is_none_or(|(sid, _)| id == Some(sid)), "is known by another id than the provider's");
        }
        OutboxState::NeedsDecision => {
            unless(
                live.is_none_or(|(_, told)| told.is_empty()),
                "is left to a person though its receipt came",
            );
        }
    }
    let count = |what: &str| reply.told.iter().filter(|told| *told == what).count();
    let undelivered = live.is_some_and(|(_, told)| told.iter().any(|status| status == "undelivered"));
    let failed = undelivered || matches!(reply.state, OutboxState::Rejected | OutboxState::Expired);
    unless(count(FAILED) == usize::from(failed), "is not said to have failed exactly once if it did");
    let undecided = reply.state == OutboxState::NeedsDecision;
    // A receipt may come when the person has been asked already.
    unless(count(MAY_HAVE_BEEN_SENT) <= 1, "is said to be in doubt more than once");
    unless(!undecided || count(MAY_HAVE_BEEN_SENT) == 1, "is left to a person who was not told");
    for (status, stage) in [
        ("sent", DeliveryStage::Sent),
        ("delivered", DeliveryStage::Delivered),
        ("undelivered", DeliveryStage::Failed),
    ] {
        let told = live.is_some_and(|(_, told)| told.iter().any(|known| known == status));
        unless(!told || reply.stages.contains(&stage), &format!("has lost its receipt {status}"));
        let known = status == "sent" || told || !reply.stages.contains(&stage) || failed;
        unless(known, &format!("is said to be {status}, which nobody said"));
    }
    wrong
}

/// Reports, each with something that is wrong with it by its name, and what is found.
pub(crate) fn planted() -> Vec<(&'static str, Vec<String>)> {
    let good = Reply {
        state: OutboxState::Accepted,
        provider_id: Some(ProviderMessageId::new("SM1")),
        stages: vec![DeliveryStage::Sent, DeliveryStage::Delivered],
        told: Vec::new(),
    };
    let live = ("SM1".to_owned(), vec!["sent".to_owned(), "delivered".to_owned()]);
    let once = Taken { live: vec![live.clone()], failed_at_once: 0 };
    let never = Taken::default();
    let failed = vec![FAILED.to_owned()];
    let rejected = Reply {
        state: OutboxState::Rejected,
        provider_id: None,
        stages: vec![DeliveryStage::Failed],
        told: failed.clone(),
    };
    let quiet = Taken { live: vec![("SM1".to_owned(), Vec::new())], failed_at_once: 0 };
    let doubt = Reply {
        state: OutboxState::NeedsDecision,
        told: vec![MAY_HAVE_BEEN_SENT.to_owned()],
        ..rejected.clone()
    };
    let doubt = Reply { stages: Vec::new(), ..doubt };
    let cases = [
        ("nothing", good.clone(), once.clone()),
        ("nothing", rejected.clone(), never.clone()),
        ("nothing", doubt.clone(), quiet.clone()),
        ("taken twice", good.clone(), Taken { live: vec![live.clone(), live], failed_at_once: 0 }),
        ("refused and taken", rejected.clone(), quiet.clone()),
        ("too old and taken", Reply { state: OutboxState::Expired, ..rejected.clone() }, quiet.clone()),
        ("taken and not", good.clone(), never.clone()),
        (
            "another id",
            Reply { provider_id: Some(ProviderMessageId::new("SM2")), ..good.clone() },
            once.clone(),
        ),
        ("not finished", Reply { state: OutboxState::Uncertain, ..doubt.clone() }, quiet),
        ("given up", Reply { state: OutboxState::Discarded, ..doubt.clone() }, never.clone()),
        ("a receipt came", doubt.clone(), once.clone()),
        ("a receipt was lost", Reply { stages: vec![DeliveryStage::Sent], ..good.clone() }, once.clone()),
        ("not said", Reply { told: Vec::new(), ..rejected }, never.clone()),
        ("doubt not said", Reply { told: Vec::new(), ..doubt }, never),
        ("said to have failed", Reply { told: failed, ..good }, once),
    ];
    cases.into_iter().map(|(wrong, reply, taken)| (wrong, wrong_with(&reply, &taken))).collect()
}
