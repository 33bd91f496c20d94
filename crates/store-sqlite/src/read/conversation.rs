//! Pages of everything that was said with a contact, over all of its threads.

use std::collections::VecDeque;

use parlor_model::{Message, Visibility};
use parlor_store::{ConversationPage, ConversationQuery, PageStart};
use parlor_transcript::{SearchQuery, message_search_text};
use rusqlite::{Connection, Result};

use super::message::{message_sql, read_message};
use super::search::{Direction, Hits, Wanted as Searched};
use super::{all, contact, one, thread};
use crate::row::number;

/// How many messages of a thread are read at a time when not all of them are wanted.
const BATCH: usize = 256;

/// How many messages a conversation has when it is cheaper to ask the index than to read them all.
const LONG: i64 = 512;

pub(crate) fn page(connection: &Connection, query: &ConversationQuery) -> Result<ConversationPage> {
    let points = contact::points_of(connection, query.contact)?;
    let threads = thread::of_points(connection, &points)?;
    let splits: Vec<_> = threads
        .iter()
        .map(|row| Ok(Split { thread: row.key, sequence: split(connection, row.key, query.start)? }))
        .collect::<Result<_>>()?;
    let wanted = Wanted {
        visibility: &query.visibility,
        search: query.search.as_deref().map(SearchQuery::clamped),
        // One more than the page tells whether there is another page.
        number: query.limit.saturating_add(1),
    };
    let searched = searched(connection, &threads, &wanted)?;
    let walk = |direction| match &searched {
        Some(searched) => {
            Hits::new(connection, searched, direction, place(query.start, direction)).map(Finder::Index)
        }
        None => Ok(Finder::Walk(Walk::new(connection, direction, &splits, &wanted))),
    };
    let forward = matches!(query.start, PageStart::After(_));
    let ahead = if forward { Direction::Newer } else { Direction::Older };
    let mut messages = Vec::new();
    let mut found = walk(ahead)?;
    while messages.len() < wanted.number
        && let Some(message) = found.next()?
    {
        messages.push(message);
    }
    let more_ahead = messages.len() > query.limit;
    messages.truncate(query.limit);
    let more_behind = match query.start {
        PageStart::Newest => false,
        PageStart::Before(_) => walk(Direction::Newer)?.next()?.is_some(),
        PageStart::After(_) => walk(Direction::Older)?.next()?.is_some(),
    };
    if forward {
        return Ok(ConversationPage { messages, more_before: more_behind, more_after: more_ahead });
    }
    messages.reverse();
    Ok(ConversationPage { messages, more_before: more_ahead, more_after: more_behind })
}

/// What the index is asked for; `None` when it is not needed.
fn searched<'a>(
    connection: &Connection,
    threads: &[thread::ThreadRow],
    wanted: &Wanted<'a>,
) -> Result<Option<Searched<'a>>> {
    let Some(search) = wanted.search.clone().filter(|search| !search.words().is_empty()) else {
        return Ok(None);
    };
    let mut messages = 0;
    for row in threads {
        let sql = "SELECT sequence FROM threads WHERE key = ?1";
        messages += one(connection, sql, [row.key], |row| row.get::<_, i64>(0))?.unwrap_or(0);
    }
    let threads = Some(threads.iter().map(|row| (row.key, row.thread.id)).collect());
    Ok((messages > LONG).then_some(Searched { threads, visibility: wanted.visibility, search }))
}

/// The position from which a search goes on, excluded.
fn place(start: PageStart, direction: Direction) -> i64 {
    match (start, direction) {
        (PageStart::Newest, Direction::Older) => i64::MAX,
        // Nothing is newer than the newest.
        (PageStart::Newest, Direction::Newer) => i64::MAX - 1,
        (PageStart::Before(position), Direction::Older) | (PageStart::After(position), Direction::Newer) => {
            number(position)
        }
        (PageStart::Before(position), Direction::Newer) => number(position).saturating_sub(1),
        (PageStart::After(position), Direction::Older) => number(position).saturating_add(1),
    }
}

/// Gives the messages of a page one by one.
enum Finder<'a> {
    Walk(Walk<'a>),
    Index(Hits<'a>),
}

impl Finder<'_> {
    fn next(&mut self) -> Result<Option<Message>> {
        match self {
            Self::Walk(walk) => walk.next(),
            Self::Index(hits) => hits.next(),
        }
    }
}

/// Where a page begins in one thread.
struct Split {
    thread: i64,
    /// Up to which sequence its messages stand before the start of the page.
    sequence: i64,
}

/// The sequence up to which the messages of a thread stand before the start of the page.
fn split(connection: &Connection, thread: i64, start: PageStart) -> Result<i64> {
    let last = "SELECT sequence FROM threads WHERE key = ?1";
    let last: i64 = one(connection, last, [thread], |row| row.get(0))?.unwrap_or(0);
    let (position, and_itself) = match start {
        PageStart::Newest => return Ok(last),
        PageStart::Before(position) => (number(position), false),
        PageStart::After(position) => (number(position), true),
    };
    // Nearly always a page begins at a message of the thread.
    let at = "SELECT sequence FROM messages WHERE position = ?1 AND thread = ?2";
    let at: Option<i64> = one(connection, at, [position, thread], |row| row.get(0))?;
    if let Some(sequence) = at {
        return Ok(if and_itself { sequence } else { sequence - 1 });
    }
    // Sequences are gapless and rise with the position, so that halving finds the place.
    let position_of = "SELECT position FROM messages WHERE thread = ?1 AND sequence = ?2";
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let found: i64 =
            connection.prepare_cached(position_of)?.query_row([thread, middle], |row| row.get(0))?;
        if found < position {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

/// What a page is made of.
struct Wanted<'a> {
    visibility: &'a [Visibility],
    search: Option<SearchQuery>,
    number: usize,
}

impl Wanted<'_> {
    fn includes(&self, message: &Message) -> bool {
        let visible = self.visibility.is_empty() || self.visibility.contains(&message.visibility);
        visible && self.search.as_ref().is_none_or(|search| is_found(message, search))
    }

    fn batch(&self) -> usize {
        if self.search.is_some() { BATCH } else { self.number.min(BATCH) }
    }
}

fn is_found(message: &Message, search: &SearchQuery) -> bool {
    search.matches(&message_search_text(message).unwrap_or_default())
}

/// Messages of several threads in order of their position, read a batch at a time.
struct Walk<'a> {
    connection: &'a Connection,
    direction: Direction,
    threads: Vec<Head>,
    wanted: &'a Wanted<'a>,
}

/// Where the walk stands in one thread.
struct Head {
    thread: i64,
    /// The sequence after which the next batch begins, in the direction of the walk.
    after: i64,
    ended: bool,
    batch: VecDeque<Message>,
}

impl<'a> Walk<'a> {
    fn new(
        connection: &'a Connection,
        direction: Direction,
        splits: &[Split],
        wanted: &'a Wanted<'a>,
    ) -> Self {
        let threads = splits
            .iter()
            .map(|split| Head {
                thread: split.thread,
                after: match direction {
                    Direction::Older => split.sequence + 1,
                    Direction::Newer => split.sequence,
                },
                ended: false,
                batch: VecDeque::new(),
            })
            .collect();
        Self { connection, direction, threads, wanted }
    }

    /// The next message that is wanted.
    fn next(&mut self) -> Result<Option<Message>> {
        loop {
            let Some(message) = self.step()? else { return Ok(None) };
            if self.wanted.includes(&message) {
                return Ok(Some(message));
            }
        }
    }

    /// The next message, wanted or not.
    fn step(&mut self) -> Result<Option<Message>> {
        let size = self.wanted.batch();
        for head in &mut self.threads {
            head.fill(self.connection, self.direction, size)?;
        }
        let place = |head: &Head| head.batch.front().map(|message| message.position);
        let filled = self.threads.iter_mut().filter(|head| !head.batch.is_empty());
        let next = match self.direction {
            Direction::Older => filled.max_by_key(|head| place(head)),
            Direction::Newer => filled.min_by_key(|head| place(head)),
        };
        Ok(next.and_then(|head| head.batch.pop_front()))
    }
}

impl Head {
    fn fill(&mut self, connection: &Connection, direction: Direction, size: usize) -> Result<()> {
        if self.ended || !self.batch.is_empty() {
            return Ok(());
        }
        let sql = match direction {
            Direction::Older => {
                message_sql!("WHERE m.thread = ?1 AND m.sequence < ?2 ORDER BY m.sequence DESC LIMIT ?3")
            }
            Direction::Newer => {
                message_sql!("WHERE m.thread = ?1 AND m.sequence > ?2 ORDER BY m.sequence LIMIT ?3")
            }
        };
        let batch = all(connection, sql, [self.thread, self.after, number(size)], read_message)?;
        self.ended = batch.len() < size;
        if let Some(last) = batch.last() {
            self.after = number(last.sequence);
        }
        self.batch = batch.into();
        Ok(())
    }
}
