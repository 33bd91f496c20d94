//! The suite of stores of bytes is tested: those that are wrong on purpose fail, each at the case for its fault.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use parlor_model::{BlobId, ContentHash, Id};
use parlor_store::{BlobDigest, BlobError, BlobReader, BlobStore, BlobWriter};
use parlor_testkit::blob_suite::blob_cases;
use sha2::{Digest, Sha256};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Takes one byte more than it may.
    OneMore,
    /// Keeps what was refused, if it is only finished.
    KeepsRefused,
    /// Shows what is not finished.
    ShowsEarly,
    /// Keeps what was dropped, once there is much of it.
    KeepsDropped,
    /// Says the hash of the last part.
    HashOfLast,
    /// Puts a part that is longer than the one before it before that.
    Reorders,
    /// Keeps bytes by the first half of their id.
    HalfIds,
    /// Removes nothing.
    KeepsDeleted,
    /// Finds it wrong to remove what is not there.
    Strict,
    /// Takes no bytes for nothing.
    NothingIsAbsent,
}

type Kept = Arc<Mutex<BTreeMap<BlobId, Vec<u8>>>>;

#[derive(Debug)]
struct Wrong {
    fault: Fault,
    kept: Kept,
}

struct Writer {
    fault: Fault,
    kept: Kept,
    id: BlobId,
    limit: u64,
    parts: Vec<Bytes>,
    refused: bool,
}

struct Reader(Option<Bytes>);

fn length(parts: &[Bytes]) -> u64 {
    parts.iter().map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX)).sum()
}

impl Writer {
    fn keep(&self) {
        let whole = self.parts.concat();
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(self.id, whole);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.fault == Fault::KeepsDropped && length(&self.parts) > 1_000_000 {
            self.keep();
        }
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let slack = u64::from(self.fault == Fault::OneMore);
        let before = self.parts.len();
        self.parts.push(bytes);
        if length(&self.parts) > self.limit + slack {
            self.parts.truncate(before);
            self.refused = true;
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        if self.fault == Fault::Reorders
            && before > 0
            && self.parts[before].len() > self.parts[before - 1].len()
        {
            self.parts.swap(before, before - 1);
        }
        if self.fault == Fault::ShowsEarly {
            self.keep();
        }
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<BlobDigest, BlobError> {
        if self.refused && self.fault != Fault::KeepsRefused {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        if !(self.fault == Fault::NothingIsAbsent && self.parts.is_empty()) {
            self.keep();
        }
        let hashed = match self.parts.last() {
            Some(last) if self.fault == Fault::HashOfLast => last.to_vec(),
            Some(_) | None => self.parts.concat(),
        };
        let sha256 = ContentHash::new(Sha256::digest(hashed).into());
        Ok(BlobDigest { bytes: length(&self.parts), sha256 })
    }
}

#[async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        Ok(self.0.take().filter(|bytes| !bytes.is_empty()))
    }
}

impl Wrong {
    fn key(&self, id: BlobId) -> BlobId {
        match self.fault {
            Fault::HalfIds => BlobId::from_uuid(uuid::Uuid::from_u128(id.as_uuid().as_u128() >> 64)),
            _ => id,
        }
    }

    fn find(&self, id: BlobId) -> Option<Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&self.key(id)).cloned()
    }
}

#[async_trait]
impl BlobStore for Wrong {
    async fn begin(&self, id: BlobId, limit: u64) -> Result<Box<dyn BlobWriter>, BlobError> {
        let (id, kept) = (self.key(id), Arc::clone(&self.kept));
        Ok(Box::new(Writer { fault: self.fault, kept, id, limit, parts: Vec::new(), refused: false }))
    }

    async fn read(&self, id: BlobId) -> Result<Option<Box<dyn BlobReader>>, BlobError> {
        Ok(self.find(id).map(|bytes| Box::new(Reader(Some(bytes.into()))) as Box<dyn BlobReader>))
    }

    async fn size(&self, id: BlobId) -> Result<Option<u64>, BlobError> {
        Ok(self.find(id).map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
    }

    async fn delete(&self, id: BlobId) -> Result<(), BlobError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match self.fault {
            Fault::KeepsDeleted => {}
            Fault::Strict if !kept.contains_key(&id) => return Err(BlobError::backend("there is nothing")),
            _ => {
                kept.remove(&self.key(id));
            }
        }
        Ok(())
    }
}

fn failures(fault: Fault) -> Vec<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("no resources are needed");
    let mut failed = Vec::new();
    for case in blob_cases() {
        let store = Arc::new(Wrong { fault, kept: Kept::default() });
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on((case.run)(store)))).is_err() {
            failed.push(case.name);
        }
    }
    failed
}

#[test]
fn a_right_store_passes_every_case() {
    assert_eq!(failures(Fault::None), Vec::<&str>::new());
}

#[test]
fn every_case_finds_its_fault_out() {
    for (fault, case) in [
        (Fault::OneMore, "a_byte_above_the_limit_is_refused"),
        (Fault::KeepsRefused, "a_byte_above_the_limit_is_refused"),
        (Fault::ShowsEarly, "nothing_is_there_before_it_is_finished"),
        (Fault::KeepsDropped, "what_is_dropped_before_its_end_is_not_kept"),
        (Fault::HashOfLast, "many_bytes_in_uneven_parts_stay_in_order"),
        (Fault::Reorders, "many_bytes_in_uneven_parts_stay_in_order"),
        (Fault::HalfIds, "ids_do_not_see_each_other"),
        (Fault::KeepsDeleted, "what_was_deleted_is_gone"),
        (Fault::Strict, "what_was_never_written_is_absent"),
        (Fault::NothingIsAbsent, "nothing_at_all_can_be_kept"),
    ] {
        let failed = failures(fault);
        assert!(failed.contains(&case), "{fault:?} passes {case}; it fails only {failed:?}");
    }
}
