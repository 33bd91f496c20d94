//! Takes in what a network told us: every element of it becomes durable, or nothing is said to have been taken.

use parlor_channel::{
    ConsentWish, Decoded, Endpoint, Happening, InboundMessage, Receipt, ReceiptStage, WebhookEvent,
};
use parlor_model::{
    AccountName, Channel, ChannelName, Content, DeliveryStage, Observation, ProviderMessageId, SendOutcome,
    SystemNotice, Timestamp,
};
use parlor_store::{
    CommitError, ConsentEntry, ConsentState, DeadLetter, DocumentKey, DocumentWrite, Duplicate, InboxEntry,
    InboxKey, OutboxEntry, OutboxWrite, StoreError,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

use crate::contact_side::{Arrival, Inbound, message_key};
use crate::decide::{Attempt, until_decided};
use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::outbox::{SendContext, SendEvent, after};

/// What the consent of a contact is for, in the ledger, when it is about being written to at all.
pub(crate) const MESSAGES: &str = "messages";

/// The kind of documents in which receipts wait that came before we knew what they are about.
const PARKED: &str = "parked_receipts";

/// The kind of a document that there never is.
const NEVER: &str = "never";

/// How many receipts of one message of somebody else's are kept.
const PARKED_AT_MOST: usize = 16;

/// What became of the elements of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// New, and part of the workspace now.
    pub appended: u64,
    /// Known already.
    pub duplicate: u64,
    /// Not understood, or for nobody here: kept with their bytes.
    pub dead: u64,
}

/// How long they are kept. Longer than any message waits to be sent: then they are about what others sent by the account.
const PARKED_FOR: Duration = Duration::from_hours(7 * 24);

/// How often is looked for those that are too old.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Receipts that wait for the answer that says what they are about.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Parked {
    /// When the last came.
    #[serde(default)]
    at: Option<Timestamp>,
    receipts: Vec<Receipt>,
}

impl Engine {
    /// Takes in all that a verified webhook of an account said. When it returns, all of it is durable; an error means that
    /// some of it is not, and that the provider has to say it again. Saying it again changes nothing.
    pub async fn take_in(&self, account: &AccountName, decoded: Decoded) -> Result<TakenIn, EngineError> {
        let mut taken = TakenIn::default();
        for event in decoded.events {
            let WebhookEvent { endpoint, happening, raw } = event;
            let Some(channel) = self.inner.channel_of(account, &endpoint, &happening).await? else {
                self.inner.bury(account, "no channel has this address", raw).await?;
                taken.dead += 1;
                continue;
            };
            let is_new = match happening {
                Happening::Message(message) => self.take_in_message(account, &channel, *message).await,
                Happening::Receipt(receipt) => self.inner.take_in_receipt(account, &channel, &receipt).await,
                // Something that this version cannot do anything with is kept for one that can.
                _ => {
                    self.inner.bury(account, "this version does not understand it", raw).await?;
                    taken.dead += 1;
                    continue;
                }
            };
            match is_new {
                Ok(true) => taken.appended += 1,
                Ok(false) => taken.duplicate += 1,
                Err(error) if is_lasting(&error) => {
                    // It must not hold up those after it for ever.
                    tracing::error!(%account, %error, "an element of a webhook cannot be taken in");
                    self.inner.bury(account, &error.to_string(), raw).await?;
                    taken.dead += 1;
                }
                Err(error) => return Err(error),
            }
        }
        for issue in decoded.issues {
            self.inner.bury(account, &issue.reason, issue.raw).await?;
            taken.dead += 1;
        }
        // All of it is durable, and the provider waits for its answer.
        self.inner.sweep_parked_now_and_then();
        Ok(taken)
    }

    async fn take_in_message(
        &self,
        account: &AccountName,
        channel: &Channel,
        message: InboundMessage,
    ) -> Result<bool, EngineError> {
        // Somebody who was erased does not come back because a webhook is repeated.
        if self.inner.store.point_by_key(&message.from).await?.is_none()
            && self.inner.was_taken(account, &message).await?
        {
            return Ok(false);
        }
        let mut arrival = Arrival::new(channel.name.clone(), message.from);
        arrival.display_name = message.display_name;
        let session = self.arrive(arrival).await?;
        let content = message.content.unwrap_or_else(|| Content::System {
            notice: SystemNotice::FilesAwaited {
                count: u32::try_from(message.media.len()).unwrap_or(u32::MAX),
            },
        });
        let mut inbound = Inbound::new(message.id, content);
        inbound.account = Some(account.clone());
        inbound.provider_time = message.provider_time;
        inbound.written_at = message.written_at;
        inbound.media = message.media;
        inbound.consent = message.consent;
        Ok(!self.receive(&session, inbound).await?.repeated)
    }
}

impl Inner {
    /// Whether a message was taken in before. A change that repeats one is answered so before anything else is looked at, and
    /// one that was decided from something that never was is not kept.
    async fn was_taken(&self, account: &AccountName, message: &InboundMessage) -> Result<bool, StoreError> {
        let mut draft = Draft::new(self.now());
        draft.changes.inbox.push(InboxEntry {
            key: message_key(account_scope(account), &message.id, message.provider_time),
            message: None,
        });
        draft.changes.documents.push(DocumentWrite {
            key: DocumentKey::new(NEVER, ""),
            expected_version: Some(1),
            body: None,
        });
        match self.store.commit(draft.changes).await {
            Err(CommitError::Duplicate(_)) => Ok(true),
            Ok(_) | Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// The channel that something happened on: for a receipt that gives our token back the one that we sent it by, whatever
    /// its address says.
    async fn channel_of(
        &self,
        account: &AccountName,
        endpoint: &Endpoint,
        happening: &Happening,
    ) -> Result<Option<Channel>, EngineError> {
        if let Happening::Receipt(receipt) = happening
            && let Some(token) = receipt.token
            && let Some(entry) = self.store.outbox_entry(token).await?
            && let Some(channel) = self.directory.channel(&entry.channel)
            && channel.account.as_ref() == Some(account)
        {
            return Ok(Some(channel.clone()));
        }
        Ok(self.channel_at(account, endpoint))
    }

    /// The channel of an account that has an address; the one that takes what no other takes, where there is one.
    pub(crate) fn channel_at(&self, account: &AccountName, endpoint: &Endpoint) -> Option<Channel> {
        let of_kind = || {
            self.directory
                .channels()
                .filter(|channel| channel.account.as_ref() == Some(account) && channel.kind == endpoint.kind)
        };
        let named = endpoint
            .addresses
            .iter()
            .find_map(|address| of_kind().find(|channel| channel.address == *address));
        named.or_else(|| of_kind().find(|channel| channel.address == "*")).cloned()
    }

    /// Keeps what could not be understood.
    async fn bury(
        self: &Arc<Self>,
        account: &AccountName,
        reason: &str,
        raw: Vec<u8>,
    ) -> Result<(), EngineError> {
        metrics::counter!("parlor_inbound_dead_total").increment(1);
        let now = self.now();
        let mut draft = Draft::new(now);
        draft.changes.dead_letters.push(DeadLetter {
            account: account.clone(),
            reason: reason.to_owned(),
            at: now,
            raw,
        });
        self.attempt(draft).await.map_err(Attempt::into_error)?;
        Ok(())
    }

    /// Takes in what became of a message of ours; gives whether that was news.
    async fn take_in_receipt(
        self: &Arc<Self>,
        account: &AccountName,
        channel: &Channel,
        receipt: &Receipt,
    ) -> Result<bool, EngineError> {
        match until_decided!(self.try_take_in_receipt(account, channel, receipt, true).await) {
            Ok(()) => {
                // What it is about may have become known while it was put aside, and it may say what others are about.
                if let Some(id) = &receipt.provider_id
                    && let Some(entry) = self.store.sent_as(&channel.name, id).await?
                {
                    self.take_up_parked(&entry).await?;
                }
                Ok(true)
            }
            Err(Attempt::Duplicate(Duplicate::Inbox { .. })) => Ok(false),
            Err(other) => Err(other.into_error()),
        }
    }

    async fn try_take_in_receipt(
        self: &Arc<Self>,
        account: &AccountName,
        channel: &Channel,
        receipt: &Receipt,
        is_new: bool,
    ) -> Result<(), Attempt> {
        let now = self.now();
        let mut draft = Draft::new(now);
        let entry = self.sent_entry(channel, receipt).await?;
        if is_new {
            draft.changes.inbox.push(InboxEntry {
                key: receipt_key(account, receipt),
                message: entry.as_ref().map(|entry| entry.message),
            });
        }
        match entry {
            Some(entry) => self.observe(&mut draft, &entry, receipt).await?,
            None => self.park(&mut draft, channel, receipt).await?,
        }
        match self.attempt(draft).await {
            Ok(_) => Ok(()),
            // Somebody told the agents the same at this moment.
            Err(Attempt::Duplicate(Duplicate::Message(_))) => Err(Attempt::Again),
            Err(other) => Err(other),
        }
    }

    /// The entry that a receipt is about: by our token, which only we and the provider know, or by the provider's id.
    async fn sent_entry(
        &self,
        channel: &Channel,
        receipt: &Receipt,
    ) -> Result<Option<OutboxEntry>, EngineError> {
        if let Some(token) = receipt.token
            && let Some(entry) = self.store.outbox_entry(token).await?
            && self.is_of_account(&entry, channel)
        {
            return Ok(Some(entry));
        }
        match &receipt.provider_id {
            Some(id) => Ok(self.store.sent_as(&channel.name, id).await?),
            None => Ok(None),
        }
    }

    /// Whether an entry went out by the account that a receipt came in by: nobody's receipt is about another's messages.
    fn is_of_account(&self, entry: &OutboxEntry, channel: &Channel) -> bool {
        self.directory.channel(&entry.channel).is_some_and(|sent_by| sent_by.account == channel.account)
    }

    async fn observe(
        &self,
        draft: &mut Draft,
        entry: &OutboxEntry,
        receipt: &Receipt,
    ) -> Result<(), Attempt> {
        let cx = SendContext {
            now: self.now(),
            policy: self.directory.rules.sending,
            provider_wait: std::time::Duration::ZERO,
            jitter: 0,
        };
        let event = SendEvent::Taken(receipt.provider_id.as_ref());
        if let Some(next) = after(entry, &event, &cx) {
            draft.changes.outbox.push(OutboxWrite { entry: next.clone(), expected_version: entry.version });
            self.follow(draft, entry, &next, &event).await?;
        }
        let ReceiptStage::Reached(stage) = receipt.stage else {
            return Ok(());
        };
        draft.changes.observations.push(Observation {
            message: entry.message,
            stage,
            at: receipt.at.unwrap_or(draft_time(draft, self)),
            reason: receipt.code.clone(),
        });
        if stage == DeliveryStage::Failed {
            self.tell_agents_of_send(draft, entry, SendOutcome::Failed, receipt.code.clone()).await?;
        }
        Ok(())
    }

    /// Keeps a receipt for when the provider's answer says what it is about.
    async fn park(&self, draft: &mut Draft, channel: &Channel, receipt: &Receipt) -> Result<(), Attempt> {
        let Some(id) = &receipt.provider_id else {
            return Ok(());
        };
        let key = parked_key(&channel.name, id);
        let known = self.store.document(&key).await?;
        let mut parked: Parked =
            known.as_ref().and_then(|document| serde_json::from_str(&document.body).ok()).unwrap_or_default();
        if parked.receipts.len() < PARKED_AT_MOST {
            parked.receipts.push(receipt.clone());
        }
        parked.at = Some(self.now());
        let body = serde_json::to_string(&parked).map_err(StoreError::backend)?;
        let expected_version = Some(known.map_or(0, |document| document.version));
        draft.changes.documents.push(DocumentWrite { key, expected_version, body: Some(body) });
        Ok(())
    }

    fn sweep_parked_now_and_then(self: &Arc<Self>) {
        if !self.swept_receipts.is_due(self.now(), SWEEP_EVERY) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = inner.sweep_parked().await {
                tracing::warn!(%error, "receipts of nothing were not removed");
            }
        });
    }

    /// Removes receipts that have waited for too long.
    async fn sweep_parked(self: &Arc<Self>) -> Result<(), EngineError> {
        let now = self.now();
        for document in self.store.documents(PARKED).await? {
            let parked: Parked = serde_json::from_str(&document.body).unwrap_or_default();
            if parked.at.is_some_and(|at| now.since(at) < PARKED_FOR) {
                continue;
            }
            let mut draft = Draft::new(now);
            draft.changes.documents.push(DocumentWrite {
                key: document.key,
                expected_version: Some(document.version),
                body: None,
            });
            match self.attempt(draft).await {
                // Where one more came at this moment, they are still waited for.
                Ok(_) | Err(Attempt::Again) => {}
                Err(other) => return Err(other.into_error()),
            }
        }
        Ok(())
    }

    /// What waited for an entry to be known by its provider's id.
    pub(crate) async fn take_up_parked(self: &Arc<Self>, entry: &OutboxEntry) -> Result<(), EngineError> {
        let (Some(id), Some(channel)) = (&entry.provider_id, self.directory.channel(&entry.channel)) else {
            return Ok(());
        };
        let key = parked_key(&entry.channel, id);
        let Some(document) = self.store.document(&key).await? else {
            return Ok(());
        };
        let parked: Parked = serde_json::from_str(&document.body).unwrap_or_default();
        let Some(account) = &channel.account else { return Ok(()) };
        for receipt in &parked.receipts {
            until_decided!(self.try_take_in_receipt(account, channel, receipt, false).await)
                .map_err(Attempt::into_error)?;
        }
        let mut draft = Draft::new(self.now());
        draft.changes.documents.push(DocumentWrite {
            key,
            expected_version: Some(document.version),
            body: None,
        });
        match self.attempt(draft).await {
            // More came meanwhile; it finds the entry by itself.
            Ok(_) | Err(Attempt::Again) => Ok(()),
            Err(other) => Err(other.into_error()),
        }
    }

    /// Whether what somebody wrote then about being written to still counts: what was read from a list may be older than what
    /// they said since.
    pub(crate) async fn is_last_word(
        &self,
        point: parlor_model::ContactPointId,
        written_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let Some(written_at) = written_at else { return Ok(true) };
        Ok(self.store.consent(point).await?.iter().all(|entry| entry.at < written_at))
    }

    /// Writes down what a contact said about being written to.
    pub(crate) fn note_consent(
        draft: &mut Draft,
        point: parlor_model::ContactPointId,
        wish: ConsentWish,
        written_at: Option<Timestamp>,
    ) {
        let (state, evidence) = match wish {
            ConsentWish::Stop => (ConsentState::Withdrawn, "stop_word"),
            ConsentWish::Start => (ConsentState::Given, "start_word"),
            ConsentWish::Help => return,
        };
        if let Some(at) = written_at.or(draft.changes.at) {
            draft.changes.consent.push(ConsentEntry {
                point,
                purpose: MESSAGES.to_owned(),
                state,
                evidence: evidence.to_owned(),
                at,
            });
        }
    }
}

fn draft_time(draft: &Draft, engine: &Inner) -> parlor_model::Timestamp {
    draft.changes.at.unwrap_or_else(|| engine.now())
}

/// Whether the same element would fail again. Where the store or the moment is to blame, the provider has to say it again.
fn is_lasting(error: &EngineError) -> bool {
    !matches!(
        error,
        EngineError::Contended
            | EngineError::Blob(_)
            // They were erased at this moment: said again, it is somebody new who writes.
            | EngineError::NotFound { what: "contact" }
            | EngineError::Store(
                StoreError::Busy
                    | StoreError::Closed
                    | StoreError::Corrupt { .. }
                    | StoreError::Incompatible { .. }
                    | StoreError::Backend(_)
            )
    )
}

/// Where receipts wait that came before we knew what they are about.
fn parked_key(channel: &ChannelName, id: &ProviderMessageId) -> DocumentKey {
    DocumentKey::new(PARKED, format!("{channel}/{}", id.as_str()))
}

/// What makes a receipt unique: what it is about, and what it says.
fn receipt_key(account: &AccountName, receipt: &Receipt) -> InboxKey {
    let id = receipt.provider_id.as_ref().map(ProviderMessageId::as_str).unwrap_or_default();
    let token = receipt.token.filter(|_| id.is_empty()).map(|token| token.to_string()).unwrap_or_default();
    let stage = match receipt.stage {
        ReceiptStage::Reached(stage) => stage.as_str(),
        // Something before it was sent, by whatever name.
        _ => "accepted",
    };
    let code = receipt.code.as_deref().unwrap_or_default();
    InboxKey {
        scope: account_scope(account),
        kind: "receipt".to_owned(),
        provider_time: None,
        external_id: format!("{id}{token}/{stage}/{code}"),
    }
}

/// Within what a provider's ids are unique.
pub(crate) fn account_scope(account: &AccountName) -> String {
    format!("account/{account}")
}
