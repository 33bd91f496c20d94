//! Contacts, their points, and who they are shown as.

use parlor_model::{Contact, ContactId, ContactPoint, ContactPointId, PointAddress, PointKey};
use rusqlite::{Connection, Result, Row};

use super::{all, one};
use crate::row::{id, json, key, parsed, time};

pub(crate) fn contact(connection: &Connection, contact: ContactId) -> Result<Option<Contact>> {
    let sql = "SELECT id, version, display_name, fields, created_at FROM contacts WHERE id = ?1";
    one(connection, sql, [key(contact)], |row| {
        Ok(Contact {
            id: id(row, 0)?,
            version: row.get(1)?,
            display_name: row.get(2)?,
            fields: json(row, 3)?,
            created_at: time(row, 4)?,
        })
    })
}

/// The contact as whom this one is shown; itself when there is none.
pub(crate) fn resolve(connection: &Connection, contact: ContactId) -> Result<ContactId> {
    let sql = "SELECT shown_as FROM contact_aliases WHERE contact = ?1";
    let mut shown = contact;
    // Ends, because no change closes a circle.
    while let Some(next) = one(connection, sql, [key(shown)], |row| id(row, 0))? {
        shown = next;
    }
    Ok(shown)
}

/// The contact and all those that are shown as it, directly or through others.
pub(crate) fn family(connection: &Connection, contact: ContactId) -> Result<Vec<ContactId>> {
    let sql = "SELECT contact FROM contact_aliases WHERE shown_as = ?1";
    let mut family = vec![contact];
    let mut next = 0;
    while let Some(member) = family.get(next) {
        let shown_as_it: Vec<ContactId> = all(connection, sql, [key(*member)], |row| id(row, 0))?;
        family.extend(shown_as_it);
        next += 1;
    }
    Ok(family)
}

/// Which contact is shown as which, where one of them is this contact.
pub(crate) fn aliases_of(connection: &Connection, contact: ContactId) -> Result<Vec<(ContactId, ContactId)>> {
    let sql = "SELECT contact, shown_as FROM contact_aliases WHERE contact = ?1 OR shown_as = ?1";
    all(connection, sql, [key(contact)], |row| Ok((id(row, 0)?, id(row, 1)?)))
}

/// How the columns of a contact point are read.
macro_rules! point_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, contact, kind, scope, address, display_name, created_at FROM contact_points ",
            $rest
        )
    };
}

fn read_point(row: &Row<'_>) -> Result<ContactPoint> {
    Ok(ContactPoint {
        id: id(row, 0)?,
        contact: id(row, 1)?,
        key: PointKey {
            kind: parsed(row, 2)?,
            scope: row.get(3)?,
            address: PointAddress::new(row.get::<_, String>(4)?),
        },
        display_name: row.get(5)?,
        created_at: time(row, 6)?,
    })
}

pub(crate) fn point(connection: &Connection, point: ContactPointId) -> Result<Option<ContactPoint>> {
    one(connection, point_sql!("WHERE id = ?1"), [key(point)], read_point)
}

pub(crate) fn point_by_key(connection: &Connection, point: &PointKey) -> Result<Option<ContactPoint>> {
    let sql = point_sql!("WHERE kind = ?1 AND scope = ?2 AND address = ?3");
    one(connection, sql, (point.kind.as_str(), &point.scope, point.address.as_str()), read_point)
}

/// The points of a contact and of those shown as it, oldest first.
pub(crate) fn points_of(connection: &Connection, contact: ContactId) -> Result<Vec<ContactPoint>> {
    let mut points = Vec::new();
    for member in family(connection, contact)? {
        points.extend(all(connection, point_sql!("WHERE contact = ?1"), [key(member)], read_point)?);
    }
    points.sort_by_key(|point| (point.created_at, point.id));
    Ok(points)
}
