//! Finds messages by their words, newest first.

use std::collections::BTreeSet;

use parlor_model::{Message, ThreadId};
use parlor_store::{MessageSearch, SearchPage};
use parlor_transcript::{SearchQuery, message_search_text};

use super::contact::{keys, points_of};
use super::message::{message_sql, read_message};
use super::{all, one, thread};
use crate::grams;
use crate::row::{Read, get, number};
use crate::session::Asks;

/// The fewest and the most messages that are read at a time.
const BATCH: (usize, usize) = (32, 512);

/// How many of the newest places the index is asked for first.
const FIRST_STRETCH: i64 = 16_384;

/// How many times as many it is asked for each next time: what is frequent is found among the newest, and what is rare is
/// found by few questions.
const GROWTH: i64 = 16;

pub(crate) async fn search(c: &impl Asks, query: &MessageSearch) -> Read<SearchPage> {
    let threads = match query.contact {
        None => None,
        Some(contact) => {
            let points = points_of(c, contact).await?;
            Some(thread::of_points(c, &keys(&points)).await?)
        }
    };
    if threads.as_ref().is_some_and(Vec::is_empty) {
        return Ok(SearchPage::default());
    }
    let search = SearchQuery::clamped(&query.words);
    let ids: Option<BTreeSet<ThreadId>> =
        threads.as_ref().map(|threads| threads.iter().map(|(_, thread)| thread.id).collect());
    let rows = threads.map(|threads| threads.into_iter().map(|(row, _)| row).collect());
    let before = query.before.map_or(i64::MAX, number);
    let mut walk = Walk::new(c, grams::of_search(&search), rows, before).await?;
    walk.expect(query.limit.saturating_add(1));
    let mut messages = Vec::new();
    while messages.len() <= query.limit
        && let Some(batch) = walk.next().await?
    {
        messages.extend(batch.into_iter().filter(|message| {
            // Two threads may share a number in the index.
            let within = ids.as_ref().is_none_or(|ids| ids.contains(&message.thread));
            let visible = query.visibility.is_empty() || query.visibility.contains(&message.visibility);
            within && visible && search.matches(&message_search_text(message).unwrap_or_default())
        }));
    }
    let more = messages.len() > query.limit;
    messages.truncate(query.limit);
    Ok(SearchPage { messages, more })
}

/// Goes from the newest message to the oldest, past those that cannot be meant: by the index as far as it reaches, before
/// that by reading what is not in it yet.
struct Walk<'a, C> {
    c: &'a C,
    /// What the messages must have in the index. Empty when the index is of no use.
    pieces: Vec<i32>,
    /// Only these threads; `None` for all.
    threads: Option<Vec<i64>>,
    /// How the index knows them.
    tokens: Option<Vec<i32>>,
    /// Messages up to this position are found by the index.
    indexed: i64,
    /// The position before which the walk goes on.
    before: i64,
    /// How many messages are read next.
    size: usize,
    /// How many places the index is asked for next.
    stretch: i64,
}

impl<'a, C: Asks> Walk<'a, C> {
    async fn new(c: &'a C, pieces: Option<Vec<i32>>, threads: Option<Vec<i64>>, before: i64) -> Read<Self> {
        // How far the index reaches; and a plan for any pieces would be a bad one for these.
        let sql =
            "SELECT position, set_config('plan_cache_mode', 'force_custom_plan', true) FROM search_index";
        let indexed = one(c, sql, &[], |row| get::<i64>(row, 0)).await?.unwrap_or(0);
        Ok(Self {
            c,
            tokens: threads.as_ref().map(|threads| threads.iter().copied().map(grams::of_thread).collect()),
            threads,
            indexed: if pieces.is_some() { indexed } else { 0 },
            pieces: pieces.unwrap_or_default(),
            before,
            size: BATCH.1,
            stretch: FIRST_STRETCH,
        })
    }

    /// How many messages are likely to be asked for: not many more are read at first.
    fn expect(&mut self, number: usize) {
        self.size = number.clamp(BATCH.0, BATCH.1);
    }

    /// The next messages that may be meant, perhaps none; `None` at the end.
    async fn next(&mut self) -> Read<Option<Vec<Message>>> {
        // Positions begin with 1.
        if self.before <= 1 {
            return Ok(None);
        }
        let size = self.size;
        self.size = (size * 2).min(BATCH.1);
        let is_behind = self.before > self.indexed + 1;
        let (batch, end) = if is_behind {
            (self.read(size).await?, self.indexed + 1)
        } else {
            let from = self.before.saturating_sub(self.stretch).max(1);
            (self.look_up(from, size).await?, from)
        };
        match batch.last() {
            Some(last) if batch.len() == size => self.before = number(last.position),
            Some(_) | None => {
                self.before = end;
                if !is_behind {
                    self.stretch = self.stretch.saturating_mul(GROWTH);
                }
            }
        }
        Ok(Some(batch))
    }

    /// The newest messages before the place, as they stand there, that are not in the index.
    async fn read(&self, size: usize) -> Read<Vec<Message>> {
        let (from, size) = (self.indexed + 1, number(size));
        if let Some(threads) = &self.threads {
            let sql = message_sql!(
                "JOIN (SELECT n.position FROM unnest($1::bigint[]) AS k (thread) CROSS JOIN LATERAL (
                           SELECT e.position FROM messages e
                           WHERE e.thread = k.thread AND e.sequence <= sequence_before(k.thread, $2)
                               AND e.sequence > sequence_before(k.thread, $3)
                           ORDER BY e.sequence DESC LIMIT $4) n
                       ORDER BY n.position DESC LIMIT $4) chosen ON chosen.position = m.position
                 ORDER BY m.position DESC"
            );
            return all(self.c, sql, &[threads, &self.before, &from, &size], read_message).await;
        }
        let sql =
            message_sql!("WHERE m.position < $1 AND m.position >= $2 ORDER BY m.position DESC LIMIT $3");
        all(self.c, sql, &[&self.before, &from, &size], read_message).await
    }

    /// The newest messages of a stretch that the index finds.
    ///
    /// They are put together before they are sorted: left to itself the server may walk through all messages of the stretch
    /// and compare each, which is a hundred times slower for a rare word.
    async fn look_up(&self, from: i64, size: usize) -> Read<Vec<Message>> {
        let sql = message_sql!(
            "JOIN (WITH found AS MATERIALIZED (
                       SELECT s.position FROM message_search s
                       WHERE s.grams @> $1::int[] AND ($2::int[] IS NULL OR s.grams && $2::int[])
                           AND s.position < $3 AND s.position >= $4)
                   SELECT position FROM found ORDER BY position DESC LIMIT $5) f ON f.position = m.position
             ORDER BY m.position DESC"
        );
        let size = number(size);
        all(self.c, sql, &[&self.pieces, &self.tokens, &self.before, &from, &size], read_message).await
    }
}
