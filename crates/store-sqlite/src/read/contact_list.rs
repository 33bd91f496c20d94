//! The list of contacts: those with the newest entry first, what is unread of them, and whose they are.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use parlor_model::{AgentName, Contact, ContactId, ContactPoint, Message};
use parlor_store::{ContactListItem, ContactQuery, ContactScope};
use parlor_transcript::{SearchQuery, contact_search_text};
use rusqlite::{Connection, Result};

use super::message::{message_sql, read_message};
use super::thread::{ThreadRow, marker_of, of_points};
use super::{all, contact, one};
use crate::row::{id, key, number};

/// How many messages of the contact an agent has not read.
pub(crate) fn unread(connection: &Connection, agent: &AgentName, contact: ContactId) -> Result<u64> {
    let points = contact::points_of(connection, contact)?;
    unread_of(connection, agent, &points)
}

fn unread_of(connection: &Connection, agent: &AgentName, points: &[ContactPoint]) -> Result<u64> {
    let mut unread = 0;
    for ThreadRow { key: thread, .. } in of_points(connection, points)? {
        let marker = marker_of(connection, agent, thread)?;
        unread += unread_of_subject(connection, thread, marker)?;
        for point in points {
            // As the index `messages_by_point` has it: everything that is not internal.
            let sql = "SELECT count(*) FROM messages
                       WHERE author_point = ?1 AND visibility <> 2 AND thread = ?2 AND sequence > ?3";
            let read = |row: &rusqlite::Row<'_>| row.get::<_, u64>(0);
            unread += one(connection, sql, (key(point.id), thread, marker), read)?.unwrap_or(0);
        }
    }
    Ok(unread)
}

/// What the contact point that a thread is with wrote beyond a marker: the difference of two running counts, so that
/// nobody has to count. Nothing is counted for threads below a post.
fn unread_of_subject(connection: &Connection, thread: i64, marker: i64) -> Result<u64> {
    let sql = "SELECT t.contact_messages - coalesce(
                   (SELECT m.contact_messages FROM messages m
                    WHERE m.thread = t.key AND m.sequence <= ?2 ORDER BY m.sequence DESC LIMIT 1), 0)
               FROM threads t WHERE t.key = ?1";
    Ok(one(connection, sql, [thread, marker], |row| row.get(0))?.unwrap_or(0))
}

/// The contacts in an agent's list, as they are shown.
pub(crate) fn assigned(connection: &Connection, agent: &AgentName) -> Result<BTreeSet<ContactId>> {
    let sql = "SELECT contact FROM assignments WHERE agent = ?1";
    all(connection, sql, [agent.as_str()], |row| id(row, 0))?
        .into_iter()
        .map(|member| contact::resolve(connection, member))
        .collect()
}

pub(crate) fn contacts(connection: &Connection, query: &ContactQuery) -> Result<Vec<ContactListItem>> {
    let page = Page {
        connection,
        query,
        search: query.search.as_deref().map(SearchQuery::clamped),
        assigned: assigned(connection, &query.agent)?,
        items: Vec::new(),
    };
    match query.scope {
        ContactScope::Assigned => page.of_assigned(),
        ContactScope::All | ContactScope::Unassigned => page.of_all(),
    }
}

/// A page of the list that is being filled.
struct Page<'a> {
    connection: &'a Connection,
    query: &'a ContactQuery,
    search: Option<SearchQuery>,
    assigned: BTreeSet<ContactId>,
    items: Vec<ContactListItem>,
}

/// A contact that may stand in the list.
struct Candidate {
    contact: ContactId,
    points: Vec<ContactPoint>,
    newest: Newest,
}

/// The newest entries about a contact: of all of its direct threads, but below a post only its own.
#[derive(Clone, Copy, Default)]
struct Newest {
    /// Position of the newest of any kind; 0 when there is none.
    activity: i64,
    /// Position of the newest text; 0 when there is none.
    text: i64,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.items.len() >= self.query.limit
    }

    /// Those in the agent's list are few: all of them are looked at.
    fn of_assigned(mut self) -> Result<Vec<ContactListItem>> {
        let mut candidates = Vec::new();
        for contact in self.assigned.clone() {
            let Some(candidate) = self.candidate(contact)? else { continue };
            let activity = candidate.newest.activity;
            if self.query.before.is_none_or(|before| activity < number(before)) {
                candidates.push(candidate);
            }
        }
        candidates.sort_by_key(|candidate| (Reverse(candidate.newest.activity), candidate.contact));
        for candidate in candidates {
            if self.is_full() {
                break;
            }
            self.consider(candidate)?;
        }
        Ok(self.items)
    }

    /// Walks back from the newest entry, each contact once, as far as the page needs.
    fn of_all(mut self) -> Result<Vec<ContactListItem>> {
        let sql =
            "SELECT activity, point FROM threads WHERE point IS NOT NULL AND activity > 0 AND activity < ?1
                   UNION ALL SELECT activity, point FROM post_authors WHERE activity < ?1
                   ORDER BY activity DESC";
        let contact_of = "SELECT contact FROM contact_points WHERE id = ?1";
        let before = self.query.before.map_or(i64::MAX, number);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([before])?;
        let mut seen = BTreeSet::new();
        while !self.is_full()
            && let Some(row) = rows.next()?
        {
            let (activity, point): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
            let owner = self.connection.prepare_cached(contact_of)?.query_row([point], |row| id(row, 0))?;
            let shown = contact::resolve(self.connection, owner)?;
            if !seen.insert(shown) {
                continue;
            }
            let Some(candidate) = self.candidate(shown)? else { continue };
            // Otherwise its place is on an earlier page.
            if candidate.newest.activity == activity {
                self.consider(candidate)?;
            }
        }
        if before > 0 {
            self.add_those_without_entries()?;
        }
        Ok(self.items)
    }

    fn add_those_without_entries(&mut self) -> Result<()> {
        let sql = "SELECT id FROM contacts c WHERE has_entries = 0
                   AND NOT EXISTS (SELECT 1 FROM contact_aliases a WHERE a.contact = c.id) ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while !self.is_full()
            && let Some(row) = rows.next()?
        {
            let Some(candidate) = self.candidate(id(row, 0)?)? else { continue };
            // A contact that is shown as it may have entries.
            if candidate.newest.activity == 0 {
                self.consider(candidate)?;
            }
        }
        Ok(())
    }

    /// A contact as it may stand in the list; `None` for one that was erased.
    fn candidate(&self, contact: ContactId) -> Result<Option<Candidate>> {
        let erased = "SELECT 1 FROM contacts WHERE id = ?1 AND erased = 1";
        if one(self.connection, erased, [key(contact)], |_| Ok(()))?.is_some() {
            return Ok(None);
        }
        let points = contact::points_of(self.connection, contact)?;
        let mut newest = Newest::default();
        for point in &points {
            let sql = "SELECT coalesce(max(activity), 0), coalesce(max(last_text), 0)
                       FROM (SELECT activity, last_text FROM threads WHERE point = ?1
                             UNION ALL SELECT activity, last_text FROM post_authors WHERE point = ?1)";
            let found = one(self.connection, sql, [key(point.id)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (activity, text) = found.unwrap_or((0, 0));
            newest = Newest { activity: newest.activity.max(activity), text: newest.text.max(text) };
        }
        Ok(Some(Candidate { contact, points, newest }))
    }

    /// Adds a contact unless the agent did not ask for it.
    fn consider(&mut self, candidate: Candidate) -> Result<()> {
        let Candidate { contact: contact_id, points, newest } = candidate;
        let assigned = self.assigned.contains(&contact_id);
        let in_scope = match self.query.scope {
            ContactScope::All => true,
            ContactScope::Assigned => assigned,
            ContactScope::Unassigned => !assigned,
        };
        if !in_scope {
            return Ok(());
        }
        let Some(contact) = contact::contact(self.connection, contact_id)? else { return Ok(()) };
        if self.is_searched_for(&contact, &points) {
            self.items.push(ContactListItem {
                contact,
                last: self.text_at(newest.text)?,
                activity: u64::try_from(newest.activity).unwrap_or(0),
                unread: unread_of(self.connection, &self.query.agent, &points)?,
                assigned,
            });
        }
        Ok(())
    }

    fn is_searched_for(&self, contact: &Contact, points: &[ContactPoint]) -> bool {
        self.search.as_ref().is_none_or(|search| search.matches(&contact_search_text(contact, points)))
    }

    fn text_at(&self, position: i64) -> Result<Option<Message>> {
        one(self.connection, message_sql!("WHERE m.position = ?1"), [position], read_message)
    }
}
