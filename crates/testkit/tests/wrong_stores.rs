//! The suite is tested: stores that are wrong on purpose fail, each at the case that is meant for its fault.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use parlor_interaction::Recorded;
use parlor_model::{
    AgentName, Contact, ContactId, ContactPoint, Content, Message, MessageId, MessageText, Observation,
    ThreadId, Timestamp,
};
use parlor_store::{
    Acknowledged, AgentState, AuditRecord, ChangeSet, CommitError, Committed, Conflict, ConsentEntry,
    ContactExport, ContactListItem, ContactQuery, ConversationPage, ConversationQuery, DeadLetter,
    DocumentKey, Duplicate, Erased, Erasure, Expired, Expiry, JournalEntry, JournalRecord, Lease, LeaseName,
    MemoryStore, MessageSearch, OutboxClaim, OutboxEntry, OutboxLease, OutboxState, OutboxWrite, PageStart,
    PersonalPart, SearchPage, Store, StoreError,
};
use parlor_testkit::store_suite::{DurableHarness, StoreHarness, cases, run_durable, store_cases};
use parlor_testkit::{Layer, Layered};

/// The cases that a kind of store fails; each case gets a new one.
fn failures<L: Layer + Default>() -> Vec<&'static str> {
    // One thread, so that the panics' messages are kept with the test that provokes them.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("no resources are needed");
    let fails = |run: fn(Arc<dyn Store>) -> parlor_testkit::store_suite::CaseRun| {
        let store = Arc::new(Layered(L::default()));
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(store)))).is_err()
    };
    store_cases().into_iter().filter(|case| fails(case.run)).map(|case| case.name).collect()
}

/// A store that is right, as the starting point of the wrong ones.
#[derive(Debug, Default)]
struct Right {
    below: MemoryStore,
}

impl Layer for Right {
    fn below(&self) -> &dyn Store {
        &self.below
    }
}

#[test]
fn a_right_store_passes_every_case() {
    assert_eq!(failures::<Right>(), Vec::<&str>::new());
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let mut names: Vec<_> = store_cases().into_iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Makes wrong stores, each with the case that finds its fault out.
macro_rules! wrong {
    ($($(#[$doc:meta])* $name:ident $(remembering $memory:ty)?; fails $case:ident { $($methods:tt)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        struct $name {
            below: MemoryStore,
            $(
                /// What it remembers in its own wrong way.
                memory: $memory,
            )?
        }

        #[async_trait]
        impl Layer for $name {
            fn below(&self) -> &dyn Store {
                &self.below
            }

            $($methods)*
        }

        mod $case {
            #[test]
            fn finds_it_out() {
                // Named through the path, so that a case that is renamed or removed does not compile.
                let _: fn(_) -> _ = super::cases::$case;
                let failures = super::failures::<super::$name>();
                assert!(
                    failures.contains(&stringify!($case)),
                    "{} passes it; it fails only {failures:?}",
                    stringify!($name)
                );
            }
        }
    )+};
}

/// The last read marker, not the highest.
type LastMarkers = Mutex<BTreeMap<(AgentName, ThreadId), u64>>;

/// The last acknowledgement, not the highest.
type LastAcknowledged = Mutex<BTreeMap<ThreadId, Acknowledged>>;

/// Answers a refusal as if the change had been kept.
fn swallow(
    result: Result<Committed, CommitError>,
    refusal: fn(&CommitError) -> bool,
) -> Result<Committed, CommitError> {
    match result {
        Err(error) if refusal(&error) => Ok(Committed::default()),
        other => other,
    }
}

fn altered(mut record: JournalRecord, alter: fn(&mut Message)) -> JournalRecord {
    if let JournalEntry::Message(message) = &mut record.entry {
        alter(Arc::make_mut(message));
    }
    record
}

/// Gives out again what became uncertain.
async fn send_again(
    below: &MemoryStore,
    claim: &OutboxClaim,
    which: fn(&OutboxEntry) -> bool,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut claimed = below.claim_outbox(claim).await?;
    let mut changes = ChangeSet::default();
    for entry in below.outbox(None, usize::MAX).await? {
        if entry.state == OutboxState::Uncertain && which(&entry) {
            let expected_version = entry.version;
            let entry = OutboxEntry { state: OutboxState::Pending, ..entry };
            changes.outbox.push(OutboxWrite { entry, expected_version });
        }
    }
    below.commit(changes).await.map_err(StoreError::backend)?;
    claimed.extend(below.claim_outbox(claim).await?);
    Ok(claimed)
}

wrong! {
    /// Says that an entry is given out, and does not write it down.
    ClaimsWithoutWriting; fails a_claimed_entry_is_sending_before_the_answer {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            let mut entries = self.below.outbox(None, claim.limit).await?;
            entries.retain(|entry| entry.state == OutboxState::Pending && entry.not_before <= claim.now);
            let lease = OutboxLease { worker: claim.worker.clone(), until: claim.now + claim.ttl };
            for entry in &mut entries {
                (entry.state, entry.lease) = (OutboxState::Sending, Some(lease.clone()));
                (entry.attempts, entry.version) = (entry.attempts + 1, entry.version + 1);
            }
            Ok(entries)
        }
    }
    /// Gives everybody what the first one was given.
    ClaimsForAll remembering Mutex<Vec<OutboxEntry>>; fails two_workers_never_hold_one_entry {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            let claimed = self.below.claim_outbox(claim).await?;
            let mut memory = self.memory.lock().expect("no test panics here");
            if memory.is_empty() {
                memory.clone_from(&claimed);
            }
            Ok(if claimed.is_empty() { memory.clone() } else { claimed.into_iter().chain(memory.first().cloned()).collect() })
        }
    }
    /// Sends everything of a thread at once.
    SendsAThreadAtOnce; fails one_send_is_in_flight_per_thread {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            let mut claimed = self.below.claim_outbox(claim).await?;
            let waiting = self.below.outbox(None, usize::MAX).await?;
            claimed.extend(waiting.into_iter().filter(|entry| entry.state == OutboxState::Pending));
            Ok(claimed)
        }
    }
    /// Does not wait until an entry is due.
    SendsTooEarly; fails what_is_not_due_holds_up_its_thread {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            let now = claim.now + Duration::from_hours(1);
            self.below.claim_outbox(&OutboxClaim { now, ..claim.clone() }).await
        }
    }
    /// Sends again what may have been sent.
    SendsTwice; fails g07_a_lost_sender_leaves_an_uncertain_entry {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            send_again(&self.below, claim, |entry| entry.attempts > 0).await
        }
    }
    /// Sends again what was being sent when the process ended.
    SendsTwiceAfterTheEnd; fails g07_what_is_sent_without_a_lease_is_uncertain {
        async fn claim_outbox(&self, claim: &OutboxClaim) -> Result<Vec<OutboxEntry>, StoreError> {
            send_again(&self.below, claim, |entry| entry.attempts == 0).await
        }
    }
    /// Leaves a part out of what it exports.
    ExportsLess; fails g23_an_export_has_every_part {
        async fn export(&self, contact: ContactId) -> Result<Option<ContactExport>, StoreError> {
            let mut export = self.below.export(contact).await?;
            if let Some(export) = &mut export {
                export.parts.remove(&PersonalPart::Consent);
            }
            Ok(export)
        }
    }
    /// Says that it erased, and keeps the words.
    ErasesNothing; fails g23_an_erasure_leaves_no_word {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            let rows = PersonalPart::ALL.into_iter().map(|part| (part, 1)).collect();
            Ok(Some(Erased { contacts: vec![erasure.contact], rows, records: Vec::new(), blobs: Vec::new() }))
        }
    }
    /// Does not write down which bytes must go.
    ForgetsTheBytes; fails g23_an_erasure_names_the_bytes_that_must_go {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            self.below.erase(&Erasure { pending: None, ..erasure.clone() }).await
        }
    }
    /// Says of every document of a contact that it is somebody else's no more.
    KeepsTheFirstOwner remembering Mutex<Vec<DocumentKey>>; fails a_document_belongs_to_a_contact_while_it_is_there {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            {
                let mut known = self.memory.lock().expect("no test panics here");
                changes.document_owners.retain(|owner| {
                    let is_new = !known.contains(&owner.key);
                    known.push(owner.key.clone());
                    is_new
                });
            }
            self.below.commit(changes).await
        }
    }
    /// Fails when there is nothing left to erase.
    ErasesOnce remembering Mutex<Vec<ContactId>>; fails g23_an_erasure_can_be_repeated {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            let known = {
                let mut memory = self.memory.lock().expect("no test panics here");
                memory.push(erasure.contact);
                memory.iter().filter(|contact| **contact == erasure.contact).count() > 1
            };
            if known { Ok(None) } else { self.below.erase(erasure).await }
        }
    }
    /// Says that it erased with whom somebody works.
    ErasesWhatIsInWork; fails g23_an_erasure_waits_until_work_is_done {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            match self.below.erase(erasure).await {
                Err(StoreError::InWork) => Ok(None),
                other => other,
            }
        }
    }
    /// Takes what is written to who was erased.
    WritesToTheErased; fails g23_nothing_is_written_to_who_was_erased {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let is_late = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Erased(_)));
            swallow(self.below.commit(changes).await, is_late)
        }
    }
    /// Still lists whom it has erased.
    ListsTheErased remembering Mutex<Vec<ContactId>>; fails g23_an_erased_contact_stands_in_no_list {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            self.memory.lock().expect("no test panics here").push(erasure.contact);
            self.below.erase(erasure).await
        }
        async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError> {
            let mut list = self.below.contacts(query).await?;
            let erased = self.memory.lock().expect("no test panics here").clone();
            for id in erased {
                if let Some(contact) = self.below.contact(id).await? {
                    list.push(ContactListItem { contact, last: None, activity: 0, unread: 0, assigned: false });
                }
            }
            Ok(list)
        }
    }
    /// Forgets with a contact what came in from it.
    ForgetsWhatItTook remembering Mutex<bool>; fails g23_what_was_taken_stays_known_after_an_erasure {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            *self.memory.lock().expect("no test panics here") = true;
            self.below.erase(erasure).await
        }
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            if *self.memory.lock().expect("no test panics here") {
                changes.inbox.clear();
            }
            self.below.commit(changes).await
        }
    }
    /// Says that somebody else did it.
    AltersTheAudit; fails the_audit_chain_verifies {
        async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
            let mut records = self.below.audit(after, limit).await?;
            for record in records.iter_mut().skip(1).take(1) {
                "carol".clone_into(&mut record.actor);
            }
            Ok(records)
        }
    }
    /// Erases the audit records with the contact.
    ErasesTheAudit remembering Mutex<Vec<ContactId>>; fails g23_the_audit_chain_survives_an_erasure {
        async fn erase(&self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
            self.memory.lock().expect("no test panics here").push(erasure.contact);
            self.below.erase(erasure).await
        }
        async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
            let mut records = self.below.audit(after, limit).await?;
            let erased = self.memory.lock().expect("no test panics here").clone();
            records.retain(|record| record.contact.is_none_or(|contact| !erased.contains(&contact)));
            Ok(records)
        }
    }
    /// Keeps everything forever.
    KeepsTheOld; fails what_is_old_is_emptied_by_and_by {
        async fn expire(&self, _: &Expiry) -> Result<Expired, StoreError> {
            Ok(Expired::default())
        }
    }
    /// Gives the oldest messages first.
    SearchesFromTheStart; fails r80_a_search_finds_in_every_conversation {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            let mut page = self.below.search(query).await?;
            page.messages.reverse();
            Ok(page)
        }
    }
    /// Searches everybody's messages whoever is asked for.
    SearchesEverybody; fails r80_a_search_keeps_to_a_contact {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            self.below.search(&MessageSearch { contact: None, ..query.clone() }).await
        }
    }
    /// Finds what may not be seen.
    SearchesTheHidden; fails r87_a_search_is_filtered_by_visibility {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            self.below.search(&MessageSearch { visibility: Vec::new(), ..query.clone() }).await
        }
    }
    /// Finds only what was indexed: every tenth position.
    SearchesTheIndexOnly; fails a_search_sees_every_answered_commit {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            let indexed = self.below.totals().await?.position / 10 * 10;
            let before = query.before.unwrap_or(u64::MAX).min(indexed);
            self.below.search(&MessageSearch { before: Some(before), ..query.clone() }).await
        }
    }
    /// Begins every page with the newest.
    SearchesAgain; fails a_search_goes_on_before_a_position {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            self.below.search(&MessageSearch { before: None, ..query.clone() }).await
        }
    }
    /// Takes a star as a wish for anything.
    SearchesByPattern; fails a_search_takes_operators_as_text {
        async fn search(&self, query: &MessageSearch) -> Result<SearchPage, StoreError> {
            let words = query.words.replace(['*', '%', '_', '"'], " ");
            self.below.search(&MessageSearch { words, ..query.clone() }).await
        }
    }
    /// Overwrites an interaction whatever its version.
    IgnoresInteractionVersions; fails a_stale_interaction_keeps_nothing {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for write in &mut changes.interactions {
                let known = self.below.interaction(write.interaction.id).await?;
                write.expected_version = known.map_or(0, |known| known.version);
                write.interaction.version = write.expected_version + write.events.len() as u64;
            }
            self.below.commit(changes).await
        }
    }
    /// Loses updates of contacts.
    IgnoresContactVersions; fails r92_a_stale_contact_keeps_nothing {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for write in &mut changes.contacts {
                let known = self.below.contact(write.contact.id).await?;
                write.expected_version = known.map_or(0, |known| known.version);
            }
            self.below.commit(changes).await
        }
    }
    /// Keeps the first parts of a change whose later parts are refused.
    KeepsHalf; fails a_refused_change_keeps_none_of_its_parts {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let mut half = ChangeSet::default();
            half.at = changes.at;
            half.contacts.clone_from(&changes.contacts);
            let result = self.below.commit(changes).await;
            if result.is_err() {
                let _ = self.below.commit(half).await;
            }
            result
        }
    }
    /// Keeps the documents of a change that is refused.
    KeepsTheEnd; fails a_refused_change_leaves_earlier_ones_as_they_were {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let mut end = ChangeSet::default();
            end.documents.extend(changes.documents.first().cloned());
            let result = self.below.commit(changes).await;
            if result.is_err() {
                let _ = self.below.commit(end).await;
            }
            result
        }
    }
    /// Does not remember which inbound events it took.
    ForgetsInboxKeys; fails a_duplicate_inbound_keeps_nothing_and_names_the_message {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.inbox.clear();
            self.below.commit(changes).await
        }
    }
    /// Tells inbound events apart by their provider's id alone.
    ForgetsInboxScopes; fails inbound_events_differ_in_every_part_of_their_key {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for entry in &mut changes.inbox {
                entry.key.scope.clear();
            }
            self.below.commit(changes).await
        }
    }
    /// Carries out a request every time.
    ForgetsRequests; fails a_repeated_request_finds_its_first_answer {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.request = None;
            self.below.commit(changes).await
        }
    }
    /// Looks at leases before it looks for repetitions.
    ReportsConflictsFirst; fails a_repetition_is_reported_before_a_conflict {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let fence = changes.fence.clone();
            match (self.below.commit(changes).await, fence) {
                (Err(CommitError::Duplicate(_)), Some(fence)) => Err(Conflict::Fence(fence.lease).into()),
                (result, _) => result,
            }
        }
    }
    /// Answers a message that exists as if it were new.
    SwallowsKnownMessages; fails a_message_id_is_taken_once {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let known = |error: &CommitError| matches!(error, CommitError::Duplicate(Duplicate::Message(_)));
            swallow(self.below.commit(changes).await, known)
        }
    }
    /// Answers what names nothing as if it were kept.
    AllowsLooseEnds; fails a_change_names_only_what_exists {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let invalid = |error: &CommitError| matches!(error, CommitError::Store(StoreError::Invalid { .. }));
            swallow(self.below.commit(changes).await, invalid)
        }
    }
    /// Makes an error of what is not there.
    FailsOnAbsence; fails absent_is_none {
        async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
            let found = self.below.contact(id).await?;
            found.map(Some).ok_or_else(|| StoreError::Corrupt { detail: "no such contact".to_owned() })
        }
    }
    /// Loses the fields of contacts.
    LosesFields; fails every_part_comes_back_as_it_went_in {
        async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
            let found = self.below.contact(id).await?;
            Ok(found.map(|contact| Contact { fields: BTreeMap::new(), ..contact }))
        }
    }
    /// Cannot take back a merge.
    MergesForever; fails a_merge_can_be_taken_back {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.aliases.retain(|alias| alias.into.is_some());
            self.below.commit(changes).await
        }
    }
    /// Says yes to who shows a contact as itself.
    ClosesCircles; fails aliases_never_close_a_circle {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let is_circle = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Contact(_)));
            swallow(self.below.commit(changes).await, is_circle)
        }
    }
    /// Tells addresses apart without their scope.
    ForgetsScopes; fails identities_join_late_and_part_again {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for point in &mut changes.points {
                point.key.scope.clear();
            }
            self.below.commit(changes).await
        }
    }
    /// Gives contact points in no useful order.
    ReversesPoints; fails contact_points_come_oldest_first {
        async fn points_of(&self, contact: ContactId) -> Result<Vec<ContactPoint>, StoreError> {
            let mut points = self.below.points_of(contact).await?;
            points.reverse();
            Ok(points)
        }
    }
    /// Gives an address to whoever comes later.
    SwallowsTakenAddresses; fails r11_an_address_belongs_to_one_contact_point {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let taken = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Identity));
            swallow(self.below.commit(changes).await, taken)
        }
    }
    /// Opens a second interaction in a thread, or so it says.
    SwallowsSecondInteractions; fails one_open_interaction_a_thread {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let second = |error: &CommitError| matches!(error, CommitError::Conflict(Conflict::Interaction(_)));
            swallow(self.below.commit(changes).await, second)
        }
    }
    /// Lets a message slip into an interaction that has ended.
    SkipsVersionChecks; fails a_version_check_alone_writes_nothing {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.interactions.retain(|write| !write.events.is_empty());
            self.below.commit(changes).await
        }
    }
    /// Keeps the last event only.
    ForgetsHistories; fails the_history_leads_to_the_snapshot {
        async fn history(&self, id: parlor_model::InteractionId) -> Result<Vec<Recorded>, StoreError> {
            Ok(self.below.history(id).await?.pop().into_iter().collect())
        }
    }
    /// Counts entries by twos.
    LeavesGaps; fails sequences_are_gapless_in_each_thread {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let records = self.below.commit(changes).await?.records;
            let gap: fn(&mut Message) = |message| message.sequence *= 2;
            Ok(Committed { records: records.into_iter().map(|record| altered(record, gap)).collect() })
        }
    }
    /// Shows a commit before the one below it.
    ShowsTheNewestFirst; fails a_reader_never_sees_a_place_before_a_lower_one {
        async fn messages(&self, thread: ThreadId, after: u64, limit: usize) -> Result<Vec<Message>, StoreError> {
            let mut messages = self.below.messages(thread, after, limit).await?;
            if messages.len() > 1 {
                messages.remove(0);
            }
            Ok(messages)
        }
    }
    /// Leaves gaps between journal records.
    LeavesGapsInTheJournal; fails positions_are_gapless_in_order_of_commit {
        async fn journal(&self, after: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
            let mut records = self.below.journal(after, limit).await?;
            for record in &mut records {
                record.position *= 2;
            }
            Ok(records)
        }
    }
    /// Keeps what fits into two bytes a character.
    LosesEmoji; fails texts_come_back_as_they_went_in {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for message in &mut changes.messages {
                if let Content::Text { text } = &mut message.content {
                    let plain = text.as_str().replace(|c: char| u32::from(c) > 0xFFFF, "?");
                    *text = MessageText::new(plain).expect("it is no longer than before");
                }
            }
            self.below.commit(changes).await
        }
    }
    /// Keeps milliseconds.
    CutsMoments; fails moments_keep_their_microseconds {
        async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
            let cut = |at: Timestamp| Timestamp::from_micros(at.as_micros().div_euclid(1_000) * 1_000);
            let found = self.below.message(id).await?;
            Ok(found.map(|message| Message { at: cut(message.at), ..message }))
        }
    }
    /// Gives the message at the edge of a page again.
    RepeatsAtPageEdges; fails r79_pages_are_exact_while_messages_arrive {
        async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
            let start = match query.start {
                PageStart::Before(position) => PageStart::Before(position.saturating_add(1)),
                other => other,
            };
            self.below.conversation(&ConversationQuery { start, ..query.clone() }).await
        }
    }
    /// Never says that there is more.
    HidesOlderPages; fails pages_say_whether_there_is_more {
        async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
            Ok(ConversationPage { more_before: false, ..self.below.conversation(query).await? })
        }
    }
    /// Filters a page after cutting it.
    FiltersTooLate; fails r87_r88_a_conversation_is_filtered_by_visibility {
        async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
            let everything = ConversationQuery { visibility: vec![], ..query.clone() };
            let mut page = self.below.conversation(&everything).await?;
            page.messages
                .retain(|message| query.visibility.is_empty() || query.visibility.contains(&message.visibility));
            Ok(page)
        }
    }
    /// Searches for the very characters.
    SearchesExactly; fails r80_a_search_ignores_case_and_accents {
        async fn conversation(&self, query: &ConversationQuery) -> Result<ConversationPage, StoreError> {
            let everything = ConversationQuery { search: None, ..query.clone() };
            let mut page = self.below.conversation(&everything).await?;
            let search = query.search.clone().unwrap_or_default();
            page.messages.retain(|message| message.content.text().unwrap_or_default().contains(&search));
            Ok(page)
        }
    }
    /// Counts every entry as unread.
    CountsEverything; fails r107_only_what_the_contact_wrote_is_unread {
        async fn unread(&self, agent: &AgentName, contact: ContactId) -> Result<u64, StoreError> {
            let mut unread = 0;
            for thread in self.below.threads_of(contact).await? {
                let marker = self.below.read_marker(agent, thread.id).await?;
                unread += self.below.messages(thread.id, marker, usize::MAX).await?.len() as u64;
            }
            Ok(unread)
        }
    }
    /// Keeps the last read marker instead of the highest.
    MovesMarkersBack remembering LastMarkers; fails r109_read_markers_never_move_backwards {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            for marker in &changes.read_markers {
                let key = (marker.agent.clone(), marker.thread);
                self.memory.lock().expect("nobody panics here").insert(key, marker.upto);
            }
            self.below.commit(changes).await
        }

        async fn read_marker(&self, agent: &AgentName, thread: ThreadId) -> Result<u64, StoreError> {
            let markers = self.memory.lock().expect("nobody panics here");
            Ok(markers.get(&(agent.clone(), thread)).copied().unwrap_or(0))
        }
    }
    /// Keeps the last acknowledgement instead of the highest.
    MovesAcknowledgementsBack remembering LastAcknowledged; fails acknowledgements_never_move_backwards {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            for acknowledged in &changes.acknowledged {
                let mut known = self.memory.lock().expect("nobody panics here");
                known.insert(acknowledged.thread, *acknowledged);
            }
            self.below.commit(changes).await
        }

        async fn acknowledged(&self, thread: ThreadId) -> Result<Acknowledged, StoreError> {
            let known = self.memory.lock().expect("nobody panics here").get(&thread).copied();
            Ok(known.unwrap_or(Acknowledged { thread, delivered: 0, read: 0 }))
        }
    }
    /// Keeps the last observation only.
    KeepsOneObservation; fails observations_are_a_set {
        async fn observations(&self, message: MessageId) -> Result<Vec<Observation>, StoreError> {
            Ok(self.below.observations(message).await?.pop().into_iter().collect())
        }
    }
    /// Never takes a contact out of a list.
    NeverUnassigns; fails r106_an_agents_list_holds_what_was_put_into_it {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.assignments.retain(|assignment| assignment.assigned);
            self.below.commit(changes).await
        }
    }
    /// Lists contacts by id.
    ListsById; fails contacts_come_with_the_newest_activity_first {
        async fn contacts(&self, query: &ContactQuery) -> Result<Vec<ContactListItem>, StoreError> {
            let mut list = self.below.contacts(query).await?;
            list.sort_by_key(|item| item.contact.id);
            Ok(list)
        }
    }
    /// Takes room without looking at the limit.
    IgnoresLimits; fails load_never_exceeds_its_limit {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for change in &mut changes.loads {
                change.limit = u32::MAX;
            }
            self.below.commit(changes).await
        }
    }
    /// Reads the load first and writes it later, so that two can take the same room.
    ChecksLimitsTooEarly; fails load_never_exceeds_its_limit_under_concurrency {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for change in &mut changes.loads {
                let used = self.below.agent(&change.agent).await?.map_or(0, |state| state.used(change.class));
                if i64::from(used) + change.delta > i64::from(change.limit) {
                    let (agent, class) = (change.agent.clone(), change.class);
                    return Err(Conflict::Capacity { agent, class }.into());
                }
                change.limit = u32::MAX;
            }
            tokio::task::yield_now().await;
            self.below.commit(changes).await
        }
    }
    /// Forgives those who give back more than they hold.
    ForgivesDoubleRelease; fails load_cannot_be_given_back_twice {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for change in &mut changes.loads {
                let used = self.below.agent(&change.agent).await?.map_or(0, |state| state.used(change.class));
                change.delta = change.delta.max(-i64::from(used));
            }
            self.below.commit(changes).await
        }
    }
    /// Makes states stale by load changes.
    CountsLoadAsState; fails state_and_load_are_written_independently {
        async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
            let state = self.below.agent(name).await?;
            Ok(state.map(|state| AgentState { version: state.version + state.load.len() as u64, ..state }))
        }
    }
    /// Takes back since when an agent is idle when their state is written from an earlier reading.
    TakesIdleTimeBack remembering Mutex<BTreeMap<AgentName, Timestamp>>; fails an_agent_is_idle_since_the_later_time {
        async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
            let loaded: Vec<_> = changes.loads.iter().map(|change| change.agent.clone()).collect();
            let written: Vec<_> =
                changes.agents.iter().map(|write| (write.state.name.clone(), write.state.idle_since)).collect();
            let committed = self.below.commit(changes).await?;
            let mut last = self.memory.lock().expect("no test panics while it holds this");
            last.retain(|name, _| !loaded.contains(name));
            last.extend(written);
            Ok(committed)
        }

        async fn agent(&self, name: &AgentName) -> Result<Option<AgentState>, StoreError> {
            let state = self.below.agent(name).await?;
            let last = self.memory.lock().expect("no test panics while it holds this").get(name).copied();
            Ok(state.map(|state| AgentState { idle_since: last.unwrap_or(state.idle_since), ..state }))
        }
    }
    /// Never cancels a timer.
    NeverCancelsTimers; fails timers_are_set_moved_and_cancelled {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.timers.retain(|write| write.at.is_some());
            self.below.commit(changes).await
        }
    }
    /// Overwrites a document whatever its version.
    IgnoresDocumentVersions; fails documents_have_versions {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            for write in &mut changes.documents {
                write.expected_version = None;
            }
            self.below.commit(changes).await
        }
    }
    /// Keeps the last word of the consent ledger only.
    ReplacesConsent; fails consent_is_a_ledger {
        async fn consent(&self, point: parlor_model::ContactPointId) -> Result<Vec<ConsentEntry>, StoreError> {
            Ok(self.below.consent(point).await?.pop().into_iter().collect())
        }
    }
    /// Takes bytes for text.
    ReadsBytesAsText; fails dead_letters_keep_their_bytes {
        async fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
            let mut letters = self.below.dead_letters(skip, limit).await?;
            for letter in &mut letters {
                letter.raw = String::from_utf8_lossy(&letter.raw).into_owned().into_bytes();
            }
            Ok(letters)
        }
    }
    /// Gives a lease to whoever asks.
    GivesLeasesToAnyone; fails a_lease_has_one_holder_at_a_time {
        async fn acquire_lease(
            &self, name: &LeaseName, holder: &str, now: Timestamp, ttl: Duration,
        ) -> Result<Option<Lease>, StoreError> {
            match self.below.acquire_lease(name, holder, now, ttl).await? {
                Some(lease) => Ok(Some(lease)),
                None => self.below.acquire_lease(name, holder, now + Duration::from_hours(1), ttl).await,
            }
        }
    }
    /// Lets those write who have lost their lease.
    IgnoresFences; fails a_lost_lease_cannot_write {
        async fn commit(&self, mut changes: ChangeSet) -> Result<Committed, CommitError> {
            changes.fence = None;
            self.below.commit(changes).await
        }
    }
}

/// A store that says it keeps things and does not.
struct Forgetful;

/// A store whose end of life is only pretended.
struct Keeping;

#[async_trait]
impl StoreHarness for Forgetful {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }
}

#[async_trait]
impl DurableHarness for Forgetful {
    async fn reopen(&self, _store: Arc<dyn Store>) -> Arc<dyn Store> {
        self.open().await
    }
}

#[async_trait]
impl StoreHarness for Keeping {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }
}

#[async_trait]
impl DurableHarness for Keeping {
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        assert_eq!(Arc::strong_count(&store), 1, "the reference that is given must be the only one");
        store
    }
}

#[test]
fn the_cases_about_reopening_tell_keeping_from_forgetting() {
    run_durable(&Keeping, cases::everything_is_there_after_reopening);
    run_durable(&Keeping, cases::places_go_on_after_reopening);
    let fails = |run: fn()| catch_unwind(run).is_err();
    assert!(fails(|| run_durable(&Forgetful, cases::everything_is_there_after_reopening)));
    assert!(fails(|| run_durable(&Forgetful, cases::places_go_on_after_reopening)));
}
