//! Threads, and how far both sides have read them.

use parlor_model::{Subject, Thread, ThreadId};
use parlor_store::{Acknowledged, Conflict, JournalEntry, ReadMarker};
use rusqlite::Row;

use super::{Applied, Change, must_exist, or_loose_end};
use crate::code;
use crate::error::is_taken;
use crate::read::thread;
use crate::row::{key, number};

impl Change<'_> {
    pub(super) fn make_thread(&mut self, made: &Thread) -> Applied {
        let (point, post) = match &made.subject {
            Subject::Direct(point) => (Some(key(*point)), None),
            Subject::Post(post) => (None, Some(post.as_str())),
        };
        let sql =
            "INSERT INTO threads (id, channel, point, post, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5,
                       (SELECT 0 FROM contact_points p JOIN contacts c ON c.id = p.contact
                        WHERE p.id = ?3 AND c.erased = 1))";
        let parameters = (key(made.id), made.channel.as_str(), point, post, made.created_at.as_micros());
        match self.execute(sql, parameters) {
            Err(error) if is_taken(&error) => match thread::thread(self.connection, made.id)? {
                Some(known) if known.channel == made.channel && known.subject == made.subject => Ok(()),
                Some(_) | None => Err(Conflict::Identity.into()),
            },
            result => or_loose_end(result, "the contact point of a thread").map(|_| ()),
        }
    }

    pub(super) fn acknowledge(&mut self, new: &Acknowledged) -> Applied {
        let thread = self.thread_key(new.thread, "the thread of an acknowledgement")?;
        let sql = "UPDATE threads SET delivered = max(delivered, ?2), read = max(read, ?3)
                   WHERE key = ?1 AND (delivered < ?2 OR read < ?3) RETURNING delivered, read";
        let read = |row: &Row<'_>| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?));
        let joined = self.row(sql, [thread, number(new.delivered), number(new.read)], read)?;
        let Some((delivered, read)) = joined else { return Ok(()) };
        let (position, at) = self.next()?;
        let sql =
            "INSERT INTO journal (position, at, kind, thread, first, second) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(
            sql,
            (position, at, code::journal::ACKNOWLEDGED, thread, number(delivered), number(read)),
        )?;
        Ok(self.journal(JournalEntry::Acknowledged(Acknowledged { thread: new.thread, delivered, read }))?)
    }

    pub(super) fn read_on(&mut self, marker: &ReadMarker) -> Applied {
        let thread = self.thread_key(marker.thread, "the thread of a read marker")?;
        // Nothing is read before the first entry: no row is made for that.
        if marker.upto == 0 {
            return Ok(());
        }
        let upto = number(marker.upto);
        let sql = "INSERT INTO read_markers (agent, thread, upto) VALUES (?1, ?2, ?3)
                   ON CONFLICT (agent, thread) DO UPDATE SET upto = excluded.upto WHERE upto < excluded.upto";
        if self.execute(sql, (marker.agent.as_str(), thread, upto))? == 0 {
            return Ok(());
        }
        let (position, at) = self.next()?;
        let sql =
            "INSERT INTO journal (position, at, kind, agent, thread, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(sql, (position, at, code::journal::READ, marker.agent.as_str(), thread, upto))?;
        Ok(self.journal(JournalEntry::Read(marker.clone()))?)
    }

    pub(super) fn thread_key(&self, thread: ThreadId, what: &str) -> Applied<i64> {
        Ok(must_exist(self.number("SELECT key FROM threads WHERE id = ?1", key(thread))?, what)?)
    }
}
