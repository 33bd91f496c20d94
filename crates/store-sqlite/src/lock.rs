use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use parlor_store::StoreError;

use crate::SqliteError;

/// Keeps other processes, and other stores of this one, away from a file.
///
/// The lock is the operating system's and is on a file beside the database, because SQLite uses locks on the database
/// itself. It ends with the process, however that ends; the lock file stays, so that there is never a moment in which two
/// processes lock two files of the same name.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: File,
}

impl FileLock {
    pub(crate) fn acquire(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| SqliteError::cannot_open(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Incompatible {
                detail: format!("it is in use: {} is locked by another store", path.display()),
            }),
            Err(TryLockError::Error(error)) => Err(SqliteError::cannot_open(&path, error).into()),
        }
    }
}

impl Drop for FileLock {
    /// Given back, not only closed: a process that is being started at this moment has the file open, too, until it runs a
    /// program of its own.
    fn drop(&mut self) {
        // It cannot fail for a reason that closing would not remove.
        let _given_back = self.file.unlock();
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_was_given_back_is_free_though_somebody_has_its_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let lock = FileLock::acquire(&database).unwrap();
        // As a process has that is being started.
        let inherited = lock.file.try_clone().unwrap();
        assert!(FileLock::acquire(&database).is_err());
        drop(lock);
        FileLock::acquire(&database).unwrap();
        drop(inherited);
    }
}
