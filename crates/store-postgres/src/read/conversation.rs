//! Pages of everything that was said with a contact, over all of its threads.

use parlor_model::Message;
use parlor_store::{ConversationPage, ConversationQuery, PageStart};
use parlor_transcript::{SearchQuery, message_search_text};

use super::contact::{keys, points_of};
use super::message::{message_sql, read_message};
use super::{all, thread};
use crate::code;
use crate::row::{Read, number};
use crate::session::Asks;

/// How many messages are read at a time when not all of them may be wanted.
const BATCH: usize = 256;

pub(crate) async fn page(c: &impl Asks, query: &ConversationQuery) -> Read<ConversationPage> {
    let points = points_of(c, query.contact).await?;
    let threads: Vec<_> =
        thread::of_points(c, &keys(&points)).await?.into_iter().map(|(key, _)| key).collect();
    let wanted = Wanted {
        threads,
        visibility: query.visibility.iter().copied().map(code::visibility).collect(),
        search: query.search.as_deref().map(SearchQuery::clamped),
    };
    // One more than the page tells whether there is another page.
    let number_wanted = query.limit.saturating_add(1);
    let (direction, from, behind) = match query.start {
        PageStart::Newest => (Direction::Older, i64::MAX, None),
        PageStart::Before(position) => (Direction::Older, number(position), Some(Direction::Newer)),
        PageStart::After(position) => {
            let next = number(position).saturating_add(1);
            (Direction::Newer, next, Some(Direction::Older))
        }
    };
    let mut messages = wanted.find(c, direction, from, number_wanted).await?;
    let more_ahead = messages.len() > query.limit;
    messages.truncate(query.limit);
    let more_behind = match behind {
        None => false,
        Some(direction) => !wanted.find(c, direction, from, 1).await?.is_empty(),
    };
    Ok(match direction {
        Direction::Newer => ConversationPage { messages, more_before: more_behind, more_after: more_ahead },
        Direction::Older => {
            messages.reverse();
            ConversationPage { messages, more_before: more_ahead, more_after: more_behind }
        }
    })
}

/// From a place on: towards what is before it, or towards it and what is after it.
#[derive(Clone, Copy)]
enum Direction {
    Older,
    Newer,
}

/// What a page is made of.
struct Wanted {
    threads: Vec<i64>,
    /// Empty for all.
    visibility: Vec<i16>,
    search: Option<SearchQuery>,
}

impl Wanted {
    /// The first of the wanted messages in a direction.
    async fn find(
        &self,
        c: &impl Asks,
        direction: Direction,
        mut from: i64,
        number_wanted: usize,
    ) -> Read<Vec<Message>> {
        let size = if self.search.is_some() { BATCH } else { number_wanted };
        let mut found = Vec::new();
        while found.len() < number_wanted {
            let batch = self.batch(c, direction, from, size).await?;
            let is_last = batch.len() < size;
            if let Some(end) = batch.last() {
                from = match direction {
                    Direction::Older => number(end.position),
                    Direction::Newer => number(end.position + 1),
                };
            }
            found.extend(batch.into_iter().filter(|message| self.includes(message)));
            if is_last {
                break;
            }
        }
        found.truncate(number_wanted);
        Ok(found)
    }

    fn includes(&self, message: &Message) -> bool {
        self.search
            .as_ref()
            .is_none_or(|search| search.matches(&message_search_text(message).unwrap_or_default()))
    }

    /// A few of each thread, and of those the first: never a walk through the messages of others.
    async fn batch(&self, c: &impl Asks, direction: Direction, from: i64, size: usize) -> Read<Vec<Message>> {
        let sql = match direction {
            Direction::Older => message_sql!(
                "JOIN (SELECT n.position FROM unnest($1::bigint[]) AS k (thread) CROSS JOIN LATERAL (
                           SELECT e.position FROM messages e
                           WHERE e.thread = k.thread AND e.sequence <= sequence_before(k.thread, $2)
                               AND (cardinality($3::smallint[]) = 0 OR e.visibility = ANY($3))
                           ORDER BY e.sequence DESC LIMIT $4) n
                       ORDER BY n.position DESC LIMIT $4) chosen ON chosen.position = m.position
                 ORDER BY m.position DESC"
            ),
            Direction::Newer => message_sql!(
                "JOIN (SELECT n.position FROM unnest($1::bigint[]) AS k (thread) CROSS JOIN LATERAL (
                           SELECT e.position FROM messages e
                           WHERE e.thread = k.thread AND e.sequence > sequence_before(k.thread, $2)
                               AND (cardinality($3::smallint[]) = 0 OR e.visibility = ANY($3))
                           ORDER BY e.sequence LIMIT $4) n
                       ORDER BY n.position LIMIT $4) chosen ON chosen.position = m.position
                 ORDER BY m.position"
            ),
        };
        all(c, sql, &[&self.threads, &from, &self.visibility, &number(size)], read_message).await
    }
}
