use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use parlor_store::StoreError;
use rusqlite::ErrorCode;

/// What stands in [`StoreError::Backend`] of this store.
///
/// The causes are errors of SQLite or of the operating system. They name files, tables and columns, never content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The file, or one beside it, cannot be opened or made.
    #[error("{path} cannot be opened")]
    CannotOpen {
        /// Which file.
        path: String,
        /// Why.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// A change could not be written. Nothing of it was kept, nor of those that shared its transaction.
    #[error("the change could not be written; nothing of it was kept")]
    NotKept(#[source] Arc<dyn Error + Send + Sync>),
    /// A commit failed. Whether it was kept is unknown: read it back after the cause is removed.
    #[error("the commit failed; whether the change was kept is unknown")]
    OutcomeUnknown(#[source] Arc<dyn Error + Send + Sync>),
    /// What was asked for was erased, but somebody still reads an old state, and so it is left in the write-ahead log:
    /// erase again in a moment.
    #[error("what was erased is left in the write-ahead log, because somebody still reads it")]
    StillInLog,
    /// A read failed.
    #[error("the read failed")]
    CannotRead(#[source] Arc<dyn Error + Send + Sync>),
}

impl SqliteError {
    pub(crate) fn cannot_open(path: &Path, source: impl Error + Send + Sync + 'static) -> Self {
        Self::CannotOpen { path: path.display().to_string(), source: Arc::new(source) }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        Self::backend(error)
    }
}

/// Tells what cannot be read from what could not be reached.
pub(crate) fn read_error(error: rusqlite::Error) -> StoreError {
    if is_unreadable(&error) || is_corrupt(&error) {
        StoreError::Corrupt { detail: error.to_string() }
    } else {
        SqliteError::CannotRead(Arc::new(error)).into()
    }
}

/// What to tell a caller whose own change, and no other, could not be written.
pub(crate) fn write_error(error: rusqlite::Error) -> StoreError {
    if is_unreadable(&error) {
        StoreError::Corrupt { detail: error.to_string() }
    } else {
        SqliteError::NotKept(Arc::new(error)).into()
    }
}

/// Whether a stored value is not what it should be.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
    )
}

/// Whether the file is damaged.
pub(crate) fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether only the statement is to blame, so that the transaction goes on without it.
pub(crate) fn is_of_the_statement(error: &rusqlite::Error) -> bool {
    // Without a code it is not from SQLite: a value that cannot be converted.
    error.sqlite_error_code().is_none_or(|code| {
        matches!(code, ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
    })
}

/// Whether a row that the statement refers to does not exist.
pub(crate) fn is_loose_end(error: &rusqlite::Error) -> bool {
    extended_code(error) == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Whether a row with the same unique key exists.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(
        extended_code(error),
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}
