//! What of a workspace belongs to a contact: the one register by which it is exported and erased (guarantee G23).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use parlor_interaction::{CaseValue, Event, Interaction, Recorded};
use parlor_model::{
    AgentName, BlobId, Contact, ContactId, ContactPoint, ContactPointId, Content, Message, MessageId,
    Observation, PointAddress, SystemNotice, Thread, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    AuditEntry, AuditRecord, ConsentEntry, DeadLetter, Document, DocumentKey, JournalRecord, OutboxEntry,
    Request, StoreError,
};

/// A part of the store that holds what belongs to contacts. Whoever adds a table with such content adds it here, and so
/// to every export and every erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalPart {
    /// Who they are: name and fields, of the contact and of those that are shown as it.
    Contacts,
    /// Their addresses.
    Points,
    /// As whom they are shown.
    Aliases,
    /// Their threads, and the post threads they wrote in. Nothing in them is erased: they hold no content.
    Threads,
    /// The interactions of their direct threads: the case information.
    Interactions,
    /// What happened to those, in which the case information stands again.
    History,
    /// What was said in their direct threads, what they wrote below posts, and the answers to that.
    Messages,
    /// What was observed about the delivery of those messages.
    Observations,
    /// The sends of those messages.
    Outbox,
    /// The requests by which those messages and interactions were written: a hash of what was asked.
    Requests,
    /// Whose lists they stand in.
    Assignments,
    /// Documents that were registered as theirs.
    Documents,
    /// What they agreed to, and how we know.
    Consent,
    /// What could not be understood and names one of their addresses.
    DeadLetters,
    /// What was done with their content: the salts of the hashes.
    Audit,
}

impl PersonalPart {
    /// Every part.
    pub const ALL: [Self; 15] = [
        Self::Contacts,
        Self::Points,
        Self::Aliases,
        Self::Threads,
        Self::Interactions,
        Self::History,
        Self::Messages,
        Self::Observations,
        Self::Outbox,
        Self::Requests,
        Self::Assignments,
        Self::Documents,
        Self::Consent,
        Self::DeadLetters,
        Self::Audit,
    ];
}

/// Says that a document belongs to a contact: it is exported and erased with them. It is said for as long as the document
/// is there: with the document it goes, and of one that is not there it is not kept. Said again, the last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentOwner {
    /// Which document.
    pub key: DocumentKey,
    /// Whose it is.
    pub contact: ContactId,
    /// With which message it ends too, when that becomes older than messages are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The bytes that only this document speaks of, and that end with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<BlobId>,
}

/// Everything of a contact.
#[derive(Clone, PartialEq)]
pub struct ContactExport {
    /// The contact and those that are shown as it, in order of id.
    pub contacts: Vec<ContactId>,
    /// The rows of every part, each in the order of its own; a part without rows is there all the same.
    pub parts: BTreeMap<PersonalPart, Vec<serde_json::Value>>,
}

impl fmt::Debug for ContactExport {
    /// Sizes only: the rest is what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: BTreeMap<_, _> = self.parts.iter().map(|(part, rows)| (part, rows.len())).collect();
        f.debug_struct("ContactExport").field("contacts", &self.contacts).field("parts", &sizes).finish()
    }
}

/// Asks for the erasure of a contact, and of those that are shown as it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Who.
    pub contact: ContactId,
    /// When it was decided.
    pub at: Timestamp,
    /// What is written into the audit chain with it.
    pub audit: Vec<AuditEntry>,
    /// See [`blobs`](Erased::blobs).
    pub pending: Option<DocumentKey>,
}

/// What was erased.
#[derive(Clone, Debug, PartialEq)]
pub struct Erased {
    /// The contact and those that were shown as it, in order of id.
    pub contacts: Vec<ContactId>,
    /// How many rows of each part were emptied or taken out; none is left out.
    pub rows: BTreeMap<PersonalPart, u64>,
    /// What was journaled: that the contacts changed.
    pub records: Vec<JournalRecord>,
    /// The bytes of which nothing speaks any more, in order of id, none twice: those of attachments of the messages, and
    /// of the documents. They are not the store's to delete. So that nobody forgets them, [`Erasure::pending`] names a
    /// document to which they are added in the same transaction, as [`add_blobs`] says; whoever has deleted them removes
    /// it. Nothing is written there when there are none.
    pub blobs: Vec<BlobId>,
}

/// Asks for the end of what is older than the workspace keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Bytes of dead letters that came in before this moment; `None` keeps them.
    pub dead_letters_before: Option<Timestamp>,
    /// What was said before this moment, except in interactions that are not Done and what is still being sent; `None`
    /// keeps it. Messages are looked at in order of position, up to the first that is not old enough.
    pub messages_before: Option<Timestamp>,
    /// Messages after this position are looked at: 0, then [`Expired::reached`].
    pub after: u64,
    /// How many dead letters are emptied, and how many messages looked at, at the most: others wait while it is done.
    pub limit: usize,
    /// See [`blobs`](Erased::blobs).
    pub pending: Option<DocumentKey>,
}

/// What was ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Dead letters whose bytes were emptied.
    pub dead_letters: u64,
    /// Messages that were emptied.
    pub messages: u64,
    /// Up to which position messages were looked at; `None` when all that are old enough were.
    pub reached: Option<u64>,
    /// See [`Erased::blobs`].
    pub blobs: Vec<BlobId>,
}

/// What stands in place of something that was erased.
const ERASED: &str = "erased";

/// Whether a content says anything of its own, so that an erasure replaces it by [`Content::Erased`].
pub const fn is_personal(content: &Content) -> bool {
    !matches!(
        content,
        Content::Erased
            | Content::System {
                notice: SystemNotice::Lifecycle { .. }
                    | SystemNotice::Consult { .. }
                    | SystemNotice::Send { .. }
                    | SystemNotice::FilesAwaited { .. }
            }
    )
}

/// The bytes of which a content speaks: of its files, and of the small pictures of those.
pub fn blobs_of(content: &Content) -> impl Iterator<Item = BlobId> {
    content.attachments().iter().flat_map(|attachment| {
        std::iter::once(attachment.blob).chain(attachment.thumbnail.as_ref().map(|thumbnail| thumbnail.blob))
    })
}

/// The body of a document that names blobs to be deleted, with more of them: a JSON list of ids, in order, none twice.
pub fn add_blobs(document: Option<&str>, blobs: &[BlobId]) -> Result<String, StoreError> {
    let known: BTreeSet<BlobId> = blobs_in(document.unwrap_or("[]"))?;
    serde_json::to_string(&known.iter().chain(blobs).collect::<BTreeSet<_>>()).map_err(StoreError::backend)
}

/// The ids in such a body.
pub fn blobs_in(document: &str) -> Result<BTreeSet<BlobId>, StoreError> {
    serde_json::from_str(document)
        .map_err(|_| StoreError::Corrupt { detail: "a document of blobs to be deleted".to_owned() })
}

/// The address that a contact point has after its erasure: nobody's, and no two points' the same.
pub fn erased_address(point: ContactPointId) -> PointAddress {
    PointAddress::new(format!("{ERASED}:{point}"))
}

/// Takes what belongs to a contact out of an interaction; answers whether there was anything. Its history, treated by
/// [`erase_event`], leads to the same.
pub fn erase_case(interaction: &mut Interaction) -> bool {
    // All of them, not only up to the first.
    interaction.case.values_mut().filter_map(|value| erase_value(value).then_some(())).count() > 0
}

/// Takes what belongs to a contact out of an event; answers whether there was anything.
pub fn erase_event(recorded: &mut Recorded) -> bool {
    if let Event::CaseDataSet { value: Some(value), .. } = &mut recorded.event {
        erase_value(value)
    } else {
        false
    }
}

fn erase_value(value: &mut CaseValue) -> bool {
    if value.as_str() == ERASED {
        return false;
    }
    CaseValue::new(ERASED).is_ok_and(|erased| {
        *value = erased;
        true
    })
}

/// Takes what belongs to contacts out of a dead letter; answers whether there was anything. It stays and is counted.
pub fn erase_letter(letter: &mut DeadLetter) -> bool {
    if letter.raw.is_empty() && letter.reason == ERASED {
        return false;
    }
    letter.raw = Vec::new();
    ERASED.clone_into(&mut letter.reason);
    true
}

/// Finds the dead letters that name a contact.
#[derive(Clone, PartialEq, Eq)]
pub struct Mentions {
    needles: Vec<Vec<u8>>,
}

impl Mentions {
    /// Looks for the addresses of points, telephone numbers also as they stand in forms, where `+` is written otherwise.
    pub fn of<'a>(points: impl IntoIterator<Item = &'a ContactPoint>) -> Self {
        let needles = points
            .into_iter()
            .map(|point| point.key.address.as_str())
            .map(|address| address.strip_prefix('+').unwrap_or(address))
            .filter(|address| !address.is_empty())
            .map(|address| address.as_bytes().to_vec())
            .collect();
        Self { needles }
    }

    /// Whether a dead letter names one of them, in its bytes or in its reason.
    pub fn are_in(&self, letter: &DeadLetter) -> bool {
        let contains = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
        self.needles
            .iter()
            .any(|needle| contains(&letter.raw, needle) || contains(letter.reason.as_bytes(), needle))
    }
}

impl fmt::Debug for Mentions {
    /// Hides the addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mentions({} addresses)", self.needles.len())
    }
}

/// Everything of a contact, as a store reads it: made into a [`ContactExport`] by [`into_export`](Self::into_export), so
/// that no store leaves out a part.
#[derive(Clone, Default)]
pub struct Belongings {
    /// The contact and those that are shown as it.
    pub contacts: Vec<Contact>,
    /// Their points, as `points_of` gives them.
    pub points: Vec<ContactPoint>,
    /// Which contact is shown as which, where one of them is among these.
    pub aliases: Vec<(ContactId, ContactId)>,
    /// Their threads, as `threads_of` gives them.
    pub threads: Vec<Thread>,
    /// The interactions of the direct ones among them, with what happened to each.
    pub interactions: Vec<(Interaction, Vec<Recorded>)>,
    /// See [`PersonalPart::Messages`].
    pub messages: Vec<Message>,
    /// What was observed about those.
    pub observations: Vec<Observation>,
    /// The sends of those.
    pub outbox: Vec<OutboxEntry>,
    /// The requests whose resource is a message, an interaction, a thread, a contact or a point among these.
    pub requests: Vec<Request>,
    /// Who has which of the contacts in their list.
    pub assignments: Vec<(AgentName, ContactId)>,
    /// The documents that were registered as theirs.
    pub documents: Vec<Document>,
    /// The ledgers of their points.
    pub consent: Vec<ConsentEntry>,
    /// The dead letters that name them, as [`Mentions`] finds them.
    pub dead_letters: Vec<DeadLetter>,
    /// The audit records about them.
    pub audit: Vec<AuditRecord>,
}

impl fmt::Debug for Belongings {
    /// Says how much there is, and nothing of what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Belongings")
            .field("contacts", &self.contacts.len())
            .field("points", &self.points.len())
            .field("threads", &self.threads.len())
            .field("interactions", &self.interactions.len())
            .field("messages", &self.messages.len())
            .field("documents", &self.documents.len())
            .field("dead_letters", &self.dead_letters.len())
            .finish_non_exhaustive()
    }
}

impl Belongings {
    /// Puts everything into the order of an export.
    pub fn into_export(self) -> Result<ContactExport, serde_json::Error> {
        let Self {
            mut contacts,
            points,
            mut aliases,
            threads,
            mut interactions,
            mut messages,
            mut observations,
            mut outbox,
            mut requests,
            mut assignments,
            mut documents,
            consent,
            dead_letters,
            audit,
        } = self;
        contacts.sort_by_key(|contact| contact.id);
        aliases.sort_unstable();
        interactions.sort_by_key(|(interaction, _)| (interaction.created_at, interaction.id));
        messages.sort_by_key(|message| message.position);
        observations.sort();
        outbox.sort_by_key(|entry| entry.id);
        requests.sort_by(|a, b| a.key.cmp(&b.key));
        assignments.sort();
        documents.sort_by(|a, b| a.key.cmp(&b.key));
        let ids = contacts.iter().map(|contact| contact.id).collect();
        let history = interactions.iter().flat_map(|(interaction, history)| {
            history.iter().map(|recorded| json!({"interaction": interaction.id, "recorded": recorded}))
        });
        let history = history.collect();
        let part = |part: PersonalPart| {
            Ok::<_, serde_json::Error>(match part {
                PersonalPart::Contacts => rows(&contacts)?,
                PersonalPart::Points => rows(&points)?,
                PersonalPart::Aliases => {
                    aliases.iter().map(|(from, into)| json!({"from": from, "into": into})).collect()
                }
                PersonalPart::Threads => rows(&threads)?,
                PersonalPart::Interactions => rows(interactions.iter().map(|(interaction, _)| interaction))?,
                PersonalPart::History => Vec::clone(&history),
                PersonalPart::Messages => rows(&messages)?,
                PersonalPart::Observations => rows(&observations)?,
                PersonalPart::Outbox => rows(&outbox)?,
                PersonalPart::Requests => rows(&requests)?,
                PersonalPart::Assignments => {
                    let row = |(agent, contact): &_| json!({"agent": agent, "contact": contact});
                    assignments.iter().map(row).collect()
                }
                PersonalPart::Documents => rows(&documents)?,
                PersonalPart::Consent => rows(&consent)?,
                PersonalPart::DeadLetters => rows(&dead_letters)?,
                PersonalPart::Audit => rows(&audit)?,
            })
        };
        let parts = PersonalPart::ALL.into_iter().map(|name| Ok((name, part(name)?)));
        Ok(ContactExport { contacts: ids, parts: parts.collect::<Result<_, serde_json::Error>>()? })
    }
}

fn rows<'a, T: Serialize + 'a>(
    rows: impl IntoIterator<Item = &'a T>,
) -> Result<Vec<serde_json::Value>, serde_json::Error> {
    rows.into_iter().map(serde_json::to_value).collect()
}
