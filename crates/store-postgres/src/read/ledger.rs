//! Requests, documents, consent, dead letters and totals.

use parlor_model::{ClientId, ContactPointId};
use parlor_store::{ConsentEntry, DeadLetter, Document, DocumentKey, Request, RequestKey, Totals};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{all, one};
use crate::code;
use crate::row::{Read, bytes, count, free, get, id, key, number, parsed, text, time};
use crate::session::Asks;

pub(crate) async fn request(c: &impl Asks, request: &RequestKey) -> Read<Option<Request>> {
    let sql = "SELECT agent, id, fingerprint, resource, at FROM requests WHERE agent = $1 AND id = $2";
    one(c, sql, &[&request.agent.as_str(), &request.id.0], read_request).await
}

fn read_request(row: &Row) -> Read<Request> {
    Ok(Request {
        key: RequestKey { agent: parsed(row, 0)?, id: ClientId(get(row, 1)?) },
        fingerprint: bytes(row, 2)?,
        resource: get(row, 3)?,
        at: time(row, 4)?,
    })
}

/// The requests that made or changed something.
pub(super) async fn requests_about(c: &impl Asks, resources: &[Uuid]) -> Read<Vec<Request>> {
    let sql = "SELECT agent, id, fingerprint, resource, at FROM requests WHERE resource = ANY($1)";
    all(c, sql, &[&resources], read_request).await
}

fn read_document(row: &Row) -> Read<Document> {
    let key = DocumentKey { kind: free(row, 0)?, key: free(row, 1)? };
    Ok(Document { key, version: count(row, 2)?, body: free(row, 3)? })
}

pub(crate) async fn document(c: &impl Asks, key: &DocumentKey) -> Read<Option<Document>> {
    let sql = "SELECT kind, key, version, body FROM documents WHERE kind = $1 AND key = $2";
    one(c, sql, &[&text(&key.kind), &text(&key.key)], read_document).await
}

pub(crate) async fn documents(c: &impl Asks, kind: &str) -> Read<Vec<Document>> {
    let sql = "SELECT kind, key, version, body FROM documents WHERE kind = $1";
    let mut documents = all(c, sql, &[&text(kind)], read_document).await?;
    // Here and not there: what stands for NUL has another place in the order.
    documents.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(documents)
}

/// The documents that were registered as those of contacts.
pub(super) async fn documents_owned(c: &impl Asks, contacts: &[Uuid]) -> Read<Vec<Document>> {
    let sql = "SELECT d.kind, d.key, d.version, d.body FROM document_owners o
               JOIN documents d ON d.kind = o.kind AND d.key = o.key WHERE o.contact = ANY($1)";
    all(c, sql, &[&contacts], read_document).await
}

pub(crate) async fn consent(c: &impl Asks, point: ContactPointId) -> Read<Vec<ConsentEntry>> {
    let sql = "SELECT point, purpose, state, evidence, at FROM consent WHERE point = $1 ORDER BY key";
    all(c, sql, &[&key(point)], |row| {
        Ok(ConsentEntry {
            point: id(row, 0)?,
            purpose: free(row, 1)?,
            state: code::consent_state_of(&get::<String>(row, 2)?)?,
            evidence: free(row, 3)?,
            at: time(row, 4)?,
        })
    })
    .await
}

pub(crate) async fn dead_letters(c: &impl Asks, skip: usize, limit: usize) -> Read<Vec<DeadLetter>> {
    let sql = "SELECT account, reason, at, raw FROM dead_letters ORDER BY key LIMIT $2 OFFSET $1";
    all(c, sql, &[&number(skip), &number(limit)], read_dead_letter).await
}

/// Reads account, reason, time and bytes.
pub(super) fn read_dead_letter(row: &Row) -> Read<DeadLetter> {
    Ok(DeadLetter { account: parsed(row, 0)?, reason: free(row, 1)?, at: time(row, 2)?, raw: get(row, 3)? })
}

pub(crate) async fn totals(c: &impl Asks) -> Read<Totals> {
    let sql = "SELECT inbox, dead_letters, messages, position FROM workspace";
    let totals = one(c, sql, &[], |row| {
        Ok(Totals {
            inbox: count(row, 0)?,
            dead_letters: count(row, 1)?,
            messages: count(row, 2)?,
            position: count(row, 3)?,
        })
    })
    .await?;
    Ok(totals.unwrap_or_default())
}
