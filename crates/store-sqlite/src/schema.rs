//! Which files this version can use, and how they become what it needs.

use parlor_model::Timestamp;
use parlor_store::StoreError;
use refinery::{Migration, Runner, error::Kind};
use rusqlite::{Connection, Row};

use crate::error::{is_corrupt, read_error};

/// Marks a file as ours in its header: `PARL`.
const APPLICATION_ID: i32 = 0x5041_524C;

/// Which migrations have been applied; a table of `refinery`.
const HISTORY: &str = "schema_history";

/// Every migration, in order. One that was released is never changed.
const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__workspace", include_str!("../migrations/V1__workspace.sql")),
    ("V2__search", include_str!("../migrations/V2__search.sql")),
    ("V3__outbox_leases", include_str!("../migrations/V3__outbox_leases.sql")),
    ("V4__audit_and_erasure", include_str!("../migrations/V4__audit_and_erasure.sql")),
    ("V5__outbox_by_state_and_id", include_str!("../migrations/V5__outbox_by_state_and_id.sql")),
    ("V6__threads_of_erased", include_str!("../migrations/V6__threads_of_erased.sql")),
];

/// The version of the schema that this version of the store reads and writes: that of the last migration.
const NEWEST: i64 = 6;

/// Refuses a file that is not ours or that a newer version made, before anything in it is changed.
pub(crate) fn check(connection: &Connection) -> Result<(), StoreError> {
    let application: i32 = match connection.pragma_query_value(None, "application_id", |row| row.get(0)) {
        Err(error) if is_corrupt(&error) => return Err(incompatible("the file is not a SQLite database")),
        found => found.map_err(read_error)?,
    };
    let tables = |name: &str| -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name LIKE ?1";
        connection.query_row(sql, [name], |row| row.get(0)).map_err(read_error)
    };
    match application {
        APPLICATION_ID => {}
        0 if tables("%")? == 0 => return Ok(()),
        _ => return Err(incompatible("the file is a SQLite database of another application")),
    }
    // Marked, and then interrupted before the first migration.
    if tables(HISTORY)? == 0 {
        return Ok(());
    }
    let version = applied(connection)?;
    if version > NEWEST {
        return Err(incompatible(&format!(
            "the file has schema version {version}; this version of Parlor knows versions up to {NEWEST}"
        )));
    }
    Ok(())
}

/// The newest migration that was applied; 0 for none. What the migration library would panic about is refused.
fn applied(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT version, applied_on, checksum FROM schema_history ORDER BY version";
    let mut statement = connection.prepare(sql).map_err(read_error)?;
    let mut rows = statement.query([]).map_err(read_error)?;
    let mut newest = 0;
    while let Some(row) = rows.next().map_err(read_error)? {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (version, at, checksum): (i64, String, String) = read(row).map_err(read_error)?;
        if checksum.parse::<u64>().is_err() || serde_json::from_value::<Timestamp>(at.into()).is_err() {
            return Err(StoreError::Corrupt { detail: format!("the record of migration {version}") });
        }
        newest = version;
    }
    Ok(newest)
}

/// Brings a checked file to the newest schema. Every step is atomic, and an interrupted one is made again.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    mark(connection).map_err(read_error)?;
    let migrations: Result<Vec<_>, _> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let mut runner = Runner::new(&migrations.map_err(StoreError::backend)?)
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true);
    runner.set_migration_table_name(HISTORY);
    runner.run(connection).map(|_| ()).map_err(|error| match error.kind() {
        Kind::DivergentVersion(..) | Kind::MissingVersion(_) => incompatible(&error.to_string()),
        _ => StoreError::backend(error),
    })
}

fn mark(connection: &Connection) -> rusqlite::Result<()> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(())
}

fn incompatible(detail: &str) -> StoreError {
    StoreError::Incompatible { detail: detail.to_owned() }
}
