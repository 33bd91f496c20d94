//! A store of one's own: everything that was ever asked for stands in one table of a redb file, in order, and is played
//! again when the file is opened.
//!
//! A change is written to the file first and then applied to the reference store in memory, which answers it and every
//! read. So nobody sees what is not durable, and what the reference store refuses now it refuses again when it is played.
//! The price is memory: use it for a workspace that fits. The cases of `parlor-testkit` in `tests` say that it is right.
//!
//! What it lacks for real use: after an erasure nobody can read what was erased, but the log still has what was asked
//! for before. Such a store must write its file anew then: `docs/specs/store.md` says what a store with files promises.

mod reads;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parlor::model::Timestamp;
use parlor::store::{ChangeSet, Erasure, Expiry, LeaseName, MemoryStore, OutboxClaim, Store, StoreError};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// What was asked for, by its number, as JSON.
const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");

/// Something that was asked for and may change the store.
#[derive(Serialize, Deserialize)]
enum Asked {
    Commit(Box<ChangeSet>),
    Lease { name: LeaseName, holder: String, now: Timestamp, ttl: Duration },
    Claim(OutboxClaim),
    Erase(Erasure),
    Expire(Expiry),
}

/// A workspace in one redb file.
#[derive(Debug)]
pub struct RedbStore {
    /// What the log amounts to.
    memory: MemoryStore,
    /// Held until what was written is applied too: both happen in one order. `None` after a failure.
    log: Mutex<Option<Arc<Database>>>,
}

impl RedbStore {
    /// Opens a file, making it when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] when redb cannot open it, [`StoreError::Corrupt`] when something else stands in it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let database = Database::create(path).map_err(StoreError::backend)?;
        let memory = MemoryStore::new();
        for asked in read(&database).map_err(StoreError::backend)? {
            let corrupt = |error: serde_json::Error| StoreError::Corrupt { detail: error.to_string() };
            match serde_json::from_slice(&asked).map_err(corrupt)? {
                // Whoever asked has the answer.
                Asked::Commit(changes) => drop(memory.commit(*changes).await),
                Asked::Lease { name, holder, now, ttl } => {
                    memory.acquire_lease(&name, &holder, now, ttl).await?;
                }
                Asked::Claim(claim) => drop(memory.claim_outbox(&claim).await?),
                Asked::Erase(erasure) => drop(memory.erase(&erasure).await),
                Asked::Expire(expiry) => drop(memory.expire(&expiry).await),
            }
        }
        Ok(Self { memory, log: Mutex::new(Some(Arc::new(database))) })
    }

    /// Writes what is asked for, durably, and then has the answer given.
    async fn ask<T, E: From<StoreError>>(
        &self,
        asked: Asked,
        answer: impl AsyncFnOnce(Asked) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut log = self.log.lock().await;
        let database = log.take().ok_or(StoreError::Closed)?;
        let bytes = serde_json::to_vec(&asked).map_err(StoreError::backend)?;
        let written = tokio::task::spawn_blocking(move || write(&database, &bytes).map(|()| database)).await;
        // Whether it is in the file is unknown when this fails: the next opening tells, and nothing is written before.
        *log = Some(written.map_err(StoreError::backend)?.map_err(StoreError::backend)?);
        answer(asked).await
    }
}

fn read(database: &Database) -> Result<Vec<Vec<u8>>, redb::Error> {
    let transaction = database.begin_read()?;
    let log = match transaction.open_table(LOG) {
        Ok(log) => log,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    log.iter()?.map(|entry| Ok(entry?.1.value().to_vec())).collect()
}

/// A transaction of redb is durable when its commit returns.
fn write(database: &Database, bytes: &[u8]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut log = transaction.open_table(LOG)?;
        let next = log.last()?.map_or(0, |(number, _)| number.value() + 1);
        log.insert(next, bytes)?;
    }
    transaction.commit()?;
    Ok(())
}
