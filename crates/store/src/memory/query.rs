//! Answers that need more than one row.

use std::cmp::Reverse;

use parlor_model::{AgentName, Author, Contact, ContactId, Message, Subject, Thread};
use parlor_transcript::{SearchQuery, contact_search_text, counts_as_unread, message_search_text};

use super::tables::Tables;
use crate::{
    ContactListItem, ContactQuery, ContactScope, ConversationPage, ConversationQuery, MessageSearch,
    PageStart, SearchPage,
};

impl Tables {
    pub(super) fn conversation(&self, query: &ConversationQuery) -> ConversationPage {
        let search = query.search.as_deref().map(SearchQuery::clamped);
        let mut found: Vec<_> = self
            .threads(query.contact)
            .into_iter()
            .flat_map(|thread| self.messages_of(thread.id, 0))
            .filter(|message| query.visibility.is_empty() || query.visibility.contains(&message.visibility))
            .filter(|message| search.as_ref().is_none_or(|search| is_found(message, search)))
            .collect();
        found.sort_by_key(|message| message.position);
        let (from, to) = match query.start {
            PageStart::Newest => (found.len().saturating_sub(query.limit), found.len()),
            PageStart::Before(position) => {
                let to = found.partition_point(|message| message.position < position);
                (to.saturating_sub(query.limit), to)
            }
            PageStart::After(position) => {
                let from = found.partition_point(|message| message.position <= position);
                (from, from.saturating_add(query.limit).min(found.len()))
            }
        };
        ConversationPage {
            messages: found[from..to].iter().map(|message| (*message).clone()).collect(),
            more_before: from > 0,
            more_after: to < found.len(),
        }
    }

    pub(super) fn search(&self, query: &MessageSearch) -> SearchPage {
        let search = SearchQuery::clamped(&query.words);
        let within: Option<Vec<_>> =
            query.contact.map(|contact| self.threads(contact).into_iter().map(|thread| thread.id).collect());
        let mut found: Vec<_> = self
            .messages
            .values()
            .filter(|message| within.as_ref().is_none_or(|within| within.contains(&message.thread)))
            .filter(|message| query.visibility.is_empty() || query.visibility.contains(&message.visibility))
            .filter(|message| query.before.is_none_or(|before| message.position < before))
            .filter(|message| is_found(message, &search))
            .collect();
        found.sort_by_key(|message| Reverse(message.position));
        SearchPage {
            messages: found.iter().take(query.limit).map(|message| Message::clone(message)).collect(),
            more: found.len() > query.limit,
        }
    }

    /// Messages of the contact beyond the agent's read markers.
    pub(super) fn unread(&self, agent: &AgentName, contact: ContactId) -> u64 {
        self.threads(contact)
            .into_iter()
            .flat_map(|thread| self.messages_of(thread.id, self.read_marker(agent, thread.id)))
            .filter(|message| counts_as_unread(message) && self.is_by(message, contact))
            .count() as u64
    }

    /// The contacts in an agent's list, as they are shown, none of them twice.
    pub(super) fn assigned(&self, agent: &AgentName) -> Vec<ContactId> {
        let mut contacts: Vec<_> = self
            .assigned
            .keys()
            .filter(|(owner, _)| owner == agent)
            .map(|(_, contact)| self.resolve(*contact))
            .collect();
        contacts.sort_unstable();
        contacts.dedup();
        contacts
    }

    pub(super) fn contacts(&self, query: &ContactQuery) -> Vec<ContactListItem> {
        let search = query.search.as_deref().map(SearchQuery::clamped);
        let assigned = self.assigned(&query.agent);
        let mut found: Vec<_> = self
            .contacts
            .values()
            .filter(|contact| {
                !self.shown_as.contains_key(&contact.id) && !self.erased.contains_key(&contact.id)
            })
            .filter(|contact| match query.scope {
                ContactScope::All => true,
                ContactScope::Assigned => assigned.binary_search(&contact.id).is_ok(),
                ContactScope::Unassigned => assigned.binary_search(&contact.id).is_err(),
            })
            .filter(|contact| {
                search.as_ref().is_none_or(|search| {
                    search.matches(&contact_search_text(contact, self.points(contact.id)))
                })
            })
            .map(|contact| (self.activity(contact.id), contact))
            .filter(|(activity, _)| query.before.is_none_or(|before| *activity < before))
            .collect();
        found.sort_by_key(|(activity, contact)| (Reverse(*activity), contact.id));
        found.truncate(query.limit);
        found
            .into_iter()
            .map(|(activity, contact)| {
                let assigned = assigned.binary_search(&contact.id).is_ok();
                self.list_item(contact, activity, &query.agent, assigned)
            })
            .collect()
    }

    fn list_item(
        &self,
        contact: &Contact,
        activity: u64,
        agent: &AgentName,
        assigned: bool,
    ) -> ContactListItem {
        ContactListItem {
            contact: contact.clone(),
            last: self
                .threads(contact.id)
                .into_iter()
                .filter_map(|thread| {
                    let is_said = |message: &&Message| message.content.is_said();
                    self.entries_about(thread, contact.id).find(is_said)
                })
                .max_by_key(|message| message.position)
                .cloned(),
            activity,
            unread: self.unread(agent, contact.id),
            assigned,
        }
    }

    /// Position of the newest entry about the contact; 0 when there is none.
    fn activity(&self, contact: ContactId) -> u64 {
        self.threads(contact)
            .into_iter()
            .filter_map(|thread| self.entries_about(thread, contact).next())
            .map(|message| message.position)
            .max()
            .unwrap_or(0)
    }

    /// The entries that place a contact in the contact list, newest first: all of its direct threads, but below a post
    /// only its own, so that no entry places two contacts and the position can be the list's cursor.
    fn entries_about<'a>(&'a self, thread: &Thread, contact: ContactId) -> impl Iterator<Item = &'a Message> {
        let direct = matches!(thread.subject, Subject::Direct(_));
        self.messages_of(thread.id, 0).rev().filter(move |message| direct || self.is_by(message, contact))
    }

    /// Whether the contact, or one that is shown as it, wrote the message.
    fn is_by(&self, message: &Message, contact: ContactId) -> bool {
        match &message.author {
            Author::Contact(point) => {
                let mut author = self.points.get(point).map(|point| point.contact);
                while let Some(shown) = author {
                    if shown == contact {
                        return true;
                    }
                    author = self.shown_as.get(&shown).copied();
                }
                false
            }
            Author::Agent(_) | Author::Bot(_) | Author::System => false,
        }
    }
}

fn is_found(message: &Message, search: &SearchQuery) -> bool {
    search.matches(&message_search_text(message).unwrap_or_default())
}
