//! Requests, documents, consent, dead letters and totals.

use parlor_model::{ClientId, ContactId, ContactPointId};
use parlor_store::{ConsentEntry, DeadLetter, Document, DocumentKey, Request, RequestKey, Totals};
use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::{all, one};
use crate::code;
use crate::row::{id, key, number, parsed, time};

fn read_request(row: &Row<'_>) -> Result<Request> {
    Ok(Request {
        key: RequestKey { agent: parsed(row, 0)?, id: ClientId(Uuid::from_bytes(row.get(1)?)) },
        fingerprint: row.get(2)?,
        resource: Uuid::from_bytes(row.get(3)?),
        at: time(row, 4)?,
    })
}

pub(crate) fn request(connection: &Connection, request: &RequestKey) -> Result<Option<Request>> {
    let sql = "SELECT agent, id, fingerprint, resource, at FROM requests WHERE agent = ?1 AND id = ?2";
    one(connection, sql, (request.agent.as_str(), request.id.0.into_bytes()), read_request)
}

/// The requests that made or changed something.
pub(crate) fn requests_about(connection: &Connection, resource: Uuid) -> Result<Vec<Request>> {
    let sql = "SELECT agent, id, fingerprint, resource, at FROM requests WHERE resource = ?1";
    all(connection, sql, [resource.into_bytes()], read_request)
}

fn read_document(row: &Row<'_>) -> Result<Document> {
    let key = DocumentKey { kind: row.get(0)?, key: row.get(1)? };
    Ok(Document { key, version: row.get(2)?, body: row.get(3)? })
}

pub(crate) fn document(connection: &Connection, key: &DocumentKey) -> Result<Option<Document>> {
    let sql = "SELECT kind, key, version, body FROM documents WHERE kind = ?1 AND key = ?2";
    one(connection, sql, (&key.kind, &key.key), read_document)
}

pub(crate) fn documents(connection: &Connection, kind: &str) -> Result<Vec<Document>> {
    let sql = "SELECT kind, key, version, body FROM documents WHERE kind = ?1 ORDER BY key";
    all(connection, sql, [kind], read_document)
}

/// The documents that were registered as a contact's.
pub(crate) fn documents_owned(connection: &Connection, contact: ContactId) -> Result<Vec<Document>> {
    let sql = "SELECT d.kind, d.key, d.version, d.body FROM document_owners o
               JOIN documents d ON d.kind = o.kind AND d.key = o.key WHERE o.contact = ?1";
    all(connection, sql, [key(contact)], read_document)
}

pub(crate) fn consent(connection: &Connection, point: ContactPointId) -> Result<Vec<ConsentEntry>> {
    let sql = "SELECT point, purpose, state, evidence, at FROM consent WHERE point = ?1 ORDER BY key";
    all(connection, sql, [key(point)], |row| {
        Ok(ConsentEntry {
            point: id(row, 0)?,
            purpose: row.get(1)?,
            state: code::consent_state_of(row.get_ref(2)?.as_str()?).map_err(|error| error.at(2))?,
            evidence: row.get(3)?,
            at: time(row, 4)?,
        })
    })
}

pub(crate) fn dead_letters(connection: &Connection, skip: usize, limit: usize) -> Result<Vec<DeadLetter>> {
    let sql = "SELECT account, reason, at, raw FROM dead_letters ORDER BY key LIMIT ?2 OFFSET ?1";
    all(connection, sql, [number(skip), number(limit)], read_dead_letter)
}

/// Reads account, reason, time and bytes.
pub(crate) fn read_dead_letter(row: &Row<'_>) -> Result<DeadLetter> {
    Ok(DeadLetter { account: parsed(row, 0)?, reason: row.get(1)?, at: time(row, 2)?, raw: row.get(3)? })
}

pub(crate) fn totals(connection: &Connection) -> Result<Totals> {
    let sql = "SELECT inbox, dead_letters, messages, position FROM workspace";
    let totals = one(connection, sql, [], |row| {
        Ok(Totals {
            inbox: row.get(0)?,
            dead_letters: row.get(1)?,
            messages: row.get(2)?,
            position: row.get(3)?,
        })
    })?;
    Ok(totals.unwrap_or_default())
}
