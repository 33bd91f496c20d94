//! Documents and dead letters.

use parlor_store::{Conflict, DeadLetter, DocumentOwner, DocumentWrite};

use super::{Applied, Change, or_loose_end};
use crate::row::{key, number, to_json};

impl Change<'_> {
    pub(super) fn write_document(&self, write: &DocumentWrite) -> Applied {
        let DocumentWrite { key, expected_version, body } = write;
        let name = (&key.kind, &key.key);
        let sql = "SELECT version FROM documents WHERE kind = ?1 AND key = ?2";
        let version: u64 = self.row(sql, name, |row| row.get(0))?.unwrap_or(0);
        if expected_version.is_some_and(|expected| expected != version) {
            return Err(Conflict::Document(key.clone()).into());
        }
        if let Some(body) = body {
            let sql = "INSERT INTO documents (kind, key, version, body) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body";
            self.execute(sql, (&key.kind, &key.key, number(version + 1), body))?;
        } else {
            self.execute("DELETE FROM documents WHERE kind = ?1 AND key = ?2", name)?;
            self.execute("DELETE FROM document_owners WHERE kind = ?1 AND key = ?2", name)?;
        }
        Ok(())
    }

    pub(super) fn own_document(&self, owner: &DocumentOwner) -> Applied {
        let DocumentOwner { key: document, contact, message, blobs } = owner;
        let name = (&document.kind, &document.key);
        let sql = "SELECT 1 FROM documents WHERE kind = ?1 AND key = ?2";
        let is_there = self.row(sql, name, |row| row.get::<_, i64>(0))?.is_some();
        let sql = "INSERT INTO document_owners (kind, key, contact, message, blobs) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (kind, key) DO UPDATE SET contact = excluded.contact, message = excluded.message,
                       blobs = excluded.blobs";
        let (contact, message) = (key(*contact), message.map(key));
        let written = self.execute(sql, (&document.kind, &document.key, contact, message, to_json(blobs)?));
        or_loose_end(written, "the contact or the message of a document")?;
        if !is_there {
            // Written all the same, so that what is named is looked up.
            self.execute("DELETE FROM document_owners WHERE kind = ?1 AND key = ?2", name)?;
        }
        Ok(())
    }

    pub(super) fn bury(&mut self, letter: &DeadLetter) -> Applied {
        let sql = "INSERT INTO dead_letters (account, reason, at, raw) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, (letter.account.as_str(), &letter.reason, letter.at.as_micros(), &letter.raw))?;
        self.workspace.dead_letters += 1;
        Ok(())
    }
}
