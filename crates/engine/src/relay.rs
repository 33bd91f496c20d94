//! Brings what waits in the outbox to the networks, and finds out what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parlor_channel::{
    Certainty, DeliverySide, Outbound, Push, Retry, SendReceipt, Transport, TransportError,
    TransportErrorKind,
};
use parlor_model::{
    Author, Channel, ContactPointId, Content, DeliveryStage, Id, MessageId, Observation, OutboxId,
    SendOutcome, Subject, SystemNotice, Timestamp, Visibility,
};
use parlor_store::{
    ConsentEntry, ConsentState, Duplicate, NewMessage, OutboxClaim, OutboxEntry, OutboxState, OutboxWrite,
    SENDER_LOST, StoreError,
};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Drive, Inner};
use crate::error::EngineError;
use crate::intake::MESSAGES;
use crate::outbox::{SENT_AGAIN, SendContext, SendEvent, after};
use crate::source::id_of;

/// How many sends are on their way at once: enough to hide a provider's answering time, and few enough sockets.
const AT_ONCE: usize = 64;

/// How long one send may take. A transport has limits of its own; this one holds whatever a third party's does.
const SEND_WITHIN: Duration = Duration::from_secs(40);

/// How long a sender has an entry: longer than a send and the writing down of how it ended may take.
const LEASE: Duration = Duration::from_mins(1);

/// How often everything that is not finished is looked at, even when nothing is known to be due: leases of senders that
/// died run out, and machines' clocks are set.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// How long the relay waits after the store has failed it.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// How long after a provider did not say whether it has a message it is asked again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// How long a provider is asked whether it has a message, before a person decides without it.
const LOOK_FOR: Duration = Duration::from_mins(5);

/// How long stopping waits for what is being sent. What has not ended by then may have been sent.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(8);

/// How often the writing down of how a send ended is tried.
const CONCLUDE_TRIES: u32 = 5;

/// How many unfinished entries are read at a time.
const PAGE: usize = 500;

/// What the relay is told.
#[derive(Debug)]
pub(crate) enum RelaySignal {
    /// Something was put into the outbox, or may be due earlier than before.
    Wake,
    /// Do all that is due, and say whether there was anything.
    Settle(oneshot::Sender<bool>),
    /// Stop, when what is being sent has ended.
    Stop(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(crate) struct Relay {
    engine: Weak<Inner>,
    inbox: mpsc::UnboundedReceiver<RelaySignal>,
    worker: String,
    drive: Drive,
    /// What is being sent or looked up; each gives its entry, and when that is due again.
    jobs: JoinSet<(OutboxId, Option<Timestamp>)>,
    busy: BTreeSet<OutboxId>,
    /// What is not to be looked at before.
    put_off: BTreeMap<OutboxId, Timestamp>,
    /// When something is due that is known of.
    due: BTreeSet<Timestamp>,
    swept_at: Option<Timestamp>,
}

impl Relay {
    pub(crate) fn new(
        engine: &Arc<Inner>,
        inbox: mpsc::UnboundedReceiver<RelaySignal>,
        node: &str,
        drive: Drive,
    ) -> Self {
        Self {
            engine: Arc::downgrade(engine),
            inbox,
            worker: node.to_owned(),
            drive,
            jobs: JoinSet::new(),
            busy: BTreeSet::new(),
            put_off: BTreeMap::new(),
            due: BTreeSet::new(),
            swept_at: None,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            let wait = match self.drive {
                Drive::Manual => None,
                Drive::Automatic => match self.round().await {
                    Some(wait) => Some(wait),
                    None => return,
                },
            };
            let signal = tokio::select! {
                signal = self.inbox.recv() => signal,
                Some(ended) = self.jobs.join_next() => {
                    self.ended(ended.ok());
                    continue;
                }
                () = tokio::time::sleep(wait.unwrap_or(SWEEP_EVERY)), if wait.is_some() => continue,
            };
            match signal {
                None => return,
                Some(RelaySignal::Wake) => {}
                Some(RelaySignal::Settle(done)) => {
                    let worked = self.settle().await;
                    // Nobody waits any more when it fails.
                    let _ = done.send(worked);
                }
                Some(RelaySignal::Stop(done)) => {
                    // An error means that it takes too long.
                    let _ = tokio::time::timeout(STOP_WITHIN, async {
                        while self.jobs.join_next().await.is_some() {}
                    })
                    .await;
                    let _ = done.send(());
                    return;
                }
            }
        }
    }

    /// Begins a job about an entry. One that panics ends like any other: the store gives the entry up with its lease.
    fn start(&mut self, id: OutboxId, job: impl Future<Output = Option<Timestamp>> + Send + 'static) {
        self.jobs.spawn(async move { (id, tokio::spawn(job).await.unwrap_or(None)) });
    }

    fn ended(&mut self, job: Option<(OutboxId, Option<Timestamp>)>) {
        if let Some((entry, due)) = job {
            self.busy.remove(&entry);
            self.put_off.remove(&entry);
            if let Some(due) = due {
                self.put_off.insert(entry, due);
                self.due.insert(due);
            }
        }
    }

    /// Does all that is due, until nothing follows; gives whether there was anything.
    async fn settle(&mut self) -> bool {
        let mut worked = false;
        loop {
            self.swept_at = None;
            if self.round().await.is_none() || self.jobs.is_empty() {
                return worked;
            }
            worked = true;
            while let Some(ended) = self.jobs.join_next().await {
                self.ended(ended.ok());
            }
        }
    }

    /// Begins all that is due; gives how long nothing more is. `None` when the engine is gone.
    async fn round(&mut self) -> Option<Duration> {
        let engine = self.engine.upgrade()?;
        if !engine.pushes() {
            return Some(SWEEP_EVERY);
        }
        if let Err(error) = self.begin(&engine).await {
            tracing::warn!(%error, "the outbox cannot be read");
            return Some(RETRY_AFTER);
        }
        let now = engine.now();
        let next = self.due.first().map_or(SWEEP_EVERY, |due| due.since(now));
        Some(next.clamp(Duration::from_millis(1), SWEEP_EVERY))
    }

    async fn begin(&mut self, engine: &Arc<Inner>) -> Result<(), StoreError> {
        let now = engine.now();
        let free = AT_ONCE.saturating_sub(self.jobs.len());
        // First, because it also gives up what senders have had for too long.
        let claim = OutboxClaim { worker: self.worker.clone(), now, ttl: LEASE, limit: free };
        let claimed = if free > 0 { engine.store.claim_outbox(&claim).await? } else { Vec::new() };
        for entry in claimed {
            self.busy.insert(entry.id);
            let engine = Arc::clone(engine);
            let id = entry.id;
            self.start(id, async move { engine.send_out(&entry).await });
        }
        let later = self.due.split_off(&(now + Duration::from_micros(1)));
        let is_due = !std::mem::replace(&mut self.due, later).is_empty();
        if is_due || self.swept_at.is_none_or(|swept| now.since(swept) >= SWEEP_EVERY) {
            self.sweep(engine, now).await?;
        }
        Ok(())
    }

    /// Looks at all that is not finished: for what nobody waits any longer, and when something is due.
    async fn sweep(&mut self, engine: &Arc<Inner>, now: Timestamp) -> Result<(), StoreError> {
        let mut last = None;
        loop {
            let page = engine.store.unfinished_outbox(last, PAGE).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            for entry in page {
                match entry.state {
                    OutboxState::Pending | OutboxState::Uncertain if entry.not_before > now => {
                        self.due.insert(entry.not_before);
                    }
                    OutboxState::Uncertain if self.put_off.get(&entry.id).is_some_and(|at| *at > now) => {}
                    OutboxState::Uncertain if self.jobs.len() >= AT_ONCE => {
                        self.due.insert(now + RETRY_AFTER);
                    }
                    OutboxState::Uncertain if self.busy.insert(entry.id) => {
                        let engine = Arc::clone(engine);
                        let id = entry.id;
                        self.start(id, async move { engine.stop_waiting(&entry).await });
                    }
                    OutboxState::Sending => self.due.extend(entry.lease.map(|lease| lease.until)),
                    OutboxState::Uncertain
                    | OutboxState::Pending
                    | OutboxState::NeedsDecision
                    | OutboxState::Accepted
                    | OutboxState::Rejected
                    | OutboxState::Expired
                    | OutboxState::Discarded => {}
                }
            }
        }
        self.swept_at = Some(now);
        Ok(())
    }
}

/// The id of what is told of a message, made of what it says: told again, it is the same entry.
fn told_id(message: MessageId, outcome: &SendOutcome, attempts: u32) -> MessageId {
    // What was not sent is told once, whoever says it; what may have been sent is told of each try.
    let attempt = if matches!(outcome, SendOutcome::Failed) { 0 } else { attempts };
    let mut hash = Sha256::new();
    hash.update(message.as_uuid().as_bytes());
    hash.update(outcome.as_str());
    hash.update(attempt.to_be_bytes());
    id_of(hash)
}

impl Inner {
    /// Whether any channel is on a network that is sent to.
    pub(crate) fn pushes(&self) -> bool {
        self.directory.channels().any(|channel| self.pushes_on(channel))
    }

    pub(crate) fn pushes_on(&self, channel: &Channel) -> bool {
        self.transport(channel).is_some_and(|transport| match transport.delivery() {
            DeliverySide::Push(_) => true,
            DeliverySide::Mailbox => false,
        })
    }

    /// Puts what an agent says to a contact into the outbox, in the commit that makes it part of the transcript. It is the
    /// one place where that is done, so that no way of saying something can forget it.
    pub(crate) async fn put_in_outbox(&self, draft: &mut Draft) -> Result<(), EngineError> {
        let now = self.now();
        let mut entries = Vec::new();
        for message in &draft.changes.messages {
            let says = match &message.author {
                Author::Agent(_) | Author::Bot(_) => message.content.is_said(),
                Author::Contact(_) | Author::System => false,
            };
            if !says || !message.visibility.reaches_contact() {
                continue;
            }
            let made = draft.changes.threads.iter().find(|thread| thread.id == message.thread).cloned();
            let known = match made {
                Some(thread) => Some(thread),
                None => self.thread(message.thread).await?.map(|info| info.thread.clone()),
            };
            let Some(thread) = known else { continue };
            let Some(channel) = self.directory.channel(&thread.channel) else { continue };
            if !self.pushes_on(channel) {
                continue;
            }
            if let Subject::Direct(point) = thread.subject
                && self.has_opted_out(point).await?
            {
                return Err(EngineError::OptedOut);
            }
            entries.push(OutboxEntry {
                // One send a message, so that either is found from the other.
                id: OutboxId::from_uuid(message.id.as_uuid()),
                message: message.id,
                thread: thread.id,
                channel: thread.channel,
                state: OutboxState::Pending,
                attempts: 0,
                not_before: now,
                provider_id: None,
                reason: None,
                lease: None,
                version: 0,
            });
        }
        draft
            .changes
            .outbox
            .extend(entries.into_iter().map(|entry| OutboxWrite { entry, expected_version: 0 }));
        Ok(())
    }

    /// Whether whoever is at a contact point has said that they want no more messages.
    pub(crate) async fn has_opted_out(&self, point: ContactPointId) -> Result<bool, StoreError> {
        let ledger = self.store.consent(point).await?;
        let last = ledger.iter().rev().find(|entry| entry.purpose == MESSAGES);
        Ok(last.is_some_and(|entry| entry.state == ConsentState::Withdrawn))
    }

    /// Sends an entry that was claimed; gives when it is due again.
    async fn send_out(self: &Arc<Self>, entry: &OutboxEntry) -> Option<Timestamp> {
        let refused = |kind| TransportError::new(kind, Certainty::NotSent);
        let (outbound, transport, written_at, to) = match self.outbound(entry).await {
            Ok(Some(found)) => found,
            // Whom it was for, or what it said, is not there any more.
            Ok(None) => {
                let gone = refused(TransportErrorKind::Content);
                return self.conclude(entry, &SendEvent::Failed(&gone), Duration::ZERO).await;
            }
            Err(error) => {
                tracing::warn!(%error, outbox = %entry.id, "what is to be sent cannot be read");
                let later = refused(TransportErrorKind::Other).with_retry(Retry::Backoff);
                return self.conclude(entry, &SendEvent::Failed(&later), Duration::ZERO).await;
            }
        };
        let DeliverySide::Push(push) = transport.delivery() else {
            return None;
        };
        let wait = push.uncertain_wait();
        // What was said to be sent again is sent, though it waited for that for longer than it would have by itself.
        let policy = self.directory.rules.sending;
        let is_again = entry.reason.as_deref() == Some(SENT_AGAIN);
        let most = if is_again { policy.max_age_again() } else { policy.max_age };
        if self.now() >= written_at + most {
            return self.conclude(entry, &SendEvent::TooOld, wait).await;
        }
        // They may have said so since it was written.
        match self.has_opted_out(to).await {
            Ok(false) => {}
            Ok(true) => {
                let unwanted = refused(TransportErrorKind::OptedOut);
                return self.conclude(entry, &SendEvent::Failed(&unwanted), wait).await;
            }
            Err(_) => {
                let later = refused(TransportErrorKind::Other).with_retry(Retry::Backoff);
                return self.conclude(entry, &SendEvent::Failed(&later), wait).await;
            }
        }
        let answer: Result<SendReceipt, TransportError> =
            match tokio::time::timeout(SEND_WITHIN, push.send(&outbound)).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::new(TransportErrorKind::Network, Certainty::Uncertain)),
            };
        match answer {
            Ok(receipt) => {
                metrics::counter!("parlor_outbound_accepted_total").increment(1);
                let taken = SendEvent::Taken(receipt.provider_ids.first());
                self.conclude(entry, &taken, wait).await
            }
            Err(error) => {
                metrics::counter!("parlor_outbound_failed_total", "kind" => error.kind.as_str()).increment(1);
                tracing::info!(outbox = %entry.id, channel = %entry.channel, %error, "a message was not sent at once");
                self.conclude(entry, &SendEvent::Failed(&error), wait).await
            }
        }
    }

    /// A send of which nobody has said how it ended: looks whether the provider has it; gives when it is due again.
    async fn stop_waiting(self: &Arc<Self>, entry: &OutboxEntry) -> Option<Timestamp> {
        let later = || Some(self.now() + LOOK_AGAIN_AFTER);
        let found = match self.outbound(entry).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, outbox = %entry.id, "what may have been sent cannot be read");
                return later();
            }
        };
        let push = found.as_ref().and_then(|(_, transport, _, _)| match transport.delivery() {
            DeliverySide::Push(push) => Some(push),
            DeliverySide::Mailbox => None,
        });
        let wait = push.map_or(Duration::ZERO, Push::uncertain_wait);
        if entry.reason.as_deref() == Some(SENDER_LOST) {
            return self.conclude(entry, &SendEvent::Time, wait).await;
        }
        let (Some((outbound, _, written_at, _)), Some(push)) = (&found, push) else {
            // Nobody is left who could be asked.
            return self.conclude(entry, &SendEvent::WaitIsOver, wait).await;
        };
        let found = match tokio::time::timeout(SEND_WITHIN, push.look_up(outbound, *written_at)).await {
            Ok(Ok(found)) => found,
            // The provider does not say. It is asked again for a while, before a person is.
            Ok(Err(_)) | Err(_) if self.now() < entry.not_before + LOOK_FOR => return later(),
            Ok(Err(_)) | Err(_) => None,
        };
        // Another message of the same words is not this one.
        let found = match found {
            Some(id) => match self.store.sent_as(&entry.channel, &id).await {
                Ok(None) => match self.has_twin(entry, outbound).await {
                    Ok(has_twin) => (!has_twin).then_some(id),
                    Err(_) => return later(),
                },
                Ok(Some(known)) => (known.id == entry.id).then_some(id),
                Err(_) => return later(),
            },
            None => None,
        };
        match &found {
            Some(id) => self.conclude(entry, &SendEvent::Taken(Some(id)), wait).await,
            None => self.conclude(entry, &SendEvent::WaitIsOver, wait).await,
        }
    }

    /// Whether another message of the same words may have been sent to the same contact, of which nobody has said what became
    /// of it: what the provider has may be that one.
    async fn has_twin(&self, entry: &OutboxEntry, outbound: &Outbound) -> Result<bool, StoreError> {
        let mut last = None;
        loop {
            let page = self.store.unfinished_outbox(last, PAGE).await?;
            let Some(end) = page.last() else { return Ok(false) };
            last = Some(end.id);
            let undecided = page.iter().filter(|other| {
                other.thread == entry.thread
                    && other.id != entry.id
                    && other.state == OutboxState::NeedsDecision
            });
            for other in undecided {
                let message = self.store.message(other.message).await?;
                if message.is_some_and(|message| message.content == outbound.content) {
                    return Ok(true);
                }
            }
        }
    }

    /// What an entry sends, by what, and when it was written; `None` when it is gone.
    async fn outbound(
        &self,
        entry: &OutboxEntry,
    ) -> Result<Option<(Outbound, Arc<dyn Transport>, Timestamp, ContactPointId)>, StoreError> {
        let Some(message) = self.store.message(entry.message).await? else { return Ok(None) };
        let Some(info) = self.thread(entry.thread).await? else { return Ok(None) };
        let Some(channel) = self.directory.channel(&entry.channel) else { return Ok(None) };
        let Some(transport) = self.transport(channel) else { return Ok(None) };
        let Subject::Direct(point) = info.thread.subject else { return Ok(None) };
        let Some(point) = self.store.point(point).await? else { return Ok(None) };
        if !message.content.is_said() {
            return Ok(None);
        }
        let to = point.id;
        let mut outbound = Outbound::new(
            entry.id,
            entry.message,
            entry.channel.clone(),
            channel.address.clone(),
            point.key,
            message.visibility,
            message.content.clone(),
        );
        let files = message.content.attachments();
        if !files.is_empty() {
            // Without a way to fetch them it is nothing that can be sent.
            let Some(links) = self.file_links(files).await? else { return Ok(None) };
            outbound.files = links;
        }
        Ok(Some((outbound, Arc::clone(transport), message.at, to)))
    }

    /// Writes down how a send ended, for as long as the store can be hoped to take it; gives when the entry is due again.
    ///
    /// What cannot be written down is not lost: the lease runs out, and the entry is uncertain.
    async fn conclude(
        self: &Arc<Self>,
        entry: &OutboxEntry,
        event: &SendEvent<'_>,
        provider_wait: Duration,
    ) -> Option<Timestamp> {
        for attempt in 1..=CONCLUDE_TRIES {
            match self.learn(entry, event, provider_wait).await {
                Ok(entry) => {
                    // What waits for a person is due at no moment.
                    let waits = |entry: &OutboxEntry| {
                        matches!(entry.state, OutboxState::Pending | OutboxState::Uncertain)
                    };
                    return entry.filter(waits).map(|entry| entry.not_before);
                }
                Err(error) => {
                    tracing::warn!(outbox = %entry.id, %error, attempt, "how a send ended was not written down");
                    tokio::time::sleep(RETRY_AFTER * attempt).await;
                }
            }
        }
        None
    }

    /// Changes an entry by what was learned of it, with what the transcript and the agents are told; gives the entry as it
    /// is then.
    async fn learn(
        self: &Arc<Self>,
        entry: &OutboxEntry,
        event: &SendEvent<'_>,
        provider_wait: Duration,
    ) -> Result<Option<OutboxEntry>, EngineError> {
        let mut known = Some(entry.clone());
        let decided = until_decided!({
            let current = match known.take() {
                Some(known) => Some(known),
                None => self.store.outbox_entry(entry.id).await?,
            };
            self.try_learn(entry, current, event, provider_wait).await
        });
        decided.map_err(Attempt::into_error)
    }

    async fn try_learn(
        self: &Arc<Self>,
        tried: &OutboxEntry,
        current: Option<OutboxEntry>,
        event: &SendEvent<'_>,
        provider_wait: Duration,
    ) -> Result<Option<OutboxEntry>, Attempt> {
        let Some(current) = current else {
            return Ok(None);
        };
        // That a try failed says nothing of another one. That the provider has it stays true.
        let is_of_another = current.version != tried.version && !matches!(event, SendEvent::Taken(_));
        if is_of_another {
            return Ok(Some(current));
        }
        let mut jitter = [0; 2];
        self.ids.fill(&mut jitter);
        let now = self.now();
        let cx = SendContext {
            now,
            policy: self.directory.rules.sending,
            provider_wait,
            jitter: u16::from_be_bytes(jitter),
        };
        let Some(next) = after(&current, event, &cx) else {
            return Ok(Some(current));
        };
        let mut draft = Draft::new(now);
        draft.changes.outbox.push(OutboxWrite { entry: next.clone(), expected_version: current.version });
        self.follow(&mut draft, &current, &next, event).await?;
        match self.attempt(draft).await {
            Ok(_) => {}
            // Somebody told the same at this moment.
            Err(Attempt::Duplicate(Duplicate::Message(_))) => return Err(Attempt::Again),
            Err(other) => return Err(other),
        }
        if next.state == OutboxState::Accepted
            && let Err(error) = self.take_up_parked(&next).await
        {
            tracing::warn!(outbox = %next.id, %error, "receipts that came early were not taken up");
        }
        Ok(Some(OutboxEntry { version: current.version + 1, ..next }))
    }

    /// What follows for the transcript and the agents when an entry gets to another state.
    pub(crate) async fn follow(
        &self,
        draft: &mut Draft,
        before: &OutboxEntry,
        next: &OutboxEntry,
        event: &SendEvent<'_>,
    ) -> Result<(), StoreError> {
        if before.state == next.state {
            return Ok(());
        }
        // The provider says so, not we.
        if let SendEvent::Failed(error) = event
            && error.kind == TransportErrorKind::OptedOut
            && error.provider_code.is_some()
        {
            self.withdraw_consent(draft, next, error.reason()).await?;
        }
        match next.state {
            OutboxState::Accepted => draft.changes.observations.push(Observation {
                message: next.message,
                stage: DeliveryStage::Sent,
                at: self.now(),
                reason: None,
            }),
            OutboxState::Rejected | OutboxState::Expired => {
                draft.changes.observations.push(Observation {
                    message: next.message,
                    stage: DeliveryStage::Failed,
                    at: self.now(),
                    reason: next.reason.clone(),
                });
                self.tell_agents_of_send(draft, next, SendOutcome::Failed, next.reason.clone()).await?;
            }
            OutboxState::NeedsDecision => {
                self.tell_agents_of_send(draft, next, SendOutcome::MayHaveBeenSent, next.reason.clone())
                    .await?;
            }
            OutboxState::Pending | OutboxState::Sending | OutboxState::Uncertain | OutboxState::Discarded => {
            }
        }
        Ok(())
    }

    /// A line of the transcript for agents, in what is being done about the message's conversation.
    pub(crate) async fn tell_agents_of_send(
        &self,
        draft: &mut Draft,
        entry: &OutboxEntry,
        outcome: SendOutcome,
        code: Option<String>,
    ) -> Result<(), StoreError> {
        let id = told_id(entry.message, &outcome, entry.attempts);
        if self.store.message(id).await?.is_some() {
            return Ok(());
        }
        let place = self.open_in_thread(entry.thread);
        if let Some(open) = &place {
            draft.unchanged(open);
        }
        draft.changes.messages.push(NewMessage {
            id,
            thread: entry.thread,
            interaction: place.as_ref().map(|open| open.id),
            segment: place.map_or(0, |open| open.segment),
            author: Author::System,
            parent: None,
            visibility: Visibility::Internal,
            content: Content::System { notice: SystemNotice::Send { message: entry.message, outcome, code } },
            provider_time: None,
            provider_id: None,
        });
        Ok(())
    }

    /// The provider says that the contact wants no more messages.
    async fn withdraw_consent(
        &self,
        draft: &mut Draft,
        entry: &OutboxEntry,
        evidence: String,
    ) -> Result<(), StoreError> {
        let Some(info) = self.thread(entry.thread).await? else { return Ok(()) };
        if let Subject::Direct(point) = info.thread.subject {
            draft.changes.consent.push(ConsentEntry {
                point,
                purpose: MESSAGES.to_owned(),
                state: ConsentState::Withdrawn,
                evidence,
                at: self.now(),
            });
        }
        Ok(())
    }
}
