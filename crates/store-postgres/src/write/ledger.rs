//! Documents and dead letters.

use parlor_store::{Conflict, DeadLetter, DocumentKey, DocumentOwner, DocumentWrite};

use super::Change;
use crate::pipeline::{Applied, Question, given};
use crate::row::{key, number, text, to_json};

impl<'a> Change<'_, 'a> {
    pub(super) async fn write_document(&mut self, write: &'a DocumentWrite) {
        let DocumentWrite { key, expected_version, body } = write;
        let (kind, name) = (text(&key.kind), text(&key.key));
        let question = match (body, expected_version) {
            (Some(body), None) => Question::new(
                "INSERT INTO documents AS d (kind, key, version, body) VALUES ($1, $2, 1, $3)
                 ON CONFLICT (kind, key) DO UPDATE SET version = d.version + 1, body = excluded.body RETURNING 1",
                given![kind, name, text(body)],
            ),
            (Some(body), Some(0)) => Question::new(
                "INSERT INTO documents (kind, key, version, body) VALUES ($1, $2, 1, $3)
                 ON CONFLICT DO NOTHING RETURNING 1",
                given![kind, name, text(body)],
            ),
            (Some(body), Some(version)) => Question::new(
                "UPDATE documents SET version = version + 1, body = $3
                 WHERE kind = $1 AND key = $2 AND version = $4 RETURNING 1",
                given![kind, name, text(body), number(*version)],
            ),
            (None, None) => {
                let sql = "DELETE FROM documents WHERE kind = $1 AND key = $2";
                self.send(Question::new(sql, given![kind, name])).await;
                return self.disown(key).await;
            }
            (None, Some(0)) => Question::new(
                "SELECT 1 WHERE NOT EXISTS (SELECT FROM documents WHERE kind = $1 AND key = $2)",
                given![kind, name],
            ),
            (None, Some(version)) => Question::new(
                "DELETE FROM documents WHERE kind = $1 AND key = $2 AND version = $3 RETURNING 1",
                given![kind, name, number(*version)],
            ),
        };
        self.send(question.or(Conflict::Document(key.clone()))).await;
        if body.is_none() {
            self.disown(key).await;
        }
    }

    /// What is said of a document goes with it.
    async fn disown(&mut self, key: &'a DocumentKey) {
        let sql = "DELETE FROM document_owners WHERE kind = $1 AND key = $2
                   AND NOT EXISTS (SELECT FROM documents WHERE kind = $1 AND key = $2)";
        self.send(Question::new(sql, given![text(&key.kind), text(&key.key)])).await;
    }

    pub(super) async fn own_document(&mut self, owner: &'a DocumentOwner) -> Applied {
        let DocumentOwner { key: document, contact, message, blobs } = owner;
        // Written in any case, so that what is named is looked up.
        let sql = "INSERT INTO document_owners (kind, key, contact, message, blobs) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (kind, key) DO UPDATE SET contact = excluded.contact, message = excluded.message,
                       blobs = excluded.blobs";
        let (contact, message) = (key(*contact), message.map(key));
        let values = given![text(&document.kind), text(&document.key), contact, message, to_json(blobs)?];
        let question = Question::new(sql, values).loose("the contact or the message of a document");
        self.send(question).await;
        self.disown(document).await;
        Ok(())
    }

    pub(super) async fn bury(&mut self, letter: &'a DeadLetter) {
        let sql = "INSERT INTO dead_letters (account, reason, at, raw) VALUES ($1, $2, $3, $4)";
        let values =
            given![letter.account.as_str(), text(&letter.reason), letter.at.as_micros(), &letter.raw[..]];
        self.send(Question::new(sql, values)).await;
        self.workspace.dead_letters += 1;
    }
}
