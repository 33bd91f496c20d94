//! The list of contacts: those with the newest entry first, what is unread of them, and whose they are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use parlor_model::{AgentName, Contact, ContactId, ContactPoint, Message};
use parlor_store::{ContactListItem, ContactQuery, ContactScope};
use parlor_transcript::{SearchQuery, contact_search_text};
use uuid::Uuid;

use super::contact::{contact_sql, keys, point_sql, points_of, read_contact, read_point};
use super::message::{message_sql, read_message};
use super::{Given, all, one};
use crate::row::{Read, count, get, id, key, number};
use crate::session::Asks;

/// The fewest contacts that are looked at together.
const BATCH: usize = 64;

/// How many messages of the contact an agent has not read.
pub(crate) async fn unread(c: &impl Asks, agent: &AgentName, contact: ContactId) -> Read<u64> {
    let points = points_of(c, contact).await?;
    unread_of(c, agent, &keys(&points)).await
}

/// What the contact point that a thread is with wrote beyond a marker is the difference of two running counts, so that
/// nobody has to count; what points wrote in other threads of theirs is counted, by the index `messages_by_point`.
async fn unread_of(c: &impl Asks, agent: &AgentName, points: &[Uuid]) -> Read<u64> {
    let sql = "SELECT (
        SELECT coalesce(sum(t.contact_messages - coalesce((
            SELECT m.contact_messages FROM messages m WHERE m.thread = t.key AND m.sequence <= coalesce(r.upto, 0)
            ORDER BY m.sequence DESC LIMIT 1), 0)), 0)
        FROM threads t LEFT JOIN read_markers r ON r.agent = $1 AND r.thread = t.key WHERE t.point = ANY($2)
      )::bigint + (
        SELECT count(*) FROM messages m JOIN threads t ON t.key = m.thread
            LEFT JOIN read_markers r ON r.agent = $1 AND r.thread = t.key
        WHERE m.author_point = ANY($2) AND m.visibility <> 2 AND m.sequence > coalesce(r.upto, 0)
            AND (t.point IS NULL OR t.point = ANY($2)))";
    let unread = one(c, sql, &[&agent.as_str(), &points], |row| count(row, 0)).await?;
    Ok(unread.unwrap_or(0))
}

/// The contacts in an agent's list, as they are shown.
pub(crate) async fn assigned(c: &impl Asks, agent: &AgentName) -> Read<BTreeSet<ContactId>> {
    let sql =
        "SELECT DISTINCT c.root FROM assignments a JOIN contacts c ON c.id = a.contact WHERE a.agent = $1";
    Ok(all(c, sql, &[&agent.as_str()], |row| id(row, 0)).await?.into_iter().collect())
}

pub(crate) async fn contacts(c: &impl Asks, query: &ContactQuery) -> Read<Vec<ContactListItem>> {
    let page = Page {
        c,
        query,
        search: query.search.as_deref().map(SearchQuery::clamped),
        assigned: assigned(c, &query.agent).await?,
        chosen: Vec::new(),
    };
    match query.scope {
        ContactScope::Assigned => page.of_assigned().await,
        ContactScope::All | ContactScope::Unassigned => page.of_all().await,
    }
}

/// A page of the list that is being filled.
struct Page<'a, C> {
    c: &'a C,
    query: &'a ContactQuery,
    search: Option<SearchQuery>,
    assigned: BTreeSet<ContactId>,
    chosen: Vec<Candidate>,
}

/// A contact that may stand in the list, with the points of all that are shown as it.
struct Candidate {
    contact: Contact,
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

impl<C: Asks> Page<'_, C> {
    fn is_full(&self) -> bool {
        self.chosen.len() >= self.query.limit
    }

    /// Those in the agent's list are few: all of them are looked at.
    async fn of_assigned(mut self) -> Read<Vec<ContactListItem>> {
        let roots: Vec<_> = self.assigned.iter().copied().map(key).collect();
        let mut candidates = self.candidates(&roots).await?;
        candidates.sort_by_key(|candidate| (Reverse(candidate.newest.activity), candidate.contact.id));
        for candidate in candidates {
            if self.query.before.is_none_or(|before| candidate.newest.activity < number(before)) {
                self.consider(candidate);
            }
        }
        self.items().await
    }

    /// Walks back from the newest entry, each contact once, as far as the page needs.
    async fn of_all(mut self) -> Read<Vec<ContactListItem>> {
        let before = self.query.before.map_or(i64::MAX, number);
        let size = self.query.limit.clamp(BATCH, BATCH * 8);
        let mut seen = BTreeSet::new();
        let mut from = before;
        while !self.is_full() {
            let sql = "SELECT e.activity, c.root FROM (
                           (SELECT t.activity, t.point FROM threads t
                            WHERE t.point IS NOT NULL AND t.activity > 0 AND t.activity < $1
                            ORDER BY t.activity DESC LIMIT $2)
                           UNION ALL
                           (SELECT a.activity, a.point FROM post_authors a WHERE a.activity < $1
                            ORDER BY a.activity DESC LIMIT $2)
                           ORDER BY activity DESC LIMIT $2) e
                       JOIN contact_points p ON p.id = e.point JOIN contacts c ON c.id = p.contact
                       ORDER BY e.activity DESC";
            let read = |row: &tokio_postgres::Row| Ok((get::<i64>(row, 0)?, get::<Uuid>(row, 1)?));
            let batch = all(self.c, sql, &[&from, &number(size)], read).await?;
            let Some((last, _)) = batch.last() else { break };
            from = *last;
            let is_last = batch.len() < size;
            let fresh: Vec<_> = batch.into_iter().filter(|(_, root)| seen.insert(*root)).collect();
            let roots: Vec<_> = fresh.iter().map(|(_, root)| *root).collect();
            let mut candidates: BTreeMap<_, _> = self
                .candidates(&roots)
                .await?
                .into_iter()
                .map(|candidate| (key(candidate.contact.id), candidate))
                .collect();
            for (activity, root) in fresh {
                // Otherwise its place is on an earlier page.
                let here = candidates.remove(&root).filter(|found| found.newest.activity == activity);
                if let Some(candidate) = here {
                    self.consider(candidate);
                }
            }
            if is_last {
                break;
            }
        }
        if before > 0 {
            self.add_those_without_entries(size).await?;
        }
        self.items().await
    }

    async fn add_those_without_entries(&mut self, size: usize) -> Read<()> {
        let mut after = Uuid::nil();
        while !self.is_full() {
            let sql = "SELECT id FROM contacts WHERE NOT has_entries AND root = id AND id > $1 ORDER BY id LIMIT $2";
            let roots: Vec<Uuid> = all(self.c, sql, &[&after, &number(size)], |row| get(row, 0)).await?;
            let Some(last) = roots.last() else { break };
            after = *last;
            let mut candidates = self.candidates(&roots).await?;
            candidates.sort_by_key(|candidate| candidate.contact.id);
            for candidate in candidates {
                // A contact that is shown as it may have entries.
                if candidate.newest.activity == 0 {
                    self.consider(candidate);
                }
            }
            if roots.len() < size {
                break;
            }
        }
        Ok(())
    }

    /// What is known of contacts that are shown as themselves; in any order.
    async fn candidates(&self, roots: &[Uuid]) -> Read<Vec<Candidate>> {
        let newest = "SELECT c.root, coalesce(max(e.activity), 0), coalesce(max(e.last_text), 0)
                      FROM contacts c JOIN contact_points p ON p.contact = c.id
                      JOIN LATERAL (SELECT t.activity, t.last_text FROM threads t WHERE t.point = p.id
                                    UNION ALL
                                    SELECT a.activity, a.last_text FROM post_authors a WHERE a.point = p.id) e ON true
                      WHERE c.root = ANY($1) GROUP BY c.root";
        let points = point_sql!("JOIN contacts c ON c.id = p.contact WHERE c.root = ANY($1)");
        let members = "SELECT c.id, c.root FROM contacts c WHERE c.root = ANY($1)";
        let given: Given<'_> = &[&roots];
        let found = tokio::try_join!(
            all(self.c, contact_sql!("WHERE c.id = ANY($1) AND NOT c.erased"), given, read_contact),
            all(self.c, points, given, read_point),
            all(self.c, members, given, |row| Ok((id::<ContactId>(row, 0)?, id::<ContactId>(row, 1)?))),
            all(self.c, newest, given, |row| {
                let newest = Newest { activity: get(row, 1)?, text: get(row, 2)? };
                Ok((id::<ContactId>(row, 0)?, newest))
            }),
        )?;
        let (contacts, points, members, newest) = found;
        let members: BTreeMap<_, _> = members.into_iter().collect();
        let newest: BTreeMap<_, _> = newest.into_iter().collect();
        let mut points_of: BTreeMap<ContactId, Vec<ContactPoint>> = BTreeMap::new();
        for point in points {
            let root = members.get(&point.contact).copied().unwrap_or(point.contact);
            points_of.entry(root).or_default().push(point);
        }
        let candidate = |contact: Contact| {
            let points = points_of.remove(&contact.id).unwrap_or_default();
            let newest = newest.get(&contact.id).copied().unwrap_or_default();
            Candidate { contact, points, newest }
        };
        Ok(contacts.into_iter().map(candidate).collect())
    }

    /// Adds a contact unless the page is full or the agent did not ask for it.
    fn consider(&mut self, candidate: Candidate) {
        let assigned = self.assigned.contains(&candidate.contact.id);
        let in_scope = match self.query.scope {
            ContactScope::All => true,
            ContactScope::Assigned => assigned,
            ContactScope::Unassigned => !assigned,
        };
        let is_found = |search: &SearchQuery| {
            search.matches(&contact_search_text(&candidate.contact, &candidate.points))
        };
        if in_scope && !self.is_full() && self.search.as_ref().is_none_or(is_found) {
            self.chosen.push(candidate);
        }
    }

    /// What else the list shows, asked for all of them together.
    async fn items(self) -> Read<Vec<ContactListItem>> {
        let Self { c, query, assigned, chosen, .. } = self;
        let agent = &query.agent;
        try_join_all(chosen.into_iter().map(async |candidate| {
            let Candidate { contact, points, newest } = candidate;
            let points = keys(&points);
            let (unread, last) = tokio::try_join!(unread_of(c, agent, &points), text_at(c, newest.text))?;
            Ok(ContactListItem {
                assigned: assigned.contains(&contact.id),
                contact,
                last,
                activity: u64::try_from(newest.activity).unwrap_or(0),
                unread,
            })
        }))
        .await
    }
}

async fn text_at(c: &impl Asks, position: i64) -> Read<Option<Message>> {
    if position == 0 {
        return Ok(None);
    }
    one(c, message_sql!("WHERE m.position = $1"), &[&position], read_message).await
}
