//! Opens connections with the settings that the guarantees rest on, and checks that they are in effect.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use parlor_store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::read_error;
use crate::{SqliteError, SqliteOptions};

/// Room for every statement of the store, so that each is prepared once a connection.
const STATEMENTS: usize = 256;

/// `PRAGMA synchronous`: 2 is FULL, 3 is EXTRA. Only these survive the loss of power.
const DURABLE: std::ops::RangeInclusive<i64> = 2..=3;

/// The one name under which a file is locked and opened, whatever links lead to it.
pub(crate) fn true_path(path: &Path, options: &SqliteOptions) -> Result<PathBuf, StoreError> {
    if options.vfs.is_some() {
        return Ok(path.to_owned());
    }
    let cannot = |error: io::Error| SqliteError::cannot_open(path, error);
    if path.is_dir() {
        return Err(StoreError::Incompatible { detail: format!("{} is a folder", path.display()) });
    }
    match fs::canonicalize(path) {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or_else(|| cannot(io::ErrorKind::InvalidInput.into()))?;
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                Some(_) | None => Path::new("."),
            };
            Ok(fs::canonicalize(folder).map_err(cannot)?.join(name))
        }
        Err(error) => Err(cannot(error).into()),
    }
}

/// Makes the file when there is none, readable by its owner alone: it will hold what people wrote to each other.
/// SQLite gives the files beside it the same permissions.
pub(crate) fn make_file(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => sync_folder(path).map_err(|error| SqliteError::cannot_open(path, error).into()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(SqliteError::cannot_open(path, error).into()),
    }
}

/// A new file exists after the loss of power only when its folder was written too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Other systems write the folder with the file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn open(path: &Path, flags: OpenFlags, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match &options.vfs {
        None => Connection::open_with_flags(path, flags),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
    }
    .map_err(|error| SqliteError::cannot_open(path, error).into())
}

/// A connection that may write, without settings: for the first look at a file that may not be ours.
pub(crate) fn plain(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    // Nobody but the VFS knows where to make a file.
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, options.vfs.is_some());
    open(path, flags, options)
}

/// The connection that writes, or one that empties the write-ahead log.
pub(crate) fn writing(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = plain(path, options)?;
    set_for_writing(&connection, options).map_err(read_error)?;
    check_settings(&connection)?;
    Ok(connection)
}

fn set_for_writing(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted is overwritten, not only forgotten (guarantee G23).
    connection.pragma_update(None, "secure_delete", true)?;
    // Emptied by a thread of its own, never inside a commit.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // After a peak the file of the log becomes small again. Twice the size at which it is emptied, because a log that
    // is written over is several times cheaper to sync than one that grows.
    let log = i64::try_from(options.wal_target.saturating_mul(2)).unwrap_or(i64::MAX);
    connection.pragma_update(None, "journal_size_limit", log)?;
    if let Some(limit) = options.file_limit {
        let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from((limit / page.max(1)).max(1)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    set_for_all(connection, options, options.writer_cache)
}

/// A connection that only reads.
pub(crate) fn reading(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
    let set = || {
        connection.pragma_update(None, "query_only", true)?;
        let map = i64::try_from(options.reader_map).unwrap_or(i64::MAX);
        connection.pragma_update(None, "mmap_size", map)?;
        set_for_all(&connection, options, options.reader_cache)
    };
    set().map_err(read_error)?;
    Ok(connection)
}

fn set_for_all(connection: &Connection, options: &SqliteOptions, cache: u64) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // Savepoints and sorting never touch another file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: in kibibytes instead of pages.
    connection.pragma_update(None, "cache_size", -i64::try_from(cache / 1_024).unwrap_or(i64::MAX))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement whose plan might depend on a parameter is prepared anew whenever that has another value: for
    // us always the same plan, and a quarter of the time of a write.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Refuses to write with settings under which an answer would not be a promise.
fn check_settings(connection: &Connection) -> Result<(), StoreError> {
    let unfit = |detail: String| Err(StoreError::Incompatible { detail });
    let journal: String = pragma(connection, "journal_mode")?;
    if journal != "wal" {
        return unfit(format!("journal_mode is {journal} and cannot be set to wal; is it a network disk?"));
    }
    let synchronous: i64 = pragma(connection, "synchronous")?;
    if !DURABLE.contains(&synchronous) {
        return unfit(format!("synchronous is {synchronous}; only 2 (FULL) survives the loss of power"));
    }
    let foreign_keys: bool = pragma(connection, "foreign_keys")?;
    if !foreign_keys {
        return unfit("foreign_keys is off".to_owned());
    }
    Ok(())
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> Result<T, StoreError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(read_error)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn refusal(pragma: &str, value: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        make_file(&path).unwrap();
        let connection = writing(&path, &SqliteOptions::default()).unwrap();
        connection.pragma_update(None, pragma, value).unwrap();
        match check_settings(&connection) {
            Err(StoreError::Incompatible { detail }) => Some(detail),
            other => {
                other.unwrap();
                None
            }
        }
    }

    #[test]
    fn g01_other_settings_than_durable_ones_are_refused() {
        for value in ["OFF", "NORMAL"] {
            let detail = refusal("synchronous", value).unwrap();
            assert!(detail.starts_with("synchronous is"), "{detail}");
        }
        assert_eq!(refusal("synchronous", "FULL"), None);
        assert_eq!(refusal("synchronous", "EXTRA"), None);
        assert!(refusal("journal_mode", "DELETE").unwrap().starts_with("journal_mode is delete"));
        assert!(refusal("foreign_keys", "OFF").is_some());
    }

    #[test]
    fn every_setting_is_in_effect() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        make_file(&path).unwrap();
        let options = SqliteOptions::default();
        let writer = writing(&path, &options).unwrap();
        let reader = reading(&path, &options).unwrap();
        let on = |connection: &Connection, name: &str| pragma::<i64>(connection, name).unwrap();
        assert_eq!(on(&writer, "synchronous"), 2);
        assert_eq!(on(&writer, "secure_delete"), 1);
        assert_eq!(on(&writer, "wal_autocheckpoint"), 0);
        assert_eq!(on(&reader, "query_only"), 1);
        assert_eq!(on(&reader, "mmap_size"), 1 << 30);
        for connection in [&writer, &reader] {
            assert_eq!(on(connection, "foreign_keys"), 1);
            assert_eq!(on(connection, "trusted_schema"), 0);
            assert_eq!(on(connection, "cell_size_check"), 1);
            assert_eq!(on(connection, "busy_timeout"), 5_000);
        }
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        make_file(&path).unwrap();
        let connection = writing(&path, &SqliteOptions::default()).unwrap();
        connection.execute_batch("CREATE TABLE t (a, b); CREATE INDEX i ON t (a) WHERE b = 1").unwrap();
        let prepared_again = || {
            let mut statement = connection.prepare("SELECT a FROM t WHERE b = ?1").unwrap();
            for b in 0..3 {
                assert!(!statement.exists([b]).unwrap());
            }
            statement.get_status(StatementStatus::RePrepare)
        };
        assert_eq!(prepared_again(), 0);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, false).unwrap();
        assert_ne!(prepared_again(), 0, "this index would be one reason");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        make_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
