use std::error::Error;
use std::sync::Arc;

use parlor_store::StoreError;
use tokio_postgres::error::SqlState;

use crate::row::Unreadable;

/// What stands in [`StoreError::Backend`] of this store.
///
/// The causes are errors of PostgreSQL or of the connection. They name hosts, tables and columns; PostgreSQL's own detail
/// of a constraint, which can repeat what was written, is not in their text. Passwords never are.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The address of the server cannot be understood.
    #[error("the address of the database cannot be understood")]
    BadAddress(#[source] Arc<dyn Error + Send + Sync>),
    /// The server refused the name or the password.
    #[error("the database refused the user name or the password")]
    Refused(#[source] Arc<dyn Error + Send + Sync>),
    /// The server has no database of that name.
    #[error("there is no such database")]
    NoSuchDatabase(#[source] Arc<dyn Error + Send + Sync>),
    /// The role may not do what the store needs.
    #[error("the database role lacks a right that the store needs")]
    NotPermitted(#[source] Arc<dyn Error + Send + Sync>),
    /// No connection could be made, or none in time.
    #[error("no connection to the database")]
    Unreachable(#[source] Arc<dyn Error + Send + Sync>),
    /// A change could not be written. Nothing of it was kept, nor of those that shared its transaction.
    #[error("the change could not be written; nothing of it was kept")]
    NotKept(#[source] Arc<dyn Error + Send + Sync>),
    /// The connection was lost during a commit and what became of it could not be found out. Read it back when the
    /// database can be reached again.
    #[error("the commit was interrupted; whether the change was kept is unknown")]
    OutcomeUnknown(#[source] Arc<dyn Error + Send + Sync>),
    /// What was erased is, but earlier forms of its rows could not be taken out of the files. Erase again.
    #[error("what was erased could not be taken out of the files yet")]
    NotVacuumed(#[source] Arc<dyn Error + Send + Sync>),
    /// The server passed over tables that do not belong to the role of the store.
    #[error("tables belong to another role")]
    PassedOver,
    /// A read failed.
    #[error("the read failed")]
    CannotRead(#[source] Arc<dyn Error + Send + Sync>),
    /// A server took longer than was allowed.
    #[error("the database did not answer in time")]
    TooSlow,
}

impl From<PostgresError> for StoreError {
    fn from(error: PostgresError) -> Self {
        Self::backend(error)
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Trouble {
    /// Tells what cannot be read from what could not be reached.
    pub(crate) fn into_read_error(self) -> StoreError {
        match self {
            Self::Unreadable(what) => StoreError::Corrupt { detail: what.to_string() },
            Self::Database(error) => match error.code() {
                Some(&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED) => {
                    StoreError::Corrupt { detail: error.to_string() }
                }
                _ => PostgresError::CannotRead(Arc::new(error)).into(),
            },
        }
    }

    /// Whether the connection is to blame, so that another one may do better.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::Database(error) if is_of_the_connection(error))
    }
}

/// Whether the connection ended: the server is going down, or nobody answers any more.
pub(crate) fn is_of_the_connection(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        None => error.is_closed() || is_io(error),
        Some(code) => {
            // Class 08, connection exceptions, and 57P: shutdown, crash, cannot connect now, database dropped.
            code.code().starts_with("08") || code.code().starts_with("57P")
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<std::io::Error>)
}

/// Whether the same transaction may succeed when it is made again: a serialisation failure, a deadlock, or a lock that
/// was not given in time.
pub(crate) fn is_worth_repeating(error: &tokio_postgres::Error) -> bool {
    matches!(
        error.code(),
        Some(
            &SqlState::T_R_SERIALIZATION_FAILURE
                | &SqlState::T_R_DEADLOCK_DETECTED
                | &SqlState::LOCK_NOT_AVAILABLE
        )
    )
}

/// Whether a row that the statement refers to does not exist.
pub(crate) fn is_loose_end(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION)
}

/// Whether a row with the same unique key exists.
pub(crate) fn is_taken(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Whether a number is beyond the limit that its column has.
pub(crate) fn is_beyond(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::CHECK_VIOLATION)
}

/// Whether only the statement is to blame, so that the transaction may go on without it.
pub(crate) fn is_of_the_statement(error: &tokio_postgres::Error) -> bool {
    // Without a code it is not from PostgreSQL: the connection, or a value that cannot be converted.
    error.code().map_or_else(
        || !is_of_the_connection(error),
        // Class 22, what is wrong with the data; 23, constraints; 54, limits of the program.
        |code| ["22", "23", "54"].iter().any(|class| code.code().starts_with(class)),
    )
}

/// What to tell somebody who wants to open a store.
pub(crate) fn connect_error(error: tokio_postgres::Error) -> StoreError {
    let code = error.code().cloned();
    let cause: Arc<dyn Error + Send + Sync> = Arc::new(error);
    match code {
        Some(SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            PostgresError::Refused(cause)
        }
        Some(SqlState::INVALID_CATALOG_NAME) => PostgresError::NoSuchDatabase(cause),
        Some(SqlState::INSUFFICIENT_PRIVILEGE) => PostgresError::NotPermitted(cause),
        Some(_) | None => PostgresError::Unreachable(cause),
    }
    .into()
}
