//! How values of the vocabulary stand in columns.

use std::str::FromStr;

use parlor_model::{Id, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Error, Row};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A stored value is not what it should be; says what it should be, never what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not the {0} it should be")]
pub(crate) struct Unreadable(pub(crate) &'static str);

impl Unreadable {
    pub(crate) fn at(self, column: usize) -> Error {
        Error::FromSqlConversionFailure(column, Type::Null, Box::new(self))
    }
}

/// An id as 16 bytes.
pub(crate) fn key(id: impl Id) -> [u8; 16] {
    id.as_uuid().into_bytes()
}

pub(crate) fn id<I: Id>(row: &Row<'_>, column: usize) -> Result<I, Error> {
    row.get(column).map(|bytes| I::from_uuid(Uuid::from_bytes(bytes)))
}

pub(crate) fn optional_id<I: Id>(row: &Row<'_>, column: usize) -> Result<Option<I>, Error> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(|bytes| I::from_uuid(Uuid::from_bytes(bytes))))
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, Error> {
    row.get(column).map(Timestamp::from_micros)
}

/// A name or other text with rules of its own.
pub(crate) fn parsed<T: FromStr>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|_| Unreadable("name").at(column))
}

pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|_| Unreadable("JSON").at(column))
}

/// A value that becomes JSON.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

/// A count, place or limit. The largest that SQLite can hold is 2^63 - 1, which none of them reaches; what a caller
/// asks for beyond that means "as many as there are".
pub(crate) fn number(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// An id that a provider, or a contact's browser, gave a message. Browsers give UUIDs: kept as 16 bytes instead of 36
/// when they are in their usual form, so that what is read is what was written.
pub(crate) struct ForeignId(pub(crate) String);

impl ToSql for ForeignId {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
        let uuid = Uuid::try_parse(&self.0).ok();
        let usual = uuid.filter(|uuid| {
            let mut buffer = Uuid::encode_buffer();
            *uuid.hyphenated().encode_lower(&mut buffer) == *self.0
        });
        Ok(match usual {
            Some(uuid) => uuid.into_bytes().to_vec().into(),
            None => self.0.as_str().into(),
        })
    }
}

impl FromSql for ForeignId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(_) => {
                <[u8; 16]>::column_result(value).map(|bytes| Self(Uuid::from_bytes(bytes).to_string()))
            }
            ValueRef::Text(_) => String::column_result(value).map(Self),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn foreign_ids_read_back_as_they_were_and_usual_uuids_are_short() {
        let connection = Connection::open_in_memory().unwrap();
        let table = [
            ("018bcfe5-687b-7000-8000-000000000001", 16),
            ("018BCFE5-687B-7000-8000-000000000001", 36),
            ("018bcfe5687b70008000000000000001", 32),
            ("wamid.HBgL", 10),
            ("", 0),
        ];
        for (text, bytes) in table {
            let read = |row: &Row<'_>| Ok((row.get::<_, ForeignId>(0)?.0, row.get::<_, i64>(1)?));
            let sql = "SELECT ?1, length(CAST(?1 AS BLOB))";
            let found = connection.query_row(sql, [ForeignId(text.to_owned())], read).unwrap();
            assert_eq!(found, (text.to_owned(), bytes));
        }
    }

    #[test]
    fn numbers_beyond_what_can_be_held_mean_as_many_as_there_are() {
        assert_eq!(number(7_u64), 7);
        assert_eq!(number(u64::MAX), i64::MAX);
        assert_eq!(number(usize::MAX), i64::MAX);
    }
}
