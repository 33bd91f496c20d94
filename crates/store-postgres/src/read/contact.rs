//! Contacts, their points, and who they are shown as.

use parlor_model::{Contact, ContactId, ContactPoint, ContactPointId, PointAddress, PointKey};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{all, one};
use crate::row::{Read, count, free, get, id, json, key, optional_free, parsed, text, time};
use crate::session::Asks;

/// How the columns of a contact are read.
macro_rules! contact_sql {
    ($rest:literal) => {
        concat!("SELECT c.id, c.version, c.display_name, c.fields, c.created_at FROM contacts c ", $rest)
    };
}
pub(super) use contact_sql;

pub(super) fn read_contact(row: &Row) -> Read<Contact> {
    Ok(Contact {
        id: id(row, 0)?,
        version: count(row, 1)?,
        display_name: optional_free(row, 2)?,
        fields: json(row, 3)?,
        created_at: time(row, 4)?,
    })
}

pub(crate) async fn contact(c: &impl Asks, contact: ContactId) -> Read<Option<Contact>> {
    one(c, contact_sql!("WHERE c.id = $1"), &[&key(contact)], read_contact).await
}

/// The contact as whom this one is shown; itself when there is none.
pub(crate) async fn resolve(c: &impl Asks, contact: ContactId) -> Read<ContactId> {
    let sql = "SELECT root FROM contacts WHERE id = $1";
    Ok(one(c, sql, &[&key(contact)], |row| id(row, 0)).await?.unwrap_or(contact))
}

/// The contact and all those that are shown as it, directly or through others.
pub(crate) async fn family(c: &impl Asks, contact: ContactId) -> Read<Vec<Uuid>> {
    let sql = "WITH RECURSIVE family (id) AS (
                   SELECT $1::uuid UNION
                   SELECT a.contact FROM family f JOIN contact_aliases a ON a.shown_as = f.id)
               SELECT id FROM family";
    all(c, sql, &[&key(contact)], |row| get(row, 0)).await
}

/// Which contact is shown as which, where one of them is among these.
pub(super) async fn aliases_of(c: &impl Asks, contacts: &[Uuid]) -> Read<Vec<(ContactId, ContactId)>> {
    let sql = "SELECT contact, shown_as FROM contact_aliases WHERE contact = ANY($1) OR shown_as = ANY($1)";
    all(c, sql, &[&contacts], |row| Ok((id(row, 0)?, id(row, 1)?))).await
}

/// How the columns of a contact point are read.
macro_rules! point_sql {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.contact, p.kind, p.scope, p.address, p.display_name, p.created_at
             FROM contact_points p ",
            $rest
        )
    };
}
pub(super) use point_sql;

pub(super) fn read_point(row: &Row) -> Read<ContactPoint> {
    Ok(ContactPoint {
        id: id(row, 0)?,
        contact: id(row, 1)?,
        key: PointKey {
            kind: parsed(row, 2)?,
            scope: free(row, 3)?,
            address: PointAddress::new(free(row, 4)?),
        },
        display_name: optional_free(row, 5)?,
        created_at: time(row, 6)?,
    })
}

pub(crate) async fn point(c: &impl Asks, point: ContactPointId) -> Read<Option<ContactPoint>> {
    one(c, point_sql!("WHERE p.id = $1"), &[&key(point)], read_point).await
}

pub(crate) async fn point_by_key(c: &impl Asks, point: &PointKey) -> Read<Option<ContactPoint>> {
    let sql = point_sql!("WHERE p.kind = $1 AND p.scope = $2 AND p.address = $3");
    let (scope, address) = (text(&point.scope), text(point.address.as_str()));
    one(c, sql, &[&point.kind.as_str(), &scope, &address], read_point).await
}

/// The points of a contact and of those shown as it, oldest first.
pub(crate) async fn points_of(c: &impl Asks, contact: ContactId) -> Read<Vec<ContactPoint>> {
    let sql = "WITH RECURSIVE family (id) AS (
                   SELECT $1::uuid UNION
                   SELECT a.contact FROM family f JOIN contact_aliases a ON a.shown_as = f.id)
               SELECT p.id, p.contact, p.kind, p.scope, p.address, p.display_name, p.created_at
               FROM family f JOIN contact_points p ON p.contact = f.id ORDER BY p.created_at, p.id";
    all(c, sql, &[&key(contact)], read_point).await
}

/// The ids of points.
pub(super) fn keys(points: &[ContactPoint]) -> Vec<Uuid> {
    points.iter().map(|point| key(point.id)).collect()
}
