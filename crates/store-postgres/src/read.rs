//! Answers questions, each from one consistent state of the workspace.

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

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::row::Read;
use crate::session::Asks;

/// Values of a question.
type Given<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The one row of a question, if there is one.
async fn one<T>(
    c: &impl Asks,
    sql: &'static str,
    given: Given<'_>,
    read: impl FnOnce(&Row) -> Read<T>,
) -> Read<Option<T>> {
    c.rows(sql, given).await?.first().map(read).transpose()
}

/// All rows of a question.
async fn all<T>(
    c: &impl Asks,
    sql: &'static str,
    given: Given<'_>,
    read: impl FnMut(&Row) -> Read<T>,
) -> Read<Vec<T>> {
    c.rows(sql, given).await?.iter().map(read).collect()
}
