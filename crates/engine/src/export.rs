//! What the operator may take out: whole, in order, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlor_interaction::Interaction;
use parlor_model::{
    AccountName, Author, ChannelName, ContactId, DeliveryStage, InteractionId, OutboxId, ProviderMessageId,
    ThreadId, Timestamp, Visibility,
};
use parlor_store::{JournalEntry, OutboxState, StoreError};
use parlor_transcript::Assignments;
use serde::Serialize;

pub use parlor_transcript::AssignmentRow;

use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::permission::{Actor, Denial, Object, Verb, may};

/// How many rows a page has at the most.
const PAGE: usize = 1_000;

/// Gives out everything, for those who may have it.
#[derive(Clone, Debug)]
pub struct Exports {
    engine: Arc<Inner>,
}

/// A transcript entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TranscriptRow {
    /// Our endpoint.
    pub channel: ChannelName,
    /// The thread.
    pub thread: ThreadId,
    /// Whose thread; `None` below a post.
    pub contact: Option<ContactId>,
    /// Place in the thread.
    pub sequence: u64,
    /// The id that the provider, or the contact's browser, gave it.
    pub provider_id: Option<ProviderMessageId>,
    /// `in` from the contact, `out` to them, `none` for what stays inside.
    pub direction: &'static str,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its form: `text`, `note`, `system`, `unsupported`.
    pub kind: &'static str,
    /// The words of a person.
    pub text: Option<String>,
    /// When we took it in.
    pub sent_at: Timestamp,
    /// How far it has come, for messages to the contact.
    pub delivery: Option<DeliveryStage>,
}

/// A send through a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// Identity.
    pub id: OutboxId,
    /// Our endpoint.
    pub channel: ChannelName,
    /// How far it has come.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// The provider's id.
    pub provider_id: Option<ProviderMessageId>,
    /// Why it is where it is.
    pub reason: Option<String>,
}

/// Something that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// On which account it came in.
    pub account: AccountName,
    /// Why it could not be taken.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// The bytes.
    pub raw: Vec<u8>,
}

impl Engine {
    /// The exports, for the operator.
    pub fn exports(&self, actor: Actor<'_>) -> Result<Exports, Denial> {
        may(actor, Verb::Export, Object::Workspace)?;
        Ok(Exports { engine: Arc::clone(&self.inner) })
    }
}

impl Exports {
    /// Transcript entries after a journal position, and the position to go on from; `None` at the end.
    pub async fn transcript(&self, after: u64) -> Result<(Vec<TranscriptRow>, Option<u64>), EngineError> {
        let records = self.engine.store.journal(after, PAGE).await?;
        let mut rows = Vec::new();
        for record in &records {
            let JournalEntry::Message(message) = &record.entry else {
                continue;
            };
            let view = self.engine.message_view(message, None).await?;
            rows.push(TranscriptRow {
                channel: view.channel,
                thread: view.thread,
                contact: view.contact,
                sequence: view.sequence,
                provider_id: message.provider_id.clone(),
                direction: match (&message.author, message.visibility) {
                    (_, Visibility::Internal) | (Author::System, _) => "none",
                    (Author::Contact(_), _) => "in",
                    (Author::Agent(_) | Author::Bot(_), _) => "out",
                },
                visibility: message.visibility,
                kind: message.content.kind(),
                text: message.content.text().map(str::to_owned),
                sent_at: message.at,
                delivery: view.delivery,
            });
        }
        Ok((rows, records.last().map(|record| record.position)))
    }

    /// Outbox entries after one, and the one to go on from; `None` at the end.
    pub async fn outbox(
        &self,
        after: Option<OutboxId>,
    ) -> Result<(Vec<OutboxRow>, Option<OutboxId>), EngineError> {
        let entries = self.engine.store.outbox(after, PAGE).await?;
        let next = entries.last().map(|entry| entry.id);
        let rows = entries.into_iter().map(|entry| OutboxRow {
            id: entry.id,
            channel: entry.channel,
            state: entry.state,
            attempts: entry.attempts,
            provider_id: entry.provider_id,
            reason: entry.reason,
        });
        Ok((rows.collect(), next))
    }

    /// Who owned which interaction from when to when: a fold over the whole journal.
    pub async fn assignments(&self) -> Result<Vec<AssignmentRow>, EngineError> {
        let mut folds: BTreeMap<InteractionId, Assignments> = BTreeMap::new();
        let mut after = 0;
        loop {
            let records = self.engine.store.journal(after, PAGE).await?;
            let Some(last) = records.last() else { break };
            after = last.position;
            for record in &records {
                if let JournalEntry::Interaction { interaction, recorded, .. } = &record.entry {
                    folds.entry(*interaction).or_default().record(recorded).map_err(|error| {
                        StoreError::Corrupt { detail: format!("interaction {interaction}: {error}") }
                    })?;
                }
            }
        }
        let mut rows: Vec<AssignmentRow> =
            folds.into_values().flat_map(|fold| fold.rows().to_vec()).collect();
        rows.sort_by_key(|row| (row.from, row.interaction, row.epoch));
        Ok(rows)
    }

    /// Dead letters, skipping the first `skip`.
    pub async fn dead_letters(&self, skip: usize) -> Result<Vec<DeadLetterRow>, EngineError> {
        let letters = self.engine.store.dead_letters(skip, PAGE).await?;
        let rows = letters.into_iter().map(|letter| DeadLetterRow {
            account: letter.account,
            reason: letter.reason,
            at: letter.at,
            raw: letter.raw,
        });
        Ok(rows.collect())
    }

    /// An interaction as it is, for those who look into one row.
    pub async fn interaction(&self, id: InteractionId) -> Result<Option<Arc<Interaction>>, EngineError> {
        Ok(self.engine.interaction(id).await?)
    }
}
