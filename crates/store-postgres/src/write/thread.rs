//! Threads, and how far both sides have read them.

use parlor_model::{Subject, Thread};
use parlor_store::{Acknowledged, Conflict, JournalEntry, ReadMarker};

use super::Change;
use crate::code;
use crate::pipeline::{Applied, Question, given, missing};
use crate::row::{count, get, key, number, text};

const POINT_EXISTS: &str = "SELECT 1 FROM contact_points WHERE id = $1";

impl<'a> Change<'_, 'a> {
    pub(super) async fn make_thread(&mut self, made: &'a Thread) {
        let (point, post) = match &made.subject {
            Subject::Direct(point) => (Some(key(*point)), None),
            Subject::Post(post) => (None, Some(text(post.as_str()))),
        };
        if let Some(point) = point {
            self.must_exist(POINT_EXISTS, point, "the contact point of a thread").await;
        }
        let sql = "INSERT INTO threads (id, channel, point, post, created_at, ends_at) VALUES ($1, $2, $3, $4, $5,
                       (SELECT 0 FROM contact_points p JOIN contacts c ON c.id = p.contact WHERE p.id = $3 AND c.erased))
                   ON CONFLICT DO NOTHING";
        let created_at = made.created_at.as_micros();
        let values = given![key(made.id), made.channel.as_str(), point, post.clone(), created_at];
        self.send(Question::new(sql, values)).await;
        // Whether it was made now or before, it must be the same.
        let sql = "SELECT 1 FROM threads WHERE id = $1 AND channel = $2 AND point IS NOT DISTINCT FROM $3
                   AND post IS NOT DISTINCT FROM $4";
        let values = given![key(made.id), made.channel.as_str(), point, post];
        self.send(Question::new(sql, values).or(Conflict::Identity)).await;
    }

    pub(super) async fn acknowledge(&mut self, new: &'a Acknowledged) -> Applied {
        let sql = "WITH known AS (SELECT key FROM threads WHERE id = $1),
                   joined AS (UPDATE threads SET delivered = greatest(delivered, $2), read = greatest(read, $3)
                       WHERE id = $1 AND (delivered < $2 OR read < $3) RETURNING delivered, read)
                   SELECT k.key, j.delivered, j.read FROM known k LEFT JOIN joined j ON true";
        let values = (key(new.thread), number(new.delivered), number(new.read));
        let Some(row) = self.row(sql, &[&values.0, &values.1, &values.2]).await? else {
            return Err(missing("the thread of an acknowledgement").into());
        };
        let thread: i64 = get(&row, 0)?;
        if get::<Option<i64>>(&row, 1)?.is_none() {
            return Ok(());
        }
        let (delivered, read) = (count(&row, 1)?, count(&row, 2)?);
        let (position, at) = self.next().await?;
        let sql =
            "INSERT INTO journal (position, at, kind, thread, first, second) VALUES ($1, $2, $3, $4, $5, $6)";
        let kind = code::journal::ACKNOWLEDGED;
        let values = given![position, at.as_micros(), kind, thread, number(delivered), number(read)];
        self.send(Question::new(sql, values)).await;
        self.journal(at, JournalEntry::Acknowledged(Acknowledged { thread: new.thread, delivered, read }));
        Ok(())
    }

    pub(super) async fn read_on(&mut self, marker: &'a ReadMarker) -> Applied {
        let upto = number(marker.upto);
        // Nothing is read before the first entry: no row is made for that.
        let sql = "WITH known AS (SELECT key FROM threads WHERE id = $2),
                   moved AS (INSERT INTO read_markers AS r (agent, thread, upto)
                       SELECT $1::text, k.key, $3::bigint FROM known k WHERE $3::bigint > 0
                       ON CONFLICT (agent, thread) DO UPDATE SET upto = excluded.upto
                       WHERE r.upto < excluded.upto RETURNING upto)
                   SELECT k.key, m.upto FROM known k LEFT JOIN moved m ON true";
        let values = (marker.agent.as_str(), key(marker.thread));
        let Some(row) = self.row(sql, &[&values.0, &values.1, &upto]).await? else {
            return Err(missing("the thread of a read marker").into());
        };
        let thread: i64 = get(&row, 0)?;
        if get::<Option<i64>>(&row, 1)?.is_none() {
            return Ok(());
        }
        let (position, at) = self.next().await?;
        let sql =
            "INSERT INTO journal (position, at, kind, agent, thread, first) VALUES ($1, $2, $3, $4, $5, $6)";
        let kind = code::journal::READ;
        let values = given![position, at.as_micros(), kind, marker.agent.as_str(), thread, upto];
        self.send(Question::new(sql, values)).await;
        self.journal(at, JournalEntry::Read(marker.clone()));
        Ok(())
    }
}
