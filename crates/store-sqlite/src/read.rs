//! Answers questions, each from one consistent state of the file.

pub(crate) mod agent;
pub(crate) mod belongings;
pub(crate) mod contact;
pub(crate) mod contact_list;
pub(crate) mod conversation;
pub(crate) mod interaction;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod search;
pub(crate) mod thread;

use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

/// The one row of a question, if there is one.
fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    connection.prepare_cached(sql)?.query_row(parameters, read).optional()
}

/// All rows of a question.
fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}
