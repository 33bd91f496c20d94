//! Applies the parts of a change, in the order of their declaration.

use std::sync::Arc;

use parlor_model::{Author, ContactAlias, ContactPoint, Message, Observation, Subject, Thread};

use super::transaction::Transaction;
use crate::{
    Acknowledged, AgentState, AgentWrite, Alert, Assignment, AuditEntry, ChangeSet, CommitError, Conflict,
    ConsentEntry, ContactWrite, DeadLetter, Document, DocumentOwner, DocumentWrite, Duplicate, Fence,
    InboxEntry, InteractionWrite, JournalEntry, Load, LoadChange, NewMessage, OfferRecord, OutboxEntry,
    OutboxState, OutboxWrite, ReadMarker, StoreError, TimerWrite,
};

impl Transaction<'_> {
    /// Applies a change. After an error the transaction must be taken back.
    pub(super) fn apply(&mut self, changes: ChangeSet) -> Result<(), CommitError> {
        // A repetition is answered as such even when it can no longer be carried out: whoever repeats a request
        // must find its first answer, not a conflict with its own effects.
        self.refuse_repetition(&changes)?;
        if let Some(fence) = &changes.fence {
            self.check_fence(fence)?;
        }
        each(changes.inbox, |part| self.take_inbox(part))?;
        if let Some(request) = changes.request {
            self.put(|t| &mut t.requests, request.key.clone(), Some(request));
        }
        each(changes.contacts, |part| self.write_contact(part))?;
        each(changes.points, |part| self.write_point(part))?;
        each(changes.aliases, |part| self.write_alias(&part))?;
        each(changes.threads, |part| self.make_thread(part))?;
        each(changes.interactions, |part| self.write_interaction(part))?;
        each(changes.offers, |part| self.make_offer(part))?;
        each(changes.messages, |part| self.append_message(part))?;
        each(changes.observations, |part| self.observe(part))?;
        each(changes.acknowledged, |part| self.acknowledge(part))?;
        each(changes.outbox, |part| self.write_outbox(part))?;
        each(changes.timers, |part| self.write_timer(part))?;
        each(changes.agents, |part| self.write_agent(part))?;
        each(changes.loads, |part| self.change_load(&part))?;
        each(changes.read_markers, |part| self.read_on(part))?;
        each(changes.assignments, |part| self.assign(part))?;
        each(changes.alerts, |part| self.alert(part))?;
        each(changes.documents, |part| self.write_document(part))?;
        each(changes.document_owners, |part| self.own_document(part))?;
        each(changes.consent, |part| self.enter_consent(part))?;
        changes.dead_letters.into_iter().for_each(|part| self.bury(part));
        each(changes.audit, |part| self.enter_audit(part))
    }

    fn refuse_repetition(&self, changes: &ChangeSet) -> Result<(), Duplicate> {
        for InboxEntry { key, .. } in &changes.inbox {
            if let Some(message) = self.tables.inbox.get(&self.tables.inbox_place(key)) {
                return Err(Duplicate::Inbox { key: key.clone(), message: *message });
            }
        }
        if let Some(request) = &changes.request
            && self.tables.requests.contains_key(&request.key)
        {
            return Err(Duplicate::Request(request.key.clone()));
        }
        match changes.messages.iter().find(|message| self.tables.place_of.contains_key(&message.id)) {
            Some(message) => Err(Duplicate::Message(message.id)),
            None => Ok(()),
        }
    }

    fn check_fence(&self, fence: &Fence) -> Result<(), Conflict> {
        match self.tables.leases.get(&fence.lease) {
            Some(lease) if lease.epoch == fence.epoch => Ok(()),
            Some(_) | None => Err(Conflict::Fence(fence.lease.clone())),
        }
    }

    fn take_inbox(&mut self, entry: InboxEntry) -> Result<(), CommitError> {
        let place = self.tables.inbox_place(&entry.key);
        if let Some(message) = self.tables.inbox.get(&place) {
            return Err(Duplicate::Inbox { key: entry.key, message: *message }.into());
        }
        self.put(|t| &mut t.inbox, place, Some(entry.message));
        Ok(())
    }

    fn write_contact(&mut self, write: ContactWrite) -> Result<(), CommitError> {
        let ContactWrite { mut contact, expected_version } = write;
        let id = contact.id;
        contact.version =
            next_version(self.tables.contacts.get(&id).map(|known| known.version), expected_version)
                .ok_or(Conflict::Contact(id))?;
        self.put(|t| &mut t.contacts, id, Some(contact));
        Ok(self.journal_contact(id)?)
    }

    fn write_point(&mut self, point: ContactPoint) -> Result<(), CommitError> {
        let (id, contact) = (point.id, point.contact);
        must_exist(self.tables.contacts.contains_key(&contact), "the contact of a contact point")?;
        if let Some(known) = self.tables.points.get(&id) {
            if known.contact != contact || known.key != point.key {
                return Err(Conflict::Identity.into());
            }
            let renamed = ContactPoint { display_name: point.display_name, ..known.clone() };
            self.put(|t| &mut t.points, id, Some(renamed));
        } else {
            if self.tables.point_by_key.contains_key(&point.key) {
                return Err(Conflict::Identity.into());
            }
            self.put(|t| &mut t.point_by_key, point.key.clone(), Some(id));
            self.put(|t| &mut t.points_of, (contact, id), Some(()));
            self.put(|t| &mut t.points, id, Some(point));
        }
        Ok(self.journal_contact(contact)?)
    }

    fn write_alias(&mut self, alias: &ContactAlias) -> Result<(), CommitError> {
        let from = alias.from;
        must_exist(self.tables.contacts.contains_key(&from), "the contact of an alias")?;
        let before = self.tables.shown_as.get(&from).copied();
        if before == alias.into {
            return Ok(());
        }
        if let Some(into) = alias.into {
            must_exist(self.tables.contacts.contains_key(&into), "the contact that an alias leads to")?;
            // Also through others, and through what it is shown as so far.
            if self.tables.family(from).contains(&into) {
                return Err(Conflict::Contact(from).into());
            }
            self.put(|t| &mut t.merged, (into, from), Some(()));
        }
        if let Some(before) = before {
            self.put(|t| &mut t.merged, (before, from), None);
        }
        self.put(|t| &mut t.shown_as, from, alias.into);
        Ok(self.journal_contact(from)?)
    }

    fn make_thread(&mut self, thread: Thread) -> Result<(), CommitError> {
        let id = thread.id;
        let subject = (thread.channel.clone(), thread.subject.clone());
        if let Subject::Direct(point) = &thread.subject {
            must_exist(self.tables.points.contains_key(point), "the contact point of a thread")?;
        }
        match (self.tables.threads.get(&id), self.tables.thread_by_subject.get(&subject)) {
            (Some(_), Some(same)) if *same == id => return Ok(()),
            (None, None) => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return Err(Conflict::Identity.into()),
        }
        if let Subject::Direct(point) = &thread.subject {
            self.put(|t| &mut t.threads_of, (*point, id), Some(()));
        }
        self.put(|t| &mut t.thread_by_subject, subject, Some(id));
        self.put(|t| &mut t.threads, id, Some(thread));
        Ok(())
    }

    fn write_interaction(&mut self, write: InteractionWrite) -> Result<(), CommitError> {
        let InteractionWrite { interaction, expected_version, events } = write;
        let (id, thread) = (interaction.id, interaction.thread);
        let known = self.tables.interactions.get(&id);
        if known.map_or(0, |known| known.version) != expected_version {
            return Err(Conflict::Interaction(id).into());
        }
        if events.is_empty() {
            return Ok(());
        }
        must_exist(self.tables.threads.contains_key(&thread), "the thread of an interaction")?;
        if known.is_some_and(|known| known.thread != thread) {
            return Err(invalid("an interaction cannot move to another thread").into());
        }
        if expected_version + events.len() as u64 != interaction.version {
            return Err(invalid("an interaction's version is not the number of its events").into());
        }
        if known.is_none() {
            let first = self.next_position();
            self.put(|t| &mut t.interactions_of, (thread, first), Some(id));
        }
        let open = self.tables.open_interaction.get(&thread).copied();
        if interaction.is_open() {
            if open.is_some_and(|open| open != id) {
                return Err(Conflict::Interaction(id).into());
            }
            self.put(|t| &mut t.open_interaction, thread, Some(id));
            self.put(|t| &mut t.open_interactions, id, Some(()));
        } else if open == Some(id) {
            self.put(|t| &mut t.open_interaction, thread, None);
            self.put(|t| &mut t.open_interactions, id, None);
        }
        for (version, recorded) in (expected_version + 1..).zip(events) {
            let recorded = Arc::new(recorded);
            let position = self.next_position();
            self.put(|t| &mut t.histories, (id, position), Some(Arc::clone(&recorded)));
            self.journal(JournalEntry::Interaction { interaction: id, version, recorded })?;
        }
        self.put(|t| &mut t.interactions, id, Some(interaction));
        Ok(())
    }

    fn make_offer(&mut self, offer: OfferRecord) -> Result<(), CommitError> {
        must_exist(self.tables.interactions.contains_key(&offer.interaction), "the interaction of an offer")?;
        self.put(|t| &mut t.offers, offer.offer, Some(offer));
        Ok(())
    }

    fn append_message(&mut self, new: NewMessage) -> Result<(), CommitError> {
        let NewMessage {
            id,
            thread,
            interaction,
            segment,
            author,
            parent,
            visibility,
            content,
            provider_time,
            provider_id,
        } = new;
        if self.tables.place_of.contains_key(&id) {
            return Err(Duplicate::Message(id).into());
        }
        let at = self.at()?;
        let Some(within) = self.tables.threads.get(&thread) else {
            return Err(invalid("the thread of a message does not exist").into());
        };
        if self.tables.is_of_erased(within) {
            return Err(Conflict::Erased(thread).into());
        }
        let below_post = matches!(within.subject, Subject::Post(_));
        if let Some(interaction) = interaction {
            must_exist(self.tables.interactions.contains_key(&interaction), "the interaction of a message")?;
        }
        if let Author::Contact(point) = &author {
            must_exist(self.tables.points.contains_key(point), "the contact point that wrote a message")?;
            if below_post {
                self.put(|t| &mut t.threads_of, (*point, thread), Some(()));
            }
        }
        let sequence = self.tables.sequence(thread) + 1;
        let message = Arc::new(Message {
            id,
            thread,
            interaction,
            segment,
            sequence,
            position: self.next_position(),
            author,
            parent,
            visibility,
            content,
            at,
            provider_time,
            provider_id,
        });
        self.put(|t| &mut t.place_of, id, Some((thread, sequence)));
        self.put(|t| &mut t.messages, (thread, sequence), Some(Arc::clone(&message)));
        Ok(self.journal(JournalEntry::Message(message))?)
    }

    fn observe(&mut self, observation: Observation) -> Result<(), CommitError> {
        must_exist(self.tables.place_of.contains_key(&observation.message), "the message of an observation")?;
        if self.tables.observations.contains_key(&observation) {
            return Ok(());
        }
        self.put(|t| &mut t.observations, observation.clone(), Some(()));
        Ok(self.journal(JournalEntry::Observation(observation))?)
    }

    fn acknowledge(&mut self, new: Acknowledged) -> Result<(), CommitError> {
        must_exist(self.tables.threads.contains_key(&new.thread), "the thread of an acknowledgement")?;
        let known = self.tables.acknowledged(new.thread);
        let joined = Acknowledged {
            thread: new.thread,
            delivered: known.delivered.max(new.delivered),
            read: known.read.max(new.read),
        };
        if joined == known {
            return Ok(());
        }
        self.put(|t| &mut t.acknowledged, joined.thread, Some(joined));
        Ok(self.journal(JournalEntry::Acknowledged(joined))?)
    }

    fn write_outbox(&mut self, write: OutboxWrite) -> Result<(), CommitError> {
        let OutboxWrite { entry, expected_version } = write;
        let id = entry.id;
        let known = self.tables.outbox.get(&id);
        let version = next_version(known.map(|known| known.version), expected_version)
            .ok_or_else(|| Conflict::Outbox { id, present: known.cloned().map(Box::new) })?;
        must_exist(self.tables.place_of.contains_key(&entry.message), "the message of an outbox entry")?;
        must_exist(self.tables.threads.contains_key(&entry.thread), "the thread of an outbox entry")?;
        let lease = entry.lease.clone().filter(|_| entry.state == OutboxState::Sending);
        self.put(|t| &mut t.outbox, id, Some(OutboxEntry { lease, version, ..entry }));
        Ok(())
    }

    fn write_timer(&mut self, write: TimerWrite) -> Result<(), CommitError> {
        let TimerWrite { key, at } = write;
        if at.is_some() {
            must_exist(
                self.tables.interactions.contains_key(&key.interaction),
                "the interaction of a timer",
            )?;
        }
        self.put(|t| &mut t.timers, key, at);
        Ok(())
    }

    fn write_agent(&mut self, write: AgentWrite) -> Result<(), CommitError> {
        let AgentWrite { state, expected_version } = write;
        let name = state.name.clone();
        let known = self.tables.agents.get(&name);
        if known.map_or(0, |known| known.version) != expected_version {
            return Err(Conflict::Agent(name).into());
        }
        let load = known.map(|known| known.load.clone()).unwrap_or_default();
        // A load change that was committed meanwhile tells a later time; it is not taken back.
        let idle_since = known.map_or(state.idle_since, |known| known.idle_since.max(state.idle_since));
        let state = AgentState { version: expected_version + 1, load, idle_since, ..state };
        self.put(|t| &mut t.agents, name.clone(), Some(state));
        Ok(self.journal_agent(&name)?)
    }

    fn change_load(&mut self, change: &LoadChange) -> Result<(), CommitError> {
        let LoadChange { agent, class, delta, limit } = change;
        let at = self.at()?;
        let mut state =
            self.tables.agents.get(agent).cloned().unwrap_or_else(|| AgentState::unknown(agent.clone()));
        let used = u32::try_from(i64::from(state.used(*class)).saturating_add(*delta))
            .ok()
            .filter(|used| *delta <= 0 || used <= limit)
            .ok_or_else(|| Conflict::Capacity { agent: agent.clone(), class: *class })?;
        state.load.insert(*class, Load { used, limit: used.max(*limit) });
        state.idle_since = at;
        self.put(|t| &mut t.agents, agent.clone(), Some(state));
        Ok(self.journal_agent(agent)?)
    }

    fn read_on(&mut self, marker: ReadMarker) -> Result<(), CommitError> {
        must_exist(self.tables.threads.contains_key(&marker.thread), "the thread of a read marker")?;
        if self.tables.read_marker(&marker.agent, marker.thread) >= marker.upto {
            return Ok(());
        }
        self.put(|t| &mut t.read_markers, (marker.agent.clone(), marker.thread), Some(marker.upto));
        Ok(self.journal(JournalEntry::Read(marker))?)
    }

    fn assign(&mut self, assignment: Assignment) -> Result<(), CommitError> {
        must_exist(self.tables.contacts.contains_key(&assignment.contact), "the contact of an assignment")?;
        let Assignment { agent, contact, assigned } = &assignment;
        let mut changed = false;
        if *assigned {
            let key = (agent.clone(), *contact);
            changed = !self.tables.assigned.contains_key(&key);
            self.put(|t| &mut t.assigned, key, Some(()));
        } else {
            // Whoever is shown as this contact would put it back into the list.
            for member in self.tables.family(*contact) {
                let key = (agent.clone(), member);
                changed |= self.tables.assigned.contains_key(&key);
                self.put(|t| &mut t.assigned, key, None);
            }
        }
        if changed {
            self.journal(JournalEntry::Assignment(assignment))?;
        }
        Ok(())
    }

    fn alert(&mut self, alert: Alert) -> Result<(), CommitError> {
        must_exist(self.tables.contacts.contains_key(&alert.contact), "the contact of an alert")?;
        must_exist(self.tables.threads.contains_key(&alert.thread), "the thread of an alert")?;
        must_exist(self.tables.place_of.contains_key(&alert.message), "the message of an alert")?;
        if self.tables.alerts.contains_key(&alert.id) {
            return Err(invalid("an alert with that id exists").into());
        }
        self.put(|t| &mut t.last_alert, (alert.agent.clone(), alert.thread), Some(alert.id));
        self.put(|t| &mut t.alerts, alert.id, Some(alert.clone()));
        Ok(self.journal(JournalEntry::Alert(alert))?)
    }

    fn write_document(&mut self, write: DocumentWrite) -> Result<(), CommitError> {
        let DocumentWrite { key, expected_version, body } = write;
        let version = self.tables.documents.get(&key).map_or(0, |known| known.version);
        if expected_version.is_some_and(|expected| expected != version) {
            return Err(Conflict::Document(key).into());
        }
        if body.is_none() {
            self.put(|t| &mut t.document_owners, key.clone(), None);
        }
        let document = body.map(|body| Document { key: key.clone(), version: version + 1, body });
        self.put(|t| &mut t.documents, key, document);
        Ok(())
    }

    fn own_document(&mut self, owner: DocumentOwner) -> Result<(), CommitError> {
        must_exist(self.tables.contacts.contains_key(&owner.contact), "the contact of a document")?;
        if let Some(message) = &owner.message {
            must_exist(self.tables.place_of.contains_key(message), "the message of a document")?;
        }
        if self.tables.documents.contains_key(&owner.key) {
            self.put(|t| &mut t.document_owners, owner.key.clone(), Some(owner));
        }
        Ok(())
    }

    fn enter_audit(&mut self, entry: AuditEntry) -> Result<(), CommitError> {
        let record = self.tables.next_audit(self.at()?, entry);
        self.put(|t| &mut t.audit, record.n, Some(record));
        Ok(())
    }

    fn enter_consent(&mut self, entry: ConsentEntry) -> Result<(), CommitError> {
        let point = entry.point;
        must_exist(self.tables.points.contains_key(&point), "the contact point of a consent")?;
        let last = self.tables.consent.range((point, 0)..=(point, u64::MAX)).next_back();
        let place = last.map_or(1, |((_, place), _)| place + 1);
        self.put(|t| &mut t.consent, (point, place), Some(entry));
        Ok(())
    }

    fn bury(&mut self, letter: DeadLetter) {
        let place = self.tables.dead_letters.last_key_value().map_or(1, |(place, _)| place + 1);
        self.put(|t| &mut t.dead_letters, place, Some(letter));
    }
}

fn each<T>(
    parts: impl IntoIterator<Item = T>,
    apply: impl FnMut(T) -> Result<(), CommitError>,
) -> Result<(), CommitError> {
    parts.into_iter().try_for_each(apply)
}

/// The version after a write, or `None` when the row has another version than expected.
fn next_version(known: Option<u64>, expected: u64) -> Option<u64> {
    (known.unwrap_or(0) == expected).then_some(expected + 1)
}

fn must_exist(exists: bool, what: &str) -> Result<(), StoreError> {
    if exists { Ok(()) } else { Err(invalid(&format!("{what} does not exist"))) }
}

fn invalid(detail: &str) -> StoreError {
    StoreError::Invalid { detail: detail.to_owned() }
}
