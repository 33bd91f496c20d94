//! Gives out, and takes out, what belongs to a contact.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlor_model::{
    Author, BlobId, ContactId, ContactPointId, Content, Id, InteractionId, Message, MessageId, Observation,
    PointKey, Subject, ThreadId, Timestamp,
};
use uuid::Uuid;

use super::tables::Tables;
use crate::personal::{
    add_blobs, blobs_of, erase_case, erase_event, erase_letter, erased_address, is_personal,
};
use crate::{
    AUDIT_START, Assignment, AuditEntry, AuditRecord, Belongings, Document, DocumentKey, DocumentOwner,
    Erased, Erasure, Expired, Expiry, JournalEntry, JournalRecord, Mentions, PersonalPart, StoreError,
};

/// Which rows belong to a contact.
struct Reach {
    /// The contact and those that are shown as it, in order of id.
    family: Vec<ContactId>,
    points: Vec<ContactPointId>,
    /// The threads with them alone.
    direct: Vec<ThreadId>,
    /// Where their messages stand, in order of position.
    messages: Vec<(ThreadId, u64)>,
    interactions: Vec<InteractionId>,
}

impl Reach {
    /// What requests about a contact made or changed.
    fn resources(&self, messages: &BTreeSet<MessageId>) -> BTreeSet<Uuid> {
        let mut resources: BTreeSet<Uuid> = messages.iter().map(Id::as_uuid).collect();
        resources.extend(self.interactions.iter().map(Id::as_uuid));
        resources.extend(self.family.iter().map(Id::as_uuid));
        resources.extend(self.points.iter().map(Id::as_uuid));
        resources.extend(self.direct.iter().map(Id::as_uuid));
        resources
    }
}

impl Tables {
    fn reach(&self, contact: ContactId) -> Reach {
        let mut family = self.family(contact);
        family.sort_unstable();
        let points: Vec<_> = self.points(contact).into_iter().map(|point| point.id).collect();
        let mut direct = Vec::new();
        let mut messages = Vec::new();
        for thread in self.threads(contact) {
            let is_theirs = |message: &Message| match &message.author {
                Author::Contact(point) => points.contains(point),
                Author::Agent(_) | Author::Bot(_) | Author::System => false,
            };
            let all = || self.messages_of(thread.id, 0);
            if let Subject::Direct(_) = thread.subject {
                direct.push(thread.id);
                messages.extend(all());
            } else {
                let theirs: BTreeSet<_> = all().filter(|message| is_theirs(message)).map(|m| m.id).collect();
                let answers =
                    |message: &Message| message.parent.is_some_and(|parent| theirs.contains(&parent));
                messages.extend(all().filter(|message| is_theirs(message) || answers(message)));
            }
        }
        messages.sort_by_key(|message| message.position);
        let interactions = direct.iter().flat_map(|thread| {
            self.interactions_of.range((*thread, 0)..=(*thread, u64::MAX)).map(|(_, id)| *id)
        });
        Reach {
            interactions: interactions.collect(),
            messages: messages.into_iter().map(|message| (message.thread, message.sequence)).collect(),
            family,
            points,
            direct,
        }
    }

    pub(super) fn belongings(&self, contact: ContactId) -> Option<Belongings> {
        if !self.contacts.contains_key(&contact) {
            return None;
        }
        let reach = self.reach(contact);
        let points: Vec<_> = self.points(contact).into_iter().cloned().collect();
        let messages: Vec<Message> = reach
            .messages
            .iter()
            .filter_map(|place| self.messages.get(place))
            .map(|m| Message::clone(m))
            .collect();
        let ids: BTreeSet<_> = messages.iter().map(|message| message.id).collect();
        let resources = reach.resources(&ids);
        let mentions = Mentions::of(&points);
        let history = |id: InteractionId| {
            self.histories.range((id, 0)..=(id, u64::MAX)).map(|(_, recorded)| (**recorded).clone()).collect()
        };
        Some(Belongings {
            contacts: reach.family.iter().filter_map(|id| self.contacts.get(id)).cloned().collect(),
            aliases: self
                .shown_as
                .iter()
                .filter(|(from, into)| reach.family.contains(from) || reach.family.contains(into))
                .map(|(from, into)| (*from, *into))
                .collect(),
            threads: self.threads(contact).into_iter().cloned().collect(),
            interactions: reach
                .interactions
                .iter()
                .filter_map(|id| self.interactions.get(id))
                .map(|interaction| (interaction.clone(), history(interaction.id)))
                .collect(),
            observations: ids.iter().flat_map(|id| self.observations_of(*id)).cloned().collect(),
            outbox: self.outbox.values().filter(|entry| ids.contains(&entry.message)).cloned().collect(),
            requests: self.requests.values().filter(|r| resources.contains(&r.resource)).cloned().collect(),
            assignments: self
                .assigned
                .keys()
                .filter(|(_, contact)| reach.family.contains(contact))
                .cloned()
                .collect(),
            documents: self
                .document_owners
                .iter()
                .filter(|(_, owner)| reach.family.contains(&owner.contact))
                .filter_map(|(key, _)| self.documents.get(key))
                .cloned()
                .collect(),
            consent: points
                .iter()
                .flat_map(|point| self.consent.range((point.id, 0)..=(point.id, u64::MAX)))
                .map(|(_, entry)| entry.clone())
                .collect(),
            dead_letters: self.dead_letters.values().filter(|l| mentions.are_in(l)).cloned().collect(),
            audit: self
                .audit
                .values()
                .filter(|record| record.contact.is_some_and(|contact| reach.family.contains(&contact)))
                .cloned()
                .collect(),
            points,
            messages,
        })
    }

    pub(super) fn erase(&mut self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
        let contact = erasure.contact;
        if !self.contacts.contains_key(&contact) {
            return Ok(None);
        }
        let reach = self.reach(contact);
        if reach.direct.iter().any(|thread| self.open_interaction.contains_key(thread)) {
            return Err(StoreError::InWork);
        }
        let owned: Vec<_> = self.owned(|owner| reach.family.contains(&owner.contact));
        let blobs = self.blobs(&reach.messages, &owned);
        // Nothing is changed before this, which may fail.
        self.note_pending(erasure.pending.as_ref(), &blobs)?;
        let theirs = |contact: &ContactId| reach.family.contains(contact);
        let mentions = Mentions::of(self.points(contact));
        let ids: BTreeSet<_> =
            reach.messages.iter().filter_map(|place| self.messages.get(place)).map(|m| m.id).collect();
        let resources = reach.resources(&ids);
        let mut rows: BTreeMap<_, _> = PersonalPart::ALL.into_iter().map(|part| (part, 0)).collect();
        let mut count = |part, number: usize| {
            rows.insert(part, number as u64);
        };
        count(PersonalPart::Messages, self.empty_messages(&reach.messages));
        count(PersonalPart::Observations, self.empty_observations(&ids));
        count(PersonalPart::Outbox, remove(&mut self.outbox, |_, entry| ids.contains(&entry.message)).len());
        count(PersonalPart::Requests, self.empty_requests(&resources));
        let (interactions, events) = self.empty_interactions(&reach.interactions);
        count(PersonalPart::Interactions, interactions);
        count(PersonalPart::History, events);
        let changed: Vec<_> =
            reach.family.iter().copied().filter(|member| self.empty_contact(*member)).collect();
        count(PersonalPart::Contacts, changed.len());
        count(PersonalPart::Points, reach.points.iter().filter(|point| self.empty_point(**point)).count());
        let aliases = remove(&mut self.shown_as, |from, into| theirs(from) || theirs(into));
        for (from, into) in &aliases {
            self.merged.remove(&(*into, *from));
        }
        count(PersonalPart::Aliases, aliases.len());
        let assigned = remove(&mut self.assigned, |(_, contact), ()| theirs(contact));
        count(PersonalPart::Assignments, assigned.len());
        count(PersonalPart::Documents, self.remove_documents(&owned));
        count(PersonalPart::Consent, self.empty_consent(&reach.points));
        let letters = self.dead_letters.values_mut().filter(|letter| mentions.are_in(letter));
        count(
            PersonalPart::DeadLetters,
            letters.filter_map(|letter| erase_letter(letter).then_some(())).count(),
        );
        let salted = self.audit.values_mut().filter(|record| record.contact.as_ref().is_some_and(theirs));
        count(PersonalPart::Audit, salted.filter_map(|record| record.salt.take()).count());

        let changed = changed.into_iter().map(JournalEntry::Contact);
        let assigned = assigned.into_iter().map(|((agent, contact), ())| {
            JournalEntry::Assignment(Assignment { agent, contact, assigned: false })
        });
        let records: Vec<_> = (self.position() + 1..)
            .zip(changed.chain(assigned))
            .map(|(position, entry)| JournalRecord { position, at: erasure.at, entry })
            .collect();
        self.journal.extend_from_slice(&records);
        for entry in &erasure.audit {
            let record = self.next_audit(erasure.at, entry.clone());
            self.audit.insert(record.n, record);
        }
        Ok(Some(Erased { contacts: reach.family, rows, records, blobs }))
    }

    /// The record of an entry at the end of the audit chain.
    pub(super) fn next_audit(&self, at: Timestamp, entry: AuditEntry) -> AuditRecord {
        let (n, previous) = self.audit.last_key_value().map_or((0, AUDIT_START), |(n, last)| (*n, last.hash));
        AuditRecord::following(n + 1, previous, at, entry)
    }

    /// The documents of which something is said.
    fn owned(&self, which: impl Fn(&DocumentOwner) -> bool) -> Vec<DocumentOwner> {
        self.document_owners.values().filter(|owner| which(owner)).cloned().collect()
    }

    /// The bytes of which messages and documents speak.
    fn blobs(&self, messages: &[(ThreadId, u64)], owned: &[DocumentOwner]) -> Vec<BlobId> {
        let messages = messages.iter().filter_map(|place| self.messages.get(place));
        let blobs = messages.flat_map(|message| blobs_of(&message.content));
        let blobs: BTreeSet<_> = blobs.chain(owned.iter().flat_map(|owner| owner.blobs.clone())).collect();
        blobs.into_iter().collect()
    }

    /// Writes down which bytes are to be deleted.
    fn note_pending(&mut self, key: Option<&DocumentKey>, blobs: &[BlobId]) -> Result<(), StoreError> {
        let Some(key) = key.filter(|_| !blobs.is_empty()) else { return Ok(()) };
        let known = self.documents.get(key);
        let body = add_blobs(known.map(|document| document.body.as_str()), blobs)?;
        let version = known.map_or(0, |document| document.version) + 1;
        self.documents.insert(key.clone(), Document { key: key.clone(), version, body });
        Ok(())
    }

    fn remove_documents(&mut self, owned: &[DocumentOwner]) -> usize {
        for owner in owned {
            self.document_owners.remove(&owner.key);
        }
        owned.iter().filter(|owner| self.documents.remove(&owner.key).is_some()).count()
    }

    pub(super) fn expire(&mut self, expiry: &Expiry) -> Result<Expired, StoreError> {
        let mut expired = Expired::default();
        if let Some(before) = expiry.messages_before {
            let mut old: Vec<_> = self.messages.values().filter(|m| m.position > expiry.after).collect();
            old.sort_by_key(|message| message.position);
            old.truncate(expiry.limit);
            let older = old.iter().take_while(|message| message.at < before).count();
            if older == expiry.limit {
                expired.reached = old.last().map(|last| last.position);
            }
            old.truncate(older);
            let is_held = |message: &Message| {
                let open = message.interaction.is_some_and(|id| self.open_interactions.contains_key(&id));
                open || self.outbox.values().any(|e| e.message == message.id && !e.state.is_final())
            };
            let over: Vec<_> = old.into_iter().filter(|message| !is_held(message)).collect();
            let ids: BTreeSet<_> = over.iter().map(|message| message.id).collect();
            let places: Vec<_> = over.iter().map(|message| (message.thread, message.sequence)).collect();
            let owned = self.owned(|owner| owner.message.is_some_and(|message| ids.contains(&message)));
            expired.blobs = self.blobs(&places, &owned);
            self.note_pending(expiry.pending.as_ref(), &expired.blobs)?;
            self.remove_documents(&owned);
            expired.messages = self.empty_messages(&places) as u64;
            self.empty_observations(&ids);
            remove(&mut self.outbox, |_, entry| ids.contains(&entry.message));
            self.empty_requests(&ids.iter().map(Id::as_uuid).collect());
        }
        if let Some(before) = expiry.dead_letters_before {
            let letters = self.dead_letters.values_mut().filter(|letter| letter.at < before);
            let emptied = letters.filter_map(|letter| erase_letter(letter).then_some(())).take(expiry.limit);
            expired.dead_letters = emptied.count() as u64;
        }
        Ok(expired)
    }

    /// Each of the following answers how many rows there were to be emptied.
    fn empty_messages(&mut self, places: &[(ThreadId, u64)]) -> usize {
        let mut emptied = 0;
        for place in places {
            let Some(message) = self.messages.get_mut(place) else { continue };
            let personal = is_personal(&message.content);
            if !personal && message.provider_id.is_none() {
                continue;
            }
            let message = Arc::make_mut(message);
            message.provider_id = None;
            if personal {
                message.content = Content::Erased;
            }
            let (place, message) = (message.position, message.clone());
            if let Some(record) = self.journal.iter_mut().find(|record| record.position == place) {
                record.entry = JournalEntry::Message(Arc::new(message));
            }
            emptied += 1;
        }
        emptied
    }

    fn empty_observations(&mut self, of: &BTreeSet<MessageId>) -> usize {
        let reasoned = remove(&mut self.observations, |observation, ()| {
            of.contains(&observation.message) && observation.reason.is_some()
        });
        for (observation, ()) in &reasoned {
            self.observations.insert(Observation { reason: None, ..observation.clone() }, ());
        }
        for record in &mut self.journal {
            if let JournalEntry::Observation(observation) = &mut record.entry
                && of.contains(&observation.message)
            {
                observation.reason = None;
            }
        }
        reasoned.len()
    }

    fn empty_requests(&mut self, about: &BTreeSet<Uuid>) -> usize {
        let requests = self
            .requests
            .values_mut()
            .filter(|request| about.contains(&request.resource) && request.fingerprint != [0; 32]);
        requests.map(|request| request.fingerprint = [0; 32]).count()
    }

    /// Interactions and events.
    fn empty_interactions(&mut self, ids: &[InteractionId]) -> (usize, usize) {
        let mut emptied = (0, 0);
        for id in ids {
            if self.interactions.get_mut(id).is_some_and(erase_case) {
                emptied.0 += 1;
            }
            for ((_, position), recorded) in self.histories.range_mut((*id, 0)..=(*id, u64::MAX)) {
                if !erase_event(Arc::make_mut(recorded)) {
                    continue;
                }
                emptied.1 += 1;
                let record = self.journal.iter_mut().find(|record| record.position == *position);
                if let Some(JournalRecord {
                    entry: JournalEntry::Interaction { recorded: told, .. }, ..
                }) = record
                {
                    *told = Arc::clone(recorded);
                }
            }
        }
        emptied
    }

    fn empty_contact(&mut self, contact: ContactId) -> bool {
        let Some(row) = self.contacts.get_mut(&contact) else { return false };
        let was_erased = self.erased.insert(contact, ()).is_some();
        if was_erased && row.display_name.is_none() && row.fields.is_empty() {
            return false;
        }
        row.display_name = None;
        row.fields.clear();
        row.version += 1;
        true
    }

    fn empty_point(&mut self, point: ContactPointId) -> bool {
        let Some(row) = self.points.get_mut(&point) else { return false };
        let address = erased_address(point);
        if row.key.address == address && row.display_name.is_none() {
            return false;
        }
        row.display_name = None;
        let before = std::mem::replace(&mut row.key.address, address);
        let key = row.key.clone();
        self.point_by_key.remove(&PointKey { address: before, ..key.clone() });
        self.point_by_key.insert(key, point);
        true
    }

    fn empty_consent(&mut self, points: &[ContactPointId]) -> usize {
        let entries = self.consent.iter_mut().filter(|((point, _), _)| points.contains(point));
        let entries = entries.filter(|(_, entry)| !entry.evidence.is_empty());
        entries.map(|(_, entry)| entry.evidence.clear()).count()
    }
}

/// Takes rows out of a table.
fn remove<K: Clone + Ord, V>(table: &mut BTreeMap<K, V>, which: impl Fn(&K, &V) -> bool) -> Vec<(K, V)> {
    let keys: Vec<_> =
        table.iter().filter(|(key, row)| which(key, row)).map(|(key, _)| key.clone()).collect();
    keys.into_iter().filter_map(|key| table.remove_entry(&key)).collect()
}
