//! Memory that the connections to one file share: the index of the write-ahead log.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::sync::atomic::AtomicU64;

use crate::locks::{Handle, SlotLocks};

/// The memory of one file. It is gone when nobody uses it any more, and with the power.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Atomic, because SQLite reads and writes it from several threads; of a size that keeps it aligned. A region never
    /// moves while somebody uses it.
    regions: Vec<Box<[AtomicU64]>>,
    pub(crate) locks: SlotLocks,
    users: BTreeSet<Handle>,
}

impl Shared {
    /// Where a region begins, which is made when it is not there and may be.
    pub(crate) fn region(
        &mut self,
        handle: Handle,
        number: usize,
        bytes: usize,
        may_make: bool,
    ) -> Option<*mut c_void> {
        self.users.insert(handle);
        if may_make {
            while self.regions.len() <= number {
                let words = bytes.div_ceil(size_of::<AtomicU64>());
                self.regions.push((0..words).map(|_| AtomicU64::new(0)).collect());
            }
        }
        self.regions.get(number).map(|region| region.as_ptr().cast_mut().cast())
    }

    /// Whether nobody uses it any more.
    pub(crate) fn leave(&mut self, handle: Handle) -> bool {
        self.users.remove(&handle);
        self.locks.unlock_all(handle);
        self.users.is_empty()
    }
}
