//! What webhooks could not bring while nobody was there to take it is read from the provider afterwards (guarantee G1b).

use std::sync::{Arc, Weak};
use std::time::Duration;

use parlor_channel::History;
use parlor_model::{AccountName, Timestamp};
use parlor_store::{CommitError, DocumentKey, DocumentWrite, StoreError};

use crate::draft::Draft;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::intake::TakenIn;

/// The kind of documents that say up to when all that came in by an account is known. One an account.
const KNOWN_UNTIL: &str = "history_known_until";

/// How often it is asked (reliability, G1b).
const EVERY: Duration = Duration::from_mins(5);

/// How far back, at the most: providers keep messages for longer, and what is older than two days is a matter for a person
/// (reliability, G1b).
const LOOK_BACK: Duration = Duration::from_hours(48);

/// How much is asked twice: a list may be behind, and clocks differ.
const OVERLAP: Duration = Duration::from_mins(10);

/// How long one account's answer may take.
const ASK_WITHIN: Duration = Duration::from_mins(5);

impl Engine {
    /// Asks every provider that keeps a list what came in since it was asked last, and takes in what no webhook has brought.
    /// Done by itself every five minutes, and when the engine starts. An account that does not answer is asked for the same
    /// time again.
    pub async fn close_gaps(&self) -> Result<TakenIn, EngineError> {
        let mut all = TakenIn::default();
        for (account, history) in &self.inner.histories {
            let taken = self.close_gap(account, history).await?;
            all.appended += taken.appended;
            all.duplicate += taken.duplicate;
            all.dead += taken.dead;
        }
        Ok(all)
    }

    async fn close_gap(
        &self,
        account: &AccountName,
        history: &Arc<dyn History>,
    ) -> Result<TakenIn, EngineError> {
        let asked_at = self.now();
        let key = DocumentKey::new(KNOWN_UNTIL, account.to_string());
        let known = self.inner.store.document(&key).await?;
        let version = known.as_ref().map_or(0, |document| document.version);
        let until = known.and_then(|document| document.body.parse().ok()).map(Timestamp::from_millis);
        let mut taken = TakenIn::default();
        let mut known_until = asked_at;
        // Who has never asked has missed nothing: what came before is not ours.
        if let Some(until) = until {
            let since = until.max(asked_at - LOOK_BACK) - OVERLAP;
            let channels = self.inner.directory.channels();
            let ours: Vec<_> = channels
                .filter(|channel| channel.account.as_ref() == Some(account))
                .map(|channel| channel.address.clone())
                .collect();
            let came = match tokio::time::timeout(ASK_WITHIN, history.came_in(&ours, since)).await {
                Ok(Ok(came)) => came,
                Ok(Err(error)) => {
                    tracing::warn!(%account, %error, "what came in could not be read from the provider");
                    return Ok(taken);
                }
                Err(_) => {
                    tracing::warn!(%account, "what came in was not read from the provider in time");
                    return Ok(taken);
                }
            };
            let mut decoded = came.decoded;
            // From there on it is asked again, and not from before it once more.
            known_until = came.until.map_or(asked_at, |until| until + OVERLAP);
            // A webhook says what is for nobody here; the list says it each time again.
            decoded.issues.clear();
            decoded.events.retain(|event| self.inner.channel_at(account, &event.endpoint).is_some());
            taken = self.take_in(account, decoded).await?;
            if taken.appended > 0 {
                tracing::warn!(%account, messages = taken.appended, "messages came that no webhook had brought");
                metrics::counter!("parlor_inbound_recovered_total").increment(taken.appended);
            }
        }
        self.note_known_until(key, version, known_until).await?;
        Ok(taken)
    }

    async fn note_known_until(
        &self,
        key: DocumentKey,
        version: u64,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut draft = Draft::new(self.now());
        draft.changes.documents.push(DocumentWrite {
            key,
            expected_version: Some(version),
            body: Some(until.unix_millis().to_string()),
        });
        match self.inner.store.commit(draft.changes).await {
            // Another node asked at the same time.
            Ok(_) | Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// Asks for as long as the engine is there.
pub(crate) async fn keep_closing(engine: Weak<Inner>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let Some(inner) = engine.upgrade() else { return };
        if let Err(error) = (Engine { inner }).close_gaps().await {
            tracing::warn!(%error, "what came in could not be taken in");
        }
    }
}
