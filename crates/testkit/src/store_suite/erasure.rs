//! What belongs to a contact is given out whole, and taken out whole.
#![expect(clippy::missing_panics_doc, reason = "a case fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parlor_interaction::{Actor, CaseValue, Command, EndedBy};
use parlor_model::{
    AgentName, Attachment, Author, BlobId, ContactAlias, ContactPoint, Content, ContentHash, DeliveryStage,
    Dimensions, FileName, Label, MediaType, Message, MessageId, Observation, OfferId, PointAddress,
    ProviderMessageId, Thumbnail, Timestamp,
};
use parlor_store::{
    AUDIT_START, Assignment, AuditEntry, ChangeSet, CommitError, Conflict, ConsentEntry, ConsentState,
    ContactQuery, ContactScope, DeadLetter, DocumentKey, DocumentOwner, DocumentWrite, Duplicate, Erased,
    Erasure, Expiry, InboxEntry, InboxKey, JournalEntry, MessageSearch, OutboxEntry, OutboxState,
    OutboxWrite, PersonalPart, Request, Store, StoreError, seal, verify_chain,
};

use parlor_store::personal::{blobs_in, blobs_of};

use super::Visitor;
use super::everything::ALL;
use super::expect::{Read, keep, refused};
use super::sample::{Sample, agent, words};

/// A contact with something in every part, each time the same word.
#[derive(Clone, Debug)]
pub struct Planted {
    /// The contact, whose address has the word in it.
    pub visitor: Visitor,
    /// A contact that is shown as the first.
    pub second: Visitor,
    /// What the contact wrote first.
    pub message: MessageId,
    /// The key under which it came in.
    pub inbox: InboxKey,
    /// The change that wrote most of it.
    pub request: Request,
    /// Under what the bytes of files are kept: those of a message, its small picture's, and those of an upload; in order.
    pub blobs: Vec<BlobId>,
    word: String,
}

impl Planted {
    /// Plants `word` in everything that a store keeps of a contact.
    ///
    /// # Panics
    ///
    /// Panics when the store refuses it.
    pub async fn in_store(sample: &Sample, store: &dyn Store, word: &str) -> Self {
        let alice = agent("alice");
        let mut visitor = sample.visitor();
        let mut second = sample.visitor();
        for (visitor, number) in [(&mut visitor, 1), (&mut second, 2)] {
            visitor.contact.display_name = Some(format!("{word} Ann"));
            visitor.contact.fields.insert("company".to_owned(), format!("{word} & Sons"));
            visitor.point.display_name = Some(format!("{word}'s telephone"));
            visitor.point.key.address = PointAddress::new(format!("+{word}{number}"));
        }
        let mut changes = sample.change();
        visitor.add_to(&mut changes);
        second.add_to(&mut changes);
        let (from, into) = (second.contact.id, Some(visitor.contact.id));
        changes.aliases.push(ContactAlias { from, into, at: sample.now() });

        let mut said = sample.says(&visitor, &format!("my name is {word}"));
        said.provider_id = Some(ProviderMessageId::new(format!("wamid.{word}")));
        let answered = sample.answer(&visitor, &alice, &format!("Hello {word}"));
        let note = sample.note(visitor.thread.id, &alice, &format!("{word} called"));
        let raw = Content::Unsupported { kind: "sticker".to_owned(), raw: words(&format!("<{word}>")) };
        let sticker = sample.entry(second.thread.id, second.author(), said.visibility, raw);
        let inbox = InboxKey { external_id: format!("wamid.{word}"), ..sample.inbox_key() };
        changes.inbox.push(InboxEntry { key: inbox.clone(), message: Some(said.id) });
        let request = Request { resource: parlor_model::Id::as_uuid(&answered.id), ..sample.request(&alice) };
        changes.request = Some(request.clone());
        changes.observations.push(Observation {
            message: answered.id,
            stage: DeliveryStage::Failed,
            at: sample.now(),
            reason: Some(format!("{word} is unknown")),
        });
        changes.outbox.push(OutboxWrite {
            entry: OutboxEntry {
                id: sample.id(),
                message: answered.id,
                thread: visitor.thread.id,
                channel: visitor.thread.channel.clone(),
                state: OutboxState::Pending,
                attempts: 1,
                not_before: Timestamp::UNIX_EPOCH,
                provider_id: Some(ProviderMessageId::new(format!("SM{word}"))),
                reason: Some(format!("{word} does not answer")),
                lease: None,
                version: 0,
            },
            expected_version: 0,
        });
        let message = said.id;
        changes.messages.extend([said, answered, sample.notice(visitor.thread.id), note, sticker]);
        let blobs = give_files(sample, &visitor, word, &mut changes);
        changes.assignments.push(Assignment {
            agent: alice.clone(),
            contact: visitor.contact.id,
            assigned: true,
        });
        changes.consent.push(ConsentEntry {
            point: visitor.point.id,
            purpose: "messages".to_owned(),
            state: ConsentState::Given,
            evidence: format!("{word} wrote START"),
            at: sample.now(),
        });
        changes.dead_letters.push(DeadLetter {
            account: "meta".parse().expect("the suite's names are valid"),
            reason: "not understood".to_owned(),
            at: sample.now(),
            raw: format!("{{\"from\":\"{word}1\"}}").into_bytes(),
        });
        changes.audit.push(entry(sample, visitor.contact.id, word));
        case(sample, &visitor, &alice, word, &mut changes);
        keep(store, changes).await;
        Self { visitor, second, message, inbox, request, blobs, word: word.to_owned() }
    }

    /// Takes it all out again.
    pub fn erasure(&self, sample: &Sample) -> Erasure {
        let audit = vec![AuditEntry {
            verb: "contact.erase".to_owned(),
            ..entry(sample, self.visitor.contact.id, "")
        }];
        Erasure { contact: self.visitor.contact.id, at: sample.now(), audit, pending: Some(pending()) }
    }
}

/// A picture, which is called as the word.
fn file(sample: &Sample, word: &str) -> Content {
    let media_type = MediaType::new("image/png").expect("the suite's names are valid");
    let dimensions = Dimensions { width: 2, height: 1 };
    let thumbnail = Thumbnail { blob: sample.id(), media_type: media_type.clone(), dimensions };
    let attachment = Attachment {
        id: sample.id(),
        blob: sample.id(),
        name: FileName::clean(&format!("{word}.png")),
        media_type,
        bytes: 7,
        sha256: ContentHash::new([7; 32]),
        dimensions: Some(dimensions),
        thumbnail: Some(thumbnail),
    };
    Content::Attached { text: None, attachments: vec![attachment] }
}

/// A file that came with a message, and one that did not, with what is kept of each; gives under what their bytes are.
fn give_files(sample: &Sample, visitor: &Visitor, word: &str, changes: &mut ChangeSet) -> Vec<BlobId> {
    let (file, upload) = (file(sample, word), sample.id::<BlobId>());
    let mut blobs: Vec<BlobId> = blobs_of(&file).chain([upload]).collect();
    blobs.sort_unstable();
    let given = sample.entry(visitor.thread.id, visitor.author(), parlor_model::Visibility::Private, file);
    let contact = visitor.contact.id;
    let sent = DocumentKey::new("attachment", given.id.to_string());
    let unsent = DocumentKey::new("session", format!("of {word}"));
    for key in [&sent, &unsent] {
        changes.documents.push(DocumentWrite {
            key: key.clone(),
            expected_version: Some(0),
            body: Some(format!("{{\"name\":\"{word}\"}}")),
        });
    }
    changes.document_owners.extend([
        DocumentOwner { key: sent, contact, message: Some(given.id), blobs: Vec::new() },
        DocumentOwner { key: unsent, contact, message: None, blobs: vec![upload] },
    ]);
    changes.messages.push(given);
    blobs
}

/// Where it stands which bytes are to be deleted.
fn pending() -> DocumentKey {
    DocumentKey::new("blobs", "to be deleted")
}

async fn to_be_deleted(store: &dyn Store) -> Option<Vec<BlobId>> {
    let document = store.document(&pending()).await.read()?;
    Some(blobs_in(&document.body).expect("a list of ids").into_iter().collect())
}

fn entry(sample: &Sample, contact: parlor_model::ContactId, content: &str) -> AuditEntry {
    let salt = sample.uuid().into_bytes();
    AuditEntry {
        actor: "alice".to_owned(),
        verb: "contact.edit".to_owned(),
        object: format!("contact:{contact}"),
        contact: Some(contact),
        salt,
        before: None,
        after: Some(seal(&salt, content.as_bytes())),
    }
}

/// An interaction that says something of the case.
fn case(sample: &Sample, visitor: &Visitor, alice: &AgentName, word: &str, changes: &mut ChangeSet) {
    let started = sample.started(visitor);
    let offer: OfferId = sample.id();
    let offered = sample.offered(&started.interaction, offer, alice);
    let accepted = sample.next(&offered.interaction, &Command::Accept { offer, agent: alice.clone() });
    let command = Command::SetCaseData {
        agent: alice.clone(),
        key: Label::new("order").expect("the suite's names are valid"),
        value: Some(CaseValue::new(format!("order of {word}")).expect("it is short")),
    };
    let said = sample.next(&accepted.interaction, &command);
    // What is not Done cannot be erased.
    let ended = sample.next(&said.interaction, &Command::End { by: EndedBy::Agent(alice.clone()) });
    let done = sample.next(&ended.interaction, &Command::MarkDone { by: Actor::Agent(alice.clone()) });
    changes.interactions.extend([started, offered, accepted, said, ended, done]);
}

fn mentions(value: &impl serde::Serialize, word: &str) -> bool {
    let text = serde_json::to_string(value).expect("answers can be written as JSON");
    // Bytes are written as numbers.
    let bytes: Vec<_> = word.bytes().map(|byte| byte.to_string()).collect();
    text.contains(word) || text.contains(&bytes.join(","))
}

/// An export holds something of every part, and nothing of anybody else.
pub async fn g23_an_export_has_every_part(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    Planted::in_store(&sample, &*store, "wombat").await;
    let export = store.export(ann.visitor.contact.id).await.read().expect("the contact exists");
    let mut family = [ann.visitor.contact.id, ann.second.contact.id];
    family.sort();
    assert_eq!(export.contacts, family);
    assert_eq!(export.parts.keys().copied().collect::<Vec<_>>(), PersonalPart::ALL);
    for (part, rows) in &export.parts {
        assert!(!rows.is_empty(), "nothing of {part:?}");
        assert!(!mentions(rows, "wombat"), "{part:?} of somebody else");
        let says = match part {
            // They hold no words.
            PersonalPart::Aliases
            | PersonalPart::Threads
            | PersonalPart::Assignments
            | PersonalPart::Requests
            | PersonalPart::Audit => true,
            PersonalPart::Contacts
            | PersonalPart::Points
            | PersonalPart::Interactions
            | PersonalPart::History
            | PersonalPart::Messages
            | PersonalPart::Observations
            | PersonalPart::Outbox
            | PersonalPart::Documents
            | PersonalPart::Consent
            | PersonalPart::DeadLetters => mentions(rows, "quokka"),
        };
        assert!(says, "{part:?} does not say what was written");
    }
    let sizes: BTreeMap<_, _> = export.parts.iter().map(|(part, rows)| (*part, rows.len())).collect();
    assert_eq!((sizes[&PersonalPart::Messages], sizes[&PersonalPart::Contacts]), (6, 2));
    assert_eq!(sizes[&PersonalPart::Documents], 2);
    assert_eq!(store.export(sample.id()).await.read(), None);
}

/// Everything that the store says about a contact and in general, as text.
async fn told(store: &dyn Store, of: &Planted) -> String {
    let mut told = String::new();
    macro_rules! add {
        ($answer:expr) => {
            told.push_str(&serde_json::to_string(&$answer.read()).expect("answers can be written as JSON"))
        };
    }
    for visitor in [&of.visitor, &of.second] {
        add!(store.contact(visitor.contact.id).await);
        add!(store.point(visitor.point.id).await);
        add!(store.points_of(visitor.contact.id).await);
        add!(store.point_by_key(&visitor.point.key).await);
        add!(store.threads_of(visitor.contact.id).await);
        add!(store.messages(visitor.thread.id, 0, ALL).await);
        add!(store.last_messages(visitor.thread.id, ALL).await);
        add!(store.interactions_of(visitor.thread.id, ALL).await);
        add!(store.consent(visitor.point.id).await);
        for interaction in store.interactions_of(visitor.thread.id, ALL).await.read() {
            add!(store.history(interaction.id).await);
        }
        for message in store.messages(visitor.thread.id, 0, ALL).await.read() {
            add!(store.observations(message.id).await);
        }
    }
    add!(store.open_interactions(None, ALL).await);
    add!(store.outbox(None, ALL).await);
    add!(store.documents("session").await);
    add!(store.documents("attachment").await);
    add!(store.audit(0, ALL).await);
    for letter in store.dead_letters(0, ALL).await.read() {
        told.push_str(&letter.reason);
        told.push_str(&String::from_utf8_lossy(&letter.raw));
    }
    for record in store.journal(0, ALL).await.read() {
        match record.entry {
            JournalEntry::Message(message) => add!(Ok(Message::clone(&message))),
            JournalEntry::Interaction { recorded, .. } => add!(Ok(&*recorded)),
            JournalEntry::Observation(observation) => add!(Ok(&observation)),
            _ => {}
        }
    }
    for item in store.contacts(&everybody()).await.read() {
        add!(Ok(&item.contact));
        add!(Ok(&item.last));
    }
    told
}

async fn erase(store: &dyn Store, sample: &Sample, of: &Planted) -> Erased {
    store.erase(&of.erasure(sample)).await.read().expect("the contact exists")
}

/// After an erasure no read gives a word of the contact; everything else is as it was, and everything has its place.
pub async fn g23_an_erasure_leaves_no_word(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    let bob = Planted::in_store(&sample, &*store, "wombat").await;
    let before = (store.totals().await.read(), store.journal(0, ALL).await.read());
    let of_bob = told(&*store, &bob).await.matches("wombat").count();
    assert!(told(&*store, &ann).await.contains(&ann.word), "it was planted");

    let erased = erase(&*store, &sample, &ann).await;
    assert!(!told(&*store, &ann).await.contains(&ann.word), "{}", told(&*store, &ann).await);
    assert_eq!(told(&*store, &bob).await.matches("wombat").count(), of_bob, "nobody else's is touched");
    for words in ["quokka", "name is quokka"] {
        assert_eq!(store.search(&MessageSearch::new(words, ALL)).await.read().messages, []);
    }
    assert_eq!(store.search(&MessageSearch::new("wombat", ALL)).await.read().messages.len(), 3);

    let zero: Vec<_> = erased.rows.iter().filter(|(_, rows)| **rows == 0).map(|(part, _)| *part).collect();
    assert_eq!(zero, [PersonalPart::Threads], "every other part had something");
    assert_eq!(erased.rows.len(), PersonalPart::ALL.len());
    let mut family = [ann.visitor.contact.id, ann.second.contact.id];
    family.sort();
    assert_eq!(erased.contacts, family);

    let after = (store.totals().await.read(), store.journal(0, ALL).await.read());
    let added = after.1[before.1.len()..].to_vec();
    assert_eq!(added, erased.records, "what was journaled is answered");
    let changes: Vec<_> = added.iter().map(|record| &record.entry).collect();
    let [JournalEntry::Contact(one), JournalEntry::Contact(two), JournalEntry::Assignment(gone)] =
        changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!(([*one, *two], gone.assigned), (family, false));
    assert_eq!(after.0.messages, before.0.messages);
    assert_eq!((after.0.inbox, after.0.dead_letters), (before.0.inbox, before.0.dead_letters));
    let places = |journal: &[parlor_store::JournalRecord]| {
        journal.iter().map(|record| (record.position, record.at)).collect::<Vec<_>>()
    };
    assert_eq!(places(&after.1[..before.1.len()]), places(&before.1), "every place is kept");
    let entries = store.messages(ann.visitor.thread.id, 0, ALL).await.read();
    let kinds: Vec<_> = entries.iter().map(|message| (message.sequence, message.content.kind())).collect();
    assert_eq!(kinds, [(1, "erased"), (2, "erased"), (3, "system"), (4, "erased"), (5, "erased")]);
    let contact = store.contact(ann.visitor.contact.id).await.read().expect("its place is kept");
    assert_eq!((contact.version, contact.display_name, contact.fields.len()), (2, None, 0));
}

/// An erasure names the bytes of which nothing speaks any more, also in a document that is there exactly when it is.
pub async fn g23_an_erasure_names_the_bytes_that_must_go(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    let bob = Planted::in_store(&sample, &*store, "wombat").await;
    assert_eq!(to_be_deleted(&*store).await, None);
    let erased = erase(&*store, &sample, &ann).await;
    assert_eq!(erased.blobs, ann.blobs);
    assert_eq!(to_be_deleted(&*store).await, Some(ann.blobs.clone()));
    assert_eq!(erase(&*store, &sample, &ann).await.blobs, []);
    assert_eq!(to_be_deleted(&*store).await, Some(ann.blobs.clone()), "nothing is forgotten");

    let mut both = [ann.blobs, bob.blobs.clone()].concat();
    both.sort_unstable();
    erase(&*store, &sample, &bob).await;
    assert_eq!(to_be_deleted(&*store).await, Some(both), "and nothing is lost to another one");
    let mut done = sample.change();
    done.documents.push(DocumentWrite { key: pending(), expected_version: Some(2), body: None });
    keep(&*store, done).await;
    let carol = sample.visitor_in(&*store).await;
    let erasure =
        Erasure { contact: carol.contact.id, at: sample.now(), audit: Vec::new(), pending: Some(pending()) };
    assert_eq!(store.erase(&erasure).await.read().map(|erased| erased.blobs), Some(vec![]));
    assert_eq!(to_be_deleted(&*store).await, None, "who has none leaves none");
}

/// A document belongs to whom it was last said to belong to, for as long as it is there.
pub async fn a_document_belongs_to_a_contact_while_it_is_there(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let (ann, bob) = (sample.visitor_in(&*store).await, sample.visitor_in(&*store).await);
    let key = |name: &str| DocumentKey::new("session", name);
    let owner =
        |name: &str, contact| DocumentOwner { key: key(name), contact, message: None, blobs: Vec::new() };
    let write = |name: &str, body: Option<&str>| DocumentWrite {
        key: key(name),
        expected_version: None,
        body: body.map(str::to_owned),
    };
    let mut changes = sample.change();
    changes.documents.extend(["moved", "removed"].map(|name| write(name, Some("1"))));
    let owners = [("moved", &ann), ("removed", &ann), ("late", &ann), ("moved", &bob)];
    changes.document_owners.extend(owners.map(|(name, visitor)| owner(name, visitor.contact.id)));
    keep(&*store, changes).await;
    let mut later = sample.change();
    later.documents.extend([write("removed", None), write("removed", Some("2")), write("late", Some("2"))]);
    keep(&*store, later).await;
    let mut nobody = sample.change();
    nobody.document_owners.push(owner("moved", sample.id()));
    refused!(store, nobody, CommitError::Store(parlor_store::StoreError::Invalid { .. }));

    for (visitor, documents) in [(&ann, 0), (&bob, 1)] {
        let export = store.export(visitor.contact.id).await.read().expect("the contact exists");
        assert_eq!(export.parts[&PersonalPart::Documents].len(), documents);
        let erasure =
            Erasure { contact: visitor.contact.id, at: sample.now(), audit: Vec::new(), pending: None };
        store.erase(&erasure).await.read();
    }
    let left: Vec<_> = store.documents("session").await.read().into_iter().map(|d| d.key.key).collect();
    assert_eq!(left, ["late", "removed"]);
}

/// Work comes first: a contact with whom somebody works is not erased, and nothing of them is.
pub async fn g23_an_erasure_waits_until_work_is_done(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    // In a thread of who is shown as the contact.
    let started = sample.started(&ann.second);
    let mut open = sample.moving(started.clone());
    open.messages.push(sample.says(&ann.second, "I have a question"));
    keep(&*store, open).await;
    let before = (store.totals().await.read(), told(&*store, &ann).await);
    for _ in 0..2 {
        let refused = store.erase(&ann.erasure(&sample)).await;
        assert!(matches!(refused, Err(StoreError::InWork)), "{refused:?}");
    }
    assert_eq!((store.totals().await.read(), told(&*store, &ann).await), before, "nothing was erased");
    keep(&*store, sample.moving(sample.abandoned(&started.interaction))).await;
    erase(&*store, &sample, &ann).await;
}

/// Nobody writes to who was erased, not even who has not heard of it: in no thread with them, old or new.
pub async fn g23_nothing_is_written_to_who_was_erased(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    let bob = sample.visitor_in(&*store).await;
    let post = sample.post();
    let mut changes = sample.change();
    changes.threads.push(post.clone());
    keep(&*store, changes).await;
    erase(&*store, &sample, &ann).await;
    let before = store.totals().await.read();
    let mut elsewhere = sample.direct(ann.visitor.point.id);
    elsewhere.channel = super::sample::channel("elsewhere");
    for (thread, author) in [
        (ann.visitor.thread.id, ann.visitor.author()),
        (ann.visitor.thread.id, Author::Agent(agent("alice"))),
        (ann.second.thread.id, Author::System),
        (elsewhere.id, ann.visitor.author()),
    ] {
        let mut changes = sample.change();
        changes.threads.push(elsewhere.clone());
        changes.messages.push(sample.says(&bob, "Hello"));
        changes.messages.push(sample.text(thread, author, "quokka?"));
        refused!(store, changes, CommitError::Conflict(Conflict::Erased(refused)) if refused == thread);
    }
    assert_eq!(store.totals().await.read(), before, "nothing of it was kept");
    let mut others = sample.writing([sample.says(&bob, "Hello")]);
    others.messages.push(sample.text(post.id, bob.author(), "Hello everybody"));
    keep(&*store, others).await;
    assert_eq!(store.totals().await.read().messages, before.messages + 2);
}

/// Erasing again finds nothing more, and erasing whom nobody knows is no error.
pub async fn g23_an_erasure_can_be_repeated(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    erase(&*store, &sample, &ann).await;
    let position = store.totals().await.read().position;
    let again = erase(&*store, &sample, &ann).await;
    assert_eq!(again.contacts, [ann.visitor.contact.id], "the merge is forgotten too");
    let rows: Vec<_> = again.rows.into_iter().filter(|(_, rows)| *rows > 0).collect();
    assert_eq!(rows, [(PersonalPart::Audit, 1)], "only what the first erasure noted");
    assert_eq!((again.records, store.totals().await.read().position), (vec![], position));
    let unknown = Erasure { contact: sample.id(), ..ann.erasure(&sample) };
    assert_eq!(store.erase(&unknown).await.read(), None);
}

/// An erased contact stands in no list; who writes from the same address is somebody new.
pub async fn g23_an_erased_contact_stands_in_no_list(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    let bob = sample.visitor_in(&*store).await;
    erase(&*store, &sample, &ann).await;
    let alice = agent("alice");
    for (scope, expected) in [
        (ContactScope::All, vec![bob.contact.id]),
        (ContactScope::Assigned, vec![]),
        (ContactScope::Unassigned, vec![bob.contact.id]),
    ] {
        let query = ContactQuery { agent: alice.clone(), scope, search: None, before: None, limit: ALL };
        let listed: Vec<_> =
            store.contacts(&query).await.read().into_iter().map(|item| item.contact.id).collect();
        assert_eq!(listed, expected, "{scope:?}");
    }
    assert_eq!(store.assigned(&alice).await.read(), []);
    assert_eq!(store.point_by_key(&ann.visitor.point.key).await.read(), None);
    let mut anew = sample.visitor();
    anew.point = ContactPoint { key: ann.visitor.point.key.clone(), ..anew.point };
    let mut changes = sample.change();
    anew.add_to(&mut changes);
    keep(&*store, changes).await;
    let found = store.point_by_key(&ann.visitor.point.key).await.read();
    assert_eq!(found.map(|point| point.contact), Some(anew.contact.id));
}

/// What came in before an erasure is still known after it: a repetition stays one (G2), and so does a request.
pub async fn g23_what_was_taken_stays_known_after_an_erasure(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    erase(&*store, &sample, &ann).await;
    let again = sample.receiving(&ann.inbox, sample.says(&ann.visitor, "again"));
    refused!(store, again, CommitError::Duplicate(Duplicate::Inbox { message, .. }) if message == Some(ann.message));
    let mut request = sample.change();
    request.request = Some(ann.request.clone());
    refused!(store, request, CommitError::Duplicate(Duplicate::Request(key)) if key == ann.request.key);
    let kept = store.request(&ann.request.key).await.read().expect("it stays known");
    assert_eq!(kept.fingerprint, [0; 32], "but not what was asked");
}

/// Each audit record has the hash of the one before it; they come in order of commit, and only with what was kept.
pub async fn the_audit_chain_verifies(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let mut written = Vec::new();
    for number in 0..4 {
        let mut changes = sample.change();
        let entries = [1, 2].map(|n| entry(&sample, ann.contact.id, &format!("{number}.{n}")));
        changes.audit.extend(entries.clone());
        written.extend(entries.map(|entry| (changes.at, entry.after)));
        keep(&*store, changes).await;
    }
    let mut refused = sample.writing([sample.text(sample.id(), ann.author(), "nowhere")]);
    refused.audit.push(entry(&sample, ann.contact.id, "not kept"));
    refused!(store, refused, CommitError::Store(_));
    let mut timeless = ChangeSet::default();
    timeless.audit.push(entry(&sample, ann.contact.id, "when?"));
    refused!(store, timeless, CommitError::Store(parlor_store::StoreError::Invalid { .. }));

    let records = store.audit(0, ALL).await.read();
    let found: Vec<_> = records.iter().map(|record| (Some(record.at), record.after)).collect();
    assert_eq!(found, written);
    assert!(verify_chain(0, AUDIT_START, &records).is_ok());
    let part = store.audit(3, 2).await.read();
    assert_eq!(part, records[3..5]);
    assert!(verify_chain(3, records[2].hash, &part).is_ok());
    assert_eq!(store.audit(8, ALL).await.read(), []);
    let sealed = &records[0];
    let salt = sealed.salt.expect("nothing was erased");
    assert_eq!(sealed.after, Some(seal(&salt, b"0.1")), "who has the content can prove it");
}

/// After an erasure the audit chain still verifies, says that something was done, and can no longer be used to find out
/// what was there.
pub async fn g23_the_audit_chain_survives_an_erasure(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = Planted::in_store(&sample, &*store, "quokka").await;
    Planted::in_store(&sample, &*store, "wombat").await;
    let before = store.audit(0, ALL).await.read();
    erase(&*store, &sample, &ann).await;
    let after = store.audit(0, ALL).await.read();
    assert!(verify_chain(0, AUDIT_START, &after).is_ok());
    assert_eq!(after.len(), 3);
    assert_eq!((after[0].hash, after[1].clone()), (before[0].hash, before[1].clone()));
    assert_eq!(after[0].salt, None);
    assert_eq!((after[2].verb.as_str(), after[2].contact), ("contact.erase", Some(ann.visitor.contact.id)));
}

/// What is old is emptied in steps, from the oldest on; what is not old, of work that is not done, or still being sent is
/// kept.
pub async fn what_is_old_is_emptied_by_and_by(store: Arc<dyn Store>) {
    let sample = Sample::new();
    let ann = sample.visitor_in(&*store).await;
    let bob = sample.visitor_in(&*store).await;
    let open = sample.started_in(&*store, &bob).await;
    let mut held = sample.says(&bob, "needle of open work");
    held.interaction = Some(open.id);
    let mut changes = sample.writing([sample.says(&ann, "needle 1"), sample.notice(ann.thread.id), held]);
    changes.messages.push(sample.note(ann.thread.id, &agent("alice"), "needle 2"));
    changes.dead_letters.push(super::everything::dead_letter(&sample, b"old"));
    let picture = file(&sample, "old");
    let blobs: BTreeSet<_> = blobs_of(&picture).collect();
    let given = sample.entry(ann.thread.id, ann.author(), parlor_model::Visibility::Private, picture);
    let key = DocumentKey::new("attachment", "old");
    let (contact, message) = (ann.contact.id, Some(given.id));
    changes.document_owners.push(DocumentOwner { key: key.clone(), contact, message, blobs: Vec::new() });
    changes.documents.push(DocumentWrite {
        key: key.clone(),
        expected_version: Some(0),
        body: Some("old".to_owned()),
    });
    changes.messages.push(given);
    keep(&*store, changes).await;
    let moment = sample.now();
    let mut late = sample.writing([sample.says(&ann, "needle 3")]);
    let mut letter = super::everything::dead_letter(&sample, b"new");
    letter.at = sample.now() + Duration::from_secs(1);
    late.dead_letters.push(letter);
    keep(&*store, late).await;

    let mut expiry = Expiry {
        dead_letters_before: Some(moment),
        messages_before: Some(moment),
        after: 0,
        limit: 2,
        pending: Some(pending()),
    };
    let first = store.expire(&expiry).await.read();
    assert_eq!((first.messages, first.dead_letters), (1, 1), "the notice has no words");
    expiry.after = first.reached.expect("there is more");
    assert!(store.document(&key).await.read().is_some(), "what came with a message stays as long as it");
    let second = store.expire(&expiry).await.read();
    assert_eq!((second.messages, second.dead_letters, second.blobs.len()), (1, 0, 0));
    expiry.after = second.reached.expect("there is more");
    let third = store.expire(&expiry).await.read();
    assert_eq!((third.messages, third.reached), (1, None), "what comes next is not old enough");
    assert_eq!(third.blobs, blobs.into_iter().collect::<Vec<_>>());
    assert_eq!(to_be_deleted(&*store).await, Some(third.blobs));
    assert_eq!(store.document(&key).await.read(), None);
    let again = store.expire(&expiry).await.read();
    assert_eq!((again.messages, again.reached, again.blobs), (0, None, vec![]));
    let left = store.search(&MessageSearch::new("needle", ALL)).await.read().messages;
    let left: Vec<_> = left.iter().filter_map(|message| message.content.text()).collect();
    assert_eq!(left, ["needle 3", "needle of open work"]);
    let kinds: Vec<_> =
        store.messages(ann.thread.id, 0, ALL).await.read().iter().map(|m| m.content.kind()).collect();
    assert_eq!(kinds, ["erased", "system", "erased", "erased", "text"]);
    let raw: Vec<_> = store.dead_letters(0, ALL).await.read().into_iter().map(|letter| letter.raw).collect();
    assert_eq!(raw, [b"".to_vec(), b"new".to_vec()]);
    let all =
        Expiry { dead_letters_before: None, messages_before: None, after: 0, limit: ALL, pending: None };
    assert_eq!(store.expire(&all).await.read(), parlor_store::Expired::default());
    let item =
        store.contacts(&everybody()).await.read().into_iter().find(|item| item.contact.id == ann.contact.id);
    assert_eq!(item.and_then(|item| item.last).map(|last| last.content.kind()), Some("text"));
}

/// The contact list, whole.
fn everybody() -> ContactQuery {
    ContactQuery { agent: agent("alice"), scope: ContactScope::All, search: None, before: None, limit: ALL }
}
