//! How values of the vocabulary stand in columns.

use std::borrow::Cow;
use std::str::FromStr;

use parlor_model::{Id, Timestamp};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;
use uuid::Uuid;

use crate::error::Trouble;

/// A stored value is not what it should be; says what it should be, never what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is stored is not the {0} it should be")]
pub(crate) struct Unreadable(pub(crate) &'static str);

pub(crate) type Read<T> = Result<T, Trouble>;

/// A value as the database has it.
pub(crate) fn get<T: FromSqlOwned>(row: &Row, column: usize) -> Read<T> {
    row.try_get(column).map_err(|_| Unreadable("type of value").into())
}

pub(crate) fn key(id: impl Id) -> Uuid {
    id.as_uuid()
}

pub(crate) fn id<I: Id>(row: &Row, column: usize) -> Read<I> {
    get(row, column).map(I::from_uuid)
}

pub(crate) fn optional_id<I: Id>(row: &Row, column: usize) -> Read<Option<I>> {
    Ok(get::<Option<Uuid>>(row, column)?.map(I::from_uuid))
}

pub(crate) fn time(row: &Row, column: usize) -> Read<Timestamp> {
    get(row, column).map(Timestamp::from_micros)
}

/// A count, place or version.
pub(crate) fn count<T: TryFrom<i64>>(row: &Row, column: usize) -> Read<T> {
    T::try_from(get(row, column)?).map_err(|_| Unreadable("number").into())
}

/// A number of bytes that is always the same.
pub(crate) fn bytes<const N: usize>(row: &Row, column: usize) -> Read<[u8; N]> {
    get::<Vec<u8>>(row, column)?.try_into().map_err(|_| Unreadable("number of bytes").into())
}

pub(crate) fn optional_bytes<const N: usize>(row: &Row, column: usize) -> Read<Option<[u8; N]>> {
    let bytes = get::<Option<Vec<u8>>>(row, column)?.map(TryInto::try_into).transpose();
    bytes.map_err(|_| Unreadable("number of bytes").into())
}

/// A name or other text with rules of its own.
pub(crate) fn parsed<T: FromStr>(row: &Row, column: usize) -> Read<T> {
    get::<String>(row, column)?.parse().map_err(|_| Unreadable("name").into())
}

pub(crate) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Read<T> {
    serde_json::from_str(&get::<String>(row, column)?).map_err(|_| Unreadable("JSON").into())
}

/// A value that becomes JSON. It fails for what the vocabulary does not contain.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, parlor_store::StoreError> {
    serde_json::to_string(value).map_err(parlor_store::StoreError::backend)
}

/// A count, place or limit. The largest that a column can hold is 2^63 - 1, which none of them reaches; what a caller
/// asks for beyond that means "as many as there are".
pub(crate) fn number(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// Stands before what stands for a character that PostgreSQL cannot hold, and for itself: the last of all characters,
/// which is none.
const ESCAPE: char = '\u{10FFFF}';

/// Free text as it can stand in a column: PostgreSQL has no NUL. The way back is [`text_of`]; two texts that differ stay
/// different.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => escaped.extend([ESCAPE, '0']),
            ESCAPE => escaped.extend([ESCAPE, '1']),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

pub(crate) fn optional_text(optional: Option<&str>) -> Option<Cow<'_, str>> {
    optional.map(text)
}

/// What [`text`] was made from.
fn text_of(stored: String) -> Read<String> {
    if !stored.contains(ESCAPE) {
        return Ok(stored);
    }
    let mut text = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        text.push(match (character, character == ESCAPE) {
            (other, false) => other,
            (_, true) => match characters.next() {
                Some('0') => '\0',
                Some('1') => ESCAPE,
                Some(_) | None => return Err(Unreadable("text").into()),
            },
        });
    }
    Ok(text)
}

pub(crate) fn free(row: &Row, column: usize) -> Read<String> {
    text_of(get(row, column)?)
}

pub(crate) fn optional_free(row: &Row, column: usize) -> Read<Option<String>> {
    get::<Option<String>>(row, column)?.map(text_of).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_reads_back_as_it_was_and_nearly_all_stand_as_they_are() {
        let table = ["", "a", "é👋", "\0", "a\0b\0", "\u{10FFFF}", "\u{10FFFF}0\0", "0\u{10FFFF}1"];
        for each in table {
            let stored = text(each).into_owned();
            assert!(!stored.contains('\0'));
            assert_eq!(text_of(stored).unwrap(), each);
        }
        assert!(matches!(text("as it is"), Cow::Borrowed(_)));
        assert!(text_of("\u{10FFFF}2".to_owned()).is_err());
        assert!(text_of("\u{10FFFF}".to_owned()).is_err());
    }

    #[test]
    fn numbers_beyond_what_can_be_held_mean_as_many_as_there_are() {
        assert_eq!(number(7_u64), 7);
        assert_eq!(number(u64::MAX), i64::MAX);
        assert_eq!(number(usize::MAX), i64::MAX);
    }
}
