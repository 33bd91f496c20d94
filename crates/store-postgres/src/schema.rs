//! Which servers and schemas this version can use, and how they become what it needs.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use parlor_model::Timestamp;
use parlor_store::StoreError;
use refinery::{Migration, Runner, error::Kind};
use tokio_postgres::error::SqlState;

use crate::error::{PostgresError, connect_error};
use crate::row::count;
use crate::session::{Connector, settings};
use crate::{PostgresOptions, PostgresWarning};

/// Which migrations have been applied; a table of `refinery`. Its name is the mark by which a schema is known as ours.
const HISTORY: &str = "parlor_schema_history";

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

/// The oldest server that can be used, as `server_version_num` says it.
const OLDEST_SERVER: i64 = 140_000;

/// The longest name that PostgreSQL keeps, in bytes.
const LONGEST_NAME: usize = 63;

/// Brings the schema to the newest version, one node after the other, after everything about the server and the schema
/// has been found to be as it must be. Gives what is worth a warning.
pub(crate) async fn prepare(
    connector: &Connector,
    options: &PostgresOptions,
) -> Result<Vec<PostgresWarning>, StoreError> {
    check_name(&options.schema)?;
    // What is in effect without us comes first: it says what the operator wants.
    let mut session = connector.connect("SET client_min_messages TO warning;").await?;
    let warnings = check_server(&session.client).await?;
    let client = &mut session.client;
    client.batch_execute(&settings(options)).await.map_err(connect_error)?;
    // Another node may be migrating, however long that takes.
    client
        .batch_execute("SET lock_timeout TO 0; SET statement_timeout TO 0;")
        .await
        .map_err(connect_error)?;
    // Released with the session, whatever happens.
    let lock = "SELECT pg_advisory_lock(hashtextextended('parlor workspace ' || $1, 0))";
    client.execute(lock, &[&options.schema]).await.map_err(connect_error)?;
    check_schema(client, &options.schema).await?;
    migrate(client).await?;
    Ok(warnings)
}

fn check_name(schema: &str) -> Result<(), StoreError> {
    let plain = schema.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let begins = schema.starts_with(|first: char| !first.is_ascii_digit()) && !schema.starts_with("pg_");
    if plain && begins && schema.len() <= LONGEST_NAME {
        Ok(())
    } else {
        Err(incompatible(
            "the name of the schema is not 1 to 63 of a-z, 0-9 and _, or begins with a digit or pg_",
        ))
    }
}

/// Refuses a server that would not keep what it confirms, or that cannot be written to.
async fn check_server(client: &ClientWrapper) -> Result<Vec<PostgresWarning>, StoreError> {
    let sql = "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'),
                   current_setting('synchronous_commit'), current_setting('fsync'), pg_is_in_recovery(),
                   current_setting('synchronous_standby_names'), (SELECT count(*) FROM pg_stat_replication)";
    let row = client.query_one(sql, &[]).await.map_err(connect_error)?;
    let text = |column| row.try_get::<_, String>(column).map_err(connect_error);
    let version: i64 = row.try_get(0).map_err(connect_error)?;
    if version < OLDEST_SERVER {
        return Err(incompatible(&format!("the server is older than PostgreSQL 14 (it says {version})")));
    }
    let encoding = text(1)?;
    if encoding != "UTF8" {
        return Err(incompatible(&format!("the database is encoded in {encoding}, not in UTF8")));
    }
    let commit = text(2)?;
    if !matches!(commit.as_str(), "on" | "remote_apply") {
        return Err(incompatible(&format!(
            "synchronous_commit is {commit}: what is confirmed could be lost; it must be on or remote_apply"
        )));
    }
    if text(3)? != "on" {
        return Err(incompatible("fsync is off: what is confirmed could be lost"));
    }
    if row.try_get(4).map_err(connect_error)? {
        return Err(incompatible("the server is a standby: nothing can be written to it"));
    }
    let standbys: u32 = count(&row, 6).map_err(crate::error::Trouble::into_read_error)?;
    if standbys > 0 && text(5)?.trim().is_empty() {
        tracing::warn!(standbys, "replication is asynchronous: a failover can lose what was confirmed");
        return Ok(vec![PostgresWarning::AsynchronousStandby { standbys }]);
    }
    Ok(Vec::new())
}

/// Makes the schema when there is none, and refuses one that is not ours or that a newer version made.
async fn check_schema(client: &ClientWrapper, schema: &str) -> Result<(), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid),
                      (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = $2)
               FROM pg_namespace n WHERE n.nspname = $1";
    let Some(found) = client.query_opt(sql, &[&schema, &HISTORY]).await.map_err(connect_error)? else {
        let make = format!("CREATE SCHEMA \"{schema}\"");
        return client.batch_execute(&make).await.map_err(connect_error);
    };
    let relations: i64 = found.try_get(0).map_err(connect_error)?;
    let marked: i64 = found.try_get(1).map_err(connect_error)?;
    match (relations, marked) {
        (0, _) => Ok(()),
        (_, 0) => Err(incompatible("the schema holds tables of another application")),
        (_, _) => {
            let version = applied(client).await?;
            if version > NEWEST {
                return Err(incompatible(&format!(
                    "the schema has version {version}; this version of Parlor knows versions up to {NEWEST}"
                )));
            }
            Ok(())
        }
    }
}

/// The newest migration that was applied; 0 for none. What the migration library would panic about is refused.
async fn applied(client: &ClientWrapper) -> Result<i64, StoreError> {
    let sql = "SELECT version::bigint, applied_on::text, checksum::text FROM parlor_schema_history ORDER BY version";
    let rows = client.query(sql, &[]).await.map_err(|error| {
        if error.code() == Some(&SqlState::UNDEFINED_COLUMN) {
            incompatible("the record of migrations is not one of Parlor")
        } else {
            connect_error(error)
        }
    })?;
    let mut newest = 0;
    for row in rows {
        let read = || -> Result<(i64, Option<String>, Option<String>), _> {
            Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
        };
        let (version, at, checksum) = read().map_err(connect_error)?;
        let at = at.and_then(|at| serde_json::from_value::<Timestamp>(at.into()).ok());
        let checksum = checksum.and_then(|checksum| checksum.parse::<u64>().ok());
        if at.is_none() || checksum.is_none() {
            return Err(StoreError::Corrupt { detail: format!("the record of migration {version}") });
        }
        newest = version;
    }
    Ok(newest)
}

/// All migrations that are missing, in one transaction.
async fn migrate(client: &mut ClientWrapper) -> Result<(), StoreError> {
    let migrations: Result<Vec<_>, _> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let mut runner = Runner::new(&migrations.map_err(StoreError::backend)?)
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true);
    runner.set_migration_table_name(HISTORY);
    let client: &mut tokio_postgres::Client = &mut *client;
    runner.run_async(client).await.map(|_| ()).map_err(|error| match error.kind() {
        Kind::DivergentVersion(..) | Kind::MissingVersion(_) => incompatible(&error.to_string()),
        _ => PostgresError::NotKept(Arc::new(error)).into(),
    })
}

fn incompatible(detail: &str) -> StoreError {
    StoreError::Incompatible { detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_a_plain_name() {
        for good in ["parlor", "_", "a1_b", &"a".repeat(63)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "pg_a", "Parlor", "a b", "a\"; DROP SCHEMA b", "é", &"a".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
