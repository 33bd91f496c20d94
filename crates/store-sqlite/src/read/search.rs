//! Finds messages by their words.

use std::collections::{BTreeSet, VecDeque};

use parlor_model::{Message, ThreadId, Visibility};
use parlor_store::{MessageSearch, SearchPage};
use parlor_transcript::{SearchQuery, message_search_text};
use rusqlite::{Connection, Result};

use super::message::{message_sql, read_message};
use super::{all, contact, one, thread};
use crate::grams;
use crate::row::number;

/// How many messages, or places in the index, are read at a time at the most.
const BATCH: usize = 256;

/// The same when the index has to join many pieces each time.
const VAGUE_BATCH: usize = 4_096;

/// How many of the newest messages are read when the words are so short that the index must join many pieces: nearly
/// always they are found there.
const NEWEST: i64 = 4_096;

/// The most threads that the index is asked for by name; what is found in more of them is sorted out afterwards.
const THREADS: usize = 64;

pub(crate) fn search(connection: &Connection, query: &MessageSearch) -> Result<SearchPage> {
    let threads = match query.contact {
        Some(contact) => {
            let points = contact::points_of(connection, contact)?;
            Some(thread::of_points(connection, &points)?)
        }
        None => None,
    };
    let wanted = Wanted {
        threads: threads.map(|rows| rows.into_iter().map(|row| (row.key, row.thread.id)).collect()),
        visibility: &query.visibility,
        search: SearchQuery::clamped(&query.words),
    };
    let before = query.before.map_or(i64::MAX, number);
    let mut found = Hits::new(connection, &wanted, Direction::Older, before)?;
    found.expect(query.limit.saturating_add(1));
    let mut messages = Vec::new();
    while messages.len() <= query.limit
        && let Some(message) = found.next()?
    {
        messages.push(message);
    }
    let more = messages.len() > query.limit;
    messages.truncate(query.limit);
    Ok(SearchPage { messages, more })
}

/// In which order messages are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Older,
    Newer,
}

/// Which messages are found.
pub(super) struct Wanted<'a> {
    /// Only those of these threads: their rows and ids.
    pub(super) threads: Option<Vec<(i64, ThreadId)>>,
    pub(super) visibility: &'a [Visibility],
    pub(super) search: SearchQuery,
}

impl Wanted<'_> {
    fn pattern(&self) -> Option<grams::Pattern> {
        let rows = self.threads.as_ref().filter(|threads| threads.len() <= THREADS);
        let rows: Option<Vec<_>> = rows.map(|threads| threads.iter().map(|(row, _)| *row).collect());
        grams::of_search(&self.search, rows.as_deref())
    }
}

/// Messages in order of position from a place on: from the index as far as it reaches, beyond it from the table.
pub(super) struct Hits<'a> {
    connection: &'a Connection,
    wanted: &'a Wanted<'a>,
    threads: Option<BTreeSet<ThreadId>>,
    direction: Direction,
    /// `None` when the index is of no use.
    expression: Option<String>,
    /// Messages up to this position are found by the index, those beyond it are read one by one.
    indexed: i64,
    /// The place after which the search goes on, in its direction.
    from: i64,
    /// How many are read next.
    size: usize,
    is_vague: bool,
    batch: VecDeque<Message>,
    ended: bool,
}

impl<'a> Hits<'a> {
    /// Finds what stands before the position `from`, or after it. `wanted` must not be of no thread at all.
    pub(super) fn new(
        connection: &'a Connection,
        wanted: &'a Wanted<'a>,
        direction: Direction,
        from: i64,
    ) -> Result<Self> {
        let pattern = wanted.pattern();
        let is_vague = pattern.as_ref().is_some_and(|pattern| pattern.is_vague);
        let marker = "SELECT position FROM search_index";
        let mut indexed: i64 = one(connection, marker, [], |row| row.get(0))?.unwrap_or(0);
        if is_vague && direction == Direction::Older {
            let newest = "SELECT min(?1, (SELECT position FROM workspace)) - ?2";
            let newest: i64 = one(connection, newest, [from, NEWEST], |row| row.get(0))?.unwrap_or(0);
            indexed = indexed.min(newest.max(0));
        }
        // Positions begin with 1.
        let from = from.max(0);
        let nothing = wanted.threads.as_ref().is_some_and(Vec::is_empty)
            || (direction == Direction::Older && from <= 1);
        Ok(Self {
            connection,
            wanted,
            threads: wanted.threads.as_ref().map(|threads| threads.iter().map(|(_, id)| *id).collect()),
            direction,
            indexed: if pattern.is_some() { indexed } else { 0 },
            expression: pattern.map(|pattern| pattern.expression),
            from,
            size: BATCH,
            is_vague,
            batch: VecDeque::new(),
            ended: nothing,
        })
    }

    /// How many messages are likely to be asked for: not many more are read at first.
    pub(super) fn expect(&mut self, number: usize) {
        self.size = number.clamp(1, BATCH);
    }

    /// How many to read now; twice as many the next time.
    fn next_size(&mut self) -> usize {
        let size = self.size;
        self.size = (size * 2).min(BATCH);
        size
    }

    /// The next message that is wanted.
    pub(super) fn next(&mut self) -> Result<Option<Message>> {
        loop {
            while let Some(message) = self.batch.pop_front() {
                if self.is_wanted(&message) {
                    return Ok(Some(message));
                }
            }
            if self.ended {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    fn is_wanted(&self, message: &Message) -> bool {
        let Wanted { visibility, search, .. } = self.wanted;
        let within = self.threads.as_ref().is_none_or(|threads| threads.contains(&message.thread));
        let visible = visibility.is_empty() || visibility.contains(&message.visibility);
        within && visible && search.matches(&message_search_text(message).unwrap_or_default())
    }

    fn fill(&mut self) -> Result<()> {
        match self.direction {
            Direction::Older if self.from > self.indexed + 1 => self.read_older(),
            Direction::Newer if self.from >= self.indexed => self.read_newer(),
            Direction::Older | Direction::Newer => self.look_up(),
        }
    }

    /// Reads what is not in the index yet.
    fn read_older(&mut self) -> Result<()> {
        let sql = message_sql!("WHERE m.position < ?1 AND m.position > ?2 ORDER BY m.position DESC LIMIT ?3");
        let size = self.next_size();
        let batch = all(self.connection, sql, [self.from, self.indexed, number(size)], read_message)?;
        self.from = match batch.last() {
            Some(last) if batch.len() == size => number(last.position),
            _ => self.indexed + 1,
        };
        self.ended = self.from <= 1;
        self.batch = batch.into();
        Ok(())
    }

    fn read_newer(&mut self) -> Result<()> {
        let sql = message_sql!("WHERE m.position > ?1 ORDER BY m.position LIMIT ?2");
        let size = self.next_size();
        let batch = all(self.connection, sql, [self.from, number(size)], read_message)?;
        if let Some(last) = batch.last() {
            self.from = number(last.position);
        }
        self.ended = batch.len() < size;
        self.batch = batch.into();
        Ok(())
    }

    /// Asks the index for the next places, and reads what stands there.
    fn look_up(&mut self) -> Result<()> {
        let size = if self.is_vague { VAGUE_BATCH } else { self.next_size() };
        let expression = self.expression.as_deref();
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        let places: Vec<i64> = match self.direction {
            Direction::Older => {
                let sql = "SELECT rowid FROM message_search WHERE message_search MATCH ?1 AND rowid < ?2
                           ORDER BY rowid DESC LIMIT ?3";
                all(self.connection, sql, (expression, self.from, number(size)), read)?
            }
            Direction::Newer => {
                let sql = "SELECT rowid FROM message_search WHERE message_search MATCH ?1
                           AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid LIMIT ?4";
                all(self.connection, sql, (expression, self.from, self.indexed, number(size)), read)?
            }
        };
        match (places.last(), self.direction) {
            (Some(last), _) if places.len() == size => self.from = *last,
            (_, Direction::Older) => self.ended = true,
            // What is not in the index comes after it.
            (_, Direction::Newer) => self.from = self.indexed,
        }
        let mut statement = self.connection.prepare_cached(message_sql!("WHERE m.position = ?1"))?;
        for place in places {
            let mut rows = statement.query([place])?;
            if let Some(row) = rows.next()? {
                self.batch.push_back(read_message(row)?);
            }
        }
        Ok(())
    }
}
